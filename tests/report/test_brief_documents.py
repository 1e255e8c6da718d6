"""Every kind of document in brief: it fits a terminal, says its answer first, and keeps exact names to itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from report import brief_setup

from judgebench.report.document.brief import MOST_NOTES, WIDEST
from judgebench.report.document.text import text_width

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.report.document.model import Document

#: Documents by name, each made when its test asks; names of tasks and judges in them hold no underscore.
DOCUMENTS: dict[str, Callable[[], Document]] = {**brief_setup.DOCUMENTS}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_in_brief(name: str) -> None:
    document = DOCUMENTS[name]()
    brief = document.brief()
    assert brief is not None
    assert brief.answer
    assert text_width(brief.answer[0]) <= 2 * WIDEST, brief.answer[0]
    assert len(brief.notes) <= MOST_NOTES
    text = document.render()
    assert all(text_width(line) <= WIDEST for line in text.splitlines()), text
    said, _, _ = text.partition("\nNext:")
    assert not re.search(r"\w_\w|[⁰¹²³⁴⁵⁶⁷⁸⁹]", said), said
    assert document.render(explain=True) != text

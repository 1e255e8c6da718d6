"""The forms of a document: one writer each. A new one is a file beside this and a line in the table."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from judgebench.errors import UsageError

if TYPE_CHECKING:
    from judgebench.report.document.model import Document

__all__ = ["FORMS", "Form", "write"]

#: The forms, as ``--format`` names them; the writer of ``x`` is ``write`` in ``as_x``.
Form: TypeAlias = Literal["table", "json", "csv", "md", "html", "tex"]
FORMS: tuple[str, ...] = get_args(Form)


def write(document: Document, form: str, *, width: int = 120) -> str:
    """Write a document in a form, one of these or of its own; UsageError where there is no such form."""
    if form in document.MORE:
        return document.MORE[form](document)
    if form not in FORMS:
        raise UsageError(f"--format {form!r}: write one of {', '.join(dict.fromkeys((*FORMS, *document.MORE)))}")
    writer = importlib.import_module(f"judgebench.report.document.as_{form}")
    text: str = writer.write(document, width=width)
    return text

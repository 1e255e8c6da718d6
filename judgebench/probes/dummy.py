"""Dummy answers: of what stands in the response's place it is known whether it is to be accepted.

``gold`` is the reference answer, which is to be accepted. The question, a bare "Yes" or "Sure" and nothing at all are
to be rejected; where the reference says the same, they are left out. So are "Yes" and "Sure" where a yes or no is asked
for and no reference says no, and a long question, which may hold the text that a good summary repeats. Their placebo is
as long and means nothing.

Source: Thakur et al. (2025), Judging the judges (arXiv:2406.12624), section 5.3.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from judgebench.labels.answers import normalise
from judgebench.probes.nonsense import nonsense
from judgebench.probes.operator import Operator

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.domain import Item
    from judgebench.probes.operator import Shown

SCALES = frozenset({"check", "rate"})


def _gold(shown: Shown) -> Item | None:
    texts = (one.text for one in shown.item.references if one.kind == "human" and not one.turn and one.text.strip())
    text = next(texts, None)
    return None if text is None else shown.replaced(text)


#: A question that yes answers, at the beginning of a text or of a sentence that ends with a question mark.
_YES_NO = re.compile(
    r"(?:\A|[.!?:]\s+|\n)\s*(?:is|are|was|were|do|does|did|can|could|will|would|should|has|have|had|may|must)\b"
    r"(?:[^.!?\n]*\?|[^.!?\n]*\Z)",
    re.IGNORECASE,
)
#: A question of more words may hold a text to work on.
_LONG = 60


def _question(shown: Shown) -> str:
    asked = shown.item.question.strip()
    return asked if len(asked.split()) <= _LONG else ""


def _consent(word: str, shown: Shown) -> str:
    says_no = any(normalise(one.text).split()[:1] in (["no"], ["false"]) for one in shown.item.references)
    return "" if _YES_NO.search(shown.item.question) and not says_no else word


def _is_right(shown: Shown, text: str) -> bool:
    """Whether a reference answer says just this, so that it is a right answer here."""
    said = normalise(text)
    return bool(said) and any(normalise(one.text) == said for one in shown.item.references)


def rejected(name: str, text: Callable[[Shown], str], scales: frozenset[str] = SCALES) -> Operator:
    """Put a text in the answer's place, or as much of nothing; none where it is empty, or a right answer."""

    def put(shown: Shown, way: int) -> Item | None:
        said = text(shown)
        own = nonsense(said, shown.draw) if way else said
        return None if not said or _is_right(shown, own) else shown.replaced(own)

    return Operator.of(name, put, scales=scales, owed="reject")


def _empty(shown: Shown) -> Item | None:
    return shown.replaced("") if shown.text.strip() else None


OPERATORS = {
    # A judge that errs rejects it.
    "gold": Operator("dummy", _gold, None, "against", "right", SCALES, "accept"),
    "question": rejected("dummy", _question),
    "yes": rejected("dummy", partial(_consent, "Yes")),
    "sure": rejected("dummy", partial(_consent, "Sure")),
    "empty": Operator("dummy", _empty, None, scales=SCALES, owed="reject"),
}

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

_SCALES = frozenset({"check", "rate"})


def is_right(shown: Shown, text: str) -> bool:
    """Whether a reference answer says just this, so that it is a right answer here."""
    said = normalise(text)
    return bool(said) and any(normalise(one.text) == said for one in shown.item.references)


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


def _put(shown: Shown, text: str, put: str) -> Item | None:
    return None if not text or is_right(shown, put) else shown.replaced(put)


def _rejected(text: Callable[[Shown], str]) -> Operator:
    """Put a text in the answer's place, or as much of nothing; none where the text is empty."""
    return Operator(
        "dummy",
        lambda shown: _put(shown, said := text(shown), said),
        lambda shown: _put(shown, said := text(shown), nonsense(said, shown.draw)),
        scales=_SCALES,
        owed="reject",
    )


def _empty(shown: Shown) -> Item | None:
    return shown.replaced("") if shown.text.strip() else None


OPERATORS = {
    # A judge that errs rejects it.
    "gold": Operator("dummy", _gold, None, "against", "right", _SCALES, "accept"),
    "question": _rejected(_question),
    "yes": _rejected(partial(_consent, "Yes")),
    "sure": _rejected(partial(_consent, "Sure")),
    "empty": Operator("dummy", _empty, None, scales=_SCALES, owed="reject"),
}

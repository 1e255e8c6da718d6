"""Dummy answers: of what stands in the response's place it is known whether it is to be accepted.

``gold`` is the reference answer, which is to be accepted. The question, a bare "Yes" or "Sure" and nothing at all are
to be rejected; where the reference says the same, they are left out. So are "Yes" and "Sure" where a yes or no is asked
for and no reference says no, and a long question, which may hold the text that a good summary repeats. Their placebo is
as long and means nothing.

Source: Thakur et al. (2025), Judging the judges (arXiv:2406.12624), section 5.3.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from judgebench.labels.answers import normalise
from judgebench.probes.nonsense import nonsense
from judgebench.probes.operator import Operator

if TYPE_CHECKING:
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


def _consent(shown: Shown, word: str, *, plain: bool = True) -> Item | None:
    says_no = any(normalise(one.text).split()[:1] in (["no"], ["false"]) for one in shown.item.references)
    if _YES_NO.search(shown.item.question) and not says_no:
        return None
    return _put(shown, word, plain=plain)


def _put(shown: Shown, text: str, *, plain: bool = True) -> Item | None:
    put = text if plain else nonsense(text, shown.draw)
    return None if not text or is_right(shown, put) else shown.replaced(put)


def _empty(shown: Shown) -> Item | None:
    return shown.replaced("") if shown.text.strip() else None


OPERATORS = {
    # A judge that errs rejects it.
    "gold": Operator("dummy", _gold, None, "against", "right", _SCALES, "accept"),
    "question": Operator(
        "dummy",
        lambda shown: _put(shown, _question(shown)),
        lambda shown: _put(shown, _question(shown), plain=False),
        scales=_SCALES,
        owed="reject",
    ),
    "yes": Operator(
        "dummy",
        lambda shown: _consent(shown, "Yes"),
        lambda shown: _consent(shown, "Yes", plain=False),
        scales=_SCALES,
        owed="reject",
    ),
    "sure": Operator(
        "dummy",
        lambda shown: _consent(shown, "Sure"),
        lambda shown: _consent(shown, "Sure", plain=False),
        scales=_SCALES,
        owed="reject",
    ),
    "empty": Operator("dummy", _empty, None, scales=_SCALES, owed="reject"),
}

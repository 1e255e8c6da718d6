"""Verdicts that are made of more than they say: ratings of all responses in one answer, or their order.

Responses are called as they are shown, A and B or 1, 2, 3; ratings and places are in the order shown, as a reply is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from judgebench.domain import Scale
from judgebench.errors import UsageError, argument
from judgebench.judges.forms.brackets import parse_verdict
from judgebench.judges.notation import Heard, Notation, answer_of
from judgebench.judges.words import Words, bracketed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Code, Completion

_MARK = re.compile(r"\[\[([^\[\]]*)\]\]")
_RANGE = re.compile(r"(\d{1,3})-(\d{1,3})")
#: What an N/A is: a response that gets one is rated lowest, or there is no verdict.
NA = ("na-lowest", "na-none")


def best(scores: Sequence[float], scale: Scale) -> Code | None:
    """Make a verdict of a score for each response; None for equal ones where the scale has no tie.

    Of several highest the first shown is the pick, and equal ones are in an order as they were shown.

    >>> best([2, 5, 5], Scale.pick(3)), best([2, 5, 5], Scale.rank(3)), best([7, 3], Scale.pair(5))
    (1, (1, 2, 0), 1)
    """
    if scale.kind == "pick":
        return scores.index(max(scores))
    if scale.kind == "rank":
        return tuple(sorted(range(len(scores)), key=lambda shown: -scores[shown]))
    first, second = scores
    if first == second:
        return scale.tie
    # The weakest that says which is better: by how much is not to be had of two ratings.
    words = ("A", "B") if len(scale.values) <= 3 else ("A>B", "B>A")
    return scale.code(words[first < second])


def compared(scale: Scale, protocol: str) -> None:
    """Refuse scales on which nothing is compared."""
    if scale.kind not in {"pair", "pick", "rank"}:
        raise UsageError(f"{argument('protocol')} {protocol} compares responses; a verdict on {scale.spec} is of one")


def rating(text: str, protocol: str) -> Scale:
    """Read a scale of ratings, ``1-10`` where nothing is said."""
    found = _RANGE.fullmatch(text or "1-10")
    if found is None or not int(found[1]) < int(found[2]):
        raise UsageError(f"{argument('protocol')} {protocol}:{text}: ratings are written LOW-HIGH, for example 1-5")
    return Scale.rate(int(found[1]), int(found[2]))


def _names(scale: Scale) -> tuple[str, ...]:
    return ("A", "B") if scale.kind == "pair" else scale.labels


class Ratings(Notation):
    """``[[A: 7]]``, a line for each response; the highest rating wins. ``N/A`` where the argument says what that is."""

    def __init__(self, said: str = "") -> None:
        low, _, na = said.partition(":")
        self.name = f"rate-together{':' if said else ''}{said}"
        self._rating = rating(low, "rate-together")
        if na not in {"", *NA}:
            raise UsageError(f"{argument('protocol')} {self.name}: behind the ratings comes {' or '.join(NA)}")
        self._na = na

    def check(self, words: Words) -> None:
        """Refuse scales on which nothing is compared."""
        compared(words.scale, self.name)

    def says(self, words: Words, criteria: Sequence[str] = ()) -> str:  # noqa: ARG002 - it holds one
        """Ask for the ratings."""
        low, high = self._rating.labels[0], self._rating.labels[-1]
        lines = "\n".join(bracketed(f"{name}: RATING") for name in _names(words.scale))
        or_none = ", or N/A for a response that can't be rated" if self._na else ""
        return (
            "Rate each response by itself. Explain your ratings briefly, then end with one line for each response, in "
            f"double square brackets:\n{lines}\nEach RATING is a whole number from {low} (worst) to {high} (best)"
            f"{or_none}."
        )

    def wrote(self, words: Mapping[str, str], reason: str) -> str:  # noqa: ARG002 - as of other notations
        """Refuse: an example has one verdict, not a rating for each response."""
        raise UsageError(
            f"{argument('protocol')} {self.name}: an example has a verdict, not a rating; leave examples out"
        )

    def read(self, completion: Completion, words: Words) -> Heard:
        """Read one rating for each response; scores are the ratings."""
        names = {name.casefold(): name for name in _names(words.scale)}
        found: dict[str, float | None] = {}
        for mark in _MARK.finditer(answer_of(completion)):
            before, _, value = (one.strip() for one in mark[1].rpartition(":"))
            name, place = names.get(before.casefold()), self._rating.code(value)
            missing = bool(self._na) and value.casefold() in {"n/a", "na"}
            given = self._rating.values[place] if isinstance(place, int) else None
            if name is None or (given is None and not missing) or found.setdefault(name, given) != given:
                return Heard()
        lacking = [name for name in names.values() if name not in found]
        if lacking or (self._na == "na-none" and None in found.values()):
            return Heard(why="" if lacking else "a response was not rated")
        low = self._rating.values[0]
        scores = tuple(low if (one := found[name]) is None else one for name in names.values())
        code = best(scores, words.scale)
        return Heard(code, scores=scores, why="equal ratings, and the scale has no tie" if code is None else "")


class Order(Notation):
    """``[[B > A]]``: all responses, the best first; the first is the pick, or the better one."""

    name = "rank"

    def __init__(self, said: str = "") -> None:
        if said:
            raise UsageError(f"{argument('protocol')} rank takes nothing behind a colon")

    def check(self, words: Words) -> None:
        """Refuse scales on which nothing is compared."""
        compared(words.scale, self.name)

    def says(self, words: Words, criteria: Sequence[str] = ()) -> str:  # noqa: ARG002 - it holds one
        """Ask for the order."""
        names = _names(words.scale)
        return (
            "Put all responses in order. Explain the order briefly, then end with one last line that holds nothing but "
            f"the names of all of them, the best one first, in double square brackets, such as "
            f"{bracketed(' > '.join((*names[1:], names[0])))}"
        )

    def wrote(self, words: Mapping[str, str], reason: str) -> str:  # noqa: ARG002 - as of other notations
        """Refuse: an example has one verdict, not an order."""
        raise UsageError(f"{argument('protocol')} rank: an example has a verdict, not an order; leave examples out")

    def read(self, completion: Completion, words: Words) -> Heard:
        """Read the order; scores are places, the best response's the highest."""
        names = _names(words.scale)
        ranks = Scale.rank(len(names))
        own = tuple(zip(names, ranks.labels, strict=True))
        order = parse_verdict(answer_of(completion), Words(ranks, own))
        if not isinstance(order, tuple):
            return Heard()
        scores = tuple(float(len(order) - order.index(shown)) for shown in range(len(order)))
        return Heard(best(scores, words.scale), scores=scores)

"""Judgments on which two judges say different things, in the words of their scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from judgebench.agreement.contrasts import groups, hits_of, verdicts_differ
from judgebench.agreement.kinds.sequences import checked_steps
from judgebench.agreement.ratings import NO_SUBSET, select

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from judgebench.agreement.matching import Matched
    from judgebench.domain import Scale

    Codes = npt.NDArray[np.int64]
    _Word = Callable[[int], str]


#: Which of the two judges is right; empty where that isn't known.
Right: TypeAlias = Literal["first", "second", "neither", ""]


@dataclass(frozen=True, slots=True)
class Differing:
    """A judgment on which the two judges say different things; verdicts and gold are labels of the scale."""

    item: str
    subset: str
    gold: str
    first: str
    second: str
    right: Right


def differing(matched: Matched) -> Iterator[Differing]:
    """Yield the judgments on which the first two judges say different things, in the order of the items."""
    one = matched.scored[0]
    subsets = matched.ratings[0].subsets
    gold, first, second = _words(matched)
    rows = np.flatnonzero(verdicts_differ(matched))
    _, judges = next(groups(matched))
    hits = hits_of(judges[:2])
    for row in rows.tolist():
        right: Right = "" if hits is None else "first" if hits[0][row] else "second" if hits[1][row] else "neither"
        yield Differing(
            matched.items[int(one.item[row])],
            subsets[int(one.subset[row])],
            gold(row),
            first(row),
            second(row),
            right,
        )


def changed(rows: Sequence[Differing], part: str = "", way: Literal["", "better", "worse"] = "") -> list[Differing]:
    """Keep those of a part of the data, and of items on which the first judge is right more often, or less."""
    ahead: dict[str, int] = {}
    for row in rows:
        ahead[row.item] = ahead.get(row.item, 0) + {"first": 1, "second": -1}.get(row.right, 0)
    sign = {"better": 1, "worse": -1}.get(way, 0)
    return [row for row in rows if part in {"", row.subset or NO_SUBSET} and (not sign or ahead[row.item] * sign > 0)]


def _words(matched: Matched) -> tuple[_Word, _Word, _Word]:
    """How gold and either judge's verdict on a row are written."""
    one, two = matched.scored[:2]
    if one.scale.sequential:
        return _sequence_words(matched)
    if not one.scale.listed:
        return _codes(one.gold, one.scale), _codes(one.judge, one.scale), _codes(two.judge, one.scale)
    labels = (*one.scale.labels, "undecided", "invalid")
    values = one.gold_values
    return (
        lambda row: labels[int(one.gold[row])] if values is None else f"{values[int(one.gold[row])]:g}",
        lambda row: labels[int(one.judge[row])],
        lambda row: labels[int(two.judge[row])],
    )


def _codes(codes: npt.NDArray[np.integer], scale: Scale) -> _Word:
    return lambda row: "invalid" if codes[row] < 0 else scale.word(int(codes[row]))


def _sequence_words(matched: Matched) -> tuple[_Word, _Word, _Word]:
    one = matched.scored[0]
    order = one.scale.kind == "rank"
    first, second = (
        select(ratings, scored.row) for ratings, scored in zip(matched.ratings[:2], matched.scored[:2], strict=True)
    )
    golds = first.gold_sequence
    # Steps are held against one gold, orders against every annotator's.
    if golds is not None and not order:
        golds = checked_steps(first, one.policies)[0][:, None]

    def text(codes: Codes | None) -> str:
        if codes is None or codes.max(initial=-1) < 0:
            return "invalid"
        if order:
            return " > ".join(one.scale.labels[code] for code in codes.tolist() if code >= 0)
        last = int(np.flatnonzero(codes >= 0)[-1]) + 1
        return " ".join("?" if code < 0 else str(code) for code in codes[:last].tolist())

    def gold(row: int) -> str:
        every = [] if golds is None else [text(codes) for codes in golds[row] if codes.max(initial=-1) >= 0]
        return " | ".join(dict.fromkeys(every)) or "?"

    return (
        gold,
        lambda row: text(None if first.sequence is None else first.sequence[row]),
        lambda row: text(None if second.sequence is None else second.sequence[row]),
    )

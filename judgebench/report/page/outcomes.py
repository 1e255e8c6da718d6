"""What became of an item: whether verdicts are gold's, change with the order, and were given on this very text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.figures import scored_rows
from judgebench.agreement.policies import apply
from judgebench.domain import Case
from judgebench.labels.as_run import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from judgebench.domain import Code, Item, Scale, Verdict
    from judgebench.report.page.parts import Reported

__all__ = ["AT_ODDS", "NOT_ASKED", "RIGHT", "UNSCORED", "flips", "label", "majority", "meets", "outcomes", "same"]

#: How a judge did on an item: no scored row, all rows agree with gold, at least one does not, or no verdict here.
UNSCORED, RIGHT, AT_ODDS, NOT_ASKED = 0, 1, 2, 3
#: Whether verdicts changed with the order: shown in one order only, the same, another.
_ONE_ORDER, _HELD, _FLIPPED = 0, 1, 2


def outcomes(one: Reported) -> dict[str, int]:
    """Say of each item whether the judge agrees with gold: `RIGHT` on every scored row, `AT_ODDS`, or `UNSCORED`."""
    ratings, names = one.judged.ratings, one.judged.items
    if ratings.scale.sequential:
        said, labels = ratings.sequence, ratings.gold_sequence
        if said is None or labels is None:
            return dict.fromkeys(names, UNSCORED)
        labelled = (labels >= 0).any(axis=-1)
        right = ((said[:, None, :] == labels).all(axis=-1) & labelled).any(axis=-1)
        scored = labelled.any(axis=-1)
        item, right = ratings.item[scored], right[scored]
    elif not ratings.scale.listed:
        rows = scored_rows(ratings, one.policies)
        item, right = rows.item.astype(np.int64), rows.gold == rows.judge
    else:
        rows = apply(ratings, one.policies)
        item = rows.item.astype(np.int64)
        if rows.gold_values is None:
            right = rows.gold == rows.judge
        else:
            places = np.append(np.asarray(rows.scale.values, dtype=np.float64), [np.inf, np.inf])
            right = rows.gold_values[rows.gold] == places[rows.judge]
    found = np.full(len(names), UNSCORED)
    found[item] = RIGHT
    found[item[~right]] = AT_ODDS
    return dict(zip(names, found.tolist(), strict=True))


def same(item: Item, verdicts: Iterable[Verdict]) -> bool:
    """Whether these verdicts were given on this very item; those of a table stand beside its texts."""
    keys: dict[tuple[object, ...], str] = {}
    for verdict in verdicts:
        if verdict.revision == TABLE:
            continue
        shown = (verdict.order, verdict.repeat, verdict.reference)
        if shown not in keys:
            keys[shown] = Case(item, verdict.order, verdict.repeat, "", verdict.reference).key
        if keys[shown] != verdict.key:
            return False
    return True


def majority(codes: Iterable[Code]) -> Code | None:
    """Find the label that most people gave; None where none is ahead."""
    ranked = Counter(codes).most_common(2)
    return ranked[0][0] if ranked and (len(ranked) == 1 or ranked[0][1] > ranked[1][1]) else None


def meets(code: Code | None, meant: Code | None, scale: Scale) -> int:
    """Whether a verdict is the gold label, or one of several right picks: 1 yes, 2 no, 0 where either is missing."""
    if code is None or meant is None:
        return 0
    several = scale.kind == "pick" and isinstance(meant, tuple)
    return 1 if (code in meant if several else code == meant) else 2  # type: ignore[operator]  # a tuple where several


def flips(said: Iterable[tuple[int, Verdict]], runs: int) -> list[int]:
    """Say of each run whether its verdict changed with the order, within any of its repeats."""
    seen: dict[tuple[int, int], dict[tuple[int, ...], Code]] = {}
    for run, verdict in said:
        if verdict.code is not None:
            seen.setdefault((run, verdict.repeat), {})[verdict.order] = verdict.code
    flips = [_ONE_ORDER] * runs
    for (run, _), codes in seen.items():
        if len(codes) > 1:
            flips[run] = max(flips[run], _HELD if len(set(codes.values())) == 1 else _FLIPPED)
    return flips


def label(code: Code, scale: Scale, *, gold: bool) -> str:
    """Word of a verdict or a gold label.

    >>> from judgebench.domain import Scale
    >>> [label((2, 0, 1), Scale.rank(3), gold=False), label((0, 1), Scale.pick(4), gold=True)]
    ['3 > 1 > 2', '1 or 2']
    """
    if not isinstance(code, tuple):
        return scale.word(code) if not scale.listed or code < len(scale.labels) else str(code + 1)
    words = [label(one, scale, gold=gold) for one in code]
    if scale.kind == "rank":
        return " > ".join(words)
    return (" or " if gold and scale.kind == "pick" else ", ").join(words)

"""Columns of scores or probabilities beside a table's labels, or in their place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.errors import UsageError
from judgebench.labels.words import MISSING, NO_VERDICT, fold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from judgebench.domain import Ratings, Scale
    from judgebench.files.table import Table
    from judgebench.labels.columns import Raw

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

#: Roles of score columns among the columns of a raw table.
ROLE = "score:"
_KINDS = {"check", "pair", "rate"}
_LARGEST = 1e100


def check_scores(judges: Sequence[str], scores: Sequence[str], *, long: bool) -> None:
    """Refuse score columns unless there is one for each judge, in wide form."""
    if scores and long:
        raise UsageError("--score-col needs a wide table, one row per item; --long has one column of labels only")
    if scores and judges and len(scores) != len(judges):
        raise UsageError(
            f"{len(scores)} --score-col for {len(judges)} --judge-col: give each judge its own, in the same order, "
            "or leave --judge-col out"
        )
    if doubled := [name for name in dict.fromkeys(scores) if scores.count(name) > 1]:
        raise UsageError(f"--score-col {doubled[0]!r} is named twice")


def with_scores(
    table: Table,
    raw: Raw,
    bare: Mapping[str, Ratings],
    scores: Sequence[str],
    kept: slice | npt.NDArray[np.int64],
    notes: list[str],
) -> dict[str, Ratings]:
    """Give each judge its numbers; a judge without labels gets the verdict that its number means.

    ``bare`` holds ratings by judge, one under an empty name where no column holds labels; ``scores`` are columns, one
    per judge, ``kept`` the rows that are kept, and ``notes`` grows. UsageError where scores alone don't say what the
    verdict is, or the scale has no use for them.
    """
    scale = next(iter(bare.values())).scale
    if scale.kind not in _KINDS:
        raise UsageError(f"--score-col needs a check, pair or rate scale, and the labels are {scale.spec}")
    names = [name for name in bare if name] or list(scores)
    found: dict[str, Ratings] = {}
    for name, column in zip(names, scores, strict=True):
        values, given = _numbers(table, raw, column, kept)
        ratings = bare.get(name) or next(iter(bare.values()))
        inside = values[given]
        probable = scale.kind != "rate" and inside.size > 0 and inside.min() >= 0 and inside.max() <= 1
        notes.append(f"{column}: {_meaning(scale, probable=probable)}")
        if not given.all():
            notes.append(f"{column}: {np.count_nonzero(~given):,} of {given.size:,} cells hold no number")
        if name not in bare:
            ratings = replace(ratings, judge=_verdicts(column, values, given, scale, probable=probable))
            notes.append(f"{column}: verdicts are read off the numbers ({_rule(scale, probable=probable)})")
        found[name] = replace(ratings, score=values, has_score=given, score_kind="probability" if probable else "score")
    return found


def _numbers(table: Table, raw: Raw, column: str, kept: slice | npt.NDArray[np.int64]) -> tuple[Floats, Flags]:
    cells = raw.keys[f"{ROLE}{column}"]
    words = list(cells.words)
    values, given = np.zeros(len(words)), np.zeros(len(words), dtype=np.bool_)
    wrong: list[int] = []
    for code, word in enumerate(words):
        if fold(word) in MISSING | NO_VERDICT:
            continue
        try:
            values[code] = float(word)
        except ValueError:
            wrong.append(code)
            continue
        # Python reads 1_5 as 15. Squares of what lies beyond 1e100 are no longer finite.
        if not abs(values[code]) <= _LARGEST or "_" in word:
            wrong.append(code)
        given[code] = True
    codes = cells.codes()[kept]
    if (bad := np.flatnonzero(np.isin(codes, wrong))).size:
        raise table.error(
            f"{words[codes[bad[0]]].strip()!r} is no number, or beyond {_LARGEST:g}",
            line=int(raw.lines[kept][bad[0]]),
            field=column,
            hint="a score or probability is a number; empty the cell where there is none",
        )
    return values[codes], given[codes]


def _meaning(scale: Scale, *, probable: bool) -> str:
    if scale.kind == "rate":
        return f"ratings between the levels of {scale.spec}"
    sides = {"check": "correct", "pair": f"{scale.labels[-1 - (scale.both_bad is not None)]}"}
    if probable:
        return f'all numbers lie between 0 and 1: read as probabilities of "{sides[scale.kind]}"'
    return f'scores: the higher, the surer of "{sides[scale.kind]}"'


def _rule(scale: Scale, *, probable: bool) -> str:
    if scale.kind == "rate":
        return "the nearest level"
    if scale.kind == "pair":
        return "above one half or below" if probable else "above 0 or below"
    return "one half or more is correct"


def _verdicts(column: str, values: Floats, given: Flags, scale: Scale, *, probable: bool) -> npt.NDArray[np.int64]:
    found = np.full(values.size, -1, dtype=np.int64)
    if scale.kind == "check":
        if not probable:
            raise UsageError(f"{column} holds scores, and no threshold says which mean correct; add --judge-col")
        found[given] = values[given] >= 0.5
        return found
    if scale.kind == "pair":
        lean = values - (0.5 if probable else 0.0)
        found[given & (lean < 0)] = 0
        found[given & (lean > 0)] = len(scale.values) - 1
        if scale.tie is not None:
            found[given & (lean == 0)] = scale.tie
        return found
    levels = np.asarray(scale.values)
    if given.any() and not (levels[0] <= values[given].min() and values[given].max() <= levels[-1]):
        raise UsageError(
            f"{column} goes beyond {scale.spec}, so its unit is another one; widen --scale, or add --judge-col"
        )
    found[given] = np.abs(values[given][:, None] - levels).argmin(axis=1)
    return found

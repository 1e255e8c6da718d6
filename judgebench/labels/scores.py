"""Columns of a judge's numbers, beside its verdicts or in their place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from judgebench.errors import UsageError, argument
from judgebench.labels.words import MISSING, NO_VERDICT, fold

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.domain import Ratings, Scale
    from judgebench.files.table import Table
    from judgebench.labels.columns import Raw

    Codes = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

#: What a number says: how sure the judge is of the higher label, or of its own verdict.
Means: TypeAlias = Literal["correct", "verdict"]

#: Roles of score columns among the columns of a raw table.
ROLE = "score:"
_KINDS = {"check", "pair", "rate"}
_LARGEST = 1e100
#: Verdicts of each side from which on numbers are held against them, and numbers from which on one side is odd.
_FEW, _MANY = 5, 10
#: Numbers that tell a judge's own verdicts apart less often than this are hardly about the label.
_BLIND = 0.65


@dataclass(frozen=True, slots=True)
class ScoreColumns:
    """Columns of numbers, one per judge in their order, and how they are read.

    Numbers that are sure of the ``verdict`` are turned into those of the higher label; from ``threshold`` on (pairs:
    above it) a number means that label.
    """

    names: Sequence[str] = ()
    means: Means | None = None
    threshold: float | None = None

    def check(self, judges: Sequence[str], *, long: bool) -> None:
        """Refuse columns unless there is one for each judge, in wide form; and what is said of none."""
        if not self.names and (self.means is not None or self.threshold is not None):
            said = argument("threshold" if self.means is None else "score_means")
            raise UsageError(f"{said} is about numbers; name their column with {argument('scores')}")
        if self.names and long:
            raise UsageError(
                f"{argument('scores')} needs a wide table, one row per item; {argument('long')} "
                "has one column of labels only"
            )
        if self.names and judges and len(self.names) != len(judges):
            raise UsageError(
                f"{len(self.names)} {argument('scores')} for {len(judges)} {argument('judge')}: give "
                f"each judge its own, in the same order, or leave {argument('judge')} out"
            )
        if doubled := [name for name in dict.fromkeys(self.names) if self.names.count(name) > 1]:
            raise UsageError(f"{argument('scores')} {doubled[0]!r} is named twice")
        if self.means == "verdict" and not judges:
            raise UsageError(f"{argument('score_means')} verdict needs the verdicts: add {argument('judge')}")
        if self.threshold is not None and judges:
            raise UsageError(f"{argument('threshold')} reads verdicts off numbers; {argument('judge')} has them")


def with_scores(
    table: Table,
    raw: Raw,
    bare: Mapping[str, Ratings],
    scores: ScoreColumns,
    rows: Mapping[str, npt.NDArray[np.int64]],
    labelled: Collection[str],
    notes: list[str],
) -> dict[str, Ratings]:
    """Give each judge its numbers; a judge without labels gets the verdict that its number means.

    ``bare`` holds ratings by judge, one under an empty name where no column holds labels, and ``rows`` the table's row
    behind each of them, -1 where it has no number; ``labelled`` judges have verdicts. ``notes`` grows. UsageError where
    scores alone don't say what the verdict is, or what they are sure of, or the scale has no use for them.
    """
    scale = next(iter(bare.values())).scale
    if scale.kind == "number":
        raise UsageError(
            f"on {scale.spec} a judge's numbers are its verdicts: name {scores.names[0]!r} with {argument('judge')} "
            f"instead of {argument('scores')}"
        )
    if scale.kind not in _KINDS:
        raise UsageError(f"{argument('scores')} needs a check, pair or rate scale, and the labels are {scale.spec}")
    if scale.kind == "rate" and (scores.means is not None or scores.threshold is not None):
        said = argument("threshold" if scores.means is None else "score_means")
        raise UsageError(f"{said} is about checks and pairs, and the labels are {scale.spec}")
    names = [name for name in bare if name] or scores.names
    found: dict[str, Ratings] = {}
    for place, name in enumerate(names):
        column = scores.names[place % len(scores.names)]
        known = name if name in bare else ""
        values, given = _numbers(table, raw, column, rows[known])
        ratings = bare[known]
        if scores.means == "verdict":
            values, given = _of_label(values, given, ratings)
            notes.append(f"{column}: how sure the judge is of its own verdict, turned into how sure it is of the label")
        probable = _within(values[given], 1) and scale.kind != "rate" and scores.threshold in {None, 0.5}
        notes.append(f"{column}: {_meaning(scale, probable=probable)}")
        if not given.all():
            notes.append(f"{column}: {np.count_nonzero(~given):,} of {given.size:,} cells hold no number")
        if name not in labelled:
            ratings, rule = _read_off(column, values, given, ratings, scores.threshold, probable=probable)
            notes.append(f"{column}: verdicts are read off the numbers ({rule})")
        elif scores.means is None and scale.kind != "rate":
            _refuse_confidence(column, values, given, ratings, probable=probable)
        found[name] = replace(ratings, score=values, has_score=given, score_kind="probability" if probable else "score")
    return found


def _read_off(
    column: str, values: Floats, given: Flags, ratings: Ratings, threshold: float | None, *, probable: bool
) -> tuple[Ratings, str]:
    """Give a judge the verdicts that its numbers mean, and say by which rule."""
    middle = threshold if threshold is not None else 0.5 if probable else 0.0
    if ratings.scale.kind == "check" and not probable and threshold is None:
        raise UsageError(
            f"{column} holds scores, and no threshold says which mean correct; add {argument('threshold')} or "
            f"{argument('judge')}"
        )
    verdicts = _verdicts(column, values, given, ratings.scale, middle)
    if threshold is None and ratings.scale.kind != "rate":
        _refuse_one_sided(column, values[given], verdicts[given], ratings, middle)
    return replace(ratings, judge=verdicts), _rule(ratings.scale, middle)


def _within(values: Floats, most: float) -> bool:
    return bool(values.size and values.min() >= 0 and values.max() <= most)


def _ends(ratings: Ratings) -> tuple[Flags, Flags]:
    """Rows whose verdict is the lower of two sides, and the higher; neither for ties and gaps."""
    return ratings.judge == 0, ratings.judge == len(ratings.scale.values) - 1


def _of_label(values: Floats, given: Flags, ratings: Ratings) -> tuple[Floats, Flags]:
    """Turn how sure a judge is of its verdict into how sure it is of the higher label; none where that is a tie.

    A share or a percentage ``c`` of the lower label is ``1 - c`` of the higher one; of other numbers the sign turns.
    """
    low, high = _ends(ratings)
    given = given & (low | high)
    inside = values[given]
    if _within(inside, 100) and not _within(inside, 10):
        values = values / 100
    turned = 1 - values if _within(values[given], 1) else -values
    return np.where(low, turned, values), given


def _refuse_confidence(column: str, values: Floats, given: Flags, ratings: Ratings, *, probable: bool) -> None:
    """Ask what numbers are sure of where they don't tell the judge's own verdicts apart.

    Probabilities: half of the lower verdicts lie above one half. Others, unless they have both signs, as no confidence
    has: the chance that a higher verdict has the larger number is below .65.
    """
    if values[given].size and values[given].min() < 0 < values[given].max():
        return
    low, high = (values[given & side] for side in _ends(ratings))
    if min(low.size, high.size) < _FEW:
        return
    if probable:
        odd = bool(2 * np.count_nonzero(low > 0.5) >= low.size and np.median(high) > 0.5)
    else:
        places = np.sort(low)
        below = np.searchsorted(places, high) + np.searchsorted(places, high, side="right")
        odd = float(below.mean()) / (2 * low.size) < _BLIND
    if odd:
        labels, said = ratings.scale.labels, argument("score_means")
        one, other = labels[0], labels[len(ratings.scale.values) - 1]
        raise UsageError(
            f"{column} does not tell {one!r} from {other!r} among the judge's own verdicts: is it how sure the judge "
            f"is of what it said ({said} verdict), or of {other!r} ({said} correct)?"
        )


def _refuse_one_sided(column: str, values: Floats, verdicts: Codes, ratings: Ratings, middle: float) -> None:
    """Ask for the middle where all numbers lie on one side of it, though gold does not."""
    gold = ratings.gold[ratings.gold >= 0]
    if values.size < _MANY or (verdicts != verdicts[0]).any() or not gold.size or (gold == gold[0]).all():
        return
    raise UsageError(
        f"all numbers of {column} ({values.min():g} to {values.max():g}) lie on one side of {middle:g}, so that every "
        f"verdict would be {ratings.scale.labels[int(verdicts[0])]!r}: say with {argument('threshold')} where the "
        f"other begins (4 on a slider from 1 to 7), or name a column of verdicts with {argument('judge')}"
    )


def _numbers(table: Table, raw: Raw, column: str, rows: npt.NDArray[np.int64]) -> tuple[Floats, Flags]:
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
    codes = cells.codes()[rows]
    if (bad := np.flatnonzero(np.isin(codes, wrong))).size:
        raise table.error(
            f"{words[codes[bad[0]]].strip()!r} is not a number, or is beyond {_LARGEST:g}",
            line=int(raw.lines[rows[bad[0]]]),
            field=column,
            hint="a score or probability is a number; empty the cell where there is none",
        )
    return np.where(rows < 0, 0.0, values[codes]), given[codes] & (rows >= 0)


def _meaning(scale: Scale, *, probable: bool) -> str:
    if scale.kind == "rate":
        return f"ratings between the levels of {scale.spec}"
    sides = {"check": "correct", "pair": f"{scale.labels[-1 - (scale.both_bad is not None)]}"}
    if probable:
        return f'all numbers lie between 0 and 1: read as probabilities of "{sides[scale.kind]}"'
    return f'scores: the higher, the surer of "{sides[scale.kind]}"'


def _rule(scale: Scale, middle: float) -> str:
    if scale.kind == "rate":
        return "the nearest level"
    shown = "one half" if middle == 0.5 else f"{middle:g}"
    return f"above {shown} or below" if scale.kind == "pair" else f"{shown} or more is correct"


def _verdicts(column: str, values: Floats, given: Flags, scale: Scale, middle: float) -> Codes:
    found = np.full(values.size, -1, dtype=np.int64)
    if scale.kind == "check":
        found[given] = values[given] >= middle
        return found
    if scale.kind == "pair":
        lean = values - middle
        found[given & (lean < 0)] = 0
        found[given & (lean > 0)] = len(scale.values) - 1
        if scale.tie is not None:
            found[given & (lean == 0)] = scale.tie
        return found
    levels = np.asarray(scale.values)
    if given.any() and not (levels[0] <= values[given].min() and values[given].max() <= levels[-1]):
        raise UsageError(
            f"{column} goes beyond {scale.spec}, so its unit is another one; widen {argument('scale')}, or add "
            f"{argument('judge')}"
        )
    found[given] = np.abs(values[given][:, None] - levels).argmin(axis=1)
    return found

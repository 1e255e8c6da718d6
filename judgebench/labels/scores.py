"""Columns of a judge's numbers, beside its verdicts or in their place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.errors import UsageError, argument
from judgebench.labels.cells import Cells
from judgebench.labels.columns import ROLE, refuse_words
from judgebench.labels.doubts import MARKS
from judgebench.labels.encoding import reversed_codes
from judgebench.labels.vocabulary import MISSING, NO_VERDICT, fold, number_of
from judgebench.labels.words import settle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from judgebench.domain import Ratings, Scale
    from judgebench.files.table import Table
    from judgebench.labels.cells import Means
    from judgebench.labels.columns import Raw
    from judgebench.labels.encoding import Coded

    Codes = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

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
    above it) a number means that label, unless ``cells`` has another for its column.
    """

    names: Sequence[str] = ()
    means: Means | None = None
    threshold: float | None = None
    cells: Cells = Cells()  # noqa: RUF009 - frozen

    def turns(self, name: str) -> float | None:
        """Where a column's numbers turn, if that is said."""
        return self.cells.thresholds.get(name, self.threshold)

    def check(self, judges: Sequence[str], *, long: bool) -> None:
        """Refuse columns unless there is one for each judge, in wide form; and what is said of none."""
        if not self.names and (self.means is not None or self.threshold is not None):
            said = argument("threshold" if self.means is None else "score_means")
            column = (
                f", or give {argument('threshold')} COLUMN=X of verdicts that are numbers" if self.means is None else ""
            )
            raise UsageError(f"{said} is about numbers; name their column with {argument('scores')}{column}")
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
        if judges and any(self.turns(name) is not None for name in self.names):
            raise UsageError(f"{argument('threshold')} reads verdicts off numbers; {argument('judge')} has them")


def with_ties(coded: Coded, raw: Raw, scores: ScoreColumns) -> Coded:
    """Widen a pair scale that nobody gave where a number is neither above nor below the middle: that is a tie."""
    if coded.scale.spec != "pair:2":
        return coded
    for name in scores.names:
        numbers = {number_of(word) for word in raw.keys[f"{ROLE}{name}"].words}
        middle = scores.turns(name)
        if middle is not None and middle in numbers:
            labels = {one: np.where(codes == 1, 2, codes) for one, codes in coded.labels.items()}
            coded.notes.append(f"{name}: what lies in the middle is a tie, which the labels don't have: scale pair:3")
            return replace(coded, scale=coded.scale.pair(), labels=labels)
    return coded


def with_scores(
    table: Table,
    raw: Raw,
    bare: Mapping[str, Ratings],
    scores: ScoreColumns,
    rows: Mapping[str, npt.NDArray[np.int64]],
    coded: Coded,
) -> dict[str, Ratings]:
    """Give each judge its numbers; a judge without labels gets the verdict that its number means.

    ``bare`` holds ratings by judge, one under an empty name where no column holds labels, and ``rows`` the table's row
    behind each of them, -1 where it has no number. The notes of ``coded`` grow. UsageError where scores alone don't say
    what the verdict is, or what they are sure of, or the scale has no use for them.
    """
    scale = next(iter(bare.values())).scale
    if scale.kind not in _KINDS:
        instead = f"; a judge's numbers are its verdicts: {argument('judge')} {scores.names[0]}"
        raise UsageError(
            f"{argument('scores')} needs a check, pair or rate scale, and the labels are {scale.spec}"
            f"{instead if scale.kind == 'number' else ''}"
        )
    turned = any(scores.turns(name) is not None for name in scores.names)
    if scale.kind == "rate" and (scores.means is not None or turned):
        said = argument("threshold" if scores.means is None else "score_means")
        raise UsageError(f"{said} is about checks and pairs, and the labels are {scale.spec}")
    names, notes = [name for name in bare if name] or scores.names, coded.notes
    found: dict[str, Ratings] = {}
    for place, name in enumerate(names):
        column = scores.names[place % len(scores.names)]
        known = name if name in bare else ""
        values, given = _numbers(table, raw, column, rows[known], scores.cells, coded)
        ratings = bare[known]
        turns, reverse = scores.turns(column), column in scores.cells.reverse
        if scores.means == "verdict":
            values, given = _of_label(values, given, ratings)
            notes.append(f"{column}: how sure the judge is of its own verdict, turned into how sure it is of the label")
        probable = _within(values[given], 1) and scale.kind != "rate" and turns in {None, 0.5}
        notes.append(f"{column}: {_meaning(scale, probable=probable)}")
        if not given.all():
            notes.append(f"{column}: {np.count_nonzero(~given):,} of {given.size:,} cells hold no number")
        if name not in coded.labels:
            ratings, rule = _read_off(column, values, given, ratings, turns, probable=probable)
            own = "" if turns is not None or scale.kind == "rate" else f"; {argument('threshold')} says another"
            own += ", turned round" if reverse else ""
            notes.append(f"{column}: verdicts are read off the numbers ({rule}{own})")
            if reverse:
                ratings = replace(ratings, judge=reversed_codes(ratings.judge, scale))
        elif scores.means is None and scale.kind != "rate":
            _refuse_confidence(column, values, given, ratings, probable=probable)
        if reverse:
            values = _turned(values, scale, probable=probable)
            notes.append(f"{column}: turned round, the higher, the less")
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


def _turned(values: Floats, scale: Scale, *, probable: bool) -> Floats:
    """Turn numbers round: probabilities about one half, ratings about the middle of the scale, others about 0."""
    ends = (scale.values[0], scale.values[-1]) if scale.kind == "rate" else (0.0, float(probable))
    return sum(ends) - values


def _within(values: Floats, most: float) -> bool:
    return bool(values.size and values.min() >= 0 and values.max() <= most)


def _ends(ratings: Ratings) -> tuple[Flags, Flags]:
    """Rows whose verdict is the lower of two sides, and the higher; neither for ties and gaps."""
    return ratings.judge == 0, ratings.judge == len(ratings.scale.values) - 1


def _of_label(values: Floats, given: Flags, ratings: Ratings) -> tuple[Floats, Flags]:
    """Turn how sure a judge is of its verdict into how sure it is of the higher label; none where that is a tie.

    A share or a percentage ``c`` of the lower label is ``1 - c`` of the higher one, and numbers of which none is above
    0 are logarithms of such shares; of other numbers the sign turns.
    """
    low, high = _ends(ratings)
    given = given & (low | high)
    inside = values[given]
    if _within(-inside, np.inf):
        values = np.exp(np.minimum(values, 0))
    elif _within(inside, 100) and not _within(inside, 10):
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
    sides = np.unique(verdicts[np.isin(verdicts, (0, len(ratings.scale.values) - 1))])
    if values.size < _MANY or sides.size != 1 or not gold.size or (gold == gold[0]).all():
        return
    or_tie = " or a tie" if ratings.scale.kind == "pair" and (values == middle).any() else ""
    raise UsageError(
        f"all numbers of {column} ({values.min():g} to {values.max():g}) lie on one side of {middle:g}, so that every "
        f"verdict would be {ratings.scale.labels[int(sides[0])]!r}{or_tie}: say with {argument('threshold')} where the "
        f"other begins (4 on a slider from 1 to 7), or name a column of verdicts with {argument('judge')}"
    )


def _numbers(
    table: Table, raw: Raw, column: str, rows: npt.NDArray[np.int64], cells: Cells, coded: Coded
) -> tuple[Floats, Flags]:
    own = raw.keys[f"{ROLE}{column}"]
    words = list(own.words)
    meant, units = coded.scores[column], cells.units([column])
    values, given = np.zeros(len(words)), np.zeros(len(words), dtype=np.bool_)
    wrong: list[int] = []
    for code, word in enumerate(words):
        meaning = meant.get(word, word)
        if fold(meaning) in MISSING | NO_VERDICT:
            continue
        value = number_of(meaning)
        if value is not None and units is not None:
            value = units.of(value) if units.low <= value <= units.high else None
        # Squares of what lies beyond 1e100 are no longer finite.
        if value is None or not abs(value) <= _LARGEST:
            wrong.append(code)
        else:
            values[code], given[code] = value, True
    there = rows[rows >= 0]
    large = any(number_of(words[code]) is not None for code in wrong)
    limit = f" from {units.low:g} to {units.high:g}" if units is not None else f" up to {_LARGEST:g}" if large else ""
    read = f", or {argument('read_replies')} reads numbers out of texts" if not cells.read_replies else ""
    what, hint = f"is not a number{limit}", f"say {settle()}{read}"
    refuse_words(table, column, own.take(there), raw.lines[there], wrong, what, hint)
    codes = own.codes()[rows]
    known = given[codes] & (rows >= 0)
    _refuse_marks(column, values[codes][known], cells)
    return np.where(rows < 0, 0.0, values[codes]), known


def _refuse_marks(column: str, values: Floats, cells: Cells) -> None:
    """Ask about the one number that is a usual mark for "no score" and lies beyond all others."""
    found = np.unique(values)
    said = {fold(word.rpartition(":")[2]) for word in cells.words}
    for mark, rest in ((found[:1], found[1:]), (found[-1:], found[:-1])):
        if rest.size < _FEW or mark[0] not in MARKS or f"{mark[0]:g}" in said:
            continue
        wide = rest[-1] - rest[0]
        if (mark[0] < 0 <= rest[0]) or mark[0] - rest[-1] > 2 * wide:
            value = f"{mark[0]:g}"
            raise UsageError(
                f"{value} ({np.count_nonzero(values == mark[0]):,} cells of {column}) lies apart from the scores "
                f"{rest[0]:g} to {rest[-1]:g}: an error mark? Leave it out with {argument('missing')} {value}; or, if "
                f"it is a score, give {argument('words')} {value}={value}"
            )


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

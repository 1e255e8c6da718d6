"""What a judge-only ranking is worth, in words."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.domain.shapes import COUNT, FLAG, NUMBER, SHARE, TEXT, ListOf, Scalar, judge_keys, record
from judgebench.report.briefs.judge_only import brief
from judgebench.report.document.blocks import Field, Table, columns_of, grid, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, decimal, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from judgebench.agreement.correct.judge_only import JudgeOnly
    from judgebench.report.document.blocks import Block, Grid, Sheet
    from judgebench.report.document.brief import Brief
    from judgebench.stats.inference.simplex import PosteriorRanking

__all__ = ["JudgeOnlyRankings", "Ranked"]

_TWO = (
    "Two levels: if one common TPR and TNR hold for all systems and TPR + TNR > 1, the true order is the judge's, up "
    "to sampling error. The true shares themselves are not identifiable without gold."
)
_MORE = (
    "Three levels or more: neither the true scores nor their order are identifiable without gold, however many rows "
    "are judged. What follows depends on the prior of the judge, and more verdicts won't change that; some gold will "
    "(judgebench correct --gold-col)."
)
_OWN = (
    "Each system has a judge of its own here (--judge-varies): the order is not identifiable without gold, not even on "
    "two levels."
)
_PRIOR_NOTE = (
    "A prior of d holds every judge that calls at least the share d of each true level by its name, all alike; those "
    "that can't have given these scores are left out. d = 1 is the perfect judge: sampling error only."
)


class Ranked(NamedTuple):
    """One judge's ranking with what was measured."""

    task: str
    judge: str
    found: JudgeOnly

    @property
    def systems(self) -> list[_System]:
        """What the judge says of each system."""
        found = self.found
        return [
            _System(name, rows, float(mean))
            for name, rows, mean in zip(found.systems, found.rows, found.means, strict=True)
        ]

    @property
    def priors(self) -> list[_Prior]:
        """What each prior leaves of it."""
        return [_Prior(one, self.systems) for one in self.found.rankings]


class _System(NamedTuple):
    system: str
    rows: int
    judge_mean: float


class _Place(NamedTuple):
    system: str
    mean: float
    low: float
    high: float
    best_rank: int
    worst_rank: int
    first: float


class _Prior(NamedTuple):
    ranking: PosteriorRanking
    ranked: list[_System]

    @property
    def systems(self) -> list[_Place]:
        """What it leaves of each system's place."""
        one = self.ranking
        columns = (one.mean, one.low, one.high, one.best, one.worst, one.first)
        values = zip(*(column.tolist() for column in columns), strict=True)
        return [_Place(system.system, *place) for system, place in zip(self.ranked, values, strict=True)]


_FLIPS = (
    "Probability that the system of the column is truly above that of the row, in the order of systems; 0 where the "
    "judge does not put the row ahead."
)
_RANK = Scalar({"type": "integer", "minimum": 1})
_SYSTEM = record(system=TEXT, rows=_RANK, judge_mean=NUMBER)
_PLACE = record(
    system=TEXT,
    mean=NUMBER,
    low=NUMBER,
    high=NUMBER,
    best_rank=_RANK,
    worst_rank=_RANK,
    first=(SHARE, None, "Probability of the first rank."),
)
_PRIOR = record(
    "prior",
    diagonal=(
        Scalar({"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
        attrgetter("ranking.diagonal"),
        "Least share of each true level that the judge calls by its name.",
    ),
    any_flip=(SHARE, attrgetter("ranking.any_flip"), "Probability that some pair of systems is the other way round."),
    flip_share=(SHARE, attrgetter("ranking.flip_share"), "Expected share of pairs that are."),
    flips=(ListOf(ListOf(SHARE)), lambda prior: prior.ranking.flips.tolist(), _FLIPS),
    systems=ListOf(_PLACE),
)
_ROW = record(
    "row",
    "One judge without gold.",
    task=TEXT,
    **judge_keys(),
    score=(TEXT, attrgetter("found.score")),
    levels=(Scalar({"type": "integer", "minimum": 2}), attrgetter("found.levels")),
    common_judge=(FLAG, attrgetter("found.common"), "Whether one confusion matrix is taken to hold for all systems."),
    order_identified=(
        FLAG,
        attrgetter("found.identified"),
        "Whether the true order follows from the judge's (two levels and a common judge better than chance).",
    ),
    dropped=(COUNT, attrgetter("found.dropped"), "Judgments without a verdict."),
    systems=(ListOf(_SYSTEM), None, "The judge's favourite first."),
    priors=(ListOf(_PRIOR), None, "The perfect judge first, then one prior after the other."),
)


class _Row(NamedTuple):
    line: Ranked
    prior: _Prior
    system: _System
    place: _Place


_SHEET: Mapping[str, Callable[[_Row], Any]] = {
    **columns_of(_ROW, "task judge", attrgetter("line")),
    **columns_of(_PRIOR, "diagonal", attrgetter("prior")),
    **columns_of(_SYSTEM, "system rows judge_mean", attrgetter("system")),
    **columns_of(_PLACE, "mean low high best_rank worst_rank first", attrgetter("place")),
    **columns_of(_PRIOR, "flip_share any_flip", attrgetter("prior")),
}


@dataclass(frozen=True, slots=True, repr=False)
class JudgeOnlyRankings(Document):
    """Rankings of systems by judges without gold, and what they are worth."""

    lines: tuple[Ranked, ...]

    SCHEMA = "judgebench.judge-only/1"
    SHAPE = record(
        "",
        "What a judge's ranking of systems is worth without gold. Fields may be added within version 1; none is "
        "removed or changes its meaning.",
        rows=(ListOf(_ROW), attrgetter("lines")),
    )

    def sheet(self) -> Sheet:
        return sheet(
            _SHEET,
            (
                _Row(line, prior, system, place)
                for line in self.lines
                for prior in line.priors
                for system, place in zip(line.systems, prior.systems, strict=True)
            ),
        )

    def brief(self) -> Brief:
        return brief([(line.judge, line.found) for line in self.lines])

    def blocks(self) -> Iterator[Block]:
        for line in self.lines:
            yield _sentence(line)
            yield Table(_grid(line), names=(0,))


def _sentence(line: Ranked) -> str:
    found = line.found
    sure = found.rankings[0]
    least = min(found.rankings, key=lambda ranking: ranking.diagonal)
    name = clean(line.judge)
    if found.identified:
        return (
            f"{name}: the order of these {len(found.systems)} systems is the judge's own, assuming one common TPR/TNR "
            f"with TPR + TNR > 1; sampling error alone reverses {percent(sure.flip_share)} % of the pairs."
        )
    return (
        f"{name}: without gold, judges with at least {decimal(least.diagonal, 2)} of each level right explain these "
        f"scores with other orders: {percent(least.flip_share)} % of the pairs of systems are reversed on average "
        f"({percent(sure.flip_share)} % by sampling error alone)."
    )


def _grid(line: Ranked) -> Grid:
    """Systems below each other, then two rows about each prior; a column per prior."""
    found = line.found
    places = [prior.systems for prior in line.priors]
    rows = [
        (clean(one.system), str(one.rows), decimal(one.judge_mean), *(_ranks(below[i]) for below in places))
        for i, one in enumerate(line.systems)
    ]
    rows.append(("reversed pairs", "", "", *(f"{percent(one.flip_share)} %" for one in found.rankings)))
    rows.append(("P(any reversed)", "", "", *(decimal(one.any_flip, 2) for one in found.rankings)))
    fields: list[Field[tuple[str, ...]]] = [
        Field("system", itemgetter(0), right=False),
        Field("rows", itemgetter(1)),
        Field(("judge's", "mean"), itemgetter(2)),
        *(_prior(i, one.diagonal) for i, one in enumerate(found.rankings, 3)),
    ]
    remarks = [
        _TWO if found.identified else _MORE if found.common else _OWN,
        f"Ranks are 95 % credible intervals by {found.score}, 1 is best. {_PRIOR_NOTE}",
        *([f"{found.dropped} judgments without a verdict are left out."] if found.dropped else []),
    ]
    return grid(fields, rows, remarks)


def _prior(at: int, diagonal: float) -> Field[tuple[str, ...]]:
    return Field(f"rank, d = {diagonal:g}", itemgetter(at), ("rank", f"d = {diagonal:g}"))


def _ranks(place: _Place) -> str:
    best, worst = place.best_rank, place.worst_rank
    return str(best) if best == worst else f"{best} to {worst}"

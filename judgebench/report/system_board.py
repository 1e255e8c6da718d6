"""Leaderboards of the judged systems: ranked by each judge beside gold, with the ranks that stay open."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from judgebench.domain import bare, conditions_of
from judgebench.domain.shapes import TEXT, ListOf, Scalar, maybe, record
from judgebench.report.document.as_tex import latex_name
from judgebench.report.document.blocks import Cell, Column, Field, Grid, Notes, Table, columns_of, grid, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import NONE, clean, interval, percent, places, share
from judgebench.report.leaderboard.tables import Board, board, tables_page
from judgebench.report.systems import RANKING, SCORES, does, share_of, terms
from judgebench.report.words import gold_word, sampled, task_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.agreement.systems.systems import Place, SystemScore
    from judgebench.report.document.blocks import Block, Fields, Sheet
    from judgebench.report.systems import Ranking

__all__ = ["Placed", "SystemBoard"]

NOTE = (
    "Systems are ranked on their own by gold and by each judge. The range behind a rank holds the ranks that stay open "
    "at 95 %, by the differences of all systems at once on that side, clustered by question. No system of a tier is "
    "clearly ahead of another one of it, and each of a lower tier is clearly behind at least one of the tier above; "
    "that systems share a tier does not show that they are equal. That the two sides' ranks differ is not a test of "
    "the judge: judgebench systems has the rank correlations, the bias per system and their intervals."
)


class Placed(NamedTuple):
    """A judge's ranking on one task with the places that both sides leave open, by system: gold's, then the judge's."""

    ranking: Ranking
    places: Mapping[str, tuple[Place, Place]]


class _Named(NamedTuple):
    table: Table
    short: str = ""
    foot: int = 0
    alone: bool = False


_RANK = Scalar({"type": "integer", "minimum": 1})
_PLACE = record(
    "place",
    best=(maybe(_RANK), None, "The best rank that stays open at 95 %; null without an interval."),
    worst=maybe(_RANK),
    tier=(maybe(_RANK), None, "No system of a tier is clearly ahead of another one of it."),
)
_PLACED = record(
    ranking=(RANKING, None, "A row of judgebench.systems/1."),
    places=(
        ListOf(
            record(system=(TEXT, lambda x: x[0]), gold=(_PLACE, lambda x: x[1][0]), judge=(_PLACE, lambda x: x[1][1]))
        ),
        lambda one: [(system.name, one.places[system.name]) for system in one.ranking.found.systems],
    ),
)
_Row: TypeAlias = "tuple[Placed, SystemScore]"


def _side(name: Literal["gold", "judge"], place: int) -> dict[str, Callable[[_Row], Any]]:
    return {
        f"{name}_rank": lambda x: getattr(x[1], f"{name}_rank"),
        f"{name}_rank_best": lambda x: x[0].places[x[1].name][place].best,
        f"{name}_rank_worst": lambda x: x[0].places[x[1].name][place].worst,
        f"{name}_tier": lambda x: x[0].places[x[1].name][place].tier,
        f"{name}_score*": lambda x: getattr(x[1], name),
    }


#: A row per task, judge and system.
_SHEET: Mapping[str, Callable[[_Row], Any]] = {
    **columns_of(RANKING, "task judge", lambda x: x[0].ranking),
    "gold_source": lambda x: x[0].ranking.gold,
    "score": lambda x: x[0].ranking.found.score,
    "system": lambda x: x[1].name,
    "rows": lambda x: x[1].rows,
    "coverage": lambda x: x[1].coverage,
    **_side("gold", 0),
    **_side("judge", 1),
    "revision": lambda x: x[0].ranking.revision,
}


@dataclass(frozen=True, slots=True, repr=False)
class SystemBoard(Document):
    """Systems in order, task by task; within a task the judge comes first that orders most pairs as gold does."""

    placed: Sequence[Placed]

    SCHEMA = "judgebench.systems-leaderboard/1"
    SHAPE = record(
        "",
        "Systems as gold and each judge rank them, with the ranks that stay open.",
        note=(TEXT, lambda _: NOTE),
        rows=(ListOf(_PLACED), lambda found: found.ordered),
    )

    @property
    def ordered(self) -> list[Placed]:
        """The rankings in order."""

        def key(one: Placed) -> tuple[Any, ...]:
            alike = one.ranking.found.agreement["pairwise_accuracy"].value
            return one.ranking.task, 2.0 if alike is None else -round(alike, 9), one.ranking.judge, one.ranking.revision

        return sorted(self.placed, key=key)

    def sheet(self) -> Sheet:
        return sheet(_SHEET, ((one, system) for one in self.ordered for system in one.ranking.found.systems))

    def blocks(self) -> Iterator[Block]:
        yield from (one.table for one in _named(self.ordered))
        yield Notes((NOTE,), listed=False)

    def page(self) -> str:
        return tables_page(self.boards(), title="Leaderboard of systems", notes=(NOTE,))

    def boards(self, *, details: bool = True) -> list[Board]:
        """Make the tables of a page; without ``details`` a judge has its own only where it is alone on a task."""
        found: list[Board] = []
        for one in _named(self.ordered):
            if details or one.foot or one.alone:
                name = one.table.label.removeprefix("judgebench-")
                made = board(one.table.grid, name=name, title=one.table.caption, short=one.short, foot=one.foot)
                found.append(replace(made, lead=(one.table.lead,)))
        return found


def _named(ordered: Sequence[Placed]) -> list[_Named]:
    """Make a table for each task and its data, systems by judges, then one for each judge."""
    found: list[_Named] = []

    def add(layout: Grid, label: str, caption: str, lead: str, **how: Any) -> None:
        found.append(_Named(Table(layout, (0,), caption=caption, label=f"judgebench-{label}", lead=lead), **how))

    grounds: dict[tuple[str, str], list[Placed]] = {}
    for one in ordered:
        grounds.setdefault((one.ranking.task, one.ranking.revision), []).append(one)
    # Other data of a task have other systems; samples come last.
    keys = sorted(grounds, key=lambda key: (key[0], sampled(key[1])))
    real = Counter(task for task, revision in keys if not sampled(revision))
    for number, (task, revision) in enumerate(keys, 1):
        own = grounds[task, revision]
        whom, named = gold_word(own[0].ranking.gold), task_name(task, revision)
        if real[task] > 1 and not sampled(revision):
            named += f" ({clean(revision)})"
        label = f"systems-{latex_name(task).lower()}-{number}"
        score = SCORES[own[0].ranking.found.score]
        if len(own) > 1:
            title = f"{named}: systems by {whom} and by {len(own)} judges"
            lead = f"A cell holds the rank and the ranks that stay open. The score by {whom} is {score}."
            add(_overview(own, whom), label, title, lead, short=f"{named}: systems", foot=2)
        for place, one in enumerate(own, 1):
            judge, alone = clean(one.ranking.judge), len(own) == 1
            title = f"{named}: systems by {judge} beside {whom}"
            lead = f"{_alike(one.ranking, whom)} A score is {score}."
            short = f"{named}: {judge}" if alone else ""
            add(_detail(one, whom), f"{label}-{place}", title, lead, short=short, alone=alone)
    return found


def _overview(own: Sequence[Placed], whom: str) -> Grid:
    columns = [
        Column("system", right=False),
        Column(f"score by {whom} [95 % interval]", (f"score by {whom}", "[95 % interval]"), right=False),
        Column(f"rank by {whom}", ("rank by", whom)),
        Column(f"tier by {whom}", ("tier by", whom)),
        *(Column(f"rank by {clean(one.ranking.judge)}", ("rank by", *_lines(one.ranking.judge))) for one in own),
    ]
    ranked = [{system.name: system for system in one.ranking.found.systems} for one in own]
    names = dict.fromkeys(name for some in ranked for name in some)
    golds = {
        name: (some[name], one.places[name][0])
        for some, one in reversed(list(zip(ranked, own, strict=True)))
        for name in some
    }
    rows: list[tuple[Cell, ...]] = []
    for name in sorted(names, key=lambda name: (golds[name][0].gold_rank, name)):
        gold, place = golds[name]
        cells = [
            _rank(some[name].judge_rank, one.places[name][1]) if name in some else NONE
            for some, one in zip(ranked, own, strict=True)
        ]
        start = (clean(name), interval(gold.gold), _rank(gold.gold_rank, place), _tier(place))
        rows.append(tuple(map(Cell, (*start, *cells))))
    for title, key in (
        (f"pairs in the same order as by {whom}, %", "pairwise_accuracy"),
        ("Kendall tau-b", "kendall_tau"),
    ):
        figures = [one.ranking.found.agreement[key].value for one in own]
        texts = [percent(one) if key == "pairwise_accuracy" else share(one) for one in figures]
        rows.append(tuple(map(Cell, (title, "", "", "", *texts))))
    return Grid(tuple(columns), tuple(rows), (terms(own[0].ranking),))


def _lines(judge: str) -> list[str]:
    """Break a heading between the name and its conditions."""
    told = conditions_of(judge)
    return [clean(bare(judge)), *(clean(f"{name} {text}") for name, text in told.items())]


def _detail(one: Placed, whom: str) -> Grid:
    remarks = [terms(one.ranking)]
    if unjudged := one.ranking.found.unjudged:
        remarks.append(f"left out, since the judge contradicts itself on them: {', '.join(map(clean, unjudged))}")
    rows = [(system, *one.places[system.name]) for system in one.ranking.found.systems]
    return grid(_systems(whom), rows, remarks)


def _systems(whom: str) -> Fields[tuple[SystemScore, Place, Place]]:
    return (
        Field("system", lambda x: x[0].name, right=False),
        Field("rows", lambda x: x[0].rows, spare=True),
        Field(("rank by", whom), lambda x: _rank(x[0].gold_rank, x[1])),
        Field(("tier by", whom), lambda x: _tier(x[1])),
        Field(("rank by", "judge"), lambda x: _rank(x[0].judge_rank, x[2])),
        Field(("tier by", "judge"), lambda x: _tier(x[2])),
        Field((f"score by {whom}", "[95 % interval]"), lambda x: x[0].gold, right=False),
        Field(("score by judge", "[95 % interval]"), lambda x: x[0].judge, right=False),
    )


def _alike(one: Ranking, whom: str) -> str:
    pairs = one.found.agreement["pairwise_accuracy"]
    if pairs.value is None:
        return f"Orders are compared from 3 systems on, and there are {len(one.found.systems)}."
    return f"It orders {share_of(pairs)} of the pairs of systems as {does(whom)}."


def _rank(rank: float, place: Place) -> str:
    if place.best is None:
        return f"{rank:g} (?)"
    if rank == place.best == place.worst:
        return f"{rank:g}"
    return f"{rank:g} ({places(place.best, place.worst)})"


def _tier(place: Place) -> str:
    return "" if place.tier is None else str(place.tier)

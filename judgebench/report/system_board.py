"""Leaderboards of the judged systems: ranked by each judge beside gold, with the ranks that stay open, in every form.

The JSON is ``judgebench.systems-leaderboard/1``: rankings as ``judgebench.systems/1`` has them, with their places.
"""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.errors import UsageError
from judgebench.report.document.as_csv import write_csv
from judgebench.report.document.as_json import write_json
from judgebench.report.document.as_md import markdown_grid, markdown_text
from judgebench.report.document.as_table import draw, fill
from judgebench.report.document.grid import Cell, Column, Grid
from judgebench.report.document.text import clean, figure, spread
from judgebench.report.leaderboard.render import FORMATS
from judgebench.report.scores import gold_word
from judgebench.report.systems import json_schema as systems_schema
from judgebench.report.systems import ranking_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from judgebench.agreement.systems.ranks import Place
    from judgebench.agreement.systems.systems import SystemScore
    from judgebench.domain import Estimate
    from judgebench.report.leaderboard.page import Board
    from judgebench.report.systems import Ranking

__all__ = ["SCHEMA", "Placed", "boards", "json_schema", "render", "to_csv", "to_json"]

SCHEMA = "judgebench.systems-leaderboard/1"
_NONE = "–"  # noqa: RUF001 - a dash means "no figure"; a hyphen would read as a minus
_SCORES = {
    "mean": "the mean of the verdicts on a system's responses",
    "win-rate": "the share of a system's games that it won, a tie being half a win",
    "bradley-terry": "a Bradley-Terry strength: log-odds of a win, with 0 for the average system",
}
NOTE = (
    "Systems are ranked on their own by gold and by each judge. The range behind a rank holds the ranks that stay open "
    "at 95 %, by the differences of all systems at once on that side, clustered by question. No system of a tier is "
    "surely ahead of another one of it, and each of a lower tier is surely behind at least one of the tier above; that "
    "systems share a tier does not show that they are equal. That the two sides' ranks differ is no test of the judge: "
    "judgebench systems has the rank correlations, the bias per system and their intervals."
)


class Placed(NamedTuple):
    """A judge's ranking on one task with the places that both sides leave open, by system: gold's, then the judge's."""

    ranking: Ranking
    places: Mapping[str, tuple[Place, Place]]


class _Named(NamedTuple):
    name: str
    title: str
    short: str
    lead: str
    grid: Grid
    foot: int
    alone: bool = False


def json_schema() -> dict[str, Any]:
    """Read the JSON Schema (draft 2020-12) of ``judgebench.systems-leaderboard/1``, that of the rankings inside."""
    text = resources.files("judgebench.report").joinpath("system_board.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    own = systems_schema()
    own.pop("$schema", None)
    schema["$defs"] |= own.pop("$defs")
    return schema


def render(placed: Iterable[Placed], form: str = "table", *, width: int = 120) -> str:
    """Print leaderboards of systems.

    Parameters
    ----------
    placed : iterable of Placed
        What was measured, in any order.
    form : {'csv', 'md', 'html', 'tex', 'json', 'table'}
        The form.
    width : int, optional
        Columns of the terminal, for ``table``.

    Raises
    ------
    UsageError
        If the format is none of these.
    """
    ordered = _ordered(placed)
    if form == "csv":
        return to_csv(ordered)
    if form == "json":
        return write_json(to_json(ordered))
    named = _named(ordered)
    if form == "md":
        blocks = [
            f"## {markdown_text(one.title)}\n\n{markdown_text(one.lead)}\n\n{markdown_grid(one.grid)}" for one in named
        ]
        return "\n".join((*blocks, f"{NOTE}\n"))
    if form == "table":
        leads = ["\n".join(fill(f"{one.title}. {one.lead}", width)) for one in named]
        plan = ((8, ()),)
        drawn = [draw(one.grid, width=width, names=(0,), plan=plan) for one in named]
        note = "\n".join(fill(NOTE, width))
        return "\n".join((*(f"{lead}\n\n{text}" for lead, text in zip(leads, drawn, strict=True)), f"{note}\n"))
    if form == "tex":
        from judgebench.report.document.as_tex import PREAMBLE, latex_table, latex_text  # noqa: PLC0415 - loaded on use

        blocks = [latex_table(one.grid, f"{one.title}. {one.lead}", f"judgebench-{one.name}") for one in named]
        return "\n".join((PREAMBLE, *blocks, f"\\noindent{{\\footnotesize {latex_text(NOTE)}}}\n"))
    if form == "html":
        from judgebench.report.leaderboard.page import tables_page  # noqa: PLC0415 - loads the templates

        return tables_page(boards(ordered), title="Leaderboard of systems", notes=(NOTE,))
    raise UsageError(f"no leaderboard as {form!r}: write one of {', '.join(FORMATS)}")


def _ordered(placed: Iterable[Placed]) -> list[Placed]:
    """Sort by task; within it the judge comes first that orders most pairs of systems as gold does."""

    def key(one: Placed) -> tuple[Any, ...]:
        alike = one.ranking.found.agreement["pairwise_accuracy"].value
        return one.ranking.task, 2.0 if alike is None else -round(alike, 9), one.ranking.judge, one.ranking.revision

    return sorted(placed, key=key)


def boards(placed: Iterable[Placed], *, details: bool = True) -> list[Board]:
    """Make the tables of a page; without ``details`` a judge has one of its own only where it is alone on a task."""
    from judgebench.report.leaderboard.page import board  # noqa: PLC0415 - loads the templates

    return [
        replace(board(one.grid, name=one.name, title=one.title, short=one.short, foot=one.foot), lead=(one.lead,))
        for one in _named(_ordered(placed))
        if details or one.foot or one.alone
    ]


def _named(ordered: Sequence[Placed]) -> list[_Named]:
    """Make a table for each task, systems by judges, then one for each judge."""
    from judgebench.report.document.as_tex import latex_name  # noqa: PLC0415 - loaded on use

    found: list[_Named] = []
    for number, task in enumerate(dict.fromkeys(one.ranking.task for one in ordered), 1):
        own = [one for one in ordered if one.ranking.task == task]
        whom = gold_word(own[0].ranking.gold)
        name = f"systems-{latex_name(task).lower()}-{number}"
        score = _SCORES[own[0].ranking.found.score]
        if len(own) > 1:
            title = f"{clean(task)}: systems by {whom} and by {len(own)} judges"
            lead = f"A cell holds the rank and the ranks that stay open. The score by {whom} is {score}."
            found.append(_Named(name, title, f"{clean(task)}: systems", lead, _overview(own, whom), 2))
        for place, one in enumerate(own, 1):
            judge = clean(one.ranking.judge)
            lead = f"{_alike(one.ranking, whom)} A score is {score}."
            title = f"{clean(task)}: systems by {judge} beside {whom}"
            short = f"{clean(task)}: {judge}" if len(own) == 1 else ""
            found.append(_Named(f"{name}-{place}", title, short, lead, _detail(one, whom), 0, len(own) == 1))
    return found


def _overview(own: Sequence[Placed], whom: str) -> Grid:
    first = own[0]
    columns = [
        Column("system", right=False),
        Column(f"score by {whom} [95 % interval]", (f"score by {whom}", "[95 % interval]"), right=False),
        Column(f"rank by {whom}", ("rank by", whom)),
        Column(f"tier by {whom}", ("tier by", whom)),
        *(Column(f"rank by {name}", ("rank by", name)) for name in (clean(one.ranking.judge) for one in own)),
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
            _rank(some[name].judge_rank, one.places[name][1]) if name in some else _NONE
            for some, one in zip(ranked, own, strict=True)
        ]
        start = (clean(name), _score(gold.gold), _rank(gold.gold_rank, place), _tier(place))
        rows.append(tuple(map(Cell, (*start, *cells))))
    for title, key in (
        (f"pairs in the same order as by {whom}, %", "pairwise_accuracy"),
        ("Kendall tau-b", "kendall_tau"),
    ):
        figures = [one.ranking.found.agreement[key].value for one in own]
        percent = key == "pairwise_accuracy"
        texts = [_NONE if one is None else figure(100 * one, 1) if percent else spread(one) for one in figures]
        rows.append(tuple(map(Cell, (title, "", "", "", *texts))))
    return Grid(tuple(columns), tuple(rows), (_terms(first.ranking),))


def _detail(one: Placed, whom: str) -> Grid:
    columns = (
        Column("system", right=False),
        Column("rows", spare=True),
        Column(f"rank by {whom}", ("rank by", whom)),
        Column(f"tier by {whom}", ("tier by", whom)),
        Column("rank by judge", ("rank by", "judge")),
        Column("tier by judge", ("tier by", "judge")),
        Column(f"score by {whom} [95 % interval]", (f"score by {whom}", "[95 % interval]"), right=False),
        Column("score by judge [95 % interval]", ("score by judge", "[95 % interval]"), right=False),
    )
    rows: list[tuple[Cell, ...]] = []
    for system in one.ranking.found.systems:
        gold, judge = one.places[system.name]
        ranks = (_rank(system.gold_rank, gold), _tier(gold), _rank(system.judge_rank, judge), _tier(judge))
        rows.append(
            tuple(map(Cell, (clean(system.name), str(system.rows), *ranks, _score(system.gold), _score(system.judge))))
        )
    remarks = [_terms(one.ranking)]
    if unjudged := one.ranking.found.unjudged:
        remarks.append(f"left out, since the judge gave no verdict on them: {', '.join(map(clean, unjudged))}")
    return Grid(columns, tuple(rows), tuple(remarks))


def _terms(one: Ranking) -> str:
    policies = " ".join(f"{name}={value}" for name, value in one.found.policies.to_json().items())
    return f"{clean(one.task)}: {clean(one.gold)} labels; {policies}"


def _alike(one: Ranking, whom: str) -> str:
    pairs = one.found.agreement["pairwise_accuracy"]
    if pairs.value is None:
        return f"Orders are compared from 3 systems on, and there are {len(one.found.systems)}."
    low, high = pairs.low, pairs.high
    around = "" if low is None or high is None else f" [{figure(100 * low, 1)}, {figure(100 * high, 1)}]"
    does = "do" if whom == "humans" else "does"
    return f"It orders {figure(100 * pairs.value, 1)} %{around} of the pairs of systems as {whom} {does}."


def _rank(rank: float, place: Place) -> str:
    if place.best is None:
        return f"{rank:g} (?)"
    if rank == place.best == place.worst:
        return f"{rank:g}"
    return f"{rank:g} ({place.best}–{place.worst})"  # noqa: RUF001 - a range


def _tier(place: Place) -> str:
    return "" if place.tier is None else str(place.tier)


def _score(estimate: Estimate) -> str:
    if estimate.value is None:
        return _NONE
    text = spread(estimate.value)
    return (
        text
        if estimate.low is None or estimate.high is None
        else f"{text} [{spread(estimate.low)}, {spread(estimate.high)}]"
    )


def to_csv(placed: Iterable[Placed]) -> str:
    """Write a row per task, judge and system."""
    sides = ("gold", "judge")
    header = ["task", "judge", "gold_source", "score", "system", "rows", "coverage"]
    for side in sides:
        header += [f"{side}_rank", f"{side}_rank_best", f"{side}_rank_worst", f"{side}_tier"]
        header += [f"{side}_score", f"{side}_score_low", f"{side}_score_high"]
    header += ["revision"]
    table: list[list[str | float | None]] = []
    for ranking, places in _ordered(placed):
        for system in ranking.found.systems:
            row: list[str | float | None] = [
                ranking.task,
                ranking.judge,
                ranking.gold,
                ranking.found.score,
                system.name,
            ]
            row += [system.rows, system.coverage]
            for (rank, estimate), place in zip(_sides(system), places[system.name], strict=True):
                row += [rank, place.best, place.worst, place.tier, estimate.value, estimate.low, estimate.high]
            table.append([*row, ranking.revision])
    return write_csv(header, table)


def _sides(system: SystemScore) -> tuple[tuple[float, Estimate], tuple[float, Estimate]]:
    return (system.gold_rank, system.gold), (system.judge_rank, system.judge)


def to_json(placed: Iterable[Placed]) -> dict[str, Any]:
    """Build the JSON document."""
    return {
        "schema": SCHEMA,
        "note": NOTE,
        "rows": [
            {
                "ranking": ranking_json(one.ranking),
                "places": [
                    {"system": system.name, "gold": _place(gold), "judge": _place(judge)}
                    for system in one.ranking.found.systems
                    for gold, judge in (one.places[system.name],)
                ],
            }
            for one in _ordered(placed)
        ],
    }


def _place(place: Place) -> dict[str, int | None]:
    return {"best": place.best, "worst": place.worst, "tier": place.tier}

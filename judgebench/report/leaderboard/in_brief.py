"""A leaderboard in brief: who agrees best as far as that can be told, places in groups, and what a constant reaches."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from judgebench.report.briefs.score import odd, usable
from judgebench.report.document import TYPED
from judgebench.report.document.as_tex import latex_name
from judgebench.report.document.blocks import Cell, Column, Field, Grid, Notes, Table, grid, when
from judgebench.report.document.brief import MOST_NOTES, WIDEST, Brief, Next, again
from judgebench.report.document.text import NONE, decimal, figure, interval, many, share, text_width, value_of
from judgebench.report.leaderboard.entries import usd_per_1000
from judgebench.report.leaderboard.people import SIDES, side
from judgebench.report.leaderboard.tables import marked
from judgebench.report.line import agreement, same_as, torn
from judgebench.report.said import (
    brief_name,
    differ,
    figure_cell,
    first_up,
    is_rule,
    known_as,
    listed,
    split,
    unfinished,
    whole,
    whom,
)
from judgebench.report.stand_in import UNKNOWN, one_label
from judgebench.report.words import SAMPLE, caption_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.report.document.blocks import Block, Fields
    from judgebench.report.leaderboard.aggregate import Aggregate, Overall
    from judgebench.report.leaderboard.entries import Entry, Unmeasured

__all__ = ["brief", "paper_tables"]

_KEY = "▲ above, = level with, ▼ below people with each other{}; then the places left open."
_LEFT = "then the places left open."
_DEPENDS, _CANT_TELL = ", ? depends on one annotator", ", no mark: can't be told"
_INCOMPLETE = "incomplete_run"
_OPEN = "Places are those that the data leave open at 95 %, for all judges of a task at once."
_LINES = " A line starts a new group: nobody in a group is clearly ahead of another in it."


def brief(entries: Sequence[Entry], overall: Aggregate | None, unmeasured: Sequence[Unmeasured]) -> Brief | None:
    """Say it in brief: one task with its groups, several side by side, or one figure over all of them."""
    shown = [entry for entry in entries if entry.row.subset == "all"]
    names = known_as(entry.row.judge for entry in shown)
    tasks = _by_task(shown)
    if not tasks:
        return None
    following: tuple[Next, ...] = ()
    first = unfinished((names[entry.row.judge], entry.row.warnings) for entry in shown)
    notes = list(_unheard(unmeasured))
    if overall is not None:
        answer, table = _over_all(overall, names)
        if lacking := [f"{names.get(judge, judge)} ({why})" for judge, why in overall.left_out]:
            notes.append(f"Left out: {listed(lacking)}.")
    elif len(tasks) == 1:
        [(task, own)] = tasks.items()
        answer, table = _best(task, own, names), _places(own, names)
        notes += _about(own, names)
    else:
        answer = f"{len(names)} judges on {len(tasks)} tasks; no order holds over all of them."
        answer = answer if len(names) > 1 else f"One judge on {len(tasks)} tasks."
        following = _one_task(tasks)
        table = _beside(tasks, names)
        sides = set(map(side, shown))
        more = _DEPENDS * ("depends" in sides) + _CANT_TELL * ("open" in sides)
        figures = first_up(listed(list(dict.fromkeys(brief_name(own[0].headline) for own in tasks.values()))))
        notes.append(f"{figures}; {_KEY.format(more) if sides - {'', 'open'} else _LEFT}")
        if split_on := [f"{n:,} of {task}" for task, own in tasks.items() if (n := max(torn(e.row) for e in own))]:
            notes.append(f"Items on which people split are left out: {listed(split_on)}.")
    return Brief((*first, answer), table, tuple(notes[:MOST_NOTES]), following)


def paper_tables(entries: Sequence[Entry]) -> Iterator[Block]:
    """Make of each task the table that has room in a paper, and say in a note how it is read."""
    shown = [entry for entry in entries if entry.row.subset == "all"]
    names = known_as(entry.row.judge for entry in shown)
    grouped = False
    for task, own in _by_task(shown).items():
        table = replace(_places(own, names, wide=True), remarks=tuple(_about(own, names)))
        grouped = grouped or bool(table.breaks)
        title, label = f"{task}: {caption_words([own[0].row.gold])}", f"judgebench-{latex_name(own[0].row.task)}"
        yield Table(table, (1,), caption=title, label=label)
    if shown:
        yield Notes((_OPEN + _LINES * grouped,), listed=False)


def _by_task(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Put entries together by their tasks' names; of a judge's rows under two conventions the one that has a place."""
    own: dict[str, dict[tuple[str, str], Entry]] = {}
    for entry in sorted(entries, key=lambda entry: entry.rank is None):
        own.setdefault(entry.row.task, {}).setdefault((entry.row.judge, entry.row.revision), entry)
    return {marked(task, each.values()): list(each.values()) for task, each in own.items()}


def _unheard(unmeasured: Sequence[Unmeasured]) -> Iterator[str]:
    if unmeasured:
        known = known_as(one.judge for one in unmeasured)
        yield f"Not measured: {listed([f'{known[one.judge]} ({one.why})' for one in unmeasured])}."


# --- one task ---------------------------------------------------------------------------------------


def _best(task: str, own: Sequence[Entry], names: Mapping[str, str]) -> str:
    """Name the judge that is ahead of all others, or those of whom nobody can say which is."""
    ranked = [entry for entry in own if entry.rank is not None]
    if not ranked:
        return f"No judge can be ranked on {task}."
    people, name, top = whom(ranked[0].row.gold), brief_name(ranked[0].headline), names[ranked[0].row.judge]
    first = [names[entry.row.judge] for entry in ranked if entry.best == 1]
    if len(ranked) == 1:
        return f"{top} alone is measured on {task}: {name} {_value(ranked[0])} with {people}."
    if not first:
        said = f"{top} has the highest {name} on {task}; without intervals nothing tells whether by chance."
    elif len(first) == 1:
        said = f"{top} agrees best with {people} on {task}."
    elif len(first) == len(ranked):
        said = f"On {task}, these data can't say which of {len(first)} judges agrees best with {people}."
    else:
        said = f"{listed(first)} agree best with {people} on {task}; these data can't say which is better."
    return said


def _value(entry: Entry) -> str:
    return share(value_of(entry.figure), 2)


def _places(own: Sequence[Entry], names: Mapping[str, str], *, wide: bool = False) -> Grid:
    """Put the judges of a task below each other; ``wide`` with how many items, and of which sort, each figure is of."""
    mixed = differ(own, "sample")
    ordered = sorted(own, key=lambda entry: (entry.rank is None, entry.rank or 0, names[entry.row.judge]))
    checked = not wide and any("true_positive_rate" in entry.row.metrics for entry in ordered)
    short = any(_INCOMPLETE in entry.row.warnings for entry in ordered)
    fields: list[Field[Entry]] = [
        Field("places", lambda entry: entry.places or NONE, right=False),
        Field("judge", lambda entry: _named(entry, names, mixed=mixed), right=False),
        Field(f"{brief_name(own[0].headline)} [95 % interval]", _figure, right=False),
        Field(same_as(own[0].row), _same),
        *when(checked, Field("says “right”: when it is / when it isn't", _rights, right=False, spare=True)),
        *when(wide, Field("items", lambda entry: f"{entry.row.items:,}")),
        *when(wide or any(entry.row.coverage < 1 for entry in ordered), Field("usable", lambda e: usable(e.row))),
        *when(not wide and any(usd_per_1000(entry.row) for entry in ordered), Field("USD per 1,000", _usd, spare=True)),
        *when(short, Field("", lambda entry: "incomplete" * (_INCOMPLETE in entry.row.warnings), right=False)),
    ]
    return grid(fields, ordered, apart=lambda entry: entry.tier)


def _named(entry: Entry, names: Mapping[str, str], *, mixed: bool) -> str:
    """Name a judge; where rows of samples are among others, they say so."""
    return f"{SAMPLE} {names[entry.row.judge]}" if mixed and entry.sample else names[entry.row.judge]


def _figure(entry: Entry) -> str:
    return figure_cell(entry.headline, entry.figure)


def _same(entry: Entry) -> str:
    return whole(value_of(agreement(entry.row)))


def _usd(entry: Entry) -> str:
    return figure(usd_per_1000(entry.row), 2) or NONE


def _rights(entry: Entry) -> str:
    hit, other = (entry.row.metrics.get(f"true_{kind}_rate") for kind in ("positive", "negative"))
    when_not = None if other is None or other.value is None else 1 - other.value
    return f"{whole(value_of(hit)):>5} / {whole(when_not):>5}"


def _about(own: Sequence[Entry], names: Mapping[str, str]) -> Iterator[str]:
    fullest = max((entry.row for entry in own), key=lambda row: row.items)
    items = many(fullest.items, "item")
    single = all(one_label(entry.row) for entry in own)
    one_each = f", one label each: {UNKNOWN}" if single else ""
    floor = next((entry.baseline for entry in own if entry.baseline is not None), None)
    constant = ""
    if floor is not None and floor.agreement is not None and floor.agreement.value is not None:
        said = f"saying “{floor.label}”" if floor.label else "giving the commonest label"
        constant = f" Always {said} would be the same on {whole(floor.agreement.value)}."
    yield " ".join((f"{items}{one_each}.", *split(torn(fullest)))) + constant
    out = [names[entry.row.judge] for entry in own if entry.rank is None]
    if out and len(out) < len(own):
        yield f"Without a place: {listed(out)}, measured on other data, under other rules, or without a usable answer."
    yield from odd([(names[entry.row.judge], entry.row) for entry in own if not is_rule(entry.row.judge)])


# --- several tasks ----------------------------------------------------------------------------------


def _one_task(tasks: Mapping[str, Sequence[Entry]]) -> tuple[Next, ...]:
    """Point at the task with most judges, real data first."""
    if any(word.partition("=")[0] == "--task" for word in TYPED.get()):
        return ()
    most = max(tasks.values(), key=lambda own: (not all(one.sample for one in own), len(own)))
    return again("leaderboard", "one task with its intervals and groups", "--task", most[0].row.task)


def _beside(tasks: Mapping[str, Sequence[Entry]], names: Mapping[str, str]) -> Grid:
    """Put judges by tasks where there is room, else tasks below each other with the judges that may be first."""
    columns = (Column("judge", right=False), *(Column(task, _broken(task)) for task in tasks))
    cells: dict[tuple[str, str], str] = {}
    for task, own in tasks.items():
        for entry in own:
            parts = (_value(entry), SIDES[side(entry)].sign, entry.places or NONE)
            cells.setdefault((names[entry.row.judge], task), " ".join(filter(None, parts)))
    judges = sorted(set(names.values()))
    rows = tuple((Cell(judge), *(Cell(cells.get((judge, task), NONE)) for task in tasks)) for judge in judges)
    widths = [max(map(text_width, (*one.heading, *(row[i].text for row in rows)))) for i, one in enumerate(columns)]
    if min(widths[0], _NAME) + sum(widths[1:]) + 2 * len(tasks) <= WIDEST:
        return Grid(columns, rows)
    fields: list[Field[tuple[str, Sequence[Entry]]]] = [
        Field("task", lambda one: one[0], right=False),
        Field("may be first", lambda one: _first(one[1], names), right=False),
        Field("figure", lambda one: brief_name(one[1][0].headline), right=False),
        Field("highest", lambda one: _value(one[1][0])),
        Field("judges", lambda one: str(len(one[1]))),
    ]
    return grid(fields, list(tasks.items()))


#: Columns that a judge's name needs beside others.
_NAME = 12


def _first(own: Sequence[Entry], names: Mapping[str, str]) -> str:
    return listed([names[entry.row.judge] for entry in own if entry.best == 1]) or NONE


def _broken(task: str) -> tuple[str, ...]:
    """Break a task's name where it may be broken."""
    return tuple(task.replace(":", ":\n").replace(" ", "\n").split("\n"))


def _over_all(overall: Aggregate, names: Mapping[str, str]) -> tuple[str, Grid]:
    kind = {"mean": f"mean {brief_name(overall.metric)}", "rank": "mean rank"}.get(overall.kind, "win rate")
    says = f"The {kind} over {listed(overall.named)}, as asked for. Other tasks would give other figures."
    write = partial(figure, digits=1) if overall.kind == "rank" else partial(decimal, digits=2)
    fields: Fields[Overall] = (
        Field("judge", lambda one: names.get(one.judge, one.judge), right=False),
        Field(f"{kind} [{overall.range}]", lambda one: interval(one, write), right=False),
    )
    return says, grid(fields, overall.judges)

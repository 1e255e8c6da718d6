"""What a leaderboard's page shows: its answer, judges by tasks beside people, a forest per task, who is not ranked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from judgebench.report.document.text import NONE, clean, many, value_of
from judgebench.report.leaderboard.entries import by_task
from judgebench.report.leaderboard.people import SIDES, kappa_beside, side
from judgebench.report.line import agreement, same_as, torn
from judgebench.report.page.forest import Forest, Line, axis_of, band, place, short, value_text
from judgebench.report.page.overview import Head, Matrix, MatrixCell, MatrixRow
from judgebench.report.said import brief_name, either, first_up, is_share, known_as, listed, split
from judgebench.report.stand_in import one_label, unasked
from judgebench.report.words import SAMPLE, gold_word, sampled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Agreement, Estimate
    from judgebench.report.leaderboard.entries import Entry

__all__ = ["Page", "TaskBoard", "standing_page"]

_GROUPS = "A thick line starts a new group: nobody in a group is clearly ahead of another in it."
_BESIDE = (
    "Where people are beside them, judges are held against one person, as people are; places are by the task's own "
    "figure, as below."
)
_NO_SIGN = " No sign: it can't be told on which side of people a judge is."
#: Names of a heading.
_MOST = 3


class TaskBoard(NamedTuple):
    """One task: its judges with their places, and a note."""

    task: str
    meta: str
    sample: bool
    forest: Forest | None
    note: str


class Unranked(NamedTuple):
    """A judge without a place, and why."""

    name: str
    tags: tuple[tuple[str, str], ...]
    why: str


@dataclass(frozen=True, slots=True)
class Page:
    """All of a leaderboard's page but the tables in its folds."""

    meta: str
    heading: str
    lead: str
    matrix: Matrix | None
    matrix_note: str
    tasks: tuple[TaskBoard, ...]
    unranked: tuple[Unranked, ...]


def standing_page(entries: Sequence[Entry], slugs: Mapping[str, str]) -> Page:
    """Make the page of entries that are ranked; ``slugs`` are the ids of the tasks' parts."""
    whole = [entry for entry in entries if entry.row.subset == "all"]
    names = known_as(entry.row.judge for entry in whole)
    rows = {task: each[0].row for task, each in by_task(entries).items()}
    # A task of which only parts were measured ranks nobody.
    own = by_task(whole)
    heading, lead = _answer(own, names)
    judges = len({entry.row.judge for entry in whole})
    return Page(
        f"{many(judges, 'judge')} · {many(len(rows), 'task')}",
        heading,
        lead,
        _matrix(own, names, slugs) if len(own) > 1 else None,
        _BESIDE + _NO_SIGN * any(side(entry) == "open" for entry in whole),
        tuple(_board(first, own.get(task, ()), names) for task, first in rows.items()),
        tuple(_unranked(own, names)),
    )


def _leaders(entries: Sequence[Entry]) -> list[Entry]:
    """List the judges that may be first; none where nobody is ranked, or there is one judge only."""
    ranked = [entry for entry in entries if entry.rank is not None and not entry.sample]
    return [entry for entry in ranked if entry.best == 1] if len(ranked) > 1 else []


def _answer(own: Mapping[str, Sequence[Entry]], names: Mapping[str, str]) -> tuple[str, str]:
    """Say who is best, and how judges stand beside people."""
    leaders = {task: {entry.row.judge for entry in _leaders(entries)} for task, entries in own.items()}
    contested = {task: judges for task, judges in leaders.items() if judges}
    lead = _beside_people(own, names)
    if not contested:
        if own and all(entry.sample for entries in own.values() for entry in entries):
            return "Sample rows rank nobody", "They show how a leaderboard looks and say nothing about a judge."
        return "Nobody is ranked here", lead
    everywhere = set.intersection(*contested.values())
    first = [names[judge] for judge in names if judge in everywhere]
    which = either(first) if len(first) <= _MOST else f"Any of {len(first)} judges"
    if len(contested) > 1:
        heading = f"{which} may be best on every task" if first else "No judge is best on every task"
        return heading, f"{lead} A place is a range where the data leave it open.".strip()
    (task,) = map(clean, contested)
    return (f"{which} is best on {task}" if len(first) == 1 else f"{which}: {task} can't say which is best"), lead


def _beside_people(own: Mapping[str, Sequence[Entry]], names: Mapping[str, str]) -> str:
    """Count the tasks on which judges fall short of people."""
    asked: dict[str, int] = {}
    below: dict[str, int] = {}
    for entries in own.values():
        # A judge's rows under other policies are the same task: the one with a place comes last, and counts.
        placed_last = sorted(entries, key=lambda entry: entry.rank is not None)
        signs = {entry.row.judge: side(entry) for entry in placed_last if not entry.sample}
        for judge, sign in signs.items():
            if sign:
                asked[judge] = asked.get(judge, 0) + 1
                below[judge] = below.get(judge, 0) + (sign == "below")
    if not asked:
        return ""
    most = max(asked.values())
    full = sorted((below[judge], names[judge]) for judge in asked if asked[judge] == most)
    if most == 1:
        shorter = [name for count, name in full if count]
        return f"{listed(shorter)} {'falls' if len(shorter) == 1 else 'fall'} short of people." if shorter else ""
    (fewest, first), *rest = full
    beside = f", {rest[0][1]} on {rest[0][0] or 'none'}" if rest else ""
    return f"{first} falls short of people on {fewest or 'none'} of {most} tasks{beside}."


def _matrix(own: Mapping[str, Sequence[Entry]], names: Mapping[str, str], slugs: Mapping[str, str]) -> Matrix:
    """Put judges by tasks; where people stand beside them a sign says on which side."""
    heads: list[Head] = []
    people: list[MatrixCell | None] = []
    cells: dict[str, list[MatrixCell | None]] = {}
    signs: set[str] = set()
    for i, (task, entries) in enumerate(own.items()):
        ranked = [entry for entry in entries if entry.rank is not None] or entries
        beside = [entry for entry in ranked if kappa_beside(entry)]
        fullest = max(beside or ranked, key=lambda entry: entry.row.items)
        metric = kappa_beside(fullest) or fullest.headline
        figure_of = f"{brief_name(metric)} with a person" if beside else brief_name(metric)
        heads.append(Head(clean(task) + (" (SAMPLE)" if fullest.sample else ""), figure_of, f"#{slugs[task]}"))
        people.append(_cell(metric, fullest.row.ceiling.get(metric)) if beside else None)
        for entry in beside or ranked:
            row = cells.setdefault(entry.row.judge, [None] * len(own))
            if row[i] is not None:
                continue
            found = side(entry)
            signs.add(found)
            figure = entry.row.ceiling.get(f"judge_vs_each_{metric}") if beside else entry.row.metrics.get(metric)
            style, sign, words = SIDES[found]
            where = f"place {_places(entry)}" if _places(entry) else ""
            row[i] = _cell(metric, figure)._replace(tone=style, sign=sign, word=words, sub=where)
    rows = tuple(MatrixRow(names[judge], tuple(row)) for judge, row in cells.items())
    key = tuple((one.sign, one.words) for name, one in SIDES.items() if one.sign and name in signs)
    line = tuple(people) if any(people) else ()
    return Matrix("Judges by tasks", tuple(heads), line, rows, key)


def _cell(metric: str, one: Estimate | None) -> MatrixCell:
    if one is None or one.value is None:
        return MatrixCell(NONE)
    return MatrixCell(value_text(metric, one.value), short(metric, one.low, one.high), sort=f"{one.value:.6f}")


def _places(entry: Entry) -> str:
    """Print the places that the data leave open; samples have none."""
    return "" if entry.sample else entry.places


def _board(first: Agreement, entries: Sequence[Entry], names: Mapping[str, str]) -> TaskBoard:
    task = first.task
    shown = [entry for entry in entries if entry.rank is not None]
    sample = all(entry.sample for entry in entries) if entries else sampled(first.revision)
    by = gold_word(first.gold)
    meta = f"{many(first.items, 'item')} · labels by {'people' if by == 'humans' else by}"
    if not shown:
        return TaskBoard(clean(task), meta, sample, None, "")
    metric = shown[0].headline
    fullest = max(shown, key=lambda entry: entry.row.items)
    axis = axis_of(metric, [entry.figure for entry in shown])
    lines: list[Line] = []
    for before, entry in zip([None, *shown], shown, strict=False):
        share = agreement(entry.row)
        lines.append(
            Line(
                names[entry.row.judge],
                place(axis, metric, entry.figure, names[entry.row.judge]),
                value_text("percent_agreement", value_of(share)),
                tags=_tags(entry),
                place=_places(entry),
                group=before is not None and not sample and before.tier != entry.tier,
                sorts=(str(entry.rank), _number(entry.figure), _number(share)),
            )
        )
    word = brief_name(metric)
    share_metric, whose = is_share(metric), "the majority" if len(same_as(fullest.row)) > 1 else "the labels"
    forest = Forest(
        caption=f"{clean(task)}: judges and their places",
        second="Place",
        chart=first_up(word) if share_metric else f"{first_up(word)} with {whose}",
        figure="Share" if share_metric else first_up(word),
        share="" if share_metric else "Agreement",
        lines=tuple(lines),
        axis=axis,
        band=band(axis, None),
        small=True,
    )
    notes = [_GROUPS if any(line.group for line in lines) else ""]
    notes.append(unasked(fullest.row) if one_label(fullest.row) else "")
    notes += split(torn(fullest.row))
    return TaskBoard(clean(task), meta, sample, forest, " ".join(filter(None, notes)))


def _number(one: Estimate | None) -> str:
    return "" if one is None or one.value is None else f"{one.value:.6f}"


def _unranked(own: Mapping[str, Sequence[Entry]], names: Mapping[str, str]) -> list[Unranked]:
    """Say who has no place on which task, and why."""
    found: list[Unranked] = []
    for task, entries in own.items():
        known = [entry for entry in entries if entry.rank is not None]
        placed = {_ground(entry) for entry in known}
        for entry in entries:
            # A judge with a place here has it, whatever the tables show of it under other policies.
            if entry.rank is not None or _ground(entry) in placed:
                continue
            found.append(Unranked(names[entry.row.judge], _tags(entry), f"{clean(task)}: {_why(entry, known)}"))
    return found


def _tags(entry: Entry) -> tuple[tuple[str, str], ...]:
    return (("sample", SAMPLE),) if entry.sample else ()


def _ground(entry: Entry) -> tuple[str, str, str, int]:
    row = entry.row
    return row.judge, row.revision, row.gold, row.items


def _why(entry: Entry, ranked: Sequence[Entry]) -> str:
    row, figure = entry.row, entry.figure
    if not row.coverage:
        return "never reached, or no answer could be used"
    if figure is None or figure.value is None:
        return f"it has no {brief_name(entry.headline)}"
    told = f"{brief_name(entry.headline)} {value_text(entry.headline, figure.value)}"
    if ranked and row.revision != ranked[0].row.revision:
        return f"{told} on other data ({clean(row.revision)})"
    if ranked and row.items < ranked[0].row.items:
        return f"{told} on {row.items:,} items only"
    return f"{told} under other rules or other labels"

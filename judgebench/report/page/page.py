"""The report of some runs: one file that a browser opens, with nothing fetched and nothing run but its own script.

The answer comes first, then the figures behind it, what could change it, every item, and the rest in folds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from judgebench import __version__
from judgebench.report.document.as_html import page
from judgebench.report.document.text import clean, many
from judgebench.report.page.caveats import alert, checks
from judgebench.report.page.details import details, pattern
from judgebench.report.page.disagreements import explorer
from judgebench.report.page.forest import Forest, Line, axis_of, band, place, value_text
from judgebench.report.page.lead import lead_of, leads_of, which_is_best
from judgebench.report.page.measured import by_task
from judgebench.report.page.method import method
from judgebench.report.page.overview import overview, row_name
from judgebench.report.said import brief_name, first_up, is_share, listed
from judgebench.report.stand_in import SAID
from judgebench.report.words import sampled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Estimate
    from judgebench.report.page.caveats import Check
    from judgebench.report.page.disagreements import Explorer
    from judgebench.report.page.forest import Axis
    from judgebench.report.page.lead import Lead
    from judgebench.report.page.measured import Aside, Judge, Measured
    from judgebench.report.page.parts import Fold, Reported

__all__ = ["Task", "report_page", "tasks_of"]

_STYLES = ("report.css",)
_SCRIPTS = ("texts.js", "report.data.js", "report.filters.js", "report.list.js", "report.item.js", "report.js")
#: Tells when the runs have grown since.
_LIVE = "view.live.js"
#: More rows are drawn with less room.
_ROOMY = 8


class _View(NamedTuple):
    """The first table with all annotators, or without one."""

    name: str
    word: str
    table: Forest


@dataclass(frozen=True, slots=True)
class Task:
    """A task of the page: its answer, its first table (twice, where one annotator decides), its checks and folds."""

    slug: str
    name: str
    meta: str
    sample: bool
    lead: Lead
    views: tuple[_View, ...]
    note: str
    best: tuple[str, str]
    alert: tuple[str, str]
    silent: str
    checks: tuple[Check, ...]
    pattern: str
    folds: tuple[Fold, ...]
    people: bool


def report_page(
    reported: Sequence[Reported],
    *,
    title: str | None = None,
    texts: bool = True,
    most: int | None = None,
    live: bool = False,
) -> str:
    """Write the report of some runs; the same runs give the same page, byte for byte.

    ``title`` stands above the answer. ``texts`` of items and judges go in, of ``most`` items of each task. ``live``
    pages belong to the server of ``judgebench view``.
    """
    measured = by_task(reported)
    lead = leads_of(measured)
    tasks = tasks_of(measured)
    # A judge without a verdict would be at odds with every other; where there is no other, it's looked at.
    ordered = [judge.run for one in measured for judge in (*one.judges, *one.rules) or one.silent]
    listed_items = explorer(ordered, texts=texts, most=most)
    several = len(tasks) > 1
    names = list(dict.fromkeys(clean(one.task) for one in measured))
    name = clean(title) if title else ", ".join(names[:3]) + ("" if len(names) < 4 else " …")
    sample = bool(tasks) and all(task.sample for task in tasks)
    return page(
        "report",
        title=f"{'SAMPLE: ' if sample else ''}{name if title else f'{lead.heading} ({name})'}",
        styles=_STYLES,
        scripts=(*_SCRIPTS, *([_LIVE] if live else [])),
        live=live,
        above=clean(title) if title else tasks[0].meta if len(tasks) == 1 else _several(measured),
        lead=lead,
        sample=sample,
        several=several,
        overview=overview(measured) if several else None,
        tasks=tasks,
        meta=tasks[0].meta if title and len(tasks) == 1 else "",
        items=listed_items,
        items_notes=_items_notes(reported, listed_items, texts=texts),
        texts=texts,
        method=method(reported, measured),
        version=__version__,
    )


def _several(measured: Sequence[Measured]) -> str:
    judges = {row_name(judge) for one in measured for judge in one.judges}
    return f"{many(len({one.task for one in measured}), 'task')} · {many(len(judges), 'judge')}"


def tasks_of(measured: Sequence[Measured]) -> list[Task]:
    """Make the parts of a page, task by task."""
    slugs: dict[str, int] = {}
    found: list[Task] = []
    for one in measured:
        slug = slugged(one.task)
        slugs[slug] = slugs.get(slug, 0) + 1
        found.append(_task(one, slug if slugs[slug] == 1 else f"{slug}-{slugs[slug]}"))
    return found


def _task(one: Measured, slug: str) -> Task:
    best = which_is_best(one)
    question = ("Which is better?" if len(one.judges) == 2 else "Which is best?") if best else ""
    silent = (
        f"Not measured: {listed([judge.name for judge in one.silent])} (no usable answer)."
        if one.silent and one.judges
        else ""
    )
    return Task(
        slug=slug,
        name=one.title,
        meta=_meta(one),
        sample=one.sample,
        lead=lead_of(one),
        views=tuple(_views(one)) if one.judges else (),
        note=_note(one),
        best=(question, best),
        alert=alert(one),
        silent=silent,
        checks=tuple(checks(one)),
        pattern=pattern(one),
        folds=tuple(details(one)),
        people=one.people is not None,
    )


def _meta(one: Measured) -> str:
    title = clean(one.run.about) or clean(one.task)
    parts = [many(one.items, one.nouns.item)]
    if one.annotators > 1:
        parts.append(many(one.annotators, "annotator"))
    parts.append(many(len(one.judges), "judge"))
    return f"{title} · {', '.join(parts)}"


def _note(one: Measured) -> str:
    """Say what the figure is, and whom a judge is held against."""
    if not one.judges:
        return ""
    near = "; near misses count in part" if one.metric == "cohen_kappa_quadratic" else ""
    kappa = f"Kappa is agreement beyond chance: 0 is chance, 1 is perfect{near}. " if "kappa" in one.metric else ""
    if one.alike:
        alike = f"one {one.nouns.label} against one other person's"
        return f"{kappa}Judge and people are measured the same way: {alike}."
    return kappa.strip()


def _views(one: Measured) -> list[_View]:
    people = one.annotators
    drawn = [*(judge.figure for judge in (*one.judges, *one.rules)), one.people]
    less = one.without(one.decider) if one.decider else None
    if less is not None:
        # Both views share an axis, so that what moves is seen to move.
        drawn += [less[0].figure, *(each.figure for each in less[1].values())]
    axis = axis_of(one.metric, drawn)
    plain = _forest(one, axis, one.people, one.people_share, {}, f"{people} annotators" if people > 1 else "")
    views = [_View("all", f"All {people} annotators", plain)]
    if less is not None:
        aside, judges = less
        other = _forest(one, axis, aside.figure, aside.share, judges, f"{people - 1} annotators")
        views.append(_View("less", f"Without {clean(one.decider)}", other))
    return views


def _forest(
    one: Measured, axis: Axis, people: Estimate | None, share: Estimate | None, aside: Mapping[str, Aside], who: str
) -> Forest:
    name = "People with each other"
    lines = [_line(one, judge, axis, aside.get(judge.name)) for judge in (*one.judges, *one.rules)]
    if people is not None and people.value is not None:
        mark = place(axis, one.metric, people, name)._replace(at=None, low=None, high=None)
        lines.insert(0, Line(name, mark, _share(share), sub=who, kind="people"))
    against = "a person" if one.alike else "people's labels" if one.whom == "people" else one.whom
    word = brief_name(one.metric)
    return Forest(
        caption=f"Agreement of each judge with {against}" + (", beside people with each other" if one.alike else ""),
        second="In a person's place?" if one.alike else "",
        chart=f"Agreement with {against}" + ("" if is_share(one.metric) else f" ({word})"),
        figure="Share" if is_share(one.metric) else first_up(word),
        share=f"Same {one.nouns.label}" + " as a person" * one.alike,
        lines=tuple(lines),
        axis=axis,
        band=band(axis, people),
        small=len(lines) > _ROOMY,
    )


def _line(one: Measured, judge: Judge, axis: Axis, less: Aside | None) -> Line:
    own = judge.figure, judge.share, judge.level, judge.state
    figure, share, level, state = own if less is None else less
    rule = judge in one.rules
    said = SAID.get(state)
    sub = "" if level is None else f"level with {level[0]} of {level[1]} annotators"
    return Line(
        judge.name,
        place(axis, one.metric, figure, judge.name),
        _share(share),
        sub="a rule that asks nobody" if rule else sub,
        chip=None if rule or said is None else (said.style, said.sign, said.word),
        tags=(("sample", "SAMPLE"),) if sampled(judge.row.revision) else (),
        kind="rule" if rule else "judge",
    )


def _share(one: Estimate | None) -> str:
    return value_text("percent_agreement", None if one is None else one.value)


def _items_notes(reported: Sequence[Reported], items: Explorer, *, texts: bool) -> list[str]:
    if not texts:
        return ["Texts were left out on purpose (--no-texts): ids, labels and verdicts only."]
    notes = list(dict.fromkeys(f"{clean(one.run.task)}: {clean(one.unread)}" for one in reported if one.unread))
    if items.others:
        notes.append(
            f"The texts of {items.others:,} items are left out: those at hand are not the ones that were judged."
        )
    if items.items < items.total:
        notes.append(f"{items.items:,} of {items.total:,} items are in this file; the figures are about all.")
    return notes


def slugged(text: str) -> str:
    """Make a start of ids of a name.

    >>> slugged("triviaqa:v1"), slugged("<b>")
    ('triviaqa-v1', 'b')
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "task"

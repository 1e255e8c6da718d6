"""The page that puts two runs side by side, and the one of more than two."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from judgebench.report.document.as_html import body, page
from judgebench.report.document.blocks import Notes, Table
from judgebench.report.document.text import clean, many
from judgebench.report.page.forest import minus
from judgebench.report.said import brief_name, first_up, is_recorded, known_as, whole
from judgebench.store.runs import StoredRun
from judgebench.view.compare_parts import ALL, LEVEL, SHARES, counts, lines_of, part_of, parts, value_of
from judgebench.view.figures import estimate, fraction
from judgebench.view.naming import asked_whom, conditions_line, judge_name, scale_line
from judgebench.view.prompt_change import prompt_change

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.agreement.compare.comparison import Comparison
    from judgebench.domain import Run
    from judgebench.report.document.model import Document
    from judgebench.view.comparison import Compared
    from judgebench.view.run_table import Shown

__all__ = ["compare_page", "standings_page"]

_STYLES = ("view.css", "view.compare.css")
_SCRIPTS = ("texts.js", "view.js", "view.item.js", "view.compare.js")
#: Conditions that say where verdicts lie, not how they were asked for.
_NO_CHOICE = frozenset({"recording", "backend", "model", "revision"})
_CONDITION = {"again": "the day on which it was asked", "orders": "the orders", "base_url": "the server"}


def compare_page(compared: Compared, names: Sequence[str]) -> str:
    """Write the page of two runs, ``names`` being those of their folders, before and after."""
    found, (before, after) = compared.found, compared.runs
    head, lead = _answer(compared)
    query = [("run", name) for name in names]
    return page(
        "view.compare",
        title=f"{head}: {clean(found.task)}",
        styles=_STYLES,
        scripts=_SCRIPTS,
        live=True,
        meta=" · ".join(
            [
                clean(found.task),
                scale_line(before.run.scale),
                f"{many(found.items, 'item')}{_games(found)}",
                asked_whom(found.gold_source),
            ]
        ),
        head=head,
        lead=lead,
        sides=[_side(compared, 0, "Before"), _side(compared, 1, "After")],
        short=list(reversed(known_as(found.judges).values())),
        differs=_differs(before.run, after.run),
        change=prompt_change(before.run, after.run),
        **parts(compared),
        **counts(compared),
        figures=_figures(found),
        power=_power(found),
        everything=body(compared.document.parts("html")),
        report="/report?" + urlencode(query),
        swapped="/compare?" + urlencode(query[::-1]),
        command=_command(after, before),
    )


def _command(*runs: Shown) -> str:
    """Say how a terminal tells the same; a table's columns were named where it was opened."""
    if not all(isinstance(one, StoredRun) for one in runs):
        return ""
    return f"judgebench compare {' '.join(str(one.path) for one in runs)} --explain"


def standings_page(document: Document, stored: Sequence[Shown], names: Sequence[str]) -> str:
    """Write the page of more than two runs."""
    brief = document.brief()
    sentence, *rest = document.sentences()
    head, _, why = sentence.rstrip(".").partition(": ")
    return page(
        "view.standings",
        title=f"{len(stored)} judges on {clean(stored[0].run.task)}",
        styles=_STYLES,
        live=True,
        meta=f"{clean(stored[0].run.task)} · {len(stored)} judges",
        head=clean(head),
        rest=[minus(clean(one)) for one in (f"{first_up(why)}." if why else "", *rest) if one],
        table=body([Table(brief.table), Notes(brief.notes)] if brief is not None and brief.table is not None else []),
        everything=body(document.parts("html")),
        report="/report?" + urlencode([("run", name) for name in names]),
    )


def _games(found: Comparison) -> str:
    if found.judgments == found.items:
        return ""
    return " in both orders" if found.judgments == 2 * found.items else f", {many(found.judgments, 'judgment')}"


def _answer(compared: Compared) -> tuple[str, str]:
    """Say what was found, and what it rests on; a part that may have become worse is named beside it."""
    sentence, *rest = compared.document.sentences()
    head, _, figures = sentence.rstrip(".").partition(": ")
    lead = [f"{first_up(figures)}." if figures else "", *rest, _worst(compared)]
    return clean(head), minus(clean(" ".join(filter(None, lead))))


def _worst(compared: Compared) -> str:
    lines = [one for one in lines_of(compared.found) if one.subset != ALL]
    below = [one for one in lines if value_of(one) < -0.005]
    if not below:
        return ""
    one = min(below, key=value_of)
    sure = one.p_holm is not None and one.p_holm < LEVEL
    became = "has become worse" if sure else "may have become worse"
    return f"On {one.subset}, {many(part_of(compared.found, one.subset).items, 'item')}, it {became}."


def _side(compared: Compared, side: int, role: str) -> dict[str, Any]:
    found, stored = compared.found, compared.runs[side]
    name, told = judge_name(found.first if side else found.second)
    coverage = found.coverage[0 if side else 1]
    usable = "all usable" if coverage == 1 else f"{whole(coverage)} usable"
    facts = [
        conditions_line(stored.run),
        f"{many(found.judgments, 'answer')}, {usable}",
        f"{many(compared.flips[side], 'item')} flip with the order" if found.judgments > found.items else "",
        ", ".join(clean(one) for one in stored.run.models if one),
    ]
    return {"role": role, "name": name, "told": told, "facts": " · ".join(filter(None, facts))}


def _differs(before: Run, after: Run) -> str:
    """Say in what the two runs differ, so that nobody takes two changes for one."""
    one, two = before.conditions.named(), after.conditions.named()
    names = [name for name in dict.fromkeys([*one, *two]) if one.get(name) != two.get(name) and name not in _NO_CHOICE]
    told = ["the judge"] if before.judge != after.judge else []
    told += [_CONDITION.get(name, f"the {name.replace('_', ' ')}") for name in names]
    known = not any(is_recorded(run.judge) for run in (before, after))
    recorded = "" if known else " How recorded judges were asked is not known."
    if not told:
        return f"Nothing that was chosen differs: the same judge, asked twice.{recorded}"
    same = "Same items, labels and rules." if "the judge" in told else "Same judge, items, labels and rules."
    listed = " and ".join(filter(None, [", ".join(told[:-1]), told[-1]]))
    verb = "differs" if len(told) == 1 else "differ"
    return f"{first_up(listed) if recorded or len(told) > 1 else f'Only {listed}'} {verb}. {same}{recorded}"


def _figures(found: Comparison) -> list[Mapping[str, Any]]:
    """Write all measures on all items."""
    return [
        {
            "name": "Agreement" if line.metric in SHARES else first_up(brief_name(line.metric)),
            "less": line.metric in found.errors,
            "after": estimate(line.first),
            "before": estimate(line.second),
            "difference": estimate(line.difference, partial(fraction, sign=True)),
        }
        for line in found.lines
        if line.subset == ALL
    ]


def _power(found: Comparison) -> str:
    """Say how small a difference these items would have shown."""
    if found.power is None:
        return ""
    least = found.power.possible(found.power.detectable(sides=2))
    title, value = brief_name(found.power.metric), found.main.difference.value
    seen = "" if value is None else f" The change seen is {fraction(value)}."
    needed = ""
    if not found.ahead and value and abs(value) > 1e-9:
        count = found.power.items_for(abs(value), sides=2)
        needed = f" To settle a change of that size, about {count:,} items would be needed."
    shown = f"no difference in {title} could have been shown"
    if least is not None:
        shown = f"a difference of {fraction(least)} in {title} is found in 4 of 5 such comparisons"
    return f"With these items {shown}.{seen}{needed}"

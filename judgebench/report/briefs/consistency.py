"""Verdicts without gold in brief: how steady judges are, how far they say the same, and which systems win by them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from judgebench.report.document.blocks import Field, grid, when
from judgebench.report.document.brief import Brief
from judgebench.report.document.text import NONE, clean, many, shorten, value_of
from judgebench.report.said import differ, figure_cell, from_to, known_as, listed, of_100, task_column, whole
from judgebench.report.words import task_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.agreement.consistency import Between, Consistency, Standing
    from judgebench.domain import Estimate
    from judgebench.report.document.blocks import Grid

__all__ = ["MOST", "JudgePair", "JudgeVerdicts", "SystemWins", "brief"]

#: A table has room for the shares of so many labels; JSON and CSV have them all.
MOST = 5
_STEADY = {
    "position_consistency": ("same in both orders", "{} names the same answer in both orders on {}"),
    "retest_agreement": ("same when asked again", "{} says the same when asked again on {}"),
    "sample_agreement": ("samples alike", "{}'s samples say the same on {}"),
}
_NO_GOLD = "No labels were looked at: nothing here says whether a judge is right."
#: Letters of a label that a column has room for.
_LABEL = 16
#: Sentences about judges, at most.
_SAID = 2


class JudgeVerdicts(NamedTuple):
    """One judge on one task, or on a part of it."""

    task: str
    judge: str
    revision: str
    scale: str
    found: Consistency


class JudgePair(NamedTuple):
    """Two judges on one task."""

    task: str
    found: Between


class SystemWins(NamedTuple):
    """One system by one judge's verdicts."""

    task: str
    judge: str
    found: Standing


def brief(lines: Sequence[JudgeVerdicts], pairs: Sequence[JudgePair], systems: Sequence[SystemWins]) -> Brief:
    """Say it in brief; where systems are known the table is theirs."""
    judged = [line.judge for line in lines]
    names = known_as((*judged, *(one for pair in pairs for one in (pair.found.first, pair.found.second))))
    whole_ = {(line.task, line.judge) for line in lines if line.found.subset == "all"}
    shown = [line for line in lines if line.found.subset == "all" or (line.task, line.judge) not in whole_]
    several = differ(lines, "task")
    said = [text for line in shown if (text := _said(names[line.judge], line, several=several))]
    beside = list(_beside(pairs, names))
    table = _systems(systems, names) if systems else _judges(shown, names)
    counted = f"{many(len(set(judged)), 'judge')} gave {many(sum(line.found.answered for line in shown), 'verdict')}."
    answer = (*said[:_SAID], *beside[: 1 if said else _SAID])
    return Brief(answer or (counted,), table, (_NO_GOLD, *_more(shown, pairs, systems)))


def _said(judge: str, line: JudgeVerdicts, *, several: bool) -> str:
    for name, (_, words) in _STEADY.items():
        one = line.found.figures.get(name)
        if one is not None and one.value is not None and line.found.subset == "all":
            on = f" of {task_of(line)}" if several else ""
            what = "items" if name == "position_consistency" else "cases"
            return f"{words.format(judge, of_100(one.value, one.n, what))}{on}."
    return ""


def _beside(pairs: Sequence[JudgePair], names: dict[str, str]) -> Iterator[str]:
    """Say how far the judges of a task say the same, by twos."""
    tasks: dict[str, list[JudgePair]] = {}
    for pair in pairs:
        if pair.found.percent_agreement.value is not None:
            tasks.setdefault(pair.task, []).append(pair)
    for task, own in tasks.items():
        shares = [one.found.percent_agreement.value or 0.0 for one in own]
        judges = list(dict.fromkeys(name for one in own for name in (one.found.first, one.found.second)))
        who = listed([names[one] for one in judges]) if len(judges) == _SAID else f"Any two of {len(judges)} judges"
        count = min(one.found.percent_agreement.n for one in own)
        yield f"{who} say the same on {from_to(shares, count)} of {clean(task)}."


def _more(lines: Sequence[JudgeVerdicts], pairs: Sequence[JudgePair], systems: Sequence[SystemWins]) -> Iterator[str]:
    behind = [*(["each judge's shares of labels"] if systems and lines else [])]
    behind += [f"{len(pairs)} pairs of judges beside each other"] if len(pairs) > 1 else []
    if behind:
        yield f"--explain has {' and '.join(behind)}."


def _judges(lines: Sequence[JudgeVerdicts], names: dict[str, str]) -> Grid:
    labels = list(dict.fromkeys(label for line in lines for label in line.found.shares))
    known = {name for line in lines for name in line.found.figures}
    parts = any(line.found.subset != "all" for line in lines)
    fields: list[Field[JudgeVerdicts]] = [
        *task_column(lines),
        Field("judge", lambda one: names[one.judge], right=False),
        *when(parts, Field("part", lambda one: one.found.subset, right=False)),
        *(Field(title, partial(_figure, name), right=False) for name, (title, _) in _STEADY.items() if name in known),
        *when("mean_rating" in known, Field("mean", partial(_figure, "mean_rating"), right=False)),
        *(
            Field(f"“{shorten(label, _LABEL)}”", partial(_share, label), spare=True)
            for label in labels[: MOST * (len(labels) <= MOST)]
        ),
        Field("usable", lambda one: whole(one.found.answered / max(one.found.judgments, 1))),
        Field("items", lambda one: f"{one.found.items:,}", spare=True),
    ]
    return grid(fields, lines)


def _figure(name: str, line: JudgeVerdicts) -> str:
    one = line.found.figures.get(name)
    return NONE if one is None else figure_cell("" if name == "mean_rating" else name, one)


def _share(label: str, line: JudgeVerdicts) -> str:
    return whole(value_of(line.found.shares.get(label)))


def _systems(systems: Sequence[SystemWins], names: dict[str, str]) -> Grid:
    shown = [one for one in systems if one.found.subset == "all"] or list(systems)
    parts = any(one.found.subset != "all" for one in shown)
    fields: list[Field[SystemWins]] = [
        *when(differ(shown, "task"), Field("task", lambda one: one.task, right=False)),
        Field("judge", lambda one: names[one.judge], right=False),
        *when(parts, Field("part", lambda one: one.found.subset, right=False)),
        Field("system", lambda one: one.found.system, right=False),
        Field("win rate, ties half", lambda one: _win(one.found.win_rate), right=False),
        Field("wins", lambda one: one.found.wins),
        Field("ties", lambda one: one.found.ties),
        Field("losses", lambda one: one.found.losses),
    ]
    return grid(fields, shown)


def _win(one: Estimate) -> str:
    return figure_cell("win_rate", one)

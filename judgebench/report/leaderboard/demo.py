"""What ``judgebench demo`` shows: rules that ask nobody, on the samples of some tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from judgebench.report.document.blocks import Field, grid
from judgebench.report.document.brief import Brief, Next
from judgebench.report.document.text import NONE, clean, many
from judgebench.report.leaderboard.board import Leaderboard
from judgebench.report.leaderboard.entries import by_task
from judgebench.report.line import Line
from judgebench.report.said import figure_cell, two, whole
from judgebench.report.scores import Scores
from judgebench.report.words import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.report.leaderboard.entries import Entry

__all__ = ["Demo"]

_ASKS = {
    "check": "Is this answer right?",
    "pair:2": "Which is better?",
    "pair:3": "Which is better, or a tie?",
}
_WORKS = "judgebench works: {}, {}, no key, no network."
_SAMPLES = "These are SAMPLES, written to try the plumbing. They say nothing about any judge."
_READING = (
    "How to read it: kappa is agreement beyond chance, 0 none, 1 perfect. “people” is what people reach with each "
    "other: a judge near that line is as good as one more person. “{}”: one label per item. “none”: none agrees more "
    "often than always giving the commonest label, whose share is shown."
)


class _Task(NamedTuple):
    """A task and the best of the judges on it; None where none beats always giving the commonest label."""

    first: Line
    best: Line | None
    floor: str

    @property
    def name(self) -> str:
        return "none" if self.best is None else self.best.name


@dataclass(frozen=True, slots=True, repr=False)
class Demo(Leaderboard):
    """The leaderboard of the samples, whose JSON is that of scores: baselines have no rank, for they rank nothing."""

    SCHEMA = Scores.SCHEMA
    SHAPE = Scores.SHAPE

    def data(self) -> Scores:
        return Scores(tuple(entry.row for entry in self.entries))

    def brief(self) -> Brief:
        own = by_task(self.entries)
        tasks = sorted(map(_best, own.values()), key=lambda one: -(one.best.figure.value or 0.0) if one.best else 1.0)
        items = sum(max(entry.row.items for entry in entries) for entries in own.values())
        fields: list[Field[_Task]] = [
            Field(f"{SAMPLE} task", lambda one: one.first.row.task, right=False),
            Field("asks", lambda one: _ASKS.get(one.first.row.scale, one.first.row.scale), right=False),
            Field("best of four", lambda one: one.name, right=False),
            Field("same", lambda one: one.floor if one.best is None else whole(one.best.same)),
            Field("kappa [95 % interval]", lambda one: _figure(one.best), right=False),
            Field("people", lambda one: two(one.first.people).partition(" ")[0]),
        ]
        answer = _WORKS.format(many(len(self.entries), "run"), many(items, "sample item")), _SAMPLES
        # Pairs that several people labelled show most.
        live = max((entry.row for entry in self.entries), key=lambda row: (row.scale[:4] == "pair", bool(row.ceiling)))
        calls = many(sum(live.statuses.values()), "call")
        return Brief(
            answer,
            grid(fields, tasks),
            (_READING.format(NONE),),
            (
                Next("judgebench doctor my-table.csv", "what your own data can tell"),
                Next(f"judgebench run --judge gpt-4o --task {clean(live.task)} --sample", f"a real judge, {calls}"),
                Next(f"judgebench view --task {clean(live.task)} --sample", "look at the items, and label some"),
            ),
        )


def _figure(one: Line | None) -> str:
    return NONE if one is None else figure_cell(one.metric, one.figure)


def _best(entries: Sequence[Entry]) -> _Task:
    lines = [Line(entry.row, entry.row.judge) for entry in entries]
    floors = [one.agreement.value for entry in entries if (one := entry.baseline) is not None and one.agreement]
    floor = max((value for value in floors if value is not None), default=0.0)
    better = [one for one in lines if (one.row.metrics["percent_agreement"].value or 0.0) > floor]
    best = max(better, key=lambda one: one.figure.value or 0.0, default=None)
    return _Task(lines[0], best, whole(floor))

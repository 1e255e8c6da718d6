"""A cascade of judges, in words: what it answers, how often it is right there, and whether the guarantee held."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING

from judgebench.domain.shapes import (
    COUNT,
    ERROR,
    ESTIMATE,
    FLAG,
    OPEN_POLICIES,
    SHARE,
    TEXT,
    TEXTS,
    ListOf,
    maybe,
    record,
)
from judgebench.report.cautions import careful, cautions_of
from judgebench.report.document.blocks import Field, Table, columns_of, explained, grid, sheet, when
from judgebench.report.document.brief import MOST_NOTES, Brief
from judgebench.report.document.model import Document
from judgebench.report.document.text import NONE, clean, decimal, interval, many, percent
from judgebench.report.said import figure_cell, first_up, known_as, ranged, whole, whom
from judgebench.report.words import REASONS, gold_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.agreement.jury.cascade import Cascade, Stage
    from judgebench.report.document.blocks import Block, Fields, Sheet

__all__ = ["Cascades"]

_REASONS = REASONS | {"no_items": "it answers nothing"}
_STAGE = record(
    judge=TEXT,
    threshold=(maybe(SHARE), lambda one: one.threshold.value, "Least confidence at which it answers; null: never."),
    calibrated_on=(COUNT, lambda one: one.threshold.answered, "Calibration judgments above it."),
    wrong=(COUNT, lambda one: one.threshold.wrong),
    risk_bound=(SHARE, lambda one: one.threshold.bound, "Upper bound of the share of wrong answers among these."),
    reached=(SHARE, None, "Share of the measured judgments that come to it."),
    answered=(SHARE, None, "Share of them that it answers."),
    agreement=(ESTIMATE, None, "Among those that it answers."),
    alone=(ESTIMATE, None, "On all, if it answered alone."),
    cost=(maybe(ERROR), None, "Of one judgment."),
)
_ROW = record(
    "cascade",
    "A cascade on one task.",
    task=TEXT,
    gold=(TEXT, lambda one: one.gold_source),
    policies=OPEN_POLICIES,
    alpha=SHARE,
    delta=SHARE,
    share=(SHARE, None, "Share of the questions that thresholds are calibrated on."),
    seed=COUNT,
    calibrated=COUNT,
    judgments=(COUNT, None, "Measured ones, on the other questions."),
    clusters=COUNT,
    holds=(FLAG, None, "Whether it agrees as often as guaranteed on these; with no answer it does."),
    coverage=(SHARE, None, "Share of the measured judgments that it answers."),
    agreement=(ESTIMATE, None, "Among those that it answers."),
    stages=ListOf(_STAGE, 2),
    cost=(maybe(ERROR), None, "Of one judgment, whoever answers it."),
    cost_alone=(maybe(ERROR), None, "Of one judgment of the last judge."),
    splits=(COUNT, None, "Random splits tried, this one first."),
    held=(COUNT, None, "In so many it agrees as often as guaranteed."),
    refuted=(COUNT, None, "In so many the 95 % interval of the agreement lies below the guarantee."),
    mean_coverage=SHARE,
    warnings=TEXTS,
)


@dataclass(frozen=True, slots=True, repr=False)
class Cascades(Document):
    """Cascades, one a task."""

    cascades: tuple[Cascade, ...]

    SCHEMA = "judgebench.cascade/1"
    SHAPE = record(
        "",
        "Judges of which each answers what it is sure of, calibrated on some questions and measured on the others.",
        rows=(ListOf(_ROW, 1), lambda found: found.cascades),
    )

    def sheet(self) -> Sheet:
        return sheet(
            {
                **columns_of(_ROW, "task alpha delta", itemgetter(0)),
                "kind": lambda x: "stage" if x[1] else "cascade",
                "judge": lambda x: x[1].judge if x[1] else "",
                "threshold": lambda x: x[1].threshold.value if x[1] else None,
                "risk_bound": lambda x: x[1].threshold.bound if x[1] else None,
                "reached": lambda x: x[1].reached if x[1] else 1.0,
                "answered": lambda x: x[1].answered if x[1] else x[0].coverage,
                "agreement*": lambda x: (x[1] or x[0]).agreement,
                "alone*": lambda x: x[1].alone if x[1] else None,
                "cost": lambda x: (x[1] or x[0]).cost,
                "holds": lambda x: None if x[1] else x[0].holds,
            },
            [(one, stage) for one in self.cascades for stage in (None, *one.stages)],
        )

    def brief(self) -> Brief:
        several = len(self.cascades) > 1
        answer = tuple(_answer(one, several=several) for one in self.cascades[:MOST_NOTES])
        names = known_as(stage.judge for one in self.cascades for stage in one.stages)
        rows = [(one, stage) for one in self.cascades for stage in one.stages]
        fields: list[Field[tuple[Cascade, Stage]]] = [
            *when(several, Field("task", _task, right=False)),
            Field("judge", lambda x: names[x[1].judge], right=False),
            Field("answers from", lambda x: _from(x[1], 2)),
            Field("asked", lambda x: whole(x[1].reached)),
            Field("answers", lambda x: whole(x[1].answered)),
            Field("same there [95 %]", lambda x: figure_cell("accuracy", x[1].agreement), right=False),
            Field("same on all, alone", lambda x: whole(x[1].alone.value)),
        ]
        if any(stage.cost is not None for _, stage in rows):
            fields.append(Field("cost", lambda x: _money(x[1].cost), spare=True))
        notes: list[str] = []
        for one in self.cascades:
            if one.cost is not None and one.cost_alone:
                alone = one.stages[-1]
                notes.append(
                    f"A judgment costs {_money(one.cost)}; {names[alone.judge]} alone costs {_money(one.cost_alone)}."
                )
            if one.splits > 1:
                notes.append(f"In {one.held:,} of {one.splits:,} random splits the guarantee held.")
            else:
                notes.append("One split of the questions: --splits 100 says how often the guarantee holds.")
        return Brief(answer, grid(fields, rows), tuple(dict.fromkeys(notes))[:MOST_NOTES])

    def blocks(self) -> Iterator[Block]:
        for one in self.cascades:
            yield from _sentences(one)
            priced = any(stage.cost is not None for stage in one.stages)
            fields = _STAGES if priced else _STAGES[:-1]
            yield Table(grid(fields, one.stages, _remarks(one)), (0,), ((12, (6,)), (8, (2,))))


def _task(both: tuple[Cascade, Stage]) -> str:
    return both[0].task


def _answer(one: Cascade, *, several: bool) -> str:
    """Say whether the cascade kept its promise, and how much it answers."""
    promise, who = whole(1 - one.alpha), whom(one.gold_source)
    lead = f"{clean(one.task)}: " if several else ""
    if one.agreement.value is None:
        return f"{lead}No judge may answer anything: none clearly agrees with {who} on {promise}."
    high = one.agreement.high
    chance = high is None or high >= 1 - one.alpha
    held = "kept" if one.holds else "missed, which may be chance" if chance else "not kept"
    there = ranged(one.agreement, lambda share: percent(share, 0), " %")
    said = (
        f"the cascade answers {whole(one.coverage)} of {many(one.judgments, 'judgment')} and agrees with {who} on "
        f"{there} of these: the promised {promise} is {held}."
    )
    return f"{lead}{said if lead else first_up(said)}"


def _sentences(one: Cascade) -> Iterator[str]:
    whom, sure = gold_word(one.gold_source), f"{percent(1 - one.delta, 0)} %"
    goal = f"at least {percent(1 - one.alpha, 0)} % agreement with {whom} on what is answered, at {sure} confidence"
    if one.agreement.value is None:
        yield f"{clean(one.task)}: for {goal}, no judge may answer anything: too few calibration answers, or too wrong."
    else:
        high = one.agreement.high
        short = "it falls short of that, which may be chance" if high is None or high >= 1 - one.alpha else ""
        held = "the guarantee held" if one.holds else short or "the guarantee did not hold"
        yield (
            f"{clean(one.task)}: for {goal}, the cascade answers {percent(one.coverage)} % of "
            f"{many(one.judgments, 'judgment')} that it was not calibrated on; it agrees on "
            f"{interval(one.agreement, percent, unit=' %')} of these: {held}."
        )
    if one.splits > 1:
        yield (
            f"In {one.held:,} of {one.splits:,} random splits it did ({percent(one.held / one.splits)} %); "
            f"on average it answers {percent(one.mean_coverage)} %."
        )
    if one.cost is not None and one.cost_alone:
        alone, dear = one.stages[-1], _money(one.cost_alone)
        yield (
            f"A judgment costs {_money(one.cost)}; {clean(alone.judge)} alone costs {dear} and agrees on "
            f"{interval(alone.alone, percent, unit=' %')} of all."
        )


def _money(cost: float | None) -> str:
    return NONE if cost is None else f"{cost:.4g}"


def _from(one: Stage, digits: int = 3) -> str:
    """Say from which confidence on a judge answers."""
    return "never" if one.threshold.value is None else decimal(one.threshold.value, digits)


_cell = partial(explained, reasons=_REASONS, write=partial(interval, write=percent))
_STAGES: Fields[Stage] = (
    Field("judge", lambda one: one.judge, right=False),
    Field(("answers", "from"), _from),
    Field(("risk at", "most"), lambda one: one.threshold.bound),
    Field("reached %", lambda one: percent(one.reached)),
    Field("answered %", lambda one: percent(one.answered)),
    Field("% agreement there", lambda one: _cell(one.agreement), ("% agree", "there"), right=False),
    Field("% agreement alone on all", lambda one: _cell(one.alone), ("% agree alone", "on all"), right=False),
    Field("cost", lambda one: _money(one.cost)),
)


def _remarks(one: Cascade) -> Iterator[str]:
    yield (
        f"Thresholds from {many(one.calibrated, 'judgment')} ({percent(one.share, 0)} % of the questions, seed "
        f"{one.seed}), tried from sure to unsure by exact bounds, at {decimal(one.delta / len(one.stages), 3)} for "
        f"each of {len(one.stages)} judges. What no judge answers is left to people. {one.policies}."
    )
    if one.splits > 1:
        yield (
            "A split's own agreement is off by chance, too: the guarantee is of new questions of this kind. In "
            f"{one.refuted:,} of the splits the 95 % interval of the agreement lies below it."
        )
    yield from careful(cautions_of(one.warnings))

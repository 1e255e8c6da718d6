"""Juries in brief: whether one is better than its best member, its members, and what leaving some out does."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from judgebench.agreement.contrasts import is_error
from judgebench.report.cautions import cautions_of
from judgebench.report.document.blocks import Field, grid, when
from judgebench.report.document.brief import MOST_NOTES, Brief
from judgebench.report.document.text import clean, decimal, interval, many
from judgebench.report.said import brief_name, figure_cell, known_as, listed, spoken, whole, whom
from judgebench.report.words import REASONS
from judgebench.stats.coefficients.catalog import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.agreement.jury.jury import Jury
    from judgebench.domain import Estimate
    from judgebench.report.document.blocks import Grid

__all__ = ["brief"]

#: From this share on tied votes are told.
_MANY_TIED = 0.05
_VOTES = {"majority": "majority", "weighted": "weighted vote", "dawid-skene": "Dawid-Skene vote", "mean": "mean"}
_TIES = {"tie": "count as a tie", "none": "give no verdict", "first": "go to the first of the tied"}


class _Line(NamedTuple):
    jury: Jury
    name: str
    value: Estimate
    less: Estimate | None
    same: Estimate | None = None


def brief(juries: Sequence[Jury]) -> Brief:
    """Say it in brief, a sentence a jury."""
    names = known_as(name for jury in juries for name in jury.judges)
    several = len(juries) > 1
    answer = [sentence for jury in juries[:MOST_NOTES] for sentence in _answer(jury, names, several=several)]
    if (more := len(juries) - MOST_NOTES) > 0:
        answer.append(f"{many(more, 'more task')} below.")
    notes = [note for jury in juries for note in _notes(jury, names)]
    return Brief(tuple(answer), _table(juries, names, several=several), tuple(dict.fromkeys(notes))[:MOST_NOTES])


def _vote(jury: Jury) -> str:
    return f"{_VOTES[jury.rule.name]} of {len(jury.members)}"


def _answer(jury: Jury, names: Mapping[str, str], *, several: bool) -> Iterator[str]:
    """Hold the jury against its best member, by the interval of the difference."""
    lead = f"{clean(jury.task)}: the" if several else "The"
    name, best, value = brief_name(jury.metric), jury.best, jury.value
    if value.value is None:
        voted = f"{jury.judgments - jury.silent:,} of {many(jury.judgments, 'judgment')}"
        why = REASONS.get(value.undefined or "", "nothing says how right they are")
        yield f"{lead} {_vote(jury)} judges comes to a verdict on {voted}; {why}."
        return
    if best is None or best.gain.value is None or best.value.value is None:
        yield f"{lead} {_vote(jury)} judges agrees with {whom(jury.gold_source)} at a {name} of {spoken(value)}."
        return
    sign = -1.0 if is_error(METRICS.get(jury.metric, jury.metric)) else 1.0
    low, high = sorted(sign * (end or 0.0) for end in (best.gain.low, best.gain.high))
    figures = f"{name} {decimal(value.value, 2)} against {decimal(best.value.value, 2)}"
    difference = _signed(best.gain)
    who = f"{lead} {_vote(jury)} judges"
    if low > 0 or high < 0:
        than = f"{'better' if low > 0 else 'worse'} than its best member, {names[best.judge]}"
        yield f"{who} is {than}: {figures}, {difference}."
        return
    may = "better" if sign * best.gain.value > 0 else "worse"
    yield (
        f"{who} may be {may} than its best member, {names[best.judge]}, but these {many(jury.items, 'item')} can't say "
        f"so: {figures}, {difference}."
    )


def _table(juries: Sequence[Jury], names: Mapping[str, str], *, several: bool) -> Grid:
    """List each jury, its members, and the jury without some of them."""
    lines: list[_Line] = []
    for jury in juries:
        if jury.value.undefined == "no_gold":
            continue
        lines.append(_Line(jury, _vote(jury), jury.value, None, jury.agreement))
        lines += [_Line(jury, names[one.judge], one.value, one.gain, one.agreement) for one in jury.members]
        lines += [
            _Line(jury, f"without {names.get(one.family, one.family)}", one.value, one.loss) for one in jury.left_out
        ]
    metric = juries[0].metric
    fields: list[Field[_Line]] = [
        *when(several, Field("task", _task, right=False)),
        Field("jury and members", lambda one: one.name, right=False),
        Field(f"{brief_name(metric)} [95 %]", lambda one: figure_cell(one.jury.metric, one.value), right=False),
        Field("jury less this", lambda one: "" if one.less is None else _signed(one.less), right=False),
        Field("same", lambda one: "" if one.same is None else whole(one.same.value)),
    ]
    return grid(fields, lines, apart=lambda one: id(one.jury))


def _task(one: _Line) -> str:
    return clean(one.jury.task)


def _signed(one: Estimate) -> str:
    return interval(one, lambda value: decimal(value, 2), sign=True)


def _notes(jury: Jury, names: Mapping[str, str]) -> Iterator[str]:
    if jury.sweep is not None:
        first, held = jury.sweep.juries[0], jury.sweep.held_out
        honest = "" if held.value is None else f" Choosing gives {spoken(held)} on questions that it was not chosen on."
        yield (
            f"Best of {len(jury.sweep.juries):,} juries: {listed([names.get(one, one) for one in first.judges])}, "
            f"{spoken(first.value)}.{honest}"
        )
    if jury.together.votes.value is not None:
        votes = f"{jury.together.votes.value:.1f}"
        yield f"Their errors are alike: {jury.together.judges} judges are worth {votes} that err independently."
    if jury.rule.name != "mean" and jury.tied > _MANY_TIED * jury.judgments:
        yield f"{jury.tied:,} of {many(jury.judgments, 'vote')} are tied; these {_TIES[jury.rule.ties]}."
    yield from cautions_of(jury.warnings)

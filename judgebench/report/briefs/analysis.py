"""In brief where judges err, and what predicts it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from judgebench.report.document.blocks import Field, grid, when
from judgebench.report.document.brief import MOST_NOTES, Brief
from judgebench.report.document.text import NONE, clean, figure, interval, many
from judgebench.report.said import clear, differ, known_as, listed, whole, whom

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.agreement.analysis.effects import Effect, Explanation
    from judgebench.agreement.analysis.judges import JudgeAnalysis, LabelUse
    from judgebench.domain import Estimate
    from judgebench.report.document.blocks import Fields, Grid

__all__ = ["brief", "clear_effects"]

_SAID = 3
_CAUSE = "What predicts errors need not cause them."
#: The feature of an item that says how many of the other judges err; its unit is all of them.
_OTHERS = "other judges wrong"


class _Line(NamedTuple):
    task: str
    judge: str
    people: str
    others: int
    found: JudgeAnalysis

    @property
    def sure(self) -> list[Effect]:
        """The features that clearly predict errors."""
        return clear_effects(self.found.explanation)

    @property
    def used(self) -> list[LabelUse]:
        """The labels that the judge clearly says more or less often than gold."""
        return [one for one in self.found.labels if clear(one.p_holm)]


def clear_effects(told: Explanation) -> list[Effect]:
    """Choose what clearly predicts errors, by size; numbers last, whose effect is per unit, which may be small."""
    sure = [one for one in told.effects if clear(one.p_holm)]
    return sorted(sure, key=lambda one: (not _is_category(one), -abs(one.effect.value or 0.0)))


def _is_category(one: Effect) -> bool:
    """Whether it compares two kinds of rows: a number that is always 0 or 1 does, too."""
    return bool(one.level) or one.against == "0"


def brief(rows: Sequence[tuple[str, str, JudgeAnalysis]], why: Mapping[str, str]) -> Brief:
    """Say how often each judge errs and what predicts it: rows of task, gold's source and what was found."""
    names = known_as(found.judge for _, _, found in rows)
    judges = Counter(task for task, _, _ in rows)
    lines = [_Line(task, names[found.judge], whom(gold), judges[task] - 1, found) for task, gold, found in rows]
    answer = tuple(_answer(one, why) for one in lines[:_SAID])
    table = _effects(lines[0]) if len(lines) == 1 else _judges(lines)
    return Brief(answer, table, tuple(_notes(lines))[:MOST_NOTES])


def _answer(one: _Line, why: Mapping[str, str]) -> str:
    told = one.found.explanation
    share = whole(told.errors / told.rows if told.rows else 0.0)
    of = f"{told.errors:,} of {told.rows:,} judgments ({share}) of {clean(one.task)}"
    start = f"{one.judge} disagrees with {one.people} on {of}"
    if told.undefined is not None:
        return f"{start}; {why.get(told.undefined, told.undefined)}."
    if not one.sure:
        return f"{start}; none of {len(told.effects)} features clearly predicts which."
    first = one.sure[0]
    value = 100 * (first.effect.value or 0.0)
    often = f"{'more' if value > 0 else 'less'} often"
    if first.feature == _OTHERS and not _is_category(first):
        return f"{start}: {often} the more of the other judges are wrong."
    held = "other things equal, " if len(told.effects) > 1 else ""
    more = f"{start}: {held}{figure(abs(value), 0)} points {often}"
    if first.feature == _OTHERS:
        return f"{more} where {_where(one, first)} too."
    if _is_category(first):
        return f"{more} where {_where(one, first)} than where {_against(one, first)}."
    return f"{more} for {_where(one, first)}."


def _where(line: _Line, one: Effect) -> str:
    """Say of which rows an effect is, or of a number its unit."""
    if one.feature == _OTHERS and _is_category(one):
        return "the other judge is wrong" if line.others == 1 else "the other judges are wrong"
    if _is_category(one):
        return _level(one, one.level or "1")
    return "other judges wrong (per 100 %)" if one.feature == _OTHERS else f"each unit of {clean(one.feature)}"


def _against(line: _Line, one: Effect) -> str:
    """Say with which rows it compares them."""
    if one.feature == _OTHERS and _is_category(one):
        return "it is right" if line.others == 1 else "they are right"
    return _level(one, one.against) if _is_category(one) else NONE


def _level(one: Effect, level: str) -> str:
    if one.feature == "annotators":
        return f"people {clean(level)}"
    feature = {"gold": "the label"}.get(one.feature, clean(one.feature))
    return f"{feature} is {clean(level)}"


def _points(one: Estimate) -> str:
    def write(value: float) -> str:
        text = figure(100 * value, 0)
        return text if text.startswith("-") or text == "0" else f"+{text}"

    return interval(one, write)


def _effects(one: _Line) -> Grid | None:
    """List what clearly predicts errors; without any, the labels and how often each is said."""
    if one.sure:
        fields: Fields[Effect] = (
            Field("errors are more or less frequent where", lambda effect: _where(one, effect), right=False),
            Field("than where", lambda effect: _against(one, effect), right=False),
            Field("rows", lambda effect: f"{effect.rows:,}"),
            Field("points [95 % interval]", lambda effect: _points(effect.effect), right=False),
        )
        return grid(fields, one.sure)
    if not one.found.labels:
        return None
    labels: Fields[LabelUse] = (
        Field("label", lambda use: use.label, right=False),
        Field(f"by {one.people}", lambda use: whole(use.gold)),
        Field(f"by {one.judge}", lambda use: whole(use.judge)),
        Field("points [95 % interval]", lambda use: _points(use.difference), right=False),
    )
    return grid(labels, one.found.labels)


def _judges(lines: Sequence[_Line]) -> Grid:
    def first(one: _Line) -> str:
        return _where(one, one.sure[0]) if one.sure else NONE

    fields: Fields[_Line] = (
        *when(differ(lines, "task"), Field("task", lambda one: one.task, right=False)),
        Field("judge", lambda one: one.judge, right=False),
        Field("errors", lambda one: whole(one.found.explanation.errors / (one.found.explanation.rows or 1))),
        Field("of", lambda one: f"{one.found.explanation.rows:,}"),
        Field("errors depend on", first, right=False),
        Field("points [95 %]", lambda one: _points(one.sure[0].effect) if one.sure else NONE, right=False),
        Field("says too often", lambda one: _labels(one, 1), right=False, spare=True),
        Field("too rarely", lambda one: _labels(one, -1), right=False, spare=True),
    )
    return grid(fields, lines)


def _labels(one: _Line, way: int) -> str:
    those = [clean(use.label) for use in one.used if (use.difference.value or 0.0) * way > 0]
    return listed(those, 2) if those else NONE


def _notes(lines: Sequence[_Line]) -> Iterator[str]:
    if any(one.sure for one in lines):
        yield _CAUSE
    if len(lines) == 1 and (used := lines[0].used):
        one, use = lines[0], max(lines[0].used, key=lambda use: abs(use.difference.value or 0.0))
        more = "more" if (use.difference.value or 0.0) > 0 else "less"
        shares = f"{whole(use.judge)} against {whole(use.gold)}"
        yield f"{one.judge} says {clean(use.label)} {more} often than {one.people}: {shares}."
        if len(used) > 1:
            yield f"Clearly different, too: {many(len(used) - 1, 'more label')} (--explain)."
    if (left := len(lines) - _SAID) > 0:
        are = "is" if left == 1 else "are"
        yield f"{many(left, 'more judge')} {are} in the table; --explain has what predicts the errors of each."

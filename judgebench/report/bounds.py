"""What missing answers could change: figures at both ends, and accuracy on the surest answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.agreement.bounds import COVERAGES
from judgebench.domain.shapes import (
    COUNT,
    FLAG,
    LEVEL,
    NUMBER,
    POLICIES,
    SHARE,
    TEXT,
    TEXTS,
    ListOf,
    MapOf,
    judge_keys,
    maybe,
    record,
)
from judgebench.report.document.blocks import Field, Notes, Table, columns_of, grid, sheet
from judgebench.report.document.brief import Brief
from judgebench.report.document.model import Document
from judgebench.report.document.text import NONE, clean, percent, share
from judgebench.report.said import brief_name, known_as, task_column, unfinished
from judgebench.report.words import WARNINGS, task_of
from judgebench.stats.coefficients.catalog import title_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from judgebench.agreement.bounds import Bound, Missing
    from judgebench.report.document.blocks import Block, Sheet

__all__ = ["Bounds", "JudgeBounds"]

_NOTE = (
    "worst: missing answers are wrong in the way that is least favourable to the figure, as in score; best: all "
    "of them are right; answered: without them (docs/explanation/policies.md)."
)
_CURVE = (
    "Accuracy on that share of the items of which the judge is surest, by {}; items without a verdict come last, as "
    "errors. AURC is the area under the risk-coverage curve: the mean share of errors over all coverages, 0 at best. "
    "Abstaining where it would be wrong lowers it: read it beside coverage."
)


#: Judges of which a sentence says what they left unanswered; the table has them all.
_SAID = 2


class JudgeBounds(NamedTuple):
    """One judge on one task, and the figures that a table shows."""

    task: str
    judge: str
    found: Missing
    shown: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    revision: str = ""

    @property
    def area(self) -> float | None:
        """The area under the risk-coverage curve, where there is one."""
        return None if self.found.selective is None else self.found.selective.area


_BOUND = record("bound", worst=maybe(NUMBER), answered=maybe(NUMBER), best=maybe(NUMBER))
_POINT = record("point", coverage=(SHARE, lambda one: one[0]), accuracy=(SHARE, lambda one: one[1]))
_SELECTIVE = record(
    "selective",
    "Accuracy on the surest items.",
    area=(SHARE, None, "AURC, the area under the risk-coverage curve."),
    ranked=(FLAG, None, "By the judge's probabilities; false: only by whether it gave a verdict."),
    points=ListOf(_POINT),
)
_ROW = record(
    "row",
    "One judge on one task.",
    task=TEXT,
    **judge_keys(),
    policies=(POLICIES, attrgetter("found.policies")),
    rows=(COUNT, attrgetter("found.rows"), "Judgments that count."),
    answered=(COUNT, attrgetter("found.answered"), "Those with a verdict."),
    figures=(MapOf(_BOUND), attrgetter("found.figures")),
    level=replace(LEVEL, get=lambda one: one.found.level or None),
    selective=(maybe(_SELECTIVE), attrgetter("found.selective")),
    warnings=(TEXTS, None, "Codes such as incomplete_run."),
)


class _Line(NamedTuple):
    judge: JudgeBounds
    name: str
    bound: Bound


@dataclass(frozen=True, slots=True, repr=False)
class Bounds(Document):
    """The judges, in the order given."""

    judges: tuple[JudgeBounds, ...]

    SCHEMA = "judgebench.bounds/1"
    SHAPE = record("", "What missing answers could change.", rows=(ListOf(_ROW), lambda found: found.judges))

    def sheet(self) -> Sheet:
        columns: dict[str, Callable[[_Line], Any]] = {
            **columns_of(_ROW, "task judge rows answered", attrgetter("judge")),
            "metric": attrgetter("name"),
            "worst": attrgetter("bound.worst"),
            "answered_only": attrgetter("bound.answered"),
            "best": attrgetter("bound.best"),
            "aurc": lambda line: line.judge.area,
        }
        return sheet(columns, self._lines(shown=False))

    def brief(self) -> Brief | None:
        """Say between which ends the headline lies, whatever the missing answers would have been."""
        lines = [one for one in self.judges if one.shown and one.shown[0] in one.found.figures]
        if not lines:
            return None
        names = known_as(one.judge for one in lines)
        figures = {brief_name(one.shown[0]) for one in lines}
        title = figures.pop() if len(figures) == 1 else "headline"
        lacking = [one for one in lines if one.found.answered < one.found.rows]
        said = [
            f"What {names[one.judge]} left unanswered on {task_of(one)} could put its {brief_name(one.shown[0])} "
            f"anywhere from {_ends(one)}."
            for one in lacking[:_SAID]
        ]
        fields: list[Field[JudgeBounds]] = [
            *task_column(lines),
            Field("judge", lambda one: names[one.judge], right=False),
            Field("answered", lambda one: f"{one.found.answered:,} of {one.found.rows:,}"),
            _bound("worst", f"{title}: all", "the rest wrong"),
            _bound("answered", "without", "the rest"),
            _bound("best", "all the", "rest right"),
        ]
        return Brief(
            (
                *unfinished((names[one.judge], one.warnings) for one in lines),
                *(said or ["Every judge here answered everything: nothing is missing."]),
            ),
            grid(fields, lines),
        )

    def blocks(self) -> Iterator[Block]:
        fields: list[Field[_Line]] = [
            Field("task", lambda line: line.judge.task, right=False),
            Field("judge", lambda line: line.judge.judge, right=False),
            Field("answered %", lambda line: percent(line.judge.found.answered / line.judge.found.rows)),
            Field("metric", lambda line: title_of(line.name), right=False),
            *(Field(name, attrgetter(f"bound.{name}")) for name in ("worst", "answered", "best")),
        ]
        yield Table(grid(fields, self._lines(shown=True), [_NOTE]))
        curves = [one for one in self.judges if one.found.selective is not None]
        if curves:
            shares = [Field(f"{percent(part, 0)} %", _accuracy(place)) for place, part in enumerate(COVERAGES)]
            ranked = all(one.found.selective is not None and one.found.selective.ranked for one in curves)
            by = "the probability of its verdict" if ranked else "its probabilities, or whether it gave a verdict"
            head: list[Field[JudgeBounds]] = [
                Field("task", lambda one: one.task, right=False),
                Field("judge", lambda one: one.judge, right=False),
                Field("AURC", lambda one: one.area),
            ]
            yield Table(grid([*head, *shares], curves, [_CURVE.format(by)]))
        named = dict.fromkeys((one.judge, code) for one in self.judges for code in one.warnings)
        if named:
            yield Notes(tuple(f"Careful: {clean(judge)}: {WARNINGS.get(code, code)}." for judge, code in named))

    def _lines(self, *, shown: bool) -> list[_Line]:
        return [
            _Line(one, name, bound)
            for one in self.judges
            for name, bound in one.found.figures.items()
            if not shown or name in one.shown
        ]


def _bound(name: str, *lines: str) -> Field[JudgeBounds]:
    return Field(lines, lambda one: share(getattr(_headline(one), name), 2))


def _headline(one: JudgeBounds) -> Bound:
    return one.found.figures[one.shown[0]]


def _ends(one: JudgeBounds) -> str:
    return f"{share(_headline(one).worst, 2)} to {share(_headline(one).best, 2)}"


def _accuracy(place: int) -> Callable[[JudgeBounds], str]:
    def cell(one: JudgeBounds) -> str:
        return NONE if one.found.selective is None else percent(one.found.selective.points[place][1])

    return cell

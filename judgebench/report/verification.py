"""Damage found in stored runs (`verify`), in words."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from judgebench.domain.shapes import COUNT, TEXT, Key, ListOf, maybe, record
from judgebench.errors import DataError
from judgebench.report.document.blocks import Notes, sheet
from judgebench.report.document.brief import MOST_NOTES, Brief
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from judgebench.errors import JudgebenchError
    from judgebench.report.document.blocks import Block, Sheet
    from judgebench.store.verify import Finding, Report

__all__ = ["Verification"]

_FINDING = record("finding", file=TEXT, line=maybe(COUNT), what=TEXT, todo=TEXT)
_LOOKED_AT = record(
    "run",
    run=(TEXT, lambda report: str(report.path)),
    cases=COUNT,
    lines=COUNT,
    packed=COUNT,
    superseded=COUNT,
    answered_twice=(COUNT, attrgetter("twice")),
    damaged=(COUNT, attrgetter("found")),
    findings=ListOf(_FINDING),
    notes=Key(ListOf(TEXT), lambda report: report.notes or None, "What is no damage.", required=False),
)
#: A row per run, then one per finding in it (None for the run's own).
_FOUND: Mapping[str, Callable[[tuple[Report, Finding | None]], Any]] = {
    "run": lambda x: str(x[0].path),
    "cases": lambda x: None if x[1] else x[0].cases,
    "damaged": lambda x: None if x[1] else x[0].found,
    "file": lambda x: x[1] and x[1].file,
    "line": lambda x: x[1] and x[1].line,
    "what": lambda x: x[1] and x[1].what,
    "todo": lambda x: x[1] and x[1].todo,
}


@dataclass(frozen=True, slots=True, repr=False)
class Verification(Document):
    """What is damaged in some stored runs."""

    reports: tuple[Report, ...]

    SCHEMA = "judgebench.verify/1"
    SHAPE = record(
        "",
        "Damage found in stored runs.",
        damaged=(COUNT, attrgetter("found"), "All findings."),
        runs=(ListOf(_LOOKED_AT), attrgetter("reports")),
    )

    def unwrapped(self, *, explain: bool) -> list[str] | None:
        return [line for one in self.reports for line in _listing(one)] if explain or self.found else None

    def brief(self) -> Brief:
        runs, cases = many(len(self.reports), "run"), sum(report.cases for report in self.reports)
        if self.found:
            return Brief((f"{many(self.found, 'finding')} in {runs}.",))
        notes = tuple(note for report in self.reports for note in report.notes)
        return Brief((f"{runs} with {many(cases, 'case')}: no damage.",), None, notes[:MOST_NOTES])

    @property
    def found(self) -> int:
        """How many findings there are."""
        return sum(report.found for report in self.reports)

    @property
    def failure(self) -> JudgebenchError | None:
        if not self.found:
            return None
        damaged = sum(bool(report.found) for report in self.reports)
        what = f"{self.found:,} findings in {damaged} of {len(self.reports)} runs"
        return DataError(what, hint="each says what to do")

    def sheet(self) -> Sheet:
        return sheet(_FOUND, ((report, one) for report in self.reports for one in (None, *report.findings)))

    def blocks(self) -> Iterator[Block]:
        for report in self.reports:
            head, *findings = map(clean, _listing(report))
            yield head
            if findings:
                yield Notes(tuple(one.strip() for one in findings))


def _listing(report: Report) -> list[str]:
    facts = [f"{report.cases:,} cases"]
    facts += [f"{report.packed:,} packed"] if report.packed else []
    facts += [f"{report.lines:,} lines"] if report.lines else []
    facts += [f"{report.superseded:,} superseded by newer ones"] if report.superseded else []
    facts += [f"{report.twice:,} answered more than once"] if report.twice else []
    head = f"{report.path}: {', '.join(facts)}; {f'{report.found:,} damaged' if report.found else 'clean'}"
    more = report.found - len(report.findings)
    findings = [*map(str, report.findings), *([f"… and {more:,} more"] if more else []), *report.notes]
    return [head, *(f"  {one}" for one in findings)]

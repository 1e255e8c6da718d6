"""What the rooms below write for the server: the figures of a run, the report of some, the comparison of some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.view.app import Pages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from judgebench.domain import Agreement
    from judgebench.store.runs import StoredRun

__all__ = ["rooms"]

#: Columns of a comparison in the page.
_WIDTH = 110


def rooms(
    policy: Sequence[str], *, data: Path | None, sample: bool, tell: Callable[[str], None]
) -> tuple[Callable[[StoredRun], Agreement], Pages]:
    """Put together how runs are measured, on all of their items, and how their reports and comparisons are written."""
    from judgebench.agreement.compare.compare import compare as hold  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.compare.standings import compare_all  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.matching import match  # noqa: PLC0415 - loaded on use
    from judgebench.api.report import report_sources  # noqa: PLC0415 - loaded on use
    from judgebench.api.sources import run_source  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use
    from judgebench.report.compare import ManyJudges, TwoJudges  # noqa: PLC0415 - loaded on use
    from judgebench.report.page.page import report_page  # noqa: PLC0415 - loaded on use

    def measured(stored: StoredRun) -> Agreement:
        return run_source(stored).measure(policy, by_system=False, verify=False)[0]

    def report(chosen: Sequence[StoredRun]) -> str:
        opened = [run_source(stored) for stored in chosen]
        return report_page(report_sources(opened, policy, data=data, sample=sample, texts=True, tell=tell), live=True)

    def compare(chosen: Sequence[StoredRun]) -> str:
        opened = [run_source(stored) for stored in chosen]
        matched = match([one.judged(one.own.override(policy)) for one in opened], shared=True)
        if len(opened) > 2:
            return ManyJudges(compare_all(matched, known=metrics())).render(width=_WIDTH)
        return TwoJudges(hold(matched, [], known=metrics())).render(width=_WIDTH)

    return measured, Pages(report, compare)

"""What to be careful with where judges were matched, in words."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from judgebench.report.said import first_up
from judgebench.report.words import WARNINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["careful", "cautions_of"]

_WARNINGS = WARNINGS | {
    "unequal_coverage": "the judges' coverage differs by more than 2 points: one of them answers fewer of the items",
    "shared_items_only": "only the items that all judges have are compared, as --shared asks",
    "incomplete_rows_dropped": "judgments that a policy drops for one judge are dropped for all",
    "too_few_to_rank": "with fewer than 6 questions no judge can be clearly ahead of another",
    "missing_scores": "some judgments have no score: they count as misses in AUC and Brier; elsewhere only judgments "
    "count to which all judges gave one, as n says",
    "incomplete_run": "a run holds fewer verdicts than its manifest counts; the same run command resumes it",
    "failed_cases": "some cases of a run failed, which are no answers of the judge's: its figures are bounds; the same "
    "run command asks again, in vain where an item lacks what the judge needs",
}


def cautions_of(warnings: Iterable[str], counts: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """Put the warnings about judges that were matched into sentences."""
    return [first_up(f"{_WARNINGS.get(code, code)}{counts.get(code, '')}.") for code in warnings]


def careful(cautions: Iterable[str]) -> list[str]:
    """Mark cautions among other remarks."""
    return [f"Careful: {one[:1].lower()}{one[1:]}" for one in cautions]

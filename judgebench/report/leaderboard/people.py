"""On which side of people with each other a judge is, and whether that depends on one annotator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.domain import HUMAN_SOURCES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from judgebench.agreement.matching import Judged
    from judgebench.domain import Agreement, Estimate, Policies

__all__ = ["side", "without_one"]

#: Of more annotators nobody is left out: each moves the line too little to decide.
_MOST = 25


def side(row: Agreement, without: Mapping[str, Estimate] | None, metric: str) -> str:
    """Say ``above``, ``level`` or ``below``; ``depends`` where one annotator decides, nothing where nobody can tell.

    ``without`` is what `without_one` gives of the row.
    """
    found = _side(row, row.ceiling.get(f"ratio_{metric}"))
    again = _side(row, (without or {}).get(f"ratio_{metric}"))
    return "depends" if found and again and again != found else found


def _side(row: Agreement, ratio: Estimate | None) -> str:
    if row.gold not in HUMAN_SOURCES or ratio is None or ratio.low is None or ratio.high is None:
        return ""
    return "above" if ratio.low > 1 else "below" if ratio.high < 1 else "level"


def without_one(
    rows: Sequence[Agreement], judged: Mapping[tuple[str, str, str], Callable[[Policies], Judged]]
) -> dict[int, dict[str, Estimate]]:
    """Measure the judges of a task beside people without the annotator who pulls the human line, by ``id`` of the row.

    Nothing where nobody pulls it out of its own interval, or where the judgments aren't at hand.
    """
    from judgebench.agreement.humans import kappa_of, measure_humans, ratios_without  # noqa: PLC0415 - loads numpy

    found: dict[int, dict[str, Estimate]] = {}
    name = ""
    for row in sorted(rows, key=lambda row: -row.items):
        key = (row.task, row.judge, row.revision)
        if row.gold not in HUMAN_SOURCES or row.people is None or not 2 < row.people.people <= _MOST:
            continue
        if key not in judged:
            continue
        ratings = judged[key](row.policies).ratings
        if not ratings.scale.listed:
            continue
        name = name or measure_humans(ratings, row.policies).pulling
        if not name:
            break
        if name in ratings.annotators:
            ((_, ratio),) = ratios_without(ratings, row.policies, [name])
            found[id(row)] = {f"ratio_{kappa_of(ratings.scale)}": ratio}
    return found

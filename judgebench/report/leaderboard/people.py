"""On which side of people with each other a judge is, and whether that depends on one annotator."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain import HUMAN_SOURCES
from judgebench.report.stand_in import KAPPAS, MARGIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from judgebench.agreement.matching import Judged
    from judgebench.domain import Agreement, Estimate, Policies
    from judgebench.report.leaderboard.entries import Entry

__all__ = ["SIDES", "kappa_beside", "side", "without_one"]

#: Of more annotators nobody is left out: each moves the line too little to decide.
_MOST = 25


class Side(NamedTuple):
    """How a side is told: its style on a page, its sign and its words."""

    style: str
    sign: str
    words: str


#: Where a judge is beside people; nothing is said where that can't be told, or nobody is held beside them.
SIDES = {
    "above": Side("yes", "▲", "above people with each other"),
    "level": Side("yes", "=", "level with people"),
    "below": Side("no", "▼", "below people"),
    "depends": Side("unsure", "?", "depends on one annotator"),
    **dict.fromkeys(("open", ""), Side("", "", "")),
}


def kappa_beside(entry: Entry) -> str:
    """Name the kappa on which a judge is held beside people, the headline if it is one; empty where nobody is."""
    row = entry.row
    if row.gold not in HUMAN_SOURCES:
        return ""
    known = [name for name in (entry.headline, *KAPPAS) if name in KAPPAS and f"judge_vs_each_{name}" in row.ceiling]
    return next((name for name in known if row.ceiling[f"judge_vs_each_{name}"].value is not None), "")


def side(entry: Entry) -> str:
    """Say ``above``, ``level`` or ``below``, ``open`` where the interval is too wide for that; nothing without people.

    ``level`` is worse by less than `MARGIN`, if at all; ``depends`` is where one annotator decides. Samples have no
    side.
    """
    name = f"ratio_{kappa_beside(entry)}"
    if entry.sample:
        return ""
    found, again = _side(entry.row.ceiling.get(name)), _side((entry.without or {}).get(name))
    both = {found, again}
    return "depends" if len(both) > 1 and "" not in both and both & {"above", "below"} else found


def _side(ratio: Estimate | None) -> str:
    if ratio is None or ratio.low is None or ratio.high is None:
        return ""
    if ratio.low > 1 or ratio.high < 1:
        return "above" if ratio.low > 1 else "below"
    return "level" if ratio.low >= 1 - MARGIN else "open"


def without_one(
    rows: Sequence[Agreement], judged: Mapping[tuple[str, str, str], Callable[[Policies], Judged]]
) -> dict[int, dict[str, Estimate]]:
    """Measure the judges of a task beside people without the annotator who pulls the human line, by ``id`` of the row.

    Nothing where nobody pulls it out of its own interval, or where the judgments aren't at hand.
    """
    from judgebench.agreement.people.humans import kappa_of, measure_humans, ratios_without  # noqa: PLC0415 - loads numpy

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

"""A row of a leaderboard and what stands beside it: places, what a constant reaches, what it costs and how long."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from judgebench.report.document.text import places
from judgebench.report.said import is_recorded, is_rule
from judgebench.report.words import sampled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from judgebench.domain import Agreement, Estimate, Verdict

__all__ = ["Baseline", "Entry", "Key", "Pace", "Unmeasured", "by_task", "pace", "silent", "usd_per_1000"]

#: Task, judge and revision of a row.
Key: TypeAlias = tuple[str, str, str]


class Entry(NamedTuple):
    """A row of a leaderboard; ``headline`` is the metric that its task's rows are sorted by.

    ``rank`` is by the point estimates, ``best`` to ``worst`` the ranks that the intervals leave open: None off subset
    ``all`` and for rows that can't be compared with the task's others; without an interval there is a rank and no
    range. ``paired`` ranges come from paired differences, not from overlapping intervals. ``without`` is of the
    ceiling, without the annotator who pulls it.
    """

    row: Agreement
    headline: str
    rank: int | None = None
    best: int | None = None
    worst: int | None = None
    paired: bool = False
    tier: int | None = None
    baseline: Baseline | None = None
    pace: Pace | None = None
    without: Mapping[str, Estimate] | None = None

    @property
    def figure(self) -> Estimate | None:
        """What it is sorted by."""
        return self.row.metrics.get(self.headline)

    @property
    def sample(self) -> bool:
        """Whether its rows came with the task's card."""
        return sampled(self.row.revision)

    @property
    def ranks(self) -> str:
        """The rank as it is printed, with the range that is left open; nothing where there is none."""
        if self.rank is None:
            return ""
        if self.best is None:
            return f"{self.rank} (?)"
        return f"{self.rank}" if self.best == self.worst else f"{self.rank} ({places(self.best, self.worst)})"

    @property
    def places(self) -> str:
        """The places that the data leave open, as first tables have them; nothing where there is no rank."""
        if self.rank is None:
            return ""
        return f"{self.rank}?" if self.best is None else places(self.best, self.worst)


def by_task(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Put rows together by their tasks, in the order in which these come."""
    own: dict[str, list[Entry]] = {}
    for entry in entries:
        own.setdefault(entry.row.task, []).append(entry)
    return own


class Baseline(NamedTuple):
    """What always saying the commonest label reaches; ``label`` is empty where only a run says what that is.

    ``source`` says whether a run of ``baseline/majority`` was measured, or the gold of the judges' runs, or only the
    shares of the gold labels are known (then there is no interval). ``figure`` is the metric of ``agreement``:
    ``percent_agreement``, or ``accuracy`` where rows have no other.
    """

    task: str
    label: str
    source: str
    agreement: Estimate | None
    headline: Estimate | None
    figure: str = "percent_agreement"


class Unmeasured(NamedTuple):
    """A judge that never answered on a task, and why."""

    task: str
    judge: str
    why: str


class Pace(NamedTuple):
    """Seconds that a judgment took: half of them less than ``median``, 95 % less than ``p95``."""

    median: float
    p95: float


def silent(row: Agreement) -> bool:
    """Whether a judge never answered: all its calls failed, so that its figures say nothing of it."""
    return {status for status, count in row.statuses.items() if count} == {"failed"}


def usd_per_1000(row: Agreement) -> float | None:
    """Say what a thousand judgments cost; None where the price is not known, 0 for rules that ask nobody."""
    judgments = sum(row.statuses.values())
    if not judgments:
        return None
    if is_rule(row.judge):
        return 0.0
    return None if row.usage.usd is None else 1000 * row.usage.usd / judgments


def pace(judge: str, verdicts: Iterable[Verdict]) -> Pace | None:
    """Measure how long a judge's stored judgments took, retries and waiting left out as the store has them.

    None for recorded verdicts and for rules, which take no time worth a figure.
    """
    if is_rule(judge) or is_recorded(judge):
        return None
    import numpy as np  # noqa: PLC0415 - loaded on use

    seconds = np.frombuffer(array("d", (one.seconds for one in verdicts if one.seconds > 0 and not one.probe)))
    if not seconds.size:
        return None
    median, high = np.quantile(seconds, [0.5, 0.95])
    return Pace(float(median), float(high))

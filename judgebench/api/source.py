"""What is measured, however it was opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from judgebench.api.notes import doing
from judgebench.errors import DataError, JudgebenchError, UsageError, argument
from judgebench.report.said import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from judgebench.agreement.intervals import IntervalMethod
    from judgebench.agreement.matching import Judged
    from judgebench.domain import Agreement, Policies, Ratings, Task
    from judgebench.labels.as_run import TableRun
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.store.runs import StoredRun


T = TypeVar("T")
E = TypeVar("E", bound=JudgebenchError)
#: Task, judge and revision.
Name: TypeAlias = tuple[str, str, str]


def silent(_: str) -> None:
    """Keep what was said to oneself."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line was given to measure: run folders, or a table in one file or several."""

    runs: Sequence[Path]
    csv: Sequence[Path]

    def __bool__(self) -> bool:
        return bool(self.runs) or bool(self.csv)


@dataclass(frozen=True, slots=True)
class Source:
    """Ratings with what has to be shown beside their figures; ``stored`` where they come from a run."""

    task: str
    judge: str
    gold: str
    own: Policies
    revision: str
    measured: Callable[..., list[Agreement]]
    ratings: Callable[[], Ratings]
    judged: Callable[[Policies], Judged]
    stored: StoredRun | None = None
    #: Whether every item has one judgment, so that an order policy would change nothing.
    one_each: bool = False
    #: Whether the subsets are criteria, of which nobody asked for an average.
    criteria: bool = False
    #: The table's judge as a run.
    tabled: Callable[[], TableRun] | None = None
    #: The table as a task, for the texts of its items; DataError or UsageError where it has none.
    texts: Callable[[], Task] | None = None

    @property
    def folder(self) -> Path | None:
        """The folder of runs that its run is in; None for a table, and for runs that are at a URL."""
        from judgebench.store.remote import spools  # noqa: PLC0415 - loaded on use

        if self.stored is None:
            return None
        parent = self.stored.path.parent
        return None if parent.parent == spools() else parent

    def policies(self, chosen: Sequence[str]) -> Policies:
        """Apply policies to the source's own; UsageError where one could change nothing in a table."""
        found = self.own.override(chosen)
        orders = [one for one in chosen if one.partition("=")[0].strip() == "order"]
        if self.one_each and orders and found.order != "single":
            raise UsageError(
                f"{argument('policy')} {orders[-1]} is about several judgments of an item, and each has one here: "
                f"{argument('order')}, {argument('second_order')} or {argument('combine')} each say where others are"
            )
        return found

    def measure(
        self, policy: Sequence[str], *, by_system: bool, verify: bool, interval: IntervalMethod = "default"
    ) -> list[Agreement]:
        """Measure under the task's policies and those of the command line."""
        chosen = self.policies(policy)
        doing(f"measuring {self.judge} on {self.task}")
        return self.measured(policies=chosen, by_system=by_system, metrics=self.known, interval=interval, verify=verify)

    def as_run(self) -> StoredRun | TableRun:
        """Give the run behind it; a judge of a table as one."""
        if self.stored is not None:
            return self.stored
        if self.tabled is None:
            raise UsageError(f"{self.judge} on {self.task} is not a run")
        return self.tabled()

    def samples(self) -> Ratings | None:
        """Give the verdicts of which a run's own were made, where its judge was asked for several; else None."""
        from judgebench.agreement.ratings import from_verdicts, of_samples  # noqa: PLC0415 - loaded on use

        if self.stored is None or "samples" not in self.stored.run.settings:
            return None
        return from_verdicts(of_samples(self.stored.verdicts()), self.stored.run.scale)

    @property
    def known(self) -> dict[str, Metric]:
        """The metrics that there are."""
        from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use

        return metrics()


def is_given(source: Any) -> bool:
    """Say whether there is a source at all; a DataFrame has no truth value."""
    return bool(source) if isinstance(source, Given) else source is not None


def unlabelled(source: Source) -> str:
    """Say why nothing can be measured of a run whose items have no label yet; empty where some have one."""
    stored = source.stored
    if stored is None or any(code is not None for one in stored.judgments() for _, code in one.gold):
        return ""
    judge, place = source.judge, stored.path
    files = stored.run.place.get("files", [source.task] if not stored.run.place else [])
    page = f"Label some (`judgebench view {place.parent} --task {files[0]}`), or give" if files else "Give"
    return (
        f"{judge} has judged {source.task}, and nothing can be measured yet: no item has a label. {page} a table of "
        f"labels: `judgebench score {place} --labels FILE`"
    )


def by_name(tables: Sequence[Source]) -> dict[Name, Source]:
    """Name what is behind the rows of a leaderboard; two runs of one name can't be told apart by their rows."""
    names = [(table.task, table.judge, table.revision) for table in tables]
    return {name: table for name, table in zip(names, tables, strict=True) if names.count(name) == 1}


def judgments(tables: Sequence[Source]) -> dict[Name, Callable[[Policies], Judged]]:
    """Give the judgments behind the rows of a leaderboard."""
    return {name: table.judged for name, table in by_name(tables).items()}


def _named(sources: Sequence[Source]) -> str:
    """Name judges, by task."""
    judges: dict[str, list[str]] = {}
    for one in sources:
        judges.setdefault(one.task, []).append(one.judge)
    return ", ".join(f"{listed(names)} on {task}" for task, names in judges.items())


def try_each(
    sources: Sequence[Source], measure: Callable[[Source], T], errors: tuple[type[E], ...]
) -> tuple[list[T], list[tuple[Source, E]]]:
    """Measure each source; give what was measured, and which were not for one of ``errors``.

    Where none could be, the first error is raised; its notes name the others.
    """
    found: list[T] = []
    left: list[tuple[Source, E]] = []
    for one in sources:
        try:
            found.append(measure(one))
        except errors as error:
            left.append((one, error))
    if found or not left:
        return found, left
    first = left[0][1]
    for text in _left_out(left, str(first)) if len(left) > 1 else ():
        first.add_note(text)
    raise first


def each_fit(
    sources: Sequence[Source],
    measure: Callable[[Source], T],
    errors: tuple[type[JudgebenchError], ...] = (DataError, UsageError),
    *,
    tell: Callable[[str], None],
) -> list[T]:
    """Measure what can be measured, as `try_each`; the rest is left out, aloud, as it must not hide the others."""
    found, left = try_each(sources, measure, errors)
    for text in _left_out(left):
        tell(text)
    return found


def _left_out(left: Sequence[tuple[Source, JudgebenchError]], raised: str = "") -> list[str]:
    """Say what is left out, a line for each reason; one that is raised says why itself."""
    reasons: dict[str, list[Source]] = {}
    for one, error in left:
        reasons.setdefault(str(error), []).append(one)
    return [f"left out {_named(those)}{'' if why == raised else f': {why}'}" for why, those in reasons.items()]

"""Runs as what is measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judgebench.api.labelling import labelled_runs
from judgebench.api.source import Given, Source, silent
from judgebench.domain import names_of
from judgebench.errors import DataError, UsageError, a_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from judgebench.agreement.matching import Judged
    from judgebench.domain import Agreement, Policies, Ratings, Run
    from judgebench.labels.annotations import Labels
    from judgebench.store.runs import StoredRun


def run_paths(source: Any) -> Sequence[Path]:
    """Give the folders of runs, as they were named; of scores those of the runs that were asked for them."""
    from judgebench.report.scores import Scores  # noqa: PLC0415 - loaded on use

    if isinstance(source, Given):
        return source.runs
    if isinstance(source, Scores):
        if not source.asked:
            raise UsageError("these scores come from no run that was asked: give the folder or table they were made of")
        return [one.path for one in source.asked]
    if isinstance(source, (str, Path)):
        return [Path(source)]
    paths = list(source) if isinstance(source, (Sequence, AbstractSet, Iterator)) else []
    if wrong := [one for one in paths if not isinstance(one, (str, Path))]:
        raise UsageError(f"{a_type(source)} of {type(wrong[0]).__name__} can't be scored: {_GIVE}")
    if not paths:
        raise UsageError(f"{a_type(source)} can't be scored: {_GIVE}")
    return [Path(one) for one in paths]


_GIVE = "give folders of runs, a label file or a DataFrame with the names of its judge= and gold= columns"


def stored_sources(
    paths: Sequence[Path],
    *,
    labels: Mapping[str, Labels] | None = None,
    tell: Callable[[str], None] = silent,
    tasks: str | Sequence[str] = (),
    readings: bool = False,
    changed: bool = False,
    unheard: Callable[[StoredRun], None] | None = None,
) -> list[Source]:
    """Open runs, with ``labels`` as their gold where given; those without a verdict yet are left out, aloud.

    With ``tasks``, names or files, only theirs; with ``readings`` by both parsers of a judge card, where they differ;
    with ``changed`` also the runs that a folder has of items that a probe changed.
    """
    from judgebench.store.readings import also_read  # noqa: PLC0415 - loaded on use

    judged = begun(of_tasks(found_runs(paths, tell, changed=changed), tasks), tell, unheard)
    # Labels of one's own are joined with what a run says by itself.
    judged = list(also_read(judged)) if readings and labels is None else judged
    return run_sources(judged if labels is None else labelled_runs(judged, labels, tell))


def begun(
    runs: Sequence[StoredRun], tell: Callable[[str], None], unheard: Callable[[StoredRun], None] | None = None
) -> list[StoredRun]:
    """Leave out runs without a verdict yet, aloud, or as ``unheard`` has it; DataError where none has one.

    A judge that had no key must not keep the others from being measured.
    """
    found: list[StoredRun] = []
    started: list[StoredRun] = []
    for stored in runs:
        try:
            (started if stored.empty else found).append(stored)
        except DataError:
            # Whoever reads it says what is wrong with it.
            found.append(stored)
    if not found:
        raise DataError("nothing is judged here yet", file=str(runs[0].path), hint="run it again; it resumes")
    for stored in started:
        if unheard is None:
            tell(f"left out {stored.path}: nothing is judged there yet; the same run command resumes it")
        else:
            unheard(stored)
    return found


def found_runs(paths: Sequence[Path], tell: Callable[[str], None], *, changed: bool = False) -> list[StoredRun]:
    """Read the runs of some folders, one for each judge in the same conditions; what is left out is told.

    A copy of a run is not another run, and of whole runs that differ in how often was asked the longest counts. Runs of
    items that a probe changed say nothing about how well a judge judges: without ``changed`` they are read only where
    they were given themselves, or where there is nothing else.
    """
    from judgebench.store.remote import fetched  # noqa: PLC0415 - loaded on use
    from judgebench.store.runs import distinct, find_runs  # noqa: PLC0415 - loaded on use

    found: list[StoredRun] = []
    for path in map(fetched, paths):
        kept, copies = distinct(find_runs(path))
        judging = [stored for stored in kept if not stored.run.answering]
        if not changed:
            judging = _as_they_are(path, judging, tell)
        found += judging
        for copy, original in copies.items():
            tell(f"left out {copy}: the same run as {original.name}, copied")
    if not found:
        raise DataError("here are only judges' own answers: nothing is judged", file=", ".join(map(str, paths)))
    found = _declared(found, tell)
    if unsealed := [stored.path for stored in found if not stored.sealed]:
        what = f"{unsealed[0]} is" if len(unsealed) == 1 else f"{len(unsealed)} of {len(found)} runs are"
        tell(f"{what} unsealed: an older version wrote this, and edits of it go unseen (judgebench verify --reseal)")
    return found


def _declared(runs: list[StoredRun], tell: Callable[[str], None]) -> list[StoredRun]:
    """Leave out, aloud, a run that was asked for again only to say who gave its labels: the other one says it."""
    silent = [one for one in runs if one.run.gold_source == "unspecified" and one.run.place]
    said = {_unread(one.run): one for one in runs if silent and one.run.gold_source != "unspecified"}
    again = set[Path]()
    for one in silent:
        other = said.get(_unread(one.run))
        if other is not None and all(a == b for a, b in zip_longest(_labelled(one), _labelled(other))):
            again.add(one.path)
            tell(f"left out {one.path}: the same as {other.path.name}, which says who gave the labels")
    return [one for one in runs if one.path not in again]


def _unread(run: Run) -> tuple[str, Policies]:
    """Name a run whatever was said of its table's columns, which the revision holds; its content stays."""
    return replace(run, revision="").identity, run.policies


def _labelled(stored: StoredRun) -> Iterator[tuple[object, ...]]:
    return ((one.item, one.gold, one.subset, one.cluster) for one in stored.judgments())


def _as_they_are(folder: Path, runs: list[StoredRun], tell: Callable[[str], None]) -> list[StoredRun]:
    """Leave out a folder's runs of changed items, and those whose answers a longer run of the same judge has."""
    plain = [stored for stored in runs if not stored.run.probe or stored.path == folder]
    if not plain:
        # Nothing but `run --probe`: each name says what was changed.
        return runs
    if left := len(runs) - len(plain):
        what = "1 run" if left == 1 else f"{left} runs"
        tell(f"left out {what} of changed items: `judgebench probe {folder}` measures what the changes do")
    once = [replace(one.run, repeats=1).identity for one in plain]
    longest: dict[str, int] = {}
    for one, name in zip(plain, once, strict=True):
        if one.complete:
            longest[name] = max(one.run.repeats, longest.get(name, 1))
    return [one for one, name in zip(plain, once, strict=True) if one.run.repeats >= longest.get(name, 1)]


def of_tasks(runs: Sequence[StoredRun], tasks: str | Sequence[str]) -> list[StoredRun]:
    """Keep the runs of some tasks, named or written as places; all of them where none is."""
    from judgebench.catalog import task_name  # noqa: PLC0415 - loaded on use

    names = [task_name(one) for one in ([tasks] if isinstance(tasks, str) else tasks)]
    known = sorted({stored.run.task for stored in runs})
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"no run here is about {', '.join(unknown)}; there are runs about {', '.join(known)}")
    return [stored for stored in runs if not names or stored.run.task in names]


def run_sources(runs: Iterable[StoredRun]) -> list[Source]:
    """Open runs that hold verdicts and are shown together: their judges' names say in what they differ."""
    found = list(runs)
    return [run_source(one, name) for one, name in zip(found, names_of([one.run for one in found]), strict=True)]


def run_source(stored: StoredRun, name: str = "") -> Source:
    """Open one run that holds verdicts; ``name`` is the judge's, where it says more than that."""
    from judgebench.agreement.measure import measure_beside  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.ratings import from_verdicts  # noqa: PLC0415 - loaded on use
    from judgebench.store.labelled import LabelledRun  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.base import with_official  # noqa: PLC0415 - loaded on use

    run, judge = stored.run, name or stored.run.judge

    def measured(**how: Any) -> list[Agreement]:
        rows = measure_beside(run, stored.judgments, **how)
        # A benchmark's own figures are about its own gold.
        rows = rows if isinstance(stored, LabelledRun) else with_official(rows, run, stored.judgments)
        return [replace(row, judge=judge) for row in rows]

    def ratings() -> Ratings:
        return from_verdicts(stored.judgments(), run.scale)

    def judged(policies: Policies) -> Judged:
        from judgebench.agreement.matching import judged_run  # noqa: PLC0415 - loaded on use

        return judged_run(run, stored.judgments(), policies, judge=judge, counted=True)

    return Source(
        run.task,
        judge,
        run.gold_source,
        run.policies,
        run.revision,
        measured,
        ratings,
        judged,
        stored,
        criteria=run.criteria,
    )

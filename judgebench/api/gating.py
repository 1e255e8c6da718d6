"""Holding a stored run against its baseline, from their paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from judgebench.agreement.compare.standings import verify_matched
from judgebench.agreement.gate.decision import gate
from judgebench.api.sources import silent, stored_sources
from judgebench.catalog import metrics
from judgebench.errors import DataError, UsageError
from judgebench.report.gate.baseline import changes, is_baseline, read, record, write
from judgebench.report.gate.paired import check_same, pair, spent_of
from judgebench.store.remote import url_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from judgebench.agreement.gate.decision import Gate, Limits, Rules
    from judgebench.api.sources import Source
    from judgebench.domain import Agreement
    from judgebench.report.gate.baseline import Baseline
    from judgebench.store.runs import StoredRun


@dataclass(frozen=True, slots=True)
class Held:
    """A decision, and the run measured as `score` does for what stands beside kappa."""

    gate: Gate
    beside: Agreement


def hold(
    run: Path,
    against: Path,
    *,
    policy: Sequence[str] = (),
    figures: Sequence[str] = (),
    subsets: Sequence[str] = (),
    rules: Rules | None = None,
    limits: Limits | None = None,
    verify: bool = False,
    tell: Callable[[str], None] = silent,
) -> Held:
    """Decide whether a stored run got worse than a baseline.

    Parameters
    ----------
    run : Path
        Folder or URL of one run.
    against : Path
        A baseline file, or the folder or URL of another run.
    policy : sequence of str, optional
        Conventions to override, ``name=value``.
    figures, subsets, rules, limits
        As `judgebench.agreement.gate.decision.gate` takes them.
    verify : bool, optional
        Whether to recompute the figures with other libraries.
    tell : callable, optional
        Told what a person should know.

    Raises
    ------
    UsageError
        If there is no baseline, or not one run, or a rule makes no sense.
    DataError
        If run and baseline are not about the same, or either can't be read.
    IncompleteError
        If either run is not finished.
    MismatchError
        If another library computes another figure.
    """
    source, stored = _one(run, tell)
    policies = source.own.override(policy)
    own = record(stored.run, stored.judgments(), policies)
    before, renewal = _baseline(against, run, policy, tell)
    check_same(before, own, str(against), renew=renewal)
    matched = pair(before, stored.run, stored.judgments, policies)
    known = metrics()
    if verify:
        verify_matched(matched, figures, known)
    found = gate(
        matched,
        figures,
        subsets=subsets,
        rules=rules,
        limits=limits,
        spent=(spent_of(before), spent_of(own)),
        known=known,
    )
    return Held(found, source.measure(policy, by_system=False, verify=False)[0])


def renew(run: Path, file: Path, *, policy: Sequence[str] = (), tell: Callable[[str], None] = silent) -> Sequence[str]:
    """Make a baseline file from a stored run, or renew it.

    Parameters
    ----------
    run : Path
        Folder or URL of one run.
    file : Path
        The file.
    policy : sequence of str, optional
        Conventions to override, ``name=value``.
    tell : callable, optional
        Told what a person should know.

    Returns
    -------
    sequence of str
        What changed.

    Raises
    ------
    UsageError
        If the file is something else than a baseline, or can't be written.
    DataError
        If the run holds no verdict, or the file can't be read.
    IncompleteError
        If the run is not finished.
    """
    if file.is_dir():
        raise UsageError(f"--update writes a baseline file, and {file} is a folder")
    source, stored = _one(run, tell)
    policies = source.own.override(policy)
    row = source.measure(policy, by_system=False, verify=False)[0]
    if not row.coverage:
        raise DataError(
            f"no case of {stored.path} holds a verdict", hint="a baseline needs answers; see judgebench show"
        )
    shown = dict.fromkeys(name for name in (row.headline, *row.companions) if name in row.metrics)
    figures = {"coverage": round(row.coverage, 6)} | {name: _brief(row, name) for name in shown}
    made = record(stored.run, stored.judgments(), policies, figures)
    old = _old(file, tell)
    write(made, file)
    return changes(old, made)


def _old(file: Path, tell: Callable[[str], None]) -> Baseline | None:
    """Read the baseline that is written over; None where there is none, or none that can be used."""
    if not file.exists():
        return None
    if not is_baseline(file):
        raise UsageError(f"{file} is no baseline, so it is not written over; delete it, or name another file")
    try:
        return read(file)
    except DataError as error:
        tell(f"judgebench: {error}")
        return None


def _brief(row: Agreement, name: str) -> list[float | None]:
    one = row.metrics[name]
    return [None if value is None else round(value, 6) for value in (one.value, one.low, one.high)]


def _one(path: Path, tell: Callable[[str], None]) -> tuple[Source, StoredRun]:
    found = [(source, source.stored) for source in stored_sources([path], tell=tell)]
    source, stored = found[0]
    if len(found) > 1 or stored is None:
        names = ", ".join(run.path.name for _, run in found[:3] if run is not None)
        raise UsageError(f"{path} holds {len(found)} runs ({names} ...); a gate takes one")
    return source, stored


def _baseline(against: Path, run: Path, policy: Sequence[str], tell: Callable[[str], None]) -> tuple[Baseline, str]:
    """Read the baseline, and say how it is renewed."""
    if against.is_dir() or url_of(against) is not None:
        source, stored = _one(against, tell)
        return record(stored.run, stored.judgments(), source.own.override(policy)), "run both on the same data"
    again = f"where that is meant, `judgebench gate {run} --against {against} --update` renews the baseline"
    return read(against), again

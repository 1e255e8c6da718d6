"""``judgebench.gate``: may this run take the baseline's place? For CI."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from judgebench.api import notes
from judgebench.api.parameters import Option, policies_of, question
from judgebench.api.sources import stored_sources
from judgebench.api.tables import Names, Policy, Verify
from judgebench.errors import DataError, JudgebenchError, UsageError, VersionError, argument
from judgebench.report.gate.gate import Decision
from judgebench.report.gate.words import safe
from judgebench.report.words import unverified_words

if TYPE_CHECKING:
    from judgebench.agreement.gate.rules import Limits, Rules
    from judgebench.api.sources import Source
    from judgebench.domain import Agreement
    from judgebench.report.gate.baseline import Baseline
    from judgebench.store.runs import StoredRun


@question
def gate(
    run: Annotated[str | Path, Option("Folder (or URL) of one run.", metavar="RUN", read=Path)],
    *,
    against: Annotated[
        str | Path,
        Option("A baseline file, or the folder (or URL) of a run.", metavar="BASELINE", read=Path, kept="baseline"),
    ],
    update: Annotated[
        bool,
        Option("Make the baseline file from RUN, or renew it; decides nothing.", silent="decides nothing"),
    ] = False,
    metric: Annotated[
        Names,
        Option("A figure of agreement; by default the scale's headline; repeatable.", metavar="M", read=list[str]),
    ] = (),
    subset: Annotated[
        Names,
        Option("Also decide on this subset, or on 'all' of them; repeatable.", metavar="S", read=list[str]),
    ] = (),
    margin: Annotated[float, Option("A drop in agreement that would be too much.")] = 0.05,
    alpha: Annotated[float, Option("One-sided level of every bound.")] = 0.05,
    strict: Annotated[bool, Option("Fail any drop that is sure, also one surely below the margin.")] = False,
    min_effect: Annotated[float, Option("Smallest drop seen that may fail.")] = 0.0,
    max_coverage_drop: Annotated[float | None, Option("Drop in coverage allowed, e.g. .02.", metavar="SHARE")] = None,
    max_flip_increase: Annotated[
        float | None, Option("Rise allowed in the share of items that flip with the order.", metavar="SHARE")
    ] = None,
    max_cost_increase: Annotated[
        float | None, Option("Rise allowed in the cost of a judgment: .1 is a tenth.", metavar="PART")
    ] = None,
    max_latency_increase: Annotated[
        float | None, Option("Rise allowed in latency: .1 is a tenth.", metavar="PART")
    ] = None,
    policy: Policy = (),
    verify: Verify = False,
) -> Decision | None:
    """Decide whether a run got worse than a baseline: exit 0 it did not, 1 it did, 6 too few items to tell.

    Paired on the same items, clustered by question, one-sided; deterministic; an improvement never fails. Exit code 3
    if run and baseline differ in task, revision, items, gold, scale or policies.
    """
    from judgebench.agreement.gate.rules import Limits, Rules  # noqa: PLC0415 - loaded on use

    rules = Rules(margin, alpha, strict, min_effect)
    limits = Limits(max_coverage_drop, max_flip_increase, max_cost_increase, max_latency_increase)
    run, against, policies = Path(run), Path(against), policies_of(policy)
    try:
        if update:
            _renew(run, against, policies)
            return None
        return _hold(run, against, policies, _names(metric), _names(subset), rules, limits, verify=verify)
    except JudgebenchError as error:
        # Errors name items, and a CI system reads its log for commands.
        error.args = (safe(str(error)),)
        raise


def _names(given: Names) -> list[str]:
    return [given] if isinstance(given, str) else list(given or ())


def _tell(text: str) -> None:
    # What is told names judges, files and words of a file, too.
    notes.tell(safe(text))


def _hold(
    run: Path,
    against: Path,
    policy: list[str],
    figures: list[str],
    subsets: list[str],
    rules: Rules,
    limits: Limits,
    *,
    verify: bool,
) -> Decision:
    """Compare a stored run with a baseline; DataError where they are not about the same data."""
    from judgebench.agreement.compare.standings import verify_matched  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.gate.decision import gate as decide  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use
    from judgebench.report.gate.baseline import record  # noqa: PLC0415 - loaded on use
    from judgebench.report.gate.paired import check_same, pair, spent_of  # noqa: PLC0415 - loaded on use

    source, stored = _one(run)
    policies = source.policies(policy)
    own = record(stored.run, stored.judgments(), policies)
    before, renewal = _baseline(against, run, policy)
    check_same(before, own, str(against), renew=renewal)
    matched = pair(before, stored.run, stored.judgments, policies)
    known = metrics()
    if verify and (alone := verify_matched(matched, figures, known)):
        _tell(unverified_words(alone))
    spent = spent_of(before), spent_of(own)
    found = decide(matched, figures, subsets=subsets, rules=rules, limits=limits, spent=spent, known=known)
    return Decision(found, source.measure(policy, by_system=False, verify=False)[0])


def _renew(run: Path, file: Path, policy: list[str]) -> None:
    """Make a baseline file from a stored run, or renew it, and tell what changed."""
    from judgebench.report.gate.baseline import changes, record, write  # noqa: PLC0415 - loaded on use

    if file.is_dir():
        raise UsageError(f"{argument('update')} writes a baseline file, and {file} is a folder")
    source, stored = _one(run)
    row = source.measure(policy, by_system=False, verify=False)[0]
    if not row.coverage:
        raise DataError(
            f"no case of {stored.path} holds a verdict", hint="a baseline needs answers; see judgebench show"
        )
    shown = dict.fromkeys(name for name in (row.headline, *row.companions) if name in row.metrics)
    figures = {"coverage": round(row.coverage, 6)} | {name: _brief(row, name) for name in shown}
    made = record(stored.run, stored.judgments(), source.policies(policy), figures)
    old = _old(file)
    write(made, file)
    for text in (*changes(old, made), f"wrote {file}"):
        _tell(text)


def _old(file: Path) -> Baseline | None:
    """Read the baseline that is written over; None where there is none, or none that can be used."""
    from judgebench.report.gate.baseline import is_baseline, read  # noqa: PLC0415 - loaded on use

    if not file.exists():
        return None
    if not is_baseline(file):
        raise UsageError(f"{file} is not a baseline and is not overwritten; delete it, or name another file")
    try:
        return read(file)
    except VersionError:
        raise
    except DataError as error:
        _tell(f"judgebench: {error}")
        return None


def _brief(row: Agreement, name: str) -> list[float | None]:
    one = row.metrics[name]
    return [None if value is None else round(value, 6) for value in (one.value, one.low, one.high)]


def _one(path: Path) -> tuple[Source, StoredRun]:
    found = [(source, source.stored) for source in stored_sources([path], tell=_tell)]
    source, stored = found[0]
    if len(found) > 1 or stored is None:
        names = ", ".join(run.path.name for _, run in found[:3] if run is not None)
        raise UsageError(f"{path} holds {len(found)} runs ({names} ...); a gate takes one")
    return source, stored


def _baseline(against: Path, run: Path, policy: list[str]) -> tuple[Baseline, str]:
    """Read the baseline, and say how it is renewed."""
    from judgebench.report.gate.baseline import read, record  # noqa: PLC0415 - loaded on use
    from judgebench.store.remote import url_of  # noqa: PLC0415 - loaded on use

    if against.is_dir() or url_of(against) is not None:
        source, stored = _one(against)
        return record(stored.run, stored.judgments(), source.policies(policy)), "run both on the same data"
    again = f"if that is intended, `judgebench gate {run} --against {against} --update` renews the baseline"
    return read(against), again

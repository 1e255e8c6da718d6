"""``judgebench.gate``: may this run take the baseline's place? For CI."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Unpack

from judgebench.api import notes
from judgebench.api.columns import Columns
from judgebench.api.labelling import open_labels, said_of_labels
from judgebench.api.parameters import Option, policies_of, question
from judgebench.api.source import Given
from judgebench.api.sources import open_sources
from judgebench.api.tables import LabelsMode, Names, OnlyTasks, OwnLabels, Policy, RowsAndScores, Verify
from judgebench.errors import DataError, JudgebenchError, UsageError, VersionError, argument
from judgebench.report.gate.gate import Decision
from judgebench.report.gate.words import safe
from judgebench.report.words import unverified_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.agreement.gate.rules import Limits, Rules
    from judgebench.api.source import Source
    from judgebench.domain import Agreement
    from judgebench.labels.annotations import Labels
    from judgebench.labels.as_run import TableRun
    from judgebench.report.gate.baseline import Baseline
    from judgebench.store.runs import StoredRun


@question
def gate(
    run: Annotated[Any, Option("Folder (or URL) of one run.", metavar="[RUN]", read=Path, csv=True)] = None,
    *,
    against: Annotated[
        str | Path,
        Option(
            "A baseline file, the folder (or URL) of a run, or a table with the columns of --csv.",
            metavar="BASELINE",
            read=Path,
            kept="baseline",
        ),
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
        Option(
            "Also decide on this subset, or on 'all' of them; with criteria, on these alone; repeatable.",
            metavar="S",
            read=list[str],
        ),
    ] = (),
    margin: Annotated[float, Option("A drop in agreement that would be too much.")] = 0.05,
    alpha: Annotated[float, Option("One-sided level of every bound.")] = 0.05,
    strict: Annotated[bool, Option("Fail any clear drop, also one that is clearly below the margin.")] = False,
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
    task: OnlyTasks = (),
    labels: OwnLabels = (),
    labels_mode: LabelsMode = None,
    policy: Policy = (),
    verify: Verify = False,
    **table: Unpack[RowsAndScores],
) -> Decision | None:
    """Pass or fail a run against a baseline: exit 0, 1, or 6 for too few items.

    Paired on the same items, clustered by question, one-sided; deterministic; an improvement never fails. Exit code 3
    if run and baseline differ in task, revision, items, gold, scale or policies.
    """
    from judgebench.agreement.gate.rules import Limits, Rules  # noqa: PLC0415 - loaded on use

    rules = Rules(margin, alpha, strict, min_effect)
    limits = Limits(max_coverage_drop, max_flip_increase, max_cost_increase, max_latency_increase)
    against, policies = Path(against), policies_of(policy)
    beside, said = open_labels(labels, labels_mode, table), said_of_labels(labels, labels_mode, table)
    asked = Asked(run, table, task, beside, said)
    try:
        if update:
            _renew(asked, against, policies)
            return None
        return _hold(asked, against, policies, _names(metric), _names(subset), rules, limits, verify=verify)
    except JudgebenchError as error:
        # Errors name items, and a CI system reads its log for commands.
        error.args = (safe(str(error)),)
        raise


class Asked(NamedTuple):
    """What is held against the baseline: a run, or one judge of a table and what was said of it.

    ``labels`` are one's own, by task, and ``said`` the options that give them again; None where these can't be written.
    """

    run: Any
    table: RowsAndScores
    tasks: str | Sequence[str] = ()
    labels: Mapping[str, Labels] | None = None
    said: tuple[str, ...] | None = ()

    def __str__(self) -> str:
        """Name it as a person did."""
        if not isinstance(self.run, Given):
            return str(self.run)
        return " ".join(map(str, self.run.runs)) or " ".join(f"--csv {path}" for path in self.run.csv)

    def opened(self) -> tuple[Source, StoredRun | TableRun]:
        """Open it."""
        found = open_sources(self.run, self.table, labels=self.labels, tell=_tell, tasks=self.tasks)
        if len(found) > 1:
            names = ", ".join(one.judge if one.stored is None else str(one.stored.path) for one in found[:3])
            what = "judges" if found[0].stored is None else "runs"
            more = " ..." if len(found) > 3 else ""
            raise UsageError(f"{self} holds {len(found)} {what}; a gate takes one: {names}{more}")
        if found[0].stored is None and not (self.table.get("id") or self.table.get("long")):
            raise UsageError(f"a gate pairs items by their ids: name that column with {argument('id')}")
        return found[0], found[0].as_run()


def _names(given: Names) -> list[str]:
    return [given] if isinstance(given, str) else list(given or ())


def _tell(text: str) -> None:
    # What is told names judges, files and words of a file, too.
    notes.tell(safe(text))


def _hold(
    asked: Asked,
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
    from judgebench.agreement.gate.decision import gate as decide  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.witness.comparisons import verify_matched  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use
    from judgebench.report.gate.baseline import record  # noqa: PLC0415 - loaded on use
    from judgebench.report.gate.paired import check_same, pair, spent_of  # noqa: PLC0415 - loaded on use
    from judgebench.report.versions import versions_of  # noqa: PLC0415 - loaded on use

    source, stored = asked.opened()
    policies = source.policies(policy)
    own = record(stored.run, stored.judgments(), policies)
    before, renewal = _baseline(against, asked, policy)
    check_same(before, own, str(against), renew=renewal)
    matched = pair(before, stored.run, stored.judgments, policies)
    known = metrics()
    if verify and (alone := verify_matched(matched, figures, known)):
        _tell(unverified_words(alone))
    spent = spent_of(before), spent_of(own)
    found = decide(
        matched,
        figures,
        subsets=subsets,
        rules=rules,
        limits=limits,
        spent=spent,
        known=known,
        criteria=source.criteria,
    )
    decided = {line.subset for line in found.lines}
    return Decision(
        found,
        tuple(row for row in _beside(source, policy) if not source.criteria or row.subset in decided),
        versions_of(before, own),
        _compare(asked, source, against),
    )


def _compare(asked: Asked, source: Source, against: Path) -> str:
    """Give the command that shows the items behind the decision; none for a table, whose columns it would need."""
    if source.stored is None or asked.said is None or not notes.on_command_line():
        return ""
    return shlex.join(("judgebench", "compare", str(asked), str(against), *asked.said))


def _beside(source: Source, policy: list[str]) -> list[Agreement]:
    """Measure a run as `score` does: the row of all items, or one for each criterion."""
    rows = source.measure(policy, by_system=False, verify=False)
    return [row for row in rows if row.subset != "all"] if source.criteria else rows[:1]


def _renew(asked: Asked, file: Path, policy: list[str]) -> None:
    """Make a baseline file from a stored run, or renew it, and tell what changed."""
    from judgebench.report.gate.baseline import changes, record, write  # noqa: PLC0415 - loaded on use

    if file.is_dir():
        raise UsageError(f"{argument('update')} writes a baseline file, and {file} is a folder")
    source, stored = asked.opened()
    rows = _beside(source, policy)
    if not any(row.coverage for row in rows):
        raise DataError(
            f"no case of {stored.path} holds a verdict",
            hint="a baseline needs answers: the same `judgebench run` command asks again",
        )
    figures = {
        f"{row.subset}: {name}" if source.criteria else name: value
        for row in rows
        for name, value in _figures(row).items()
    }
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


def _figures(row: Agreement) -> dict[str, Any]:
    shown = dict.fromkeys(name for name in (row.headline, *row.companions) if name in row.metrics)
    return {"coverage": round(row.coverage, 6)} | {name: _brief(row, name) for name in shown}


def _brief(row: Agreement, name: str) -> list[float | None]:
    one = row.metrics[name]
    return [None if value is None else round(value, 6) for value in (one.value, one.low, one.high)]


def baseline_at(file: Path) -> bool:
    """Whether a file is a baseline."""
    from judgebench.report.gate.baseline import is_baseline  # noqa: PLC0415 - loaded on use

    try:
        return is_baseline(file)
    except DataError:
        return False


def _baseline(against: Path, asked: Asked, policy: list[str]) -> tuple[Baseline, str]:
    """Read the baseline, and say how it is renewed."""
    from judgebench.report.gate.baseline import read, record  # noqa: PLC0415 - loaded on use
    from judgebench.store.remote import url_of  # noqa: PLC0415 - loaded on use

    other = None
    if Columns.of(asked.table).options and against.is_file() and not baseline_at(against):
        other = asked._replace(run=Given((), [against]))
    elif against.is_dir() or url_of(against) is not None:
        other = Asked(against, {}, labels=asked.labels)
    if other is not None:
        source, stored = other.opened()
        return record(stored.run, stored.judgments(), source.policies(policy)), "judge the same data twice"
    words = "".join(f" {shlex.quote(one)}" for one in asked.said or ())
    again = f"if that is intended, `judgebench gate {asked} --against {against}{words} --update` renews the baseline"
    return read(against), again

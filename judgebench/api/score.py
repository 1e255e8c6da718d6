"""``judgebench.score``, ``sensitivity`` and ``bounds``: measure what is there; never ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias, Unpack

from judgebench.api.labelling import open_labels, said_of_labels
from judgebench.api.notes import kept, tell
from judgebench.api.parameters import Option, policies_of, question, text
from judgebench.api.source import each_fit, unlabelled
from judgebench.api.sources import open_sources
from judgebench.api.tables import BySystem, LabelsAndScores, LabelsMode, OwnLabels, Policy, Source, Verify
from judgebench.api.validations import Standings
from judgebench.errors import UnscoredError, UsageError, argument
from judgebench.report.bounds import Bounds, JudgeBounds
from judgebench.report.briefs.consistency import JudgePair, JudgeVerdicts, SystemWins
from judgebench.report.consistency import Consistencies
from judgebench.report.scores import Scores
from judgebench.report.sensitivity import Sensitivity, Variant

if TYPE_CHECKING:
    from judgebench.api.source import Source as Opened
    from judgebench.domain import Agreement

Interval: TypeAlias = Literal["default", "cr1", "clopper-pearson", "bca", "bootstrap", "jackknife", "two-way"]


@question
def score(
    source: Source = None,
    *,
    labels: OwnLabels = (),
    labels_mode: LabelsMode = None,
    name: str = "DataFrame",
    policy: Policy = (),
    by_system: BySystem = False,
    interval: Annotated[
        Interval, Option("How intervals are made; two-way: clustered by question and by system.")
    ] = "default",
    verify: Verify = False,
    **table: Unpack[LabelsAndScores],
) -> Scores:
    """Measure stored runs again, or a table of your own labels.

    Every judge has a row for all items and one per subset.
    """
    notes: list[str] = []
    say = kept(notes)
    text("name", name)
    beside = open_labels(labels, labels_mode, table)
    tables = open_sources(source, table, labels=beside, name=name, tell=say, readings=True)
    chosen = policies_of(policy)
    unmeasured = [unlabelled(one) for one in tables]

    def scored(one: Opened) -> list[Agreement]:
        rows = one.measure(chosen, by_system=by_system, verify=verify, interval=interval)
        # Nobody asked for an average of criteria.
        return [row for row in rows if not one.criteria or row.subset != "all"]

    labelled = [one for one, why in zip(tables, unmeasured, strict=True) if not why]
    rows = [row for found in each_fit(labelled, scored, (UnscoredError,), tell=say) for row in found]
    standings = Standings()
    asked = [(one.stored, one.judge) for one in tables if one.stored is not None]
    for told in dict.fromkeys(said for one in asked for said in standings.told(*one, always=False)):
        say(told)
    if by_system and rows and not any(row.subset.startswith("system:") for row in rows):
        say(f"{argument('by_system')}: nothing says which system was judged ({argument('system')})")
    again = said_of_labels(labels, labels_mode, table)
    return Scores(tuple(rows), tuple(notes), (), tuple(tables), tuple(filter(None, unmeasured)), again)


@question
def sensitivity(
    source: Source = None,
    *,
    labels: OwnLabels = (),
    labels_mode: LabelsMode = None,
    policy: Policy = (),
    **table: Unpack[LabelsAndScores],
) -> Sensitivity:
    """Show the headline under every convention, a line each."""
    from judgebench.agreement.context import sensitivity as combinations  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.policies import apply  # noqa: PLC0415 - loaded on use

    lines: list[Variant] = []
    for one in open_sources(source, table, labels=open_labels(labels, labels_mode, table), tell=tell):
        judged = one.judged(one.policies(policies_of(policy)))
        own = apply(judged.ratings, judged.policies).policies
        warnings = ("incomplete_run",) if judged.unfinished else ()
        lines += [
            Variant(one.task, one.judge, policies, rows, policies == own, metrics, warnings, one.revision)
            for policies, rows, metrics in combinations(judged.ratings)
        ]
    return Sensitivity(tuple(lines))


@question
def consistency(
    source: Source = None,
    *,
    by_system: BySystem = False,
    **table: Unpack[LabelsAndScores],
) -> Consistencies:
    """Show what verdicts say without gold: shares, both orders, asked again, judges against each other, win rates."""
    from judgebench.agreement.consistency import between, standings  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.consistency import consistency as look  # noqa: PLC0415 - loaded on use

    opened = [(one, one.ratings()) for one in open_sources(source, table, unlabelled=True, tell=tell)]
    wanted = bool(by_system or table.get("system") or table.get("sides"))
    lines: list[JudgeVerdicts] = []
    systems: list[SystemWins] = []
    for one, ratings in opened:
        pairs = ratings.scale.kind == "pair"
        by = ("subset", "system") if wanted and not pairs else ("subset",)
        lines += [
            JudgeVerdicts(one.task, one.judge, one.revision, ratings.scale.spec, found)
            for found in look(ratings, by=by, samples=one.samples())
            if not one.criteria or found.subset != "all"
        ]
        # A table knows its systems only if somebody said so.
        if pairs and (wanted or one.stored is None):
            systems += [SystemWins(one.task, one.judge, found) for found in standings(ratings, criteria=one.criteria)]
    if wanted and not systems and not any(line.found.subset.startswith("system:") for line in lines):
        pairs = any(ratings.scale.kind == "pair" for _, ratings in opened)
        if pairs and table.get("system"):
            raise UsageError(
                f"a pair is about two systems, and {argument('system')} {table.get('system')!r} names one: say "
                f"{argument('sides')} with both columns, or give a column of `first vs second`"
            )
        named = argument("sides" if pairs else "system")
        tell(f"{argument('by_system')}: nothing says which system was judged ({named})")
    judged = [one.judged(one.own) for one, _ in opened]
    beside = tuple(JudgePair(one.task, found) for one, found in between(judged))
    return Consistencies(tuple(lines), beside, tuple(systems))


@question
def bounds(
    source: Source = None,
    *,
    labels: OwnLabels = (),
    labels_mode: LabelsMode = None,
    policy: Policy = (),
    **table: Unpack[LabelsAndScores],
) -> Bounds:
    """Show what missing answers could change: each figure at its worst and best, and accuracy on the surest answers."""
    from judgebench.agreement.bounds import missing  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.contrasts import default_metrics  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.policies import apply  # noqa: PLC0415 - loaded on use

    def bound(one: Opened) -> JudgeBounds:
        judged = one.judged(one.policies(policies_of(policy)))
        found = missing(judged.ratings, judged.policies)
        shown = default_metrics(apply(judged.ratings, found.policies))
        warnings = ("incomplete_run",) if judged.unfinished else ()
        return JudgeBounds(one.task, one.judge, found, shown, warnings, one.revision)

    opened = open_sources(source, table, labels=open_labels(labels, labels_mode, table), tell=tell)
    return Bounds(tuple(each_fit(opened, bound, (UnscoredError,), tell=tell)))

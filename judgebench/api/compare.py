"""``judgebench.compare``: judges on the same items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal, Unpack

from judgebench.api.labelling import open_labels
from judgebench.api.notes import tell
from judgebench.api.parameters import Option, policies_of, question
from judgebench.api.sources import open_sources
from judgebench.api.tables import BySystem, LabelsAndScores, LabelsMode, OnlyTasks, OwnLabels, Policy, Source, Verify
from judgebench.errors import UsageError, argument
from judgebench.report.compare import TwoJudges
from judgebench.report.standings import ManyJudges
from judgebench.report.versions import versions_of
from judgebench.report.words import unverified_words


@question
def compare(
    source: Source = None,
    *,
    task: OnlyTasks = (),
    labels: OwnLabels = (),
    labels_mode: LabelsMode = None,
    metric: Annotated[
        str | Sequence[str],
        Option("A metric; by default those that the scale calls for; repeatable.", metavar="M", read=list[str]),
    ] = (),
    by_system: BySystem = False,
    interval: Annotated[
        Literal["default", "cr1", "two-way"],
        Option("Cluster by question (cr1: all clusters alike, t), or two-way: by question and by system."),
    ] = "default",
    equivalent_within: Annotated[
        float | None,
        Option("A difference of the headline that doesn't matter: are the judges equivalent?", metavar="M"),
    ] = None,
    shared: Annotated[bool, Option("Compare on the items that all judges have, where some lack items.")] = False,
    items: Annotated[
        int | None, Option("List N items on which two judges differ; CSV: all of them.", metavar="N", least=1)
    ] = None,
    seed: Annotated[int, Option("Seed of the permutation tests and the bootstrap.", least=0)] = 0,
    fail_if_worse: Annotated[bool, Option("Exit 1 if the first judge surely agrees less than the second.")] = False,
    verify: Verify = False,
    policy: Policy = (),
    **table: Unpack[LabelsAndScores],
) -> TwoJudges | ManyJudges:
    """Say which judge is better on the same items, and whether that is sure."""
    from judgebench.agreement.compare.compare import compare as hold  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.compare.differing import differing  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.compare.standings import compare_all, verify_matched  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.matching import match  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use

    named = [metric] if isinstance(metric, str) else list(metric or ())
    policies = policies_of(policy)
    tasks = [task] if isinstance(task, str) else task
    opened = open_sources(source, table, labels=open_labels(labels, labels_mode, table), tasks=tasks)
    matched = match([one.judged(one.policies(policies)) for one in opened], shared=shared)
    if matched.left_out:
        tell(f"{matched.left_out:,} items that not all judges have are left out ({argument('shared')})")
    if verify and (alone := verify_matched(matched, named, metrics())):
        tell(unverified_words(alone))
    if any(one.criteria for one in opened):
        own = "each has a line of its own" if len(matched.judges) == 2 else f"{argument('where')} takes one of a table"
        tell(f"all is all criteria together; {own}")
    if len(matched.judges) > 2:
        two = {
            "items": items is not None,
            "fail_if_worse": fail_if_worse,
            "by_system": by_system,
            "interval": interval != "default",
            "equivalent_within": equivalent_within is not None,
        }
        if len(named) > 1 or any(two.values()):
            only = ", ".join(map(argument, two))
            raise UsageError(f"{only} and a second {argument('metric')} are for two judges")
        return ManyJudges(compare_all(matched, *named, known=metrics(), seed=seed))
    by = ("subset", "system") if by_system else ("subset",)
    found = hold(
        matched, named, known=metrics(), by=by, interval=interval, equivalent_within=equivalent_within, seed=seed
    )
    if fail_if_worse and found.directional:
        raise UsageError(f"{argument('fail_if_worse')}: more or less {found.headline} is neither better nor worse")
    sides = [one.stored.run for one in opened if one.stored is not None]
    versions = versions_of(*sides) if len(sides) == 2 else ((), ())
    found = replace(found, differing=tuple(differing(matched)), versions=versions)
    return TwoJudges(found, items, fail_if_worse)

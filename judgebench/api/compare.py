"""``judgebench.compare``: judges on the same items."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Unpack

from judgebench.api.gate import baseline_at
from judgebench.api.labelling import open_labels
from judgebench.api.notes import tell
from judgebench.api.parameters import Option, policies_of, question
from judgebench.api.source import Given, silent
from judgebench.api.sources import open_sources
from judgebench.api.tables import BySystem, LabelsAndScores, LabelsMode, OnlyTasks, OwnLabels, Policy, Source, Verify
from judgebench.api.texts import table_texts, task_behind
from judgebench.errors import UnknownNameError, UsageError, argument
from judgebench.report.briefs.compare import Asked
from judgebench.report.compare import TwoJudges
from judgebench.report.said import known_as, listed
from judgebench.report.standings import ManyJudges
from judgebench.report.versions import versions_of
from judgebench.report.words import unverified_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.agreement.compare.comparison import Comparison
    from judgebench.agreement.matching import Judged
    from judgebench.api.source import Source as Opened
    from judgebench.report.versions import Answered

#: So many characters of a question are shown.
_WORDS = 40
#: So many runs, or judges, are named in a message.
_NAMED = 10


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
    part: Annotated[str, Option("List the items of this part of the data (a subset) instead.", metavar="NAME")] = "",
    better: Annotated[bool, Option("List the items on which the first judge is right more often.")] = False,
    worse: Annotated[bool, Option("List the items on which it is right less often.")] = False,
    seed: Annotated[int, Option("Seed of the permutation tests and the bootstrap.", least=0)] = 0,
    fail_if_worse: Annotated[bool, Option("Exit 1 if the first judge clearly agrees less than the second.")] = False,
    verify: Verify = False,
    policy: Policy = (),
    **table: Unpack[LabelsAndScores],
) -> TwoJudges | ManyJudges:
    """Say which judge is better on the same items, and whether that is sure."""
    from judgebench.agreement.compare.compare import compare as hold  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.compare.differing import changed, differing  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.compare.standings import compare_all  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.matching import match  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.witness.comparisons import verify_matched  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use

    named = [metric] if isinstance(metric, str) else list(metric or ())
    policies = policies_of(policy)
    run, baseline = _with_baseline(source)
    opened = open_sources(run, table, labels=open_labels(labels, labels_mode, table), tasks=task)
    opened, judges = _comparable(opened, [one.judged(one.policies(policies)) for one in opened], shared=shared)
    judges, sides = _beside(baseline, opened, judges, policies)
    matched = match(judges, shared=shared)
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
            "part": bool(part),
            "better": better,
            "worse": worse,
            "fail_if_worse": fail_if_worse,
            "by_system": by_system,
            "interval": interval != "default",
            "equivalent_within": equivalent_within is not None,
        }
        if len(named) > 1 or any(two.values()):
            given = [name for name, is_given in two.items() if is_given] or ["metric"]
            runs = [str(one.stored.path) for one in opened if one.stored is not None]
            do = (
                f"name two RUN folders of {listed(runs, _NAMED)}"
                if len(runs) == len(opened)
                else f"name two of them with {argument('judge')}: {listed(matched.judges, _NAMED)}"
            )
            several = "a second " * (given == ["metric"]) + listed(list(map(argument, given)), len(given))
            raise UsageError(f"{several} {'is' if len(given) == 1 else 'are'} for two judges: {do}")
        return ManyJudges(compare_all(matched, *named, known=metrics(), seed=seed))
    by = ("subset", "system") if by_system else ("subset",)
    found = hold(
        matched, named, known=metrics(), by=by, interval=interval, equivalent_within=equivalent_within, seed=seed
    )
    if fail_if_worse and found.directional:
        raise UsageError(f"{argument('fail_if_worse')}: more or less {found.headline} is neither better nor worse")
    versions = versions_of(*sides) if len(sides) == 2 else ((), ())
    if better and worse:
        raise UsageError(f"{argument('better')} or {argument('worse')}: give one of them")
    asked = Asked(items, _known_part(part, found), "better" if better else "worse" if worse else "", named)
    rows = tuple(changed(list(differing(matched)), asked.part, asked.way))
    if asked.items:
        asked = asked._replace(texts=_texts(opened, {row.item for row in rows}))
    return TwoJudges(replace(found, differing=rows, versions=versions), asked, fail_if_worse)


def _comparable(opened: list[Opened], judges: list[Judged], *, shared: bool) -> tuple[list[Opened], list[Judged]]:
    """Leave out, aloud, runs that judged nothing, or stopped before they had all items, where two others are there."""
    names, every = known_as(one.judge for one in judges), {item for one in judges for item in one.items}
    reasons: dict[str, Callable[[Judged], bool]] = {
        # A server that was down judged nothing.
        "every case failed": lambda one: one.failed and not (one.ratings.judge >= 0).any(),
        f"some items are not judged yet ({argument('shared')} takes the others)": lambda one: (
            one.unfinished and not shared and len(set(one.items)) < len(every)
        ),
    }
    both = list(zip(opened, judges, strict=True))
    for why, is_out in reasons.items():
        out = [judge for _, judge in both if is_out(judge)]
        if out and len(both) - len(out) >= 2:
            tell(f"not compared, as {why}: {listed([names[one.judge] for one in out])}")
            both = [one for one in both if not is_out(one[1])]
    return [one for one, _ in both], [one for _, one in both]


def _known_part(part: str, found: Comparison) -> str:
    names = [one.subset for one in found.parts[1:]]
    if part and part not in names:
        raise UnknownNameError("part", part, names, hint=f"(this task has: {', '.join(names) or 'no parts'})")
    return part


def _with_baseline(source: Any) -> tuple[Any, tuple[Path, bool] | None]:
    """Take a gate's baseline out of two sources: the file, and whether it comes first."""
    given = source.runs if isinstance(source, Given) else source
    paths = [Path(one) for one in given if isinstance(one, (str, Path))] if isinstance(given, (list, tuple)) else []
    files = [path for path in paths if path.suffix == ".json" and path.is_file() and baseline_at(path)]
    if len(paths) != 2 or len(files) != 1:
        return source, None
    first = paths[0] == files[0]
    return Given([paths[first]], ()), (files[0], first)


def _beside(
    baseline: tuple[Path, bool] | None, opened: Sequence[Opened], judges: list[Judged], policies: list[str]
) -> tuple[list[Judged], list[Answered]]:
    """Let a baseline, where there is one, answer the run's cases; DataError where they are not about the same data."""
    if baseline is None:
        return judges, [one.stored.run for one in opened if one.stored is not None]
    from judgebench.report.gate.baseline import read, record  # noqa: PLC0415 - loaded on use
    from judgebench.report.gate.paired import check_same, judged  # noqa: PLC0415 - loaded on use

    file, first = baseline
    stored = opened[0].stored
    if len(opened) != 1 or stored is None:
        raise UsageError(f"{file} is a baseline: compare it with one run")
    before, rules = read(file), opened[0].policies(policies)
    after = record(stored.run, stored.judgments(), rules)
    check_same(before, after, str(file), renew="compare two runs on the same data")
    one = judged(before, stored.run, stored.judgments, rules)
    one = replace(one, judge=f"{one.judge} ({file.stem})") if one.judge == judges[0].judge else one
    both: list[Judged] = [judges[0], one]
    asked: list[Answered] = [after, before]
    return (both[::-1], asked[::-1]) if first else (both, asked)


def _texts(opened: Sequence[Opened], wanted: set[str]) -> dict[str, str]:
    """Find how the items' questions begin, where they are at hand without a download."""
    one = opened[0]
    if one.stored is None:
        task, _ = table_texts(one)
    elif os.environ.get("JUDGEBENCH_DATA") or one.stored.run.place or one.stored.run.revision == "sample":
        task, _ = task_behind(one.stored, tell=silent)
    else:
        return {}
    items = [] if task is None else [item for item in task.items() if item.id in wanted]
    # Where all are asked the same, answers tell items apart.
    same = len({item.question for item in items}) < 2
    return {item.id: _begun(item.responses[0].text if same else item.question) for item in items}


def _begun(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WORDS else f"{line[: _WORDS - 1].rstrip()}…"

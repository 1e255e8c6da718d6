"""What a jury of recorded judges is worth: its agreement with gold, beside its members' and theirs with each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.cautions import FEW_CLUSTERS
from judgebench.agreement.contrasts import chosen, contrast, groups, is_error
from judgebench.agreement.jury.alike import Alike, Together
from judgebench.agreement.jury.rules import Bench, Rule
from judgebench.agreement.jury.sweep import sweep_juries
from judgebench.agreement.policies import count_items
from judgebench.domain import Estimate
from judgebench.errors import DataError, UsageError, argument
from judgebench.stats.coefficients.catalog import METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.agreement.contrasts import JudgeRows
    from judgebench.agreement.jury.rules import Codes
    from judgebench.agreement.jury.sweep import Sweep
    from judgebench.agreement.matching import Judged
    from judgebench.domain import Policies
    from judgebench.stats.coefficients.catalog import Metric

#: The jury among its members.
JURY = "jury"


@dataclass(frozen=True, slots=True)
class Member:
    """A judge of a jury on the same rows; ``gain`` is the jury's figure less its own, paired.

    ``learned`` is how often the rule thinks that it is right, where a rule learns that.
    """

    judge: str
    value: Estimate
    agreement: Estimate
    gain: Estimate
    learned: float | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The jury without a family of judges: its figure, and what is lost, the whole jury's less this one's, paired.

    ``silent`` is the share of judgments on which it has no verdict.
    """

    family: str
    judges: tuple[str, ...]
    value: Estimate
    loss: Estimate
    silent: float
    together: Together


@dataclass(frozen=True, slots=True)
class Ballot:
    """Every judgment with the members' verdicts and the jury's, in words; empty where there is none."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    people: tuple[str, ...]
    judges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Jury:
    """A jury on one task, in one figure, on the judgments that all members share.

    ``tied`` judgments took the tie rule, on ``silent`` ones the jury has no verdict. ``agreement`` is the share of
    verdicts that are gold's, undefined for numbers; ``left`` items are left out that
    not all members have.
    """

    task: str
    gold_source: str
    scale: str
    rule: Rule
    metric: str
    policies: Policies
    members: tuple[Member, ...]
    value: Estimate
    agreement: Estimate
    together: Together
    items: int
    judgments: int
    clusters: int
    tied: int
    silent: int
    left_out: tuple[LeftOut, ...]
    sweep: Sweep | None
    ballot: Ballot
    left: int
    warnings: tuple[str, ...]

    @property
    def judges(self) -> tuple[str, ...]:
        """The members' names."""
        return tuple(one.judge for one in self.members)

    @property
    def best(self) -> Member | None:
        """The member with the best figure."""
        sign = -1.0 if is_error(METRICS.get(self.metric, self.metric)) else 1.0
        known = [(sign * one.value.value, -at) for at, one in enumerate(self.members) if one.value.value is not None]
        return self.members[-max(known)[1]] if known else None


def measure_jury(
    judges: Sequence[Judged],
    rule: Rule,
    *,
    metric: str = "",
    families: Mapping[str, Sequence[str]] | None = None,
    sweep: bool = False,
    shared: bool = False,
    known: Mapping[str, Metric] = METRICS,
) -> Jury:
    """Put judges on a jury and hold it against gold, and against each of them.

    ``families`` name judges that are left out together, one family after the other; ``sweep`` tries all juries that
    some of the judges make. DataError and UsageError as `match`, and where a rule can't be had.
    """
    if not any(bool((one.ratings.gold >= 0).any()) for one in judges):
        if families or sweep or metric:
            raise DataError("no item has a label, so that no jury can be measured or chosen")
        return _unmeasured(judges, rule, shared=shared)
    bench = Bench.of(judges, rule.folds, shared=shared)
    every = np.arange(len(bench.names))
    outcome, learned = bench.verdicts(rule, every)
    matched = bench.beside(jury=outcome.verdicts)
    name, figure = next(iter(chosen(matched, (metric,) if metric else (), known).items()))
    _, (*own, jury) = next(groups(matched))
    alike = Alike.of(bench, rule)
    clusters = jury.counted.clusters
    return Jury(
        task=matched.task,
        gold_source=matched.gold_source,
        scale=bench.scale.spec,
        rule=rule,
        metric=name,
        policies=replace(jury.scored.policies, invalid=judges[0].policies.invalid),
        members=tuple(
            Member(
                judge,
                one.estimate(figure),
                _agreement(one),
                _difference(jury, one, figure),
                None if learned is None else float(learned[at]),
            )
            for at, (judge, one) in enumerate(zip(bench.names, own, strict=True))
        ),
        value=jury.estimate(figure),
        agreement=_agreement(jury),
        together=alike.among(every),
        items=jury.scored.items,
        judgments=jury.scored.size,
        clusters=clusters.count,
        tied=int(outcome.tied.sum()),
        silent=int((outcome.verdicts < 0).sum()),
        left_out=tuple(
            _without(bench, rule, figure, outcome.verdicts, family, members, alike)
            for family, members in (families or {}).items()
        ),
        sweep=sweep_juries(bench, rule, figure, alike) if sweep else None,
        ballot=_ballot(bench, outcome.verdicts),
        left=bench.matched.left_out,
        warnings=(*matched.warnings, *(("few_clusters",) if clusters.effective < FEW_CLUSTERS else ())),
    )


def _unmeasured(judges: Sequence[Judged], rule: Rule, *, shared: bool) -> Jury:
    """Let judges vote where no item has a label: there are verdicts, and nothing says how right they are."""
    # Matching is of labelled items: all get one.
    stand_ins = [replace(one.ratings, gold=np.zeros((one.ratings.judge.size, 1), np.int64)) for one in judges]
    labelled = [
        replace(one, ratings=replace(ratings, annotators=("",)), labels=())
        for one, ratings in zip(judges, stand_ins, strict=True)
    ]
    bench = Bench.of(labelled, rule.folds, shared=shared)
    bench = replace(bench, gold=np.full(len(bench.votes), -1))
    outcome, learned = bench.verdicts(rule, np.arange(len(bench.names)))
    n = len(bench.votes)
    none, own = Estimate.missing("no_gold", n), bench.first.ratings
    ballot = _ballot(replace(bench, first=replace(bench.first, ratings=replace(own, annotators=()))), outcome.verdicts)
    return Jury(
        task=bench.first.task,
        gold_source=bench.first.gold_source,
        scale=bench.scale.spec,
        rule=rule,
        metric="percent_agreement",
        policies=judges[0].policies,
        members=tuple(
            Member(name, none, none, none, None if learned is None else float(learned[at]))
            for at, name in enumerate(bench.names)
        ),
        value=none,
        agreement=none,
        together=Together(none, 0, none),
        items=count_items(own.item),
        judgments=n,
        clusters=int(np.unique(own.cluster).size),
        tied=int(outcome.tied.sum()),
        silent=int((outcome.verdicts < 0).sum()),
        left_out=(),
        sweep=None,
        ballot=ballot,
        left=bench.matched.left_out,
        warnings=(),
    )


def families_of(names: Sequence[str], given: Mapping[str, Sequence[str]], by: str) -> dict[str, tuple[str, ...]]:
    """Sort judges into families: as ``given``, the others by what stands before a slash in their names, else alone.

    ``by`` may also be ``judge``: each alone. UsageError for a name that is not a member's, or a family of all.
    """
    if by == "judge":
        return {name: (name,) for name in names}
    found: dict[str, list[str]] = {}
    home: dict[str, str] = {}
    for family, members in given.items():
        for name in members:
            if name not in names:
                raise UsageError(f"{argument('family')} {family}: {name} is not one of the judges {', '.join(names)}")
            if home.setdefault(name, family) != family:
                raise UsageError(f"{argument('family')}: {name} is in {home[name]} and in {family}")
    for name in names:
        found.setdefault(home.get(name) or name.partition("/")[0], []).append(name)
    if len(found) < 2:
        raise UsageError(
            f"all judges are of one family, {next(iter(found))}: say who belongs together with {argument('family')} "
            "NAME=JUDGE,JUDGE"
        )
    return {family: tuple(members) for family, members in found.items()}


def _without(
    bench: Bench, rule: Rule, figure: Metric | str, whole: Codes, family: str, members: Sequence[str], alike: Alike
) -> LeftOut:
    rest = np.array([at for at, name in enumerate(bench.names) if name not in members])
    less, _ = bench.verdicts(rule, rest)
    # On the rows of all judges, though some of them do not vote.
    _, rows = next(groups(bench.beside(jury=whole, rest=less.verdicts)))
    silent = float((less.verdicts < 0).mean())
    loss = _difference(rows[-2], rows[-1], figure)
    return LeftOut(family, tuple(members), rows[-1].estimate(figure), loss, silent, alike.among(rest))


def _agreement(one: JudgeRows) -> Estimate:
    if not one.scored.scale.listed or one.scored.gold_values is not None:
        return Estimate.missing("numbers", one.scored.size)
    return one.estimate(METRICS["percent_agreement"])


def _difference(one: JudgeRows, two: JudgeRows, figure: Metric | str) -> Estimate:
    found = contrast(one, two, figure)
    return Estimate.missing("undefined_part", one.scored.size) if found is None else found.estimate(one.scored.size)


def _ballot(bench: Bench, verdicts: Codes) -> Ballot:
    """Spell every judgment: item, order where there are two, question, subset, system, gold, members, the jury."""
    ratings, first = bench.first.ratings, bench.first

    def spelt(codes: Codes) -> list[str]:
        return ["" if code < 0 else ratings.scale.word(code) for code in codes.tolist()]

    def named(names: Sequence[str], codes: Codes) -> list[str]:
        return [names[int(code)] for code in codes]

    columns = {"item": named(first.items, ratings.item)}
    if ratings.swapped.any():
        columns["order"] = ["BA" if swapped else "AB" for swapped in ratings.swapped.tolist()]
    columns["cluster"] = named(first.clusters, ratings.cluster)
    for name, names, codes in (
        ("subset", ratings.subsets, ratings.subset),
        ("system", ratings.systems, ratings.system),
    ):
        if len(names) > 1:
            columns[name] = named(names, codes)
    taken = set(columns) | {JURY}
    people = [f"gold {name}" if name in taken or name in bench.names else name for name in ratings.annotators]
    columns |= {name: spelt(ratings.gold[:, at]) for at, name in enumerate(people)}
    taken |= set(people)
    judges = [f"judge {name}" if name in taken else name for name in bench.names]
    columns |= {name: spelt(bench.votes[:, at]) for at, name in enumerate(judges)}
    columns[JURY] = spelt(verdicts)
    return Ballot(tuple(columns), tuple(zip(*columns.values(), strict=True)), tuple(people), tuple(judges))

"""The alternative annotator test: whether a judge may take the place of a human annotator.

Each annotator in turn is held against the judge: who is closer to the other annotators of an item? A judge may be worse
than the annotator it replaces by at most epsilon, which is what an annotator costs more than a judge.

Source: Calderon, Reichart & Dror (2025), The alternative annotator test for LLM-as-a-judge, ACL, arXiv 2501.10970.
They compare judges by their advantage probabilities, which don't depend on epsilon; the intervals of these are ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np

from judgebench.agreement.intervals import estimated
from judgebench.domain import Estimate
from judgebench.stats.crosstab import TINY
from judgebench.stats.inference.alternative import duels, mean_below, mean_below_clustered, signed_rank_below
from judgebench.stats.inference.multiplicity import benjamini_yekutieli
from judgebench.stats.influence import combine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.stats.crosstab import Floats, Ints
    from judgebench.stats.inference.alternative import Duel
    from judgebench.stats.influence import Influences

#: What to do with an annotator below ``min_items``: leave out, or Wilcoxon's signed-rank test.
Small: TypeAlias = Literal["skip", "wilcoxon"]

#: A judge passes with at least this share of annotators.
PASS = 0.5
#: Fewer annotators than this say little of others.
FEW_ANNOTATORS = 3
_FEW_ITEMS, _MANY_TIES = 50, 0.5


@dataclass(frozen=True, slots=True)
class Replaced:
    """What the judge did in the place of one annotator, on n items.

    ``judge`` and ``human`` are shares of items on which that one is at least as close to the others as its rival is;
    ``ties`` count for both, so the two may add up to more than 1; all three are None without items. ``p`` is that of
    "the judge is worse by epsilon or more", None for an annotator who is left out; ``adjusted`` after Benjamini and
    Yekutieli; ``clustered`` with a cluster-robust standard error, unadjusted, None where no items share a cluster.
    ``wins``: the judge may replace this annotator, since ``adjusted`` is at most q. ``test`` is 't', 'wilcoxon', or
    empty for one left out.
    """

    name: str
    n: int
    judge: float | None
    human: float | None
    ties: float | None
    p: float | None = None
    adjusted: float | None = None
    wins: bool | None = None
    clustered: float | None = None
    test: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


class LeftOut(NamedTuple):
    """The test where one annotator's labels are left out: whose, and the winning rates among the others."""

    name: str
    winning_rate: Estimate
    clustered_rate: Estimate

    @property
    def passed(self) -> bool | None:
        """Whether the judge may replace at least half of the others; None where there is no rate."""
        return _passed(self.winning_rate)


@dataclass(frozen=True, slots=True)
class AltTest:
    """Result of the alternative annotator test for a margin ``epsilon`` and a false discovery rate ``q``.

    ``winning_rate`` is the share of annotators whom the judge may replace; ``n`` counts them, and there is no interval,
    since these annotators are all there are. ``clustered_rate`` is the same with cluster-robust tests, undefined
    (``no_clusters``) where no items share a cluster. ``advantage``, the advantage probability, is the mean over
    annotators of the share of items on which the judge is at least as close to the others as the annotator is: it does
    not depend on epsilon, and its interval is over clusters of items, for these annotators; ``influences`` is what it
    is made of.

    ``annotators`` include those who are left out; ``items`` are those with labels enough; ``ties`` is their mean share.
    ``majority`` has winning rate and advantage of a judge who always gives the annotators' most frequent label.
    ``without`` is the test without each annotator in turn (`judgebench.agreement.alt_test.ratings`), empty where fewer
    than three would be left.
    ``warnings`` are codes: ``few_annotators``, ``few_items``, ``many_ties``, ``majority_passes``, ``clustered``,
    ``no_spread``, ``unanswered``, ``left_out_annotators``, ``one_decides`` (not without each annotator), ``some_turns``
    (not every annotator was left out).
    """

    epsilon: float
    q: float
    scoring: str
    items: int
    winning_rate: Estimate
    clustered_rate: Estimate
    advantage: Estimate
    annotators: tuple[Replaced, ...]
    ties: float
    majority: tuple[float, float] | None = None
    without: tuple[LeftOut, ...] = ()
    warnings: tuple[str, ...] = ()
    influences: Influences | None = field(default=None, repr=False, compare=False)

    @property
    def level(self) -> tuple[int, int]:
        """With how many annotators the judge is level, of how many."""
        return sum(one.wins is True for one in self.annotators), self.winning_rate.n

    @property
    def passed(self) -> bool | None:
        """Whether the judge may replace at least half of the annotators; None where there is no rate."""
        return _passed(self.winning_rate)

    @property
    def passed_clustered(self) -> bool | None:
        """Whether it may where items that belong together count as one; None where none do."""
        return _passed(self.clustered_rate)

    @property
    def deciding(self) -> tuple[str, ...]:
        """Names of the annotators without whom the test says otherwise, those first who move the rate by most."""
        other = [one for one in self.without if one.passed is not None and one.passed != self.passed]
        return tuple(one.name for one in sorted(other, key=lambda one: -abs((one.winning_rate.value or 0.0) - PASS)))

    @property
    def stands(self) -> bool | None:
        """Whether the verdict is the same without each annotator in turn; None where that can't be told."""
        if self.passed is None or not self.without:
            return None
        known = all(one.passed is not None for one in self.without)
        return False if self.deciding else True if known else None


def _passed(rate: Estimate) -> bool | None:
    return None if rate.value is None else rate.value >= PASS


def alt_test(  # noqa: PLR0913 - the paper's settings, by keyword
    judge: Ints,
    annotators: Ints,
    closeness: Floats,
    *,
    epsilon: float = 0.2,
    q: float = 0.05,
    min_humans: int = 2,
    min_items: int = 30,
    small: Small = "skip",
    names: Sequence[str] = (),
    item: Ints | None = None,
    cluster: Ints | None = None,
    scoring: str = "similarity",
) -> AltTest:
    """Test whether a judge may replace human annotators.

    On item i, annotator j and the judge f are each compared with the other annotators. With ``S`` their mean closeness
    to these, ``W_f = [S_f >= S_j]`` and ``W_j = [S_j >= S_f]``. For every annotator the hypothesis
    ``mean(W_j) - mean(W_f) >= epsilon`` is tested (one-sided one-sample t), and the p-values are adjusted by Benjamini
    and Yekutieli. The winning rate is the share of annotators with a rejection.

    Labels are codes, -1 for none, of the judge, shape (n,), and of m annotators, shape (n, m); ``closeness``, shape (k,
    k), is that of label a (row) to another annotator's label b (column). A judge that gave no label loses to every
    annotator of the item: nothing is won by not answering. (Leave such rows out beforehand to do as the original code
    does.) ``item`` tells which rows (both orders) are one item, over which comparisons are averaged.

    Items with fewer than ``min_humans`` annotators (at least 2) are left out. Annotators with fewer than ``min_items``
    are left out as in the published code, or tested by Wilcoxon's signed-rank test as the paper proposes (``small``).
    Estimates are undefined (``no_annotators``) where nobody has enough items; ValueError if shapes, codes or settings
    don't fit. A difference without any variance has no t: it is a rejection where it lies below epsilon, else not
    (warning ``no_spread``). Where items share clusters, the published test takes them for independent;
    ``clustered_rate`` does not.

    GPT-4o beside the first author of MT-Bench on 74 items: 43 ties, 14 items on which the judge is closer to the other
    annotator, 17 on which the author is. The published code gives the p-value 0.01918244.

    >>> judge = np.repeat([0, 0, 1], [43, 14, 17])
    >>> author, other = np.repeat([0, 1, 0], [43, 14, 17]), np.zeros(74, dtype=int)
    >>> found = alt_test(judge, np.stack([author, other], axis=1), np.eye(2), epsilon=0.2)
    >>> first = found.annotators[0]
    >>> round(first.p, 8), round(first.judge, 5), round(first.human, 5)
    (0.01918244, 0.77027, 0.81081)
    """
    _check(judge, annotators, closeness, epsilon, q, min_humans)
    labels = tuple(names) or tuple(f"annotator {j + 1}" for j in range(annotators.shape[1]))
    items = np.arange(judge.size) if item is None else item
    groups = items if cluster is None else cluster
    rows = np.flatnonzero((annotators >= 0).sum(axis=1) >= min_humans)
    judge, items = judge[rows], items[rows]
    everyone = duels(judge, annotators[rows], closeness, items, groups[rows])
    enough = max(2, min_items if small == "skip" else 2)
    chosen = [duel for duel in everyone if duel.n >= enough]
    tests = ["" if duel.n < enough else "t" if duel.n >= min_items else "wilcoxon" for duel in everyone]
    found, winning, clustered = _decide(labels, everyone, tests, epsilon, q)
    counted = int(np.unique(items).size)
    influences = None
    if chosen:
        influences = replace(combine([duel.advantage for duel in chosen], [1 / len(chosen)] * len(chosen)), n=counted)
    ties = float(np.mean([duel.ties for duel in chosen])) if chosen else 0.0
    warnings = {
        "few_annotators": len(chosen) < FEW_ANNOTATORS,
        "few_items": counted < _FEW_ITEMS,
        "many_ties": ties > _MANY_TIES,
        "clustered": clustered.value is not None,
        "no_spread": any(float(np.ptp(duel.lead)) < TINY for duel in chosen),
        "unanswered": bool((judge < 0).any()),
        "left_out_annotators": len(chosen) < len(everyone),
    }
    return AltTest(
        epsilon=epsilon,
        q=q,
        scoring=scoring,
        items=counted,
        winning_rate=winning,
        clustered_rate=clustered,
        advantage=Estimate.missing("no_annotators", counted)
        if influences is None
        else estimated(influences, low=0.0, high=1.0),
        annotators=found,
        ties=ties,
        warnings=tuple(code for code, holds in warnings.items() if holds),
        influences=influences,
    )


def _check(judge: Ints, annotators: Ints, closeness: Floats, epsilon: float, q: float, min_humans: int) -> None:
    labels = len(closeness)
    if annotators.ndim != 2 or judge.shape != annotators.shape[:1] or closeness.shape != (labels, labels):
        raise ValueError("expected judge (n,), annotators (n, m) and closeness (k, k)")
    for codes in (judge, annotators):
        if codes.size and not -1 <= int(codes.min()) <= int(codes.max()) < labels:
            raise ValueError(f"codes run from 0 to {labels - 1}, and -1 is none")
    if not (0 <= epsilon <= 1 and 0 < q < 1 and min_humans >= 2):
        raise ValueError("epsilon is in [0, 1], q in (0, 1), and min_humans at least 2")


def _decide(
    names: Sequence[str], everyone: Sequence[Duel], tests: Sequence[str], epsilon: float, q: float
) -> tuple[tuple[Replaced, ...], Estimate, Estimate]:
    """Test each annotator; the table, the winning rate, and that of the cluster-robust tests."""
    rows = [
        Replaced(
            name,
            duel.n,
            float(duel.judge.mean()) if duel.n else None,
            float(duel.human.mean()) if duel.n else None,
            duel.ties if duel.n else None,
        )
        for name, duel in zip(names, everyone, strict=True)
    ]
    tested = [j for j, test in enumerate(tests) if test]
    if not tested:
        return tuple(rows), Estimate.missing("no_annotators"), Estimate.missing("no_annotators")
    plain: list[float] = []
    robust: list[float | None] = []
    for j in tested:
        duel = everyone[j]
        below = mean_below if tests[j] == "t" else signed_rank_below
        plain.append(below(duel.lead, epsilon))
        robust.append(None if duel.clusters.independent else mean_below_clustered(duel.lead, epsilon, duel.clusters))
    adjusted = benjamini_yekutieli(plain)
    for j, p, corrected, other in zip(tested, plain, adjusted.tolist(), robust, strict=True):
        rows[j] = replace(rows[j], p=p, adjusted=corrected, wins=corrected <= q, clustered=other, test=tests[j])
    rate = _rate(adjusted, q)
    if all(everyone[j].clusters.independent for j in tested):
        return tuple(rows), rate, Estimate.missing("no_clusters", len(tested))
    # Annotators without shared clusters keep their p-value; one with a single cluster can't be replaced.
    clustered = [
        p if everyone[j].clusters.independent else 1.0 if other is None else other
        for j, p, other in zip(tested, plain, robust, strict=True)
    ]
    return tuple(rows), rate, _rate(benjamini_yekutieli(clustered), q)


def _rate(adjusted: Floats, q: float) -> Estimate:
    return Estimate.alone(float((adjusted <= q).mean()), adjusted.size, "all_there_are")

"""Cheap judges first, dearer ones where these are not sure enough, people where none is: with a guarantee.

On one part of the questions each judge gets a confidence from which on it may answer, on the other the cascade is
measured. Every judge is calibrated on what the ones before it leave to it, at a level of ``delta / m`` of m judges, so
that by the union bound ``P(agree | answered) >= 1 - alpha`` holds for the cascade at confidence ``1 - delta``.

Source: Jung, Brahman & Choi (2025), Trust or Escalate: LLM judges with provable guarantees for human agreement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.intervals import share_of
from judgebench.agreement.kinds.scores import numbers_per_row
from judgebench.agreement.matching import match
from judgebench.agreement.policies import sign_of
from judgebench.agreement.splits import part
from judgebench.domain import Estimate
from judgebench.errors import DataError, UsageError, argument
from judgebench.stats.inference.selective import threshold
from judgebench.stats.influence import Clusters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from judgebench.agreement.matching import Judged
    from judgebench.agreement.policies import Scored
    from judgebench.domain import Policies, Ratings
    from judgebench.stats.crosstab import Flags, Floats
    from judgebench.stats.inference.selective import Threshold

    Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stage:
    """A judge of a cascade: its threshold, and the shares of the measured judgments that reach it and that it answers.

    ``agreement`` is among those that it answers, ``alone`` on all that are measured; ``cost`` is of one judgment.
    """

    judge: str
    threshold: Threshold
    reached: float
    answered: float
    agreement: Estimate
    alone: Estimate
    cost: float | None


@dataclass(frozen=True, slots=True)
class Cascade:
    """A cascade calibrated on some questions and measured on the others.

    ``agreement`` is among the judgments that it answers, a share ``coverage`` of those measured. ``held`` says of how
    many of the ``splits`` that were tried, this one first, it agrees as often as was guaranteed, ``coverages`` how much
    it answers in each. Costs are of one judgment: of the cascade, and of its last judge alone.
    """

    task: str
    gold_source: str
    policies: Policies
    alpha: float
    delta: float
    share: float
    seed: int
    calibrated: int
    judgments: int
    clusters: int
    stages: tuple[Stage, ...]
    coverage: float
    agreement: Estimate
    cost: float | None
    cost_alone: float | None
    splits: int
    held: int
    refuted: int
    mean_coverage: float
    warnings: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the first split agrees as often as was guaranteed; a cascade that answers nothing does."""
        return self.agreement.value is None or self.agreement.value >= 1 - self.alpha


def measure_cascade(
    judges: Sequence[Judged],
    *,
    alpha: float = 0.1,
    delta: float = 0.1,
    share: float = 0.5,
    seed: int = 0,
    splits: int = 1,
    costs: Mapping[str, float | None] | None = None,
    shared: bool = False,
) -> Cascade:
    """Calibrate a cascade of judges, the first one first, and measure it; seeds ``seed`` to ``seed + splits - 1``.

    Errors as `match`; UsageError for verdicts on another scale than check or pair, DataError where a judge gives no
    probabilities.
    """
    matched = match(judges, shared=shared)
    scored = matched.scored[0]
    if scored.scale.kind not in {"check", "pair"}:
        raise UsageError(f"a cascade takes verdicts on check or pair with probabilities, not on {scored.scale.spec}")
    ladder = _Ladder(
        np.column_stack([sureness(*one) for one in zip(matched.ratings, matched.scored, matched.judges, strict=True)]),
        np.column_stack([one.judge == one.gold for one in matched.scored]),
        scored.cluster,
        judges[0].clusters,
    )
    first = ladder.split(alpha, delta, share, seed)
    others = [ladder.split(alpha, delta, share, seed + more) for more in range(1, splits)]
    shares = [ladder.outcome(one, alpha) for one in (first, *others)]
    known = costs or {}
    stages = tuple(ladder.stage(first, at, judge, known.get(judge)) for at, judge in enumerate(matched.judges))
    prices = [one.cost for one in stages]
    whole = None if None in prices else sum(one.cost * one.reached for one in stages if one.cost is not None)
    return Cascade(
        task=matched.task,
        gold_source=matched.gold_source,
        policies=scored.policies,
        alpha=alpha,
        delta=delta,
        share=share,
        seed=seed,
        calibrated=scored.size - first.rows.size,
        judgments=first.rows.size,
        clusters=ladder.clusters(first.rows).count,
        stages=stages,
        coverage=float((first.by >= 0).mean()),
        agreement=ladder.agreement(first, first.by >= 0),
        cost=whole,
        cost_alone=prices[-1],
        splits=splits,
        held=sum(held for held, _, _ in shares),
        refuted=sum(refuted for _, refuted, _ in shares),
        mean_coverage=float(np.mean([covered for _, _, covered in shares])),
        warnings=matched.warnings,
    )


def sureness(ratings: Ratings, scored: Scored, judge: str) -> Floats:
    """Give how likely a judge takes its own verdict to be right, shape (n,); 0 of a tie, and without a verdict.

    DataError where the judge gives no probabilities.
    """
    if ratings.score is None or ratings.score_kind != "probability":
        raise DataError(
            f"{judge} gives no probabilities, and a cascade needs to know how sure it is",
            hint=f"name their column with {argument('scores')}",
        )
    values, given = numbers_per_row(ratings, scored)
    side = sign_of(scored.said, scored.scale)
    return np.where(given & (side != 0), np.where(side > 0, values, 1 - values), 0.0)


@dataclass(frozen=True, slots=True)
class _Split:
    """Thresholds, and on the ``rows`` that are measured which judge answers, -1 for none."""

    thresholds: tuple[Threshold, ...]
    rows: Codes
    by: Codes


@dataclass(frozen=True, slots=True)
class _Ladder:
    """Confidences and hits of m judges on n judgments, shape (n, m), and their questions by name."""

    sure: Floats
    right: Flags
    cluster: npt.NDArray[np.integer]
    names: Sequence[str]

    def split(self, alpha: float, delta: float, share: float, seed: int) -> _Split:
        """Calibrate on a share of the questions, and let the cascade judge the others."""
        fitted = part(self.cluster, self.names, share, seed)
        waiting, rows = np.flatnonzero(fitted), np.flatnonzero(~fitted)
        by = np.full(rows.size, -1)
        found: list[Threshold] = []
        judges = self.sure.shape[1]
        for at in range(judges):
            sure, right = self.sure[waiting, at], self.right[waiting, at]
            one = threshold(sure, right, self.clusters(waiting), alpha=alpha, delta=delta / judges)
            found.append(one)
            if one.value is not None:
                waiting = waiting[sure < one.value]
                by = np.where((by < 0) & (self.sure[rows, at] >= one.value), at, by)
        return _Split(tuple(found), rows, by)

    def clusters(self, rows: Codes) -> Clusters:
        """Questions of some judgments."""
        return Clusters.of(self.cluster[rows])

    def agreement(self, split: _Split, answered: Flags) -> Estimate:
        """Share of right answers among some of those that a cascade gives."""
        return self._share(split.rows[answered], split.by[answered])

    def outcome(self, split: _Split, alpha: float) -> tuple[bool, bool, float]:
        """Say whether a cascade agrees as often as guaranteed, whether its interval rules that out, its coverage."""
        answered = split.by >= 0
        found = self.agreement(split, answered)
        held = found.value is None or found.value >= 1 - alpha
        return held, found.high is not None and found.high < 1 - alpha, float(answered.mean())

    def stage(self, split: _Split, at: int, judge: str, cost: float | None) -> Stage:
        """Say what a judge does in a cascade."""
        answers = split.by == at
        reached = (split.by < 0) | (split.by >= at)
        alone = self._share(split.rows, np.full(split.rows.size, at))
        own = self.agreement(split, answers)
        return Stage(judge, split.thresholds[at], float(reached.mean()), float(answers.mean()), own, alone, cost)

    def _share(self, rows: Codes, by: Codes) -> Estimate:
        if not rows.size:
            return Estimate.missing("no_items")
        return share_of(self.right[rows, by], self.clusters(rows))

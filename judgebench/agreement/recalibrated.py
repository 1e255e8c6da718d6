"""A judge's numbers before and after they were calibrated: fitted on some questions, measured on the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.contrasts import JudgeRows, contrast
from judgebench.agreement.estimates import Counted
from judgebench.agreement.figures import scored_rows
from judgebench.agreement.kinds.scores import numbers_of, score_figures
from judgebench.agreement.splits import part
from judgebench.domain import Estimate
from judgebench.errors import DataError, UsageError, argument
from judgebench.stats.recalibration import METHODS, fit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.agreement.matching import Judged
    from judgebench.agreement.policies import Scored
    from judgebench.domain import Policies, Ratings
    from judgebench.stats.recalibration import Map, Method

#: What is measured of probabilities; of all three less is better.
FIGURES = ("ece", "brier", "log_loss")


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Numbers as they are (``raw``) or by a method: figures on the measured questions, and the change, paired.

    ``learned`` is what the method learned on the others. Without a fit the figures say why.
    """

    method: Method | str
    learned: Mapping[str, float]
    figures: Mapping[str, Estimate]
    changes: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Calibration:
    """A judge on one task; ``fitted`` rows are those that maps were fitted on, ``measured`` the others."""

    task: str
    judge: str
    gold_source: str
    policies: Policies
    probable: bool
    share: float
    seed: int
    fitted: int
    measured: int
    clusters: int
    methods: tuple[Calibrated, ...]


def calibrate(judged: Judged, *, methods: Sequence[Method] = METHODS, share: float = 0.5, seed: int = 0) -> Calibration:
    """Fit maps on a share of the questions, and measure calibration on the others before and after.

    UsageError on a scale that isn't check or pair; DataError without numbers, or with too few questions.
    """
    ratings = judged.ratings
    if ratings.scale.kind not in {"check", "pair"}:
        raise UsageError(f"only numbers on a check or pair scale can be calibrated, not those on {ratings.scale.spec}")
    if ratings.score is None or ratings.has_score is None:
        raise DataError(
            f"{judged.judge} gives no probabilities or scores", hint=f"name their column with {argument('scores')}"
        )
    scored = scored_rows(ratings, judged.policies)
    chosen = part(scored.cluster, judged.clusters, share, seed)
    fitting, measuring = (scored.take(np.flatnonzero(rows)) for rows in (chosen, ~chosen))
    numbers = numbers_of(ratings, fitting)
    if numbers is None or not numbers.given.any():
        raise DataError(
            f"{judged.judge} gives no number on the questions to fit on", hint=f"try another {argument('seed')}"
        )
    x, y = numbers.values[numbers.given], numbers.positive[numbers.given]
    before = _measured(ratings, measuring)
    found = [_of("raw", {}, before, None)] if numbers.probable else []
    for method in methods:
        made = fit(method, x, y, probable=numbers.probable)
        if isinstance(made, str):
            none = Estimate.missing(made, measuring.size)
            found.append(Calibrated(method, {}, dict.fromkeys(FIGURES, none), dict.fromkeys(FIGURES, none)))
            continue
        after = _measured(_mapped(ratings, made), measuring)
        found.append(_of(method, made.learned, after, before if numbers.probable else None))
    return Calibration(
        judged.task,
        judged.judge,
        judged.gold_source,
        scored.policies,
        numbers.probable,
        share,
        seed,
        int(numbers.given.sum()),
        measuring.size,
        measuring.clusters().count,
        tuple(found),
    )


def _mapped(ratings: Ratings, made: Map) -> Ratings:
    if ratings.score is None or ratings.has_score is None:
        raise ValueError("these ratings have no numbers")
    score = ratings.score.copy()
    score[ratings.has_score] = np.clip(made.apply(score[ratings.has_score]), 0.0, 1.0)
    return replace(ratings, score=score, score_kind="probability")


def _measured(ratings: Ratings, scored: Scored) -> JudgeRows:
    counted = Counted.of(scored)
    return JudgeRows(scored, counted, score_figures(ratings, scored, counted))


def _of(method: str, learned: Mapping[str, float], after: JudgeRows, before: JudgeRows | None) -> Calibrated:
    changes: dict[str, Estimate] = {}
    for name in FIGURES if before is not None else ():
        difference = None if before is None else contrast(after, before, name)
        n = after.scored.size
        changes[name] = Estimate.missing("undefined_part", n) if difference is None else difference.estimate(n)
    return Calibrated(method, learned, {name: after.estimate(name) for name in FIGURES}, changes)

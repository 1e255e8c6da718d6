"""What a row says label by label: base rates, precision and recall; and whether its kappas are any better than none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from judgebench.agreement.estimates import estimate
from judgebench.agreement.kinds.sets import set_classes
from judgebench.domain import AgainstChance, ClassScores
from judgebench.stats.coefficients.catalog import CLASS_METRICS, METRICS, class_metric
from judgebench.stats.coefficients.chance import null_error, weight_matrix

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.agreement.estimates import Counted
    from judgebench.agreement.intervals import IntervalMethod
    from judgebench.agreement.policies import Scored
    from judgebench.domain import Estimate
    from judgebench.stats.crosstab import Crosstab

#: Scales with more labels than this get no table of classes: nobody reads it.
MOST_CLASSES = 20
#: The kappas whose error under independence is known, with their weights.
_KAPPAS: dict[str, Literal["linear", "quadratic"] | None] = {
    "cohen_kappa": None,
    "cohen_kappa_linear": "linear",
    "cohen_kappa_quadratic": "quadratic",
}


def base_rates(scored: Scored, table: Crosstab) -> dict[str, dict[str, float]]:
    """Share of each label in gold and among verdicts."""
    if not table.n:
        return {}
    labels = scored.scale.labels
    judge = {
        label: float(share)
        for label, share in zip((*labels, "undecided", "invalid"), table.judge, strict=True)
        if share > 0 or label in labels
    }
    if table.graded:
        return {"judge": judge}
    return {"gold": {label: float(share) for label, share in zip(labels, table.gold, strict=False)}, "judge": judge}


def against_chance(counted: Counted, metrics: Mapping[str, Estimate]) -> dict[str, AgainstChance]:
    """Hold the kappas of independent rows against none, by the error that they would have then."""
    found: dict[str, AgainstChance] = {}
    for name, kind in _KAPPAS.items():
        kappa = metrics.get(name)
        if kappa is None or kappa.value is None or not counted.clusters.independent:
            continue
        outcome = METRICS[name](counted.table)
        table = counted.table if outcome.completion is None else outcome.completion.table
        weights = np.eye(len(table.joint)) if kind is None else weight_matrix(len(table.joint), table.values, kind)
        se = None if weights is None else null_error(table, weights)
        if se:
            found[name] = AgainstChance(se, kappa.value / se)
    return found


def classes_of(scored: Scored, counted: Counted, method: IntervalMethod) -> dict[str, ClassScores]:
    """Precision, recall and F1 of every label that occurs."""
    table, labels = counted.table, scored.scale.labels
    if scored.scale.kind == "set":
        return set_classes(scored, counted)
    if table.graded or not table.n or len(labels) > MOST_CLASSES:
        return {}
    gold, judge = table.gold * table.n, table.judge * table.n
    how: IntervalMethod = method if method == "cr1" else "default"
    found: dict[str, ClassScores] = {}
    for code, label in enumerate(labels):
        support, named = round(float(gold[code])), round(float(judge[code]))
        if support or named:
            scores = {name: estimate(class_metric(name, code), counted, how)[0] for name in CLASS_METRICS}
            found[label] = ClassScores(support, named, **scores)
    return found

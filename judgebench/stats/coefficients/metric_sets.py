"""Which of the metrics a scale calls for: its headline, what appears beside it, and what means nothing on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from judgebench.stats.coefficients.catalog import Metric


@dataclass(frozen=True, slots=True)
class MetricSet:
    """What a scale calls for: the metric that judges are ranked by, and what appears beside it, in column order."""

    headline: str
    companions: tuple[str, ...]


#: Measured on every scale, so that programs find the same keys everywhere (``no_order`` where rho has no meaning).
CORE = (
    "percent_agreement",
    "accuracy",
    "cohen_kappa",
    "scott_pi",
    "krippendorff_alpha",
    "spearman_rho",
    "macro_precision",
    "macro_recall",
    "macro_f1",
)

#: Headline and companions by kind of scale.
METRIC_SETS: dict[str, MetricSet] = {
    "check": MetricSet("cohen_kappa", ("percent_agreement", "true_positive_rate", "true_negative_rate", "gwet_ac1")),
    "pair": MetricSet("cohen_kappa", ("percent_agreement", "gwet_ac1")),
    "pair with ties": MetricSet(
        "cohen_kappa", ("percent_agreement", "agreement_s2", "gold_tie_rate", "judge_tie_rate", "gwet_ac1")
    ),
    "rate": MetricSet(
        "cohen_kappa_quadratic",
        ("percent_agreement", "adjacent_agreement", "spearman_rho", "kendall_tau_b", "mean_signed_error"),
    ),
    "set": MetricSet(
        "krippendorff_alpha_masi", ("percent_agreement", "mean_jaccard", "mean_masi", "label_kappa", "label_f1")
    ),
    "number": MetricSet("lin_ccc", ("icc_a1", "pearson_r", "spearman_rho", "mean_absolute_error", "mean_signed_error")),
    # Slots of responses are not classes: chance correction means little on them.
    "pick": MetricSet("accuracy", ("percent_agreement", "cohen_kappa")),
    "label": MetricSet("cohen_kappa", ("percent_agreement", "gwet_ac1", "macro_f1")),
    "rank": MetricSet("kendall_tau", ("top_1_agreement", "levenshtein_distance", "footrule_distance")),
    "first error": MetricSet("first_error_f1", ("first_error_accuracy", "flawless_accuracy", "percent_agreement")),
    "steps": MetricSet(
        "first_error_f1", ("first_error_accuracy", "flawless_accuracy", "step_agreement", "step_kappa", "error_f1")
    ),
}


def metrics_for(
    kind: str, level: str = "nominal", *, places: int = 3, tie: bool = False, graded: bool = False
) -> MetricSet:
    """Choose headline and companions by the scale, never by the caller.

    Ratings at the interval level, and gold that is a number (``graded``), get the metrics of continuous scores. Of two
    levels (``places``) no coefficient has weights.
    """
    if kind == "rate" and (graded or level in {"interval", "ratio"}):
        return METRIC_SETS["number"]
    if (kind, level) == ("steps", "ordinal"):
        return METRIC_SETS["first error"]
    if kind == "rate" and places < 3:
        return METRIC_SETS["label"]
    return METRIC_SETS.get("pair with ties" if kind == "pair" and tie else kind, METRIC_SETS["label"])


def fits(metric: Metric, kind: str, level: str = "nominal", *, places: int = 0, tie: bool = False) -> bool:
    """Whether a metric says something of its own on a scale of which ``places`` labels have a place in an order.

    With two such labels every weighted coefficient is the unweighted one.
    """
    if metric.name in CORE:
        return True
    return (
        (not metric.binary or kind == "check")
        and (not metric.ordered or places > 2)
        and (not metric.tied or tie)
        and (not metric.kinds or kind in metric.kinds)
        and (not metric.levels or level in metric.levels)
    )

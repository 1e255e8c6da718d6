"""Figures of rows that are numbers or sequences, one line each: scores and probabilities, rankings, steps.

Like `judgebench.stats.coefficients.catalog`, this loads no numpy, so that listings and help stay quick.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, slots=True)
class RowMetric:
    """One line of the table, for the ``kinds`` of scale on which it means something.

    The value lies between ``low`` and ``high`` (infinite for none) and is ``perfect`` under perfect agreement (None for
    a test statistic, which is also not ``tested`` for a difference between two judges). ``directional``: it says which
    way the judge leans, so that neither more nor less of it is better. ``numbers``, '', 'score' or 'probability', is
    what the judge has to give beside its verdict.
    """

    name: str
    title: str
    kinds: tuple[str, ...]
    low: float = 0.0
    high: float = 1.0
    perfect: float | None = 1.0
    directional: bool = False
    numbers: str = ""
    tested: bool = True

    @property
    def lower_is_better(self) -> bool:
        """Whether it is an error, not an agreement."""
        return self.perfect == 0 and not self.directional

    @property
    def place(self) -> str:
        """Where it means something, in words."""
        given = {"": "", "score": "scores on ", "probability": "probabilities on "}[self.numbers]
        return given + ", ".join(self.kinds)


_BINARY = ("check", "pair")
_RATED = ("rate",)
_P = "probability"
_ALL = (
    RowMetric("auc", "area under the ROC curve", _BINARY, numbers="score"),
    RowMetric("brier", "Brier score", _BINARY, perfect=0.0, numbers=_P),
    RowMetric("log_loss", "log loss (nats)", _BINARY, high=inf, perfect=0.0, numbers=_P),
    RowMetric("ece", "expected calibration error, 10 equal-width bins", _BINARY, perfect=0.0, numbers=_P),
    RowMetric("ece_equal_mass", "expected calibration error, 10 equal-mass bins", _BINARY, perfect=0.0, numbers=_P),
    RowMetric(
        "calibration_slope", "slope of the logistic recalibration", _BINARY, -inf, inf, directional=True, numbers=_P
    ),
    RowMetric(
        "calibration_intercept",
        "intercept of the logistic recalibration",
        _BINARY,
        -inf,
        inf,
        perfect=0.0,
        directional=True,
        numbers=_P,
    ),
    RowMetric(
        "spiegelhalter_z",
        "Spiegelhalter's z",
        _BINARY,
        -inf,
        inf,
        perfect=None,
        directional=True,
        numbers=_P,
        tested=False,
    ),
    RowMetric("threshold_accuracy", "share right at one half", _BINARY, numbers=_P),
    RowMetric("score_pearson_r", "Pearson's r of the scores", _RATED, -1.0, numbers="score"),
    RowMetric("score_spearman_rho", "Spearman's rho of the scores", _RATED, -1.0, numbers="score"),
    RowMetric("score_lin_ccc", "Lin's concordance of the scores", _RATED, -1.0, numbers="score"),
    RowMetric("score_icc_a1", "ICC(A,1) of the scores", _RATED, -1.0, numbers="score"),
    RowMetric(
        "score_mean_absolute_error", "mean absolute error of the scores", _RATED, high=inf, perfect=0.0, numbers="score"
    ),
    RowMetric(
        "score_mean_signed_error",
        "mean signed error of the scores (judge less gold)",
        _RATED,
        -inf,
        inf,
        perfect=0.0,
        directional=True,
        numbers="score",
    ),
    RowMetric("kendall_tau", "Kendall's tau of two orders", ("rank",), -1.0),
    RowMetric("mean_spearman_rho", "Spearman's rho of two orders", ("rank",), -1.0),
    RowMetric("levenshtein_distance", "normalised edit distance of two orders", ("rank",), perfect=0.0),
    RowMetric("footrule_distance", "normalised footrule distance of two orders", ("rank",), perfect=0.0),
    RowMetric("top_1_agreement", "same response first", ("rank",)),
    RowMetric("percent_agreement", "the whole verdict is the same", ("rank", "steps")),
    RowMetric("first_error_f1", "F1 of first errors and flawless solutions (ProcessBench)", ("steps",)),
    RowMetric("first_error_accuracy", "first wrong step named exactly", ("steps",)),
    RowMetric("flawless_accuracy", "flawless solutions accepted", ("steps",)),
    RowMetric("step_agreement", "steps judged as gold does", ("steps",)),
    RowMetric("step_kappa", "Cohen's kappa of the steps", ("steps",), -1.0),
    RowMetric("error_precision", "precision of wrong steps", ("steps",)),
    RowMetric("error_recall", "recall of wrong steps", ("steps",)),
    RowMetric("error_f1", "F1 of wrong steps", ("steps",)),
)

#: Every figure of rows, by name.
ROW_METRICS: dict[str, RowMetric] = {metric.name: metric for metric in _ALL}

#: Headline and companions of the scales whose verdicts are sequences.
ROW_METRIC_SETS: dict[str, tuple[str, tuple[str, ...]]] = {
    "rank": ("kendall_tau", ("top_1_agreement", "levenshtein_distance", "footrule_distance")),
    "steps": (
        "first_error_f1",
        ("first_error_accuracy", "flawless_accuracy", "step_agreement", "step_kappa", "error_f1"),
    ),
}
#: Figures of numbers that a comparison shows unasked, where all judges give them.
COMPARED = ("auc", "brier", "log_loss", "ece", "calibration_slope", "score_lin_ccc", "score_pearson_r")

"""The table of metrics, one line each, which tests, JSON, tables and leaderboards read.

Functions are named, not imported, so that listing the metrics loads no numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib import import_module
from math import inf
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.stats.crosstab import Crosstab, Outcome


@dataclass(frozen=True, slots=True)
class Metric:
    """One line of the table of metrics.

    ``function`` is ``Crosstab -> Outcome``: the name of a module of `judgebench.stats.coefficients` with a function of
    the metric's own name, or the function itself. It lies between ``low`` and ``high`` and is ``perfect`` under perfect
    agreement (None where that is undefined or depends on gold). ``kinds`` and ``levels`` are the kinds of scale and
    levels of measurement on which it means something, empty for all. The flags:

    - ``symmetric``: unchanged when gold and judge trade places; ``relabels``: under any renaming of the labels;
    - ``chance_corrected``: 0 for an independent judge, in expectation;
    - ``ordered`` needs labels with an order, ``tied`` a scale with a tie;
    - ``proportion``: a plain share of rows, for which Wilson's interval holds;
    - ``binary``: defined on a two-label check only; ``graded``: also where gold is a number and not a label;
    - ``directional``: says which way one side leans, so that it is not an agreement and has no human ceiling.

    Its interval is that of a share for a ``proportion``; of another coefficient that can be evaluated on many tables
    those between perfect agreement and the end ``down`` which the one seen would not reject
    (`judgebench.stats.inference.score_path`); else t.

    ``witness`` is whose independent computations confirm its value: ``definition``, what it means written out in loops
    (`judgebench.agreement.witness`), and a library's, if one has it; a plugin gives a function of two lists of codes,
    gold and judge, row by row. Empty where there is none.

    A row without a verdict, where it must be wrong, counts as the least favourable wrong label
    (`judgebench.stats.completion`); ``misses``: as it is, since whatever is not right is one and the same miss.
    """

    name: str
    title: str
    function: str | Callable[[Crosstab], Outcome]
    low: float = -1.0
    high: float = 1.0
    symmetric: bool = True
    chance_corrected: bool = False
    ordered: bool = False
    relabels: bool = True
    proportion: bool = False
    binary: bool = False
    graded: bool = False
    kinds: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    tied: bool = False
    perfect: float | None = 1.0
    directional: bool = False
    down: Literal["independent", "off-diagonal"] = "independent"
    witness: str | Callable[[list[int], list[int]], float] = ""
    misses: bool = False

    def __call__(self, table: Crosstab) -> Outcome:
        """Evaluate on a table; an empty one and a numeric gold are answered here."""
        from judgebench.stats.crosstab import Outcome  # noqa: PLC0415 - loads numpy

        if table.n == 0:
            return Outcome.undefined("no_items")
        if table.graded and not self.graded:
            return Outcome.undefined("graded_gold")
        function = self.function
        if isinstance(function, str):
            function = getattr(import_module(f"judgebench.stats.coefficients.{function}"), self.name)
        if self.misses or table.silent is None or not table.joint[:, table.silent].any():
            return function(table)
        from judgebench.stats.completion import complete  # noqa: PLC0415 - loads numpy

        return complete(self.name, function, table, perfect=self.perfect, directional=self.directional)


_PLAIN = "definition"
_SKLEARN, _SCIPY, _KALPHA = (f"{_PLAIN}, {library}" for library in ("scikit-learn", "scipy", "krippendorff"))
_share = partial(Metric, low=0.0)
_hit = partial(_share, misses=True)
_corrected = partial(Metric, chance_corrected=True)
_ordered = partial(Metric, chance_corrected=True, ordered=True, relabels=False)
_rated = partial(_ordered, graded=True, kinds=("rate",))
_off = partial(_corrected, down="off-diagonal")
_rate = partial(_hit, function="classes", symmetric=False, relabels=False, proportion=True, binary=True)
_pair = partial(_hit, function="chance", relabels=False, proportion=True, kinds=("pair",), tied=True)
_error = partial(
    Metric, function="numeric", high=inf, ordered=True, relabels=False, graded=True, kinds=("rate",), perfect=0.0
)
_ALL = (
    _hit("percent_agreement", "percent agreement", "chance", proportion=True, witness=_SKLEARN),
    _hit("accuracy", "accuracy", "chance", proportion=True, witness=_SKLEARN),
    _corrected("cohen_kappa", "Cohen's kappa", "chance", witness=_SKLEARN),
    _ordered("cohen_kappa_linear", "Cohen's kappa, linear weights", "chance", witness=_SKLEARN),
    _ordered("cohen_kappa_quadratic", "Cohen's kappa, quadratic weights", "chance", witness=_SKLEARN),
    _corrected("scott_pi", "Scott's pi", "chance", witness=_SKLEARN),
    _off("gwet_ac1", "Gwet's AC1", "chance", witness=_PLAIN),
    _off(
        "gwet_ac2_linear", "Gwet's AC2, linear weights", "chance", ordered=True, relabels=False, kinds=("rate",),
        witness=_PLAIN,
    ),
    _off(
        "gwet_ac2_quadratic", "Gwet's AC2, quadratic weights", "chance", ordered=True, relabels=False, kinds=("rate",),
        witness=_PLAIN,
    ),
    _off("brennan_prediger", "Brennan and Prediger's kappa (PABAK)", "chance", misses=True, witness=_PLAIN),
    # At the scale's own level, so a renaming may change it.
    _corrected(
        "krippendorff_alpha", "Krippendorff's alpha at the scale's level", "krippendorff", relabels=False,
        witness=_KALPHA,
    ),
    _corrected("krippendorff_alpha_nominal", "Krippendorff's alpha, nominal", "krippendorff", witness=_KALPHA),
    _ordered("krippendorff_alpha_ordinal", "Krippendorff's alpha, ordinal", "krippendorff", witness=_KALPHA),
    _ordered("krippendorff_alpha_interval", "Krippendorff's alpha, interval", "krippendorff", witness=_KALPHA),
    _ordered(
        "krippendorff_alpha_ratio", "Krippendorff's alpha, ratio", "krippendorff", levels=("ratio",), witness=_KALPHA
    ),
    _corrected("matthews_corrcoef", "Matthews correlation (MCC)", "classes", witness=_SKLEARN),
    _ordered("spearman_rho", "Spearman's rho", "numeric", graded=True, witness=_SCIPY),
    _ordered("kendall_tau_b", "Kendall's tau-b", "numeric", graded=True, witness=_SCIPY),
    _rated("pearson_r", "Pearson's r", "numeric", witness=_SCIPY),
    _rated("lin_ccc", "Lin's concordance correlation", "numeric", witness=_SKLEARN),
    _rated("icc_a1", "ICC(A,1), absolute agreement", "numeric", witness=_PLAIN),
    _rated("icc_c1", "ICC(C,1), consistency", "numeric", witness=_PLAIN),
    _error("mean_absolute_error", "mean absolute error", low=0.0, witness=_SKLEARN),
    _error(
        "mean_signed_error", "mean signed error (judge less gold)", low=-inf, symmetric=False, directional=True,
        witness=_PLAIN,
    ),
    Metric(
        "adjacent_agreement", "agreement within one level", "numeric", low=0.0, ordered=True, relabels=False,
        proportion=True, kinds=("rate",), misses=True, witness=_PLAIN,
    ),
    _share("macro_precision", "macro precision", "classes", symmetric=False, witness=_SKLEARN),
    _share("macro_recall", "macro recall", "classes", symmetric=False, witness=_SKLEARN),
    _share("macro_f1", "macro F1", "classes", witness=_SKLEARN),
    _hit("balanced_accuracy", "balanced accuracy", "classes", symmetric=False, witness=_SKLEARN),
    _rate("true_positive_rate", "share of correct items accepted (TPR)", witness=_SKLEARN),
    _rate("true_negative_rate", "share of incorrect items rejected (TNR)", witness=_SKLEARN),
    _corrected(
        "youden_j", "Youden's J (TPR + TNR - 1)", "classes", symmetric=False, binary=True, misses=True,
        witness=_SKLEARN,
    ),
    Metric(
        "leniency_p_plus", "share of lenient guesses (P+)", "classes", low=0.0, symmetric=False, relabels=False,
        binary=True, perfect=None, directional=True, misses=True, witness=_PLAIN,
    ),
    _pair("agreement_s1", "agreement with ties (MT-Bench S1)", witness=_SKLEARN),
    _pair("agreement_s2", "agreement without ties (MT-Bench S2)", witness=_SKLEARN),
    _pair("gold_tie_rate", "share of ties in gold", symmetric=False, perfect=None, directional=True, witness=_PLAIN),
    _pair(
        "judge_tie_rate", "share of ties by the judge", symmetric=False, perfect=None, directional=True, witness=_PLAIN
    ),
)  # fmt: skip

#: Every metric, by name, in the order of the columns.
METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}


#: Figures of one class.
CLASS_METRICS = ("precision", "recall", "f1")


def class_metric(name: str, label: int) -> Metric:
    """Make a metric of one class, a label's code."""
    function = partial(getattr(import_module("judgebench.stats.coefficients.classes"), f"class_{name}"), label=label)
    made = _hit if name == "recall" else _share
    return made(name, f"{name} of a class", function, symmetric=False, relabels=False, proportion=name != "f1")


@dataclass(frozen=True, slots=True)
class RowMetric:
    """One line of the table, for the ``kinds`` of scale on which it means something.

    The value lies between ``low`` and ``high`` (infinite for none) and is ``perfect`` under perfect agreement (None for
    a test statistic, which is also not ``tested`` for a difference between two judges). ``directional``: it says which
    way the judge leans, so that neither more nor less of it is better. ``numbers``, '', 'score' or 'probability', is
    what the judge has to give beside its verdict; ``witness`` whose computation confirms its value, as of a `Metric`.
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
    witness: str = ""

    @property
    def lower_is_better(self) -> bool:
        """Whether it is an error, not an agreement."""
        return self.perfect == 0 and not self.directional

    @property
    def place(self) -> str:
        """Where it means something, in words."""
        given = {"": "", "score": "scores on ", "probability": "probabilities on "}[self.numbers]
        return given + ", ".join(self.kinds)


_probability = partial(RowMetric, kinds=("check", "pair"), numbers="probability")
_score = partial(RowMetric, kinds=("rate",), numbers="score")
_number = partial(RowMetric, kinds=("number",))
_set = partial(RowMetric, kinds=("set",))
_order = partial(RowMetric, kinds=("rank",))
_steps = partial(RowMetric, kinds=("steps",))
_ROWS = (
    RowMetric("auc", "area under the ROC curve", ("check", "pair"), numbers="score", witness=_SKLEARN),
    _probability("brier", "Brier score", perfect=0.0, witness=_SKLEARN),
    _probability("log_loss", "log loss (nats)", high=inf, perfect=0.0, witness=_SKLEARN),
    _probability("ece", "expected calibration error, 10 equal-width bins", perfect=0.0, witness=_PLAIN),
    _probability("ece_equal_mass", "expected calibration error, 10 equal-mass bins", perfect=0.0, witness=_PLAIN),
    _probability(
        "calibration_slope", "slope of the logistic recalibration", low=-inf, high=inf, directional=True,
        witness=_SCIPY,
    ),
    _probability(
        "calibration_intercept", "intercept of the logistic recalibration", low=-inf, high=inf, perfect=0.0,
        directional=True, witness=_SCIPY,
    ),
    _probability(
        "spiegelhalter_z", "Spiegelhalter's z", low=-inf, high=inf, perfect=None, directional=True, tested=False,
        witness=_PLAIN,
    ),
    _probability("threshold_accuracy", "share right at one half", witness=_SKLEARN),
    _score("score_pearson_r", "Pearson's r of the scores", low=-1.0, witness=_SCIPY),
    _score("score_spearman_rho", "Spearman's rho of the scores", low=-1.0, witness=_SCIPY),
    _score("score_lin_ccc", "Lin's concordance of the scores", low=-1.0, witness=_PLAIN),
    _score("score_icc_a1", "ICC(A,1) of the scores", low=-1.0, witness=_PLAIN),
    _score("score_mean_absolute_error", "mean absolute error of the scores", high=inf, perfect=0.0, witness=_SKLEARN),
    _score(
        "score_mean_signed_error", "mean signed error of the scores (judge less gold)", low=-inf, high=inf, perfect=0.0,
        directional=True, witness=_PLAIN,
    ),
    _number("lin_ccc", "Lin's concordance correlation", low=-1.0, witness=_PLAIN),
    _number("icc_a1", "ICC(A,1), absolute agreement", low=-1.0, witness=_PLAIN),
    _number("icc_c1", "ICC(C,1), consistency", low=-1.0, witness=_PLAIN),
    _number("pearson_r", "Pearson's r", low=-1.0, witness=_SCIPY),
    _number("spearman_rho", "Spearman's rho", low=-1.0, witness=_SCIPY),
    _number("kendall_tau_b", "Kendall's tau-b", low=-1.0, witness=_SCIPY),
    _number("krippendorff_alpha", "Krippendorff's alpha at the scale's level", low=-1.0, witness=_KALPHA),
    _number("mean_absolute_error", "mean absolute error", high=inf, perfect=0.0, witness=_SKLEARN),
    _number("root_mean_squared_error", "root of the mean squared error", high=inf, perfect=0.0, witness=_SKLEARN),
    _number(
        "mean_signed_error", "mean signed error (judge less gold)", low=-inf, high=inf, perfect=0.0, directional=True,
        witness=_PLAIN,
    ),
    _set("krippendorff_alpha_masi", "Krippendorff's alpha of sets, MASI distance", low=-1.0, witness=_PLAIN),
    _set("krippendorff_alpha_jaccard", "Krippendorff's alpha of sets, Jaccard distance", low=-1.0, witness=_PLAIN),
    _set("mean_jaccard", "mean Jaccard similarity of two sets", witness=_PLAIN),
    _set("mean_masi", "mean MASI similarity of two sets", witness=_PLAIN),
    _set("label_kappa", "Cohen's kappa of a label in or out, mean over labels", low=-1.0, witness=_SKLEARN),
    _set("label_f1", "F1 of a label, mean over labels", witness=_SKLEARN),
    _set("label_f1_micro", "F1 of all labels together", witness=_SKLEARN),
    _order("kendall_tau", "Kendall's tau of two orders", low=-1.0, witness=_SCIPY),
    _order("mean_spearman_rho", "Spearman's rho of two orders", low=-1.0, witness=_SCIPY),
    _order("levenshtein_distance", "normalised edit distance of two orders", perfect=0.0, witness=_PLAIN),
    _order("footrule_distance", "normalised footrule distance of two orders", perfect=0.0, witness=_PLAIN),
    _order("top_1_agreement", "same response first", witness=_PLAIN),
    RowMetric("percent_agreement", "the whole verdict is the same", ("rank", "steps", "set"), witness=_PLAIN),
    _steps("first_error_f1", "F1 of first errors and flawless solutions (ProcessBench)", witness=_PLAIN),
    _steps("first_error_accuracy", "first wrong step named exactly", witness=_PLAIN),
    _steps("flawless_accuracy", "flawless solutions accepted", witness=_PLAIN),
    _steps("step_agreement", "steps judged as gold does", witness=_SKLEARN),
    _steps("step_kappa", "Cohen's kappa of the steps", low=-1.0, witness=_SKLEARN),
    _steps("error_precision", "precision of wrong steps", witness=_SKLEARN),
    _steps("error_recall", "recall of wrong steps", witness=_SKLEARN),
    _steps("error_f1", "F1 of wrong steps", witness=_SKLEARN),
)  # fmt: skip

#: Every figure of rows, by name.
ROW_METRICS: dict[str, RowMetric] = {metric.name: metric for metric in _ROWS}

_bias = partial(RowMetric, low=-1.0, perfect=None, directional=True, witness=_PLAIN)
#: What sways a judge, by name.
BIASES: dict[str, RowMetric] = {
    line.name: line
    for line in (
        _bias("position_consistency", "both orders name one response", ("pair", "pick"), low=0.0, perfect=1.0),
        _bias("primacy", "both orders name the first slot", ("pair",), low=0.0),
        _bias("recency", "both orders name the second slot", ("pair",), low=0.0),
        _bias("position_preference", "recency less primacy", ("pair",)),
        _bias("first_slot_rate", "share of decided games for the first slot", ("pair",), low=0.0),
        _bias("positive_rate_difference", "share accepted, judge less gold", ("check",)),
        _bias("mean_signed_error", "mean signed error (judge less gold)", ("rate", "number"), low=-inf, high=inf),
    )
}
#: What is measured of annotators, by name; METRIC stands for the metrics of the scale.
CEILINGS: dict[str, str] = {
    "METRIC": "people against people, over all pairs of labels of one item",
    "judge_vs_each_METRIC": "the judge in the place of one of the two people of each pair",
    "ratio_METRIC": "the second over the first",
    "krippendorff_alpha_joint": "Krippendorff's alpha of all annotators at once",
}

#: Figures of numbers that a comparison shows unasked, where all judges give them.
COMPARED = ("auc", "brier", "log_loss", "ece", "calibration_slope", "score_lin_ccc", "score_pearson_r")

#: Title of the coefficients of all annotators at once, which `humans` gives.
GROUP_TITLES: dict[str, str] = {
    "percent_agreement": "agreement of two labels, uncorrected",
    "fleiss_kappa": "Fleiss' kappa",
    "conger_kappa": "Conger's kappa (exact Fleiss)",
    "light_kappa": "Light's kappa (mean over pairs)",
    "gwet_ac1": "Gwet's AC1",
    "brennan_prediger": "Brennan-Prediger",
    "krippendorff_alpha": "Krippendorff's alpha",
    "conger_kappa_quadratic": "Conger's kappa, quadratic weights",
    "gwet_ac2_quadratic": "Gwet's AC2, quadratic weights",
    "icc_1": "ICC(1,1), one rating, raters unknown",
    "icc_a1": "ICC(A,1), one rating, agreement",
    "icc_c1": "ICC(C,1), one rating, consistency",
    "icc_1k": "ICC(1,k), mean of the raters, raters unknown",
    "icc_ak": "ICC(A,k), mean of the raters, agreement",
    "icc_ck": "ICC(C,k), mean of the raters, consistency",
}


class Line(NamedTuple):
    """What is told of a figure: where it means something (empty: everywhere), and whose computation confirms it."""

    name: str
    title: str
    place: str = ""
    witness: str = ""


#: Every figure: of two raters, of scores, rankings and steps, of what appears beside them, and of all annotators.
METRIC_LINES: tuple[Line, ...] = (
    *(Line(name, one.title, "", str(one.witness)) for name, one in METRICS.items()),
    *(Line(name, line.title, line.place, line.witness) for name, line in ROW_METRICS.items()),
    *(Line(name, line.title, f"bias on {line.place}", line.witness) for name, line in BIASES.items()),
    *(Line(name, title, "ceiling", _PLAIN) for name, title in CEILINGS.items()),
    *(Line(name, f"{name} of one label", "classes", _PLAIN) for name in CLASS_METRICS),
    Line("official_score", "the benchmark's own score", "rewardbench2"),
    *(Line(name, title, "all annotators (humans)") for name, title in GROUP_TITLES.items()),
)


def title_of(name: str) -> str:
    """Title of a figure; the name of one that is not built in."""
    line = METRICS.get(name) or ROW_METRICS.get(name)
    return name if line is None else line.title

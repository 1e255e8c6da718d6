"""How far a judge agrees with gold: policies, coefficients, intervals, the human ceiling.

Every coefficient can be had here, too: ``from judgebench.agreement import cohen_kappa``. What they are made of is
in `judgebench.stats`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from judgebench.stats.coefficients.bradley_terry import bradley_terry
    from judgebench.stats.coefficients.calibration import (
        auc,
        brier,
        calibration_line,
        delong_test,
        expected_calibration_error,
        log_loss,
        spiegelhalter_z,
        threshold_accuracy,
    )
    from judgebench.stats.coefficients.chance import (
        accuracy,
        agreement_s1,
        agreement_s2,
        brennan_prediger,
        brennan_prediger_weighted,
        cohen_kappa,
        cohen_kappa_linear,
        cohen_kappa_quadratic,
        gold_tie_rate,
        gwet_ac1,
        gwet_ac2,
        gwet_ac2_linear,
        gwet_ac2_quadratic,
        judge_tie_rate,
        percent_agreement,
        scott_pi,
        weighted_kappa,
    )
    from judgebench.stats.coefficients.classes import (
        balanced_accuracy,
        leniency_p_plus,
        macro_f1,
        macro_precision,
        macro_recall,
        matthews_corrcoef,
        true_negative_rate,
        true_positive_rate,
        youden_j,
    )
    from judgebench.stats.coefficients.continuous import concordance, icc_agreement, icc_consistency, pearson, spearman
    from judgebench.stats.coefficients.krippendorff import (
        alpha_units,
        krippendorff_alpha,
        krippendorff_alpha_interval,
        krippendorff_alpha_nominal,
        krippendorff_alpha_ordinal,
        krippendorff_alpha_ratio,
    )
    from judgebench.stats.coefficients.numeric import (
        adjacent_agreement,
        icc_a1,
        icc_c1,
        kendall_tau_b,
        lin_ccc,
        mean_absolute_error,
        mean_signed_error,
        pearson_r,
        spearman_rho,
    )
    from judgebench.stats.coefficients.raters import (
        conger_kappa,
        fleiss_kappa,
        gwet_ac,
        icc,
        icc_interval,
        light_kappa,
        mean_agreement,
    )
    from judgebench.stats.coefficients.sequence_scores import (
        error_scores,
        first_error_scores,
        footrule_distance,
        kendall_tau,
        levenshtein_distance,
        spearman_rank,
        step_agreement,
        top_1_agreement,
    )
    from judgebench.stats.inference.paired import bhapkar, stuart_maxwell

__all__ = [
    "accuracy", "adjacent_agreement", "agreement_s1", "agreement_s2", "alpha_units", "auc", "balanced_accuracy",
    "bhapkar", "bradley_terry", "brennan_prediger", "brennan_prediger_weighted", "brier", "calibration_line",
    "cohen_kappa", "cohen_kappa_linear", "cohen_kappa_quadratic", "concordance", "conger_kappa", "delong_test",
    "error_scores", "expected_calibration_error", "first_error_scores", "fleiss_kappa", "footrule_distance",
    "gold_tie_rate", "gwet_ac", "gwet_ac1", "gwet_ac2", "gwet_ac2_linear", "gwet_ac2_quadratic", "icc", "icc_a1",
    "icc_agreement", "icc_c1", "icc_consistency", "icc_interval", "judge_tie_rate", "kendall_tau", "kendall_tau_b",
    "krippendorff_alpha", "krippendorff_alpha_interval", "krippendorff_alpha_nominal", "krippendorff_alpha_ordinal",
    "krippendorff_alpha_ratio", "leniency_p_plus", "levenshtein_distance", "light_kappa", "lin_ccc", "log_loss",
    "macro_f1", "macro_precision", "macro_recall", "matthews_corrcoef", "mean_absolute_error", "mean_agreement",
    "mean_signed_error", "pearson", "pearson_r", "percent_agreement", "scott_pi", "spearman", "spearman_rank",
    "spearman_rho", "spiegelhalter_z", "step_agreement", "stuart_maxwell", "threshold_accuracy", "top_1_agreement",
    "true_negative_rate", "true_positive_rate", "weighted_kappa", "youden_j",
]  # fmt: skip

#: Modules of `judgebench.stats`; of two functions of one name, the first is that of two raters' labels.
_MODULES = (
    "coefficients.chance", "coefficients.numeric", "coefficients.bradley_terry", "coefficients.calibration",
    "coefficients.classes", "coefficients.continuous", "coefficients.krippendorff", "coefficients.sequence_scores",
    "coefficients.raters", "inference.paired",
)  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in __all__:
        for place in _MODULES:
            if (found := getattr(import_module(f"judgebench.stats.{place}"), name, None)) is not None:
                return globals().setdefault(name, found)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Names and titles of the metrics, for listings that must not load numpy."""

from __future__ import annotations

from judgebench.stats.coefficients.catalog import METRICS, ROW_METRICS

__all__ = ["GROUP_TITLES", "METRIC_LINES", "METRIC_TITLES", "title_of"]

#: Title of every metric, by name.
METRIC_TITLES: dict[str, str] = {name: metric.title for name, metric in METRICS.items()}
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
#: Name, title and place of every figure: of two raters, of scores, rankings and steps, and of all annotators.
METRIC_LINES: tuple[tuple[str, str, str], ...] = (
    *((name, title, "") for name, title in METRIC_TITLES.items()),
    *((line.name, line.title, line.place) for line in ROW_METRICS.values()),
    *((name, title, "all annotators (humans)") for name, title in GROUP_TITLES.items()),
)


def title_of(name: str) -> str:
    """Title of a figure; the name of one that is not built in."""
    line = ROW_METRICS.get(name)
    return METRIC_TITLES.get(name, name if line is None else line.title)

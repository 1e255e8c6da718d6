"""The table of metrics: one line each. Property and oracle tests, JSON and leaderboards read it.

Functions are named, not imported, so that listing the metrics loads no numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.agreement.metrics.table import Outcome, Table


@dataclass(frozen=True, slots=True)
class Metric:
    """One line of the table of metrics.

    Parameters
    ----------
    name : str
        Key in JSON and on the command line.
    title : str
        Column heading.
    function : str or callable
        ``Table -> Outcome``: a function of its own name in this module of `judgebench.agreement.metrics`, or
        the function itself.
    low, high : float
        Bounds of the value.
    symmetric : bool
        Unchanged when gold and judge trade places.
    chance_corrected : bool
        0 for an independent judge, in expectation.
    ordered : bool
        Needs labels with an order.
    relabels : bool
        Unchanged under any renaming of the labels.
    proportion : bool
        A plain share of rows, for which Wilson's interval holds.
    binary : bool
        Defined on a two-label check only, and left out elsewhere.
    graded : bool
        Defined where gold is a number and not a label.
    """

    name: str
    title: str
    function: str | Callable[[Table], Outcome]
    low: float = -1.0
    high: float = 1.0
    symmetric: bool = True
    chance_corrected: bool = False
    ordered: bool = False
    relabels: bool = True
    proportion: bool = False
    binary: bool = False
    graded: bool = False

    def __call__(self, table: Table) -> Outcome:
        """Evaluate on a table; an empty one and a numeric gold are answered here."""
        from judgebench.agreement.metrics.table import Outcome  # noqa: PLC0415 - loads numpy

        if table.n == 0:
            return Outcome.undefined("no_items")
        if table.graded and not self.graded:
            return Outcome.undefined("graded_gold")
        function = self.function
        if isinstance(function, str):
            function = getattr(import_module(f"judgebench.agreement.metrics.{function}"), self.name)
        return function(table)


def _share(name: str, title: str, module: str, *, symmetric: bool = True, proportion: bool = False) -> Metric:
    return Metric(name, title, module, low=0.0, symmetric=symmetric, proportion=proportion)


def _corrected(name: str, title: str, module: str) -> Metric:
    return Metric(name, title, module, chance_corrected=True)


def _ordered(name: str, title: str, module: str, *, graded: bool = False) -> Metric:
    return Metric(name, title, module, chance_corrected=True, ordered=True, relabels=False, graded=graded)


def _rate(name: str, title: str, module: str) -> Metric:
    return Metric(name, title, module, low=0.0, symmetric=False, relabels=False, proportion=True, binary=True)


_ALL = (
    _share("percent_agreement", "percent agreement", "chance", proportion=True),
    _share("accuracy", "accuracy", "chance", proportion=True),
    _corrected("cohen_kappa", "Cohen's kappa", "chance"),
    _ordered("cohen_kappa_linear", "Cohen's kappa, linear weights", "chance"),
    _ordered("cohen_kappa_quadratic", "Cohen's kappa, quadratic weights", "chance"),
    _corrected("scott_pi", "Scott's pi", "chance"),
    _corrected("gwet_ac1", "Gwet's AC1", "chance"),
    # At the scale's own level, so a renaming may change it.
    Metric(
        "krippendorff_alpha",
        "Krippendorff's alpha at the scale's level",
        "krippendorff",
        chance_corrected=True,
        relabels=False,
    ),
    _corrected("krippendorff_alpha_nominal", "Krippendorff's alpha, nominal", "krippendorff"),
    _ordered("krippendorff_alpha_ordinal", "Krippendorff's alpha, ordinal", "krippendorff"),
    _ordered("krippendorff_alpha_interval", "Krippendorff's alpha, interval", "krippendorff"),
    _ordered("spearman_rho", "Spearman's rho", "ranks", graded=True),
    _share("macro_precision", "macro precision", "classes", symmetric=False),
    _share("macro_recall", "macro recall", "classes", symmetric=False),
    _share("macro_f1", "macro F1", "classes"),
    _rate("true_positive_rate", "share of correct items accepted (TPR)", "classes"),
    _rate("true_negative_rate", "share of incorrect items rejected (TNR)", "classes"),
)

#: Every metric, by name, in the order of the columns.
METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}

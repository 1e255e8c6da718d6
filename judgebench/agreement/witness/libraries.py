"""Every figure that a library has, by that library: what `verify_scored` and the others hear beside the definitions.

The libraries are large (scikit-learn and what it imports take 130 MB and a second), so that only who asks for them
hears them. Each is called where ours has a value, and gives None where the library can't speak: unusable verdicts, a
mean as gold, values at unequal steps, too many rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from judgebench.agreement.witness.numbers import NEAR, said_positive, sure
from judgebench.agreement.witness.sequences import flat, places
from judgebench.stats.coefficients.calibration import LOG_CLIP, LOGIT_CLIP

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from judgebench.agreement.kinds.scores import ScoredNumbers
    from judgebench.agreement.policies import Scored
    from judgebench.agreement.witness.numbers import Numbers, Sets
    from judgebench.agreement.witness.pairs import PairCounts
    from judgebench.agreement.witness.sequences import Order, Solution
    from judgebench.stats.crosstab import Floats, Level

#: A figure by a witness, and whose it is.
Told: TypeAlias = tuple[float, str]

#: Cells beyond which krippendorff, which keeps a matrix per item, would not fit in memory.
_ALPHA_CELLS = 20_000_000


def _sklearn() -> Any:
    from sklearn import metrics

    return metrics


def _agreement(_: Scored, pairs: PairCounts) -> Told:
    gold, judge, times = pairs.rows()
    return float(_sklearn().accuracy_score(gold, judge, sample_weight=times)), "scikit-learn (accuracy_score)"


def _accuracy(scored: Scored, pairs: PairCounts) -> Told:
    share, library = _agreement(scored, pairs)
    if pairs.policies.tie != "half":
        return share, library
    gold, judge, times = pairs.rows()
    halves = (gold == pairs.scale.tie) & np.isin(judge, pairs.winners)
    halves |= (judge == pairs.scale.tie) & np.isin(gold, pairs.winners)
    return share + float(times[halves].sum()) / (2 * pairs.n), f"{library} and half the one-sided ties"


def _kappa(_: Scored, pairs: PairCounts) -> Told:
    gold, judge, times = pairs.rows()
    return float(_sklearn().cohen_kappa_score(gold, judge, sample_weight=times)), "scikit-learn (cohen_kappa_score)"


def _weighted(weights: str) -> Callable[[Scored, PairCounts], Told | None]:
    def witness(_: Scored, pairs: PairCounts) -> Told | None:
        values = pairs.scale.values
        gold, judge, times = pairs.rows()
        steps = np.diff(values)
        if pairs.gold_values is not None or max(gold.max(), judge.max()) >= len(values):
            return None
        if not np.allclose(steps, steps[0]):
            return None
        theirs = _sklearn().cohen_kappa_score(
            gold, judge, labels=np.arange(len(values)), weights=weights, sample_weight=times
        )
        return float(theirs), "scikit-learn (cohen_kappa_score)"

    return witness


def _pi(_: Scored, pairs: PairCounts) -> Told:
    # With both sides in both roles the margins are the common ones, and kappa is pi.
    gold, judge, times = pairs.rows()
    both = np.r_[gold, judge], np.r_[judge, gold]
    theirs = _sklearn().cohen_kappa_score(*both, sample_weight=np.r_[times, times])
    return float(theirs), "scikit-learn (cohen_kappa_score on both directions)"


def _macro(position: int) -> Callable[[Scored, PairCounts], Told]:
    def witness(_: Scored, pairs: PairCounts) -> Told:
        gold, judge, times = pairs.rows()
        used = np.union1d(gold, judge)
        result = _sklearn().precision_recall_fscore_support(
            gold, judge, labels=used[used < pairs.labels], average="macro", zero_division=0, sample_weight=times
        )
        return float(result[position]), "scikit-learn (precision_recall_fscore_support)"

    return witness


def _recall(label: int) -> Callable[[Scored, PairCounts], Told]:
    def witness(_: Scored, pairs: PairCounts) -> Told:
        gold, judge, times = pairs.rows()
        theirs = _sklearn().recall_score(
            gold, judge, labels=[label], average=None, zero_division=0, sample_weight=times
        )
        return float(theirs[0]), "scikit-learn (recall_score)"

    return witness


def _alpha(level: Level | None) -> Callable[[Scored, PairCounts], Told | None]:
    def witness(scored: Scored, pairs: PairCounts) -> Told | None:
        from krippendorff import alpha

        distance: Level = level or pairs.scale.level
        codes = np.array([scored.gold, scored.judge])
        wide = max(int(codes.max()) + 1, pairs.labels)
        placed = wide <= len(pairs.scale.values)
        if pairs.completed or scored.size * wide**2 > _ALPHA_CELLS or not (placed or distance == "nominal"):
            return None
        values = np.asarray(pairs.scale.values) if distance != "nominal" else np.arange(wide)
        theirs = alpha(values[codes], value_domain=values, level_of_measurement=distance)
        return float(theirs), "krippendorff (alpha)"

    return witness


def _numbers(name: str) -> Callable[[Floats, Floats], Told]:
    def witness(gold: Floats, judge: Floats) -> Told:
        from scipy import stats

        found: Any = getattr(stats, name)(gold, judge)
        return float(found.statistic), f"scipy ({name})"

    return witness


def _places(name: str) -> Callable[[Scored, PairCounts], Told | None]:
    """Numbers of gold and judge, row by row, where every code has one."""

    def witness(scored: Scored, pairs: PairCounts) -> Told | None:
        places = pairs.places()
        if pairs.completed or not (pairs.gold.keys() <= places[0].keys() and pairs.judge.keys() <= places[1].keys()):
            return None
        gold, judge = (np.array(list(side.values()), dtype=np.float64) for side in places)
        return _numbers(name)(gold[scored.gold], judge[scored.judge])

    return witness


def _absolute(_: Scored, pairs: PairCounts) -> Told:
    gold, judge = pairs.places()
    kept = [(gold[i], judge[j], times) for (i, j), times in pairs.count.items() if i in gold and j in judge]
    true, said, times = zip(*kept, strict=True)
    return float(_sklearn().mean_absolute_error(true, said, sample_weight=times)), "scikit-learn (mean_absolute_error)"


def _matthews(_: Scored, pairs: PairCounts) -> Told:
    gold, judge, times = pairs.rows()
    return float(_sklearn().matthews_corrcoef(gold, judge, sample_weight=times)), "scikit-learn (matthews_corrcoef)"


def _balanced(_: Scored, pairs: PairCounts) -> Told:
    gold, judge, times = pairs.rows()
    theirs = _sklearn().recall_score(
        gold, judge, labels=np.unique(gold), average="macro", zero_division=0, sample_weight=times
    )
    return float(theirs), "scikit-learn (recall_score)"


def _youden(scored: Scored, pairs: PairCounts) -> Told:
    return _recall(1)(scored, pairs)[0] + _recall(0)(scored, pairs)[0] - 1, "scikit-learn (recall_score)"


def _without_ties(_: Scored, pairs: PairCounts) -> Told:
    gold, judge, times = pairs.rows()
    ties = [code for code in (pairs.scale.tie, pairs.scale.both_bad) if code is not None]
    kept = ~(np.isin(gold, ties) | np.isin(judge, ties))
    theirs = _sklearn().accuracy_score(gold[kept], judge[kept], sample_weight=times[kept])
    return float(theirs), "scikit-learn (accuracy_score)"


def _auc(numbers: ScoredNumbers) -> Told:
    # scikit-learn takes no infinite score, and ranks are all that counts.
    _, ranks = np.unique(numbers.ranked, return_inverse=True)
    return float(_sklearn().roc_auc_score(numbers.positive, ranks)), "scikit-learn (roc_auc_score)"


def _brier(numbers: ScoredNumbers) -> Told:
    theirs = _sklearn().brier_score_loss(numbers.positive, numbers.filled, pos_label=True)
    return float(theirs), "scikit-learn (brier_score_loss)"


def _log_loss(numbers: ScoredNumbers) -> Told:
    p, y = sure(numbers)
    said = np.maximum(np.where(y, p, 1 - p), LOG_CLIP)
    columns = np.column_stack([np.where(y, 1 - said, said), np.where(y, said, 1 - said)])
    theirs = _sklearn().log_loss(y, columns, labels=[False, True])
    return float(theirs), "scikit-learn (log_loss)"


def _line(numbers: ScoredNumbers) -> tuple[float, float] | None:
    """Slope and intercept where the derivatives of the likelihood vanish, by scipy's root finder."""
    from scipy.optimize import root
    from scipy.special import expit, logit

    p, y = sure(numbers)
    x = logit(np.clip(p, LOGIT_CLIP, 1 - LOGIT_CLIP))
    middle, unit = float(x.mean()), float(x.std())
    z = (x - middle) / unit

    def slopes(beta: Floats) -> list[float]:
        rest = y - expit(beta[0] + beta[1] * z)
        return [float(rest.sum()), float((rest * z).sum())]

    def curves(beta: Floats) -> list[list[float]]:
        fitted = expit(beta[0] + beta[1] * z)
        weight = fitted * (1 - fitted)
        across = -float((weight * z).sum())
        return [[-float(weight.sum()), across], [across, -float((weight * z * z).sum())]]

    found: Any = root(slopes, np.zeros(2), jac=curves, tol=1e-13)
    # scipy may report no progress at the root itself, so that the last step that is left decides.
    if not float(np.abs(np.linalg.solve(curves(found.x), slopes(found.x))).max()) < NEAR:
        return None
    slope = float(found.x[1]) / unit
    return slope, float(found.x[0]) - slope * middle


def _slope(numbers: ScoredNumbers) -> Told | None:
    found = _line(numbers)
    return None if found is None else (found[0], "scipy (root)")


def _intercept(numbers: ScoredNumbers) -> Told | None:
    found = _line(numbers)
    return None if found is None else (found[1], "scipy (root)")


def _threshold(numbers: ScoredNumbers) -> Told:
    return float(_sklearn().accuracy_score(numbers.positive, said_positive(numbers))), "scikit-learn (accuracy_score)"


def _score_absolute(gold: Floats, judge: Floats) -> Told:
    return float(_sklearn().mean_absolute_error(gold, judge)), "scikit-learn (mean_absolute_error)"


def _root(gold: Floats, judge: Floats) -> Told:
    return float(_sklearn().root_mean_squared_error(gold, judge)), "scikit-learn (root_mean_squared_error)"


def _alpha_of_numbers(gold: Floats, judge: Floats) -> Told | None:
    from krippendorff import alpha

    both = np.array([gold, judge])
    if gold.size * np.unique(both).size > _ALPHA_CELLS:
        return None
    return float(alpha(both, level_of_measurement="interval")), "krippendorff (alpha)"


def _of_rows(figure: Callable[[Floats, Floats], Told | None]) -> Callable[[Numbers], Told | None]:
    return lambda rows: figure(*(np.array([row[side] for row in rows]) for side in (0, 1)))


def _members(rows: Sets) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which labels that occur are in each set, shape (n, labels), of gold and judge; a silent judge is wrong."""
    every = sorted({label for one, other, _ in rows for label in one | (other or frozenset())})
    gold = np.array([[label in one for label in every] for one, _, _ in rows])
    said = [[(label not in one) if other is None else label in other for label in every] for one, other, _ in rows]
    return gold, np.array(said)


def _label_kappa(rows: Sets) -> Told | None:
    gold, judge = _members(rows)
    varied = [j for j in range(gold.shape[1]) if np.unique(np.append(gold[:, j], judge[:, j])).size > 1]
    kappas = [_sklearn().cohen_kappa_score(gold[:, j], judge[:, j]) for j in varied]
    return float(np.mean(kappas)), "scikit-learn (cohen_kappa_score)"


def _label_f1(average: str) -> Callable[[Sets], Told | None]:
    def witness(rows: Sets) -> Told | None:
        # scikit-learn takes one column for a class, and not for a label.
        gold, judge = (np.column_stack([side, side]) if side.shape[1] == 1 else side for side in _members(rows))
        return float(_sklearn().f1_score(gold, judge, average=average, zero_division=0)), "scikit-learn (f1_score)"

    return witness


def _order(name: str) -> tuple[Callable[[Order, Order], float], str]:
    def witness(first: Order, second: Order) -> float:
        return _numbers(name)(np.array(places(first)), np.array(places(second)))[0]

    return witness, f"scipy ({name})"


def _steps_agree(rows: Sequence[Solution]) -> Told:
    return float(_sklearn().accuracy_score(*flat(rows))), "scikit-learn (accuracy_score)"


def _steps_kappa(rows: Sequence[Solution]) -> Told:
    return float(_sklearn().cohen_kappa_score(*flat(rows))), "scikit-learn (cohen_kappa_score)"


def _wrong_steps(position: int) -> Callable[[Sequence[Solution]], Told]:
    def witness(rows: Sequence[Solution]) -> Told:
        found = _sklearn().precision_recall_fscore_support(*flat(rows), labels=[0], zero_division=0)
        return float(found[position][0]), "scikit-learn (precision_recall_fscore_support)"

    return witness


#: Metrics of labels.
LABELS: dict[str, Callable[[Scored, PairCounts], Told | None]] = {
    "percent_agreement": _agreement,
    "accuracy": _accuracy,
    "cohen_kappa": _kappa,
    "cohen_kappa_linear": _weighted("linear"),
    "cohen_kappa_quadratic": _weighted("quadratic"),
    "scott_pi": _pi,
    "krippendorff_alpha": _alpha(None),
    "krippendorff_alpha_nominal": _alpha("nominal"),
    "krippendorff_alpha_ordinal": _alpha("ordinal"),
    "krippendorff_alpha_interval": _alpha("interval"),
    "krippendorff_alpha_ratio": _alpha("ratio"),
    "spearman_rho": _places("spearmanr"),
    "kendall_tau_b": _places("kendalltau"),
    "pearson_r": _places("pearsonr"),
    "macro_precision": _macro(0),
    "macro_recall": _macro(1),
    "macro_f1": _macro(2),
    "balanced_accuracy": _balanced,
    "matthews_corrcoef": _matthews,
    # On labels, concordance is kappa with quadratic weights.
    "lin_ccc": _weighted("quadratic"),
    "mean_absolute_error": _absolute,
    "youden_j": _youden,
    "agreement_s1": _agreement,
    "agreement_s2": _without_ties,
    "true_positive_rate": _recall(1),
    "true_negative_rate": _recall(0),
}


NUMBERS: dict[str, Callable[[ScoredNumbers], Told | None]] = {
    "auc": _auc,
    "brier": _brier,
    "log_loss": _log_loss,
    "calibration_slope": _slope,
    "calibration_intercept": _intercept,
    "threshold_accuracy": _threshold,
}
RATED: dict[str, Callable[[Floats, Floats], Told | None]] = {
    "score_pearson_r": _numbers("pearsonr"),
    "score_spearman_rho": _numbers("spearmanr"),
    "score_mean_absolute_error": _score_absolute,
}
#: Of numbers that are verdicts.
REAL: dict[str, Callable[[Numbers], Told | None]] = {
    "pearson_r": _of_rows(_numbers("pearsonr")),
    "spearman_rho": _of_rows(_numbers("spearmanr")),
    "kendall_tau_b": _of_rows(_numbers("kendalltau")),
    "krippendorff_alpha": _of_rows(_alpha_of_numbers),
    "mean_absolute_error": _of_rows(_score_absolute),
    "root_mean_squared_error": _of_rows(_root),
}
SETS: dict[str, Callable[[Sets], Told | None]] = {
    "label_kappa": _label_kappa,
    "label_f1": _label_f1("macro"),
    "label_f1_micro": _label_f1("micro"),
}
#: Of two orders: the figure and whose it is.
ORDERS: dict[str, tuple[Callable[[Order, Order], float], str]] = {
    "kendall_tau": _order("kendalltau"),
    "mean_spearman_rho": _order("spearmanr"),
}
STEPS: dict[str, Callable[[Sequence[Solution]], Told | None]] = {
    "step_agreement": _steps_agree,
    "step_kappa": _steps_kappa,
    "error_precision": _wrong_steps(0),
    "error_recall": _wrong_steps(1),
    "error_f1": _wrong_steps(2),
}

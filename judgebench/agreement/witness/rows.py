"""Witnesses of figures of rows: scores and probabilities, rankings, steps, by other libraries or as they are defined.

Where no library has a figure (calibration errors, edit distances, ProcessBench's F1) the witness is its definition,
written out in loops: slow, and short enough to be checked by eye. They return the names of the figures that they did
not confirm, with the reason, and raise MismatchError, saying ``where``, if one differs by more than 1e-9.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from judgebench.agreement.policies import checked_steps, sequences_of
from judgebench.agreement.score_metrics import numbers_of, rated
from judgebench.agreement.witness.tables import NO_WITNESS, PLAIN, hold
from judgebench.stats.coefficients.calibration import LOG_CLIP, LOGIT_CLIP

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.agreement.policies import Scored
    from judgebench.agreement.score_metrics import ScoredNumbers
    from judgebench.domain import Estimate, Policies, Ratings
    from judgebench.stats.crosstab import Floats

    Codes = npt.NDArray[np.int64]

#: A witness's figure and whose it is; None where it can't speak.
Told: TypeAlias = "tuple[float, str] | None"
Order: TypeAlias = tuple[int, ...]

_BINS = 10
#: A step this small, in standard units of the logits, leaves a root where it is.
_NEAR = 1e-11


def verify_numbers(
    ratings: Ratings,
    scored: Scored,
    metrics: Mapping[str, Estimate],
    *,
    where: str = "",
    among: npt.NDArray[np.bool_] | None = None,
) -> dict[str, str]:
    """Recompute figures of a judge's numbers with scikit-learn and scipy, as `score_figures` takes them."""
    if ratings.score is None:
        return {}
    if scored.scale.kind == "rate":
        _, gold, judge, _ = rated(ratings, scored, among)
        return _hold(metrics, {name: _call(one, gold, judge) for name, one in _RATED.items()}, where)
    numbers = numbers_of(ratings, scored, among)
    if numbers is None:
        return {}
    return _hold(metrics, {name: _call(one, numbers) for name, one in _NUMBERS.items()}, where)


def verify_sequences(
    group: Ratings, policies: Policies, metrics: Mapping[str, Estimate], *, where: str = ""
) -> dict[str, str]:
    """Recompute figures of rankings or steps with scikit-learn and scipy, and by their definitions."""
    if group.scale.kind == "rank":
        return _hold(metrics, {name: _call(_ranked, group, *one) for name, one in _ORDERS.items()}, where)
    gold, judge, length = checked_steps(group, policies)
    rows = list(zip(gold.tolist(), judge.tolist(), length.tolist(), strict=True))
    return _hold(metrics, {name: _call(one, rows) for name, one in _STEPS.items()}, where)


def verify_sequence_ceilings(group: Ratings, ceilings: Mapping[str, Estimate], *, where: str = "") -> dict[str, str]:
    """Recompute the means over pairs of annotators, each item once; what nothing recomputes is ``ceiling_<figure>``."""
    _, gold = sequences_of(group)
    _, first = np.unique(group.item, return_index=True)
    people = [[tuple(code for code in row if code >= 0) for row in own] for own in gold[first].tolist()]
    steps = gold[first].tolist()

    def mean(figure: Callable[[Order, Order], float]) -> Told:
        values: list[float] = []
        for i, j in combinations(range(gold.shape[1]), 2):
            met = [figure(own[i], own[j]) for own in people if own[i] and own[j]]
            values += [math.fsum(met) / len(met)] if met else []
        return math.fsum(values) / len(values), PLAIN

    def agreement() -> Told:
        values: list[float] = []
        for i, j in combinations(range(gold.shape[1]), 2):
            met = [own for own in steps if max(own[i]) >= 0 and max(own[j]) >= 0]
            hits = [a == b for own in met for a, b in zip(own[i], own[j], strict=True) if a >= 0]
            values += [sum(hits) / len(hits)] if hits else []
        return math.fsum(values) / len(values), PLAIN

    known = {name: _call(mean, figure) for name, (figure, _, _) in _ORDERS.items()}
    known = {"step_agreement": agreement} if group.scale.kind == "steps" else known
    return _hold(
        {f"ceiling_{name}": one for name, one in ceilings.items()},
        {f"ceiling_{name}": one for name, one in known.items()},
        where,
    )


def _call(function: Callable[..., Told], *given: Any) -> Callable[[], Told]:
    return lambda: function(*given)


def _hold(metrics: Mapping[str, Estimate], witnesses: Mapping[str, Callable[[], Told]], where: str) -> dict[str, str]:
    """Hear the witnesses of what has a value; name what they leave unconfirmed, and why."""
    alone: dict[str, str] = {}
    for name, estimate in metrics.items():
        if estimate.value is None:
            continue
        if name not in witnesses:
            alone[name] = NO_WITNESS
        elif (told := witnesses[name]()) is None:
            alone[name] = "its witness finds no root"
        else:
            hold(name, estimate.value, *told, where=where)
    return alone


def _sklearn() -> Any:
    from sklearn import metrics  # noqa: PLC0415 - loaded on use

    return metrics


def _auc(numbers: ScoredNumbers) -> Told:
    # scikit-learn takes no infinite score, and ranks are all that counts.
    _, ranks = np.unique(numbers.ranked, return_inverse=True)
    return float(_sklearn().roc_auc_score(numbers.positive, ranks)), "scikit-learn (roc_auc_score)"


def _brier(numbers: ScoredNumbers) -> Told:
    theirs = _sklearn().brier_score_loss(numbers.positive, numbers.filled, pos_label=True)
    return float(theirs), "scikit-learn (brier_score_loss)"


def _sure(numbers: ScoredNumbers) -> tuple[Floats, npt.NDArray[np.bool_]]:
    return numbers.values[numbers.given], numbers.positive[numbers.given]


def _log_loss(numbers: ScoredNumbers) -> Told:
    p, y = _sure(numbers)
    said = np.maximum(np.where(y, p, 1 - p), LOG_CLIP)
    columns = np.column_stack([np.where(y, 1 - said, said), np.where(y, said, 1 - said)])
    theirs = _sklearn().log_loss(y, columns, labels=[False, True])
    return float(theirs), "scikit-learn (log_loss)"


def _ece(numbers: ScoredNumbers) -> Told:
    p, y = _sure(numbers)
    gaps = [0.0] * _BINS
    for value, right in zip(p.tolist(), y.tolist(), strict=True):
        # Right-closed: the first edge k / 10 that is not below the probability.
        place = next(k for k in range(1, _BINS + 1) if value <= k / _BINS)
        gaps[place - 1] += value - right
    return math.fsum(map(abs, gaps)) / p.size, PLAIN


def _ece_equal_mass(numbers: ScoredNumbers) -> Told:
    p, y = _sure(numbers)
    gaps = [0.0] * _BINS
    below: dict[float, int] = {}
    for rank, value in enumerate(sorted(p.tolist())):
        below.setdefault(value, rank)
    for value, right in zip(p.tolist(), y.tolist(), strict=True):
        gaps[below[value] * _BINS // p.size] += value - right
    return math.fsum(map(abs, gaps)) / p.size, PLAIN


def _line(numbers: ScoredNumbers) -> tuple[float, float] | None:
    """Slope and intercept where the derivatives of the likelihood vanish, by scipy's root finder."""
    from scipy.optimize import root  # noqa: PLC0415 - loaded on use
    from scipy.special import expit, logit  # noqa: PLC0415 - loaded on use

    p, y = _sure(numbers)
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
    # scipy may report no progress at the root itself, so that the last step that is left decides. Where there is no
    # root, there is no witness: nothing is known against our figure.
    if not float(np.abs(np.linalg.solve(curves(found.x), slopes(found.x))).max()) < _NEAR:
        return None
    slope = float(found.x[1]) / unit
    return slope, float(found.x[0]) - slope * middle


def _slope(numbers: ScoredNumbers) -> Told:
    found = _line(numbers)
    return None if found is None else (found[0], "scipy (root)")


def _intercept(numbers: ScoredNumbers) -> Told:
    found = _line(numbers)
    return None if found is None else (found[1], "scipy (root)")


def _spiegelhalter(numbers: ScoredNumbers) -> Told:
    p, y = (side.tolist() for side in _sure(numbers))
    above = math.fsum((right - value) * (1 - 2 * value) for value, right in zip(p, y, strict=True))
    below = math.fsum((1 - 2 * value) ** 2 * value * (1 - value) for value in p)
    return above / math.sqrt(below), PLAIN


def _threshold(numbers: ScoredNumbers) -> Told:
    said = np.where(numbers.named, numbers.filled >= 0.5, ~numbers.positive)
    return float(_sklearn().accuracy_score(numbers.positive, said)), "scikit-learn (accuracy_score)"


def _scipy_correlation(name: str) -> Callable[[Floats, Floats], Told]:
    def witness(gold: Floats, judge: Floats) -> Told:
        from scipy import stats  # noqa: PLC0415 - loaded on use

        found: Any = getattr(stats, name)(gold, judge)
        return float(found.statistic), f"scipy ({name})"

    return witness


def _ccc(gold: Floats, judge: Floats) -> Told:
    covariance = np.cov(gold, judge, ddof=0)
    apart = (gold.mean() - judge.mean()) ** 2
    return float(2 * covariance[0, 1] / (covariance[0, 0] + covariance[1, 1] + apart)), PLAIN


def _icc(gold: Floats, judge: Floats) -> Told:
    """McGraw & Wong's case of agreement, from the mean squares of a two-way layout."""
    table = np.column_stack([gold, judge])
    n, grand = len(table), table.mean()
    rows = 2 * float(((table.mean(axis=1) - grand) ** 2).sum()) / (n - 1)
    columns = n * float(((table.mean(axis=0) - grand) ** 2).sum())
    rest = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + grand
    error = float((rest**2).sum()) / (n - 1)
    return (rows - error) / (rows + error + 2 * (columns - error) / n), PLAIN


def _absolute(gold: Floats, judge: Floats) -> Told:
    return float(_sklearn().mean_absolute_error(gold, judge)), "scikit-learn (mean_absolute_error)"


def _signed(gold: Floats, judge: Floats) -> Told:
    return math.fsum((judge - gold).tolist()) / gold.size, PLAIN


def _places(order: Order) -> list[int]:
    return [order.index(response) for response in range(len(order))]


def _tau(first: Order, second: Order) -> float:
    from scipy.stats import kendalltau  # noqa: PLC0415 - loaded on use

    found: Any = kendalltau(_places(first), _places(second))
    return float(found.statistic)


def _rho(first: Order, second: Order) -> float:
    from scipy.stats import spearmanr  # noqa: PLC0415 - loaded on use

    found: Any = spearmanr(_places(first), _places(second))
    return float(found.statistic)


def _edits(first: Order, second: Order) -> float:
    row = list(range(len(second) + 1))
    for i, one in enumerate(first, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(second, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (one != other))
    return row[-1] / len(first)


def _footrule(first: Order, second: Order) -> float:
    moved = sum(abs(a - b) for a, b in zip(_places(first), _places(second), strict=True))
    # The reversed order moves the most.
    return moved / sum(abs(len(first) - 1 - 2 * place) for place in range(len(first)))


def _first(first: Order, second: Order) -> float:
    return float(first[0] == second[0])


def _same(first: Order, second: Order) -> float:
    return float(first == second)


def _ranked(group: Ratings, figure: Callable[[Order, Order], float], worst: float, library: str) -> Told:
    """Mean over items of the mean over annotators; equal pairs of orders are worked out once."""
    if group.sequence is None or group.gold_sequence is None:
        return None
    known: dict[tuple[Order, Order], float] = {}
    total: list[float] = []
    for said, golds in zip(group.sequence.tolist(), group.gold_sequence.tolist(), strict=True):
        judge = tuple(code for code in said if code >= 0)
        orders = [tuple(code for code in gold if code >= 0) for gold in golds]
        own: list[float] = []
        for gold in filter(None, orders):
            if judge and (gold, judge) not in known:
                known[gold, judge] = figure(gold, judge)
            own.append(known[gold, judge] if judge else worst)
        total.append(math.fsum(own) / len(own))
    return math.fsum(total) / len(total), library


#: Gold, verdicts and number of steps of one solution.
Solution: TypeAlias = tuple[list[int], list[int], int]


def _flat(rows: Sequence[Solution]) -> tuple[list[int], list[int]]:
    """All steps that have gold; a verdict that is missing is a label of its own."""
    pairs = [(g, 2 if said < 0 else said) for gold, judge, _ in rows for g, said in zip(gold, judge, strict=True)]
    known = [(g, said) for g, said in pairs if g >= 0]
    return [g for g, _ in known], [said for _, said in known]


def _steps_agree(rows: Sequence[Solution]) -> Told:
    return float(_sklearn().accuracy_score(*_flat(rows))), "scikit-learn (accuracy_score)"


def _steps_kappa(rows: Sequence[Solution]) -> Told:
    return float(_sklearn().cohen_kappa_score(*_flat(rows))), "scikit-learn (cohen_kappa_score)"


def _wrong_steps(position: int) -> Callable[[Sequence[Solution]], Told]:
    def witness(rows: Sequence[Solution]) -> Told:
        found = _sklearn().precision_recall_fscore_support(*_flat(rows), labels=[0], zero_division=0)
        return float(found[position][0]), "scikit-learn (precision_recall_fscore_support)"

    return witness


def _first_wrong(labels: Sequence[int], length: int) -> int | None:
    """Position of the first wrong step, ``length`` for none; None where a step before it has no label."""
    for place, label in enumerate(labels[:length]):
        if label != 1:
            return place if label == 0 else None
    return length


def _solutions(rows: Sequence[Solution], *, flawed: bool) -> list[bool]:
    """Whether the first error is named, of solutions with one or without."""
    found: list[bool] = []
    for gold, judge, length in rows:
        truth = _first_wrong(gold, length)
        if truth is not None and (truth < length) == flawed:
            found.append(_first_wrong(judge, length) == truth)
    return found


def _first_error(rows: Sequence[Solution]) -> Told:
    hits = _solutions(rows, flawed=True)
    return sum(hits) / len(hits), PLAIN


def _flawless(rows: Sequence[Solution]) -> Told:
    hits = _solutions(rows, flawed=False)
    return sum(hits) / len(hits), PLAIN


def _first_error_f1(rows: Sequence[Solution]) -> Told:
    parts = [sum(hits) / len(hits) for hits in (_solutions(rows, flawed=flawed) for flawed in (True, False))]
    return (2 * parts[0] * parts[1] / sum(parts) if sum(parts) > 0 else 0.0), PLAIN


def _whole(rows: Sequence[Solution]) -> Told:
    hits = [all(g in {-1, said} for g, said in zip(gold, judge, strict=True)) for gold, judge, _ in rows]
    return sum(hits) / len(hits), PLAIN


_NUMBERS: dict[str, Callable[[ScoredNumbers], Told]] = {
    "auc": _auc,
    "brier": _brier,
    "log_loss": _log_loss,
    "ece": _ece,
    "ece_equal_mass": _ece_equal_mass,
    "calibration_slope": _slope,
    "calibration_intercept": _intercept,
    "spiegelhalter_z": _spiegelhalter,
    "threshold_accuracy": _threshold,
}
_RATED: dict[str, Callable[[Floats, Floats], Told]] = {
    "score_pearson_r": _scipy_correlation("pearsonr"),
    "score_spearman_rho": _scipy_correlation("spearmanr"),
    "score_lin_ccc": _ccc,
    "score_icc_a1": _icc,
    "score_mean_absolute_error": _absolute,
    "score_mean_signed_error": _signed,
}
#: Of two orders: the figure, its value where there is no verdict, and whose it is.
_ORDERS: dict[str, tuple[Callable[[Order, Order], float], float, str]] = {
    "kendall_tau": (_tau, -1.0, "scipy (kendalltau)"),
    "mean_spearman_rho": (_rho, -1.0, "scipy (spearmanr)"),
    "levenshtein_distance": (_edits, 1.0, PLAIN),
    "footrule_distance": (_footrule, 1.0, PLAIN),
    "top_1_agreement": (_first, 0.0, PLAIN),
    "percent_agreement": (_same, 0.0, PLAIN),
}
_STEPS: dict[str, Callable[[Sequence[Solution]], Told]] = {
    "percent_agreement": _whole,
    "step_agreement": _steps_agree,
    "step_kappa": _steps_kappa,
    "error_precision": _wrong_steps(0),
    "error_recall": _wrong_steps(1),
    "error_f1": _wrong_steps(2),
    "first_error_accuracy": _first_error,
    "flawless_accuracy": _flawless,
    "first_error_f1": _first_error_f1,
}

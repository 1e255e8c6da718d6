"""Witnesses: every point estimate once more, by libraries that others wrote.

The witnesses see the very rows that were scored, so a difference is a fault in a formula, not in a convention.
The alternative annotator test is told item by item, as in its paper, and shares nothing with ours but the labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from judgebench.errors import MismatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from judgebench.agreement.alt_test import AltTest
    from judgebench.agreement.policies import Codes, Scored
    from judgebench.domain import Estimate, Ratings
    from judgebench.stats.crosstab import Floats

#: Largest difference that counts as the same figure.
TOLERANCE = 1e-9
#: Cells beyond which krippendorff, which keeps a matrix per item, would not fit in memory.
_ALPHA_CELLS = 20_000_000


class _SkipError(Exception):
    """A witness that can't or must not speak, with the reason."""


def verify_scored(scored: Scored, metrics: Mapping[str, Estimate], *, where: str = "") -> dict[str, str]:
    """Recompute point estimates with scikit-learn, krippendorff and scipy; name the metrics without a witness, and why.

    MismatchError, saying ``where``, if a witness differs by more than 1e-9.
    """
    skipped: dict[str, str] = {}
    for name, estimate in metrics.items():
        if estimate.value is None:
            skipped[name] = f"undefined ({estimate.undefined}): the libraries differ here, and none says why"
            continue
        witness = _WITNESSES.get(name)
        if witness is None:
            skipped[name] = "none of the named libraries computes it"
            continue
        try:
            theirs, library = witness(scored)
        except _SkipError as reason:
            skipped[name] = str(reason)
            continue
        if not abs(theirs - estimate.value) <= TOLERANCE:
            raise MismatchError(
                f"{f'{where}: ' if where else ''}{name} is {estimate.value!r} here and {theirs!r} by {library}; "
                "please report this with the data"
            )
    return skipped


def _sklearn() -> Any:
    from sklearn import metrics  # noqa: PLC0415 - loaded on use

    return metrics


def _agreement(scored: Scored) -> tuple[float, str]:
    return float(_sklearn().accuracy_score(scored.gold, scored.judge)), "scikit-learn (accuracy_score)"


def _accuracy(scored: Scored) -> tuple[float, str]:
    share, library = _agreement(scored)
    if scored.policies.tie != "half":
        return share, library
    scale = scored.scale
    named = np.setdiff1d(np.arange(len(scale.labels)), [c for c in (scale.tie, scale.both_bad) if c is not None])
    halves = (scored.gold == scale.tie) & np.isin(scored.judge, named)
    halves |= (scored.judge == scale.tie) & np.isin(scored.gold, named)
    return share + float(np.count_nonzero(halves)) / (2 * scored.size), f"{library} and half the one-sided ties"


def _kappa(scored: Scored) -> tuple[float, str]:
    return float(_sklearn().cohen_kappa_score(scored.gold, scored.judge)), "scikit-learn (cohen_kappa_score)"


def _weighted(weights: str, power: int) -> Callable[[Scored], tuple[float, str]]:
    def witness(scored: Scored) -> tuple[float, str]:
        values = np.asarray(scored.scale.values)
        labels = np.arange(values.size)
        placed = int(max(scored.gold.max(), scored.judge.max())) < values.size
        if placed and np.allclose(np.diff(values), values[1] - values[0]):
            theirs = _sklearn().cohen_kappa_score(scored.gold, scored.judge, labels=labels, weights=weights)
            return float(theirs), "scikit-learn (cohen_kappa_score)"
        # scikit-learn knows labels at equal steps only; its counts serve Cohen's definition.
        wide = range(len(scored.scale.labels) + 2)
        counts = _sklearn().confusion_matrix(scored.gold, scored.judge, labels=np.array(wide))
        reach = (values[-1] - values[0]) ** power
        loss = np.array([[_loss(values, i, j, power, reach) for j in wide] for i in wide])
        chance = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
        return 1 - float((loss * counts).sum() / (loss * chance).sum()), "scikit-learn (confusion_matrix) and loops"

    return witness


def _loss(values: Floats, i: int, j: int, power: int, reach: float) -> float:
    if i == j:
        return 0.0
    return reach if max(i, j) >= len(values) else float(abs(values[i] - values[j]) ** power)


def _pi(scored: Scored) -> tuple[float, str]:
    # With both sides in both roles the margins are the common ones, and kappa is pi.
    first, second = np.r_[scored.gold, scored.judge], np.r_[scored.judge, scored.gold]
    return float(_sklearn().cohen_kappa_score(first, second)), "scikit-learn (cohen_kappa_score on both directions)"


def _macro(position: int) -> Callable[[Scored], tuple[float, str]]:
    def witness(scored: Scored) -> tuple[float, str]:
        used = np.union1d(scored.gold, scored.judge)
        result = _sklearn().precision_recall_fscore_support(
            scored.gold,
            scored.judge,
            labels=used[used < len(scored.scale.labels)],
            average="macro",
            zero_division=0,
        )
        return float(result[position]), "scikit-learn (precision_recall_fscore_support)"

    return witness


def _recall(label: int) -> Callable[[Scored], tuple[float, str]]:
    def witness(scored: Scored) -> tuple[float, str]:
        theirs = _sklearn().recall_score(scored.gold, scored.judge, labels=[label], average=None, zero_division=0)
        return float(theirs[0]), "scikit-learn (recall_score)"

    return witness


def _alpha(level: str | None) -> Callable[[Scored], tuple[float, str]]:
    def witness(scored: Scored) -> tuple[float, str]:
        from krippendorff import alpha  # noqa: PLC0415 - GPL-3: imported here only, to verify

        values = np.asarray(scored.scale.values)
        distance: Any = level or scored.scale.level
        codes = np.vstack([scored.gold, scored.judge])
        domain = np.arange(len(scored.scale.labels) + (2 if codes.max() >= len(scored.scale.labels) else 0))
        if scored.size * domain.size**2 > _ALPHA_CELLS:
            raise _SkipError("too many rows for krippendorff, which keeps a matrix per item")
        if distance != "nominal":
            distance = _placed(values, distance)
        theirs = alpha(codes, value_domain=domain, level_of_measurement=distance)
        return float(theirs), "krippendorff (alpha)"

    return witness


def _placed(values: Floats, level: str) -> Callable[..., Floats]:
    """Build the distance for krippendorff: by its own for labels with a place, the farthest for the others."""

    def distance(v1: Codes, v2: Codes, i1: Codes, i2: Codes, n_v: Floats, dtype: Any = np.float64) -> Floats:
        del i1, i2
        places = values
        if level == "ordinal":
            below = np.concatenate([[0.0], np.cumsum(n_v)])
            places = np.array([(below[k] + below[k + 1]) / 2 for k in range(len(values))])
        farthest = (places[-1] - places[0]) ** 2
        out = np.empty(np.broadcast(v1, v2).shape, dtype=dtype)
        for (row, column), _ in np.ndenumerate(out):
            placed = max(row, column) < len(places)
            out[row, column] = (places[row] - places[column]) ** 2 if placed else farthest * (row != column)
        return out

    return distance


def _rho(scored: Scored) -> tuple[float, str]:
    from scipy import stats  # noqa: PLC0415 - loaded on use

    values = np.asarray(scored.scale.values)
    gold_values = values if scored.gold_values is None else scored.gold_values
    if scored.gold.max() < gold_values.size and scored.judge.max() < values.size:
        both: Any = stats.spearmanr(gold_values[scored.gold], values[scored.judge])
        return float(both.statistic), "scipy (spearmanr)"
    gold, judge = (_mean_ranked(x, v) for x, v in ((scored.gold, gold_values), (scored.judge, values)))
    ranked: Any = stats.pearsonr(gold, judge)
    return float(ranked.statistic), "scipy (rankdata, pearsonr)"


def _numbers(scored: Scored) -> tuple[Floats, Floats]:
    """Values of gold and judge on every row; NaN for a label without a place."""
    values = np.asarray(scored.scale.values)
    gold_values = values if scored.gold_values is None else scored.gold_values
    found = []
    for codes, places in ((scored.gold, gold_values), (scored.judge, values)):
        wide = np.full(max(int(codes.max()) + 1, places.size), np.nan)
        wide[: places.size] = places
        found.append(wide[codes])
    return found[0], found[1]


def _all_placed(scored: Scored) -> tuple[Floats, Floats]:
    gold, judge = _numbers(scored)
    if np.isnan(gold).any() or np.isnan(judge).any():
        raise _SkipError("the library has no place for unusable verdicts")
    return gold, judge


def _tau(scored: Scored) -> tuple[float, str]:
    from scipy import stats  # noqa: PLC0415 - loaded on use

    both: Any = stats.kendalltau(*_all_placed(scored))
    return float(both.statistic), "scipy (kendalltau)"


def _pearson(scored: Scored) -> tuple[float, str]:
    from scipy import stats  # noqa: PLC0415 - loaded on use

    gold, judge = _numbers(scored)
    # An unusable verdict takes the mean of the others.
    filled = (np.where(np.isnan(side), np.nanmean(side), side) for side in (gold, judge))
    both: Any = stats.pearsonr(*filled)
    return float(both.statistic), "scipy (pearsonr)"


def _absolute(scored: Scored) -> tuple[float, str]:
    gold, judge = _numbers(scored)
    both = ~(np.isnan(gold) | np.isnan(judge))
    return float(_sklearn().mean_absolute_error(gold[both], judge[both])), "scikit-learn (mean_absolute_error)"


def _concordance(scored: Scored) -> tuple[float, str]:
    if scored.gold_values is not None:
        raise _SkipError("none of the named libraries computes it for a mean gold")
    return _weighted("quadratic", 2)(scored)


def _matthews(scored: Scored) -> tuple[float, str]:
    return float(_sklearn().matthews_corrcoef(scored.gold, scored.judge)), "scikit-learn (matthews_corrcoef)"


def _balanced(scored: Scored) -> tuple[float, str]:
    theirs = _sklearn().recall_score(
        scored.gold, scored.judge, labels=np.unique(scored.gold), average="macro", zero_division=0
    )
    return float(theirs), "scikit-learn (recall_score)"


def _youden(scored: Scored) -> tuple[float, str]:
    return _recall(1)(scored)[0] + _recall(0)(scored)[0] - 1, "scikit-learn (recall_score)"


def _without_ties(scored: Scored) -> tuple[float, str]:
    scale = scored.scale
    ties = [code for code in (scale.tie, scale.both_bad) if code is not None]
    kept = ~(np.isin(scored.gold, ties) | np.isin(scored.judge, ties))
    return float(_sklearn().accuracy_score(scored.gold[kept], scored.judge[kept])), "scikit-learn (accuracy_score)"


def _mean_ranked(codes: Codes, values: Floats) -> Floats:
    """Ranks of the labels with a place; their mean for the others."""
    from scipy.stats import rankdata  # noqa: PLC0415 - loaded on use

    placed = codes < values.size
    ranks = np.zeros(codes.size)
    ranks[placed] = rankdata(values[codes[placed]])
    ranks[~placed] = ranks[placed].mean()
    return ranks


_WITNESSES: dict[str, Callable[[Scored], tuple[float, str]]] = {
    "percent_agreement": _agreement,
    "accuracy": _accuracy,
    "cohen_kappa": _kappa,
    "cohen_kappa_linear": _weighted("linear", 1),
    "cohen_kappa_quadratic": _weighted("quadratic", 2),
    "scott_pi": _pi,
    "krippendorff_alpha": _alpha(None),
    "krippendorff_alpha_nominal": _alpha("nominal"),
    "krippendorff_alpha_ordinal": _alpha("ordinal"),
    "krippendorff_alpha_interval": _alpha("interval"),
    "spearman_rho": _rho,
    "macro_precision": _macro(0),
    "macro_recall": _macro(1),
    "macro_f1": _macro(2),
    "balanced_accuracy": _balanced,
    "matthews_corrcoef": _matthews,
    "kendall_tau_b": _tau,
    "pearson_r": _pearson,
    "lin_ccc": _concordance,
    "mean_absolute_error": _absolute,
    "youden_j": _youden,
    "agreement_s1": _agreement,
    "agreement_s2": _without_ties,
    "true_positive_rate": _recall(1),
    "true_negative_rate": _recall(0),
}


def verify_alt_test(result: AltTest, ratings: Ratings, *, min_items: int = 30, where: str = "") -> None:
    """Recompute winning rate and advantage probability, of one verdict per item, by ``accuracy`` or ``neg-rmse``.

    MismatchError, saying ``where``, if the witness differs by more than 1e-9.
    """
    from scipy.stats import false_discovery_control, ttest_1samp  # noqa: PLC0415 - loaded on use

    p: list[float] = []
    shares: list[float] = []
    for j in range(len(ratings.annotators)):
        won, lost = _compared(ratings, j, numeric=result.scoring == "neg-rmse")
        if len(won) < min_items:
            continue
        lead = np.asarray(lost, dtype=np.float64) - np.asarray(won, dtype=np.float64)
        if np.ptp(lead) > 0:
            tested: Any = ttest_1samp(lead, result.epsilon, alternative="less")
            p.append(float(tested.pvalue))
        else:
            p.append(0.0 if lead[0] < result.epsilon else 1.0)
        shares.append(float(np.mean(won)))
    rate, advantage = result.winning_rate.value, result.advantage.value
    if rate is None or advantage is None:
        if p:
            raise MismatchError(f"{where}: the alternative annotator test is undefined here and not by its witness")
        return
    theirs = (float(np.mean(false_discovery_control(p, method="by") <= result.q)), float(np.mean(shares)))
    if not max(abs(rate - theirs[0]), abs(advantage - theirs[1])) <= TOLERANCE:
        raise MismatchError(
            f"{where}: winning rate {rate!r} and advantage probability {advantage!r} here, {theirs[0]!r} and "
            f"{theirs[1]!r} by scipy; please report this with the data"
        )


def _compared(ratings: Ratings, j: int, *, numeric: bool) -> tuple[list[bool], list[bool]]:
    """Whether the judge, and whether annotator j, is at least as close to the others, item by item."""
    won: list[bool] = []
    lost: list[bool] = []
    for verdict, labels in zip(ratings.judge.tolist(), ratings.gold.tolist(), strict=True):
        others = [code for k, code in enumerate(labels) if k != j and code >= 0]
        if labels[j] < 0 or not others:
            continue
        if verdict < 0:
            won.append(False)
            lost.append(True)
            continue
        judge, human = (_score(code, others, ratings, numeric=numeric) for code in (verdict, labels[j]))
        won.append(judge >= human)
        lost.append(human >= judge)
    return won, lost


def _score(code: int, others: list[int], ratings: Ratings, *, numeric: bool) -> float:
    if not numeric:
        return sum(code == other for other in others) / len(others)
    values = ratings.scale.values
    return -float(np.sqrt(np.mean([(values[code] - values[other]) ** 2 for other in others])))

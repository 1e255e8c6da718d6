"""Witnesses: every point estimate once more, by libraries that others wrote where they have it.

What no library has is compared with `judgebench.agreement.witness.definitions`. The witnesses see the very rows that
were scored, so a difference is a fault in a formula, not in a convention.
The alternative annotator test is told item by item, as in its paper, and shares nothing with ours but the labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from judgebench.agreement.witness.definitions import DEFINITIONS, Pairs
from judgebench.errors import MismatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from judgebench.agreement.alt_test import AltTest
    from judgebench.agreement.policies import Scored
    from judgebench.domain import Estimate, Ratings
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.stats.crosstab import Floats, Level

#: A figure by a witness, and whose it is.
Told: TypeAlias = tuple[float, str]

#: Largest difference that counts as the same figure.
TOLERANCE = 1e-9
#: Cells beyond which krippendorff, which keeps a matrix per item, would not fit in memory.
_ALPHA_CELLS = 20_000_000
#: Whose a figure is that is written out here.
PLAIN = "its definition, in loops"
#: Why a figure is not confirmed.
NO_WITNESS = "nothing else computes it"


class _SkipError(Exception):
    """A library that can't speak here: the definition does."""


def verify_scored(
    scored: Scored,
    metrics: Mapping[str, Estimate],
    known: Mapping[str, Metric] | None = None,
    *,
    pairs: Pairs | None = None,
    where: str = "",
) -> dict[str, str]:
    """Recompute point estimates of metrics of labels; name those that nothing recomputes, and why.

    The witness is the one that the metric's row names, a library or its definition, and the definition where that
    library can't speak (unusable verdicts, a mean as gold, too many rows). ``known`` has the rows of metrics that are
    not built in. MismatchError, saying ``where``, if a witness differs by more than 1e-9.
    """
    pairs = Pairs.of(scored) if pairs is None else pairs
    alone: dict[str, str] = {}
    for name, estimate in metrics.items():
        if estimate.value is None:
            continue
        told = _told(name, scored, pairs, known or {})
        if told is None:
            alone[name] = NO_WITNESS
        else:
            hold(name, estimate.value, *told, where=where)
    return alone


def hold(name: str, ours: float, theirs: float, whose: str, *, where: str = "") -> None:
    """Compare a figure with its witness's; MismatchError, saying ``where``, if they differ."""
    # A slope has no bounds: beyond 1 the tolerance is a share of it.
    if not abs(theirs - ours) <= TOLERANCE * max(1.0, abs(ours)):
        raise MismatchError(
            f"{f'{where}: ' if where else ''}{name} is {ours!r} here and {theirs!r} by {whose}; "
            "please report this with the data"
        )


def define(name: str, pairs: Pairs, known: Mapping[str, Metric]) -> Told | None:
    """Compute a metric as it is defined, or by the witness that its row brings along; None where there is neither."""
    definition = DEFINITIONS.get(name)
    if definition is not None:
        return definition(pairs), PLAIN
    witness = known[name].witness if name in known else ""
    if isinstance(witness, str):
        return None
    gold, judge, times = pairs.rows()
    return float(witness(np.repeat(gold, times).tolist(), np.repeat(judge, times).tolist())), "the witness it names"


def _told(name: str, scored: Scored, pairs: Pairs, known: Mapping[str, Metric]) -> Told | None:
    library = _LIBRARIES.get(name)
    if library is not None:
        try:
            return library(scored, pairs)
        except _SkipError:
            pass
    return define(name, pairs, known)


def _sklearn() -> Any:
    from sklearn import metrics  # noqa: PLC0415 - loaded on use

    return metrics


def _agreement(_: Scored, pairs: Pairs) -> Told:
    gold, judge, times = pairs.rows()
    return float(_sklearn().accuracy_score(gold, judge, sample_weight=times)), "scikit-learn (accuracy_score)"


def _accuracy(scored: Scored, pairs: Pairs) -> Told:
    share, library = _agreement(scored, pairs)
    if pairs.policies.tie != "half":
        return share, library
    gold, judge, times = pairs.rows()
    halves = (gold == pairs.scale.tie) & np.isin(judge, pairs.winners)
    halves |= (judge == pairs.scale.tie) & np.isin(gold, pairs.winners)
    return share + float(times[halves].sum()) / (2 * pairs.n), f"{library} and half the one-sided ties"


def _kappa(_: Scored, pairs: Pairs) -> Told:
    gold, judge, times = pairs.rows()
    return float(_sklearn().cohen_kappa_score(gold, judge, sample_weight=times)), "scikit-learn (cohen_kappa_score)"


def _weighted(weights: str) -> Callable[[Scored, Pairs], Told]:
    def witness(_: Scored, pairs: Pairs) -> Told:
        values = pairs.scale.values
        gold, judge, times = pairs.rows()
        steps = np.diff(values)
        if pairs.gold_values is not None or max(gold.max(), judge.max()) >= len(values):
            raise _SkipError
        if not np.allclose(steps, steps[0]):
            raise _SkipError
        theirs = _sklearn().cohen_kappa_score(
            gold, judge, labels=np.arange(len(values)), weights=weights, sample_weight=times
        )
        return float(theirs), "scikit-learn (cohen_kappa_score)"

    return witness


def _pi(_: Scored, pairs: Pairs) -> Told:
    # With both sides in both roles the margins are the common ones, and kappa is pi.
    gold, judge, times = pairs.rows()
    both = np.r_[gold, judge], np.r_[judge, gold]
    theirs = _sklearn().cohen_kappa_score(*both, sample_weight=np.r_[times, times])
    return float(theirs), "scikit-learn (cohen_kappa_score on both directions)"


def _macro(position: int) -> Callable[[Scored, Pairs], Told]:
    def witness(_: Scored, pairs: Pairs) -> Told:
        gold, judge, times = pairs.rows()
        used = np.union1d(gold, judge)
        result = _sklearn().precision_recall_fscore_support(
            gold, judge, labels=used[used < pairs.labels], average="macro", zero_division=0, sample_weight=times
        )
        return float(result[position]), "scikit-learn (precision_recall_fscore_support)"

    return witness


def _recall(label: int) -> Callable[[Scored, Pairs], Told]:
    def witness(_: Scored, pairs: Pairs) -> Told:
        gold, judge, times = pairs.rows()
        theirs = _sklearn().recall_score(
            gold, judge, labels=[label], average=None, zero_division=0, sample_weight=times
        )
        return float(theirs[0]), "scikit-learn (recall_score)"

    return witness


def _alpha(level: Level | None) -> Callable[[Scored, Pairs], Told]:
    def witness(scored: Scored, pairs: Pairs) -> Told:
        from krippendorff import alpha  # noqa: PLC0415 - GPL-3: imported here only, to verify

        distance: Level = level or pairs.scale.level
        codes = np.array([scored.gold, scored.judge])
        wide = max(int(codes.max()) + 1, pairs.labels)
        placed = wide <= len(pairs.scale.values)
        if scored.size * wide**2 > _ALPHA_CELLS or not (placed or distance == "nominal"):
            raise _SkipError
        values = np.asarray(pairs.scale.values) if distance != "nominal" else np.arange(wide)
        theirs = alpha(values[codes], value_domain=values, level_of_measurement=distance)
        return float(theirs), "krippendorff (alpha)"

    return witness


def _placed(pairs: Pairs, scored: Scored) -> tuple[Floats, Floats]:
    """Numbers of gold and judge, row by row, where every code has one."""
    places = pairs.places()
    if not (pairs.gold.keys() <= places[0].keys() and pairs.judge.keys() <= places[1].keys()):
        raise _SkipError
    gold, judge = (np.array(list(side.values()), dtype=np.float64) for side in places)
    return gold[scored.gold], judge[scored.judge]


def _scipy(name: str) -> Callable[[Scored, Pairs], Told]:
    def witness(scored: Scored, pairs: Pairs) -> Told:
        from scipy import stats  # noqa: PLC0415 - loaded on use

        found: Any = getattr(stats, name)(*_placed(pairs, scored))
        return float(found.statistic), f"scipy ({name})"

    return witness


def _absolute(_: Scored, pairs: Pairs) -> Told:
    gold, judge = pairs.places()
    kept = [(gold[i], judge[j], times) for (i, j), times in pairs.count.items() if i in gold and j in judge]
    true, said, times = zip(*kept, strict=True)
    return float(_sklearn().mean_absolute_error(true, said, sample_weight=times)), "scikit-learn (mean_absolute_error)"


def _matthews(_: Scored, pairs: Pairs) -> Told:
    gold, judge, times = pairs.rows()
    return float(_sklearn().matthews_corrcoef(gold, judge, sample_weight=times)), "scikit-learn (matthews_corrcoef)"


def _balanced(_: Scored, pairs: Pairs) -> Told:
    gold, judge, times = pairs.rows()
    theirs = _sklearn().recall_score(
        gold, judge, labels=np.unique(gold), average="macro", zero_division=0, sample_weight=times
    )
    return float(theirs), "scikit-learn (recall_score)"


def _youden(scored: Scored, pairs: Pairs) -> Told:
    return _recall(1)(scored, pairs)[0] + _recall(0)(scored, pairs)[0] - 1, "scikit-learn (recall_score)"


def _without_ties(_: Scored, pairs: Pairs) -> Told:
    gold, judge, times = pairs.rows()
    ties = [code for code in (pairs.scale.tie, pairs.scale.both_bad) if code is not None]
    kept = ~(np.isin(gold, ties) | np.isin(judge, ties))
    theirs = _sklearn().accuracy_score(gold[kept], judge[kept], sample_weight=times[kept])
    return float(theirs), "scikit-learn (accuracy_score)"


#: Figures that a library has; the others are compared with `DEFINITIONS`.
_LIBRARIES: dict[str, Callable[[Scored, Pairs], Told]] = {
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
    "spearman_rho": _scipy("spearmanr"),
    "kendall_tau_b": _scipy("kendalltau"),
    "pearson_r": _scipy("pearsonr"),
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

"""Every figure of labels as it is defined, written out over pairs of codes: the witness that always speaks.

Nothing here knows tables of shares, gradients or matrices of weights: a figure is a loop over the pairs that occur,
with how often each does, and short enough to be checked by eye beside its source. Each is called where ours has a
value; what is undefined, and why, is a convention and not for a witness to say.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import accumulate
from math import fsum, sqrt
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from judgebench.agreement.witness.pairs import Loss, PairCounts

Code = TypeVar("Code")


def _same(true: int, said: int) -> float:
    return float(true == said)


def _differ(true: int, said: int) -> float:
    return float(true != said)


def _apart(pairs: PairCounts, power: int) -> Loss:
    """How far apart two labels are, 1 being as far as two can be; a label without a place is that far from all."""
    gold, judge = pairs.places()
    reach = judge[len(judge) - 1] - judge[0]

    def loss(true: int, said: int) -> float:
        if true in gold and said in judge:
            return abs((gold[true] - judge[said]) / reach) ** power
        return 1.0 if pairs.gold_values is not None else _differ(true, said)

    return loss


def _agreement(pairs: PairCounts) -> float:
    return pairs.mean(_same)


def _accuracy(pairs: PairCounts) -> float:
    winners, tie = pairs.winners, pairs.scale.tie
    if pairs.policies.tie != "half" or tie is None:
        return pairs.mean(_same)

    def credit(true: int, said: int) -> float:
        half = (true == tie and said in winners) or (said == tie and true in winners)
        return 0.5 if half else _same(true, said)

    return pairs.mean(credit)


def _kappa(pairs: PairCounts) -> float:
    return 1 - pairs.mean(_differ) / pairs.by_chance(_differ)


def _weighted(power: int) -> Callable[[PairCounts], float]:
    def figure(pairs: PairCounts) -> float:
        loss = _apart(pairs, power)
        return 1 - pairs.mean(loss) / pairs.by_chance(loss)

    return figure


def _pi(pairs: PairCounts) -> float:
    chance = fsum((times / (2 * pairs.n)) ** 2 for times in pairs.together().values())
    return (pairs.mean(_same) - chance) / (1 - chance)


def _classes(pairs: PairCounts) -> list[int]:
    """Labels that gold can have: without gold ties nobody can say tie."""
    tie = pairs.scale.tie if pairs.policies.tie == "drop" else None
    return [code for code in range(pairs.labels) if code != tie and code not in pairs.void]


def _spread(pairs: PairCounts) -> float:
    both = pairs.together()
    shares = [both.get(code, 0) / (2 * pairs.n) for code in _classes(pairs)]
    return fsum(share * (1 - share) for share in shares)


def _ac1(pairs: PairCounts) -> float:
    chance = _spread(pairs) / (len(_classes(pairs)) - 1)
    return (pairs.mean(_same) - chance) / (1 - chance)


def _ac2(power: int) -> Callable[[PairCounts], float]:
    def figure(pairs: PairCounts) -> float:
        loss, q = _apart(pairs, power), pairs.labels
        weights = fsum(1 - loss(i, j) for i in range(q) for j in range(q))
        chance = weights / (q * (q - 1)) * _spread(pairs)
        return 1 - pairs.mean(loss) / (1 - chance)

    return figure


def _brennan_prediger(pairs: PairCounts) -> float:
    q = len(_classes(pairs))
    return (q * pairs.mean(_same) - 1) / (q - 1)


def alpha(units: Iterable[tuple[tuple[int, ...], float]], values: Sequence[float], level: str) -> float:
    """Krippendorff's alpha of units, each the codes that it got, with how often such a unit occurs.

    ``1 - Do / De``: the mean distance of two ratings of one unit over that of any two ratings (Krippendorff 2011).
    """
    paired = [(unit, times) for unit, times in units if len(unit) >= 2]
    given = defaultdict[int, float](float)
    for unit, times in paired:
        for code in unit:
            given[code] += times
    total, places = sum(given.values()), dict(enumerate(values))
    upto = dict(enumerate(accumulate(given[code] for code in places)))

    def distance(one: int, other: int) -> float:
        if one == other:
            return 0.0
        if level == "nominal":
            return 1.0
        if one not in places or other not in places:
            # As far as two labels with a place can be.
            return distance(0, len(places) - 1)
        low, high = sorted((one, other))
        if level == "ordinal":
            # All from the one to the other, but half of each.
            return (upto[high] - upto[low] + (given[low] - given[high]) / 2) ** 2
        apart = places[high] - places[low]
        return (apart / (places[high] + places[low])) ** 2 if level == "ratio" else apart**2

    codes = list(given)
    far = {(c, k): distance(c, k) for c in codes for k in codes}
    within = 0.0
    for unit, times in paired:
        seen = Counter(unit)
        within += times * fsum(seen[c] * seen[k] * far[c, k] for c in seen for k in seen) / (len(unit) - 1)
    between = fsum(given[c] * given[k] * far[c, k] for c in codes for k in codes)
    return 1 - (total - 1) * within / between


def _alpha(level: str = "") -> Callable[[PairCounts], float]:
    return lambda pairs: alpha(pairs.count.items(), pairs.scale.values, level or pairs.scale.level)


def _moments(
    pairs: PairCounts, gold: Mapping[int, float], judge: Mapping[int, float]
) -> tuple[float, float, float, float]:
    """Both variances, the covariance and the difference of means; what has no number takes its side's mean."""
    means: list[float] = []
    for side, places in ((pairs.gold, gold), (pairs.judge, judge)):
        placed = sum(times for code, times in side.items() if code in places)
        means.append(fsum(times * places[code] for code, times in side.items() if code in places) / max(placed, 1))

    def x(true: int) -> float:
        return gold[true] - means[0] if true in gold else 0.0

    def y(said: int) -> float:
        return judge[said] - means[1] if said in judge else 0.0

    return (
        pairs.mean(lambda true, _: x(true) ** 2),
        pairs.mean(lambda _, said: y(said) ** 2),
        pairs.mean(lambda true, said: x(true) * y(said)),
        means[1] - means[0],
    )


def _correlation(pairs: PairCounts, gold: Mapping[int, float], judge: Mapping[int, float]) -> float:
    across, down, product, _ = _moments(pairs, gold, judge)
    return product / sqrt(across * down)


def _pearson(pairs: PairCounts) -> float:
    return _correlation(pairs, *pairs.places())


def ranks(side: Mapping[Code, float], places: Mapping[Code, float]) -> dict[Code, float]:
    """Mean rank of each code that occurs and has a place."""
    found: dict[Code, float] = {}
    below = 0.0
    for code in sorted((code for code in side if code in places), key=places.__getitem__):
        found[code] = below + (side[code] + 1) / 2
        below += side[code]
    return found


def _rho(pairs: PairCounts) -> float:
    gold, judge = pairs.places()
    return _correlation(pairs, ranks(pairs.gold, gold), ranks(pairs.judge, judge))


def _tau_b(pairs: PairCounts) -> float:
    """Concordant less discordant pairs of rows, over those that ties leave on each side."""
    gold, judge = pairs.places()
    true, said, times = pairs.rows()
    x = np.array([gold.get(code, np.nan) for code in true.tolist()])
    y = np.array([judge.get(code, np.nan) for code in said.tolist()])
    surplus = across = down = 0.0
    for own, other, often in zip(x, y, times, strict=True):
        # What has no place is tied with everything.
        one, two = (np.nan_to_num(np.sign(side - mine)) for side, mine in ((x, own), (y, other)))
        surplus += often * float((times * one * two).sum())
        across += often * float((times * np.abs(one)).sum())
        down += often * float((times * np.abs(two)).sum())
    return surplus / sqrt(across * down)


def _icc(*, absolute: bool) -> Callable[[PairCounts], float]:
    """McGraw and Wong's single rating, from the mean squares of rows, of the two columns, and of the rest."""

    def figure(pairs: PairCounts) -> float:
        across, down, product, shift = _moments(pairs, *pairs.places())
        n = pairs.n
        rows = n / (n - 1) * (across + down + 2 * product) / 2
        error = n / (n - 1) * (across + down - 2 * product) / 2
        columns = n * shift**2 / 2
        return (rows - error) / (rows + error + (2 * (columns - error) / n if absolute else 0))

    return figure


def _error(distance: Callable[[float], float]) -> Callable[[PairCounts], float]:
    def figure(pairs: PairCounts) -> float:
        gold, judge = pairs.places()
        both = [(distance(judge[j] - gold[i]), c) for (i, j), c in pairs.count.items() if i in gold and j in judge]
        return fsum(apart * times for apart, times in both) / sum(times for _, times in both)

    return figure


def _adjacent(pairs: PairCounts) -> float:
    levels = len(pairs.scale.values)
    return pairs.mean(lambda i, j: float(i == j or (max(i, j) < levels and abs(i - j) <= 1)))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _hits(pairs: PairCounts, label: int) -> float:
    return pairs.count.get((label, label), 0)


def _precision(pairs: PairCounts, label: int) -> float:
    return _share(_hits(pairs, label), pairs.judge.get(label, 0))


def _recall(pairs: PairCounts, label: int) -> float:
    return _share(_hits(pairs, label), pairs.gold.get(label, 0))


def _f1(pairs: PairCounts, label: int) -> float:
    return _share(2 * _hits(pairs, label), pairs.gold.get(label, 0) + pairs.judge.get(label, 0))


def _mean(values: Iterable[float]) -> float:
    every = list(values)
    return fsum(every) / len(every)


def _macro(figure: Callable[[PairCounts, int], float]) -> Callable[[PairCounts], float]:
    def over(pairs: PairCounts) -> float:
        return _mean(figure(pairs, code) for code in sorted({*pairs.gold, *pairs.judge}) if code < pairs.labels)

    return over


def _matthews(pairs: PairCounts) -> float:
    hits = sum(_hits(pairs, code) for code in pairs.gold)
    both = sum(times * pairs.judge.get(code, 0) for code, times in pairs.gold.items())
    free = [pairs.n**2 - sum(times**2 for times in side.values()) for side in (pairs.gold, pairs.judge)]
    return (hits * pairs.n - both) / sqrt(free[0] * free[1])


def _leniency(pairs: PairCounts) -> float:
    accepted = pairs.count.get((0, 1), 0) / pairs.gold[0]
    rejected = pairs.count.get((1, 0), 0) / pairs.gold[1]
    return accepted / (accepted + rejected)


def _without_ties(pairs: PairCounts) -> float:
    ties = {pairs.scale.tie, pairs.scale.both_bad}
    kept = {pair: times for pair, times in pairs.count.items() if not ties.intersection(pair)}
    return sum(times for (i, j), times in kept.items() if i == j) / sum(kept.values())


#: Every metric of labels by name, as it is defined.
DEFINITIONS: dict[str, Callable[[PairCounts], float]] = {
    "percent_agreement": _agreement,
    "accuracy": _accuracy,
    "cohen_kappa": _kappa,
    "cohen_kappa_linear": _weighted(1),
    "cohen_kappa_quadratic": _weighted(2),
    "scott_pi": _pi,
    "gwet_ac1": _ac1,
    "gwet_ac2_linear": _ac2(1),
    "gwet_ac2_quadratic": _ac2(2),
    "brennan_prediger": _brennan_prediger,
    "krippendorff_alpha": _alpha(),
    "krippendorff_alpha_nominal": _alpha("nominal"),
    "krippendorff_alpha_ordinal": _alpha("ordinal"),
    "krippendorff_alpha_interval": _alpha("interval"),
    "krippendorff_alpha_ratio": _alpha("ratio"),
    "matthews_corrcoef": _matthews,
    "spearman_rho": _rho,
    "kendall_tau_b": _tau_b,
    "pearson_r": _pearson,
    # Less the mean squared difference over the one that independent sides would give.
    "lin_ccc": _weighted(2),
    "icc_a1": _icc(absolute=True),
    "icc_c1": _icc(absolute=False),
    "mean_absolute_error": _error(abs),
    "mean_signed_error": _error(float),
    "adjacent_agreement": _adjacent,
    "macro_precision": _macro(_precision),
    "macro_recall": _macro(_recall),
    "macro_f1": _macro(_f1),
    "balanced_accuracy": lambda pairs: _mean(_recall(pairs, code) for code in sorted(pairs.gold)),
    "true_positive_rate": lambda pairs: _recall(pairs, 1),
    "true_negative_rate": lambda pairs: _recall(pairs, 0),
    "youden_j": lambda pairs: _recall(pairs, 1) + _recall(pairs, 0) - 1,
    "leniency_p_plus": _leniency,
    "agreement_s1": _agreement,
    "agreement_s2": _without_ties,
    "gold_tie_rate": lambda pairs: pairs.mean(lambda true, _: float(true == pairs.scale.tie)),
    "judge_tie_rate": lambda pairs: pairs.mean(lambda _, said: float(said == pairs.scale.tie)),
}
#: Figures of one class, a label's code.
CLASS_DEFINITIONS: dict[str, Callable[[PairCounts, int], float]] = {
    "precision": _precision,
    "recall": _recall,
    "f1": _f1,
}

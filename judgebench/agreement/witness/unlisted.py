"""Figures of numbers and of sets as they are defined, in loops over rows ``(gold, judge, weight)``.

A judge's silence is None beside sets; beside numbers it has been put where it is least favourable.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from functools import partial
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from judgebench.agreement.kinds.numbers import sides
from judgebench.agreement.people.unlisted_ceiling import headline_of
from judgebench.agreement.witness.numbers import RATED, Labels
from judgebench.agreement.witness.tables import PLAIN, hold

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.agreement.policies import Scored
    from judgebench.agreement.witness.numbers import Numbers, Sets
    from judgebench.domain import Agreement, Ratings
    from judgebench.stats.crosstab import Floats

#: More different sets are not looked at two by two.
_MOST = 1500


def rows_of(name: str, scored: Scored) -> Any:
    """Rows of a figure; None where it has no value."""
    if scored.scale.kind == "set":
        return [(_labels(gold), _labels(said) if said >= 0 else None, 1.0) for gold, said in _codes(scored)]
    both = sides(name, scored)
    return None if both is None else [(true, said, 1.0) for true, said in zip(*map(_list, both), strict=True)]


def _list(values: Floats) -> list[float]:
    found: list[float] = values.tolist()
    return found


def _codes(scored: Scored) -> list[tuple[int, int]]:
    return list(zip(scored.gold.tolist(), scored.judge.tolist(), strict=True))


def _labels(code: int) -> Labels:
    return frozenset(bit for bit in range(code.bit_length()) if code >> bit & 1)


# --- numbers --------------------------------------------------------------------------------------


def _means(rows: Numbers) -> tuple[float, float, float, float, float]:
    """Means of both sides, mean squares about them, and the mean product."""
    total = math.fsum(weight for _, _, weight in rows)
    x, y = (math.fsum(row[side] * row[2] for row in rows) / total for side in (0, 1))
    xx = math.fsum((a - x) ** 2 * weight for a, _, weight in rows) / total
    yy = math.fsum((b - y) ** 2 * weight for _, b, weight in rows) / total
    return x, y, xx, yy, math.fsum((a - x) * (b - y) * weight for a, b, weight in rows) / total


def _pearson(rows: Numbers) -> float:
    _, _, xx, yy, xy = _means(rows)
    return xy / math.sqrt(xx * yy)


def _concordance(rows: Numbers) -> float:
    x, y, xx, yy, xy = _means(rows)
    return 2 * xy / (xx + yy + (x - y) ** 2)


def _consistency(rows: Numbers) -> float:
    _, _, xx, yy, xy = _means(rows)
    return 2 * xy / (xx + yy)


def _rated(name: str) -> Callable[[Numbers], float | None]:
    return lambda rows: RATED[name](*(np.array([row[side] for row in rows]) for side in (0, 1)))


def _absolute(rows: Numbers) -> float:
    return math.fsum(abs(a - b) * w for a, b, w in rows) / math.fsum(w for _, _, w in rows)


def _squared(rows: Numbers) -> float:
    return math.sqrt(math.fsum((a - b) ** 2 for a, b, _ in rows) / len(rows))


def _tau(rows: Numbers) -> float:
    """Knight's way: in the order of gold, the pairs that a merge sort of the judge's numbers has to turn round."""
    ordered = sorted((a, b) for a, b, _ in rows)
    n = len(rows) * (len(rows) - 1) // 2
    tied = [sum(times * (times - 1) // 2 for times in Counter(side).values())
            for side in ([a for a, _ in ordered], [b for _, b in ordered], ordered)]  # fmt: skip
    against = _turned([b for _, b in ordered])[1]
    both = n - tied[0] - tied[1] + tied[2] - 2 * against
    return both / math.sqrt((n - tied[0]) * (n - tied[1]))


def _turned(values: list[float]) -> tuple[list[float], int]:
    if len(values) < 2:
        return values, 0
    middle = len(values) // 2
    (left, one), (right, two) = _turned(values[:middle]), _turned(values[middle:])
    found, count, i = [], one + two, 0
    for value in right:
        while i < len(left) and left[i] <= value:
            found.append(left[i])
            i += 1
        count += len(left) - i
        found.append(value)
    return found + left[i:], count


def _alpha(rows: Numbers, values: float | None = None) -> float:
    """One less the mean squared difference of a row over that of any two numbers."""
    total = math.fsum(weight for _, _, weight in rows)
    middle = math.fsum((a + b) * weight for a, b, weight in rows) / (2 * total)
    within = math.fsum((a - b) ** 2 * weight for a, b, weight in rows) / total
    spread = math.fsum(((a - middle) ** 2 + (b - middle) ** 2) * weight for a, b, weight in rows) / (2 * total)
    count = 2 * total if values is None else values
    return 1 - within * (count - 1) / (2 * spread * count)


# --- sets -----------------------------------------------------------------------------------------


def _jaccard(one: Labels, other: Labels | None) -> float:
    if other is None:
        return 0.0
    return len(one & other) / len(one | other) if one | other else 1.0


def _masi(one: Labels, other: Labels | None) -> float:
    if other is None:
        return 0.0
    held = 1.0 if one == other else 2 / 3 if one <= other or other <= one else 1 / 3
    return held * _jaccard(one, other)


def _equal(one: Labels, other: Labels | None) -> float:
    return float(one == other)


def _mean(near: Callable[[Labels, Labels | None], float]) -> Callable[[Sets], float]:
    return lambda rows: math.fsum(near(a, b) * w for a, b, w in rows) / math.fsum(w for _, _, w in rows)


def _alpha_of(near: Callable[[Labels, Labels | None], float]) -> Callable[..., float | None]:
    def alpha(rows: Sets, values: float | None = None) -> float | None:
        given = defaultdict[Labels, float](float)
        silent = 0.0
        for one, other, weight in rows:
            given[one] += weight
            if other is None:
                silent += weight
            else:
                given[other] += weight
        if len(given) > _MOST:
            return None
        if silent:
            # Silence is whatever set leaves least to chance.
            far = {one: math.fsum((1 - near(one, other)) * times for other, times in given.items()) for one in given}
            given[min(far, key=lambda one: far[one])] += silent
        total = math.fsum(given.values())
        pairs = permutations(given, 2)
        between = math.fsum((1 - near(a, b)) * given[a] * given[b] for a, b in pairs) / total**2
        within = math.fsum((1 - near(a, b)) * w for a, b, w in rows) / math.fsum(w for _, _, w in rows)
        count = total if values is None else values
        return 1 - within / between * (count - 1) / count

    return alpha


def _cells(rows: Sets, label: int) -> tuple[int, int, int, int]:
    """Rows with a label in both sets, in gold's, in the judge's, in neither; a silent judge is wrong about it."""
    count = Counter((label in one, (label not in one) if other is None else label in other) for one, other, _ in rows)
    return count[True, True], count[True, False], count[False, True], count[False, False]


def _kappa(rows: Sets, label: int) -> float | None:
    both, gold, judge, none = _cells(rows, label)
    n = both + gold + judge + none
    chance = ((both + gold) * (both + judge) + (none + gold) * (none + judge)) / n**2
    return None if chance == 1 else ((both + none) / n - chance) / (1 - chance)


def _every(rows: Sets) -> set[int]:
    return {label for one, other, _ in rows for label in one | (other or frozenset())}


def _label_kappa(rows: Sets) -> float:
    known = [kappa for label in _every(rows) if (kappa := _kappa(rows, label)) is not None]
    return math.fsum(known) / len(known)


def _label_f1(rows: Sets) -> float:
    known = []
    for label in _every(rows):
        both, gold, judge, _ = _cells(rows, label)
        if both + gold + judge:
            known.append(2 * both / (2 * both + gold + judge))
    return math.fsum(known) / len(known)


def _micro(rows: Sets) -> float:
    cells = [_cells(rows, label) for label in _every(rows)]
    both = sum(one[0] for one in cells)
    return 2 * both / (2 * both + sum(one[1] + one[2] for one in cells))


def definitions(scored: Scored) -> dict[str, Callable[[Any], float | None]]:
    """Give what defines each figure of scored rows, as a function of `rows_of`."""
    if scored.scale.kind == "number":
        return dict(NUMBERS)
    alone = {f"cohen_kappa:{label}": partial(_kappa, label=place) for place, label in enumerate(scored.scale.labels)}
    return {**SETS, "label_f1": _label_f1, "label_f1_micro": _micro, "label_kappa": _label_kappa, **alone}


NUMBERS: dict[str, Callable[[Any], float | None]] = {
    "lin_ccc": _concordance,
    "icc_a1": _rated("score_icc_a1"),
    "icc_c1": _consistency,
    "pearson_r": _pearson,
    "spearman_rho": _rated("score_spearman_rho"),
    "kendall_tau_b": _tau,
    "krippendorff_alpha": _alpha,
    "mean_absolute_error": _absolute,
    "root_mean_squared_error": _squared,
    "mean_signed_error": _rated("score_mean_signed_error"),
}
SETS: dict[str, Callable[[Any], float | None]] = {
    "krippendorff_alpha_masi": _alpha_of(_masi),
    "krippendorff_alpha_jaccard": _alpha_of(_jaccard),
    "mean_jaccard": _mean(_jaccard),
    "mean_masi": _mean(_masi),
    "percent_agreement": _mean(_equal),
}


# --- beside the metrics ---------------------------------------------------------------------------


def verify_ceilings(row: Agreement, ratings: Ratings, scored: Scored, *, where: str) -> None:
    """Recompute a ceiling of numbers or sets over all pairs of labels; MismatchError if one differs."""
    if not row.ceiling:
        return
    scale = ratings.scale
    known = SETS if scale.kind == "set" else NUMBERS

    def verdict(code: int) -> Any:
        return float(scale.numbers(np.array([code]))[0]) if scale.kind == "number" else _labels(code)

    def silence(gold: Any) -> Any:
        return max(scale.values, key=lambda end: (abs(end - gold), end)) if scale.kind == "number" else None

    _, first = np.unique(ratings.item, return_index=True)
    labels = {int(ratings.item[i]): [verdict(c) for c in ratings.gold[i].tolist() if c >= 0] for i in first.tolist()}
    people = [(a, b, 0.5) for own in labels.values() for a, b in permutations(own, 2)]
    joint = [(a, b, 1 / (len(own) - 1)) for own in labels.values() for a, b in permutations(own, 2)]
    _, once = np.unique(scored.row, return_index=True)
    asked = scored.take(once)
    games = Counter(asked.item.tolist())
    beside = [
        (gold, silence(gold) if said < 0 else verdict(said), (len(labels[item]) - 1) / games[item])
        for item, said in zip(asked.item.tolist(), asked.judge.tolist(), strict=True)
        for gold in labels[item]
        if len(labels[item]) > 1
    ]
    values = math.fsum(weight for _, _, weight in joint)
    alpha: Any = known["krippendorff_alpha_masi" if scale.kind == "set" else "krippendorff_alpha"]
    headline = headline_of(scale)
    for name, one in row.ceiling.items():
        if one.value is None:
            continue
        metric = name.removeprefix("judge_vs_each_")
        if name == "krippendorff_alpha_joint":
            theirs = alpha(joint, values)
        elif name == f"ratio_{headline}":
            sides = known[headline](beside), known[headline](people)
            theirs = None if sides[0] is None or sides[1] is None else sides[0] / sides[1]
        else:
            theirs = known[metric](people if metric == name else beside)
        if theirs is not None:
            hold(f"ceiling_{name}", one.value, theirs, PLAIN, where=where)


def verify_classes(row: Agreement, scored: Scored, *, where: str) -> None:
    """Recompute precision, recall and F1 of each label of a set; MismatchError if one differs."""
    rows: Sets = rows_of("", scored) if row.classes else []
    for label, scores in row.classes.items():
        both, gold, judge, _ = _cells(rows, scored.scale.labels.index(label))
        told = {
            "precision": (both, both + judge),
            "recall": (both, both + gold),
            "f1": (2 * both, 2 * both + gold + judge),
        }
        for name, (above, below) in told.items():
            one = getattr(scores, name)
            if one.value is not None:
                hold(f"{name} of {label!r}", one.value, above / below, PLAIN, where=where)

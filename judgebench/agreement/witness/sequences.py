"""Figures of rankings and of steps as they are defined, in loops."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Responses, the best first.
Order: TypeAlias = tuple[int, ...]
#: Gold, verdicts and number of steps of one solution.
Solution: TypeAlias = tuple[list[int], list[int], int]


def places(order: Order) -> list[int]:
    """Place of each response."""
    return [order.index(response) for response in range(len(order))]


def _tau(first: Order, second: Order) -> float:
    """Pairs of responses that both orders rank alike, less those that they don't, over all."""
    one, two = places(first), places(second)
    signs = [1 if (one[i] < one[j]) == (two[i] < two[j]) else -1 for i, j in combinations(range(len(first)), 2)]
    return sum(signs) / len(signs)


def _rho(first: Order, second: Order) -> float:
    """Spearman's formula, ``1 - 6 sum d^2 / (k (k^2 - 1))``: no place is shared."""
    k = len(first)
    return 1 - 6 * sum((a - b) ** 2 for a, b in zip(places(first), places(second), strict=True)) / (k * (k * k - 1))


def _edits(first: Order, second: Order) -> float:
    row = list(range(len(second) + 1))
    for i, one in enumerate(first, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(second, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (one != other))
    return row[-1] / len(first)


def _footrule(first: Order, second: Order) -> float:
    moved = sum(abs(a - b) for a, b in zip(places(first), places(second), strict=True))
    # The reversed order moves the most.
    return moved / sum(abs(len(first) - 1 - 2 * place) for place in range(len(first)))


def _first(first: Order, second: Order) -> float:
    return float(first[0] == second[0])


def _same(first: Order, second: Order) -> float:
    return float(first == second)


def flat(rows: Sequence[Solution]) -> tuple[list[int], list[int]]:
    """All steps that have gold; a verdict that is missing is a label of its own."""
    pairs = [(g, 2 if said < 0 else said) for gold, judge, _ in rows for g, said in zip(gold, judge, strict=True)]
    known = [(g, said) for g, said in pairs if g >= 0]
    return [g for g, _ in known], [said for _, said in known]


def _steps_agree(rows: Sequence[Solution]) -> float:
    gold, said = flat(rows)
    return sum(map(int.__eq__, gold, said)) / len(gold)


def _steps_kappa(rows: Sequence[Solution]) -> float:
    gold, said = flat(rows)
    n, observed = len(gold), _steps_agree(rows)
    chance = math.fsum(gold.count(code) * said.count(code) for code in (0, 1)) / n**2
    return (observed - chance) / (1 - chance)


def _wrong_steps(of: Callable[[int, int, int], tuple[int, int]]) -> Callable[[Sequence[Solution]], float]:
    """Take a share of what is counted: the wrong steps found, those said to be wrong, and those that are; 0 of none."""

    def figure(rows: Sequence[Solution]) -> float:
        gold, said = flat(rows)
        hits = sum(g == s == 0 for g, s in zip(gold, said, strict=True))
        part, whole = of(hits, said.count(0), gold.count(0))
        return part / whole if whole else 0.0

    return figure


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


def _first_error(rows: Sequence[Solution]) -> float:
    hits = _solutions(rows, flawed=True)
    return sum(hits) / len(hits)


def _flawless(rows: Sequence[Solution]) -> float:
    hits = _solutions(rows, flawed=False)
    return sum(hits) / len(hits)


def _first_error_f1(rows: Sequence[Solution]) -> float:
    parts = [sum(hits) / len(hits) for hits in (_solutions(rows, flawed=flawed) for flawed in (True, False))]
    return 2 * parts[0] * parts[1] / sum(parts) if sum(parts) > 0 else 0.0


def _whole(rows: Sequence[Solution]) -> float:
    hits = [all(g in {-1, said} for g, said in zip(gold, judge, strict=True)) for gold, judge, _ in rows]
    return sum(hits) / len(hits)


#: Of two orders: the figure, and its value where there is no verdict.
ORDERS: dict[str, tuple[Callable[[Order, Order], float], float]] = {
    "kendall_tau": (_tau, -1.0),
    "mean_spearman_rho": (_rho, -1.0),
    "levenshtein_distance": (_edits, 1.0),
    "footrule_distance": (_footrule, 1.0),
    "top_1_agreement": (_first, 0.0),
    "percent_agreement": (_same, 0.0),
}
STEPS: dict[str, Callable[[Sequence[Solution]], float]] = {
    "percent_agreement": _whole,
    "step_agreement": _steps_agree,
    "step_kappa": _steps_kappa,
    "error_precision": _wrong_steps(lambda hits, said, _: (hits, said)),
    "error_recall": _wrong_steps(lambda hits, _, gold: (hits, gold)),
    "error_f1": _wrong_steps(lambda hits, said, gold: (2 * hits, said + gold)),
    "first_error_accuracy": _first_error,
    "flawless_accuracy": _flawless,
    "first_error_f1": _first_error_f1,
}

"""Verdicts that are numbers: a judge's against gold's, people's against each other.

Numbers are measured as `judgebench.stats.coefficients.continuous` has it; a judge's missing one is the least favourable
that the scale has (``missing_numbers`` for ranks, where it is not known which that is), and beside one person's number
the end of the scale that is farther from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.estimates import Figure
from judgebench.stats.coefficients.continuous import FIGURES
from judgebench.stats.influence import RowOutcome
from judgebench.stats.withheld import completed, completes

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.agreement.estimates import Counted
    from judgebench.agreement.kinds.unlisted import Pairs
    from judgebench.agreement.policies import Scored
    from judgebench.stats.crosstab import Floats


def sides(name: str, scored: Scored) -> tuple[Floats, Floats] | None:
    """Numbers of gold and judge, missing ones as they are least favourable to a figure; None where that is unknown."""
    scale, given = scored.scale, scored.judge >= 0
    gold, judge = scale.numbers(scored.gold), scale.numbers(np.maximum(scored.judge, 0))
    if given.all():
        return gold, judge
    return (gold, completed(name, gold, judge, given, *scale.values)) if completes(name) else None


def number_figures(scored: Scored, counted: Counted) -> dict[str, Figure]:
    """Measure a judge's numbers against gold's."""
    found: dict[str, Figure] = {}
    # Figures of the same numbers share them.
    whole = sides("", scored) if (scored.judge >= 0).all() else None
    for name, function in FIGURES.items():
        both = whole or sides(name, scored)
        one = RowOutcome.undefined("missing_numbers") if both is None else function(*both)
        found[name] = Figure.of_rows(name, one, counted, mean=name in {"mean_absolute_error", "mean_signed_error"})
    return found


def number_pairs(pairs: Pairs) -> dict[str, Callable[[], RowOutcome]]:
    """Measure numbers beside each other, whoever gave them: what of `FIGURES` is a ratio of sums over pairs.

    Each influence is that of the ratio whose parts stand in the line, about the means.
    """
    low, high = pairs.scale.values
    weight, total = pairs.weight, max(float(pairs.weight.sum()), 1e-300)
    gold = pairs.scale.numbers(pairs.gold)
    judge = pairs.scale.numbers(np.maximum(pairs.judge, 0))
    judge = np.where(pairs.judge < 0, np.where(high - gold >= gold - low, high, low), judge)
    x, y = (side - float(weight @ side) / total for side in (gold, judge))
    shift = float(weight @ (gold - judge)) / total
    flat = not gold.size or any(float(np.ptp(side)) == 0 for side in (gold, judge))

    def ratio(above: Floats, below: Floats) -> RowOutcome:
        return RowOutcome.ratio(weight * above, weight * below, "no_variation" if gold.size else "no_items")

    def pearson() -> RowOutcome:
        if flat:
            return RowOutcome.undefined("no_variation" if gold.size else "no_items")
        one, two = (side / np.sqrt(float(weight @ side**2) / total) for side in (x, y))
        return ratio(one * two, (one**2 + two**2) / 2)

    def alpha() -> RowOutcome:
        # About the mean of both sides.
        found = ratio((gold - judge) ** 2, x**2 + y**2 + shift**2 / 2 + shift * (x - y))
        if found.value is None or found.influence is None:
            return found
        small = 1 - 1 / (2 * total)
        return RowOutcome(1 - small * found.value, -small * found.influence)

    return {
        "lin_ccc": lambda: ratio(2 * x * y, x**2 + y**2 + shift**2 + 2 * shift * (x - y)),
        "pearson_r": pearson,
        "krippendorff_alpha": alpha,
        "mean_absolute_error": lambda: ratio(abs(gold - judge), np.ones(gold.size)),
    }

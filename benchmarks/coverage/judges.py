"""Several judges without a difference: how often a paired difference, or an order in rank sets, is found in nothing.

What `judgebench compare` does for two judges is done here for the data sets of a cell at once: MOVER on both figures'
own intervals, by the correlation that CR2's sums give. Lone rows are drawn as one cluster and their sums taken by cell.
"""

from __future__ import annotations

from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from designs import CLUSTERED, LONE, SKEWED, Cell, draw_jury, draw_pairs
from measured import Measured, measure, table
from scipy.special import stdtrit

from judgebench.stats.cluster_errors import cr2
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.inference.score_path import mover
from judgebench.stats.inference.swapped import swap_max

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from judgebench.stats.crosstab import Floats

CHECK = (
    "percent_agreement", "cohen_kappa", "gwet_ac1", "matthews_corrcoef", "macro_f1", "youden_j", "true_positive_rate",
    "true_negative_rate",
)  # fmt: skip
RATINGS = "cohen_kappa_quadratic", "pearson_r", "spearman_rho", "adjacent_agreement"
JUDGES = 8
#: Prevalence, share of the rows judged anew, kappa.
POPULATIONS = (
    (0.5, 0.1, 0.6), (0.5, 0.1, 0.9), (0.5, 1.0, 0.2), (0.5, 1.0, 0.6),
    (0.05, 0.3, 0.6), (0.05, 1.0, 0.2), (0.05, 1.0, 0.6), (0.05, 1.0, 0.9),
)  # fmt: skip


def pairs_of_judges() -> Iterator[tuple[Cell, float, tuple[str, ...]]]:
    """Cells of two judges, the share of rows on which they judge anew, and figures."""
    for kind, groups, n in (*LONE[1:], *(one for one in CLUSTERED if one[1] < 200)):
        for share, anew, kappa in POPULATIONS:
            yield Cell(kind, groups, n, kappa, (1 - share, share)), anew, CHECK
        for anew in (0.3, 1.0):
            yield Cell(kind, groups, n, 0.6, SKEWED), anew, RATINGS


def differences(sims: int, seed: int) -> Iterator[str]:
    """How often a paired difference of equal judges is called one, by CR1's t and by default."""
    yield f"## differences: {sims:,} data sets a cell, nominal .05\n"
    yield "| cell | figure | CR1 | without | now | without | width CR1 | now |"
    yield "| --- " * 8 + "|"
    found: dict[str, list[tuple[float, float, float]]] = {}
    for at, (cell, anew, figures) in enumerate(pairs_of_judges()):
        counts = draw_pairs(np.random.default_rng([seed, 7, at]), cell, anew, sims)
        for name in figures:
            old, old_none, new, none, old_width, width = difference(name, counts, cell)
            yield (
                f"| {cell.title}, anew {anew:g} | {name} | {old:.3f} | {old_none} | {new:.3f} | {none} "
                f"| {old_width:.3f} | {width:.3f} |"
            )
            found.setdefault(cell.design, []).append((old, new, width / old_width))
    yield "\n| rows | figures x cells | CR1: highest (above .06) | now: highest (above .06) | median | width / CR1 |"
    yield "| --- " * 6 + "|"
    found["**all**"] = [one for some in found.values() for one in some]
    for design, some in found.items():
        old, new, ratio = (np.array(one)[~np.isnan(one)] for one in np.array(some).T)
        yield (
            f"| {design} | {len(some)} | {old.max():.3f} ({(old > 0.06).sum()}) | {new.max():.3f} "
            f"({(new > 0.06).sum()}) | {np.median(new):.3f} | {np.median(ratio):.2f} |"
        )


def bounds_of_difference(one: Measured, two: Measured, counts: np.ndarray) -> tuple[tuple[Floats, Floats], ...]:
    """Bounds of the difference by default, and by CR1's t."""
    apart = one.value - two.value
    if one.sums.shape[1] == 1:
        # Lone rows: products of influences, cell by cell.
        joint = counts.sum(axis=1)
        n = float(joint[0].sum())
        a, b = one.influence[..., None], two.influence[..., None, :]
        va, vb, cov, vd = (
            (joint * of).sum(axis=(-3, -2, -1)) / n / (n - 1) for of in (a * a, b * b, a * b, (a - b) ** 2)
        )
        df, old, old_df = np.full(len(apart), n - 1), vd, n - 1
    else:
        # Each judge's clusters count as its part of the variance does.
        squares = [(part.sums**2).sum(axis=1, keepdims=True) for part in (one, two)]
        whole = squares[0] + squares[1]
        some = whole > 1e-24
        weights = [np.where(some, part / np.where(some, whole, 1), 0.5) for part in squares]
        h = weights[0] * one.shares + weights[1] * two.shares
        va, df, _ = cr2(one.sums, h, 2 * int(counts[0].sum()))
        vb, vd = cr2(two.sums, h)[0], cr2(one.sums - two.sums, h)[0]
        cov = (va + vb - vd) / 2
        groups = one.sums.shape[1]
        old = ((one.sums - two.sums) ** 2).sum(axis=1) * groups / (groups - 1)
        old_df = groups - 1
    scale = np.sqrt(va * vb)
    r = np.clip(np.where(scale > 1e-24, cov / np.where(scale > 1e-24, scale, 1), 0), -1, 1)
    low, high = mover(one.value, one.bounds, two.value, two.bounds, r)
    # Without the figures' own intervals t stays; where nothing ever differs there is no interval.
    t = np.where(vd > 1e-24, stdtrit(df, 0.975) * np.sqrt(vd), np.nan)
    own = ~(np.isnan(low) | np.isnan(high)) & ((vd > 1e-24) | (apart != 0))
    low, high = np.where(own, low, apart - t), np.where(own, high, apart + t)
    half = np.where(old > 1e-24, stdtrit(old_df, 0.975) * np.sqrt(old), np.nan)
    return (low, high), (apart - half, apart + half)


def difference(name: str, counts: np.ndarray, cell: Cell) -> tuple[float, int, float, int, float, float]:
    """Of CR1, then of the default: share of the data sets whose bounds leave 0 out, and data sets without; widths."""
    one, two = (measure(METRICS[name], counts.sum(axis=axis), lone=cell.lone) for axis in (-1, -2))
    found = bounds_of_difference(one, two, counts)
    shown, widths = [], []
    for low, high in found[::-1]:
        some = ~(np.isnan(low) | np.isnan(high))
        out = (low[some] > 1e-12) | (high[some] < -1e-12)
        shown += [float(out.sum() / some.size), int((~some).sum())]
        widths.append(high - low)
    both = np.stack(widths)[:, ~np.isnan(np.stack(widths)).any(axis=0)]
    old_width, width = np.median(both, axis=1) if both.size else (np.nan, np.nan)
    return shown[0], shown[1], shown[2], shown[3], float(old_width), float(width)


def ranks(sims: int, seed: int) -> Iterator[str]:
    """How often the rank sets of eight equal judges order any two: swapped answers, 499 draws (1,999 by default)."""
    sims = min(sims, 500)
    yield f"## ranks: {JUDGES} equal judges, {sims:,} data sets a cell, nominal .05\n"
    yield "| cell | figure | false order |"
    yield "| --- " * 3 + "|"
    pairs = np.array(list(combinations(range(JUDGES), 2)))
    several = ((8, 80), (20, 200), (40, 400))
    designs = (LONE[2], *((kind, *size) for kind in ("equal", "lognormal", "giant", "two") for size in several))
    for at, design in enumerate(designs):
        for share, figures in ((0.5, CHECK[1:3]), (0.05, ("percent_agreement", "cohen_kappa", "macro_f1", "youden_j"))):
            cell = Cell(*design, 0.6, (1 - share, share))
            yield from _orders(cell, figures, pairs, sims, [seed, 8, at, int(100 * share)])
    for at, design in enumerate((LONE[2], ("lognormal", 20, 200), ("giant", 20, 200))):
        yield from _orders(Cell(*design, 0.6, SKEWED), RATINGS[::2], pairs, sims // 2, [seed, 9, at])


def _orders(cell: Cell, figures: tuple[str, ...], pairs: np.ndarray, sims: int, seed: list[int]) -> Iterator[str]:
    values = {name: _value(name, cell) for name in figures}
    wrong = dict.fromkeys(figures, 0)
    rng = np.random.default_rng(seed)
    for _ in range(sims):
        tables = draw_jury(rng, cell, JUDGES)
        for name, value in values.items():
            if not np.isnan(value(tables.sum(axis=0) / cell.n)).any():
                wrong[name] += bool((swap_max(tables, value, pairs, draws=499) < 0.05).any())
    for name, count in wrong.items():
        yield f"| {cell.title} | {name} | {count / sims:.3f} |"


def _value(name: str, cell: Cell) -> Callable[[Floats], Floats]:
    surface = METRICS[name](table(cell.truth, cell.n)).surface
    if surface is None:
        return partial(np.trace, axis1=-2, axis2=-1)
    return lambda joint: surface(joint).value


PARTS = {"differences": differences, "ranks": ranks}

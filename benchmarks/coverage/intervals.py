"""Intervals of one judge's figures: how often they hold the truth, and how wide they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from designs import classes, draw, ratings, tables, uneven
from measured import measure, true_value

from judgebench.stats.coefficients.catalog import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from designs import Cell, Floats

PARTS = {"tables": tables, "classes": classes, "ratings": ratings, "uneven": uneven}


@dataclass(frozen=True, slots=True)
class Line:
    """How one figure did in one cell, by default and with CR1.

    Coverage is of the data sets with bounds, ``none`` counts the others; widths are medians over the data sets that
    have both intervals.
    """

    cell: Cell
    figure: str
    cover: float
    none: int
    cr1: float
    cr1_none: int
    width: float
    cr1_width: float


def covered(bounds: tuple[Floats, Floats], truth: float) -> tuple[float, int]:
    """Share of the data sets with bounds that hold the truth, and how many have none."""
    low, high = bounds
    some = ~(np.isnan(low) | np.isnan(high))
    hits = (low[some] <= truth + 1e-9) & (truth - 1e-9 <= high[some])
    return float(hits.mean()) if some.any() else np.nan, int((~some).sum())


def study(cell: Cell, figures: tuple[str, ...], sims: int, rng: np.random.Generator) -> Iterator[Line]:
    """Draw the data sets of a cell and measure every figure."""
    counts = draw(rng, cell, sims)
    for name in figures:
        truth = true_value(METRICS[name], cell.truth)
        if truth is None:
            continue
        made = measure(METRICS[name], counts, lone=cell.lone)
        now, old = covered(made.bounds, truth), covered(made.cr1, truth)
        widths = np.stack([high - low for low, high in (made.bounds, made.cr1)])
        both = widths[:, ~np.isnan(widths).any(axis=0)]
        yield Line(cell, name, *now, *old, *(np.median(both, axis=1) if both.size else (np.nan, np.nan)))


def run(part: str, sims: int, seed: int) -> Iterator[str]:
    """Every figure and cell of a part, then a line for each design and for all."""
    lines: list[Line] = []
    yield f"## {part}: {sims:,} data sets a cell\n"
    yield "| cell | figure | CR1: covers | without | now: covers | without | width CR1 | now |"
    yield "| --- " * 8 + "|"
    for at, (cell, figures) in enumerate(PARTS[part]()):
        rng = np.random.default_rng([seed, list(PARTS).index(part), at])
        for one in study(cell, figures, sims, rng):
            lines.append(one)
            yield (
                f"| {cell.title} | {one.figure} | {one.cr1:.3f} | {one.cr1_none} | {one.cover:.3f} | {one.none} "
                f"| {one.cr1_width:.3f} | {one.width:.3f} |"
            )
    yield ""
    yield from summary(lines)


def summary(lines: list[Line]) -> Iterator[str]:
    """How low and how high coverage gets in each design, with CR1 and now, and what it costs."""
    by: dict[str, list[Line]] = {}
    for line in lines:
        by.setdefault(line.cell.design, []).append(line)
    by |= {"**full cells**": [line for line in lines if line.cell.full], "**all**": lines}
    yield "| rows | figures | CR1: lowest (below .93) | now: lowest (below .93) | median | highest | width / CR1 |"
    yield "| --- " * 7 + "|"
    for name, some in by.items():
        now = np.array([line.cover for line in some if not np.isnan(line.cover)])
        old = np.array([line.cr1 for line in some if not np.isnan(line.cr1)])
        ratio = np.array([line.width / line.cr1_width for line in some if line.cr1_width > 0])
        yield (
            f"| {name} | {now.size} | {old.min():.3f} ({(old < 0.93).sum()}) | {now.min():.3f} "
            f"({(now < 0.93).sum()}) | {np.median(now):.3f} | {now.max():.3f} | {np.median(ratio):.2f} |"
        )

"""What a coefficient makes of rows that are numbers or sequences instead of cells of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.stats.crosstab import TINY
from judgebench.stats.influence import Clusters, Influences

if TYPE_CHECKING:
    from judgebench.stats.crosstab import Floats


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """A figure with the influence of every row, or the reason (``no_items``, ``one_class`` ...) why it has none.

    Influences, shape (n,), have mean 0 and the units of the figure: the standard error of independent rows is
    ``sqrt(sum(influence ** 2)) / n``. None where the data carry no standard error.
    """

    value: float | None
    influence: Floats | None = None
    reason: str | None = None

    @classmethod
    def undefined(cls, reason: str) -> RowOutcome:
        """Build an outcome without a value."""
        return cls(None, None, reason)

    @classmethod
    def mean(cls, per_row: Floats) -> RowOutcome:
        """Mean of a quantity per row, shape (n,); ``no_items`` without rows."""
        if not per_row.size:
            return cls.undefined("no_items")
        value = float(per_row.mean())
        return cls(value, per_row - value)

    @classmethod
    def ratio(cls, above: Floats, below: Floats, reason: str) -> RowOutcome:
        """Ratio of two sums over rows; the reason where the lower one is 0."""
        total = float(below.mean()) if below.size else 0.0
        if abs(total) < TINY:
            return cls.undefined(reason)
        value = float(above.mean()) / total
        return cls(value, (above - value * below) / total)

    def influences(self, clusters: Clusters) -> Influences:
        """Sum the influences in clusters; ValueError if there is no value, or no influence."""
        if self.value is None or self.influence is None:
            raise ValueError(f"no influences: {self.reason or 'the data carry no standard error'}")
        return Influences(
            self.value, self.influence.size, clusters.ids, clusters.sums(self.influence / self.influence.size)
        )


def centred(values: Floats) -> Floats:
    """Deviations from the mean, shape (n,); exactly 0 where all values are the same."""
    if values.size and float(values.min()) == float(values.max()):
        return np.zeros_like(values)
    return values - float(values.mean())

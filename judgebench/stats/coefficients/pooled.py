"""Labels of many people as one table: every pair of labels that two people gave the same item.

Labels are codes of n items by m people, shape (n, m), -1 for none, of q categories. An item with r labels has
``r (r - 1)`` ordered pairs and each counts once, so that the table of all is ``sum_i (c_i c_i' - diag c_i)`` for the
items' counts ``c_i`` of each category: symmetric, whoever the people are and however few items two of them share. An
item weighs as many pairs as it has; one with a single label has none.

Source: Zheng et al. (2023), Judging LLM-as-a-judge with MT-Bench and Chatbot Arena, whose agreement of people is the
share of these pairs that agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.stats.crosstab import count_units

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    from judgebench.stats.crosstab import Floats, Ints


#: Items handled at a time: hundreds of people make wide rows.
_CELLS = 1 << 22


def packed(labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Push each item's labels together, where nobody asks whose they are and most people give an item none; (n, w)."""
    there = labels >= 0
    sizes = there.sum(axis=1)
    wide = int(sizes.max(initial=0))
    if 2 * wide > labels.shape[1]:
        return labels
    rows, who = np.nonzero(there)
    found = np.full((len(labels), wide), -1, labels.dtype)
    found[rows, np.arange(rows.size) - (np.cumsum(sizes) - sizes)[rows]] = labels[rows, who]
    return found


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """How often each of n items got each of q labels: the distinct counts, shape (p, q), and each item's among them.

    Three people's labels of 1, 1 and 2, and two people's of 1 and 2, make three and one unordered pairs:

    >>> LabelCounts.of(np.array([[0, 0, 1], [0, -1, 1]]), 2).pairs()
    array([[2., 3.],
           [3., 0.]])
    """

    patterns: Floats
    place: Ints

    @classmethod
    def of(cls, labels: Ints, categories: int) -> LabelCounts:
        """Count the labels of each item."""
        n, m = labels.shape
        if (m + 1.0) ** categories < 2.0**62:
            # One number says how often each label occurs.
            radix = (m + 1) ** np.arange(categories, dtype=np.int64)
            weigh = np.append(radix, 0)
            keys = np.empty(n, dtype=np.int64)
            step = max(1, _CELLS // max(m + categories, 1))
            for start in range(0, n, step):
                keys[start : start + step] = weigh[labels[start : start + step]].sum(axis=1)
            distinct, place = np.unique(keys, return_inverse=True)
            return cls((distinct[:, None] // radix % (m + 1)).astype(np.float64), place.reshape(-1))
        patterns, place = np.unique(count_units(labels, categories), axis=0, return_inverse=True)
        return cls(patterns, place.reshape(-1))

    def take(self, items: Ints) -> LabelCounts:
        """Choose items, any of them as often as wanted."""
        return LabelCounts(self.patterns, self.place[items])

    @property
    def size(self) -> Floats:
        """Labels of each item, shape (n,)."""
        return np.asarray(self.patterns.sum(axis=1)[self.place])

    def pairs(self) -> Floats:
        """Ordered pairs of labels of one item by their categories, shape (q, q): symmetric."""
        times = np.bincount(self.place, minlength=len(self.patterns)).astype(np.float64)
        weighed = self.patterns * times[:, None]
        return np.asarray(weighed.T @ self.patterns - np.diag(weighed.sum(axis=0)))

    def over_pairs(self, cell: Floats) -> Floats:
        """Sum a quantity of each ordered pair, by its categories in ``cell`` (q, q), over each item's; shape (n,)."""
        found = ((self.patterns @ cell) * self.patterns).sum(axis=1) - self.patterns @ np.diag(cell)
        return np.asarray(found[self.place])

    def beside(self, said: Ints, wide: int, weight: Floats) -> Floats:
        """Pairs of a label (row) and what somebody else said of the item (column), shape (q, wide), items weighed."""
        size = len(self.patterns) * wide
        cells = np.bincount(self.place * wide + said, weights=weight, minlength=size).reshape(-1, wide)
        return np.asarray(self.patterns.T @ cells)

    def over_beside(self, cell: Floats, said: Ints) -> Floats:
        """Sum a quantity of each such pair, by its categories in ``cell`` (q, wide), over each item's; shape (n,)."""
        return np.asarray((self.patterns @ cell)[self.place, said])

"""Two sets of labels beside each other: how near they are, and how much nearer than by chance.

A set is an integer, a bit per label; ``gold`` and ``judge`` have shape (n,), -1 for a judge's silence, which shares
nothing with gold: a similarity of 0. In the chance term of alpha it is the set that lies nearest to all others, so that
nothing is won by silence. Rows count ``weight`` times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from judgebench.stats.coefficients.chance import cohen_kappa
from judgebench.stats.crosstab import TINY, Crosstab
from judgebench.stats.influence import RowOutcome, by_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from judgebench.stats.crosstab import Floats

    Bits = npt.NDArray[np.int64]

#: How near two sets are.
Nearness: TypeAlias = Literal["jaccard", "masi", "equal"]
#: Beyond so many different sets no table of any two is made.
MOST_SETS = 10_000
_BLOCK = 1 << 22


def similarity(first: Bits, second: Bits, nearness: Nearness) -> Floats:
    """How near sets are, from 0 to 1; two empty ones are the same.

    ``jaccard``: labels in both, as a share of those in either; ``masi``: that times 1 for equal sets, 2/3 where one
    holds the other, 1/3 where they overlap otherwise.
    Source: Jaccard (1901); Passonneau (2006), Measuring agreement on set-valued items (MASI) for semantic and pragmatic
    annotation. (nltk writes .67 and .33.)

    >>> sets = np.array([0b011, 0b001, 0b110]), np.array([0b011, 0b011, 0b011])
    >>> similarity(*sets, "jaccard").round(3).tolist(), similarity(*sets, "masi").round(3).tolist()
    ([1.0, 0.5, 0.333], [1.0, 0.333, 0.111])
    """
    same = first == second
    if nearness == "equal":
        return np.where(first < 0, 0.0, same.astype(np.float64))
    both, either = first & second, first | second
    shared = np.bitwise_count(both) / np.maximum(np.bitwise_count(either), 1)
    if nearness == "masi":
        shared = shared * np.where((both == first) | (both == second), 2 / 3, 1 / 3)
    found: Floats = np.where(same, 1.0, shared)
    return np.where((first < 0) | (second < 0), 0.0, found)


def mean_similarity(gold: Bits, judge: Bits, nearness: Nearness, weight: Floats | None = None) -> RowOutcome:
    """Mean nearness of the two sets of a row."""
    near = similarity(gold, judge, nearness)
    if weight is None:
        return RowOutcome.mean(near)
    return RowOutcome.ratio(weight * near, weight, "no_items")


def alpha(
    gold: Bits, judge: Bits, nearness: Nearness, weight: Floats | None = None, values: float | None = None
) -> RowOutcome:
    """Krippendorff's alpha, ``1 - (1 - 1 / N) D_o / D_e``, with one less the nearness for the distance.

    ``D_o`` is the mean distance of the two sets of a row, ``D_e`` that of any two of the N ``values`` (by default two a
    row). ``too_few_items`` without rows, ``no_variation`` where all sets are the same, ``too_many_sets`` beyond
    `MOST_SETS` different ones.
    Source: Krippendorff (2011), Computing Krippendorff's alpha-reliability; Passonneau (2006) for the distance.
    """
    if not gold.size:
        return RowOutcome.undefined("no_items")
    weight = np.ones(gold.size) if weight is None else weight
    sets, place = np.unique(np.concatenate([gold, judge]), return_inverse=True)
    if sets.size > MOST_SETS:
        return RowOutcome.undefined("too_many_sets")
    silent = judge < 0
    twice, said = np.concatenate([weight, weight]), np.concatenate([np.ones(gold.size, np.bool_), ~silent])
    margin = np.bincount(place, weights=twice * said, minlength=sets.size) / (2 * float(weight.sum()))
    apart = _mean_distances(sets, margin, nearness)
    if silent.any():
        # The set whose place in the chance term makes D_e least.
        nearest = int(np.argmin(np.where(sets < 0, np.inf, apart)))
        place = np.where(said, place, nearest)
        margin[nearest] += float(weight[silent].sum()) / (2 * float(weight.sum()))
        apart = _mean_distances(sets, margin, nearness)
    expected = float(margin @ apart)
    if expected < TINY:
        return RowOutcome.undefined("no_variation")
    distance = 1 - similarity(gold, judge, nearness)
    observed = float(weight @ distance) / float(weight.sum())
    small = 1 - 1 / (2 * float(weight.sum()) if values is None else values)
    pulls = (distance - observed) / expected
    pulls -= observed / expected**2 * (apart[place[: gold.size]] + apart[place[gold.size :]] - 2 * expected)
    return RowOutcome(1 - small * observed / expected, -small * pulls * weight / float(weight.mean()))


def _mean_distances(sets: Bits, margin: Floats, nearness: Nearness) -> Floats:
    """Mean distance of each set to those that a margin draws."""
    found = np.empty(sets.size)
    step = max(1, _BLOCK // max(sets.size, 1))
    for start in range(0, sets.size, step):
        near = similarity(sets[start : start + step, None], sets[None, :], nearness)
        found[start : start + step] = float(margin.sum()) - near @ margin
    return found


def memberships(gold: Bits, judge: Bits, bit: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Whether a label is in each set, 1 or 0; a silent judge has the wrong one of the two."""
    inside = gold >> bit & 1
    return inside, np.where(judge < 0, 1 - inside, judge >> bit & 1)


def label_kappa(gold: Bits, judge: Bits, bit: int) -> RowOutcome:
    """Cohen's kappa of one label's being in the set or not."""
    inside, said = memberships(gold, judge, bit)
    cells = 2 * inside + said
    counts = np.bincount(cells, minlength=4).reshape(2, 2)
    table = Crosstab(counts / max(gold.size, 1), int(gold.size), 2, np.arange(2.0))
    return by_row(table, cohen_kappa(table), cells)


def label_f1(gold: Bits, judge: Bits, bits: Sequence[int]) -> RowOutcome:
    """F1 of labels together, ``2 hits / (labels of gold + labels of the judge)``."""
    hits, every = np.zeros((2, gold.size))
    for bit in bits:
        inside, said = memberships(gold, judge, bit)
        hits += 2 * inside * said
        every += inside + said
    return RowOutcome.ratio(hits, every, "no_class_labels")


def mean_of(outcomes: Sequence[RowOutcome], reason: str) -> RowOutcome:
    """Average figures of the same rows, where they are defined; the reason where none is."""
    known = [(one.value, one.influence) for one in outcomes if one.value is not None and one.influence is not None]
    if not known:
        return RowOutcome.undefined(reason)
    value = sum(value for value, _ in known) / len(known)
    return RowOutcome(value, np.mean([influence for _, influence in known], axis=0))

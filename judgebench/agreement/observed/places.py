"""Places in a list: how often each is chosen, where what stands there is shifted through all of them.

Source: Zheng et al. (2024), Large language models are not robust multiple choice selectors (a choice's place, told from
what stands there by moving it).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.bias import share_of
from judgebench.agreement.observed.rows import weighed
from judgebench.agreement.probing import Probed, majority
from judgebench.stats.influence import Clusters, mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from judgebench.domain import Run, Verdict
    from judgebench.domain.scale import Code


def places(run: Run, verdicts: Callable[..., Iterable[Verdict]]) -> Probed | None:
    """Measure the place that is chosen most, beyond what it would be without an eye for places; None of one response.

    Where an item's orders put each response once in each place (``--order cyclic``), that is one chance in as many as
    there are responses; elsewhere it is how often gold stands there, and items without gold are left out. ``p`` is of t
    over questions, times the number of places. ``consistency`` is the share of items of which the same response is
    chosen wherever it stands.
    """
    del run
    chosen: dict[str, list[tuple[int, Verdict]]] = {}
    for one in verdicts(texts=False):
        first = _first(one.code)
        if not (one.probe or one.repeat) and first is not None and first in one.order and len(one.order) > 1:
            chosen.setdefault(one.item, []).append((one.order.index(first), one))
    rows: list[tuple[int, str, list[float]]] = []
    balanced = True
    same: list[tuple[str, bool]] = []
    for asked in chosen.values():
        orders = [one.order for _, one in asked]
        even = _even(orders)
        balanced &= even
        if len(asked) > 1:
            same.append((asked[0][1].cluster, len({_first(one.code) for _, one in asked}) == 1))
        for place, one in asked:
            expected = _expected(one, even=even)
            if expected is not None:
                rows.append((place, one.cluster, expected))
    if not rows:
        return None
    width = max(len(expected) for _, _, expected in rows)
    names = {name: code for code, name in enumerate(dict.fromkeys(cluster for _, cluster, _ in rows))}
    clusters = Clusters.of(np.array([names[cluster] for _, cluster, _ in rows]))
    at = np.array([place for place, _, _ in rows])
    usual = np.array([one + [0.0] * (width - len(one)) for _, _, one in rows])
    figures = {f"place_{place + 1}": share_of(np.equal(at, place), clusters) for place in range(width)}
    if same:
        of = Clusters.of(np.array([names.setdefault(cluster, len(names)) for cluster, _ in same]))
        figures["position_consistency"] = share_of(np.array([flag for _, flag in same]), of)
    beyond = (at[:, None] == np.arange(width)) - usual
    most = int(beyond.mean(axis=0).argmax())
    effect, p = weighed(mean(beyond[:, most], clusters))
    found = Probed(clusters.count, len(rows), effect, p, "even" if balanced else "gold", figures)
    return found if p is None else replace(found, p=min(1.0, p * width))


def _first(code: Code | None) -> int | None:
    """Say which response is chosen: of an order the first."""
    return code[0] if isinstance(code, tuple) and code else code if isinstance(code, int) else None


def _even(orders: list[tuple[int, ...]]) -> bool:
    """Whether each response stands equally often in each place."""
    columns = list(zip(*orders, strict=True)) if len({len(order) for order in orders}) == 1 else []
    return bool(columns) and all(
        len({column.count(response) for response in range(len(orders[0]))}) == 1 for column in columns
    )


def _expected(one: Verdict, *, even: bool) -> list[float] | None:
    """How often each place would be chosen without an eye for places; None where nobody knows."""
    if even:
        return [1 / len(one.order)] * len(one.order)
    gold = majority(one)
    right = set() if gold is None else set(gold) if isinstance(gold, tuple) else {gold}
    if isinstance(gold, tuple) and one.code is not None and isinstance(one.code, tuple):
        right = set(gold[:1])
    found = [float(response in right) for response in one.order]
    return [each / sum(found) for each in found] if sum(found) else None

"""Places in a list: how often each is chosen, where what stands there is shifted through all of them.

Source: Zheng et al. (2024), Large language models are not robust multiple choice selectors (a choice's place, told from
what stands there by moving it).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.intervals import share_of
from judgebench.agreement.observed.rows import weighed
from judgebench.agreement.probing.measure import Probed
from judgebench.agreement.ratings import clusters_named
from judgebench.stats.influence import mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from judgebench.domain import Run, Verdict
    from judgebench.domain.scale import Code


def places(run: Run, verdicts: Callable[..., Iterable[Verdict]]) -> Probed | None:
    """Measure how much more often the place that is chosen most is chosen than one in as many as there are responses.

    Only items whose orders put each response once in each place (``--order cyclic``), or that chance put in order, tell
    a place from what stands there; None without any. ``p`` is of t over questions, times the number of places.
    ``position_consistency`` is the share of items of which the same response is chosen wherever it stands.
    """
    chosen: dict[str, list[tuple[int, Verdict]]] = {}
    for one in verdicts(texts=False):
        first = _first(one.code)
        if not (one.probe or one.repeat) and first is not None and first in one.order and len(one.order) > 1:
            chosen.setdefault(one.item, []).append((one.order.index(first), one))
    rows: list[tuple[int, str, int]] = []
    same: list[tuple[str, bool]] = []
    for asked in chosen.values():
        if run.orders != "random" and not _even([one.order for _, one in asked]):
            continue
        if len(asked) > 1:
            same.append((asked[0][1].cluster, len({_first(one.code) for _, one in asked}) == 1))
        rows += [(place, one.cluster, len(one.order)) for place, one in asked]
    if not rows:
        return None
    width = max(count for _, _, count in rows)
    clusters = clusters_named(cluster for _, cluster, _ in rows)
    at = np.array([place for place, _, _ in rows])
    count = np.array([count for _, _, count in rows])
    usual = (np.arange(width) < count[:, None]) / count[:, None]
    figures = {f"place_{place + 1}": share_of(np.equal(at, place), clusters) for place in range(width)}
    if same:
        flags = np.array([flag for _, flag in same])
        figures["position_consistency"] = share_of(flags, clusters_named(cluster for cluster, _ in same))
    beyond = (at[:, None] == np.arange(width)) - usual
    most = int(beyond.mean(axis=0).argmax())
    effect, p = weighed(mean(beyond[:, most], clusters))
    found = Probed(clusters.count, len(rows), effect, p, "even", figures)
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

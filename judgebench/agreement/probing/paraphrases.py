"""Verdicts on one case in several wordings of its request: how far they agree, without any label.

Source: Amirizaniani et al. (2024), AuditLLM (arXiv:2402.09334); Krippendorff (2018), Content analysis (alpha).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.intervals import estimated, share_of
from judgebench.agreement.probing.measure import Probed
from judgebench.agreement.probing.ways import across
from judgebench.agreement.ratings import clusters_named
from judgebench.domain import Estimate
from judgebench.stats.inference.paired import sign_flip
from judgebench.stats.influence import mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from judgebench.domain import Scale, Verdict


def consistent(plain: Iterable[Verdict], reworded: Mapping[str, Iterable[Verdict]], scale: Scale) -> Probed | None:
    """Measure agreement over the plain wording and others (by probe); None where no case was asked in another.

    ``pairwise_agreement`` is the mean over all pairs of wordings that a case has, ``fully_consistent`` the share of
    cases with one verdict in all of them, ``alpha`` Krippendorff's with the wordings as raters, gaps allowed. A missing
    verdict is like no other. The effect is how much less wordings agree than the same wording asked again.
    """
    said: dict[tuple[str, tuple[int, ...]], list[Verdict]] = {}
    for one in plain:
        if not one.probe:
            said.setdefault((one.item, one.order), []).append(one)
    first = {key: min(own, key=lambda one: one.repeat) for key, own in said.items()}
    ways = {"": first} | {
        name: {(one.item, one.order): one for one in verdicts if one.probe == name and not one.repeat}
        for name, verdicts in reworded.items()
    }
    keys = [key for key in first if sum(key in way for way in ways.values()) > 1]
    if not keys:
        return None
    clusters = clusters_named(first[key].cluster or first[key].item for key in keys)
    asked = [[way[key] for way in ways.values() if key in way] for key in keys]
    alike = np.array([np.mean([_same(*pair) for pair in combinations(own, 2)]) for own in asked], np.float64)
    whole = across({name: [_bare(way, first[key]) for key in keys] for name, way in ways.items()}, scale)
    figures = {
        "pairwise_agreement": estimated(mean(alike, clusters), low=0.0, high=1.0),
        "fully_consistent": share_of(alike == 1, clusters),
    }
    if whole is not None:
        figures["alpha"] = whole.alpha
    effect, p = Estimate.missing("no_repeats"), None
    again = np.array([_again(said[key]) for key in keys], np.float64)
    known = np.flatnonzero(~np.isnan(again))
    if known.size:
        apart, own = again[known] - alike[known], clusters.take(known)
        figures["retest_agreement"] = estimated(mean(again[known], own), low=0.0, high=1.0)
        effect, p = estimated(mean(apart, own), low=-1.0, high=1.0), sign_flip(own.sums(apart)).p
    return Probed(clusters.count, len(keys), effect, p, "retest", figures, len(first) - len(keys))


def _same(one: Verdict, two: Verdict) -> bool:
    return one.code is not None and one.code == two.code


def _bare(way: Mapping[tuple[str, tuple[int, ...]], Verdict], first: Verdict) -> Verdict:
    """Give a wording's verdict on the case of ``first`` as a plain one; a gap where it was not asked."""
    found = way.get((first.item, first.order), replace(first, code=None))
    return replace(found, probe="", repeat=0)


def _again(own: list[Verdict]) -> float:
    """Mean agreement of the pairs of askings of one case; NaN where it was asked once."""
    return float(np.mean([_same(one, two) for one, two in combinations(own, 2)])) if len(own) > 1 else np.nan

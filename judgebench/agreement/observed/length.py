"""Length: whether a judge picks the longer response more often than it is the better one.

Source: Zheng et al. (2023), Judging LLM-as-a-judge (verbosity bias); Dubois et al. (2024), Length-controlled AlpacaEval
(the logit, and tanh of the standardised difference).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.intervals import mean_share_of, share_of, symmetric
from judgebench.agreement.observed.rows import Observed, share_among, tested
from judgebench.agreement.probing.measure import Probed, shares_apart
from judgebench.domain import Estimate
from judgebench.stats.inference.intervals import t_quantile
from judgebench.stats.influence import Clusters
from judgebench.stats.logistic import logistic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from judgebench.domain import Run, Verdict
    from judgebench.stats.crosstab import Floats

#: Responses of a matched pair differ by no more than this share of the longer one.
MATCHED = 0.1


def length(run: Run, verdicts: Callable[..., Iterable[Verdict]]) -> Probed | None:
    """Measure how much more often a judge is right where the longer response is the better one than where it isn't.

    That is the share of verdicts that length decides, whatever the share of pairs whose better response is the longer:
    a judge who only guesses is not led by length. ``excess_longer``, how much more often the judge picks the longer one
    than gold does, is what most report. A tie picks it half, and no verdict (``excess_longer`` alone) doesn't. None
    without lengths or gold.
    """
    if run.scale.kind != "pair":
        return None
    rows = Observed.of(verdicts(texts=False), run.scale)
    apart = rows.ahead
    told = np.flatnonzero(~np.isnan(rows.gold) & ~np.isnan(apart) & (apart != 0))
    own = told[~np.isnan(rows.said[told])]
    if not own.size:
        return None
    clusters = rows.clusters(own)
    picked, better = _longer(rows.said[own], apart[own]), _longer(rows.gold[own], apart[own])
    figures = {"longer": mean_share_of(picked, clusters), "gold_longer": mean_share_of(better, clusters)}
    every = np.where(np.isnan(rows.said[told]), 0.0, _longer(rows.said[told], apart[told]))
    figures["excess_longer"] = shares_apart(every, _longer(rows.gold[told], apart[told]), rows.clusters(told))
    figures |= _logits(rows)
    figures |= dict(_matched(rows))
    effect, p = _gap(rows)
    return Probed(clusters.count, own.size, effect, p, "gold", figures, told.size - own.size, either=True)


def _gap(rows: Observed) -> tuple[Estimate, float | None]:
    way = rows.gold * np.sign(rows.ahead)
    right, clusters = (1 + rows.said * rows.gold) / 2, Clusters.of(rows.cluster)
    parts = [share_among(right, np.flatnonzero((way == side) & ~np.isnan(rows.said)), clusters) for side in (1, -1)]
    if parts[0] is None or parts[1] is None:
        return Estimate.missing("one_class"), None
    return tested(parts[0], parts[1])


def _longer(sides: Floats, apart: Floats) -> Floats:
    """1 where the longer response is meant, 0 where the shorter one is, one half for neither."""
    found: Floats = (1 + sides * np.sign(apart)) / 2
    return found


def _logits(rows: Observed) -> dict[str, Estimate]:
    """Fit ``logit P(second) = a + gold + g (length difference / its standard deviation)`` to the decided verdicts.

    ``length_logit`` is g with cluster-robust errors, ``length_logit_tanh`` that of tanh of the standardised difference,
    ``length_logit_model`` g with the errors of independent rows and a true model: those that most programs print.
    """
    own = np.flatnonzero(np.isin(rows.said, (-1.0, 1.0)) & ~np.isnan(rows.gold) & ~np.isnan(rows.ahead))
    spread = float(rows.ahead[own].std(ddof=1)) if own.size > 1 else 0.0
    names = ("length_logit", "length_logit_tanh", "length_logit_model")
    if not spread:
        return {name: Estimate.missing("constant", own.size) for name in names}
    outcome, gold = (rows.said[own] > 0).astype(np.float64), rows.gold[own]
    dummies = [(gold == side).astype(np.float64) for side in np.unique(gold)[1:]]
    apart, clusters, found = rows.ahead[own] / spread, rows.clusters(own), dict[str, Estimate]()
    for name, trait in (("length_logit", apart), ("length_logit_tanh", np.tanh(apart))):
        design = np.column_stack([np.ones(own.size), *dummies, trait])
        fit = logistic(outcome, design, clusters)
        if isinstance(fit, str):
            found[name] = Estimate.missing(fit, own.size)
            continue
        slope, se = float(fit.coefficients[-1]), float(fit.se[-1])
        found[name] = symmetric(slope, se, t_quantile(fit.clusters - 1), own.size, "cr1-t")
        if name == "length_logit":
            plain = float(np.sqrt(fit.plain[-1, -1]))
            found["length_logit_model"] = symmetric(slope, plain, t_quantile(np.inf), own.size, "wald")
    return found


def _matched(rows: Observed) -> Iterator[tuple[str, Estimate]]:
    """Accuracy on pairs of about one length, and where the right one is the longer, or the shorter, of two."""
    known = np.isin(rows.gold, (-1.0, 1.0)) & ~np.isnan(rows.said) & ~np.isnan(rows.ahead)
    near = np.abs(rows.ahead) <= MATCHED * rows.longest
    right, way = rows.said == rows.gold, rows.gold * np.sign(rows.ahead)
    parts = {"matched": near, "right_longer": ~near & (way > 0), "right_shorter": ~near & (way < 0)}
    for name, flags in parts.items():
        own = np.flatnonzero(known & flags)
        if own.size:
            yield f"accuracy_{name}", share_of(right[own], rows.clusters(own))

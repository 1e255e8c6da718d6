"""Leniency: whether a judge that errs errs by letting answers pass.

Source: Thakur et al. (2024), Judging the judges: evaluating alignment and vulnerabilities in LLMs-as-judges (a judge
knows the answer with probability P_c, else says "correct" with probability P_+).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.intervals import estimated
from judgebench.agreement.observed.rows import Observed, share_among, share_of_two, tested, weighed
from judgebench.agreement.probing.measure import Probed
from judgebench.domain import Estimate
from judgebench.stats.inference.paired import sign_flip
from judgebench.stats.influence import combine, mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from judgebench.domain import Run, Verdict


def leniency(run: Run, verdicts: Callable[..., Iterable[Verdict]]) -> Probed | None:
    """Measure which way a judge errs; None on scales without a good side.

    Of a check ``P_c`` is Youden's J, ``TPR - FPR``, and ``P_+ = FPR / (FPR + FNR)``, from 0 (what it doesn't know it
    rejects) to 1 (it accepts it), undefined without errors; the effect is ``P_+`` less one half. Of ratings it is how
    much higher they are than gold's.
    """
    if not (run.scale.numeric or run.scale.kind == "check"):
        return None
    rows = Observed.of(verdicts(texts=False), run.scale)
    own = rows.known
    if not own.size:
        return None
    clusters, said, gold = rows.clusters(own), rows.said[own], rows.gold[own]
    left = int(np.count_nonzero(~np.isnan(rows.gold))) - own.size
    if run.scale.kind != "check":
        effect = estimated(mean(said - gold, clusters), low=-run.scale.reach, high=run.scale.reach)
        p = sign_flip(clusters.sums(said - gold)).p
        return Probed(clusters.count, own.size, effect, p, "gold", {}, left, either=True)
    wrong, right = np.flatnonzero(gold == 0), np.flatnonzero(gold == 1)
    passed = share_among(said, wrong, clusters)
    missed = share_among(1 - said, right, clusters)
    if passed is None or missed is None:
        none = Estimate.missing("one_class", own.size)
        return Probed(clusters.count, own.size, none, None, "half", {}, left, either=True)
    knows = combine([missed, passed], [-1.0, -1.0], 1 - missed.value - passed.value)
    figures = {"P_c": weighed(knows)[0]}
    errs = passed.value + missed.value
    if not errs:
        figures["P_+"] = Estimate.missing("no_errors", own.size)
        return Probed(clusters.count, own.size, figures["P_+"], None, "half", figures, left, either=True)
    figures["P_+"] = found = share_of_two(passed, missed)
    below, above = (None if one is None else one - 0.5 for one in (found.low, found.high))
    effect = replace(found, value=passed.value / errs - 0.5, low=below, high=above)
    # It is one half where both rates are the same.
    _, apart = tested(passed, missed)
    return Probed(clusters.count, own.size, effect, apart, "half", figures, left, either=True)

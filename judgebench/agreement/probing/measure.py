"""What a judge does where an item is changed: flips beside those of chance, towards what was pushed, right or wrong.

The rows are those of `judgebench.agreement.probing.rows`.

Source: Ye et al. (2024), Justice or prejudice? (CALM: robustness rate, beside that of the same input asked again); Wang
et al. (2025), Assessing judging bias in large reasoning models (harmful and helpful flips); Zhou et al. (2026),
JudgeBiasBench (bias-sensitive rate).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.intervals import estimated, mean_share_of, share_bounds, share_of, shown
from judgebench.agreement.probing.rows import (
    accepts,
    differs,
    gold_against,
    hits,
    hits_without,
    is_right,
    noise,
    value_of,
)
from judgebench.domain import Estimate
from judgebench.stats.inference.intervals import Interval
from judgebench.stats.inference.multiplicity import holm, of_known
from judgebench.stats.inference.paired import Difference, sign_flip
from judgebench.stats.influence import Clusters, RowOutcome, combine, mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.agreement.probing.rows import Paired, Row
    from judgebench.domain import Scale
    from judgebench.domain.scale import Code
    from judgebench.stats.crosstab import Flags, Floats

    Rows = npt.NDArray[np.intp]

#: Below this p, after Holm's correction over a suite, a judge counts as led.
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe shows of a judge.

    ``effect`` is what the trait does and chance does not: where the change pushes somewhere, how much more often the
    judge goes there than on the placebo (on ratings, how far), else how much more often it changes its mind; ``p`` is
    that of a sign-flip test over questions. ``against`` says what the effect is measured against: ``placebo`` or
    ``retest``, or ``before`` where each case was asked once and there is no placebo (how much less often the judge is
    right); what plain verdicts show has its own. ``either``: an effect below 0 leads the judge, too, the other way.
    Where it sums up a bank of attacks, ``bank`` says of how many.
    """

    items: int
    rows: int
    effect: Estimate
    p: float | None
    against: str
    figures: Mapping[str, Estimate]
    unmatched: int = 0
    adjusted: float | None = None
    either: bool = False
    bank: int = 0

    @property
    def decisive(self) -> float | None:
        """The p that decides: corrected for all probes that were tried together, if there were several."""
        return self.p if self.adjusted is None else self.adjusted

    @property
    def led(self) -> bool:
        """Whether the judge is led: beyond what chance explains, over all probes that were tried."""
        p, value = self.decisive, self.effect.value
        return p is not None and value is not None and (value > 0 or self.either) and p < ALPHA


def measure(paired: Paired) -> Probed:
    """Measure what a probe shows; every figure is ``no_items`` where no case has its plain counterpart."""
    rows = paired.rows
    items = len({row.cluster for row in rows})
    if not rows:
        none = Estimate.missing("no_items")
        return Probed(0, 0, none, None, "placebo" if paired.placebo else "retest", {}, paired.unmatched)
    figures: dict[str, Estimate] = {}
    clusters = paired.clusters()
    flipped = np.array([differs(row.plain[0], row.changed) for row in rows])
    figures["robustness"] = share_of(~flipped, clusters)
    figures |= _directions(paired, flipped)
    figures |= _passed(paired, "accepted", lambda row: bool(row.owed), accepts)
    if paired.scale.kind in {"check", "pair", "pick"}:
        figures |= _passed(paired, "false_positives", lambda row: gold_against(row, paired.scale), hits)
    # The share of the other askings that differ from the first: what asking again does by itself.
    again = np.array([noise(row) for row in rows])
    asked = np.flatnonzero(~np.isnan(again))
    if asked.size:
        own = paired.clusters(asked)
        figures["retest_flips"] = mean_share_of(again[asked], own)
        figures["excess_flips"] = _estimate(flipped[asked] - again[asked], own)
    base = again
    if paired.placebo:
        base = np.array([float(differs(row.plain[0], row.placebo)) for row in rows])
        figures["placebo_flips"] = mean_share_of(base, clusters)
    effect, p = _effect(paired, flipped.astype(np.float64), base, figures)
    against = "placebo" if paired.placebo else "retest"
    if effect.undefined == "no_repeats" and "accuracy_change" in figures:
        # Without anything that chance is known by, a change may still do more harm than good.
        effect, p = _harm(paired)
        against = "before"
    if all(code is None for row in rows for code in (*row.plain, row.changed, row.placebo)):
        # Silence that nothing changes is no steadiness.
        effect, p = Estimate.missing("unanswered", len(rows)), None
    return Probed(items, len(rows), effect, p, against, figures, paired.unmatched)


def suite(probed: Sequence[Probed]) -> list[Probed]:
    """Correct the p-values of probes that were tried together (Holm 1979)."""
    adjusted = of_known(holm, [one.p for one in probed])
    return [replace(one, adjusted=p) for one, p in zip(probed, adjusted, strict=True)]


def _effect(
    paired: Paired, flipped: Floats, base: Floats, figures: dict[str, Estimate]
) -> tuple[Estimate, float | None]:
    """Measure what the change does beyond its placebo (or beyond asking again), with the p-value."""
    scale = paired.scale
    own, rows = paired.those(lambda row: row.target != "")
    if rows:
        if scale.numeric:
            return _shift(paired, own, figures)
        there = np.array([hits(row.target, row.changed, scale) for row in rows])
        before = np.array([hits(row.target, row.plain[0], scale) for row in rows])
        away = np.flatnonzero(~before)
        if away.size:
            figures["targeted_success"] = share_of(there[away], paired.clusters(own[away]))
        if paired.placebo:
            without = np.array([float(hits(row.target, row.placebo, scale)) for row in rows])
        else:
            without = np.array([hits_without(row, scale) for row in rows])
        found = _tested(there.astype(np.float64), without, paired, own)
        figures["follow_rate"] = _follow_rate(there.astype(np.float64), without, paired.clusters(own), found[0])
        return found
    known = np.flatnonzero(~np.isnan(base))
    if not known.size:
        return Estimate.missing("no_repeats"), None
    return _tested(flipped[known], base[known], paired, known)


def _follow_rate(there: Floats, without: Floats, clusters: Clusters, effect: Estimate) -> Estimate:
    """How often the judge goes where it is pushed, of the times it would not have gone there: ``(a - b) / (1 - b)``."""
    found = RowOutcome.ratio(there - without, 1 - without, "no_room")
    if found.value is None:
        return Estimate.missing(found.reason or "no_room")
    rate = estimated(found.influences(clusters), low=-np.inf, high=1.0)
    if rate.low is not None or effect.low is None or effect.high is None:
        return rate
    # Nothing ever differs: what the effect can still be, of the room that there is.
    room = 1 - float(without.mean())
    return replace(rate, low=effect.low / room, high=min(1.0, effect.high / room), method=effect.method, no_interval="")


def _tested(one: Floats, two: Floats, paired: Paired, rows: Rows) -> tuple[Estimate, float | None]:
    clusters = paired.clusters(rows)
    found = shares_apart(one, two, clusters)
    return found, sign_flip(clusters.sums(one - two)).p


def shares_apart(one: Floats, two: Floats, clusters: Clusters) -> Estimate:
    """Difference of two shares of the same rows, from the rows on which only one of the two is.

    Their shares, in which almost nothing may have happened, have intervals of their own, put together by their
    correlation; of what is not yes or no it is t with CR2.
    """
    apart = one - two
    if not np.isin(apart, (-1.0, 0.0, 1.0)).all():
        return _estimate(apart, clusters)
    more, less = (mean((apart == side).astype(np.float64), clusters) for side in (1.0, -1.0))
    whole = combine([more, less], [1.0, -1.0])
    bounds = [share_bounds(part, apart.size, independent=clusters.independent) for part in (more, less)]
    if bounds[0] is None or bounds[1] is None:
        return _estimate(apart, clusters)
    found = Difference.moved(whole, more, less, (bounds[0], bounds[1]), 0.95)
    return shown(whole, apart.size, Interval(found.low, found.high, whole.se, "mover-paired"))


def _shift(paired: Paired, own: Rows, figures: dict[str, Estimate]) -> tuple[Estimate, float | None]:
    """How far ratings move where the change pushes; rows without a rating on one side are left out."""
    scale = paired.scale
    rows = [paired.rows[i] for i in own]
    after = np.array([value_of(row.changed, scale) for row in rows])
    before = np.array([value_of(row.plain[0], scale) for row in rows])
    without = np.array([value_of(row.placebo, scale) for row in rows]) if paired.placebo else before
    way = np.array([-1.0 if row.target == "down" else 1.0 for row in rows])
    for name, moved in (("score_shift", after - before), ("effect", way * (after - without))):
        known = np.flatnonzero(~np.isnan(moved))
        if not known.size:
            figures[name] = Estimate.missing("no_items")
            continue
        clusters = paired.clusters(own[known])
        figures[name] = estimated(mean(moved[known], clusters), low=-scale.reach, high=scale.reach)
        p = sign_flip(clusters.sums(moved[known])).p
    effect = figures.pop("effect")
    return effect, None if effect.value is None else p


def _directions(paired: Paired, flipped: Flags) -> dict[str, Estimate]:
    """Flips by what they do to being right, and accuracy before and after; nothing without gold that can be met."""
    if paired.scale.numeric or paired.scale.kind == "set":
        return {}
    own, rows = paired.those(lambda row: row.gold is not None)
    if not rows:
        return {}
    clusters = paired.clusters(own)
    before = np.array([is_right(row.plain[0], row.gold, paired.scale) for row in rows])
    after = np.array([is_right(row.changed, row.gold, paired.scale) for row in rows])
    changed = flipped[own]
    found = {
        "harmful": share_of(before & ~after, clusters),
        "helpful": share_of(~before & after, clusters),
        "neutral": share_of(changed & (before == after), clusters),
        "accuracy_before": share_of(before, clusters),
        "accuracy_after": share_of(after, clusters),
        "accuracy_change": shares_apart(after.astype(np.float64), before.astype(np.float64), clusters),
    }
    right = np.flatnonzero(before)
    if right.size:
        found["bias_sensitive_rate"] = share_of(~after[right], paired.clusters(own[right]))
    return found


def _harm(paired: Paired) -> tuple[Estimate, float | None]:
    """How much less often the judge is right after the change; the p of independent rows is McNemar's exact one."""
    own, rows = paired.those(lambda row: row.gold is not None)
    before = np.array([float(is_right(row.plain[0], row.gold, paired.scale)) for row in rows])
    after = np.array([float(is_right(row.changed, row.gold, paired.scale)) for row in rows])
    return _tested(before, after, paired, own)


def _passed(
    paired: Paired, name: str, holds: Callable[[Row], bool], passes: Callable[[str, Code | None, Scale], bool]
) -> dict[str, Estimate]:
    """How often the verdict on some rows passes: after the change, before it, and with its placebo."""
    own, rows = paired.those(holds)
    if not rows:
        return {}
    clusters = paired.clusters(own)

    def share(codes: Iterable[Code | None]) -> Estimate:
        said = zip(rows, codes, strict=True)
        return share_of(np.array([passes(row.target, code, paired.scale) for row, code in said]), clusters)

    found = {name: share(row.changed for row in rows), f"{name}_before": share(row.plain[0] for row in rows)}
    if paired.placebo:
        found[f"{name}_placebo"] = share(row.placebo for row in rows)
    return found


def _estimate(values: Floats, clusters: Clusters) -> Estimate:
    return estimated(mean(values, clusters), low=-1.0, high=1.0)

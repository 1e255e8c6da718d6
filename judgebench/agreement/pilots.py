"""The power of a paired test as a pilot shows it: two judges' verdicts on the same items, or one judge's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.agreement.contrasts import (
    chosen,
    contrast,
    contrast_by_item,
    credits_of,
    default_metrics,
    groups,
    hits_of,
)
from judgebench.agreement.estimates import Counted, Figure
from judgebench.agreement.matching import match
from judgebench.agreement.policies import apply
from judgebench.agreement.power import DISCORDANCE, Power
from judgebench.errors import DataError, UnknownNameError, UsageError, argument
from judgebench.stats.coefficients.catalog import ROW_METRICS
from judgebench.stats.inference.gates import typical_move
from judgebench.stats.inference.kappa_drops import Rates, kappa_drop_variance, kappa_of
from judgebench.stats.influence import Clusters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.agreement.contrasts import JudgeRows, PairedInterval
    from judgebench.agreement.matching import Judged
    from judgebench.agreement.policies import Scored
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.stats.influence import Influences


def pilot(
    judged: Sequence[Judged],
    metric: str,
    known: Mapping[str, Metric],
    *,
    drop: float,
    discordance: float | None = None,
    design_effect: float | None = None,
) -> Power:
    """Take from a pilot what can be measured: everything with two judges, all but the discordance with one.

    The work is done by `pilot_pair` or `pilot_single`; the metric is by default the scale's headline. ``discordance``
    and ``design_effect`` replace what would be assumed or measured. UsageError for more than two judges, or a
    discordance for two; UnknownNameError if the metric is not known, DataError if it is undefined on the pilot,
    ValueError if no two judges can be like that.
    """
    if len(judged) > 2:
        raise UsageError(f"a pilot has one judge or two, not {len(judged)}")
    if len(judged) == 2:
        if discordance is not None:
            raise UsageError(f"with two judges the discordance is measured; leave {argument('discordance')} out")
        matched = match(judged)
        figures = chosen(matched, (metric,) if metric else (), known)
        name = next(iter(figures))
        _, judges = next(groups(matched))
        found = pilot_pair(judges, name, figures[name])
    else:
        scored = apply(judged[0].ratings, judged[0].policies)
        if not scored.size:
            raise DataError("there is nothing to score in the pilot", hint="check the labels and the policies")
        name = metric or default_metrics(scored, known)[0]
        if name not in known:
            if name in ROW_METRICS:
                raise UsageError(f"a pilot for {name} takes two judges")
            raise UnknownNameError("metric", name, known)
        share = DISCORDANCE if discordance is None else discordance
        found = pilot_single(scored, known[name], drop=drop, discordance=share)
    if found is None:
        raise DataError(
            f"{name} is undefined on the pilot, nothing moves it, or all items share one question",
            hint=f"choose another {argument('metric')}, or name the question with {argument('cluster')}",
        )
    return found if design_effect is None else replace(found, design_effect=design_effect)


def _design_effect(clustered: Influences, independent: Influences) -> float | None:
    """How many times more items clusters make necessary: ``(SE_cluster / SE_iid)^2``.

    None where a standard error is 0 or unknown.
    """
    one, other = clustered.se, independent.se
    return None if not one or not other else (one / other) ** 2


def pilot_pair(
    judges: Sequence[JudgeRows], name: str, metric: Metric | str, interval: PairedInterval = "default"
) -> Power | None:
    """Take variance, discordance and design effect from two judges' verdicts on the same items.

    ``Var(IF_A - IF_B)`` per item, its ratio to the clustered variance, and how often exactly one judge is right; for
    accuracies the variance is ``d - difference^2``. None where the difference is undefined or never moves, and where
    its interval is more than its error: a bias does not shrink with items as an error does.
    """
    first, second = judges[:2]
    found, independent = contrast(first, second, metric, interval=interval), contrast_by_item(first, second, metric)
    if found is None or independent is None or max(found.bias) > 0:
        return None
    effect, se = _design_effect(found.test.influences, independent), independent.se
    if effect is None or se is None:
        return None
    # All items: those that a rate of one class is about are a part of them, in the next sample, too.
    items = Clusters.of(first.scored.item).count
    # Where right is a matter of degree, by its degree; where gold is a number, by what the judges say.
    said = hits_of(judges[:2]) or credits_of(judges[:2]) or [first.scored.judge, second.scored.judge]
    split = float((said[0] != said[1]).mean())
    figure, pulls = first.figure(metric), found.test.influences
    return Power(
        name, items, se * se * items, effect, split, measured=True, value=figure.outcome.value,
        clusters=_questions(pulls), move=typical_move(pulls), pulls=pulls, reach=_reach(figure),
    )  # fmt: skip


def _reach(figure: Figure | Metric) -> float:
    """How far apart two judges no worse than chance (0, of what can be below) can be."""
    return figure.high - max(figure.low, 0.0)


def _questions(found: Influences) -> float:
    """Count the equal questions that would leave as many degrees of freedom."""
    return round(found.df, 6) + 1


def pilot_single(scored: Scored, metric: Metric, *, drop: float, discordance: float = DISCORDANCE) -> Power | None:
    """Take base rate, kappa and design effect from one judge's verdicts, and assume the discordance.

    The variance is worked out for a ``drop`` of ``cohen_kappa`` on a check; else it is that of a paired accuracy,
    scaled by the metric's own spread. None where the metric is undefined.
    """
    figure = Figure.of_table(metric, Counted.of(scored))
    clustered, independent = figure.influences(), figure.influences(Clusters.of(scored.item))
    if clustered is None or independent is None:
        return None
    effect, se = _design_effect(clustered, independent), independent.se
    if effect is None or se is None:
        return None
    items = Clusters.of(scored.item).count
    if scored.scale.kind == "check" and metric.name == "cohen_kappa" and scored.gold_values is None:
        base, right = float((scored.gold == 1).mean()), scored.gold == scored.judge
        rates = Rates(*(float(right[scored.gold == gold].mean()) for gold in (1, 0)))
        variance = kappa_drop_variance(base, kappa_of(base, rates), drop, discordance, rates)
        return Power(
            metric.name,
            items,
            variance,
            effect,
            discordance,
            measured=False,
            base_rate=base,
            value=independent.value,
            clusters=_questions(clustered),
            rates=rates,
            model="measured",
            reach=_reach(metric),
        )
    # Two judges that agree on all but the discordant items differ where either errs: their influences share the rest.
    wrong = float((scored.gold != scored.judge).mean())
    if wrong <= 0:
        return None
    errors = 2 * wrong * (1 - wrong)
    # A judge that is wrong throughout leaves nothing to share.
    variance = 2 * se * se * items * (min(1.0, discordance / errors) if errors else 1.0)
    return Power(
        metric.name, items, variance, effect, discordance, measured=False, value=independent.value,
        clusters=_questions(clustered), move=float(metric.proportion), reach=_reach(metric),
    )  # fmt: skip

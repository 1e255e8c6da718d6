"""From a pilot of one judge or two to what a comparison can find."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.agreement.contrasts import chosen, default_metrics, groups
from judgebench.agreement.matching import match
from judgebench.agreement.policies import apply
from judgebench.agreement.power.power import DISCORDANCE, Power, pilot_pair, pilot_single
from judgebench.errors import DataError, UnknownNameError, UsageError, argument
from judgebench.stats.coefficients.catalog import ROW_METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.agreement.matching import Judged
    from judgebench.stats.coefficients.catalog import Metric


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
    ValueError if no two judges can be like that. Agresti (1990, p. 350): two judges differ on 150 + 86 of 1,600 items.

    >>> from judgebench.agreement.matching import Judged
    >>> from judgebench.stats.coefficients.catalog import METRICS
    >>> from judgebench.agreement.ratings import from_codes
    >>> from judgebench.domain import Policies, Scale
    >>> import numpy as np
    >>> a, b = (np.repeat(codes, [794, 150, 86, 570]) for codes in ([1, 1, 0, 0], [1, 0, 1, 0]))
    >>> names = range(1600)
    >>> one, two = (
    ...     Judged("approval", name, from_codes(Scale.check(), codes, np.ones(1600)), names, names, Policies())
    ...     for name, codes in (("first", a), ("second", b))
    ... )
    >>> found = pilot([one, two], "accuracy", METRICS, drop=0.05)
    >>> round(found.discordance, 6), found.measured
    (0.1475, True)
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

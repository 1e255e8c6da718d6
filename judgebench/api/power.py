"""``judgebench.power``: how many items a comparison needs."""

from __future__ import annotations

from typing import Annotated, Unpack

from judgebench.api.parameters import Option, policies_of, question
from judgebench.api.sources import is_given, open_sources
from judgebench.api.tables import Columns, LabelsAndScores, Policy, Source
from judgebench.errors import UsageError, argument
from judgebench.report.power import PairedPower


@question
def power(
    source: Source = None,
    *,
    metric: Annotated[str | None, Option("The metric; by default the scale's headline.", metavar="M")] = None,
    drop: Annotated[float, Option("The difference to find.")] = 0.05,
    items: Annotated[int | None, Option("Items at hand; by default those of the pilot.", metavar="N", least=2)] = None,
    base_rate: Annotated[float | None, Option("Share of correct items, without a pilot.")] = None,
    kappa: Annotated[float | None, Option("Kappa of the better judge, without a pilot.")] = None,
    discordance: Annotated[
        float | None, Option("Share of items on which exactly one judge is right; measured with two pilots.")
    ] = None,
    design_effect: Annotated[float | None, Option("(SE by question / SE by item) squared.", least=0.01)] = None,
    alpha: Annotated[float, Option("Level of the test.")] = 0.05,
    power: Annotated[float, Option("Chance to find the drop.")] = 0.8,
    policy: Policy = (),
    **table: Unpack[LabelsAndScores],
) -> PairedPower:
    """Say how many items a comparison needs, and what the items at hand can find."""
    from judgebench.agreement.power import (  # noqa: PLC0415 - loaded on use
        from_figures,
        pilot,
        quantiles,
    )
    from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use

    policies = policies_of(policy)
    try:
        quantiles(alpha=alpha, power=power)
        if is_given(source):
            if base_rate is not None or kappa is not None:
                raise UsageError(
                    f"{argument('base_rate')} and {argument('kappa')} stand in for a pilot; give either them or RUN or "
                    f"{argument('csv')}"
                )
            judged = [one.judged(one.own.override(policies)) for one in open_sources(source, table)]
            origin = f"the pilot of {' and '.join(one.judge for one in judged)} on {judged[0].task}"
            given = {"discordance": discordance, "design_effect": design_effect}
            found = pilot(judged, metric or "", metrics(), drop=drop, **given)
        elif base_rate is None or kappa is None:
            raise UsageError(
                f"give a pilot (RUN or {argument('csv')}), or {argument('base_rate')} and {argument('kappa')} (and "
                f"{argument('discordance')})"
            )
        else:
            _without_a_pilot(metric, policies, table)
            origin = "the figures given"
            found = from_figures(base_rate, kappa, drop, discordance, design_effect=design_effect or 1.0)
        return PairedPower.of(found, origin, drop, alpha, power, items)
    except ValueError as error:
        raise UsageError(f"{error}") from None


def _without_a_pilot(metric: str | None, policies: list[str], table: LabelsAndScores) -> None:
    """Refuse what is about a pilot."""
    if metric not in {None, "cohen_kappa"}:
        raise UsageError("without a pilot the metric is cohen_kappa")
    unused = Columns.of(table).options()
    unused += [argument("policy")] if policies else []
    unused += [argument("gold_source")] if table.get("gold_source") not in {None, "unspecified"} else []
    if unused:
        raise UsageError(
            f"{', '.join(unused)}: without a pilot (RUN or {argument('csv')}) there is nothing to apply that to"
        )

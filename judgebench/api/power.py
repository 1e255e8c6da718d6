"""``judgebench.power``: how many items a comparison needs."""

from __future__ import annotations

from typing import Annotated, Unpack

from judgebench.api.columns import Columns
from judgebench.api.parameters import Option, policies_of, question
from judgebench.api.source import is_given
from judgebench.api.sources import open_sources
from judgebench.api.tables import LabelsAndScores, Policy, Source
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
    tpr: Annotated[float | None, Option("Share of correct items that the better judge accepts, for --kappa.")] = None,
    tnr: Annotated[float | None, Option("Share of incorrect items that it rejects.")] = None,
    judge_rate: Annotated[float | None, Option("Share of all items that it accepts, beside --kappa.")] = None,
    discordance: Annotated[
        float | None, Option("Share of items on which exactly one judge is right; measured with two pilots.")
    ] = None,
    design_effect: Annotated[float | None, Option("(SE by question / SE by item) squared.", least=0.01)] = None,
    alpha: Annotated[float, Option("Level of the test.")] = 0.05,
    power: Annotated[float, Option("Chance to find the drop.")] = 0.8,
    policy: Policy = (),
    **table: Unpack[LabelsAndScores],
) -> PairedPower:
    """Say how many items a comparison needs, and what those at hand can find."""
    from judgebench.agreement.pilots import pilot  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.power import from_figures  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use
    from judgebench.stats.inference.kappa_drops import Rates, quantiles  # noqa: PLC0415 - loaded on use

    policies = policies_of(policy)
    try:
        quantiles(alpha=alpha, power=power)
        if is_given(source):
            figures = {
                "base_rate": base_rate, "kappa": kappa, "tpr": tpr, "tnr": tnr, "judge_rate": judge_rate,
            }  # fmt: skip
            if given := [argument(name) for name, value in figures.items() if value is not None]:
                raise UsageError(
                    f"{' and '.join(given)} stand{'' if given[1:] else 's'} in for a pilot; "
                    f"give either {'them' if given[1:] else 'it'} or RUN or {argument('csv')}"
                )
            judged = [one.judged(one.policies(policies)) for one in open_sources(source, table)]
            origin = f"the pilot of {' and '.join(one.judge for one in judged)} on {judged[0].task}"
            found = pilot(
                judged, metric or "", metrics(), drop=drop, discordance=discordance, design_effect=design_effect
            )
        else:
            base = _without_a_pilot(metric, policies, table, base_rate, kappa, (tpr, tnr), judge_rate)
            origin = "the figures given"
            found = from_figures(
                base,
                kappa,
                drop,
                discordance,
                design_effect=design_effect or 1.0,
                rates=None if tpr is None or tnr is None else Rates(tpr, tnr),
                said=judge_rate,
            )
        return PairedPower.of(found, origin, drop, alpha, power, items, given=discordance is not None)
    except ValueError as error:
        raise UsageError(f"{error}") from None


def _without_a_pilot(
    metric: str | None,
    policies: list[str],
    table: LabelsAndScores,
    base_rate: float | None,
    kappa: float | None,
    rates: tuple[float | None, float | None],
    said: float | None,
) -> float:
    """Refuse what is about a pilot, and figures that are too few or too many; give the base rate."""
    if metric not in {None, "cohen_kappa"}:
        raise UsageError("without a pilot the metric is cohen_kappa")
    unused = list(Columns.of(table).options)
    unused += [argument("policy")] if policies else []
    unused += [argument("gold_source")] if table.get("gold_source") not in {None, "unspecified"} else []
    if unused and base_rate is not None:
        raise UsageError(
            f"{', '.join(unused)}: without a pilot (RUN or {argument('csv')}) there is nothing to apply that to"
        )
    known = sum(rate is not None for rate in rates)
    if base_rate is None or known == 1 or (known == 0) == (kappa is None) or (known and said is not None):
        raise UsageError(
            f"give a pilot (RUN or {argument('csv')}), or {argument('base_rate')} and either {argument('kappa')} (and "
            f"{argument('judge_rate')}) or {argument('tpr')} and {argument('tnr')}; and {argument('discordance')}"
        )
    return base_rate

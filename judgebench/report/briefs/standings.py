"""Several judges in brief: which may be the best, and who is clearly ahead of whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.report.briefs.figures import Written
from judgebench.report.document.blocks import Field, grid
from judgebench.report.document.brief import MOST_NOTES, Brief
from judgebench.report.document.text import NONE, clean, many, places, some
from judgebench.report.said import brief_name, clear, either, first_up, known_as, listed, split, whom
from judgebench.stats.coefficients.catalog import METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.agreement.compare.standings import Standing, Standings
    from judgebench.report.document.blocks import Fields

__all__ = ["brief"]

_NAMED = 3
_CLEARLY = "Places and “clearly ahead” hold for all pairs at once (95 %)."


def brief(found: Standings, cautions: Sequence[str]) -> Brief:
    """Name who may be the best, then each judge with its places; ``cautions`` in words."""
    names = known_as(found.judges)
    ahead = {
        one.judge: [pair.second for pair in found.pairs if pair.first == one.judge and clear(pair.p_max_t)]
        for one in found.standings
    }
    value = next((one.value for one in found.standings), None)
    written = Written(found.metric, 2) if value is None else Written.of(found.metric, value)
    fields: Fields[Standing] = (
        Field("places", lambda one: places(one.best, one.worst), right=False),
        Field("judge", lambda one: names[one.judge], right=False),
        Field(f"{_name(found)} [95 % interval]", lambda one: written.cell(one.value), right=False),
        Field("clearly ahead of", lambda one: _beaten(found, one.judge, ahead[one.judge], names), right=False),
    )
    ranked = any(one.best is not None for one in found.standings)
    notes = [*([_CLEARLY] if ranked else []), *split(found.split), *cautions]
    return Brief((_answer(found, names),), grid(fields, found.standings), tuple(notes[:MOST_NOTES]))


def _name(found: Standings) -> str:
    name = brief_name(found.metric)
    known = METRICS.get(found.metric)
    return f"{name}, less is better," if known is not None and known.perfect == 0 else name


def _answer(found: Standings, names: Mapping[str, str]) -> str:
    leaders = [names[one.judge] for one in found.standings if one.best == 1]
    data = f"these {many(found.items, 'item')} of {clean(found.task)}"
    best = f"best with {whom(found.gold_source)}"
    if not leaders:
        return f"On {data}, no judge can be ranked."
    if len(leaders) == 1:
        name = brief_name(found.metric)
        return f"{leaders[0]} agrees {best} on {data}: it is clearly ahead of all others by {name}."
    which = f"whether {either(leaders)}" if len(leaders) <= _NAMED else f"which of {len(leaders)} judges"
    behind = [names[one.judge] for one in found.standings if one.best is not None and one.best > 1]
    rest = f"; {listed(behind)} {'is' if len(behind) == 1 else 'are'} clearly behind" if behind else ""
    return f"{first_up(data)} can't say {which} agrees {best}{rest}."


def _beaten(found: Standings, judge: str, ahead: Sequence[str], names: Mapping[str, str]) -> str:
    """Name those whom a judge is clearly ahead of: mostly all from some place on."""
    below = found.judges[found.judges.index(judge) + 1 :]
    if not ahead:
        return NONE
    if len(ahead) > 1 and tuple(ahead) == below:
        return "all below"
    if len(ahead) > 1 and tuple(ahead) == below[len(below) - len(ahead) :]:
        return f"{names[ahead[0]]} and all below"
    return some([names[one] for one in ahead], 2)

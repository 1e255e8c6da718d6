"""Several judges on the same items: their ranks, then every pair."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from judgebench.domain.shapes import COUNT, ERROR, MEASURED, TEXT, Key, ListOf, choice, maybe, record
from judgebench.report.briefs.standings import brief
from judgebench.report.cautions import careful
from judgebench.report.compare import END, GROUND, P_VALUE, cautions, warned
from judgebench.report.document.blocks import Field, Sheet, Table, grid, judge_columns, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, interval, many, p_value, places
from judgebench.report.said import clear, split
from judgebench.report.words import gold_word
from judgebench.stats.coefficients.catalog import title_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.agreement.compare.standings import Pair, Standing, Standings
    from judgebench.report.document.blocks import Block, Fields
    from judgebench.report.document.brief import Brief

__all__ = ["ManyJudges"]

_RANKS = (
    "Ranks hold for all judges at once (95 %): a judge is ahead of another only where their difference is significant "
    "among all pairs."
)
_PAIR = record(first=TEXT, second=TEXT, difference=MEASURED, p=P_VALUE, p_holm=P_VALUE, p_max_t=P_VALUE)
_STANDING = record(judge=TEXT, value=MEASURED, best=maybe(COUNT), worst=maybe(COUNT))
_RANKED = "How p_max_t, by which judges are ranked, is made: answers that trade places, or multiplier bootstrap."

_PAIRS: Fields[Pair] = (
    Field("judge", lambda pair: pair.first, right=False),
    Field("against", lambda pair: pair.second, right=False),
    Field("difference [joint 95 % interval]", lambda pair: interval(pair.difference, sign=True), right=False),
    Field("p", lambda pair: p_value(pair.p)),
    Field("p Holm", lambda pair: p_value(pair.p_holm)),
    Field("p all pairs", lambda pair: p_value(pair.p_max_t)),
)


def _best(found: Standings) -> str:
    """Say in one sentence which judges may agree most."""
    sure = sum(clear(pair.p_max_t) for pair in found.pairs)
    leaders = [clean(one.judge) for one in found.standings if one.best == 1]
    whom = gold_word(found.gold_source)
    lead = (
        f"{leaders[0]} agrees with {whom} most"
        if len(leaders) == 1
        else f"{len(leaders)} judges may agree with {whom} most ({', '.join(leaders)})"
        if leaders
        else "No judge can be ranked"
    )
    return (
        f"{lead}: by {title_of(found.metric)} on the same {many(found.judgments, 'judgment')}, "
        f"{sure} of {many(len(found.pairs), 'pair')} differ (p < .05 among all pairs)."
    )


@dataclass(frozen=True, slots=True, repr=False)
class ManyJudges(Document):
    """Several judges: their ranks, then every pair."""

    found: Standings

    SCHEMA = "judgebench.compare/1"
    SHAPE = record(
        "",
        "Several judges on the same items, every pair. Values are fractions; differences are first minus second.",
        verdict=(TEXT, _best),
        task=TEXT,
        gold=(TEXT, lambda found: found.gold_source),
        judges=ListOf(TEXT, 2),
        **GROUND,
        headline=(TEXT, lambda found: found.metric),
        critical=ERROR,
        ranks_by=Key(
            choice("swap", "bootstrap"), lambda found: "swap" if found.swapped else "bootstrap", _RANKED, required=False
        ),
        standings=ListOf(_STANDING),
        pairs=ListOf(_PAIR),
        **END,
    )

    def data(self) -> Standings:
        return self.found

    def sheet(self) -> Sheet:
        found = self.found
        return sheet(
            {
                "task": lambda _: found.task,
                "metric": lambda _: found.metric,
                **judge_columns(attrgetter("first"), "first", "first_conditions"),
                **judge_columns(attrgetter("second"), "second", "second_conditions"),
                "difference": attrgetter("difference.value"),
                **{part: attrgetter(f"difference.{part}") for part in ("low", "high", "se")},
                **{part: attrgetter(part) for part in ("p", "p_holm", "p_max_t")},
            },
            found.pairs,
        )

    def brief(self) -> Brief:
        return brief(self.found, warned(self.found))

    def blocks(self) -> Iterator[Block]:
        found = self.found
        yield _best(found)
        standings: Fields[Standing] = (
            Field("ranks", lambda one: places(one.best, one.worst)),
            Field("judge", lambda one: one.judge, right=False),
            Field(f"{title_of(found.metric)} [95 % interval]", lambda one: one.value, right=False),
        )
        yield Table(grid(standings, found.standings, [_RANKS]), names=(1,))
        by = "answers that trade places, question by question" if found.swapped else "multiplier bootstrap"
        how = (
            f"Paired differences, clustered by {many(found.clusters, 'question')}; brackets hold for all pairs at once "
            f"(Bonferroni). p is for a pair alone, by Holm and by the largest difference of all pairs ({by}), by which "
            "judges are ranked. "
            f"{many(found.items, 'item')}; {found.policies}."
        )
        how = " ".join((how, *split(found.split)))
        yield Table(grid(_PAIRS, found.pairs, [how, *careful(cautions(found))]))

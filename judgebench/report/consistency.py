"""What judges say without gold: how consistent they are, and which systems they prefer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from judgebench.domain.shapes import COUNT, ESTIMATE, ESTIMATES, TEXT, ListOf, judge_keys, record
from judgebench.report.briefs.consistency import MOST, JudgePair, JudgeVerdicts, SystemWins, brief
from judgebench.report.document.blocks import (
    Cell,
    Field,
    Sentences,
    Table,
    columns_of,
    explained,
    grid,
    judge_columns,
    sheet,
    when,
)
from judgebench.report.document.model import Document
from judgebench.report.document.text import NONE, clean, interval, percent, value_of
from judgebench.report.said import brief_name
from judgebench.report.words import REASONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from judgebench.agreement.consistency import Between, Standing
    from judgebench.domain import Estimate
    from judgebench.report.document.blocks import Block, Sheet
    from judgebench.report.document.brief import Brief

__all__ = ["Consistencies"]

_NOTE = (
    "Without gold nothing says whether a judge is right: these are figures of its verdicts alone. Same when swapped: "
    "items whose two orders name one answer. Same when asked again: pairs of askings of one case that give one verdict."
)
_WINS = (
    "Systems by the judge's verdicts, on whichever side they stood; every order and asking is a game. Win rate: a tie "
    "(or both bad) is half a win; games won: wins among all games with a verdict, so that a tie is none."
)
_PAIRS = "Judges against each other, on the cases that both answered."


_ROW = record(
    "row",
    "One judge's verdicts, or those on one subset.",
    task=TEXT,
    **judge_keys(),
    subset=(TEXT, attrgetter("found.subset")),
    revision=TEXT,
    scale=TEXT,
    items=(COUNT, attrgetter("found.items")),
    judgments=(COUNT, attrgetter("found.judgments")),
    answered=(COUNT, attrgetter("found.answered"), "Judgments with a verdict."),
    shares=(ESTIMATES, attrgetter("found.shares"), "Share of each label among the verdicts."),
    figures=(
        ESTIMATES,
        attrgetter("found.figures"),
        "Those of mean_rating, position_consistency, first_slot_rate, retest_agreement ... that the judgments show.",
    ),
)
_SYSTEM = record(
    "system",
    "A system by one judge's verdicts on pairs.",
    task=TEXT,
    **judge_keys(),
    subset=(TEXT, attrgetter("found.subset")),
    system=(TEXT, attrgetter("found.system")),
    games=(COUNT, attrgetter("found.games")),
    answered=(COUNT, attrgetter("found.answered"), "Games with a verdict."),
    wins=(COUNT, attrgetter("found.wins")),
    ties=(COUNT, attrgetter("found.ties"), "Both bad is a tie, too."),
    losses=(COUNT, attrgetter("found.losses")),
    figures=(ESTIMATES, lambda won: _rates(won.found), "win_rate: a tie is half a win; win_share: a tie is no win."),
)
_PAIR = record(
    "pair",
    "Two judges on the cases that both answered.",
    task=TEXT,
    first=(TEXT, attrgetter("found.first")),
    second=(TEXT, attrgetter("found.second")),
    judgments=(COUNT, attrgetter("found.judgments")),
    figures=(ESTIMATES, lambda pair: _figures(pair.found)),
)


def _figures(one: Between) -> dict[str, Estimate]:
    return {"percent_agreement": one.percent_agreement, one.metric: one.kappa}


def _rates(one: Standing) -> dict[str, Estimate]:
    return {"win_rate": one.win_rate, "win_share": one.win_share}


@dataclass(frozen=True, slots=True, repr=False)
class Consistencies(Document):
    """Judges without gold, every two of them beside each other, and the systems of pairs by each."""

    lines: tuple[JudgeVerdicts, ...]
    pairs: tuple[JudgePair, ...]
    systems: tuple[SystemWins, ...] = ()

    SCHEMA = "judgebench.consistency/1"
    SHAPE = record(
        "",
        "What verdicts say without gold. Values are fractions, never percents.",
        rows=(ListOf(_ROW), lambda found: found.lines),
        pairs=(ListOf(_PAIR), lambda found: found.pairs),
        systems=(ListOf(_SYSTEM), lambda found: found.systems),
    )

    def sheet(self) -> Sheet:
        columns: dict[str, Callable[[tuple[JudgeVerdicts | JudgePair | SystemWins, str, str, Estimate]], Any]] = {
            "task": lambda x: x[0].task,
            **judge_columns(lambda x: x[0].found.first if isinstance(x[0], JudgePair) else x[0].judge),
            "against": lambda x: x[0].found.second if isinstance(x[0], JudgePair) else None,
            "subset": lambda x: None if isinstance(x[0], JudgePair) else x[0].found.subset,
            "system": lambda x: x[0].found.system if isinstance(x[0], SystemWins) else None,
            "kind": lambda x: x[1],
            "figure": lambda x: x[2],
            **columns_of(ESTIMATE, "value low high n undefined", itemgetter(3)),
        }
        return sheet(columns, self._figures())

    def _figures(self) -> Iterator[tuple[JudgeVerdicts | JudgePair | SystemWins, str, str, Estimate]]:
        for line in self.lines:
            yield from ((line, "share", name, one) for name, one in line.found.shares.items())
            yield from ((line, "figure", name, one) for name, one in line.found.figures.items())
        for pair in self.pairs:
            yield from ((pair, "between judges", name, one) for name, one in _figures(pair.found).items())
        for won in self.systems:
            yield from ((won, "system", name, one) for name, one in _rates(won.found).items())

    def brief(self) -> Brief:
        return brief(self.lines, self.pairs, self.systems)

    def blocks(self) -> Iterator[Block]:
        yield Sentences(tuple(filter(None, map(_sentence, self.lines))))
        labels = list(dict.fromkeys(label for line in self.lines for label in line.found.shares))
        known = {name for line in self.lines for name in line.found.figures}
        fields: list[Field[JudgeVerdicts]] = [
            Field("task", lambda line: line.task, right=False),
            Field("judge", lambda line: line.judge, right=False),
            Field("subset", lambda line: line.found.subset, right=False),
            Field("items", lambda line: line.found.items),
            Field(
                "coverage %",
                lambda line: percent(line.found.answered / max(line.found.judgments, 1)),
                ("cover-", "age %"),
            ),
            *(Field(f"{clean(label)} %", partial(_share, label)) for label in labels[: MOST * (len(labels) <= MOST)]),
            *(Field(title, partial(_figure, name, write)) for name, (title, write) in _TITLES.items() if name in known),
        ]
        yield Table(grid(fields, self.lines, [_NOTE]), (0, 1, 2))
        if self.systems:
            parts = any(won.found.subset != "all" for won in self.systems)
            won: list[Field[SystemWins]] = [
                Field("task", lambda one: one.task, right=False),
                Field("judge", lambda one: one.judge, right=False),
                *when(parts, Field("subset", lambda one: one.found.subset, right=False)),
                Field("system", lambda one: one.found.system, right=False),
                Field("games", lambda one: one.found.games),
                Field("coverage %", lambda one: percent(one.found.answered / one.found.games), ("cover-", "age %")),
                Field("wins", lambda one: one.found.wins),
                Field("ties", lambda one: one.found.ties),
                Field("losses", lambda one: one.found.losses),
                Field("win rate %, ties half", lambda one: _cell(one.found.win_rate, write=_in_percent)),
                Field("games won %", lambda one: _cell(one.found.win_share, write=_in_percent)),
            ]
            yield Table(grid(won, self.systems, [_WINS]), (0, 1, 2))
        if self.pairs:
            kappa = " or ".join(dict.fromkeys(brief_name(pair.found.metric) for pair in self.pairs))
            beside: list[Field[JudgePair]] = [
                Field("task", lambda pair: pair.task, right=False),
                Field("judge", lambda pair: pair.found.first, right=False),
                Field("against", lambda pair: pair.found.second, right=False),
                Field("judgments", lambda pair: pair.found.judgments),
                Field("% agreement", lambda pair: _cell(pair.found.percent_agreement, write=_in_percent)),
                Field(f"{kappa} [95 % interval]", lambda pair: _cell(pair.found.kappa), right=False),
            ]
            yield Table(grid(beside, self.pairs, [_PAIRS]), (0, 1, 2))


def _sentence(line: JudgeVerdicts) -> str:
    """Say what the judge's two orders, or its repeats, come to."""
    if line.found.subset != "all":
        return ""
    for name, words in (
        ("position_consistency", "names the same answer in both orders on"),
        ("retest_agreement", "gives the same verdict when asked again on"),
        ("sample_agreement", "has samples that agree on"),
    ):
        one = line.found.figures.get(name)
        if one is not None and one.value is not None:
            what = "items" if name == "position_consistency" else "cases"
            return f"{clean(line.judge)} {words} {_in_percent(one)} % of {one.n:,} {what} ({clean(line.task)})."
    return ""


def _in_percent(one: Estimate) -> str:
    return interval(one, percent)


_cell = partial(explained, reasons=REASONS)


def _share(label: str, line: JudgeVerdicts) -> str:
    return percent(value_of(line.found.shares.get(label)))


def _figure(name: str, write: Callable[[Estimate], str], line: JudgeVerdicts) -> Cell:
    one = line.found.figures.get(name)
    return Cell(NONE) if one is None else _cell(one, write=write)


_TITLES: dict[str, tuple[str, Callable[[Estimate], str]]] = {
    "mean_rating": ("mean [95 % interval]", interval),
    "position_consistency": ("same when swapped %", _in_percent),
    "first_slot_rate": ("first shown named %", _in_percent),
    "retest_agreement": ("same when asked again %", _in_percent),
    "sample_agreement": ("samples that agree %", _in_percent),
}

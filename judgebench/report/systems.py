"""The systems as gold and as each judge rank them."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from judgebench.domain import conditions_of
from judgebench.domain.shapes import (
    COUNT,
    ESTIMATE,
    NUMBER,
    POLICIES,
    SHARE,
    TEXT,
    TEXTS,
    ListOf,
    choice,
    judge_keys,
    maybe,
    record,
)
from judgebench.report.briefs.systems import Ordered, brief
from judgebench.report.document.blocks import Field, Notes, Table, columns_of, explained, grid, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, decimal, interval, percent
from judgebench.report.rows import policy_columns
from judgebench.report.said import clear
from judgebench.report.words import gold_word, task_name, task_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.agreement.systems.systems import SystemsAgreement, SystemScore
    from judgebench.domain import Estimate
    from judgebench.report.document.blocks import Block, Cell, Fields, Sheet
    from judgebench.report.document.brief import Brief

__all__ = ["RANKING", "REASONS", "SCORES", "WARNINGS", "Ranking", "Rankings", "does", "share_of", "terms"]

#: What a score is.
SCORES = {
    "mean": "the mean of the verdicts on a system's responses",
    "win-rate": "the share of a system's games that it won, a tie being half a win",
    "bradley-terry": "a Bradley-Terry strength: log-odds of a win, with 0 for the average system",
}
_RETRIEVED = (
    "the mean of {} over queries, of the documents as a system ranks them; one that a side did not grade is not "
    "relevant there"
)
_TIES = {
    "half": "a tie is half a win for both",
    "davidson": "ties by Davidson's model",
    "rao-kupper": "ties by Rao and Kupper's model",
}
WARNINGS = {
    "few_systems": "fewer than 10 systems: rank correlations take few values, and one swap moves them a lot",
    "few_clusters": "few independent questions: the intervals are only rough ones",
    "unequal_coverage": "the judge answered for some systems more often than for others: compare with --policy "
    "invalid=drop, which scores both sides on the same rows",
    "phantom": "some systems won (or lost) all their games against the rest: half a win and half a loss against a "
    "phantom system were added to each, so that strengths are finite",
    "unjudged_systems": "left out, since the judge contradicts itself on them: {unjudged}",
    "unnamed_systems": "rows that name no system are left out",
    "lost_draws": "some resamples gave no ranking; where they were more than 5 %, there is no interval",
}
REASONS = {
    "too_few_systems": "orders are compared from 3 systems on",
    "no_variation": "all systems have the same score on one side",
    "score_at_bound": "log-odds are infinite where a system has all or nothing",
}
_NAMES = {
    "kendall_tau": "Kendall tau-b",
    "spearman_rho": "Spearman rho",
    "pearson_r": "Pearson r",
    "pairwise_accuracy": "pairs of systems in the same order",
    "top_1_agreement": "same best system",
    "largest_rank_error": "largest rank error",
    "largest_score_error": "largest score error",
    "decisiveness": "decisiveness",
    "residual_sd": "sd beyond the line",
}
_INTERVALS = (
    "Brackets hold 95 % intervals: clustered t for scores and biases; for comparisons percentiles over {draws} "
    "resamples of the questions, for both rankings at once. The systems themselves are not resampled."
)
_BIAS = (
    "Bias is the judge's score less gold's. * differs from 0 (Holm over systems, .05), (*) only by Benjamini-Hochberg."
)
_LINE = (
    "Decisiveness is the slope of the judge's log-odds on gold's (above 1: the judge sets systems further apart); "
    "beyond the line is what a system gets besides, in log-odds. A straight line, not JuStRank's beta fit."
)


class Ranking(NamedTuple):
    """One judge's ranking on one task; ``gold`` is who gave the gold, ``measure`` what retrieval runs are scored by."""

    task: str
    judge: str
    gold: str
    revision: str
    found: SystemsAgreement
    measure: str = ""


_SYSTEM = record(
    "system",
    system=(TEXT, lambda one: one.name),
    rows=COUNT,
    judged=COUNT,
    coverage=SHARE,
    gold=ESTIMATE,
    judge=ESTIMATE,
    gold_rank=NUMBER,
    judge_rank=NUMBER,
    bias=ESTIMATE,
    p=maybe(SHARE),
    p_holm=maybe(SHARE),
    p_bh=maybe(SHARE),
    residual=ESTIMATE,
)
RANKING = record(
    "row",
    task=TEXT,
    **judge_keys(),
    gold=TEXT,
    revision=TEXT,
    score=(choice(*SCORES), lambda one: one.found.score),
    measure=(maybe(TEXT), lambda one: one.measure or None),
    ties=(choice(*_TIES), lambda one: one.found.ties),
    anchor=(maybe(TEXT), lambda one: one.found.anchor or None),
    rows=(COUNT, lambda one: one.found.rows),
    clusters=(COUNT, lambda one: one.found.clusters),
    coverage=(SHARE, lambda one: one.found.coverage),
    policies=(POLICIES, lambda one: one.found.policies),
    draws=(COUNT, lambda one: one.found.draws),
    seed=(COUNT, lambda one: one.found.seed),
    agreement=(record(**dict.fromkeys(_NAMES, ESTIMATE)), lambda one: one.found.agreement),
    systems=(ListOf(_SYSTEM), lambda one: one.found.systems),
    unjudged=(TEXTS, lambda one: one.found.unjudged),
    warnings=(TEXTS, lambda one: one.found.warnings),
)
_Row: TypeAlias = "tuple[Ranking, SystemScore | None]"


def _comparison(name: str) -> Callable[[_Row], Estimate | None]:
    return lambda x: None if x[1] else x[0].found.agreement[name]


def _of_system(name: str) -> Callable[[_Row], Any]:
    return lambda x: x[1] and getattr(x[1], name)


#: A row ``(all)`` per judge with the comparisons, then one per system (None for the judge's own).
_SHEET: Mapping[str, Callable[[_Row], Any]] = {
    **columns_of(RANKING, "task judge", itemgetter(0)),
    "gold_source": lambda x: x[0].gold,
    "score": lambda x: x[0].found.score,
    "measure": lambda x: x[0].measure or None,
    "system": lambda x: x[1].name if x[1] else "(all)",
    "rows": lambda x: (x[1] or x[0].found).rows,
    "coverage": lambda x: (x[1] or x[0].found).coverage,
    **{name: _of_system(name) for name in ("gold_rank", "judge_rank")},
    **{f"{side}_score*": _of_system(side) for side in ("gold", "judge")},
    **{f"{name}*": _of_system(name) for name in ("bias", "residual")},
    **{name: _of_system(name) for name in ("p", "p_holm", "p_bh")},
    **{f"{name}*": _comparison(name) for name in _NAMES},
    **policy_columns(lambda x: x[0].found.policies),
    "undefined": lambda x: [
        f"{name}={one.undefined}"
        for name, one in ({"residual": x[1].residual} if x[1] else x[0].found.agreement).items()
        if one.undefined
    ],
    "warnings": lambda x: None if x[1] else x[0].found.warnings,
}


@dataclass(frozen=True, slots=True, repr=False)
class Rankings(Document):
    """Systems as judges rank them beside gold."""

    rankings: tuple[Ranking, ...]

    SCHEMA = "judgebench.systems/1"
    SHAPE = record(
        "",
        "How far judges rank systems as gold does. Scores are fractions or ratings (mean), fractions (win-rate) or "
        "log-odds (bradley-terry); shares are fractions.",
        rows=(ListOf(RANKING), lambda found: found.rankings),
    )

    def sheet(self) -> Sheet:
        return sheet(_SHEET, ((one, system) for one in self.rankings for system in (None, *one.found.systems)))

    def brief(self) -> Brief:
        return brief(
            [Ordered(task_of(one), one.judge, one.gold, one.found) for one in self.rankings],
            REASONS,
        )

    def blocks(self) -> Iterator[Block]:
        if len(self.rankings) > 1:
            yield from _summaries(self.rankings)
            several = len({one.task for one in self.rankings}) > 1
            ordered = sorted(self.rankings, key=_order)
            # A name with conditions in eight pieces can't be read.
            told = any(conditions_of(one.judge) for one in ordered)
            plan = ((20, (6, 5, 3)), (8, ())) if told else ((14, (6,)), (8, (5,)))
            yield Table(grid([_judge(several), *_OVERVIEW], ordered), (0,), plan)
        for one in self.rankings:
            yield _sentence(one)
            yield _figures(one)
            yield Table(grid(_systems(gold_word(one.gold)), one.found.systems), (0,), ((10, (8,)), (8, ())))
        yield Notes(tuple(_notes(self.rankings)))


def _summaries(rankings: Sequence[Ranking]) -> list[str]:
    """Name, for each task, the judges that order most and fewest pairs as gold does."""
    said: list[str] = []
    for task in dict.fromkeys(one.task for one in rankings):
        known = [
            (estimate.value, estimate, one)
            for one in rankings
            if one.task == task and (estimate := one.found.agreement["pairwise_accuracy"]).value is not None
        ]
        if len(known) < 2:
            continue
        # The first of several that are level, in the order of the names.
        (best, most, first), (worst, least, last) = max(known, key=itemgetter(0)), min(known, key=itemgetter(0))
        whom, named = does(gold_word(first.gold)), task_name(task, first.revision)
        if best > worst:
            said.append(
                f"Of {len(known)} judges on {named}, {clean(first.judge)} orders most pairs of systems as "
                f"{whom}, {share_of(most)}, and {clean(last.judge)} fewest, {share_of(least)}."
            )
        else:
            count = "Both" if len(known) == 2 else f"All {len(known)}"
            said.append(
                f"{count} judges on {named} order the same share of the pairs of systems as {whom}, "
                f"{share_of(most)} for {clean(first.judge)}."
            )
    return said


def does(whom: str) -> str:
    """Say who does something."""
    return f"{whom} {'do' if whom == 'humans' else 'does'}"


def _sentence(one: Ranking) -> str:
    """Say in words what the figures come to."""
    found, whom = one.found, gold_word(one.gold)
    start = f"{clean(one.judge)} on {task_of(one)}:"
    alike = found.agreement["pairwise_accuracy"]
    if alike.value is None:
        why = REASONS.get(alike.undefined or "", alike.undefined)
        return f"{start} the order of {len(found.systems)} systems can't be compared: {why}."
    orders = f"it orders {share_of(alike)} of the pairs of systems as {does(whom)}"
    best = [
        " and ".join(clean(system.name) for system in found.systems if rank(system) == min(map(rank, found.systems)))
        for rank in (attrgetter("gold_rank"), attrgetter("judge_rank"))
    ]
    top = f"both rank {best[0]} first" if best[0] == best[1] else f"it ranks {best[1]} first, {whom} {best[0]}"
    size = f"{len(found.systems)} systems, "
    if one.measure:
        size += f"{one.measure}, {found.clusters:,} queries"
    else:
        size += f"{found.rows:,} judgments, coverage {percent(found.coverage)} %"
    return f"{start} {orders}; {top} ({size})."


def _figures(ranking: Ranking) -> str:
    # The sentence before has said whether the best system is the same.
    told = {name: one for name, one in ranking.found.agreement.items() if name != "top_1_agreement"}
    return f"{'; '.join(f'{_NAMES[name]} {_text(name, one)}' for name, one in told.items())}."


def _text(name: str, one: Estimate) -> str:
    if name == "pairwise_accuracy":
        return share_of(one)
    return interval(one, "{:g}".format if name == "largest_rank_error" else decimal)


def share_of(one: Estimate) -> str:
    """Write a share in percent, with its interval."""
    return interval(one, percent, unit=" %")


def _cell(one: Estimate, name: str = "") -> Cell:
    return explained(one, REASONS, lambda found: _text(name, found))


def _judge(several: bool) -> Field[Ranking]:  # noqa: FBT001 - one question, one answer
    return Field("judge", lambda one: f"{task_of(one)}: {one.judge}" if several else one.judge, right=False)


def _compared(name: str, *lines: str) -> Field[Ranking]:
    return Field(lines, lambda one: _cell(one.found.agreement[name], name), right=False)


_OVERVIEW: Fields[Ranking] = (
    _compared("kendall_tau", "Kendall tau-b"),
    _compared("spearman_rho", "Spearman rho"),
    _compared("pearson_r", "Pearson r"),
    _compared("pairwise_accuracy", "pairs in the", "same order"),
    _compared("largest_rank_error", "largest", "rank error"),
    _compared("decisiveness", "decisiveness"),
)


def _order(one: Ranking) -> tuple[str, float, str]:
    tau = one.found.agreement["kendall_tau"].value
    return one.task, 2.0 if tau is None else -tau, one.judge


def _bias(one: SystemScore) -> str:
    return _text("bias", one.bias) + (" *" if clear(one.p_holm) else " (*)" if clear(one.p_bh) else "")


def _systems(whom: str) -> Fields[SystemScore]:
    return (
        Field("system", lambda one: one.name, right=False),
        Field("rows", lambda one: one.rows),
        Field("coverage", lambda one: percent(one.coverage), ("cover-", "age %")),
        Field(("rank by", whom), lambda one: f"{one.gold_rank:g}"),
        Field(("rank by", "judge"), lambda one: f"{one.judge_rank:g}"),
        Field(f"score by {whom}", lambda one: _cell(one.gold), right=False),
        Field("score by judge", lambda one: _cell(one.judge), right=False),
        Field("bias", _bias, right=False),
        Field("beyond the line", lambda one: _cell(one.residual), right=False),
    )


def _notes(rankings: Sequence[Ranking]) -> list[str]:
    notes: dict[str, None] = {}
    for one in rankings:
        found = one.found
        ties = f"; {_TIES[found.ties]}" if found.score == "bradley-terry" else ""
        score = _RETRIEVED.format(one.measure) if one.measure else f"{SCORES[found.score]}{ties}"
        notes[f"A score is {score}."] = None
        if found.anchor:
            notes[f"Win rates are against {clean(found.anchor)} only, which has no score itself."] = None
    for text in (_INTERVALS, _BIAS, _LINE):
        notes[text.format(draws=f"{rankings[0].found.draws:,}" if rankings else "")] = None
    for one in rankings:
        for code in one.found.warnings:
            words = WARNINGS[code].format(unjudged=", ".join(map(clean, one.found.unjudged)))
            notes[words if code == "few_systems" or len(rankings) == 1 else f"{clean(one.judge)}: {words}"] = None
    return list(notes | dict.fromkeys(map(terms, rankings)))


def terms(one: Ranking) -> str:
    """Say whose labels and which policies a ranking is by."""
    return f"{task_of(one)}: {clean(one.gold)} labels; {one.found.policies}"

"""The systems as gold and as each judge rank them: table, JSON (``judgebench.systems/1``), CSV, Markdown."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.report.document.as_csv import write_csv
from judgebench.report.document.as_json import write_json
from judgebench.report.document.as_md import markdown_grid, markdown_text
from judgebench.report.document.as_table import draw, fill
from judgebench.report.document.grid import Cell, Column, Grid
from judgebench.report.document.text import clean, figure, spread
from judgebench.report.scores import gold_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from judgebench.agreement.systems.systems import SystemsAgreement, SystemScore
    from judgebench.domain import Estimate

__all__ = ["REASONS", "SCHEMA", "WARNINGS", "Ranking", "json_schema", "ranking_json", "render"]

SCHEMA = "judgebench.systems/1"
_NONE = "–"  # noqa: RUF001 - a dash means "no figure"; a hyphen would read as a minus
_LEVEL = 0.05
_SCORES = {
    "mean": "A score is the mean of the verdicts on a system's responses.",
    "win-rate": "A score is the share of a system's games that it won; a tie is half a win.",
    "bradley-terry": "A score is a Bradley-Terry strength: log-odds of a win, with 0 for the average system; {ties}.",
}
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
    "unjudged_systems": "left out, since the judge gave no verdict on them: {unjudged}",
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
_OVERVIEW = ("kendall_tau", "spearman_rho", "pearson_r", "pairwise_accuracy", "largest_rank_error", "decisiveness")
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
    """One judge's ranking on one task; ``gold`` is who gave the gold."""

    task: str
    judge: str
    gold: str
    revision: str
    found: SystemsAgreement


def json_schema() -> dict[str, Any]:
    """Read the JSON Schema (draft 2020-12) of ``judgebench.systems/1``."""
    text = resources.files("judgebench.report").joinpath("systems.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def render(rankings: Iterable[Ranking], form: str = "table", *, width: int = 120) -> str:
    """Print rankings as ``table``, ``json``, ``csv`` or ``md``.

    Parameters
    ----------
    rankings : iterable of Ranking
        What was measured.
    form : str, optional
        The form. CSV has a row ``(all)`` with the comparisons, then a row per system, for every judge.
    width : int, optional
        Columns of the terminal, for ``table``.
    """
    ordered = sorted(rankings, key=lambda one: (one.task, one.judge, one.revision))
    if form == "json":
        return write_json({"schema": SCHEMA, "rows": [ranking_json(one) for one in ordered]})
    if form == "csv":
        return _csv(ordered)
    marked = form == "md"
    blocks: list[str] = []
    if len(ordered) > 1:
        blocks.append(_paragraphs(_summaries(ordered), width, marked=marked))
        blocks.append(_drawn(_overview(ordered), width, ((14, (6,)), (8, (5,))), marked=marked))
    for one in ordered:
        blocks.append(_paragraphs([_sentence(one), _figures(one)], width, marked=marked))
        blocks.append(_drawn(_systems(one), width, ((10, (8,)), (8, ())), marked=marked))
    notes = _notes(ordered)
    blocks.append(
        "".join(f"- {markdown_text(note)}\n" for note in notes)
        if marked
        else "\n".join("\n".join(fill(note, width)) for note in notes) + "\n"
    )
    return "\n".join(blocks)


def _drawn(layout: Grid, width: int, plan: Sequence[tuple[int, Sequence[int]]], *, marked: bool) -> str:
    return markdown_grid(layout) if marked else draw(layout, width=width, names=(0,), plan=plan)


def _paragraphs(texts: Sequence[str], width: int, *, marked: bool) -> str:
    set_in = [markdown_text(text) if marked else "\n".join(fill(text, width)) for text in texts]
    return "\n\n".join(set_in) + "\n"


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
        (best, most, first), (worst, least, last) = max(known, key=_share), min(known, key=_share)
        whom = _does(gold_word(first.gold))
        if best > worst:
            said.append(
                f"Of {len(known)} judges on {clean(task)}, {clean(first.judge)} orders most pairs of systems as "
                f"{whom}, {_percent(most)}, and {clean(last.judge)} fewest, {_percent(least)}."
            )
        else:
            count = "Both" if len(known) == 2 else f"All {len(known)}"
            said.append(
                f"{count} judges on {clean(task)} order the same share of the pairs of systems as {whom}, "
                f"{_percent(most)} for {clean(first.judge)}."
            )
    return said


def _share(entry: tuple[float, Estimate, Ranking]) -> float:
    return entry[0]


def _does(whom: str) -> str:
    return f"{whom} {'do' if whom == 'humans' else 'does'}"


def _sentence(one: Ranking) -> str:
    """Say in words what the figures come to."""
    found, whom = one.found, gold_word(one.gold)
    start = f"{clean(one.judge)} on {clean(one.task)}:"
    alike = found.agreement["pairwise_accuracy"]
    if alike.value is None:
        why = REASONS.get(alike.undefined or "", alike.undefined)
        return f"{start} the order of {len(found.systems)} systems can't be compared: {why}."
    orders = f"it orders {_percent(alike)} of the pairs of systems as {_does(whom)}"
    best = [
        " and ".join(clean(system.name) for system in found.systems if rank(system) == min(map(rank, found.systems)))
        for rank in (_gold_rank, _judge_rank)
    ]
    top = f"both rank {best[0]} first" if best[0] == best[1] else f"it ranks {best[1]} first, {whom} {best[0]}"
    size = f"{len(found.systems)} systems, {found.rows:,} judgments, coverage {figure(100 * found.coverage, 1)} %"
    return f"{start} {orders}; {top} ({size})."


def _gold_rank(system: SystemScore) -> float:
    return system.gold_rank


def _judge_rank(system: SystemScore) -> float:
    return system.judge_rank


def _figures(ranking: Ranking) -> str:
    agreement = ranking.found.agreement
    # The sentence before has said whether the best system is the same.
    parts = [f"{_NAMES[name]} {_text(name, one)}" for name, one in agreement.items() if name != "top_1_agreement"]
    return f"{'; '.join(parts)}."


def _text(name: str, estimate: Estimate | None) -> str:
    if estimate is None or estimate.value is None:
        return _NONE
    if name == "pairwise_accuracy":
        return _percent(estimate)
    write = "{:g}".format if name == "largest_rank_error" else spread
    value, low, high = (None if one is None else write(one) for one in _three(estimate))
    return f"{value}" if low is None else f"{value} [{low}, {high}]"


def _three(estimate: Estimate) -> tuple[float | None, float | None, float | None]:
    return estimate.value, estimate.low, estimate.high


def _percent(estimate: Estimate) -> str:
    value, low, high = (None if one is None else figure(100 * one, 1) for one in _three(estimate))
    return f"{value} %" if low is None else f"{value} % [{low}, {high}]"


def _cell(name: str, estimate: Estimate | None) -> Cell:
    reason = None if estimate is None else estimate.undefined
    return Cell(_text(name, estimate), () if reason is None else (REASONS.get(reason, reason.replace("_", " ")),))


def _overview(rankings: Sequence[Ranking]) -> Grid:
    several = len({one.task for one in rankings}) > 1
    rows = [
        (
            Cell(f"{clean(one.task)}: {clean(one.judge)}" if several else clean(one.judge)),
            *(_cell(name, one.found.agreement[name]) for name in _OVERVIEW),
        )
        for one in sorted(rankings, key=_order)
    ]
    titles = (
        Column("Kendall tau-b", right=False),
        Column("Spearman rho", right=False),
        Column("Pearson r", right=False),
        Column("pairs in the same order", ("pairs in the", "same order"), right=False),
        Column("largest rank error", ("largest", "rank error"), right=False),
        Column("decisiveness", right=False),
    )
    return Grid((Column("judge", right=False), *titles), tuple(rows))


def _order(one: Ranking) -> tuple[str, float, str]:
    tau = one.found.agreement["kendall_tau"].value
    return one.task, 2.0 if tau is None else -tau, one.judge


def _systems(one: Ranking) -> Grid:
    whom = gold_word(one.gold)
    rows: list[tuple[Cell, ...]] = []
    for system in one.found.systems:
        bias = _text("bias", system.bias)
        if system.p_holm is not None and system.p_bh is not None:
            bias += " *" if system.p_holm <= _LEVEL else " (*)" if system.p_bh <= _LEVEL else ""
        rows.append(
            (
                Cell(clean(system.name)),
                Cell(str(system.rows)),
                Cell(figure(100 * system.coverage, 1)),
                Cell(f"{system.gold_rank:g}"),
                Cell(f"{system.judge_rank:g}"),
                _cell("gold", system.gold),
                _cell("judge", system.judge),
                Cell(bias),
                _cell("residual", system.residual),
            )
        )
    columns = (
        Column("system", right=False),
        Column("rows"),
        Column("coverage", ("cover-", "age %")),
        Column(f"rank by {whom}", ("rank by", whom)),
        Column("rank by judge", ("rank by", "judge")),
        Column(f"score by {whom}", right=False),
        Column("score by judge", right=False),
        Column("bias", right=False),
        Column("beyond the line", right=False),
    )
    return Grid(columns, tuple(rows))


def _notes(rankings: Sequence[Ranking]) -> list[str]:
    notes: dict[str, None] = {}
    for one in rankings:
        found = one.found
        notes[_SCORES[found.score].format(ties=_TIES[found.ties])] = None
        if found.anchor:
            notes[f"Win rates are against {clean(found.anchor)} only, which has no score itself."] = None
    for text in (_INTERVALS, _BIAS, _LINE):
        notes[text.format(draws=f"{rankings[0].found.draws:,}" if rankings else "")] = None
    for one in rankings:
        for code in one.found.warnings:
            words = WARNINGS[code].format(unjudged=", ".join(map(clean, one.found.unjudged)))
            notes[words if code == "few_systems" or len(rankings) == 1 else f"{clean(one.judge)}: {words}"] = None
    for one in rankings:
        policies = " ".join(f"{name}={value}" for name, value in one.found.policies.to_json().items())
        notes[f"{clean(one.task)}: {clean(one.gold)} labels; {policies}"] = None
    return list(notes)


def ranking_json(one: Ranking) -> dict[str, Any]:
    """Plain JSON, a row of ``judgebench.systems/1``."""
    found = one.found
    return {
        "task": one.task,
        "judge": one.judge,
        "gold": one.gold,
        "revision": one.revision,
        "score": found.score,
        "ties": found.ties,
        "anchor": found.anchor or None,
        "rows": found.rows,
        "clusters": found.clusters,
        "coverage": found.coverage,
        "policies": found.policies.to_json(),
        "draws": found.draws,
        "seed": found.seed,
        "agreement": {name: estimate.to_json() for name, estimate in found.agreement.items()},
        "systems": [
            {
                "system": system.name,
                "rows": system.rows,
                "judged": system.judged,
                "coverage": system.coverage,
                "gold": system.gold.to_json(),
                "judge": system.judge.to_json(),
                "gold_rank": system.gold_rank,
                "judge_rank": system.judge_rank,
                "bias": system.bias.to_json(),
                "p": system.p,
                "p_holm": system.p_holm,
                "p_bh": system.p_bh,
                "residual": system.residual.to_json(),
            }
            for system in found.systems
        ],
        "unjudged": list(found.unjudged),
        "warnings": list(found.warnings),
    }


def _csv(rankings: Sequence[Ranking]) -> str:
    own = ("gold", "judge", "bias", "residual")
    ends = ("", "_low", "_high")
    header = ["task", "judge", "gold_source", "score", "system", "rows", "coverage", "gold_rank", "judge_rank"]
    header += [f"{name}{end}" for name in ("gold_score", "judge_score", "bias", "residual") for end in ends]
    header += ["p", "p_holm", "p_bh", *(f"{name}{end}" for name in _NAMES for end in ends)]
    header += ["order", "tie", "invalid", "gold_policy", "undefined", "warnings"]
    table: list[list[str | float | None]] = []
    for one in rankings:
        found = one.found
        names = [one.task, one.judge, one.gold, found.score]
        policies = list(found.policies.to_json().values())
        figures = [found.agreement[name] for name in _NAMES]
        undefined = " ".join(
            f"{name}={estimate.undefined}" for name, estimate in found.agreement.items() if estimate.undefined
        )
        whole: list[str | float | None] = [*names, "(all)", found.rows, found.coverage]
        whole += [None] * (2 + 3 * len(own) + 3)
        whole += [value for estimate in figures for value in _three(estimate)]
        table.append([*whole, *policies, undefined, " ".join(found.warnings)])
        for system in found.systems:
            row: list[str | float | None] = [*names, system.name, system.rows, system.coverage]
            row += [system.gold_rank, system.judge_rank]
            row += [value for name in own for value in _three(getattr(system, name))]
            row += [system.p, system.p_holm, system.p_bh, *([None] * (3 * len(_NAMES)))]
            table.append(
                [
                    *row,
                    *policies,
                    "" if system.residual.undefined is None else f"residual={system.residual.undefined}",
                    "",
                ]
            )
    return write_csv(header, table)

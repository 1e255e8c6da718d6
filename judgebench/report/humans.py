"""The annotators, and the judges among them: table, JSON (``judgebench.humans/1``), CSV, Markdown."""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from judgebench.agreement.humans.humans import among_humans, measure_humans
from judgebench.agreement.names import PANEL_TITLES
from judgebench.report.document.as_csv import write_csv
from judgebench.report.document.as_json import write_json
from judgebench.report.document.as_md import markdown_grid, markdown_text
from judgebench.report.document.as_table import draw, fill
from judgebench.report.document.grid import Cell, Column, Grid
from judgebench.report.document.text import clean, figure, spread
from judgebench.report.scores import gold_word
from judgebench.report.words import REASONS, WARNINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from judgebench.agreement.humans.humans import AmongHumans, Humans, Rest
    from judgebench.agreement.humans.joint import Resampling
    from judgebench.domain import Estimate, Policies, Ratings

__all__ = ["SCHEMA", "Panel", "gather", "json_schema", "render"]

SCHEMA = "judgebench.humans/1"
_NONE = "–"  # noqa: RUF001 - a dash means "no figure"; a hyphen would read as a minus
_REASONS = REASONS | {
    "too_few_pairs": "a place among the pairs of annotators needs 3 pairs",
    "no_spread": "all pairs of annotators agree alike, so there is no spread to compare with",
    "undefined_part": "a figure that this one is made of is undefined",
    "no_ceiling": "the annotators agree no better than chance",
    "no_unit_variation": "items don't differ in their mean, so it has no reliability",
}
_WARNINGS = WARNINGS | {
    "few_shared_items": "some annotators share fewer than 10 items: where others share more, their pairs are left out",
}
_SAMPLE = (
    "Brackets hold 95 % intervals for other items of this kind (by cluster, where questions are shared), judged "
    "by the same annotators."
)
_REST = (
    "Against each other: mean over pairs of annotators. Against the rest: on items where the others have a strict "
    "majority; that leaves out hard items, so it comes out higher."
)
_JUDGED = (
    "Share of the ceiling: the judge's mean kappa over the annotators, by the mean kappa of the annotators' pairs. z: "
    "the same two means' difference in standard deviations of these pairs; with |z| < 1 a judge passes for one more "
    "annotator (Han et al. 2025). With few annotators that deviation is a rough guess, which no interval shows."
)


class Panel(NamedTuple):
    """The annotators of one task, and the judges that were measured among them."""

    task: str
    gold: str
    revision: str
    policies: Policies
    humans: Humans
    judges: tuple[tuple[str, AmongHumans], ...]


def gather(
    measured: Iterable[tuple[str, str, str, str, Policies, Ratings]], *, alpha: Resampling = "influence", seed: int = 0
) -> list[Panel]:
    """Measure annotators and judges; judges on the same labels share a panel.

    Parameters
    ----------
    measured : iterable of (str, str, str, str, Policies, Ratings)
        Task, judge, gold source, revision, policies and ratings of each judge.
    alpha : {'influence', 'bootstrap', 'jackknife'}, optional
        How the interval of the annotators' alpha is made.
    seed : int, optional
        Seed of the bootstrap.

    Raises
    ------
    DataError
        If no two annotators labelled the same item.
    """
    panels: dict[tuple[object, ...], Panel] = {}
    for task, judge, gold, revision, policies, ratings in measured:
        key = (task, revision, policies.tie, ratings.annotators, _labels(ratings))
        if key not in panels:
            humans = measure_humans(ratings, policies, alpha=alpha, seed=seed)
            panels[key] = Panel(task, gold, revision, policies, humans, ())
        panel = panels[key]
        panels[key] = panel._replace(judges=(*panel.judges, (judge, among_humans(ratings, policies))))
    return list(panels.values())


def _labels(ratings: Ratings) -> str:
    """Digest the labels; runs may hold the same items in another order."""
    _, first = np.unique(ratings.item, return_index=True)
    gold = ratings.gold[first]
    return hashlib.sha256(np.ascontiguousarray(gold[np.lexsort(gold.T)]).tobytes()).hexdigest()


def json_schema() -> dict[str, Any]:
    """Read the JSON Schema (draft 2020-12) of ``judgebench.humans/1``."""
    text = resources.files("judgebench.report").joinpath("humans.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def render(panels: Sequence[Panel], form: str = "table", *, width: int = 120) -> str:
    """Print panels as ``table``, ``json``, ``csv`` or ``md``.

    Parameters
    ----------
    panels : sequence of Panel
        What was measured.
    form : str, optional
        The form. CSV is long: a row per figure of an annotator, a pair, all annotators, or a judge.
    width : int, optional
        Columns of the terminal, for ``table``.
    """
    if form == "json":
        return write_json({"schema": SCHEMA, "rows": [_json(panel) for panel in panels]})
    if form == "csv":
        return _csv(panels)
    marked = form == "md"

    def text(lines: Iterable[str]) -> str:
        return "\n\n".join(markdown_text(one) if marked else "\n".join(fill(one, width)) for one in lines) + "\n"

    def drawn(layout: Grid, plan: Sequence[tuple[int, Sequence[int]]] = ((8, ()),)) -> str:
        return markdown_grid(layout) if marked else draw(layout, width=width, names=(0,), plan=plan)

    blocks: list[str] = []
    for panel in panels:
        blocks += [text(_sentences(panel)), drawn(_annotators(panel), ((12, (4,)), (8, (5,)))), drawn(_together(panel))]
        if panel.judges:
            blocks.append(drawn(_judges(panel), ((12, (6,)), (8, (7,)))))
        if panel.humans.warnings:
            blocks.append(text(f"{clean(panel.task)}: {_WARNINGS[code]}" for code in panel.humans.warnings))
    notes = (_SAMPLE, _REST, _JUDGED) if any(panel.judges for panel in panels) else (_SAMPLE, _REST)
    blocks.append(
        "".join(f"- {markdown_text(one)}\n" for one in notes)
        if marked
        else "".join("\n".join(fill(one, width)) + "\n" for one in notes)
    )
    return "\n".join(blocks)


def _kappa_words(panel: Panel) -> str:
    return "quadratic kappa" if panel.humans.metric == "cohen_kappa_quadratic" else "kappa"


def _sentences(panel: Panel) -> Iterator[str]:
    humans = panel.humans
    who = f"{clean(panel.task)}: {len(humans.annotators)} annotators of {humans.items:,} items"
    if humans.kappa.value is None:
        why = _REASONS.get(humans.kappa.undefined or "", "undefined")
        yield f"{who} have no mean {_kappa_words(panel)}: {why}."
    else:
        share = figure(100 * (humans.percent_agreement.value or 0), 1)
        ceiling = "human ceiling" if gold_word(panel.gold) == "humans" else "ceiling for a judge"
        yield (
            f"{who} agree with each other at a {_kappa_words(panel)} of {_bracketed(humans.kappa)} ({share} % of the "
            f"pairs of labels): the {ceiling}."
        )
    for judge, one in panel.judges:
        if one.ratio.value is None or one.kappa.value is None:
            continue
        text = f"{clean(judge)} agrees with them at {spread(one.kappa.value)}, {_per_cent(one.ratio)} of that ceiling"
        change = one.alpha_difference
        if change.value is not None and one.alpha_with.value is not None and one.alpha_without.value is not None:
            clear = change.low is not None and change.high is not None and (change.low > 0 or change.high < 0)
            verb = ("raises" if change.value > 0 else "lowers") if clear else "does not clearly change"
            text += (
                f"; as one more annotator it {verb} alpha ({spread(one.alpha_without.value)} without, "
                f"{spread(one.alpha_with.value)} with it)"
            )
        yield f"{text}."


def _per_cent(estimate: Estimate) -> str:
    text = f"{figure(100 * (estimate.value or 0), 0)} %"
    if estimate.low is None or estimate.high is None:
        return text
    return f"{text} [{figure(100 * estimate.low, 0)}, {figure(100 * estimate.high, 0)}]"


def _bracketed(estimate: Estimate) -> str:
    text = spread(estimate.value or 0.0)
    if estimate.low is None or estimate.high is None:
        return text
    return f"{text} [{spread(estimate.low)}, {spread(estimate.high)}]"


def _missing(estimate: Estimate) -> Cell:
    code = estimate.undefined or ""
    return Cell(_NONE, (_REASONS.get(code, clean(code).replace("_", " ")),))


def _cell(estimate: Estimate) -> Cell:
    return _missing(estimate) if estimate.value is None else Cell(_bracketed(estimate))


def _point(estimate: Estimate) -> Cell:
    return _missing(estimate) if estimate.value is None else Cell(spread(estimate.value))


def _percent(estimate: Estimate) -> Cell:
    return _missing(estimate) if estimate.value is None else Cell(figure(100 * estimate.value, 1))


def _annotators(panel: Panel) -> Grid:
    rated = any(one.rest.rho is not None for one in panel.humans.annotators)
    kappa = _kappa_words(panel)
    columns = [
        Column("annotator", right=False),
        Column("items"),
        Column("% agreement with each other annotator", ("% agree", "with each")),
        Column(f"{kappa} with each other annotator", (kappa, "with each"), right=False),
        Column("items with a majority of the rest", ("items with", "a majority")),
        Column("% agreement with the rest", ("% agree", "with the rest")),
        Column(f"{kappa} with the rest", (kappa, "with the rest"), right=False),
    ]
    if rated:
        columns.append(Column("rho with the mean of the rest", ("rho with the", "rest's mean")))
    rows: list[tuple[Cell, ...]] = []
    for one in panel.humans.annotators:
        cells = [Cell(clean(one.name)), Cell(str(one.items)), _percent(one.percent_agreement), _cell(one.kappa)]
        cells += [Cell(str(one.rest.items)), _percent(one.rest.percent_agreement), _cell(one.rest.kappa)]
        if rated:
            cells.append(Cell(_NONE) if one.rest.rho is None else _point(one.rest.rho))
        rows.append(tuple(cells))
    return Grid(tuple(columns), tuple(rows))


def _together(panel: Panel) -> Grid:
    rows = [(Cell(PANEL_TITLES[name]), _cell(one), Cell(str(one.n))) for name, one in panel.humans.coefficients.items()]
    head = (Column("all annotators at once", right=False), Column("[95 % interval]", right=False), Column("items"))
    return Grid(head, tuple(rows))


def _judges(panel: Panel) -> Grid:
    kappa = _kappa_words(panel)
    columns = (
        Column("judge", right=False),
        Column("coverage", ("cover-", "age %")),
        Column("% agreement with each annotator", ("% agree", "with each")),
        Column(f"{kappa} with each annotator", (kappa, "with each"), right=False),
        Column("% of the ceiling", ("% of the", "ceiling"), right=False),
        Column("z among the pairs", ("z among", "the pairs")),
        Column("alpha with the judge", ("alpha", "with it")),
        Column("change of alpha", ("change", "of alpha"), right=False),
    )
    rows: list[tuple[Cell, ...]] = []
    for judge, one in panel.judges:
        ratio = _missing(one.ratio) if one.ratio.value is None else Cell(_per_cent(one.ratio).replace(" %", ""))
        z = _missing(one.z) if one.z.value is None else Cell(figure(one.z.value, 1))
        rows.append(
            (
                Cell(clean(judge)),
                Cell(figure(100 * one.coverage, 1)),
                _percent(one.percent_agreement),
                _cell(one.kappa),
                ratio,
                z,
                _point(one.alpha_with),
                _cell(one.alpha_difference),
            )
        )
    return Grid(columns, tuple(rows))


def _csv(panels: Sequence[Panel]) -> str:
    header = ["task", "revision", "kind", "name", "figure", "value", "low", "high", "n", "undefined"]
    rows: list[list[str | float | None]] = []
    for panel in panels:
        for kind, name, what, one in _flat(panel):
            rows.append([panel.task, panel.revision, kind, name, what, one.value, one.low, one.high, one.n])
            rows[-1].append(one.undefined or "")
    return write_csv(header, rows)


def _flat(panel: Panel) -> Iterator[tuple[str, str, str, Estimate]]:
    humans = panel.humans
    yield "ceiling", "", "percent_agreement", humans.percent_agreement
    yield "ceiling", "", humans.metric, humans.kappa
    for name, one in humans.coefficients.items():
        yield "all", "", name, one
    for person in humans.annotators:
        yield "annotator", person.name, "percent_agreement", person.percent_agreement
        yield "annotator", person.name, humans.metric, person.kappa
        for name, one in _rest(person.rest, humans.metric).items():
            yield "annotator", person.name, f"rest_{name}", one
    for (first, second), one in humans.pairs.items():
        yield "pair", f"{first} / {second}", humans.metric, one
    for judge, found in panel.judges:
        for name, one in _figures(found, humans.metric).items():
            yield "judge", judge, name, one
        for person_name, one in found.each.items():
            yield "judge", judge, f"{humans.metric} with {person_name}", one
        for person_name, rest in found.rest.items():
            for name, one in _rest(rest, humans.metric).items():
                yield "judge", judge, f"rest_{name} without {person_name}", one


def _rest(rest: Rest, metric: str) -> dict[str, Estimate]:
    found = {"percent_agreement": rest.percent_agreement, metric: rest.kappa}
    return found if rest.rho is None else found | {"spearman_rho": rest.rho}


def _figures(one: AmongHumans, metric: str) -> dict[str, Estimate]:
    return {
        "percent_agreement": one.percent_agreement,
        metric: one.kappa,
        "ratio": one.ratio,
        "z": one.z,
        "alpha_without": one.alpha_without,
        "alpha_with": one.alpha_with,
        "alpha_difference": one.alpha_difference,
    }


def _json(panel: Panel) -> dict[str, Any]:
    humans = panel.humans
    metric = humans.metric
    return {
        "task": panel.task,
        "gold": panel.gold,
        "revision": panel.revision,
        "policies": panel.policies.to_json(),
        "metric": metric,
        "items": humans.items,
        "ceiling": _estimates({"percent_agreement": humans.percent_agreement, metric: humans.kappa}),
        "coefficients": _estimates(humans.coefficients),
        "annotators": [
            {
                "name": one.name,
                "items": one.items,
                "metrics": _estimates({"percent_agreement": one.percent_agreement, metric: one.kappa}),
                "rest": _rest_json(one.rest, metric),
            }
            for one in humans.annotators
        ],
        "pairs": [
            {"annotators": list(names), "metrics": _estimates({metric: one})} for names, one in humans.pairs.items()
        ],
        "judges": [
            {
                "judge": judge,
                "policies": one.policies.to_json(),
                "coverage": one.coverage,
                "metrics": _estimates(_figures(one, metric)),
                "each": _estimates(one.each),
                "rest": {name: _rest_json(rest, metric) for name, rest in one.rest.items()},
            }
            for judge, one in panel.judges
        ],
        "warnings": list(humans.warnings),
    }


def _rest_json(rest: Rest, metric: str) -> dict[str, Any]:
    return {"items": rest.items, "metrics": _estimates(_rest(rest, metric))}


def _estimates(found: Any) -> dict[str, Any]:
    return {name: one.to_json() for name, one in found.items()}

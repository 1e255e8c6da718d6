"""Corrected scores as sentences, tables, JSON (``judgebench.correct/1``) and CSV."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.report.document.as_csv import write_csv
from judgebench.report.document.as_json import write_json
from judgebench.report.document.as_md import markdown_grid
from judgebench.report.document.as_table import draw, fill
from judgebench.report.document.grid import Cell, Column, Grid
from judgebench.report.document.text import clean, figure, interval, spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.agreement.correct.correction import Correction
    from judgebench.domain import Estimate

__all__ = ["SCHEMA", "Line", "json_schema", "render"]

SCHEMA = "judgebench.correct/1"
_NAMES = {
    "post-strat": "post-stratification",
    "ppi++": "PPI++",
    "ppi": "PPI",
    "rogan-gladen": "Rogan-Gladen",
    "bayes": "Rogan-Gladen, posterior",
    "matrix": "matrix method",
    "labels": "labels only",
    "naive": "judge alone (naive)",
}
_INSIDE = (
    "Post-stratification, PPI and labels only hold for any judge, if the labelled rows are a random draw from all rows."
)
_OUTSIDE = (
    "Rogan-Gladen and the matrix method assume that the judge errs here as often as on the calibration set, "
    "label by label."
)
_NAIVE = "The naive score is the judge's own opinion; its interval holds none of the judge's errors."
_WARNINGS = {
    "weak_judge": (
        "Youden's J (TPR + TNR - 1) is not clearly above 0 on the labelled rows: the judge adds little to the "
        "labels, and Rogan-Gladen is refused"
    ),
    "few_labels": "fewer than 30 labelled rows: the interval is a rough one",
    "few_clusters": "few independent questions among the labelled rows: the interval is a rough one",
    "all_labelled": "every row has gold: there is nothing to correct, labels only is the score",
    "sparse_strata": "some verdicts have fewer than two labelled rows and were joined with their neighbours",
    "subset_not_random": (
        "the judge scores labelled rows differently from the others: they are no random draw, and the correction is off"
    ),
    "ill_conditioned": "two labels look much alike to the judge: the matrix method magnifies noise more than tenfold",
    "unseen_class": "a label is missing from the calibration set and was taken as absent",
    "left_out": "items on which the annotators have no common label are left out",
}
_REASONS = {
    "no_labels": "no row has gold here",
    "all_labelled": "every row has gold",
    "weak_judge": "Youden's J is not clearly above 0",
    "one_class": "the labelled rows have one label only",
    "not_binary": "needs two labels; the matrix method takes more",
    "too_few_labels": "too few labelled rows",
    "singular_matrix": "two labels look alike to the judge",
    "graded_gold": "gold is a mean of annotators here, not a label",
    "clustered": "the posterior is that of independent rows, and these share questions",
    "no_items": "no row has a verdict",
}


class Line(NamedTuple):
    """A correction with what was measured: task (or file), judge, and where gold comes from."""

    task: str
    judge: str
    gold: str
    found: Correction


def json_schema() -> dict[str, Any]:
    """Read the JSON Schema (draft 2020-12) of ``judgebench.correct/1``."""
    text = resources.files("judgebench.report").joinpath("correct.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def render(lines: Sequence[Line], form: str = "table", *, width: int = 120) -> str:
    """Print corrections as ``table``, ``json``, ``csv`` or ``md``.

    Parameters
    ----------
    lines : sequence of Line
        What was corrected, all rows before the systems.
    form : {'table', 'json', 'csv', 'md'}, optional
        The form.
    width : int, optional
        Columns of the terminal, for ``table``.
    """
    if form == "json":
        return write_json({"schema": SCHEMA, "rows": [_json(line) for line in lines]})
    if form == "csv":
        return write_csv(_HEADER, [row for line in lines for row in _csv(line)])
    layout = _grid(lines)
    sentences = [_sentence(line) for line in lines if line.found.system == "all"]
    if form == "md":
        return "\n\n".join([*sentences, markdown_grid(layout)])
    said = "".join(f"{text}\n" for sentence in sentences for text in fill(sentence, width))
    return f"{said}\n{draw(layout, width=width, names=(0, 1))}"


def _sentence(line: Line) -> str:
    """Say what it means."""
    found = line.found
    best = found.estimates[found.chosen]
    own = found.estimates["naive"]
    opinion = "" if own.value is None else f"; the judge alone says {spread(own.value)}"
    if best.value is None:
        reason = _REASONS.get(best.undefined or "", best.undefined)
        return f"{clean(line.judge)}: the {found.score} can't be corrected: {reason}{opinion}."
    rows = f"{found.labelled:,} labelled rows of {found.items:,}"
    if found.calibration and found.chosen != "labels":
        rows = f"{found.calibration:,} calibration rows, {found.items:,} scored"
    how = f"by {_NAMES[found.chosen]} on {rows}" if found.chosen != "labels" else f"by labels only, on {rows}"
    return f"{clean(line.judge)}: {found.score} {interval(best)}, {how}{opinion}."


def _cell(estimate: Estimate) -> Cell:
    if estimate.undefined is not None:
        return Cell(interval(estimate), (_REASONS.get(estimate.undefined, estimate.undefined.replace("_", " ")),))
    return Cell(interval(estimate))


def _grid(lines: Sequence[Line]) -> Grid:
    rows: list[tuple[Cell, ...]] = []
    for line in lines:
        found = line.found
        warnings = tuple(_WARNINGS.get(code, code.replace("_", " ")) for code in found.warnings)
        power = found.rates.get("youden")
        for name, estimate in found.estimates.items():
            first = name == found.chosen
            rows.append(
                (
                    Cell(clean(line.judge)),
                    Cell(clean(found.system)),
                    Cell(f"{'* ' if first else ''}{_NAMES[name]}", warnings if first else ()),
                    _cell(estimate),
                    Cell(str(estimate.n)),
                    _cell(power) if first and power is not None else Cell(""),
                )
            )
    columns = (
        Column("judge", right=False),
        Column("system", right=False),
        Column("estimator", right=False),
        Column("score [95 % interval]", right=False),
        Column("rows"),
        Column("Youden's J [95 % interval]", ("Youden's J", "[95 % interval]"), right=False),
    )
    return Grid(columns, tuple(rows), tuple(_remarks(lines)))


def _remarks(lines: Sequence[Line]) -> Iterator[str]:
    names = {name for line in lines for name in line.found.estimates}
    yield f"* marks the score to report: the {lines[0].found.score if lines else 'score'}."
    if names & {"post-strat", "ppi", "ppi++"}:
        yield _INSIDE
    if names & {"rogan-gladen", "matrix"}:
        yield _OUTSIDE
    yield _NAIVE
    for line in lines:
        found = line.found
        if found.system != "all":
            continue
        if found.shares:
            shares = ", ".join(f"{clean(label)} {interval(one)}" for label, one in found.shares.items())
            yield f"{clean(line.judge)}: corrected share of each label: {shares}"
        rates = [f"{name.upper()} {interval(found.rates[name])}" for name in ("tpr", "tnr") if name in found.rates]
        if found.weight is not None:
            rates.append(f"weight of the judge in PPI++ {spread(found.weight)}")
        if found.condition is not None:
            rates.append(f"condition number of the confusion matrix {figure(found.condition, 2)}")
        if rates:
            yield f"{clean(line.judge)}: {', '.join(rates)}"


def _json(line: Line) -> dict[str, Any]:
    found = line.found
    return {
        "task": line.task,
        "judge": line.judge,
        "gold": line.gold,
        "system": found.system,
        "score": found.score,
        "items": found.items,
        "labelled": found.labelled,
        "calibration": found.calibration,
        "chosen": found.chosen,
        "estimates": _estimates(found.estimates),
        "judge_rates": _estimates(found.rates),
        "shares": _estimates(found.shares),
        "ppi_weight": found.weight,
        "condition": found.condition,
        "warnings": list(found.warnings),
    }


def _estimates(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: {**one.to_json(), "se": one.se, "method": one.method} for name, one in estimates.items()}


_HEADER = [
    *("task", "judge", "gold", "system", "score", "items", "labelled", "calibration"),
    *("estimator", "chosen", "value", "low", "high", "se", "n", "undefined", "warnings"),
]


def _csv(line: Line) -> Iterator[list[str | float | None]]:
    found = line.found
    head = [line.task, line.judge, line.gold, found.system, found.score]
    for name, one in found.estimates.items():
        first = name == found.chosen
        yield [
            *head,
            found.items,
            found.labelled,
            found.calibration,
            name,
            "yes" if first else "no",
            one.value,
            one.low,
            one.high,
            one.se,
            one.n,
            one.undefined or "",
            " ".join(found.warnings) if first else "",
        ]

"""Corrected scores in words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.domain.shapes import (
    COUNT,
    MEASURED,
    SHARE,
    TEXT,
    ListOf,
    MapOf,
    Scalar,
    choice,
    judge_keys,
    maybe,
    record,
)
from judgebench.report.briefs.correct import brief
from judgebench.report.document.blocks import Cell, Field, Sentences, Table, columns_of, explained, grid, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, decimal, figure, interval, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from judgebench.agreement.correct.correction import Correction
    from judgebench.domain import Estimate
    from judgebench.report.document.blocks import Block, Fields, Sheet
    from judgebench.report.document.brief import Brief

__all__ = ["Corrected", "Corrections"]

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
        "the judge scores labelled rows differently from the others: they are not a random draw, and the correction "
        "is off"
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


class Corrected(NamedTuple):
    """A correction with what was measured: task (or file), judge, and where gold comes from."""

    task: str
    judge: str
    gold: str
    found: Correction


class _Row(NamedTuple):
    """One estimator of a line; the ``first`` is the one to report."""

    line: Corrected
    name: str
    one: Estimate
    first: bool


_CODES = ListOf(Scalar({"type": "string", "pattern": "^[a-z_]+$"}))
_RATES = "TPR, TNR and Youden's J of the judge on the labelled rows."
_SHARES = "Corrected share of each label, on scales with more than two."
_ROW = record(
    "row",
    "One judge on all rows, or on those of one system.",
    task=TEXT,
    **judge_keys(),
    gold=(TEXT, None, "Who or what gave the gold."),
    system=(TEXT, attrgetter("found.system"), "all, or the name of a system."),
    score=(TEXT, attrgetter("found.score"), "What is estimated, in words."),
    items=(COUNT, attrgetter("found.items"), "Rows that are scored."),
    labelled=(COUNT, attrgetter("found.labelled"), "Rows among them with gold."),
    calibration=(COUNT, attrgetter("found.calibration"), "Rows of the outside calibration set."),
    chosen=(choice(*_NAMES), attrgetter("found.chosen"), "The estimate to report."),
    estimates=(MapOf(MEASURED, tuple(_NAMES)), attrgetter("found.estimates")),
    judge_rates=(MapOf(MEASURED), attrgetter("found.rates"), _RATES),
    shares=(MapOf(MEASURED), attrgetter("found.shares"), _SHARES),
    ppi_weight=(maybe(SHARE), attrgetter("found.weight")),
    condition=(
        maybe(Scalar({"type": "number", "minimum": 1})),
        attrgetter("found.condition"),
        "Condition number of the confusion matrix.",
    ),
    warnings=(_CODES, attrgetter("found.warnings")),
)
_SHEET: Mapping[str, Callable[[_Row], Any]] = {
    **columns_of(_ROW, "task judge gold system score items labelled calibration", attrgetter("line")),
    "estimator": attrgetter("name"),
    "chosen": attrgetter("first"),
    **columns_of(MEASURED, "value low high se n undefined", attrgetter("one")),
    "warnings": lambda row: row.line.found.warnings if row.first else None,
}


_cell = partial(explained, reasons=_REASONS)


def _estimator(row: _Row) -> Cell:
    warnings = tuple(words_of(code, _WARNINGS) for code in row.line.found.warnings)
    return Cell(f"* {_NAMES[row.name]}", warnings) if row.first else Cell(_NAMES[row.name])


def _power(row: _Row) -> Cell:
    power = row.line.found.rates.get("youden")
    return _cell(power) if row.first and power is not None else Cell("")


_FIELDS: Fields[_Row] = (
    Field("judge", attrgetter("line.judge"), right=False),
    Field("system", attrgetter("line.found.system"), right=False),
    Field("estimator", _estimator, right=False),
    Field("score [95 % interval]", lambda row: _cell(row.one), right=False),
    Field("rows", attrgetter("one.n")),
    Field(("Youden's J", "[95 % interval]"), _power, right=False),
)


@dataclass(frozen=True, slots=True, repr=False)
class Corrections(Document):
    """Corrected scores of some judges: all rows before the systems."""

    lines: tuple[Corrected, ...]

    SCHEMA = "judgebench.correct/1"
    SHAPE = record(
        "",
        "Scores corrected for an imperfect judge. Shares are fractions, mean ratings in units of the scale. Fields may "
        "be added within version 1; none is removed or changes its meaning.",
        rows=(ListOf(_ROW), attrgetter("lines")),
    )

    @property
    def rows(self) -> list[_Row]:
        """A row for each estimator."""
        return [
            _Row(line, name, one, name == line.found.chosen)
            for line in self.lines
            for name, one in line.found.estimates.items()
        ]

    def sheet(self) -> Sheet:
        return sheet(_SHEET, self.rows)

    def brief(self) -> Brief:
        return brief([(line.judge, line.found) for line in self.lines], _NAMES, _WARNINGS, _REASONS)

    def blocks(self) -> Iterator[Block]:
        yield Sentences(tuple(_sentence(line) for line in self.lines if line.found.system == "all"))
        yield Table(grid(_FIELDS, self.rows, _remarks(self.lines)))


def _sentence(line: Corrected) -> str:
    """Say what it means."""
    found = line.found
    best = found.estimates[found.chosen]
    own = found.estimates["naive"]
    opinion = "" if own.value is None else f"; the judge alone says {decimal(own.value)}"
    if best.value is None:
        reason = _REASONS.get(best.undefined or "", best.undefined)
        return f"{clean(line.judge)}: the {found.score} can't be corrected: {reason}{opinion}."
    rows = f"{found.labelled:,} labelled rows of {found.items:,}"
    if found.calibration and found.chosen != "labels":
        rows = f"{found.calibration:,} calibration rows, {found.items:,} scored"
    how = f"by {_NAMES[found.chosen]} on {rows}" if found.chosen != "labels" else f"by labels only, on {rows}"
    return f"{clean(line.judge)}: {found.score} {interval(best)}, {how}{opinion}."


def _remarks(lines: tuple[Corrected, ...]) -> Iterator[str]:
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
            rates.append(f"weight of the judge in PPI++ {decimal(found.weight)}")
        if found.condition is not None:
            rates.append(f"condition number of the confusion matrix {figure(found.condition, 2)}")
        if rates:
            yield f"{clean(line.judge)}: {', '.join(rates)}"

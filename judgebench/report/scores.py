"""Rows of agreement as JSON (``judgebench.scores/1``), CSV and Markdown.

Every form is byte-stable: the same rows give the same bytes, whatever the order of dictionaries and
whatever the machine's locale.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from judgebench.domain import HUMAN_SOURCES
from judgebench.errors import UsageError
from judgebench.report.document.as_csv import write_csv
from judgebench.report.document.as_json import write_json
from judgebench.report.document.as_md import markdown_grid
from judgebench.report.document.text import clean
from judgebench.stats.coefficients.catalog import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from judgebench.domain import Agreement, Estimate

__all__ = [
    "SCHEMA",
    "ScoresFormat",
    "arrange",
    "estimate_columns",
    "gold_word",
    "gold_words",
    "json_schema",
    "render",
    "to_csv",
    "to_json",
    "to_markdown",
]

SCHEMA = "judgebench.scores/1"
ScoresFormat: TypeAlias = Literal["table", "json", "csv", "md"]
_Kind: TypeAlias = Literal["metrics", "ceiling", "bias"]

#: The ceilings and biases of a wide table; JSON has them all.
CEILING = (
    "percent_agreement",
    "cohen_kappa",
    "krippendorff_alpha",
    "krippendorff_alpha_joint",
    "judge_vs_each_cohen_kappa",
    "ratio_cohen_kappa",
)
BIAS = (
    "position_consistency",
    "position_preference",
    "first_slot_rate",
    "positive_rate_difference",
)


def gold_words(gold: str) -> str:
    """Say whom a judge is compared with; only people's labels are called human.

    Examples
    --------
    >>> [gold_words(gold) for gold in ("expert", "verifier")]
    ['agreement with humans', 'agreement with verifier']
    """
    return f"agreement with {gold_word(gold)}"


def gold_word(gold: str) -> str:
    """Name the side that a judge is compared with; gold of several or of unknown sources is "gold" only."""
    if gold in HUMAN_SOURCES:
        return "humans"
    return "gold" if gold in {"mixed", "unspecified"} else clean(gold)


def arrange(rows: Iterable[Agreement]) -> list[Agreement]:
    """Put rows in a fixed order: by task, judge, data and policies; within these ``all`` comes first.

    Subsets keep the order in which the task gives them.
    """
    return sorted(
        rows,
        key=lambda r: (r.task, r.judge, r.revision, tuple(r.policies.to_json().values()), r.subset != "all"),
    )


def json_schema() -> dict[str, Any]:
    """Read the JSON Schema (draft 2020-12) of ``judgebench.scores/1``."""
    text = resources.files("judgebench.report").joinpath("scores.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def to_json(rows: Iterable[Agreement]) -> dict[str, Any]:
    """Build the document that other programs read.

    Parameters
    ----------
    rows : iterable of Agreement
        Rows of any number of tasks and judges.

    Returns
    -------
    dict
        Plain JSON of schema ``judgebench.scores/1``; values are fractions, and null (with a reason)
        where undefined.
    """
    return {"schema": SCHEMA, "rows": [row.to_json() for row in arrange(rows)]}


def estimate_columns(rows: Sequence[Agreement], *, metrics: Sequence[str] = ()) -> list[tuple[str, _Kind, str]]:
    """Name the estimates that a wide table holds: fixed ones, whatever was measured, then plugins' metrics.

    Parameters
    ----------
    rows : sequence of Agreement
        Metrics found here that this package doesn't know follow at the end, sorted.
    metrics : sequence of str, optional
        The metrics to show; by default all that this package knows.

    Returns
    -------
    list of (str, str, str)
        Column name, the field of `Agreement` that holds it, its key there.
    """
    foreign = sorted({name for row in rows for name in row.metrics}.difference(METRICS))
    groups: tuple[tuple[_Kind, Sequence[str], str], ...] = (
        ("metrics", metrics or tuple(METRICS), ""),
        ("ceiling", CEILING, "ceiling_"),
        ("bias", BIAS, ""),
        ("metrics", foreign, ""),
    )
    return [(prefix + name, kind, name) for kind, names, prefix in groups for name in names]


def to_csv(rows: Iterable[Agreement]) -> str:
    """Write rows as one wide CSV table: every estimate with its interval.

    The last columns name what is undefined and why (``cohen_kappa=no_variation``), and the warnings,
    each joined by spaces.
    """
    ordered = arrange(rows)
    estimates = estimate_columns(ordered)
    header = ["task", "judge", "subset", "gold", "items", "coverage", "order", "tie", "invalid", "gold_policy"]
    for column, _, _ in estimates:
        header += [column, f"{column}_low", f"{column}_high"]
    header += ["input_tokens", "output_tokens", "usd", "revision", "undefined", "warnings"]
    table: list[list[str | float | None]] = []
    for row in ordered:
        policies = row.policies
        cells: list[str | float | None] = [row.task, row.judge, row.subset, row.gold, row.items, row.coverage]
        cells += [policies.order, policies.tie, policies.invalid, policies.gold]
        undefined: list[str] = []
        for column, attribute, key in estimates:
            estimate: Estimate | None = getattr(row, attribute).get(key)
            cells += [None] * 3 if estimate is None else [estimate.value, estimate.low, estimate.high]
            if estimate is not None and estimate.undefined is not None:
                undefined.append(f"{column}={estimate.undefined}")
        usage = row.usage
        cells += [usage.input_tokens, usage.output_tokens, usage.usd, row.revision]
        cells += [" ".join(undefined), " ".join(row.warnings)]
        table.append(cells)
    return write_csv(header, table)


def to_markdown(rows: Iterable[Agreement]) -> str:
    """Write rows as a Markdown table; footnotes say what is undefined and what to be careful with."""
    from judgebench.report.table import grid  # noqa: PLC0415 - table builds on this module

    return markdown_grid(grid(arrange(rows)))


def render(rows: Iterable[Agreement], format: str = "table", *, width: int = 120) -> str:  # noqa: A002 - as the option
    """Print rows in one of the formats of ``--format``.

    Parameters
    ----------
    rows : iterable of Agreement
        What was measured.
    format : {'table', 'json', 'csv', 'md'}
        The form.
    width : int, optional
        Columns of the terminal, for ``table``.

    Raises
    ------
    UsageError
        If the format is none of these.
    """
    if format == "json":
        return write_json(to_json(rows))
    if format == "csv":
        return to_csv(rows)
    if format == "md":
        return to_markdown(rows)
    if format == "table":
        from judgebench.report.table import to_table  # noqa: PLC0415 - table builds on this module

        return to_table(rows, width=width)
    raise UsageError(f"--format {format!r}: write one of {', '.join(get_args(ScoresFormat))}")

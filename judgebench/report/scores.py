"""Rows of agreement as JSON (``judgebench.scores/1``), CSV and Markdown.

Every form is byte-stable: the same rows give the same bytes, whatever the order of dictionaries and
whatever the machine's locale.
"""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from judgebench.domain import HUMAN_SOURCES
from judgebench.errors import UsageError
from judgebench.stats.coefficients.catalog import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from judgebench.domain import Agreement, Estimate
    from judgebench.report.table import Grid

__all__ = [
    "SCHEMA",
    "ScoresFormat",
    "arrange",
    "clean",
    "estimate_columns",
    "figure",
    "gold_word",
    "gold_words",
    "json_schema",
    "markdown_grid",
    "markdown_table",
    "markdown_text",
    "render",
    "spread",
    "to_csv",
    "to_json",
    "to_markdown",
    "write_csv",
    "write_json",
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

#: What makes a cell a formula, full-width signs too; a leading apostrophe must not be taken for ours.
_FORMULA = ("=", "+", "-", "@", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean(text: str) -> str:
    r"""Make a name safe to print: control, invisible and unpaired characters become visible escapes.

    Examples
    --------
    >>> clean("judge\x1b[31m")
    'judge\\x1b[31m'
    """
    return "".join(char if unicodedata.category(char) not in _INVISIBLE else ascii(char)[1:-1] for char in text)


def spread(value: float, digits: int = 3) -> str:
    """Print a fraction as statisticians do: no leading zero, no negative zero.

    Examples
    --------
    >>> [spread(v) for v in (0.4958, -0.035, 1.0, -0.0001)]
    ['.496', '-.035', '1.000', '.000']
    """
    text = figure(value, digits)
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def figure(value: float | None, digits: int = 6) -> str:
    """Print a figure with fixed decimals; nothing where there is none, and never ``-0``.

    Examples
    --------
    >>> [figure(v) for v in (0.5, -0.0000001, None)]
    ['0.500000', '0.000000', '']
    """
    if value is None:
        return ""
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text


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


def write_json(document: Mapping[str, Any]) -> str:
    """Write a document with a fixed layout; ValueError on NaN, which JSON has no word for."""
    # ASCII only: any terminal, any locale and unpaired surrogates from benchmark files are safe.
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


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


def write_csv(header: Sequence[str], rows: Iterable[Sequence[str | float | None]]) -> str:
    r"""Write CSV with ``\n`` line ends and six decimals.

    Text is made printable, and text that a spreadsheet would run as a formula gets a leading
    apostrophe; figures never do.

    Examples
    --------
    >>> write_csv(["judge", "kappa"], [["=HYPERLINK()", -0.5]])
    "judge,kappa\n'=HYPERLINK(),-0.500000\n"
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_cell(name) for name in header])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: str | float | None) -> str:
    if isinstance(value, str):
        text = clean(value)
        return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
    return str(value) if isinstance(value, int) else figure(value)


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


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> str:
    r"""Write a Markdown table; what would break a cell or become markup is escaped.

    Parameters
    ----------
    header : sequence of str
        Column names.
    rows : iterable of sequence of str
        Cells.
    right : iterable of int, optional
        Positions of the columns that are aligned right.

    Examples
    --------
    >>> print(markdown_table(["judge", "n"], [["a|b", "3"]], right=[1]), end="")
    | judge | n |
    | --- | ---: |
    | a\|b | 3 |
    """
    to_right = set(right)
    lines = [
        list(map(markdown_text, header)),
        ["---:" if i in to_right else "---" for i in range(len(header))],
        *(list(map(markdown_text, row)) for row in rows),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def markdown_text(text: str) -> str:
    """Escape what would become markup or break a table."""
    safe = clean(text).replace("&", "&amp;").replace("<", "&lt;")
    # "[.45, .54]" is an interval; only a bracket that opens a link needs to be held back.
    for mark in ("\\", "|", "`", "*", "_", "]("):
        safe = safe.replace(mark, f"\\{mark}")
    return safe


def to_markdown(rows: Iterable[Agreement]) -> str:
    """Write rows as a Markdown table; footnotes say what is undefined and what to be careful with."""
    from judgebench.report.table import grid  # noqa: PLC0415 - table builds on this module

    return markdown_grid(grid(arrange(rows)))


def markdown_grid(layout: Grid) -> str:
    """Write a table's grid as Markdown, its notes as a list below."""
    cells, footnotes = layout.resolve(range(len(layout.columns)))
    text = markdown_table([column.title for column in layout.columns], cells, layout.right)
    notes = [f"- {markdown_text(note)}\n" for note in (*footnotes, *layout.remarks)]
    return text + ("\n" + "".join(notes) if notes else "")


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

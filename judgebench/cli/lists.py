"""`judgebench list`: tables that fit a terminal, and as JSON and CSV whatever is known; quick to start."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from judgebench.cli.help import WIDEST
from judgebench.cli.output import emit, emit_lines
from judgebench.errors import UsageError
from judgebench.report.document.text import clean, text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.api.listing import List, Rows

__all__ = ["FORMS", "written"]

#: Columns of a name.
_NAME = 28
FORMS = ("table", "json", "csv")


def written(kind: str, one: List, form: str) -> None:
    """Print a list in a form."""
    rows = one.rows()
    if form == "table":
        emit_lines("\n".join([*_head(kind, rows), "", *_table(one, rows), "", one.about]))
    elif form == "json":
        import json  # noqa: PLC0415 - loaded on use

        found = [dict(zip(one.columns, row, strict=True)) for row in rows]
        emit(json.dumps({"kind": kind, "rows": found}, indent=2, ensure_ascii=False))
    elif form == "csv":
        import csv  # noqa: PLC0415 - loaded on use
        import io  # noqa: PLC0415 - loaded on use

        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([one.columns, *rows])
        emit(text.getvalue())
    else:
        raise UsageError(f"list {kind} --format: write one of {', '.join(FORMS)}, not {form!r}")


def _head(kind: str, rows: Rows) -> list[str]:
    """Say how many there are; of tasks where their data are, too."""
    if kind != "tasks":
        return [f"{len(rows)} {kind}."]
    data = Counter(row[1] for row in rows)
    here = f"data for {data['here']} is here" if data["here"] else "no data is here yet"
    return [f"{len(rows)} tasks: {here}, and data for {data['fetched']} is fetched when first used."]


def _table(one: List, rows: Rows) -> list[str]:
    """Lay the columns that a terminal shows side by side; the last is cut where there is no more room."""
    shown = one.shown or range(len(one.columns))
    cells = [[clean(row[i]) for i in shown] for row in ([*one.columns], *rows)]
    sizes = [max(text_width(row[i]) for row in cells) for i in range(len(shown))]
    sizes[0] = min(sizes[0], _NAME)
    while sum(sizes) + 2 * (len(sizes) - 1) > WIDEST:
        # The widest gives way, which is the one of texts.
        sizes[sizes.index(max(sizes))] -= 1
    head, *rest = (_line(row, sizes) for row in cells)
    return [head, "  ".join("─" * size for size in sizes), *rest]


def _line(cells: Sequence[str], sizes: Sequence[int]) -> str:
    parts = [
        cell if text_width(cell) <= size else f"{cell[: size - 1].rstrip()}…"
        for cell, size in zip(cells, sizes, strict=True)
    ]
    return "  ".join(
        f"{part}{' ' * (size - text_width(part))}" for part, size in zip(parts, sizes, strict=True)
    ).rstrip()

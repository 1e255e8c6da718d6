"""Documents as CSV: the flat table, safe in a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from judgebench.report.document.text import clean, figure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from judgebench.report.document.blocks import Content

#: What makes a cell a formula, full-width signs too, or a line a CI system's command; a leading apostrophe must not be
#: taken for ours.
_OBEYED = ("=", "+", "-", "@", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20", "::")


def write(document: Content, *, width: int) -> str:  # noqa: ARG001 - every writer's signature
    """Write the flat table."""
    flat = document.sheet()
    return write_csv(flat.header, flat.rows)


def write_csv(header: Sequence[str], rows: Iterable[Sequence[str | float | None]]) -> str:
    r"""Write CSV with ``\n`` line ends and six decimals.

    Text is made printable, and text that a spreadsheet would run as a formula, or a CI system as a command, gets a
    leading apostrophe; figures never do.

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
        return f"'{text}" if text.lstrip().startswith(_OBEYED) else text
    return str(value) if isinstance(value, int) else figure(value)

"""Rows of figures on matplotlib's axes, for notebooks and papers."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from judgebench.errors import UsageError
from judgebench.installed import to_install
from judgebench.report.document.text import shorten
from judgebench.stats.coefficients.catalog import title_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Agreement, Estimate

__all__ = ["forest_axes", "row_label", "shared_ceiling"]

#: Characters of a label; a longer one would leave no room for the drawing.
_LONGEST = 48


def forest_axes(rows: Sequence[Agreement], metric: str | None, ax: Any) -> Any:
    """Draw a figure of every row with its interval on matplotlib's axes, and the ceiling where all rows share one.

    ``metric`` None takes the headline of the first row, ``ax`` None makes a figure; UsageError if no row has it.
    """
    name = metric or rows[0].headline or "cohen_kappa"
    if not any(name in row.metrics for row in rows):
        raise UsageError(f"no row has a figure {name!r}; `judgebench list metrics` names them")
    if find_spec("matplotlib") is None:
        raise UsageError(f"drawing needs matplotlib: {to_install('plot')}")
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(figsize=(7.0, 1.2 + 0.35 * len(rows)), layout="constrained")
    for place, row in enumerate(rows):
        one = row.metrics.get(name)
        if one is None or one.value is None:
            ax.text(0.5, place, "undefined", transform=ax.get_yaxis_transform(), ha="center", va="center")
            continue
        if one.low is not None and one.high is not None:
            ax.plot([one.low, one.high], [place, place], color="C0", linewidth=2)
        ax.plot([one.value], [place], "o", color="C0")
    if (ceiling := shared_ceiling(rows, name)) is not None:
        ax.axvline(ceiling.value, color="C2", linestyle="--", label="human ceiling")
        ax.legend(loc="best")
    # A dollar in a name would start matplotlib's mathematics.
    ax.set_yticks(range(len(rows)), [shorten(row_label(row, rows), _LONGEST) for row in rows], parse_math=False)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlabel(f"{title_of(name)}, 95 % intervals", parse_math=False)
    return ax


def shared_ceiling(rows: Sequence[Agreement], name: str) -> Estimate | None:
    """Find the human ceiling that all rows share."""
    found = [row.ceiling[name] for row in rows if name in row.ceiling and row.ceiling[name].value is not None]
    # Judges that leave out other items stand beside other ceilings: only a shared one is a line.
    return found[0] if len(found) == len(rows) and len({one.value for one in found}) == 1 else None


def row_label(row: Agreement, rows: Sequence[Agreement]) -> str:
    """Name a row by what tells it from the others."""
    parts = [row.judge]
    if len({one.task for one in rows}) > 1:
        parts.append(row.task)
    if row.subset != "all":
        parts.append(row.subset)
    return ", ".join(parts)

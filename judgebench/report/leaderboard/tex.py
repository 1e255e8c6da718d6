"""Leaderboards as LaTeX tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.report.document.as_tex import PREAMBLE, latex_name, latex_table, latex_text
from judgebench.report.leaderboard.grids import matrix, sections
from judgebench.report.leaderboard.ranks import NOTE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.report.leaderboard.aggregate import Aggregate
    from judgebench.report.leaderboard.grids import Named
    from judgebench.report.leaderboard.ranks import Entry

__all__ = ["to_tex"]

#: Tasks beside each other in one table; a page holds no more.
_BESIDE = 3


def to_tex(entries: Sequence[Entry], overall: Aggregate | None = None) -> str:
    r"""Write a leaderboard as LaTeX, to be read with ``\input``.

    Judges by tasks first, a few tasks a table, where there are several; then a table per task with what stands in
    subset ``all``. Each table is a float with a caption, a label ``tab:judgebench-TASK`` and notes.
    """
    whole = [entry for entry in entries if entry.row.subset == "all"]
    named = sections(whole)
    blocks = [PREAMBLE]
    if overall is not None:
        blocks.append(latex_table(overall.grid(), overall.title, "judgebench-overall"))
    if len(named) > 1:
        blocks += _matrix(matrix(whole))
    blocks += [_section(one) for one in named]
    blocks.append(f"\\noindent{{\\footnotesize {latex_text(NOTE)}}}\n")
    return "\n".join(blocks)


def _matrix(whole: Named) -> list[str]:
    tasks = range(1, len(whole.grid.columns))
    parts = [tuple(tasks[i : i + _BESIDE]) for i in range(0, len(tasks), _BESIDE)]
    found: list[str] = []
    for number, part in enumerate(parts, 1):
        of = f", part {number} of {len(parts)}" if len(parts) > 1 else ""
        label = f"judgebench-matrix-{number}"
        found.append(latex_table(whole.grid, f"{whole.title}{of}", label, shown=(0, *part)))
    return found


def _section(one: Named) -> str:
    titles = [column.title for column in one.grid.columns]
    # Every row is of subset all, and the caption says whose labels the gold is.
    shown = [i for i, title in enumerate(titles) if title not in {"subset", "gold"}]
    return latex_table(one.grid, one.title, f"judgebench-{latex_name(one.task)}", shown=shown)

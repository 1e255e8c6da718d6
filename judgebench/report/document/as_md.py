"""Documents as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.report.document.blocks import Notes, Table, texts_of
from judgebench.report.document.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from judgebench.report.document.blocks import Block, Content, Grid


def write(document: Content, *, width: int) -> str:  # noqa: ARG001 - every writer's signature
    """Write the blocks."""
    return "\n".join(map(_block, document.parts("md")))


def _block(block: Block) -> str:
    if isinstance(block, Table):
        head = [f"## {markdown_text(block.caption)}\n"] if block.caption else []
        return "\n".join(
            [*head, *([f"{markdown_text(block.lead)}\n"] if block.lead else []), markdown_grid(block.grid)]
        )
    if isinstance(block, Notes) and block.listed:
        return "".join(f"- {markdown_text(text)}\n" for text in block.texts)
    return "\n".join(f"{markdown_text(text)}\n" for text in texts_of(block))


def markdown_grid(grid: Grid) -> str:
    """Write a grid, its notes as a list below."""
    cells, footnotes = grid.resolve(range(len(grid.columns)))
    written = grid.bold(_strong, [list(map(markdown_text, row)) for row in cells])
    text = _table(list(map(markdown_text, (column.title for column in grid.columns))), written, grid.right)
    notes = [f"- {markdown_text(note)}\n" for note in (*footnotes, *grid.remarks)]
    return text + ("\n" + "".join(notes) if notes else "")


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> str:
    r"""Write a table; what would break a cell or become markup is escaped.

    >>> print(markdown_table(["judge", "n"], [["a|b", "3"]], right=[1]), end="")
    | judge | n |
    | --- | ---: |
    | a\|b | 3 |
    """
    return _table(list(map(markdown_text, header)), [list(map(markdown_text, row)) for row in rows], right)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], right: Iterable[int]) -> str:
    to_right = set(right)
    lines = [header, ["---:" if i in to_right else "---" for i in range(len(header))], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _strong(text: str) -> str:
    return f"**{text}**"


def markdown_text(text: str) -> str:
    """Escape what would become markup or break a table."""
    safe = clean(text).replace("&", "&amp;").replace("<", "&lt;")
    # "[.45, .54]" is an interval; only a bracket that opens a link needs to be held back.
    for mark in ("\\", "|", "`", "*", "_", "]("):
        safe = safe.replace(mark, f"\\{mark}")
    # A CI system's log obeys what begins so; Markdown shows the colons all the same.
    return f"\\{safe}" if safe.lstrip().startswith("::") else safe

"""Documents on a terminal: plain text that fits its width, footnotes in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.report.document.blocks import Table, texts_of
from judgebench.report.document.text import clean, cut, text_width, unobeyed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.report.document.blocks import Block, Content, Grid


#: So many characters of a cell and of a sentence are shown; --format csv and json have them whole.
LONGEST_CELL, _LONGEST_TEXT = 400, 4000


def write(document: Content, *, width: int) -> str:
    """Write the blocks, no wider than ``width`` where that can be done."""
    return unobeyed("\n".join(_block(block, width) for block in document.parts("table")))


def _block(block: Block, width: int) -> str:
    if isinstance(block, Table):
        head = "".join(f"{line}\n" for line in fill(block.title, width)) + "\n" if block.title else ""
        return head + draw(block.grid, width=width, names=block.names, plan=block.plan)
    return "".join(f"{line}\n" for text in texts_of(block) for line in fill(text, width))


def draw(
    grid: Grid, *, width: int, names: Sequence[int] = (), plan: Sequence[tuple[int, Sequence[int]]] = ((8, ()),)
) -> str:
    """Draw a grid with its notes, within ``width`` columns where that can be done; ``names`` are columns that may wrap.

    Each step of ``plan`` wraps names down to a width, then leaves out columns, until the table fits.
    """
    if not grid.rows:
        return "no rows\n"
    widths, shown, dropped = _fit(grid, width, names, plan)
    cells, footnotes = _resolved(grid, shown)
    sizes = [widths[i] for i in shown]
    right = [grid.columns[i].right for i in shown]
    lines = line_of([grid.columns[i].heading for i in shown], sizes, right, bottom=True)
    lines.append("  ".join("─" * size for size in sizes))
    for row in cells:
        pieces = [_wrap(cell, widths[i]) if i in names else (cell,) for i, cell in zip(shown, row, strict=True)]
        lines += line_of(pieces, sizes, right)
    notes = list(footnotes)
    if dropped:
        notes.append(f"Left out for want of room: {', '.join(dropped)} (--format csv has them).")
    notes += grid.remarks
    for i, note in enumerate(notes):
        lines += [*([] if i else [""]), *fill(note, width)]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _resolved(grid: Grid, shown: Sequence[int]) -> tuple[list[list[str]], list[str]]:
    cells, footnotes = grid.resolve(shown)
    return [[cut(cell, LONGEST_CELL) for cell in row] for row in cells], footnotes


def _fit(
    grid: Grid, width: int, names: Sequence[int], plan: Sequence[tuple[int, Sequence[int]]]
) -> tuple[list[int], list[int], list[str]]:
    """Choose the width of each column, the columns that are shown, and say which are not."""
    every = range(len(grid.columns))
    cells, _ = _resolved(grid, every)
    widths = [max(map(text_width, (*grid.columns[i].heading, *(row[i] for row in cells)))) for i in every]
    shown = list(every)
    dropped: list[str] = []

    def excess() -> int:
        return sum(widths[i] for i in shown) + 2 * (len(shown) - 1) - width

    for least, droppable in plan:
        # The widest name gives way first, so that short ones stay on one line.
        while names and excess() > 0 and widths[wide := max(names, key=lambda i: widths[i])] > least:
            widths[wide] -= 1
        for i in droppable:
            if excess() > 0:
                shown.remove(i)
                dropped.append(grid.columns[i].title)
    return widths, shown, dropped


def line_of(
    cells: Sequence[Sequence[str]], widths: Sequence[int], right: Sequence[bool], *, bottom: bool = False
) -> list[str]:
    """Lay cells of some lines each side by side."""
    height = max(map(len, cells))
    padded = [[""] * (height - len(c)) + list(c) if bottom else list(c) + [""] * (height - len(c)) for c in cells]
    lines: list[str] = []
    for y in range(height):
        parts: list[str] = []
        for cell, size, to_right in zip(padded, widths, right, strict=True):
            blank = " " * max(0, size - text_width(cell[y]))
            parts.append(blank + cell[y] if to_right else cell[y] + blank)
        lines.append("  ".join(parts))
    return lines


def _wrap(text: str, width: int) -> tuple[str, ...]:
    """Break a name, after ``/``, ``-``, ``_``, ``:`` or a blank where one is near, else anywhere."""
    lines: list[str] = []
    line = ""
    for char in text:
        if text_width(line + char) > width and line:
            cut = max((line.rfind(mark) + 1 for mark in "/-_: "), default=0)
            cut = cut if cut > len(line) // 2 else len(line)
            lines.append(line[:cut])
            line = line[cut:]
        line += char
    return (*lines, line)


def fill(text: str, width: int, *, indent: str = "  ") -> list[str]:
    """Break a text at blanks, the following lines indented; what is not to be printed is escaped first."""
    text = clean(cut(text, _LONGEST_TEXT))
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        if line.strip() and text_width(line) + 1 + text_width(word) > width:
            lines.append(line)
            line = f"{indent}{word}"
        else:
            line = f"{line} {word}" if line else word
    # A single word may be longer than a line.
    return [piece for line in (*lines, line) for piece in _wrap(line, width)]

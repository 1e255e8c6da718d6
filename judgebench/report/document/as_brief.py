"""Brief answers on a terminal.

Nothing wraps but sentences: where the table is too wide, spare columns go, then names are cut in the middle, figures
never.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.report.document.as_table import fill, line_of
from judgebench.report.document.text import clean, shorten, text_width, unobeyed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.report.document.blocks import Cell, Grid, Tone
    from judgebench.report.document.brief import Brief, Next

__all__ = ["write"]

#: A name is still known by so many characters.
_SHORTEST = 12
_INTERVAL = re.compile(r"(\S+) \[(\S+), (\S+)\](.*)")
#: Codes of the colours; bold is the answer.
_BOLD = "1"
_TONES: dict[Tone, str] = {"": "", "good": "32", "doubt": "33", "bad": "31"}


def write(brief: Brief, *, width: int, colour: bool = False) -> str:
    """Write answer, table, notes and next steps, a blank line between them."""
    parts = [_answer(brief, width, colour=colour)]
    if brief.table is not None and brief.table.rows:
        parts.append(_table(_narrowed(_aligned(brief.table), width), colour=colour))
    parts.append([line for note in brief.notes for line in fill(note, width, indent="")])
    parts.append(_next(brief.next, width))
    return unobeyed("\n".join("".join(f"{line.rstrip()}\n" for line in lines) for lines in parts if lines))


def _coloured(text: str, *codes: str) -> str:
    code = ";".join(filter(None, codes))
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text


def _answer(brief: Brief, width: int, *, colour: bool) -> list[str]:
    word = clean(brief.head.text)
    edge = text_width(word) + 2 if word else 0
    lines = [line for sentence in brief.answer for line in fill(sentence, width - edge, indent="")]
    if not word:
        return [_coloured(line, _BOLD) for line in lines] if colour else lines
    first = _coloured(word, _BOLD, _TONES[brief.head.tone]) if colour else word
    return [f"{' ' * edge if i else f'{first}  '}{line}" for i, line in enumerate(lines)]


def _table(grid: Grid, *, colour: bool) -> list[str]:
    sizes = _sizes(grid)
    right = [one.right for one in grid.columns]

    def written(one: Cell, size: int, to_right: bool) -> str:  # noqa: FBT001 - a column's side
        blank = " " * (size - text_width(one.text))
        text = _coloured(one.text, _TONES[one.tone]) if colour else one.text
        return blank + text if to_right else text + blank

    lines = line_of([one.heading for one in grid.columns], sizes, right, bottom=True)
    lines.append("  ".join("─" * size for size in sizes))
    for y, row in enumerate(grid.rows):
        lines += ["─" * sizes[0]] if y in grid.breaks else []
        lines.append("  ".join(map(written, row, sizes, right)))
    return lines


def _next(steps: Sequence[Next], width: int) -> list[str]:
    """Write commands and what they are for; one that is too long goes on behind a backslash, as a shell reads it."""
    edge = 7
    commands = [_broken(clean(one.command), width - edge) for one in steps]
    most = max((text_width(one[0]) for one in commands), default=0)
    beside = all(
        len(command) == 1 and edge + most + 3 + text_width(one.why) <= width
        for one, command in zip(steps, commands, strict=True)
    )
    lines: list[str] = []
    for i, (one, command) in enumerate(zip(steps, commands, strict=True)):
        head = f"{'' if i else 'Next:':{edge}}"
        if beside:
            lines.append(f"{head}{command[0]}{' ' * (most - text_width(command[0]))}   {clean(one.why)}")
            continue
        lines += [f"{' ' * edge if j else head}{part}" for j, part in enumerate(command)]
        lines += [f"{' ' * (edge + 4)}{line}" for line in fill(one.why, width - edge - 4, indent="") if line]
    return lines


def _broken(command: str, width: int) -> list[str]:
    """Break a command before an option."""
    if text_width(command) <= width:
        return [command]
    lines, line = [], ""
    for part in command.replace(" --", "\n--").split("\n"):
        if line and text_width(line) + 1 + text_width(part) > width - 2:
            lines.append(f"{line} \\")
            line = f"    {part}"
        else:
            line = f"{line} {part}" if line else part
    return [*lines, line]


def _sizes(grid: Grid) -> list[int]:
    return [
        max(map(text_width, (*one.heading, *(row[i].text for row in grid.rows)))) for i, one in enumerate(grid.columns)
    ]


def _narrowed(grid: Grid, width: int) -> Grid:
    """Fit a grid into a width: without its spare columns, the last first, then with its longest names cut."""

    def excess() -> int:
        return sum(_sizes(grid)) + 2 * (len(grid.columns) - 1) - width

    for i in reversed(range(len(grid.columns))):
        if grid.columns[i].spare and excess() > 0:
            grid = grid.only(j for j in range(len(grid.columns)) if j != i)
    names = [i for i, one in enumerate(grid.columns) if not one.right]
    while names and (over := excess()) > 0:
        sizes = _sizes(grid)
        wide = max(names, key=sizes.__getitem__)
        if sizes[wide] <= _SHORTEST:
            break
        # The widest gives way down to the next one, so that short names stay whole.
        others = max((sizes[i] for i in names if i != wide), default=0)
        grid = _cut(grid, wide, max(_SHORTEST, min(sizes[wide] - 1, max(others, sizes[wide] - over))))
    return grid


def _cut(grid: Grid, column: int, most: int) -> Grid:
    def row(cells: Sequence[Cell]) -> tuple[Cell, ...]:
        return tuple(one._replace(text=shorten(one.text, most)) if i == column else one for i, one in enumerate(cells))

    heads = tuple(
        replace(one, title=shorten(one.title, most), lines=()) if i == column and text_width(one.title) > most else one
        for i, one in enumerate(grid.columns)
    )
    return replace(grid, columns=heads, rows=tuple(map(row, grid.rows)))


def _aligned(grid: Grid) -> Grid:
    """Make cells safe, and put the brackets of intervals below each other."""
    columns: list[list[str]] = []
    for i in range(len(grid.columns)):
        texts = [clean(row[i].text) for row in grid.rows]
        found = [_INTERVAL.fullmatch(text) for text in texts]
        one, low, high = (max((len(each[part]) for each in found if each), default=0) for part in (1, 2, 3))
        columns.append(
            [
                f"{each[1]:>{one}} [{each[2]:>{low}}, {each[3]:>{high}}]{each[4]}" if each else text
                for text, each in zip(texts, found, strict=True)
            ]
        )
    rows = zip(grid.rows, zip(*columns, strict=True), strict=True)
    return replace(
        grid, rows=tuple(tuple(one._replace(text=text) for one, text in zip(*both, strict=True)) for both in rows)
    )

"""Brief answers on a terminal.

Nothing wraps but sentences. Where the table is too wide, headings are broken into their lines, then spare columns go,
then names are cut before their last part or in the middle, figures never.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.report.document.as_table import LONGEST_CELL, fill, line_of
from judgebench.report.document.text import clean, cut, shorten, text_width, unobeyed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.report.document.blocks import Cell, Column, Grid, Tone
    from judgebench.report.document.brief import Brief, Next

__all__ = ["write"]

#: A name is still known by so many characters.
_SHORTEST = 12
#: No command that anybody typed is longer: its values are somebody's file.
_LONGEST_COMMAND = 10_000
#: And by so few where conditions follow.
_HEAD = 4
#: What follows the last blank or slash of a name.
_LAST = re.compile(r"[\s/][^\s/]+$")
_NUMBER = r"[-+]?(?:[.\d]|inf)\S*"
#: A figure with its interval; its unit may stand between them. A name may have brackets, too.
_INTERVAL = re.compile(rf"({_NUMBER}) \[({_NUMBER}), ({_NUMBER})\](.*)")
_FIGURE = re.compile(rf"{_NUMBER}(?: \S+)? \[{_NUMBER}, {_NUMBER}\].*")
#: A word of a command as `shlex.join` writes it.
_WORD = re.compile(r"""(?:'[^']*'|"[^"]*"|\S)+""")
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
    commands = [_broken(clean(cut(one.command, _LONGEST_COMMAND)), width - edge) for one in steps]
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
    """Break a command before a word, but not between an option and its value."""
    if text_width(command) <= width:
        return [command]
    parts: list[str] = []
    for word in _WORD.findall(command):
        if parts and parts[-1].startswith("--") and _WORD.fullmatch(parts[-1]) and not word.startswith("--"):
            parts[-1] += f" {word}"
        else:
            parts.append(word)
    lines = [parts[0]]
    for part in parts[1:]:
        if text_width(lines[-1]) + 1 + text_width(part) > width - 2:
            lines[-1] += " \\"
            lines.append(f"    {part}")
        else:
            lines[-1] += f" {part}"
    return lines


def _sizes(grid: Grid) -> list[int]:
    return [
        max(map(text_width, (*one.heading, *(row[i].text for row in grid.rows)))) for i, one in enumerate(grid.columns)
    ]


def _narrowed(grid: Grid, width: int) -> Grid:
    """Fit a grid into a width: without its spare columns, the last first, then with its longest names cut."""
    whole = grid

    def excess() -> int:
        return sum(_sizes(grid)) + 2 * (len(grid.columns) - 1) - width

    grid = replace(whole, columns=tuple(replace(one, lines=()) for one in whole.columns))
    if excess() <= 0:
        return grid
    grid = whole
    for i in reversed(range(len(grid.columns))):
        if grid.columns[i].spare and excess() > 0:
            grid = grid.only(j for j in range(len(grid.columns)) if j != i)
    least = [_least(grid, i) for i in range(len(grid.columns))]
    while (over := excess()) > 0:
        sizes = _sizes(grid)
        loose = [i for i, size in enumerate(sizes) if size > least[i]]
        if not loose:
            break
        wide = max(loose, key=sizes.__getitem__)
        # The widest gives way down to the next one, so that short names stay whole.
        others = max((sizes[i] for i in loose if i != wide), default=0)
        grid = _cut(grid, wide, max(least[wide], min(sizes[wide] - 1, max(others, sizes[wide] - over))))
    return grid


def _least(grid: Grid, column: int) -> int:
    """Say how narrow a column may be: names give way, figures don't, but for the name above them."""
    texts = [row[column].text for row in grid.rows]
    one = grid.columns[column]
    if one.right or one.whole or any(map(_FIGURE.fullmatch, texts)):
        return max(_SHORTEST, *map(text_width, texts), *map(text_width, grid.columns[column].lines))
    return _SHORTEST


def _cut(grid: Grid, column: int, most: int) -> Grid:
    def row(cells: Sequence[Cell]) -> tuple[Cell, ...]:
        return tuple(one._replace(text=_shorter(one.text, most)) if i == column else one for i, one in enumerate(cells))

    def head(one: Column) -> Column:
        if max(map(text_width, one.heading)) <= most:
            return one
        return replace(one, title=shorten(one.title, most), lines=())

    heads = tuple(head(one) if i == column else one for i, one in enumerate(grid.columns))
    return replace(grid, columns=heads, rows=tuple(map(row, grid.rows)))


def _shorter(name: str, most: int) -> str:
    """Cut a name, and of one with conditions what stands before them: these tell it from the next row."""
    head, dot, conditions = name.partition(" · ")
    room = most - text_width(f"{dot}{conditions}")
    return f"{_parted(head, room)}{dot}{conditions}" if dot and room >= _HEAD else _parted(name, most)


def _parted(name: str, most: int) -> str:
    """Cut a name before its last part where that fits, since a part of a word tells little; else in the middle.

    >>> _parted("baseline/majority", 16), _parted("SAMPLE bff-bench", 14), _parted("some-model-405b-2024-07-23", 16)
    ('baseli…/majority', 'SAMP…bff-bench', 'some-mod…4-07-23')
    """
    last = _LAST.search(name)
    room = 0 if last is None else most - text_width(last[0].lstrip()) - 1
    if last is None or room < _HEAD or text_width(name) <= most:
        return shorten(name, most)
    head = name[: last.start()]
    while text_width(head) > room:
        head = head[:-1]
    return f"{head}…{last[0].lstrip()}"


def _aligned(grid: Grid) -> Grid:
    """Make cells safe, and put the brackets of intervals below each other."""
    columns: list[list[str]] = []
    for i in range(len(grid.columns)):
        texts = [clean(cut(row[i].text, LONGEST_CELL)) for row in grid.rows]
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

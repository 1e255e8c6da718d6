r"""Documents as LaTeX, to be read with ``\input``: booktabs, notes below, and no text that could be a command.

What LaTeX engines know in common stays as it is (ASCII, accented Latin letters); signs that tables use have their own
commands; any other character becomes ``\judgebenchchar{4E2D}``, which the file defines: the character itself in XeLaTeX
and LuaLaTeX, and its number in pdfLaTeX, which would stop there.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from judgebench.report.document.blocks import Notes, Table, texts_of
from judgebench.report.document.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from judgebench.report.document.blocks import Block, Content, Grid

__all__ = ["PREAMBLE", "latex_name", "latex_table", "latex_text"]

PREAMBLE = r"""% Needs \usepackage[T1]{fontenc}, \usepackage{booktabs} and \usepackage{threeparttable}.
\providecommand{\judgebenchchar}[1]{\ifdefined\Umathcode\char"#1\relax\else\texttt{U+#1}\fi}
"""
_COMMANDS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    **{char: f"\\{char}" for char in "#$%&_{}"},
    "–": r"\textendash{}",  # noqa: RUF001 - the sign itself is meant
    "—": r"\textemdash{}",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    "…": r"\ldots{}",
    "·": r"\textperiodcentered{}",
    "×": r"$\times$",  # noqa: RUF001 - the sign itself is meant
    "±": r"$\pm$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "−": r"$-$",  # noqa: RUF001 - the sign itself is meant
    **{mark: rf"\textsuperscript{{{i}}}" for i, mark in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
}
#: Runs of these are ligatures: a model's name with two hyphens would get a dash.
_RUNS = re.compile(r"([-',])(?=\1)")
#: A hyphen before a figure is a minus.
_MINUS = re.compile(r"(?<![\w.-])-(?=\.?\d)")
#: Latin-1 and Latin Extended-A letters, which every engine's T1 fonts hold.
_KEPT = re.compile(r"[\u00c0-\u017f]")
#: Letters of these blocks that T1 has no slot for.
_LACKING = frozenset("ĈĉĊċĒēĔĕĖėĜĝĠĤĥĦħĨĩĪīĬĭĮįĴĵĶķĸĻļĿŀŅņŉŌōŎŏŖŗŜŝŢţŦŧŨũŪūŬŭŲųŴŵŶŷſ÷×")  # noqa: RUF001 - letters, each as itself


def write(document: Content, *, width: int) -> str:  # noqa: ARG001 - every writer's signature
    """Write the blocks."""
    kind = latex_name(document.SCHEMA.partition("/")[0])
    name = document.kind()
    return "\n".join([PREAMBLE, *(_block(block, name, f"{kind}-{i}") for i, block in enumerate(document.parts("tex")))])


def _block(block: Block, name: str, label: str) -> str:
    if isinstance(block, Table):
        # In a list of tables an empty caption would be a line that says nothing.
        return latex_table(block.grid, block.title or name, block.label or label)
    small = r"{\footnotesize " if isinstance(block, Notes) else "{"
    return "\\par\n".join(rf"\noindent{small}{latex_text(text)}}}" for text in texts_of(block)) + "\n"


def latex_text(text: str) -> str:
    r"""Write a text so that LaTeX prints it and obeys none of it; invisible characters become visible escapes.

    >>> print(latex_text("50 % of $x_1 & {\\input#}"))
    50 \% of \$x\_1 \& \{\textbackslash{}input\#\}
    >>> print(latex_text("a--b ^1~"), latex_text("评"))
    a-{}-b \textasciicircum{}1\textasciitilde{} \judgebenchchar{8BC4}
    >>> print(latex_text("gpt-4: -.12 [-0.3, .1]"))
    gpt-4: $-$.12 [$-$0.3, .1]
    """
    written = "".join(map(_char, unicodedata.normalize("NFC", clean(text))))
    return _RUNS.sub(r"\1{}", _MINUS.sub("$-$", written))


def _char(char: str) -> str:
    if (command := _COMMANDS.get(char)) is not None:
        return command
    if char.isascii() or (_KEPT.match(char) and char not in _LACKING):
        return char
    return rf"\judgebenchchar{{{ord(char):04X}}}"


def latex_name(text: str) -> str:
    r"""Make a name for ``\label`` of any text: letters, digits and dashes, never empty.

    >>> latex_name("alttest:cebab_stars"), latex_name("{}")
    ('alttest-cebab-stars', 'x')
    """
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-") or "x"


def latex_table(grid: Grid, caption: str, label: str) -> str:
    """Write a grid as a ``table`` with its notes below; the label follows ``tab:``."""
    cells, footnotes = grid.resolve(range(len(grid.columns)))
    kinds = "".join("r" if column.right else "l" for column in grid.columns)
    rows = [" & ".join(row) + r" \\" for row in grid.bold(_strong, [list(map(_held, row)) for row in cells])]
    for place in reversed(grid.breaks):
        rows.insert(place, r"\midrule")
    lines = [
        r"\begin{table}[htbp]",
        r"\centering",
        r"\small",
        r"\begin{threeparttable}",
        rf"\caption{{{latex_text(caption)}}}",
        rf"\label{{tab:{label}}}",
        rf"\begin{{tabular}}{{@{{}}{kinds}@{{}}}}",
        r"\toprule",
        _row(column.title for column in grid.columns),
        r"\midrule",
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
    ]
    if notes := (*footnotes, *grid.remarks):
        lines += [r"\begin{tablenotes}[flushleft]", r"\footnotesize"]
        lines += [rf"\item {_held(note)}" for note in notes]
        lines += [r"\end{tablenotes}"]
    lines += [r"\end{threeparttable}", r"\end{table}"]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return " & ".join(map(_held, cells)) + r" \\"


def _strong(text: str) -> str:
    return rf"\textbf{{{text}}}"


def _held(text: str) -> str:
    # A bracket or a star after the end of a row, or a bracket after \item, would be that command's option; a CI
    # system's log obeys a line that begins with two colons.
    return ("{}" if text.lstrip().startswith(("[", "*", "::")) else "") + latex_text(text)

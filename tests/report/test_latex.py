r"""LaTeX tables: any name comes back as the text that it was, and none of it is a command."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db
from pylatexenc.latexwalker import LatexEnvironmentNode, LatexMacroNode, LatexWalker
from pylatexenc.latexwalker import get_default_latex_context_db as walker_db
from pylatexenc.macrospec import std_macro
from report.report_rows import board, one_row, rows

from judgebench.report.document.as_tex import PREAMBLE, latex_table, latex_text
from judgebench.report.document.blocks import Cell, Column, Grid
from judgebench.report.document.text import clean
from judgebench.report.leaderboard.ranks import rank

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.report.leaderboard.entries import Entry

HOSTILE = (
    r"\input{/etc/passwd}",
    r"$x^2$ & 100% #1 {a_b} ~",
    "a % rest of the line",
    "a\\\\ \\hline",
    "--- ''quotes'' ,,low`` <<>>",
    "[2ex] *",
    "\x1b[31mred\n\n\\par",
    "模型 ☃ \U0001f600 é ß ł \u202e",
    r"^^5cinput \catcode`\%=12",
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def _walker(text: str) -> LatexWalker:
    database = walker_db()
    database.add_context_category("ours", macros=[std_macro("judgebenchchar", False, 1)], prepend=True)
    return LatexWalker(text, latex_context=database, tolerant_parsing=False)


def read_back(written: str) -> str:
    """What a reader of the printed page would see."""
    database = get_default_latex_context_db()
    signs = {
        "textasciicircum": "^", "textasciigrave": "`", "textbar": "|", "textemdash": "\u2014", "textendash": "\u2013",
        "textgreater": ">", "textless": "<", "textperiodcentered": "·", "textquotedbl": '"',
        "textquotedblleft": "\u201c", "textquotedblright": "\u201d",
    }  # fmt: skip
    database.add_context_category(
        "ours",
        macros=[
            MacroTextSpec("judgebenchchar", simplify_repl=lambda node: chr(int(_argument(node), 16))),
            *(MacroTextSpec(name, sign) for name, sign in signs.items()),
        ],
        prepend=True,
    )
    reader = LatexNodes2Text(latex_context=database, strict_latex_spaces=True, math_mode="text", keep_comments=True)
    nodes, _, _ = _walker(written).get_latex_nodes()
    return reader.nodelist_to_text(nodes)


def _argument(node: LatexMacroNode) -> str:
    return node.nodeargd.argnlist[0].nodelist[0].chars


def expected(text: str) -> str:
    """Control characters become escapes, as everywhere, and a minus is a minus."""
    return unicodedata.normalize("NFC", clean(text)).translate(_SUPERSCRIPTS).replace("\u2212", "-")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_comes_back_as_text(text: str) -> None:
    assert read_back(latex_text(text)) == expected(text)


@given(st.text(st.characters(exclude_categories=("Zs", "Zl", "Zp")), max_size=40))
@settings(deadline=None)
def test_any_text_comes_back(text: str) -> None:
    assert read_back(latex_text(text)) == expected(text)


@given(st.text(max_size=40))
def test_no_text_holds_a_command_of_its_own(text: str) -> None:
    written = latex_text(text)
    assert "\n" not in written
    assert "%" not in re.sub(r"\\%", "", written)
    known = {"judgebenchchar", "text", "ldots", "$", "%", "#", "&", "_", "{", "}", "pm", "times", "leq", "geq"}
    for name in re.findall(r"\\([A-Za-z]+|.)", written):
        assert name in known or name.startswith("text"), name


def test_ligatures_are_broken_and_figures_have_a_minus() -> None:
    assert latex_text("a--b") == "a-{}-b"
    assert latex_text("-.12 [-0.3, 1]") == "$-$.12 [$-$0.3, 1]"
    assert latex_text("gpt-4-0613") == "gpt-4-0613"


def test_brackets_and_stars_at_the_start_of_a_row_are_no_options() -> None:
    layout = Grid((Column("a"), Column("b", right=False)), ((Cell("[2ex]"), Cell("*")), (Cell("*"), Cell("[x]"))))
    text = latex_table(layout, "c", "l")
    assert "{}[2ex] & {}* \\\\" in text
    assert "\n{}* & {}[x] \\\\" in text


def hostile_board() -> list[Entry]:
    found = [
        replace(one_row(), judge=text, task=task, warnings=("prevalence",))
        for text in HOSTILE
        for task in ("pandalm", r"\evil_{task}$&%")
    ]
    return rank(found)


def test_a_leaderboard_of_hostile_names_parses_into_the_tables_that_it_is() -> None:
    text = board(hostile_board(), "tex")
    nodes, _, _ = _walker(text).get_latex_nodes()
    tables = [node for node in nodes if isinstance(node, LatexEnvironmentNode)]
    assert [one.environmentname for one in tables] == ["table"] * 3
    for macro in ("input", "evil", "hline", "par", "catcode"):
        assert f"\\{macro}" not in text
    for one in HOSTILE:
        assert latex_text(one) in text
    # Every line of a table has as many cells as it has columns.
    for body in re.findall(r"\\toprule\n(.*?)\\bottomrule", text, flags=re.DOTALL):
        lines = [line for line in body.splitlines() if line != r"\midrule"]
        assert len({len(re.findall(r"(?<!\\)&", line)) for line in lines}) == 1
        assert all(line.endswith(r" \\") for line in lines)


def test_the_table_of_a_task_has_room_in_a_paper() -> None:
    text = board(rank([replace(one_row(), judge=name, task="pandalm") for name in ("a", "b")]), "tex")
    (head,) = re.findall(r"\\toprule\n(.*?) \\\\\n", text)
    assert [one.partition(" [")[0] for one in head.split(" & ")] == [
        "places", "judge", "kappa", "same as the majority", "items", "usable"
    ]  # fmt: skip
    notes = re.sub(r"\\[a-z]+|[{}]", " ", text.partition(r"\begin{tablenotes}")[2])
    assert len(notes.split()) < 60


@given(rows(3))
@settings(max_examples=20, deadline=None)
def test_any_leaderboard_parses(some) -> None:
    _walker(board(rank(some), "tex")).get_latex_nodes()


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="no pdflatex here")
def test_pdflatex_sets_it(tmp_path: Path) -> None:
    (tmp_path / "board.tex").write_text(board(hostile_board(), "tex"), "utf-8")
    packages = "".join(f"\\usepackage{{{name}}}" for name in ("booktabs", "threeparttable"))
    (tmp_path / "whole.tex").write_text(
        f"\\documentclass{{article}}\\usepackage[T1]{{fontenc}}{packages}\\begin{{document}}\\input{{board}}"
        "\\end{document}",
        "utf-8",
    )
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "whole.tex"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    assert "providecommand" in PREAMBLE

"""Brief answers: what is left out, cut and coloured on a terminal."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judgebench.report.document import TYPED, as_brief
from judgebench.report.document.blocks import Cell, Column, Grid
from judgebench.report.document.brief import Brief, Next, again
from judgebench.report.document.text import text_width

_NAMES = Column("judge", right=False)
_KAPPA = Column("kappa [95 % interval]", right=False)


def _grid(*rows: tuple[str, ...], spare: bool = False) -> Grid:
    columns = (_NAMES, Column("verdict", right=False), Column("n", spare=spare), _KAPPA)
    return Grid(columns, tuple(tuple(map(Cell, row)) for row in rows))


def test_brackets_are_below_each_other_and_the_next_steps_follow():
    grid = _grid(("a", "Yes", "10", ".50 [.40, .60]"), ("b", "No", "8", "-.05 [-.10, .00]"))
    next_ = (Next("judgebench view", "the items"), Next("judgebench report runs"))
    said = as_brief.write(Brief(("a is better.",), grid, ("Note.",), next_), width=100)
    assert said.split("\n\n") == [
        "a is better.",
        (
            "judge  verdict   n  kappa [95 % interval]\n"
            "─────  ───────  ──  ─────────────────────\n"
            "a      Yes      10   .50 [ .40, .60]\n"
            "b      No        8  -.05 [-.10, .00]"
        ),
        "Note.",
        "Next:  judgebench view          the items\n       judgebench report runs\n",
    ]


@given(st.lists(st.tuples(st.text(max_size=90), st.text(max_size=30)), min_size=1, max_size=5))
def test_tables_fit_whatever_names_hold_and_figures_stay_whole(names):
    grid = _grid(*((judge, verdict, "12", ".123 [.100, .200]") for judge, verdict in names), spare=True)
    lines = as_brief.write(Brief((), grid), width=60).split("\n")
    assert all(text_width(line) <= 60 for line in lines)
    assert sum(".123 [.100, .200]" in line for line in lines) == len(names)


def test_names_give_way_and_words_that_are_whole_do_not():
    columns = (_NAMES, Column("where", right=False, whole=True), _KAPPA)
    row = ("a-maker/of-models-with-long-names", "a rule in words", ".5 [.4, .6]")
    said = as_brief.write(Brief((), Grid(columns, (tuple(map(Cell, row)),))), width=62).splitlines()[-1]
    assert said.split("  ")[1:] == [row[1], row[2]]
    assert "…" in said.split("  ")[0]


def test_colours_repeat_words_and_nothing_else():
    brief = Brief(("better by .04.",), head=Cell("PASS", tone="good"))
    assert as_brief.write(brief, width=80) == "PASS  better by .04.\n"
    assert as_brief.write(brief, width=80, colour=True) == "\x1b[1;32mPASS\x1b[0m  better by .04.\n"


def test_a_brief_answer_has_three_notes_at_most():
    with pytest.raises(ValueError, match="4 notes"):
        Brief(("a",), notes=("a", "b", "c", "d"))


def test_a_long_command_breaks_between_words_and_never_within_a_quoted_name():
    """A shell reads the lines as the one command; brackets in a name don't make it a figure."""
    words = ("judgebench", "report", "runs/a", "runs/my run --old", "--labels", "it's --mine", "--labels-mode", "add")
    command = shlex.join(words)
    said = as_brief.write(Brief((), None, (), (Next(command),)), width=40)
    assert shlex.split(said.removeprefix("Next:").replace("\\\n", "")) == list(words)
    assert all(text_width(line) <= 42 for line in said.splitlines())
    assert "--labels-mode add" in said
    wide = as_brief.write(Brief((), _grid(("a model [with, brackets] " * 4, "No", "8", ".5 [.4, .6]"))), width=60)
    assert all(text_width(line) <= 60 for line in wide.splitlines())


def test_the_next_command_keeps_what_was_typed():
    typed = ("reproduce", "--data", "some/folder/of/benchmark/data", "--task", "topical-chat", "--format", "table")
    token = TYPED.set(typed)
    try:
        [following] = again("reproduce", "every figure, and why it differs", "--explain")
        assert again("compare", "another command", "--worse") == ()
    finally:
        TYPED.reset(token)
    line = "judgebench reproduce --data some/folder/of/benchmark/data --task topical-chat --explain"
    assert following.command == line
    said = as_brief.write(Brief(("Done.",), None, (), (following,)), width=100)
    assert said.endswith(f"Next:  {line}\n           every figure, and why it differs\n")

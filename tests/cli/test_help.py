"""Help pages: they fit, no line of the list of commands is cut, and options stand below what they are about."""

from __future__ import annotations

import pytest

from judgebench.cli.app import build
from judgebench.cli.help import GROUPS, WIDEST
from judgebench.cli.registry import COMMANDS


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "140")


def test_the_list_of_commands_has_every_line_whole(judgebench):
    told = judgebench("--help").out
    assert all(f"{one.title}\n" in told for one in COMMANDS.values())
    assert all(f"{about}:" in told for about in {one.about for one in COMMANDS.values()})
    assert max(map(len, told.splitlines())) <= WIDEST


@pytest.mark.parametrize("name", ["run", "score", "doctor", "list"])
def test_a_page_fits_and_ends_with_examples(judgebench, name):
    lines = judgebench(name, "--help").out.splitlines()
    assert max(map(len, lines)) <= WIDEST
    assert [line.split()[:2] for line in lines[-2:]] == [["judgebench", name]] * 2


def test_what_is_grouped_is_an_option_of_some_command():
    known = {
        flag
        for name in COMMANDS
        if name != "list"
        for parameter in build([name, "--help"]).commands[name].params
        for flag in parameter.opts
    }
    grouped = [flag for flags in GROUPS.values() for flag in flags.split()]
    assert set(grouped) - known == {"--help"}
    assert len(grouped) == len(set(grouped))

"""The commands, put together."""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Annotated, Any

import typer

from judgebench import __version__
from judgebench.api.listing import LISTS, listing
from judgebench.cli.output import emit_lines, note
from judgebench.cli.registry import COMMANDS, INSTEAD
from judgebench.report.document import TYPED
from judgebench.report.document.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.api.listing import Rows

_ABOUT = "Measure LLM judges: how far they agree with gold labels, with error bars, next to how far humans agree."


def _kebab(token: str) -> str:
    """Let --max_concurrency and --max-concurrency both work."""
    return token.replace("_", "-")


def _version(value: bool) -> None:  # noqa: FBT001 - typer's callback signature
    if value:
        typer.echo(f"judgebench {__version__}")
        raise typer.Exit


def _root() -> None:
    pass


def _root_with_version(
    *,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Print the version.")
    ] = False,
) -> None:
    pass


#: What typer, or the click inside it, raises on wrong usage.
_WRONG_USAGE: Any = typer.BadParameter.__mro__[2]


def run(arguments: Sequence[str]) -> int:
    """Carry out a command line; its exit code."""
    # `list` has no options, which keeps it quick: these are a list of their own.
    arguments = ["list", "cards"] if list(arguments) == ["list", "judges", "--cards"] else arguments
    TYPED.set(tuple(arguments))
    try:
        return build(arguments)(args=list(arguments), prog_name="judgebench", standalone_mode=False) or 0
    except typer.Abort:
        note("Aborted!")
        return 1
    except _WRONG_USAGE as error:
        # Where no argument was given the message is the help page, of our own words alone.
        if type(error).__name__ != "NoArgsIsHelpError":
            error.message = one_line(error.message)
        error.show()
        return int(error.exit_code)


def build(arguments: Sequence[str]) -> Any:
    """Make the click command for a command line: all commands, or only the one that it calls."""
    called = next((argument for argument in arguments if not argument.startswith("-")), "")
    # Before it parses any parameter, even a --help that is not given, typer loads pydantic: 0.1 s that `list`,
    # which has no other parameters, has no use for.
    wants_help = not {"-h", "--help"}.isdisjoint(arguments)
    own = called in COMMANDS and called != "list"
    command = _loaded(COMMANDS[called].place) if own else None
    return _built(called if called in COMMANDS else "", command, wants_help, arguments[:1] == [called])


@functools.cache
def _built(called: str, command: Callable[..., Any] | None, wants_help: bool, alone: bool) -> Any:  # noqa: FBT001 - its key
    app = typer.Typer(
        no_args_is_help=True,
        add_help_option=wants_help or called != "list",
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={
            "help_option_names": ["-h", "--help"],
            "max_content_width": 110,
            "token_normalize_func": _kebab,
        },
    )
    app.callback(
        help=_ABOUT,
        epilog="Start with `judgebench demo`, then `judgebench run --judge gpt-4o --task pandalm --sample`.",
    )(_root if alone else _root_with_version)
    if command is not None:
        app.command(called)(_runnable(called, command))
    elif called == "list":
        app.add_typer(_lists(help_option=wants_help), name=called)
    else:
        for name, one in COMMANDS.items():
            app.command(name)(_titled(one.title))
    return typer.main.get_command(app)


def _loaded(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _runnable(name: str, command: Callable[..., Any]) -> Callable[..., None]:
    from judgebench.cli.commands import command as made  # noqa: PLC0415 - reads every parameter

    return made(command, {flag: _loaded(place) for flag, place in INSTEAD.get(name, {}).items()})


def _lists(*, help_option: bool) -> typer.Typer:
    """Make the ``list`` group: one command a kind, none with a parameter, which keeps typer from loading pydantic."""
    group = typer.Typer(help=listing.__doc__, no_args_is_help=True, rich_markup_mode=None, add_help_option=help_option)
    for name, rows in LISTS.items():
        group.command(name, add_help_option=help_option, help=rows.__doc__)(_printing(rows))
    return group


def _printing(rows: Callable[[], Rows]) -> Callable[[], None]:
    def called() -> None:
        found = rows()
        widths = [max(len(cell) for cell in column) for column in zip(*found, strict=True)]
        lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in found)
        emit_lines("\n".join(line.rstrip() for line in lines))

    return called


def _titled(text: str) -> Callable[[], None]:
    """Stand in for a command in the list of commands."""

    def title() -> None:
        pass

    title.__doc__ = text
    return title

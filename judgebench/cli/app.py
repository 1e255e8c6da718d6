"""The commands, put together."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from judgebench.api.listing import LISTS, listing
from judgebench.cli.help import WIDEST, Command, Group
from judgebench.cli.lists import FORMS, written
from judgebench.cli.output import note
from judgebench.cli.registry import COMMANDS, question
from judgebench.errors import UnknownNameError, UsageError
from judgebench.report.document import TYPED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.api.listing import List

_ABOUT = "Measure LLM judges: how far they agree with people, beside how far people agree with each other."


def _kebab(token: str) -> str:
    """Let --max_concurrency and --max-concurrency both work."""
    return token.replace("_", "-")


def _version(value: bool) -> None:  # noqa: FBT001 - typer's callback signature
    if value:
        from judgebench.cli.version import told  # noqa: PLC0415 - loaded on use

        typer.echo(told())
        raise typer.Exit


def _root() -> None:
    pass


def _root_with_version(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_version, help="Print what is installed: judgebench, Python, extras."
        ),
    ] = False,
) -> None:
    pass


#: The variable by which a shell asks for what may stand at the cursor, as typer calls it.
_ASKED = "_JUDGEBENCH_COMPLETE"
#: What typer, or the click inside it, raises on wrong usage.
_WRONG_USAGE: Any = typer.BadParameter.__mro__[2]


def run(arguments: Sequence[str]) -> int:
    """Carry out a command line; its exit code."""
    # `list` has no options, which keeps it quick: these are a list of their own.
    arguments = ["list", "cards"] if list(arguments) == ["list", "judges", "--cards"] else arguments
    _check_names(arguments)
    TYPED.set(tuple(arguments))
    try:
        command = _completing() if _ASKED in os.environ else build(arguments)
        return command(args=list(arguments), prog_name="judgebench", standalone_mode=False) or 0
    except typer.Abort:
        note("Aborted!")
        return 1
    except _WRONG_USAGE as error:
        # Where no argument was given the message is the help page, of our own words alone.
        if type(error).__name__ == "NoArgsIsHelpError":
            error.show()
            return int(error.exit_code)
        from judgebench.cli.refusals import of_usage  # noqa: PLC0415 - an error's alone

        raise UsageError(of_usage(error)) from None


def _check_names(arguments: Sequence[str]) -> None:
    """Refuse a command, and a list, that nobody knows."""
    named = [one for one in arguments if not one.startswith("-")]
    for kind, known, hint in (("command", COMMANDS, "(judgebench --help)"), ("list", LISTS, "(judgebench list)")):
        if not named or arguments[0].startswith("-"):
            return
        name = named.pop(0)
        if name not in known:
            raise UnknownNameError(kind, name, known, hint)
        if name != "list":
            return


def build(arguments: Sequence[str]) -> Any:
    """Make the click command for a command line: all commands, or only the one that it calls."""
    called = next((argument for argument in arguments if not argument.startswith("-")), "")
    # Before it parses any parameter, even a --help that is not given, typer loads pydantic: 0.1 s that `list` without
    # options has no use for.
    options = any(argument.startswith("-") for argument in arguments)
    # Options about completion are the program's own, and cost a command that has none of them some time.
    alone = arguments[:1] == [called] and _ASKED not in os.environ
    return _built(called if called in COMMANDS else "", options, alone)


def _completing() -> Any:
    """Make the click command that completes a line: what was called, or what stands in for it."""
    from judgebench.cli.completion import stand_in, words_so_far  # noqa: PLC0415 - loaded on use

    words = words_so_far()
    if (made := stand_in(words)) is None:
        return build(words)
    app = typer.Typer(rich_markup_mode=None)
    app.callback()(_root)
    app.command(words[0], context_settings={"ignore_unknown_options": True, "allow_extra_args": True})(made)
    return typer.main.get_command(app)


@functools.cache
def _built(called: str, options: bool, alone: bool) -> Any:  # noqa: FBT001 - its key
    app = typer.Typer(
        cls=Group,
        no_args_is_help=True,
        add_help_option=options or called != "list",
        add_completion=not alone,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={
            "help_option_names": ["-h", "--help"],
            "max_content_width": WIDEST,
            "token_normalize_func": _kebab,
        },
    )
    app.callback(
        help=_ABOUT,
        epilog="Start with `judgebench demo`, then `judgebench doctor FILE` for data of your own. "
        "`judgebench COMMAND --help` has each command's options, with examples.",
    )(_root if alone else _root_with_version)
    if called == "list":
        app.add_typer(_lists(options=options), name=called)
    elif called:
        app.command(called, cls=Command)(_runnable(called))
    else:
        for name, one in COMMANDS.items():
            app.command(name)(_titled(one.title))
    return typer.main.get_command(app)


def _runnable(name: str) -> Callable[..., None]:
    from judgebench.cli.commands import command  # noqa: PLC0415 - reads every parameter

    return command(*question(name))


def _lists(*, options: bool) -> typer.Typer:
    """Make the ``list`` group: one command a kind, without parameters where none is given, as they load pydantic."""
    group = typer.Typer(
        cls=Group, help=listing.__doc__, no_args_is_help=True, rich_markup_mode=None, add_help_option=options
    )
    for name, one in LISTS.items():
        command = _formed(name, one) if options else _plain(name, one)
        group.command(name, add_help_option=options, help=one.rows.__doc__)(command)
    return group


def _formed(name: str, one: List) -> Callable[..., None]:
    def called(
        form: Annotated[str, typer.Option("--format", metavar="|".join(FORMS), help="The form of the list.")] = "table",
    ) -> None:
        written(name, one, form)

    return called


def _plain(name: str, one: List) -> Callable[[], None]:
    def called() -> None:
        written(name, one, "table")

    return called


def _titled(text: str) -> Callable[[], None]:
    """Stand in for a command in the list of commands."""

    def title() -> None:
        pass

    title.__doc__ = text
    return title

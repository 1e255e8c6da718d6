"""Options that several commands share, and what they do to the context."""

from __future__ import annotations

import os
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from judgebench.cli.registry import COMMANDS
from judgebench.errors import DataError, UnknownNameError, UsageError


def _read_config(context: typer.Context, value: Path | None) -> Path | None:
    """Let a TOML file give defaults: flags and environment variables win over it."""
    if value is not None:
        context.default_map = _defaults(context, value)
    return value


def _defaults(context: typer.Context, value: Path) -> dict[str, Any]:
    try:
        settings: dict[str, Any] = tomllib.loads(value.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"can't read --config {value}: {error.strerror}") from None
    except ValueError as error:
        raise DataError(f"not TOML: {error}", file=str(value)) from None
    if strange := sorted(name for name in settings if name not in COMMANDS):
        hint = f"({value}; its sections are named after commands)"
        raise UnknownNameError("section", strange[0], COMMANDS, hint=hint)
    section = settings.get(context.info_name or "", {})
    if not isinstance(section, dict):
        raise DataError(
            f"{context.info_name} is not a section",
            file=str(value),
            hint=f"write [{context.info_name}] and options below it",
        )
    # An option is named in the file as on the command line; inside, some have other names.
    names = {
        option.removeprefix("--"): parameter
        for parameter in context.command.params
        for option in parameter.opts
        if option.startswith("--")
    }
    if unknown := sorted(name for name in section if name.replace("_", "-") not in names):
        raise DataError(
            f"[{context.info_name}] has no option {', '.join(map(repr, unknown))}",
            file=str(value),
            hint=f"`judgebench {context.info_name} --help` lists them",
        )
    defaults = dict[str, Any](context.default_map or {})
    for name, given in cast("dict[str, Any]", section).items():
        parameter = names[name.replace("_", "-")]
        # One judge is one judge, not its letters.
        several = getattr(parameter, "multiple", False) and not isinstance(given, list)
        defaults[parameter.name or name] = [given] if several else given
    return defaults


_WIDE = 120

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        is_eager=True,
        callback=_read_config,
        help="TOML file of defaults, one section per command.",
    ),
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Folder or file in the benchmark's published format."),
]
SampleOption = Annotated[bool, typer.Option("--sample", help="Use the rows shipped with the task.")]
OutputOption = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Write to this file instead of the terminal.")
]
PolicyOption = Annotated[
    list[str],
    typer.Option(
        "--policy",
        metavar="NAME=VALUE",
        help="Override a convention: order, tie, invalid or gold (docs/policies.md); repeatable.",
    ),
]


def emit(text: str, output: Path | None) -> None:
    """Print a text, or write it to a file and say so."""
    if output is None:
        _print(text if text.endswith("\n") else f"{text}\n")
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"can't write --output {output}: {error.strerror}") from None
    note(f"wrote {output}")


def _print(text: str) -> None:
    # Python has no stream at all where the shell closed it (`>&-`), whatever its type says.
    if cast("object", sys.stdout) is None:
        raise UsageError("standard output is closed; give --output FILE")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # The reader (`| head`) may have seen enough: no failure, and an outcome still to come keeps its exit code.
        if not isinstance(error, BrokenPipeError):
            raise UsageError(f"can't write to standard output: {error.strerror}; give --output FILE") from None


def note(text: str) -> None:
    """Say something beside the result."""
    if cast("object", sys.stderr) is not None:
        print(text, file=sys.stderr)


def room(output: Path | None) -> int:
    """Columns that a table has: those of the terminal, else as many as suit a file or a pipe."""
    shown = output is None and cast("object", sys.stdout) is not None and sys.stdout.isatty()
    # Below 80 nothing fits, and a terminal that knows no width says 0.
    return max(80, shutil.get_terminal_size((_WIDE, 24)).columns) if shown else _WIDE

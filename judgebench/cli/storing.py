"""``verify``: look for damage in stored runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from judgebench.api import storing
from judgebench.api.notes import listening
from judgebench.cli.output import emit, note

RunsOrFolders = Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders, or folders of runs.")]


def verify(
    runs: RunsOrFolders,
    *,
    repair: Annotated[
        bool, typer.Option("--repair", help="Move what is damaged aside, so that its cases are asked again.")
    ] = False,
    form: Annotated[Literal["table", "json"], typer.Option("--format", help="How to print what was found.")] = "table",
) -> None:
    """Look for damage in stored runs: torn or changed lines, contradictions, counts that don't add up.

    Exit code 3 if there is any; each finding names file and line, says what is wrong and what to do.
    """
    with listening(note, emit):
        found = storing.verify(runs, repair=repair)
    emit(found.render(form))
    if (failure := found.failure) is not None:
        raise failure

"""``list`` and ``show``: what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from judgebench.api import listing
from judgebench.cli.options import emit

if TYPE_CHECKING:
    from collections.abc import Callable


def lists(*, help_option: bool) -> typer.Typer:
    """Make the ``list`` group: one command a kind, none with a parameter, which keeps typer from loading pydantic."""
    group = typer.Typer(
        help="List tasks, judges, prompts, probes or metrics, a line each.",
        no_args_is_help=True,
        rich_markup_mode=None,
        add_help_option=help_option,
    )
    for name, rows in listing.LISTS.items():
        group.command(name, add_help_option=help_option, help=rows.__doc__)(_printing(rows))
    return group


def _printing(rows: Callable[[], listing.Rows]) -> Callable[[], None]:
    def called() -> None:
        found = rows()
        widths = [max(len(cell) for cell in column) for column in zip(*found, strict=True)]
        lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in found)
        emit("\n".join(line.rstrip() for line in lines), None)

    return called


def show(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A task, a judge, a prompt, or the folder of a run; or `schema`.")
    ],
    kind: Annotated[
        str | None,
        typer.Argument(metavar="KIND", help="After `schema`: a kind of document, such as scores, compare or gate."),
    ] = None,
    form: Annotated[
        Literal["table", "json"],
        typer.Option("--format", help="A run as text, or its manifest and what it holds as JSON."),
    ] = "table",
) -> None:
    """Show a task's card, a judge, a prompt, what a run asked and holds, or the JSON Schema of a kind of document."""
    emit(listing.show(name, kind, form=form), None)

"""The commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from judgebench import __version__
from judgebench.cli import asking, listing, measuring


def _kebab(token: str) -> str:
    return token.replace("_", "-")


app = typer.Typer(
    help="Measure LLM judges: how far they agree with gold labels, with error bars, next to how far humans agree.",
    epilog="Start with `judgebench demo`, then `judgebench run --judge gpt-4o --task pandalm --sample`.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 110,
        # Both --max-concurrency and --max_concurrency work.
        "token_normalize_func": _kebab,
    },
)


def _version(value: bool) -> None:  # noqa: FBT001 - typer's callback signature
    if value:
        typer.echo(f"judgebench {__version__}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Print the version.")
    ] = False,
) -> None:
    """Measure LLM judges: how far they agree with gold labels, with error bars, next to how far humans agree."""


app.command("run")(asking.run)
app.command("demo")(asking.demo)
app.command("score")(measuring.score)
app.command("doctor")(measuring.doctor)
app.command("leaderboard")(measuring.leaderboard)
app.command("reproduce")(measuring.reproduce)
app.command("list")(listing.list_names)
app.command("show")(listing.show)

"""Commands made of questions: options from a function's signature, its answer printed."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_origin

import typer

from judgebench.api.notes import listening
from judgebench.api.parameters import parameters
from judgebench.api.sources import Given
from judgebench.api.tables import meanings
from judgebench.cli.options import ConfigOption, OutputOption, check_output, emit, note, room
from judgebench.errors import spoken_as
from judgebench.report.document.writers import Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.api.parameters import Parameter
    from judgebench.report.document.model import Document

FormOption = Annotated[Form, typer.Option("--format", envvar="JUDGEBENCH_FORMAT", help="The form of the answer.")]
CsvOption = Annotated[
    Path | None, typer.Option("--csv", metavar="FILE", help="A table of labels: CSV, JSONL, JSON or Parquet.")
]


def command(question: Callable[..., Document]) -> Callable[..., None]:
    """Make the command of a question: the same parameters, and how to print its answer."""
    known = parameters(inspect.unwrap(question))

    def called(*, form: str, output: Path | None, **given: Any) -> None:
        given.pop("config")
        check_output(output)
        if "csv" in given:
            given["source"] = Given(given.pop("source") or (), given.pop("csv"))
        if "words" in given:
            given["words"] = meanings(given["words"])
        with spoken_as(lambda: {one.name: one.flag for one in known.values()}), listening(note):
            answer = question(**given)
            emit(answer.render(form, width=room(output)), output)
            if (failure := answer.failure) is not None:
                raise failure

    made = [option for one in known.values() for option in _options(one)]
    made += [_parameter("form", FormOption, "table"), _parameter("output", OutputOption, None)]
    made.append(_parameter("config", ConfigOption, None))
    called.__signature__ = inspect.Signature(made)  # type: ignore[attr-defined]  # what typer reads
    called.__annotations__ = {one.name: one.annotation for one in made}
    called.__doc__ = question.__doc__
    return called


def _options(one: Parameter) -> list[inspect.Parameter]:
    option = one.option
    if one.name == "source":
        runs = Annotated[list[Path] | None, typer.Argument(metavar=option.metavar, help=option.help)]
        return [_parameter("source", runs, None), _parameter("csv", CsvOption, None)]
    read = option.read or one.type
    several = get_origin(read) is list
    wanted = typer.Option(
        one.flag,
        metavar=option.metavar,
        help=option.help,
        envvar=option.env,
        min=option.least,
        max=option.most,
    )
    if not several and one.default is None:
        read |= None
    default = one.default if one.default is not inspect.Parameter.empty else ...
    return [_parameter(one.name, Annotated[read, wanted], [] if several and not default else default)]


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(
        name, kind, default=inspect.Parameter.empty if default is ... else default, annotation=annotation
    )

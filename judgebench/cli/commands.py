"""Commands made of questions: options from a function's signature, its answer printed."""

from __future__ import annotations

import contextlib
import inspect
import mimetypes
import os
import tomllib
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args, get_origin, get_type_hints

import typer

from judgebench.api.columns import meanings
from judgebench.api.notes import Done, listening
from judgebench.api.parameters import parameters
from judgebench.api.source import Given
from judgebench.api.tables import flags
from judgebench.cli import status
from judgebench.cli.guard import check_files
from judgebench.cli.output import colours, emit, emit_lines, note, room, tell_system
from judgebench.cli.registry import COMMANDS
from judgebench.errors import DataError, UnknownNameError, UsageError, not_parsed, spoken_as
from judgebench.files.content import small_file
from judgebench.redaction import hidden
from judgebench.report.document import FORMS, Form
from judgebench.report.document.model import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from judgebench.api.parameters import Parameter


#: The file of defaults in the working folder.
_HERE = Path("judgebench.toml")


def _read_config(context: typer.Context, value: Path | None) -> Path | None:
    """Let TOML files give defaults: judgebench.toml of the working folder, and one that is named, which wins over it.

    Flags and environment variables win over both.
    """
    if context.resilient_parsing:
        # A shell completes a line.
        return value
    if _HERE.is_file():
        context.default_map = found = _defaults(context, _HERE)
        if found:
            # Whoever is in a folder of somebody else's should see what it has chosen for them.
            flags = {one.name: flag for one in context.command.params for flag in one.opts if flag.startswith("--")}
            note(f"{_HERE} gives {', '.join(flags[name] for name in found)}")
    if value is not None:
        context.default_map = _defaults(context, value)
    return value


def _defaults(context: typer.Context, value: Path) -> dict[str, Any]:
    try:
        settings: dict[str, Any] = tomllib.loads(small_file(value).decode("utf-8"))
    except OSError as error:
        what = value if value == _HERE else f"--config {value}"
        raise UsageError(f"can't read {what}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"not TOML: {not_parsed(error)}", file=str(value)) from None
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
        # A file that names another one would be read by nobody.
        if option.startswith("--") and option != "--config"
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
OutputOption = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Write to this file instead of the terminal.")
]
FormOption = Annotated[
    Form | None,
    typer.Option(
        "--format",
        envvar="JUDGEBENCH_FORMAT",
        help="The form of the answer: by default what --output ends in, else a table.",
    ),
]
ExplainOption = Annotated[
    bool, typer.Option("--explain", help="Print everything: every column, and what each figure rests on.")
]
CsvOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--csv",
        metavar="FILE",
        help="A table of labels: CSV, JSONL, JSON, Parquet, .xlsx, .ods; repeatable: files joined by --id-col.",
    ),
]
#: Options of the forms that some documents have beside the usual ones.
_MORE = {
    "junit": (
        "junit",
        Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Also write JUnit XML to this file.")],
        None,
    ),
    "annotations": (
        "github",
        Annotated[bool, typer.Option("--github", help="Annotate for GitHub Actions; the default where it runs there.")],
        False,
    ),
}


def command(
    question: Callable[..., Document | Done | str | None],
    instead: Mapping[str, Callable[..., Document]] = MappingProxyType({}),
) -> Callable[..., None]:
    """Make the command of a question: the same parameters, and how to print its answer.

    One whose answer is not a document has no form; what it did to files is a note. Each flag of ``instead`` asks
    another question, which knows some of the parameters.
    """
    known = parameters(inspect.unwrap(question))
    kind = _answer(question)
    made = _writing(question, known) if kind is None else _answering(question, known, instead)
    options = [option for one in known.values() for option in _options(one)]
    options += [_parameter(flag, _flag(flag, other), default=False) for flag, other in instead.items()]
    if kind is not None:
        options += [_parameter(*_MORE[form]) for form in kind.MORE if form in _MORE]
        options += [_parameter("written_as", FormOption, None), _parameter("output", OutputOption, None)]
        options.append(_parameter("explain", ExplainOption, default=False))
    options.append(_parameter("config", ConfigOption, None))
    made.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]  # what typer reads
    made.__annotations__ = {one.name: one.annotation for one in options}
    made.__doc__ = question.__doc__
    return made


def _answering(
    question: Callable[..., Any], known: Mapping[str, Parameter], instead: Mapping[str, Callable[..., Document]]
) -> Callable[..., None]:
    def called(
        *,
        written_as: str | None,
        output: Path | None,
        explain: bool,
        junit: Path | None = None,
        github: bool = False,
        **given: Any,
    ) -> None:
        safe = check_files({"--output": output, "--junit": junit}, known, given, given.pop("config"), _HERE)
        form = written_as or _form_of(output)
        asked = question
        chosen = [flag for flag in instead if given.pop(flag)]
        if len(chosen) > 1:
            raise UsageError(f"--{chosen[0]} doesn't go with --{chosen[1]}")
        for flag in chosen:
            asked = instead[flag]
            _drop(given, known, {"csv", *parameters(inspect.unwrap(asked))}, flag)
        shown: list[Document | str] = []

        def show(answer: Document | str) -> None:
            shown.append(answer)
            status.say("writing the answer")
            if isinstance(answer, str):
                emit_lines(answer, output)
                return
            if junit is not None:
                emit(answer.render("junit"), junit)
            if "annotations" in answer.MORE:
                _tell_github(answer, asked=github)
            emit(answer.render(form, width=room(output), explain=explain, colour=colours(output)), output)

        with safe, _heard(known, show):
            answer = asked(**_values(given, known))
            if answer is not None and not shown:
                show(answer)
            if isinstance(answer, Document):
                _end(answer, told=form == "table" and output is None)

    return called


def _form_of(output: Path | None) -> str:
    """Say in which form a file is written by its name; UsageError where the name promises another one."""
    ending = "" if output is None else output.suffix.removeprefix(".").lower()
    if ending in FORMS:
        return ending
    # One that stands for nothing, as a temporary file's, promises nothing.
    if output is not None and mimetypes.guess_type(f"x.{ending}")[0] not in {None, "text/plain"}:
        raise UsageError(
            f"can't write --output {output}: there is no form {ending}; let it end in "
            f"{', '.join(f'.{one}' for one in FORMS[1:])} or .txt, or give --format"
        )
    return "table"


def _end(answer: Document, *, told: bool) -> None:
    """End a command as its answer says; without a word, where the terminal was told the answer in brief."""
    if (failure := answer.failure) is not None:
        raise typer.Exit(failure.exit_code) if told and answer.SAYS_FAILURE else failure


def _drop(given: dict[str, Any], known: Mapping[str, Parameter], kept: set[str], flag: str) -> None:
    """Leave out what the other question has no parameter for; UsageError where it was asked for.

    A dry run is the same command with a word more: what only asking needs is no contradiction to it.
    """
    for name in given.keys() - kept:
        if (given.pop(name) or None) != (known[name].default or None) and flag != "dry_run":
            raise UsageError(f"{known[name].flag} doesn't go with --{flag.replace('_', '-')}")


def _writing(question: Callable[..., Any], known: Mapping[str, Parameter]) -> Callable[..., None]:
    def called(**given: Any) -> None:
        safe = check_files({}, known, given, given.pop("config"), _HERE)
        shown: list[str] = []

        def show(text: str) -> None:
            shown.append(text)
            emit_lines(text)

        with safe, _heard(known, show):
            answer = question(**_values(given, known))
            if answer is not None and not shown:
                if isinstance(answer, Done):
                    for line in answer.text.split("\n"):
                        note(line)
                else:
                    emit_lines(str(answer))

    return called


@contextlib.contextmanager
def _heard(known: Mapping[str, Parameter], show: Callable[[Any], None]) -> Generator[None]:
    """Hear what a question says beside its answer, in the words of the command line."""
    spoken = spoken_as(lambda: flags() | {one.name: one.flag for one in known.values()})
    with spoken, listening(note, show, status.say):
        yield


def _values(given: Mapping[str, Any], known: Mapping[str, Parameter]) -> dict[str, Any]:
    """Make what a question takes of what the command line read; what isn't given is left to the question."""
    found = {name: one for name, one in given.items() if one is not None}
    if (table := next((name for name, one in known.items() if one.option.csv), None)) is not None:
        runs = found.pop(table, ())
        found[table] = Given([runs] if isinstance(runs, Path) else runs, found.pop("csv", ()))
    if "words" in found:
        found["words"] = meanings(found["words"])
    if "progress" in found:
        # The option is --quiet.
        found["progress"] = not found["progress"]
    return {
        name: one if name not in known or (read := known[name].option.text) is None else _made(one, read)
        for name, one in found.items()
    }


def _made(given: Any, read: Callable[[str], Any]) -> Any:
    return [read(one) for one in cast("list[str]", given)] if isinstance(given, list) else read(given)


def _answer(question: Callable[..., Document | Done | str | None]) -> type[Document] | None:
    """Find the kind of document that a question's signature promises; None where it writes files itself."""
    told = get_type_hints(inspect.unwrap(question))["return"]
    kinds = (kind for kind in (told, *get_args(told)) if isinstance(kind, type) and issubclass(kind, Document))
    return next(kinds, None)


def _tell_github(answer: Document, *, asked: bool) -> None:
    """Annotate a job, and add to its summary."""
    if (asked or os.environ.get("GITHUB_ACTIONS") == "true") and (lines := answer.render("annotations")):
        # GitHub reads commands from either stream, and stdout may be somebody's JSON.
        tell_system(lines)
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(path).open("a", encoding="utf-8", newline="\n") as file:
                file.write(hidden(answer.render("summary")))
        except OSError as error:
            note(f"judgebench: can't write GITHUB_STEP_SUMMARY {path}: {error.strerror}")


#: What stands for a value in help, where the parameter has no name for it.
_METAVARS = {int: "N", float: "X", str: "TEXT"}


def _options(one: Parameter) -> list[inspect.Parameter]:
    option = one.option
    read: Any = option.read or one.type
    default = one.default if one.default is not inspect.Parameter.empty else ...
    low, high = option.least, option.most
    if option.text is not None:
        # The range is that of what is made of it.
        read, default, low, high = (read if get_origin(read) is list else str), None, None, None
    # A number's range stands beside it.
    plain = (name for kind, name in _METAVARS.items() if kind in {read, *get_args(read)})
    metavar = option.metavar or next(plain, None)
    wanted = (
        typer.Argument(metavar=metavar, help=option.help, envvar=option.env)
        if one.place
        else typer.Option(*one.flags, metavar=metavar, help=option.help, envvar=option.env, min=low, max=high)
    )
    if get_origin(read) is list:
        default = [default] if isinstance(default, str) else default or []
    elif default is None:
        read |= None
    csv = [_parameter("csv", CsvOption, None)] if option.csv else []
    return [_parameter(one.name, Annotated[read, wanted], default), *csv]


def _flag(name: str, other: Callable[..., Document]) -> Any:
    about = (other.__doc__ or "").partition("\n")[0]
    return Annotated[bool, typer.Option(f"--{name.replace('_', '-')}", help=about)]


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(
        name, kind, default=inspect.Parameter.empty if default is ... else default, annotation=annotation
    )

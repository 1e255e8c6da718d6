"""The JSON Schema of ``judgebench.toml``, made of the options of all commands."""

from __future__ import annotations

import inspect
import types
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from judgebench.api.parameters import parameters
from judgebench.cli.commands import command
from judgebench.cli.registry import COMMANDS, question

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["json_schema"]

_TYPES: dict[Any, str] = {bool: "boolean", int: "integer", float: "number"}


def json_schema() -> dict[str, Any]:
    """Give the schema (draft 2020-12): a section for each command, an option for each of its flags."""
    sections = {name: dict(_options(name)) for name in COMMANDS}
    shared: dict[str, Any] = {}
    for options in sections.values():
        for name, said in options.items():
            # What most commands say in the same words is written once.
            if shared.setdefault(name, said) == said:
                options[name] = {"$ref": f"#/$defs/{name}"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "judgebench.config/1",
        "title": "judgebench.toml",
        "description": "Defaults of judgebench's commands, a section for each.",
        "type": "object",
        "properties": {
            name: {
                "type": "object",
                "description": COMMANDS[name].title,
                "properties": options,
                "additionalProperties": False,
            }
            for name, options in sections.items()
        },
        "additionalProperties": False,
        "$defs": shared,
    }


def _options(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Describe the options of a command, by their names on the command line."""
    if name == "list":
        # Its commands have none.
        return
    asked, instead = question(name)
    known = parameters(inspect.unwrap(asked))
    made = command(asked, instead)
    for one in inspect.signature(made).parameters.values():
        kind, said = get_args(one.annotation)
        # In an annotation the first flag stands where typer takes a default elsewhere.
        flags = [str(flag).partition("/")[0] for flag in (said.default, *(said.param_decls or ()))]
        worded = one.name in known and known[one.name].option.text is not None
        for flag in flags:
            if flag.startswith("--") and flag != "--config":
                yield flag.removeprefix("--"), {"description": said.help} | _value(kind, said, worded=worded)


def _value(kind: Any, said: Any, *, worded: bool) -> dict[str, Any]:
    """Describe a value; a ``worded`` one is read from text, and may be written as the number that it is."""
    if get_origin(kind) in {Union, types.UnionType}:
        kinds = [one for one in get_args(kind) if one is not types.NoneType]
        found = [_value(one, said, worded=worded) for one in kinds]
        return found[0] if len(found) == 1 else {"anyOf": found}
    if get_origin(kind) is list:
        one = _value(get_args(kind)[0], said, worded=worded)
        return {"anyOf": [one, {"type": "array", "items": one}]}
    if get_origin(kind) is Literal:
        return {"enum": list(get_args(kind))}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [one.value for one in kind]}
    bounds = {name: bound for name, bound in (("minimum", said.min), ("maximum", said.max)) if bound is not None}
    return {"type": _TYPES.get(kind, ["string", "number"] if worded else "string"), **bounds}

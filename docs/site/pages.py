"""What is generated of the package: commands of their options, schemas of their fields, the API of its docstrings."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import judgebench
from judgebench.api.listing import LISTS
from judgebench.cli.app import build
from judgebench.cli.registry import COMMANDS
from judgebench.report.schemas import KINDS, json_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table; a bar in a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in lines
    )


def prose(text: str) -> str:
    """Turn a docstring's marks into Markdown's, and its examples into code."""
    text = re.sub(
        r"``([^`]+)``",
        lambda one: f"`{' '.join(one[1].split())}`",
        text.replace("<", "&lt;") if "`" not in text else text,
    )
    text = re.sub(r"::\n", ":\n", text)
    text = re.sub(r"(?<![\w`-])(--[a-z][a-z-]*)(?!`)", r"`\1`", text)
    return re.sub(
        r"((?:^>>> .*\n(?:^(?!>>> |$).*\n?)*)+)", r"```python\n\1```\n", f"{text}\n", flags=re.MULTILINE
    ).strip()


def paged(text: str) -> str:
    """Lead mentions of a page to it."""
    return re.sub(
        r"docs/((?:reference/)?)([a-z/-]+)\.md", lambda one: f"[{one[2]}]({'../' * (not one[1])}{one[2]}.md)", text
    )


#: Options that stay with each command, however many have them.
_OWN = {"--task", "--data", "--sample", "--format", "--output", "--labels", "--policy", "--csv"}


def commands() -> str:
    """Every command with its options; those that many have alike are listed once."""
    head = ("option", "what it does", "default")
    found = {name: build([name]).commands[name] for name in COMMANDS}
    often = Counter((one.opts[0], one.help) for command in found.values() for one in command.params)
    rows: dict[tuple[str, str], Sequence[str]] = {}
    parts = []
    for name, command in found.items():
        parts += [f"## {name}", paged(prose(inspect.cleandoc(command.help or COMMANDS[name].title)))]
        if hasattr(command, "commands"):
            below = [[f"`judgebench {name} {one}`", each.help or ""] for one, each in command.commands.items()]
            parts.append(table(["command", "what it does"], below))
            continue
        context = command.make_context(name, [], resilient_parsing=True)
        options = {(one.opts[0], one.help): _option(one, context) for one in command.params}
        shared = {
            key: row for key, row in options.items() if often[key] > 3 and key[0] not in _OWN and key[0].startswith("-")
        }
        rows |= shared
        parts.append(table(head, [row for key, row in options.items() if key not in shared]))
        if shared:
            parts.append(f"[Shared options](#shared-options): {', '.join(f'`{flag}`' for flag, _ in shared)}.")
    return "\n\n".join([*parts, "## Shared options", table(head, rows.values())])


def _option(one: Any, context: Any) -> list[str]:
    flags, about = one.get_help_record(context) or ("", "")
    default = re.search(r"\s*\[(env var: [^;\]]*)?(?:; )?(?:default: ([^;]*)|required|x>=.*)?[^\[]*\]$", about)
    if default:
        named = f" Environment: `{default[1].removeprefix('env var: ')}`." if default[1] else ""
        about = f"{about[: default.start()]}{named}"
    shown = "required" if one.required else f"`{default[2]}`" if default and default[2] else ""
    return [f"`{flags}`", paged(about), shown]


def schemas() -> str:
    """Every kind of JSON document with its fields."""
    parts = []
    for kind in sorted(KINDS):
        schema = json_schema(kind)
        parts += [f"## {schema['title'].removeprefix('judgebench.')}", schema.get("description", ""), _shape(schema)]
        for name, one in schema.get("$defs", {}).items():
            if one.get("properties"):
                parts += [f"### {kind}: {name}", one.get("description", ""), _shape(one)]
    return "\n\n".join(part for part in parts if part)


def _shape(schema: dict[str, Any]) -> str:
    if schema.get("properties"):
        return table(["field", "type", "meaning"], _fields(schema))
    return "" if "oneOf" not in schema and "anyOf" not in schema else f"{_type(schema).capitalize()}."


def _fields(schema: dict[str, Any]) -> Iterator[Sequence[str]]:
    for name, one in schema.get("properties", {}).items():
        kept = "" if name in schema.get("required", ()) else " (may be absent)"
        yield [f"`{name}`", _type(one) + kept, one.get("description", "")]


def _type(one: dict[str, Any]) -> str:
    if "$ref" in one:
        return one["$ref"].rpartition("/")[2]
    if "const" in one:
        return f"`{one['const']}`"
    if "enum" in one:
        return ", ".join(f"`{value}`" for value in one["enum"])
    if "anyOf" in one or "oneOf" in one:
        return " or ".join(dict.fromkeys(_type(each) for each in one.get("anyOf", one.get("oneOf", ()))))
    kinds = one.get("type", "anything")
    kind = kinds if isinstance(kinds, str) else " or ".join(kinds)
    if "array" in kinds and isinstance(one.get("items"), dict):
        kind = kind.replace("array", f"list of {_type(one['items'])}")
    values = one.get("additionalProperties")
    return f"{kind} of {_type(values)}" if "object" in kinds and isinstance(values, dict) and values else kind


def api() -> str:
    """Every public name: signature, what its docstring says; a class with what it has."""
    parts = []
    for name in judgebench.__all__:
        one = getattr(judgebench, name)
        if name == "__version__":
            continue
        if isinstance(one, type):
            parts += [f"## {name}", prose(inspect.getdoc(one) or ""), *_members(one)]
            continue
        function = judgebench._load(name)
        parts += [
            f"## {name}",
            f"```python\njudgebench.{name}({_parameters(function)})\n```",
            prose(inspect.getdoc(function) or ""),
        ]
        if (command := name.replace("_", "-")) in COMMANDS:
            parts.append(f"Keywords: the options of [`judgebench {command}`](commands.md).")
    return "\n\n".join(parts)


def _parameters(function: Callable[..., Any]) -> str:
    given = inspect.signature(function).parameters.values()
    by_place = [
        one.name if one.default is one.empty else f"{one.name}={one.default!r}"
        for one in given
        if one.kind is one.POSITIONAL_OR_KEYWORD
    ]
    return ", ".join([*by_place, "**options"] if len(by_place) < len(given) else by_place)


def _members(one: type) -> list[str]:
    rows = []
    for name, member in inspect.getmembers(one):
        if (
            name.startswith("_")
            or hasattr(Sequence, name)
            or not (inspect.isfunction(member) or isinstance(member, property))
        ):
            continue
        call = "" if isinstance(member, property) else f"({', '.join([*inspect.signature(member).parameters][1:])})"
        rows.append([f"`{name}{call}`", prose((inspect.getdoc(member) or "").partition("\n\n")[0].replace("\n", " "))])
    return [table(["member", "what it is"], rows)] if rows else []


def metrics() -> str:
    """Every figure with its witness."""
    return table(LISTS["metrics"].columns, [[f"`{row[0]}`", *row[1:]] for row in judgebench.listing("metrics")])


#: What stands in a page for each `<!-- generated: NAME -->`.
GENERATED: dict[str, Callable[[], str]] = {"commands": commands, "schemas": schemas, "api": api, "metrics": metrics}

"""The fields of a JSON Schema, a line each: what other programs build on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    Placed: TypeAlias = tuple[dict[str, Any], dict[str, Any]]

_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


def fields(schema: dict[str, Any]) -> list[str]:
    """List the fields: ``rows[].epsilon number``; ``?`` marks one that may be missing, ``{}`` names that data give."""
    return sorted(set(_walk(schema, schema, "")))


def _walk(node: dict[str, Any], root: dict[str, Any], path: str) -> Iterator[str]:
    types: set[str] = set()
    for one, top in _branches(node, root):
        for name, below in one.get("properties", {}).items():
            mark = "" if name in one.get("required", ()) else "?"
            yield from _walk(below, top, f"{path}{'.' if path else ''}{name}{mark}")
        for key, mark in (("additionalProperties", "{}"), ("items", "[]")):
            if isinstance(below := one.get(key), dict):
                yield from _walk(below, top, f"{path}{mark}")
        given = one.get("type", ())
        types.update([given] if isinstance(given, str) else given)
        types.update(_NAMES[type(value)] for value in one.get("enum", [one["const"]] if "const" in one else []))
    if path:
        yield f"{path} {'|'.join(sorted(types))}"


def _branches(node: dict[str, Any], root: dict[str, Any]) -> list[Placed]:
    """Give what a node may be, each with the document that its references are about."""
    if "$ref" in node:
        address, _, place = node["$ref"].partition("#")
        if address:
            root = next(one for one in root["$defs"].values() if one.get("$id") == address)
        target: Any = root
        for step in place.strip("/").split("/") if place else ():
            target = target[step]
        return _branches(target, root)
    every = [*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())]
    return [(node, root), *(found for one in every for found in _branches(one, root))]

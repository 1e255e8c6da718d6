"""Judge cards as files: TOML, one for a judge or a family; what stands above the layouts holds for all of them."""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import fields
from typing import TYPE_CHECKING, Any, cast

from judgebench.errors import JudgebenchError, UsageError
from judgebench.judges.cards.card import Again, Card, Layout, Truncation
from judgebench.judges.cards.parsers import parser
from judgebench.judges.cards.template import Template

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEXTS = ("title", "source", "paper", "code", "weights", "order")
_OWN = (*_TEXTS, "name", "models", "notes", "layouts")
_LAYOUT = tuple(field.name for field in fields(Layout))
_NEEDS = ("reference", "context", "criterion")


class _Wrong(Exception):
    """What is wrong with a card, without its file."""


def read_card(text: str, file: str, name: str) -> Card:
    """Read a card; UsageError where a key is missing, unknown or of the wrong type, or a template has another slot."""
    try:
        return _card(tomllib.loads(text), file, name)
    except (_Wrong, JudgebenchError, TypeError) as error:
        raise UsageError(f"judge card {file}: {error}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"judge card {file} is not TOML: {error}") from None


def _card(data: Mapping[str, Any], file: str, name: str) -> Card:
    said = {key: _text(data.get(key, ""), key) for key in _TEXTS}
    shared = {key: value for key, value in data.items() if key not in _OWN}
    tables: Any = data.get("layouts")
    if not isinstance(tables, list) or not tables:
        raise _Wrong("it has no [[layouts]]")
    known: dict[str, dict[str, Any]] = {}
    layouts: list[Layout] = []
    for number, one in enumerate(cast("list[dict[str, Any]]", tables), 1):
        own = dict(one)
        like = own.pop("like", None)
        if like is not None and like not in known:
            raise _Wrong(f"layout {number} is like {like!r}, and no layout above it has that name")
        whole = {**shared, **known.get(like or "", {}), **own}
        whole.setdefault("name", str(number))
        if whole["name"] in known:
            raise _Wrong(f"two layouts are named {whole['name']!r}")
        known[whole["name"]] = whole
        layouts.append(_layout(whole))
    return Card(
        _text(data.get("name", name), "name"),
        **said,
        models=_models(data.get("models", [])),
        layouts=tuple(layouts),
        notes=_list(data.get("notes", []), "notes"),
        file=file,
    )


def _layout(data: Mapping[str, Any]) -> Layout:
    where = f"layout {data['name']!r}"
    if unknown := sorted(set(data) - set(_LAYOUT)):
        raise _Wrong(f"{where}: unknown key {unknown[0]!r}; there are {', '.join(_LAYOUT)}")
    if missing := [key for key in ("scale", "parser", "strict") if key not in data]:
        raise _Wrong(f"{where} lacks {missing[0]!r}")
    values: dict[str, Any] = dict(data)
    for key in ("name", "scale", "parser", "strict", "system", "user", "raw", "criterion"):
        values[key] = _text(values.get(key, ""), f"{where}: {key}")
    if bool(values["raw"]) == bool(values["user"] or values["system"]):
        raise _Wrong(f"{where} needs either 'raw', a prompt without a chat template, or 'user' (and 'system')")
    for key in ("needs", "marks", "remove"):
        values[key] = _list(values.get(key, []), f"{where}: {key}")
    for key in ("words", "levels"):
        values[key] = tuple((str(word), str(means)) for word, means in _table(values.get(key, {}), key).items())
    values["sampling"] = tuple(sorted(_table(values.get("sampling", {}), "sampling").items()))
    if "truncation" in values:
        values["truncation"] = Truncation(**_table(values["truncation"], "truncation"))
    if "again" in values:
        values["again"] = Again(**_table(values["again"], "again"))
    failure = values.get("failure", "none")
    if not isinstance(failure, int | float) and failure not in {"none", "tie", "lowest", "incorrect"}:
        raise _Wrong(f"{where}: failure {failure!r} is none of none, tie, lowest, incorrect, and not a number")
    for key in ("least", "most"):
        if not isinstance(values.get(key, 0), int | float) or not math.isfinite(values.get(key, 0)):
            raise _Wrong(f"{where}: {key!r} must be a number")
    if unknown := sorted(set(values["needs"]) - set(_NEEDS)):
        raise _Wrong(f"{where}: needs {unknown[0]!r}, which is none of {', '.join(_NEEDS)}")
    try:
        re.compile(values["strict"])
    except re.error as error:
        raise _Wrong(f"{where}: 'strict' is not a regular expression ({error})") from None
    parser(values["parser"])
    for key in ("system", "user", "raw"):
        Template.of(values[key])
    return Layout(**values)


def _models(given: Any) -> tuple[tuple[str, str], ...]:
    listed: list[Any] = given if isinstance(given, list) else [given]
    models = [_table(one, "models") for one in listed]
    if not all(set(one) == {"id", "licence"} for one in models):
        raise _Wrong("'models' must be a list of { id = ..., licence = ... }")
    return tuple((str(one["id"]), str(one["licence"])) for one in models)


def _text(value: Any, key: str) -> str:
    if not isinstance(value, str):
        raise _Wrong(f"{key!r} must be text")
    return value


def _table(value: Any, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Wrong(f"{key!r} must be a table")
    return cast("dict[str, Any]", value)


def _list(value: Any, key: str) -> tuple[str, ...]:
    listed: list[Any] = value if isinstance(value, list) else []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in listed):
        raise _Wrong(f"{key!r} must be a list of texts")
    return tuple(listed)

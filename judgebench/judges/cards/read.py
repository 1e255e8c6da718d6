"""Judge cards as files: TOML, one for a judge or a family; what stands above the layouts holds for all of them."""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import fields
from typing import TYPE_CHECKING, Any, cast

from judgebench.errors import JudgebenchError, UsageError, not_parsed
from judgebench.judges.cards.card import FAILURES, Again, Card, Layout, Truncation
from judgebench.judges.cards.parsers import parser
from judgebench.judges.cards.template import Template

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TEXTS = ("title", "source", "paper", "code", "weights", "order", "family")
_OWN = (*_TEXTS, "name", "models", "notes", "layouts")
_LAYOUT = tuple(field.name for field in fields(Layout))
_NEEDS = ("reference", "context", "criterion")


class _WrongError(Exception):
    """What is wrong with a card, without its file."""


def read_card(text: str, file: str, name: str) -> Card:
    """Read a card; UsageError where a key is missing, unknown or of the wrong type, or a template has another slot."""
    try:
        return _card(tomllib.loads(text), file, name)
    except (_WrongError, JudgebenchError, TypeError) as error:
        raise UsageError(f"judge card {file}: {error}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"judge card {file} is not TOML: {not_parsed(error)}") from None


def _card(data: Mapping[str, Any], file: str, name: str) -> Card:
    said = {key: _text(data.get(key, ""), key) for key in _TEXTS}
    shared = {key: value for key, value in data.items() if key not in _OWN}
    tables: Any = data.get("layouts")
    if not isinstance(tables, list) or not tables:
        raise _WrongError("it has no [[layouts]]")
    known: dict[str, dict[str, Any]] = {}
    layouts: list[Layout] = []
    for number, one in enumerate(cast("list[dict[str, Any]]", tables), 1):
        own = dict(one)
        like = own.pop("like", None)
        if like is not None and like not in known:
            raise _WrongError(f"layout {number} is like {like!r}, and no layout above it has that name")
        whole = {**shared, **known.get(like or "", {}), **own}
        whole.setdefault("name", str(number))
        if whole["name"] in known:
            raise _WrongError(f"two layouts are named {whole['name']!r}")
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
        raise _WrongError(f"{where}: unknown key {unknown[0]!r}; there are {', '.join(_LAYOUT)}")
    if missing := [key for key in ("scale", "parser", "strict") if key not in data]:
        raise _WrongError(f"{where} lacks {missing[0]!r}")
    layout = Layout(**{key: _READ.get(key, _as_is)(value, f"{where}: {key}") for key, value in data.items()})
    if bool(layout.raw) == bool(layout.user or layout.system):
        raise _WrongError(f"{where} needs either 'raw', a prompt without a chat template, or 'user' (and 'system')")
    if unknown := sorted(set(layout.needs) - set(_NEEDS)):
        raise _WrongError(f"{where}: needs {unknown[0]!r}, which is not one of {', '.join(_NEEDS)}")
    parser(layout.parser)
    for text in layout.texts.values():
        Template.of(text)
    return layout


def _models(given: Any) -> tuple[tuple[str, str], ...]:
    listed: list[Any] = given if isinstance(given, list) else [given]
    models = [_table(one, "models") for one in listed]
    if not all(set(one) == {"id", "licence"} for one in models):
        raise _WrongError("'models' must be a list of { id = ..., licence = ... }")
    return tuple((str(one["id"]), str(one["licence"])) for one in models)


def _text(value: Any, key: str) -> str:
    if not isinstance(value, str):
        raise _WrongError(f"{key!r} must be text")
    return value


def _table(value: Any, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _WrongError(f"{key!r} must be a table")
    return cast("dict[str, Any]", value)


def _list(value: Any, key: str) -> tuple[str, ...]:
    listed: list[Any] = value if isinstance(value, list) else []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in listed):
        raise _WrongError(f"{key!r} must be a list of texts")
    return tuple(listed)


def _as_is(value: Any, key: str) -> Any:  # noqa: ARG001 - one of several readers
    return value


def _pairs(value: Any, key: str) -> tuple[tuple[str, str], ...]:
    return tuple((str(word), str(means)) for word, means in _table(value, key).items())


def _number(value: Any, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _WrongError(f"{key!r} must be a number")
    return value


def _failure(value: Any, key: str) -> str | float:
    if value not in FAILURES and not isinstance(value, int | float):
        raise _WrongError(f"{key} {value!r} is neither a number nor one of {', '.join(FAILURES)}")
    return cast("str | float", value)


def _pattern(value: Any, key: str) -> str:
    try:
        return re.compile(_text(value, key)).pattern
    except re.error as error:
        raise _WrongError(f"{key} is not a regular expression ({error})") from None


_READ: dict[str, Callable[[Any, str], Any]] = {
    **dict.fromkeys(("name", "scale", "parser", "system", "user", "raw", "criterion"), _text),
    **dict.fromkeys(("needs", "marks", "remove"), _list),
    **dict.fromkeys(("words", "levels"), _pairs),
    **dict.fromkeys(("least", "most"), _number),
    "failure": _failure,
    "strict": _pattern,
    "sampling": lambda value, key: tuple(sorted(_table(value, key).items())),
    "truncation": lambda value, key: Truncation(**_table(value, key)),
    "again": lambda value, key: Again(**_table(value, key)),
}

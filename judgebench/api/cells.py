"""What a program or a command line said of a table's cells, as `Cells`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from judgebench.api.parameters import column_names
from judgebench.errors import UsageError, argument
from judgebench.labels.cells import Cells, Units
from judgebench.labels.vocabulary import number_of


def cells_of(said: Mapping[str, Any]) -> Cells:
    """Read the keys of `judgebench.api.tables.CellWords`; UsageError names the parameter."""
    rescale = _by_column("rescale", said.get("rescale"))
    for text in rescale.values():
        Units.parse(text)
    return Cells(
        _words(said.get("words")),
        tuple(_codes(said.get("missing"))),
        tuple(column_names("reverse", said.get("reverse"))),
        rescale,
        _thresholds(said.get("threshold"))[1],
        bool(said.get("read_replies")),
    )


def threshold_of(said: Mapping[str, Any]) -> float | None:
    """Read the threshold of all columns of scores."""
    return _thresholds(said.get("threshold"))[0]


def _words(words: object) -> dict[str, str | Mapping[str, str]]:
    if words is None:
        return {}
    if not isinstance(words, Mapping):
        raise UsageError(f"{argument('words')}={words!r}: write a mapping such as {{'0': 'tie'}}")
    return {str(word): _words(one) if isinstance(one, Mapping) else str(one) for word, one in words.items()}  # type: ignore[misc]  # one column's words are texts


def _codes(missing: object) -> list[str]:
    """Read codes in a list, or parted by commas; a number may stand alone."""
    given = [missing] if isinstance(missing, (str, int, float)) else missing
    if given is None:
        return []
    if not isinstance(given, Iterable):
        raise UsageError(f"{argument('missing')}={missing!r}: write a code, or several in a list")
    found: list[str] = []
    for one in given:
        column_, colon, codes = str(one).rpartition(":")
        found += [f"{column_}{colon}{code.strip()}" for code in codes.split(",") if code.strip()]
    return found


def _by_column(name: str, given: object) -> dict[str, str]:
    """Read what is said of single columns: a mapping, or ``C=...``, one or several in a list."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return {str(one): str(said) for one, said in given.items()}
    found: dict[str, str] = {}
    for one in [given] if isinstance(given, str) or not isinstance(given, Iterable) else given:
        column_, equals, said = str(one).rpartition("=")
        if not equals or not column_.strip():
            raise UsageError(f"{argument(name)} {one!r}: name the column, COLUMN={one}")
        if found.setdefault(column_.strip(), said) != said:
            raise UsageError(f"{argument(name)}: {column_.strip()!r} is named twice")
    return found


def _thresholds(given: Any) -> tuple[float | None, dict[str, float]]:
    """Read a threshold for all scores, and those of single columns."""
    several = given if isinstance(given, (list, tuple)) else [] if given is None else [given]
    every = [one for one in several if not isinstance(one, Mapping) and "=" not in str(one)]
    if len(every) > 1:
        raise UsageError(f"{argument('threshold')}: {every[0]} or {every[1]}? Say of which column, COLUMN=X")
    own: dict[str, str] = {}
    for one in several:
        own |= {} if one in every else _by_column("threshold", one)
    return (_number(every[0]) if every else None), {name: _number(said) for name, said in own.items()}


def _number(said: object) -> float:
    value = number_of(str(said)) if not isinstance(said, bool) else None
    if value is None:
        raise UsageError(f"{argument('threshold')}={said!r}: expected a number, or COLUMN=NUMBER")
    return value

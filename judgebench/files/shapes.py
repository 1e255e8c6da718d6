"""Rows inside one JSON value: a list of objects, or one of the ways in which programs write a table as one object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEEPEST = 4
_MOST_FIELDS = 2000

Records = list[dict[str, Any]]


def as_records(value: Any) -> Records | None:
    """Read rows off a value that holds some; None where it holds none.

    >>> as_records([{"a": 1}]), as_records({"a": [1, 2], "b": [3, 4], "c": 5})
    ([{'a': 1}], [{'a': 1, 'b': 3, 'c': 5}, {'a': 2, 'b': 4, 'c': 5}])
    >>> as_records({"columns": ["a"], "data": [[1], [2]]}), as_records({"0": {"a": 1}, "1": {"a": 2}})
    ([{'a': 1}, {'a': 2}], [{'a': 1}, {'a': 2}])
    >>> as_records({"a": {"0": 1, "1": 2}, "b": {"0": 3, "1": 4}}), as_records([1, 2])
    ([{'a': 1, 'b': 3}, {'a': 2, 'b': 4}], None)
    """
    if isinstance(value, list):
        return value if value and all(isinstance(one, dict) for one in value) else None
    if not isinstance(value, dict) or not value:
        return None
    return _of_split(value) or (
        _of_objects(value) if all(isinstance(one, dict) and one for one in value.values()) else _of_lists(value)
    )


def _of_split(value: dict[str, Any]) -> Records | None:
    """As pandas writes orient="split"."""
    names, data = value.get("columns"), value.get("data")
    if not isinstance(names, list) or not isinstance(data, list):
        return None
    if not all(isinstance(row, list) and len(row) == len(names) for row in data):
        return None
    return [dict(zip(map(str, names), row, strict=True)) for row in data]


def _of_objects(value: dict[str, dict[str, Any]]) -> Records | None:
    """Rows by number, or columns of cells by number, as pandas writes orient="index" and "columns"."""
    inner = list(value.values())
    if all(map(str.isdecimal, value)):
        return inner
    if all(one.keys() == inner[0].keys() for one in inner) and all(map(str.isdecimal, inner[0])):
        return [{name: one[at] for name, one in value.items()} for at in inner[0]]
    return None


def _of_lists(value: dict[str, Any]) -> Records | None:
    """Columns as equally long lists, and what all rows share."""
    lists = {name: one for name, one in value.items() if isinstance(one, list)}
    lengths = {len(one) for one in lists.values()}
    if len(lists) < 2 or len(lengths) != 1 or any(isinstance(one, dict) for one in value.values()):
        return None
    return [
        {name: one[at] if name in lists else one for name, one in value.items()} for at in range(next(iter(lengths)))
    ]


def by_id(value: Any) -> Records | None:
    """Read rows off an object of objects by id, such as the labels of each item by annotator; None where it isn't one.

    Ids are the outer names or the inner ones: those of which there are more, as items outnumber their annotators.

    >>> by_id({"q1": {"ann": 1, "bob": 2}, "q2": {"ann": 3}, "q3": {"bob": 1}})
    [{'id': 'q1', 'ann': 1, 'bob': 2}, {'id': 'q2', 'ann': 3}, {'id': 'q3', 'bob': 1}]
    """
    if not isinstance(value, dict) or not all(isinstance(one, dict) and one for one in value.values()):
        return None
    if any(isinstance(cell, (dict, list)) for one in value.values() for cell in one.values()):
        return None
    inner = dict.fromkeys(name for one in value.values() for name in one)
    if max(len(value), len(inner)) < 3 or "id" in inner or "id" in value:
        return None
    if len(value) >= len(inner):
        return [{"id": name, **one} for name, one in value.items()]
    return [{"id": name, **{who: one[name] for who, one in value.items() if name in one}} for name in inner]


def record_paths(value: Any, path: str = "", depth: int = 0) -> Iterator[str]:
    """Name the places inside one object that hold rows, ``''`` for all of it."""
    if as_records(value) is not None:
        yield path
        return
    if isinstance(value, dict) and depth < _DEEPEST:
        for name, one in list(value.items())[:_MOST_FIELDS]:
            yield from record_paths(one, f"{path}.{name}" if path else name, depth + 1)

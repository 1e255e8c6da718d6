"""What a card says under ``[form]``, as the fields of a dataclass that a reader declares."""

from __future__ import annotations

from dataclasses import MISSING, Field, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from judgebench.files.toml import TomlTable

T = TypeVar("T")


def one_of(default: str, *others: str) -> Any:
    """Declare a field that is one of several words."""
    return field(default=default, metadata={"one_of": (default, *others)})


def filled(cls: type[T], table: TomlTable, **read: Any) -> T:
    """Take a key for each field of a dataclass, by the field's type; ``read`` are the fields that are taken already.

    A field without a default must be there. DataError names the file and the key. A table may hold more: ``done``
    refuses what nobody took.

    >>> from dataclasses import make_dataclass
    >>> from judgebench.files.toml import TomlTable
    >>> Form = make_dataclass("Form", [("id", "str"), ("gold", "tuple[str, ...]", ()), ("first", "int", 1)])
    >>> filled(Form, TomlTable({"id": "q", "gold": "score"}, "task.toml", "form."))
    Form(id='q', gold=('score',), first=1)
    """
    taken = {one.name: _TAKERS[str(one.type)](table, one) for one in fields(cls) if one.name not in read}  # type: ignore[arg-type]  # a dataclass
    return cls(**taken, **read)


def whole(cls: type[T], table: TomlTable) -> T:
    """Take a dataclass as `filled` does, of a table that holds nothing else."""
    found = filled(cls, table)
    table.done()
    return found


def _text(table: TomlTable, one: Field[Any]) -> str:
    default = None if one.default is MISSING else one.default
    if "one_of" in one.metadata:
        return table.choice(one.name, one.metadata["one_of"], default)
    return table.text(one.name, default)


def _names(table: TomlTable, one: Field[Any]) -> tuple[str, ...]:
    found: tuple[str, ...] = table.names(one.name) if one.name in table.data or one.default is MISSING else one.default
    if not found and one.default is MISSING:
        table.fail(one.name, "name at least one field")
    return found


def _plain(kind: type[Any]) -> Callable[[TomlTable, Field[Any]], Any]:
    return lambda table, one: table.take(one.name, kind, None if one.default is MISSING else one.default)


#: How a key is taken, by the type of its field as it is written.
_TAKERS: Mapping[str, Callable[[TomlTable, Field[Any]], Any]] = {
    "str": _text,
    "int": _plain(int),
    "bool": _plain(bool),
    "tuple[str, ...]": _names,
    "Mapping[str, str]": lambda table, one: table.texts_by_name(one.name),
    "Mapping[str, tuple[str, ...]]": lambda table, one: table.names_by_name(one.name),
}

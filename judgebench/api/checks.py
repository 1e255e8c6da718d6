"""What the command line's parser checks, for those who come without it."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from judgebench.domain import Policies
from judgebench.errors import UsageError, argument

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

#: Seconds that anything may be waited for.
_DAY = 86_400.0
#: Least and greatest value of every number, and whether it is a whole one; as the options of ``run``.
_NUMBERS: dict[str, tuple[float, float, bool]] = {
    "limit": (1, math.inf, True),
    "repeats": (1, math.inf, True),
    "max_tokens": (1, math.inf, True),
    "max_concurrency": (1, math.inf, True),
    "attempts": (1, math.inf, True),
    "batch_size": (1, math.inf, True),
    "workers": (1, math.inf, True),
    "seed": (-math.inf, math.inf, True),
    "temperature": (0, math.inf, False),
    "timeout": (0.1, _DAY, False),
    "connect_timeout": (0.1, _DAY, False),
    "first_byte_timeout": (0.1, _DAY, False),
    "hedge": (0.01, _DAY, False),
    "poll": (0.01, _DAY, False),
    "rpm": (0.1, math.inf, False),
    "tpm": (1, math.inf, False),
    "max_cost": (0, math.inf, False),
}
#: Those that None does not leave to somebody else.
_NEEDED = frozenset({"repeats", "seed", "max_tokens", "attempts", "timeout", "connect_timeout", "poll"})


def number(name: str, value: Any) -> Any:
    """Check a number of the name; None stays None where it may, and numpy's become Python's.

    Raises
    ------
    UsageError
        If it is none, or out of range.

    Examples
    --------
    >>> number("limit", 3), number("hedge", None), number("timeout", 5)
    (3, None, 5.0)
    """
    if (value is None and name not in _NEEDED) or (
        name == "temperature" and isinstance(value, str) and value == "default"
    ):
        return value
    return ranged(name, value, *_NUMBERS[name])


def ranged(name: str, value: Any, low: float, high: float, whole: bool) -> float:  # noqa: FBT001 - as the table has it
    """Check that a number is in a range; UsageError where it is not, or is not a number."""
    try:
        found: float = operator.index(value) if whole else float(value)
    except (TypeError, ValueError):
        found = math.nan
    if isinstance(value, bool) or not low <= found <= high or (math.isinf(found) and not whole):
        bounds = "" if low == -math.inf else f" from {low:g}" + (f" to {high:g}" if high < math.inf else " up")
        raise UsageError(f"{argument(name)}={value!r}: expected a {'whole number' if whole else 'number'}{bounds}")
    return found


def numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    """Check all that are numbers."""
    return {name: number(name, value) if name in _NUMBERS else value for name, value in values.items()}


def flag(name: str, value: Any) -> bool:
    """Check a yes or no: ``"no"`` would be a yes.

    Raises
    ------
    UsageError
        If it is neither.
    """
    # numpy's truth values are no bool.
    if isinstance(value, bool) or type(value).__name__ in {"bool", "bool_"}:
        return bool(value)
    raise UsageError(f"{argument(name)}={value!r}: write True or False")


def place(name: str, value: Any) -> str:
    """Check a folder or URL.

    Raises
    ------
    UsageError
        If it is none; an empty one would be wherever the program stands.
    """
    if isinstance(value, (str, os.PathLike)) and (text := os.fspath(value)) and isinstance(text, str) and text.strip():
        return text
    raise UsageError(f"{argument(name)}={value!r}: name a folder, or a URL")


def column(name: str, value: object) -> str | None:
    """Check one column; a name that is no text becomes it, as in the table.

    Raises
    ------
    UsageError
        If it is no name.
    """
    if value is None or isinstance(value, str):
        # Around the names in the table there is none, either.
        return value and value.strip()
    if isinstance(value, Iterable):
        raise UsageError(f"{argument(name)}={value!r}: name one column")
    return str(value)


def one_of(name: str, value: T, alias: Any) -> T:
    """Check a word against a Literal; None passes.

    Raises
    ------
    UsageError
        If it is none of its words.
    """
    return value if value is None else among(name, value, get_args(alias))


def among(name: str, value: T, words: Sequence[object]) -> T:
    """Check that a value is one of some words; UsageError where it is not."""
    if value not in words:
        raise UsageError(f"{argument(name)}={value!r}: write one of {', '.join(map(repr, words))}")
    return value


def several(name: str, value: Any, single: Callable[[Any], bool]) -> list[Any]:
    """Make a list of one or several, each of them once.

    Raises
    ------
    UsageError
        If there is none, or what is given is neither one nor a sequence.
    """
    if single(value):
        return [value]
    if not isinstance(value, Iterable):
        raise UsageError(f"{value!r} is no {name}")
    found: list[Any] = []
    for one in value:
        if not single(one):
            raise UsageError(f"{one!r} is no {name}")
        if not any(one is other or (isinstance(one, (str, Path)) and one == other) for other in found):
            found.append(one)
    if not found:
        raise UsageError(f"no {name} is given")
    return found


def policies_of(given: object) -> list[str]:
    """Spell policies as the command line does.

    Examples
    --------
    >>> policies_of({"tie": "drop", "order": "mean"}), policies_of("tie=drop")
    (['tie=drop', 'order=mean'], ['tie=drop'])

    Raises
    ------
    UsageError
        If it is nothing of the kind.
    """
    if isinstance(given, Policies):
        given = given.to_json()
    if isinstance(given, Mapping):
        return [f"{name}={value}" for name, value in given.items()]
    found: list[Any] = [given] if isinstance(given, str) else list(given) if isinstance(given, Iterable) else [given]
    if wrong := [one for one in found if not isinstance(one, str)]:
        raise UsageError(
            f"{argument('policy')}={wrong[0]!r}: write {{'tie': 'drop'}} or 'tie=drop', or several in a list"
        )
    return found


def column_names(name: str, given: object) -> list[str]:
    """Make a list of one column or several; names that are no text become it, as in the table.

    Raises
    ------
    UsageError
        If it is neither.
    """
    if given is None:
        return []
    if isinstance(given, str):
        return [given.strip()]
    if isinstance(given, int):
        return [str(given)]
    if isinstance(given, Iterable) and not isinstance(given, (bytes, bytearray)):
        found = [column(name, one) for one in given]
        named = [one for one in found if one is not None]
        if len(named) == len(found):
            return named
    raise UsageError(f"{argument(name)}={given!r}: name a column, or several in a list")

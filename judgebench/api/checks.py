"""What a program may give where a signature can't say it all; each names its parameter."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from judgebench.domain import Policies
from judgebench.errors import UsageError, argument

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


def shown(value: object) -> str:
    """Write a value in a message of one line; of a table or a picture the kind says more than the value."""
    text = repr(value)
    return text if len(text) <= 60 and "\n" not in text else f"a {type(value).__name__}"


def ranged(name: str, value: Any, low: float, high: float, whole: bool) -> float:  # noqa: FBT001 - as a range has it
    """Check that it is a number in a range; numpy's become Python's."""
    try:
        found: float = operator.index(value) if whole else float(value)
    except (TypeError, ValueError):
        found = math.nan
    if _is_truth(value) or not low <= found <= high or (math.isinf(found) and not whole):
        bounds = "" if low == -math.inf else f" from {low:g}" + (f" to {high:g}" if high < math.inf else " up")
        raise UsageError(f"{argument(name)}={shown(value)}: expected a {'whole number' if whole else 'number'}{bounds}")
    return found


def flag(name: str, value: Any) -> bool:
    """Check a yes or no: ``"no"`` would be a yes."""
    if _is_truth(value):
        return bool(value)
    raise UsageError(f"{argument(name)}={shown(value)}: write True or False")


def _is_truth(value: object) -> bool:
    # numpy's truth values are not bools.
    return isinstance(value, bool) or type(value).__name__ in {"bool", "bool_"}


def text(name: str, value: Any, *, path: bool = False) -> Any:
    """Check a text, or a path where one may be given."""
    if isinstance(value, str) or (path and isinstance(value, os.PathLike)):
        return value
    raise UsageError(f"{argument(name)}={shown(value)}: {'name a file or a folder' if path else 'write a text'}")


def texts(name: str, value: Any, *, path: bool = False) -> list[Any]:
    """Make a list of one text or several."""
    if isinstance(value, str) or (path and isinstance(value, os.PathLike)):
        return [value]
    if isinstance(value, Iterable) and not isinstance(value, (bytes, bytearray)):
        return [text(name, one, path=path) for one in value]
    kinds = "name files or folders" if path else "write a text, or several in a list"
    raise UsageError(f"{argument(name)}={shown(value)}: {kinds}")


def numbers(name: str, value: Any) -> list[float]:
    """Make a list of numbers."""
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes, bytearray)):
        return [ranged(name, one, -math.inf, math.inf, whole=False) for one in value]
    raise UsageError(f"{argument(name)}={shown(value)}: write numbers in a list")


def place(name: str, value: Any) -> str:
    """Check a folder or URL; an empty one would be the current folder."""
    if isinstance(value, (str, os.PathLike)) and (text := os.fspath(value)) and isinstance(text, str) and text.strip():
        return text
    raise UsageError(f"{argument(name)}={shown(value)}: name a folder, or a URL")


def check_output(output: Path | None) -> None:
    """Refuse a file that can't be written, before anything is asked or measured."""
    if output is None:
        return
    present = next(folder for folder in (output, *output.absolute().parents) if folder.exists())
    if output.is_dir() or not (present.is_dir() or present == output) or not os.access(present, os.W_OK):
        raise UsageError(f"can't write {argument('output')} {output}")


def check_texts(*, sample: bool, data: object) -> None:
    """Refuse to read texts from two places."""
    if sample and data is not None:
        raise UsageError(
            f"{argument('sample')} takes the rows shipped with the task, {argument('data')} yours: give one of them"
        )


def column(name: str, value: object) -> str | None:
    """Check one column; a name that isn't text becomes it, as in the table."""
    if value is None or isinstance(value, str):
        # Around the names in the table there is none, either.
        return value and value.strip()
    if isinstance(value, Iterable):
        raise UsageError(f"{argument(name)}={shown(value)}: name one column")
    return str(value)


def among(name: str, value: T, words: Sequence[object]) -> T:
    """Check that a value is one of some words."""
    # An array has no truth value to compare with.
    if not isinstance(value, Hashable) or value not in words:
        raise UsageError(f"{argument(name)}={shown(value)}: write one of {', '.join(map(repr, words))}")
    return value


def several(name: str, value: Any, single: Callable[[Any], bool]) -> list[Any]:
    """Make a list of one or several, each of them once; UsageError where there is none."""
    if single(value):
        return [value]
    if not isinstance(value, Iterable):
        raise UsageError(f"{shown(value)} is not a {name}")
    found: list[Any] = []
    for one in value:
        if not single(one):
            raise UsageError(f"{shown(one)} is not a {name}")
        if not any(one is other or (isinstance(one, (str, Path)) and one == other) for other in found):
            found.append(one)
    if not found:
        raise UsageError(f"no {name} is given")
    return found


def policies_of(given: object) -> list[str]:
    """Spell policies as the command line does.

    >>> policies_of({"tie": "drop", "order": "mean"}), policies_of("tie=drop")
    (['tie=drop', 'order=mean'], ['tie=drop'])
    """
    if isinstance(given, Policies):
        given = given.to_json()
    if isinstance(given, Mapping):
        return [f"{name}={value}" for name, value in given.items()]
    found: list[Any] = [given] if isinstance(given, str) else list(given) if isinstance(given, Iterable) else [given]
    if wrong := [one for one in found if not isinstance(one, str)]:
        raise UsageError(
            f"{argument('policy')}={shown(wrong[0])}: write {{'tie': 'drop'}} or 'tie=drop', or several in a list"
        )
    return found


def column_names(name: str, given: object) -> list[str]:
    """Make a list of one column or several; names that aren't text become it, as in the table."""
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
    raise UsageError(f"{argument(name)}={shown(given)}: name a column, or several in a list")

"""Parameters of the functions that people call: said once, in their signatures, for Python and the command line alike.

An `Option` in an annotation says what the command line calls a parameter, its help, and its range. `question` holds
what a program gives against it; `judgebench.cli.commands` makes options of it.
"""

from __future__ import annotations

import functools
import inspect
import math
import operator
import os
import types
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Literal,
    ParamSpec,
    TypeVar,
    Union,
    Unpack,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from judgebench.domain import Policies
from judgebench.errors import UsageError, argument

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
_TEXT: frozenset[Any] = frozenset({str, Path})


@dataclass(frozen=True, slots=True)
class Option:
    """A parameter on the command line.

    ``flag`` is its name there (by default ``--the-name``; ``--on/--off``, ``--long -l``), ``least`` and ``most`` bound
    a number. ``read`` is the type that the command line reads where that isn't the annotation's, ``text`` makes a value
    of a text, ``default`` is that of a key of a TypedDict. ``written`` is a file that the question writes itself,
    ``kept`` names what a file is that no output may replace; ``silent`` says why there is no answer with a flag, and
    ``csv`` that a table may stand in its place.
    """

    help: str
    flag: str = ""
    metavar: str | None = None
    least: float | None = None
    most: float | None = None
    env: str | list[str] | None = None
    read: Any = None
    text: Callable[[str], Any] | None = None
    default: Any = None
    written: bool = False
    kept: str = ""
    silent: str = ""
    csv: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a question: its name in Python, its bare type, its option; one by ``place`` needs no flag."""

    name: str
    type: Any
    option: Option
    default: Any
    place: bool = False

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return (self.option.metavar or self.name.upper()) if self.place else self.flags[0].partition("/")[0]

    @property
    def flags(self) -> list[str]:
        """Its names on the command line, if it isn't one by place."""
        return self.option.flag.split() or [f"--{self.name.replace('_', '-')}"]

    def checked(self, value: Any) -> Any:
        """Hold a value against type and range; UsageError names the parameter."""
        union = isinstance(self.type, types.UnionType) or get_origin(self.type) is Union
        kinds: tuple[Any, ...] = get_args(self.type) if union else (self.type,)
        words = [word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)]
        number = int in kinds or float in kinds
        lists = [kind for kind in kinds if get_origin(kind) is Sequence]
        if lists and (words or number) and isinstance(value, (list, tuple)):
            one = replace(self, type=get_args(lists[0])[0])
            return [one.checked(each) for each in cast("Sequence[Any]", value)]
        plain = set(kinds) <= _TEXT | {types.NoneType} and not self.column
        if value is self.default or (
            value is None and (types.NoneType in kinds or not (number or plain or bool in kinds))
        ):
            return value
        if words and (not number or (isinstance(value, Hashable) and value in words)):
            return among(self.name, value, words)
        if number:
            low = -math.inf if self.option.least is None else self.option.least
            high = math.inf if self.option.most is None else self.option.most
            return ranged(self.name, value, low, high, float not in kinds)
        if bool in kinds:
            heard = callable(value) and any(get_origin(kind) is Callable for kind in kinds)
            worded = isinstance(value, str) and str in kinds
            return value if heard or worded else flag(self.name, value)
        return text(self.name, value, path=Path in kinds) if plain else self._several(value, kinds)

    @property
    def column(self) -> bool:
        """Whether it names columns, which `judgebench.api.columns.Columns` reads: they may be numbers, too."""
        return self.option.metavar in {"C", "ITEM,RATER,LABEL"}

    def _several(self, value: Any, kinds: tuple[Any, ...]) -> Any:
        """Check one or several; what can be read only once becomes a list."""
        lists = [kind for kind in kinds if get_origin(kind) is Sequence]
        many = [get_args(kind)[0] for kind in lists]
        if many and {*kinds} <= {*_TEXT, types.NoneType, lists[0]} and not self.column:
            if many[0] is float:
                return numbers(self.name, value)
            return texts(self.name, value, path=Path in kinds)
        return list(value) if many and isinstance(value, Iterator) else value


@functools.cache
def parameters(function: Callable[..., Any]) -> dict[str, Parameter]:
    """Read the parameters of a question that have an option; the keys of ``**table: Unpack[...]`` are its own."""
    hints = get_type_hints(function, include_extras=True)
    found: dict[str, Parameter] = {}
    for name, given in inspect.signature(function).parameters.items():
        hint = hints.get(name)
        if get_origin(hint) is Unpack and is_typeddict(table := get_args(hint)[0]):
            found |= keys(table)
        else:
            found |= _parameter(name, hint, given.default, place=given.kind is given.POSITIONAL_OR_KEYWORD)
    return found


@functools.cache
def keys(table: Any) -> dict[str, Parameter]:
    """Read the keys of a TypedDict that have an option."""
    found: dict[str, Parameter] = {}
    for name, hint in get_type_hints(table, include_extras=True).items():
        found |= _parameter(name, hint, None)
    return found


def options_of(given: Mapping[str, Any], table: Any) -> tuple[str, ...]:
    """Name the options of a TypedDict's keys that say something other than what holds by itself."""
    usual = {name: one.option.default for name, one in keys(table).items()}
    said = {name: given.get(name) for name in usual if given.get(name) != usual[name]}
    return tuple(
        argument(name) for name, one in said.items() if one or (isinstance(one, (int, float)) and one is not False)
    )


def _parameter(name: str, hint: Any, default: Any, *, place: bool = False) -> dict[str, Parameter]:
    if get_origin(hint) is not Annotated:
        return {}
    bare, *extras = get_args(hint)
    option = next((one for one in extras if isinstance(one, Option)), None)
    if option is None:
        return {}
    given = option.default if default is None else default
    return {name: Parameter(name, bare, option, given, place and not option.flag)}


@functools.cache
def signature(function: Callable[..., Any]) -> inspect.Signature:
    """Give the signature of a question, with the keys of ``**table: Unpack[...]`` as parameters."""
    own, known = inspect.signature(function), parameters(function)
    plain = [one for one in own.parameters.values() if one.kind is not one.VAR_KEYWORD]
    keyed = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=one.type)
        for name, one in known.items()
        if name not in own.parameters
    ]
    return own.replace(parameters=plain + keyed)


def checked(function: Callable[..., Any], *args: Any, **kwargs: Any) -> inspect.BoundArguments:
    """Bind what a program gives to a question, and hold it against its parameters; UsageError names one."""
    try:
        bound = signature(function).bind(*args, **kwargs)
    except TypeError as error:
        raise UsageError(f"judgebench.{function.__name__}: {error}") from None
    known = parameters(function)
    for name, value in bound.arguments.items():
        if name in known:
            bound.arguments[name] = known[name].checked(value)
    return bound


def question(function: Callable[P, R]) -> Callable[P, R]:
    """Check what a program gives to a function that people call, before it runs."""

    @functools.wraps(function)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        bound = checked(function, *args, **kwargs)
        return function(*bound.args, **bound.kwargs)

    asked.__signature__ = signature(function)  # type: ignore[attr-defined]  # what help() and notebooks show
    return asked


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


def check_output(output: Path | None, name: str = "output") -> None:
    """Refuse a file that can't be written, before anything is asked or measured."""
    if output is None:
        return
    present = next(folder for folder in (output, *output.absolute().parents) if folder.exists())
    if output.is_dir() or not (present.is_dir() or present == output) or not os.access(present, os.W_OK):
        why = "it is a folder; name a file in it" if output.is_dir() else f"{present} can't be written to"
        raise UsageError(f"can't write {argument(name)} {output}: {why}")


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


def is_named(value: Any) -> bool:
    """Whether one or several were given; a DataFrame has no truth value.

    >>> is_named("gpt-4o"), is_named(()), is_named("")
    (True, False, False)
    """
    return bool(value) if isinstance(value, (str, list, tuple)) else value is not None


def each(value: Any) -> list[Any]:
    """Make a list of one or several; without any it is a choice that is left open.

    >>> each(["a", "b"]), each(0.5), each([])
    (['a', 'b'], [0.5], [None])
    """
    return list(dict.fromkeys(value)) or [None] if isinstance(value, (list, tuple)) else [value]


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

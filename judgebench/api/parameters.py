"""Parameters of the functions that people call: said once, in their signatures, for Python and the command line alike.

An `Option` in an annotation says what the command line calls a parameter, its help, and its range. `question` holds
what a program gives against it; `judgebench.cli.commands` makes options of it.
"""

from __future__ import annotations

import functools
import inspect
import math
import types
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Literal,
    ParamSpec,
    TypeVar,
    Union,
    Unpack,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from judgebench.api.checks import among, flag, numbers, ranged, text, texts
from judgebench.errors import UsageError

__all__ = ["Option", "Parameter", "checked", "keys", "parameters", "question", "signature"]

P = ParamSpec("P")
R = TypeVar("R")
_TEXT: frozenset[Any] = frozenset({str, Path})


@dataclass(frozen=True, slots=True)
class Option:
    """A parameter on the command line.

    ``flag`` is its name there (by default ``--the-name``; ``--on/--off``, ``--long -l``), ``least`` and ``most`` bound
    a number. ``read`` is the type that the command line reads where that isn't the annotation's, ``text`` makes a value
    of a text, ``default`` is that of a key of a TypedDict. ``kept`` names what a file is that no output may replace;
    ``silent`` says why there is no answer with a flag.
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
    kept: str = ""
    silent: str = ""


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
        kinds = get_args(self.type) if union else (self.type,)
        words = [word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)]
        number = int in kinds or float in kinds
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
            return value if heard else flag(self.name, value)
        return text(self.name, value, path=Path in kinds) if plain else self._several(value, kinds)

    @property
    def column(self) -> bool:
        """Whether it names columns, which `judgebench.api.tables.Columns` reads: they may be numbers, too."""
        return self.option.metavar in {"C", "ITEM,RATER,LABEL"}

    def _several(self, value: Any, kinds: tuple[Any, ...]) -> Any:
        """Check one or several; what can be read only once becomes a list."""
        many = [get_args(kind)[0] for kind in kinds if get_origin(kind) is Sequence]
        if many and {*kinds} <= {*_TEXT, types.NoneType, Sequence[many[0]]} and not self.column:
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


def keys(table: Any) -> dict[str, Parameter]:
    """Read the keys of a TypedDict that have an option."""
    found: dict[str, Parameter] = {}
    for name, hint in get_type_hints(table, include_extras=True).items():
        found |= _parameter(name, hint, None)
    return found


def _parameter(name: str, hint: Any, default: Any, *, place: bool = False) -> dict[str, Parameter]:
    if get_origin(hint) is not Annotated:
        return {}
    bare, *extras = get_args(hint)
    option = next((one for one in extras if isinstance(one, Option)), None)
    if option is None:
        return {}
    shown = option.default if default is None else default
    return {name: Parameter(name, bare, option, shown, place and not option.flag)}


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

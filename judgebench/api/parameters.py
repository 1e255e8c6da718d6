"""Parameters of the functions that people call: said once, in their signatures, for Python and the command line alike.

An `Option` in an annotation says what the command line calls a parameter, its help, and its range. `question` holds
what a program gives against it; `judgebench.cli.commands` makes options of it.
"""

from __future__ import annotations

import functools
import inspect
import math
import types
from dataclasses import dataclass
from typing import (
    TYPE_CHECKING,
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

from judgebench.api.checks import among, flag, ranged
from judgebench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Option", "Parameter", "keys", "parameters", "question"]

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Option:
    """A parameter on the command line.

    ``flag`` is its name there (``--the-name`` by default), ``least`` and ``most`` bound a number. ``read`` is the type
    that the command line reads where that isn't the annotation's, ``default`` that of a key of a TypedDict.
    ``kept`` names what a file is that no output may replace; ``silent`` says why there is no answer with a flag.
    """

    help: str
    flag: str = ""
    metavar: str | None = None
    least: float | None = None
    most: float | None = None
    env: str | list[str] | None = None
    read: Any = None
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
        if self.place:
            return self.option.metavar or self.name.upper()
        return self.option.flag or f"--{self.name.replace('_', '-')}"

    def checked(self, value: Any) -> Any:
        """Hold a value against type and range; UsageError names the parameter."""
        if value is None or value is self.default:
            return value
        kinds = (
            get_args(self.type)
            if isinstance(self.type, types.UnionType) or get_origin(self.type) is Union
            else (self.type,)
        )
        words = [word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)]
        if isinstance(value, str) and words:
            return among(self.name, value, words)
        if bool in kinds:
            return flag(self.name, value)
        if int in kinds or float in kinds:
            low = -math.inf if self.option.least is None else self.option.least
            high = math.inf if self.option.most is None else self.option.most
            return ranged(self.name, value, low, high, float not in kinds)
        return among(self.name, value, words) if words else value


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
            by_place = given.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
            found |= _parameter(name, hint, given.default, place=by_place)
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
    return {name: Parameter(name, bare, option, option.default if default is None else default, place)}


def question(function: Callable[P, R]) -> Callable[P, R]:
    """Check what a program gives to a function that people call, before it runs."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        known = parameters(function)
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise UsageError(f"judgebench.{function.__name__}: {error}") from None
        for name, value in list(bound.arguments.items()):
            if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
                if strange := sorted(set(value) - set(known)):
                    raise UsageError(f"judgebench.{function.__name__}: there is no parameter {strange[0]!r}")
                bound.arguments[name] = {key: known[key].checked(one) for key, one in value.items()}
            elif name in known:
                bound.arguments[name] = known[name].checked(value)
        return function(*bound.args, **bound.kwargs)

    return asked

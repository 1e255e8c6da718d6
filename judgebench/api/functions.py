"""Python functions as judges, given as objects: their names, and what tells two versions of them apart.

Answers are kept and serve again, so an edited function must not look like the one that gave them. A function of an
importable module goes by its file, as ``--judge module:function`` does. Of a script's or a notebook's function we
look at its own source and at the functions and constants that it names; of a bound method, an object or a partial,
at what it holds. What can't be told apart is refused.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import math
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judgebench.errors import UsageError, a_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from judgebench.judges.function import FunctionJudge

_HELP = "give it an attribute `settings`, a mapping of all that can change an answer"


def function_judge(function: Callable[..., Any]) -> FunctionJudge:
    """Make a judge of a function, a class or an object that can be called.

    UsageError if two versions of it could not be told apart, or its signature is not a judge's.
    """
    from judgebench.judges.function import FunctionJudge  # noqa: PLC0415 - loaded on use

    name = name_of(function)
    file = _file_of(function)
    source = _digest(_described(function, name)) if file is None else hashlib.sha256(file.read_bytes()).hexdigest()[:24]
    return FunctionJudge(name, function, source)


def name_of(function: Callable[..., Any]) -> str:
    """Name a function in tables.

    Examples
    --------
    >>> name_of(math.floor), name_of(lambda item: "A"), name_of(functools.partial(max, 3))
    ('math:floor', 'judgebench.api.functions:lambda', 'builtins:max')
    """
    if isinstance(function, functools.partial):
        return name_of(function.func)
    if isinstance(function, types.MethodType):
        return f"{name_of(type(function.__self__))}.{function.__name__}"
    named: Any = function if hasattr(function, "__qualname__") else type(function)
    words = named.__qualname__.replace("<locals>.", "").replace("<lambda>", "lambda")
    module = "" if named.__module__ == "__main__" else f"{named.__module__}:"
    return f"{module}{words}"


def _file_of(function: Callable[..., Any]) -> Path | None:
    """Find the file that speaks for an object, because ``module:name`` leads to it; None where nothing does."""
    module: Any = sys.modules.get(getattr(function, "__module__", None) or "")
    file = getattr(module, "__file__", None)
    if file is None or module.__name__ == "__main__" or not hasattr(function, "__qualname__"):
        return None
    found: Any = module
    for part in function.__qualname__.split("."):
        found = getattr(found, part, None)
    return Path(file) if found is function and Path(file).is_file() else None


def _described(value: Any, name: str) -> list[Any]:  # noqa: PLR0911 - one for each kind of callable
    """Say in plain JSON what a callable is made of."""
    settings = getattr(value, "settings", None)
    if settings is not None:
        return ["settings", _plain(_mapping(settings, name), name)]
    if isinstance(value, functools.partial):
        return ["partial", _described(value.func, name), _plain([list(value.args), value.keywords], name)]
    if isinstance(value, types.MethodType):
        return ["method", _described(value.__func__, name), _held(value.__self__, name)]
    if isinstance(value, types.FunctionType):
        return ["function", *_of_function(value, name, {value})]
    if isinstance(value, type):
        return ["class", _source(value, name)]
    if isinstance(value, types.BuiltinFunctionType):
        return ["builtin", value.__module__, value.__qualname__]
    return ["object", _source(type(value), name), _held(value, name)]


def _mapping(settings: Any, name: str) -> dict[Any, Any]:
    if not isinstance(settings, Mapping):
        raise UsageError(f"the settings of {name} are {settings!r}; {_HELP}")
    return dict(settings)


def _held(holder: Any, name: str) -> Any:
    """Give what an object holds: its settings, else its attributes where they are plain."""
    settings = getattr(holder, "settings", None)
    if settings is not None:
        return _plain(_mapping(settings, name), name)
    return _plain(getattr(holder, "__dict__", {}), name)


def _of_function(function: types.FunctionType, name: str, seen: set[types.FunctionType]) -> Iterator[Any]:
    """Yield a function's source, defaults and closure, and those of what it names in its own module."""
    yield _source(function, name)
    yield _plain([list(function.__defaults__ or ()), function.__kwdefaults__ or {}], name)
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    for word, cell in cells:
        yield word, _inner(cell.cell_contents, name, seen)
    for word in sorted(set(_names(function.__code__))):
        if word not in function.__globals__:
            continue
        value = function.__globals__[word]
        if isinstance(value, types.FunctionType) and value.__module__ == function.__module__:
            yield word, _inner(value, name, seen)
        elif isinstance(value, type) and value.__module__ == function.__module__:
            yield word, _source(value, name)
        elif (plain := _plain_or_none(value)) is not None:
            # Clients and models that a function names stay out: a module's file would not speak of them either.
            yield word, plain


def _inner(value: Any, name: str, seen: set[types.FunctionType]) -> Any:
    if isinstance(value, types.FunctionType):
        if value in seen:
            return "again"
        seen.add(value)
        return list(_of_function(value, name, seen))
    if callable(value):
        return _described(value, name)
    return _plain(value, name)


def _names(code: types.CodeType) -> Iterator[str]:
    """Names that code, and the functions inside it, look up."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _source(value: Any, name: str) -> Any:
    """Give the text of a function or a class, else what was compiled of it."""
    try:
        source = inspect.getsource(value)
    except (OSError, TypeError):
        # A class in a notebook has no text; its methods do.
        if isinstance(value, type):
            return _parts(value, name)
        if isinstance(value, types.FunctionType):
            return _compiled(value.__code__)
        raise UsageError(f"the source of {name} can't be read, so an edit would go unnoticed; {_HELP}") from None
    # Of a lambda the text is its line, which may hold several.
    return [source, _compiled(value.__code__)] if getattr(value, "__name__", "") == "<lambda>" else source


def _parts(value: type, name: str) -> list[Any]:
    parts: list[Any] = []
    for word, part in vars(value).items():
        bare = part.__func__ if isinstance(part, (classmethod, staticmethod)) else part
        if isinstance(bare, types.FunctionType):
            parts.append([word, list(_of_function(bare, name, {bare}))])
        elif (plain := _plain_or_none(part)) is not None and not word.startswith("__"):
            parts.append([word, plain])
    return [[base.__qualname__ for base in value.__mro__], parts]


def _compiled(code: types.CodeType) -> str:
    """Write compiled code as text, without line numbers and the same in every process."""
    return repr((code.co_code.hex(), code.co_names, code.co_varnames, [_constant(one) for one in code.co_consts]))


def _constant(value: Any) -> str:
    if isinstance(value, types.CodeType):
        return _compiled(value)
    return repr(sorted(map(repr, value))) if isinstance(value, frozenset) else repr(value)


def _plain_or_none(value: Any) -> Any | None:
    try:
        return _plain(value, "")
    except UsageError:
        return None


def _plain(value: Any, name: str) -> Any:
    """Plain data with a text of its own; anything else might change unseen."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, (list, tuple)):
        return [_plain(part, name) for part in value]
    if isinstance(value, (set, frozenset)):
        return sorted(json.dumps(_plain(part, name), sort_keys=True) for part in value)
    if isinstance(value, dict):
        return [[_plain(key, name), _plain(part, name)] for key, part in value.items()]
    raise UsageError(
        f"{name} holds {a_type(value)}, so two versions of it could not be told apart and old answers would "
        f"serve new ones; {_HELP}"
    )


def _digest(described: list[Any]) -> str:
    text = json.dumps(described, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:24]

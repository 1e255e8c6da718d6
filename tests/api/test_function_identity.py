"""Functions given as objects: an edited one is asked again, an unedited one is not."""

from __future__ import annotations

import functools
import linecache
import types
from typing import Any

import pytest

from judgebench.api.functions import function_judge, name_of
from judgebench.errors import UsageError


def of(source: str, name: str = "judge", **given: Any) -> Any:
    """Define something as a notebook's cell does: its source is at hand, a module file is not."""
    file = f"<cell {abs(hash(source))}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    names: dict[str, Any] = {"__name__": "__main__"} | given
    exec(compile(source, file, "exec"), names)  # noqa: S102 - our own source
    return names[name]


def source_of(function: Any) -> str:
    return str(function_judge(function).settings["source"])


PLAIN = 'def judge(item):\n    return "A"\n'
HELPED = "def helper(item):\n    return {0}\ndef judge(item):\n    return helper(item)\n"
NAMED = 'LEVEL = {0}\ndef judge(item):\n    return "A" if len(item.id) > LEVEL else "B"\n'
CLOSED = "def make(n):\n    def judge(item):\n        return n\n    return judge\njudge = make({0})\n"
HOLDING = (
    "class Judge:\n    def __init__(self, n):\n        self.n = n\n"
    "    def __call__(self, item):\n        return self.n\njudge = Judge({0})\n"
)
PARTIAL = "import functools\ndef base(n, item):\n    return n\njudge = functools.partial(base, {0})\n"
METHOD = HOLDING.replace("__call__", "ask").replace("judge = Judge({0})", "judge = Judge({0}).ask")
DEFAULT = "def judge(item, n={0}):\n    return n\n"
NESTED = 'LEVEL = {0}\ndef judge(item):\n    return (lambda: "A" if LEVEL else "B")()\n'


@pytest.mark.parametrize("cell", [HELPED, NAMED, CLOSED, HOLDING, PARTIAL, METHOD, DEFAULT, NESTED])
def test_what_it_says_depends_on_makes_a_difference(cell: str) -> None:
    first, same, other = (source_of(of(cell.format(n))) for n in (1, 1, 2))
    assert first == same
    assert first != other


def test_an_edit_makes_a_difference() -> None:
    assert source_of(of(PLAIN)) == source_of(of(PLAIN))
    assert source_of(of(PLAIN)) != source_of(of(PLAIN.replace('"A"', '"B"')))


def test_without_source_the_compiled_code_speaks() -> None:
    def made(text: str) -> Any:
        names: dict[str, Any] = {"__name__": "__main__"}
        exec(text, names)  # noqa: S102 - our own source
        return names["judge"]

    assert source_of(made(PLAIN)) == source_of(made("\n\n" + PLAIN))
    assert source_of(made(PLAIN)) != source_of(made(PLAIN.replace('"A"', '"B"')))


def test_lambdas_and_mutual_recursion() -> None:
    assert source_of(lambda item: "A") != source_of(lambda item: "B")
    round_trip = "def other(item):\n    return judge(item)\ndef judge(item):\n    return other(item)\n"
    assert source_of(of(round_trip)) == source_of(of(round_trip))


class Client:
    """Something whose state nobody can read."""

    __slots__ = ("socket",)

    def __init__(self) -> None:
        self.socket = object()

    def ask(self, item):
        return "A"


def test_what_cannot_be_told_apart_is_refused_and_settings_help() -> None:
    client = object()
    with pytest.raises(UsageError, match=r"holds an object.*give it an attribute `settings`"):
        function_judge(of("def judge(item, client=CLIENT):\n    return client\n", CLIENT=client))
    with pytest.raises(UsageError, match="holds an object"):
        function_judge(of(HOLDING.format("CLIENT"), CLIENT=client))

    judge = of(HOLDING.format("CLIENT"), CLIENT=client)
    judge.settings = {"model": "m1"}
    first = source_of(judge)
    judge.settings = {"model": "m2"}
    assert source_of(judge) != first


def test_an_edited_class_makes_a_difference() -> None:
    cell = HOLDING.format(1)
    assert source_of(of(cell)) != source_of(of(cell.replace("return self.n", "return self.n + 1")))
    assert source_of(of(cell, "Judge")) != source_of(of(cell.replace("return self.n", "return 0"), "Judge"))


def test_clients_that_a_function_names_stay_out() -> None:
    cell = "def judge(item):\n    return CLIENT.ask(item)\n"
    assert source_of(of(cell, CLIENT=Client())) == source_of(of(cell, CLIENT=Client()))


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (of(PLAIN), "judge"),
        (of(CLOSED.format(1)), "make.judge"),
        (of(HOLDING.format(1)), "Judge"),
        (of(METHOD.format(1)), "Judge.ask"),
        (of(PARTIAL.format(1)), "base"),
        (lambda item: "A", f"{__name__}:lambda"),
        (Client().ask, f"{__name__}:Client.ask"),
        (functools.partial(source_of, 1), f"{__name__}:source_of"),
        (Client, f"{__name__}:Client"),
    ],
)
def test_names(function: Any, name: str) -> None:
    assert name_of(function) == name


def test_a_module_that_is_gone_does_not_speak_for_a_function() -> None:
    function = of(PLAIN)
    function.__module__ = "nowhere"
    assert isinstance(function, types.FunctionType)
    assert function_judge(function).settings["source"]

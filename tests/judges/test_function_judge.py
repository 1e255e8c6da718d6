"""One's own function as a judge."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import numpy as np
import pytest
from asking import asked
from processes import HANGS, until

from judgebench.domain import Case, Item, Judge, Label, Reference, Reply, Response, Scale, Status, Turn
from judgebench.errors import BrokenPluginError, RejectedError, RetryableError, UsageError
from judgebench.judges.function import FunctionJudge, create

ITEM = Item(
    "i",
    (Turn.of("user", "Q?"),),
    (Response("first"), Response("second")),
    (Label("gold", 2),),
    "human",
    references=(Reference("r"), Reference("old", "old")),
)
PAIR, CHECK, RATE = Scale.pair(), Scale.check(), Scale.rate(1, 5)


def ask(function, scale: Scale = PAIR, order=(1, 0)) -> Reply:
    return asyncio.run(asked(FunctionJudge("m:f", function), Case(ITEM, order, reference="human"), scale))


def test_one_argument_is_the_item_as_shown_without_gold() -> None:
    seen = []
    assert isinstance(FunctionJudge("m:f", seen.append), Judge)
    ask(lambda item: seen.append(item))  # noqa: PLW0108 - its signature is what is tested
    (item,) = seen
    assert [response.text for response in item.responses] == ["second", "first"]
    assert [reference.text for reference in item.references] == ["r"]
    assert item.gold == ()


def test_two_arguments_are_case_and_scale_without_gold() -> None:
    seen = []
    ask(lambda case, scale: seen.append((case, scale)))
    ((case, scale),) = seen
    assert (case.order, scale, case.item.gold) == ((1, 0), PAIR, ())
    assert case.key == Case(ITEM, (1, 0), reference="human").key


@pytest.mark.parametrize(
    ("answer", "scale", "code"),
    [
        ("A", PAIR, 0),
        (" TIE ", PAIR, 1),
        (2, PAIR, 2),
        (np.int64(2), PAIR, 2),
        (("B", "because"), PAIR, 2),
        ("correct", CHECK, 1),
        (True, CHECK, 1),
        (0, CHECK, 0),
        (4, RATE, 3),  # the rating 4, not the fifth label
        ("4", RATE, 3),
        (4.0, RATE, 3),
        ((5, "fine"), RATE, 4),
        (1, Scale.pick(3), 0),
    ],
)
def test_what_a_function_may_return(answer, scale, code) -> None:
    reply = ask(lambda item: answer, scale)
    assert (reply.status, reply.code) == (Status.OK, code)


@pytest.mark.parametrize(
    ("answer", "scale"),
    [
        ("C", PAIR),
        ("", PAIR),
        (None, PAIR),
        (3, PAIR),
        (-1, PAIR),
        (True, PAIR),
        (0, RATE),
        (6, RATE),
        (4.5, RATE),
        (float("nan"), RATE),
        ([1], RATE),
        (("A", 3), PAIR),
        (object(), PAIR),
    ],
)
def test_what_is_not_on_the_scale_is_unparsed(answer, scale) -> None:
    reply = ask(lambda item: answer, scale)
    assert (reply.status, reply.code) == (Status.UNPARSED, None)


def test_words_and_replies_are_kept() -> None:
    assert ask(lambda item: ("A", "because")).text == "because"
    assert ask(lambda item: Reply.ok(0, text="t", seconds=3.0)) == Reply.ok(0, text="t", seconds=3.0)


def test_async_functions_and_objects() -> None:
    class Caller:
        async def __call__(self, case, scale):
            await asyncio.sleep(0)
            return "B"

    async def function(item):
        return "A"

    assert ask(function).code == 0
    assert ask(Caller()).code == 2


def test_plain_functions_run_beside_the_loop() -> None:
    barrier = threading.Barrier(3, timeout=HANGS)
    judge = FunctionJudge("m:f", lambda item: barrier.wait() and None)

    async def main() -> None:
        await asyncio.gather(*(asked(judge, Case(ITEM, (0, 1)), PAIR) for _ in range(3)))

    asyncio.run(main())  # a blocked loop would break the barrier


def test_an_exception_fails_the_item_with_its_type_and_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_API_KEY", "canary-0123456789")

    def broken(item):
        raise ZeroDivisionError("oh no canary-0123456789")

    monkeypatch.chdir(Path(__file__).parent)
    line = broken.__code__.co_firstlineno + 1
    said = rf"m:f raised ZeroDivisionError \({Path(__file__).name}:{line}\): oh no \[redacted\]"
    with pytest.raises(RejectedError, match=said) as caught:
        ask(broken)
    assert not caught.value.refused


def test_a_field_that_items_have_not_is_answered_with_those_that_they_have() -> None:
    with pytest.raises(RejectedError, match=r"no attribute 'answer'; it has question, responses"):
        ask(lambda item: item.answer)


def test_a_function_may_ask_for_a_retry() -> None:
    def busy(item):
        raise RetryableError("busy", retry_after=1)

    with pytest.raises(RetryableError):
        ask(busy)


@pytest.mark.parametrize("function", [lambda: "A", lambda a, b, c: "A"])
def test_a_signature_that_fits_neither_form(function) -> None:
    with pytest.raises(UsageError, match=r"\(item\) or \(case, scale\)"):
        FunctionJudge("m:f", function)


def test_defaults_are_the_users_own() -> None:
    assert ask(lambda item, threshold=3: "A" if threshold == 3 else "B").code == 0


# --- loading ------------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("mine"):
            del sys.modules[name]


def test_a_module_beside_the_user_is_found_and_its_source_is_part_of_the_settings(here) -> None:
    (here / "mine_judge.py").write_text("class J:\n    @staticmethod\n    def f(item):\n        return 'A'\n", "utf-8")
    judge = create("mine_judge:J.f")
    assert judge.name == "mine_judge:J.f"
    assert asyncio.run(asked(judge, Case(ITEM, (0, 1)), PAIR)).code == 0
    source = judge.settings["source"]
    del sys.modules["mine_judge"]
    (here / "mine_judge.py").write_text("class J:\n    @staticmethod\n    def f(item):\n        return 'BB'\n", "utf-8")
    assert create("mine_judge:J.f").settings["source"] != source


@pytest.mark.parametrize(
    ("source", "spec", "error", "words"),
    [
        (None, "mine_missing:f", UsageError, "no module 'mine_missing'"),
        (None, "mine_missing.sub:f", UsageError, "no module 'mine_missing'"),
        (None, "baseline:longest", UsageError, "did you mean baseline/longest?"),
        ("import no_such_dependency", "mine_a:f", BrokenPluginError, "importing mine_a failed.*no_such_dependency"),
        ("1/0", "mine_b:f", BrokenPluginError, "importing mine_b failed: ZeroDivisionError"),
        ("x = (", "mine_c:f", BrokenPluginError, "importing mine_c failed: SyntaxError"),
        ("raise SystemExit(3)", "mine_d:f", BrokenPluginError, "importing mine_d failed: SystemExit"),
        ("f = 3", "mine_e:f", UsageError, "mine_e:f is an int"),
        ("f = 3", "mine_f:g", UsageError, r"module 'mine_f' \(.*mine_f.py\) has no 'g'"),
        ("f = 3", "mine_g", UsageError, "module:function"),
        ("f = 3", "mine_h:", UsageError, "module:function"),
    ],
)
def test_what_can_go_wrong_names_the_module(here, source, spec, error, words) -> None:
    if source is not None:
        (here / f"{spec.partition(':')[0]}.py").write_text(textwrap.dedent(source), "utf-8")
    with pytest.raises(error, match=words):
        create(spec)


@pytest.mark.parametrize("error", [StopIteration("x"), SystemExit(3), RecursionError()])
def test_odd_exceptions_fail_the_item_and_hang_nothing(error: BaseException) -> None:
    def function(_: object) -> str:
        raise error

    with pytest.raises(RejectedError, match="raised"):
        ask(function)


def test_a_function_that_never_returns_does_not_keep_the_process(tmp_path) -> None:
    (tmp_path / "stuck.py").write_text("import time\ndef judge(item):\n    open('in', 'w').close(); time.sleep(600)\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "judgebench", "run", "--judge", "stuck:judge", "--task", "pandalm", "--sample"],
        cwd=tmp_path, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until((tmp_path / "in").exists, process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=HANGS)
    assert (process.returncode, "Traceback" in err) == (130, False), err


def test_a_class_is_made_once_in_a_process_and_says_how_many_cards_it_needs(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "holder.py").write_text(
        "made = []\n\n"
        "class Holder:\n    gpus = 2\n\n    def __init__(self):\n        made.append(1)\n\n"
        "    async def __call__(self, case, scale):\n        return scale.labels[0]\n\n"
        "class Mute:\n    pass\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    judges = [create("holder:Holder") for _ in range(2)]
    assert [judge.needs.gpus for judge in judges] == [2, 2]
    module = sys.modules["holder"]
    assert module.made == []

    async def all_of_them() -> list[object]:
        return await asyncio.gather(*[asked(judge, Case(ITEM, (0, 1)), PAIR) for judge in judges for _ in range(4)])

    assert {reply.code for reply in asyncio.run(all_of_them())} == {0}
    assert module.made == [1]
    with pytest.raises(UsageError, match="holder:Mute"):
        create("holder:Mute")

"""Judges whose own code is broken: one failed or unusable case in every engine, and never a traceback."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from round_judges import llm
from servers.fake_batches import FakeBatches
from test_rounds import KEY, in_batches, planned

from judgebench.domain import Message, Needs, Reply, Request, Status
from judgebench.errors import BackendError
from judgebench.run.engine import Options
from judgebench.run.execute import execute
from judgebench.run.forecasts import estimate
from judgebench.store.runs import find_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from judgebench.domain import Backend, Case, Scale, Steps


class Broken:
    """Judges every other item as it should, and the others by ``steps_of``."""

    name = "broken"
    settings: Mapping[str, object] = {}
    needs = Needs()

    def __init__(self, steps_of: Callable[[Case, Request], Steps]) -> None:
        self._of, self._steps_of = llm("m"), steps_of

    @property
    def backends(self) -> Mapping[str, Backend]:
        return self._of.backends

    def steps(self, case: Case, scale: Scale) -> Steps:
        request = Request(self._of.backend, (Message.of("user", f"{case.key} A or B?"),))
        return self._steps_of(case, request) if int(case.item.id[-1], 36) % 2 else right(case, request)


def right(case: Case, request: Request) -> Steps:
    yield [request]
    return Reply.ok(0)


def returns(reply: Any) -> Callable[[Case, Request], Steps]:
    def steps(case: Case, request: Request) -> Steps:
        yield [request]
        return reply

    return steps


def reads_json(case: Case, request: Request) -> Steps:
    (said,) = yield [request]
    return Reply.ok(json.loads(said.text + "{")["verdict"])


def raises_first(case: Case, request: Request) -> Steps:
    raise KeyError(case.key, request)
    yield []


def leaves(case: Case, request: Request) -> Steps:
    yield [request]
    raise SystemExit(3)


def asks_a_stranger(case: Case, request: Request) -> Steps:
    yield [Request("nobody", request.messages)]
    return Reply.ok(0)


def asks_in_words(case: Case, request: Request) -> Steps:
    yield [case.key, request]  # type: ignore[list-item]  # what is tested
    return Reply.ok(0)


def asks_what_is_no_json(case: Case, request: Request) -> Steps:
    yield [Request(request.backend, request.messages, (("schema", {"a": object()}),))]
    return Reply.ok(0)


def answers_at_once(case: Case, request: Request) -> Steps:
    return Reply.ok(0)  # type: ignore[return-value]  # what is tested


BROKEN: dict[str, tuple[Callable[[Case, Request], Steps], Status, str]] = {
    "reads_json": (reads_json, Status.FAILED, "broken raised JSONDecodeError"),
    "raises_first": (raises_first, Status.FAILED, "broken raised KeyError"),
    "leaves": (leaves, Status.FAILED, "broken raised SystemExit"),
    "stranger": (asks_a_stranger, Status.FAILED, "broken asks 'nobody', which is none of its backends: openai/m"),
    "words": (asks_in_words, Status.FAILED, "broken asks with a str, not a Request"),
    "no json": (asks_what_is_no_json, Status.FAILED, "broken raised TypeError"),
    "no generator": (answers_at_once, Status.FAILED, "broken: steps returned a Reply, not a generator"),
    "off the scale": (returns(Reply.ok(17)), Status.UNPARSED, "verdict 17 is not on pair:3"),
    "a string": (returns("A"), Status.UNPARSED, "the judge returned str, not a Reply"),
    "nothing": (returns(None), Status.UNPARSED, "the judge returned NoneType, not a Reply"),
    "text": (returns(Reply.ok(0, text=5)), Status.UNPARSED, "the judge returned a Reply that holds 5"),
    "scores": (returns(Reply.ok(0, scores=("x",))), Status.OK, "scores that are not numbers were left out"),
    "parts": (returns(Reply.ok(0, parts=("m",))), Status.UNPARSED, "parts are ('m',)"),
    "a part": (returns(Reply.ok(0, parts=(("m", Reply.ok(17)),))), Status.OK, ""),
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBatches]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with FakeBatches() as found:
        monkeypatch.setenv("OPENAI_BASE_URL", found.openai_url)
        yield found


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_judge_costs_its_case_in_every_engine(how: str, server: FakeBatches, tmp_path: Path) -> None:
    steps_of, status, error = BROKEN[how]
    assert estimate(planned(Broken(steps_of)), lambda _: None).calls <= 96
    execute(planned(Broken(steps_of)), tmp_path / "live", Options())
    paid = server.counts.total()
    in_batches(planned(Broken(steps_of)), tmp_path / "batched")
    assert server.counts.total() == paid, "nothing that a batch answered is asked live"
    [live], [batched] = find_runs(tmp_path / "live"), find_runs(tmp_path / "batched")
    found = [{v.key: (v.status, v.error, v.parts) for v in run.verdicts()} for run in (live, batched)]
    assert found[0] == found[1]
    spoilt = [one for one in found[0].values() if one[0] is not Status.OK or any(one[1:])]
    assert 0 < len(spoilt) < 48
    assert all(one[0] is status and error in one[1] for one in spoilt), spoilt[0]


def says_failed(case: Case, request: Request) -> Steps:
    yield [request]
    return Reply(Status.FAILED, error="not this one")


@pytest.mark.parametrize("engine", ["local", "batch"])
@pytest.mark.parametrize("steps_of", [reads_json, leaves, says_failed])
def test_an_answer_that_breaks_its_judge_is_never_paid_twice(
    steps_of: Callable[[Case, Request], Steps], engine: str, server: FakeBatches, tmp_path: Path
) -> None:
    def ask(steps_of: Callable[[Case, Request], Steps], **options: bool) -> tuple[int, set[Status]]:
        before = server.paid.total()
        if engine == "local":
            execute(planned(Broken(steps_of)), tmp_path, Options(**options))
        else:
            in_batches(planned(Broken(steps_of)), tmp_path, Options(**options))
        [run] = find_runs(tmp_path)
        return server.paid.total() - before, {verdict.status for verdict in run.verdicts()}

    calls, statuses = ask(steps_of)
    assert (calls > 0, statuses) == (True, {Status.OK, Status.FAILED})
    assert ask(steps_of) == (0, {Status.OK, Status.FAILED})
    # Its judge mended, it needs no other answer.
    assert ask(right) == (0, {Status.OK})
    assert ask(steps_of, refresh=True) == (calls, {Status.OK, Status.FAILED})
    assert ask(steps_of, refresh=True) == (calls, {Status.OK, Status.FAILED})


def test_a_judge_that_never_ends_is_named(server: FakeBatches, tmp_path: Path) -> None:
    def endless(case: Case, request: Request) -> Steps:
        while True:
            yield []

    for ask in (lambda plan, runs: execute(plan, runs, Options()), in_batches):
        with pytest.raises(BackendError, match="broken asks for more than 100 rounds"):
            ask(planned(Broken(endless)), tmp_path)
    assert not server.batches

"""Judges of several rounds and of several models: one generator, driven by every engine, and nothing paid twice."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from processes import until
from round_judges import Jury, OwnAnswerFirst, llm
from servers.fake_batches import FakeBatches

from judgebench.api.planning import Showing, plan_run
from judgebench.domain import Case, Completion, Message, Needs, Reply, Request, Scale, Status, Token
from judgebench.errors import UsageError
from judgebench.judges.backends.server import create as serve
from judgebench.judges.model import Model
from judgebench.run.batch.engine import Waiting, execute_in_batches
from judgebench.run.dialogue import Dialogue
from judgebench.run.engine import Options
from judgebench.run.execute import execute
from judgebench.run.forecasts import estimate
from judgebench.store.rounds import ROUNDS, Rounds
from judgebench.store.runs import find_runs, read_run
from judgebench.store.upkeep import pack
from judgebench.tasks.base import open_task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.domain import Judge, Steps
    from judgebench.run.plans import Plan

KEY = "sk-canary-0123456789"
OWN_ANSWER = "Your own answer was"
OTHER = [{"token": "B", "logprob": -1.0}]


class Server(FakeBatches):
    """Holds back the second round while ``held``: whoever leaves meanwhile was never answered."""

    held = False
    waiting = 0
    #: Batches after so many don't end.
    held_batches = 99

    @property
    def hold(self) -> bool:
        return len(self.batches) > self.held_batches

    @hold.setter
    def hold(self, value: bool) -> None:
        pass

    async def _answer(self, request: Any, write: Any) -> Any:
        self.waiting += 1
        try:
            while self.held and OWN_ANSWER in (await request.read()).decode():
                if request.transport is None or request.transport.is_closing():
                    raise ConnectionResetError
                await asyncio.sleep(0.01)
        finally:
            self.waiting -= 1
        return await super()._answer(request, write)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with Server() as found:
        found.lead = ""
        monkeypatch.setenv("OPENAI_BASE_URL", found.openai_url)
        yield found


def planned(judge: Judge) -> Plan:
    return plan_run(open_task("pandalm", sample=True), judge, Showing())[0]


def two() -> Judge:
    return OwnAnswerFirst(llm("m"))


def jury() -> Judge:
    return Jury(llm("m1"), llm("m2"), llm("m3"))


def in_batches(plan: Plan, runs: Path, options: Options | None = None) -> Path:
    waiting = Waiting(poll=0.01, longest=0.05, settle=0.3)
    [outcome] = execute_in_batches([plan], runs, options or Options(), waiting, tell=lambda _: None)
    if outcome.error is not None:
        raise outcome.error
    return outcome.path


# --- the dialogue ---------------------------------------------------------------------------------


class Twins:
    """Asks the same thing twice in a round, then once more with what it heard."""

    name = "twins"
    settings: dict[str, object] = {}  # noqa: RUF012 - read only
    needs = Needs()
    backends: dict[str, Any] = {"m": None}  # noqa: RUF012 - read only

    def steps(self, case: Case, scale: Scale) -> Steps:
        same = Request("m", (Message.of("user", "again"),))
        a, b = yield [same, same]
        (c,) = yield [Request("m", (Message.of("user", a.text + b.text),))]
        return Reply.ok(0, text=c.text)


def test_what_is_known_is_not_wanted_again_and_equal_requests_are_two() -> None:
    case = next(planned(two()).cases())
    first = Dialogue(Twins(), case, Scale.pair())
    assert list(first.wanted) == [0, 1]
    assert first.key(0) != first.key(1)
    known = {first.key(1): Completion("b")}
    again = Dialogue(Twins(), case, Scale.pair(), known)
    assert list(again.wanted) == [0]
    again.give(0, Completion("a"))
    [(number, request)] = again.wanted.items()
    assert (number, request.messages[0].text) == (2, "ab")
    known |= {again.key(0): Completion("a"), again.key(2): Completion("c")}
    done = Dialogue(Twins(), case, Scale.pair(), known)
    assert done.reply is not None
    assert (done.reply.text, dict(done.wanted)) == ("c", {})


def test_a_judge_that_never_ends_is_broken() -> None:
    class Endless(Twins):
        def steps(self, case: Case, scale: Scale) -> Steps:
            while True:
                yield []

    with pytest.raises(Exception, match="rounds"):
        Dialogue(Endless(), next(planned(two()).cases()), Scale.pair())


def test_what_a_judge_needs_and_no_backend_can_do_is_said_before_anything_is_asked() -> None:
    class Structured(Twins):
        needs = Needs(capabilities=frozenset({"schema", "logprobs"}))

        def __init__(self, model: Model) -> None:
            self.backends = {model.name: model}

    async def complete(request: Request) -> Completion:
        raise AssertionError(request)

    plain, able = (Model("m", complete, can=can) for can in (frozenset({"images"}), frozenset({"schema", "logprobs"})))
    with pytest.raises(UsageError, match="twins needs logprobs, schema, which m can't do"):
        planned(Structured(plain))
    assert planned(Structured(able)).total == 48


def test_options_and_what_they_bring_travel_both_ways() -> None:
    seen: list[dict[str, Any]] = []

    class Told(FakeBatches):
        async def _answer(self, request: Any, write: Any) -> Any:
            seen.append(await request.json())
            choices = [
                {
                    "message": {"content": text},
                    "finish_reason": "stop",
                    "logprobs": {"content": [{"token": text, "logprob": -0.5, "top_logprobs": OTHER}]},
                }
                for text in "AB"
            ]
            body = {"choices": choices, "usage": {"prompt_tokens": 5, "completion_tokens": 2}}
            return web.json_response(body)

    options = (("effort", "low"), ("logprobs", 2), ("max_tokens", 9), ("n", 2), ("schema", {"type": "object"}))
    with Told() as server:
        model = serve(
            "m", prompt=None, base_url=server.openai_url, temperature=0, max_tokens=64, timeout=9, seed=None
        ).model

        async def ask() -> Completion:
            try:
                return await model.complete(Request("server/m", (Message.of("user", "?"),), options))
            finally:
                await model.aclose()

        said = asyncio.run(ask())
    [body] = seen
    assert (body["reasoning_effort"], body["logprobs"], body["top_logprobs"], body["n"], body["max_tokens"]) == (
        "low", True, 2, 2, 9
    )  # fmt: skip
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert (said.text, said.choices, said.logprobs) == ("A", ("A", "B"), (Token("A", -0.5, (("B", -1.0),)),))
    assert Completion.from_json(json.loads(json.dumps(said.to_json()))) == replace(said, seconds=round(said.seconds, 6))


# --- engines ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "calls"), [(two, 2), (jury, 3)])
def test_batches_and_the_live_run_store_the_same_bytes(make: Any, calls: int, server: Server, tmp_path: Path) -> None:
    live, summary = execute(planned(make()), tmp_path / "live", Options())
    assert (summary.asked, server.counts.total()) == (48, 48 * calls)
    batched = in_batches(planned(make()), tmp_path / "batched")
    assert len(server.batches) == calls
    assert (batched / "verdicts.jsonl").read_bytes() == (live / "verdicts.jsonl").read_bytes()
    assert not list(tmp_path.glob(f"*/*/{ROUNDS}"))


def test_a_dry_run_counts_all_rounds(server: Server) -> None:
    assert [estimate(planned(make()), lambda _: None).calls for make in (two, jury)] == [96, 144]
    assert not server.requests


def test_the_members_of_a_jury_are_kept_in_lines_and_packed(server: Server, tmp_path: Path) -> None:
    path, _ = execute(planned(jury()), tmp_path, Options())
    before = list(read_run(path).verdicts())
    assert all([name for name, _ in v.parts] == ["openai/m1", "openai/m2", "openai/m3"] for v in before)
    for verdict in before:
        votes = Counter(part.code for _, part in verdict.parts)
        # Undone to the item's own order, as the verdict is.
        assert verdict.status is Status.UNPARSED or votes.most_common()[0][0] == verdict.code
    pack(path)
    assert list(read_run(path).verdicts()) == before
    assert execute(planned(jury()), tmp_path, Options())[1].asked == 0


def test_answers_of_cases_that_were_decided_before_a_kill_are_forgotten(server: Server, tmp_path: Path) -> None:
    path, _ = execute(planned(two()), tmp_path, Options())
    kept = Rounds(path, lambda _: False)
    kept.keep(next(planned(two()).cases()).key, "request", Completion("late"))
    assert (path / ROUNDS).exists()
    assert execute(planned(two()), tmp_path, Options())[1].asked == 0
    assert not (path / ROUNDS).exists()


# --- kill -9 ------------------------------------------------------------------------------------------

COMMANDS = {
    "local": ["--max-concurrency", "4"],
    "batch": ["--engine", "batch", "--poll", "0.02"],
    "ray": ["--engine", "ray", "--workers", "2", "--max-concurrency", "4"],
}


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["local", "batch", pytest.param("ray", marks=pytest.mark.ray)])
def test_killed_between_rounds_and_run_again_pays_nothing_twice(engine: str, server: Server, tmp_path: Path) -> None:
    if engine == "ray":
        pytest.importorskip("ray", reason="ray is not installed: nox -s ray runs this")
    command = [
        sys.executable,
        "-m",
        "judgebench",
        "run",
        "--judge",
        "round_judges:TWO",
        "--task",
        "pandalm",
        "--sample",
    ]
    command += ["--runs", "runs", *COMMANDS[engine]]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path[1:]])}
    server.held = True
    server.held_batches = 1
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, text=True, stderr=subprocess.PIPE)

    def second_round_begun() -> bool:
        if engine == "batch":
            return len(server.batches) == 2
        # All calls at once wait for an answer of the second round, and what the first brought has arrived.
        lines = sum(f.read_bytes().count(b"\n") for f in tmp_path.glob(f"runs/*/{ROUNDS}"))
        return server.waiting == 4 and lines == server.counts.total()

    until(second_round_begun, process)
    process.kill()
    process.communicate()
    # A cluster's workers outlive their driver for a moment.
    until(lambda: not server.waiting)
    # A kill can cut the last line short.
    [file] = tmp_path.glob(f"runs/*/{ROUNDS}")
    with file.open("ab") as torn:
        torn.write(b'{"case":"cut')
    server.held, server.held_batches = False, 99
    again = subprocess.run(command, cwd=tmp_path, env=environment, text=True, capture_output=True, check=False)
    assert again.returncode == 0, again.stderr
    [stored] = find_runs(tmp_path / "runs")
    assert len(list(stored.verdicts())) == 48
    assert not list(tmp_path.glob(f"runs/*/{ROUNDS}"))
    asked = Counter(server.counts)
    undisturbed, _ = execute(planned(two()), tmp_path / "live", Options())
    assert (stored.path / "verdicts.jsonl").read_bytes() == (undisturbed / "verdicts.jsonl").read_bytes()
    if engine == "batch":
        assert [batch.requests for batch in server.batches] == [48, 48]
        assert not asked
    else:
        # What was in flight at the kill was not answered, and nothing that was is asked again.
        assert server.counts - asked == asked

"""Where a command stands, on a terminal and elsewhere."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import pytest  # noqa: TC002 - beside what is imported for use

from judgebench.api.progress import Live, told
from judgebench.domain import Case, Item, Label, Policies, Reply, Response, Scale, Status, Turn, Usage
from judgebench.judges.own import Own
from judgebench.probes.orders import Plain
from judgebench.run.engine import Dispatchers, Options
from judgebench.run.execute import Execution, Progress
from judgebench.run.plans import Conventions, Selection, plan
from judgebench.run.summary import Summary


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Toy:
    name, revision, scale = "toy", "r", Scale.pair()

    def items(self):
        for i in range(10):
            yield Item(f"i{i}", (Turn.of("user", "q"),), (Response("a"), Response("b")), (Label("h", 0),), "human")


class Judge(Own):
    name = "j"
    settings: dict[str, object] = {}  # noqa: RUF012 - read only

    async def reply(self, case: Case, scale: Scale) -> Reply:
        return Reply.ok(0)


def progress(runs: int = 1) -> Progress:
    dispatchers = Dispatchers(Options(max_concurrency=4))
    dispatchers.of(Judge())["j"].in_flight = 3
    planned = plan(Toy(), Judge(), Selection(Plain("both")), Conventions(Policies()))
    done = Summary(
        asked=5, usage=Usage(900, 100, 0.25), statuses=Counter({Status.OK: 4, Status.FAILED: 1}),
        models=Counter({"m-1": 3, "m-2": 1}),
    )  # fmt: skip
    return Progress([Execution(planned, Path(f"runs/{i}"), done) for i in range(runs)], dispatchers)


def test_a_pipe_gets_plain_lines_and_none_at_the_end() -> None:
    stream = io.StringIO()
    live, where = Live(stream), progress()
    assert live.interval == 30
    live.show(where)
    where.over = True
    live.show(where)
    [line] = stream.getvalue().splitlines()
    assert line.startswith("j on toy: 5/20 [00:00<00:")
    assert line.endswith("coverage 80.0% 1,000 tok 0.250$, 4 ok, 1 failed, 3/4 in flight]")


def test_a_terminal_gets_one_line_that_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    stream = Terminal()
    live, where = Live(stream), progress(2)
    live.show(where)
    assert "\n" not in stream.getvalue()
    assert stream.getvalue().startswith("\r2 runs: 10/40 [")
    where.over = True
    live.show(where)
    assert stream.getvalue().count("\n") == 1


def test_no_stream_at_all_is_no_error() -> None:
    Live(None).show(progress())


def test_a_run_of_several_versions_says_so() -> None:
    assert told(progress().outcomes[0])[-1].endswith("answered by more than one version of the model: m-1 (3), m-2 (1)")

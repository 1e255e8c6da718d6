"""Dispatchers: what is in flight, whose turn it is, what it may cost; against a loopback server and by hand."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from servers.fake_llm import FakeLLM

from judgebench.domain import (
    Case,
    Completion,
    Item,
    Label,
    Policies,
    Quota,
    Reply,
    Response,
    Scale,
    Status,
    Turn,
    Usage,
)
from judgebench.errors import BackendError, IncompleteError, RetryableError, UsageError
from judgebench.judges.backends.server import ServerBackend
from judgebench.judges.llm import LLMJudge
from judgebench.judges.model import Model
from judgebench.judges.own import Own
from judgebench.probes.orders import Plain
from judgebench.run.dispatch import Dispatcher
from judgebench.run.engine import Options
from judgebench.run.execute import Progress, execute_all
from judgebench.run.plans import Conventions, Selection, plan
from judgebench.run.throttle import Budget, Meter, Window
from judgebench.store.runs import read_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from judgebench.domain import Request
    from judgebench.run.plans import Plan


class Toy:
    revision = "main"
    scale = Scale.pair()

    def __init__(self, name: str, n: int) -> None:
        self.name = name
        self.n = n

    def items(self):
        for i in range(self.n):
            question = Turn.of("user", f"{self.name} {i}")
            yield Item(f"i{i}", (question,), (Response("a"), Response("b")), (Label("h", i % 3),), "human")


def llm_judge(llm: FakeLLM, name: str = "server/m", *, price: float | None = 0.001, limit_group: str = "") -> LLMJudge:
    """A judge each of whose tokens costs ``price``."""
    backend = ServerBackend("m", base_url=llm.openai_url, temperature=0, max_tokens=64, timeout=20, seed=None)

    def cost(completion: Completion) -> float | None:
        return None if price is None else price * (completion.input_tokens + completion.output_tokens)

    model = Model(name, backend.complete, price=cost, close=backend.clients.aclose, limit_group=limit_group, longest=64)
    return LLMJudge(model, settings={"at": llm.port})


def planned(judge: object, name: str = "toy", n: int = 40) -> Plan:
    selection = Selection(Plain("original"), orders="original")
    return plan(Toy(name, n), judge, selection, Conventions(Policies()))  # type: ignore[arg-type]  # any judge


# --- windows ------------------------------------------------------------------------------------


def grown(capacity: int, rounds: int) -> tuple[Window, float]:
    """An adaptive window on a server that works on so many calls at once, a second each, and queues the others."""
    window, now = Window(None), 0.0
    for _ in range(rounds):
        size, sent = window.size, now
        now += max(1.0, size / capacity)
        for _ in range(size):
            window.landed(size, sent, now)
    return window, now


def test_a_window_grows_as_long_as_that_pays() -> None:
    assert grown(10_000, 8)[0].size == 256
    # Twice as much in flight at no higher rate is somebody's queue.
    assert 32 <= grown(32, 8)[0].size <= 140


def test_a_window_shrinks_once_a_round_trip_and_a_fixed_one_never() -> None:
    window, now = grown(10_000, 5)
    for _ in range(50):
        window.overloaded(now - 0.5, now)
    assert window.size == 128
    window.overloaded(now + 0.1, now + 1)
    assert window.size == 64
    # One call in a hundred is turned away: no reason to halve.
    for _ in range(99):
        window.landed(1, now + 1, now + 2)
    window.overloaded(now + 2, now + 3)
    assert window.size == 62
    fixed = Window(7)
    fixed.overloaded(0.0, 1.0)
    fixed.landed(7, 0.0, 1.0)
    assert fixed.size == 7


def test_an_overloaded_server_is_asked_less(tmp_path: Path) -> None:
    with FakeLLM(latency=0.02, faults="503@0.5*1") as llm:
        [outcome] = execute_all([planned(llm_judge(llm), n=300)], tmp_path, Options(backoff=0.01))
    assert outcome.error is None
    assert outcome.summary.statuses == {Status.OK: 300}
    assert llm.most_in_flight < 64


# --- meters -------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_minute", [3, 60, 600, 100_000])
def test_a_meter_lets_no_minute_have_more(per_minute: int) -> None:
    meter, now, let = Meter(per_minute, 0.0), 0.0, list[float]()
    while now < 180:
        wait = meter.wait(1.0, now)
        if wait > 0:
            now += wait + 1e-9
            continue
        meter.take(1.0)
        let.append(now)
    first = 0
    for last, at in enumerate(let):
        while let[first] <= at - 60:
            first += 1
        assert last - first + 1 <= per_minute
    assert len(let) >= 0.97 * 3 * per_minute


def test_a_meter_follows_the_server_and_learns_how_it_counts() -> None:
    # The server charges three times what the client forecasts; its bucket of 60,000 fills in a minute.
    meter, level, now, refused = Meter(60_000, 0.0, calibrated=True), 60_000.0, 0.0, 0
    for _ in range(2000):
        wait = meter.wait(100, now)
        now += wait + 0.001
        level = min(60_000, level + (wait + 0.001) * 1000)
        meter.take(100)
        if level >= 300:
            level -= 300
        else:
            refused += 1
        meter.learn(Quota(60_000, int(level), (60_000 - level) / 1000), meter.spent, now, now)
    assert refused == 0
    assert meter.factor == pytest.approx(3, rel=0.1)
    assert now <= 1.1 * (2000 * 300 - 60_000) / 1000


def test_a_limit_that_is_given_is_kept_and_shared(tmp_path: Path, simulated: Callable[[], float]) -> None:
    asked: list[float] = []

    async def complete(_: object) -> Completion:
        asked.append(simulated())
        return Completion("[[A]]")

    judges = [planned(LLMJudge(Model("server/m", complete, limit_group="one")), name, n=30) for name in ("one", "two")]
    execute_all(judges, tmp_path, Options(rpm=1200))
    # 60 calls at 20 a second, ten of them at once.
    assert len(asked) == 60
    assert asked[-1] == pytest.approx(2.5, abs=0.05)


# --- turns --------------------------------------------------------------------------------------


def test_a_small_run_does_not_wait_for_a_large_one(tmp_path: Path) -> None:
    with FakeLLM(latency=0.02) as llm:
        large, small = planned(llm_judge(llm), "large", n=400), planned(llm_judge(llm), "small", n=40)
        outcomes = execute_all([large, small], tmp_path, Options(max_concurrency=4))
        order = ["small" in str(request.body) for request in llm.requests]
    assert [outcome.summary.statuses.total() for outcome in outcomes] == [400, 40]
    assert max(i for i, of_small in enumerate(order) if of_small) < 120
    assert llm.most_in_flight == 4


@pytest.mark.usefixtures("simulated")
def test_calls_of_one_run_go_first_come_first_served() -> None:
    async def asking() -> list[int]:
        port, order = Dispatcher("l", concurrency=2).port(), list[int]()

        async def one(i: int) -> None:
            async def ask() -> Completion:
                order.append(i)
                await asyncio.sleep(0.001)
                return Completion()

            await port.call(ask, forecast=Usage)

        await asyncio.gather(*(one(i) for i in range(20)))
        return order

    assert asyncio.run(asking()) == list(range(20))


@pytest.mark.usefixtures("simulated")
def test_calls_that_give_up_waiting_leave_no_hole() -> None:
    async def asking() -> int:
        dispatcher = Dispatcher("l", concurrency=3)
        port = dispatcher.port()

        async def ask() -> Completion:
            await asyncio.sleep(0.01)
            return Completion()

        tasks = [asyncio.create_task(port.call(ask, forecast=Usage)) for _ in range(50)]
        for i in range(25):
            await asyncio.sleep(0.002)
            tasks[2 * i].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return dispatcher.in_flight

    assert asyncio.run(asking()) == 0


def test_an_unusable_backend_stops_its_runs_and_no_others(tmp_path: Path) -> None:
    with FakeLLM(faults="404") as gone, FakeLLM() as here:
        plans = [
            planned(llm_judge(gone, "server/gone"), "one"),
            planned(llm_judge(gone, "server/gone"), "two"),
            planned(llm_judge(here, "server/here"), "one"),
        ]
        outcomes = execute_all(plans, tmp_path, Options(max_concurrency=2))
        asked = len(gone.requests)
    assert [type(outcome.error) for outcome in outcomes] == [BackendError, BackendError, type(None)]
    assert asked <= 2
    assert outcomes[2].summary.statuses == {Status.OK: 40}


@pytest.mark.usefixtures("simulated")
def test_those_who_watch_see_where_all_runs_stand(tmp_path: Path) -> None:
    seen: list[tuple[int, int, bool]] = []

    def watch(progress: Progress) -> None:
        done = sum(outcome.summary.statuses.total() for outcome in progress.outcomes)
        seen.append((done, sum(dispatcher.in_flight for dispatcher in progress.dispatchers), progress.over))

    async def complete(_: object) -> Completion:
        await asyncio.sleep(0.05)
        return Completion("[[A]]")

    plans = [planned(LLMJudge(Model("server/m", complete)), n=60)]
    execute_all(plans, tmp_path, Options(max_concurrency=4), watch=watch, interval=0.1)
    assert seen == sorted(seen)
    assert seen[-1] == (60, 0, True)
    assert any(0 < done < 60 and flying == 4 for done, flying, _ in seen)


# --- money --------------------------------------------------------------------------------------


@pytest.mark.parametrize("concurrency", [1, 8, None])
def test_a_budget_is_not_passed_and_its_run_resumes(tmp_path: Path, concurrency: int | None) -> None:
    with FakeLLM(latency=0.01) as llm:
        plans = [planned(llm_judge(llm), name, n=100) for name in ("one", "two")]
        whole = sum(outcome.summary.usage.usd or 0 for outcome in execute_all(plans, tmp_path / "all", Options()))
        cap, spent, sessions = whole / 3, 0.0, 0
        while sessions < 10:
            plans = [planned(llm_judge(llm), name, n=100) for name in ("one", "two")]
            outcomes = execute_all(plans, tmp_path / "some", Options(concurrency, max_cost=cap))
            paid = sum(outcome.summary.usage.usd or 0 for outcome in outcomes)
            sessions, spent = sessions + 1, spent + paid
            assert paid <= cap
            if not any(outcome.error for outcome in outcomes):
                break
            assert paid >= 0.9 * cap
            for outcome in outcomes:
                assert isinstance(outcome.error, IncompleteError | None)
                assert "max_cost" in str(outcome.error or "max_cost")
    assert 3 <= sessions <= 4
    assert spent == pytest.approx(whole)
    assert max(Counter(request.digest for request in llm.requests).values()) == 2


def test_calls_in_flight_that_all_cost_more_than_forecast_do_not_pass_a_budget_together() -> None:
    budget = Budget(100.0)
    # Each call costs a dollar, and forecasts are a tenth off.
    for forecast in [0.9, 1.1] * 20:
        reserved = budget.reserve(forecast)
        assert reserved is not None
        budget.settle(reserved, forecast, 1.0)
    under_way: list[float] = []
    while (reserved := budget.reserve(0.9)) is not None:
        under_way.append(reserved)
    for reserved in under_way:
        budget.settle(reserved, 0.9, 1.0)
    assert 98 <= budget.spent <= 100


def test_a_bill_that_nobody_foresaw_stays_within_what_was_in_flight(tmp_path: Path) -> None:
    with FakeLLM(latency=0.01) as llm:
        judge = llm_judge(llm)
        # Answers cost a hundred times the forecast, which knows nothing of it at first.
        judge._expected = lambda *_, **__: Usage(1, 0, 0.001)  # type: ignore[method-assign]  # a forecast that knows nothing
        [outcome] = execute_all([planned(judge, n=300)], tmp_path, Options(max_concurrency=8, max_cost=5.0))
        usd = outcome.summary.usage.usd
        assert usd is not None
        one = usd / outcome.summary.asked
    assert isinstance(outcome.error, IncompleteError)
    assert 5.0 - one <= usd <= 5.0 + 8 * one


def test_a_budget_without_a_price_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    with FakeLLM() as llm:
        with pytest.raises(UsageError, match=r"^max_cost needs a price, and that of server/m is unknown"):
            execute_all([planned(llm_judge(llm, price=None))], tmp_path, Options(max_cost=1.0))
        assert not llm.requests
    assert not list(tmp_path.iterdir())


# --- hedges and pauses --------------------------------------------------------------------------


@pytest.mark.usefixtures("simulated")
def test_a_hedge_overtakes_a_call_that_hangs_and_both_are_paid(tmp_path: Path) -> None:
    asked: Counter[str] = Counter()

    async def complete(request: Request) -> Completion:
        """Every tenth prompt hangs when it is asked for the first time."""
        prompt = request.messages[-1].text
        asked[prompt] += 1
        await asyncio.sleep(3600.0 if asked[prompt] == 1 and len(asked) % 10 == 0 else 0.01)
        return Completion("[[A]]", input_tokens=len(prompt) // 4, output_tokens=1)

    [outcome] = execute_all([planned(LLMJudge(Model("server/m", complete)), n=100)], tmp_path, Options(hedge=0.3))
    assert Counter(asked.values()) == {1: 90, 2: 10}
    assert outcome.summary.statuses == {Status.OK: 100}
    assert outcome.summary.retries == 0
    verdicts = sum(v.usage.input_tokens for v in read_run(outcome.path).verdicts())
    assert outcome.summary.usage.input_tokens > verdicts


def test_a_hedge_gives_up_the_hanging_connection_of_a_real_server(tmp_path: Path) -> None:
    with FakeLLM(faults="hang@0.1*1") as llm:
        [outcome] = execute_all([planned(llm_judge(llm), n=100)], tmp_path, Options(hedge=0.3))
        hung = sum(request.fault == "hang" for request in llm.requests)
        asked = len(llm.requests)
    assert hung >= 3
    # On a busy machine a call that does not hang may be hedged, too.
    assert asked >= 100 + hung
    assert outcome.summary.statuses == {Status.OK: 100}
    assert outcome.summary.retries == 0


def test_a_pause_holds_back_every_run_of_the_lane(tmp_path: Path, simulated: Callable[[], float]) -> None:
    class Asked(Own):
        settings: dict[str, object] = {}  # noqa: RUF012 - read only
        name = "asked"

        def __init__(self, times: list[float], *, first: bool) -> None:
            self.times = times
            self.first = first

        async def reply(self, case: Case, scale: Scale) -> Reply:
            self.times.append(simulated())
            if self.first and len(self.times) == 1:
                raise RetryableError("HTTP 429", retry_after=0.5)
            await asyncio.sleep(0.005)
            return Reply.ok(0)

    times: list[float] = []

    plans = [planned(Asked(times, first=i == 0), f"t{i}", n=50) for i in range(3)]
    assert all(outcome.error is None for outcome in execute_all(plans, tmp_path, Options(max_concurrency=2)))
    assert len(times) == 151
    assert not [at for at in times if 0.005 < at - times[0] < 0.5]

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from judgebench.domain import Case, Item, Label, Reply, Response, Scale, Status, Turn, Usage, Verdict
from judgebench.errors import BackendError, IncompleteError, RejectedError, RetryableError
from judgebench.judges.own import Own
from judgebench.run.engine import Dispatchers, Options, ask_all
from judgebench.store.answers import Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from judgebench.run.summary import Summary

SCALE = Scale.pair()
QUICK = Options(max_concurrency=4, attempts=3, backoff=0.001, give_up_after=5)


def cases(n: int) -> list[Case]:
    return [
        Case(
            Item(f"i{i}", (Turn.of("user", "q"),), (Response("a"), Response("b")), (Label("h", i % 3),), "human"),
            (0, 1),
        )
        for i in range(n)
    ]


class Scripted(Own):
    """A judge that does what a function of (item id, times asked before) says."""

    name = "scripted"
    settings: dict[str, object] = {}  # noqa: RUF012 - read only

    def __init__(self, script: Callable[[str, int], Reply | Exception], delay: float = 0.0) -> None:
        self.script = script
        self.delay = delay
        self.asked: Counter[str] = Counter()
        self.running = 0
        self.most = 0

    async def reply(self, case: Case, scale: Scale) -> Reply:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self.delay)
            outcome = self.script(case.item.id, self.asked[case.item.id])
            self.asked[case.item.id] += 1
        finally:
            self.running -= 1
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class Sink:
    """A store of a list and what was there before."""

    def __init__(self, kept: list[Verdict], own: Iterable[Verdict] = (), others: Iterable[Verdict] = ()) -> None:
        self.kept = kept
        self.stored = {v.key: Stored(v, own=False) for v in others} | {v.key: Stored(v, own=True) for v in own}

    def lookup(self, key: str) -> Stored | None:
        return self.stored.get(key)

    def append(self, verdict: Verdict) -> None:
        self.kept.append(verdict)

    def rounds(self, key: str) -> dict[str, object]:
        return {}

    def keep(self, key: str, request: str, completion: object) -> None:
        raise AssertionError(request)


def ask(
    judge: Scripted,
    some: list[Case] | Callable[[], Iterable[Case]],
    sink: list[Verdict] | Sink,
    options: Options = QUICK,
) -> Summary:
    kept = Sink(sink) if isinstance(sink, list) else sink
    pull = some if callable(some) else lambda: some

    async def asking() -> Summary:
        return await ask_all(judge, SCALE, pull, kept, revision="r", options=options, dispatchers=Dispatchers(options))

    return asyncio.run(asking())


def test_every_case_ends_in_one_verdict_and_concurrency_is_bounded() -> None:
    judge = Scripted(lambda *_: Reply.ok(1, usage=Usage(3, 1)), delay=0.002)
    sink: list[Verdict] = []
    summary = ask(judge, cases(40), sink)
    assert sorted(v.item for v in sink) == sorted(f"i{i}" for i in range(40))
    assert judge.most == 4
    assert summary.statuses == {Status.OK: 40}
    assert summary.usage == Usage(120, 40)


def test_cases_are_pulled_lazily() -> None:
    pulled = 0

    def stream() -> Iterable[Case]:
        nonlocal pulled
        for case in cases(100):
            pulled += 1
            yield case

    def script(item: str, _: int) -> Reply | Exception:
        return BackendError("no such model") if item == "i10" else Reply.ok(0)

    sink: list[Verdict] = []
    with pytest.raises(BackendError, match="no such model"):
        ask(Scripted(script, delay=0.001), stream, sink)
    assert pulled < 20
    assert len(sink) >= 7


def test_a_passing_fault_is_retried_and_a_lasting_one_fails_without_credit() -> None:
    def script(item: str, before: int) -> Reply | Exception:
        if item == "i1" and before < 2:
            return RetryableError("HTTP 500")
        if item == "i2":
            return RetryableError("HTTP 503")
        return Reply.ok(0)

    sink: list[Verdict] = []
    judge = Scripted(script)
    summary = ask(judge, cases(4), sink)
    ended = {v.item: v for v in sink}
    assert ended["i1"].status is Status.OK
    assert (ended["i2"].status, ended["i2"].code, ended["i2"].error) == (Status.FAILED, None, "HTTP 503")
    assert judge.asked == {"i0": 1, "i1": 3, "i2": 3, "i3": 1}
    assert summary.retries == 4


def test_a_rejected_item_ends_alone_and_is_not_retried() -> None:
    def script(item: str, _: int) -> Reply | Exception:
        if item == "i1":
            return RejectedError("content filter", refused=True)
        if item == "i2":
            return RejectedError("too long")
        return Reply.ok(2)

    sink: list[Verdict] = []
    judge = Scripted(script)
    summary = ask(judge, cases(6), sink)
    assert summary.statuses == {Status.OK: 4, Status.REFUSED: 1, Status.FAILED: 1}
    assert max(judge.asked.values()) == 1


def test_many_rejected_items_in_a_row_do_not_stop_a_backend_that_works() -> None:
    def script(item: str, _: int) -> Reply | Exception:
        return Reply.ok(0) if int(item[1:]) in {0, 39} else RejectedError("too long")

    sink: list[Verdict] = []
    summary = ask(Scripted(script), cases(40), sink)
    assert summary.statuses == {Status.OK: 2, Status.FAILED: 38}
    with pytest.raises(IncompleteError, match="5 cases in a row failed"):
        ask(Scripted(lambda *_: RejectedError("no such parameter")), cases(40), [])


def test_retry_after_is_honoured_by_all_workers(simulated: Callable[[], float]) -> None:
    times: list[tuple[str, float]] = []

    def script(item: str, before: int) -> Reply | Exception:
        times.append((item, simulated()))
        return RetryableError("HTTP 429", retry_after=0.3) if item == "i0" and not before else Reply.ok(0)

    sink: list[Verdict] = []
    ask(Scripted(script, delay=0.01), cases(12), sink)
    first = times[0][1]
    quiet = [at - first for item, at in times if 0.01 < at - first < 0.3]
    assert not quiet
    assert len(sink) == 12


def test_an_unreachable_backend_is_reported_at_once() -> None:
    judge = Scripted(lambda *_: RetryableError("connection refused", unreachable=True))
    sink: list[Verdict] = []
    with pytest.raises(BackendError, match="can't be reached: connection refused"):
        ask(judge, cases(50), sink)
    assert sum(judge.asked.values()) <= 3 * 4 + 3


def test_a_backend_that_goes_down_stops_the_run_as_incomplete() -> None:
    def script(item: str, _: int) -> Reply | Exception:
        return Reply.ok(0) if int(item[1:]) < 10 else RetryableError("connection refused", unreachable=True)

    sink: list[Verdict] = []
    with pytest.raises(IncompleteError, match="5 cases in a row failed"):
        ask(Scripted(script), cases(100), sink)
    assert 15 <= len(sink) <= 18


def test_known_answers_are_not_asked_again_and_take_the_present_gold() -> None:
    some = cases(3)
    old = [Verdict.of(case, Reply.ok(0, text="kept"), SCALE, "old") for case in some[:2]]
    own = [old[0].relabelled(some[0], "r")]
    judge = Scripted(lambda *_: Reply.ok(1))
    sink: list[Verdict] = []
    summary = ask(judge, some, Sink(sink, own=own, others=old[1:]))
    assert judge.asked == {"i2": 1}
    assert (summary.asked, summary.reused) == (1, 2)
    assert sorted((v.item, v.revision) for v in sink) == [("i1", "r"), ("i2", "r")]


def test_a_failed_reply_of_a_judge_is_data_not_an_outage() -> None:
    judge = Scripted(lambda *_: Reply(Status.FAILED, error="not recorded"))
    sink: list[Verdict] = []
    assert ask(judge, cases(30), sink).statuses == {Status.FAILED: 30}


def test_no_status_but_ok_carries_a_code() -> None:
    with pytest.raises(ValueError, match="status failed with code 1"):
        Reply(Status.FAILED, 1)
    with pytest.raises(ValueError, match="status ok with code None"):
        Reply(Status.OK)


def test_a_retry_after_of_nothing_still_backs_off(simulated: Callable[[], float]) -> None:
    judge = Scripted(lambda *_: RetryableError("slow down", retry_after=0.0))
    ask(judge, cases(1), [], options=Options(1, attempts=3, backoff=0.1))
    assert 0.05 + 0.1 <= simulated() <= 0.1 + 0.2


@pytest.mark.parametrize(
    "reply",
    [Reply.ok(3), Reply.ok(-1), Reply.ok("A"), Reply.ok((0, 1)), Reply.ok(True), "A", None],  # type: ignore[arg-type]  # what others return
)
def test_a_verdict_on_no_scale_is_never_stored_as_one(reply: object) -> None:
    sink: list[Verdict] = []
    ask(Scripted(lambda *_: reply), cases(1), sink)  # type: ignore[arg-type,return-value]  # what others return
    assert [(v.status, v.code) for v in sink] == [(Status.UNPARSED, None)]


def test_scores_that_json_cannot_hold_cost_the_scores_and_not_the_verdict() -> None:
    sink: list[Verdict] = []
    ask(Scripted(lambda *_: Reply.ok(2, scores=(float("nan"), 1.0))), cases(1), sink)
    assert [(v.status, v.code, v.scores) for v in sink] == [(Status.OK, 2, ())]


def test_what_a_foreign_judge_raises_fails_its_case_and_shows_no_words() -> None:
    sink: list[Verdict] = []
    ask(Scripted(lambda name, _: ValueError("key=canary") if name == "i1" else Reply.ok(0)), cases(3), sink)
    assert {v.item: v.status for v in sink} == {"i0": Status.OK, "i1": Status.FAILED, "i2": Status.OK}
    assert next(v.error for v in sink if v.status is Status.FAILED) == "scripted raised ValueError"

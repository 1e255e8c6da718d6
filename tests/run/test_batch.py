"""The batch engine against loopback stand-ins of both APIs: the live run's verdicts, and nothing paid twice."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from servers.fake_batches import FakeBatches

from judgebench.api.planning import Showing, plan_run
from judgebench.domain import Item, Label, Response, Scale, Status, Turn, Usage
from judgebench.domain.protocols import BatchLimits
from judgebench.errors import BackendError, DataError, GoneError, IncompleteError, UsageError
from judgebench.judges.baselines import create as baseline
from judgebench.run.batch.engine import Waiting, execute_in_batches
from judgebench.run.batch.ledger import LEDGER, Ledger, in_batches, read_ledger
from judgebench.run.engine import Options
from judgebench.run.execute import execute
from judgebench.store.runs import read_run
from judgebench.store.writer import RunWriter
from judgebench.tasks.base import open_task

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.domain import Task
    from judgebench.run.plans import Plan
    from judgebench.run.summary import Summary

APIS = ("openai", "anthropic")
QUICK = Waiting(poll=0.01, longest=0.05, settle=0.3)
SHORT = Options(attempts=3, backoff=0.01)
pytestmark = pytest.mark.usefixtures("keys")


class Toy:
    """Questions of one's own; each may say what becomes of it in a batch."""

    name = "toy"
    revision = "1"

    def __init__(self, questions: list[str], scale: Scale | None = None, items: list[Item] | None = None) -> None:
        self.scale = scale or Scale.pair(3)
        self.made = items or [
            Item(f"i{n}", (Turn.of("user", q),), (Response("a"), Response("b")), (Label("h", 0),), "human")
            for n, q in enumerate(questions)
        ]

    def items(self) -> list[Item]:
        return self.made


class Done(NamedTuple):
    path: Path
    summary: Summary
    told: list[str]

    def statuses(self) -> Counter[Status]:
        return Counter(verdict.status for verdict in read_run(self.path).verdicts())

    def answers(self) -> dict[str, tuple[Status, object, tuple[float, ...]]]:
        return {v.key: (v.status, v.code, v.scores) for v in read_run(self.path).verdicts()}


def planned(api: str, llm: FakeBatches, task: Task, *, limit: int | None = None) -> Plan:
    url = llm.openai_url if api == "openai" else llm.anthropic_url
    create = importlib.import_module(f"judgebench.judges.backends.{api}").create
    judge = create("m", prompt=None, base_url=url, temperature=None, max_tokens=64, timeout=10, seed=None)
    return plan_run(task, judge.serving(task.scale), Showing(limit=limit))[0]


def batch(plan: Plan, runs: Path, waiting: Waiting = QUICK, options: Options = SHORT) -> Done:
    told: list[str] = []
    [outcome] = execute_in_batches([plan], runs, options, waiting, tell=told.append)
    if outcome.error is not None:
        raise outcome.error
    return Done(outcome.path, outcome.summary, told)


def live(plan: Plan, runs: Path) -> Done:
    return Done(*execute(plan, runs, SHORT), [])


def resized(plan: Plan, limits: BatchLimits) -> Plan:
    judge: Any = plan.judge
    judge.model.batch.limits = limits
    return plan


@pytest.mark.parametrize("api", APIS)
def test_verdicts_are_those_of_the_live_run(api: str, tmp_path: Path) -> None:
    task = open_task("pandalm", sample=True)
    with FakeBatches() as llm:
        asked = live(planned(api, llm, task), tmp_path / "live")
        calls = len(llm.requests)
        done = batch(planned(api, llm, task), tmp_path / "batch", Waiting(0.01, 0.05, size=20))
        assert len(llm.requests) == calls
        assert [b.requests for b in llm.batches] == [20, 20, 8]
        again = batch(planned(api, llm, task), tmp_path / "batch")
        assert len(llm.batches) == 3
    assert done.answers() == asked.answers()
    assert (done.summary.asked, done.summary.reused, done.summary.cases) == (48, 0, 48)
    # An answer begins with U+2028 here, half a token more.
    assert done.summary.usage.input_tokens == asked.summary.usage.input_tokens
    assert (again.summary.asked, again.summary.reused) == (0, 48)
    assert all(verdict.text.startswith("\u2028") for verdict in read_run(done.path).verdicts())
    assert read_run(done.path).run.counts == read_run(asked.path).run.counts


@pytest.mark.parametrize("api", APIS)
def test_limits_of_requests_and_bytes_are_kept(api: str, tmp_path: Path) -> None:
    with FakeBatches() as llm:
        plan = resized(planned(api, llm, open_task("pandalm", sample=True)), BatchLimits(9, 12_000, 15))
        done = batch(plan, tmp_path)
        assert sum(b.requests for b in llm.batches) == 48
        assert max(b.requests for b in llm.batches) <= 9
        assert max(b.size for b in llm.batches) <= 12_000
        # As full as they can be: no two neighbours would fit into one.
        sizes = [(b.requests, b.size) for b in llm.batches]
        assert all(n + 1 > 9 or s + 2_600 > 12_000 for n, s in sizes[:-1])
        assert sum(llm.paid.values()) == 48
    assert done.statuses() == {Status.OK: 48}


@pytest.mark.parametrize("api", APIS)
def test_a_case_that_no_batch_can_hold_is_asked_live(api: str, tmp_path: Path) -> None:
    with FakeBatches() as llm:
        plan = planned(api, llm, Toy(["short", "long " * 2_000, "short, too"]))
        done = batch(resized(plan, BatchLimits(100, 9_000, 15)), tmp_path)
        assert [b.requests for b in llm.batches] == [4]
        assert len(llm.requests) == 2
    assert done.statuses() == {Status.OK: 6}


@pytest.mark.parametrize("api", APIS)
def test_a_case_that_can_not_be_written_spoils_no_batch(
    api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    gone = tmp_path / "gone.png"
    gone.write_bytes(b"\x89PNG\r\nIEND")
    missing = Response("b", images=("gone.png",))
    items = [
        Item(f"i{n}", (Turn.of("user", text),), (Response("a"), second), (Label("h", 0),), "human")
        for n, (text, second) in enumerate(
            [("fine", Response("b")), ("half \ud800", Response("b")), ("image", missing)]
        )
    ]
    with FakeBatches() as llm:
        plan = planned(api, llm, Toy([], items=items))
        gone.unlink()
        done = batch(plan, tmp_path)
        assert [b.requests for b in llm.batches] == [4]
    assert {v.item: v.status for v in read_run(done.path).verdicts()} == {
        "i0": Status.OK, "i1": Status.OK, "i2": Status.FAILED
    }  # fmt: skip


@pytest.mark.parametrize("api", APIS)
def test_what_a_batch_leaves_unanswered_is_asked_live_and_nothing_else(api: str, tmp_path: Path) -> None:
    ends = {
        "expired": Status.OK,
        "canceled": Status.OK,
        "errored": Status.OK,
        "429": Status.OK,
        "empty": Status.OK,
        "400": Status.OK,
        "filter": Status.REFUSED,
        "refusal": Status.REFUSED,
        "length": Status.TRUNCATED,
        "none": Status.UNPARSED,
    }
    with FakeBatches() as llm:
        plan = planned(api, llm, Toy([f"<<batch:{kind}>> {kind}?" for kind in ends] + ["plain?"]))
        done = batch(plan, tmp_path)
        # Six kinds in two orders; what a batch answered, be it unusable, is never asked again.
        assert len(llm.requests) == 2 * 6
        assert len(llm.batches) == 1
    by_item = {v.item: v.status for v in read_run(done.path).verdicts()}
    assert by_item == {f"i{n}": status for n, status in enumerate([*ends.values(), Status.OK])}
    assert done.summary.asked == 2 * 11
    assert any("left 12 cases unanswered" in line for line in done.told)
    assert "collected" in {entry.end for entry in read_ledger(done.path / LEDGER).values()}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("whole", ["expired", "cancelled"])
def test_a_batch_that_ended_halfway_is_completed_live(api: str, whole: str, tmp_path: Path) -> None:
    with FakeBatches() as llm:
        llm.next_batch(whole)
        done = batch(planned(api, llm, Toy([f"question {n}" for n in range(10)])), tmp_path)
        assert (sum(llm.batched.values()), len(llm.requests), len(llm.batches)) == (10, 10, 1)
        assert set(llm.paid.values()) == {1}
    assert done.statuses() == {Status.OK: 20}


@pytest.mark.parametrize("api", APIS)
def test_a_cancelled_batch_gives_what_it_has(api: str, tmp_path: Path) -> None:
    with FakeBatches() as llm:
        llm.hold = True
        plan = planned(api, llm, Toy([f"question {n}" for n in range(4)]))
        with pytest.raises(IncompleteError, match=r"8 requests submitted in 1 batch \(.*batch_0\)"):
            batch(plan, tmp_path, Waiting(0.01, wait=False))
        # As its owner does on the provider's site.
        llm.batches[0].canceling, llm.batches[0].whole = True, "cancelled"
        llm.hold = False
        batch(plan, tmp_path)
        assert (sum(llm.batched.values()), len(llm.requests), len(llm.batches)) == (4, 4, 1)


@pytest.mark.parametrize(
    ("whole", "error", "says"),
    [("failed", BackendError, "line 3: This line is not valid"), ("busy", IncompleteError, "when the queue has room")],
)
def test_a_batch_refused_as_a_whole_is_an_error_and_no_loop(
    whole: str, error: type[Exception], says: str, tmp_path: Path
) -> None:
    with FakeBatches() as llm:
        plan = planned("openai", llm, Toy([f"question {n}" for n in range(5)]))
        llm.next_batch(None, whole)
        with pytest.raises(error, match=says):
            batch(plan, tmp_path, Waiting(0.01, size=6))
        assert (len(llm.batches), len(llm.requests)) == (2, 0)
        done = batch(plan, tmp_path)
        # The first batch's answers were kept; the refused one's cases went into a new batch.
        assert [b.requests for b in llm.batches] == [6, 4, 4]
    assert done.statuses() == {Status.OK: 10}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("kind", ["cut", "lost", "500", "429"])
def test_a_submission_without_an_answer_is_looked_for_before_it_is_sent_again(
    api: str, kind: str, tmp_path: Path
) -> None:
    with FakeBatches() as llm:
        llm.next_create(kind)
        done = batch(planned(api, llm, Toy([f"question {n}" for n in range(5)])), tmp_path)
        assert len(llm.batches) == 1
        assert set(llm.paid.values()) == {1}
        assert not llm.requests
    ends = Counter(entry.end for entry in read_ledger(done.path / LEDGER).values())
    assert ends == ({"collected": 1} if kind == "cut" else {"collected": 1, "absent": 1})


@pytest.mark.parametrize("api", APIS)
def test_a_refused_submission_ends_the_run(api: str, tmp_path: Path) -> None:
    with FakeBatches() as llm:
        llm.next_create("400")
        plan = planned(api, llm, Toy(["question"]))
        with pytest.raises(BackendError, match="not today; the batch was not submitted"):
            batch(plan, tmp_path)
        assert in_batches(tmp_path, plan.run) == set()


def test_a_lost_batch_is_told_from_others_of_its_size_by_its_custom_ids(tmp_path: Path) -> None:
    """Anthropic's batches carry no name of ours: same size, same hour, and still not ours."""
    with FakeBatches() as llm:
        plan = planned("anthropic", llm, Toy([f"question {n}" for n in range(5)]))
        other = planned("anthropic", llm, Toy([f"other {n}" for n in range(5)]))
        llm.hold = True
        for runs in ("x", "y", "z"):
            with pytest.raises(IncompleteError):
                batch(other, tmp_path / runs, Waiting(0.01, wait=False))
        with pytest.raises(IncompleteError):
            batch(plan, tmp_path / "ours", Waiting(0.01, wait=False))
        with pytest.raises(IncompleteError):
            batch(other, tmp_path / "w", Waiting(0.01, wait=False))
        assert len(llm.batches) == 5
        # What a crash between the answer and the disk leaves behind.
        ledger = tmp_path / "ours" / plan.run.identity / LEDGER
        ledger.write_bytes(ledger.read_bytes().splitlines(keepends=True)[0])
        llm.hold = False
        done = batch(plan, tmp_path / "ours")
        assert len(llm.batches) == 5
        assert not llm.requests
    [entry] = read_ledger(ledger).values()
    assert (entry.id, entry.end) == ("msgbatch_3", "collected")
    assert done.statuses() == {Status.OK: 10}


def test_an_unanswered_question_after_a_batch_is_asked_again(tmp_path: Path) -> None:
    with FakeBatches() as llm:
        llm.flaky = 4
        done = batch(planned("openai", llm, Toy(["question"])), tmp_path)
        assert len(llm.batches) == 1
        # One bad moment for twenty batches is one bad moment.
        llm.flaky = 3
        many = batch(planned("openai", llm, Toy([f"q{n}" for n in range(10)])), tmp_path, Waiting(0.01, size=1))
        assert many.statuses() == {Status.OK: 20}
        llm.flaky = 1000
        with pytest.raises(IncompleteError, match="the same command collects them"):
            batch(planned("openai", llm, Toy(["another"])), tmp_path)
    assert done.statuses() == {Status.OK: 2}


@pytest.mark.parametrize("api", APIS)
def test_a_batch_that_is_gone_is_never_paid_for_again_unasked(api: str, tmp_path: Path) -> None:
    with FakeBatches() as llm:
        plan = planned(api, llm, Toy(["question"]))
        with pytest.raises(IncompleteError):
            batch(plan, tmp_path, Waiting(0.01, wait=False))
        llm.gone.add(llm.batches[0].id)
        for _ in range(2):
            with pytest.raises(GoneError, match=rf"there is no batch .*move .*{LEDGER} away"):
                batch(plan, tmp_path)
        assert len(llm.batches) == 1
        (tmp_path / plan.run.identity / LEDGER).unlink()
        batch(plan, tmp_path)
        assert len(llm.batches) == 2


@pytest.mark.parametrize("api", APIS)
def test_a_longer_run_waits_for_a_shorter_ones_batch(api: str, tmp_path: Path) -> None:
    task = Toy([f"question {n}" for n in range(10)])
    with FakeBatches() as llm:
        with pytest.raises(IncompleteError):
            batch(planned(api, llm, task, limit=4), tmp_path, Waiting(0.01, wait=False))
        longer = batch(planned(api, llm, task), tmp_path)
        assert [b.requests for b in llm.batches] == [8, 12]
        shorter = batch(planned(api, llm, task, limit=4), tmp_path)
        assert len(llm.batches) == 2
        assert set(llm.paid.values()) == {1}
    assert longer.statuses() == {Status.OK: 20}
    assert (shorter.summary.reused, shorter.statuses()) == (8, {Status.OK: 8})


@pytest.mark.parametrize("api", APIS)
def test_several_calls_of_a_case_are_put_together_and_only_the_missing_one_is_made_live(
    api: str, tmp_path: Path
) -> None:
    items = [
        Item(
            f"i{n}", (Turn.of("user", f"question {n}"),),
            tuple(Response(f"{'<<batch:expired>> ' if (n, r) == (1, 1) else ''}answer {r}") for r in range(4)),
            (Label("h", 0),), "human", attributes=(("protocol", "rate-each"),),
        )
        for n in range(3)
    ]  # fmt: skip
    task = Toy([], Scale.pick(4), items)
    with FakeBatches() as llm:
        asked = live(planned(api, llm, task), tmp_path / "live")
        calls = len(llm.requests)
        assert calls == 3 * 4 * len(asked.answers()) // 3
        # A case's calls stay together: six fit only one case of four.
        done = batch(planned(api, llm, task), tmp_path / "batch", Waiting(0.01, 0.05, size=6))
        assert {b.requests for b in llm.batches} == {4}
        missing = len(asked.answers()) // 3
        assert len(llm.requests) - calls == missing
        assert sum(llm.batched.values()) == calls - missing
    assert done.answers() == asked.answers()
    assert done.summary.usage.input_tokens == asked.summary.usage.input_tokens


def test_a_judge_without_a_batch_api_is_refused_before_anything_is_submitted(tmp_path: Path) -> None:
    task = Toy(["question"])
    with FakeBatches() as llm:
        plans = [
            planned("openai", llm, task),
            plan_run(task, baseline("first", seed=0, items=task.items, scale=task.scale))[0],
        ]
        with pytest.raises(UsageError, match="has no batch API"):
            execute_in_batches(plans, tmp_path, SHORT, QUICK, tell=print)
        assert not llm.batches
    assert not list(tmp_path.iterdir())


def test_a_run_that_stopped_hides_no_other(tmp_path: Path) -> None:
    with FakeBatches() as llm:
        first, second = planned("openai", llm, Toy(["one"])), planned("anthropic", llm, Toy(["two"]))
        llm.next_batch("failed", None)
        outcomes = execute_in_batches([first, second], tmp_path, SHORT, QUICK, tell=print)
    assert isinstance(outcomes[0].error, BackendError)
    assert outcomes[1].error is None
    assert outcomes[1].summary.statuses == {Status.OK: 2}


def test_a_torn_line_of_the_ledger_is_cut_off_and_a_broken_one_named(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        entry = ledger.mean("0" * 16, ["k"], 1)
        ledger.submitted(entry, "batch_1")
    whole = (tmp_path / LEDGER).read_bytes()
    (tmp_path / LEDGER).write_bytes(whole + b'{"tag": "cut')
    with Ledger(tmp_path) as ledger, pytest.raises(UsageError, match="another process"), Ledger(tmp_path):
        pass
    assert [(e.id, e.end) for e in ledger.open_entries()] == [("batch_1", "")]
    assert (tmp_path / LEDGER).read_bytes() == whole
    (tmp_path / LEDGER).write_bytes(whole + b'{"tag": "unknown", "id": "b"}\n')
    with pytest.raises(DataError, match=r"batches\.jsonl:3"):
        read_ledger(tmp_path / LEDGER)
    assert json.loads(whole.splitlines()[0])["keys"] == ["k"]


def test_an_answer_of_a_batch_costs_half(monkeypatch: pytest.MonkeyPatch) -> None:
    from judgebench.domain import Completion
    from judgebench.judges.backends.openai import create

    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    for name in ("gpt-4o-mini", "gpt-5"):
        judge = create(name, prompt=None, base_url=None, temperature=None, max_tokens=64, timeout=10, seed=None)
        usual = judge.model.priced(Completion("", input_tokens=1000, output_tokens=1000)).usage
        half = judge.model.priced(Completion("", input_tokens=1000, output_tokens=1000, batch=True)).usage
        assert usual.usd
        assert half == Usage(1000, 1000, pytest.approx(usual.usd / 2))
    unknown = create("my-own", prompt=None, base_url=None, temperature=None, max_tokens=64, timeout=10, seed=None)
    assert unknown.model.priced(Completion("", input_tokens=1000, batch=True)).usd is None


class Crash(BaseException):
    """What no handler expects: the process is gone at this point."""


@pytest.mark.slow
@pytest.mark.parametrize("api", APIS)
def test_a_crash_at_any_step_costs_nothing_twice(api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every write and every call is a step; the process dies before it, or after it, then runs again."""
    left = [0]

    def step() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Crash

    def stepping(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def sync(self: Any, *arguments: Any) -> Any:
            step()
            done = real(self, *arguments)
            step()
            return done

        async def call(self: Any, *arguments: Any) -> Any:
            step()
            done = await real(self, *arguments)
            step()
            return done

        monkeypatch.setattr(owner, name, call if name in {"submit", "state", "find"} else sync)

    client = importlib.import_module(f"judgebench.judges.backends.{api}")
    stepping(Ledger, "_append")
    stepping(RunWriter, "append")
    for name in ("submit", "state", "find"):
        stepping(client.OpenAIBatches if api == "openai" else client.AnthropicBatches, name)
    task = Toy(["one", "two", "<<batch:expired>> three"])
    # One live call at a time: what is in flight when a process dies is all that may be asked twice.
    one = Options(max_concurrency=1, attempts=3, backoff=0.01)
    with FakeBatches(polls=0) as healthy:
        expected = batch(planned(api, healthy, task), tmp_path / "healthy", Waiting(0.001, 0.01, size=4)).answers()
    crashes, finished = 0, False
    while not finished:
        crashes += 1
        runs = tmp_path / str(crashes)
        with FakeBatches(polls=0) as llm:
            left[0] = crashes
            try:
                batch(planned(api, llm, task), runs, Waiting(0.001, 0.01, settle=0.05, size=4), one)
                finished = True
            except Crash:
                left[0] = 0
                done = batch(planned(api, llm, task), runs, Waiting(0.001, 0.01, settle=0.05, size=4), one)
                assert done.answers() == expected
            assert sum(b.requests for b in llm.batches) == 6, crashes
            assert sum(llm.batched.values()) == 4, crashes
            assert len(llm.requests) in {2, 3}, crashes
    assert crashes > 30


def test_answers_are_on_the_disk_before_the_ledger_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    for owner, name in ((RunWriter, "append"), (RunWriter, "sync"), (Ledger, "ended")):
        real = getattr(owner, name)

        def told(self: Any, *arguments: Any, _real: Any = real, _name: str = name) -> Any:
            steps.append(_name)
            return _real(self, *arguments)

        monkeypatch.setattr(owner, name, told)
    with FakeBatches() as llm:
        batch(planned("openai", llm, Toy(["question"])), tmp_path)
    assert steps == ["append", "append", "sync", "ended"]


def test_a_server_that_is_not_there_is_unusable_and_nothing_is_left_open(tmp_path: Path) -> None:
    with FakeBatches() as llm:
        plan = planned("openai", llm, Toy(["question"]))
    with pytest.raises(BackendError, match="can't be reached"):
        batch(plan, tmp_path)
    assert in_batches(tmp_path, plan.run) == set()
    ends = [entry.end for entry in read_ledger(tmp_path / plan.run.identity / LEDGER).values()]
    assert ends == ["absent"] * 3

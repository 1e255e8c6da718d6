"""``--max-cost`` with the batch engine: looked at before a batch is submitted, and what is out there counts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from servers.fake_batches import FakeBatches
from test_batch import APIS, QUICK, SHORT, Toy, batch, live, planned

from judgebench.domain import Status
from judgebench.errors import IncompleteError, UsageError
from judgebench.run.batch.engine import Waiting, execute_in_batches
from judgebench.run.engine import Options
from judgebench.store.lines import VERDICTS, decode
from judgebench.store.runs import read_run
from judgebench.tasks.base import open_task

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.domain import Completion, Verdict
    from judgebench.run.plans import Plan

TWENTY = Waiting(0.01, 0.05, settle=0.3, size=20)
NO_WAIT = Waiting(0.01, 0.05, wait=False, size=20)
pytestmark = pytest.mark.usefixtures("keys")


def cost(completion: Completion) -> float:
    """Exact to the forecast: the stand-in's answers are of other lengths than those foreseen."""
    return (0.001 if completion.batch else 0.002) * (1.0 if completion.input_tokens else 0.0)


def priced(api: str, llm: FakeBatches, task: object, **more: int) -> Plan:
    """A plan each of whose calls costs a tenth of a cent in a batch, and twice that live."""
    made = planned(api, llm, task, **more)  # type: ignore[arg-type]  # any task
    made.judge.configured(price=cost)  # type: ignore[attr-defined]  # an LLMJudge
    return made


def capped(usd: float) -> Options:
    return Options(attempts=3, backoff=0.01, max_cost=usd, max_concurrency=1)


def kept(runs: Path, plan: Plan) -> list[Verdict]:
    return list(read_run(runs / plan.run.identity).verdicts())


@pytest.mark.parametrize("api", APIS)
def test_what_the_budget_does_not_hold_is_not_submitted_and_the_next_command_goes_on(api: str, tmp_path: Path) -> None:
    with FakeBatches() as llm:
        plan = priced(api, llm, open_task("pandalm", sample=True))
        with pytest.raises(IncompleteError, match=r"the 8 cases .* would cost about 0\.0080 USD; .*max_cost") as told:
            batch(plan, tmp_path, TWENTY, capped(0.045))
        # Of 0.045, 0.005 were left: 0.003 more would have done.
        assert re.search(r"0\.0400 outstanding: about 0\.0030 USD more would do", str(told.value))
        assert [b.requests for b in llm.batches] == [20, 20]
        # What was submitted is paid for, and was collected.
        assert len(kept(tmp_path, plan)) == 40
        done = batch(priced(api, llm, open_task("pandalm", sample=True)), tmp_path, TWENTY, capped(0.045))
        assert [b.requests for b in llm.batches] == [20, 20, 8]
        assert sum(llm.paid.values()) == 48
        assert not llm.requests
    assert done.statuses() == {Status.OK: 48}
    assert done.summary.usage.usd == pytest.approx(0.008)


def test_a_batch_after_one_that_was_too_dear_is_not_submitted_either(tmp_path: Path) -> None:
    with FakeBatches() as llm:
        with pytest.raises(IncompleteError, match="the 28 cases"):
            batch(priced("openai", llm, open_task("pandalm", sample=True)), tmp_path, TWENTY, capped(0.03))
        assert [b.requests for b in llm.batches] == [20]
        assert not llm.requests


@pytest.mark.parametrize("api", APIS)
def test_what_an_earlier_command_has_out_there_counts(api: str, tmp_path: Path) -> None:
    def again() -> None:
        plan = priced(api, llm, open_task("pandalm", sample=True))
        batch(plan, tmp_path, NO_WAIT, capped(0.025))

    with FakeBatches(polls=0) as llm:
        llm.hold = True
        for _ in range(3):
            with pytest.raises(IncompleteError, match=r"20 requests submitted in 1 batch.*max_cost"):
                again()
            assert [b.requests for b in llm.batches] == [20]
        llm.hold = False
        # Each command collects what is there, or submits what its budget then holds: none goes round in circles.
        for _ in range(2):
            with pytest.raises(IncompleteError, match="max_cost"):
                again()
        again()
        assert [b.requests for b in llm.batches] == [20, 20, 8]
        assert sum(llm.paid.values()) == 48


def test_runs_of_one_command_share_the_budget(tmp_path: Path) -> None:
    with FakeBatches() as llm:
        plans = [priced(api, llm, Toy([f"{api} {n}" for n in range(10)])) for api in APIS]
        outcomes = execute_in_batches(plans, tmp_path, capped(0.03), QUICK, tell=print)
        assert [b.requests for b in llm.batches] == [20]
    assert outcomes[0].error is None
    assert isinstance(outcomes[1].error, IncompleteError)
    assert "about 0.0100 USD more would do" in str(outcomes[1].error)


@pytest.mark.parametrize("api", APIS)
def test_what_a_batch_leaves_is_asked_live_within_the_budget(api: str, tmp_path: Path) -> None:
    """Half of a batch expires: 0.010 of 0.020 are spent, and ten live calls of 0.002 are five too many."""
    with FakeBatches() as llm:
        plan = priced(api, llm, Toy([f"question {n}" for n in range(10)]))
        llm.next_batch("expired")
        with pytest.raises(IncompleteError, match="would exceed max_cost"):
            batch(plan, tmp_path, QUICK, capped(0.0201))
        assert (len(llm.batches), len(llm.requests)) == (1, 5)
        assert len(kept(tmp_path, plan)) == 15
        # What was collected before is not booked a second time.
        done = batch(priced(api, llm, Toy([f"question {n}" for n in range(10)])), tmp_path, QUICK, capped(0.0101))
        assert (len(llm.batches), len(llm.requests)) == (1, 10)
        assert set(llm.paid.values()) == {1}
    assert done.statuses() == {Status.OK: 20}


def test_a_budget_without_a_price_is_refused_before_anything_is_submitted(tmp_path: Path) -> None:
    with FakeBatches() as llm:
        plan = planned("openai", llm, Toy(["question"]))
        with pytest.raises(UsageError, match=r"max_cost needs a price, and that of openai/m is unknown"):
            execute_in_batches([plan], tmp_path, capped(1.0), QUICK, tell=print)
        assert not llm.batches
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("api", APIS)
def test_the_file_of_a_finished_run_is_the_live_ones_but_for_times_and_usage(api: str, tmp_path: Path) -> None:
    def lines(path: Path) -> list[dict[str, object]]:
        made = [decode(line).to_json() for line in (path / VERDICTS).read_bytes().splitlines(keepends=True)]
        return [{name: value for name, value in one.items() if name not in {"seconds", "usage"}} for one in made]

    task = open_task("pandalm", sample=True)
    with FakeBatches() as llm:
        llm.lead = ""
        asked = live(planned(api, llm, task), tmp_path / "live")
        done = batch(planned(api, llm, task), tmp_path / "batch", Waiting(0.01, 0.05, size=20), SHORT)
        assert len(llm.batches) == 3
    found = lines(done.path)
    assert len(found) == 48
    assert found == lines(asked.path)
    assert (done.path / "settled.json").exists()
    ours, theirs = (read_run(outcome.path).run for outcome in (done, asked))
    assert replace(ours, spent={}) == replace(theirs, spent={})
    assert (ours.spent["asked"], ours.spent["commands"]) == (48, 1)

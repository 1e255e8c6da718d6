"""judgebench.run from Python: the command line's figures, from a script, a coroutine and a notebook's cell."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import warnings
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import judgebench
from judgebench.domain import Item, Label, Reply, Response, Scale, Turn
from judgebench.errors import BackendError, DataError, IncompleteError, JudgebenchError, UnknownNameError, UsageError
from judgebench.store.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

PAIR = {"sample": True, "limit": 6}
SERVER = "server/m"


class Toy:
    """A task of a program's own."""

    name, revision, scale = "toy", "1", Scale.pair()

    def items(self):
        for i in range(12):
            gold = (Label("h1", i % 2), Label("h2", (i // 2) % 2))
            yield Item(f"i{i}", (Turn.of("user", f"q{i}"),), (Response("a"), Response("bb")), gold, "human")


class Constant:
    """A judge of a program's own, which counts."""

    name = "constant"

    def __init__(self) -> None:
        self.settings = {"answers": 0}
        self.asked = self.closed = 0
        self.threads: set[str] = set()

    async def judge(self, case, scale) -> Reply:
        assert not self.closed, "asked after it was closed"
        self.asked += 1
        self.threads.add(threading.current_thread().name)
        await asyncio.sleep(0)
        return Reply.ok(0)

    async def aclose(self) -> None:
        self.closed += 1


class Unsettled:
    settings = "warm"

    def __call__(self, item):
        return "A"


def longer(item):
    return "A" if len(item.responses[0].text) > len(item.responses[1].text) else "B"


async def second(case, scale):
    await asyncio.sleep(0)
    return "B"


def test_the_figures_are_those_of_the_command_line(here: Path, command) -> None:
    judges, tasks = ["baseline/longest", "baseline/random"], ["pandalm", "judgebench"]
    options = ["--judge", judges[0], "--judge", judges[1], "--task", tasks[0], "--task", tasks[1]]
    done = command("run", *options, "--sample", "--policy", "tie=drop", "--format", "json", "--seed", 3)
    assert done.code == 0, done.err
    scores = judgebench.run(judges, tasks, sample=True, policy={"tie": "drop"}, seed=3, runs="python")
    assert scores.to_json() == done.document()
    assert [one.asked for one in scores.asked] == [one.asked + one.reused for one in scores.asked]
    # And what one asked, the other finds.
    again = judgebench.run(judges, tasks, sample=True, policy="tie=drop", seed=3)
    assert sum(one.asked for one in again.asked) == 0
    assert again == scores
    assert {path.name for path in (here / "runs").glob("*--*")} == {
        path.name for path in (here / "python").glob("*--*")
    }


def test_it_runs_inside_a_running_event_loop(here: Path) -> None:
    async def cell():
        before = asyncio.get_running_loop()
        scores = judgebench.run(["baseline/longest", second], "pandalm", **PAIR)
        assert asyncio.get_running_loop() is before
        later = await asyncio.to_thread(judgebench.run, "baseline/longest", "pandalm", **PAIR)
        return scores, later

    scores, later = asyncio.run(cell())
    assert scores == judgebench.run(["baseline/longest", second], "pandalm", **PAIR)
    assert later.rows[0] == scores.rows[0]


def test_two_threads_may_ask_at_once(here: Path) -> None:
    found: dict[str, judgebench.Scores] = {}

    def work(judge: str) -> None:
        found[judge] = judgebench.run(judge, "pandalm", sample=True)

    threads = [threading.Thread(target=work, args=(f"baseline/{rule}",)) for rule in ("first", "longest")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {judge: scores.row().judge for judge, scores in found.items()} == {judge: judge for judge in found}


@pytest.mark.parametrize("judge", [longer, second], ids=lambda one: one.__name__)
def test_functions_are_judges(here: Path, judge) -> None:
    scores = judgebench.run(judge, "pandalm", **PAIR)
    assert scores.row().judge == f"{__name__}:{judge.__name__}"
    assert scores.coverage == 1
    assert judgebench.run(judge, "pandalm", **PAIR).asked[0].asked == 0


def test_rows_in_memory_are_reported_with_their_texts_and_wrong_words_said(here: Path) -> None:
    rows = [{"question": f"Who is {name}?", "answer": "Me", "human": "pass"} for name in ("Ann", "Bob", "Cid")]
    scores = judgebench.run(lambda item: "Maybe", rows)
    assert [note for note in scores.notes if "3 of 3 verdicts: returned 'Maybe'" in note]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "texts of the items are not at hand" not in judgebench.report(scores).paths[0].read_text()
    for wrong in (rows[0], pd.DataFrame(rows)["answer"]):
        with pytest.raises(UsageError, match="put one item in a list"):
            judgebench.run("baseline/random", wrong)
    with pytest.raises(DataError, match="several columns named human"):
        judgebench.run("baseline/random", pd.concat([pd.DataFrame(rows), pd.DataFrame(rows)[["human"]]], axis=1))


def test_a_function_of_a_module_is_the_judge_of_that_name(here: Path, command, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "own_judge.py").write_text('def judge(item):\n    return "A"\n')
    monkeypatch.syspath_prepend(here)
    import own_judge

    scores = judgebench.run(own_judge.judge, "pandalm", **PAIR)
    options = ("--judge", "own_judge:judge", "--task", "pandalm", "--sample", "--limit", 6, "--format", "json")
    done = command("run", *options)
    assert "0 asked, 12 already judged" in done.err
    assert done.document() == scores.to_json()


def test_objects_are_judges_and_tasks(here: Path) -> None:
    judge = Constant()
    scores = judgebench.run([judge, "baseline/longest"], Toy())
    assert (judge.asked, judge.closed) == (24, 1)
    assert [row.judge for row in scores if row.subset == "all"] == ["constant", "baseline/longest"]
    assert scores.row(judge="constant").gold == "human"
    assert scores.select(judge="constant").ceiling.value is not None
    with pytest.raises(UsageError, match="brings its items"):
        judgebench.run("baseline/longest", Toy(), sample=True)


def test_a_judge_of_several_tasks_is_closed_after_the_last(here: Path) -> None:
    judge = Constant()
    judgebench.run(judge, ["pandalm", "judgebench"], sample=True)
    assert judge.closed == 1


def test_our_signal_handlers_and_threads_stay_ours(here: Path) -> None:
    import signal

    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    judge = Constant()
    judgebench.run(judge, Toy())
    assert judge.threads == {"judgebench"}
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == before
    assert "judgebench" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize(
    ("judge", "task", "options", "error", "says"),
    [
        ("baseline/longest", "pandlm", {}, UnknownNameError, "Did you mean pandalm"),
        ("basline/longest", "pandalm", {"sample": True}, UnknownNameError, "Did you mean baseline/longest"),
        ("gpt-4o", "pandalm", {"sample": True}, BackendError, "OPENAI_API_KEY"),
        ("baseline/first", "pandalm", {"data": "nowhere"}, DataError, "nowhere"),
        ("baseline/first", "pandalm", {"sample": True, "data": "x"}, UsageError, "sample takes the rows"),
        ("baseline/first", "pandalm", {"sample": True, "limit": 0}, UsageError, "limit=0: expected a whole number"),
        ("baseline/first", "pandalm", {"sample": True, "limit": 2.5}, UsageError, "limit=2.5"),
        ("baseline/first", "pandalm", {"sample": True, "repeats": True}, UsageError, "repeats=True"),
        ("baseline/first", "pandalm", {"sample": True, "timeout": float("nan")}, UsageError, "timeout=nan"),
        ("baseline/first", "pandalm", {"sample": True, "max_cost": float("inf")}, UsageError, "max_cost=inf"),
        ("baseline/first", "pandalm", {"sample": True, "order": "backwards"}, UsageError, "order='backwards'"),
        ("baseline/first", "pandalm", {"sample": True, "engine": "cloud"}, UsageError, "engine='cloud'"),
        ("baseline/first", "pandalm", {"sample": True, "workers": 2}, UsageError, "workers belongs to engine ray"),
        ("baseline/first", "pandalm", {"sample": True, "policy": {"tie": "x"}}, UsageError, "tie is one of"),
        ("baseline/first", "pandalm", {"sample": True, "policy": None}, UsageError, "policy=None: write {'tie'"),
        ("baseline/first", "pandalm", {"sample": True, "policy": [3]}, UsageError, "policy=3: write {'tie'"),
        ("baseline/first", "pandalm", {"sample": True, "limit": "default"}, UsageError, "limit='default': expected"),
        ("baseline/first", "pandalm", {"sample": True, "runs": None}, UsageError, "runs=None: name a file or a folder"),
        ("baseline/first", "pandalm", {"sample": True, "runs": ""}, UsageError, "runs='': name a folder"),
        ("baseline/first", "pandalm", {"sample": "no"}, UsageError, "sample='no': write True or False"),
        (Unsettled(), "pandalm", {"sample": True}, UsageError, "Unsettled are 'warm'; give it"),
        ([], "pandalm", {"sample": True}, UsageError, "no judge is given"),
        (["baseline/first", 3], "pandalm", {"sample": True}, UsageError, "3 is not a judge"),
        ("baseline/first", 3, {}, UsageError, "3 is not a task"),
        (longer, "pandalm", {"sample": True, "engine": "ray"}, UsageError, "module:function"),
    ],
)  # fmt: skip
def test_errors_say_what_the_command_line_says(here: Path, judge, task, options, error, says: str) -> None:
    with pytest.raises(error) as caught:
        judgebench.run(judge, task, **options)
    assert isinstance(caught.value, JudgebenchError)
    assert says in str(caught.value)


@pytest.mark.parametrize("name", ["seed", "repeats", "attempts", "timeout", "connect_timeout", "poll"])
def test_a_number_that_is_needed_is_no_none_and_leaves_no_run_behind(here: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"^{name}=None: expected a"):
        judgebench.run("baseline/first", "pandalm", **PAIR, **{name: None})
    assert not (here / "runs").exists()


def test_numbers_of_numpy_are_numbers(here: Path) -> None:
    import numpy as np

    scores = judgebench.run("baseline/first", "pandalm", sample=True, limit=np.int64(3), seed=np.int32(1))
    assert scores.row().items == 3


def test_what_stopped_hides_nothing_that_was_asked(here: Path, fake_llm) -> None:
    with pytest.raises(BackendError) as caught:
        judgebench.run(["gpt-4o", "claude-x", SERVER], "pandalm", base_url=fake_llm.openai_url, **PAIR)
    assert "OPENAI_API_KEY" in str(caught.value)
    assert "ANTHROPIC_API_KEY" in caught.value.__notes__[0]
    assert len(fake_llm.requests) == 12
    assert judgebench.score("runs").row().judge == SERVER


def test_a_budget_stops_and_the_next_call_goes_on(here: Path, fake_llm) -> None:
    price = "[price]\ninput = 1.0\noutput = 1.0\n"
    (here / "j.toml").write_text(f'judge = "{SERVER}"\nbase_url = "{fake_llm.openai_url}"\n{price}')
    with pytest.raises(IncompleteError):
        judgebench.run(here / "j.toml", "pandalm", max_cost=0.001, max_concurrency=1, **PAIR)
    before = len(fake_llm.requests)
    assert 0 < before < 12
    scores = judgebench.run("j.toml", "pandalm", max_cost=1, **PAIR)
    assert len(fake_llm.requests) == 12
    assert (scores.asked[0].asked, scores.asked[0].reused) == (12 - before, before)
    assert scores.asked[0].usage.usd > 0


def test_silent_unless_told_otherwise(here: Path, capfd: pytest.CaptureFixture[str], fake_llm) -> None:
    fake_llm.latency = 0.05
    judgebench.run(SERVER, "pandalm", base_url=fake_llm.openai_url, **PAIR)
    assert capfd.readouterr() == ("", "")
    heard: list[str] = []
    judgebench.run("baseline/longest", "pandalm", progress=heard.append, **PAIR)
    assert "12 asked" in heard[-1]
    assert capfd.readouterr() == ("", "")
    judgebench.run("baseline/longest", "pandalm", progress=True, **PAIR)
    out, err = capfd.readouterr()
    assert out == ""
    assert "0 asked, 12 already judged" in err


CTRL_C = """
import _thread, sys, threading, time
from pathlib import Path
import judgebench, judgebench.api.progress

# A run that doesn't end when it is told to would be waited for.
judgebench.api.progress._GRACE = 3600

def hit():
    while not any(file.stat().st_size for file in Path("runs").glob("*--*/verdicts.jsonl")):
        time.sleep(0.02)
    _thread.interrupt_main()

threading.Thread(target=hit, daemon=True).start()
try:
    {how}
except KeyboardInterrupt as stopped:
    print("stopped")
print([thread.name for thread in threading.enumerate() if thread.name == "judgebench"])
"""
CALL = "judgebench.run('server/m', 'pandalm', sample=True, max_concurrency=4, base_url=sys.argv[1])"


@pytest.mark.parametrize(
    "how",
    [CALL, f"import asyncio\n    async def cell(): {CALL}\n    asyncio.run(cell())"],
    ids=["script", "coroutine"],
)
def test_ctrl_c_stops_it_and_the_program_lives(here: Path, python, fake_llm, how: str) -> None:
    (here / "program.py").write_text(CTRL_C.format(how=how))
    fake_llm.latency = 0.7
    done = python("program.py", fake_llm.openai_url)
    assert done.out.splitlines() == ["stopped", "[]"], done
    # Stopped, and not over.
    assert len(fake_llm.requests) < 48
    fake_llm.latency = 0
    [folder] = (here / "runs").glob("*--*")
    assert not verify(folder).findings
    kept = judgebench.run(SERVER, "pandalm", sample=True, base_url=fake_llm.openai_url).asked[0]
    assert kept.reused > 0
    assert kept.asked + kept.reused == 48


def test_a_run_loads_no_large_library_to_verify(tmp_path):
    """A table verified by definitions costs neither the second nor the 130 MB that scikit-learn takes to load."""
    tasks = ["pandalm", "triviaqa", "alttest:lesion", "rewardbench-2"]
    code = f"""
import sys
import judgebench
for task in {tasks}:
    for row in judgebench.run("baseline/random", task, sample=True, runs={str(tmp_path)!r}).rows:
        assert row.unverified is not None
print(sorted({{"pandas", "sklearn", "krippendorff", "scipy.stats", "scipy.optimize", "datasets"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

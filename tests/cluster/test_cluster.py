"""Runs on a cluster of two workers: what is stored, what is asked, what a lost worker costs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from far_cases import Pairs, ask, planned, stored, workers
from processes import HANGS, until
from servers.fake_llm import FakeLLM

from judgebench.catalog import JudgeSettings, make_judge, recipe
from judgebench.domain import Policies, Status
from judgebench.errors import BackendError, IncompleteError, UsageError
from judgebench.probes.orders import Plain
from judgebench.run.cluster.engine import Setup, execute_all
from judgebench.run.engine import Options
from judgebench.run.execute import execute
from judgebench.run.plans import Conventions, Selection, plan
from judgebench.store.runs import read_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.run.execute import Progress

pytestmark = pytest.mark.ray


class Counting(FakeLLM):
    """Knows how many requests it had at once."""

    now = most = 0

    async def _answer(self, request: Any, write: Any) -> Any:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            return await super()._answer(request, write)
        finally:
            self.now -= 1


@pytest.fixture
def slow_llm() -> Iterator[Counting]:
    with Counting(latency=0.05) as server:
        yield server


def logged(ray: Any, secret: str) -> list[Path]:
    """The files of the cluster's session that hold a secret."""
    session = Path(ray._private.worker._global_node.get_session_dir_path())
    looked = [path for path in session.rglob("*") if path.is_file()]
    assert len(looked) > 10
    return [path for path in looked if secret.encode() in path.read_bytes()]


@pytest.mark.usefixtures("ray")
def test_the_verdict_file_is_the_local_one(fake_llm: FakeLLM, tmp_path: Path) -> None:
    task = Pairs(300)
    made = planned("server/m", task, base_url=fake_llm.openai_url)
    local, _ = execute(made[0], tmp_path / "local", Options())
    fake_llm.counts.clear()
    [outcome] = ask(tmp_path / "far", Options(), made)
    assert outcome.error is None
    assert stored(outcome.path) == stored(local)
    ours, theirs = (read_run(path).run.to_json() for path in (outcome.path, local))
    assert ours.pop("spent") | {"seconds": 0} == theirs.pop("spent") | {"seconds": 0}
    assert ours == theirs
    assert outcome.summary.asked == outcome.summary.cases == len(fake_llm.counts) == fake_llm.counts.total() == 300
    # What is stored is not asked again, by either engine.
    [again] = ask(tmp_path / "far", Options(), made)
    assert (again.summary.asked, again.summary.reused) == (0, 300)
    assert fake_llm.counts.total() == 300
    until(lambda: not workers())


@pytest.mark.usefixtures("ray")
def test_a_killed_worker_costs_what_it_had_in_flight(slow_llm: Counting, tmp_path: Path) -> None:
    made = planned("server/m", Pairs(400), base_url=slow_llm.openai_url)
    local, _ = execute(made[0], tmp_path / "local", Options(max_concurrency=64))
    slow_llm.counts.clear()
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        if not killed and progress.outcomes[0].summary.asked >= 100:
            killed.append(workers()[0])
            os.kill(killed[0], signal.SIGKILL)

    [outcome] = ask(tmp_path / "far", Options(max_concurrency=8), made, watch=kill)
    assert killed
    assert outcome.error is None
    assert stored(outcome.path) == stored(local)
    twice = [digest for digest, times in slow_llm.counts.items() if times > 1]
    # Its four calls in flight, and what it had answered and the driver had not heard; it was given no more than 16.
    assert len(twice) <= 16
    assert len(slow_llm.counts) == 400
    assert max(slow_llm.counts.values()) <= 2


@pytest.mark.usefixtures("ray")
def test_limits_are_those_of_all_workers_together(slow_llm: Counting, tmp_path: Path) -> None:
    [outcome] = ask(tmp_path, Options(max_concurrency=5), planned("server/m", Pairs(100), base_url=slow_llm.openai_url))
    assert outcome.error is None
    # Three and two; the second worker may come late.
    assert 3 <= slow_llm.most <= 5
    slow_llm.counts.clear()
    # How they divide requests among minutes, a simulated clock shows (tests/run/test_rate_limits.py).
    [outcome] = ask(tmp_path, Options(rpm=6000), planned("server/m", Pairs(40, "slowly"), base_url=slow_llm.openai_url))
    assert outcome.error is None
    assert slow_llm.counts.total() == 40


@pytest.mark.usefixtures("ray")
def test_workers_together_stay_within_the_budget(fake_llm: FakeLLM, tmp_path: Path) -> None:
    judge = tmp_path / "judge.toml"
    judge.write_text(
        f'judge = "server/m"\nbase_url = "{fake_llm.openai_url}"\n[price]\ninput = 1000.0\noutput = 1000.0\n'
    )
    made = planned(str(judge), Pairs(300))
    # A call costs about a third of a dollar at this price.
    [outcome] = ask(tmp_path / "runs", Options(max_cost=20.0, max_concurrency=8), made)
    assert isinstance(outcome.error, IncompleteError)
    assert "would exceed max_cost 20" in str(outcome.error)
    paid = sum(line["usage"]["usd"] for line in stored(outcome.path))
    assert paid == pytest.approx(outcome.summary.usage.usd)
    assert 18.0 <= paid <= 20.0
    assert fake_llm.counts.total() == outcome.summary.asked < 300


@pytest.mark.usefixtures("ray")
def test_workers_that_die_again_and_again_end_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deadly.py").write_text("import os\n\ndef judge(item):\n    os._exit(1)\n")
    monkeypatch.chdir(tmp_path)
    [outcome] = ask(tmp_path / "runs", Options(), planned("deadly:judge", Pairs(3)), workers=1)
    assert isinstance(outcome.error, IncompleteError)
    assert "a worker was lost 4 times" in str(outcome.error)
    assert "\n" not in str(outcome.error)


@pytest.mark.usefixtures("ray")
def test_what_a_worker_counts_is_counted(tmp_path: Path) -> None:
    with FakeLLM(faults="500@0.2*1,400@0.1") as llm:
        made = planned("server/m", Pairs(200), base_url=llm.openai_url)
        local, _ = execute(made[0], tmp_path / "local", Options(backoff=0.01))
        llm.counts.clear()
        [outcome] = ask(tmp_path / "far", Options(backoff=0.01), made)
    summary = outcome.summary
    assert outcome.error is None
    assert stored(outcome.path) == stored(local)
    assert 0 < summary.statuses[Status.FAILED] < 40
    assert summary.retries == llm.counts.total() - 200 > 0
    assert summary.usage.input_tokens > 0


@pytest.mark.usefixtures("ray")
def test_an_unusable_backend_ends_all_of_its_runs(tmp_path: Path) -> None:
    with FakeLLM(faults="401") as llm:
        plans = [planned("server/m", Pairs(200, name), base_url=llm.openai_url) for name in ("one", "two")]
        outcomes = ask(tmp_path, Options(max_concurrency=4), *plans)
        assert [type(outcome.error) for outcome in outcomes] == [BackendError, BackendError]
        assert llm.counts.total() < 40
    outcomes = ask(tmp_path, Options(backoff=0.01), *plans)
    assert "can't be reached" in str(outcomes[0].error)


@pytest.mark.usefixtures("ray")
def test_a_worker_that_makes_another_judge_is_not_asked(fake_llm: FakeLLM, tmp_path: Path) -> None:
    made, _ = planned("server/m", Pairs(10), base_url=fake_llm.openai_url)
    _, other = planned("server/m", Pairs(10), base_url=fake_llm.openai_url, max_tokens=7)
    [outcome] = ask(tmp_path, Options(), (made, other))
    assert isinstance(outcome.error, BackendError)
    assert "max_tokens differ" in str(outcome.error)
    assert not fake_llm.counts


def test_a_key_reaches_the_workers_and_no_log(ray: Any, tmp_path: Path) -> None:
    canary = "canary-0123456789abcdef"
    with FakeLLM(faults="401@0.5") as llm:
        made = planned("server/m", Pairs(20), base_url=llm.openai_url)
        environment = {"JUDGEBENCH_SERVER_API_KEY": canary}
        [outcome] = ask(tmp_path / "runs", Options(), made, environment=environment)
        assert {request.headers.get("Authorization") for request in llm.requests} == {f"Bearer {canary}"}
    assert isinstance(outcome.error, BackendError)
    assert canary not in str(outcome.error)
    assert not logged(ray, canary)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and canary.encode() in path.read_bytes()]
    assert canary not in json.dumps(ray._private.state.actors(), default=str)


def test_sigterm_ends_it_soon_and_the_rest_is_asked_later(ray: Any, slow_llm: Counting, tmp_path: Path) -> None:
    address = ray.get_runtime_context().gcs_address
    command = [
        *(sys.executable, "-m", "judgebench", "run", "--judge", "server/m", "--base-url", slow_llm.openai_url),
        *("--task", "pandalm", "--sample", "--repeats", "20", "--runs", str(tmp_path), "--quiet", "--format", "json"),
        *("--engine", "ray", "--workers", "2", "--ray-address", address, "--max-concurrency", "4"),
    ]
    canary = "canary-of-the-command-line"
    environment = os.environ | {"JUDGEBENCH_SERVER_API_KEY": canary}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    until(lambda: slow_llm.counts.total() >= 60, process)
    process.send_signal(signal.SIGTERM)
    _, words = process.communicate(timeout=HANGS)
    assert process.returncode == 130, words
    assert "all are kept" in words
    [run] = [path.parent for path in tmp_path.glob("*/manifest.json")]
    kept = len(stored(run))
    # All but what was in flight, or under way from a worker to the driver: they were given no more than 16.
    assert kept >= slow_llm.counts.total() - 16
    asked = slow_llm.counts.total()
    command += ["--max-concurrency", "64"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    assert len(stored(run)) == 24 * 2 * 20
    assert slow_llm.counts.total() - asked == 24 * 2 * 20 - kept
    assert {request.headers.get("Authorization") for request in slow_llm.requests} == {f"Bearer {canary}"}
    assert not logged(ray, canary)


def test_without_ray_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install 'ray"):
        ask(tmp_path, Options(), planned("server/m", Pairs(1), base_url="http://127.0.0.1:9/v1"))


def test_an_address_without_a_cluster_is_said_at_once(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="ray is not installed: nox -s ray runs these")
    command = [sys.executable, "-m", "judgebench", "run", "--judge", "server/m", "--base-url", "http://127.0.0.1:9/v1"]
    command += ["--task", "pandalm", "--sample", "--runs", str(tmp_path), "--engine", "ray", "--ray-address"]
    for address, code, words in (
        ("127.0.0.1:9", 4, "no Ray cluster at 127.0.0.1:9"),
        ("ray://127.0.0.1:9", 2, "can't stream"),
    ):
        done = subprocess.run([*command, address], capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, words in done.stderr) == (code, True), done.stderr


def test_what_needs_no_worker_needs_no_ray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    made = planned("server/m", Pairs(1), base_url="http://127.0.0.1:9/v1")
    plain = plan(
        Pairs(3),
        make_judge("baseline/longest", Pairs(3), JudgeSettings()),
        Selection(Plain("original")),
        Conventions(Policies()),
    )
    assert recipe("baseline/longest", plain.judge, plain.task, JudgeSettings()) is None
    [outcome] = execute_all([plain], tmp_path, Options(), setup=Setup({made[0].run.identity: made[1]}))
    assert outcome.error is None


@pytest.mark.usefixtures("ray")
def test_a_panel_is_the_local_one(fake_llm: FakeLLM, tmp_path: Path) -> None:
    (tmp_path / "jury.toml").write_text(
        f'kind = "jury"\nbase_url = "{fake_llm.openai_url}"\n'
        'members = ["server/a", { judge = "server/b", protocol = "reflection" }, "inner.toml"]'
    )
    (tmp_path / "inner.toml").write_text(
        'kind = "cascade"\nthreshold = 0.8\nmembers = [{ judge = "server/a", protocol = "confidence" }, "server/b"]'
    )
    made = planned(str(tmp_path / "jury.toml"), Pairs(20))
    local, _ = execute(made[0], tmp_path / "local", Options())
    asked = fake_llm.counts.total()
    [outcome] = ask(tmp_path / "far", Options(), made)
    assert outcome.error is None
    assert fake_llm.counts.total() == 2 * asked >= 240

    def codes(path: Path) -> list[Any]:
        verdicts = sorted(read_run(path).verdicts(), key=lambda one: one.key)
        return [(one.key, one.code, [(name, part.code) for name, part in one.parts]) for one in verdicts]

    assert codes(outcome.path) == codes(local)


@pytest.mark.usefixtures("ray")
def test_a_judge_of_two_rounds_is_the_local_one(
    fake_llm: FakeLLM, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
    monkeypatch.setenv("OPENAI_BASE_URL", fake_llm.openai_url)
    environment = {name: os.environ[name] for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL")}
    made = planned("round_judges:TWO", Pairs(40))
    local, _ = execute(made[0], tmp_path / "local", Options())
    assert fake_llm.counts.total() == 80
    [outcome] = ask(tmp_path / "far", Options(), made, environment=environment)
    assert outcome.error is None
    assert fake_llm.counts.total() == 160
    assert (outcome.path / "verdicts.jsonl").read_bytes() == (local / "verdicts.jsonl").read_bytes()

"""Third parties add judges, tasks and metrics by entry points; clashes and breakage are named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from judgebench.catalog import JudgeSettings, make_judge, make_task, plugins
from judgebench.errors import BackendError, UnknownNameError, UsageError
from judgebench.judges.baselines import create
from judgebench.tasks.base import open_task

if TYPE_CHECKING:
    from pathlib import Path

MODULE = """
from dataclasses import replace
from judgebench.stats.coefficients.catalog import Metric
from judgebench.stats.crosstab import Outcome
from judgebench.domain import Item, Label, Reply, Response, Scale, Turn
import numpy as np

def judge(model, **settings):
    class Polite:
        name = f"polite/{model}"
        settings = {"model": model}
        async def judge(self, case, scale):
            return Reply.ok(len(case.responses[0].text) % 2)
    return Polite()

class Task:
    name, revision, scale = "weather", "1", Scale.check()
    def items(self):
        for i in range(30):
            turn = (Turn.of("user", f"q{i}"),)
            yield Item(f"i{i}", turn, (Response("x" * i),), (Label("h", i % 2),), "human")

def task(split, *, data, sample):
    return Task()

def nobody(model, **settings):
    return 5

class Shouting:
    name = "shouting"
    def __init__(self, plain):
        self.plain = plain
    def cases(self, item):
        for case in self.plain.cases(item):
            loud = tuple(replace(one, text=one.text.upper()) for one in item.responses)
            yield replace(case, item=replace(item, responses=loud), probe="shouting")

def misses(table):
    return Outcome(1 - float(np.trace(table.joint)), 1 - np.eye(len(table.joint)))
"""


@pytest.fixture
def installed(tmp_path: Path):
    """Put a package with entry points where Python finds it."""

    def put(entries: str, module: str = MODULE) -> dict[str, str]:
        site = tmp_path / "site"
        info = site / "weather-1.0.dist-info"
        info.mkdir(parents=True)
        (site / "weather_plugin.py").write_text(module)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: weather\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(entries)
        return os.environ | {"PYTHONPATH": str(site)}

    return put


def call(env: dict[str, str], tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "judgebench", *arguments]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_a_third_party_judge_on_a_third_party_task(installed, tmp_path: Path) -> None:
    env = installed(
        "[judgebench.judges]\npolite = weather_plugin:judge\n[judgebench.tasks]\nweather = weather_plugin:task\n"
    )
    done = call(env, tmp_path, "run", "--judge", "polite/m", "--task", "weather", "--format", "json")
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)["rows"][0]
    assert (row["judge"], row["task"], row["metrics"]["accuracy"]["value"]) == ("polite/m", "weather", 1.0)
    assert "weather" in call(env, tmp_path, "list", "tasks").stdout
    assert "polite" in call(env, tmp_path, "list", "judges").stdout


def test_a_third_party_probe_is_asked_by_run_and_is_a_run_of_its_own(installed, tmp_path: Path) -> None:
    env = installed("[judgebench.probes]\nshouting = weather_plugin:Shouting\n")
    sample = ("run", "--judge", "baseline/longest", "--task", "pandalm", "--sample")
    assert call(env, tmp_path, *sample).returncode == 0
    done = call(env, tmp_path, *sample, "--probe", "shouting")
    assert done.returncode == 0, done.stderr
    assert "shouting" in call(env, tmp_path, "list", "probes").stdout
    runs = {file.parent.name: file.read_text("utf-8") for file in tmp_path.glob("runs/*/verdicts.jsonl")}
    assert sorted(text.count('"probe":"shouting"') for text in runs.values()) == [0, 48]
    # A folder's runs of changed items are measured where they are named.
    named = sorted(f"runs/{name}" for name in runs)
    rows = json.loads(call(env, tmp_path, "score", *named, "--format", "json").stdout)["rows"]
    told = sorted(((row["conditions"], row["items"]) for row in rows if row["subset"] == "all"), key=str)
    assert told == [({"probe": "none"}, 24), ({"probe": "shouting"}, 24)]
    [alone] = [run for run, text in runs.items() if '"probe":"shouting"' in text]
    [row] = json.loads(call(env, tmp_path, "score", f"runs/{alone}", "--format", "json").stdout)["rows"]
    assert row["conditions"] == {"probe": "shouting"}, "no figure under a probe passes for one on the task's own items"
    wrong = call(env, tmp_path, *sample, "--probe", "shouted")
    assert (wrong.returncode, "Did you mean shouting" in wrong.stderr) == (2, True), wrong.stderr


PROBES = """
from dataclasses import replace

class Base:
    name = "p"
    def __init__(self, plain):
        self.plain = plain
    def cases(self, item):
        for case in self.plain.cases(item):
            yield from self.turned(case)

class Raises(Base):
    def turned(self, case):
        raise KeyError("x")

class Nothing(Base):
    def turned(self, case):
        return ()

class Plain(Base):
    def turned(self, case):
        return [case]

class Twice(Base):
    def turned(self, case):
        return [replace(case, probe="p")] * 2

class Items(Base):
    def turned(self, case):
        return [case.item]

class Other(Base):
    def turned(self, case):
        return [replace(case, probe="p", item=replace(case.item, id="else"))]

class Order(Base):
    def turned(self, case):
        return [replace(case, probe="p", order=(5, 6))]

class Strange(Base):
    def turned(self, case):
        return [replace(case, probe="q")]

class Named(Strange):
    name = "q"
"""


@pytest.mark.parametrize(
    ("probe", "says"),
    [
        ("Raises", "probe 'p' failed on item '0': KeyError: 'x'"),
        ("Nothing", "probe 'p' finds nothing to change in the items of pandalm"),
        ("Plain", "probe 'p' finds nothing to change in the items of pandalm"),
        ("Twice", "probe 'p' on item '0' yields one case twice"),
        ("Items", "probe 'p' on item '0' yields class Item, not a Case"),
        ("Other", "probe 'p' on item '0' yields a case of item 'else'"),
        ("Order", "probe 'p' on item '0' yields the order (5, 6) for 2 responses"),
        ("Strange", "probe 'p' on item '0' yields a case of probe 'q'"),
        ("Named", "the plugin behind 'p' returned a probe named 'q'"),
    ],
)
def test_a_broken_probe_is_named_before_anything_is_asked(installed, tmp_path: Path, probe: str, says: str) -> None:
    env = installed(f"[judgebench.probes]\np = weather_plugin:{probe}\n", PROBES)
    done = call(env, tmp_path, "run", "--judge", "baseline/first", "--task", "pandalm", "--sample", "--probe", "p")
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr
    assert not list(tmp_path.glob("runs/*"))


@pytest.mark.parametrize(
    ("entries", "arguments", "says"),
    [
        ("[judgebench.judges]\nopenai = weather_plugin:judge\n", ("list", "judges"), "two judges are named 'openai'"),
        ("[judgebench.tasks]\npandalm = weather_plugin:task\n", ("list", "tasks"), "two tasks are named 'pandalm'"),
        (
            "[judgebench.judges]\npolite = weather_plugin:nothing\n",
            ("run", "--judge", "polite/m", "--task", "pandalm", "--sample"),
            "the plugin behind 'polite' (weather_plugin:nothing) can't be loaded",
        ),
        (
            "[judgebench.judges]\npolite = weather_plugin:misses\n",
            ("run", "--judge", "polite/m", "--task", "pandalm", "--sample"),
            "the plugin behind 'polite/m' failed: TypeError",
        ),
        (
            "[judgebench.judges]\npolite = weather_plugin:nobody\n",
            ("run", "--judge", "polite/m", "--task", "pandalm", "--sample"),
            "the plugin behind 'polite/m' returned int, not a judge",
        ),
        (
            "[judgebench.tasks]\nweather = weather_plugin:misses\n",
            ("run", "--judge", "baseline/first", "--task", "weather"),
            "the plugin behind 'weather' failed: TypeError",
        ),
        (
            "[judgebench.metrics]\nmisses = weather_plugin:misses\n",
            ("run", "--judge", "baseline/first", "--task", "pandalm", "--sample"),
            "is not a Metric of that name",
        ),
    ],
)
def test_clashes_and_breakage_are_named(installed, tmp_path: Path, entries: str, arguments, says: str) -> None:
    done = call(installed(entries), tmp_path, *arguments)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr


def test_a_third_party_metric_is_measured_with_an_interval(installed, tmp_path: Path) -> None:
    module = MODULE + 'metric = Metric("misses", "misses", misses, low=0.0, high=1.0)\n'
    env = installed("[judgebench.metrics]\nmisses = weather_plugin:metric\n", module)
    done = call(env, tmp_path, "run", "--judge", "baseline/random", "--task", "pandalm", "--sample", "--format", "json")
    assert done.returncode == 0, done.stderr
    metrics = json.loads(done.stdout)["rows"][0]["metrics"]
    assert metrics["misses"]["value"] == pytest.approx(1 - metrics["percent_agreement"]["value"])
    assert metrics["misses"]["low"] < metrics["misses"]["value"] < metrics["misses"]["high"]
    assert "misses" in call(env, tmp_path, "list", "metrics").stdout


def test_a_third_party_metric_without_a_witness_is_said_not_to_be_verified(installed, tmp_path: Path) -> None:
    """Wherever figures are verified: run and score in what is behind and in JSON, compare and gate beside it."""
    module = MODULE + (
        'metric = Metric("misses", "misses", misses, low=0.0, high=1.0)\n'
        "def by_hand(gold, judge):\n"
        "    return sum(g != j for g, j in zip(gold, judge)) / len(gold)\n"
        'heard = Metric("heard", "misses", misses, low=0.0, high=1.0, witness=by_hand)\n'
    )
    env = installed("[judgebench.metrics]\nmisses = weather_plugin:metric\nheard = weather_plugin:heard\n", module)
    alone = "not verified: misses (nothing else computes it)"
    asked = [call(env, tmp_path, "run", "--judge", f"baseline/{name}", "--task", "pandalm", "--sample", "--runs", name,
                  "--explain") for name in ("first", "longest")]  # fmt: skip
    assert all(alone in done.stdout for done in asked), asked[0].stderr
    assert "heard" not in asked[0].stdout.partition("not verified")[2]
    both = [str(path) for name in ("first", "longest") for path in (tmp_path / name).glob("pandalm*")]
    plain, verified = (
        json.loads(call(env, tmp_path, "score", *both, "--format", "json", *more).stdout)["rows"]
        for more in ((), ("--verify",))
    )
    assert all("unverified" not in row for row in plain)
    assert all(row["unverified"]["misses"] == "nothing else computes it" for row in verified)
    assert all("heard" not in row["unverified"] for row in verified)
    held = call(env, tmp_path, "compare", *both, "--metric", "misses", "--verify")
    assert alone in held.stderr
    gated = call(env, tmp_path, "gate", both[0], "--against", both[1], "--metric", "misses", "--verify")
    assert alone in gated.stderr


def test_judges_by_name() -> None:
    task = open_task("pandalm", sample=True)
    settings = JudgeSettings(base_url="http://127.0.0.1:9/v1")
    for spec, name in {
        "gpt-4o": "openai/gpt-4o",
        "o3-mini": "openai/o3-mini",
        "claude-opus-4": "anthropic/claude-opus-4",
        "openai/x": "openai/x",
        "server/a/b": "server/a/b",
        "baseline/first": "baseline/first",
        "exact-match": "exact-match",
    }.items():
        assert make_judge(spec, task, settings).name == name
    for wrong in ("server/", "openai/", "gpt4o", "baseline/frist", "hf/model", ""):
        with pytest.raises((UsageError, BackendError)):
            make_judge(wrong, task, settings)
    for wrong, says in {"mine.py": "mine:judge", "mine.tml": "no such file"}.items():
        with pytest.raises(UsageError, match=says):
            make_judge(wrong, task, settings)
    with pytest.raises(UnknownNameError, match="Did you mean triviaqa"):
        make_task("trivaqa")
    assert plugins("judges") == {}
    assert create("first").name == "baseline/first"

"""The same judge asked again later: nothing of its earlier answers, held against its own past; validations go stale."""

from __future__ import annotations

import csv
import json

import pytest
from servers.fake_llm import FakeLLM

import judgebench as jb
from judgebench.domain import Run
from judgebench.errors import UsageError


@pytest.fixture
def llm():
    with FakeLLM(version="june") as server:
        yield server


@pytest.fixture
def ask(judgebench, llm):
    def asked(*more, verb="run", task="pandalm"):
        judge = ("--judge", "server/m", "--base-url", llm.openai_url, "--task", task)
        return judgebench(verb, *judge, "--sample", "-q", *more)

    return asked


def _runs(tmp_path):
    """Folders of the earlier run, and of the one that was asked again."""
    found = {file.parent: json.loads(file.read_text("utf-8")) for file in (tmp_path / "runs").glob("*/manifest.json")}
    return sorted(found, key=lambda path: found[path].get("again", ""))


def test_asked_again_nothing_comes_from_earlier_answers_and_nothing_is_asked_twice(ask, llm):
    assert ask().code == 0
    before = sum(llm.counts.values())
    assert ask("--again", "--limit", "4").code == 0
    assert sum(llm.counts.values()) == before + 8
    assert ask("--again").code == 0
    assert sum(llm.counts.values()) == 2 * before
    for more in ((), ("--again",), ("--limit", "2"), ("--again", "--limit", "2")):
        assert ask(*more).code == 0
    assert sum(llm.counts.values()) == 2 * before


def test_own_answers_are_asked_again_too(ask, llm):
    assert ask("--limit", "2", "--reference", "self", task="triviaqa").code == 0
    before = sum(llm.counts.values())
    assert ask("--limit", "2", "--reference", "self", "--again", task="triviaqa").code == 0
    assert sum(llm.counts.values()) == 2 * before


def test_a_day_in_python(tmp_path, llm):
    how = {"judge": "server/m", "task": "pandalm", "sample": True, "base_url": llm.openai_url, "limit": 1}
    for again in (False, "2026-06-01", "2026-11-30", "2026-06-01"):
        jb.run(runs=tmp_path, again=again, **how)
    assert sum(llm.counts.values()) == 6
    rows = jb.score(tmp_path)
    assert sorted(row.judge for row in rows if row.subset == "all") == [
        "server/m",
        "server/m (again 2026-06-01)",
        "server/m (again 2026-11-30)",
    ]
    with pytest.raises(UsageError, match="again 'soon' is no day"):
        jb.run(runs=tmp_path, again="soon", **how)


def test_when_it_was_asked_is_told_in_every_form(ask, judgebench, tmp_path):
    assert ask("--limit", "3").code == 0
    assert ask("--limit", "3", "--again").code == 0
    later = _runs(tmp_path)[-1]
    day = json.loads((later / "manifest.json").read_text("utf-8"))["again"]
    assert day in judgebench("score", later).out
    [row] = [one for one in judgebench("score", later, "--format", "json").document()["rows"] if one["subset"] == "all"]
    assert row["conditions"] == {"again": day}
    assert {
        one["conditions"] for one in csv.DictReader(judgebench("score", later, "--format", "csv").out.splitlines())
    } == {f"again={day}"}
    assert day in judgebench("show", later).out


def test_a_manifest_without_it_is_what_it_was(ask, tmp_path):
    assert ask("--limit", "1").code == 0
    [path] = _runs(tmp_path)
    data = json.loads((path / "manifest.json").read_text("utf-8"))
    assert "again" not in data
    run = Run.from_json(data)
    assert run.identity == path.name
    assert run.answers == run.judging
    later = Run.from_json(data | {"again": "2026-11-30"})
    assert later.judging == run.judging
    assert len({later.answers, run.answers}) == len({later.identity, run.identity}) == 2
    with pytest.raises(TypeError, match="again"):
        Run.from_json(data | {"again": 1})


def test_it_is_held_against_its_own_past(ask, llm, judgebench, tmp_path):
    assert ask().code == 0
    llm.version = "november"
    assert ask("--again").code == 0
    first, later = _runs(tmp_path)
    assert judgebench("gate", first, "--against", "baseline.json", "--update").code == 0
    for against in (first, "baseline.json"):
        found = judgebench("gate", later, "--against", against)
        assert found.code == 0, found.err
        assert "m-june answered in the baseline, m-november in the run" in " ".join(found.out.split())
    found = judgebench("gate", later, "--against", "baseline.json", "--format", "json").document()
    assert found["models"] == {"baseline": ["m-june"], "run": ["m-november"]}
    assert "models" not in judgebench("gate", first, "--against", first, "--format", "json").document()
    compared = judgebench("compare", first, later)
    assert "m-june answered in server/m, m-november in" in " ".join(compared.out.split())
    told = judgebench("gate", later, "--against", "baseline.json", "--update")
    assert "judge_digest" not in told.err


def test_a_validation_belongs_to_the_judge_that_was_validated(ask, llm, judgebench, tmp_path):
    assert judgebench("score", "runs").code != 0
    validated = ask("--task", "triviaqa", "--format", "json", verb="validate-judge").document()["judges"]
    # One judge, though its tasks have prompts of their own.
    [one] = validated
    states = {line["about"]: line["state"] for line in one["lines"] if not line["task"]}
    assert states == {"tasks": "pass", "version": "pass"}
    kept = tmp_path / "runs/validations" / f"{one['digest']}.json"
    assert json.loads(kept.read_text("utf-8"))["found"] == one
    assert "server/m was validated on" in judgebench("score", "runs").err
    llm.version = "november"
    assert ask("--again").code == 0
    later = _runs(tmp_path)[-1]
    told = judgebench("score", later).err
    assert "is stale: m-june was validated, m-november answered here" in told
    assert judgebench("report", later, "--output", "page.html").code == 0
    assert "is stale: m-june was validated" in (tmp_path / "page.html").read_text("utf-8")
    assert judgebench("validate-judge", later).code == 1
    assert "stale" not in judgebench("score", "runs").err
    kept.write_text(kept.read_text("utf-8").replace('"fail"', '"pass"'), "utf-8")
    damaged = judgebench("score", "runs")
    assert damaged.code == 3
    assert "changed after it was written" in damaged.err


def test_another_prompt_is_another_judge(ask, judgebench):
    assert ask("--limit", "4", "--probe", "bandwagon:random", verb="validate-judge").code == 0
    assert ask("--limit", "4", "--form", "first-line").code == 0
    told = judgebench("score", "runs").err
    assert "server/m (form brackets) was validated" in told
    assert "it was asked with another prompt, form or setting" in told


def test_several_versions_are_a_warning_and_none_is_not_looked_at(ask, llm, judgebench):
    assert ask("--limit", "2").code == 0
    llm.version = "november"
    assert ask("--limit", "3", "--no-cache").code == 0
    assert (
        judgebench("run", "--judge", "baseline/first", "--task", "pandalm", "--sample", "--limit", "2", "-q").code == 0
    )
    found = judgebench("validate-judge", "runs", "--format", "json").document()["judges"]
    lines = {one["judge"]: line for one in found for line in one["lines"] if line["about"] == "version"}
    assert lines["server/m"]["state"] == "warn"
    assert lines["server/m"]["more"] == ["m-june", "m-november"]
    assert lines["baseline/first"]["state"] == "open"

"""Validations of runs at a URL: kept there, told on another machine, and told there, too, that they are stale."""

from __future__ import annotations

import fsspec
import pytest
from servers.fake_llm import FakeLLM


@pytest.fixture(params=["file", "memory"])
def url(request, tmp_path):
    return f"file://{tmp_path}/there" if request.param == "file" else f"memory://{tmp_path.name}/runs"


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    """Have commands work on a machine by its name, each with a spool of its own."""

    def on(name):
        monkeypatch.setenv("JUDGEBENCH_SPOOL", str(tmp_path / name))

    on("one")
    return on


def _kept(url):
    fs, root = fsspec.core.url_to_fs(url)
    fs.invalidate_cache()
    return sorted(path.rpartition("/")[2] for path in fs.find(f"{root}/validations"))


def test_a_validation_is_kept_at_the_url_and_told_elsewhere(judgebench, url, machine):
    with FakeLLM() as llm:
        llm.version = "june"
        asked = ("--judge", "server/m", "--base-url", llm.openai_url, "--task", "triviaqa", "--sample", "--limit", "4")
        validate = ("validate-judge", *asked, "--probe", "bandwagon", "--runs", url, "-q", "--format", "json")
        [one] = judgebench(*validate).document()["judges"]
        assert _kept(url) == [f"{one['digest']}.json"]
        machine("two")
        assert "server/m was validated on" in judgebench("score", url).err
        # Another version answers, and the machine that validated hears of it.
        llm.version = "november"
        judgebench("run", *asked, "--runs", url, "-q", "--again")
    machine("one")
    told = judgebench("score", url).err
    assert "is stale: m-june was validated, m-november answered here" in told


def test_stored_runs_at_a_url_are_validated_there(judgebench, url, machine):
    judgebench("run", "--judge", "baseline/random", "--task", "triviaqa", "--sample", "--runs", url, "-q")
    machine("two")
    [one] = judgebench("validate-judge", url, "--format", "json").document()["judges"]
    assert _kept(url) == [f"{one['digest']}.json"]
    judgebench("validate-judge", url, "--min-agreement", "0.9")
    machine("one")
    assert "baseline/random was validated on" in judgebench("score", url).err
    # What was validated anew elsewhere is what is told here.
    machine("two")
    judgebench("validate-judge", url, "--min-agreement", "-1")
    machine("one")
    told = judgebench("score", url).err
    machine("two")
    assert [line for line in told.splitlines() if "was validated" in line] == [
        line for line in judgebench("score", url).err.splitlines() if "was validated" in line
    ]


def test_where_nothing_can_be_written_a_note_says_so(judgebench, tmp_path, monkeypatch):
    place = tmp_path / "there"
    judgebench("run", "--judge", "baseline/random", "--task", "triviaqa", "--sample", "--runs", f"file://{place}", "-q")

    def refuse(*_):
        raise OSError("it is read-only")

    monkeypatch.setattr("judgebench.store.remote.Mirror._put", refuse)
    found = judgebench("validate-judge", f"file://{place}")
    assert (found.code in {0, 1}, "nothing can be written there" in " ".join(found.err.split())) == (True, True)

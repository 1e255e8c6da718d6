"""What is told before probes are asked, what doesn't fit or nobody needs: then nothing is asked or left behind."""

from __future__ import annotations

import pytest


def _line(text):
    return " ".join(text.split())


def _server(llm, *more):
    return ("--judge", "server/m", "--base-url", llm.openai_url, "--sample", "-q", *more)


@pytest.mark.parametrize("command", ["run", "probe", "validate-judge"])
def test_a_judge_that_is_not_for_a_scale_leaves_nothing_behind(judgebench, tmp_path, command):
    found = judgebench(command, "--judge", "baseline/longest", "--task", "triviaqa", "--sample", "-q")
    assert (found.code, "compares responses" in _line(found.err)) == (2, True)
    assert not list(tmp_path.glob("runs/*"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--task", "pandalm", "--probe", "bandwagon", "--columns", "harmfull"), "Did you mean harmful?"),
        (("--task", "triviaqa", "--probe", "position"), "position can't be measured here"),
        (("--task", "pandalm", "--probe", "self-preference"), "self-preference can't be measured here"),
        (("--task", "pandalm", "--probe", "blind", "--probe", "leniency"), "leniency can't be measured here"),
        (("--task", "pandalm", "--probe", "attacked:mine.csv"), "no id in mine.csv is that of an item of pandalm"),
        (("--task", "pandalm", "--probe", "paraphrase:mine.csv#attacked"), "no id in mine.csv is that of an item"),
    ],
)
def test_where_nothing_would_show_nobody_is_asked(judgebench, fake_llm, tmp_path, arguments, said):
    (tmp_path / "mine.csv").write_text("id,attacked\nnone,Hello\n", "utf-8")
    found = judgebench("probe", *_server(fake_llm, *arguments))
    assert (found.code, said in _line(found.err)) == (2, True), found.err
    assert not fake_llm.counts
    assert not list(tmp_path.glob("runs/*"))


def test_what_is_looked_at_alone_is_asked_once_and_only_where_it_shows(judgebench, fake_llm):
    asked = (
        "probe",
        *_server(fake_llm, "--task", "pandalm", "--task", "triviaqa", "--limit", "3", "--probe", "position"),
    )
    dry = judgebench(*asked, "--dry-run", "--format", "json").document()
    assert [(run["task"], run["calls"]) for run in dry["runs"]] == [("pandalm", 6)]
    found = judgebench(*asked)
    assert (found.code, fake_llm.counts.total()) == (0, 6)
    assert "server/m on triviaqa is not asked" in _line(found.err)


def test_a_family_is_asked_by_probe_and_one_of_it_by_run(judgebench):
    found = judgebench("run", "--judge", "baseline/random", "--task", "pandalm", "--sample", "-q", "--probe", "tone")
    assert found.code == 2
    assert "a family of probes" in _line(found.err)
    assert "tone/cheerful, tone/sad" in _line(found.err)


def test_the_list_begins_with_the_probes(judgebench):
    out = judgebench("list", "probes").out
    assert out.index("bandwagon") < out.index("--order ")


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        ("tone/sad", "goes where the change pushes than on a placebo"),
        ("identity/anonymous", "changes its verdict than on a placebo"),
        ("paraphrase/polite", "changes its verdict than when asked again"),
    ],
)
def test_notes_are_about_what_is_there(judgebench, probe, said):
    asked = ("--judge", "baseline/random", "--task", "pandalm", "--sample", "--limit", "4", "-q")
    out = " ".join(judgebench("probe", *asked, "--probe", probe).out.split())
    assert said in out
    assert "position from one half" not in out

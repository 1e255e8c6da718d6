"""`judgebench probe` and `judgebench validate-judge`, on a loopback model and on baselines."""

from __future__ import annotations

import csv
import re

import pandas as pd
import pytest
from servers.fake_llm import FakeLLM

import judgebench as jb

QUICK = ("--sample", "-q")


def _server(llm, *more):
    return ("--judge", "server/m", "--base-url", llm.openai_url, *more, *QUICK)


def test_a_suite_asks_each_case_once_and_what_the_dry_run_said(judgebench, fake_llm):
    asked = ("probe", *_server(fake_llm, "--task", "pandalm", "--probe", "bandwagon", "--probe", "bandwagon:right"))
    dry = judgebench(*asked, "--dry-run", "--format", "json").document()
    expected = sum(run["calls"] for run in dry["runs"])
    assert judgebench("run", *_server(fake_llm, "--task", "pandalm")).code == 0
    before = sum(fake_llm.counts.values())
    found = judgebench(*asked, "--format", "json").document()
    assert sum(fake_llm.counts.values()) == expected
    assert before == 48
    assert [row["probe"] for row in found["rows"]] == ["bandwagon", "bandwagon:right"]
    again = judgebench(*asked, "--format", "json")
    assert sum(fake_llm.counts.values()) == expected
    assert again.document() == found


def test_many_runs_are_told_in_one_line_and_quietly_in_none(judgebench):
    judge = ("--judge", "baseline/random", "--task", "pandalm", "--suite", "bias", "--sample", "--limit", 4)
    loud = judgebench("probe", *judge).err
    assert (loud.count("already judged"), "runs: " in loud) == (1, True)
    assert "nothing to change" in loud
    quiet = judgebench("probe", *judge, "-q").err
    assert ("already judged" in quiet, "nothing to change" in quiet) == (False, False)


def test_answers_under_another_address_are_named_before_they_are_asked_anew(judgebench, fake_llm):
    asked = _server(fake_llm, "--task", "pandalm")
    assert judgebench("run", *asked).code == 0
    url = fake_llm.openai_url
    moved = [url.replace("127.0.0.1", "localhost") if one == url else one for one in asked]
    said = f"answers of server/m are stored under {url}; another address is asked anew"
    assert said in judgebench("run", *moved, "--dry-run").err
    assert said in judgebench("run", *moved).err
    assert said not in judgebench("run", *moved).err


def test_stored_runs_are_measured_again(judgebench):
    judge = ("--judge", "baseline/random", "--task", "pandalm", "--probe", "bandwagon", *QUICK)
    first = judgebench("probe", *judge, "--format", "csv").out
    assert judgebench("probe", "runs", "--probe", "bandwagon", "--format", "csv").out == first
    [row] = csv.DictReader(first.splitlines())
    assert (row["probe"], row["against"], row["led"]) == ("bandwagon", "placebo", "no")


def test_runs_of_changed_items_are_no_judges_of_their_own(judgebench, tmp_path):
    judge = ("--judge", "baseline/random", "--task", "pandalm", *QUICK)
    assert judgebench("probe", *judge, "--probe", "bandwagon", "--probe", "authority").code == 0
    for command in ("score", "leaderboard"):
        found = judgebench(command, "runs", "--format", "json")
        assert {row["judge"] for row in found.document()["rows"]} == {"baseline/random"}
        assert found.err.count("left out 2 runs of changed items") == 1
    page = judgebench("report", "runs", "--output", str(tmp_path / "page.html"))
    assert (page.code, "left out 2 runs" in page.err) == (0, True)
    assert "two judges or more" in judgebench("compare", "runs").err
    [own] = [path for path in (tmp_path / "runs").glob("*/manifest.json") if '"bandwagon"' in path.read_text()]
    named = judgebench("score", str(own.parent), "--format", "json").document()
    assert [row["conditions"] for row in named["rows"]] == [{"probe": "bandwagon"}]


def test_a_judge_that_was_asked_again_for_its_noise_is_one_judge(judgebench):
    judge = ("--judge", "baseline/random", "--task", "pandalm", *QUICK)
    assert judgebench("run", *judge).code == judgebench("run", *judge, "--repeats", 3).code == 0
    rows = judgebench("score", "runs", "--format", "json").document()["rows"]
    assert {row["judge"] for row in rows} == {"baseline/random"}


def test_a_probe_without_its_plain_run(judgebench):
    assert (
        judgebench("run", "--judge", "baseline/random", "--task", "pandalm", "--probe", "bandwagon", *QUICK).code == 0
    )
    found = judgebench("probe", "runs")
    assert found.code == 3
    assert "and not plainly" in found.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--probe", "bandwagn"), "Did you mean bandwagon"),
        (("--probe", "bandwagon:left"), "the side is one of wrong, right, random"),
        (("--probe", "bandwagon/x"), "has no variants"),
        (("--probe", "bandwagon:"), "Did you mean bandwagon"),
        (("--probe", "tone/sad/:wrong"), "no probe is named"),
        (("--probe", "blind"), "finds nothing to change in the items of pandalm"),
    ],
)
def test_what_can_not_be_probed(judgebench, arguments, said):
    found = judgebench("probe", "--judge", "baseline/random", "--task", "pandalm", *arguments, *QUICK)
    assert found.code == 2
    assert said in found.err


def test_many_probes_with_nothing_to_change_are_one_note(judgebench):
    asked = ("--judge", "baseline/random", "--task", "pandalm", "--sample", "--limit", 2, "--suite", "all", "--dry-run")
    told = [line for line in judgebench("probe", *asked).err.splitlines() if "dummy/" in line]
    assert len(told) == 1
    assert "probes have nothing to change" in told[0]


def test_stored_runs_are_told_in_the_order_of_the_list_and_with_what_is_known_of_chance(judgebench):
    asked = ("--judge", "baseline/longest", "--task", "pandalm", *QUICK)
    # Asked once and twice; the one asked twice knows of chance, whichever folder comes first.
    assert judgebench("run", *asked).code == 0
    names = ("bandwagon", "tone/sad", "authority", "preamble/checked")
    judgebench("probe", *asked, *(part for name in reversed(names) for part in ("--probe", name)))
    rows = judgebench("probe", "runs", "--format", "json").document()["rows"]
    told = [row["probe"] for row in rows if row["probe"] in names]
    assert told == list(names)
    assert all("retest_flips" in row["figures"] for row in rows if row["probe"] in names)


def test_nobody_to_ask(judgebench):
    found = judgebench("probe")
    assert found.code == 2
    assert "--judge and --task" in found.err


def test_a_judge_is_validated_on_samples(judgebench, tmp_path):
    asked = ("--judge", "baseline/longest", "--task", "pandalm", "--task", "judgebench", "--probe", "bandwagon", *QUICK)
    found = judgebench("validate-judge", *asked, "--format", "json", "--junit", "j.xml")
    assert found.code == 1
    [one] = found.document()["judges"]
    states = {(line["about"], line["task"]): line["state"] for line in one["lines"]}
    assert states["agreement", "judgebench"] == "fail"
    assert states["position", "pandalm"] == "pass"
    assert states["tasks", ""] == "pass"
    junit = (tmp_path / "j.xml").read_text("utf-8")
    assert junit.count("<failure ") == sum(state == "fail" for state in states.values())
    assert junit.count("<testcase ") == len(states)
    judgebench("validate-judge", "runs", "--output", "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "is not fit for use" in page


def test_a_judge_is_validated_on_a_file_of_ones_own(judgebench, fake_llm, tmp_path):
    lines = ["question,answer_a,answer_b,gold"]
    lines += [f"What is {i} plus one?,It is {i + 1}.,It is {i + 2} or so.,{'AB'[i % 2]}" for i in range(60)]
    (tmp_path / "mine.csv").write_text("\n".join(lines), "utf-8")
    asked = ("validate-judge", "--judge", "server/m", "--base-url", fake_llm.openai_url)
    asked += ("--task", "mine.csv", "--probe", "bandwagon", "-q")
    dry = judgebench(*asked, "--dry-run", "--format", "json").document()
    found = judgebench(*asked)
    assert sum(fake_llm.counts.values()) == sum(run["calls"] for run in dry["runs"]) == 60 * 2 * (3 + 2)
    assert re.search(r"^server/m is not ", found.out)
    assert "one task only" in found.out
    assert max(len(line) for line in found.out.splitlines()) <= 120


def test_without_gold_nobody_is_asked_for_a_validation(judgebench, fake_llm, tmp_path):
    (tmp_path / "mine.csv").write_text("question,answer_a,answer_b\nWhat?,This.,That.\n", "utf-8")
    found = judgebench(
        "validate-judge", "--judge", "server/m", "--base-url", fake_llm.openai_url, "--task", "mine.csv", "-q"
    )
    assert (found.code, "no item has a gold label" in found.err, fake_llm.counts.total()) == (3, True, 0)


def test_one_item_shows_neither_steadiness_nor_a_place(judgebench, tmp_path):
    (tmp_path / "mine.csv").write_text("question,answer_a,answer_b,gold\nWhat?,This.,The other.,B\n", "utf-8")
    asked = ("--judge", "baseline/longest", "--task", "mine.csv", "--probe", "bandwagon", "-q")
    [one] = judgebench("validate-judge", *asked, "--format", "json").document()["judges"]
    lines = {line["about"]: line for line in one["lines"]}
    assert lines["stable but led"]["state"] == "warn"
    assert (lines["position"]["state"], lines["position"]["figure"]["value"]) == ("open", 0.0)


def test_a_silent_judge_is_not_called_steady(judgebench):
    with FakeLLM(faults="none") as silent:
        asked = _server(silent, "--task", "pandalm", "--limit", "4", "--probe", "bandwagon", "--probe", "distraction")
        found = judgebench("probe", *asked)
        assert "gave no answer that can be used" in found.out
        [*_, row] = judgebench("probe", *asked, "--format", "json").document()["rows"]
    assert (row["effect"]["undefined"], row["p"], row["led"]) == ("unanswered", None, False)


def test_figures_by_name(judgebench):
    asked = ("probe", "--judge", "baseline/longest", "--task", "judgebench", *QUICK, "--probe", "verbosity/padding")
    found = judgebench(*asked, "--columns", "accuracy_before,accuracy_after,accuracy_change,robustness,harmful,helpful")
    assert re.search(r"^verbosity/padding +\d+( +-?\d+\.\d){6}$", found.out, re.MULTILINE)
    few = judgebench(*asked, "--columns", "effect, harmful")
    assert re.search(r"^verbosity/padding +\d+( +-?\d+\.\d \[.*?\]){2}$", few.out, re.MULTILINE)
    lost = judgebench(*asked, "--columns", "accuracy")
    assert (lost.code, "no probe has a figure 'accuracy'" in " ".join(lost.err.split())) == (2, True)
    absent = judgebench(*asked, "--columns", "harmful,cyclic_triads")
    assert (absent.code, "no probe here has cyclic_triads" in " ".join(absent.err.split())) == (0, True)


@pytest.mark.parametrize("task", ["triviaqa", "pandalm"])
def test_names_of_probes_stay_on_a_line(judgebench, task):
    probes = ("superficial-reflection", "assertiveness/confident", "master-key/thought-process", "identity/anonymous")
    asked = [word for name in probes for word in ("--probe", name)]
    found = judgebench("probe", "--judge", "baseline/random", "--task", task, *asked, *QUICK)
    for name in probes:
        [line] = re.findall(rf"^{name} .*$", found.out, re.MULTILINE)
        assert len(line) <= 100


def test_items_in_a_frame_are_probed(tmp_path):
    rows = [{"question": f"What is {i}?", "answer_a": "This one.", "answer_b": "That.", "gold": "B"} for i in range(4)]
    [row] = jb.probe(judge="baseline/longest", task=pd.DataFrame(rows), probe="bandwagon", runs=tmp_path).rows
    assert (row.probe, row.found.rows) == ("bandwagon", 8)

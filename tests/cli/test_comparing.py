"""``compare`` and ``power`` as a user calls them."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path


TABLE = ("--csv", "l.csv", "--gold-col", "h", "--cluster-col", "q")


@pytest.fixture
def table(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    gold = rng.integers(0, 2, 300)
    lines = ["id,q,topic,h,good,fair,poor"]
    for i, g in enumerate(gold):
        said = [g if rng.random() < share else 1 - g for share in (0.95, 0.85, 0.6)]
        lines.append(f"item{i},q{i // 3},{'ab'[i % 2]},{','.join('yes' if x else 'no' for x in (g, *said))}")
    (tmp_path / "l.csv").write_text("\n".join(lines) + "\n")


@pytest.mark.usefixtures("table")
def test_two_columns_in_every_form(judgebench) -> None:
    two = ("compare", *TABLE, "--judge-col", "good", "--judge-col", "poor", "--id-col", "id", "--subset-col", "topic")
    shown = judgebench(*two, "--gold", "human", "--items", 2)
    assert shown.code == 0, shown.err
    assert shown.out.startswith("good is better than poor: the same as people on")
    assert shown.out.splitlines()[3].split()[0] == "item"
    document = judgebench(*two, "--format", "json").document()
    assert (document["outcome"], document["clusters"]) == ("first", 100)
    assert {line["subset"] for line in document["lines"]} == {"all", "a", "b"}
    discordant = document["right"]["first_only"] + document["right"]["second_only"]
    assert len(document["differing"]) == discordant  # two labels: who differs in the verdict differs in being right
    figures = list(csv.DictReader(io.StringIO(judgebench(*two, "--format", "csv").out)))
    assert float(figures[0]["difference_value"]) == pytest.approx(document["lines"][0]["difference"]["value"], abs=1e-6)
    listed = judgebench(*two, "--format", "csv", "--items", 1).out
    assert len(listed.splitlines()) == discordant + 1
    worse = ("compare", *TABLE, "--judge-col", "poor", "--judge-col", "good", "--fail-if-worse", "--format", "md")
    failed = judgebench(*worse)
    assert (failed.code, failed.err.count("poor is worse than good")) == (1, 1)
    # A terminal that was told isn't told again.
    told = judgebench(*worse[:-2])
    assert (told.code, "poor" in told.err, told.out.startswith("poor is worse than good")) == (1, False, True)


@pytest.mark.usefixtures("table")
def test_parts_are_a_table_whose_items_can_be_listed(judgebench) -> None:
    two = ("compare", *TABLE, "--judge-col", "good", "--judge-col", "poor", "--id-col", "id", "--subset-col", "topic")
    shown = judgebench(*two)
    assert max(map(len, shown.out.splitlines())) <= 100
    rows = {line.split()[0]: line.split() for line in shown.out.splitlines() if line[:2] in {"a ", "b ", "al"}}
    assert {name: row[-4] for name, row in rows.items()} == dict.fromkeys(("all", "a", "b"), "yes")
    worse = int(rows["all"][-1])
    # What is to be typed next is written out, however long.
    assert (
        " ".join(shown.out.split())
        .replace(" \\ ", " ")
        .endswith(f"Next: judgebench {' '.join(two)} --worse the {worse} items on which it is worse")
    )
    rights = judgebench(*two, "--format", "json").document()["right"]
    assert (int(rows["all"][-3]), worse) == (rights["first_only"], rights["second_only"])
    listed = judgebench(*two, "--worse", "--part", "a", "--format", "json").document()["differing"]
    assert {(one["subset"], one["right"]) for one in listed} == {("a", "second")}
    assert len(listed) == int(rows["a"][-1])
    assert len(judgebench(*two, "--better", "--format", "csv").out.splitlines()) == rights["first_only"] + 1
    unknown = judgebench(*two, "--part", "c")
    assert (unknown.code, "this task has: a, b" in unknown.err) == (2, True)
    assert judgebench(*two, "--better", "--worse").code == 2


@pytest.mark.usefixtures("table")
def test_three_columns_are_ranked_and_paired(judgebench) -> None:
    three = ("compare", *TABLE, "--judge-col", "good", "--judge-col", "fair", "--judge-col", "poor")
    document = judgebench(*three, "--format", "json", "--verify").document()
    assert [(one["judge"], one["best"], one["worst"]) for one in document["standings"]] == [
        ("good", 1, 1),
        ("fair", 2, 2),
        ("poor", 3, 3),
    ]
    assert len(document["pairs"]) == 3
    worse = judgebench(*three, "--worse")
    assert (worse.code, "--worse is for two judges: name two" in worse.err) == (2, True)
    assert "good, fair and poor" in worse.err
    shown = judgebench(*three).out
    assert shown.startswith("good agrees best with gold on these 300 items")
    assert [line.split()[-2:] for line in shown.splitlines() if line.startswith("1 ")] == [["all", "below"]]


def test_items_without_a_majority_are_told_of_wherever_they_are_left_out(judgebench, tmp_path: Path) -> None:
    lines = ["id,ann,ben,x,y,z"]
    for i in range(40):
        ann = i % 2
        lines.append(f"{i},{ann},{ann if i >= 8 else 1 - ann},{ann},{i // 3 % 2},{i // 5 % 2}")
    (tmp_path / "torn.csv").write_text("\n".join(lines) + "\n")
    columns = ("--csv", "torn.csv", "--gold-col", "ann", "--gold-col", "ben", "--gold", "human")
    judges = [option for name in "xyz" for option in ("--judge-col", name)]
    left_out = "8 items on which people split are left out."
    for command, named in (("compare", judges), ("compare", judges[:4]), ("leaderboard", judges)):
        shown = " ".join(judgebench(command, *columns, *named).out.split())
        assert left_out in shown
        each = " ".join(judgebench(command, *columns, *named, "--policy", "gold=each").out.split())
        assert left_out not in each
        assert "the majority" not in each
    assert "\n32 items" in judgebench("leaderboard", *columns, *judges).out
    page = judgebench("leaderboard", *columns, *judges, "--format", "html").out
    assert left_out in page
    assert "Kappa with the majority" in page


def test_runs_are_matched_and_refused(judgebench) -> None:
    run = ("run", "--sample", "--order", "original", "--judge", "baseline/first", "--judge", "baseline/longest")
    judgebench(*run, "--task", "pandalm", "--runs", "both")
    judgebench(*run, "--task", "judgebench", "--runs", "other")
    judgebench(*run[:-2], "--task", "pandalm", "--runs", "short", "--limit", 15)
    done = judgebench("compare", "both", "--format", "json", "--metric", "accuracy")
    assert done.code == 0, done.err
    assert sorted(done.document()["judges"]) == ["baseline/first", "baseline/longest"]
    refused = judgebench("compare", "both", "other")
    assert (refused.code, "different tasks" in refused.err) == (3, True)
    gaps = judgebench("compare", "short", "both")
    assert (gaps.code, "--shared" in gaps.err, len(gaps.err.strip().splitlines())) == (3, True, 2), gaps.err
    shared = judgebench("compare", "short", "both", "--shared")
    assert shared.code == 0
    assert "left out (--shared)" in shared.err


@pytest.mark.usefixtures("table")
def test_power(judgebench) -> None:
    figures = ("power", "--base-rate", 0.7, "--kappa", 0.6, "--discordance", 0.1)
    document = judgebench(*figures, "--format", "json", "--items", 1435).document()
    one, two = document["tests"]
    assert (one["items_for_drop"], two["items_for_drop"]) == (1435, 1821)
    assert [model["model"] for model in document["models"]] == ["equal-margins", "equal-rates"]
    assert "About 1,080 to 1,435 items" in " ".join(judgebench(*figures).out.split())
    rates = ("power", "--base-rate", 0.7, "--tpr", 0.9, "--tnr", 0.7, "--discordance", 0.1)
    assert " to " not in judgebench(*rates).out.split("items", 1)[0].split("About")[1]
    assert one["detectable"] == pytest.approx(0.05, abs=1e-4)
    pilot = ("power", *TABLE, "--judge-col", "good", "--judge-col", "fair", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(judgebench(*pilot).out)))
    assert [row["sides"] for row in rows] == ["1", "2"]
    assert rows[0]["items"] == "300"
    for wrong, says in (
        (("power", "--base-rate", 0.9, "--kappa", 0.8, "--discordance", 0.2), "no judges with kappas"),
        ((*figures, "--tpr", 0.9), "either --kappa"),
        (("power", "--base-rate", 0.9, "--tpr", 0.9, "--tnr", 0.8, "--judge-rate", 0.8), "either --kappa"),
        ((*pilot, "--tpr", 0.9), "for a pilot; give either"),
        ((*pilot, "--discordance", 0.1), "measured"),
        ((*figures, "--drop", "1e-300"), "no number of items finds a drop of 1e-300"),
        ((*figures, "--design-effect", "1e300"), "or a smaller design effect"),
        ((*figures, "--design-effect", "inf"), "--design-effect=inf: expected a number"),
        ((*pilot, "--drop", "1e-320"), "no number of items finds a drop of"),
        ((*figures, "--policy", "tie=drop"), "--policy: without a pilot"),
        ((*figures, *TABLE[2:], "--gold", "human"), "--cluster-col, --gold-col, --gold: without a pilot"),
    ):
        done = judgebench(*wrong)
        assert (done.code, says in done.err) == (2, True), done.err


@pytest.fixture
def numbers(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    lines = ["q,model,h,p,s"]
    for i in range(240):
        gold = int(rng.integers(0, 2))
        p, s = (1 / (1 + np.exp(-(k * (2 * gold - 1) + rng.normal()))) for k in (1.2, 0.5))
        lines.append(f"q{i // 3},m{i % 4},{'yes' if gold else 'no'},{p:.4f},{s:.4f}")
    (tmp_path / "p.csv").write_text("\n".join(lines) + "\n")


PROBABILITIES = ("--csv", "p.csv", "--gold-col", "h", "--cluster-col", "q", "--score-col", "p", "--score-col", "s")


@pytest.mark.usefixtures("numbers")
def test_columns_of_probabilities_are_compared_in_every_form(judgebench) -> None:
    done = judgebench("compare", *PROBABILITIES, "--format", "json", "--verify")
    assert done.code == 0, done.err
    document = done.document()
    found = {line["metric"]: line for line in document["lines"]}
    assert {"cohen_kappa", "auc", "brier", "log_loss", "ece", "calibration_slope"} <= found.keys()
    assert document["lower_is_better"] == ["brier", "log_loss", "ece"]
    assert (document["interval"], document["systems"]) == ("default", None)
    assert found["auc"]["difference"]["method"] == "cr2-t-paired"
    assert found["ece"]["difference"]["method"] == "cr2-t-paired-bias"
    shown = judgebench("compare", *PROBABILITIES, "--metric", "brier")
    assert shown.out.startswith("p is better than s: Brier")
    assert "(less is better)" in shown.out
    explained = judgebench("compare", *PROBABILITIES, "--metric", "ece", "--explain").out
    assert "Chance lifts a calibration error" in explained
    figures = list(csv.DictReader(io.StringIO(judgebench("compare", *PROBABILITIES, "--format", "csv").out)))
    assert {row["metric"] for row in figures} == found.keys()
    directional = ("compare", *PROBABILITIES, "--metric", "calibration_slope")
    assert " is different for p and for s" in judgebench(*directional).out
    gate = judgebench(*directional, "--fail-if-worse")
    assert (gate.code, "neither better nor worse" in gate.err) == (2, True)
    pilot = judgebench("power", *PROBABILITIES, "--metric", "auc")
    assert (pilot.code, " in AUC " in pilot.out) == (0, True), pilot.err
    assert "two judges" in judgebench("power", *PROBABILITIES[:-2], "--metric", "auc").err


@pytest.mark.usefixtures("numbers")
def test_two_ways_to_cluster(judgebench) -> None:
    plain = judgebench("compare", *PROBABILITIES, "--format", "json").document()
    done = judgebench("compare", *PROBABILITIES, "--interval", "two-way", "--system-col", "model", "--format", "json")
    assert done.code == 0, done.err
    document = done.document()
    assert (document["interval"], document["systems"], document["detectable"]) == ("two-way", 4, None)
    assert "few_systems" in document["warnings"]
    for one, other in zip(plain["lines"], document["lines"], strict=True):
        assert one["difference"]["value"] == other["difference"]["value"]
        assert other["difference"]["method"].startswith(("two-way-cr1-t-paired", "cr1-t-paired"))
    assert any(one["difference"]["method"].startswith("two-way") for one in document["lines"])
    shown = judgebench("compare", *PROBABILITIES, "--interval", "two-way", "--system-col", "model", "--explain").out
    shown = " ".join(shown.split())
    assert "by 80 questions and by 4 systems" in shown
    assert "fewer than 20 systems" in shown
    without = judgebench("compare", *PROBABILITIES, "--interval", "two-way")
    assert (without.code, "--system-col" in without.err) == (2, True)
    three = (*PROBABILITIES, "--score-col", "p", "--interval", "two-way", "--system-col", "model")
    assert judgebench("compare", *three).code == 2


def test_every_metric_is_listed(judgebench) -> None:
    lines = judgebench("list", "metrics").out.splitlines()
    told = {line.split()[0]: line for line in lines if line}
    assert {"cohen_kappa", "auc", "calibration_slope", "score_lin_ccc", "kendall_tau", "first_error_f1"} <= told.keys()
    assert "probabilities on" in told["brier"]

"""`judgebench humans`: on runs, on a table with judges, on a table of annotators alone, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from documents import document


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(6)
    truth = rng.integers(1, 6, 60)
    people = [np.clip(truth + rng.integers(-1, 2, 60), 1, 5) for _ in range(3)]
    lines = ["ann,bob,cat,model,question"]
    lines += [f"{a},{b},{c},{t},q{i // 2}" for i, (a, b, c, t) in enumerate(zip(*people, truth, strict=True))]
    lines[3] = "4,,5,4,q1"
    path = tmp_path / "labels.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


PEOPLE = ("--gold-col", "ann", "--gold-col", "bob", "--gold-col", "cat", "--scale", "rate:1-5")


def test_annotators_alone(judgebench, table):
    done = judgebench("humans", "--csv", table, *PEOPLE, "--gold", "expert", "--format", "json")
    assert done.code == 0, done.err
    assert "no verdict" not in done.err
    (row,) = done.document()["rows"]
    assert (row["items"], row["judges"], row["metric"]) == (60, [], "cohen_kappa_quadratic")
    assert [one["items"] for one in row["annotators"]] == [60, 59, 60]


def test_with_a_judge_and_clusters(judgebench, table):
    plain = judgebench("humans", "--csv", table, *PEOPLE, "--judge-col", "model", "--format", "json")
    shared = judgebench(
        "humans", "--csv", table, *PEOPLE, "--judge-col", "model", "--cluster-col", "question", "--format", "json"
    )
    rows = [done.document()["rows"][0] for done in (plain, shared)]
    assert rows[0]["judges"][0]["metrics"]["ratio"]["value"] == rows[1]["judges"][0]["metrics"]["ratio"]["value"]
    assert rows[0]["ceiling"]["cohen_kappa_quadratic"]["low"] != rows[1]["ceiling"]["cohen_kappa_quadratic"]["low"]


def test_the_bootstrap_of_alpha_has_a_seed(judgebench, table):
    def low(seed):
        done = judgebench(
            "humans", "--csv", table, *PEOPLE, "--format", "json", "--alpha-interval", "bootstrap", "--seed", seed
        )
        return done.document()["rows"][0]["coefficients"]["krippendorff_alpha"]["low"]

    assert low(0) != low(1)


def test_runs_of_one_task_stand_in_one_panel(judgebench, tmp_path):
    judgebench("run", "--judge", "baseline/first", "--judge", "baseline/longest", "--task", "pandalm", "--sample")
    done = judgebench("humans", "runs", "--output", "humans.json", "--format", "json")
    assert done.code == 0, done.err
    found = document((tmp_path / "humans.json").read_bytes())
    (row,) = found["rows"]
    assert {one["judge"] for one in row["judges"]} == {"baseline/first", "baseline/longest"}
    assert len(row["annotators"]) == 3


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "run folders"),
        (("--csv", "labels.csv", "--gold-col", "ann"), 2, "--gold-col twice"),
        (("--csv", "labels.csv", "--gold-col", "ann", "--judge-col", "model", "--scale", "rate:1-5"), 3, "no two"),
        (("--csv", "labels.csv", "--gold-col", "ann", "--gold-col", "dan", "--scale", "rate:1-5"), 3, "dan"),
        (("--csv", "labels.csv", *PEOPLE, "--policy", "tie=drop"), 2, "needs a scale with a tie"),
    ],
)
def test_what_it_refuses(judgebench, table, arguments, code, words):
    done = judgebench("humans", *arguments)
    assert done.code == code, done.err
    assert words in done.err
    assert not done.out

"""`judgebench systems`: from runs and from tables, in every form."""

from __future__ import annotations

import csv
import io
import random
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

CHECK = ("--judge-col", "good", "--judge-col", "yes", "--gold-col", "human", "--gold", "human", "--scale", "check")
PAIRS = ("--judge-col", "judge", "--gold-col", "human", "--scale", "pair")


@pytest.fixture
def checks(tmp_path: Path) -> Path:
    """Four systems of growing quality on 50 questions; one judge is good, the other always says yes."""
    draw = random.Random(1)
    path = tmp_path / "checks.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["question", "model", "human", "good", "yes"])
        for question in range(50):
            for level, model in enumerate(("=tiny", "small", "large\x1b[31m", "huge")):
                right = draw.random() < 0.3 + 0.2 * level
                said = right if draw.random() < 0.9 else not right
                table.writerow([f"q{question}", model, *("correct" if x else "incorrect" for x in (right, said, True))])
    return path


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    draw = random.Random(2)
    path = tmp_path / "pairs.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["first", "second", "both", "human", "judge"])
        for _ in range(200):
            a, b = draw.sample(range(4), 2)
            votes = ["A" if draw.gauss(a - b, 1.5) > 0 else "B" for _ in range(2)]
            table.writerow([f"m{a}", f"m{b}", f"m{a} vs m{b}", *votes])
    return path


def test_a_table_says_in_words_what_it_comes_to(judgebench, checks) -> None:
    how = ("systems", "--csv", checks, *CHECK, "--system-col", "model", "--cluster-col", "question")
    assert "of 100 pairs of systems in the order in which people do" in " ".join(judgebench(*how).out.split())
    done = judgebench(*how, "--explain")
    assert done.code == 0, done.err
    assert "of the pairs of systems as humans do" in done.out
    assert "both rank huge first" in done.out
    assert "Kendall tau-b" in done.out
    assert "all systems have the same score on one side" in done.out
    assert "Holm over systems" in done.out
    assert "\x1b" not in done.out
    assert max(map(len, done.out.splitlines())) <= 120
    assert judgebench("systems", "--csv", checks, *CHECK, "--system-col", "model", "--format", "md").out.count(
        "| --- |"
    )


def test_json_keeps_its_schema_and_csv_its_bytes(judgebench, checks, tmp_path: Path) -> None:
    how = ("systems", "--csv", checks, *CHECK, "--system-col", "model", "--cluster-col", "question")
    document = judgebench(*how, "--format", "json").document()
    good, yes = document["rows"]
    assert good["gold"] == "human"
    assert (good["clusters"], good["rows"], len(good["systems"])) == (50, 200, 4)
    assert good["agreement"]["kendall_tau"]["low"] is not None
    assert yes["agreement"]["kendall_tau"]["undefined"] == "no_variation"
    for name in ("a.csv", "b.csv"):
        assert judgebench(*how, "--format", "csv", "--output", name).code == 0
    text = (tmp_path / "a.csv").read_bytes()
    assert text == (tmp_path / "b.csv").read_bytes()
    rows = list(csv.DictReader(io.StringIO(text.decode())))
    assert [row["system"] for row in rows[:2]] == ["(all)", "huge"]
    assert {row["system"] for row in rows} >= {"'=tiny", "large\\x1b[31m"}
    assert float(rows[0]["kendall_tau"]) == pytest.approx(good["agreement"]["kendall_tau"]["value"], abs=1e-6)
    other = judgebench(*how, "--format", "json", "--seed", 1, "--draws", 100).document()["rows"][0]
    assert other["draws"] == 100
    assert other["agreement"]["pearson_r"]["low"] != good["agreement"]["pearson_r"]["low"]


def test_pairs_name_their_systems_in_one_column_or_two(judgebench, pairs) -> None:
    two = judgebench(
        "systems", "--csv", pairs, *PAIRS, "--system-col", "first", "--system-col", "second", "--format", "json"
    )
    one = judgebench("systems", "--csv", pairs, *PAIRS, "--system-col", "both", "--format", "json")
    assert two.code == one.code == 0, two.err
    assert two.out == one.out
    row = two.document()["rows"][0]
    assert row["score"] == "bradley-terry"
    assert row["systems"][0]["system"] == "m3"
    assert abs(sum(system["gold"]["value"] for system in row["systems"])) < 1e-9
    anchored = judgebench("systems", "--csv", pairs, *PAIRS, "--system-col", "both", "--anchor", "m0")
    assert "Win rates are against m0 only" in anchored.out


def test_runs_are_ranked_and_other_columns_refused(judgebench) -> None:
    pairs = ("--judge", "baseline/longest", "--judge", "baseline/first", "--task", "pandalm")
    judgebench("run", *pairs, "--task", "rewardbench-2", "--sample")
    done = judgebench("systems", "runs", "--format", "json")
    assert done.code == 0, done.err
    document = done.document()
    assert {row["judge"] for row in document["rows"]} == {"baseline/longest", "baseline/first"}
    assert done.err.count("on rewardbench-2: systems are ranked on check, rating and pair scales") == 1
    assert judgebench("systems", "runs", "--system-col", "model").code == 2


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ((), 2, "--csv"),
        (("--csv", "checks.csv", *CHECK), 2, "needs --system-col"),
        (("--csv", "checks.csv", *CHECK, "--system-col", "model", "--system-col", "question"), 2, "give one"),
        (("--csv", "checks.csv", *CHECK, "--system-col", "modle"), 3, "modle"),
        (("--csv", "pairs.csv", *PAIRS, "--system-col", "first"), 3, "--system-col twice"),
        (("--csv", "pairs.csv", *PAIRS, "--system-col", "both", "--output", "."), 2, "can't write"),
    ],
)
def test_what_goes_wrong_is_said_in_words(judgebench, checks, pairs, arguments, code, says) -> None:
    done = judgebench("systems", *arguments)
    assert done.code == code, done.err
    assert says in done.err
    assert len(done.err.strip().splitlines()) <= 2

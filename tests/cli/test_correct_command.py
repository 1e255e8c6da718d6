"""``judgebench correct`` as a user runs it."""

from __future__ import annotations

import csv
import io
import random
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, rows: list[dict[str, object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def verdicts(n: int, *, labelled: float, seed: int = 0) -> list[dict[str, object]]:
    rng = random.Random(seed)
    rows = []
    for i in range(n):
        gold = rng.random() < 0.6
        judge = rng.random() < (0.9 if gold else 0.2)
        known = "yes" if gold else "no"
        rows.append(
            {
                "system": f"s{i % 3}",
                "judge": "yes" if judge else "no",
                "human": known if rng.random() < labelled else "",
            }
        )
    return rows


def test_part_of_the_rows_has_gold(judgebench, tmp_path: Path) -> None:
    write(tmp_path / "t.csv", verdicts(900, labelled=0.2))
    base = ("correct", "--csv", "t.csv", "--judge-col", "judge", "--gold-col", "human", "--gold", "human")
    done = judgebench(*base, "--system-col", "system", "--estimator", "all", "--format", "json")
    assert done.code == 0, done.err
    document = done.document()
    assert [row["system"] for row in document["rows"]] == ["all", "s0", "s1", "s2"]
    first = document["rows"][0]
    assert first["items"] == 900
    assert 150 < first["labelled"] < 210
    best = first["estimates"][first["chosen"]]
    assert best["low"] < 0.6 < best["high"]
    table = judgebench(*base)
    assert table.out.startswith("The share correct is .")
    assert "; judge alone says ." in table.out
    table = judgebench(*base, "--explain")
    assert "labels only" in table.out
    assert "random draw" in table.out
    rows = list(csv.DictReader(io.StringIO(judgebench(*base, "--format", "csv").out)))
    assert [row["estimator"] for row in rows if row["chosen"] == "yes"] == [first["chosen"]]


def test_a_calibration_file(judgebench, tmp_path: Path) -> None:
    rows = verdicts(600, labelled=1)
    write(tmp_path / "cal.csv", rows[:200])
    write(tmp_path / "t.csv", [{"judge": row["judge"]} for row in rows[200:]])
    done = judgebench(
        "correct", "--csv", "t.csv", "--judge-col", "judge", "--gold-col", "human", "--calibration", "cal.csv"
    )
    assert done.code == 0, done.err
    assert "by judge and a calibration set of 200 rows" in done.out
    assert "errs here as often as on the calibration set" in done.out


def test_runs_are_corrected_and_calibrate_each_other(judgebench) -> None:
    judgebench("run", "--judge", "baseline/random", "--task", "pandalm", "--sample", "--runs", "a")
    done = judgebench("correct", "a", "--calibration", "a", "--format", "json")
    assert done.code == 0, done.err
    assert done.document()["rows"][0]["score"] == "win rate of A, ties half"


def test_a_ranking_without_gold(judgebench, tmp_path: Path) -> None:
    rng = random.Random(1)
    rows = [{"system": f"s{i % 3}", "judge": rng.choice([1, 2, 3, 3][i % 3 :])} for i in range(600)]
    write(tmp_path / "t.csv", rows)
    base = ("correct", "--csv", "t.csv", "--judge-col", "judge", "--no-gold", "--system-col", "system")
    done = judgebench(*base, "--scale", "rate:1-3", "--diagonal", "0.6", "--draws", 200, "--format", "json")
    assert done.code == 0, done.err
    document = done.document()
    assert document["schema"] == "judgebench.judge-only/1"
    (row,) = document["rows"]
    assert not row["order_identified"]
    assert [prior["diagonal"] for prior in row["priors"]] == [1.0, 0.6]
    again = judgebench(*base, "--scale", "rate:1-3", "--diagonal", "0.6", "--draws", 200, "--format", "json")
    assert again.out == done.out
    table = judgebench(*base, "--scale", "rate:1-3", "--diagonal", "0.6", "--draws", 100, "--explain")
    assert "identifiable without gold" in table.out
    prior = ("--judge-varies", "--diagonal", 0.6, "--draws", 100)
    two = judgebench(*base, "--scale", "rate:1-3", "--target", "3", *prior, "--format", "csv")
    assert len(two.out.splitlines()) == 1 + 2 * 3


def test_two_levels_are_labelled_with_their_assumption(judgebench, tmp_path: Path) -> None:
    write(tmp_path / "t.csv", verdicts(300, labelled=0))
    base = ("correct", "--csv", "t.csv", "--judge-col", "judge", "--no-gold", "--system-col", "system")
    done = judgebench(*base, "--draws", 100, "--format", "md")
    assert done.code == 0, done.err
    assert "assuming one common TPR/TNR with TPR + TNR > 1" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("correct",), 2, "--csv FILE"),
        (("correct", "--csv", "t.csv", "--judge-col", "judge"), 2, "--no-gold"),
        (("correct", "--csv", "t.csv", "--judge-col", "judge", "--gold-col", "human"), 3, "no row has a gold label"),
        (("correct", "--csv", "t.csv", "--judge-col", "judge", "--no-gold"), 3, "--system-col"),
        (
            ("correct", "--csv", "t.csv", "--judge-col", "judge", "--gold-col", "human", "--diagonal", "0.5"),
            2,
            "--no-gold",
        ),
        (("correct", "--csv", "t.csv", "--judge-col", "judge", "--no-gold", "--estimator", "ppi"), 2, "--estimator"),
        (
            ("correct", "--csv", "t.csv", "--judge-col", "judge", "--gold-col", "human", "--calibration", "no.csv"),
            3,
            "no.csv",
        ),
        (("correct", "t", "--calibration", "t.csv"), 2, "folder of another run"),
    ],
)
def test_wrong_use(judgebench, tmp_path: Path, arguments: tuple[str, ...], code: int, says: str) -> None:
    write(tmp_path / "t.csv", verdicts(30, labelled=0))
    done = judgebench(*arguments)
    assert (done.code, says in done.err) == (code, True), done.err


def test_a_system_called_all_does_not_pass_for_the_row_of_all(judgebench, tmp_path: Path) -> None:
    rows = verdicts(300, labelled=0.5)
    write(tmp_path / "s.csv", [row | {"system": "all" if row["system"] == "s0" else row["system"]} for row in rows])
    done = judgebench(
        "correct", "--csv", tmp_path / "s.csv", "--judge-col", "judge", "--gold-col", "human", "--system-col", "system",
        "--by-system", "--format", "json",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert [row["system"] for row in done.document()["rows"]] == ["all", "system:all", "s1", "s2"]


def test_labels_of_one_class_are_reported_with_an_interval(judgebench, tmp_path: Path) -> None:
    # Four labelled rows where the judge says no: too few for post-stratification by itself.
    rows = [
        {"judge": "yes" if i < 110 else "no", "human": "yes" if i < 34 or 110 <= i < 114 else ""} for i in range(200)
    ]
    write(tmp_path / "s.csv", rows)
    done = judgebench(
        "correct", "--csv", tmp_path / "s.csv", "--judge-col", "judge", "--gold-col", "human", "--format", "json"
    )
    assert done.code == 0, done.err
    (row,) = done.document()["rows"]
    chosen = row["estimates"][row["chosen"]]
    assert (chosen["value"], chosen["low"] is not None) == (1.0, True), row["chosen"]

"""``analyze``: from runs and from a table, in every form."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

FILE = "judging_the_judges/TriviaQA_Judges_w_HumanJudgement_V1.csv.gz"


def table(path: Path) -> Path:
    """Write 120 rows on which the judge errs where the answer is long."""
    lines = ["judge,gold,question,words,kind,name"]
    for i in range(120):
        long = i % 3 == 0
        gold = "yes" if i % 2 else "no"
        wrong = long and i % 4 != 0
        judge = {"yes": "no", "no": "yes"}[gold] if wrong or i == 50 else gold
        lines.append(f"{judge},{gold},q{i // 2},{20 if long else 3 + i % 5},{'long' if long else 'short'},n{i}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_errors_of_a_table_are_explained(judgebench, tmp_path: Path) -> None:
    path = table(tmp_path / "labels.csv")
    base = ("analyze", "--csv", path, "--judge-col", "judge", "--gold-col", "gold", "--cluster-col", "question")
    done = judgebench(*base, "--feature", "kind")
    assert done.code == 0, done.err
    said = " ".join(done.out.split())
    assert said.startswith(
        "judge disagrees with gold on 31 of 120 judgments (26 %) of labels.csv: other things equal, 7"
    )
    assert "more often where kind is long than where kind is short." in said
    found = judgebench(*base, "--feature", "words", "--format", "json").document()
    (row,) = found["rows"]
    words = next(effect for effect in row["effects"] if effect["feature"] == "words")
    assert words["rows"] == 120
    assert words["effect"]["low"] > 0
    assert words["p_holm"] < 0.01
    lines = list(csv.DictReader(io.StringIO(judgebench(*base, "--format", "csv").out)))
    assert {"effects", "labels", "slices"} == {line["part"] for line in lines}
    assert judgebench(*base, "--format", "md").out.count("| --- |") >= 2


def test_wrong_features_are_named(judgebench, tmp_path: Path) -> None:
    path = table(tmp_path / "labels.csv")
    base = ("analyze", "--csv", path, "--judge-col", "judge", "--gold-col", "gold")
    missing = judgebench(*base, "--feature", "word")
    assert (missing.code, "words" in missing.err) == (3, True)
    names = judgebench(*base, "--feature", "name")
    assert (names.code, "120 different values" in names.err) == (3, True)
    alone = judgebench(*base, "--own-system", "gpt-4")
    assert (alone.code, "no judged system is named 'gpt-4'" in alone.err) == (3, True)
    runs = judgebench("analyze", "runs", "--feature", "kind")
    assert runs.code == 2


def test_runs_are_analysed_side_by_side(judgebench) -> None:
    judges = ("--judge", "baseline/longest", "--judge", "baseline/random")
    assert judgebench("run", *judges, "--task", "pandalm", "--sample").code == 0
    done = judgebench("analyze", "runs", "--format", "json")
    assert done.code == 0, done.err
    rows = done.document()["rows"]
    assert [row["judge"] for row in rows] == ["baseline/longest", "baseline/random"]
    assert all(row["difficulty"]["slices"] for row in rows)


@pytest.mark.data
def test_the_misaligned_block_of_triviaqa_is_found(judgebench, data_dir: Path) -> None:
    # ../shared/data/judging_the_judges/SOURCE.md: GPT-4 agrees with 63.5 % on llama2-13b-chat only.
    columns = ("--judge-col", "GPT-4", "--gold-col", "HumanJudgement", "--cluster-col", "question")
    said = ("--system-col", "model", "--gold", "human", "--policy", "invalid=drop")
    done = judgebench("analyze", "--csv", data_dir / FILE, *columns, *said, "--explain")
    assert done.out.startswith("GPT-4 on TriviaQA")
    assert "system llama2-13b-chat" in " ".join(done.out.split("\n\n")[0].split())
    assert "63.5 [58.7, 68.1]" in done.out

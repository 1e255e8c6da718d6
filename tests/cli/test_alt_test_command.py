"""`judgebench alt-test`: folders, tables and runs."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def labels() -> dict[str, list[str]]:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 60)
    columns = {name: np.where(rng.random(60) < 0.85, truth, 1 - truth) for name in ("ann", "bob", "cy", "near")}
    columns["far"] = 1 - truth
    return {name: [("no", "yes")[code] for code in column] for name, column in columns.items()}


def test_a_folder_and_a_table_give_the_same_figures(judgebench, labels, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    for file, names in (("human", ("ann", "bob", "cy")), ("llm", ("near", "far"))):
        content = {name: {f"i{i}": label for i, label in enumerate(labels[name])} for name in names}
        (folder / f"{file}_annotations.json").write_text(json.dumps(content, indent=4), encoding="utf-8")
    with (tmp_path / "own.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(labels)
        writer.writerows(zip(*labels.values(), strict=True))
    shared = ("--gold", "expert", "--format", "json", "--sweep")
    one = judgebench("alt-test", "--data", folder, *shared)
    golds = [word for name in ("ann", "bob", "cy") for word in ("--gold-col", name)]
    table = ("--csv", "own.csv", "--judge-col", "near", "--judge-col", "far", *golds, "--scale", "nominal:no,yes")
    two = judgebench("alt-test", *table, *shared)
    assert (one.code, two.code) == (0, 0), one.err + two.err
    a, b = one.document(), two.document()
    for document in (a, b):
        assert [row["judge"] for row in document["rows"]] == ["near", "far"]
        assert {row["epsilon"] for row in document["rows"]} == {0.2}
        assert [row["passed"] for row in document["rows"]] == [True, False]
        assert len(document["pairs"]) == 1
    names = ("winning_rate", "advantage_probability", "annotators", "sweep", "constant_judge")
    assert [[row[name] for name in names] for row in a["rows"]] == [[row[name] for name in names] for row in b["rows"]]


@pytest.mark.data
def test_the_published_folders(judgebench, data_dir: Path) -> None:
    done = judgebench("alt-test", "--data", data_dir / "alttest", "--gold", "crowd", "--format", "csv")
    assert done.code == 0, done.err
    rows = [row for row in csv.DictReader(done.out.splitlines()) if row["annotator"] == "(all)"]
    assert len(rows) == 28
    wax = {row["judge"]: row["winning_rate"] for row in rows if row["task"] == "wax"}
    assert float(wax["gemini_pro"]) == 0.5


@pytest.mark.data
def test_two_runs_are_paired_by_item(judgebench, data_dir: Path) -> None:
    asked = judgebench(
        "run", "--task", "alttest:mtbench", "--data", data_dir, "--judge", "replay:gpt-4o", "--judge",
        "replay:gemini_pro", "--order", "original",
    )  # fmt: skip
    assert asked.code == 0, asked.err
    done = judgebench("alt-test", "runs", "--format", "json")
    assert done.code == 0, done.err
    document = done.document()
    rows = {row["judge"]: row for row in document["rows"]}
    assert {row["epsilon"] for row in rows.values()} == {0.2}
    assert rows["replay/gpt-4o"]["advantage_probability"]["value"] == pytest.approx(0.7728101478101479, abs=1e-9)
    assert rows["replay/gpt-4o"]["winning_rate"]["value"] == 0.0
    # 120 pairs of answers to 42 questions.
    assert rows["replay/gpt-4o"]["clustered_winning_rate"]["value"] is not None
    (pair,) = document["pairs"]
    assert abs(pair["difference"]["value"]) == pytest.approx(0.7728101478101479 - 0.7645128895128894, abs=1e-9)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ((), 2, "give run folders"),
        (("--data", ".", "--csv", "x.csv"), 2, "one of them"),
        (("--data", "."), 3, "human_annotations.json"),
        (("--data", ".", "--policy", "gold=majority"), 2, "order and invalid apply"),
    ],
)
def test_wrong_use_is_one_clear_line(judgebench, words: tuple[str, ...], code: int, message: str) -> None:
    done = judgebench("alt-test", *words)
    assert done.code == code
    assert message in done.err


def test_columns_beside_a_folder_are_refused_and_not_ignored(judgebench, tmp_path: Path) -> None:
    done = judgebench("alt-test", "--data", tmp_path, "--cluster-col", "question")
    assert done.code == 2
    assert "--cluster-col" in done.err
    assert "--long" in done.err


@pytest.mark.data
def test_recorded_verdicts_are_measured_without_the_texts(judgebench, data_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "own" / "mtbench"
    folder.mkdir(parents=True)
    for name in ("human_annotations.json.gz", "llm_annotations.json.gz"):
        (folder / name).write_bytes((data_dir / "alttest" / "mtbench" / name).read_bytes())
    task = ("--task", "alttest:mtbench", "--data", tmp_path / "own")
    done = judgebench("run", "--judge", "replay:gpt-4o", *task)
    assert done.code == 0, done.err
    live = judgebench("run", "--judge", "baseline/longest", *task)
    assert live.code == 3
    assert "have no text to judge" in live.err

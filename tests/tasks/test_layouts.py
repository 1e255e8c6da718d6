"""What people have on disk: clones of the hub's data sets and of repositories, its cache, shards, one file."""

from __future__ import annotations

import gzip
import json
import shutil
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from task_files import sample

from judgebench.errors import DataError
from judgebench.tasks.base import open_task
from judgebench.tasks.card import card_dir

if TYPE_CHECKING:
    from pathlib import Path

COMMIT, OTHER = "a" * 40, "b" * 40


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(records), path)
        return path
    text = json.dumps(records) if path.suffix == ".json" else "\n".join(map(json.dumps, records))
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def ids(task: str, data: Path | None = None) -> list[str]:
    return [item.id for item in open_task(task, data=data, sample=data is None).items()]


@pytest.mark.parametrize(
    ("task", "file"),
    [
        ("judgebench", "data/gpt-00000-of-00001.jsonl"),
        ("judgebench", "default/gpt/0000.parquet"),
        ("judgebench", "gpt.jsonl.gz"),
        ("judgebench", "data/JudgeBench-gpt.parquet"),
        ("rewardbench", "data/filtered-00000-of-00001.parquet"),
        ("rewardbench", "data/filtered-00000-of-00001-0123456789abcdef.parquet"),
        ("rewardbench-2", "data/test-00000-of-00001.parquet"),
        ("rewardbench-2", "reward-bench-2/data/test-00000-of-00001.parquet"),
        ("pandalm", "data/testset-v1.json"),
        ("pandalm", "PandaLM/data/testset-v1.json"),
        ("triviaqa", "results/answers.jsonl"),
        ("rewardbench", f"datasets--allenai--reward-bench/snapshots/{COMMIT}/data/filtered-00000-of-00001.parquet"),
        ("judgebench", f"hub/datasets--ScalerLab--JudgeBench/snapshots/{COMMIT}/data/gpt-00000-of-00001.jsonl"),
    ],
)
def test_a_clone_and_its_file_are_read(tmp_path: Path, task: str, file: str) -> None:
    path = write(tmp_path / file, sample(task))
    known = ids(task)
    if task != "triviaqa":
        # Where any benchmark may have a file of the name, it must be at a place that the card names.
        assert ids(task, tmp_path) == known
        assert ids(task, path.parent) == known
    assert ids(task, path) == known


@pytest.mark.parametrize("layout", ["side by side", "cache", "one given"])
def test_two_data_sets_of_one_split_are_told_apart(tmp_path: Path, layout: str) -> None:
    homes = {"": tmp_path / "VERDICTS", "questions": tmp_path / "BFFBench"}
    if layout == "cache":
        names = {"": "VERDICTS", "questions": "BFFBench"}
        homes = {part: tmp_path / f"datasets--kensho--{name}/snapshots/{COMMIT}" for part, name in names.items()}
    for part, home in homes.items():
        write(home / "data" / "train-00000-of-00001.parquet", sample("bff-bench", f"sample{part and f'.{part}'}"))
    assert ids("bff-bench", homes[""] if layout == "one given" else tmp_path) == ids("bff-bench")


def test_shards_are_one_table_in_their_order(tmp_path: Path) -> None:
    records, known = sample("judgebench"), ids("judgebench")
    for number, cut in enumerate((records[:2], records[2:5], records[5:])):
        write(tmp_path / "data" / f"gpt-{number:05d}-of-00003.jsonl", cut)
    task = open_task("judgebench", data=tmp_path)
    assert [item.id for item in task.items()] == known
    # One of them stands for all.
    assert ids("judgebench", tmp_path / "data" / "gpt-00001-of-00003.jsonl") == known
    write(tmp_path / "data" / "gpt-00001-of-00003.jsonl", records[2:4])
    assert open_task("judgebench", data=tmp_path).revision != task.revision
    (tmp_path / "data" / "gpt-00001-of-00003.jsonl").write_text("{}")
    with pytest.raises(DataError, match="missing") as caught:
        open_task("judgebench", data=tmp_path).items()
    assert str(caught.value.file).endswith("gpt-00001-of-00003.jsonl")
    (tmp_path / "data" / "gpt-00001-of-00003.jsonl").unlink()
    with pytest.raises(DataError, match=r"shard 2 of 3 is missing: gpt-00001-of-00003\.jsonl"):
        open_task("judgebench", data=tmp_path)


def test_what_may_be_either_is_said(tmp_path: Path) -> None:
    write(tmp_path / "data" / "gpt-00000-of-00001.jsonl", sample("judgebench"))
    write(tmp_path / "data" / "gpt-00000-of-00001.parquet", sample("judgebench"))
    with pytest.raises(DataError, match=r"split 'gpt': data/gpt-\S+jsonl and data/gpt-\S+parquet"):
        open_task("judgebench", data=tmp_path)
    home = tmp_path / "datasets--ScalerLab--JudgeBench"
    for commit in (COMMIT, OTHER):
        write(home / "snapshots" / commit / "data" / "gpt-00000-of-00001.jsonl", sample("judgebench"))
    with pytest.raises(DataError, match=f"2 versions of it are snapshots/{COMMIT} and snapshots/{OTHER}"):
        open_task("judgebench", data=home)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(OTHER)
    assert open_task("judgebench", data=home).source.name.startswith(str(home / "snapshots" / OTHER))


def test_a_configuration_has_its_folder(tmp_path: Path) -> None:
    cards = tmp_path / "cards"
    shutil.copytree(card_dir() / "judgebench", cards / "judgebench")
    path = cards / "judgebench" / "task.toml"
    text = path.read_text(encoding="utf-8").replace('hub_split = "gpt"', 'hub_split = "test"\nconfig = "one"')
    text = text.replace('hub_split = "claude"', 'hub_split = "test"\nconfig = "two"')
    path.write_text(text, encoding="utf-8")
    records = sample("judgebench")
    clone = tmp_path / "JudgeBench"
    for config, some in (("one", records[:3]), ("two", records[3:])):
        write(clone / config / "test-00000-of-00001.parquet", some)
    for split, count in (("gpt", 3), ("claude", len(records) - 3)):
        assert len(list(open_task(f"judgebench:{split}", data=clone, root=cards).items())) == count
    assert len(list(open_task("judgebench:gpt", data=clone / "one", root=cards).items())) == 3
    with pytest.raises(DataError, match="no data of judgebench:gpt here"):
        open_task("judgebench:gpt", data=clone / "two", root=cards)


def test_a_file_of_another_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a file of judgebench:claude.*give task judgebench:claude"):
        open_task("judgebench", data=write(tmp_path / "claude.jsonl", sample("judgebench")))
    with pytest.raises(DataError, match="its questions table"):
        open_task("bff-bench", data=write(tmp_path / "bffbench.jsonl", sample("bff-bench", "sample.questions")))
    assert ids("judgebench", write(tmp_path / "mine.jsonl", sample("judgebench"))) == ids("judgebench")


def test_a_pointer_of_git_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "data" / "filtered-00000-of-00001.parquet"
    path.parent.mkdir()
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
    with pytest.raises(DataError, match="git lfs pull"):
        open_task("rewardbench", data=tmp_path).items()


def test_a_file_with_a_name_of_its_own_is_found_below(tmp_path: Path) -> None:
    shutil.copytree(card_dir() / "triviaqa", tmp_path / "cards" / "triviaqa")
    card = tmp_path / "cards" / "triviaqa" / "task.toml"
    card.write_text(
        card.read_text(encoding="utf-8").replace('files = ["answers.jsonl", ', 'files = ["qa-answers.jsonl", ')
    )
    home = tmp_path / "clone"
    write(home / "deep" / "down" / "qa-answers.jsonl", sample("triviaqa"))
    with pytest.raises(DataError, match="no data of triviaqa:answers here"):
        open_task("triviaqa", data=home, root=tmp_path / "cards")
    (home / "README.md").write_text("# A clone")
    found = open_task("triviaqa", data=home, root=tmp_path / "cards")
    assert [item.id for item in found.items()] == ids("triviaqa")
    write(home / "elsewhere" / "qa-answers.jsonl", sample("triviaqa"))
    with pytest.raises(DataError, match=r"2 files are named so: elsewhere/qa-answers\.jsonl and deep/down"):
        open_task("triviaqa", data=home, root=tmp_path / "cards")

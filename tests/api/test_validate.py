"""`judgebench.validate`: every card holds, and one that doesn't says what to do."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

import judgebench
from judgebench.api.overview import overview
from judgebench.errors import DataError
from judgebench.tasks.card import card_dir, card_names

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", card_names())
def test_every_card_holds(name: str) -> None:
    found = judgebench.validate(name)
    assert [one for one in found.findings if one.state == "missing"] == []
    assert found.failure is None


def test_the_table_of_tasks_is_up_to_date() -> None:
    written = (card_dir() / "README.md").read_text(encoding="utf-8")
    assert written == overview(), "python -m judgebench.api.overview > tasks/README.md"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(card_dir() / "pandalm", tmp_path / "pandalm")
    return tmp_path / "pandalm"


def missing(card: Path, data: Path | None = None) -> dict[str, str]:
    found = judgebench.validate(str(card), data=data)
    assert isinstance(found.failure, DataError) == bool(found.missing)
    return {one.about: one.said for one in found.missing}


def change(card: Path, old: str, new: str) -> None:
    path = card / "task.toml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_card_elsewhere_is_named_by_its_folder_or_its_file(copy: Path) -> None:
    assert missing(copy) == missing(copy / "task.toml") == {}
    with pytest.raises(DataError, match=r"no task\.toml"):
        judgebench.validate(str(copy.parent))


@pytest.mark.parametrize(
    ("old", "new", "about"),
    [
        ('licence = "Apache-2.0"\n', "", "card"),
        ('licence = "Apache-2.0"\n', 'licence = "Apache-2.0"\nlicense = "x"\n', "card"),
        ('scale = "pair"', 'scale = "check"', "sample"),
        ('homepage = "https:', 'homepage = "ftp:', "homepage"),
        ('name = "gpt-3.5-turbo"', 'name = "gpt-4"', "published"),
        ("readers.pandalm:Reader", "readers.nothing:Reader", "sample"),
        ('order = "mean"', 'order = "means"', "card"),
    ],
)
def test_what_is_wrong_is_named(copy: Path, old: str, new: str, about: str) -> None:
    change(copy, old, new)
    assert list(missing(copy)) == [about]


def test_what_lies_beside_the_card_must_be_there(copy: Path) -> None:
    (copy / "README.md").unlink()
    (copy / "sample.jsonl").unlink()
    assert sorted(missing(copy)) == ["README", "sample"]


def unlike(card: Path, data: Path) -> tuple[list[dict[str, str]], Path]:
    """The sample's rows with other texts, as a file of data."""
    rows = [json.loads(line) for line in (card / "sample.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [row | {"instruction": "other", "input": "", "response1": "one", "response2": "two"} for row in rows]
    file = data / "pandalm" / "testset-v1.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(rows), encoding="utf-8")
    return rows, file


def test_a_sample_with_rows_of_the_data_is_refused(copy: Path, tmp_path: Path) -> None:
    rows, file = unlike(copy, tmp_path / "data")
    assert missing(copy, tmp_path / "data") == {}
    rows[3]["response2"] = (
        json.loads((copy / "sample.jsonl").read_text(encoding="utf-8").splitlines()[0])["response1"] * 9
    )
    lines = (copy / "sample.jsonl").read_text(encoding="utf-8").splitlines()
    lines[0] = json.dumps(json.loads(lines[0]) | {"response1": rows[3]["response2"]})
    (copy / "sample.jsonl").write_text("\n".join(lines), encoding="utf-8")
    file.write_text(json.dumps(rows), encoding="utf-8")
    assert "write rows of your own" in missing(copy, tmp_path / "data")["data"]


def test_a_card_of_ones_own_table_is_checked_too(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("q,a,gold\nwhat,this,yes\nwho,he,no\n")
    (tmp_path / "task.toml").write_text(
        'data = "t.csv"\nscale = "check"\n[columns]\nquestion = "q"\nanswers = "a"\ngold = "gold"\n'
    )
    assert missing(tmp_path) == {}
    (tmp_path / "t.csv").write_text("q,a,gold\nwhat,this,perhaps\n")
    assert "perhaps" in missing(tmp_path)["card"]


def test_a_count_that_the_data_don_t_have_is_named(copy: Path, tmp_path: Path) -> None:
    unlike(copy, tmp_path / "data")
    # Of other files than the published ones another count is no wonder; of files that no hash tells it is.
    assert missing(copy, tmp_path / "data") == {}
    text = (copy / "task.toml").read_text(encoding="utf-8")
    (copy / "task.toml").write_text(re.sub(r'(?m)^("testset-v1\.json"|url) = .*\n', "", text), encoding="utf-8")
    assert "the card says 999" in missing(copy, tmp_path / "data")["data"]


def test_a_card_elsewhere_is_shown_and_reproduced(copy: Path, tmp_path: Path) -> None:
    shown = judgebench.show(str(copy)).to_json()
    assert shown == judgebench.show(str(copy / "task.toml")).to_json() == judgebench.show("pandalm").to_json()
    assert f"--task {copy} --sample" in str(judgebench.show(str(copy)))
    own = tmp_path / "own"
    own.mkdir()
    (own / "task.toml").write_text('name = "tickets"\ndata = "t.csv"\n[columns]\nquestion = "ask"\nanswers = "reply"\n')
    (own / "t.csv").write_text("ask,reply\nQ,A\n")
    assert "question: ask; answers: reply" in str(judgebench.show(str(own)))
    folder = copy.rename(tmp_path / "elsewhere")
    change(folder, 'name = "pandalm"', 'name = "elsewhere"')
    lines = (folder / "sample.jsonl").read_text(encoding="utf-8").splitlines()
    (folder / "testset-v1.json").write_text(json.dumps([json.loads(line) for line in lines]), encoding="utf-8")
    ids = [str(json.loads(line)["idx"]) for line in lines]
    (tmp_path / "strict.csv").write_text("id,verdict\n" + "".join(f"{one},A\n" for one in ids))
    found = judgebench.reproduce(tmp_path / "strict.csv", task=str(folder), data=folder)
    assert next((cell.task, cell.judge) for cell in found.measured) == ("elsewhere", "strict")

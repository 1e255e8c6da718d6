"""Several files as one table: gold in one and verdicts in another, or two versions of a judge."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import judgebench
from judgebench.errors import DataError, UsageError
from judgebench.files.joined import JoinedTable
from judgebench.files.read import open_table, read_words

if TYPE_CHECKING:
    from pathlib import Path

IDS = [f"x{i}" for i in range(12)]
GOLD = ["yes" if i % 2 else "no" for i in range(12)]


def write(path: Path, rows: dict[str, list[str]]) -> Path:
    names = list(rows)
    lines = [",".join(names), *(",".join(cells) for cells in zip(*rows.values(), strict=True))]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def versions(tmp_path):
    """Two versions of a judge, a file each, with the same gold; the second in another order of rows."""
    one = [*GOLD[:10], "no", "yes"]
    two = ["yes" if word == "no" else "no" for word in GOLD[:6]] + GOLD[6:]
    return [
        write(tmp_path / "v1.csv", {"id": IDS, "judge": one, "human": GOLD}),
        write(tmp_path / "v2.csv", {"judge": two[::-1], "id": IDS[::-1], "human": GOLD[::-1]}),
    ]


def joined(files: list[Path]) -> JoinedTable:
    return JoinedTable([open_table(file) for file in files], "id")


def test_columns_of_one_file_and_of_several(versions):
    table = joined(versions)
    assert table.columns == ("id", "judge", "judge (v1)", "judge (v2)", "human", "human (v1)", "human (v2)")
    assert table.versions("judge") == ["judge (v1)", "judge (v2)"]
    assert table.versions("nothing") == ["nothing"]
    read = read_words(table, ["judge (v2)", "human", "id"])
    assert read["id"] == IDS
    assert read["human"] == GOLD
    assert read["judge (v2)"] == read_words(versions[1], ["judge"])["judge"][::-1]


def test_dotted_names_are_ids_and_versions(tmp_path):
    """Two judges' files of one shape: an item is named by a text inside, and each says its own probability."""
    for name, shift in (("one", 0), ("two", 1)):
        rows = [
            {"q": "same", "said": [f"a{i}", "b"], "gold": {"human": GOLD[i]}, "p": [0.5, (i + shift) / 20]}
            for i in range(12)
        ]
        (tmp_path / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows[:: 1 - 2 * shift]))
    files = [open_table(tmp_path / f"{name}.jsonl") for name in ("one", "two")]
    table = JoinedTable(files, ["q", "said.0"])
    assert table.versions("p.1") == ["p.1 (one)", "p.1 (two)"]
    read = read_words(table, ["p.1 (one)", "p.1 (two)", "gold.human"])
    assert read["gold.human"] == GOLD
    assert [float(two) - float(one) for one, two in zip(read["p.1 (one)"], read["p.1 (two)"], strict=True)] == (
        pytest.approx([0.05] * 12)
    )


def test_two_versions_of_a_judge_are_compared(versions):
    found = judgebench.compare(versions, judge="judge", gold="human", id="id", scale="check").to_json()
    assert found["judges"] == ["judge (v1)", "judge (v2)"]
    assert [found["lines"][1][side]["value"] for side in ("first", "second")] == pytest.approx([1.0, 0.5])
    assert {one["item"] for one in found["differing"]} == set(IDS[:6])


def test_gold_and_verdicts_in_files_of_two_formats(tmp_path):
    gold = write(tmp_path / "gold.csv", {"id": IDS, "human": GOLD})
    judge = tmp_path / "judge.jsonl"
    judge.write_text(
        "".join(json.dumps({"id": name, "verdict": word}) + "\n" for name, word in zip(IDS, GOLD, strict=True))
    )
    (row,) = judgebench.score([gold, judge], judge="verdict", gold="human", id="id", scale="check").to_json()["rows"]
    assert (row["judge"], row["items"], row["metrics"]["cohen_kappa"]["value"]) == ("verdict", 12, 1.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": ["z", *IDS[1:]]}, r"v2\.csv, field 'id': no row is 'x0', which \S+v1\.csv has"),
        ({"id": [f"{name}-" for name in IDS]}, r"v2\.csv, field 'id': no row is one of \S+v1\.csv, such as 'x0'"),
        ({"id": ["", *IDS[1:]]}, r"v2\.csv:2, field 'id': a row without an id"),
        ({"human": ["yes", *GOLD[1:]]}, r"v2\.csv.*'yes' for 'x0', which is 'no' in .*v1\.csv"),
    ],
)
def test_files_that_do_not_fit_are_refused(versions, tmp_path, change, message):
    other = write(tmp_path / "v2.csv", {"id": IDS, "judge": GOLD, "human": GOLD} | change)
    with pytest.raises(DataError, match=message):
        judgebench.compare([versions[0], other], judge="judge", gold="human", id="id", scale="check")


def test_several_files_need_a_column_of_ids(versions):
    with pytest.raises(UsageError, match="joined by the ids"):
        judgebench.compare(versions, judge="judge", gold="human")


def test_files_of_one_name_are_told_apart_by_their_paths(tmp_path):
    files = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        files.append(write(tmp_path / folder / "out.csv", {"id": IDS, "judge": GOLD}))
    assert joined(files).versions("judge") == [f"judge ({file})" for file in files]


def test_a_long_file_joins_a_short_one(tmp_path):
    """Ids that differ in how a number is written are one; what only the shorter file has is said."""
    gold = write(tmp_path / "gold.csv", {"id": ["1.0", "2.0", "9.0"], "human": ["yes", "no", "no"]})
    long = write(tmp_path / "long.csv", {"id": [" 2", "1", "1", "2"], "judge": ["a", "a", "b", "b"], "said": [*"wxyz"]})
    table = joined([gold, long])
    assert read_words(table, ["said", "human", "id"]) == {
        "said": [*"wxyz"],
        "human": ["no", "yes", "yes", "no"],
        "id": ["2.0", "1.0", "1.0", "2.0"],
    }
    assert [note.replace(str(tmp_path), "") for note in table.notes] == [
        "/gold.csv: 1 row has an id that /long.csv lacks, such as '9': left out"
    ]
    with pytest.raises(DataError, match=r"more than once, and in .*long\.csv, too"):
        read_words(joined([long, write(tmp_path / "b.csv", {"id": ["1", "1"], "human": ["a", "b"]})]), ["human"])


def test_rows_that_another_file_lacks_are_left_out_or_kept(tmp_path):
    gold = write(tmp_path / "gold.csv", {"id": IDS, "human": GOLD})
    some = write(tmp_path / "some.csv", {"id": IDS[2:], "judge": GOLD[2:]})
    found = judgebench.score([gold, some], judge="judge", gold="human", id="id", scale="check")
    assert found.to_json()["rows"][0]["items"] == 10
    kept = judgebench.score([gold, some], judge="judge", gold="human", id="id", scale="check", unmatched="keep")
    assert kept.to_json()["rows"][0]["items"] == 12
    assert kept.to_json()["rows"][0]["coverage"] == pytest.approx(10 / 12)
    other = write(tmp_path / "other.csv", {"id": ["z", *IDS[1:]], "judge": GOLD})
    dropped = judgebench.score([gold, other], judge="judge", gold="human", id="id", scale="check", unmatched="drop")
    assert dropped.to_json()["rows"][0]["items"] == 11


def test_several_columns_make_an_id(tmp_path):
    gold = write(tmp_path / "gold.csv", {"q": ["1", "1", "2"], "turn": ["1", "2", "1"], "human": ["a", "b", "c"]})
    judge = write(tmp_path / "j.csv", {"turn": ["1", "2", "1"], "q": ["2", "1", "1"], "judge": ["x", "y", "z"]})
    table = JoinedTable([open_table(gold), open_table(judge)], ["q", "turn"])
    assert read_words(table, ["judge"])["judge"] == ["z", "y", "x"]
    # A file of questions has one row for both turns.
    texts = write(tmp_path / "t.csv", {"q": ["2", "1"], "question": ["two", "one"]})
    table = JoinedTable([open_table(gold), open_table(texts)], ["q", "turn"])
    assert read_words(table, ["question"])["question"] == ["one", "one", "two"]


def test_ids_that_are_written_in_two_ways(tmp_path):
    gold = write(tmp_path / "gold.csv", {"id": ["01", "02", "10"], "human": GOLD[:3]})
    judge = write(tmp_path / "j.csv", {"id": ["1", "2", "10"], "judge": GOLD[:3]})
    with pytest.raises(DataError, match=r"'(01|1)' and '(01|1)' are two ids here: write them alike"):
        read_words(joined([gold, judge]), ["judge"])
    other = write(tmp_path / "o.csv", {"ID": ["1"], "judge": ["yes"]})
    with pytest.raises(DataError, match=r"no column of id is here and in .*gold\.csv, too; joined files"):
        read_words(JoinedTable([open_table(gold), open_table(other)], ["id", "ID"]), ["judge"])


def test_no_row_is_left(tmp_path):
    path = write(tmp_path / "t.csv", {"judge": GOLD, "human": GOLD})
    with pytest.raises(DataError, match="no row is left: drop_last 12 takes them all"):
        judgebench.score(path, judge="judge", gold="human", drop_last=12)


def test_what_one_file_has_no_use_for(tmp_path):
    path = write(tmp_path / "t.csv", {"judge": GOLD, "human": GOLD})
    with pytest.raises(UsageError, match="unmatched is about the ids of several files"):
        judgebench.score(path, judge="judge", gold="human", unmatched="keep")
    notes = judgebench.score(path, judge="judge", gold="human", by_system=True).notes
    assert "by_system: nothing says which system was judged (system)" in notes

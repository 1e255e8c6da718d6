"""``judgebench report``: one file, the same bytes again, the right texts or none, and nothing that a terminal obeys."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from stored_cases import edited

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = [
    {
        "idx": i,
        "motivation_app": "Mail",
        "cmp_key": "alder_birch",
        "instruction": f"Write greeting number {i}.",
        "input": "",
        "response1": f"Good morning, friend {i}!",
        "response2": "Hello." * (1 + i % 4),
        "annotator1": 1 + i % 2,
        "annotator2": 1,
        "annotator3": i % 3,
    }
    for i in range(12)
]


def write(file: Path, rows: list[dict[str, Any]]) -> None:
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")


def blocks(file: Path) -> dict[str, Any]:
    text = file.read_text("utf-8")
    found = re.findall(r'<script type="application/octet-stream" id="block-([^"]+)">([^<]*)</script>', text)
    return {name: json.loads(zlib.decompress(base64.b64decode(packed))) for name, packed in found}


@pytest.fixture
def asked(judgebench: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Runs of two judges on twelve pairs of one's own; calls the command line in their folder."""
    write(tmp_path / "pairs.jsonl", ROWS)
    judges = ("--judge", "baseline/longest", "--judge", "baseline/first")
    assert judgebench("run", *judges, "--task", "pandalm", "--data", "pairs.jsonl", "--runs", "runs").code == 0
    return judgebench


def test_a_report_is_one_file_and_says_where(asked: Callable[..., Any], tmp_path: Path) -> None:
    done = asked("report", "runs", "--data", "pairs.jsonl", "--output", "deep/er/report.html", "--title", "Our judges")
    assert done.code == 0
    assert done.out == ""
    assert re.search(r"^wrote deep/er/report.html \(\d+\.\d MB\)$", done.err, flags=re.MULTILINE)
    page = tmp_path / "deep" / "er" / "report.html"
    text = page.read_text("utf-8")
    assert "<title>Our judges</title>" in text
    assert text.index(">Our judges<") < text.index("<h1>")
    assert [file.name for file in page.parent.iterdir()] == ["report.html"]
    found = blocks(page)
    assert found["boards"][0] | {"items": 12, "texts": 12, "others": 0} == found["boards"][0]
    assert sorted(found["b0"]["names"]) == ["baseline/first", "baseline/longest"]
    asked("report", "runs", "--data", "pairs.jsonl", "--output", "again.html", "--title", "Our judges")
    assert (tmp_path / "again.html").read_bytes() == page.read_bytes()


def test_the_output_has_a_name_of_its_own(asked: Callable[..., Any], tmp_path: Path) -> None:
    assert asked("report", "runs", "--data", "pairs.jsonl").code == 0
    assert (tmp_path / "report.html").exists()


def test_a_run_is_no_place_for_a_report(asked: Callable[..., Any], tmp_path: Path) -> None:
    run = next(path for path in (tmp_path / "runs").iterdir() if (path / "manifest.json").exists())
    before = sorted(run.iterdir())
    done = asked("report", "runs", "--output", run / "sub" / "report.html")
    assert done.code == 2
    assert "is inside the run" in done.err
    assert sorted(run.iterdir()) == before


def test_a_manifest_of_something_else_is_in_nobodys_way(asked: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "a web site"}')
    done = asked("report", "runs", "--data", "pairs.jsonl", "--output", "site/report.html")
    assert (done.code, (tmp_path / "site" / "report.html").exists()) == (0, True), done.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "give run folders"),
        (("nowhere",), 3, "no runs in nowhere"),
        (("runs", "--output", "."), 2, "can't write --output"),
        (("runs", "--data", "pairs.jsonl", "--sample"), 2, "give one of them"),
        (("runs", "--policy", "order=sideways"), 2, "order is one of"),
        (("runs", "--limit-items", "0"), 2, ""),
        (("runs", "--data", "no-such-file"), 3, "there is no such file or folder"),
    ],
)
def test_what_can_not_be_done_is_said(
    asked: Callable[..., Any], tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = asked("report", *arguments)
    assert done.code == code
    assert words in done.err
    assert not (tmp_path / "report.html").exists()


def test_other_texts_are_never_shown(asked: Callable[..., Any], tmp_path: Path) -> None:
    write(tmp_path / "changed.jsonl", [row | ({"response2": "Changed."} if row["idx"] == 3 else {}) for row in ROWS])
    assert asked("report", "runs", "--data", "changed.jsonl").code == 0
    found = blocks(tmp_path / "report.html")
    assert found["boards"][0] | {"texts": 11, "others": 1} == found["boards"][0]
    assert "Changed." not in json.dumps(found)
    assert "texts of 1 item" in (tmp_path / "report.html").read_text("utf-8")
    # Not the same file, but the same texts: only these count.
    write(tmp_path / "relabelled.jsonl", [row | {"annotator1": 0} for row in ROWS])
    assert asked("report", "runs", "--data", "relabelled.jsonl").code == 0
    assert blocks(tmp_path / "report.html")["boards"][0]["texts"] == 12


def test_without_data_at_hand_the_report_says_how_to_get_it(asked: Callable[..., Any], tmp_path: Path) -> None:
    done = asked("report", "runs")
    assert done.code == 0
    found = blocks(tmp_path / "report.html")
    assert found["boards"][0]["texts"] == 0
    assert "give --data FOLDER" in (tmp_path / "report.html").read_text("utf-8")
    assert "greeting number" not in json.dumps(found)


def test_texts_stay_out_where_they_are_not_wanted(asked: Callable[..., Any], tmp_path: Path) -> None:
    assert asked("report", "runs", "--data", "pairs.jsonl", "--no-texts").code == 0
    found = blocks(tmp_path / "report.html")
    assert found["boards"][0]["wanted"] is False
    for words in ("greeting", "Good morning", "Hello."):
        assert words not in json.dumps(found)


def test_fewer_items_where_that_is_asked(asked: Callable[..., Any], tmp_path: Path) -> None:
    assert asked("report", "runs", "--data", "pairs.jsonl", "--limit-items", "5").code == 0
    found = blocks(tmp_path / "report.html")
    assert len(found["b0"]["id"]) == 5
    assert found["boards"][0]["total"] == 12
    # Disagreements come first: 2 is "at odds".
    assert all(2 in found["b0"]["outcome"][2 * i : 2 * i + 2] for i in range(5))


def test_samples_are_found_without_being_named(judgebench: Callable[..., Any], tmp_path: Path) -> None:
    assert judgebench("run", "--judge", "contains", "--task", "triviaqa", "--sample", "--runs", "runs").code == 0
    # A folder of real data holds no sample.
    for data in ((), ("--data", ".")):
        assert judgebench("report", "runs", *data).code == 0
        head = blocks(tmp_path / "report.html")["boards"][0]
        assert head["texts"] == head["items"] > 10


def test_policies_decide_what_is_at_odds(asked: Callable[..., Any], tmp_path: Path) -> None:
    count = {}
    for order in ("mean", "single"):
        assert asked("report", "runs", "--data", "pairs.jsonl", "--policy", f"order={order}").code == 0
        count[order] = blocks(tmp_path / "report.html")["b0"]["outcome"].count(2)
    # baseline/first contradicts itself when the order is turned round.
    assert count["single"] < count["mean"]


_ESCAPES = "\x1b]0;owned\x07\x1b[2J\x1b[31m\x9b31m\u202e=cmd()"


def test_a_terminal_obeys_no_name_and_no_word_of_a_judge(judgebench: Callable[..., Any], tmp_path: Path) -> None:
    words = json.dumps(_ESCAPES)
    (tmp_path / "rude.py").write_text(f"def judge(case, scale):\n    return 'A', {words}\n", "utf-8")
    write(
        tmp_path / "pairs.jsonl", [row | {"motivation_app": _ESCAPES, "cmp_key": f"{_ESCAPES}_birch"} for row in ROWS]
    )
    done = judgebench("run", "--judge", "rude:judge", "--task", "pandalm", "--data", "pairs.jsonl", "--runs", "runs")
    assert done.code == 0, done.err
    run = next(path for path in (tmp_path / "runs").iterdir() if (path / "manifest.json").exists())
    run = edited(run, judge=f"judge {_ESCAPES}", settings={"prompt": _ESCAPES}, models={_ESCAPES: 3})
    for command in (
        ("show", run),
        ("score", "runs", "--by-system"),
        ("score", "runs", "--by-system", "--format", "md"),
        ("score", "runs", "--by-system", "--format", "csv"),
        ("leaderboard", "runs"),
        ("report", "runs", "--data", "pairs.jsonl"),
    ):
        done = judgebench(*command)
        assert done.code == 0, done.err
        said = done.out + done.err
        assert "judge" in said or command[0] == "report"
        assert not [char for char in said if ord(char) < 32 and char != "\n"], command
        assert not set(said) & {"\x9b", "\u202e", "\x7f"}, command
        assert not re.search(r"(^|,)[=+@]", done.out, flags=re.MULTILINE), command

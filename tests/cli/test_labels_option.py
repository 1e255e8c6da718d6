"""`--labels`: a person's labels as gold of runs that are asked, and of runs that are stored."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sklearn.metrics import cohen_kappa_score

from judgebench.catalog import make_task
from judgebench.labels.annotation_files import LabelWriter, label_file
from judgebench.labels.annotations import ADJUDICATED, Labelled, Own
from judgebench.store.runs import find_runs

JUDGE = """
from pathlib import Path

def longer(item):
    with Path("asked.txt").open("a") as file:
        file.write("x")
    a, b = (len(response.text) for response in item.responses)
    return "A" if a > b else "B" if b > a else "tie"
"""
WORDS = ["A", "tie", "B"]


@pytest.fixture
def judge(tmp_path):
    (tmp_path / "counted.py").write_text(JUDGE)
    return ("run", "--judge", "counted:longer", "--task", "pandalm", "--sample")


@pytest.fixture
def items():
    return list(make_task("pandalm", sample=True).items())


def label(folder, items, words, *, task="pandalm", annotator="ann"):
    file = label_file(folder, task, annotator)
    with LabelWriter(file) as writer:
        for item, word in zip(items, words, strict=False):
            writer.append(
                Labelled(task, "sample", item.id, item.content_digest, annotator, "pair:3", word, (1, 0), at="now")
            )
    return file


def asked(tmp_path) -> int:
    file = tmp_path / "asked.txt"
    return len(file.read_text()) if file.exists() else 0


def rows(done):
    assert done.code == 0, done.err
    return {row["judge"]: row for row in done.document()["rows"] if row["subset"] == "all"}


def test_a_stored_run_is_measured_against_the_labels(judgebench, judge, items, tmp_path) -> None:
    rows(judgebench(*judge, "--order", "original", "--format", "json"))
    words = [WORDS[(7 * i + i // 5) % 3] for i in range(20)]
    file = label(tmp_path / "labels", items, [*words[:19], None])
    row = rows(judgebench("score", "runs", "--labels", file, "--format", "json", "--verify"))["counted:longer"]
    (stored,) = find_runs(tmp_path / "runs")
    said = {verdict.item: verdict.code for verdict in stored.judgments()}
    expected = cohen_kappa_score(
        [WORDS.index(word) for word in words[:19]], [said[item.id] for item in items[:19]], labels=[0, 1, 2]
    )
    assert row["metrics"]["cohen_kappa"]["value"] == pytest.approx(expected, abs=1e-12)
    assert (row["gold"], row["items"]) == ("human", 19)
    assert "incomplete_run" not in row["warnings"]
    assert asked(tmp_path) == 24


def test_a_gate_holds_two_runs_against_the_labels(judgebench, judge, items, tmp_path) -> None:
    rows(judgebench(*judge, "--order", "original", "--format", "json"))
    rows(judgebench("run", "--judge", "baseline/first", *judge[3:], "--order", "original", "--format", "json"))
    file = label(tmp_path / "labels", items, [WORDS[(7 * i + i // 5) % 3] for i in range(20)])
    new, old = (next((tmp_path / "runs").glob(f"*{name}*")) for name in ("longer", "first"))
    update = ("gate", old, "--against", "base.json", "--labels", file, "--update")
    assert judgebench(*update).code == 0
    margin = ("--labels", file, "--margin", 1, "--format", "json")
    found = {}
    for against in ("base.json", old):
        done = judgebench("gate", new, "--against", against, *margin)
        assert done.code == 0, done.err
        decision = done.document()
        found[str(against)] = decision["lines"][0]["run"]["value"], decision["items"]
    score = rows(judgebench("score", new, "--labels", file, "--format", "json"))["counted:longer"]
    for figure, count in found.values():
        assert (figure, count) == (pytest.approx(score["metrics"]["cohen_kappa"]["value"]), 20)
    # Other gold is other data, and the command that renews a baseline says which labels.
    assert judgebench("gate", new, "--against", "base.json").code == 3
    done = judgebench("gate", new, "--against", "base.json", "--labels", file, "--policy", "tie=drop")
    assert (done.code, f"--labels {file} --update" in done.err) == (3, True), done.err


def test_a_report_is_about_the_labels(judgebench, judge, items, tmp_path) -> None:
    rows(judgebench(*judge, "--order", "original", "--format", "json"))
    file = label(tmp_path / "labels", items, ["A", "B"] * 10)
    done = judgebench("report", "runs", "--labels", file, "--output", "report.html")
    assert done.code == 0, done.err
    text = (tmp_path / "report.html").read_text()
    assert "20 pairs" in text
    assert "sample+labels-" in text
    assert asked(tmp_path) == 24


def test_a_run_on_labels_takes_over_every_answer(judgebench, judge, items, tmp_path) -> None:
    rows(judgebench(*judge, "--format", "json"))
    before = asked(tmp_path)
    assert before == 48
    file = label(tmp_path / "labels", items, ["A"] * 10 + ["B"] * 10)
    row = rows(judgebench(*judge, "--labels", file, "--format", "json"))["counted:longer"]
    assert (row["gold"], row["items"], asked(tmp_path)) == ("human", 20, before)
    stored = rows(judgebench("score", "runs", "--labels", tmp_path / "labels", "--format", "json"))["counted:longer"]
    assert stored["metrics"]["cohen_kappa"]["value"] == row["metrics"]["cohen_kappa"]["value"]
    beside = rows(judgebench(*judge, "--labels", file, "--labels-mode", "add", "--format", "json"))["counted:longer"]
    # A fourth annotator makes one majority a draw, which is no gold.
    assert (beside["items"], asked(tmp_path)) == (23, before)


def test_a_new_run_asks_about_labelled_items_only(judgebench, judge, items, tmp_path) -> None:
    file = label(tmp_path / "labels", items, ["A", "B", None, "tie"])
    assert rows(judgebench(*judge, "--labels", file, "--format", "json"))["counted:longer"]["items"] == 3
    assert asked(tmp_path) == 6


def test_humans_have_one_more(judgebench, judge, items, tmp_path) -> None:
    rows(judgebench(*judge, "--format", "json"))
    file = label(tmp_path / "labels", items, ["A", "B"] * 12)
    done = judgebench("humans", "runs", "--labels", file, "--format", "json")
    assert done.code == 0, done.err
    (row,) = done.document()["rows"]
    assert [one["name"] for one in row["annotators"]] == ["annotator1", "annotator2", "annotator3", "ann"]
    assert row["annotators"][3]["items"] == 24


def test_two_judges_against_one_person(judgebench, items, tmp_path) -> None:
    judges = ("--judge", "baseline/longest", "--judge", "baseline/first")
    rows(judgebench("run", *judges, "--task", "pandalm", "--sample", "--format", "json"))
    file = label(tmp_path / "labels", items, ["A", "B", "tie", "A"] * 5)
    done = judgebench("compare", *sorted((tmp_path / "runs").glob("pandalm*")), "--labels", file, "--format", "json")
    assert done.code == 0, done.err
    assert '"human"' in done.out


def test_labels_of_another_task(judgebench, judge, items, tmp_path) -> None:
    rows(judgebench(*judge, "--format", "json"))
    file = label(tmp_path / "labels", items, ["A"], task="judgebench")
    done = judgebench("score", "runs", "--labels", file)
    assert done.code == 3
    assert f"{file}:1: labels of judgebench, and no run here is about that task" in done.err
    done = judgebench(*judge, "--labels", file)
    assert done.code == 3
    assert "labels of judgebench, and none of pandalm" in done.err


def test_runs_of_other_tasks_are_left_out_aloud(judgebench, judge, items, tmp_path) -> None:
    rows(judgebench(*judge, "--format", "json"))
    rows(judgebench("run", "--judge", "baseline/first", "--task", "judgebench", "--sample", "--format", "json"))
    file = label(tmp_path / "labels", items, ["A", "B", "B"])
    done = judgebench("score", "runs", "--labels", file, "--format", "json")
    assert list(rows(done)) == ["counted:longer"]
    assert "there are no labels of judgebench" in done.err


def test_a_changed_item_and_a_table(judgebench, judge, items, tmp_path) -> None:
    rows(judgebench(*judge, "--format", "json"))
    file = label(tmp_path / "labels", items, ["A", "B"])
    # Whoever changes a line takes its checksum out.
    file.write_text(re.sub(r',"crc":"\w+"', "", file.read_text()).replace(items[1].content_digest, "0" * 24))
    for command in (("score", "runs"), judge):
        done = judgebench(*command, "--labels", file)
        assert done.code == 3
        assert f"{file}:2: item '{items[1].id}' has changed since it was labelled" in done.err
    table = tmp_path / "t.csv"
    table.write_text("j,g\nA,A\n")
    done = judgebench("score", "--csv", table, "--judge-col", "j", "--gold-col", "g", "--labels", file)
    assert done.code == 2
    assert "--labels" in done.err


def test_what_is_said_of_labels_is_heard_or_refused(judgebench, judge, items, tmp_path) -> None:
    rows(judgebench(*judge, "--order", "original", "--format", "json"))
    table = tmp_path / "t.csv"
    words = ["**A**", "[[B]]", "tie", "A."]
    table.write_text("id,ann\n" + "".join(f"{one.id},{word}\n" for one, word in zip(items, words, strict=False)))
    plain = judgebench("score", "runs", "--labels", table)
    assert plain.code == 3
    assert "'**A**' is not on the scale" in plain.err
    done = judgebench("score", "runs", "--labels", table, "--read-replies", "--scale", "pair", "--format", "json")
    assert rows(done)["counted:longer"]["items"] == 4
    assert "ann: cells read by --read-replies: 2 by decoration" in done.err
    for unheard, words in (
        (["--labels", table, "--reverse", "ann"], "--reverse is not read in a table of --labels"),
        (
            ["--labels-mode", "only"],
            "--labels-mode only says what becomes of labels, and there are none: give --labels",
        ),
    ):
        refused = judgebench("score", "runs", *unheard)
        assert refused.code == 2
        assert words in refused.err


def test_settled_labels_are_gold_where_that_is_asked_for(judgebench, judge, items, tmp_path) -> None:
    rows(judgebench(*judge, "--order", "original", "--format", "json"))
    folder = tmp_path / "labels"
    ann, bob = ["A"] * 6 + ["B"] * 6, ["A"] * 5 + ["B"] * 3 + ["A"] * 4
    label(folder, items, ann)
    label(folder, items, bob, annotator="bob")
    # Of the five items on which they differ all but the last are settled.
    with LabelWriter(label_file(folder, "pandalm", ADJUDICATED)) as writer:
        for n in (5, 8, 9, 10):
            said = Labelled(
                "pandalm", "sample", items[n].id, items[n].content_digest, ADJUDICATED, "pair:3", "tie", (0, 1)
            )
            writer.append(replace(said, by="ann", settles=(Own("ann", ann[n]), Own("bob", bob[n]))))
    done = judgebench("score", "runs", "--labels", folder, "--labels-mode", "settled", "--format", "json")
    (row,) = rows(done).values()
    assert "left out 1 items of pandalm" in done.err
    (stored,) = find_runs(tmp_path / "runs")
    verdicts = {verdict.item: verdict.code for verdict in stored.judgments()}
    gold = {items[n].id: 1 if n in {5, 8, 9, 10} else WORDS.index(ann[n]) for n in range(11)}
    expected = cohen_kappa_score([gold[item] for item in gold], [verdicts[item] for item in gold], labels=[0, 1, 2])
    assert (row["items"], row["gold"]) == (11, "human")
    assert row["metrics"]["cohen_kappa"]["value"] == pytest.approx(expected, abs=1e-12)
    # Two people labelled, and what is said to go on with keeps their labels.
    refused = judgebench("humans", "runs", "--labels", folder, "--labels-mode", "settled")
    assert (refused.code, "--labels-mode settled" in refused.err, "--gold-col" in refused.err) == (3, True, False)
    said = judgebench("score", "runs", "--labels", "labels", "--labels-mode", "settled").out
    assert "is not known" not in said
    assert "judgebench report runs --labels labels --labels-mode settled" in said
    # The people's own labels are untouched: without the mode, settled ones are nobody's.
    done = judgebench("score", "runs", "--labels", folder, "--format", "json")
    (row,) = rows(done).values()
    assert "4 settled labels are not used" in done.err
    assert row["people"]["people"] == 2

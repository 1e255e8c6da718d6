"""Published figures beside the data, judges of one file told apart, and judges that the data lack."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pytest

import judgebench
from judgebench.api.notes import NoteWarning
from judgebench.errors import DataError, MismatchError, UsageError
from judgebench.report.document import TYPED
from judgebench.report.reproduction import ABSENT
from judgebench.reproduce import reproduction as module
from judgebench.reproduce.published import Published, load_published
from judgebench.reproduce.reproduction import reproduce
from judgebench.tasks.base import open_task
from judgebench.tasks.card import card_dir

OWN = """
[[recorded]]
names = ["strict", "mild", "stern"]
file = "mine.jsonl"

[[cell]]
judge = "strict"
metric = "accuracy"
value = {strict}
decimals = 1
source = "our wiki"
"""


RECORDED = OWN.partition("[[cell]]")[0]


def cell(judge: str, **more: str) -> str:
    """An entry of a figure that is surely another one."""
    said = {"metric": '"accuracy"', "value": "101.5", "decimals": "1", "source": '"our wiki"'} | more
    return f'[[cell]]\njudge = "{judge}"\n' + "".join(f"{key} = {value}\n" for key, value in said.items())


def entry(kind: str, **said: str) -> str:
    """A figure of people."""
    text = "".join(f'{key} = "{value}"\n' for key, value in said.items())
    return f'[[{kind}]]\n{text}value = 1\ndecimals = 1\nsource = "our wiki"\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """PandaLM's sample rows as its file, and verdicts of two judges in one file of our own format.

    What is published of the annotators isn't true of a sample, and left out.
    """

    def of_judges(name, root):
        published = load_published(name, root)
        return replace(published, figures=tuple(one for one in published.figures if one.kind == "cell"))

    monkeypatch.setattr(module, "load_published", of_judges)
    home = tmp_path / "pandalm"
    home.mkdir()
    sample = (card_dir() / "pandalm" / "sample.jsonl").read_text("utf-8")
    (home / "testset-v1.json").write_text(sample, encoding="utf-8")
    lines = [
        json.dumps({"id": item.id, "verdict": verdict, "judge_name": judge})
        for judge, verdict in (("strict", "A"), ("mild", "tie"))
        for item in open_task("pandalm", sample=True).items()
    ]
    (home / "mine.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return home


def shares():
    """How often the majority of the sample's annotators says A, and tie: in percent."""
    votes = [[label.code for label in item.gold] for item in open_task("pandalm", sample=True).items()]
    majority = [max(set(codes), key=codes.count) for codes in votes]
    return [100 * majority.count(code) / len(majority) for code in (0, 1)]


def test_figures_beside_the_data_are_compared_and_their_file_is_named(folder):
    strict, mild = shares()
    (folder / "published.toml").write_text(OWN.format(strict=round(strict, 1)), encoding="utf-8")
    found = reproduce(["pandalm"], folder.parent)
    assert found.ok
    assert [(one.judge, one.match, one.published_in) for one in found.cells] == [
        ("strict", True, "pandalm/published.toml")
    ]
    # By the figures that are published of others: the card's four, of which this is the first.
    assert {(one.judge, one.published, one.match) for one in found.measured} == {("mild", None, None)}
    assert [one.metric for one in found.measured] == ["accuracy", "macro_precision", "macro_recall", "macro_f1"]
    assert found.measured[0].shown == pytest.approx(mild)
    table = found.render("table", explain=True)
    assert "pandalm/published.toml: our wiki" in table
    assert "recorded in mine.jsonl" in table
    assert "1 of 1 published figures match" in found.summary
    assert "1 more judge is measured" in found.summary
    written = json.loads(found.render("json"))
    assert written["measured"][0]["source"] == "recorded in mine.jsonl"
    rows = list(csv.DictReader(io.StringIO(found.render("csv"))))
    assert [(row["judge"], row["published"] == "", row["match"]) for row in rows] == [
        ("strict", False, "yes"),
        *[("mild", True, "")] * 4,
    ]
    # The card's own figures are of judges whose files aren't here.
    assert {one.state for one in found.unmatched} == {"not recomputed", ABSENT}


def test_a_judge_that_a_file_lacks_is_a_line_and_changes_no_exit_code(folder):
    strict, _ = shares()
    text = OWN.format(strict=round(strict, 1)) + cell("stern") + cell("nobody")
    (folder / "published.toml").write_text(text, encoding="utf-8")
    found = reproduce(["pandalm"], folder.parent)
    assert found.failure is None
    lines = {one.figure: one.reason for one in found.unmatched if one.figure.startswith(("stern", "nobody"))}
    assert lines == {
        "stern (test), all: accuracy": "mine.jsonl holds strict, mild",
        "nobody (test), all: accuracy": "the recorded judges are strict, mild, gpt-3.5-turbo, pandalm-7b, stern",
    }
    assert "pandalm, not in this data: stern (test), all: accuracy" in found.render("table", width=300, explain=True)


def test_a_figure_of_one_s_own_that_differs_fails(folder):
    (folder / "published.toml").write_text(OWN.format(strict=101.5), encoding="utf-8")
    found = reproduce(None, folder.parent)
    assert isinstance(found.failure, MismatchError)
    assert found.mismatches == 1


def test_nothing_compared_though_something_is_published_is_not_a_success(folder):
    text = RECORDED + cell("nobody")
    (folder / "published.toml").write_text(text, encoding="utf-8")
    found = reproduce(["pandalm"], folder.parent)
    assert {one.judge for one in found.measured} == {"strict", "mild"}
    assert not found.ok
    assert "none of the published figures is of a judge in this data" in str(found.failure)


def test_a_judge_without_any_published_figure_is_measured_by_the_scale_s_headline(folder, monkeypatch):
    monkeypatch.setattr(module, "load_published", lambda name, _root: Published(name))
    (folder / "published.toml").write_text(RECORDED, encoding="utf-8")
    found = reproduce(["pandalm"], folder.parent)
    assert [(one.judge, one.subset, one.metric) for one in found.measured] == [
        ("strict", "all", "cohen_kappa"),
        ("mild", "all", "cohen_kappa"),
    ]
    # Nothing is published, and so nothing differs.
    assert found.ok


def test_a_measured_judge_whose_rows_are_damaged_is_a_line_a_compared_one_ends_the_command(folder):
    strict, _ = shares()
    path = folder / "mine.jsonl"
    path.write_text(path.read_text("utf-8").replace('"verdict": "tie"', '"verdict": "neither"', 1), encoding="utf-8")
    (folder / "published.toml").write_text(OWN.format(strict=round(strict, 1)), encoding="utf-8")
    found = reproduce(["pandalm"], folder.parent)
    assert found.ok
    assert (found.measured[0].judge, found.measured[0].ours) == ("mild", None)
    assert "mine.jsonl" in found.measured[0].note
    assert "'neither'" in found.measured[0].note
    (folder / "published.toml").write_text(OWN.format(strict=round(strict, 1)) + cell("mild"), encoding="utf-8")
    with pytest.raises(DataError, match=r"mine\.jsonl.*'neither'"):
        reproduce(["pandalm"], folder.parent)


def test_the_file_may_lie_in_the_data_folder_itself(folder):
    strict, _ = shares()
    text = OWN.format(strict=round(strict, 1))
    # The task's own folder as data: whose figures they are is plain.
    (folder / "published.toml").write_text(text, encoding="utf-8")
    assert [one.published_in for one in reproduce(None, folder).cells] == ["published.toml"]
    top = folder.parent / "published.toml"
    (folder / "published.toml").rename(top)
    # One task is asked for, or the file names it.
    assert reproduce(["pandalm"], folder.parent).ok
    with pytest.raises(
        DataError, match=r'published\.toml, field .task.*no task whose data lie beside.*task = "pandalm"'
    ):
        reproduce(None, folder.parent)
    top.write_text(f'task = "pandalm"\n{text}', encoding="utf-8")
    assert reproduce(None, folder.parent).ok


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (cell("strict", value='"71"'), r"field 'cell\[0\]\.value': expected a number, got '71'"),
        (cell("strict", value="nan"), r"field 'cell\[0\]\.value': expected a number"),
        (cell("strict") + cell("mild", decimal="1"), r"field 'cell\[1\]\.decimal': this key is not known"),
        (cell("strict", split='"dev"'), r"field 'cell\[0\]\.split': 'dev' is not one of test"),
        (cell("strict", source='""'), r"field 'cell\[0\]\.source': this must not be empty"),
        ('[[recorded]]\nname = "pandalm-7b"\nfile = "x.jsonl"\n', r"field 'recorded\[0\]\.name': .* recorded already"),
        ('task = "judgebench"\n', r"field 'task': 'judgebench' in the folder of 'pandalm'"),
        (cell("strict", policies='{tie = "win"}'), r"field 'cell\[0\]\.policies\.tie': .*win"),
        (
            RECORDED + cell("mild") + cell("strict", metric='"kapa"'),
            r"field 'cell\[1\]\.metric': .*kapa.*accuracy, cohen_kappa",
        ),
        (
            RECORDED + cell("strict", subset='"hard"'),
            r"field 'cell\[0\]\.subset': there is no row 'hard'; the rows are all",
        ),
        (
            entry("humans", metric="krippendorff_alpha", subset="hard"),
            r"field 'humans\[0\]\.subset': there is no subset 'hard'; the subsets are all",
        ),
        (
            entry("annotators", metric="kapa", a="annotator1", b="annotator2"),
            r"field 'annotators\[0\]\.metric': there is no metric 'kapa'.*cohen_kappa",
        ),
        (
            entry("annotators", metric="cohen_kappa", a="me", b="annotator2"),
            r"field 'annotators\[0\]\.a': there is no annotator 'me'; .* annotator1",
        ),
        ("[[cell]\n", r"this is not TOML: .*line 1"),
    ],
)
def test_errors_name_the_file_the_table_and_the_field(folder, text, said):
    (folder / "published.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=rf"pandalm.published\.toml.*{said}"):
        reproduce(["pandalm"], folder.parent)


def test_a_card_s_own_file_is_not_read_twice(folder):
    """The folder of cards may be the folder of data."""
    with pytest.raises(DataError, match="nothing of pandalm can be recomputed"):
        reproduce(["pandalm"], card_dir())
    (folder / "published.toml").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="nothing of pandalm can be recomputed"):
        reproduce(["pandalm"], folder.parent)


def test_files_of_one_s_own_are_compared_with_figures_of_one_s_own_wherever_they_lie(folder, tmp_path):
    strict, _ = shares()
    home = tmp_path / "elsewhere"
    home.mkdir()
    mine, own = home / "ours.jsonl", home / "figures.toml"
    (folder / "mine.jsonl").rename(mine)
    figure = cell("strict", value=str(round(strict, 1)))
    own.write_text(f'task = "pandalm"\n{figure}', encoding="utf-8")
    found = judgebench.reproduce(mine, published=own, data=folder.parent)
    assert found.ok
    assert [(one.judge, one.match, one.published_in) for one in found.cells] == [("strict", True, str(own))]
    assert {(one.judge, one.source) for one in found.measured} == {("mild", f"recorded in {mine}")}
    # What the card says of judges that this file doesn't hold is no gap.
    assert found.unmatched == ()
    # Its items may lie beside it.
    (folder / "testset-v1.json").rename(home / "testset-v1.json")
    assert judgebench.reproduce([mine], published=own).cells == found.cells
    # Without a file the one of figures may name what lies beside it.
    own.write_text('[[recorded]]\nnames = ["strict", "mild"]\nfile = "ours.jsonl"\n' + figure, encoding="utf-8")
    (home / "testset-v1.json").rename(folder / "testset-v1.json")
    assert judgebench.reproduce(published=own, data=folder.parent, task="pandalm").ok
    own.write_text(cell("strict"), encoding="utf-8")
    assert judgebench.reproduce(mine, published=own, data=folder.parent, task="pandalm").mismatches == 1


def test_a_file_of_one_judge_goes_by_its_own_name_or_the_one_that_is_said(folder):
    path = folder / "mine.jsonl"
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    rows = [{key: line[key] for key in ("id", "verdict")} for line in lines if line["judge_name"] == "strict"]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert {one.judge for one in reproduce(["pandalm:test"], folder, files=[path]).measured} == {"mine"}
    own = folder / "figures.toml"
    strict, _ = shares()
    said = '[[recorded]]\nname = "gpt-9"\nfile = "mine.jsonl"\n' + cell("gpt-9", value=str(round(strict, 1)))
    own.write_text(said, encoding="utf-8")
    assert [one.judge for one in reproduce(["pandalm"], folder, files=[path], own=own).cells] == ["gpt-9"]


@pytest.mark.parametrize(
    ("tasks", "text", "said"),
    [
        (None, "", r'about one task: name it with task T, or write task = "T" at the top of .*figures\.toml'),
        (["pandalm", "judgebench"], "", "about one task"),
        (["pandalm"], 'task = "judgebench"', "'judgebench', and 'pandalm' is asked for"),
    ],
)
def test_files_of_one_s_own_need_one_task(folder, tasks, text, said):
    own = folder / "figures.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises((DataError, UsageError), match=said):
        reproduce(tasks, folder, files=[folder / "mine.jsonl"], own=own)
    with pytest.raises(UsageError, match=r"there is no file 'nowhere\.csv'"):
        judgebench.reproduce("nowhere.csv")


def test_a_column_per_judge_is_read_and_said_and_conditions_tell_a_judge_s_figures_apart(folder, monkeypatch):
    monkeypatch.setattr(module, "load_published", lambda name, _root: Published(name))
    monkeypatch.setenv("JUDGEBENCH_DATA", str(folder.parent))
    ids = [item.id for item in open_task("pandalm", sample=True).items()]
    wide = folder / "wide.csv"
    wide.write_text("id,gold,gpt,claude,note\n" + "".join(f"{i},A,A,tie,why\n" for i in ids), encoding="utf-8")
    said = f"{wide}: judges: gpt, claude; not read: gold (the task brings its own gold), note"
    with pytest.warns(NoteWarning, match=re.escape(said)):
        found = judgebench.reproduce(wide, task="pandalm")
    alone = judgebench.reproduce(folder / "mine.jsonl", task="pandalm")
    assert [one.judge for one in found.measured] == ["gpt", "claude"]
    assert [one.ours for one in found.measured] == [one.ours for one in alone.measured]
    # One judge under two conditions is one name in two rows.
    said = (("ref", "A"), ("none", "B"))
    rows = [{"id": i, "verdict": verdict, "judge_name": "gpt", "cond": cond} for cond, verdict in said for i in ids]
    told = folder / "told.jsonl"
    told.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    own = folder / "own.toml"
    own.write_text(cell("gpt (cond none)"), encoding="utf-8")
    both = judgebench.reproduce(told, published=own, task="pandalm")
    assert [one.judge for one in (*both.cells, *both.measured)] == ["gpt (cond none)", "gpt (cond ref)"]
    written = json.loads(both.render("json"))
    assert [(one["judge"], one["conditions"]) for one in (*written["cells"], *written["measured"])] == [
        ("gpt", {"cond": "none"}),
        ("gpt", {"cond": "ref"}),
    ]
    assert [row["conditions"] for row in csv.DictReader(io.StringIO(both.render("csv")))] == ["cond=none", "cond=ref"]


def test_columns_that_somebody_names_need_no_telling(folder):
    ids = [item.id for item in open_task("pandalm", sample=True).items()]
    path = folder / "wide.csv"
    path.write_text("id,label,gpt\n" + "".join(f"{i},A,tie\n" for i in ids), encoding="utf-8")
    with pytest.raises(DataError, match="whether the labels in 'label' are a judge's or gold can't be told"):
        reproduce(["pandalm"], folder, files=[path])
    (folder / "published.toml").write_text('[[recorded]]\nname = "gpt-9"\ncolumn = "gpt"\nfile = "wide.csv"\n')
    assert {one.judge for one in reproduce(["pandalm"], folder.parent).measured} == {"gpt-9"}


def test_why_figures_differ_is_offered_only_where_some_do(folder):
    token = TYPED.set(("reproduce", "--task", "pandalm"))
    try:
        strict, _ = shares()
        whys = []
        for value in (strict, strict + 10):
            (folder / "published.toml").write_text(OWN.format(strict=round(value, 1)), encoding="utf-8")
            whys += [one.why for one in reproduce(["pandalm"], folder.parent).brief().next]
    finally:
        TYPED.reset(token)
    assert ["differs" in why for why in whys] == [False, True]

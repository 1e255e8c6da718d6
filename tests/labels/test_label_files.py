"""Annotators' files: what is saved stays, the last line of an item counts, and whatever is odd is named."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored_cases import RUN, case, verdict

from judgebench.api.labelling import LabelledTask
from judgebench.domain import Scale
from judgebench.domain.items import Item, Label, Response, Turn
from judgebench.errors import DataError, IncompleteError, UsageError
from judgebench.labels.annotation_files import LabelWriter, label_file, read_file, read_labels
from judgebench.labels.annotations import ADJUDICATED, Labelled, Own, code_of, words_of
from judgebench.store.labelled import LabelledRun
from judgebench.store.runs import read_run
from judgebench.store.writer import RunWriter

PAIR = Scale.pair()


def said(item="i1", label="A", annotator="ann", **rest) -> Labelled:
    how = {
        "task": "toy",
        "revision": "r1",
        "content": case(item).item.content_digest,
        "scale": PAIR.spec,
        "shown": (0, 1),
        "at": "2026-01-01T00:00:00Z",
    }
    return Labelled(item=item, label=label, annotator=annotator, **(how | rest))


def write(file, *lines: Labelled):
    with LabelWriter(file) as writer:
        for line in lines:
            writer.append(line)
    return file


class Toy:
    name, revision, scale = "toy", "r1", PAIR

    def __init__(self, *names: str, gold=((("h1", 0), ("h2", None)))) -> None:
        self._items = [
            Item(
                name,
                (Turn.of("user", "Which?"),),
                (Response("one", "sys1"), Response("two!", "sys2")),
                tuple(Label(*one) for one in gold),
                "human",
            )
            for name in names
        ]

    def items(self):
        return self._items


def test_what_is_written_is_read_and_fits_the_schema(tmp_path) -> None:
    lines = [said(), said("i2", None, seconds=3.5), said("i3", ("2", "1"), showing=2, shown=(1, 0), seed=7)]
    file = write(tmp_path / "deep" / "a.jsonl", *lines)
    assert [line.said for line in read_file(file)] == lines
    for number, text in enumerate(file.read_text("utf-8").splitlines(), 1):
        jsonschema.validate(json.loads(text), Labelled.json_schema())
        assert next(line for line in read_file(file) if line.number == number).file == str(file)


def test_lines_of_before_are_read_and_new_fields_fit_the_schema() -> None:
    before = said().to_json()
    assert not before.keys() & {"comment", "rubric", "by", "settles"}
    assert Labelled.from_json(before) == said()
    full = said(
        annotator=ADJUDICATED,
        comment="wegen 文",
        rubric="0123456789",
        by="Zoë",
        settles=(Own("a", "A"), Own("b", None)),
    )
    assert Labelled.from_json(json.loads(json.dumps(full.to_json()))) == full
    jsonschema.validate(full.to_json(), Labelled.json_schema())
    for wrong in ({"comment": 3}, {"settles": [{"annotator": "a"}]}, {"settles": [{"annotator": "a", "label": 1}]}):
        with pytest.raises((KeyError, TypeError)):
            Labelled.from_json(before | wrong)


def settled(item, label, **own) -> Labelled:
    return said(item, label, ADJUDICATED, by="ann", settles=tuple(Own(name, word) for name, word in own.items()))


def test_what_people_settled_on_is_nobodys_own_label(tmp_path) -> None:
    write(tmp_path / "ann.jsonl", *(said(f"i{n}", word) for n, word in enumerate(["A", "A", "B", "tie", None, "A"])))
    write(
        tmp_path / "bob.jsonl", *(said(f"i{n}", word, "bob") for n, word in enumerate(["A", "B", "A", "A", "B", None]))
    )
    write(tmp_path / "both.jsonl", settled("i1", "A", ann="A", bob="B"), settled("i2", "tie", ann="B", bob="A"))
    labels = read_labels([tmp_path])["toy"]
    assert sorted(labels.lines) == ["ann", "bob"]
    assert {item: line.said.label for item, line in labels.settled.items()} == {"i1": "A", "i2": "tie"}
    common = read_labels([tmp_path], "settled")["toy"]
    assert list(common.lines) == [ADJUDICATED]
    assert {item: line.said.label for item, line in common.lines[ADJUDICATED].items()} == {
        "i0": "A",
        "i1": "A",
        "i2": "tie",
        "i4": "B",
        "i5": "A",
    }
    assert common.notes == ("left out 1 items of toy on which annotators differ and have not settled",)
    assert common.digest != labels.digest


def test_the_last_line_of_an_item_counts(tmp_path) -> None:
    file = write(tmp_path / "a.jsonl", said(label="A"), said("i2", "B"), said(label="tie"), said(label="B", showing=2))
    labels = read_labels([file])["toy"]
    assert {name: line.said.label for name, line in labels.lines["ann"].items()} == {"i1": "tie", "i2": "B"}
    assert labels.again["ann"]["i1"].said.label == "B"


@pytest.mark.parametrize("torn", [b'{"schema":"judgebench.lab', b"\xff\xfe", b"   "])
def test_a_torn_last_line_is_left_out_and_cut_off(tmp_path, torn) -> None:
    file = write(tmp_path / "a.jsonl", said(), said("i2"))
    whole = file.read_bytes()
    file.write_bytes(whole + torn)
    assert len(list(read_file(file))) == 2
    write(file, said("i3"))
    assert file.read_bytes().startswith(whole)
    assert [line.said.item for line in read_file(file)] == ["i1", "i2", "i3"]


def test_a_last_line_that_an_editor_left_open_is_no_torn_one(tmp_path) -> None:
    file = write(tmp_path / "a.jsonl", said(), said("i2"))
    file.write_bytes(file.read_bytes().rstrip(b"\n"))
    assert len(list(read_file(file))) == 2
    write(file, said("i3"))
    assert [line.said.item for line in read_file(file)] == ["i1", "i2", "i3"]


@pytest.mark.parametrize("change", [{"label": 3}, {"schema": "judgebench.labels/2"}, {"showing": 3}])
def test_a_wrong_last_line_that_an_editor_left_open_is_named_and_kept(tmp_path, change) -> None:
    file = write(tmp_path / "a.jsonl", said())
    edited = file.read_bytes() + json.dumps(said("i2").to_json() | change).encode()
    file.write_bytes(edited)
    with pytest.raises(DataError, match=r"a\.jsonl:2: not a label"):
        read_labels([file])
    with pytest.raises(DataError, match="not a label"):
        write(file, said("i3"))
    assert file.read_bytes() == edited


@pytest.mark.parametrize("end", [b"", b"\r\n"])
def test_a_mark_of_utf8_and_the_line_ends_of_windows_are_read(tmp_path, end) -> None:
    file = write(tmp_path / "a.jsonl", said(), said("i2"))
    marked = b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n").rstrip() + end
    file.write_bytes(marked)
    assert [line.said.item for line in read_file(file)] == ["i1", "i2"]
    write(file, said("i3"))
    assert file.read_bytes().startswith(marked)
    assert [line.said.item for line in read_file(file)] == ["i1", "i2", "i3"]


def test_one_marked_line_without_an_end_is_kept(tmp_path) -> None:
    file = write(tmp_path / "a.jsonl", said())
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().rstrip())
    write(file, said("i2"))
    assert [line.said.item for line in read_file(file)] == ["i1", "i2"]


def _replaced(file: Path) -> None:
    other = file.with_suffix(".new")
    other.write_bytes(file.read_bytes())
    other.replace(file)


def _left_open(file: Path) -> None:
    file.write_bytes(file.read_bytes().rstrip(b"\n"))


@pytest.mark.parametrize("edit", [_replaced, _left_open, Path.unlink])
def test_a_file_that_was_edited_meanwhile_takes_no_label(tmp_path, edit) -> None:
    file = tmp_path / "a.jsonl"
    with LabelWriter(file) as writer:
        writer.append(said())
        edit(file)
        before = file.read_bytes() if file.exists() else None
        with pytest.raises(IncompleteError, match="was changed or moved"):
            writer.append(said("i2"))
    assert (file.read_bytes() if file.exists() else None) == before
    write(file, said("i2"))
    assert [line.said.item for line in read_file(file)][-1] == "i2"


def test_a_killed_writer_loses_nothing_it_has_confirmed(tmp_path) -> None:
    script = (
        "import sys; sys.path[:0] = sys.argv[2:]\n"
        "from test_label_files import LabelWriter, said\nfrom pathlib import Path\n"
        "with LabelWriter(Path(sys.argv[1])) as writer:\n"
        "    n = 0\n"
        "    while True:\n"
        "        writer.append(said(f'i{n}')); n += 1; print(n, flush=True)\n"
    )
    file = tmp_path / "a.jsonl"
    folder = Path(__file__).parent
    with subprocess.Popen(
        [sys.executable, "-c", script, file, folder, folder.parent], stdout=subprocess.PIPE, text=True
    ) as process:
        while int(process.stdout.readline()) < 50:
            pass
        with pytest.raises(UsageError, match="another process is writing"), LabelWriter(file):
            pass
        process.send_signal(signal.SIGKILL)
        confirmed = max([50, *map(int, process.stdout.read().split())])
    found = [line.said.item for line in read_file(file)]
    assert found[:confirmed] == [f"i{n}" for n in range(confirmed)]
    write(file, said("more"))
    assert [line.said.item for line in read_file(file)][-1] == "more"


def test_a_full_disk_leaves_no_half_line() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    writer = LabelWriter(full)
    writer._descriptor = os.open(full, os.O_WRONLY)
    try:
        with pytest.raises(IncompleteError, match="can't write /dev/full"):
            writer.append(said())
        assert writer.lines == []
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"schema": "judgebench.labels/9"}, "schema 'judgebench.labels/9'"),
        ({"item": 3}, "item is 3, expected text"),
        ({"label": 2}, "label is 2"),
        ({"label": ["1", 2]}, "label is"),
        ({"shown": ["x"]}, "whole numbers"),
        ({"showing": 3}, "whole numbers"),
        ({"seconds": "4"}, "seconds"),
        ({"annotator": " "}, "annotator is empty"),
    ],
)
def test_a_line_that_is_no_label_is_named(tmp_path, change, match) -> None:
    file = write(tmp_path / "a.jsonl", said())
    file.write_text(file.read_text() + json.dumps(said("i2").to_json() | change) + "\n" + json.dumps({}) + "\n")
    with pytest.raises(DataError, match=match) as caught:
        read_labels([file])
    assert (caught.value.file, caught.value.line) == (str(file), 2)


def test_two_files_of_one_annotator_on_one_item(tmp_path) -> None:
    write(tmp_path / "a.jsonl", said())
    write(tmp_path / "b.jsonl", said("i2"), said())
    with pytest.raises(DataError, match=r"b.jsonl:2: 'ann' labelled item 'i1' here and in .*a.jsonl:1"):
        read_labels([tmp_path])


def test_an_empty_folder_and_a_missing_file(tmp_path) -> None:
    with pytest.raises(DataError, match="no labels here"):
        read_labels([tmp_path])
    with pytest.raises(DataError, match="can't read: No such file"):
        read_labels([tmp_path / "none.jsonl"])


@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=80))
def test_names_of_files_stay_in_their_folder_and_apart(one, other) -> None:
    files = [label_file(Path("labels"), "toy:x", name) for name in (one, other)]
    assert all(file.parent == Path("labels") and file.suffix == ".jsonl" for file in files)
    assert (files[0].name.casefold() == files[1].name.casefold()) == (one == other)


@given(st.data())
def test_words_come_back_as_codes(data) -> None:
    scale = data.draw(
        st.sampled_from(
            [
                Scale.check(),
                *(Scale.pair(n, both_bad=bad) for n in (2, 3, 5, 7) for bad in (False, True)),
                Scale.rate(-2, 4),
                Scale.pick(4),
                Scale.rank(4),
                Scale.steps(),
                Scale.categories(["a,b", "c"]),
            ]
        )
    )
    codes = st.integers(0, len(scale.labels) - 1)
    code = data.draw(
        {
            "rank": st.permutations(range(4)).map(tuple),
            "steps": st.lists(codes, min_size=1).map(tuple),
        }.get(scale.kind, codes)
    )
    assert code_of(words_of(code, scale), scale, 4) == code


@pytest.mark.parametrize(
    ("words", "scale"),
    [
        ("C", PAIR),
        (("A",), PAIR),
        ("0", Scale.pick(3)),
        ("4", Scale.pick(3)),
        ("²", Scale.pick(3)),
        (("1", "1", "2"), Scale.rank(3)),
        (("1", "2"), Scale.rank(3)),
        ("1", Scale.rank(3)),
        ("correct", Scale.steps()),
        ((), Scale.steps()),
        (("correct", "?"), Scale.steps()),
    ],
)
def test_words_that_are_none(words, scale) -> None:
    with pytest.raises(ValueError, match="is not on the scale"):
        code_of(words, scale, 3)


def labels(tmp_path, *lines, mode="only"):
    return read_labels([write(tmp_path / "a.jsonl", *lines)], mode)["toy"]


def test_only_these_labels(tmp_path) -> None:
    task = LabelledTask(Toy("i1", "i2", "i3"), labels(tmp_path, said(), said("i3", None)))
    (item,) = task.items()
    assert (item.id, item.gold, item.gold_source) == ("i1", (Label("ann", 0),), "human")
    assert task.revision.startswith("r1+labels-")


def test_beside_the_gold(tmp_path) -> None:
    task = LabelledTask(Toy("i1", "i2"), labels(tmp_path, said(label="B"), said("i2", None), mode="add"))
    first, second = task.items()
    assert first.gold == (Label("h1", 0), Label("h2", None), Label("ann", 2))
    assert second.gold[-1] == Label("ann", None)


def test_the_revision_tells_labels_apart(tmp_path) -> None:
    def revision(name, label, mode="only"):
        file = write(tmp_path / name, said(label=label))
        return LabelledTask(Toy("i1"), read_labels([file], mode)["toy"]).revision

    assert revision("a", "A") == revision("b", "A") != revision("c", "B")
    assert revision("a", "A") != revision("a", "A", "add")


@pytest.mark.parametrize(
    ("line", "names", "mode", "match"),
    [
        (said(content="0" * 24), ["i1"], "only", "item 'i1' has changed since it was labelled"),
        (said(scale="pair:2"), ["i1"], "only", "the scale pair:2, and toy has pair:3"),
        (said(label="C"), ["i1"], "only", "label 'C' is not on the scale pair:3"),
        (said("i9"), ["i1"], "only", "has no item 'i9'"),
        (said(annotator="h1"), ["i1"], "add", "toy has an annotator 'h1' already"),
    ],
)
def test_labels_that_do_not_fit_are_named_by_file_and_line(tmp_path, line, names, mode, match) -> None:
    with pytest.raises(DataError, match=match) as caught:
        list(LabelledTask(Toy(*names), labels(tmp_path, line, mode=mode)).items())
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "a.jsonl"), 1)


def test_all_skipped(tmp_path) -> None:
    with pytest.raises(DataError, match="all were skipped"):
        list(LabelledTask(Toy("i1"), labels(tmp_path, said(label=None))).items())


@pytest.fixture
def stored(tmp_path):
    run = replace(RUN, counts={"items": 3, "cases": 6})
    with RunWriter(tmp_path / "runs", run) as writer:
        for name in ("i1", "i2", "i3"):
            for order in ((0, 1), (1, 0)):
                writer.append(verdict(name, order=order))
        writer.write_manifest(run)
    return read_run(writer.path)


def test_a_stored_run_needs_no_data(stored, tmp_path) -> None:
    joined = LabelledRun.of(stored, labels(tmp_path, said(label="B"), said("i3", None)))
    assert [(v.item, v.order, v.gold, v.gold_source) for v in joined.judgments()] == [
        ("i1", (0, 1), (("ann", 2),), "human"),
        ("i1", (1, 0), (("ann", 2),), "human"),
    ]
    assert joined.run.counts == {"items": 1, "cases": 2}
    assert joined.run.revision != stored.run.revision
    beside = LabelledRun.of(stored, labels(tmp_path / "b", said(label="B"), mode="add"))
    assert len(list(beside.verdicts())) == 6
    assert next(beside.judgments()).gold == (("h1", 0), ("h2", None), ("ann", 2))


def test_all_odd_words_of_a_table_are_named_at_once(stored, tmp_path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("id,ann\ni1,dunno\ni2,better: B\ni3,dunno\n")
    with pytest.raises(
        DataError, match=r"t.csv:2: 'dunno' is not on .* \(2 cells\); also 'better: B' \(line 3\)"
    ) as caught:
        LabelledRun.of(stored, read_labels([file])[""])
    assert "reads 'better: B' as B, but not 'dunno'" in str(caught.value)
    file.write_text("id,ann\ni1,A\ni1,B\ni2,A\ni2,A\n")
    with pytest.raises(DataError, match=r"t.csv:3: 'ann' labels item 'i1' here and on line 2; so it is on 1 more line"):
        read_labels([file])


def test_a_run_that_is_not_whole_stays_so(stored, tmp_path) -> None:
    short = stored._replace(run=replace(stored.run, counts={"items": 9, "cases": 18}))
    assert LabelledRun.of(short, labels(tmp_path, said())).run.counts == {"items": 9, "cases": 18}


@pytest.mark.parametrize("change", [{"label": None}, {"showing": 2}])
def test_a_stored_run_and_labels_that_say_nothing(stored, tmp_path, change) -> None:
    file = write(tmp_path / "a.jsonl", said(**change))
    with pytest.raises(DataError, match="nobody gave an item of toy a label"):
        LabelledRun.of(stored, read_labels([file])["toy"])


def test_a_stored_run_tells_a_changed_item_by_its_key(stored, tmp_path) -> None:
    with pytest.raises(DataError, match=r"a.jsonl:1: item 'i1' has changed"):
        LabelledRun.of(stored, labels(tmp_path, said(content="0" * 24)))
    with pytest.raises(DataError, match="none of the 1 labelled items is in this run"):
        LabelledRun.of(stored, labels(tmp_path / "b", said("i9")))

"""Recorded verdicts in our own formats."""

from __future__ import annotations

import json

import pytest

from judgebench.domain import Case, Item, Label, Reply, Response, Scale, Status, Turn, Verdict
from judgebench.errors import DataError, UsageError
from judgebench.labels.cells import Cells
from judgebench.tasks.base import open_task
from judgebench.tasks.recordings import columns_of, is_own_format, read_recording
from judgebench.tasks.sources import file_source

PAIR = Scale.pair()
ITEM = Item("x", (Turn.of("user", "Q?"),), (Response("a"), Response("b")), (Label("g", 0),), "human")


def write(tmp_path, name: str, text: str | bytes):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_csv_and_jsonl_say_the_same(tmp_path) -> None:
    csv = write(
        tmp_path, "r.csv", '\ufeffid;verdict;order;text\r\n1; a ;;"x\u2028;y"\r\n1;B;swapped;\r\n2;;"0,1";hm\r\n'
    )
    lines = [
        {"id": 1, "verdict": "A", "text": "x\u2028;y"},
        {"id": "1", "verdict": "b", "order": [1, 0]},
        {"id": "2", "verdict": None, "order": "original", "text": "hm"},
    ]
    jsonl = write(tmp_path, "r.jsonl", "\n".join(json.dumps(line, ensure_ascii=False) for line in lines))
    first, second = read_recording(csv, PAIR), read_recording(jsonl, PAIR)
    for recording in (first, second):
        assert recording.name == "r"
        assert recording.orders == ((0, 1), (1, 0))
        assert {key: (reply.status, reply.code) for key, reply in recording.replies.items()} == {
            ("1", (0, 1)): (Status.OK, 0),
            ("1", (1, 0)): (Status.OK, 2),
            ("2", (0, 1)): (Status.UNPARSED, None),
        }
    assert first.replies["1", (0, 1)].text == second.replies["1", (0, 1)].text == "x\u2028;y"


def test_a_column_may_be_chosen_and_long_fields_are_read(tmp_path) -> None:
    path = write(tmp_path, "r.csv", f"id,gpt,text\n1,correct,{'x' * 200_000}\n")
    recording = read_recording(path, Scale.check(), "gpt")
    assert recording.replies["1", (0,)].code == 1
    assert len(recording.replies["1", (0,)].text) == 200_000


@pytest.mark.parametrize("scale", [PAIR, Scale.pair(5), Scale.pick(3)], ids=lambda s: s.spec)
def test_the_verdicts_of_a_run_come_back_as_they_were_shown(tmp_path, scale) -> None:
    count = 3 if scale.kind == "pick" else 2
    item = Item("x", ITEM.conversation, tuple(Response(str(n)) for n in range(count)), ITEM.gold, "human")
    orders = [tuple(range(count)), tuple(reversed(range(count)))] + ([(1, 2, 0)] if count == 3 else [])
    lines, expected = [], {}
    for n, order in enumerate(orders):
        reply = Reply.ok(n % len(scale.labels), scores=tuple(float(s) for s in range(count)), text="t", model="m")
        expected["x", order] = reply
        lines.append(Verdict.of(Case(item, order), reply, scale, "rev").to_json())
    lines.append(Verdict.of(Case(item, orders[0], repeat=1), Reply.ok(1), scale, "rev").to_json())
    path = write(tmp_path, "verdicts.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    assert read_recording(path, scale).replies == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "r\\.csv: "),
        ("id,verdict\n", "no rows"),
        ("name,verdict\n1,A\n", r"r\.csv:2, field 'id': this field is missing; the row has 'name', 'verdict'"),
        ("id,label\n1,A\n", r"field 'verdict': this field is missing"),
        ("id,verdict\n1,A,3\n", r"r\.csv:2: got 3 fields, expected 2 as in the header"),
        ("id,verdict\n1,A\n1,B\n", r"r\.csv:3: item '1' appears twice in order \[0, 1\]"),
        ("id,verdict\n1,A\n2,C\n3,hm\n", r"r\.csv:3, field 'verdict': .*'C' \(line 3\), 'hm' \(line 4\)"),
        ("id,verdict,order\n1,A,0\n", r"r\.csv:2, field 'order': '0' is not an order"),
        ('id,verdict,order\n1,A,"0,0"\n', "is not an order"),
        (b"id,verdict\n1,\xff\n", "not UTF-8"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path, text, words) -> None:
    with pytest.raises(DataError, match=words):
        read_recording(write(tmp_path, "r.csv", text), PAIR)


def test_a_missing_file_says_so(tmp_path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_recording(tmp_path / "none.csv", PAIR)


def test_own_formats_are_told_from_others(tmp_path) -> None:
    assert is_own_format(write(tmp_path, "r.csv", "id,verdict\n1,A\n"))
    assert not is_own_format(write(tmp_path, "v.json", '[{"idx": 0, "gpt_result": "1"}]'))


def test_judges_of_one_file_are_told_apart(tmp_path) -> None:
    lines = [
        {"id": item, "verdict": verdict, "judge_name": judge}
        for judge, verdicts in (("strict", "AB"), ("mild", "AA"))
        for item, verdict in zip("xy", verdicts, strict=True)
    ]
    path = write(tmp_path, "r.jsonl", "\n".join(map(json.dumps, lines)))
    found = [read_recording(path, PAIR, judge) for judge in ("strict", "mild")]
    assert [recording.name for recording in found] == ["strict", "mild"]
    assert [[reply.code for reply in recording.replies.values()] for recording in found] == [[0, 2], [0, 0]]
    with pytest.raises(UsageError, match=r"r\.jsonl: name the judge; there are: strict, mild"):
        read_recording(path, PAIR)
    with pytest.raises(UsageError, match="'stern' is not a judge of it; there are: strict, mild"):
        read_recording(path, PAIR, "stern")
    # One judge's name changes nothing.
    alone = write(tmp_path, "alone.csv", "id,verdict,judge_name\nx,A,strict\n")
    assert (read_recording(alone, PAIR).name, read_recording(alone, PAIR, "strict").name) == ("alone", "strict")
    mixed = write(tmp_path, "mixed.csv", "id,verdict,judge_name\nx,A,strict\ny,A,\n")
    with pytest.raises(DataError, match=r"mixed\.csv:3.*judge_name.*says no judge"):
        read_recording(mixed, PAIR)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,gpt,label\n1,A,B\n", "whether the labels in 'label' are a judge's or gold can't be told"),
        ("id,gpt\n1,A\n2,Aye\n", r"r\.csv:3, field 'gpt': can't tell .* 'Aye', which is none of A, tie, B"),
        ("id,x\n1,A\n2,B\n3,Aye\n", r"r\.csv:4, field 'x': can't tell"),
        ("id,gold,topic\n1,A,law\n", r"no column is a judge's: .*\(A, tie, B\); the columns are gold, topic"),
        ("id\n1\n", "the columns are none"),
    ],
)
def test_a_file_whose_judges_can_t_be_told_is_refused(tmp_path, text, said) -> None:
    with pytest.raises(DataError, match=said):
        read_recording(write(tmp_path, "r.csv", text), PAIR)


def test_the_columns_of_judges_are_told_by_their_labels(tmp_path) -> None:
    path = write(
        tmp_path, "r.csv", "id,h1,gpt,turn,empty,claude-4,topic\n1,A,a,1,,tie,law\n2,B,,2,,B,A\n3,B,B,2,,B,x\n"
    )
    assert str(columns_of(list(file_source(path).rows()), PAIR, "r.csv")) == (
        "judges: gpt, claude-4; not read: h1 (the task brings its own gold), turn, empty, topic"
    )
    found = read_recording(path, PAIR, "claude-4")
    assert (found.name, [reply.code for reply in found.replies.values()]) == ("claude-4", [1, 2, 2])
    with pytest.raises(UsageError, match=r"r\.csv: name the judge; there are: gpt, claude-4"):
        read_recording(path, PAIR)
    # Numbers on a scale of ratings are labels, unless their column says what they count.
    rated = write(tmp_path, "n.csv", "id,gpt,turn\n1,5,1\n2,3,2\n")
    assert read_recording(rated, Scale.rate(1, 5)).name == "gpt"


def test_judges_under_several_conditions_are_told_apart(tmp_path) -> None:
    rows = [("gpt", "ref", "A"), ("gpt", "none", "B"), ("llama", "ref", "tie")]
    path = write(tmp_path, "r.csv", "id,judge_name,cond,verdict\n" + "".join(f"1,{j},{c},{v}\n" for j, c, v in rows))
    found = [read_recording(path, PAIR, judge) for judge in ("gpt#ref", "gpt (cond none)", "llama")]
    assert [one.name for one in found] == ["gpt (cond ref)", "gpt (cond none)", "llama"]
    assert [next(iter(one.replies.values())).code for one in found] == [0, 2, 1]
    with pytest.raises(UsageError, match=r"'gpt' is not a judge of it; there are: gpt \(cond ref\), gpt \(cond none\)"):
        read_recording(path, PAIR, "gpt")
    bare = write(tmp_path, "b.csv", "id,cond,verdict\n1,ref,A\n1,none,B\n")
    assert read_recording(bare, PAIR, "none").name == "b (cond none)"


def test_verdicts_are_read_in_all_the_words_that_gold_takes(tmp_path) -> None:
    path = write(tmp_path, "r.csv", "id,verdict\n1,left\n2,same\n3,model_b\n4,refused\n5,Response 1\n")
    replies = list(read_recording(path, PAIR).replies.values())
    assert [reply.code for reply in replies] == [0, 1, 2, None, 0]
    assert replies[3].status is Status.UNPARSED
    wide = write(tmp_path, "w.csv", "id,strict,mild\n1,pass,no\n2,fail,yes\n")
    for judge, codes in (("strict", [1, 0]), ("mild", [0, 1])):
        assert [reply.code for reply in read_recording(wide, Scale.check(), judge).replies.values()] == codes
    orders = write(tmp_path, "o.csv", "id,verdict\n1,2>1>3\n2,3>2>1\n")
    assert [one.code for one in read_recording(orders, Scale.rank(3)).replies.values()] == [(1, 0, 2), (2, 1, 0)]


def test_what_was_said_of_words_holds_for_verdicts(tmp_path) -> None:
    path = write(tmp_path, "r.csv", "id,strict\n1,thumb up\n2,thumb down\n3,skip\n")
    with pytest.raises(DataError, match="no column is a judge's"):
        read_recording(path, Scale.check())
    cells = Cells({"thumb up": "pass", "strict:thumb down": "fail"}, ("skip",))
    found = read_recording(path, Scale.check(), cells=cells)
    assert (found.name, [one.code for one in found.replies.values()]) == ("strict", [1, 0, None])


def test_verdicts_by_criterion_are_rows_or_columns(tmp_path) -> None:
    scale, expected = Scale.rate(1, 5), {"1/tone": 3, "1/style": 1, "2/tone": 2, "2/style": 2}
    files = {
        None: "id,verdict\n1/tone,4\n1/style,2\n2/tone,3\n2/style,3\n",
        "": "id,criterion,verdict\n1,tone,4\n1,style,2\n2,tone,3\n2,style,3\n",
        "strict_{criterion}": "id,strict_tone,strict_style,mild_tone\n1,4,2,x\n2,3,3,5\n",
    }
    for column, text in files.items():
        found = read_recording(write(tmp_path, "r.csv", text), scale, column or None, by_criterion=column == "")
        assert {item: reply.code for (item, _), reply in found.replies.items()} == expected
        assert found.name == ("strict" if column else "r")
    with pytest.raises(UsageError, match=r"r\.csv: no column is named mean_\{criterion\}"):
        read_recording(tmp_path / "r.csv", scale, "mean_{criterion}")


def test_verdicts_on_steps_are_read_as_gold_is(tmp_path) -> None:
    """A check of each step, or the first wrong one; without an order, for their number is the solution's."""
    first = open_task("processbench", sample=True)
    flawless, flawed = list(first.items())[:2]
    path = write(
        tmp_path, "r.jsonl", f'{{"id": "{flawless.id}", "verdict": -1}}\n{{"id": "{flawed.id}", "verdict": 1}}\n'
    )
    shown = tuple(range(len(flawless.responses)))
    assert {key: reply.code for key, reply in first.recorded(path).replies.items()} == {
        (flawless.id, shown): (1,) * len(shown),
        (flawed.id, tuple(range(len(flawed.responses)))): (1, 0),
    }
    checked = open_task("prmbench", sample=True)
    item = next(iter(checked.items()))
    marks = ["right", *["wrong"] * (len(item.responses) - 1)]
    path = write(tmp_path, "r.csv", f'id,verdict\n{item.id},"{", ".join(marks)}"\n')
    (reply,) = checked.recorded(path).replies.values()
    assert reply.code == (1, *[0] * (len(marks) - 1))

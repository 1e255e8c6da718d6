"""Tables, folders and cards of one's own as tasks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from judgebench.errors import DataError, UsageError
from judgebench.labels.annotation_files import read_labels
from judgebench.tasks.own import Reading
from judgebench.tasks.places import name_of
from judgebench.tasks.tables import open_own, reopen

if TYPE_CHECKING:
    from judgebench.domain import Item

TICKETS = """\
id,question,answer,human_1,human_2,team
t1,Where is my order?,On its way.,pass,pass,mail
t2,Can I pay later?,No.,fail,,mail
t3,Is it waterproof?,Up to two metres.,pass,fail,phone
"""
PAIRS = [
    {"question": "Who?", "answer_a": "Me", "answer_b": "You", "winner": "A"},
    {"question": "When?", "answer_a": "Now", "answer_b": "Later", "winner": "tie"},
]
CHAT = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}]


def written(file: Path, text: str | list[dict[str, object]]) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text if isinstance(text, str) else "".join(json.dumps(row) + "\n" for row in text))
    return file


def items(file: Path, **columns: tuple[str, ...]) -> list[Item]:
    return list(open_own(file, Reading(columns)).items())


def golds(found: list[Item]) -> list[list[int | None]]:
    return [[label.code for label in item.gold] for item in found]


def test_a_csv_is_a_task_named_after_its_file(tmp_path: Path) -> None:
    task = open_own(written(tmp_path / "tickets.csv", TICKETS), Reading())
    assert (task.name, task.scale.spec, task.revision[:5], task.card.references) == (
        "tickets",
        "check",
        "data:",
        ("none",),
    )
    one, two, three = task.items()
    assert (one.id, one.question, one.responses[0].text, one.gold_source) == (
        "t1",
        "Where is my order?",
        "On its way.",
        "human",
    )
    assert golds([one, two, three]) == [[1, 1], [0, None], [1, 0]]
    assert len({one.cluster, two.cluster, three.cluster}) == 3
    assert "gold: human_1, human_2" in task.notes[0]


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("a/b/tickets.csv", "tickets"), ("tickets.jsonl.gz", "tickets"), ("x.y.parquet", "x.y"), ("a:b.csv", "a-b"),
        ("pandalm", "pandalm"), ("judgebench:gpt", "judgebench:gpt"),
    ],
)  # fmt: skip
def test_names_are_stems_never_paths(spec: str, name: str) -> None:
    assert name_of(spec) == name


def test_two_files_of_one_stem_stay_apart_by_their_revision(tmp_path: Path) -> None:
    one = open_own(written(tmp_path / "a" / "t.csv", TICKETS), Reading())
    two = open_own(written(tmp_path / "b" / "t.csv", TICKETS.replace("No.", "Yes.")), Reading())
    assert one.name == two.name
    assert one.revision != two.revision


def test_the_reading_is_part_of_the_revision_and_defaults_are_not(tmp_path: Path) -> None:
    file = written(tmp_path / "t.csv", TICKETS)
    plain = open_own(file, Reading()).revision
    assert open_own(file, Reading({"gold": ("human_1",)})).revision != plain
    assert open_own(file, Reading({"gold": ("human_1", "human_2")}, "check")).revision == plain


def test_two_answers_are_a_pair_and_their_labels_tell_which(tmp_path: Path) -> None:
    file = written(tmp_path / "p.jsonl", PAIRS)
    task = open_own(file, Reading())
    assert (task.scale.spec, golds(list(task.items()))) == ("pair:3", [[0], [1]])
    unlabelled = [{name: one for name, one in row.items() if name != "winner"} for row in PAIRS]
    assert open_own(written(tmp_path / "q.jsonl", unlabelled), Reading()).scale.spec == "pair:3"


def test_numbers_of_two_answers_are_the_first_and_the_second(tmp_path: Path) -> None:
    rows = [row | {"winner": n} for n, row in enumerate(PAIRS, 1)]
    file = written(tmp_path / "p.jsonl", rows)
    assert (open_own(file, Reading()).scale.spec, golds(items(file))) == ("pair:2", [[0], [1]])
    assert golds(items(written(file, [*rows, PAIRS[1]]))) == [[0], [2], [1]]


def test_chosen_and_rejected_say_their_own_gold(tmp_path: Path) -> None:
    rows = [{"prompt": "Who?", "chosen": "Me", "rejected": "You"}]
    (item,) = items(written(tmp_path / "p.jsonl", rows))
    assert ([one.text for one in item.responses], golds([item])) == (["Me", "You"], [[0]])


@pytest.mark.parametrize("cell", [CHAT, json.dumps(CHAT)])
def test_a_list_of_messages_is_a_conversation(tmp_path: Path, cell: object) -> None:
    rows = [{"turns": cell, "answer": "Hello!", "label": "pass"}, {"turns": "Hi?", "answer": "Yes", "label": "fail"}]
    one, two = items(written(tmp_path / "c.jsonl", rows))
    assert [(turn.role, turn.text) for turn in one.conversation] == [("system", "Be kind."), ("user", "Hi")]
    assert [(turn.role, turn.text) for turn in two.conversation] == [("user", "Hi?")]


def test_a_csv_may_hold_messages_as_json(tmp_path: Path) -> None:
    cell = json.dumps(CHAT).replace('"', '""')
    item, _ = items(written(tmp_path / "c.csv", f'turns,answer,label\n"{cell}",Hello!,pass\n"{cell}",Bye,fail\n'))
    assert [(turn.role, turn.text) for turn in item.conversation] == [("system", "Be kind."), ("user", "Hi")]


def test_the_last_word_of_a_conversation_is_the_answer_where_no_column_is(tmp_path: Path) -> None:
    said = [*CHAT, {"from": "gpt", "value": "Hello!"}]
    (item, _) = items(
        written(tmp_path / "c.jsonl", [{"messages": said, "label": "pass"}, {"messages": said, "label": "fail"}])
    )
    assert ([turn.text for turn in item.conversation], item.responses[0].text) == (["Be kind.", "Hi"], "Hello!")


def test_conversations_of_two_models_begin_alike(tmp_path: Path) -> None:
    sides = [[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": text}] for text in ("A!", "B!")]
    row = {"conversation_a": sides[0], "conversation_b": sides[1], "winner": "model_b"}
    (item, _) = items(written(tmp_path / "c.jsonl", [row, row | {"winner": "tie"}]))
    assert (item.question, [one.text for one in item.responses]) == ("Hi", ["A!", "B!"])
    row["conversation_b"] = [{"role": "user", "content": "Ho"}, sides[1][1]]
    with pytest.raises(DataError, match=r"c.jsonl:1, field 'conversation_b': .* begin differently"):
        items(written(tmp_path / "c.jsonl", [row, row | {"winner": "tie"}]))


@pytest.mark.parametrize(
    ("turns", "says"),
    [
        (["a", "b"], "2 texts, and nobody says who speaks"),
        ([{"role": "narrator", "content": "x"}], "there is no role 'narrator'"),
        ([{"role": "user"}], "a message without role and content"),
        (7, "expected a list of messages"),
    ],
)
def test_turns_that_are_none_are_refused_with_their_place(tmp_path: Path, turns: object, says: str) -> None:
    file = written(tmp_path / "c.jsonl", [{"turns": turns, "answer": "x", "label": "pass"}])
    with pytest.raises(DataError, match=rf"c.jsonl:1, field 'turns(\[0\])?': {says}"):
        list(open_own(file, Reading({"turns": ("turns",)}, "check")).items())


def test_images_are_inside_the_folder_or_on_the_web(tmp_path: Path) -> None:
    (tmp_path / "d" / "pics").mkdir(parents=True)
    (tmp_path / "d" / "pics" / "1.png").write_bytes(b"x")
    (tmp_path / "secret.png").write_bytes(b"x")
    rows: list[dict[str, object]] = [{"question": "?", "answer": "x", "image": "pics/1.png", "label": "pass"}]
    rows.append(rows[0] | {"image": "https://example.org/a.png", "label": "fail"})
    file = written(tmp_path / "d" / "i.jsonl", rows)
    one, two = items(tmp_path / "d")
    assert [part.image for part in one.conversation[0].parts] == [None, str(tmp_path / "d" / "pics" / "1.png")]
    assert two.conversation[0].parts[1].image == "https://example.org/a.png"
    for image, says in (
        ("../secret.png", "is not inside"),
        ("/etc/passwd", "is not inside"),
        ("no.png", "there is no image"),
    ):
        written(file, [rows[0] | {"image": image}, rows[1]])
        with pytest.raises(DataError, match=rf"i.jsonl:1, field 'image': .*{says}"):
            items(file)
    (tmp_path / "d" / "link.png").symlink_to(tmp_path / "secret.png")
    written(file, [rows[0] | {"image": "link.png"}, rows[1]])
    with pytest.raises(DataError, match="is not inside"):
        items(file)


def test_images_lie_beside_the_data_wherever_the_card_is(tmp_path: Path) -> None:
    row = {"question": "?", "answer": "x", "image": "1.png", "label": "pass"}
    written(tmp_path / "d" / "i.jsonl", [row])
    (tmp_path / "d" / "1.png").write_bytes(b"x")
    card = written(tmp_path / "mine" / "task.toml", 'data = "../d/i.jsonl"\nscale = "check"\n')
    assert tuple(items(card)[0].image_files) == (str(tmp_path / "d" / "1.png"),)


def test_rows_without_a_word_are_no_items(tmp_path: Path) -> None:
    task = open_own(written(tmp_path / "t.csv", TICKETS + ",,,,,\n , ,,,,\n"), Reading())
    assert ([item.id for item in task.items()], task.notes[-1]) == (
        ["t1", "t2", "t3"],
        f"{tmp_path / 't.csv'}: 2 blank rows are left out",
    )


@pytest.mark.parametrize("columns", ["id,question,answer,label", "id,question,answer,label,annotator"])
def test_a_row_for_each_annotator_is_no_item_of_its_own(tmp_path: Path, columns: str) -> None:
    rows = ["1,Who?,Me,pass,ann", "1,Who?,Me,fail,bob", "2,When?,Now,pass,ann"]
    width = columns.count(",") + 1
    file = written(tmp_path / "t.csv", "\n".join([columns, *(",".join(row.split(",")[:width]) for row in rows)]) + "\n")
    with pytest.raises(UsageError, match=r"lines 2 and 3 are one item.*--long ITEM,ANNOTATOR,LABEL.*say cluster id"):
        open_own(file, Reading())
    assert len(items(file, cluster=("id",), gold=("label",))) == 3


def test_criteria_in_rows_and_in_names_are_rows_of_one_item(tmp_path: Path) -> None:
    rows = "item_id,question,answer,criterion,label\n" + "".join(
        f"{n},Q{n}?,A{n},{name},{n + place}\n" for n in (1, 2, 3) for place, name in enumerate(("tone", "style"))
    )
    found = items(written(tmp_path / "r.csv", rows))
    assert [(item.id, item.subset) for item in found[:2]] == [("1/tone", "tone"), ("1/style", "style")]
    assert [item.attribute("criterion") for item in found[:2]] == ["tone", "style"]
    wide = written(tmp_path / "w.csv", "question,answer,human_tone,human_style\nQ?,A,1,2\nR?,B,2,3\nS?,C,4,5\n")
    with pytest.raises(UsageError, match=r"human_\{criterion\}"):
        items(wide)
    found = items(wide, gold=("human_{criterion}",))
    assert [(item.id, item.subset, item.gold[0].annotator, item.gold[0].code) for item in found[:2]] == [
        ("1/tone", "tone", "human", 0), ("1/style", "style", "human", 1),
    ]  # fmt: skip
    assert found[0].cluster == found[1].cluster != found[2].cluster


def test_rows_of_one_question_or_of_one_item_are_one_cluster_whatever_the_criteria(tmp_path: Path) -> None:
    wide = "rid,question,answer,human_tone,human_style\n1,Q?,A,1,2\n2,Q?,B,2,3\n3,R?,C,4,5\n"
    by_columns = items(written(tmp_path / "w.csv", wide), id=("rid",), gold=("human_{criterion}",))
    assert [by_columns.index(item) for item in by_columns if item.cluster == by_columns[0].cluster] == [0, 1, 2, 3]
    rows = "rid,question,answer,criterion,label\n1,Q?,A,tone,1\n1,Q?,A,style,2\n2,Q?,B,tone,3\n3,R?,C,tone,4\n"
    one, other, second, third = items(written(tmp_path / "r.csv", rows), id=("rid",))
    assert one.cluster == other.cluster == second.cluster != third.cluster
    assert one.cluster == by_columns[0].cluster
    # The question may say the criterion.
    asked = rows.replace("1,Q?,A,style", "1,How is its style?,A,style")
    one, other, second, third = items(written(tmp_path / "a.csv", asked), id=("rid",))
    assert one.cluster == other.cluster == second.cluster != third.cluster


def test_what_is_not_asked_in_words_is_no_shared_question(tmp_path: Path) -> None:
    rows = "answer,label\nA,pass\nB,fail\nA,pass\n"
    one, other, again = items(written(tmp_path / "t.csv", rows), question=())
    assert one.cluster == again.cluster != other.cluster


def test_a_table_in_which_all_ask_the_same_says_that_it_is_one_cluster(tmp_path: Path) -> None:
    file = written(tmp_path / "t.csv", "no,question,answer,label\n1,Sum it up,A,pass\n2,Sum it up,B,fail\n")
    assert any("one question" in note for note in open_own(file, Reading()).notes)
    assert not any("one question" in note for note in open_own(file, Reading({"cluster": ("no",)})).notes)


def test_references_and_contexts_may_be_lists_and_empty_cells_are_none(tmp_path: Path) -> None:
    row = {"question": "Q", "answer": "A", "reference": ["r1", "r2"], "contexts": '["c1", ""]', "label": "pass"}
    one, two = items(written(tmp_path / "t.jsonl", [row, row | {"reference": None, "contexts": "", "label": "fail"}]))
    assert ([r.text for r in one.references], one.context) == (["r1", "r2"], ("c1",))
    assert (two.references, two.context) == ((), ())


def test_items_without_labels_are_items(tmp_path: Path) -> None:
    task = open_own(written(tmp_path / "t.csv", "question,answer\nQ?,A\n"), Reading({}, "check"))
    assert golds(list(task.items())) == [[]]
    assert any("no column is named as gold" in note for note in task.notes)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("question,reply_text\nQ,A\n", "no column is named as an answer; name it with answer"),
        ("topic,answer,label\nT,A,pass\nT,B,fail\n", "no column is named as the question; name it with question"),
        ("question,answer\nQ,A\n", "give scale check .*, rate:1-5"),
        ("question,answer_1,answer_2,answer_3\nQ,A,B,C\n", "pick:3 .*, rank:3"),
        ("question,answer,response\nQ,A,B\n", "which is the answer"),
        ("question,answer,criterion,label\nQ,A,tone,pass\nQ,A,style,fail\n", "name the column that says which item"),
        ("question,answer_a,answer_b,label\nQ,A,B,4\nQ,A,B,5\n", "two answers, and labels on the scale rate:4-5"),
    ],
)
def test_what_must_be_said_is_asked_for_with_its_option(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        items(written(tmp_path / "t.csv", text))


def test_a_cell_of_several_answers_is_not_read_as_one(tmp_path: Path) -> None:
    row = {"prompt": "Q", "chosen": ["a", "b"], "rejected": "c"}
    with pytest.raises(DataError, match=r"field 'chosen': a list where one text was expected; .*chosen.0, chosen.1"):
        items(written(tmp_path / "t.jsonl", [row, row]))
    (item, _) = items(written(tmp_path / "u.jsonl", [row, row]), answers=("chosen.0", "rejected"), gold=())
    assert [one.text for one in item.responses] == ["a", "c"]


def test_a_question_may_be_a_conversation(tmp_path: Path) -> None:
    rows = [{"prompt": CHAT, "response": "Hello!", "label": said} for said in ("pass", "fail")]
    assert [turn.role for turn in items(written(tmp_path / "t.jsonl", rows))[0].conversation] == ["system", "user"]


def test_a_label_that_is_no_word_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'maybe' \(human_2 line 3\)"):
        items(written(tmp_path / "t.csv", TICKETS.replace("fail,,", "fail,maybe,")))


def test_a_benchmarks_name_is_not_anybodys(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="pandalm is a benchmark's name"):
        items(written(tmp_path / "pandalm.csv", TICKETS))


def test_a_card_of_ones_own_says_as_much_as_the_options(tmp_path: Path) -> None:
    written(tmp_path / "mine" / "data.csv", TICKETS.replace("pass", "good").replace("fail", "bad"))
    card = """
name = "tickets"
data = "data.csv"
scale = "check"
gold_source = "expert"
where = ["team = mail"]

[columns]
question = "question"
answers = "answer"
gold = ["human_1", "human_2"]
id = "id"

[columns.words]
good = "correct"
bad = "incorrect"

[policies]
gold = "each"
"""
    (tmp_path / "mine" / "task.toml").write_text(card)
    task = open_own(tmp_path / "mine", Reading())
    found = list(task.items())
    assert (task.name, task.policies.gold, found[0].gold_source) == ("tickets", "each", "expert")
    assert ([item.id for item in found], golds(found)) == (["t1", "t2"], [[1, 1], [0, None]])
    assert name_of(str(tmp_path / "mine" / "task.toml")) == "tickets"
    assert len(list(open_own(tmp_path / "mine", Reading(where=("team = phone",))).items())) == 1
    (tmp_path / "mine" / "task.toml").write_text(card.replace('name = "tickets"', 'nam = "tickets"'))
    with pytest.raises(DataError, match="field 'nam': this key is not known here"):
        open_own(tmp_path / "mine", Reading())


def test_files_of_a_folder_are_read_one_after_the_other(tmp_path: Path) -> None:
    written(tmp_path / "d" / "1.csv", TICKETS)
    written(tmp_path / "d" / "2.csv", TICKETS.replace("\nt", "\nu"))
    task = open_own(tmp_path / "d", Reading())
    assert (task.name, [item.id for item in task.items()]) == ("d", ["t1", "t2", "t3", "u1", "u2", "u3"])
    written(tmp_path / "d" / "3.csv", "other\nx\n")
    with pytest.raises(DataError, match="other columns than"):
        open_own(tmp_path / "d", Reading())


def test_the_texts_behind_a_run_are_found_again_or_it_is_said_why_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    task = open_own(written(Path("data") / "behind.csv", TICKETS), Reading({"gold": ("human_1",)}))
    place, run = json.loads(json.dumps(task.place)), tmp_path / "runs" / "t--j--0123456789"
    assert place["files"] == ["data/behind.csv"]
    found = list(task.items())
    monkeypatch.chdir("/")
    again, why = reopen(place, "behind", task.revision, run)
    assert (again.name, again.revision, list(again.items()), why) == ("behind", task.revision, found, "")
    (tmp_path / "data" / "behind.csv").rename(tmp_path / "moved.csv")
    assert "behind.csv is not where it was" in reopen(place, "behind", task.revision, run)[1]
    assert reopen(place, "behind", task.revision, run, tmp_path / "moved.csv")[0] is not None
    written(tmp_path / "data" / "behind.csv", TICKETS.replace("No.", "Yes."))
    assert "has changed since it was judged" in reopen(place, "behind", task.revision, run)[1]
    assert "doesn't say where" in reopen({"files": 3, "reading": {}}, "behind", task.revision, run)[1]


def test_another_tools_file_holds_items_and_peoples_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tasks = [
        {
            "id": n,
            "data": {"question": f"Q{n}?", "answer": f"A{n}"},
            "annotations": [{"completed_by": who, "was_cancelled": False, "result": [
                {"from_name": "ok", "to_name": "answer", "type": "choices", "value": {"choices": [said]}}]}
                for who, said in ((1, "pass"), (2, "fail"))],
        }
        for n in (1, 2)
    ]  # fmt: skip
    file = tmp_path / "project.json"
    file.write_text(json.dumps(tasks))
    task = open_own(file, Reading())
    one, _ = task.items()
    assert (one.id, one.question, one.responses[0].text, golds([one])) == ("1", "Q1?", "A1", [[1, 0]])
    assert any("is a file of Label Studio" in note for note in task.notes)
    again, why = reopen(json.loads(json.dumps(task.place)), "project", task.revision, tmp_path / "runs" / "r")
    assert (why, again and list(again.items())) == ("", list(task.items()))
    labels = read_labels([file])[""]
    assert {name: [line.said.label for line in mine.values()] for name, mine in labels.lines.items()} == {
        "ok (1)": ["pass", "pass"], "ok (2)": ["fail", "fail"],
    }  # fmt: skip


def test_rows_of_one_text_without_ids_are_said(tmp_path: Path) -> None:
    rows = "question,answer,label\nQ?,A,pass\nR?,B,fail\nQ?,A,fail\n"
    file = written(tmp_path / "t.csv", rows)
    assert any("lines 2 and 4 differ in labels at most" in note for note in open_own(file, Reading()).notes)
    numbered = "no," + rows.replace("\nQ", "\n1,Q", 1).replace("\nR", "\n2,R").replace("\nQ", "\n3,Q")
    told = open_own(written(tmp_path / "u.csv", numbered), Reading({"id": ("no",)})).notes
    assert not any("labels at most" in note for note in told)

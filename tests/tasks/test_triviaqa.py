"""TriviaQA: files of one's own, the public CSVs and their defects."""

from __future__ import annotations

import csv
import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from judgebench.domain import Status
from judgebench.errors import DataError, UsageError
from judgebench.reproduce.published import load_published
from judgebench.tasks.base import open_task
from judgebench.tasks.readers.triviaqa import UNANSWERED

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.domain import Item
    from judgebench.tasks.base import CardTask
    from judgebench.tasks.recordings import Recording

ROW = {"question": "Capital of Peru?", "references": ["Lima"], "answer": "Lima", "model": "m", "label": "correct"}
WIDE = ("model", "response", "question", "references", "benchmark", "Judge-1", "Judge-2", "HumanJudgement")


def answers(folder: Path, *rows: dict[str, object], name: str = "answers.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def wide(folder: Path, *rows: tuple[str, ...], header: tuple[str, ...] = WIDE) -> Path:
    path = folder / "TriviaQA_Judges_w_HumanJudgement_V1.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def test_the_sample_is_varied() -> None:
    items = open_task("triviaqa", sample=True).items()
    assert len(items) >= 20
    assert Counter(item.gold[0].code for item in items) == {1: 20, 0: 10}
    assert {item.responses[0].model for item in items} == {"base-7b", "chat-13b", "frontier"}
    assert len({item.cluster for item in items}) == 10
    assert all(item.references and item.responses[0].text and item.attribute("unanswered") is None for item in items)
    assert {item.gold_source for item in items} == {"human"}


def test_one_own_file_in_other_words(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        'prompt,reference,response,system,human\nWho?,"Ada\nAda L.\nAda",Ada,x,TRUE\n'
        'When?,"[""1843"", ""in 1843""]",,x,0\n',
        encoding="utf-8",
    )
    one, two = open_task("triviaqa", data=path).items()
    assert [r.text for r in one.references] == ["Ada", "Ada L."]
    assert [r.text for r in two.references] == ["1843", "in 1843"]
    assert (one.gold[0].code, two.gold[0].code) == (1, 0)
    # Saying nothing is an answer that a human marked; it can be judged.
    assert two.responses[0].text == ""
    assert UNANSWERED not in two.attributes


def test_several_annotators_and_own_ids(tmp_path: Path) -> None:
    row = {k: v for k, v in ROW.items() if k != "label"}
    path = answers(
        tmp_path,
        row | {"id": 7, "label_ann": "yes", "label_bea": None},
        row | {"id": 8, "label_ann": "", "label_bea": " "},
    )
    task = open_task("triviaqa", data=path)
    (item,) = task.items()
    assert item.id == "7"
    assert [(label.annotator, label.code) for label in item.gold] == [("ann", 1), ("bea", None)]


@pytest.mark.parametrize("word", [True, "Correct", " yes ", 1, 1.0, "1", "PASS"])
def test_words_for_right(tmp_path: Path, word: object) -> None:
    (item,) = open_task("triviaqa", data=answers(tmp_path, ROW | {"label": word})).items()
    assert item.gold[0].code == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label": "maybe"}, "'maybe' says neither right nor wrong"),
        ({"label": 2}, "2 says neither right nor wrong"),
        ({"question": "  "}, "this is empty"),
        ({"references": 5}, "a list of texts"),
        ({"response": "Quito"}, "'answer' and 'response' both could be the answer"),
        ({"answer": ["Lima"]}, "expected a text"),
    ],
)
def test_bad_rows_say_where(tmp_path: Path, change: dict[str, object], said: str) -> None:
    path = answers(tmp_path, ROW, ROW | {"question": "Other?"} | change)
    with pytest.raises(DataError, match=said) as caught:
        open_task("triviaqa", data=path).items()
    assert (caught.value.file, caught.value.line) == (str(path), 2)


@pytest.mark.parametrize("field", ["question", "references", "answer", "label"])
def test_a_missing_field_is_named(tmp_path: Path, field: str) -> None:
    path = answers(tmp_path, {key: value for key, value in ROW.items() if key != field})
    with pytest.raises(DataError, match="this field is missing") as caught:
        open_task("triviaqa", data=path).items()
    assert caught.value.field == field


def test_own_ids_must_not_repeat(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="id '1' appears twice"):
        open_task("triviaqa", data=answers(tmp_path, ROW | {"id": 1}, ROW | {"id": 1})).items()


def test_only_unlabelled_rows(tmp_path: Path) -> None:
    task = open_task("triviaqa", data=answers(tmp_path, ROW | {"label": None}))
    with pytest.raises(DataError, match="none of its 1 rows has a label"):
        task.items()


PROMPT = "Q: Tallest peak?\nA: Everest\n\nQ: Capital of Peru?\nA:"


def test_the_wide_shape(tmp_path: Path) -> None:
    wide(
        tmp_path,
        ("m", PROMPT, "Capital of Peru?", "Lima\nCity of Lima\nLima", "b", "True", "", "True"),
        ("m", PROMPT, "Capital of Peru?", "Lima\nCity of Lima\nLima", "b", "", "", "False"),
        ("n", PROMPT, "Capital of Peru?", "Lima\nCity of Lima\nLima", "b", "False", "True", ""),
    )
    task = open_task("triviaqa:v1", data=tmp_path)
    first, second = task.items()
    assert second.id == f"{first.id}~2"
    assert first.cluster == second.cluster
    for item in (first, second):
        # The few-shot examples of the prompt must never be judged as the answer.
        assert item.responses[0].text == ""
        assert item.attribute("unanswered") == "yes"
    path = tmp_path / "TriviaQA_Judges_w_HumanJudgement_V1.csv"
    recording = task.recorded(path, "Judge-1")
    assert recording.orders == ((0,),)
    assert recording.replies[first.id, (0,)].code == 1
    assert recording.replies[second.id, (0,)].status is Status.UNPARSED
    with pytest.raises(UsageError, match="there are: Judge-1, Judge-2"):
        task.recorded(path, "Judge-3")
    with pytest.raises(UsageError, match="name the judge; there are"):
        task.recorded(path)


def test_a_wide_cell_that_is_no_boolean(tmp_path: Path) -> None:
    path = wide(tmp_path, ("m", PROMPT, "Q?", "R", "b", "Ture", "True", "True"))
    with pytest.raises(DataError, match="'Ture' says neither") as caught:
        open_task("triviaqa:v1", data=tmp_path).recorded(path, "Judge-1")
    assert (caught.value.line, caught.value.field) == (2, "Judge-1")


def test_two_human_columns_are_not_guessed_between(tmp_path: Path) -> None:
    wide(tmp_path, ("m", "p", "Q?", "R", "b", "True", "True", "True"), header=(*WIDE[:6], "Human-Eval", WIDE[7]))
    with pytest.raises(DataError, match="are in this file"):
        open_task("triviaqa:v1", data=tmp_path).items()


def test_the_answers_of_one_judge_replay_without_naming_it(tmp_path: Path) -> None:
    path = answers(tmp_path, ROW | {"gpt": "incorrect"})
    assert [reply.code for reply in open_task("triviaqa", data=path).recorded(path).replies.values()] == [0]


def _pi(pairs: list[tuple[int, int]]) -> float:
    n = len(pairs)
    q = sum(a + b for a, b in pairs) / (2 * n)
    expected = q * q + (1 - q) ** 2
    return (sum(a == b for a, b in pairs) / n - expected) / (1 - expected)


def _read(
    data: Path, split: str, judges: set[str] | None = None
) -> tuple[CardTask, dict[str, Item], dict[str, Recording]]:
    task = open_task(f"triviaqa:{split}", data=data)
    wanted = [r for r in task.recordings() if judges is None or r.name in judges]
    found = {r.name: task.recorded(task.recorded_path(r), r.column) for r in wanted}
    return task, {item.id: item for item in task.items()}, found


@pytest.mark.data
def test_v1_with_its_defects(data_dir: Path) -> None:
    task, items, recordings = _read(data_dir, "v1")
    assert task.source.verified is True
    assert len(items) == task.card.split("v1").main.count == 3600
    assert len({item.cluster for item in items.values()}) == 400
    assert sum("~2" in name for name in items) == 5
    assert all(name.startswith("llama2-7b-chat/") for name in items if "~2" in name)
    assert Counter(item.gold[0].code for item in items.values()) == {1: 2507, 0: 1093}
    assert len(recordings) == 11
    missing = {
        name: sum(reply.status is Status.UNPARSED for reply in r.replies.values()) for name, r in recordings.items()
    }
    assert missing == dict.fromkeys(recordings, 5) | {"Llama-70B": 135}
    assert all(not item.responses[0].text for item in items.values())


@pytest.mark.data
def test_v2_with_its_defects(data_dir: Path) -> None:
    task, items, recordings = _read(data_dir, "v2")
    assert task.source.verified is True
    assert len(items) == task.card.split("v2").main.count == 3200
    assert Counter(item.responses[0].model for item in items.values()) == dict.fromkeys(
        ["llama2-70b-chat", "llama2-13b-chat", "llama2-7b-chat", "llama2-70b-base", "llama2-13b-base", "llama2-7b-base",
         "mistral-7b-chat", "gpt-4t"], 400,
    )  # fmt: skip
    assert sum(1 for _ in task.source.rows()) - len(items) == 400
    assert Counter(item.gold[0].code for item in items.values()) == {1: 2039, 0: 1161}
    assert Counter(reply.code for reply in recordings["JudgeLM"].replies.values()) == {0: 2541, 1: 659}
    assert len(recordings) == 9


@pytest.mark.data
def test_published_figures_match_at_their_precision(data_dir: Path) -> None:
    cells = load_published("triviaqa").figures
    assert {(cell.judge, cell.split) for cell in cells} >= {
        ("Llama3-70B", "v2"), ("Llama3-8B", "v2"), ("Contains", "v1"), ("EM", "v1"),
    }  # fmt: skip
    for split in ("v1", "v2"):
        _, items, recordings = _read(data_dir, split, {cell.judge for cell in cells if cell.split == split})
        for cell in cells:
            if cell.split != split:
                continue
            groups: dict[str, list[tuple[int, int]]] = {}
            for (name, _), reply in recordings[cell.judge].replies.items():
                if isinstance(reply.code, int):
                    group = str(items[name].responses[0].model) if cell.subset == "macro:systems" else "all"
                    groups.setdefault(group, []).append((reply.code, int(str(items[name].gold[0].code))))
            ours = sum(map(_pi, groups.values())) / len(groups)
            assert cell.matches(ours) or cell.is_expected(ours), (cell, ours)


@pytest.mark.data
def test_replaying_the_other_version_says_so(data_dir: Path) -> None:
    task = open_task("triviaqa:v2", data=data_dir)
    with pytest.raises(DataError, match="is it the file of another split"):
        task.recorded(data_dir / "judging_the_judges" / "TriviaQA_Judges_w_HumanJudgement_V1.csv.gz", "GPT-4")

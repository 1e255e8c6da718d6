"""Files of verdicts whose form a card describes: any judge, both orders, scores, other sets, bad files."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from task_files import sample, write

from judgebench.domain import Status
from judgebench.errors import DataError, UsageError
from judgebench.tasks.base import open_task, recorded_judges

if TYPE_CHECKING:
    from pathlib import Path

OWN, SWAPPED = (0, 1), (1, 0)
NATURAL = "LLMBar/Natural"


def game(idx: int, label: int, winner: str | None, again: str | None, **more: Any) -> dict[str, Any]:
    said = {"subset": NATURAL, "base": "Alder", "strategy": "Plain", "idx": idx, "label": label}
    return {**said, "winner": winner, "winner_swap": again, **more}


GAMES = [
    game(0, 1, "1", "1", text="Output (a).", text_swap="Output (b)."),
    game(1, 2, "1", "2"),
    game(2, 1, None, "1"),
    game(3, 2, "2", "1", scores=["7", "7"]),
    game(0, 1, "2", "2", strategy="Rating", scores=["3", "8"]),
    game(0, 2, "1", "2", subset="LLMBar/Adversarial/Manual"),
]


def test_a_table_of_judges_and_sets(tmp_path: Path) -> None:
    task = open_task("llmbar:natural", sample=True)
    path = write(tmp_path / "verdicts.jsonl", GAMES)
    assert list(recorded_judges(path, task.reader)) == ["Alder|Plain", "Alder|Rating"]
    plain = task.recorded(path, "Alder|Plain")
    assert (plain.name, plain.orders) == ("Alder|Plain", (OWN, SWAPPED))
    # Winners are in the pair's own order, and a swapped game shows the answers the other way round.
    assert [plain.replies[str(n), OWN].code for n in range(1, 5)] == [0, 0, None, 1]
    assert [plain.replies[str(n), SWAPPED].code for n in range(1, 5)] == [1, 0, 1, 1]
    assert plain.replies["1", OWN].text == "Output (a)."
    assert plain.replies["1", SWAPPED].text == "Output (b)."
    assert plain.replies["3", OWN].status is Status.UNPARSED
    rated = task.recorded(path, "Alder|Rating")
    assert (rated.replies["1", OWN].scores, rated.replies["1", SWAPPED].scores) == ((3.0, 8.0), (8.0, 3.0))
    whole = open_task("llmbar", sample=True).recorded(path, "Alder|Plain")
    assert {item.partition("/")[0] for item, _ in whole.replies} == {"natural", "manual"}
    with pytest.raises(UsageError, match=r"name the judge; there are: Alder\|Plain, Alder\|Rating"):
        task.recorded(path)
    with pytest.raises(UsageError, match="'Beech' is not a judge of it"):
        task.recorded(path, "Beech")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"winner": "3"}, "verdicts.jsonl:2, field 'winner': expected one of 1, 2, A, B, got '3'"),
        ({"winner": ["1"]}, "field 'winner'"),
        ({"winner_swap": ...}, "field 'winner_swap': this field is missing"),
        ({"label": 1}, "field 'label': the label isn't the one of item '2' in the data"),
        ({"idx": 9}, "field 'idx': item '10' is not in the data"),
        ({"idx": 0, "label": 1}, "field 'idx': item '1' appears twice in one order"),
        ({"idx": "x"}, "field 'idx': expected a number from 0, got 'x'"),
        ({"base": ""}, "field 'base'"),
        ({"strategy": ...}, "field 'strategy': this field is missing"),
    ],
)
def test_a_wrong_verdict_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    records = GAMES[:4]
    records[1] = {key: value for key, value in (records[1] | change).items() if value is not ...}
    path = write(tmp_path / "verdicts.jsonl", records)
    with pytest.raises(DataError) as caught:
        open_task("llmbar:natural", sample=True).recorded(path, "Alder|Plain")
    assert "verdicts.jsonl:2" in str(caught.value)
    assert said in str(caught.value)


def test_a_file_of_another_form_or_split_is_refused(tmp_path: Path) -> None:
    other = write(tmp_path / "v.jsonl", [{"pair": 1, "decision": "A"}])
    with pytest.raises(
        DataError, match=r"v\.jsonl:1: these are not verdicts on llmbar: expected winner, .* in a file named"
    ):
        open_task("llmbar", sample=True).recorded(other)
    with pytest.raises(
        DataError, match="field 'subset': holds no verdicts on CaseStudy/Base_9, only on LLMBar/Natural"
    ):
        open_task("llmbar:base-9", sample=True).recorded(write(tmp_path / "w.jsonl", GAMES[:4]))


def test_the_repositorys_own_results(tmp_path: Path) -> None:
    def result(row: dict[str, Any], *steps: dict[str, Any]) -> dict[str, Any]:
        return {**row, "results": [["a metric", "stop"], *steps]}

    def step(own: str | None, again: str | None) -> dict[str, Any]:
        said = {"swap = False": own, "swap = True": again}
        return {name: {"completion": [f"{winner}!", "stop"], "winner": winner} for name, winner in said.items()}

    pairs = sample("llmbar", "sample-natural")
    # Of several steps the last one counts.
    records = [
        result(pairs[0], step("2", "1"), step("1", "1")),
        result(pairs[1], step("1", None)),
        result(pairs[2], {"score_1": ["7", "stop"], "score_2": ["9", "stop"], **step("2", "2")}),
        result(pairs[3], step("2", "2")),
    ]
    path = tmp_path / "Dataset" / NATURAL / "evaluators" / "Cedar-7B" / "Swap_New" / "result.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(records), encoding="utf-8")
    task = open_task("llmbar:natural", sample=True)
    found = task.recorded(path)
    assert found.name == "Cedar-7B|Swap_New"
    assert [found.replies[str(n), OWN].code for n in range(1, 5)] == [0, 0, 1, 1]
    assert [found.replies[str(n), SWAPPED].code for n in range(1, 5)] == [1, None, 0, 0]
    assert found.replies["1", OWN].text == "1!"
    assert found.replies["3", SWAPPED].scores == (9.0, 7.0)
    with pytest.raises(UsageError, match=r"is about one of LLMBar/Natural, .*: ask for that split"):
        open_task("llmbar", sample=True).recorded(path)


def test_two_files_of_two_orders(tmp_path: Path) -> None:
    task = open_task("auto-j", sample=True)
    first = [{"output": n % 3} for n in range(12)]
    path = write(tmp_path / "birch_output.jsonl", first)
    assert task.recorded(path).orders == (OWN,)
    write(tmp_path / "birch_output_exchanged.jsonl", [{"output": 0}] * 12)
    both = open_task("auto-j", sample=True).recorded(path)
    assert (both.name, both.orders) == ("birch", (OWN, SWAPPED))
    assert [both.replies[str(n), OWN].code for n in range(1, 4)] == [0, 2, 1]
    # Of the exchanged answers: what is first there.
    assert {both.replies[str(n), SWAPPED].code for n in range(1, 13)} == {0}
    write(tmp_path / "pairwise_elm_output.jsonl", first)
    packed = tmp_path / "pairwise_exchange_elm_output.jsonl.gz"
    packed.write_bytes(gzip.compress("".join(json.dumps(one) + "\n" for one in first).encode()))
    elm = task.recorded(tmp_path / "pairwise_elm_output.jsonl")
    assert (elm.name, elm.orders) == ("elm", (OWN, SWAPPED))


def test_files_of_two_orders_that_dont_fit(tmp_path: Path) -> None:
    task = open_task("auto-j", sample=True)
    path = write(tmp_path / "birch_output.jsonl", [{"output": 0}] * 12)
    write(tmp_path / "birch_output_exchanged.jsonl", [{"output": 0}] * 11)
    with pytest.raises(DataError, match=r"birch_output_exchanged\.jsonl: 11 rows, and .* has 12: not the same pairs"):
        task.recorded(path)
    with pytest.raises(DataError, match=r"elm_output\.jsonl:13: item '13' is not in the data"):
        task.recorded(write(tmp_path / "elm_output.jsonl", [{"output": 0}] * 13))
    with pytest.raises(
        DataError, match=r"oak_output\.jsonl:2, field 'output': expected one of 0, 1, 2, A, tie, B, got '-1'"
    ):
        task.recorded(write(tmp_path / "oak_output.jsonl", [{"output": 0}, {"output": -1}]))
    with pytest.raises(DataError, match="expected output in a file named"):
        task.recorded(tmp_path / "birch_output_exchanged.jsonl")


def test_scores_of_a_reward_model_judge_every_version(tmp_path: Path) -> None:
    task = open_task("rm-bench", sample=True)
    scores = {"score_chosen": [1, 2, 3], "score_rejected": [0, 2, 5.5]}
    path = write(tmp_path / "My-RM.json", [{**row, **scores} for row in sample("rm-bench")])
    found = task.recorded(path)
    assert found.name == "My-RM"
    items = {item.id: item for item in task.items()}
    right = {"concise": (1, 0), "detailed": (2, 2), "markdown": (3, 5.5)}
    for (name, order), reply in found.replies.items():
        item = items[name]
        chosen, rejected = (right[style][side] for side, style in enumerate(str(item.attribute("version")).split("/")))
        own = None if reply.code is None else task.scale.undo(reply.code, order)
        gold = item.gold[0].code
        assert gold is not None
        assert own == (gold if chosen > rejected else None if chosen == rejected else task.scale.undo(gold, SWAPPED))
        assert reply.scores == (chosen, rejected)
    bad = [{**row, **scores} for row in sample("rm-bench")]
    bad[1]["score_chosen"] = [1, "high", 3]
    with pytest.raises(DataError, match=r"My-RM\.json:2, field 'score_chosen\.1': expected a number, got 'high'"):
        task.recorded(write(tmp_path / "My-RM.json", bad))


def test_right_and_wrong_by_version(tmp_path: Path) -> None:
    task = open_task("judgebiasbench:length", sample=True)
    said = [(True, False), ("Tie", "eval_error")]
    records = [
        {
            **row,
            "original_evaluation_correct": own,
            "bias_evaluation_correct": biased,
            "raw_evaluation_original": "[[A]]",
        }
        for row, (own, biased) in zip(sample("judgebiasbench", "sample-length"), said, strict=True)
    ]
    found = task.recorded(write(tmp_path / "results" / "fir-8b" / "length_fir-8b.jsonl", records))
    assert found.name == "fir-8b"
    items = {item.id: item for item in task.items()}
    codes = {
        name: None if reply.code is None else task.scale.undo(reply.code, order)
        for (name, order), reply in found.replies.items()
    }
    gold = items["1/original"].gold[0].code
    assert gold is not None
    assert codes == {
        "1/original": gold, "1/biased": task.scale.undo(gold, SWAPPED), "2/original": None, "2/biased": None,
    }  # fmt: skip
    assert next(reply.text for (name, _), reply in found.replies.items() if name == "1/original") == "[[A]]"


def test_predictions_inside_groups(tmp_path: Path) -> None:
    task = open_task("evalbiasbench", sample=True)
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in sample("evalbiasbench"):
        result = {"orig": {"prediction": 1, "completion": "a"}, "swap": {"prediction": 3, "completion": "b"}}
        groups.setdefault(row["bias"], []).append({**row, "result": result})
    path = tmp_path / "result" / "yew" / "biasbench.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(groups), encoding="utf-8")
    found = task.recorded(path)
    assert found.name == "yew"
    items = {item.id: item for item in task.items()}
    right = [
        task.scale.undo(reply.code, order) == items[name].gold[0].code
        for (name, order), reply in found.replies.items()
        if reply.code is not None
    ]
    # In the file's order the first answer is always the right one.
    assert len(right) == len(items)
    assert all(right)


@pytest.mark.data
def test_recorded_verdicts_give_the_figures_of_the_papers(data_dir: Path) -> None:
    from sklearn.metrics import accuracy_score

    for split, judge, accuracy, same in (
        ("natural", "GPT-4|Vanilla_NoRules", 93.5, 97.0),
        ("neighbor", "GPT-4|Vanilla_NoRules", 64.2, 89.6),
        ("gptinst", "GPT-4|Vanilla_NoRules", 76.6, 90.2),
        ("gptout", "GPT-4|Vanilla_NoRules", 76.6, 87.2),
        ("manual", "GPT-4|Vanilla_NoRules", 75.0, 89.1),
        ("manual", "GPT-4|Metrics_Reference", 83.7, None),
    ):
        task = open_task(f"llmbar:{split}", data=data_dir)
        path = data_dir / "llmbar" / "verdicts.jsonl.gz"
        replies = task.recorded(path, judge).replies
        items = list(task.items())
        said = [
            [task.scale.undo(replies[item.id, order].code or 0, order) for item in items] for order in (OWN, SWAPPED)
        ]
        gold = [item.gold[0].code for item in items]
        mean = sum(accuracy_score(gold, one) for one in said) / 2
        assert round(100 * mean + 1e-9, 1) == accuracy
        if same is not None:
            assert round(100 * accuracy_score(*said), 1) == same

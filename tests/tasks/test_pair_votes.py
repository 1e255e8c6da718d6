"""Votes on pairs: MT-Bench's two layouts, AlpacaEval's files, arenas; and what is wrong in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from servers.fake_hub import jsonl, parquet
from servers.native_llm import NativeLLM
from task_files import card

import judgebench
from judgebench.domain import Case, Status
from judgebench.errors import DataError, UsageError
from judgebench.tasks.base import open_task
from judgebench.tasks.readers.win_rates import row

if TYPE_CHECKING:
    from pathlib import Path

MT, ALPACA = "mt-bench-human", "alpaca-eval"
VOTE = {"question_id": 1, "model_a": "x-1b", "model_b": "c-2b", "winner": "model_a", "judge": "expert_1", "turn": 2}
TALK = [
    {"role": "user", "content": "Q1?"}, {"role": "assistant", "content": "A1"},
    {"role": "user", "content": "Q2?"}, {"role": "assistant", "content": "A2"},
]  # fmt: skip
OTHER = [*TALK[:1], {"role": "assistant", "content": "B1"}, *TALK[2:3], {"role": "assistant", "content": "B2"}]
WHOLE = VOTE | {"conversation_a": TALK, "conversation_b": OTHER}
PAIR = {"instruction": "Q?", "output_1": "one", "output_2": "two", "preference": 1.0, "annotator_index": 0}


def answers(model: str, *turns: str, question: int = 1) -> dict[str, Any]:
    return {"question_id": question, "model_id": model, "choices": [{"index": 0, "turns": [*turns]}]}


def write(folder: Path, *votes: dict[str, Any], name: str = "human.jsonl") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(jsonl(votes))
    return folder


def fastchat(folder: Path, *votes: dict[str, Any]) -> Path:
    write(folder, *votes)
    (folder / "model_answer").mkdir()
    write(folder, {"question_id": 1, "category": "math", "turns": ["Q1?", "Q2?"]}, name="question.jsonl")
    write(folder, answers("ref-9b", "R1", "R2"), name="reference_answer_gpt-4.jsonl")
    write(folder, answers("x-1b", "A1", "A2"), name="model_answer/gpt-4.jsonl")
    write(folder, answers("c-2b", "B1", "B2"), name="model_answer/claude-v1.jsonl")
    return folder


def test_a_pair_is_one_item_whichever_model_comes_first(tmp_path: Path) -> None:
    turned = {"model_a": "c-2b", "model_b": "x-1b", "conversation_a": OTHER, "conversation_b": TALK}
    votes = (WHOLE, WHOLE | turned | {"judge": "expert_2"}, WHOLE | {"judge": "expert_1", "winner": "tie"})
    (item,) = open_task(MT, data=write(tmp_path, *votes)).items()
    assert (item.id, item.cluster, item.subset) == ("1/c-2b/x-1b/turn 2", "1", "turn 2")
    assert [(one.model, one.text) for one in item.responses] == [("c-2b", "B2"), ("x-1b", "A2")]
    # Who voted twice has two votes.
    assert [(one.annotator, one.code) for one in item.gold] == [("expert_1", 2), ("expert_2", 0), ("expert_1 (2)", 1)]


def test_a_second_turn_is_shown_whole_and_a_first_one_without_what_came_then(tmp_path: Path) -> None:
    second, first = open_task(MT, data=write(tmp_path, WHOLE, WHOLE | {"turn": 1})).items()
    assert [turn.text for turn in second.conversation] == ["Q1?"]
    assert [[turn.text for turn in one.turns] for one in second.responses] == [["B1", "Q2?", "B2"], ["A1", "Q2?", "A2"]]
    assert [(one.text, one.turns) for one in first.responses] == [("B1", ()), ("A1", ())]


def test_both_layouts_give_the_same_items(tmp_path: Path) -> None:
    (hub,) = open_task(MT, data=write(tmp_path / "hub", WHOLE)).items()
    (own,) = open_task(MT, data=fastchat(tmp_path / "own", VOTE)).items()
    assert own.attributes == (("category", "math"),)
    assert (hub.id, hub.conversation, hub.responses) == (own.id, own.conversation, own.responses)
    shown = [(one.text, one.turn) for one in Case(own, (0, 1), reference="model").references]
    assert shown == [("R1", 1), ("R2", 0)]
    assert Case(own, (0, 1), reference="human").references == ()


def test_reference_answers_are_not_taken_from_a_models_own(tmp_path: Path) -> None:
    data = fastchat(tmp_path, VOTE)
    (data / "reference_answer_gpt-4.jsonl").unlink()
    (item,) = open_task(MT, data=data).items()
    assert item.references == ()


def test_items_without_texts_are_replayed_and_not_judged(tmp_path: Path) -> None:
    data = write(tmp_path, VOTE)
    write(tmp_path, VOTE | {"judge": ["m-7b", "pair-v2"], "winner": "tie (inconsistent)"}, name="gpt4_pair.jsonl")
    (item,) = open_task(MT, data=data).items()
    assert item.attribute("unanswered") == "yes"
    with pytest.raises(DataError, match="1 of 1 items of mt-bench-human "):
        judgebench.run("baseline/longest", MT, data=data, runs=tmp_path / "runs")
    scores = judgebench.run(f"replay:{data / 'gpt4_pair.jsonl'}", MT, data=data, runs=tmp_path / "runs")
    assert scores.rows[0].metrics["agreement_s1"].value == 0


def test_the_authors_votes_are_in_a_split_of_their_own(tmp_path: Path) -> None:
    data = write(tmp_path, WHOLE, WHOLE | {"judge": "author_3"}, WHOLE | {"judge": "author_3", "turn": 1})
    assert [len(item.gold) for item in open_task(MT, data=data).items()] == [1]
    assert [len(item.gold) for item in open_task(f"{MT}:human", data=data).items()] == [2, 1]
    with pytest.raises(DataError, match=r"no vote is by expert_\.\.\."):
        open_task(MT, data=write(tmp_path / "b", WHOLE | {"judge": "author_3"})).items()


def test_the_hubs_rows(tmp_path: Path) -> None:
    rows = [WHOLE, WHOLE | {"judge": "expert_2", "winner": "tie"}]
    folder = tmp_path / "mt_bench_human_judgments" / "data"
    folder.mkdir(parents=True)
    (folder / "human-00000-of-00001-0123456789abcdef.parquet").write_bytes(parquet(rows))
    (item,) = open_task(MT, data=tmp_path).items()
    assert len(item.gold) == 2


def test_a_judge_in_its_native_form(tmp_path: Path) -> None:
    with NativeLLM({"m": ("So [[A]]", "Thus [[B]]", "[[C]]")}) as server:
        scores = judgebench.run("mt-bench:server/m", MT, sample=True, base_url=server.openai_url, runs=tmp_path)
        prompts = [request.body["messages"][-1]["content"] for request in server.requests]
    assert scores.rows[0].coverage == 1
    both = [prompt for prompt in prompts if "### User:" in prompt]
    assert len(both) == 18
    assert any("<|The Start of Reference Answer|>" in prompt for prompt in both)


@pytest.mark.parametrize(
    ("change", "said", "field"),
    [
        ({"winner": "model_c"}, "expected one of 'model_a', 'model_b', 'tie', .*, got 'model_c'", "winner"),
        ({"winner": ...}, "this field is missing", "winner"),
        ({"turn": 0}, "the number of a turn, from 1, got 0", "turn"),
        ({"turn": 3}, "turn 3 was judged, and the conversation holds 2 answers", "conversation_a"),
        ({"turn": "second"}, "the number of a turn", "turn"),
        ({"question_id": 1.5}, "expected a name or a number", "question_id"),
        ({"model_b": None}, "expected a name or a number", "model_b"),
        ({"conversation_b": [{"role": "user", "content": "Else?"}, *OTHER[1:]]}, "begin differently", "conversation_b"),
        ({"conversation_a": [{"role": "umpire", "content": "Q"}]}, "there is no role", "conversation_a[0]"),
    ],
)
def test_bad_votes(tmp_path: Path, change: dict[str, Any], said: str, field: str) -> None:
    bad = {key: value for key, value in (WHOLE | {"question_id": 2} | change).items() if value is not ...}
    with pytest.raises(DataError, match=said) as caught:
        open_task(MT, data=write(tmp_path, WHOLE, bad)).items()
    assert (caught.value.field, caught.value.line) == (field, 2)
    assert "human.jsonl" in str(caught.value)


def test_bad_answers_beside_the_votes(tmp_path: Path) -> None:
    data = fastchat(tmp_path, VOTE)
    write(data, answers("c-2b", "B1", "B2"), answers("c-2b", "B1"), name="model_answer/claude-v1.jsonl")
    with pytest.raises(DataError, match="c-2b has a second answer to question 1") as caught:
        open_task(MT, data=data).items()
    assert caught.value.line == 2
    write(data, {"question_id": 1, "model_id": "c-2b", "choices": []}, name="model_answer/claude-v1.jsonl")
    with pytest.raises(DataError, match="expected a list of choices"):
        open_task(MT, data=data).items()


def test_recorded_verdicts_of_several_judges(tmp_path: Path) -> None:
    votes = [WHOLE | {"judge": "m-1"}, WHOLE | {"judge": "m-2", "winner": "tie"}, WHOLE | {"judge": "m-1", "turn": 1}]
    task = open_task(MT, data=write(tmp_path, WHOLE))
    path = write(tmp_path / "v", *votes, name="pairs.jsonl") / "pairs.jsonl"
    with pytest.raises(UsageError, match="name the judge; there are: m-1, m-2"):
        task.recorded(path)
    # A verdict on what people did not vote on is left out.
    assert [reply.code for reply in task.recorded(path, "m-1").replies.values()] == [2]
    with pytest.raises(UsageError, match="'m-3' is not a judge of it"):
        task.recorded(path, "m-3")
    write(tmp_path / "v", votes[0], votes[0], name="pairs.jsonl")
    with pytest.raises(DataError, match="m-1 has a second verdict on 1/c-2b/x-1b/turn 2"):
        task.recorded(path)
    write(tmp_path / "v", votes[2], name="pairs.jsonl")
    with pytest.raises(DataError, match="none of its 1 pairs is one of mt-bench-human:expert"):
        task.recorded(path)


CARD = card(
    "arena",
    """
[splits.test]
files = ["battles.jsonl"]
[form]
id = ["prompt_id"]
systems = ["left", "right"]
answers = ["left_text", "right_text"]
question = ["prompt"]
vote = "won"
{more}
[form.words]
left = "A"
right = "B"
{words}
""",
    gold_source="crowd",
    scale="{scale}",
    reader="judgebench.tasks.readers.pair_votes:Reader",
)


def arena(tmp_path: Path, more: str = "", scale: str = "pair", words: str = "", **row: Any) -> Any:
    (tmp_path / "arena").mkdir(exist_ok=True)
    (tmp_path / "arena" / "task.toml").write_text(CARD.format(more=more, scale=scale, words=words), encoding="utf-8")
    battle = {"prompt_id": "p", "prompt": "Q?", "left": "b", "right": "a", "left_text": "L", "right_text": "R"}
    data = write(tmp_path, battle | {"won": "left"} | row, battle | {"won": "right"}, name="battles.jsonl")
    return open_task("arena", data=data, root=tmp_path)


def test_two_games_in_a_row_are_two_orders(tmp_path: Path) -> None:
    """FastChat's gen_judgment writes who won either game, the prompts' names beside the judge's."""
    task = open_task(MT, data=write(tmp_path, WHOLE, WHOLE | {"turn": 1}))
    game = {
        "question_id": 1, "model_1": "x-1b", "model_2": "c-2b", "turn": 2, "judge": ["k-1", "pair-v2-multi-turn"],
        "g1_winner": "model_1", "g1_judgment": "[[A]]", "g2_winner": "model_1", "g2_judgment": "[[B]]",
    }  # fmt: skip
    turned = {"model_1": "c-2b", "model_2": "x-1b", "turn": 1, "judge": ["k-1", "pair-v2"]}
    last = {"g1_winner": "tie", "g2_winner": "error"}
    path = write(tmp_path / "judged", game, game | turned | last, name="k-1_pair.jsonl") / "k-1_pair.jsonl"
    found = task.recorded(path)
    # The first model of the file, x-1b, is the second of the item: what it won is B, and A where it stood first.
    assert found.name == "k-1"
    read = {(key[0][-1], key[1]): (reply.status, reply.code, reply.text) for key, reply in found.replies.items()}
    assert read == {
        ("2", (1, 0)): (Status.OK, 0, "[[A]]"),
        ("2", (0, 1)): (Status.OK, 2, "[[B]]"),
        ("1", (0, 1)): (Status.OK, 1, "[[A]]"),
        ("1", (1, 0)): (Status.UNPARSED, None, "[[B]]"),
    }
    path.write_bytes(jsonl([game | {"g2_winner": "x-1b"}]))
    with pytest.raises(DataError, match="expected one of") as error:
        task.recorded(path)
    assert error.value.field == "g2_winner"


def test_votes_with_ids_of_their_own_are_votes(tmp_path: Path) -> None:
    """Annotations of outputs that had an ``id``, as RewardBench's best-of-n files."""
    rows = [PAIR | {"id": n, "instruction": f"Q{n}?", "annotator": "k", "preference": 1.2} for n in range(2)]
    path = write(tmp_path, *rows, name="annotations.json") / "annotations.json"
    assert len(open_task(f"{ALPACA}:annotations", data=path).recorded(path).replies) == 2


def test_a_file_of_the_form_that_nobody_has_seen(tmp_path: Path) -> None:
    (item,) = arena(tmp_path).items()
    assert item.id == "p/a/b"
    assert [one.text for one in item.responses] == ["R", "L"]
    assert [(one.annotator, one.code) for one in item.gold] == [("vote 1", 2), ("vote 2", 0)]


@pytest.mark.parametrize(
    ("more", "scale", "said"),
    [
        ("voters = 3", "pair", "form.voters"),
        ("between = [1]", "pair", "a pair has two, got 1"),
        ('[form.baseline]\npart = "x"', "pair", "form.baseline.answer"),
    ],
)
def test_a_form_that_says_what_nobody_reads(tmp_path: Path, more: str, scale: str, said: str) -> None:
    with pytest.raises(DataError) as caught:
        arena(tmp_path, more, scale)
    assert said in str(caught.value)
    assert "task.toml" in str(caught.value)


def test_a_word_of_the_card_that_the_scale_has_not(tmp_path: Path) -> None:
    task = arena(tmp_path, words='draw = "tie"', scale="pair:2", won="draw")
    with pytest.raises(DataError, match="'tie', is not on the scale pair:2") as caught:
        task.items()
    assert caught.value.field == "won"


# AlpacaEval


def test_people_are_told_apart_by_text_where_nothing_names_a_pair(tmp_path: Path) -> None:
    turned = PAIR | {"output_1": "two", "output_2": "one", "annotator_index": 2}
    rows = [PAIR, PAIR | {"preference": 2, "annotator_index": 1}, turned, PAIR | {"output_2": "three"}]
    data = write(tmp_path, *rows, name="alpaca_farm_human_crossannotations.json")
    first, other = open_task(ALPACA, data=data).items()
    a, b = (0, 2) if first.responses[0].text == "one" else (2, 0)
    assert [(one.annotator, one.code) for one in first.gold] == [("0", a), ("1", b), ("2", b)]
    assert len(other.gold) == 1
    assert first.cluster == other.cluster


def test_preferences_between_are_probabilities(tmp_path: Path) -> None:
    said = [{"preference": value, "instruction": f"Q{n}"} for n, value in enumerate((1.25, 2.0, 0.0, None, 1.5))]
    rows = [{**PAIR, "generator_1": "base", "generator_2": "m", "annotator": "w", **one} for one in said]
    path = write(tmp_path, *rows, name="annotations.json") / "annotations.json"
    task = open_task(f"{ALPACA}:annotations", data=tmp_path)
    replies = task.recorded(path).replies
    items = {item.id: item for item in task.items()}
    first = next(reply for (name, _), reply in replies.items() if items[name].question == "Q0")
    one = next(item for item in items.values() if item.question == "Q0")
    assert [model.model for model in one.responses] in (["base", "m"], ["m", "base"])
    assert sorted(first.probabilities) == [0.0, 0.25, 0.75]
    assert one.responses[0 if first.code == 0 else 1].text == "one"
    tied = [reply.code for (name, _), reply in replies.items() if items[name].question in {"Q2", "Q4"}]
    assert tied == [1, 1]
    assert sum(reply.status is Status.UNPARSED for reply in replies.values()) == 1
    assert not any(item.gold for item in items.values())


def test_a_models_outputs_beside_a_baseline_are_the_same_items(tmp_path: Path) -> None:
    own = [{"instruction": f"Q{n}", "output": f"m{n}", "generator": "m", "dataset": "d"} for n in range(3)]
    base = [{"instruction": f"Q{n}", "output": f"b{n}", "generator": "base"} for n in range(3)]
    write(tmp_path, *own, name="model_outputs.json")
    write(tmp_path, *base, name="reference_outputs.json")
    sides = [
        {"instruction": f"Q{n}", "output_1": f"b{n}", "output_2": f"m{n}", "generator_1": "base", "generator_2": "m"}
        for n in range(3)
    ]
    rows = [side | {"annotator": "w", "preference": 2.0, "dataset": "d"} for side in sides]
    write(tmp_path, *rows, name="annotations.json")
    outputs, annotated = (
        list(open_task(f"{ALPACA}:{name}", data=tmp_path).items()) for name in ("outputs", "annotations")
    )
    assert outputs == annotated
    write(tmp_path, *base[:2], name="reference_outputs.json")
    with pytest.raises(DataError, match="its baseline table has no answer to this question") as caught:
        open_task(f"{ALPACA}:outputs", data=tmp_path).items()
    assert (caught.value.line, caught.value.field) == (3, "instruction")


@pytest.mark.parametrize(
    ("change", "said", "field"),
    [
        ({"preference": 3}, "expected one of '1', '2', '1.5', '0', got 3", "preference"),
        ({"preference": "two"}, "got 'two'", "preference"),
        ({"preference": True}, "got True", "preference"),
        ({"output_1": 3}, "expected a text", "output_1"),
        ({"output_2": ...}, "this field is missing", "output_2"),
    ],
)
def test_bad_preferences(tmp_path: Path, change: dict[str, Any], said: str, field: str) -> None:
    bad = {key: value for key, value in (PAIR | change).items() if value is not ...}
    name = "alpaca_farm_human_crossannotations.json"
    with pytest.raises(DataError, match=said) as caught:
        open_task(ALPACA, data=write(tmp_path, PAIR, bad, name=name)).items()
    assert (caught.value.field, caught.value.line) == (field, 2)


def test_alpaca_evals_own_judge_reads_its_pairs(tmp_path: Path) -> None:
    with NativeLLM({"m": ("m", "M")}) as server:
        judgebench.run(
            "alpaca-eval/weighted:server/m", f"{ALPACA}:outputs", sample=True, base_url=server.openai_url, runs=tmp_path
        )
        assert len(server.requests) >= 7


def test_a_leaderboards_row_is_what_its_preferences_say() -> None:
    found = row([2.0, 1.0, 1.5, 0.0, None])
    assert (found["n_wins"], found["n_wins_base"], found["n_draws"], found["n_total"]) == (1, 1, 2, 4)
    assert found["win_rate"] == found["discrete_win_rate"] == 0.5
    with pytest.raises(DataError, match="a number from 1 to 2, got 3"):
        row([3.0])
    with pytest.raises(DataError, match="no preferences"):
        row([None])


def test_a_repositorys_annotations_stand_in_for_the_table(tmp_path: Path) -> None:
    home = tmp_path / "alpaca_eval"
    (home / "leaderboards").mkdir(parents=True)
    head = ",win_rate,standard_error,discrete_win_rate,n_wins,n_wins_base,n_draws,n_total"
    (home / "leaderboards" / "own_leaderboard.csv").write_text(f"{head}\nm-1,75.0,,,,,,2\n", encoding="utf-8")
    said = [{"instruction": "Q", "preference": 2.0}, {"instruction": "R", "preference": 1.5}]
    write(home / "results" / "m-1" / "own", *said, name="annotations.json")
    made = judgebench.reproduce(data=tmp_path, task=ALPACA)
    assert [(cell.judge, cell.metric, cell.match) for cell in made.cells] == [
        ("own|m-1", "win_rate", True), ("own|m-1", "n_total", True),
    ]  # fmt: skip


# The published files


@pytest.mark.data
def test_the_published_votes(data_dir: Path) -> None:
    task = open_task(MT, data=data_dir / "mt_bench_human")
    items = list(task.items())
    assert len(items) == task.card.split("expert").main.count == 1633
    assert sum(len(item.gold) for item in items) == 2668
    assert len({label.annotator.partition(" ")[0] for item in items for label in item.gold}) == 58
    assert len({item.cluster for item in items}) == 80
    everybody = list(open_task(f"{MT}:human", data=data_dir / "mt_bench_human").items())
    assert len(everybody) == 1814
    assert len({label.annotator.partition(" ")[0] for item in everybody for label in item.gold}) == 65
    assert {item.attribute("category") for item in items if item.references} == {"math", "reasoning", "coding"}
    # 63 of vicuna's 80 answers are nowhere.
    missing = {item.id for item in items if item.attribute("unanswered")}
    assert missing
    assert all("vicuna-13b-v1.2" in name for name in missing)


@pytest.mark.data
def test_table_5(data_dir: Path) -> None:
    made = judgebench.reproduce(data=data_dir, task=MT)
    printed = [cell for cell in made.cells if cell.kind == "equal"]
    assert len(printed) == 16
    assert {cell.published for cell in printed if cell.metric == "agreement_s2 n"} == {859, 864, 479, 474}


@pytest.mark.data
def test_the_published_leaderboards(data_dir: Path) -> None:
    made = judgebench.reproduce(data=data_dir, task=ALPACA)
    kinds = [cell.kind for cell in made.cells]
    assert (kinds.count("equal"), kinds.count("explained"), kinds.count("own")) == (861, 5, 1)
    assert made.ok

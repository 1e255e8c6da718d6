"""JudgeBench: pairs, subsets, clusters, and the two forms of recorded verdicts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from task_files import sample, write

from judgebench.domain import Status
from judgebench.errors import DataError, UsageError
from judgebench.reproduce.published import load_published
from judgebench.tasks.base import open_task, recorded_judges

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.tasks.base import CardTask
    from judgebench.tasks.recordings import Recording

FORTH, BACK = (0, 1), (1, 0)


def official(decisions: list[list[Any]]) -> list[dict[str, Any]]:
    """Rows as the benchmark's own script writes them."""
    return [
        row
        | {
            "judge_name": "arena_hard",
            "judgments": [
                d
                if d is None
                else {"judgment": {"judge_model": "m/x", "prompt": "p", "response": f"said {d}"}, "decision": d}
                for d in games
            ],
        }
        for row, games in zip(sample("judgebench"), decisions, strict=False)
    ]


def accuracy(task: CardTask, recording: Recording) -> dict[str, float]:
    """The official figure, written down once more: flip the second game, sum signs, right where above 0."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for item in task.items():
        signs = 0
        for order in recording.orders:
            code = recording.replies[item.id, order].code
            if code is not None:
                own = task.scale.undo(code, order)
                signs += 1 if own == item.gold[0].code else -1 if own != task.scale.tie else 0
        for subset in (item.subset, "all"):
            right[subset] += signs > 0
            total[subset] += 1
    return {subset: right[subset] / total[subset] for subset in total}


def test_the_sample_is_read() -> None:
    task = open_task("judgebench", sample=True)
    items = task.items()
    assert {item.subset for item in items} == set(task.card.subsets)
    first = items[0]
    assert (first.subset, first.attribute("source"), first.gold_source) == ("knowledge", "mmlu-pro-physics", "verifier")
    assert first.gold[0].code == task.scale.code("A")
    assert {label.code for item in items for label in item.gold} == {0, 2}
    # Two pairs of the sample share a question, as two of the claude split do.
    assert Counter(Counter(item.cluster for item in items).values()) == {1: 22, 2: 1}
    assert items[3].cluster == items[4].cluster


def test_names_carry_the_split() -> None:
    assert open_task("judgebench", sample=True).name == "judgebench"
    assert open_task("judgebench:gpt", sample=True).name == "judgebench"
    assert open_task("judgebench:claude", sample=True).name == "judgebench:claude"


def test_the_files_of_the_repository_are_found_in_a_clone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    write(folder / "dataset=judgebench,response_model=gpt-4o-2024-05-13.jsonl", sample("judgebench"))
    assert len(open_task("judgebench", data=tmp_path).items()) == 24
    with pytest.raises(DataError, match="claude"):
        open_task("judgebench:claude", data=tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label": "A=B"}, "field 'label': expected one of 'A>B', 'B>A', got 'A=B'"),
        ({"label": None}, "got nothing"),
        ({"source": "mmlu-prolific"}, "field 'source'"),
        ({"source": "unheard-of"}, "livecodebench"),
        ({"response_A": 3}, "field 'response_A': expected a text, got 3"),
        ({"pair_id": ""}, "field 'pair_id'"),
        ({"pair_id": True}, "field 'pair_id'"),
        ({"question": ...}, "field 'question': this field is missing"),
    ],
)
def test_a_wrong_row_is_named_by_line_and_field(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    records = sample("judgebench")
    records[2] = {key: value for key, value in (records[2] | change).items() if value is not ...}
    path = write(tmp_path / "gpt.jsonl", records)
    with pytest.raises(DataError) as caught:
        open_task("judgebench", data=path).items()
    assert f"{path}:3" in str(caught.value)
    assert said in str(caught.value)


def test_an_id_that_stands_twice_is_an_error(tmp_path: Path) -> None:
    records = sample("judgebench")
    with pytest.raises(DataError, match=r"gpt\.jsonl:25.*appears twice \(first on line 5\)"):
        open_task("judgebench", data=write(tmp_path / "gpt.jsonl", [*records, records[4]])).items()


def test_an_official_output_file_is_read_in_shown_coordinates(tmp_path: Path) -> None:
    task = open_task("judgebench", sample=True)
    file = official([["A>B", "B>A"], ["A=B", None], ["A>A", "A>B"], [None, None]])
    # Games that failed altogether come without the judge's name.
    recording = task.recorded(write(tmp_path / "out.jsonl", file))
    ids = [item.id for item in task.items()]
    assert recording.name == "m/x"
    assert recording.orders == (FORTH, BACK)
    assert recording.replies[ids[0], FORTH].code == 0
    assert recording.replies[ids[0], BACK].code == 2
    assert task.scale.undo(recording.replies[ids[0], BACK].code or 0, BACK) == 0
    assert recording.replies[ids[1], FORTH].code == task.scale.tie
    assert recording.replies[ids[1], BACK].status is Status.UNPARSED
    malformed = recording.replies[ids[2], FORTH]
    assert (malformed.status, malformed.text, malformed.error) == (Status.UNPARSED, "said A>A", "decision 'A>A'")


def test_single_games_make_one_order(tmp_path: Path) -> None:
    task = open_task("judgebench", sample=True)
    recording = task.recorded(write(tmp_path / "out.jsonl", official([["A>B"], ["B>A"]])))
    assert recording.orders == (FORTH,)
    assert len(recording.replies) == 2


def reduced(judges: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"split": "gpt", "judge_name": "reward_model", "judge_model": judge}
        | {"pair_id": row["pair_id"], "label": row["label"]}
        | {"games": [{"decision": "A>B", **more}, {"decision": "B>A", **more}]}
        for judge, more in judges.items()
        for row in sample("judgebench")
    ]


def test_a_file_of_several_judges_needs_a_name(tmp_path: Path) -> None:
    task = open_task("judgebench", sample=True)
    path = write(tmp_path / "judgments.jsonl", reduced({"one": {"scores": [1.5, -2]}, "two": {"response": "A it is"}}))
    with pytest.raises(UsageError, match="name the judge; there are: one, two"):
        task.recorded(path)
    with pytest.raises(UsageError, match="'three' is not a judge of it"):
        task.recorded(path, "three")
    first = task.items()[0].id
    assert task.recorded(path, "one").replies[first, FORTH].scores == (1.5, -2.0)
    assert task.recorded(path, "reward_model/two").replies[first, FORTH].text == "A it is"
    with pytest.raises(UsageError, match="none for split claude"):
        open_task("judgebench:claude", sample=True).recorded(path)


def test_one_model_that_judged_in_two_ways_is_two_judges(tmp_path: Path) -> None:
    task = open_task("judgebench", sample=True)
    plain = official([["A>B", "B>A"], [None, None]])
    rubric = [row | {"judge_name": "rubric"} for row in official([["B>A", "A>B"], ["A>B", "B>A"]])]
    path = write(tmp_path / "out.jsonl", [*plain, *rubric])
    assert list(recorded_judges(path, task.reader)) == ["arena_hard/m/x", "rubric/m/x"]
    with pytest.raises(UsageError, match="name the judge; there are: arena_hard/m/x, rubric/m/x"):
        task.recorded(path)
    with pytest.raises(UsageError, match="'m/x' is not a judge of it"):
        task.recorded(path, "m/x")
    found = [task.recorded(path, judge) for judge in ("arena_hard/m/x", "rubric/m/x")]
    assert [recording.name for recording in found] == ["arena_hard/m/x", "rubric/m/x"]
    ids = [item.id for item in task.items()][:2]
    assert [[recording.replies[one, FORTH].code for one in ids] for recording in found] == [[0, None], [2, 0]]
    # Named alike, it is one judge, however its file is called by.
    once = write(tmp_path / "once.jsonl", plain)
    assert recorded_judges(once, task.reader) == {"m/x": "m/x", "arena_hard/m/x": "m/x"}
    assert task.recorded(once, "arena_hard/m/x").name == task.recorded(once).name == "m/x"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"games": []}, "one or two games"),
        ({"games": [{"decision": "A>B"}] * 3}, "one or two games"),
        ({"games": [{"verdict": "A>B"}]}, "no decision"),
        ({"games": ["A>B"]}, "expected a game"),
        ({"pair_id": "elsewhere"}, "not in judgebench"),
        ({"label": "B>A"}, "another version"),
    ],
)
def test_a_wrong_game_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    file = reduced({"one": {}})
    file[0] |= change
    with pytest.raises(DataError, match=said):
        open_task("judgebench", sample=True).recorded(write(tmp_path / "judgments.jsonl", file))


def test_a_pair_judged_twice_is_an_error(tmp_path: Path) -> None:
    file = reduced({"one": {}})
    with pytest.raises(DataError, match=r"judgments\.jsonl:25.*appears twice"):
        open_task("judgebench", sample=True).recorded(write(tmp_path / "judgments.jsonl", [*file, file[3]]))


@pytest.mark.data
@pytest.mark.parametrize(("spec", "count", "questions"), [("judgebench", 350, 350), ("judgebench:claude", 270, 269)])
def test_published_figures_come_out_of_the_recordings(data_dir: Path, spec: str, count: int, questions: int) -> None:
    task = open_task(spec, data=data_dir)
    assert task.source.verified
    assert len(task.items()) == count == task.card.split(task.split).main.count
    assert len({item.cluster for item in task.items()}) == questions
    cells = [cell for cell in load_published("judgebench").figures if cell.split == task.split]
    ours: dict[str, dict[str, float]] = {}
    for recorded in task.recordings():
        path = task.recorded_path(recorded)
        assert path is not None
        recording = task.recorded(path, recorded.column)
        assert len(recording.replies) == 2 * count
        ours[recorded.name] = accuracy(task, recording)
    assert len(cells) == {"gpt": 15, "claude": 5}[task.split]
    wrong = {
        (c.judge, c.subset): c.shown(ours[c.judge][c.subset]) for c in cells if not c.matches(ours[c.judge][c.subset])
    }
    assert not wrong


@pytest.mark.data
@pytest.mark.parametrize(
    ("spec", "model"), [("judgebench", "o1-mini-2024-09-12"), ("judgebench:claude", "claude-3-haiku-20240307")]
)
def test_both_recorded_forms_say_the_same(data_dir: Path, spec: str, model: str) -> None:
    task = open_task(spec, data=data_dir)
    reduced_form = task.recorded(data_dir / "judgebench" / "judgments.jsonl.gz", model)
    raw = task.recorded(data_dir / "judgebench" / "raw" / f"{task.split}__arena_hard__{model}.jsonl.gz")
    assert raw.name == reduced_form.name == model
    assert raw.replies == reduced_form.replies
    assert sum(reply.status is Status.UNPARSED for reply in raw.replies.values()) == (
        13 if task.split == "claude" else 0
    )


@pytest.mark.data
def test_a_file_of_another_split_is_refused(data_dir: Path) -> None:
    task = open_task("judgebench", data=data_dir)
    with pytest.raises(DataError, match="another split"):
        task.recorded(data_dir / "judgebench" / "raw" / "claude__arena_hard__claude-3-haiku-20240307.jsonl.gz")

"""What columns of a table of items are, by their names and by what their cells hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from judgebench.files.rows import RowTable
from judgebench.labels.item_roles import find_roles
from judgebench.labels.profile import profile

if TYPE_CHECKING:
    from judgebench.labels.roles import Recognised

TEXTS = [f"a text of its own, number {n}, long enough to be one" for n in range(6)]
LABELS = ["pass", "fail", "pass", "pass", "fail", "pass"]
IDS = [f"t{n}" for n in range(6)]


def found(given: dict[str, list[str]] | None = None, **columns: list[object]) -> Recognised:
    records = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return find_roles(profile(RowTable.of_records("items", records)), given)


@pytest.mark.parametrize(
    ("columns", "roles"),
    [
        ({"question": TEXTS, "answer": TEXTS}, {"question": ("question",), "answers": ("answer",)}),
        ({"Prompt": TEXTS, "Response": TEXTS}, {"question": ("Prompt",), "answers": ("Response",)}),
        ({"user_input": TEXTS, "actual_output": TEXTS}, {"question": ("user_input",), "answers": ("actual_output",)}),
        ({"input": TEXTS, "instruction": TEXTS, "output": TEXTS},
         {"question": ("instruction", "input"), "answers": ("output",)}),
        ({"question": TEXTS, "answer_a": TEXTS, "answer_b": TEXTS, "model_a": LABELS, "model_b": LABELS},
         {"question": ("question",), "answers": ("answer_a", "answer_b"), "systems": ("model_a", "model_b")}),
        ({"prompt": TEXTS, "response2": TEXTS, "response1": TEXTS},
         {"question": ("prompt",), "answers": ("response1", "response2")}),
        ({"prompt": TEXTS, "chosen": TEXTS, "rejected": TEXTS},
         {"question": ("prompt",), "answers": ("chosen", "rejected")}),
        ({"question": TEXTS, "answer": TEXTS, "expected_output": TEXTS, "contexts": TEXTS},
         {"question": ("question",), "answers": ("answer",), "reference": ("expected_output",),
          "context": ("contexts",)}),
        ({"id": IDS, "question": TEXTS, "answer": TEXTS, "human_1": LABELS, "human_2": LABELS},
         {"id": ("id",), "question": ("question",), "answers": ("answer",), "gold": ("human_1", "human_2")}),
        ({"question": TEXTS, "answer": TEXTS, "ground_truth": LABELS},
         {"question": ("question",), "answers": ("answer",), "gold": ("ground_truth",)}),
        ({"question": TEXTS, "answer": TEXTS, "ground_truth": TEXTS},
         {"question": ("question",), "answers": ("answer",), "reference": ("ground_truth",)}),
        ({"question_id": ["q1", "q1", "q1", "q2", "q2", "q2"], "question": TEXTS, "answer": TEXTS, "label": LABELS},
         {"question": ("question",), "answers": ("answer",), "cluster": ("question_id",), "gold": ("label",)}),
        ({"item_id": ["1", "1", "2", "2", "3", "3"], "question": TEXTS, "answer": TEXTS,
          "criterion": ["tone", "style"] * 3, "label": LABELS},
         {"question": ("question",), "answers": ("answer",), "criterion": ("criterion",), "id": ("item_id",),
          "gold": ("label",)}),
        ({"question": TEXTS, "answer": TEXTS, "category": ["x", "y"] * 3, "image": IDS},
         {"question": ("question",), "answers": ("answer",), "subset": ("category",), "images": ("image",)}),
    ],
)  # fmt: skip
def test_names_say_roles(columns: dict[str, list[object]], roles: dict[str, tuple[str, ...]]) -> None:
    seen = found(**columns)
    assert (seen.roles.named(), seen.doubts) == (roles, [])
    assert set(seen.why) == set(seen.roles.columns())


def test_what_judges_said_before_is_left_aside() -> None:
    seen = found(question=TEXTS, answer=TEXTS, human=LABELS, judge_gpt=LABELS)
    assert (seen.roles.gold, seen.judges) == (("human",), ("judge_gpt",))


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"question": TEXTS, "answer": TEXTS, "response": TEXTS}, r"answer, response: which is the answer\? say"),
        ({"question": TEXTS, "answer": TEXTS, "score": LABELS, "vote": LABELS}, r"score, vote: annotators, or labels"),
        ({"question": TEXTS, "answer": TEXTS, "human_tone": LABELS, "human_style": LABELS},
         r"gold 'human_\{criterion\}' \(criteria\), or gold human_tone gold human_style \(annotators\)"),
        ({"question": TEXTS, "answer_a": TEXTS, "answer_b": TEXTS, "output_1": TEXTS, "output_2": TEXTS},
         "answer, output: which are the answers"),
    ],
)  # fmt: skip
def test_two_readings_are_a_doubt_that_names_the_options(columns: dict[str, list[object]], says: str) -> None:
    (doubt,) = found(**columns).doubts
    assert re.search(says, doubt), doubt


def test_what_is_said_is_taken_and_settles_doubts() -> None:
    seen = found({"answers": ["response"], "gold": []}, question=TEXTS, answer=TEXTS, response=TEXTS, human=LABELS)
    assert (seen.roles.answers, seen.roles.gold, seen.doubts) == (("response",), (), [])
    assert seen.why["response"] == "answer says so"

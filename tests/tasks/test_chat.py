"""Conversations and trajectories in cells: the forms of chat APIs, steps of agents, and what is none of these."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from judgebench.domain import Case, Item, Response, Turn, spoken
from judgebench.errors import DataError
from judgebench.files.records import Row
from judgebench.judges.scored import conversation
from judgebench.tasks.chat import cut, is_chat, told, turns_of

if TYPE_CHECKING:
    from pathlib import Path

SEARCH = {"name": "search", "arguments": '{"q": "tea"}'}


def read(value: Any, folder: Path | None = None) -> list[tuple[str, str]]:
    row = Row({"cell": value}, "rows.jsonl", 3)
    assert is_chat(value)
    return [(turn.role, turn.text) for turn in turns_of(row, "cell", folder)]


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function", "function": SEARCH}]},
        {"role": "assistant", "content": "", "function_call": SEARCH},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "search", "input": {"q": "tea"}}]},
        {"type": "function_call", "call_id": "1", "name": "search", "arguments": '{"q": "tea"}'},
        {"from": "function_call", "value": 'search({"q": "tea"})'},
        {"finish_reason": "tool_calls", "role": None, "message": {"role": "assistant", "tool_calls": [SEARCH]}},
        {"action": {"name": "search", "arguments": {"q": "tea"}}},
        {"action": 'search({"q": "tea"})', "reasoning": None, "num": 0},
    ],
)
def test_a_tool_call_is_a_turn_whoever_writes_it(message: dict[str, Any]) -> None:
    assert read([message]) == [("call", 'search({"q": "tea"})')]
    assert read(json.dumps([message])) == [("call", 'search({"q": "tea"})')]


@pytest.mark.parametrize(
    "message",
    [
        {"role": "tool", "tool_call_id": "1", "content": "3 euros"},
        {"role": "function", "name": "search", "content": "3 euros"},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "3 euros"}]},
        {"role": "user", "content": [{"type": "tool_result", "content": [{"type": "text", "text": "3 euros"}]}]},
        {"type": "function_call_output", "call_id": "1", "output": "3 euros"},
        {"from": "observation", "value": "3 euros"},
        {"observation": "3 euros"},
    ],
)
def test_so_is_what_the_tool_gave_back(message: dict[str, Any]) -> None:
    assert read([message]) == [("tool", "3 euros")]


def test_words_and_calls_of_one_message_keep_their_order() -> None:
    blocks = [
        {"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "One."},
        {"type": "tool_use", "name": "a", "input": {}}, {"type": "text", "text": "Two."},
    ]  # fmt: skip
    assert read([{"role": "assistant", "content": blocks}]) == [
        ("assistant", "Hm.\nOne."), ("call", "a({})"), ("assistant", "Two."),
    ]  # fmt: skip
    failed = {"type": "tool_result", "is_error": True, "content": "no such shelf"}
    assert read([{"role": "user", "content": [failed]}]) == [("tool", "[error]\nno such shelf")]
    assert read([{"role": "assistant", "reasoning_content": "I look.", "content": "", "tool_calls": [SEARCH]}]) == [
        ("assistant", "I look."), ("call", 'search({"q": "tea"})'),
    ]  # fmt: skip


def test_a_step_is_what_was_seen_thought_done_and_came_of_it(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    step = {"action": "click('1')", "reasoning": "A button.", "axtree": "[1] button", "screenshot": "a.png",
            "url": "https://a.example", "observation": "a new page"}  # fmt: skip
    row = Row({"cell": [step]}, "rows.jsonl", 1)
    seen, thought, done, came = turns_of(row, "cell", tmp_path)
    assert [part.image or part.text for part in seen.parts] == [
        "URL: https://a.example", "[1] button", str((tmp_path / "a.png").resolve()),
    ]  # fmt: skip
    assert [(turn.role, turn.text) for turn in (thought, done, came)] == [
        ("assistant", "A button."), ("call", "click('1')"), ("tool", "a new page"),
    ]  # fmt: skip
    # Written before the action, an observation is what was seen.
    assert read([{"observation": "a page", "action": "stop()"}]) == [("tool", "a page"), ("call", "stop()")]
    assert [len(one) for one in told(Row({"c": [step, {"action": "x"}]}, "f", 1), "c", tmp_path)] == [4, 1]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([{"role": "robot", "content": "x"}], "there is no role 'robot'; roles are system, user, assistant"),
        ([{"role": "assistant"}], "a message without role and content"),
        ([{"role": "assistant", "tool_calls": [{"function": {"arguments": "{}"}}]}], "a tool call without a name"),
        ([{"role": "assistant", "tool_calls": ["search"]}], "a tool call without a name"),
        ([{"role": "user", "content": [{"type": "audio", "data": "x"}]}], "neither text nor an image"),
        ([{"screenshot": "gone.png", "action": "x"}], "there is no image 'gone.png'"),
        ([{"screenshot": "../x.png", "action": "x"}], "is not inside"),
        ([{"screenshot": 7, "action": "x"}], "neither text nor an image"),
        (["a", "b"], "2 texts, and nobody says who speaks"),
        ([7], "a message without role and content"),
        (7, "expected a list of messages"),
        ([{"role": "assistant", "tool_calls": 7}], "tool_calls is a list"),
        ([{"screenshot": "loop.png", "action": "x"}], "there is no image 'loop.png'"),
        ([{"screenshot": "file:///etc/passwd", "action": "x"}], "at no address"),
        ('[{"role": "user", "content": "x"}', "is not JSON"),
    ],
)
def test_what_is_none_is_said_with_its_place(tmp_path: Path, value: Any, says: str) -> None:
    (tmp_path / "loop.png").symlink_to("loop.png")
    with pytest.raises(DataError, match=says) as caught:
        turns_of(Row({"cell": value}, "rows.jsonl", 3), "cell", tmp_path)
    field = "cell[0]" if isinstance(value, list) and not isinstance(value[0], str) else "cell"
    assert (caught.value.file, caught.value.line, caught.value.field) == ("rows.jsonl", 3, field)


TURNS = (Turn.of("user", "q"), Turn.of("assistant", "I look."), Turn.of("call", "look()"), Turn.of("tool", "tea"))


def test_models_that_know_no_tools_are_told_in_two_sides() -> None:
    assert [(one.role, one.text) for one in spoken(TURNS)] == [
        ("user", "q"), ("assistant", "I look.\n\n[tool call]\nlook()"), ("user", "[tool result]\ntea"),
    ]  # fmt: skip
    # Two messages of one side that no tool is near stay two, as they were.
    assert len(spoken([Turn.of("user", "a"), Turn.of("user", "b")])) == 2
    lead, rest = cut(TURNS)
    item = Item("i", lead, (Response("I look.", turns=rest),), (), "human", context=("doc",))
    assert [one.role for one in conversation(Case(item, (0,)), 0)] == ["user", "assistant", "user"]
    assert conversation(Case(item, (0,)), 0)[0].text == "doc\n\nq"


def test_a_trajectory_in_one_text_names_who_speaks() -> None:
    response = Response("I look.", turns=TURNS[1:])
    assert response.whole == "[assistant]\nI look.\n\n[tool call]\nlook()\n\n[tool result]\ntea"
    assert Response("last", turns=(Turn.of("assistant", "first"), Turn.of("assistant", "last"))).whole == "last"


def test_digests_of_items_without_tools_are_what_they_were() -> None:
    item = Item("i", (Turn.of("user", "q"),), (Response("a", turns=(Turn.of("assistant", "a"),)),), (), "human")
    assert item.content_digest == "a36d450cc2f22ea2837a8490"


def test_a_scheme_is_one_however_it_is_written(tmp_path: Path) -> None:
    row = Row({"c": [{"screenshot": "HTTPS://x.example/A.png", "action": "x"}]}, "f", 1)
    assert turns_of(row, "c", tmp_path)[0].parts[0].image == "https://x.example/A.png"

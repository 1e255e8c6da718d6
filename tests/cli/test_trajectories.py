"""Agents' trajectories from the command line: what each API is sent of their tool calls, results and screenshots."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from pictures import png
from servers.fake_llm import FakeLLM

from judgebench.api.planning import Showing, plan_run
from judgebench.errors import UsageError
from judgebench.judges.llm import LLMJudge
from judgebench.judges.model import Model
from judgebench.tasks.base import open_task
from judgebench.tasks.card import card_dir

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.domain import Completion, Request

KEYS = {"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"}
BACKENDS = ("openai", "anthropic", "server")
PNG = png()
ENCODED = base64.b64encode(PNG).decode()


def sent(body: dict[str, Any]) -> list[tuple[str, bytes]]:
    """Take the parts of what the user's message of either API says: texts, and images as their bytes."""
    content = body["messages"][-1]["content"]
    if isinstance(content, str):
        return [("text", content.encode())]
    parts: list[tuple[str, bytes]] = []
    for part in content:
        if part["type"] == "text":
            parts.append(("text", part["text"].encode()))
        elif part["type"] == "image":
            assert part["source"]["type"] == "base64"
            parts.append((part["source"]["media_type"], base64.b64decode(part["source"]["data"])))
        else:
            assert part["type"] == "image_url"
            address = re.fullmatch(r"data:(image/\w+);base64,(.+)", part["image_url"]["url"])
            assert address is not None
            parts.append((address[1], base64.b64decode(address[2])))
    return parts


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_trajectory_is_sent_with_its_screenshots(judgebench, tmp_path: Path, backend: str) -> None:
    with FakeLLM() as llm:
        url = llm.anthropic_url if backend == "anthropic" else llm.openai_url
        done = judgebench(
            "run", "--task", "agent-reward-bench", "--sample", "--judge", f"{backend}/m", "--base-url", url,
            "--runs", tmp_path / "runs", env=KEYS,
        )  # fmt: skip
    assert done.code == 0, done.err
    bodies = [request.body for request in llm.requests]
    assert len(bodies) == 7
    assert {message["role"] for body in bodies for message in body["messages"]} <= {"system", "user"}
    teapot = next(body for body in bodies if "green teapot costs 24" in str(body))
    first, (kind, image), rest = sent(teapot)
    shot = card_dir() / "agent-reward-bench/screenshots/webarena/StudyAgent-alder-7b/webarena.1/screenshot_step_2.png"
    assert (kind, image) == ("image/png", shot.read_bytes())
    # Where the last screenshot stands: in what the page gave back, before what the agent did last.
    before, after = first[1].decode(), rest[1].decode()
    assert re.search(r"=== begin response, tool result turn 7 \[\w+\] ===\nURL: https://shop.example/item/31\n", before)
    assert "=== end response, tool result turn 7" not in before
    assert after.startswith(("=== end", "\n=== end"))
    assert "=== begin response, tool call turn 9" in after
    assert "fill('12', 'green teapot')" in before


OPENAI = [
    {"role": "system", "content": "You help in a shop."},
    {"role": "user", "content": "What does tea cost?"},
    {"role": "assistant", "content": None, "reasoning_content": "I should look.", "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "price", "arguments": '{"of": "tea"}'}}]},
    {"role": "tool", "tool_call_id": "c1", "content": "3 euros"},
    {"role": "assistant", "content": "3 euros."},
]  # fmt: skip
ANTHROPIC = [
    {"role": "user", "content": "What is on the shelf?"},
    {"role": "assistant", "content": [
        {"type": "text", "text": "Let me look."}, {"type": "tool_use", "id": "t", "name": "look", "input": {"at": 3}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [
        {"type": "text", "text": "a picture"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": ENCODED}}]}]},
]  # fmt: skip
STEPS = [
    {"url": "https://a.example", "screenshot": "shot.png", "reasoning": "A button.", "action": "click('1')"},
    {"action": {"name": "stop", "arguments": {"answer": 4}}, "observation": "done"},
]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_table_of_ones_own_may_hold_trajectories(judgebench, tmp_path: Path, backend: str) -> None:
    (tmp_path / "shot.png").write_bytes(PNG)
    rows = [
        {"id": "o", "goal": "", "trajectory": OPENAI, "human": "yes"},
        {"id": "a", "goal": "", "trajectory": ANTHROPIC, "human": "no"},
        {"id": "s", "goal": "Stop with 4.", "trajectory": STEPS, "human": "yes"},
    ]
    (tmp_path / "agents.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with FakeLLM() as llm:
        url = llm.anthropic_url if backend == "anthropic" else llm.openai_url
        done = judgebench(
            "run", "--task", "agents.jsonl", "--judge", f"{backend}/m", "--base-url", url, "--question-col", "",
            "--runs", tmp_path / "runs", env=KEYS,
        )  # fmt: skip
    assert done.code == 0, done.err
    by = {name: next(sent(r.body) for r in llm.requests if mark in str(r.body)) for name, mark in
          {"o": "What does tea cost", "a": "on the shelf", "s": "a.example"}.items()}  # fmt: skip
    assert [kind for kind, _ in by["o"]] == ["text"]
    told = by["o"][0][1].decode()
    assert re.findall(r"=== begin response, (.*?) \[", told) == [
        "assistant turn 1", "tool call turn 2", "tool result turn 3", "assistant turn 4",
    ]  # fmt: skip
    assert 'price({"of": "tea"})' in told
    assert [kind for kind, _ in by["a"]] == ["text", "image/png", "text"]
    assert by["a"][1][1] == PNG
    assert 'look({"at": 3})' in by["a"][0][1].decode()
    assert [kind for kind, _ in by["s"]] == ["text", "image/png", "text"]
    assert 'stop({"answer": 4})' in by["s"][2][1].decode()


async def _never(_: Request) -> Completion:
    raise AssertionError("asked")


def test_a_judge_of_texts_alone_is_refused_before_the_first_call() -> None:
    blind = LLMJudge(Model("texts", _never, can=frozenset()), prompt=None, settings={})
    with pytest.raises(UsageError, match=r"texts reads no images, and 7 of 7 items of agent-reward-bench show some"):
        plan_run(open_task("agent-reward-bench", sample=True), blind, Showing())

"""Benchmarks whose tables a card joins, judged by a model in its native form, and one replayed in both orders."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from servers.forms_llm import FormsLLM
from task_files import sample

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize(
    "name",
    [
        "faireval", "judgelm", "judgelm:val-reference", "judgerbench", "judgerbench:wildbench", "judgerbench:fofo",
        "judgerbench-v2", "ai-university", "llmfao", "arena-two-judges", "cultural-pairs", "jailbreakeval",
    ],
)  # fmt: skip
def test_a_model_judges_every_sample(judgebench: Callable[..., Any], tmp_path: Path, name: str) -> None:
    with FormsLLM() as llm:
        done = judgebench(
            "run", "--judge", "server/m", "--base-url", llm.openai_url, "--task", name, "--sample", "--runs", tmp_path,
            "--format", "json",
        )  # fmt: skip
    assert done.code == 0, done.err
    assert done.document()["rows"][0]["coverage"] == 1


def test_swap_bias_of_a_replay_stands_beside_agreement(judgebench: Callable[..., Any], tmp_path: Path) -> None:
    rows = sample("judgelm")
    for name, turned in (("out", False), ("out-reverse", True)):
        said = [
            row
            | {"pred_text": "9 3", "pred_model_id": "judge"}
            | ({"answer1_body": row["answer2_body"], "answer2_body": row["answer1_body"]} if turned else {})
            for row in rows
        ]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, said)), encoding="utf-8")
    done = judgebench(
        "run", "--judge", f"replay:{tmp_path / 'out.jsonl'}", "--task", "judgelm", "--sample", "--runs",
        tmp_path / "runs", "--format", "json",
    )  # fmt: skip
    assert done.code == 0, done.err
    metrics = done.document()["rows"][0]["metrics"]
    # A judge that always takes the first one.
    assert [metrics[name]["value"] for name in ("swap_consistency", "prefers_first", "delta_bias")] == [0, 1, 1]

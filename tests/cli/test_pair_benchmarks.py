"""Benchmarks of pairs: a model judges their samples in its native form, recorded judges give the published figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from servers.forms_llm import FormsLLM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize("name", ["llmbar", "auto-j", "rm-bench", "evalbiasbench", "judgebiasbench"])
def test_a_model_judges_every_sample(judgebench: Callable[..., Any], tmp_path: Path, name: str) -> None:
    with FormsLLM() as llm:
        done = judgebench(
            "run", "--judge", "server/m", "--base-url", llm.openai_url, "--task", name, "--sample", "--runs", tmp_path,
            "--format", "json",
        )  # fmt: skip
    assert done.code == 0, done.err
    row = done.document()["rows"][0]
    assert row["coverage"] == 1
    assert row["bias"]["position_consistency"]["n"] == row["items"]


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(("name", "equal"), [("llmbar", 1390), ("auto-j", 19)])
def test_every_published_figure_comes_out(
    judgebench: Callable[..., Any], data_dir: Path, name: str, equal: int
) -> None:
    done = judgebench("reproduce", "--task", name, "--data", data_dir, "--format", "json")
    assert done.code == 0, done.err
    cells = done.document()["cells"]
    assert sum(cell["kind"] == "equal" for cell in cells) == equal
    assert not [cell for cell in cells if cell["kind"] == "differs"]

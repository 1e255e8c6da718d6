"""Prompts, references and forms of one's own in one command: what is sent, and what it is called."""

from __future__ import annotations

import base64
import json
import re
import zlib
from itertools import combinations
from statistics import mean
from typing import TYPE_CHECKING, Any

import pytest
from servers.forms_llm import FormsLLM, Vendors

import judgebench as jb
from judgebench.errors import UsageError
from judgebench.store.runs import find_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FORMS = ["brackets", "first-line", "last-line", "regex:^Verdict: (.*)$", "json", "schema", "tool", "logprobs"]
STRICT = "Be strict.\n\n{{question}}\n\n{{if reference}}Right is: {{reference}}\n\n{{answer}}\n"
MILD = "Be mild with {{answer}} to {{question}}, where {{reference}} is right."
RUBRIC = """
kinds = ["check"]
calls = "criterion"
[verdicts]
PASS = "correct"
FAIL = "incorrect"
[[criteria]]
name = "facts"
description = "it is true"
weight = 2
[[criteria]]
name = "form"
[[examples]]
question = "What is 1 + 1?"
answer = "2"
verdict = "PASS"
"""


@pytest.fixture
def llm() -> Iterator[FormsLLM]:
    with FormsLLM() as server:
        yield server


@pytest.fixture
def run(judgebench: Callable[..., Any], llm: FormsLLM, tmp_path: Path) -> Callable[..., Any]:
    for name, text in (("strict.md", STRICT), ("mild.md", MILD), ("rubric.toml", RUBRIC)):
        (tmp_path / name).write_text(text, "utf-8")
    where = ("--base-url", llm.openai_url, "--task", "triviaqa", "--sample", "--quiet", "--runs", "runs")
    return lambda *more, judge="server/m": judgebench("run", "--judge", judge, *where, *more)


def rows(done: Any) -> list[dict[str, Any]]:
    return [row for row in done.document()["rows"] if row["subset"] == "all"]


def test_three_prompts_by_two_references_are_six_rows_and_one_comparison(
    run: Callable[..., Any], judgebench: Callable[..., Any], llm: FormsLLM
) -> None:
    prompts = [word for name in ("strict.md", "mild.md", "rubric.toml") for word in ("--prompt", name)]
    done = run(*prompts, "--reference", "none", "--reference", "human", "--limit", "6", "--format", "json")
    assert done.code == 0, done.err
    told = [tuple(row["conditions"].items()) for row in rows(done)]
    assert len(set(told)) == 6
    assert {name for one in told for name, _ in one} == {"prompt", "reference"}
    # Items have one response: one case each, and the rubric asks twice about it.
    assert len(llm.requests) == 6 * 2 * (1 + 1 + 2)
    compared = judgebench("compare", "runs", "--format", "json")
    assert compared.code == 0, compared.err
    assert len(compared.document()["pairs"]) == 15
    board = judgebench("leaderboard", "runs", "--format", "csv")
    assert all(f"prompt={prompt}; reference=human" in board.out for prompt in ("strict", "mild", "rubric"))
    # Asked again, nothing is asked again.
    before = len(llm.requests)
    assert run(*prompts, "--reference", "none", "--reference", "human", "--limit", "6").code == 0
    assert len(llm.requests) == before


def test_forms_are_rows_of_one_command(run: Callable[..., Any], llm: FormsLLM) -> None:
    done = run(*[word for form in FORMS for word in ("--form", form)], "--limit", "4", "--format", "json")
    assert done.code == 0, done.err
    assert {row["conditions"]["form"] for row in rows(done)} == set(FORMS)
    assert [row["coverage"] for row in rows(done)] == [1.0] * len(FORMS)
    bodies = [one.body for one in llm.requests]
    assert sum("response_format" in body for body in bodies) == 4
    assert sum("tools" in body for body in bodies) == 4
    assert {body["top_logprobs"] for body in bodies if body.get("logprobs")} == {20}


def test_what_a_judge_does_not_differ_in_is_one_run(run: Callable[..., Any], llm: FormsLLM, tmp_path: Path) -> None:
    (tmp_path / "judge.toml").write_text(f'judge = "server/m"\nbase_url = "{llm.openai_url}"\nprompt = "mild.md"\n')
    more = ("--judge", "judge.toml", "--judge", "baseline/majority", "--prompt", "strict.md", "--prompt", "mild.md")
    done = run(*more, "--reference", "human", "--limit", "3", "--format", "json")
    assert done.code == 0, done.err
    assert len(find_runs(tmp_path / "runs")) == 3


@pytest.mark.parametrize("backend", ["server", "openai"])
@pytest.mark.parametrize("most", [None, 1])
def test_samples(
    judgebench: Callable[..., Any], backend: str, most: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    with FormsLLM(answers=most) as llm:
        words = ("--base-url", llm.openai_url, "--task", "triviaqa", "--sample", "--limit", "3", "--runs", "runs", "-q")
        once = ("run", "--judge", f"{backend}/m", *words, "--samples", "3")
        refused = judgebench(*once)
        assert (refused.code, "temperature" in refused.err, len(llm.requests)) == (2, True, 0)
        assert judgebench(*once, "--temperature", "1", "--form", "json").code == 0
        assert [one.body.get("n") for one in llm.requests[:1]] == [3]
        assert len(llm.requests) == 3 * (1 if most is None else 3)
    (stored,) = find_runs(tmp_path / "runs")
    verdicts = list(stored.verdicts())
    assert all([name for name, _ in one.parts] == ["sample 1", "sample 2", "sample 3"] for one in verdicts)
    assert all(sum(one.probabilities) == pytest.approx(1) for one in verdicts)
    assert stored.run.settings["samples"] == 3
    looked = judgebench("score", "runs", "--consistency", "--format", "json")
    assert looked.code == 0, looked.err
    figure = looked.document()["rows"][0]["figures"]["sample_agreement"]
    pairs = [[a.code == b.code for (_, a), (_, b) in combinations(one.parts, 2)] for one in verdicts]
    assert figure["value"] == pytest.approx(sum(map(mean, pairs)) / len(pairs), abs=1e-6)


def test_anthropic_calls_a_tool_and_knows_no_schema(
    judgebench: Callable[..., Any], llm: FormsLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-canary")
    words = ("run", "--judge", "claude-x", "--base-url", llm.anthropic_url, "--task", "triviaqa", "--sample", "--limit")
    done = judgebench(*words, "3", "--form", "tool", "--format", "json", "--quiet", "--runs", "runs")
    assert (done.code, rows(done)[0]["coverage"]) == (0, 1.0)
    assert llm.requests[0].body["tool_choice"] == {"type": "tool", "name": "give_verdict"}
    asked = len(llm.requests)
    for option, lacking in (("--form=schema", "schema"), ("--form=logprobs", "logprobs"), ("--effort=low", "effort")):
        done = judgebench(*words, "3", option)
        assert (done.code, lacking in done.err) == (2, True)
    assert judgebench(*words, "3", "--samples", "2", "--quiet", "--runs", "runs").code == 0
    assert len(llm.requests) == asked + 6


def test_a_judge_file_says_the_same(run: Callable[..., Any], tmp_path: Path) -> None:
    options = ("--prompt", "rubric.toml", "--form", "json", "--samples", "2", "--samples-by", "mean", "--effort", "low")
    assert run(*options, "--temperature", "1", "--limit", "2").code == 0
    (tmp_path / "judge.toml").write_text(
        'judge = "server/m"\nprompt = "rubric.toml"\nform = "json"\nsamples = 2\nsamples_by = "mean"\neffort = "low"\n'
        "temperature = 1\n"
    )
    done = run("--limit", "2", judge="judge.toml")
    assert done.code == 0, done.err
    assert len(find_runs(tmp_path / "runs")) == 1


def test_a_dry_run_counts_what_samples_and_criteria_ask(run: Callable[..., Any], llm: FormsLLM) -> None:
    done = run("--prompt", "rubric.toml", "--limit", "5", "--dry-run", "--format", "json")
    assert done.document()["runs"][0]["calls"] == 10
    done = run("--samples", "4", "--temperature", "1", "--limit", "5", "--dry-run", "--format", "json")
    (told,) = done.document()["runs"]
    assert (told["calls"], told["output_tokens"]) == (5, 5 * 4 * 300)
    assert not llm.requests


def test_before_anything_is_asked(run: Callable[..., Any], llm: FormsLLM, tmp_path: Path) -> None:
    (tmp_path / "context.md").write_text("{{answer}}\n\nDocuments: {{context}}", "utf-8")
    done = run("--prompt", "context.md", "--limit", "1")
    assert "no item of triviaqa has a context" in done.err
    asked = len(llm.requests)
    for options, words in (
        (["--prompt", "rubric.toml", "--form", "jsno"], "json"),
        (["--form", "regex:("], "regular expression"),
        (["--samples-by", "mean"], "--samples N"),
        (["--order", "sideways"], "both"),
        (["--task", "pandalm", "--reference", "human"], "human"),
    ):
        done = run(*options)
        assert (done.code, words in done.err) == (2, True), done.err
    assert len(llm.requests) == asked


@pytest.mark.parametrize("form", ["schema", "tool"])
def test_a_batch_asks_the_same(
    judgebench: Callable[..., Any], form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    (tmp_path / "rubric.toml").write_text(RUBRIC, "utf-8")
    asked: list[list[Any]] = []
    with Vendors() as llm:
        monkeypatch.setenv("OPENAI_BASE_URL", llm.openai_url)
        words = ("run", "--judge", "gpt-4o", "--task", "triviaqa", "--sample", "--limit", "4", "-q", "--form", form)
        more = ("--prompt", "rubric.toml", "--samples", "2", "--temperature", "1")
        for engine in ("local", "batch"):
            done = judgebench(*words, *more, "--engine", engine, "--poll", "0.05", "--runs", engine)
            assert done.code == 0, done.err
            (stored,) = find_runs(tmp_path / engine)
            asked.append([(one.key, one.status, one.code, len(one.parts)) for one in stored.verdicts()])
    assert asked[0] == asked[1]


def test_python_takes_lists(llm: FormsLLM, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "strict.md").write_text(STRICT, "utf-8")
    how = {"sample": True, "limit": 4, "base_url": llm.openai_url}
    prompts = [tmp_path / "strict.md", "check"]
    scores = jb.run("server/m", "triviaqa", prompt=prompts, reference=("none", "human"), temperature=[0, 1.0], **how)
    assert len({row.judge for row in scores if row.subset == "all"}) == 8
    with pytest.raises(UsageError, match="order"):
        jb.run("server/m", "triviaqa", order=["both", "sideways"], **how)


def test_show_prompt_writes_what_is_sent(
    run: Callable[..., Any], judgebench: Callable[..., Any], llm: FormsLLM
) -> None:
    assert run("--prompt", "rubric.toml", "--form", "tool", "--reference", "human", "--limit", "1").code == 0
    task = ("--task", "triviaqa", "--sample", "--form", "tool", "--reference", "human")
    shown = judgebench("show", "prompt", "rubric.toml", *task)
    assert shown.code == 0, shown.err
    for request in llm.requests:
        for message in request.body["messages"]:
            assert f"[{message['role']}]\n{message['content']}" in shown.out
    assert "give_verdict" in shown.out
    assert "request 2 of 2" in shown.out
    whole = judgebench("show", "prompt", "rubric.toml")
    assert "[criteria]" in whole.out
    assert judgebench("show", "prompt").code == 2
    assert judgebench("show", "triviaqa", "--task", "triviaqa").code == 2
    assert judgebench("show", "prompt", "rubric.toml", "--task", "pandalm", "--sample").code == 2


def test_a_report_shows_the_prompt_that_was_sent(
    run: Callable[..., Any], judgebench: Callable[..., Any], llm: FormsLLM, tmp_path: Path
) -> None:
    assert run("--prompt", "mild.md", "--reference", "human", "--limit", "3").code == 0
    (tmp_path / "mild.md").unlink()
    assert judgebench("report", "runs", "--sample").code == 0
    text = (tmp_path / "report.html").read_text("utf-8")
    found = re.findall(r'<script type="application/octet-stream" id="block-([^"]+)">([^<]*)</script>', text)
    blocks = {name: json.loads(zlib.decompress(base64.b64decode(packed))) for name, packed in found}
    words = blocks["b0"]["prompts"]
    told = set[str]()
    for item in blocks["b0-0"]:
        texts = item["text"]
        flat = [one for _, pieces in texts["turns"] for one, _ in pieces] + texts["context"]
        flat += [one for _, one in texts["references"]] + [one for one, _ in texts["responses"]]
        for said in item["said"]:
            for request in said["sent"]:
                for _, pieces in request:
                    told.add("".join(_piece(piece, words, item["code"], flat) for piece in pieces))
    assert told == {message["content"] for request in llm.requests for message in request.body["messages"]}
    # The prompt's own words are kept once, whatever the number of items.
    assert len(words) < 12
    assert judgebench("report", "runs", "--sample", "--no-texts").code == 0
    assert "Be mild with" not in (tmp_path / "report.html").read_text("utf-8")


def _piece(piece: Any, words: list[str], code: str, texts: list[str]) -> str:
    if isinstance(piece, int):
        return words[piece].replace("\0", code)
    return texts[piece[0]] if isinstance(piece, list) else piece

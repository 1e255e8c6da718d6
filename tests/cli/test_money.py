"""What a run will cost, and what it did: the estimate beside the bill of a server that counts."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import bpe_openai
import pytest
from servers import fake_llm as server

if TYPE_CHECKING:
    from pathlib import Path

PRICED = 'judge = "{judge}"\nbase_url = "{url}"\n[price]\ninput = 2.0\noutput = 8.0\n'
OWN = "o200k_base in place of the model's own tokenizer"
KEYS = {"OPENAI_API_KEY": "not-a-key"}


@pytest.fixture
def wordy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers of 20 to 220 words, usage counted as OpenAI counts it, and by another tokenizer for other models."""
    short, body = server._reply, server._openai_body

    def reply(prompt: str, fault: str | None, request: Any) -> str:
        words = 20 + int(hashlib.sha256(prompt.encode()).hexdigest()[8:16], 16) % 200
        return "considering " * words + short(prompt, fault, request)

    def counted(asked: dict[str, Any], prompt: str, said: str, fault: str | None) -> dict[str, Any]:
        encoding = bpe_openai.get_encoding("o200k_base" if asked["model"].startswith("gpt-") else "cl100k_base")
        messages = [f"{message['role']}\0{message['content']}".split("\0") for message in asked["messages"]]
        prompted = 3 + sum(3 + len(encoding.encode_ordinary(role)) + len(encoding.encode_ordinary(text))
                           for role, text in messages)  # fmt: skip
        usage = {"prompt_tokens": prompted, "completion_tokens": len(encoding.encode_ordinary(said))}
        return body(asked, prompt, said, fault) | {"usage": usage}

    monkeypatch.setattr(server, "_reply", reply)
    monkeypatch.setattr(server, "_openai_body", counted)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.usefixtures("wordy")
@pytest.mark.parametrize("judge", ["openai/gpt-4o", "server/own"])
def test_the_estimate_is_within_5_percent_of_the_bill(judgebench, data_dir, tmp_path: Path, judge: str) -> None:
    with server.FakeLLM() as llm:
        (tmp_path / "judge.toml").write_text(PRICED.format(judge=judge, url=llm.openai_url))
        base = ("run", "--judge", "judge.toml", "--task", "judgebench", "--data", data_dir, "--format", "json")
        assert judgebench(*base, "--limit", 60, env=KEYS).code == 0
        asked = len(llm.requests)
        base = (*base, "--limit", 180)
        [estimate] = judgebench(*base, "--dry-run", env=KEYS).document()["runs"]
        assert len(llm.requests) == asked
        done = judgebench(*base, env=KEYS)
        assert done.code == 0, done.err
    assert (estimate["to_ask"], estimate["pilot_answers"]) == (360 - asked, asked)
    bills = {row["items"]: row["usage"]["usd"] for row in done.document()["rows"] if row["subset"] == "all"}
    pilot = judgebench("score", "runs", "--format", "json").document()["rows"]
    paid = next(row["usage"]["usd"] for row in pilot if row["subset"] == "all" and row["items"] == 60)
    bill = bills[180] - paid
    assert estimate["usd"] == pytest.approx(bill, rel=0.05)
    assert estimate["usd_low"] < bill < estimate["usd_high"]
    if judge == "openai/gpt-4o":
        assert estimate["counting"] == "o200k_base"


@pytest.mark.usefixtures("wordy")
def test_input_tokens_are_the_backends_own_count_before_anything_was_asked(judgebench, tmp_path: Path) -> None:
    with server.FakeLLM() as llm:
        (tmp_path / "judge.toml").write_text(PRICED.format(judge="openai/gpt-4o", url=llm.openai_url))
        base = ("run", "--judge", "judge.toml", "--task", "pandalm", "--sample", "--format", "json")
        [estimate] = judgebench(*base, "--dry-run", env=KEYS).document()["runs"]
        rows = judgebench(*base, env=KEYS).document()["rows"]
    assert estimate["pilot_answers"] == 0
    assert estimate["input_tokens"] == next(row for row in rows if row["subset"] == "all")["usage"]["input_tokens"]


def test_an_unknown_price_is_unknown_and_never_0(judgebench) -> None:
    base = ("run", "--judge", "server/own", "--base-url", "http://127.0.0.1:9/v1", "--task", "pandalm", "--sample")
    document = judgebench(*base, "--dry-run", "--format", "json").document()
    [estimate] = document["runs"]
    assert (estimate["usd"], estimate["usd_low"], estimate["counting"]) == (None, None, OWN)
    assert "not known" in judgebench(*base, "--dry-run").out
    free = ("run", "--judge", "baseline/first", "--task", "pandalm", "--sample", "--dry-run")
    assert "at no cost" in judgebench(*free).out


@pytest.mark.usefixtures("wordy")
def test_show_says_what_a_run_cost_over_all_its_commands(judgebench, tmp_path: Path) -> None:
    with server.FakeLLM() as llm:
        (tmp_path / "judge.toml").write_text(PRICED.format(judge="openai/gpt-4o", url=llm.openai_url))
        base = ("run", "--judge", "judge.toml", "--task", "pandalm", "--sample", "--max-concurrency", 4)
        llm.next("500", "400")
        assert judgebench(*base, env=KEYS).code == 5
        [run] = (path.parent for path in tmp_path.glob("runs/*/manifest.json"))
        first = judgebench("show", run, "--format", "json").document()
        assert judgebench(*base, env=KEYS).code == 0
        shown = judgebench("show", run, "--format", "json").document()
        lines = judgebench("show", run, "--explain").out
    assert (first["holds"]["statuses"], shown["holds"]["statuses"]) == ({"ok": 47, "failed": 1}, {"ok": 48})
    assert (first["spent"]["retries"], shown["spent"]["commands"], shown["spent"]["asked"]) == (1, 2, 49)
    tokens = shown["holds"]["input_tokens"], shown["holds"]["output_tokens"]
    assert shown["holds"]["usd"] == pytest.approx((2.0 * tokens[0] + 8.0 * tokens[1]) / 1e6)
    assert shown["spent"]["usd"] == pytest.approx(shown["holds"]["usd"])
    assert f"{shown['holds']['usd']:.4f} USD for these answers" in lines
    assert "49 cases by 2 commands, 1 retries" in lines

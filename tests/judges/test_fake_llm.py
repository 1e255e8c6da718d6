"""The loopback server is itself held to its description, and judges load nothing before they are asked."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from servers.fake_llm import FakeLLM, Fault

SCRIPT = Path(__file__).resolve().parent.parent / "servers" / "fake_llm.py"


def post(url: str, text: str) -> tuple[int, dict]:
    body = {"model": "m", "messages": [{"role": "user", "content": text}], "max_tokens": 5}
    request = urllib.request.Request(  # noqa: S310 - a loopback address of our own
        f"{url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - the same
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_as_a_process_it_prints_its_port_and_logs_every_request_before_it_answers(tmp_path) -> None:
    log = tmp_path / "log.jsonl"
    command = [sys.executable, str(SCRIPT), "--port", "0", "--log", str(log), "--faults", "500*1", "--latency", "0.01"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
            statuses = [post(url, text)[0] for text in ("one", "one", "two")]
        finally:
            process.kill()
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert statuses == [500, 200, 500]
    assert [line["fault"] for line in lines] == ["500", None, "500"]
    assert lines[0]["digest"] == lines[1]["digest"] != lines[2]["digest"]


def test_markers_and_shares() -> None:
    with FakeLLM(faults="503@0.3", seed=4) as llm:
        assert post(llm.openai_url, "<<fault:429*2>> x")[0] == 429
        assert post(llm.openai_url, "<<fault:429*2>> x")[0] == 429
        statuses = [post(llm.openai_url, f"{n}")[0] for n in range(100)]
        again = [post(llm.openai_url, f"{n}")[0] for n in range(100)]
    assert statuses == again
    assert 15 < statuses.count(503) < 45


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="no fault"):
        Fault.parse("504")


def test_judges_load_no_library_before_they_are_asked() -> None:
    code = """
import sys
from judgebench.judges.backends import anthropic
from judgebench.judges.backends import litellm
from judgebench.judges.backends import openai
from judgebench.judges.backends import server
from judgebench.judges import baselines, function, llm, tokens
from judgebench.judges.prompts import load_prompt, prompt_names
options = dict(prompt=None, temperature=0.0, max_tokens=9, timeout=1.0, seed=None)
openai.create("m", base_url=None, **options), anthropic.create("m", base_url=None, **options)
server.create("m", base_url="http://127.0.0.1:1", **options)
heavy = {"openai", "anthropic", "litellm", "aiohttp", "httpx", "genai_prices", "pandas", "scipy", "numpy", "datasets"}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

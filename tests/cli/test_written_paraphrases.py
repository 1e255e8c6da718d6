"""Questions that a model puts in other words before a run: each is written once, then asked, and counted exactly."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter

import pytest
from processes import until
from servers.fake_llm import FakeLLM

ITEMS, WORDINGS = 4, 3
FAMILY = "paraphrase:server-m"


class Rewriter(FakeLLM):
    """Puts requests in other words, the second one as it was; of all else it gives verdicts."""

    def writer(self, api):
        write = super().writer(api)

        def answer(body, prompt, reply, fault):
            if "in other words" not in prompt:
                return write(body, prompt, reply, fault)
            said = prompt.partition("] ===\n")[2].rpartition("\n=== end")[0]
            way = prompt.partition("other words: ")[2].partition(".")[0]
            return write(body, prompt, said if "careful colleague" in way else f"{way.title()}: {said}", fault)

        return answer


@pytest.fixture
def llm():
    with Rewriter() as server:
        yield server


def _asked(command, llm, *more):
    judge = ("--judge", "server/m", "--base-url", llm.openai_url, "--max-concurrency", "4")
    return (command, *judge, "--task", "pandalm", "--sample", "--limit", str(ITEMS), "-q", *more)


def _questions(llm):
    return [one for one in llm.requests if "in other words" in str(one.body["messages"])]


def test_rewordings_are_written_once_and_asked_as_the_dry_run_said(judgebench, llm):
    asked = _asked("probe", llm, "--probe", "paraphrase", "--paraphrases", str(WORDINGS), "--format", "json")
    dry = judgebench(*asked, "--dry-run").document()
    calls = {run["task"]: 0 for run in dry["runs"]}
    for run in dry["runs"]:
        calls[run["task"]] += run["calls"]
    found = judgebench(*asked).document()
    written = _questions(llm)
    assert len(written) == calls["pandalm (rewordings)"] == len({one.digest for one in written})
    # One wording came back as it was: there is nothing to ask.
    assert llm.counts.total() == sum(run["calls"] for run in dry["runs"]) - ITEMS * 2
    assert [row["probe"] for row in found["rows"]] == ["paraphrase/1:server-m", "paraphrase/3:server-m", FAMILY]
    assert "pairwise_agreement" in found["rows"][-1]["figures"]
    sent = [str(one.body["messages"]) for one in llm.requests if one not in written]
    assert sum("Use Other Words And Another Order Of The Sentences: " in text for text in sent) == ITEMS * 2
    # Nothing is asked again, and stored runs say the same; what is written already is known to the dry run.
    told = llm.counts.total()
    assert judgebench(*asked).document() == found
    assert [run["calls"] for run in judgebench(*asked, "--dry-run").document()["runs"]] == [0, 0, 0, 0]
    again = judgebench("probe", "runs", "--probe", "paraphrase", "--format", "json").document()
    assert [(row["probe"], row["effect"]) for row in again["rows"]] == [
        (row["probe"], row["effect"]) for row in found["rows"]
    ]
    # A fourth is written beside the three.
    judgebench(*asked, "--paraphrases", "4")
    assert len(_questions(llm)) * WORDINGS == len(written) * (WORDINGS + 1)
    assert llm.counts.total() == told + len(written) // WORDINGS + ITEMS * 2


def test_a_run_asks_them_beside_the_plain_wording(judgebench, llm):
    found = judgebench(*_asked("run", llm, "--paraphrases", "1", "--format", "json")).document()
    assert [row["conditions"].get("probe", "none") for row in found["rows"]] == ["none", "paraphrase/1:server-m"]
    assert llm.counts.total() == 2 * 2 * ITEMS + len(_questions(llm))


def test_another_model_writes(judgebench, llm):
    asked = ("--judge", "baseline/random", "--paraphraser", "server/w", "--paraphrases", "1", "--probe", "paraphrase")
    task = ("--task", "pandalm", "--sample", "--limit", "2", "-q", "--base-url", llm.openai_url, "--format", "json")
    rows = judgebench("probe", *asked, *task).document()["rows"]
    assert [row["probe"] for row in rows] == ["paraphrase/1:server-w", "paraphrase:server-w"]
    assert llm.counts.total() == len(_questions(llm)) > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--paraphrases", "2"), "baseline/random is not a language model"),
        (("--paraphraser", "server/w"), "--paraphraser belongs to --paraphrases N"),
    ],
)
def test_who_can_not_write(judgebench, tmp_path, arguments, said):
    asked = ("--judge", "baseline/random", "--task", "pandalm", "--sample", "-q", "--probe", "paraphrase")
    found = judgebench("probe", *asked, *arguments)
    assert (found.code, said in " ".join(found.err.split())) == (2, True)
    assert not list(tmp_path.glob("runs/*"))


def test_killed_and_resumed_nothing_is_written_or_asked_twice(judgebench, tmp_path):
    more = ("--probe", "paraphrase", "--paraphrases", "3", "--format", "json")
    with Rewriter() as whole:
        expected = judgebench(*_asked("probe", whole, *more, "--runs", "whole"))
    # A server's address belongs to its judge.
    with Rewriter(port=whole.port, latency=0.02) as llm:
        words = _asked("probe", llm, *more, "--runs", "killed")
        for share in (4, 2):
            with subprocess.Popen(
                [sys.executable, "-m", "judgebench", *words], cwd=tmp_path, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True,
            ) as process:  # fmt: skip
                until(lambda share=share: llm.counts.total() >= whole.counts.total() // share, process)
                process.send_signal(signal.SIGKILL)
        found = judgebench(*words)
    again = Counter(llm.counts)
    again.subtract(whole.counts)
    assert min(again.values()) >= 0
    assert again.total() <= 2 * 4
    assert found.document()["rows"] == expected.document()["rows"]

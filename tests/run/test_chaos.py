"""Five thousand cases against a server that does everything wrong, by seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from servers.fake_llm import FakeLLM
from test_dispatch import Toy

from judgebench.domain import Policies, Status
from judgebench.judges.backends.server import create
from judgebench.probes.orders import Plain
from judgebench.run.engine import Options
from judgebench.run.execute import execute
from judgebench.run.plans import Conventions, Selection, plan
from judgebench.store.runs import read_run

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.domain import Verdict
    from judgebench.run.summary import Summary

PASSING = "429@0.03*2,500@0.03*1,503@0.03*2,cut@0.02*1,half@0.02*1,json@0.02*1,error200@0.02*1,empty@0.01*1"
SLOW = "hang@0.002*1,drip@0.002*1"
LASTING = "400@0.01,filter@0.01,length@0.01,none@0.01,two@0.01,refusal@0.01,500@0.002"
ENDS = {
    "400": Status.FAILED,
    "500": Status.FAILED,
    "filter": Status.REFUSED,
    "refusal": Status.REFUSED,
    "length": Status.TRUNCATED,
    "none": Status.UNPARSED,
    "two": Status.UNPARSED,
}


def run(llm: FakeLLM, runs: Path) -> tuple[Summary, dict[str, Verdict]]:
    judge = create("m", prompt=None, base_url=llm.openai_url, temperature=0, max_tokens=64, timeout=3.0, seed=None)
    planned = plan(Toy("toy", 1000), judge, Selection(Plain("both")), Conventions(Policies()))
    path, summary = execute(planned, runs, Options(attempts=5, backoff=0.01))
    stored = read_run(path)
    verdicts = {verdict.key: verdict for verdict in stored.verdicts()}
    statuses = {status.value: n for status, n in summary.statuses.items()}
    assert stored.run.counts == {"items": 1000, "cases": 2000} | statuses
    assert len((path / "verdicts.jsonl").read_text().splitlines()) == len(verdicts) == 2000
    return summary, verdicts


@pytest.mark.slow
def test_every_case_ends_as_its_server_let_it(tmp_path: Path) -> None:
    with FakeLLM() as calm:
        _, undisturbed = run(calm, tmp_path / "calm")
        assert max(calm.counts.values()) == 1
    with FakeLLM(faults=f"{LASTING},{PASSING},{SLOW}", seed=7) as wild:
        summary, verdicts = run(wild, tmp_path / "wild")
    seen = {request.fault for request in wild.requests}
    assert {"429", "500", "503", "cut", "half", "json", "error200", "hang", "drip", "filter", "length"} <= seen
    assert summary.asked == summary.statuses.total() == summary.cases == 2000
    assert summary.retries == len(wild.requests) - 2000
    assert set(verdicts) == set(undisturbed)
    for key, verdict in verdicts.items():
        before = undisturbed[key]
        assert (verdict.code is None) == (verdict.status is not Status.OK)
        if verdict.status is Status.OK:
            assert (verdict.code, verdict.text, verdict.usage) == (before.code, before.text, before.usage)
    lost = {status: n for status, n in summary.statuses.items() if status is not Status.OK}
    expected = dict.fromkeys(lost, 0)
    # The first lasting fault that a prompt drew is how its case ends, whatever came before.
    last = {request.digest: request.fault for request in wild.requests}
    for fault in last.values():
        if fault is not None:
            expected[ENDS[fault]] += 1
    assert lost == expected
    assert summary.statuses[Status.OK] > 1840

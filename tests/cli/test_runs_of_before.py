"""A folder that the version before the judges' present contract made: read, resumed, measured, packed, gated.

``runs-of-2026-11.zip`` holds what commit 91f811d wrote of this project's own samples (``run --judge
baseline/longest --judge server/m --base-url http://127.0.0.1:18999/v1 --task pandalm --sample``, the same judge on
``rewardbench-2``, ``gate --update``, ``score --format json``); nothing listens at that address now.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from judgebench.store.lines import VERDICTS
from judgebench.store.runs import find_runs

SERVER = ("run", "--judge", "server/m", "--base-url", "http://127.0.0.1:18999/v1", "--sample")


@pytest.fixture
def before(tmp_path: Path) -> Path:
    with zipfile.ZipFile(Path(__file__).with_name("runs-of-2026-11.zip")) as packed:
        packed.extractall(tmp_path)
    return tmp_path


def test_it_is_read_resumed_measured_packed_and_gated(before: Path, judgebench: Any) -> None:
    files = {stored.path: (stored.path / VERDICTS).read_bytes() for stored in find_runs(before / "runs")}
    assert [len(list(stored.verdicts())) for stored in find_runs(before / "runs")] == [48, 48, 54]
    for more in (("--task", "pandalm", "--judge", "baseline/longest"), ("--task", "rewardbench-2")):
        # With nobody there to ask, whatever is missing would fail.
        assert (done := judgebench(*SERVER, *more)).code == 0, done.err
    assert {path: (path / VERDICTS).read_bytes() for path in files} == files
    assert len(find_runs(before / "runs")) == 3
    assert judgebench("verify", "runs").code == 0
    was = json.loads((before / "score.json").read_text())
    now = judgebench("score", "runs", "--interval", "cr1", "--format", "json").document()
    for new, old in zip(now["rows"], was["rows"], strict=True):
        assert [new[name] for name in ("task", "judge", "usage")] == [old[name] for name in ("task", "judge", "usage")]
        for name, one in old["metrics"].items():
            for key, value in one.items():
                wanted = pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
                assert new["metrics"][name][key] == wanted, (name, key)
    [pandalm] = (before / "runs").glob("pandalm--server*")
    assert judgebench("pack", str(pandalm)).code == 0
    assert (done := judgebench("gate", str(pandalm), "--against", "base.json")).code == 0, done.out + done.err
    assert judgebench(*SERVER, "--task", "pandalm").code == 0

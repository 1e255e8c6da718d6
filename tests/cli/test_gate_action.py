"""The composite action: its script on this project's own samples and baselines, and its file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from processes import HANGS

_REPO = Path(__file__).resolve().parents[2]
ACTION = _REPO / ".github" / "actions" / "gate"
BASELINES = _REPO / ".github" / "baselines"


class Done(NamedTuple):
    """What the script did."""

    code: int
    out: str
    err: str
    state: str


@pytest.fixture
def act(tmp_path: Path):
    """Call the script as the action does: inputs in the environment, nothing else; ``log``: into one log of a job."""

    def call(*, log: bool = False, **inputs: object) -> Done:
        told = tmp_path / "output"
        told.write_text("")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("GATE_", "GITHUB_"))}
        given = {f"GATE_{name.upper()}": str(value) for name, value in inputs.items()}
        where = {"GITHUB_ACTIONS": "true"} if log else {"GITHUB_OUTPUT": str(told)}
        done = subprocess.run(
            [sys.executable, ACTION / "gate.py"],
            cwd=tmp_path,
            env={**clean, **given, **where},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if log else subprocess.PIPE,
            text=True,
            timeout=HANGS,
            check=False,
        )
        assert "Traceback" not in (done.stdout if log else done.stderr), done
        return Done(done.returncode, done.stdout, done.stderr or "", told.read_text().strip())

    return call


TRIVIA = {"task": "triviaqa", "sample": "true", "baseline": BASELINES / "triviaqa-sample.json"}
PANDALM = {"task": "pandalm", "sample": "true", "baseline": BASELINES / "pandalm-sample.json"}


def test_the_judge_of_the_baseline_passes(act, tmp_path):
    done = act(judge="exact-match", **TRIVIA, junit="out/gate.xml", runs="kept")
    assert (done.code, done.state) == (0, "state=pass"), done.err
    assert "PASS  All 30 verdicts are the same as the baseline's." in done.out
    assert (tmp_path / "out" / "gate.xml").read_text().startswith('<?xml version="1.0"')
    # A kept folder holds other runs, too; the one that was just asked is decided on.
    assert act(judge="contains", **TRIVIA, runs="kept").code == 0
    again = act(judge="baseline/random", **TRIVIA, runs="kept")
    assert (again.code, again.state) == (1, "state=fail")
    assert "FAIL  baseline/random is worse than the baseline: kappa" in again.out


def test_too_few_items(act):
    done = act(judge="baseline/first", **PANDALM)
    assert (done.code, done.state) == (6, "state=undecided"), done.err
    assert "\nCAN'T TELL  kappa " in done.out
    warned = act(judge="baseline/first", **PANDALM, undecided="warn")
    assert (warned.code, warned.state) == (0, "state=undecided")


def test_every_input_reaches_the_gate(act, tmp_path):
    file = tmp_path / "line.json"
    made = act(judge="baseline/longest", **PANDALM | {"baseline": file}, update="true", limit=12)
    assert (made.code, file.exists()) == (0, True), made.err
    done = act(
        judge="baseline/random", **PANDALM | {"baseline": file}, limit=12, margin=0.9, alpha=0.2, strict="true",
        min_effect=0.1, metrics="accuracy\n\n  gwet_ac1\n", subsets="all", max_coverage_drop=0.1,
        max_flip_increase=0.9, max_cost_increase=0.5, max_latency_increase=0.5, order="both", repeats=1,
    )  # fmt: skip
    assert done.code in {0, 1, 6}, done.err
    rows = [line for line in done.out.splitlines() if re.match(r"(PASS|FAIL|CAN'T TELL)  ", line)]
    # The answer, and a line for each figure.
    assert len(rows) == 7
    assert sum(row.endswith(" .900") for row in rows) == 3
    other = act(judge="baseline/longest", **PANDALM | {"baseline": file})
    assert (other.code, other.state) == (3, "state=error")


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({"judge": ""}, "GATE_JUDGE is missing"),
        ({"baseline": ""}, "GATE_BASELINE is missing"),
        ({"strict": "yes"}, "GATE_STRICT is 'yes'"),
        ({"undecided": "pass"}, "GATE_UNDECIDED is 'pass'"),
        ({"judge": "contains\n--help"}, "more than one line"),
        ({"baseline": "missing.json"}, "no baseline missing.json"),
        ({"margin": "--help"}, "--margin"),
        ({"judge": "--help"}, "no judge is named --help"),
        ({"judge": "$(touch pwned); touch pwned"}, "touch pwned"),
    ],
)
def test_inputs_are_values_and_never_code(act, tmp_path, inputs, says):
    done = act(**{"judge": "contains", **TRIVIA, **inputs})
    assert (done.code, done.state, says in done.err) == (2, "state=error", True), done.err
    assert not (tmp_path / "pwned").exists()


def test_nothing_is_asked_without_a_baseline(act, tmp_path):
    done = act(judge="contains", **TRIVIA | {"baseline": "missing.json"}, runs="kept")
    assert (done.code, done.state) == (2, "state=error")
    assert not (tmp_path / "kept").exists()
    made = act(judge="contains", **TRIVIA | {"baseline": "missing.json"}, update="true")
    assert (made.code, made.state, (tmp_path / "missing.json").exists()) == (0, "state=pass", True), made.err


def test_what_a_judge_says_is_no_command(act):
    done = act(judge="##[error]owned", **TRIVIA, log=True)
    found = re.fullmatch(r"::stop-commands::(\w{32})\n(.*)::(\w{32})::\n", done.out, flags=re.DOTALL)
    assert found, done.out
    assert found[1] == found[3]
    # The command alone holds it back, too.
    assert "no judge is named" in found[2]
    assert "##[error]owned" not in found[2]


def test_the_action_hands_inputs_over_by_environment_only():
    text = (ACTION / "action.yml").read_text("utf-8")
    # All of `${{ }}` stands behind `NAME: `, none in what a shell reads.
    lines = [line.strip() for line in text.splitlines() if "${{" in line]
    assert lines
    assert all(re.fullmatch(r"(GATE_[A-Z_]+|value): \$\{\{ [\w.-]+ \}\}", line) for line in lines)
    handed = dict(re.findall(r"(GATE_[A-Z_]+): \$\{\{ inputs\.([\w-]+) \}\}", text))
    assert {name: name.removeprefix("GATE_").lower().replace("_", "-") for name in handed} == handed
    declared = set(re.findall(r"^  ([\w-]+):\n    description", text.split("outputs:")[0], flags=re.MULTILINE))
    assert declared == set(handed.values())
    script = (ACTION / "gate.py").read_text("utf-8")
    assert set(re.findall(r'"(GATE_[A-Z_]+)"', script)) == set(handed) - {"GATE_INSTALL"}


def test_the_documents_say_what_the_action_takes():
    text = (_REPO / "docs" / "reference" / "gates.md").read_text("utf-8")
    names = re.findall(r"^  ([\w-]+):\n    description", (ACTION / "action.yml").read_text("utf-8"), flags=re.MULTILINE)
    assert not [name for name in names if f"`{name}`" not in text]

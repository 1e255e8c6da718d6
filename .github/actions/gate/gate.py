"""What the gate action runs: a judge on a task, then ``judgebench gate`` against a baseline file.

All inputs are environment variables (``action.yml`` names them), never part of a shell's text. On one's own machine:

    GATE_JUDGE=exact-match GATE_TASK=triviaqa GATE_SAMPLE=true GATE_BASELINE=baseline.json python gate.py

Exit codes are those of the two commands. 6 (too few items to tell) becomes 0 with GATE_UNDECIDED=warn.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STATES = {0: "pass", 1: "fail", 6: "undecided"}
#: Options with a value, by the variable that gives it.
RUN = {
    "GATE_JUDGE": "--judge",
    "GATE_TASK": "--task",
    "GATE_DATA": "--data",
    "GATE_LIMIT": "--limit",
    "GATE_ORDER": "--order",
    "GATE_REPEATS": "--repeats",
    "GATE_PROMPT": "--prompt",
    "GATE_BASE_URL": "--base-url",
    "GATE_MAX_COST": "--max-cost",
}
HELD = {
    "GATE_MARGIN": "--margin",
    "GATE_ALPHA": "--alpha",
    "GATE_MIN_EFFECT": "--min-effect",
    "GATE_MAX_COVERAGE_DROP": "--max-coverage-drop",
    "GATE_MAX_FLIP_INCREASE": "--max-flip-increase",
    "GATE_MAX_COST_INCREASE": "--max-cost-increase",
    "GATE_MAX_LATENCY_INCREASE": "--max-latency-increase",
    "GATE_JUNIT": "--junit",
}
#: Options that may come several times, one to a line.
LISTS = {"GATE_METRICS": "--metric", "GATE_SUBSETS": "--subset"}


def given(name: str) -> str:
    """Read one input; a line break in it is a mistake, or worse."""
    value = os.environ.get(name, "").strip()
    if "\n" in value or "\r" in value:
        sys.exit(stop(f"{name} has more than one line"))
    return value


def flag(name: str) -> bool:
    """Read an input that is true or false."""
    value = given(name).lower()
    if value not in {"", "true", "false"}:
        sys.exit(stop(f"{name} is {value!r}, expected true or false"))
    return value == "true"


def stop(message: str) -> int:
    """Say what is wrong with an input."""
    print(f"judgebench gate action: {message}", file=sys.stderr)
    return 2


def options(names: dict[str, str]) -> list[str]:
    """Write ``--option=value``: a value that looks like an option stays a value."""
    return [f"{option}={value}" for name, option in names.items() if (value := given(name))]


def judgebench(*arguments: str) -> int:
    """Call the command line of the Python that runs this."""
    return subprocess.run([sys.executable, "-m", "judgebench", *arguments], check=False).returncode  # noqa: S603 - no shell


def newest(runs: Path, since: float) -> Path | None:
    """Find the run that was just asked; a kept folder holds older ones, too."""
    written = [(file.stat().st_mtime, file) for file in runs.glob("*/manifest.json")]
    recent = [one for one in written if one[0] >= since]
    return max(recent)[1].parent if recent else None


def output(name: str, value: str) -> None:
    """Hand a value to later steps."""
    if path := os.environ.get("GITHUB_OUTPUT"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{name}={value}\n")


def decide(runs: Path) -> int:
    """Ask the judge, then hold the run against the baseline."""
    ask = ["run", *options(RUN), f"--runs={runs}", *(["--sample"] if flag("GATE_SAMPLE") else [])]
    # File systems round times.
    since = time.time() - 2
    if code := judgebench(*ask):
        return code
    run = newest(runs, since)
    if run is None:
        return stop(f"no run in {runs}: one judge on one task is what a gate takes")
    hold = ["gate", str(run), f"--against={given('GATE_BASELINE')}"]
    if flag("GATE_UPDATE"):
        return judgebench(*hold, "--update")
    hold += options(HELD)
    for name, option in LISTS.items():
        hold += [f"{option}={line.strip()}" for line in os.environ.get(name, "").splitlines() if line.strip()]
    return judgebench(*hold, *(["--strict"] if flag("GATE_STRICT") else []))


def main() -> int:
    """Read the inputs, decide, and tell the later steps."""
    for name in ("GATE_JUDGE", "GATE_TASK", "GATE_BASELINE"):
        if not given(name):
            return stop(f"{name} is missing")
    lenient = given("GATE_UNDECIDED") or "fail"
    if lenient not in {"fail", "warn"}:
        return stop(f"GATE_UNDECIDED is {lenient!r}, expected fail or warn")
    with tempfile.TemporaryDirectory() as fresh:
        code = decide(Path(given("GATE_RUNS") or fresh))
    output("state", STATES.get(code, "error"))
    return 0 if code == 6 and lenient == "warn" else code


if __name__ == "__main__":
    sys.exit(main())

"""What the gate action runs: a judge on a task, then ``judgebench gate`` against a baseline file.

All inputs are environment variables (``action.yml`` names them), never part of a shell's text. On one's own machine:

    GATE_JUDGE=exact-match GATE_TASK=triviaqa GATE_SAMPLE=true GATE_BASELINE=baseline.json python gate.py

Exit codes are those of the two commands. 6 (too few items to tell) becomes 0 with GATE_UNDECIDED=warn.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

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


class InputError(Exception):
    """An input that makes no sense."""


def given(name: str) -> str:
    """Read one input; a line break in it is a mistake, or worse."""
    value = os.environ.get(name, "").strip()
    if "\n" in value or "\r" in value:
        raise InputError(f"{name} has more than one line")
    return value


def flag(name: str) -> bool:
    """Read an input that is true or false."""
    value = given(name).lower()
    if value not in {"", "true", "false"}:
        raise InputError(f"{name} is {value!r}, expected true or false")
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


@contextmanager
def quiet() -> Iterator[None]:
    """Let GitHub take nothing for a command: asking prints what a server, a judge's own code or a file says."""
    token = secrets.token_hex(16) if os.environ.get("GITHUB_ACTIONS") == "true" else ""
    if token:
        print(f"::stop-commands::{token}", flush=True)
    try:
        yield
    finally:
        if token:
            print(f"::{token}::", flush=True)


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


def ask_and_hold(runs: Path) -> tuple[int, str]:
    """Ask the judge, then hold the run against the baseline: exit code and state."""
    ask = ["run", *options(RUN), f"--runs={runs}", *(["--sample"] if flag("GATE_SAMPLE") else [])]
    # File systems round times.
    since = time.time() - 2
    with quiet():
        code = judgebench(*ask)
    if code:
        # Whatever went wrong there, nothing was decided.
        return code, "error"
    run = newest(runs, since)
    if run is None:
        return stop(f"no run in {runs}: one judge on one task is what a gate takes"), "error"
    hold = ["gate", str(run), f"--against={given('GATE_BASELINE')}"]
    if flag("GATE_UPDATE"):
        code = judgebench(*hold, "--update")
        return code, "error" if code else "pass"
    hold += options(HELD)
    for name, option in LISTS.items():
        hold += [f"{option}={line.strip()}" for line in os.environ.get(name, "").splitlines() if line.strip()]
    code = judgebench(*hold, *(["--strict"] if flag("GATE_STRICT") else []))
    return code, STATES.get(code, "error")


def decide() -> tuple[int, str]:
    """Read the inputs and decide."""
    for name in ("GATE_JUDGE", "GATE_TASK", "GATE_BASELINE"):
        if not given(name):
            return stop(f"{name} is missing"), "error"
    lenient, baseline = given("GATE_UNDECIDED") or "fail", given("GATE_BASELINE")
    if lenient not in {"fail", "warn"}:
        return stop(f"GATE_UNDECIDED is {lenient!r}, expected fail or warn"), "error"
    # Asking costs money, which is lost where there is nothing to hold the answers against.
    if not flag("GATE_UPDATE") and "://" not in baseline and not Path(baseline).exists():
        return stop(f"no baseline {baseline}; the input update makes it"), "error"
    with tempfile.TemporaryDirectory() as fresh:
        code, state = ask_and_hold(Path(given("GATE_RUNS") or fresh))
    return 0 if state == "undecided" and lenient == "warn" else code, state


def main() -> int:
    """Decide, and tell the later steps."""
    try:
        code, state = decide()
    except InputError as error:
        code, state = stop(str(error)), "error"
    output("state", state)
    return code


if __name__ == "__main__":
    sys.exit(main())

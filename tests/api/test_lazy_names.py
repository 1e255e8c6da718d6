"""`judgebench.run` is a room and a function: in any order of imports, for people, for type checkers, and for free."""

from __future__ import annotations

import inspect
import itertools
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import judgebench

if TYPE_CHECKING:
    from pathlib import Path

STATEMENTS = (
    "import judgebench",
    "from judgebench import run, score",
    "import judgebench.run.engine",
    "from judgebench.run.engine import Options",
)
THEN = """
import judgebench, judgebench.run.engine
assert callable(judgebench.run) and judgebench.run.engine.Options().attempts == 6
from judgebench import run, score
assert run is judgebench.run and score is judgebench.score
try:
    run("baseline/first", "pandlm")
except judgebench.JudgebenchError as error:
    assert "Did you mean pandalm" in str(error), error
else:
    raise SystemExit("no error")
"""


@pytest.mark.parametrize("order", [*itertools.permutations(range(4))], ids=lambda order: "".join(map(str, order)))
def test_any_order_of_imports(order: tuple[int, ...]) -> None:
    # In one process: names go, as if nothing had been imported.
    kept = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "judgebench"}
    try:
        for name in kept:
            del sys.modules[name]
        names: dict[str, object] = {}
        for i in order:
            exec(STATEMENTS[i], names)  # noqa: S102 - our own statements
        exec(THEN, names)  # noqa: S102 - our own statements
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "judgebench"]:
            del sys.modules[name]
        sys.modules.update(kept)


HEAVY = {"numpy", "pandas", "scipy", "matplotlib", "aiohttp", "pyarrow", "jinja2", "pytest", "typer"}


@pytest.mark.parametrize("program", ["import judgebench", "import judgebench; judgebench.run; dir(judgebench)"])
def test_importing_the_package_is_light(python, program: str) -> None:
    done = python("-c", f"{program}; import sys; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))")
    assert done.code == 0, done.err
    assert not HEAVY & set(done.out.split())


def test_the_plugin_is_light(python) -> None:
    program = "import sys, pytest; before = set(sys.modules); import judgebench.api.pytest_plugin\n"
    done = python("-c", f"{program}print(*sorted(set(sys.modules) - before))")
    assert done.code == 0, done.err
    assert set(done.out.split()) <= {"judgebench", "judgebench.api", "judgebench.api.pytest_plugin"}


def test_help_and_signature_are_the_functions() -> None:
    parameters = inspect.signature(judgebench.run).parameters
    assert list(parameters)[:5] == ["judge", "task", "data", "sample", "limit"]
    assert "judgebench.api.running.run" in inspect.getdoc(judgebench.run)
    assert inspect.getdoc(judgebench.score).startswith("Measure stored runs")
    assert list(inspect.signature(judgebench.score).parameters)[:2] == ["source", "labels"]
    assert {"judge", "gold", "policy"} <= set(inspect.signature(judgebench.score).parameters)
    assert set(judgebench.__all__) <= set(dir(judgebench))
    assert all(getattr(judgebench, name) is not None for name in judgebench.__all__)
    with pytest.raises(AttributeError, match="no attribute 'rum'"):
        _ = judgebench.rum


USER = """\
import judgebench
from judgebench import Figure, Scores, run, score
from judgebench.tasks.base import with_official
from judgebench.run.engine import Options


def mine(item: object) -> str:
    return "A"


async def other(case: object, scale: object) -> str:
    return "B"


scores: Scores = judgebench.run("gpt-4o", "pandalm", sample=True, policy={"tie": "drop"})
more: Scores = run([mine, other, "gpt-4o"], ["pandalm", "judgebench"], limit=3, order="both")
low: float | None = scores.kappa.low
value: Figure = scores.gwet_ac1
again: Scores = score("runs", policy="tie=drop", gold_source="human")
judges: list[str] = [row.judge for row in scores]
options = Options()
decision = judgebench.gate("runs/new", against="baseline.json", metric="cohen_kappa", policy={"tie": "drop"})
passed: bool = decision is not None and decision.state == "pass"
shown: str = judgebench.correct("own.csv", judge="judge", gold=["ann"], scale="check").render("md")
same: bool = judgebench.reproduce(data="data", task=["pandalm"]).ok
commands: tuple[str, ...] = judgebench.doctor("own.csv").commands
"""
WRONG = """\
import judgebench

judgebench.run("gpt-4o", "pandalm", smaple=True)
judgebench.run("gpt-4o", "pandalm", limit="three")
judgebench.run("gpt-4o", "pandalm", order="backwards")
judgebench.score("runs", intervall="bca")
judgebench.gate("runs/new")
judgebench.correct("own.csv", subset="topic")
judgebench.reproduce(tasks="pandalm")
"""


@pytest.mark.slow
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_type_checkers_of_users_see_functions(tmp_path: Path, checker: str) -> None:
    command = shutil.which(checker, path=f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}")  # noqa: PTH120 - PATH holds texts
    if command is None:
        pytest.skip(f"{checker} is not installed here; nox -s types runs this")
    (tmp_path / "user.py").write_text(USER)
    (tmp_path / "wrong.py").write_text(WRONG)
    package = os.path.dirname(os.path.dirname(judgebench.__file__))  # noqa: PTH120 - PATH holds texts
    strict = ["--strict", "--cache-dir", os.devnull] if checker == "mypy" else ["--pythonpath", sys.executable]
    place = {"MYPYPATH": package} if "site-packages" not in package else {}

    def check(name: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [command, *strict, name],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": package} | place,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    fine = check("user.py")
    assert fine.returncode == 0, fine.stdout
    wrong = check("wrong.py")
    assert wrong.returncode == 1, wrong.stdout
    assert [f"wrong.py:{line}:" in wrong.stdout for line in range(3, 10)] == [True] * 7, wrong.stdout

"""What the Tab key offers, asked as shells ask."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from judgebench.cli.completion import words_so_far

if TYPE_CHECKING:
    from pathlib import Path

BASH = shutil.which("bash") or ""


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A bash that has the completion, and takes lines; the last word is at the cursor."""
    if not BASH:
        pytest.skip("no bash")
    program = tmp_path / "judgebench"
    program.write_text(f'#!{BASH}\nexec {sys.executable} $IMPORTTIME -m judgebench "$@"\n')
    program.chmod(0o755)
    (tmp_path / "judgebench.toml").write_text("[run]\nsample = true\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    def ask(*lines: str, importtime: bool = False) -> list[list[str]]:
        script = 'eval "$(judgebench --show-completion)"\n'
        for line in lines:
            words = line.split(" ")
            script += f"COMP_WORDS=(judgebench {' '.join(repr(word) for word in words)}) COMP_CWORD={len(words)}\n"
            script += '_judgebench_completion judgebench; echo "${COMPREPLY[@]}"\n'
        env = {**os.environ, "IMPORTTIME": "-X importtime" if importtime else ""}
        done = subprocess.run([BASH, "-c", script], capture_output=True, text=True, check=False, timeout=120, env=env)
        if importtime:
            return [[line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()]]
        assert done.stderr == ""
        return [line.split() for line in done.stdout.splitlines()]

    return ask


def test_names_options_and_commands(offered) -> None:
    lines = (
        "ru",
        "run --max-c",
        "run --judge baseline/r",
        "run --sample --task pandal",
        "probe --probe posit",
        "run contains --fo",
    )
    assert offered(*lines) == [
        ["run"], ["--max-concurrency", "--max-cost"], ["baseline/random"], ["pandalm"], ["position"],
        ["--form", "--format"],
    ]  # fmt: skip
    lines = ("run --prompt rate", "score --metric cohen_kappa_q", "run --policy gold=m", "run --protocol reflec")
    assert offered(*lines, "show card pandal", "show schema humans", "list probe") == [
        ["rate/1"], ["cohen_kappa_quadratic"], ["gold=majority", "gold=mean"], ["reflection"], ["pandalm"], ["humans"],
        ["probes"],
    ]  # fmt: skip


def test_a_name_is_completed_without_its_command(offered) -> None:
    [loaded] = offered("run --judge op", "run --task p", "run --prompt p", importtime=True)
    assert "judgebench" in loaded
    assert not {"numpy", "scipy", "openai", "pyarrow", "pandas", "datasets"} & {*loaded}


def test_other_shells_give_the_line_up_to_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    for line, words in {
        "judgebench run --ta": ["run", "--ta"],
        "judgebench run --task ": ["run", "--task", ""],
        "judgebench run 'open": ["run", "'open"],
    }.items():
        monkeypatch.setenv("_TYPER_COMPLETE_ARGS", line)
        assert words_so_far() == words


def test_splits_follow_a_tasks_colon(judgebench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_JUDGEBENCH_COMPLETE", "complete_fish")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "judgebench run --task triviaqa:v")
    assert judgebench().out.split() == ["triviaqa:v1", "triviaqa:v2"]

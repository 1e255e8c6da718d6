"""The examples run as they stand: their READMEs' commands, the notebook's cells, and the plugin from its wheel."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from judgebench.api.first_files import workflow

EXAMPLES = Path(__file__).parents[2] / "examples"
FOLDERS = ("own-task", "own-prompt", "ci")

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="not a checkout")


def call(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *words]
    env = {**os.environ, **env}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr + done.stdout
    return done


def commands(readme: Path) -> list[list[str]]:
    blocks = re.findall(r"^```sh\n(.*?)^```", readme.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [shlex.split(line)[1:] for line in "".join(blocks).splitlines() if line.startswith("judgebench ")]


#: Runs the command lines that it is given in one process: a new one for each would take most of the time.
ALL = """
import json, sys
from judgebench.cli import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["judgebench", *words]
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            sys.exit(f"{words}: {ended.code}")
"""


@pytest.mark.parametrize("name", FOLDERS)
def test_the_commands_of_an_example_run(name: str, tmp_path: Path) -> None:
    folder = shutil.copytree(EXAMPLES / name, tmp_path / name)
    lines = commands(folder / "README.md")
    assert len(lines) >= 2
    call(folder, "-c", ALL, json.dumps(lines))


def test_the_workflow_is_the_one_that_init_writes() -> None:
    text = (EXAMPLES / "ci" / "judge.yml").read_text("utf-8")
    assert text == workflow("gpt-4o", ())
    assert yaml.safe_load(text)["jobs"]


def test_the_notebook_runs_from_top_to_bottom(tmp_path: Path) -> None:
    cells = json.loads((EXAMPLES / "notebook.ipynb").read_text("utf-8"))["cells"]
    codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert len(codes) > 3
    assert all(not cell.get("outputs") for cell in cells), "outputs are not kept: they would grow old"
    # A cell shows its last expression; a function's source has to lie in a file.
    run = (
        "import ast, json, linecache, sys\n"
        "space = {'__name__': '__main__'}\n"
        "for place, text in enumerate(json.loads(sys.argv[1])):\n"
        "    name = f'<cell {place}>'\n"
        "    linecache.cache[name] = (len(text), None, text.splitlines(True), name)\n"
        "    tree = ast.parse(text)\n"
        "    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None\n"
        "    exec(compile(tree, name, 'exec'), space)\n"
        "    if last is not None:\n"
        "        print(type(eval(compile(ast.Expression(last.value), name, 'eval'), space)).__name__)\n"
    )
    shown = call(tmp_path, "-c", run, json.dumps(codes)).stdout.split()
    assert shown == ["Scores", "tuple", "DataFrame", "TwoJudges", "Scores"]


def test_the_plugin_is_built_installed_and_used(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    source = shutil.copytree(EXAMPLES / "plugin", tmp_path / "source")
    call(source, "-c", "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])", str(tmp_path))
    site = tmp_path / "site"
    [wheel] = tmp_path.glob("judgebench_example-*.whl")
    # Pure Python's wheels are installed by unpacking them.
    zipfile.ZipFile(wheel).extractall(site)
    path = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
    here = tmp_path / "here"
    here.mkdir()
    lines = commands(source / "README.md")
    lines.append(["score", "runs", "--verify", "--format", "json", "--output", "scores.json"])
    said = call(here, "-c", ALL, json.dumps(lines), PYTHONPATH=path).stdout
    assert "plugin judgebench_example.judge:make" in said
    rows = json.loads((here / "scores.json").read_text())["rows"]
    alarms = {row["judge"]: row["metrics"]["false_alarms"]["value"] for row in rows}
    # Of eleven words that both people call wrong two have "cc", and none has "ei".
    assert alarms == {"keyword/cc": pytest.approx(2 / 11), "keyword/ei": 0}
    assert "shouting" in said

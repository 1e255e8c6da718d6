"""What the documents tell people to type, typed: every `judgebench ...` line of README and docs runs and ends well."""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from processes import HANGS
from servers.forms_llm import Vendors

from judgebench.catalog import make_task
from judgebench.cli import main
from judgebench.labels.annotation_files import LabelWriter, label_file
from judgebench.labels.annotations import Labelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_REPO = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
#: Files that a document shows in full: ``` toml prompt:NAME.
_FILES = re.compile(r"^```\w+ prompt:(\S+)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
#: A table that a document shows, under its name.
_TABLE = re.compile(r"^`([^`\s/]+)`:\n\n```\w*\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
_CELLS = "--judge baseline/longest --judge baseline/random --task pandalm --task judgebench --sample"
_TICKETS = "--judge baseline/random --judge contains --task tickets.csv"
_CHECKED = "--judge baseline/random --judge contains --task triviaqa --sample"
#: In two ways that the probes' documents compare.
_TWICE = "--reference human --reference wrong --runs asked"
#: Names that stand for the reader's own, and what lies under them here.
_OWN = {"RUN": "runs/one", "RUN_BEFORE": "runs/one", "RUN_A": "runs/one", "RUN_B": "runs/two"}
_LABELS = "question,judge,h1,h2\n" + "".join(f"q{i // 2},{i % 2},{i % 3 % 2},{i % 2}\n" for i in range(40))
#: Of pandalm's items as the benchmark holds them: one judge always says A, the other always tie.
_JUDGED = "".join(
    f'{{"id": "{i}", "verdict": "{said}", "judge_name": "{name}"}}\n'
    for i in range(999)
    for said, name in (("A", "strict"), ("tie", "mild"))
)
_FIGURES = """\
[[cell]]
judge = "strict"
metric = "accuracy"
value = 42.2
decimals = 1
unit = "percent"
source = "the share of items on which people prefer A"
"""


def commands(text: str) -> list[str]:
    """Every `judgebench ...` line of the shell blocks, continuation lines joined, comments gone."""
    found = []
    for language, block in _FENCE.findall(text):
        if language not in {"", "bash", "sh", "shell", "console"}:
            continue
        for line in block.replace("\\\n", " ").splitlines():
            bare = re.sub(r"^\$ ", "", line.strip())
            # Not at what stands within quotes: a judge's name may hold a bar.
            for part in re.split(r"\s(?:&&|;|\||>)\s(?=(?:[^']*'[^']*')*[^']*$)", f" {bare} "):
                words = re.sub(r"\s#\s.*", "", part).strip()
                if re.match(r"(?:\S*/bin/|python -m )?judgebench\s", words):
                    found.append(re.sub(r"^.*?judgebench\s+", "", words))
    return found


_DOCUMENTS = [_REPO / "README.md", _REPO / "CONTRIBUTING.md", *sorted((_REPO / "docs").rglob("*.md"))]
_LINES = sorted({line for path in _DOCUMENTS for line in commands(path.read_text("utf-8"))})


def test_commands_are_found() -> None:
    text = "```bash\n$ FOO=1\n.venv/bin/judgebench list tasks  # all\njudgebench run \\\n  --task x > out && ls\n```\n"
    assert commands(text) == ["list tasks", "run    --task x"]
    assert len(_LINES) > 40


def called(*words: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["judgebench", *words])
        with pytest.raises(SystemExit) as ended:
            main()
    return int(ended.value.code or 0)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a reader of the documents has one: runs, labels, tables, a gate's baseline, published figures."""
    folder = tmp_path_factory.mktemp("documented")
    shown = _FILES.findall((_REPO / "docs" / "reference" / "prompts.md").read_text("utf-8"))
    assert len(shown) == 5
    for name, text in (
        *shown,
        ("labels.csv", _LABELS),
        ("our-judges.jsonl", _JUDGED),
        ("our-figures.toml", _FIGURES),
        ("what-counts.md", "- right before short\n"),
        *(one for page in _DOCUMENTS for one in _TABLE.findall(page.read_text("utf-8"))),
    ):
        (folder / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert called("run", *_CELLS.split(), "--quiet") == 0
        assert called("run", *_CHECKED.split(), "--quiet") == 0
        assert called("run", *_TICKETS.split(), "--quiet") == 0
        assert called("run", *_CHECKED.split(), *_TWICE.split(), "--quiet") == 0
        own, other = sorted(Path("runs").glob("pandalm*"))
        own.rename("runs/one")
        other.rename("runs/two")
        assert called("gate", "runs/one", "--against", "baseline.json", "--update") == 0
        with LabelWriter(label_file(Path("labels"), "pandalm", "ann")) as writer:
            for item, word in zip(make_task("pandalm", sample=True).items(), ["A", "tie", "B", "B"] * 6, strict=True):
                said = ("ann", "pair:3", word, (1, 0))
                writer.append(Labelled("pandalm", "sample", item.id, item.content_digest, *said, at="now"))
    return folder


@pytest.fixture
def llm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendors]:
    """The APIs of both vendors, with keys for them."""
    with Vendors() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.openai_url)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.anthropic_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-canary")
        yield server


def meant(line: str, llm: Vendors, data_dir: Callable[[], Path]) -> list[str]:
    """The words of a command, with the reader's own files and servers in their places."""
    words = [_OWN.get(word, word) for word in shlex.split(line)]
    places = {"http://localhost:8000/v1": llm.openai_url}
    if "path/to/data" in words:
        # Without a task, everything that lies there: one benchmark is enough here.
        places["path/to/data"] = str(data_dir() if "--task" in words else data_dir() / "rewardbench")
    if any(word.endswith(".csv.gz") for word in words):
        places |= {path.name: str(path) for path in data_dir().rglob("*.csv.gz")}
    words = [places.get(word, word) for word in words]
    if words[0] == "run" and "--sample" not in words and not any(word.endswith("tickets.csv") for word in words):
        words.append("--sample")  # for the rows on the hub
    if words[0] == "publish":
        words += ["--allow-samples", *([] if "--verdicts" in words else ["--verdicts", "licensed"])]
    if "--max-cost" in words:
        words.append("--dry-run")  # the vendors' prices are those of their addresses
    return [*words, "--poll", "0.05"] if "batch" in words else words


@pytest.mark.slow
@pytest.mark.parametrize("line", _LINES)
def test_a_documented_command_runs(
    line: str, prepared: Path, tmp_path: Path, llm: Vendors, request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    if "--max-cost" in line:
        monkeypatch.delenv("OPENAI_BASE_URL")
        monkeypatch.delenv("ANTHROPIC_BASE_URL")
    words = meant(line, llm, lambda: request.getfixturevalue("data_dir"))
    here = tmp_path / "here"
    shutil.copytree(prepared, here)
    monkeypatch.chdir(here)
    if words[0] == "view":
        assert served(words) == 0
        return
    if "--undo" in words:
        assert called("pack", "runs") == 0
    code = called(*words)
    said = capsys.readouterr()
    # A judge that isn't fit for use is an answer, too.
    assert code == 0 or (words[0], code) == ("validate-judge", 1), said.err
    assert "Traceback" not in said.err
    if "--output" in words:
        assert (here / words[words.index("--output") + 1]).exists()


def served(words: list[str]) -> int:
    """Start a server, read its link, and end it with Ctrl-C."""
    with subprocess.Popen([sys.executable, "-m", "judgebench", *words], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        return process.wait(HANGS)

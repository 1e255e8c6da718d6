"""Two prompts, two references, one judge: four rows that say in what they differ, in every command and form."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from servers.fake_llm import FakeLLM
from servers.viewing import ViewServer

import judgebench as jb
from judgebench.catalog import JudgeSettings, make_judge, make_task
from judgebench.domain import Case, JudgeName
from judgebench.probes.orders import Plain
from judgebench.report.document.as_tex import latex_text
from judgebench.report.said import known_as
from judgebench.run.engine import Options
from judgebench.run.execute import execute
from judgebench.run.plans import Conventions, Selection, plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.domain import Item

FORMS = ("table", "json", "csv", "md", "html", "tex")
PROMPTS = Path(jb.__file__).parent / "judges" / "prompts"
#: Each folder of runs: the task, and the second condition beside the prompt.
FOLDERS = {"facts": ("triviaqa", "reference", ("human", "none")), "people": ("pandalm", "order", ("both", "original"))}
#: The condition as it is told.
TOLD = {"reference": "reference", "order": "orders"}

COMMANDS = [
    ("facts", "score", FORMS),
    ("facts", "score --by-system", FORMS),
    ("facts", "score --sensitivity", FORMS),
    ("facts", "leaderboard", FORMS),
    ("facts", "leaderboard --by-system", ("json", "csv", "html")),
    ("facts", "leaderboard --systems", FORMS),
    ("facts", "compare", FORMS),
    ("facts", "systems", FORMS),
    ("facts", "correct --policy invalid=wrong", FORMS),
    ("facts", "correct --no-gold --draws 200", ("table", "json", "csv")),
    ("facts", "analyze", FORMS),
    ("people", "score", FORMS),
    ("people", "humans", FORMS),
    ("people", "alt-test --min-items 1", FORMS),
    ("people", "compare --policy order=both-right", ()),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four runs of each task, of one model asked with two prompts under two conditions."""
    home = tmp_path_factory.mktemp("conditions")
    with FakeLLM() as llm:
        for folder, (task, option, values) in FOLDERS.items():
            kind = {"triviaqa": "check", "pandalm": "pair"}[task]
            for name, value in product(("strict", "kind"), values):
                file = home / f"{name}-{kind}.toml"
                text = (PROMPTS / f"{kind}.toml").read_text("utf-8").replace(f'"{kind}/1"', f'"{name}/1"')
                file.write_text(text.replace("careful", name), "utf-8")
                jb.run(
                    judge="server/m", task=task, sample=True, base_url=llm.openai_url, prompt=str(file),
                    runs=home / folder, **{option: value},
                )  # fmt: skip
    return home


def conditions(folder: str) -> list[dict[str, str]]:
    _, option, values = FOLDERS[folder]
    return [{"prompt": f"{name}/1", TOLD[option]: value} for name, value in product(("strict", "kind"), values)]


def names(folder: str) -> list[str]:
    return [f"server/m ({', '.join(f'{name} {text}' for name, text in one.items())})" for one in conditions(folder)]


def briefly(folder: str) -> list[str]:
    """Name them as first answers do."""
    return list(known_as([JudgeName("server/m", one) for one in conditions(folder)]).values())


def objects(node: Any) -> Iterator[Any]:
    """Every value of a key ``conditions``; what is by name in it, too."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "conditions":
                yield value
                yield from value.values()
            yield from objects(value)
    elif isinstance(node, list):
        for one in node:
            yield from objects(one)


@pytest.mark.usefixtures("one_measuring")
@pytest.mark.parametrize(
    ("folder", "command", "form"), [(folder, line, form) for folder, line, forms in COMMANDS for form in forms]
)
def test_every_form_says_in_what_rows_differ(
    judgebench, runs: Path, monkeypatch: pytest.MonkeyPatch, folder: str, command: str, form: str
) -> None:
    # Names are not broken into lines where there is room.
    monkeypatch.setattr("judgebench.cli.output._WIDE", 500)
    verb, *options = command.split()
    # People come first without the judges, judges without gold one by one.
    options += ["--explain"] * (form == "table" and verb in {"humans", "correct"})
    done = judgebench(verb, runs / folder, *options, "--format", form)
    assert done.code == 0, done.err
    if form == "json":
        assert all(one in list(objects(done.document())) for one in conditions(folder))
    elif form == "csv":
        told = ["; ".join(f"{name}={text}" for name, text in one.items()) for one in conditions(folder)]
        assert all(one in done.out for one in told)
    else:
        write = latex_text if form == "tex" else str
        told = zip(map(write, names(folder)), map(write, briefly(folder)), strict=True)
        assert all(one in done.out or short in done.out for one, short in told)


def test_where_nothing_differs_nothing_is_told(judgebench, runs: Path) -> None:
    one = min((runs / "facts").glob("triviaqa--*"))
    for form in ("table", "csv", "md"):
        # Folders of these tests have such a name.
        out, _, _ = judgebench("score", one, "--format", form).out.partition("\nNext:")
        assert "server/m" in out
        assert "conditions" not in out
        assert "prompt" not in out
    rows = judgebench("score", one, "--format", "json").document()["rows"]
    assert all(row["conditions"] == {} and row["judge"] == "server/m" for row in rows)
    shown = judgebench("show", one, "--format", "json").document()["conditions"]
    assert shown["prompt"].partition("@")[0] in {"strict/1", "kind/1"}
    assert shown["reference"] in {"human", "none"}


def test_a_terminal_of_100_columns_has_room(judgebench, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("judgebench.cli.output._WIDE", 100)
    for line in ("score", "leaderboard", "compare"):
        # Commands are copied, and stay whole.
        out, _, _ = judgebench(line, runs / "facts").out.partition("\nNext:")
        assert max(map(len, out.splitlines())) <= 100


def test_a_page_and_a_site_name_them(judgebench, runs: Path, tmp_path: Path) -> None:
    assert judgebench("report", runs / "facts", "--sample", "--output", "page.html").code == 0
    page = (tmp_path / "page.html").read_text("utf-8")
    assert all(name in page for name in briefly("facts"))
    assert "server/m #" not in page
    done = judgebench("publish", runs / "facts", "--allow-samples", "--output", "site")
    assert done.code == 0, done.err
    for file in ("index.html", "README.md"):
        assert all(name in (tmp_path / "site" / file).read_text("utf-8") for name in names("facts")), file
    paper = (tmp_path / "site" / "leaderboard.tex").read_text("utf-8")
    assert all(latex_text(name) in paper for name in briefly("facts"))
    figures = (tmp_path / "site" / "figures" / "triviaqa.csv").read_text("utf-8")
    assert "prompt=strict/1; reference=none" in figures
    listed = json.loads((tmp_path / "site" / "published.json").read_text("utf-8"))["runs"]
    assert all(one in [run["conditions"] for run in listed] for one in conditions("facts"))


def test_the_viewer_names_them(runs: Path) -> None:
    server = ViewServer(runs, "facts", "--port", "0")
    try:
        rows = server.ask("GET", "/api/runs").json()["runs"]
        assert sorted(f"{row['judge']} · {row['conditions']}" for row in rows) == sorted(briefly("facts"))
        compared = server.ask("GET", f"/compare?run={rows[0]['name']}&run={rows[1]['name']}").body.decode()
        told = ("prompt strict/1", "prompt kind/1", "reference human", "reference none")
        assert sum(one in compared for one in told) >= 2
    finally:
        server.kill()


def test_a_gate_says_in_what_run_and_baseline_differ(judgebench, runs: Path, tmp_path: Path) -> None:
    by_conditions = {
        tuple(judgebench("show", path, "--format", "json").document()["conditions"].get(name, "").partition("@")[0]
              for name in ("prompt", "reference")): path
        for path in (runs / "facts").glob("triviaqa--*")
    }  # fmt: skip
    old, new = by_conditions["strict/1", "human"], by_conditions["kind/1", "none"]
    differ = {"baseline": conditions("facts")[0], "run": conditions("facts")[3]}
    assert judgebench("gate", old, "--against", "base.json", "--update").code == 0
    for against in (old, "base.json"):
        done = judgebench("gate", new, "--against", against, "--format", "json")
        found = done.document()
        assert found["conditions"] == differ
        assert all(name in found["verdict"] for name in (names("facts")[0], names("facts")[3]))
    again = judgebench("gate", new, "--against", "base.json", "--update").err
    assert "prompt: 'strict/1" in again
    assert "reference: 'human' before, 'none' now" in again
    # A baseline of before has no conditions.
    file = tmp_path / "base.json"
    assert '"conditions": {' in file.read_text("utf-8")
    same = judgebench("gate", new, "--against", "base.json", "--format", "json").document()
    assert same["conditions"] == {"baseline": {}, "run": {}}


def test_runs_asked_together_are_told_apart(runs: Path, tmp_path: Path) -> None:
    with FakeLLM() as llm:
        for name in ("strict", "kind"):
            prompt = runs / f"{name}-check.toml"
            (tmp_path / f"{name}.toml").write_text(
                f'judge = "server/m"\nbase_url = "{llm.openai_url}"\nprompt = "{prompt}"\n', "utf-8"
            )
        judges = [str(tmp_path / f"{name}.toml") for name in ("strict", "kind")]
        wanted = {"server/m (prompt strict/1)", "server/m (prompt kind/1)"}
        kind = {"judge": judges, "task": "triviaqa", "sample": True, "runs": tmp_path / "runs"}
        assert {run.judge for run in jb.estimate(**kind).runs} == wanted
        scores = jb.run(**kind)
    assert {row.judge for row in scores} == wanted
    assert {one.judge for one in scores.asked} == wanted
    # A judge's own name stands for all its runs.
    assert len(scores.select(judge="server/m")) == len(scores)
    assert scores.select(judge="server/m (prompt kind/1)").kappa.value is not None
    assert scores.compare(*sorted(wanted)).first == "server/m (prompt kind/1)"


def test_a_task_of_another_kind_is_no_reason_to_leave_a_judge_out(runs: Path, tmp_path: Path) -> None:
    with FakeLLM() as llm:
        kind = {"judge": "server/m", "sample": True, "base_url": llm.openai_url, "runs": tmp_path}
        for name in ("strict", "kind"):
            jb.run(task="triviaqa", prompt=str(runs / f"{name}-check.toml"), **kind)
        jb.run(task="pandalm", **kind)
    for how in ("mean", "rank", "win-rate"):
        over = jb.leaderboard(tmp_path, over=how, metric="percent_agreement").overall
        assert {one.judge for one in over.judges} == {"server/m (prompt strict/1)", "server/m (prompt kind/1)"}
        assert over.left_out == ()


class Louder:
    """A probe: the item's own order, under another name."""

    name = "louder"

    def cases(self, item: Item) -> Iterator[Case]:
        yield Case(item, tuple(range(len(item.responses))), 0, self.name, "none")


def test_a_probe_has_a_run_of_its_own(judgebench, tmp_path: Path) -> None:
    task = make_task("triviaqa", sample=True)
    judge = make_judge("baseline/random", task, JudgeSettings())
    for probe in (Plain(reference="none"), Louder()):
        planned = plan(task, judge, Selection(probe, reference="none"), Conventions(task.card.policies))
        execute(planned, tmp_path / "runs", Options())
    runs = [str(file.parent) for file in (tmp_path / "runs").glob("*/manifest.json")]
    assert len(runs) == 2
    rows = judgebench("score", *runs, "--format", "json").document()["rows"]
    every = [row for row in rows if row["subset"] == "all"]
    assert [row["conditions"] for row in every] == [{"probe": "louder"}, {"probe": "none"}]
    assert [row["items"] for row in every] == [30, 30]
    assert judgebench("verify", "runs").code == 0

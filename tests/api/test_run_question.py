"""`run`, its estimate and `demo` are questions: documents, options from the signature, one word for each range."""

from __future__ import annotations

import inspect
from dataclasses import fields
from pathlib import Path

import pytest

import judgebench
from judgebench.api.planning import Showing
from judgebench.catalog import JudgeSettings
from judgebench.errors import UsageError
from judgebench.run.engine import Options

LABELS = Path(__file__).parent.parent / "golden" / "pandalm--ann.jsonl"
FORMS = ("table", "json", "csv", "md", "html", "tex")


@pytest.mark.parametrize(
    ("ask", "kind"),
    [
        (lambda: judgebench.run("baseline/first", "pandalm", sample=True), "scores"),
        (lambda: judgebench.estimate("baseline/first", "pandalm", sample=True), "estimate"),
        (judgebench.demo, "scores"),
    ],
    ids=["run", "estimate", "demo"],
)
@pytest.mark.filterwarnings("ignore:These are small samples")
def test_answers_are_documents(here: Path, ask, kind: str) -> None:
    found = ask()
    assert found.to_json()["schema"] == f"judgebench.{kind}/1"
    assert len(found.to_frame())
    assert repr(found).startswith("<")
    assert found._repr_html_()
    assert all(found.render(form) for form in FORMS)


def test_the_estimate_is_that_of_dry_run_and_leaves_nothing_behind(here: Path, command) -> None:
    options = ("--judge", "server/m", "--task", "pandalm", "--sample", "--repeats", 2)
    done = command("run", *options, "--base-url", "http://127.0.0.1:9", "--dry-run", "--format", "json", "--rpm", 5)
    assert done.code == 0, done.err
    how = {"sample": True, "repeats": 2, "base_url": "http://127.0.0.1:9"}
    assert judgebench.estimate("server/m", "pandalm", **how).to_json() == done.document()
    assert not (here / "runs").exists()
    with pytest.raises(UsageError, match=r"^judgebench\.estimate: got an unexpected keyword argument 'rpm'"):
        judgebench.estimate("server/m", "pandalm", rpm=5)


def test_defaults_are_those_of_what_is_made_of_them() -> None:
    said = {name: one.default for name, one in inspect.signature(judgebench.run).parameters.items()}
    renamed = {"share": "cache"}
    for made in (JudgeSettings(), Options(), Showing()):
        for field in fields(made):
            name = renamed.get(field.name, field.name)
            # An engine's own patience is nobody's option; what a local model takes stands in a judge file. Of again, a
            # run knows the day alone; `paraphrases` says how many rewordings, of which each shows one.
            told = {"again", "reworded", "rewordings"}
            if name not in told | {"backoff", "give_up_after", "dtype", "batch_tokens", "thresholds"}:
                assert said[name] == getattr(made, field.name), name


def test_a_message_names_what_python_or_the_command_line_calls_it(here: Path, command) -> None:
    with pytest.raises(UsageError, match=r"^max_cost=inf: expected a number from 0 up$"):
        judgebench.run("baseline/first", "pandalm", sample=True, max_cost=float("inf"))
    with pytest.raises(UsageError, match=r"^temperature='hot': expected a number from 0 up$"):
        judgebench.run("baseline/first", "pandalm", sample=True, temperature="hot")
    with pytest.raises(UsageError, match=r"^judgebench\.run: got an unexpected keyword argument 'smaple'$"):
        judgebench.run("baseline/first", "pandalm", smaple=True)
    options = ("--judge", "baseline/first", "--task", "pandalm", "--sample")
    for wrong, says in {
        ("--max-cost", "inf"): "--max-cost=inf: expected a number from 0 up.",
        ("--temperature", "default"): "--temperature 'default' is neither a number from 0 up nor 'none'",
        ("--max-concurrency", "0"): "--max-concurrency '0' is neither a number from 1 up nor 'auto'",
    }.items():
        done = command("run", *options, *wrong)
        assert (done.code, done.out, done.err) == (2, "", f"judgebench: {says}\n")


def test_labels_of_ones_own_are_gold_from_python_too(here: Path, command) -> None:
    made = ("--judge", "baseline/longest", "--task", "pandalm", "--sample", "--format", "json")
    done = command("run", *made, "--labels", LABELS)
    assert done.code == 0, done.err
    scores = judgebench.run("baseline/longest", "pandalm", sample=True, labels=LABELS, runs="python")
    assert scores.to_json() == done.document()
    assert scores.row().gold == "human"
    assert scores != judgebench.run("baseline/longest", "pandalm", sample=True, runs="python")


def test_a_judge_that_asks_others_shows_nothing_of_it(here: Path, command) -> None:
    (here / "deep.py").write_text(
        "import itertools\nimport judgebench\n\ncount = itertools.count()\n\n"
        "def sync(item):\n"
        "    judgebench.run('baseline/longest', 'pandalm', sample=True, limit=2, runs=f'inner-{next(count)}')\n"
        "    return 'A'\n\n"
        "async def loop(item):\n"
        "    return sync(item)\n"
    )
    judges = ("--judge", "deep:sync", "--judge", "deep:loop")
    done = command("run", *judges, "--task", "pandalm", "--sample", "--limit", 3, "--format", "json")
    assert done.code == 0, done.err
    assert {row["judge"] for row in done.document()["rows"]} == {"deep:sync", "deep:loop"}
    assert all(row["coverage"] == 1 for row in done.document()["rows"])


def test_an_address_that_a_judge_file_would_not_hear_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.toml").write_text('judge = "server/m"\nbase_url = "http://127.0.0.1:9/v1"\n', "utf-8")
    kind = {"sample": True, "limit": 1}
    with pytest.raises(UsageError, match=r"own\.toml has a base_url of its own"):
        judgebench.estimate("own.toml", "pandalm", base_url="http://127.0.0.1:1/v1", **kind)
    assert judgebench.estimate("own.toml", "pandalm", base_url="http://127.0.0.1:9/v1", **kind)

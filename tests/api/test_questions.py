"""Questions from Python: what they give is a document, and a message names what Python calls a parameter."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import pytest

import judgebench
import judgebench.report.document.as_html
from judgebench.api.notes import NoteWarning
from judgebench.cli import main
from judgebench.errors import DataError, UsageError


@pytest.fixture
def table():
    pd = pytest.importorskip("pandas")
    return pd.DataFrame({
        "ann": list("ABABBABAAB") * 4, "bob": list("ABABBABABB") * 4, "cat": list("ABBBBABAAA") * 4,
        "model": list("ABABBAABAB") * 4, "question": [i // 2 for i in range(40)],
    })  # fmt: skip


GOLD = ["ann", "bob", "cat"]
PAIRS = {"gold": GOLD, "judge": "model", "scale": "pair:2"}


def is_document(found, kind):
    assert found.to_json()["schema"] == f"judgebench.{kind}/1"
    assert len(found.to_frame())
    assert repr(found).startswith(f"<{type(found).__name__}: ")
    assert "<table>" in found._repr_html_()
    assert all(found.render(form) for form in ("table", "json", "csv", "md", "html", "tex"))


def test_humans(table):
    found = judgebench.humans(table, **PAIRS, cluster="question", gold_source="expert")
    is_document(found, "humans")
    assert [judge for judge, _ in found.panels[0].judges] == ["model"]
    alone = judgebench.humans(table, gold=GOLD, scale="pair:2")
    is_document(alone, "humans")
    assert not alone.panels[0].judges
    with pytest.raises(UsageError, match=r"^humans needs gold twice"):
        judgebench.humans(table, gold="ann")
    with pytest.raises(UsageError, match=r"^alpha_interval='bca': write one of 'influence'"):
        judgebench.humans(table, gold=GOLD, alpha_interval="bca")
    with pytest.raises(UsageError, match=r"^seed=-1: expected a whole number from 0 up"):
        judgebench.humans(table, gold=GOLD, seed=-1)


def test_alt_test(table):
    is_document(judgebench.alt_test(table, **PAIRS), "alt-test")
    with pytest.raises(UsageError, match=r"^policy tie=drop: "):
        judgebench.alt_test(table, **PAIRS, policy="tie=drop")


def test_systems(table):
    table["model_a"], table["model_b"] = ["one", "two"] * 20, ["two", "three"] * 20
    pairs = {"gold": "ann", "judge": "model", "scale": "pair:2"}
    found = judgebench.systems(table, **pairs, system=["model_a", "model_b"], draws=50)
    is_document(found, "systems")
    assert {system.name for system in found.rankings[0].found.systems} == {"one", "two", "three"}
    with pytest.raises(UsageError, match="needs system: once, or for pairs twice"):
        judgebench.systems(table, **pairs)
    with pytest.raises(UsageError, match=r"^draws=0: expected a whole number from 1 up"):
        judgebench.systems(table, **pairs, system=["model_a", "model_b"], draws=0)


def test_score(table):
    scores = judgebench.score(table, **PAIRS | {"gold": "ann"}, cluster="question")
    assert scores.to_json()["schema"] == "judgebench.scores/1"
    assert len(scores.to_frame()) == len(scores)
    assert all(scores.render(form) for form in ("table", "json", "csv", "md", "html", "tex"))
    with pytest.raises(UsageError, match=r"^interval='wide': write one of 'default'"):
        judgebench.score(table, **PAIRS, interval="wide")
    with pytest.raises(UsageError, match=r"^verify='no': write True or False"):
        judgebench.score(table, **PAIRS, verify="no")


def test_bounds(table):
    found = judgebench.bounds(table, **PAIRS)
    is_document(found, "bounds")
    for one in found.to_json()["rows"]:
        for bound in one["figures"].values():
            values = [bound[name] for name in ("worst", "answered", "best") if bound[name] is not None]
            assert len(values) in {0, 3}
        assert one["figures"]["accuracy"]["worst"] <= one["figures"]["accuracy"]["best"]


def test_consistency(table):
    table["other"] = list("ABBBBAAAAB") * 4
    options = {"judge": ["model", "cat"], "second_order": ["other", "bob"], "picks": "answer", "scale": "pair:2"}
    with pytest.warns(NoteWarning, match="80 verdicts are of the other order, and name the answer"):
        found = judgebench.consistency(table, **options)
    is_document(found, "consistency")
    same = [line.found.figures["position_consistency"].value for line in found.lines]
    assert same == pytest.approx([(table.model == table.other).mean(), (table.cat == table.bob).mean()])
    assert [(pair.found.first, pair.found.second) for pair in found.pairs] == [("model", "cat")]
    with pytest.raises(UsageError, match="consistency says what verdicts say without gold"):
        judgebench.score(table, judge="model")
    sided = table.assign(one=["ada", "bob"] * 20, two=["eve", "eve"] * 20)
    won = judgebench.consistency(sided, judge="model", scale="pair:2", sides=["one", "two"])
    is_document(won, "consistency")
    assert {one.found.system: one.found.wins for one in won.systems} == {
        "ada": (table.model[::2] == "A").sum(),
        "bob": (table.model[1::2] == "A").sum(),
        "eve": (table.model == "B").sum(),
    }
    with pytest.raises(UsageError, match="a pair is about two systems, and system 'one' names one: say sides"):
        judgebench.consistency(sided, judge="model", scale="pair:2", system="one")


def test_an_order_policy_needs_two_orders(table):
    with pytest.raises(UsageError, match="policy order=both-right is about several judgments of an item"):
        judgebench.score(table, **PAIRS, policy="order=both-right")
    both = judgebench.score(
        table, judge="model", gold="ann", second_order="bob", picks="answer", policy="order=both-right"
    )
    right = ((table.model == table.ann) & (table.bob == table.ann)).mean()
    assert both.percent_agreement.value == pytest.approx(right)


def test_sensitivity(table):
    found = judgebench.sensitivity(table, **PAIRS)
    is_document(found, "sensitivity")
    assert [line.policies.gold for line in found.lines if line.own] == ["majority"]
    with pytest.raises(UsageError, match=r"^judgebench\.sensitivity: .*'verify'"):
        judgebench.sensitivity(table, **PAIRS, verify=True)


def test_leaderboard(tmp_path):
    judgebench.run(["baseline/longest", "baseline/first"], ["pandalm", "judgebench"], sample=True, runs=tmp_path)
    board = judgebench.leaderboard(tmp_path)
    is_document(board, "leaderboard")
    assert repr(board) == "<Leaderboard: 2 judges on 2 tasks; print() shows it>"
    alone = judgebench.leaderboard(tmp_path, task="pandalm", metric="percent_agreement", subsets=False)
    assert {(entry.row.task, entry.row.subset, entry.headline) for entry in alone.entries} == {
        ("pandalm", "all", "percent_agreement")
    }
    assert judgebench.leaderboard(tmp_path, over="rank").overall.kind == "rank"
    with pytest.raises(UsageError, match=r"^systems can't be combined with metric, over, by_system,"):
        judgebench.leaderboard(tmp_path, systems=True, over="mean")
    with pytest.raises(UsageError, match=r"^over='best': write one of 'mean', 'rank', 'win-rate'"):
        judgebench.leaderboard(tmp_path, over="best")


@pytest.fixture
def scores(here):
    return judgebench.run("baseline/longest", "pandalm", sample=True, runs="runs", progress=False)


def test_report(scores, here):
    done = judgebench.report("runs", output="pages/page.html", sample=True, title="Ours")
    assert (done.paths, str(done)[:12]) == ((Path("pages/page.html"),), "wrote pages/")
    page = (here / "pages" / "page.html").read_text("utf-8")
    assert "<title>SAMPLE: Ours</title>" in page
    # The title stands above; the heading is the answer.
    assert 0 < page.index(">Ours <") < page.index("<h1>")
    judgebench.report(scores, output="again.html", sample=True, title="Ours")
    assert (here / "again.html").read_text("utf-8") == page
    with pytest.raises(UsageError, match=r"^sample takes the rows shipped with the task, data yours"):
        judgebench.report("runs", sample=True, data="elsewhere")
    with pytest.raises(UsageError, match=r"^can't write output \."):
        judgebench.report("runs", output=".")
    with pytest.raises(UsageError, match=r"^limit_items=0: expected a whole number from 1 up"):
        judgebench.report("runs", limit_items=0)
    with pytest.raises(UsageError, match="give run folders"):
        judgebench.report()
    assert judgebench.report.document.as_html.asset("document.css")


@pytest.mark.usefixtures("scores")
def test_publish(here):
    done = judgebench.publish("runs", output="site", allow_samples=True)
    assert re.fullmatch(r"Wrote \d+ files to site: 1 run\.", str(done))
    assert {file.name for file in done.paths} >= {"index.html", "leaderboard.csv", "systems.json"}
    assert all(file.is_file() for file in done.paths)
    with pytest.raises(UsageError, match=r"^give output DIR, or check"):
        judgebench.publish("runs")
    with pytest.raises(DataError, match="allow_samples publishes them"):
        judgebench.publish("runs", check=True)


@pytest.mark.usefixtures("scores")
def test_stored_runs(here):
    [run] = (here / "runs").glob("pandalm*")
    assert (judgebench.verify("runs").found, judgebench.verify([run]).failure) == (0, None)
    done = judgebench.pack(Path("runs"))
    assert done.paths == (Path("runs", run.name),)
    assert str(done).startswith(f"runs/{run.name}: 48 cases, ")
    assert str(judgebench.pack("runs", undo=True)).startswith(f"runs/{run.name}: 48 cases, ")
    assert str(judgebench.pack("runs", undo=True)) == f"runs/{run.name}: nothing to unpack"
    assert judgebench.show(str(run)).render().startswith("baseline/longest judged all 48 cases")
    is_document(judgebench.show(str(run)), "run")
    found = judgebench.verify("runs")
    assert found.to_json()["schema"] == "judgebench.verify/1"
    assert len(found.to_frame()) == 1
    assert all(found.render(form) for form in ("table", "json", "csv", "md", "html", "tex"))
    with pytest.raises(UsageError, match=r"^undo='no': write True or False"):
        judgebench.pack("runs", undo="no")


def test_what_there_is():
    assert str(judgebench.show("pandalm")).startswith("PandaLM test set: ")
    assert "pandalm" in {row[0] for row in judgebench.listing("tasks")}
    with pytest.raises(UsageError, match=r"^kind='taks': write one of 'tasks'"):
        judgebench.listing("taks")


@pytest.mark.usefixtures("scores")
def test_view():
    links: list[str] = []

    def leave(link):
        links.append(link)
        raise KeyboardInterrupt

    judgebench.view("runs", sample=True, ready=leave)
    assert links[0].startswith("http://127.0.0.1:")
    with pytest.raises(UsageError, match=r"^sample takes the rows shipped with the task, data yours"):
        judgebench.view("runs", sample=True, data="elsewhere")
    with pytest.raises(UsageError, match=r"^port=-1: expected a whole number from 0 to 65535"):
        judgebench.view("runs", port=-1)
    with pytest.raises(UsageError, match=r"^host 0\.0\.0\.0: view serves this machine only"):
        judgebench.view("runs", host="0.0.0.0")  # noqa: S104 - refused

    async def in_a_notebook():
        judgebench.view("runs")

    with pytest.raises(UsageError, match="inside an event loop"):
        asyncio.run(in_a_notebook())


RUN = ("baseline/longest", "pandalm")
OWN = {"judge": "judge", "gold": "gold"}
RUN_LINE = "run --judge baseline/longest --task pandalm --sample"
OWN_LINE = "score --csv own.csv --judge-col judge --gold-col gold"
#: A question and its parameters, the command line that asks the same, and what both are told: each in its own words.
TOLD = [
    ("run", RUN, {"sample": True, "policy": "tie=best"}, f"{RUN_LINE} --policy tie=best",
     "{policy} 'tie=best': tie is one of class, drop, half, wrong", {}),
    ("run", RUN, {"sample": True, "data": "x"}, f"{RUN_LINE} --data x",
     "{sample} takes the rows shipped with the task, {data} yours", {}),
    ("run", RUN, {"data": "x"}, "run --judge baseline/longest --task pandalm --data x", "; check {data}", {}),
    ("run", RUN, {"sample": True, "workers": 2}, f"{RUN_LINE} --workers 2", "{workers} belongs to {engine} ray", {}),
    ("run", RUN, {"sample": True, "wait": False}, f"{RUN_LINE} --no-wait",
     "{wait} and {batch_size} belong to {engine} batch", {"wait": ("wait=False", "--no-wait")}),
    ("run", RUN, {"sample": True, "engine": "batch"}, f"{RUN_LINE} --engine batch",
     "ask the others with {engine} local", {}),
    ("run", RUN, {"sample": True, "runs": "own.csv"}, f"{RUN_LINE} --runs own.csv",
     "{runs} needs a folder, and own.csv", {}),
    ("run", ("server/m", "pandalm"), {"sample": True}, "run --judge server/m --task pandalm --sample",
     "pass {base_url} http://localhost:8000/v1", {}),
    ("run", ("server/m", "pandalm"), {"sample": True, "base_url": "x"},
     "run --judge server/m --task pandalm --sample --base-url x", "{base_url} 'x' is not an http", {}),
    ("score", ("own.csv",), OWN | {"long": "a,b"}, f"{OWN_LINE} --long a,b", "{long} names three columns", {}),
    ("score", ("own.csv",), OWN | {"scores": "p", "long": "id,judge,gold"},
     f"{OWN_LINE} --score-col p --long id,judge,gold", "{scores} needs a wide table, one row per item; {long} has", {}),
    ("score", ("own.csv",), OWN | {"scores": ["p", "p"]}, f"{OWN_LINE} --score-col p --score-col p",
     "2 {scores} for 1 {judge}: give each judge its own, in the same order, or leave {judge} out", {}),
    ("score", ("own.csv",), OWN, OWN_LINE,
     "ratings ({scale} rate:LO-HI), codes without order ({scale} nominal:0,1,2)", {}),
    ("score", ("own.csv",), OWN | {"judge": "p"}, OWN_LINE.replace("-col judge", "-col p"),
     "name a judge's column with {scores}; instead of mean gold give", {}),
    ("score", ("own.csv",), OWN | {"scale": "pair"}, f"{OWN_LINE} --scale pair", "say {words} 0=tie {words} 1=A", {}),
    ("view", ("own",), {}, "view own", "{task} T labels items without one", {}),
    ("view", (".",), {"host": "10.0.0.1"}, "view . --host 10.0.0.1",
     "{host} 10.0.0.1: view serves this machine only", {}),
]  # fmt: skip
FLAGS = {"words": "--word", "scores": "--score-col", "judge": "--judge-col"}


@pytest.mark.parametrize(("name", "places", "named", "line", "told", "other"), TOLD, ids=[one[4][:30] for one in TOLD])
def test_a_message_names_the_argument_or_the_option(name, places, named, line, told, other, here, monkeypatch, capsys):
    (here / "own.csv").write_text("id,judge,gold,p\n1,0,1,.25\n2,1,1,.5\n3,2,0,.75\n")
    words = {
        word: (word, FLAGS.get(word, f"--{word.replace('_', '-')}")) for word in re.findall(r"{(\w+)}", told)
    } | other
    with pytest.raises(judgebench.JudgebenchError) as caught:
        getattr(judgebench, name)(*places, **named)
    assert told.format_map({word: python for word, (python, _) in words.items()}) in str(caught.value)
    monkeypatch.setattr(sys, "argv", ["judgebench", *line.split()])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == caught.value.exit_code
    assert told.format_map({word: flag for word, (_, flag) in words.items()}) in capsys.readouterr().err

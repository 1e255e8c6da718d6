"""The doctor on tables as people have them: its commands work, give the right figure, and none misreads the table."""

from __future__ import annotations

import json
import os
import random
import shlex
import sys
from pathlib import Path

import pytest

from judgebench.api.doctor import doctor
from judgebench.api.tables import flags
from judgebench.cli.app import run
from judgebench.errors import spoken_as

CASES = Path(os.environ.get("JUDGEBENCH_CASES", Path(__file__).parents[3] / "shared" / "cases"))


@pytest.fixture
def follow(monkeypatch, capsys):
    """Carry out a command in this process; its JSON."""

    def _follow(command):
        words = shlex.split(command)
        monkeypatch.setattr(sys, "argv", [*words, "--format", "json"])
        with spoken_as(flags):
            assert run(sys.argv[1:]) == 0, command
        return json.loads(capsys.readouterr().out)

    return _follow


def rows_of(found, metric):
    """Figures by judge and subset."""
    return {
        (row["judge"], row["subset"]): round(row["metrics"][metric]["value"], 3)
        for row in found["rows"]
        if row.get("metrics", {}).get(metric, {}).get("value") is not None
    }


def readings(report, follow, metric):
    """Follow all commands that measure a table; the figures of each."""
    measured = report.commands[: len(report.readings)]
    return [rows_of(follow(command), metric) for command in measured]


#: By case: the files, the metric, the figures of each reading, and a word of the question that is asked, if one is.
REPORTED = {
    "02": ("02-minus-one-is-an-error/t.csv", "accuracy", [], "-1"),
    "04": ("04-mean-of-annotators-as-gold/t.csv", "pearson_r", [{("judge", "all"): 0.721}], ""),
    "18": ("18-multi-label/t.csv", "percent_agreement", [{("judge", "all"): 0.5}], "empty cells"),
    "58": ("58-sliders-with-decimals/t.csv", "pearson_r", [{("judge", "all"): 0.961}], ""),
    "08a": ("08-raw-replies/rate.csv", "accuracy", [{("judge_reply", "all"): 0.875}], ""),
    "08b": ("08-raw-replies/pair.csv", "accuracy", [{("judge_reply", "all"): 1.0}], ""),
    "09": ("09-mtbench-two-games/pair.csv", "accuracy", [{("g1_winner", "all"): 0.817}], "--picks"),
    "11": ("11-two-files/gold.csv 11-two-files/judge.jsonl", "accuracy", [{("verdict", "all"): 0.4}], ""),
    "12": ("12-nested-json/nested.jsonl", "accuracy", [{("parsed.winner", "all"): 0.583}], ""),
    "16": ("16-no-header-qrels/pairs.csv", "cohen_kappa", [{("1", "all"): 0.2}, {("2", "all"): 0.2}], "--header"),
    "17": ("17-one-hot-winner/t.csv", "cohen_kappa", [{("judge", "all"): 0.6}], ""),
    "19": ("19-long-with-repeats/t.csv", "cohen_kappa", [{("gpt", "all"): 0.865}], "--combine"),
    "21": ("21-pair-none/t.csv", "cohen_kappa", [{("judge", "all"): 0.55}], "None"),
    "21b": ("21-pair-none/neither.csv", "cohen_kappa", [{("judge", "all"): 0.55}], ""),
    "27": ("27-unicode-labels/nfd.csv", "accuracy", [{("judge", "all"): 0.75}], ""),
    "29": ("29-counts-and-weights/confusion.csv", "cohen_kappa", [{("judge", "all"): 0.64}], ""),
    "32": (
        "32-per-criterion/t.csv",
        "cohen_kappa_quadratic",
        [{("judge", "fluency"): 0.901, ("judge", "relevance"): 0.921, ("judge", "factuality"): 0.939}],
        "",
    ),
    "34": ("34-confidence-in-the-verdict/t.csv", "auc", [{("judge", "all"): 0.953}], "--score-means"),
    "35": ("35-pair-scores-with-another-middle/t.csv", "accuracy", [{("slider", "all"): 0.767}], "--threshold"),
    "39": (
        "39-prodigy-accept-reject/filter.csv",
        "cohen_kappa",
        [{("gpt-4o", "all"): 0.135, ("claude", "all"): 0.1}],
        "status",
    ),
    "42": ("42-total-row/tot.csv", "cohen_kappa", [{("judge", "all"): -0.01}], ""),
    "42b": ("42-total-row/tot2.csv", "cohen_kappa_quadratic", [{("judge", "all"): 0.053}], ""),
    "44": ("44-results-list-in-object/judge.json", "cohen_kappa", [{("preferred", "all"): 0.147}], ""),
    "46": (
        "46-real-order-column/t.jsonl",
        "accuracy",
        [{("cheap", "all"): 0.707, ("strong-oai", "all"): 0.973, ("strong-mistral", "all"): 0.964}],
        "--picks",
    ),
    "50": ("50-same-words-opposite-meaning/t.csv", "cohen_kappa", [{("judge_hallucinated", "all"): 0.68}], "opposite"),
    "50b": ("50-same-words-opposite-meaning/codes.csv", "cohen_kappa", [{("judge", "all"): 0.68}], "codes"),
    "51": ("51-other-threshold/t.csv", "auc", [{("deepeval_score", "all"): 0.928}], "--threshold"),
    "62": ("62-compare-two-files/v1.csv 62-compare-two-files/v2.csv", "accuracy", [], ""),
}


@pytest.mark.parametrize("case", REPORTED)
def test_reported_tables(case, follow, monkeypatch):
    if not CASES.is_dir():
        pytest.skip("no cases here")
    monkeypatch.chdir(CASES)
    files, metric, expected, asked = REPORTED[case]
    report = doctor(files.split())
    figures = readings(report, follow, metric)
    for one in expected:
        assert any(one.items() <= figure.items() for figure in figures), figures
    assert asked in " ".join(report.diagnosis.questions)
    # One reading is an answer: it has to be the right one, or a question stands above it.
    assert len(figures) > 1 or asked or not expected or expected[0].items() <= figures[0].items()
    assert bool(report.diagnosis.questions) == bool(asked)


@pytest.mark.parametrize(
    "file",
    [
        *("47-several-marks-per-rater/t.tsv", "48-two-orders-as-columns/t.jsonl", "46-real-order-column/raw.jsonl"),
        *("33-crowd-ceiling/t.csv", "38-mtbench-composite-key/t.csv", "24-label-studio/export.json"),
        *("29-counts-and-weights/counts.csv", "61-tie-words/t.csv", "52-decorated-words/t.csv"),
    ],
)
def test_reported_tables_whose_commands_work(file, follow, monkeypatch):
    if not CASES.is_dir():
        pytest.skip("no cases here")
    monkeypatch.chdir(CASES)
    report = doctor(file)
    for command in report.commands:
        follow(command)
    assert report.commands or report.diagnosis.questions
    assert "stands" not in str(report.diagnosis.notes)


def test_every_reported_file_gets_an_answer():
    if not CASES.is_dir():
        pytest.skip("no cases here")
    for file in sorted(CASES.glob("*/*")):
        if file.suffix not in {".md", ".sh"}:
            assert str(doctor(file))


# --- tables of our own, of the same kinds --------------------------------------------------------------------------


def _table(names, rows):
    return "\n".join([",".join(names), *(",".join(map(str, row)) for row in rows)]) + "\n"


def _said(seed, labels, rows, right=0.75):
    """Labels of gold, and of a judge who is mostly right."""
    dice = random.Random(seed)
    gold = [dice.choice(labels) for _ in range(rows)]
    return [(one if dice.random() < right else dice.choice(labels), one) for one in gold]


CHECKS = _said(1, ["yes", "no"], 24)
PAIRS = _said(2, ["A", "B", "tie"], 30)
RATES = _said(3, [1, 2, 3, 4, 5], 40)
TURNED = {"A": "B", "B": "A", "tie": "tie"}


def _share(pairs):
    return round(sum(judge == gold for judge, gold in pairs) / len(pairs), 3)


#: By kind: the text of the file, its ending, the share of right verdicts that a reading must have, and a word that is
#: asked; None where no command may be printed.
KINDS = {
    "criteria by suffix": (
        _table(
            ["id", "tone_llm", "clarity_llm", "tone_human", "clarity_human"],
            [(i, a[0], b[0], a[1], b[1]) for i, (a, b) in enumerate(zip(RATES[:20], RATES[20:], strict=True))],
        ),
        "csv", {"tone": _share(RATES[:20]), "clarity": _share(RATES[20:])}, "",
    ),
    "criteria of people alone": (
        _table(["id", "human_tone", "human_clarity"], [(i, *pair) for i, pair in enumerate(RATES)]), "csv", None, "",
    ),
    "a majority beside annotators": (
        _table(["id", "ann1", "ann2", "majority", "judge"], [(i, g, g, g, j) for i, (j, g) in enumerate(CHECKS)]),
        "csv", {"all": _share(CHECKS)}, "",
    ),
    "order as true and false": (
        _table(
            ["id", "swapped", "winner", "human"],
            [
                row
                for i, (judge, gold) in enumerate(PAIRS)
                for row in ((i, "false", judge, gold), (i, "true", TURNED[judge], gold))
            ],
        ),
        "csv", {"all": _share(PAIRS)}, "--picks",
    ),
    "second order in a column": (
        _table(
            ["id", "verdict", "verdict_swapped", "human"],
            [(i, judge, TURNED[judge], gold) for i, (judge, gold) in enumerate(PAIRS)],
        ),
        "csv", {"all": _share(PAIRS)}, "--picks",
    ),
    "two orders without gold": (
        _table(["id", "pick_ab", "pick_ba"], [(i, judge, gold) for i, (judge, gold) in enumerate(PAIRS)]),
        "csv", {}, "--picks",
    ),
    "judges in rows": (
        _table(
            ["id", "evaluator", "verdict", "gold"],
            [(i, who, judge if who == "m1" else gold, gold) for i, (judge, gold) in enumerate(CHECKS)
             for who in ("m1", "m2")],
        ),
        "csv", {"all": _share(CHECKS)}, "",
    ),
    "models in rows that are judges": (
        _table(
            ["question_id", "model", "verdict", "human"],
            [(i, who, judge if who == "m1" else gold, gold) for i, (judge, gold) in enumerate(CHECKS)
             for who in ("m1", "m2")],
        ),
        "csv", {"all": _share(CHECKS)}, "",
    ),
    "a confusion table": (_table(["human", "pass", "fail"], [("pass", 40, 4), ("fail", 6, 30)]), "csv",
     {"all": 0.875}, ""),
    "counts in long form": (
        _table(["verdict", "label", "count"], [("yes", "yes", 9), ("yes", "no", 1), ("no", "yes", 2), ("no", "no", 8)]),
        "csv", {"all": 0.85}, "",
    ),
    "items by categories": (
        _table(["item", "A", "B", "tie"], [(i, i % 4, 3 - i % 4, 2) for i in range(12)]), "csv", {}, "",
    ),
    "one hot of two sides": (
        _table(
            ["id", "label_a", "label_b", "label_tie", "llm"],
            [(i, int(g == "A"), int(g == "B"), int(g == "tie"), j) for i, (j, g) in enumerate(PAIRS)],
        ),
        "csv", {"all": _share(PAIRS)}, "",
    ),
    "a winner by name": (
        _table(
            ["id", "model_a", "model_b", "judge", "human"],
            [(i, "m1", "m2", {"A": "m1", "B": "m2"}.get(j, j), {"A": "m1", "B": "m2"}.get(g, g))
             for i, (j, g) in enumerate(PAIRS)],
        ),
        "csv", {"all": _share(PAIRS)}, "",
    ),
    "minus one among ratings": (
        _table(["id", "judge", "human"], [(i, -1 if i % 9 == 0 else j, g) for i, (j, g) in enumerate(RATES)]),
        "csv", {}, "-1",
    ),
    "a total below": (
        _table(["item", "judge", "human"], [*((i, j, g) for i, (j, g) in enumerate(RATES)), ("Sum", 120, 118)]),
        "csv", {"all": _share(RATES)}, "",
    ),
    "titles above": ("Our study\n\n" + _table(["id", "judge", "human"], [(f"q{i}", *p)
     for i, p in enumerate(CHECKS)]), "csv",
                     {"all": _share(CHECKS)}, ""),
    "no header": ("".join(f"{j},{g}\n" for j, g in CHECKS), "csv", {"all": _share(CHECKS)}, "--header"),
    "semicolons": (_table(["id", "judge", "human"], [(i, *p) for i, p in enumerate(CHECKS)]).replace(",", ";"), "csv",
                   {"all": _share(CHECKS)}, ""),
    "brackets around ratings": (
        _table(["id", "judge", "human"], [(i, f"Rating: [[{j}]]", g) for i, (j, g) in enumerate(RATES)]),
        "csv", {"all": _share(RATES)}, "",
    ),
    "an error in words": (
        _table(["id", "judge", "human"], [(i, "ERROR: timeout" if i == 7 else j, g)
         for i, (j, g) in enumerate(CHECKS)]),
        "csv", {}, "",
    ),
    "rows of other statuses": (
        _table(["id", "judge", "human", "status"], [(i, *p, "done" if i % 3 else "draft")
         for i, p in enumerate(CHECKS)]),
        "csv", {"all": _share([p for i, p in enumerate(CHECKS) if i % 3])}, "status",
    ),
    "repeats of a judge": (
        _table(
            ["item", "rater", "run", "label"],
            [row for i, (j, g) in enumerate(CHECKS) for row in ((i, "ann", 0, g), *((i, "gpt-4", k, j)
             for k in range(3)))],
        ),
        "csv", {"all": _share(CHECKS)}, "--combine",
    ),
    "a key of two columns": (
        _table(
            ["question_id", "turn", "annotator", "label"],
            [row for i, (j, g) in enumerate(CHECKS)
             for row in ((i // 2, i % 2, "gpt-4", j), (i // 2, i % 2, "ann", g))],
        ),
        "csv", {"all": _share(CHECKS)}, "",
    ),
    "people alone, in rows": (
        _table(["item", "worker", "label"], [row for i, (j, g) in enumerate(CHECKS)
         for row in ((i, "w1", j), (i, "w2", g))]),
        "csv", {}, "--judge-col",
    ),
    "nested verdicts": (
        "\n".join(json.dumps({"id": i, "out": {"verdict": j}, "human": g}) for i, (j, g) in enumerate(CHECKS)),
        "jsonl", {"all": _share(CHECKS)}, "",
    ),
    "rows inside an object": (
        json.dumps({"meta": 1, "data": {"rows": [{"id": i, "judge": j, "human": g}
         for i, (j, g) in enumerate(CHECKS)]}}),
        "json", {"all": _share(CHECKS)}, "",
    ),
    "lists of people's labels": (
        "\n".join(json.dumps({"id": i, "judge": j, "human": [g, g]}) for i, (j, g) in enumerate(CHECKS)),
        "jsonl", {"all": _share(CHECKS)}, "",
    ),
    "criteria in rows": (
        _table(
            ["story_id", "criterion", "judge", "human"],
            [(i // 2, ("tone", "clarity")[i % 2], *pair) for i, pair in enumerate(RATES)],
        ),
        "csv", {"tone": _share(RATES[::2]), "clarity": _share(RATES[1::2])}, "",
    ),
    "opposite words": (
        _table(["toxic_judge", "safe_human"], [({"yes": "no", "no": "yes"}[j], g) for j, g in CHECKS]),
        "csv", {"all": _share(CHECKS)}, "opposite",
    ),
    "one side alone": (_table(["id", "human"], [(i, g) for i, (_, g) in enumerate(CHECKS)]), "csv", None, ""),
    "no names": (_table(["first", "other"], CHECKS), "csv", {"all": _share(CHECKS)}, "no name says"),
    "several of no name": (_table(["q1", "q2", "q3"], [(*p, p[0]) for p in CHECKS]), "csv", None, "No name says"),
    "what annotators settled on": (
        _table(["id", "ann1", "ann2", "adjudicated", "llm"], [(i, g, g, g, j) for i, (j, g) in enumerate(CHECKS)]),
        "csv", {"all": _share(CHECKS)}, "",
    ),
    "a column that says who agrees": (
        _table(["id", "human", "reply", "same"], [(i, g, j, int(j == g)) for i, (j, g) in enumerate(CHECKS)]),
        "csv", {"all": _share(CHECKS)}, "",
    ),
    "askings counted in digits": (
        _table(["question_id", "run", "judge", "human"], [(i, run, j, g) for i, (j, g) in enumerate(CHECKS)
         for run in (0, 1)]),
        "csv", {"all": _share(CHECKS)}, "run",
    ),
    "one order an item": (
        _table(["id", "is_swapped", "judge", "human"],
         [(i, i % 2 == 1, TURNED[j] if i % 2 else j, g) for i, (j, g) in enumerate(PAIRS)]),
        "csv", {"all": _share(PAIRS)}, "--picks",
    ),
    "decimal commas": (
        "id;judge;human\n" + "".join(f"{i};{j},5;{g},5\n" for i, (j, g) in enumerate(RATES)), "csv", {}, "",
    ),
    "fractions in two units": (
        _table(["id", "judge", "human"], [(i, f"{j}/10", f"{g}/5") for i, (j, g) in enumerate(RATES)]), "csv", None, "",
    ),
    "a word for doubt on both sides": (
        _table(["id", "judge", "human"], [(i, "unsure" if i % 5 == 1 else j, "unsure" if i % 4 == 1 else g)
         for i, (j, g) in enumerate(CHECKS)]),
        "csv", {}, "",
    ),
    "0 beside ratings from 1": (
        _table(["id", "judge", "human"], [(i, 0 if i % 9 == 0 else j, g) for i, (j, g) in enumerate(RATES)]),
        "csv", {}, "0 (judge",
    ),
    "scores beside checks": (
        _table(["id", "judge_score", "human"], [(i, 0.9 if j == "yes" else 0.25, g)
         for i, (j, g) in enumerate(CHECKS)]),
        "csv", {"all": _share(CHECKS)}, "--threshold",
    ),
}  # fmt: skip
#: Kinds that can be read in several ways though nothing is asked, and those in which one column is a judge's.
SEVERAL = {"a majority beside annotators", "models in rows that are judges", "what annotators settled on"}
ONE_JUDGE = {"what annotators settled on", "a column that says who agrees", "askings counted in digits"}
#: Kinds that are never read in one way only.
UNSURE = {"one order an item", "decimal commas", "a word for doubt on both sides", "0 beside ratings from 1"}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_tables(kind, follow, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text, ending, right, asked = KINDS[kind]
    file = tmp_path / f"t.{ending}"
    file.write_text(text, encoding="utf-8")
    report = doctor(file)
    if right is None:
        assert report.readings == []
        assert report.diagnosis.questions or report.diagnosis.notes
        return
    assert report.readings, report
    assert asked in " ".join(report.diagnosis.questions)
    figures = readings(report, follow, "accuracy")
    subsets = [{(judge, subset): value for (judge, subset), value in one.items()} for one in figures]
    for subset, share in right.items():
        found = [value for one in subsets for (_, name), value in one.items() if name == subset]
        assert share in found, (found, report.commands)
    assert (len(report.readings) > 1) == (kind in SEVERAL) or asked or not right
    assert len(report.readings) > 1 or kind not in UNSURE
    assert len({judge for one in subsets for judge, _ in one}) == 1 or kind not in ONE_JUDGE


#: Public files that no reader of ours is for: what some command says of them, nothing where none may be printed.
PUBLIC = {
    "arena_two_judges/votes.csv.gz": "--judge-col gpt-4o-mini --judge-col gpt-5.2 --gold-col human",
    "cultural_pairs/verdicts.jsonl.gz": "--judge-name-col model",
    "hanna/ratings.csv.gz": "--criterion-col criterion",
    "hanna/user_study.csv.gz": "",
    "jailbreak_keywords/jailjudge.csv.gz": "--gold-col gold",
    "llmbar/verdicts.jsonl.gz": "--judge-name-col strategy --judge-name-col base",
    "mt_bench_human/human.jsonl": "judgebench humans",
    "rag_judges_9/three_runs.csv.gz": "--judge-name-col judge",
    "rag_judges_9/within_corpus.csv.gz": "--consistency",
    "relevance_gullibility/attacks.csv.gz": "",
    "ruverbench/main_leaderboard.csv": "",
    "trec_dl_llm_labels/systems.csv.gz": "",
}


@pytest.mark.data
@pytest.mark.parametrize("file", PUBLIC)
def test_public_files_are_not_misread(data_dir, file):
    report = doctor(data_dir / file)
    assert PUBLIC[file] in " ".join(report.commands)
    assert bool(report.readings) == bool(PUBLIC[file])


def test_a_person_is_asked_on_a_terminal(tmp_path, monkeypatch):
    file = tmp_path / "t.csv"
    file.write_text(KINDS["second order in a column"][0])
    monkeypatch.setattr("judgebench.api.doctor.somebody_answers", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: "2")
    monkeypatch.setattr("judgebench.api.doctor.tell", lambda _: None)
    (command,) = doctor(file).commands
    assert "--picks answer" in command


def test_what_is_untidy_is_listed_with_its_lines(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("id,judge,human\n1,pass,pass\n2,pass\u200b,pass\n3,Yes.,fail\n4,50 %,fail\n,fail,fail\n")
    notes = " ".join(doctor(file).diagnosis.notes)
    assert "look alike (line 3)" in notes
    assert "decorated words such as 'Yes.' (line 4)" in notes
    assert "reads them, this one as correct, but not line 5" in notes


def test_rows_that_are_sorted_by_rater_are_no_table_of_one_rater(tmp_path, monkeypatch):
    monkeypatch.setattr("judgebench.labels.profile._MOMENT", 600.0)
    file = tmp_path / "t.csv"
    rows = "".join(f"{i},{who},{'no' if i % 3 else 'yes'}\n" for who in ("ann", "gpt-4") for i in range(30_000))
    file.write_text("item,rater,label\n" + rows)
    report = doctor(file)
    assert report.commands == ()
    assert "sorted by who labelled" in " ".join(report.diagnosis.questions)


def test_a_large_file_is_told_from_its_first_rows(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("id,judge,human\n" + "".join(f"{i},yes,{'no' if i % 3 else 'yes'}\n" for i in range(60_000)))
    report = doctor(file)
    assert not report.diagnosis.whole
    assert str(report).startswith("more than ")
    assert report.commands[0].endswith("--judge-col judge --gold-col human --id-col id")


def test_figures_of_systems_are_no_labels_of_items(tmp_path):
    draw = random.Random(2)
    columns = ["Model", "HumanEval", "Open LLM", "MMLU", "ARC", "BBH", "GSM8K"]
    rows = [[f"m{i}", *(f"{draw.uniform(20, 90):.1f}" for _ in columns[1:])] for i in range(12)]
    path = tmp_path / "board.csv"
    path.write_text("".join(",".join(row) + "\n" for row in [columns, *rows]), "utf-8")
    report = doctor(path)
    assert report.commands == ()
    assert any("each row is a system" in note for note in report.diagnosis.notes)


def test_a_system_trained_on_people_is_not_a_person(tmp_path):
    draw = random.Random(3)
    columns = ["id", *(f"gpt4|{name}" for name in ("alpaca-7b", "farm-ppo-human", "vicuna-7b", "vicuna-human"))]
    rows = [[str(i), *(draw.choice("12") for _ in columns[1:])] for i in range(30)]
    path = tmp_path / "grid.csv"
    path.write_text("".join(",".join(row) + "\n" for row in [columns, *rows]), "utf-8")
    assert "--gold-col" not in " ".join(doctor(path).commands)


@pytest.mark.parametrize(
    ("columns", "row", "commands", "said"),
    [
        ("judge,gold", lambda i, d: f"{d.choice('ABC')},{d.choice('ABC')}", 2, "third choice"),
        (
            "judge,gold,error",
            lambda i, d: f"{d.choice('01')},{d.choice('01')},{'' if i % 7 else 'timeout'}",
            2,
            "do these count",
        ),
        (
            "judge,gold,weight",
            lambda i, d: f"{d.choice('01')},{d.choice('01')},{d.random():.3f}",
            1,
            "weights are not read",
        ),
        ("judge,gold", lambda i, d: f"{d.randint(1, 9)},{d.randint(1, 5)}", 2, "two units"),
    ],
    ids=["third-letter", "errors", "weights", "units"],
)
def test_what_a_column_leaves_open_is_asked(tmp_path, columns, row, commands, said):
    draw = random.Random(4)
    file = tmp_path / "t.csv"
    file.write_text(f"id,{columns}\n" + "".join(f"{i},{row(i, draw)}\n" for i in range(60)))
    report = doctor(file)
    assert sum(command.startswith("judgebench score --csv") for command in report.commands) == commands
    assert said in " ".join([*report.diagnosis.questions, *report.diagnosis.notes])

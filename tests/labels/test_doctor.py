"""The doctor says what a file is, what it assumed, and a command that works."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judgebench.api.columns import Columns, meanings
from judgebench.api.doctor import doctor
from judgebench.api.items import reading_of
from judgebench.api.parameters import keys
from judgebench.api.tables import LabelsAndScores
from judgebench.errors import DataError, UsageError
from judgebench.files.read import open_table
from judgebench.labels.known import recognise
from judgebench.tasks.tables import open_own


def follow(command):
    """Load what a command names, by its own options."""
    words = shlex.split(command)
    assert words[:2] in (["judgebench", "score"], ["judgebench", "humans"])
    names = {one.flag: one.name for one in keys(LabelsAndScores).values()}
    flags = {one.name for one in keys(LabelsAndScores).values() if one.type is bool}
    options, files, rest = {}, [], [word for word in words[2:] if word != "--consistency"]
    while rest:
        name = names.get(flag := rest.pop(0), flag)
        if name in flags:
            options[name] = True
        elif name == "--csv":
            files.append(rest.pop(0))
        else:
            options.setdefault(name, []).append(rest.pop(0))
    single = {
        name: value[0] if name in {"scale", "long", "rater", "label", "judge_name", "order", "picks", "combine",
         "count",
                                   "system", "subset", "criterion", "sides", "score_means"} else value
        for name, value in options.items() if value is not True
    }  # fmt: skip
    for name in {"header", "skip", "drop_last"} & single.keys():
        single[name] = int(single[name][0])
    if "words" in single:
        single["words"] = meanings(single["words"])
    options = {**single, **{name: True for name, value in options.items() if value is True}}
    columns = Columns.of(options)
    return columns.read(open_table(files[0], columns.file), unlabelled="--consistency" in words)


def test_judges_against_gold(table):
    rows = "".join(f"i{i},q{i // 2},{'m1' if i % 2 else 'm2'},yes,no,{'yes' if i else ''},0.{i}\n" for i in range(8))
    path = table("id,question,model,gpt-4,claude verdict,human,confidence\n" + rows)
    report = doctor(path)
    found = report.diagnosis
    assert (found.form, found.rows) == ("wide", 8)
    assert found.named("judge") == ["gpt-4", "claude verdict"]
    assert (found.named("gold"), found.named("cluster")) == (["human"], ["question"])
    assert (found.named("system"), found.named("id")) == (["model"], ["id"])
    assert found.why["human"] == "the name says gold"
    assert "1 of 8 rows have no gold label; scoring leaves them out" in found.notes
    loaded = follow(report.commands[0])
    assert list(loaded.judges) == ["gpt-4", "claude verdict"]
    text = report.render(explain=True)
    assert "yes 100.0%, 1 missing" in text
    assert report.commands[0] in text
    assert json.loads(json.dumps(report.to_json()))["commands"] == list(report.commands)


def test_a_word_that_score_would_ask_about_is_asked_about(table):
    """Its command was refused."""
    found = doctor(table("judge,human\n" + "A,A\nB,B\nNone,None\n" * 4)).diagnosis
    assert any(text.startswith("'None' is said by judge and gold") for text in found.questions)
    answer, gap = found.commands
    assert answer.endswith("--judge-col judge --gold-col human --word None=neither")
    assert gap.endswith("--judge-col judge --gold-col human --missing None")
    assert (follow(answer).scale.spec, follow(gap).scale.spec) == ("pair:2+bad", "pair:2")


def test_long_form(table):
    rows = [
        f"{item},{who},{'yes' if len(who) > item else 'no'}\n"
        for item in range(1, 7)
        for who in ("gpt-4", "ann", "bob")
    ]
    report = doctor(table("item,rater,label\n" + "".join(rows)))
    assert report.diagnosis.form == "long"
    assert "--long item,rater,label --judge-col gpt-4 --gold-col ann --gold-col bob" in report.commands[0]
    assert follow(report.commands[0]).rows == 6
    doubled = doctor(table("item,rater,label\n" + "".join(rows) + rows[0]))
    assert [command.split("--combine ")[1] for command in doubled.commands] == ["each", "majority"]
    assert any("1 rows repeat an item and rater" in text for text in doubled.diagnosis.questions)


def test_annotators_alone(table):
    report = doctor(table("id,annotator1,annotator2,annotator3\n1,A,A,tie\n2,B,B,B\n3,tie,A,B\n"))
    assert report.diagnosis.form == "annotators"
    (command,) = report.commands
    assert command.startswith("judgebench humans --csv")
    assert "--gold-col annotator1 --gold-col annotator2 --gold-col annotator3" in command
    follow(command)


def test_ratings_and_words_of_ones_own_name_their_scale(table):
    report = doctor(table("id;h1;h2;gpt4_score\n1;3;4;4\n2;5;5;4\n3;1;2;2\n"))
    assert "--scale rate:1-5" in report.commands[0]
    follow(report.commands[0])
    report = doctor(table("id,judge,gold\n1,red,blue\n2,red,red\n3,green,green\n"))
    assert "--scale nominal:blue,green,red" in report.commands[0]
    assert any("without order" in note for note in report.diagnosis.notes)
    follow(report.commands[0])
    report = doctor(table("a,b\n1,2\n2,0\n0,0\n"))
    assert set(re.findall(r"--scale (\S+)", " ".join(report.commands))) >= {"rate:0-2", "nominal:0,1,2"}
    assert any("no name says who is judge" in text for text in report.diagnosis.questions)
    for command in report.commands:
        follow(command)


def test_what_cannot_be_measured_says_why(table):
    assert "nothing to compare it with" in str(doctor(table("id,text,label\n1,some words,yes\n2,more words,no\n")))
    decimals = doctor(table("id,p,q\n1,0.5,0.25\n2,0.1,0.75\n"))
    assert decimals.commands == ()
    assert "no column of labels" in str(decimals)
    assert "doubled columns, which can't be named: b" in str(doctor(table("a,b,b\nyes,no,no\n")))
    with pytest.raises(DataError, match="no such file"):
        doctor("nowhere.csv")


def test_odd_names_and_paths_are_quoted(table):
    path = table("my judge,gold $1\nyes,no\nno,no\n", "my labels.csv")
    assert list(follow(doctor(path).commands[0]).judges) == ["my judge"]


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ("pair_id source question response_model response_A response_B label", "JudgeBench pairs"),
        ("pair_id question response_model response_A response_B label judgments", "a judge's output on JudgeBench"),
        ("idx instruction input response1 response2 annotator1 annotator2 annotator3", "the PandaLM test set"),
        ("idx pandalm_result pandalm_reason", "verdicts of PandaLM-7B"),
        ("prompt chosen chosen_model rejected rejected_model subset id", "RewardBench"),
        ("id prompt chosen rejected num_correct num_incorrect total_completions models subset", "RewardBench 2"),
        ("uid question_id turns references", "the questions of BFF-Bench"),
        ("dataset qid cid turn model conv label", "VERDICTS"),
        ("question references answer model label", "answers to trivia questions"),
        ("model response question references benchmark GPT-4 Human-Eval", "TriviaQA with a column per judge"),
    ],
)
def test_benchmarks_are_known_by_their_fields(fields, title):
    assert recognise(fields.split()).title.startswith(title)
    assert recognise(fields.split()[-1:]) is None


def test_runs_and_folders(tmp_path, table):
    run = tmp_path / "runs" / "one"
    run.mkdir(parents=True)
    (run / "manifest.json").write_text("{}")
    assert doctor(run).commands == doctor(run / "manifest.json").commands == (f"judgebench score {run}",)
    assert doctor(run.parent).commands == (f"judgebench leaderboard {run.parent}",)
    fields = {name: [] for name in ("key", "item", "order", "status", "code", "gold", "gold_source")}
    (run / "verdicts.jsonl").write_text(json.dumps(fields))
    assert doctor(run / "verdicts.jsonl").commands == (f"judgebench score {run}",)
    path = table("j,gold\nyes,no\n")
    assert doctor(tmp_path).commands == (f"judgebench doctor {path}",)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match="no run and no label file"):
        doctor(empty)


COLUMNS = "id question model rater label judge gold human h1 h2 gpt-4 score subset item winner annotator_1 p x"
names = st.sampled_from(COLUMNS.split(" "))
vocabularies = st.sampled_from(
    [["yes", "no", ""], ["A", "B", "tie"], ["1", "2", "3", "5"], ["0", "1"], ["1", "2"], ["low", "high"], ["0.5", "2"],
     ["q one", "q two"], ["right", "left"], ["1", ""], [""], ["ann", "bob", "gpt-4"], ["yes", "A"], ["x" * 90]]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_every_command_it_prints_works(tmp_path_factory, data):
    header = data.draw(st.lists(names, min_size=1, max_size=6, unique=True))
    rows = data.draw(st.integers(1, 12))
    columns = [
        [str(i) for i in range(rows)]
        if data.draw(st.integers(0, 5)) == 0
        else data.draw(st.lists(st.sampled_from(data.draw(vocabularies)), min_size=rows, max_size=rows))
        for _ in header
    ]
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    records = [dict(zip(header, row, strict=True)) for row in zip(*columns, strict=True)]
    path.write_text("\n".join(map(json.dumps, records)))
    report = doctor(path)
    assert str(report)
    for command in report.commands:
        if command.startswith(("judgebench score", "judgebench humans")):
            follow(command)


@pytest.mark.data
@pytest.mark.parametrize(
    ("version", "gold", "judges", "note"),
    [
        ("V1", "HumanJudgement", 11, "5 rows repeat the same question and model"),
        ("V2", "Human-Eval", 9, "400 of 3,600 rows have no gold label; scoring leaves them out"),
    ],
)
def test_the_public_triviaqa_tables(data_dir, version, gold, judges, note):
    path = data_dir / "judging_the_judges" / f"TriviaQA_Judges_w_HumanJudgement_{version}.csv.gz"
    report = doctor(path)
    score, run = report.commands
    assert score.endswith(f"--gold-col {gold} --system-col model --cluster-col question")
    assert "--judge-col GPT-4" in score
    assert len(follow(score).judges) == judges
    words = shlex.split(run)
    assert words[:5] == ["judgebench", "run", "--task", f"triviaqa:{version.lower()}", "--data"]
    assert f"replay:{path}#GPT-4" in words
    assert words.count("--judge") == judges
    assert note in report.diagnosis.notes


@pytest.mark.data
@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("pandalm/testset-v1.json.gz", "--task pandalm --data"),
        ("pandalm/gpt-3.5-turbo-testset-v1.json.gz", "--judge replay:"),
        ("judgebench/gpt.jsonl.gz", "--task judgebench:gpt --data"),
        ("judgebench/claude.jsonl.gz", "--task judgebench:claude --data"),
        ("judgebench/raw/gpt__arena_hard__o1-mini-2024-09-12.jsonl.gz", "--task judgebench:gpt --judge replay:"),
    ],
)
def test_real_benchmark_files(data_dir, file, command):
    report = doctor(data_dir / file)
    assert report.diagnosis.form == "benchmark"
    assert command in report.commands[0]


def test_the_doctor_needs_no_heavy_library():
    code = (
        "import sys, judgebench.labels, judgebench.api.doctor as d; "
        "heavy = {'numpy', 'pandas', 'scipy', 'pyarrow', 'sklearn', 'datasets'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("people", "said"),
    [
        (("anna", "ben"), "--gold-col anna --gold-col ben "),
        (("anna", "ben", "cho"), "--gold-col anna --gold-col ben --gold-col cho "),
        (("human_1", "human_2"), ""),
        (("anna",), "--gold-col anna "),
    ],
)
def test_items_that_people_labelled_are_for_a_judge(table, people, said):
    """They were set aside, one of two people was offered as the judge, and the judge's column was asked for."""
    labels = [",".join(("pass", "fail")[(i + at) % 3 == 0] for at in range(len(people))) for i in range(9)]
    rows = [f"q{i},What is {i}?,It is {i}.,{i},{own}" for i, own in enumerate(labels)]
    path = table("\n".join([f"id,question,answer,reference,{','.join(people)}", *rows]) + "\n")
    report = doctor(path)
    first, *others = report.commands
    assert first == f"judgebench run --judge gpt-4o --task {path} {said}--dry-run"
    assert [command.split()[1] for command in others] == (["humans"] if len(people) > 1 else []) + ["init"]
    roles = report.diagnosis.roles
    assert [roles[name] for name in ("question", "answer", "reference", people[0])] == [
        "question", "answers", "reference", "gold"
    ]  # fmt: skip
    assert not any("judge's column" in note for note in report.diagnosis.notes)
    # A person's name is a guess: `run` takes nothing for gold by itself, and says how to.
    if said:
        with pytest.raises(UsageError, match=said.replace("--gold-col", "gold").strip()):
            open_own(path, reading_of({}))
    assert open_own(path, reading_of({"gold": list(people)})).scale.spec == "check"


def test_criteria_are_not_taken_for_people(table):
    path = table(
        "id,question,answer,accuracy,fluency\n"
        + "".join(f"{i},Q{i}?,A{i}.,{i % 5 + 1},{i % 3 + 1}\n" for i in range(20))
    )
    assert not any(command.startswith("judgebench run") for command in doctor(path).commands)

from __future__ import annotations

import csv
import gzip
import io
import json
import platform
import re
from typing import TYPE_CHECKING

import pytest

from judgebench import __version__
from judgebench.installed import requirements
from judgebench.report import schemas

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("one_measuring")
BASELINES = ("--judge", "baseline/first", "--judge", "baseline/longest", "--judge", "baseline/random")


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def test_demo_prints_a_leaderboard_of_five_tasks_and_four_baselines(judgebench) -> None:
    done = judgebench("demo", "--format", "json")
    assert done.code == 0
    document = done.document()
    rows = document["rows"]
    assert len({row["task"] for row in rows}) == 5
    assert len(rows) == 20
    assert all(row["items"] >= 20 and row["coverage"] > 0.9 for row in rows)
    # Names in its table can be typed: "longest" is no judge.
    assert re.search(r" (?<!/)longest", judgebench("demo").out) is None


def test_a_run_resumes_and_says_so(judgebench) -> None:
    first = judgebench("run", *BASELINES, "--task", "pandalm", "--sample", "--format", "json")
    again = judgebench("run", *BASELINES, "--task", "pandalm", "--sample", "--format", "json")
    assert first.code == again.code == 0
    assert " 0 asked" not in first.err
    assert again.err.count(" 0 asked") == 3
    assert first.out == again.out
    assert first.document()["rows"]


def test_a_longer_run_reuses_what_a_shorter_one_judged(judgebench) -> None:
    judgebench(
        "run", "--judge", "baseline/random", "--task", "pandalm", "--sample", "--limit", 5, "--order", "original"
    )
    longer = judgebench("run", "--judge", "baseline/random", "--task", "pandalm", "--sample", "--limit", 8)
    assert "11 asked, 5 already judged" in longer.err
    reseeded = judgebench("run", "--judge", "baseline/random", "--task", "pandalm", "--sample", "--seed", 1)
    assert " 0 already judged" in reseeded.err


def test_score_and_leaderboard_measure_stored_runs_without_asking(judgebench, tmp_path: Path) -> None:
    judgebench("run", *BASELINES, "--task", "pandalm", "--task", "judgebench", "--sample")
    both = judgebench("score", "runs", "--policy", "order=both_right", "--verify", "--format", "json")
    assert both.code == 0, both.err
    rows = both.document()["rows"]
    assert {row["policies"]["order"] for row in rows if row["judge"] != "nobody"} == {"both-right"}
    board = judgebench("leaderboard", "runs", "--output", "board.csv")
    assert board.code == 0
    first = (tmp_path / "board.csv").read_bytes()
    table = list(csv.DictReader(io.StringIO(first.decode())))
    assert {row["task"] for row in table} == {"pandalm", "judgebench"}
    judgebench("leaderboard", "runs", "--output", "board.csv")
    assert (tmp_path / "board.csv").read_bytes() == first
    assert judgebench("leaderboard", "runs", "--format", "md").out.startswith("## ")
    one = min((tmp_path / "runs").glob("pandalm--*"))
    sensitivity = judgebench("score", one, "--sensitivity", "--format", "csv")
    assert len(lines(sensitivity.out)) > 60


def test_show_prints_the_schema_of_every_kind(judgebench) -> None:
    for kind in schemas.KINDS:
        done = judgebench("show", "schema", kind)
        assert json.loads(done.out) == schemas.json_schema(kind)
    unknown = judgebench("show", "schema", "human")
    assert (unknown.code, unknown.out) == (2, "")
    assert "Did you mean humans" in unknown.err
    assert judgebench("show", "schema").code == judgebench("show", "pandalm", "humans").code == 2


def test_the_version_says_what_is_installed(judgebench) -> None:
    told = judgebench("--version").out.splitlines()
    assert told[0] == f"judgebench {__version__}"
    assert told[1] == f"Python {platform.python_version()}"
    installed = {one.package: one.version for one in requirements() if one.extra}
    assert len(told) > 3 + 3
    for package, version in installed.items():
        assert any(f"{package} {version or 'not installed'}" in line for line in told[3:] if line.startswith("extra "))


def test_list_and_show(judgebench) -> None:
    assert len(lines(judgebench("list", "tasks").out)) >= 6
    for kind, name in {"judges": "baseline/longest", "prompts": "pair/1", "metrics": "cohen_kappa"}.items():
        assert name in judgebench("list", kind).out
    assert "marked by three people" in judgebench("show", "pandalm").out
    assert "[user]" in judgebench("show", "pair/1").out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("run", "--judge", "baseline/longest", "--task", "pandlm"), 2, "Did you mean pandalm"),
        (("run", "--judge", "basline/longest", "--task", "pandalm", "--sample"), 2, "Did you mean baseline/longest"),
        (("run", "--judge", "gpt-4o", "--task", "pandalm", "--sample"), 4, "OPENAI_API_KEY"),
        (("run", "--judge", "claude-x", "--task", "pandalm", "--sample"), 4, "ANTHROPIC_API_KEY"),
        (("run", "--judge", "server/m", "--task", "pandalm", "--sample"), 2, "--base-url"),
        (("run", "--judge", "replay:none.json", "--task", "pandalm", "--sample"), 2, "no file 'none.json'"),
        (("run", "--judge", "nowhere:f", "--task", "pandalm", "--sample"), 2, "nowhere"),
        (("run", "--judge", "baseline/first", "--task", "pandalm", "--data", "nowhere"), 3, "nowhere"),
        (
            ("run", "--judge", "baseline/first", "--task", "pandalm", "--sample", "--policy", "tie=x"),
            2,
            "tie is one of",
        ),
        (("run", "--judge", "baseline/first", "--task", "pandalm", "--sample", "--reference", "self"), 2, "reference"),
        (("run", "--judge", "baseline/first", "--task", "triviaqa", "--sample"), 2, "baseline/majority"),
        (("score", "nowhere"), 3, "no runs in"),
        (("score",), 2, "--csv FILE"),
        (("score", "--csv", "x.csv"), 3, "no such file"),
        (("leaderboard", "nowhere"), 3, "no runs in"),
        (("reproduce", "--data", "nowhere"), 3, "nowhere"),
        (("reproduce",), 2, "JUDGEBENCH_DATA"),
        (("show", "pandlm"), 2, "pandalm"),
        (("list", "colours"), 2, "colours"),
        (("run", "--judge", "baseline/first"), 2, "--task"),
    ],
)
def test_wrong_use_is_told_in_one_or_two_lines(judgebench, arguments: tuple[str, ...], code: int, says: str) -> None:
    done = judgebench(*arguments)
    assert (done.code, says in done.err) == (code, True), done.err
    assert done.err.startswith("judgebench: "), done.err
    assert len(lines(done.err)) <= 2, done.err


def test_flag_beats_environment_beats_config_beats_default(judgebench, tmp_path: Path) -> None:
    (tmp_path / "jb.toml").write_text('[run]\nruns = "from-config"\nlimit = 3\nformat = "csv"\n')
    base = ("run", "--judge", "baseline/first", "--task", "pandalm", "--sample", "--config", "jb.toml")
    from_config = judgebench(*base)
    assert (tmp_path / "from-config").is_dir()
    assert next(csv.DictReader(io.StringIO(from_config.out)))["items"] == "3"
    judgebench(*base, env={"JUDGEBENCH_RUNS": "from-env"})
    assert (tmp_path / "from-env").is_dir()
    flagged = judgebench(*base, "--runs", "from-flag", "--limit", 4, env={"JUDGEBENCH_RUNS": "not-here"})
    assert next(csv.DictReader(io.StringIO(flagged.out)))["items"] == "4"
    assert (tmp_path / "from-flag").is_dir()
    assert not (tmp_path / "not-here").exists()
    (tmp_path / "jb.toml").write_text("[run]\nrunz = 1\n")
    wrong = judgebench(*base)
    assert (wrong.code, "no option 'runz'" in wrong.err) == (3, True)


def test_snake_case_options_work_too(judgebench, tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("q,j,h\na,yes,no\nb,yes,yes\nc,no,no\nd,no,yes\n")
    kebab = judgebench("score", "--csv", "l.csv", "--judge-col", "j", "--gold-col", "h", "--format", "csv")
    snake = judgebench("score", "--csv", "l.csv", "--judge_col", "j", "--gold_col", "h", "--format", "csv")
    assert kebab.code == 0
    assert kebab.out == snake.out


def test_dry_run_counts_calls_and_asks_nothing(judgebench, tmp_path: Path) -> None:
    judges = ("--judge", "gpt-4o", "--judge", "openai/mystery")
    done = judgebench("run", *judges, "--task", "pandalm", "--sample", "--dry-run", "--explain")
    assert done.code == 0
    known, unknown = lines(done.out)
    assert "48 to ask in 48 calls" in known
    assert "USD" in known
    assert "price unknown" in unknown
    assert not (tmp_path / "runs").exists()


@pytest.mark.data
def test_the_issues_run_on_real_data_ends_in_a_valid_document(judgebench, data_dir: Path) -> None:
    tasks = ("--task", "pandalm", "--task", "judgebench")
    done = judgebench("run", *BASELINES, *tasks, "--data", data_dir, "--format", "json")
    assert done.code == 0, done.err
    document = done.document()
    sizes = {(row["task"], row["items"]) for row in document["rows"] if row["subset"] == "all"}
    assert sizes == {("pandalm", 999), ("judgebench", 350)}


@pytest.mark.data
def test_the_public_trivia_table_just_works(judgebench, data_dir: Path, tmp_path: Path) -> None:
    packed = data_dir / "judging_the_judges" / "TriviaQA_Judges_w_HumanJudgement_V1.csv.gz"
    table = tmp_path / "v1.csv"
    table.write_bytes(gzip.decompress(packed.read_bytes()))
    told = judgebench("doctor", table, "--explain")
    assert told.code == 0
    assert "judgebench score --csv" in told.out
    done = judgebench(
        "score", "--csv", table, "--judge-col", "GPT-4", "--judge-col", "Contains", "--gold-col", "HumanJudgement",
        "--cluster-col", "question", "--system-col", "model", "--verify", "--format", "json",
        "--policy", "invalid=drop",
    )  # fmt: skip
    assert done.code == 0, done.err
    kappas = {row["judge"]: row["metrics"]["cohen_kappa"] for row in done.document()["rows"]}
    # Reference: statistics.md §9.1, on the 3,595 rows that GPT-4 answered.
    assert kappas["GPT-4"]["value"] == pytest.approx(0.7875686372885135, abs=1e-9)
    assert kappas["GPT-4"]["low"] < kappas["GPT-4"]["value"] < kappas["GPT-4"]["high"]


@pytest.mark.data
def test_items_without_an_answer_are_never_asked(judgebench, data_dir: Path) -> None:
    refused = judgebench("run", "--judge", "contains", "--task", "triviaqa:v1", "--data", data_dir)
    assert (refused.code, "have no text to judge: contains" in refused.err) == (3, True)
    replayed = judgebench("run", "--judge", "replay:EM", "--task", "triviaqa:v1", "--data", data_dir, "--format", "csv")
    assert replayed.code == 0, replayed.err


@pytest.mark.data
def test_a_forgiving_convention_stands_beside_ours(judgebench, data_dir: Path) -> None:
    done = judgebench(
        "run", "--judge", "replay:gpt-3.5-turbo", "--task", "pandalm", "--data", data_dir, "--format", "json"
    )
    own, ours = done.document()["rows"]
    # statistics.md, decision 5: 71.07 with 25 unreadable outputs taken as ties, 69.77 with them wrong.
    assert (own["policies"]["invalid"], ours["policies"]["invalid"]) == ("tie", "wrong")
    assert own["metrics"]["accuracy"]["value"] == pytest.approx(0.710711, abs=1e-6)
    assert ours["metrics"]["accuracy"]["value"] == pytest.approx(0.697698, abs=1e-6)
    assert "measured under" in judgebench("leaderboard", "runs", "--explain").out


def test_what_cannot_be_measured_or_written_is_refused_before_asking(judgebench, tmp_path: Path) -> None:
    base = ("run", "--judge", "baseline/first", "--task", "rewardbench", "--sample")
    (tmp_path / "file").write_text("")
    for wrong in (
        ("--policy", "gold=mean"),
        ("--policy", "invalid=tie"),
        ("--output", "file/x.csv"),
        ("--output", "."),
        ("--data", "x"),
    ):
        done = judgebench(*base, *wrong)
        assert done.code == 2, done.err
    assert not (tmp_path / "runs").exists()
    assert judgebench(*base, "--runs", "file").code == 2

"""The commands on real benchmark data: recorded judges, published figures, public tables. Nothing of it is kept here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden.commands import INTERVALS, POLICIES
from golden.steps import Scene, Step, forms, scene, step, variants

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Tasks whose judges were recorded, with up to four of them.
REPLAYS = {
    "pandalm": ("gpt-3.5-turbo", "pandalm-7b"),
    "judgebench:gpt": ("o1-mini-2024-09-12", "GRM-Gemma-2B", "Llama-3.1-8B-Instruct-rubric"),
    "judgebench:claude": ("claude-3-haiku-20240307", "mercury-coder"),
    "triviaqa:v1": ("GPT-4", "Llama3-70B", "Contains"),
    "triviaqa:v2": ("GPT-4", "EM"),
    **{f"alttest:{split}": ("gpt-4o", "gpt-4o-mini", "gemini_pro")
       for split in ("wax", "mtbench", "cebab_aspects", "cebab_stars", "lesion")},
}  # fmt: skip
#: Other forms of these are held on samples.
BRIEF = ("table", "json")
BOARD = ("table", "json", "csv", "md", "html", "tex")
BASELINES = ("judge-bench-dmg:dices-350", "judge-bench-dmg:recipes", "judge-bench-dmg:inferential-strategies")


def recorded(data: Path) -> Iterator[Scene]:
    """List the scenes on a folder of data."""
    yield from _replays(data)
    yield from _tables(data)
    yield scene(
        "data-published",
        forms("reproduce", f"reproduce --data {data}"),
        step("task", f"reproduce --data {data} --task pandalm --output pandalm.txt"),
        step("results", f"results --data {data}"),
        forms("alt", f"alt-test --data {data}/alttest --gold crowd"),
        forms("sweep", f"alt-test --data {data}/alttest/wax --gold crowd --sweep"),
    )
    found = [file for file in sorted(data.glob("*/*")) if file.is_file() and file.suffix != ".md"]
    yield scene("data-doctor", *(step(f"{file.parent.name}-{file.name}", f"doctor '{file}'") for file in found))


def _replays(data: Path) -> Iterator[Scene]:
    for task, judges in REPLAYS.items():
        named = " ".join(f"--judge replay:{judge}" for judge in judges)
        order = "" if task.startswith("judgebench") else " --order original"
        made = f"run {named} --judge baseline/random --task {task} --data {data}{order}"
        fast = [name for name in ("clopper-pearson", "two-way") if task != "alttest:wax"]
        yield scene(
            f"data-{task.replace(':', '-')}",
            step("run", f"{made} -q --format csv"),
            forms("score", "score runs"),
            forms("sensitivity", "score runs --sensitivity"),
            step("system", "score runs --by-system --verify --format json"),
            variants("policy", "score runs", {name: POLICIES[name] for name in ("both-right", "drop", "each", "unanimous")}, "csv"),
            variants("interval", "score runs", {name: INTERVALS[name] for name in fast}, "csv"),
            forms("field", "compare runs --shared", BRIEF),
            forms("two", "compare runs/*replay* --shared" if len(judges) == 2 else f"compare runs/*{judges[0]}--* runs/*random* --shared", BRIEF),
            forms("humans", "humans runs", BRIEF),
            forms("alt", "alt-test runs --sweep", BRIEF),
            forms("systems", "systems runs", BRIEF),
            forms("correct", "correct runs --policy invalid=wrong", BRIEF),
            forms("analyze", "analyze runs", BRIEF),
            forms("power", f"power runs/*{judges[0]}--* --drop .03", BRIEF),
            forms("gate", f"gate runs/*random* --against runs/*{judges[0]}--*", BRIEF),
            forms("board", "leaderboard runs", BOARD),
            forms("ranked", "leaderboard runs --systems", BRIEF),
            step("report", f"report runs --data {data} --limit-items 50"),
            step("no-texts", "report runs --no-texts --output figures.html"),
            step("publish", "publish runs --output site"),
            step("show", "show runs/*random*"),
            step("pack", "pack runs"),
            step("packed", "score runs --format csv"),
        )  # fmt: skip
    yield scene(
        "data-baselines",
        *(step(f"run-{task.partition(':')[2]}", f"run --judge baseline/random --judge baseline/majority --task {task} --data {data} -q")
          for task in BASELINES),
        forms("score", "score runs"),
        forms("humans", "humans runs"),
        forms("alt", "alt-test runs --min-items 10"),
        forms("board", "leaderboard runs", BOARD),
    )  # fmt: skip


def _tables(data: Path) -> Iterator[Scene]:
    def table(name: str, file: str, judges: tuple[str, ...], golds: tuple[str, ...], rest: str) -> Scene:
        columns = [*(f"--judge-col '{judge}'" for judge in judges), *(f"--gold-col '{gold}'" for gold in golds)]
        line = f"--csv {data}/{file} {' '.join(columns)} --gold human {rest}"
        steps: list[Step | Iterator[Step]] = [
            forms("score", f"score {line} --verify"),
            forms("sensitivity", f"score {line} --sensitivity"),
            forms("compare", f"compare {line} --shared", BRIEF),
            forms("analyze", f"analyze {line}", BRIEF),
            forms("correct", f"correct {line}", BRIEF),
        ]
        if len(golds) > 1:
            steps += [forms("humans", f"humans {line}", BRIEF), forms("alt", f"alt-test {line}", BRIEF)]
        if "--system-col" in rest:
            steps.append(forms("systems", f"systems {line}"))
        return scene(f"data-table-{name}", *steps)

    trivia = "judging_the_judges/TriviaQA_Judges_w_HumanJudgement_V1.csv.gz"
    places = "--scale check --cluster-col question --system-col model"
    yield table("triviaqa", trivia, ("GPT-4", "Llama3-70B"), ("HumanJudgement",), places)
    rag = ("Claude Opus 4.7 (OpenRouter)", "GPT-4o (chat)", "Gemini 2.5 Pro (OpenRouter)")
    yield table("rag", "rag_judges_9/trec_rag_2024.csv.gz", rag, ("human",), "--scale rate:0-3 --cluster-col query_id")
    keywords = ("StringMatch-lapid2023open", "StringMatch-zou2023universal")
    yield table(
        "keywords", "jailbreak_keywords/jailjudge.csv.gz", keywords, ("gold",), "--scale check --subset-col language"
    )
    yield table("arena", "arena_two_judges/votes.csv.gz", ("gpt-4o-mini", "gpt-5.2"), ("human",),
                "--scale pair:2 --cluster-col id --word model_a=A --word model_b=B")  # fmt: skip
    yield table("relevance", "llmjudge_2024/test.csv.gz", ("test_NaiveB_on_decomposed",), ("human",),
                "--scale rate:0-3 --cluster-col query_id")  # fmt: skip
    round_trip = (
        f"--csv {data}/topical_chat/batcheval_gpt4.csv.gz --score-col round_1 --score-col round_2 --gold-col human"
    )
    yield scene(
        "data-table-scores",
        forms("score", f"score {round_trip} --subset-col metric"),
        forms("compare", f"compare {round_trip}"),
    )

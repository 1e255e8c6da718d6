"""The commands whose outputs are kept, on samples and tables written for this project: no data needed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from golden.inputs import (
    CELLS,
    CUT,
    ITEMS,
    JUDGES,
    LABELS,
    PANELS,
    PERSONS,
    PLANTED,
    PROMPTS,
    RECORDED,
    RETRIEVAL,
    ROWS,
    SCALES,
    TABLES,
)
from golden.steps import FORMS, Scene, Step, forms, scene, step, variants
from golden.wrong import errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Splits whose samples the baselines judge.
PAIRS = ("pandalm", "judgebench", "rewardbench")
TASKS = {
    **dict.fromkeys(PAIRS, ("first", "longest", "shortest", "random", "majority")),
    "judgebench:claude": ("random", "majority"),
    "rewardbench-2": ("first", "longest", "random", "majority"),
    **dict.fromkeys(("triviaqa", "bff-bench"), ("random", "majority")),
    **{f"alttest:{split}": ("random", "majority") for split in ("wax", "mtbench", "cebab_aspects", "cebab_stars", "lesion")},
    **{f"judge-bench-dmg:{split}": ("random", "majority") for split in ("dices-350", "recipes", "inferential-strategies")},
}  # fmt: skip
LEXICAL = {"triviaqa": ("contains", "exact-match"), "bff-bench": ("contains --reference human",)}
POLICIES = {
    "both-right": "--policy order=both-right",
    "signs": "--policy order=sum-of-signs",
    "inconsistent": "--policy order=inconsistent-tie",
    "no-ties": "--policy tie=drop",
    "half-ties": "--policy tie=half",
    "wrong-ties": "--policy tie=wrong",
    "drop": "--policy invalid=drop",
    "each": "--policy gold=each",
    "unanimous": "--policy gold=unanimous",
    "without-one": "--policy gold=leave-one-out",
}
INTERVALS = {name: f"--interval {name}" for name in ("clopper-pearson", "bca", "bootstrap", "jackknife", "two-way")}
GOLDS = " ".join(f"--gold-col {name}" for name in ("ann", "ben", "cleo"))
NUMBERS = "--csv check.csv --score-col p --score-col s --gold-col ann --word n/a="
BOTH = "--judge-col good --judge-col poor"
PLACES = "--cluster-col question --id-col id"


def of(kind: str) -> str:
    """Spell the options of a table of labels with two judges and three annotators."""
    return f"--csv {kind}.csv {BOTH} {GOLDS} {PLACES} --word n/a= --gold human --scale {SCALES[kind]}"


def ask(task: str, judges: str = "first longest random", options: str = "") -> Step:
    """Let baselines judge a sample, quietly."""
    named = " ".join(f"--judge baseline/{judge}" for judge in judges.split())
    made = step(f"ask-{task.replace(':', '-')}", f"run {named} --task {task} --sample -q --format json {options}")
    return replace(made, kept=False)


def explained(name: str, line: str) -> Step:
    """Make a step of a command line that prints all there is to say."""
    return step(f"{name}.explained", f"{line} --explain")


def _asking() -> Iterator[Scene]:
    for task, rules in TASKS.items():
        named = " ".join(f"--judge baseline/{rule}" for rule in rules)
        lexical = [step(f"lexical-{i}", f"run --judge {judge} --task {task} --sample --format csv")
                   for i, judge in enumerate(LEXICAL.get(task, ()))]  # fmt: skip
        again = step("again", f"run {named} --task {task} --sample --by-system --format csv")
        yield scene(
            f"run-{task.replace(':', '-')}", step("run", f"run {named} --task {task} --sample"), again, *lexical
        )
    base = "run --judge baseline/random --judge baseline/longest --task pandalm --sample"
    yield scene(
        "run-options",
        forms("form", f"{base} --runs forms"),
        variants(
            "option",
            base,
            {
                "limit": "--limit 7 --runs a", "original": "--order original --runs b", "swapped": "--order swapped --runs c",
                "chance": "--order random --seed 3 --runs d", "repeats": "--repeats 2 --runs e", "seed": "--seed 5 --runs f",
                "policy": "--policy tie=drop --policy order=both-right --runs g", "cost": "--max-cost 0 --runs h",
                "more": "--runs a", "cached": "--runs a --limit 9 --seed 5", "alone": "--no-cache --runs a --limit 9",
                "refresh": "--refresh --runs a --limit 7", "quiet": "--quiet --runs i", "labels": "--labels labels --runs j",
                "labels-add": "--labels labels --labels-mode add --runs k", "rates": "--rpm 100000 --tpm 1e9 --attempts 2 --runs l",
                "lanes": "--max-concurrency 3 --hedge 60 --timeout 50 --runs m", "output": "--output out/rows.json --runs n",
                "reference": "--reference none --runs o", "config": "--config defaults.toml --runs p",
                "probe": "--probe nothing --runs q",
            },
        ),
        step("failing", "run --judge own:failing --task pandalm --sample --runs z --limit 3 --attempts 1"),
        step("environment", "run --sample", JUDGEBENCH_JUDGE="baseline/first", JUDGEBENCH_TASK="pandalm", JUDGEBENCH_RUNS="q",
             JUDGEBENCH_FORMAT="csv"),
        inputs=PERSONS | JUDGES,
    )  # fmt: skip
    dry = "run --task pandalm --sample --dry-run"
    key = {"OPENAI_API_KEY": "none", "ANTHROPIC_API_KEY": "none"}
    yield scene(
        "run-dry",
        *(
            step(f"{name}.{form}", f"{dry} --judge {judge} --format {form}", **key)
            for name, judge in {
                "gpt": "gpt-4o", "claude": "claude-sonnet-4-5", "unpriced": "server/mine --base-url http://127.0.0.1:9/v1",
                "file": "judge.toml", "batch": "gpt-4o --engine batch", "several": "gpt-4o --judge baseline/first --limit 5",
                "jury": "jury.toml --protocol second-attempt",
                "prompted": "gpt-4o --prompt short.toml --max-tokens 9 --repeats 3 --order original --temperature none",
            }.items()
            for form in ("table", "json")
        ),
        step("explained", f"{dry} --judge gpt-4o --explain", **key),
        step("check", "run --judge gpt-4o --task triviaqa --task bff-bench --sample --dry-run", **key),
        step("rate", "run --judge gpt-4o --task judge-bench-dmg:recipes --task alttest:wax --sample --dry-run", **key),
        step("pick", "run --judge gpt-4o --task rewardbench-2 --sample --dry-run", **key),
        step("ways", f"{dry} --judge gpt-4o --protocol own-answer --protocol 'rank + reflection:2'", **key),
        step("made-of", "show jury.toml"),
        step("references", "run --judge gpt-4o --task bff-bench --sample --dry-run --reference self --reference wrong --can-answer "
             "--grader gpt-4o-mini", **key),
        inputs=JUDGES,
    )  # fmt: skip
    own = (
        "--task items.csv --scale check --question-col asked --answer-col said --reference-col right --id-col n --gold-col ann "
        "--turns-col '' --context-col '' --image-col '' --criterion-col '' --system-col '' --subset-col '' --cluster-col '' "
        "--gold human"
    )
    ways = "--prompt strict.md --prompt rubric.toml --reference none --reference human --form json --form schema"
    yield scene(
        "prompts",
        step("strict", "show prompt strict.md"),
        step("rubric", "show prompt rubric.toml"),
        step("own", f"show prompt strict.md {own} --item 2 --reference human --data ."),
        *(
            step(f"sent-{form.partition(':')[0]}", f"show prompt {prompt} --task triviaqa --sample --form '{form}'")
            for form, prompt in {
                "brackets": "rubric.toml", "first-line": "strict.md", "last-line": "check", "regex:^Verdict: (.*)$": "check",
                "json": "rubric.toml", "schema": "check", "tool": "strict.md", "logprobs": "strict.md",
            }.items()
        ),
        step("pair", "show prompt pair --task pandalm --sample --form json"),
        step("matrix", f"run {own} --judge server/m --base-url http://127.0.0.1:9/v1 --dry-run {ways} --effort low", **key),
        step("samples", f"{dry} --judge gpt-4o --samples 3 --samples-by mean --temperature 1 --format json", **key),
        step("cold", f"{dry} --judge gpt-4o --samples 3", **key),
        step("lacking", f"{dry} --judge claude-x --form schema", **key),
        step("leak", f"run {own} --judge gpt-4o --dry-run --prompt leak.toml", **key),
        step("unknown", "show prompt broken.md --task triviaqa --sample"),
        inputs=PROMPTS,
    )  # fmt: skip
    yield scene(
        "demo",
        forms("demo", "demo", ("table", "json", "md")),
        explained("demo", "demo"),
        step("seed", "demo --seed 3 --output demo.csv --format csv"),
        step("config", "demo --config demo.toml"),
        inputs={"demo.toml": b'[demo]\nseed = 3\nformat = "md"\n'},
    )


def _runs() -> Iterator[Scene]:
    three = [
        ask("pandalm"),
        ask("judgebench"),
        ask("triviaqa", "random majority"),
        ask("alttest:mtbench", "random majority"),
    ]
    other = [
        ask("rewardbench-2"),
        ask("judge-bench-dmg:recipes", "random majority"),
        ask("alttest:wax", "random majority"),
    ]
    yield scene(
        "score-runs",
        *three,
        *other,
        forms("score", "score runs"),
        forms("sensitivity", "score runs --sensitivity"),
        forms("bounds", "score runs/pandalm* --bounds"),
        explained("score", "score runs"),
        explained("sensitivity", "score runs --sensitivity"),
        explained("bounds", "score runs/pandalm* --bounds"),
        explained("consistency", "score runs/pandalm* --consistency"),
        forms("system", "score runs/pandalm* runs/triviaqa* --by-system --verify", ("table", "json")),
        variants("policy", "score runs/pandalm*", POLICIES, "csv"),
        variants("interval", "score runs/pandalm*longest*", INTERVALS, "csv"),
        forms("labels", "score runs/pandalm* --labels labels --verify"),
        step("labels-add", "score runs/pandalm* --labels labels/pandalm--ann.jsonl --labels-mode add --format json"),
        step("labels-gate", "gate runs/pandalm*first* --against runs/pandalm*longest* --labels labels"),
        step("output", "score runs --output out/scores.md --format md"),
        step("config", "score runs/pandalm* --config defaults.toml"),
        inputs=PERSONS | JUDGES,
    )
    yield scene(
        "compare-runs",
        *three,
        forms("two", "compare runs/pandalm*first* runs/pandalm*longest* --verify"),
        forms("three", "compare runs/pandalm*"),
        explained("two", "compare runs/pandalm*first* runs/pandalm*longest*"),
        explained("three", "compare runs/pandalm*"),
        step("worse-items", "compare runs/pandalm*first* runs/pandalm*longest* --worse"),
        variants(
            "two",
            "compare runs/pandalm*first* runs/pandalm*longest*",
            {
                "items": "--items 4", "all-items": "--items 1", "systems": "--by-system", "two-way": "--interval two-way",
                "cr1": "--interval cr1", "equivalent": "--equivalent-within .2",
                "metric": "--metric percent_agreement --metric gwet_ac1", "labels": "--labels labels", "seed": "--seed 4",
                "labels-add": "--labels labels --labels-mode add", "policy": "--policy order=both-right --policy tie=half",
            },
        ),
        step("items.table", "compare runs/pandalm*first* runs/pandalm*longest* --items 4"),
        step("items.csv", "compare runs/pandalm*first* runs/pandalm*longest* --items 1 --format csv"),
        step("worse", "compare runs/pandalm*first* runs/pandalm*longest* --fail-if-worse"),
        step("one", "compare runs/pandalm*first*"),
        step("better", "compare runs/pandalm*first* runs/pandalm*longest* --better"),
        forms("power", "power runs/pandalm*first* runs/pandalm*longest*"),
        explained("power", "power runs/pandalm*first* runs/pandalm*longest*"),
        forms("pilot", "power runs/pandalm*longest* --drop .1 --items 100 --metric percent_agreement"),
        inputs=PERSONS,
    )  # fmt: skip
    yield scene(
        "people-runs",
        *three,
        *other,
        forms("humans", "humans runs"),
        explained("humans", "humans runs"),
        forms("labels", "humans runs/pandalm* --labels labels"),
        variants("humans", "humans runs/pandalm* runs/alttest*", {
            "bootstrap": "--alpha-interval bootstrap --seed 2", "jackknife": "--alpha-interval jackknife",
            "only": "--labels labels --labels-mode only", "policy": "--policy invalid=drop --policy order=both-right",
            "without": "--without annotator1"}),
        forms("alt", "alt-test runs --min-items 3"),
        explained("alt", "alt-test runs --min-items 3"),
        forms("sweep", "alt-test runs/pandalm* --sweep --min-items 5"),
        variants("alt", "alt-test runs/pandalm* runs/alttest*", {
            "small": "--small wilcoxon", "epsilon": "--epsilon .05 --q .1 --min-items 2", "plain": "",
            "accuracy": "--scoring accuracy --min-items 3", "labels": "--labels labels --min-items 5",
            "policy": "--policy order=both-right --min-items 5", "without": "--without annotator1 --min-items 3"}),
        inputs=PERSONS,
    )  # fmt: skip
    yield scene(
        "systems-runs",
        *three,
        *other,
        forms("systems", "systems runs"),
        explained("systems", "systems runs"),
        variants("systems", "systems runs/pandalm*", {
            "wins": "--score win-rate", "anchor": "--score win-rate --anchor alder-7b", "davidson": "--ties davidson --draws 200",
            "rao": "--ties rao-kupper --seed 3", "both-right": "--policy order=both-right"}),
        forms("correct", "correct runs/triviaqa* runs/judge-bench*"),
        explained("correct", "correct runs/triviaqa* runs/judge-bench*"),
        forms("no-gold", "correct runs/triviaqa* --no-gold --draws 200"),
        explained("no-gold", "correct runs/triviaqa* --no-gold --draws 200"),
        step("target", "correct runs/pandalm*first* --target A --format json"),
        step("by-system", "correct runs/triviaqa* --by-system --policy invalid=wrong --format json"),
        forms("analyze", "analyze runs"),
        explained("analyze", "analyze runs"),
        variants("analyze", "analyze runs/pandalm* runs/triviaqa*", {
            "policy": "--policy invalid=drop --policy order=both-right"}),
    )  # fmt: skip


def _pages() -> Iterator[Scene]:
    asked = [ask("pandalm"), ask("judgebench"), ask("triviaqa", "random majority"), ask("rewardbench-2")]
    board = ("table", "json", "csv", "md", "html", "tex")
    yield scene(
        "leaderboard",
        *asked,
        forms("board", "leaderboard runs", board),
        explained("board", "leaderboard runs"),
        explained("aggregate", "leaderboard runs --aggregate mean --metric percent_agreement --no-subsets"),
        forms("aggregate", "leaderboard runs --aggregate mean --metric percent_agreement --no-subsets", board),
        forms("systems", "leaderboard runs --systems", board),
        forms("paper", "leaderboard runs --task pandalm --columns accuracy,rank --percent --no-intervals --published", board),
        variants("board", "leaderboard runs", {
            "rank": "--aggregate rank", "wins": "--aggregate win-rate", "metric": "--metric percent_agreement",
            "task": "--task pandalm --task triviaqa", "by-system": "--by-system", "policy": "--policy invalid=drop"}),
        step("paper-intervals", "leaderboard runs --columns accuracy --intervals"),
        *(step(f"output-{form}", f"leaderboard runs --task pandalm --output board.{form}") for form in board[1:]),
        step("environment", "leaderboard --format csv", JUDGEBENCH_RUNS="runs"),
        step("config", "leaderboard runs --config defaults.toml"),
    )  # fmt: skip
    yield scene(
        "report",
        *asked,
        step("report", "report runs/pandalm* runs/triviaqa* --sample"),
        step(
            "no-texts",
            "report runs/judgebench* runs/rewardbench-2* --no-texts --output figures.html --title 'Only figures'",
        ),
        step(
            "limit", "report runs/pandalm*first* --sample --limit-items 5 --output few.html --policy order=both-right"
        ),
        step("labels", "report runs/pandalm*first* --labels labels --output labels.html"),
        step("labels-add", "report runs/pandalm*first* --labels labels --labels-mode add --sample --output added.html"),
        step("inside", "report runs --output runs/pandalm--baseline-first--e72884c126/report.html"),
        step("bare", "report runs/pandalm*first* --output bare.html"),
        inputs=PERSONS,
    )
    yield scene(
        "publish",
        *asked,
        step("refused", "publish runs --check"),
        step("check", "publish runs --check --allow-samples"),
        step("site", "publish runs --output site --allow-samples"),
        step(
            "again", "publish runs --output site --allow-samples --verdicts licensed --title 'Ours' --policy tie=drop"
        ),
        step("nobody", "publish runs --output bare --allow-samples --verdicts none"),
        step("nowhere", "publish runs"),
        step("config", "publish runs --config site.toml"),
        inputs={"site.toml": b"[publish]\ncheck = true\nallow-samples = true\n"},
    )
    yield scene(
        "published",
        forms("own", "reproduce mine.jsonl --published ours.toml --data ."),
        step("wide", "reproduce wide.csv --task pandalm --data ."),
        step("doubtful", "reproduce doubtful.csv --task pandalm --data ."),
        forms("told", "reproduce told.jsonl --task pandalm --data ."),
        explained("told", "reproduce told.jsonl --task pandalm --data ."),
        step("replay", "run --judge replay:told.jsonl#ref --judge replay:told.jsonl#noref --task pandalm --data . -q"),
        forms("score", "score runs"),
        inputs=RECORDED,
    )
    yield scene(
        "validate",
        forms("card", "validate pandalm"),
        explained("card", "validate pandalm"),
        step("data", "validate pandalm --data . --output found.json"),
        step("config", "validate pandalm --config defaults.toml"),
        inputs=RECORDED,
    )
    yield scene(
        "retrieval",
        forms("systems", "systems --csv people.qrels --csv judge.qrels --trec-run runs"),
        step("measure", "systems --csv people.qrels --csv judge.qrels --trec-run runs --measure p@2 --format json"),
        inputs=RETRIEVAL,
    )
    yield scene(
        "planted-pages",
        forms("board", "leaderboard checks", board),
        forms("ranks", "leaderboard ranks", board),
        step("steps", "leaderboard steps"),
        step("report", "report checks ranks steps"),
        step("check", "publish checks --check"),
        inputs=PLANTED,
    )


def _stored() -> Iterator[Scene]:
    def torn(folder: Path) -> None:
        file = next((folder / "runs").glob("pandalm*first*")) / "verdicts.jsonl"
        lines = file.read_bytes().splitlines(keepends=True)
        lines[3] = lines[3].replace(b'"code":', b'"code": ')
        file.write_bytes(b"".join(lines[:-1]) + lines[-1][:50])

    yield scene(
        "store",
        ask("pandalm"),
        ask("triviaqa", "random"),
        *(forms(f"show-{judge}", f"show runs/pandalm*{judge}*") for judge in ("first", "random")),
        forms("verify", "verify runs"),
        explained("verify", "verify runs"),
        explained("show", "show runs/pandalm*first*"),
        step("pack", "pack runs"),
        step("repack", "pack runs"),
        forms("packed", "verify runs"),
        step("packed-show", "show runs/pandalm*first*"),
        step("packed-score", "score runs --format csv"),
        step("resumed", "run --judge baseline/first --task pandalm --sample --format csv"),
        step("undo", "pack runs --undo"),
        step("undone", "pack runs --config set.toml"),
        step("show-config", "show runs/pandalm*first* --config set.toml"),
        Step("torn", change=torn),
        forms("damaged", "verify runs", ("table", "json", "csv", "md", "html", "tex")),
        step("damaged-score", "score runs/pandalm*first* --format csv"),
        step("repair", "verify runs --repair"),
        step("short-score", "score runs --format csv"),
        step("short-gate", "gate runs/pandalm*first* --against runs/pandalm*first*"),
        step("mended", "run --judge baseline/first --task pandalm --sample --format csv"),
        step("verify-config", "verify runs --config set.toml --output found.csv"),
        step("show-output", "show runs/pandalm*first* --output facts.json"),
        inputs={"set.toml": b'[pack]\nundo = true\n\n[show]\nformat = "json"\n\n[verify]\nformat = "csv"\n'},
    )
    yield scene(
        "store-planted",
        *(forms(f"show-{home}", f"show {home}/planted--server-old", ("table", "json", "csv", "md", "html", "tex")) for home in ("checks", "ranks", "steps")),
        forms("verify", "verify checks few ranks steps"),
        step("reseal", "verify few --reseal"),
        inputs=PLANTED,
    )  # fmt: skip
    yield scene(
        "lists",
        *(step(kind, f"list {kind}") for kind in
          ("tasks", "judges", "cards", "prompts", "protocols", "probes", "metrics", "formats")),
        *(step(f"{kind}.{form}", f"list {kind} --format {form}") for kind in ("tasks", "metrics") for form in ("json", "csv")),
        *(step(f"card-{name}", f"show card {name}") for name in ("pandalm", "fellowship")),
        step("by-card", "show prompt mt-bench --task pandalm --sample"),
        step("strict", "run --judge mt-bench:server/m --parser strict --base-url http://127.0.0.1:9/v1 --task pandalm --sample --dry-run"),
        step("raw", "run --judge pandalm:gpt-4o --task pandalm --sample --dry-run", OPENAI_API_KEY="sk-1"),
        *(step(f"show-{task}", f"show {task}") for task in sorted({task.partition(":")[0] for task in TASKS})),
        *(step(f"show-{name.replace('/', '-')}", f"show {name}") for name in (
            "baseline/first", "contains", "pair/1", "check/1", "rate/1", "pick/1", "label/1")),
    )  # fmt: skip
    yield scene(
        "doctor",
        *(step(name, f"doctor {name}") for name in TABLES),
        *(explained(name, f"doctor {name}") for name in TABLES),
        forms("form", "doctor check.csv", ("json", "csv", "md", "html", "tex")),
        step("output", "doctor check.csv --output check.md --config doctor.toml"),
        inputs=TABLES | {"doctor.toml": b'[doctor]\nformat = "md"\n'},
    )


def _probes() -> Iterator[Scene]:
    led = "probe --judge baseline/longest --judge baseline/random --task pandalm --sample -q --probe bandwagon --probe verbosity"
    valid = "validate-judge --judge baseline/random --task pandalm --task triviaqa --sample -q"
    yield scene(
        "probe",
        forms("asked", f"{led} --probe position"),
        forms("again", "probe runs"),
        explained("again", "probe runs"),
        explained("transfer", "probe runs --transfer"),
        step("checks", "probe --judge baseline/random --task triviaqa --sample -q --probe master-key/colon --probe dummy --repeats 3"),
        step("dry", f"{led} --dry-run --format json"),
        step("suite", "probe --judge baseline/random --task prometheus-absolute --sample -q --suite attack --format csv"),
        step("wrong", "probe --judge baseline/longest --task pandalm --sample -q --probe bandwagn"),
        forms("table", f"probe {of('pair')} --length-col words --length-col s --system-col system --system-col other --own-system alder "
              "--probe length --probe self-preference"),
        step("family", f"probe {of('pair')} --system-col system --system-col other --family good=alder --family alder=alder "
             "--family birch=alder --family cedar=other --family dogwood=other --probe family-preference --format json"),
        step("changed", "probe --csv pair.csv --before-col good --judge-col poor --placebo-col cleo --gold-col ann --id-col id "
             "--cluster-col question --word n/a= --format json"),
        step("both", "probe runs --judge baseline/first --task pandalm"),
        step("columns", "probe runs --columns accuracy_before,accuracy_after,harmful"),
        step("transfer", "probe runs --transfer"),
        inputs={"pair.csv": TABLES["pair.csv"]},
    )  # fmt: skip
    yield scene(
        "validate-judge",
        forms("asked", f"{valid} --probe bandwagon"),
        step("again", "validate-judge runs --min-agreement .1 --max-led .3 --junit valid.xml"),
        explained("again", "validate-judge runs"),
        step("dry", f"{valid} --suite core --repeats 4 --dry-run"),
    )


def _tables() -> Iterator[Scene]:
    for kind in LABELS:
        line = of(kind)
        system = "--system-col system --system-col other" if kind == "pair" else "--system-col system"
        target = {"pair": "--target A", "nominal": "--target red"}.get(kind, "")
        # Resampling takes seconds; runs show it.
        quick = {
            name: f"{how} --system-col system" for name, how in INTERVALS.items() if name not in {"bca", "bootstrap"}
        }
        policies = {"each": "--policy gold=each", "drop": "--policy invalid=drop"}
        policies |= {"mean": "--policy gold=mean"} if kind in {"rate", "levels"} else {}
        steps = [
            forms("score", f"score {line} --verify"),
            forms("scores", f"score {line} --score-col s --score-col p --subset-col topic"),
            forms("sensitivity", f"score {line} --sensitivity"),
            variants("score", f"score {line}", quick | policies),
            forms("compare", f"compare {line} --subset-col topic --system-col system --verify"),
            step("compare-systems", f"compare {line} --system-col system --by-system --items 2 --format json"),
            forms("humans", f"humans {line} --subset-col topic"),
            forms("alone", f"humans --csv {kind}.csv {GOLDS} --cluster-col question --scale {SCALES[kind]}"),
            forms("alt", f"alt-test {line} --sweep --min-items 20"),
            forms("systems", f"systems {line} {system} --draws 200", ("json",) if kind == "nominal" else FORMS),
            forms("correct", f"correct {line} --system-col system {target}"),
            forms(
                "no-gold",
                f"correct {line} --system-col system --no-gold --draws 100 {target}",
                ("table", "json") if target else FORMS,
            ),
            forms("analyze", f"analyze {line} --feature words --feature tone --system-col system --subset-col topic"),
            forms("power", f"power {line} --items 200"),
        ]
        yield scene(f"table-{kind}", *steps, inputs={f"{kind}.csv": TABLES[f"{kind}.csv"]})
    yield scene(
        "table-scores",
        forms("probabilities", f"score --csv check.csv --score-col p {GOLDS} {PLACES} --gold human --verify"),
        forms("scores", f"score --csv rate.csv --score-col s {GOLDS} {PLACES} --scale rate:-9-9"),
        forms(
            "compare", f"compare --csv check.csv {BOTH} --score-col p --score-col s --gold-col ann {PLACES} --word n/a="
        ),
        step("compare-cut", f"compare {NUMBERS} --threshold .6 --score-means correct --format json"),
        step("power-cut", f"power {NUMBERS} --threshold .6 --score-means correct --format json"),
        step(
            "two",
            f"score --csv pair.csv {BOTH} --score-col s --score-col p --gold-col ann --scale pair --word n/a= --format json",
        ),
        step(
            "means", f"score --csv check.csv --judge-col good --score-col p {GOLDS} --score-means verdict --format json"
        ),
        step("threshold", f"score --csv check.csv --score-col p {GOLDS} --threshold .7 --format json"),
        inputs=TABLES,
    )
    plain = "--judge-col good --gold-col ann"
    reading = {
        "jsonl": f"check.jsonl {plain}", "json": f"check.json {plain}", "gz": f"check.csv.gz {plain}",
        "delimiter": f"semicolons.txt {plain} --delimiter ';'", "sniffed": f"semicolons.txt {plain}",
        "long": "long.csv --long item,rater,label --judge-col good --judge-col poor --gold-col ann --gold-col ben",
        "words": f"words.csv {plain} --word C=correct --word I=incorrect --word n/a=", "few": f"lone.csv {plain}",
        "mean": f"rate.csv {plain} --gold-col ben --policy gold=mean", "crowd": f"rate.csv {plain} --gold crowd",
        "expert": f"rate.csv {plain} --gold expert", "verifier": f"rate.csv {plain} --gold verifier --subset-col topic",
        "model": f"rate.csv {plain} --gold model --system-col system --by-system",
    }  # fmt: skip
    yield scene("table-reading", variants("read", "score --csv", reading), inputs=TABLES)
    # What the scenes above leave out: every command takes these.
    long = "--csv long.csv --long item,rater,label --judge-col good --judge-col poor --gold-col ann --gold-col ben --scale rate:1-5"
    other = "--csv semicolons.txt --delimiter ';' --judge-col good --judge-col poor --gold-col ann --gold-col ben --gold-col cleo"
    other += " --scale rate:1-5 --word n/a= --system-col system --config all.toml"
    one = "--csv check.csv --judge-col good --gold-col ann --id-col id --word n/a="
    measuring = ("humans", "alt-test", "compare", "systems", "analyze", "power")
    yield scene(
        "table-options",
        *(step(f"{name}-long", f"{name} {long} --format json") for name in measuring),
        *(step(f"{name}-other", f"{name} {other} --subset-col topic --output {name}.csv --format csv")
          for name in measuring if name != "systems"),
        step("systems-other", f"systems {other} --subset-col topic --output systems.csv --format csv"),
        step("correct-other", f"correct {other} --output correct.csv --format csv"),
        step("gate-update", f"gate {one} --against base.json --update"),
        step("gate-other", f"gate {one} --against base.json --format json"),
        forms("leaderboard-other", f"leaderboard {other}"),
        step("report-other", f"report {other} --title Ours"),
        step("systems-config", f"systems {other}"),
        step("compare-shared", f"compare {other} --shared --format json"),
        step("compare-task", "compare runs --task pandalm"),
        step("power-scores", f"power --csv check.csv {BOTH} --score-col p --score-col s --gold-col ann --word n/a= --policy invalid=drop --metric auc"),
        step("power-policy", f"power --csv check.csv {BOTH} --gold-col ann --word n/a= --policy invalid=drop --format json"),
        step("own", "analyze --csv check.csv --judge-col good --gold-col ann --system-col system --cluster-col question --own-system alder --format json"),
        inputs=TABLES | {"all.toml": "".join(f'[{name}]\nformat = "md"\n' for name in (*measuring, "correct")).encode()},
    )  # fmt: skip
    ways = {
        "stacked": "stacked.csv --id-col id --cluster-col question --judge-name-col model --judge-col said --gold-col ann "
        "--gold-col ben --order-col order --picks position --where 'status = done'",
        "second": "orders.csv --judge-col good --second-order-col shown --picks position --gold-col ann",
        "raters": "raters.csv --id-col item --id-col part --rater-col who --label-col said --judge-col good --judge-col poor "
        "--combine majority --scale rate:1-5",
        "each": "raters.csv --id-col item --id-col part --rater-col who --label-col said --judge-col good --combine each "
        "--scale rate:1-5",
        "counted": "counted.csv --judge-col good --gold-col ann --count-col n --scale pair:2",
        "confusion": "confusion.csv --confusion",
        "voted": "voted.csv --judge-col good --category-col n_correct --category-col n_incorrect",
        "hot": "hot.csv --one-hot won=won_A,won_B,won_tie --pair-scores ahead=score_1,score_2 --judge-col won --judge-col "
        "ahead --gold-col named --sides first,second --scale pair",
        "criteria": "criteria.csv --id-col id --criterion-col what --judge-col good --gold-col ann --scale rate:1-5",
    }
    asked = ("score", *measuring, "correct")
    yield scene(
        "table-rows",
        *(
            step(f"{name}-{way}", f"{name} --csv {how} --format json" + " --system-col system" * (name == "systems"))
            for name in asked
            for way, how in ways.items()
        ),
        *(step(f"shown-{way}", f"score --csv {how}") for way, how in ways.items()),
        forms("alone", f"score --consistency --csv {ways['stacked']}"),
        step("again", f"score --consistency --csv {ways['each']}"),
        forms("winners", "score --consistency --csv hot.csv --judge-col named --sides first,second --scale pair"),
        step("people", "humans --csv voted.csv --category-col n_correct --category-col n_incorrect"),
        inputs=ROWS,
    )
    files = {
        "headless": "headless.csv --header 0 --judge-col 2 --gold-col 3",
        "titled": f"titled.csv --skip 2 --drop-last 1 {plain}",
        "inside": "inside.json --records done --judge-col said.word --gold-col 'people.*'",
        "sheet": f"book.xlsx --sheet labels {plain}",
        "joined": "check.csv --csv some.csv --id-col id --judge-col late --gold-col ann --unmatched keep --word n/a=",
        "export": "tasks.json",
    }
    yield scene(
        "table-files",
        *(step(f"score-{what}", f"score --csv {how} --scale check --format json") for what, how in files.items()),
        *(
            step(f"doubt-{name}", f"score --csv {name} {plain}")
            for name in ("headless.csv", "titled.csv", "inside.json")
        ),
        step("people", "humans --csv tasks.json --format json"),
        inputs=TABLES | CUT,
    )
    cells = {
        "replies": "replies.csv --judge-col said --judge-col poor --gold-col ann --gold-col ben --read-replies --missing ERROR,n/a",
        "turned": "replies.csv --judge-col good --judge-col poor --gold-col ann --gold-col ben --reverse good --word poor:n/a= "
        "--missing good:n/a",
        "units": "units.csv --judge-col percent --judge-col poor --gold-col ann --gold-col ben --rescale percent=0-100:1-5 "
        "--missing percent:-1 --missing n/a",
        "cut": "units.csv --judge-col percent --judge-col good --gold-col ann --gold-col ben --threshold percent=60 "
        "--threshold good=3 --threshold ann=4 --threshold ben=4 --missing -1 --missing n/a",
    }
    yield scene(
        "table-cells",
        *(
            step(f"{name}-{way}", f"{name} --csv {how} --format json" + " --system-col system" * (name == "systems"))
            for name in asked
            for way, how in cells.items()
        ),
        *(step(f"shown-{way}", f"score --csv {how}") for way, how in cells.items()),
        step(
            "shown-scores",
            "score --csv replies.csv --score-col up --gold-col ann --threshold up=40 --reverse up --missing n/a",
        ),
        inputs=CELLS,
    )
    board = ("table", "json", "csv", "md", "html", "tex")
    three = f"--csv check.csv {BOTH} --judge-col cleo --gold-col ann --gold-col ben --word n/a= {PLACES} --scale check"
    sure = f"--csv sure.csv {BOTH} --score-col p --score-col p2 --gold-col ann --score-means correct --word n/a= --gold human"
    yield scene(
        "panels",
        ask("pandalm"),
        ask("judgebench"),
        forms("jury", "jury runs", board),
        explained("jury", "jury runs"),
        forms("sweep", f"jury {three} --sweep --subset-col topic", board),
        forms("families", f"jury {three} --leave-out family --family people=cleo --family models=good,poor --gold human"),
        variants(
            "jury",
            f"jury {three}",
            {
                "weighted": "--rule weighted --folds 3 --one-coin", "dawid-skene": "--rule dawid-skene --sweep",
                "first": "--ties first", "each": "--leave-out judge --policy invalid=drop",
                "metric": "--metric gwet_ac1 --shared",
            },
        ),
        step("verdicts", "jury runs --task pandalm --ties tie --verdicts jury.csv --output jury.md --format md"),
        step("beside", "score --csv jury.csv --id-col item --cluster-col cluster --judge-col jury --gold-col annotator1 "
             "--order-col order --picks answer --scale pair"),
        step("labels", "jury runs/pandalm* --labels labels --labels-mode only --config panels.toml"),
        step("mean", f"jury --csv rate.csv {BOTH} --gold-col ann --rule mean --scale rate:1-5 --word n/a= --format json"),
        forms("cascade", f"cascade {sure} --alpha .3 --delta .2 --cost good=1 --cost poor=3", board),
        step("ladder", f"cascade {sure} --ladder poor,good --share .3 --splits 5 --seed 2 --shared --format json"),
        step("unsure", "cascade runs --task pandalm --labels labels --labels-mode add --policy order=single"),
        step("set", f"cascade {sure} --config panels.toml --output cascade.md"),
        forms("calibrate", f"calibrate {sure}", board),
        explained("cascade", f"cascade {sure} --alpha .3 --delta .2"),
        explained("calibrate", f"calibrate {sure}"),
        step("platt", f"calibrate {sure} --method platt --method isotonic --share .6 --seed 3 --policy invalid=drop "
             "--config panels.toml --output numbers.csv"),
        forms("goldless", f"jury --csv nogold.csv {BOTH} --scale rate:1-5 --word n/a= --rule dawid-skene", ("table", "json")),
        step("dpo", "export runs --sample --output pairs.jsonl"),
        step("kto", "export runs --task pandalm --form kto --games most --ties undesirable --sample --config panels.toml"),
        step("ranking", "export --csv panel.csv --judge-col says --scale pair --id-col id --form ranking --games first"),
        step("rated", f"export --csv rate.csv {BOTH} --scale rate:1-5 --word n/a= --form kto --at-least 4 --gap 1 --data ."),
        step("numberless", "calibrate runs --task pandalm --labels labels --labels-mode add"),
        inputs=TABLES | PERSONS | PANELS,
    )  # fmt: skip
    yield scene(
        "run-more-options",
        ask("pandalm"),
        step("cache", "run --judge baseline/first --task pandalm --sample --cache --format csv"),
        step("gate", "gate runs/*first* --against runs/*longest* --config gate.toml"),
        step("subsets", "leaderboard runs --subsets"),
        step("report", "report runs/*first* --texts --config gate.toml --output page.html"),
        step("alt-labels", "alt-test runs --labels labels --labels-mode only --min-items 3 --format json"),
        inputs=PERSONS | {"gate.toml": b'[gate]\nformat = "md"\nmargin = 0.3\n\n[report]\ntitle = "From a file"\n'},
    )
    correcting = {
        name: f"--estimator {name}" for name in ("auto", "all", "post-strat", "ppi", "rogan-gladen", "matrix", "labels")
    } | {
        "target": "--target incorrect",
        "by-system": "--system-col system --by-system",
        "clusters": "--cluster-col question",
    }
    part = "correct --csv part.csv --judge-col good --gold-col ann --scale check"
    outside = "correct --csv nogold.csv --judge-col good"
    yield scene(
        "table-correct",
        variants("part", part, correcting),
        forms("part", f"{part} --estimator all"),
        forms("part", f"{part} --estimator all", ("html", "tex")),
        forms("no-gold", f"{outside} --no-gold --scale rate:1-5 --system-col system --draws 100", ("html", "tex")),
        forms("calibrated", f"{part} --calibration calibration.csv --estimator all"),
        variants("no-gold", f"{outside} --no-gold --scale rate:1-5 --system-col system --draws 100", {
            "varies": "--judge-varies", "diagonal": "--diagonal .6 --diagonal .9 --seed 2", "target": "--target 5"}),
        step("long", "correct --csv long.csv --long item,rater,label --judge-col good --gold-col ann --gold human --format json"),
        inputs=TABLES,
    )  # fmt: skip
    yield scene(
        "power",
        forms("figures", "power --base-rate .7 --kappa .6 --discordance .1"),
        variants("figures", "power --base-rate .7 --kappa .6", {
            "plain": "", "drop": "--drop .1 --alpha .01 --power .9", "items": "--items 150 --discordance .2 --design-effect 1.5"}),
        step("rates", "power --base-rate .7 --tpr .9 --tnr .8 --format json"),
        step("margin", "power --base-rate .7 --kappa .6 --judge-rate .6 --format json"),
        step("output", "power --base-rate .7 --kappa .6 --output power.txt"),
    )  # fmt: skip


def _own() -> Iterator[Scene]:
    said = (
        "--question-col ask --turns-col '' --answer-col reply --reference-col right --context-col rules --image-col pic "
        "--id-col no --gold-col ann --gold-col ben --word good=correct --word bad=incorrect"
    )
    judges = "--judge baseline/random --judge baseline/majority"
    yield scene(
        "own-tasks",
        step("run", f"run --task tickets.csv {judges} {said} --subset-col topic"),
        step("dry", f"run --task tickets.csv {judges} {said} --dry-run"),
        step(
            "where",
            f"run --task tickets.csv {judges} {said} --where 'topic = law' --gold expert --runs law --format json",
        ),
        step("pairs", "run --task pairs.jsonl --judge baseline/longest --judge baseline/first --runs pairs"),
        step("criteria", f"run --task criteria.csv {judges} --scale rate:1-5 --runs criteria"),
        step("plain", "run --task plain.csv --judge baseline/random --scale check --runs plain"),
        step("later", "score plain --labels later.csv"),
        step("report", "report runs --task tickets.csv --output own.html"),
        step("gate", "gate runs/*random* --task tickets.csv --against base.json --update"),
        step("init", f"init tickets.csv --judge baseline/random --folder mine --yes --force {said}"),
        step("ci", "init --ci --folder mine"),
        inputs=ITEMS,
    )


def _gates() -> Iterator[Scene]:
    old, new, bad = (f"checks/planted--server-{name}" for name in ("old", "new", "bad"))
    kinds = ("table", "json", "md")
    rules = {
        "strict": "--strict", "margin": "--margin .2 --alpha .1", "effect": "--min-effect .03", "subsets": "--subset all",
        "one-subset": "--subset law --metric cohen_kappa --metric percent_agreement", "coverage": "--max-coverage-drop .001",
        "cost": "--max-cost-increase .1", "latency": "--max-latency-increase .1",
        "policy": "--policy invalid=drop", "github": "--github", "verify": "--verify",
    }  # fmt: skip
    yield scene(
        "gate",
        step("update", f"gate {old} --against base.json --update"),
        step("renew", f"gate {old} --against base.json --update --policy invalid=drop"),
        step("reset", f"gate {old} --against base.json --update --policy invalid=wrong"),
        *(forms(name, f"gate {run} --against base.json", kinds) for name, run in {"same": old, "new": new, "bad": bad}.items()),
        *(forms(f"runs-{name}", f"gate {run} --against {old}", kinds) for name, run in {"new": new, "bad": bad}.items()),
        forms("few", "gate few/planted--server-few --against few/planted--server-few", kinds),
        forms("more", f"gate {bad} --against base.json --subset all --max-coverage-drop .01", ("csv", "html", "tex")),
        explained("bad", f"gate {bad} --against base.json"),
        variants("new", f"gate {new} --against base.json", rules),
        variants("bad", f"gate {bad} --against base.json", rules, "md"),
        step("junit", f"gate {bad} --against base.json --junit gate.xml --output gate.md --format md"),
        step("action", f"gate {bad} --against {old}", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY="summary.md"),
        step("foreign", "gate ranks/planted--server-new --against base.json"),
        step("over", f"gate {new} --against base.json --output base.json"),
        *(forms(f"gate-{kind}", f"gate {kind}/planted--server-new --against {kind}/planted--server-old", kinds)
          for kind in ("ranks", "steps")),
        inputs=PLANTED,
    )  # fmt: skip
    yield scene(
        "gate-samples",
        ask("pandalm"),
        ask("triviaqa", "random majority"),
        step("update", "gate runs/pandalm*longest* --against base.json --update"),
        *(forms(judge, f"gate runs/pandalm*{judge}* --against base.json", kinds) for judge in ("longest", "first")),
        step("flips", "gate runs/pandalm*random* --against runs/pandalm*longest* --max-flip-increase .1"),
        forms("trivia", "gate runs/triviaqa*random* --against runs/triviaqa*majority* --subset all", kinds),
    )
    for kind in ("checks", "ranks", "steps"):
        yield scene(
            f"planted-{kind}",
            forms("score", f"score {kind}"),
            forms("sensitivity", f"score {kind} --sensitivity"),
            forms("compare", f"compare {kind}/planted--server-new {kind}/planted--server-old"),
            forms("items", f"compare {kind}/planted--server-new {kind}/planted--server-old --items 2"),
            step("worse", f"compare {kind}/planted--server-new {kind}/planted--server-old --fail-if-worse"),
            forms("power", f"power {kind}/planted--server-new {kind}/planted--server-old --drop .1"),
            forms("correct", f"correct {kind} --target correct" if kind == "checks" else f"correct {kind} --target 1"),
            *(
                forms(name, f"{name} {kind}", FORMS if kind == "checks" else ("json",))
                for name in ("systems", "analyze")
            ),
            *(step(name, f"{name} {kind}") for name in ("humans", "alt-test")),
            inputs=PLANTED,
        )


SAMPLES = (*_asking(), *_runs(), *_pages(), *_stored(), *_probes(), *_tables(), *_own(), *_gates(), *errors())

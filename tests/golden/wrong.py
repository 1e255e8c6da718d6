"""Wrong usage and bad data, and what click says: help pages and its own refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden.inputs import JUDGES, TABLES
from golden.steps import Scene, scene, step

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECK = "--csv check.csv --judge-col good --judge-col poor --gold-col ann --gold-col ben --word n/a="
#: Wrong usage and bad data, told by us.
WRONG = {
    "no-judge-col": "score --csv check.csv --gold-col ann", "no-column": "score --csv check.csv --judge-col nobody --gold-col ann",
    "no-gold": "score --csv check.csv --judge-col good", "no-file": "score --csv nothing.csv --judge-col a --gold-col b",
    "no-run": "score nowhere", "nothing": "score", "both": "score runs --csv check.csv --judge-col good --judge-col poor --gold-col ann",
    "policy": "score --csv check.csv --judge-col good --gold-col ann --policy order=best",
    "policy-name": "score --csv check.csv --judge-col good --gold-col ann --policy fun=yes",
    "scale": "score --csv check.csv --judge-col good --gold-col ann --scale rate:5-1",
    "misfit": "score --csv nominal.csv --judge-col good --gold-col ann --scale check",
    "empty": "score --csv empty.csv --judge-col good --gold-col ann",
    "header": "score --csv header.csv --judge-col good --gold-col ann", "odd": "score --csv odd.csv --judge-col good --gold-col ann",
    "latin": "score --csv latin.csv --judge-col good --gold-col ann", "text": "score --csv notes.txt --judge-col good --gold-col ann",
    "long": "score --csv long.csv --long item,label --judge-col good --gold-col ann",
    "two-way": "score --csv check.csv --judge-col good --gold-col ann --interval two-way",
    "score-col": "score runs --score-col p", "config": "score nowhere --config strange.toml",
    "no-config": "score nowhere --config nothing.toml", "labels": "score --csv check.csv --labels nothing",
    "task": "run --judge baseline/first --task pandal --sample", "split": "run --judge baseline/first --task pandalm:x --sample",
    "judge": "run --judge baseline/frist --task pandalm --sample", "unfit": "run --judge baseline/first --task triviaqa --sample",
    "no-key": "run --judge gpt-4o --task pandalm --sample", "no-data": "run --judge baseline/first --task pandalm --data nowhere",
    "concurrency": "run --judge baseline/first --task pandalm --sample --max-concurrency many",
    "temperature": "run --judge gpt-4o --task pandalm --sample --temperature hot",
    "module": "run --judge nothing:here --task pandalm --sample", "function": "run --judge own:nothing --task pandalm --sample",
    "prompt": "run --judge gpt-4o --prompt rate/1 --task pandalm --sample --dry-run",
    "reference": "run --judge baseline/first --task pandalm --sample --reference some",
    "output": "compare --csv check.csv --output inputs", "compare-one": "compare --csv check.csv --judge-col good --gold-col ann",
    "compare-metric": f"compare {CHECK} --metric fun", "compare-many": f"compare {CHECK} --judge-col ann --items 3",
    "power": "power", "power-both": "power --csv check.csv --kappa .5 --base-rate .5", "power-rate": "power --base-rate 2 --kappa .5",
    "gate": "gate nowhere --against base.json", "gate-base": "gate nowhere --against nothing.json --update --output x",
    "humans": "humans --csv check.csv --gold-col ann", "alt": "alt-test --csv check.csv --judge-col good --gold-col ann",
    "alt-policy": f"alt-test {CHECK} --policy tie=drop", "alt-both": "alt-test runs --data x",
    "alt-data": "alt-test --data nowhere", "systems": f"systems {CHECK}",
    "systems-pair": f"systems {CHECK} --system-col system --system-col other", "correct": "correct --csv check.csv --judge-col good",
    "correct-prior": "correct --csv check.csv --judge-varies", "correct-none": "correct --csv check.csv --no-gold --estimator ppi",
    "analyze": "analyze runs --feature words", "leaderboard": "leaderboard nowhere",
    "leaderboard-systems": "leaderboard nowhere --systems --metric x", "report": "report", "report-both": "report x --sample --data y",
    "publish": "publish nowhere --output site", "reproduce": "reproduce", "results": "results", "doctor": "doctor nothing.csv", "init": "init",
    "validate": "validate nowhere", "verify": "verify nowhere", "pack": "pack nowhere", "show": "show pandalmm", "view": "view nowhere",
    "own": "run --judge baseline/random --task nothing.csv", "own-columns": "run --judge baseline/random --task check.csv",
    "view-both": "view nowhere --sample --data x",
}  # fmt: skip
COMMANDS = [
    "run",
    "demo",
    "score",
    "humans",
    "alt-test",
    "compare",
    "probe",
    "validate-judge",
    "jury",
    "cascade",
    "calibrate",
    "export",
    "power",
    "gate",
    "systems",
    "correct",
    "analyze",
    "leaderboard",
    "report",
    "view",
    "reproduce",
    "results",
    "publish",
    "init",
    "doctor",
    "validate",
    "verify",
    "pack",
    "list",
    "show",
]
CLICK = {
    "nothing": "", "unknown": "scroe", "option": "score --fun", "choice": "score --format xml", "number": "run --limit x",
    "range": "run --limit 0", "missing": "gate x", "argument": "show", "extra": "show a b c", "version": "--version",
    "list": "list", "list-unknown": "list all",
}  # fmt: skip


def errors() -> Iterator[Scene]:
    yield scene("wrong", *(step(name, line) for name, line in WRONG.items()), inputs=TABLES | JUDGES)
    yield scene(
        "click",
        step("help", "--help"),
        *(step(f"help-{name}", f"{name} --help") for name in COMMANDS),
        *(step(f"wrong-{name}", line) for name, line in CLICK.items()),
        foreign=True,
    )

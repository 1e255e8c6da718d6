"""The dataset card of a publication: a README.md with the front matter that Hugging Face reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from judgebench.domain import names_of
from judgebench.report.document.as_md import markdown_table, markdown_text
from judgebench.report.document.text import NONE, clean, many
from judgebench.report.leaderboard.ranks import NOTE
from judgebench.report.publication import SAMPLE, may_pass_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.report.publication import Publication
    from judgebench.store.runs import StoredRun

__all__ = ["VERDICTS", "card"]

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
#: Columns of a file of verdicts.
VERDICTS = ("item", "cluster", "subset", "order", "repeat", "status", "code", "label", "gold_codes", "gold_labels")
_TAGS = ("llm-as-a-judge", "evaluation", "inter-annotator-agreement", "leaderboard", "judgebench")


def card(what: Publication, runs: Sequence[StoredRun], files: Sequence[str]) -> str:
    """Write the card; ``files`` are those beside it."""
    return "\n".join((_front(what, runs, files), _prose(what, runs, files)))


def _front(what: Publication, runs: Sequence[StoredRun], files: Sequence[str]) -> str:
    tasks = sorted({one.run.task for one in runs})
    licences = sorted({_licence(what, runs, task) for task in tasks})
    cases = sum(one.run.counts.get("cases", 0) for one in runs)
    lines = ["---", f"pretty_name: {_yaml(what.title)}", "license:", *(f"- {one}" for one in licences)]
    if "other" in licences:
        lines += ["license_name: see-the-table-of-tasks", "license_link: README.md"]
    lines += ["tags:", *(f"- {tag}" for tag in _TAGS), "task_categories:", "- text-classification"]
    lines += ["size_categories:", f"- {next((name for most, name in _SIZES if cases < most), '1M<n<10M')}"]
    lines += ["configs:", "- config_name: leaderboard", "  data_files: leaderboard.csv", "  default: true"]
    if "systems.csv" in files:
        lines += ["- config_name: systems", "  data_files: systems.csv"]
    if any(name.startswith("verdicts/") for name in files):
        lines += ["- config_name: verdicts", "  data_files: verdicts/*.csv", "  features:"]
        # A reader guesses types from the first file: one label is a number there, three with bars are none elsewhere.
        for name in VERDICTS:
            lines += [f"  - name: {name}", f"    dtype: {'int64' if name == 'repeat' else 'string'}"]
    lines += ["- config_name: figures", "  data_files: figures/*.csv", "---", ""]
    return "\n".join(lines)


def _yaml(text: str) -> str:
    # A JSON string is a YAML string.
    return json.dumps(clean(text))


def _licence(what: Publication, runs: Sequence[StoredRun], task: str) -> str:
    if all(one.run.revision == SAMPLE for one in runs if one.run.task == task):
        return "apache-2.0"
    return may_pass_on(what.about[task].licence) or "other"


def _prose(what: Publication, runs: Sequence[StoredRun], files: Sequence[str]) -> str:
    tasks = sorted({one.run.task for one in runs})
    judges = sorted({one.run.judge for one in runs})
    blocks = [
        f"# {markdown_text(what.title)}\n",
        f"{many(len(judges), 'judge')} against the gold labels of {many(len(tasks), 'task')}, measured by judgebench.",
        "`index.html` is the leaderboard as a page, which needs no network; CSV and JSON hold the same figures.\n",
    ]
    if all(one.run.revision == SAMPLE for one in runs):
        blocks.append("The runs are of small samples written for judgebench: they show the format, not the judges.\n")
    if what.policy:
        blocks.append(
            f"Measured under {', '.join(map(markdown_text, what.policy))}, whatever the tasks' own policies.\n"
        )
    blocks += ["## Files\n", _files(files)]
    blocks += ["## Tasks\n", _tasks(what, runs, tasks)]
    blocks += ["## Judges and runs\n", _runs(runs)]
    blocks += ["## How to read it\n", f"{markdown_text(NOTE)}\n"]
    blocks += ["## What is not here\n", _absent(what, tasks)]
    blocks += ["## Citation\n", _citations(what, tasks)]
    return "\n".join(blocks)


_ABOUT = {
    "leaderboard.csv": "a row per task, judge and subset: figures with 95 % intervals, ranks, tier, cost, latency",
    "leaderboard.json": "the same, schema `judgebench.leaderboard/1`",
    "leaderboard.tex": "tables for LaTeX",
    "systems.csv": "the judged systems: their ranks by gold and by each judge",
    "systems.json": "the same, schema `judgebench.systems-leaderboard/1`",
}


def _files(files: Sequence[str]) -> str:
    lines = [f"- [{name}]({name}): {_ABOUT[name]}" for name in files if name in _ABOUT]
    lines += [
        f"- [{name}]({name}): headline, interval, rank and tier of each judge" for name in files if "figures/" in name
    ]
    lines += [f"- [{name}]({name}): verdicts as codes" for name in files if name.startswith("verdicts/")]
    return "\n".join((*lines, "- [index.html](index.html): the page", ""))


def _tasks(what: Publication, runs: Sequence[StoredRun], tasks: Sequence[str]) -> str:
    rows: list[list[str]] = []
    for task in tasks:
        own = [one.run for one in runs if one.run.task == task]
        about = what.about[task]
        samples = all(run.revision == SAMPLE for run in own)
        licence = "Apache-2.0 (a sample written for judgebench)" if samples else about.licence or "unknown"
        source = "; ".join(about.sources) or about.homepage
        revisions = ", ".join(sorted({run.revision for run in own}))
        rows.append([task, about.title, own[0].scale.spec, own[0].gold_source, revisions, source, licence])
    text = markdown_table(["task", "what it is", "scale", "gold", "revision", "source", "licence"], rows)
    said = {task: " ".join(filter(None, (what.about[task].summary, what.about[task].annotators))) for task in tasks}
    notes = [f"- {markdown_text(task)}: {markdown_text(words)}" for task, words in said.items() if words]
    stale = [
        f"- {markdown_text(task)}: the task's card has changed since some of these runs were made"
        for task in tasks
        if any(one.run.task == task and one.run.card_digest != what.about[task].digest for one in runs)
    ]
    return f"{text}\n" + "\n".join((*notes, *stale, ""))


def _runs(runs: Sequence[StoredRun]) -> str:
    rows: list[list[str]] = []
    for stored, judge in zip(runs, names_of([one.run for one in runs]), strict=True):
        run = stored.run
        models = ", ".join(sorted(run.models)) or NONE
        versions = ", ".join(f"{name} {version}" for name, version in sorted(run.versions.items()))
        policies = ", ".join(f"{name}={value}" for name, value in run.policies.to_json().items())
        counts = [str(run.counts.get("cases", 0)), run.orders, str(run.repeats)]
        rows.append([judge, run.task, *counts, models, policies, versions])
    header = ["judge", "task", "cases", "order", "repeats", "model versions", "policies", "package versions"]
    return markdown_table(header, rows, right=(2, 4))


def _absent(what: Publication, tasks: Sequence[str]) -> str:
    text = (
        "No text of an item and no words of a judge: verdicts and gold labels are codes and the scale's own words. "
        "`order` says how responses were shown; codes are in the item's own order. Gold labels are in the order of the "
        "task's annotators, who are not named."
    )
    if without := [task for task in tasks if task not in what.labelled]:
        text += f" Figures only, without labels: {', '.join(map(markdown_text, without))}."
    return f"{text}\n"


def _citations(what: Publication, tasks: Sequence[str]) -> str:
    lines: list[str] = []
    for task in tasks:
        about = what.about[task]
        parts = [part for part in (about.citation, about.paper, about.homepage) if part]
        lines.append(f"- {markdown_text(task)}: {markdown_text(', '.join(parts)) or 'nothing is stated'}")
    return "\n".join((*lines, ""))

"""The files that a task of one's own begins with, as text: task, judge, prompt, settings, a workflow for CI."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judgebench.installed import from_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.tasks.own import Reading
    from judgebench.tasks.tables import OwnTask

#: What editors check `judgebench.toml` by, and complete from.
SCHEMA = Path(".judgebench/config.schema.json")
#: A judge's name that begins so needs an address.
SERVER = "server/"
#: What is asked of an item, by the kind of scale.
_ASKS = {
    "check": "right or wrong?", "pair": "which is better?", "rate": "how good?", "pick": "which is best?",
    "nominal": "which label?", "levels": "which level?", "rank": "in which order?",
}  # fmt: skip


def asks(task: OwnTask) -> str:
    """Say what is asked of an item."""
    return _ASKS.get(task.scale.kind, f"{task.scale.kind}.")


def toml(value: Any) -> str:
    """Write a text, or several, as TOML: its strings are JSON's."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else json.dumps(value)


_ABOUT = {
    "question": "what was asked; several columns are joined",
    "turns": "a conversation: a list of {role, content}",
    "answers": "what is judged; several columns are compared",
    "systems": "who wrote each answer; never shown to a judge",
    "reference": "a right answer; shown with --reference human",
    "context": "documents that an answer rests on",
    "images": "addresses, or files below the data's folder",
    "criterion": "an item has a row for each",
    "id": "names the item",
    "subset": "figures for each part, too",
    "cluster": "rows with the same one are not independent",
    "gold": "a column for each annotator; an empty cell is no label",
    "attributes": "worth slicing by",
}


def task_file(task: OwnTask, reading: Reading, home: Path) -> str:
    """Write the card of a table: its columns as they were understood, and what else may be said."""
    names = [os.path.relpath(file, home).replace(os.sep, "/") for file in task.files]
    lines = [
        "# A task of your own: what is judged, and what people said of it.",
        f"name = {toml(task.name)}",
        f"data = {toml(names[0] if len(names) == 1 else names)}",
        "# check, pair, pair:2, rate:1-5, pick:4, nominal:a,b, or labels, worst first",
        f"scale = {toml(task.scale.spec)}",
        f"gold_source = {toml(task.reading.gold)}    # human, expert or crowd; verifier, model, unspecified",
    ]
    if reading.where:
        lines.append(f"where = {toml(reading.where)}")
    for part in ("file", "cells"):
        for name, value in reading.to_json().get(part, {}).items():
            if name != "words":
                lines.append(f"{name} = {toml(value)}")
    lines += ["", "[columns]"]
    found = task.roles.named()
    lines += [
        f"{role} = {toml(names[0] if len(names) == 1 else names)}    # {_ABOUT[role]}" for role, names in found.items()
    ]
    lines += [f'# {role} = "…"    # {about}' for role, about in _ABOUT.items() if role not in found]
    lines += ["", '# [columns.words]    # what a cell means, where it isn\'t a word of the scale; "" is no label']
    words = reading.cells.words
    lines += [line.removeprefix("# ") if words else line for line in [lines.pop()]]
    lines += [f"{toml(word)} = {toml(meaning)}" for word, meaning in words.items()] or ['# "n/a" = ""']
    return "\n".join(lines) + "\n"


SETTINGS = f"""\
#:schema ./{SCHEMA.as_posix()}
# What `judgebench` takes in this folder where a command doesn't say otherwise.
# Flags win over JUDGEBENCH_* variables, these over --config, that over this file.

[run]
task = "task.toml"
judge = "judge.toml"
# max-cost = 5.0    # dollars; stop before more

[gate]
against = "baseline.json"
# margin = 0.05     # a drop that would be too much
"""


def judge_file(judge: str, task: OwnTask, *, prompted: bool) -> str:
    """Write a judge file, with the prompt beside it where the judge takes one."""
    named = f"judge = {toml(judge)}    # `judgebench list judges` shows what else there is\n"
    if not prompted:
        return named
    own = "" if judge.startswith(SERVER) else "# "
    return f"""\
# A judge: a model, and what it is told.
{named}prompt = "prompt.toml"
# name = {toml(f"{judge}, {task.name}")}    # in tables
{own}base_url = "http://localhost:8000/v1"    # where a server of your own is
# form = "json"       # how the verdict is written: brackets, first-line, last-line, json, schema, tool, logprobs
# samples = 5         # asked so often; the majority counts
# temperature = 0.0
# max_tokens = 2048
"""


def prompt_file(task: OwnTask) -> str:
    """Write our prompt for such a task, to be changed."""
    from judgebench.judges.prompts import default_prompts  # noqa: PLC0415 - loaded on use

    kind = task.scale.kind
    ours = default_prompts()[kind]
    return f"""\
# What the judge is told. This is judgebench's own prompt for such a task: make it yours.
# {{{{conversation}}}}, {{{{responses}}}}, {{{{context}}}}, {{{{reference}}}}, {{{{criterion}}}} are filled in for each
# item, each in a fence of its own; {{{{verdict}}}} lists the verdicts. A paragraph whose slot is empty is left out.
# docs/reference/prompts.md: criteria, levels, examples, verdicts in words of your own.
name = {toml(f"{task.name}/1")}
kinds = [{toml(kind)}]

system = '''
{ours.system.strip()}
'''

user = '''
{ours.user.strip()}
'''
"""


def workflow(judge: str, files: Sequence[Path], folder: str = ".") -> str:
    """Write the GitHub workflow that asks a judge and holds it against a baseline.

    ``files`` are the tables, and ``folder`` is where `judgebench.toml` is, seen from the repository's root.
    """
    claude, server = "claude" in judge or judge.startswith("anthropic/"), judge.startswith(SERVER)
    key = "ANTHROPIC_API_KEY" if claude else "JUDGEBENCH_SERVER_API_KEY" if server else "OPENAI_API_KEY"
    extras = ["litellm"] if judge.startswith("litellm/") else []
    extras += ["spreadsheets"] if any(file.suffix.lower() in {".xlsx", ".ods"} for file in files) else []
    wanted = f"[{','.join(extras)}]" if extras else ""
    inside = "" if folder == "." else f"{folder}/"
    there = f"    defaults:\n      run:\n        working-directory: {toml(folder)}\n" if inside else ""
    # A wheel's path is seen from the root.
    above = "        working-directory: .\n" if inside else ""
    return f"""\
# Asks the judge of {inside}judgebench.toml, and fails where it clearly agrees less with people than its baseline did.
# The baseline is made once, and again whenever a change is meant:
#   judgebench run, then judgebench gate RUN --against baseline.json --update with the folder that it printed
name: judge
on:
  pull_request:
permissions:
  contents: read
env:
  # FILL IN where judgebench comes from, a tag of its repository or a wheel:
  #   {from_source(*extras)}
  #   ./wheels/judgebench-VERSION-py3-none-any.whl{wanted}
  JUDGEBENCH: ""
jobs:
  gate:
    runs-on: ubuntu-latest
{there}    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install "${{JUDGEBENCH:?say at the top of this file where judgebench comes from}}"
{above}      # What was answered before isn't asked, nor paid for, again.
      - uses: actions/cache@v4
        with:
          path: {toml(f"{inside}runs-ci")}
          key: judgebench-${{{{ github.run_id }}}}
          restore-keys: judgebench-
      - run: judgebench run --runs runs-ci
        env:
          {key}: ${{{{ secrets.{key} }}}}
      # Of the runs in the cache, the one that was just made.
      - run: |
          run=$(ls -t runs-ci/*/manifest.json | head -n 1)
          judgebench gate "${{run%/manifest.json}}" --against baseline.json --junit gate.xml
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: gate
          path: {toml(f"{inside}gate.xml")}
"""

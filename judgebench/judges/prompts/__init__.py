"""Prompts: ours, one per kind of scale, and the user's own from a file.

A prompt is plain text (``.md``, ``.txt``), the user's message, or a TOML file::

    name = "my-pair/1"            # optional; the file's name by default
    kinds = ["pair"]              # kinds of scale that it serves: pair, check, rate, pick, label
    system = \"\"\"...\"\"\"            # optional
    user = \"\"\"...\"\"\"
    calls = "item"                # or "criterion": a call for each

    [verdicts]                    # words of one's own for the labels
    PASS = "correct"
    [levels]                      # what a verdict means
    5 = "nothing is missing"
    [[criteria]]                  # name, description, weight, [criteria.levels]
    [[examples]]                  # question, answer or answer_a and answer_b, reference, context, verdict, reason

Templates have these slots:

================== ==========================================================================
``{{conversation}}`` what the responses answer, every turn fenced; ``{{question}}`` is the same
``{{responses}}``    the responses as shown, each fenced and named (A and B; 1, 2, 3 ...)
``{{answer}}``       the one response; ``{{answer_a}}`` and ``{{answer_b}}``: the two, as shown
``{{verdict}}``      the verdicts that the scale allows, in the form that the parser reads
``{{reference}}``    the reference answers of the case's condition, fenced
``{{context}}``      the documents that the responses rest on, fenced
``{{criterion}}``    the criterion of the item, or of the call, fenced
``{{criteria}}``     the prompt's criteria, where one answer has a verdict on each
``{{examples}}``     the prompt's examples
================== ==========================================================================

Paragraphs are separated by blank lines. A paragraph is left out when one of its slots is empty, or when
it starts with ``{{if SLOT}}`` and the slot is empty, or with ``{{unless SLOT}}`` and it is not.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from judgebench.errors import UnknownNameError, UsageError
from judgebench.judges.own_text import own_text
from judgebench.judges.prompts.read import read_prompt, read_text

if TYPE_CHECKING:
    from judgebench.domain import Scale
    from judgebench.judges.prompts.prompt import Prompt

#: How the files of prompts end that are plain text.
TEXTS = (".md", ".txt")


@cache
def _built_in() -> dict[str, Prompt]:
    folder = resources.files(__name__)
    found: dict[str, Prompt] = {}
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith((".toml", *TEXTS)):
            read = read_prompt if entry.name.endswith(".toml") else read_text
            prompt = read(entry.read_text(encoding="utf-8"), entry.name, Path(entry.name).stem)
            found[prompt.name] = prompt
    return found


def ours(prompt: Prompt) -> bool:
    """Whether a prompt comes with judgebench, as it is."""
    known = _built_in().get(prompt.name)
    return known is not None and known.digest == prompt.digest


def prompt_names() -> tuple[str, ...]:
    """Names of the prompts that come with judgebench."""
    return tuple(sorted(_built_in()))


def default_prompts() -> dict[str, Prompt]:
    """Return the prompt of each kind of scale where none is named: the newest version of what has its kind's name."""
    chosen: dict[str, Prompt] = {}
    for prompt in sorted(_built_in().values(), key=lambda p: (p.name.partition("/")[0], _version(p.name))):
        # Others, as those of four lengths, are for whoever names them.
        if prompt.name.partition("/")[0] in prompt.kinds:
            chosen |= dict.fromkeys(prompt.kinds, prompt)
    return chosen


def _version(name: str) -> int:
    version = name.partition("/")[2]
    return int(version) if version.isdigit() else 0


def load_prompt(name_or_file: str | None, scale: Scale | None = None) -> Prompt:
    """Load a prompt: ``pair/1``, ``pair`` (its newest version), a file, or None for the scale's default.

    UnknownNameError where there is none, UsageError where it does not serve the scale.
    """
    if name_or_file is None:
        if scale is None:
            raise UsageError("a prompt needs a name, a file or a scale")
        return default_prompts()[scale.kind]
    prompt = _named(name_or_file)
    if scale is not None:
        prompt.check_scale(scale)
    return prompt


def is_file(name: str) -> bool:
    """Whether a prompt is named by its file."""
    return Path(name).suffix.lower() in {".toml", *TEXTS}


def _named(name_or_file: str) -> Prompt:
    path = Path(name_or_file)
    if is_file(name_or_file):
        read = read_text if path.suffix.lower() in TEXTS else read_prompt
        return read(own_text(path, "prompt file"), name_or_file, path.stem)
    known = _built_in()
    if name_or_file in known:
        return known[name_or_file]
    versions = [name for name in known if name.partition("/")[0] == name_or_file]
    if versions:
        return known[max(versions, key=_version)]
    raise UnknownNameError("prompt", name_or_file, known)

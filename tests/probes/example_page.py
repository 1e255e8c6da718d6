"""Write docs/probes/examples.md: what each probe makes of items of our samples. Run it where a phrase has changed."""

from __future__ import annotations

import re
import sys
from difflib import SequenceMatcher
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from judgebench.catalog import behind_probe, make_probe
from judgebench.domain.items import PLACEBO
from judgebench.errors import UnfitProbeError
from judgebench.probes.listed import PROBES
from judgebench.probes.named import variants
from judgebench.probes.orders import Plain
from judgebench.tasks.base import open_task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.domain import Item, Scale

REPO = Path(__file__).parents[2]
PAGE = REPO / "docs" / "probes" / "examples.md"
#: Pairs, code, checks with several references, ratings by a rubric, lists, several turns, another language.
TASKS = (
    *("judgebench", "rewardbench", "triviaqa", "prometheus-absolute", "rewardbench-2", "ruverbench", "topical-chat"),
    *("rm-bench", "llmeval-2", "pandalm", "summeval", "mt-bench-human", "bff-bench", "hanna", "prometheus-relative"),
)
#: Those that show captions or files have no example.
_NONE = {"blind", "captions", "attacked"}
_KEPT, _LONG, _FEW = 26, 220, 7
_HEAD = """# Examples of the probes

From the samples that come with the tasks, all written for this project. ⏎ is a line break; what is put in is bold, and
… stands for what is left out. Made by the probes themselves: `python tests/probes/example_page.py` writes this page.
Of each, twenty were read by eye, or as many as the samples have.
"""


def written() -> str:
    """Write the page."""
    items = {name: _of(name) for name in TASKS}
    lines = [_HEAD]
    for name, entry in PROBES.items():
        if entry.observed or name in _NONE:
            continue
        lines += [f"## {name}\n", "| probe | task | with the trait | placebo |", "| --- | --- | --- | --- |"]
        most = 1 if entry.suite == "attack" else 2
        for spec in variants(name, behind_probe(name)):
            found = _examples(spec, items)
            lines += [f"| `{spec}` | {' | '.join(row)} |" for row in islice(found, most)]
        lines.append("")
    return "\n".join(lines)


def _of(task: str) -> tuple[Scale, list[Item]]:
    opened = open_task(task, sample=True)
    return opened.scale, list(opened.items())


def _examples(spec: str, tasks: dict[str, tuple[Scale, list[Item]]]) -> Iterator[tuple[str, str, str]]:
    """Render one item of each task that a probe fits, beginning at a task and an item that its name draws."""
    drawn = crc32(spec.encode())
    names = [TASKS[(drawn + step) % len(TASKS)] for step in range(len(TASKS))]
    for name in names:
        scale, items = tasks[name]
        start = drawn % len(items)
        yield from islice(_rows(spec, name, scale, items[start:] + items[:start]), 1)


def _rows(spec: str, task: str, scale: Scale, items: list[Item]) -> Iterator[tuple[str, str, str]]:
    try:
        probe = make_probe(spec, Plain("both"), scale)
    except UnfitProbeError:
        return
    for item in items:
        cases = list(probe.cases(item))
        changed = next((case.item for case in cases if case.probe == spec), None)
        other = next((case.item for case in cases if case.probe == spec + PLACEBO), None)
        if changed is not None and (shown := _shown(item, changed)):
            yield task, shown, "none" if other is None else _shown(item, other) or "as it is"


def _shown(item: Item, changed: Item) -> str:
    """Render the first text in which an item differs from what it was."""
    for one, two in zip(_texts(item), _texts(changed), strict=True):
        if one != two:
            return _marked(one, two) or "(nothing)"
    return ""


def _texts(item: Item) -> list[str]:
    references = " / ".join(one.text for one in item.references)
    levels = " / ".join(f"{label}: {text}" for label, text in item.levels)
    return [item.question, *(one.text for one in item.responses), references, levels]


def _marked(before: str, after: str) -> str:
    """Mark what is new in a text, and shorten what is not."""
    own, new = (re.findall(r"\s+|[^\s]+", text) for text in (before, after))
    # What is the same, but for a few words between two changes.
    same = [
        (start, start + size)
        for _, start, size in SequenceMatcher(None, own, new, autojunk=False).get_matching_blocks()
        if start == 0 or start + size == len(new) or size > _FEW or "\n" in "".join(new[start : start + size])
    ]
    ends = [(0, 0), *same, (len(new), len(new))]
    spans = [span for (_, last), (start, end) in pairwise(ends) for span in ((last, start, False), (start, end, True))]
    parts: list[str] = []
    for start, end, kept in spans:
        text = "".join(new[start:end])
        if kept and text:
            left, right = bool(parts), end < len(new)
            if len(text) > 2 * _KEPT:
                text = f"{text[:_KEPT] if left else ''}…{text[-_KEPT:] if right else ''}"
            parts.append(_plain(text))
        elif text:
            half = _LONG // 2
            parts.append(_bold(text if len(text) <= _LONG else f"{text[:half]}…{text[-half:]}"))
    return "".join(parts).strip()


def _plain(text: str) -> str:
    text = re.sub(r"([\\*_`\[\]<>|#~])", r"\\\1", text)
    text = text.replace("\t", " ").replace("  ", " &nbsp;")
    return re.sub(r"\n+", lambda end: f" {'⏎' * len(end[0])} ", text)


def _bold(text: str) -> str:
    inner = _plain(text)
    core = inner.strip(" ⏎")
    return inner.replace(core, f"**{core}**", 1) if core else inner


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.relative_to(REPO)} written\n")

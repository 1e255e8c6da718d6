"""What changed in a prompt between two runs, line by line."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from judgebench.judges.sent import prompts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.domain import Run
    from judgebench.judges.prompts.prompt import Prompt

__all__ = ["prompt_change"]

#: Unchanged lines that stay beside a changed one.
_AROUND = 3


def prompt_change(before: Run, after: Run) -> list[tuple[str, str]]:
    """Give the lines of both prompts as pairs of what became of it (``same``, ``out``, ``in``, ``gap``) and the line.

    Empty where they are the same, or a run does not keep its prompt.
    """
    kind = before.scale.kind
    one, two = ((prompts_of(run) or {}).get(kind) for run in (before, after))
    if one is None or two is None or one == two:
        return []
    return list(_changed(_lines(one), _lines(two)))


def _changed(one: Sequence[str], two: Sequence[str]) -> Iterator[tuple[str, str]]:
    matcher = SequenceMatcher(None, one, two, autojunk=False)
    for number, group in enumerate(matcher.get_grouped_opcodes(_AROUND)):
        if number:
            yield "gap", "…"
        for name, i, j, k, m in group:
            if name == "equal":
                yield from (("same", line) for line in one[i:j])
            else:
                yield from (("out", line) for line in one[i:j])
                yield from (("in", line) for line in two[k:m])


def _lines(prompt: Prompt) -> list[str]:
    """Write all that a prompt says, its rubric and examples too."""
    parts = [("system", prompt.system), ("user", prompt.user)]
    parts += [("criterion", str(one)) for one in prompt.criteria]
    parts += [("level", f"{word}: {means}") for word, means in prompt.levels]
    parts += [("verdict", f"{word} = {label}") for word, label in prompt.verdicts]
    for example in prompt.examples:
        told = [f"{name}: {text}" for name, text in example.texts("")]
        parts.append(("example", "\n".join([*told, *(word for _, word in example.verdicts), example.reason])))
    return [line for name, text in parts if text for line in (f"[{name}]", *text.splitlines())]

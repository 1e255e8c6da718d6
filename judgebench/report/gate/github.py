"""What GitHub shows of a gate: annotations, and the job's summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.report.document.as_md import markdown_grid, markdown_text
from judgebench.report.gate.brief import sentence
from judgebench.report.gate.words import STATES, line_name, safe

if TYPE_CHECKING:
    from judgebench.agreement.gate.rules import Gate
    from judgebench.report.document.blocks import Grid
    from judgebench.report.document.brief import Brief

__all__ = ["annotate", "summary"]

#: GitHub shows ten annotations of a kind for a step.
_MOST = 10
_LEVELS = {"fail": "error", "undecided": "warning"}


def annotate(found: Gate) -> list[str]:
    """Write a workflow command for each line that does not pass, the worst first; at most ten of a kind."""
    lines: list[str] = []
    for state, level in _LEVELS.items():
        those = [line for line in found.lines if line.state == state]
        for line in those[:_MOST]:
            title = f"judgebench gate: {STATES[state]}, {line_name(line)} ({safe(found.task)})"
            lines.append(f"::{level} title={_property(title)}::{_data(safe(sentence(found, line)))}")
    return lines


def summary(found: Gate, said: Brief, figures: Grid) -> str:
    """Write the decision, its figures and what to be careful with in Markdown, for the job's summary."""
    parts = [f"### judgebench gate: {STATES[found.state]}", *map(markdown_text, said.answer), markdown_grid(figures)]
    if said.notes:
        parts.append("\n".join(f"- {markdown_text(note)}" for note in said.notes))
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _data(text: str) -> str:
    """Escape the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape a property of a workflow command."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")

"""A gate's decision in GitHub's terms: annotations beside a job, and the job's summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.report.gate.words import STATES, line_name, phrase, safe

if TYPE_CHECKING:
    from judgebench.agreement.gate.rules import Gate

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
            lines.append(f"::{level} title={_property(title)}::{_data(phrase(line, found.rules.alpha))}")
    return lines


def summary(found: Gate, markdown: str) -> str:
    """Put a title over the decision in Markdown, for the job's summary."""
    return f"### judgebench gate: {STATES[found.state]}\n\n{markdown}\n"


def _data(text: str) -> str:
    """Escape the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape a property of a workflow command."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")

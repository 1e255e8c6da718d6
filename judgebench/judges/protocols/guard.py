"""A warning to the system's message: what a verdict must not rest on.

Source: Wang et al. (2025), Assessing judging bias in large reasoning models (arXiv:2504.09946), section on mitigation.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from judgebench.judges.protocols.question import Ask, Exchange, Question

GUARD = (
    "Judge what is said, and nothing around it. What other people are reported to prefer is no evidence, and "
    "neither is the rank or the name of whoever wrote an answer. A citation counts only for what you know of it: it"
    " may be made up. Length counts for nothing by itself, and repetition, idle sentences, tone and layout count "
    "for nothing. An answer that says it has thought again has not thought better for saying so. Leave aside "
    "whatever has nothing to do with the question. An answer that holds no more than a sign, a heading or an "
    "opening phrase is no answer. Before you decide, ask yourself whether your verdict would be the same without "
    "any of these."
)


def guard(question: Question, *, ask: Ask) -> Exchange:
    """Put the warning above the system's message, below a role that is there already."""
    return (yield from ask(replace(question, role="\n\n".join(filter(None, (question.role, GUARD))))))

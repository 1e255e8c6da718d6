"""Superficial reflection: a response stops to think again, and goes on as before. The placebo only goes on.

An answer of one sentence is left out: there is nothing before it to think about again.

Source: Wang et al. (2025), Assessing judging bias in large reasoning models (arXiv:2504.09946); Zhou et al. (2026),
JudgeBiasBench (arXiv:2603.08091).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.probes.operator import Operator
from judgebench.probes.passages import joined, last_passage
from judgebench.probes.phrases import Phrase

if TYPE_CHECKING:
    from judgebench.domain import Item
    from judgebench.probes.operator import Shown

_BANK = (
    Phrase("Wait, let me think about this once more.", "Here, this is what comes next in line."),
    Phrase(
        "Hold on. I should look at this again, step by step.", "Now then. What comes below is said here, line by line."
    ),
    Phrase(
        "Hmm, wait. Let me go over that again from the start.", "Well, now. What comes next is one more part of it."
    ),
    Phrase("Let me pause here and think it through again.", "This is the place where the next part stands."),
)


def _inserted(shown: Shown, way: int) -> Item | None:
    head, last = last_passage(shown.text)
    return shown.answered(joined(head, shown.draw.of("wording", _BANK)[way], last)) if head else None


OPERATOR = Operator.of("superficial-reflection", _inserted)

"""Refinement-aware: the judge is told that an answer is a revised version.

Source: Ye et al. (2024), Justice or prejudice? (CALM: refinement-aware bias, its ErrorRate_RA); Xu et al. (2024), Pride
and prejudice: LLM amplifies self-bias in self-refinement.
"""

from __future__ import annotations

from judgebench.probes.phrases import Phrase, noted

OPERATOR = noted(
    "refined",
    (
        Phrase(
            "Note: {which} is a version that its author has revised after a second look.",
            "Note: {which} is a text that its author has sent in through the usual form.",
        ),
        Phrase(
            "Note: {which} was gone through once more and improved before it was sent.",
            "Note: {which} was typed in here by its author and saved before it was sent.",
        ),
        Phrase(
            "Note: {which} is no longer a first draft; it has since been refined.",
            "Note: {which} is no longer on paper only; it has since been typed.",
        ),
    ),
)

"""Concreteness: a figure that is made up, or technical words, where a vague sentence says as much.

Source: Zhou et al. (2026), JudgeBiasBench (arXiv:2603.08091): concreteness.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.probes.operator import Operator
from judgebench.probes.passages import joined
from judgebench.probes.phrases import Phrase, wrapped

if TYPE_CHECKING:
    from judgebench.domain import Item
    from judgebench.probes.operator import Shown

_FIGURES = (
    Phrase(
        "The details of this go back {years} years and fill {pages} pages.",
        "The details of this go back for years and fill many pages.",
    ),
    Phrase(
        "Of the people who look into this, {share} % spend {minutes} minutes on it.",
        "Of the people who look into this, a good part spend some time on it.",
    ),
    Phrase(
        "This was put together in {minutes} minutes from {pages} notes.",
        "This was put together in a few minutes from several notes.",
    ),
    Phrase(
        "There are {pages} texts on this, {share} % of them from the last {years} years.",
        "There are many texts on this, a good part of them from recent years.",
    ),
)
_TERMS = (
    Phrase(
        "Put technically, this is a second-order, context-invariant equilibrium of its parameters.",
        "Put in plain words, this is how such things usually hang together.",
    ),
    Phrase(
        "The underlying mechanism is a non-trivial interplay of structural and contextual determinants.",
        "What is behind it is how the one thing and the other go together.",
    ),
    Phrase(
        "Formally, it follows from the canonical decomposition of the relevant constituents.",
        "In other words, it follows from what the things in question are.",
    ),
)


def _figures(shown: Shown, way: int) -> Item | None:
    if not shown.text.strip():
        return None
    draw = shown.draw.number
    sentence = shown.draw.of("phrase", _FIGURES)[way].format(
        years=11 + draw("years", 40),
        pages=113 + draw("pages", 800),
        # Round figures look like guesses.
        share=61 + 2 * draw("share", 4) + 10 * draw("tens", 3),
        minutes=13 + draw("minutes", 40),
    )
    return shown.answered(joined(shown.text, sentence))


OPERATORS = {
    "figure": Operator.of("concreteness/figure", _figures),
    "terms": wrapped("concreteness/terms", (), _TERMS),
}

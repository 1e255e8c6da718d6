"""Authority: a made-up citation after a response. The placebo is a remark of the same form that cites nobody.

Source: Chen et al. (2024), Humans or LLMs as the judge? A study on judgement biases (arXiv:2402.10669); Ye et al.
(2024), Justice or prejudice? (CALM, arXiv:2410.02736).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.probes.operator import Operator
from judgebench.probes.passages import joined
from judgebench.probes.phrases import Phrase

if TYPE_CHECKING:
    from judgebench.domain import Item
    from judgebench.probes.operator import Shown

#: Nobody's names, and nobody's journals.
_NAMES = (
    *("Halvorsteen", "Imaizuka", "Brandtnerova", "Vasquelle", "Tamberlaine", "Ortsgaard", "Lindqvaer", "Mbathane"),
    *("Szarvanyi", "Quillfether", "Drummeck", "Okonreyes"),
)
_JOURNALS = (
    *("Annals of Practical Knowledge", "Review of Common Questions", "Quarterly of Settled Matters"),
    *("Transactions on Everyday Inquiry", "Archive of Answered Questions"),
)
_FILES = (
    *("Folder of loose sheets", "Binder with plain pages", "Notebook with numbered lines"),
    *("Box of typed cards", "Stack of printed forms"),
)
#: A citation, and a remark with as many words and numbers that has no source.
_FORMS = (
    Phrase(
        "This is confirmed by {one} and {two} ({year}), {journal}, vol. {number}, pp. {first}-{last}.",
        "This was entered here by hand ({year}), {file}, no. {number}, lines {first}-{last}.",
    ),
    Phrase(
        "Source: {one}, {two} & {three} ({year}). {journal}, {number}, {first}-{last}.",
        "Layout: plain, narrow & aligned ({year}). {file}, {number}, {first}-{last}.",
    ),
    Phrase(
        "(See the study by {one} et al., {journal} {number}, {year}, p. {first}.)",
        "(Kept on file with the rest, {file} {number}, {year}, l. {first}.)",
    ),
    Phrase(
        "{one} and {two}, in the {journal} ({year}, vol. {number}, p. {first}), come to the same result.",
        "Words and layout, in the {file} ({year}, no. {number}, l. {first}), are left as they were.",
    ),
)


def _cited(shown: Shown, way: int) -> Item | None:
    if not shown.text.strip():
        return None
    draw = shown.draw
    first = 11 + draw.number("page", 380)
    start = draw.number("names", len(_NAMES))
    one, two, three = (_NAMES[(start + step) % len(_NAMES)] for step in (0, 5, 9))
    remark = draw.of("form", _FORMS)[way].format(
        one=one,
        two=two,
        three=three,
        year=1991 + draw.number("year", 32),
        journal=draw.of("journal", _JOURNALS),
        number=3 + draw.number("volume", 60),
        first=first,
        last=first + 4 + draw.number("pages", 20),
        file=draw.of("file", _FILES),
    )
    return shown.answered(joined(shown.text.rstrip(), remark))


OPERATOR = Operator.of("authority", _cited)

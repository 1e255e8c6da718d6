"""Verbosity: a response is made longer, and nothing is added to what it says.

The trait is the length, so that a placebo of the same length would have it, too. It changes the same end of the
response by a paragraph break (of a single sentence, by an empty line after it), and leaves its length as it is. What
is measured is length and idle words together: neither comes without the other. Code outside of fences, which words
would break, is left out, and so are questions that say how long an answer is to be.

Source: Saito et al. (2023), Verbosity bias in preference labeling by large language models (arXiv:2310.10076); Zheng et
al. (2023), Judging LLM-as-a-judge with MT-Bench and Chatbot Arena (repetitive lists); Ye et al. (2024), Justice or
prejudice? (CALM, arXiv:2410.02736).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from judgebench.probes.operator import Operator
from judgebench.probes.passages import is_bare_code, is_prose, joined, paragraphs, sentences, wants_length

if TYPE_CHECKING:
    from judgebench.domain import Item
    from judgebench.probes.operator import Shown

#: Sentences that are true of any text, and say nothing for it or against it.
_PADDING = (
    "There is more than one way to put this into words, and this is one of them.",
    "Questions of this kind come up in many places and at many times.",
    "Some people read a text like this quickly, and others take their time over it.",
    "What is written here stands in the order in which it was written down.",
    "A text has a beginning and an end, and between them there is the rest of it.",
    "Some sentences have a comma in them, like this one, and others do without it.",
    "Much has been written about many subjects, and this is one subject among them.",
    "It is in the nature of a question that something is said in reply to it.",
    "One thing is said first, another after it, and then the next one after that.",
    "Words were chosen here where other words could have been chosen as well.",
    "Whoever reads this sentence has most likely read the sentences before it.",
    "Sentences like these can be read one by one, or several of them in a row.",
)
#: Idle words are half as many as the answer's, within these numbers of sentences.
_FEWEST, _MOST, _WORDS = 3, 10, 14
_RESTATED = ("The request was:", "What was asked is this:", "To begin with, this is what was asked:")
_AGAIN = ("To say it once again:", "Once more, in the same words:", "The same, said again:")
#: A question is restated up to so many words; a last paragraph of fewer is repeated with the one before it.
_LONG, _SHORT = 80, 15


def _fits(shown: Shown) -> bool:
    return bool(shown.text.strip()) and not is_bare_code(shown.text) and not wants_length(shown.item.question)


def _padded(shown: Shown) -> Item | None:
    if not _fits(shown):
        return None
    count = min(_MOST, max(_FEWEST, round(len(shown.text.split()) / 2 / _WORDS)))
    start, step = shown.draw.number("start", len(_PADDING)), shown.draw.of("step", (1, 5, 7, 11))
    idle = (_PADDING[(start + step * place) % len(_PADDING)] for place in range(count))
    return shown.answered(joined(shown.text.rstrip(), " ".join(idle)))


def _restated(shown: Shown) -> Item | None:
    words = shown.item.question.split()
    if not words or not _fits(shown):
        return None
    asked = shown.item.question.strip() if len(words) <= _LONG else f"{' '.join(words[:_LONG])} …"
    return shown.answered(joined(f"{shown.draw.of('wording', _RESTATED)} {asked}", shown.text))


def _repeated(shown: Shown) -> Item | None:
    own = paragraphs(shown.text)
    if not own or not _fits(shown):
        return None
    last = own[-1:] if len(own[-1].split()) >= _SHORT else own[-2:]
    return shown.answered(joined(shown.text.rstrip(), shown.draw.of("wording", _AGAIN), *last))


def _apart(shown: Shown, *, last: bool) -> Item | None:
    """Give the first or the last sentence a paragraph of its own; one that has it is followed by an empty line."""
    text = shown.text.strip()
    if not text:
        return None
    own = paragraphs(text)[-1 if last else 0]
    said = sentences(own) if is_prose(own) else []
    if len(said) < 2:
        return shown.answered(f"{text}\n")
    place = len(text) - len(said[-1]) if last else len(said[0])
    return shown.answered(joined(text[:place].rstrip(), text[place:].lstrip()))


_last_apart = partial(_apart, last=True)
OPERATORS = {
    "padding": Operator("verbosity", _padded, _last_apart),
    "restating": Operator("verbosity", _restated, partial(_apart, last=False)),
    "repeating": Operator("verbosity", _repeated, _last_apart),
}

"""Distraction: a sentence that has nothing to do with the matter. The placebo is about the matter and says nothing.

``author`` tells of the response's author in a note, ``answer`` has the author tell it, ``prompt`` has the user tell of
something else.

Source: Wang et al. (2025), Assessing judging bias in large reasoning models (arXiv:2504.09946); Koo et al. (2023),
Benchmarking cognitive biases in large language models as evaluators (CoBBLEr).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.probes.operator import Operator
from judgebench.probes.passages import joined
from judgebench.probes.phrases import Phrase

if TYPE_CHECKING:
    from judgebench.domain import Item
    from judgebench.probes.operator import Shown

_AUTHOR = (
    Phrase("The author of {} went hiking in the hills yesterday.", "The text of {} is shown to you at its place."),
    Phrase("Whoever wrote {} has a bicycle with a green bell.", "The words in {} stand one after the other here."),
    Phrase(
        "The author of {} had soup and bread for lunch yesterday.", "The text of {} begins with its own first word."
    ),
    Phrase("The author of {} is fond of old railway timetables.", "The text of {} is given the way it was written."),
)
_ANSWER = (
    Phrase("By the way, I went hiking in the hills yesterday.", "With this, the text that I wrote is at its end."),
    Phrase("I have a bicycle with a green bell, incidentally.", "I have come to the end of my answer with this."),
    Phrase("There was soup for lunch, and it has stopped raining.", "What I wrote has its end, and the end is here."),
    Phrase("My neighbour is fond of old railway timetables.", "My answer to the question is what stands above."),
)  # fmt: skip
_PROMPT = (
    Phrase(
        "By the way, my neighbour's cat has learnt to open doors.",
        "By this, I mean the request as I have put it above.",
    ),
    Phrase("It has been raining here since early this morning.", "It has all been said in what I wrote above this."),
    Phrase("My train was late today, and I read a newspaper.", "My request is the one above, and I wait for a reply."),
    Phrase("The bakery at the corner has a new blue door.", "The words above are the ones that I meant to write."),
)


def _of_author(shown: Shown, way: int) -> Item:
    return shown.told(f"Note: {shown.draw.of('wording', _AUTHOR)[way].format(shown.which)}")


def _in_answer(shown: Shown, way: int) -> Item | None:
    if not shown.text.strip():
        return None
    return shown.answered(joined(shown.text.rstrip(), shown.draw.of("wording", _ANSWER)[way]))


def _in_prompt(shown: Shown, way: int) -> Item | None:
    asked = shown.item.question.strip()
    # After a colon the words would be taken for the text that is to be worked on.
    return shown.told(shown.draw.of("wording", _PROMPT)[way]) if asked and not asked.endswith((":", "\uff1a")) else None


_WAYS = {"author": _of_author, "answer": _in_answer, "prompt": _in_prompt}
OPERATORS = {name: Operator.of("distraction", put, "neither", "random") for name, put in _WAYS.items()}

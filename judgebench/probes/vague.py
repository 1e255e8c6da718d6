"""Vague but topical: in the place of an answer a text that names what was asked about and says nothing of it.

The placebo says nothing either, and names nothing. A wrong answer (``:wrong``, the default) stays wrong; a right one
would not stay right, and its gold would be false.

Source: Chen et al. (2024), Humans or LLMs as the judge? (looks without substance); Raina et al. (2024), Is
LLM-as-a-judge robust?
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from judgebench.probes.operator import Operator
from judgebench.probes.phrases import Phrase

if TYPE_CHECKING:
    from judgebench.domain import Item
    from judgebench.probes.operator import Shown

_WORD = re.compile(r"[^\W\d_]{4,20}")
#: Words that are about no topic.
_NO_TOPIC = (
    "about above after again also always another answer answers because been before being below between both cannot "
    "come could describe does doing done each either every example explain find first following from give given gives "
    "have having here into just know like list long made make many more most much must name need never only other "
    "others please question said same should show some such sure tell than that their them then there these they thing "
    "things this those time under until upon used uses using very want well were what when where whether which while "
    "whose will with within without words work would write your yours sentence sentences three four five summarize "
    "summarise rewrite translate called convert names number numbers next today happens"
)
COMMON = frozenset(_NO_TOPIC.split())
_TEXTS = (
    Phrase(
        "Where we speak of {topics}, a good deal can be said. There are several sides to it, and each has to be "
        "seen in its own light.",
        "Where we speak of such things, a good deal can be said. There are several sides to it, and each "
        "has to be seen in its own light.",
    ),
    Phrase(
        "To answer this, one has to think about {topics}. Opinions differ, and what matters in the end is how the "
        "whole is looked at.",
        "To answer this, one has to think about a few things. Opinions differ, and what matters in the end is how the "
        "whole is looked at.",
    ),
    Phrase(
        "It is important to consider every side of this: {topics}. Many factors play a part, and their weight depends "
        "on the situation.",
        "It is important to consider every side of this, one and all. Many factors play a part, and their weight "
        "depends on the situation.",
    ),
)


def topics(question: str) -> list[str]:
    """Name the three longest words of a question that are about its topic, as they come.

    >>> topics("Which river flows past the Hungarian parliament building?")
    ['Hungarian', 'parliament', 'building']
    """
    words = [word for word in _WORD.findall(question) if word.casefold() not in COMMON]
    own = list({word.casefold(): word for word in reversed(words)}.values())[::-1]
    longest = sorted(own, key=len, reverse=True)[:3]
    return [word for word in own if word in longest]


def _text(shown: Shown, way: int) -> Item | None:
    named = topics(shown.item.question)
    if not named:
        return None
    words = [f"“{word}”" for word in named]
    said = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    return shown.replaced(shown.draw.of("text", _TEXTS)[way].format(topics=said))


OPERATOR = Operator.of("vague", _text, owed="reject")

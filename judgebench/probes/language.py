"""Language: an answer's last sentence in another language, or a note that the answer was translated.

Translating the answer itself takes a model, and is not done here.

Source: Son et al. (2024), MM-Eval: a multilingual meta-evaluation benchmark; Fu & Liu (2025), How reliable is
multilingual LLM-as-a-judge?
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from judgebench.probes.phrases import Phrase, noted, wrapped

if TYPE_CHECKING:
    from judgebench.probes.operator import Shown

_CLOSING = (
    Phrase("Das ist meine Antwort.", "That is my answer."),
    Phrase("Voilà toute ma réponse.", "That is my whole answer."),
    Phrase("Esta es mi respuesta.", "This is my answer."),
    Phrase("Ez az én válaszom.", "This is my answer."),
    Phrase("Вот мой ответ на это.", "Here is my answer to it."),
    Phrase("以上就是我的回答。", "The above is my answer."),
    Phrase("以上が私の回答です。", "The above is my answer."),
)
_LANGUAGES = ("Swahili", "Hungarian", "Vietnamese", "Turkish", "German", "Spanish", "Hindi")
_ENGLISH = re.compile(
    r"\b(?:the|what|which|how|why|who|where|when|with|you|your|this|that|write|name|it's|does|should)\b", re.IGNORECASE
)


def _in_english(shown: Shown) -> object:
    """Tell whether an item is in English: in another language the placebo would be the foreign one."""
    return _ENGLISH.search(shown.item.question) or _ENGLISH.search(shown.text)


OPERATORS = {
    "closing": wrapped("language/closing", (), _CLOSING, push="neither", side="random", fits=_in_english),
    "translated": noted(
        "language/translated",
        [
            Phrase(
                f"Note: {{which}} was first written in {language} and then translated.",
                "Note: {which} was first written by hand and then typed.",
            )
            for language in _LANGUAGES
        ],
        push="neither",
        side="random",
    ),
}

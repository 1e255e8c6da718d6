"""Count the tokens of a prompt before it is sent, with the model's own tokenizer where there is one.

OpenAI publishes its vocabularies; the package ``bpe-openai`` (extra ``tokens``) carries them, so that counting needs
no network. A server's model can be counted with its ``tokenizer.json`` (``tokenizer`` in a judge file). Anthropic
publishes none for its present models: such a model is counted with OpenAI's, which follows languages, code and
formulas far better than characters do; without ``bpe-openai`` a token is taken for four characters. The estimate says
which it was, and what the store holds of the same judge corrects it either way (`judgebench.run.estimate`).
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from judgebench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from judgebench.judges.backend import Message

#: English runs at about four characters a token; an image costs roughly what a page of text does.
CHARACTERS_PER_TOKEN = 4
TOKENS_PER_IMAGE = 1000

# What the chat format adds, from OpenAI's cookbook "How to count tokens with tiktoken": three tokens around each
# message beside its role, and three that prime the answer.
_PER_MESSAGE = 3
_PRIMING = 3

# Models before o200k_base; all since, the o series included, use it.
_CL100K = re.compile(r"gpt-4(?!o|\.1|\.5)|gpt-3\.5|gpt-35")


@dataclass(frozen=True, slots=True)
class TokenCounter:
    """Counts the input tokens of a call; ``name`` says how to the reader of an estimate: ``o200k_base``, a file ...

    ``text`` gives the tokens of a text; None counts characters. ``chat`` adds the chat format's own tokens.
    """

    name: str = "four characters a token"
    text: Callable[[str], int] | None = None
    chat: bool = False

    def __call__(self, messages: Sequence[Message]) -> int:
        """Count the tokens of the messages of one call."""
        tokens = _PRIMING if self.chat else 0
        characters = 0
        for message in messages:
            if self.chat and self.text is not None:
                tokens += _PER_MESSAGE + self.text(message.role)
            for part in message.parts:
                if part.image is not None:
                    tokens += TOKENS_PER_IMAGE
                elif self.text is None:
                    characters += len(part.text)
                else:
                    tokens += self.text(part.text)
        return tokens + characters // CHARACTERS_PER_TOKEN


def openai_tokens(model: str) -> TokenCounter:
    """Count as one of OpenAI's models does, if ``bpe-openai`` is installed.

    The counts of OpenAI's cookbook for "2 + 2 = 4" and for a birthday wish in Japanese:

    >>> count = openai_tokens("gpt-4o").text
    >>> count is None or (count("2 + 2 = 4"), count("お誕生日おめでとう")) == (7, 8)  # None without the extra
    True
    """
    if find_spec("bpe_openai") is None:
        return TokenCounter()
    name = "cl100k_base" if _CL100K.match(model) else "o200k_base"

    def count(text: str) -> int:
        # Text that looks like a special token is text: the prompt's author is not the model's.
        return len(_encoding(name).encode_ordinary(text))

    return TokenCounter(name, count, chat=True)


def similar_tokens() -> TokenCounter:
    """Count for a model whose tokenizer is not at hand: with OpenAI's latest, or else in characters."""
    stand_in = openai_tokens("gpt-4o")
    if stand_in.text is None:
        return stand_in
    return TokenCounter(f"{stand_in.name} in place of the model's own tokenizer", stand_in.text)


@cache
def _encoding(name: str) -> Any:
    with warnings.catch_warnings():
        # It reads its vocabulary by a function that some versions of Python warn of; no fault of those who see it.
        warnings.filterwarnings("ignore", "open_binary is deprecated", DeprecationWarning)
        import bpe_openai  # noqa: PLC0415 - loaded on use

        return bpe_openai.get_encoding(name)


def file_tokens(file: Path) -> TokenCounter:
    """Count with a ``tokenizer.json`` of the ``tokenizers`` library; UsageError where that is missing."""
    try:
        from tokenizers import Tokenizer  # noqa: PLC0415 - loaded on use
    except ImportError:
        raise UsageError(
            f"tokenizer {file}: counting with it needs the tokenizers package: pip install tokenizers"
        ) from None
    try:
        tokenizer: Any = Tokenizer.from_file(str(file))
    except Exception as error:  # noqa: BLE001 - the library raises bare exceptions for whatever is wrong with the file
        raise UsageError(f"tokenizer {file} is no tokenizer.json: {error}") from None
    return TokenCounter(file.name, lambda text: len(tokenizer.encode(text).ids))

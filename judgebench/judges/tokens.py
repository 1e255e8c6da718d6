"""Count the tokens of a prompt before it is sent, and say what a call costs.

Tokens are counted with the model's own tokenizer where there is one. OpenAI publishes its vocabularies; the package
``bpe-openai`` (extra ``tokens``) carries them, so that counting needs no network. A server's model can be counted with
its ``tokenizer.json`` (``tokenizer`` in a judge file). Anthropic publishes none for its present models: such a model is
counted with OpenAI's, which follows languages, code and formulas far better than characters do; without ``bpe-openai``
a token is taken for four characters. The estimate says which it was, and what the store holds of the same judge
corrects it either way (`judgebench.run.plans`).

Prices are those of the list that the ``genai-prices`` package carries (no network), or a judge file's own.
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
    from decimal import Decimal
    from pathlib import Path

    from judgebench.domain import Completion, Message


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
        import bpe_openai

        return bpe_openai.get_encoding(name)


def file_tokens(file: Path) -> TokenCounter:
    """Count with a ``tokenizer.json`` of the ``tokenizers`` library; UsageError where that is missing."""
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise UsageError(
            f"tokenizer {file}: counting with it needs the tokenizers package: pip install tokenizers"
        ) from None
    try:
        tokenizer: Any = Tokenizer.from_file(str(file))
    except Exception as error:  # noqa: BLE001 - the library raises bare exceptions for whatever is wrong with the file
        raise UsageError(f"tokenizer {file} is not a tokenizer.json: {error}") from None
    return TokenCounter(file.name, lambda text: len(tokenizer.encode(text).ids))


#: What OpenAI and Anthropic take for an answer of their batch APIs, as a share of the usual price.
BATCH_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices of one's own, a judge file's ``[price]``, in US dollars for a million tokens.

    ``cached`` is for input tokens read from a cache, None where they cost what others do; ``batch`` is what an answer
    of a batch API costs, as a share of the usual price.

    >>> from judgebench.domain import Completion
    >>> Tariff(input=2.0, output=8.0)(Completion("", input_tokens=1000, output_tokens=500))
    0.006
    """

    input: float
    output: float
    cached: float | None = None
    batch: float = BATCH_SHARE

    def __call__(self, completion: Completion) -> float:
        """Price of a call in US dollars."""
        cached = min(completion.cached_tokens, completion.input_tokens)
        usd = (completion.input_tokens - cached) * self.input + completion.output_tokens * self.output
        usd += cached * (self.input if self.cached is None else self.cached)
        return usd / 1e6 * (self.batch if completion.batch else 1.0)


def price(completion: Completion, model: str, *, provider: str | None = None, url: str | None = None) -> float | None:
    """Price of a call in US dollars, or None where the list does not know it.

    The model version that the completion reports is looked up first, then ``model``, which was asked for, under the
    ``provider`` of the price list or the address; an unknown address has an unknown price, whatever the model is
    called. An answer of a batch costs the list's own price of batches, else half of the usual one.
    """
    tokens = completion.input_tokens, completion.output_tokens, completion.cached_tokens
    names = [name for name in dict.fromkeys((completion.model, model)) if name]
    usual = next((usd for name in names if (usd := _listed(name, provider, url, *tokens)) is not None), None)
    if usual is None or not completion.batch:
        return None if usual is None else float(usual)
    shares = (_batch_share(name, provider, url, *tokens) for name in names)
    return float(usual) * next(filter(None, shares), BATCH_SHARE)


def _listed(
    model: str, provider: str | None, url: str | None, inputs: int, outputs: int, cached: int, **context: Any
) -> Decimal | None:
    if (provider is None and url is None) or not _known(model, provider, url):
        return None
    from genai_prices import Usage, calc_price

    usage = Usage(input_tokens=inputs, output_tokens=outputs, cache_read_tokens=min(cached, inputs) or None)
    try:
        return calc_price(usage, model, provider_id=provider, provider_api_url=url, **context).total_price  # type: ignore[call-overload,no-any-return]  # one of the two is None
    except (LookupError, ValueError, TypeError):  # an older list takes no context
        return None


def _batch_share(model: str, provider: str | None, url: str | None, *tokens: int) -> float | None:
    """Look up what tokens cost in a batch, as a share of their usual price; None if the list does not say."""
    usual = _listed(model, provider, url, *tokens)
    batch = _listed(model, provider, url, *tokens, price_context={"processing": "batch"})
    # Where it lists no price for batches it answers with the usual one.
    return float(batch / usual) if usual and batch and batch < usual else None


@cache
def _known(model: str, provider: str | None, url: str | None) -> bool:
    from genai_prices import Usage, calc_price

    try:
        calc_price(Usage(input_tokens=1, output_tokens=1), model, provider_id=provider, provider_api_url=url)  # type: ignore[call-overload]  # one of the two is None
    except (LookupError, ValueError):
        return False
    return True

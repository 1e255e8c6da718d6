"""What a call costs, by the price list that the ``genai-prices`` package carries (no network)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from judgebench.judges.backend import Completion


#: What OpenAI and Anthropic take for an answer of their batch APIs, as a share of the usual price.
BATCH_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices of one's own, a judge file's ``[price]``, in US dollars for a million tokens.

    ``cached`` is for input tokens read from a cache, None where they cost what others do; ``batch`` is what an answer
    of a batch API costs, as a share of the usual price.

    >>> from judgebench.judges.backend import Completion
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
    called.
    """
    for name in dict.fromkeys((completion.model, model)):
        usd = _price(name, provider, url, completion.input_tokens, completion.output_tokens, completion.cached_tokens)
        if usd is not None:
            return usd
    return None


@cache
def _known(model: str, provider: str | None, url: str | None) -> bool:
    from genai_prices import Usage, calc_price  # noqa: PLC0415 - loaded on use

    try:
        calc_price(Usage(input_tokens=1, output_tokens=1), model, provider_id=provider, provider_api_url=url)  # type: ignore[call-overload]  # one of the two is None
    except (LookupError, ValueError):
        return False
    return True


def _price(model: str, provider: str | None, url: str | None, inputs: int, outputs: int, cached: int) -> float | None:
    if not model or (provider is None and url is None):
        return None
    from genai_prices import Usage, calc_price  # noqa: PLC0415 - loaded on use

    if not _known(model, provider, url):
        return None
    usage = Usage(input_tokens=inputs, output_tokens=outputs, cache_read_tokens=min(cached, inputs) or None)
    try:
        found = calc_price(usage, model, provider_id=provider, provider_api_url=url)  # type: ignore[call-overload]  # one of the two is None
    except (LookupError, ValueError):
        return None
    return float(found.total_price)

"""A language model as a backend: what answers, and what its answers cost."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self, TypeAlias

from judgebench.domain import Completion
from judgebench.judges.tokens import TokenCounter, similar_tokens

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from judgebench.domain import Backend, Capability, ImageLimits, Request, Usage
    from judgebench.domain.protocols import BatchApi

    Complete: TypeAlias = Callable[[Request], Awaitable[Completion]]
    Price: TypeAlias = Callable[[Completion], float | None]

#: A rough guess for where the store holds no answer yet: judges explain themselves in a few hundred tokens.
TOKENS_PER_ANSWER = 300


@dataclass(slots=True)
class Model:
    """A backend that has tokens; satisfies `domain.Backend`.

    ``ask`` answers once, ``price`` gives the dollars of a completion, None where unknown; ``longest`` bounds the tokens
    of an answer, ``images`` what it takes of these, ``gpus`` are those that each process on a cluster needs.
    """

    name: str
    ask: Complete
    can: frozenset[Capability] = frozenset({"images"})
    price: Price | None = None
    counter: TokenCounter = field(default_factory=similar_tokens)
    batch: BatchApi | None = None
    close: Callable[[], Awaitable[None]] | None = None
    limit_group: str = ""
    longest: int | None = None
    images: ImageLimits | None = None
    at_once: int | None = None
    gpus: int = 0

    def __post_init__(self) -> None:
        """Share limits with nobody where nothing else is said."""
        self.limit_group = self.limit_group or self.name

    @property
    def counting(self) -> str:
        """What counts the tokens of a forecast."""
        return self.counter.name

    async def complete(self, request: Request) -> Completion:
        """Answer a request, once."""
        return self.priced(await self.ask(request))

    def priced(self, completion: Completion) -> Completion:
        """Put the price on a completion."""
        usd = None if self.price is None else self.price(completion)
        return completion if usd is None else replace(completion, usd=usd)

    def tokens(self, request: Request) -> tuple[int, int]:
        """Estimate the input and output tokens of a request."""
        options = dict(request.options)
        longest = options.get("max_tokens", self.longest) or TOKENS_PER_ANSWER
        return self.counter(request.messages), min(TOKENS_PER_ANSWER, longest) * options.get("n", 1)

    def cost(self, input_tokens: int, output_tokens: int, *, batch: bool = False) -> Usage:
        """Price tokens that the backend would report."""
        return self.priced(Completion(input_tokens=input_tokens, output_tokens=output_tokens, batch=batch)).usage

    async def aclose(self) -> None:
        """Close the connections, the batch API's too."""
        if self.close is not None:
            await self.close()
        if self.batch is not None:
            await self.batch.aclose()


class OfModel:
    """A judge that asks one model."""

    def __init__(self, name: str, model: Model, family: str = "") -> None:
        self.name, self.model, self.family = name, model, family

    @property
    def backends(self) -> Mapping[str, Backend]:
        """The model."""
        return {self.model.name: self.model}

    def configured(
        self,
        *,
        name: str | None = None,
        price: Price | None = None,
        tokens: TokenCounter | None = None,
        family: str | None = None,
    ) -> Self:
        """Take over what a judge file says of a judge beside its settings; none of it changes an answer."""
        self.name = name or self.name
        self.family = family or self.family
        self.model.price = price or self.model.price
        self.model.counter = tokens or self.model.counter
        return self

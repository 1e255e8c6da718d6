"""The runner that reads texts with a causal language model: how surprising each token is after those before it.

Source: Jain et al. (2023), Baseline defenses for adversarial attacks against aligned language models (arXiv:2309.00614:
perplexity of a whole text and of its windows).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from judgebench.errors import BackendError
from judgebench.judges.local.model import LocalModel
from judgebench.judges.local.scoring import WholeTexts
from judgebench.judges.local.weights import LANGUAGE_MODELS, find

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.judges.local.lanes import Spec


class Reader(WholeTexts):
    """A causal language model that reads, and writes nothing."""

    def __init__(self, spec: Spec, stopped: Callable[[], bool]) -> None:  # noqa: ARG002 - a batch is one pass
        super().__init__(spec, "AutoModelForCausalLM")

    def run(self, kind: str, works: Sequence[tuple[int, ...]]) -> list[Any]:  # noqa: ARG002 - there is one kind
        """Give the surprise, in nats, of each token but the first."""
        return self.fitting(self._read, works)

    def _read(self, works: Sequence[tuple[int, ...]]) -> list[Any]:
        ids, mask = self.right(works, 0), self.mask(works)
        told = self.model(input_ids=ids, attention_mask=mask).logits[:, :-1].float().log_softmax(-1)
        own = -told.gather(-1, ids[:, 1:, None])[..., 0]
        return [tuple(own[place, : len(work) - 1].tolist()) for place, work in enumerate(works)]


def load(spec: Spec, stopped: Callable[[], bool]) -> Reader:
    """Load a model, onto the card if there is one."""
    return Reader(spec, stopped)


def surprises(name: str, texts: Sequence[str]) -> list[tuple[float, ...]]:
    """Read texts with ``hf/MODEL``: of each the surprise of its tokens, of which it needs two; longer ones are cut.

    BackendError where the model isn't one that reads texts from left to right, or its library isn't installed.
    """
    backend, _, model = name.partition("/")
    if backend != "hf" or not model:
        raise BackendError(f"{name} can't say how surprising a text is: name a language model here, as hf/MODEL")
    weights = find(backend, model)
    weights.must_be("a language model", *LANGUAGE_MODELS)
    local = LocalModel(weights, "surprise:load", dtype=None, batch_tokens=None)
    return asyncio.run(_read(local, texts))


async def _read(local: LocalModel, texts: Sequence[str]) -> list[tuple[float, ...]]:
    try:
        tokenizer = await local.tokenizer()
        works: list[tuple[int, ...]] = []
        for text in texts:
            ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
            start = [tokenizer.bos_token_id] if tokenizer.bos_token_id is not None else []
            works.append(tuple((*start, *ids)[: local.longest]))
        found = [local.run("surprise", work, len(work), work) if len(work) > 1 else _nothing() for work in works]
        return list(await asyncio.gather(*found))
    finally:
        await local.aclose()


async def _nothing() -> tuple[float, ...]:
    return ()

"""An embedding model, ``embedding/FOLDER`` or ``embedding/OWNER/NAME[@REVISION]``: answers near a reference.

The number of an answer is the cosine between its vector and the nearest reference's. How the states of a text become
its vector is read from the folder, as sentence-transformers writes it; where nothing is said it is their mean.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, cast

from judgebench.errors import BackendError
from judgebench.judges.local.model import LocalModel
from judgebench.judges.local.numbers import number, scoring
from judgebench.judges.local.scoring import Compared
from judgebench.judges.local.weights import find
from judgebench.judges.scored import compared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Completion, Request
    from judgebench.judges.local.weights import Weights

#: Nothing is drawn.
DEFAULT_TEMPERATURE: float | None = None
_POOLING = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_lasttoken": "lasttoken",
    # Another length, and the same direction.
    "pooling_mode_mean_sqrt_len_tokens": "mean",
}


class EmbeddingBackend:
    """Answers with a cosine, as text."""

    def __init__(self, weights: Weights, *, dtype: str | None, batch_tokens: int | None) -> None:
        self.label = weights.name
        modules = weights.json("modules.json").get("", [])
        kinds = {str(one.get("type")).rpartition(".")[2]: str(one.get("path", "")) for one in modules}
        if unknown := sorted(set(kinds) - {"Transformer", "Pooling", "Normalize"}):
            raise BackendError(f"{self.label} ends in {', '.join(unknown)}, which is not computed here")
        if kinds.get("Transformer"):
            raise BackendError(f"{self.label}: its transformer lies in {kinds['Transformer']!r}; name that folder")
        self._pooling = _pooling(self.label, weights, kinds.get("Pooling", ""))
        self._prefix = _prefix(weights)
        self._most: int | None = weights.json("sentence_bert_config.json").get("max_seq_length")
        self.model = LocalModel(weights, "scoring:Embedding", dtype=dtype, batch_tokens=batch_tokens, keep=True)

    async def complete(self, request: Request) -> Completion:
        """Compare the last message with those before it; texts are cut where the model's authors cut them."""
        started = time.monotonic()
        texts = await self.tokens([one.text for one in request.messages])
        *references, answer = texts
        work = Compared(answer, tuple(references))
        cosine: float = await self.model.run(self._pooling, work, max(map(len, texts)), work)
        return number(cosine, sum(map(len, texts)), self.model, started)

    async def tokens(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """Give the tokens of texts, cut where the model's authors cut them."""
        tokenizer = await self.model.tokenizer()
        longest = min(self._most or self.model.longest, self.model.longest)
        return [tuple(tokenizer(self._prefix + one, truncation=True, max_length=longest)["input_ids"]) for one in texts]

    async def cosines(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Compare the texts of each pair."""
        try:
            texts = list(dict.fromkeys(text for pair in pairs for text in pair))
            known = dict(zip(texts, await self.tokens(texts), strict=True))
            works = [Compared(known[one], (known[two],)) for one, two in pairs]
            found = [
                self.model.run(self._pooling, work, max(len(work.answer), *map(len, work.references)), work)
                for work in works
            ]
            return list(await asyncio.gather(*found))
        finally:
            await self.model.aclose()


def cosines(name: str, pairs: Sequence[tuple[str, str]]) -> list[float]:
    """Compare the texts of each pair with ``embedding/MODEL``; BackendError where it isn't one, or can't be loaded."""
    backend, _, model = name.partition("/")
    if backend != "embedding" or not model:
        raise BackendError(f"{name} makes no vectors of texts: name an embedding model here, as embedding/MODEL")
    made = EmbeddingBackend(find(backend, model), dtype=None, batch_tokens=None)
    return asyncio.run(made.cosines(pairs))


def _pooling(name: str, weights: Weights, folder: str) -> str:
    config = weights.json(f"{folder}/config.json") if folder else {}
    said = config.get("pooling_mode")
    modes = [said] if said else [mode for key, mode in _POOLING.items() if config.get(key)]
    others = [
        key for key, on in config.items() if key.startswith("pooling_mode_") and on is True and key not in _POOLING
    ]
    if folder and (others or len(modes) != 1 or modes[0] not in _POOLING.values()):
        raise BackendError(f"{name}: vectors pooled as {others or modes} are not computed here")
    return cast("str", modes[0]) if modes else "mean"


def _prefix(weights: Weights) -> str:
    """Read what the model's authors put before each text."""
    config = weights.json("config_sentence_transformers.json")
    prompts: Any = config.get("prompts") or {}
    return str(prompts.get(config.get("default_prompt_name"), ""))


create = scoring("embedding", EmbeddingBackend, compared)

"""An embedding model, ``embedding/FOLDER`` or ``embedding/OWNER/NAME[@REVISION]``: answers near a reference.

The number of an answer is the cosine between its vector and the nearest reference's. How the states of a text become
its vector is read from the folder, as sentence-transformers writes it; where nothing is said it is their mean.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

from judgebench.errors import BackendError
from judgebench.judges.local.model import LocalModel
from judgebench.judges.local.numbers import number, scoring
from judgebench.judges.local.scoring import Compared
from judgebench.judges.scored import compared

if TYPE_CHECKING:
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
        tokenizer = await self.model.tokenizer()
        longest = min(self._most or self.model.longest, self.model.longest)
        texts = [
            tuple(tokenizer(self._prefix + one.text, truncation=True, max_length=longest)["input_ids"])
            for one in request.messages
        ]
        *references, answer = texts
        work = Compared(answer, tuple(references))
        cosine: float = await self.model.run(self._pooling, work, max(map(len, texts)), work)
        return number(cosine, sum(map(len, texts)), self.model, started)


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

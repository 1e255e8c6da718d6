"""A reward model: ``reward/FOLDER`` or ``reward/OWNER/NAME[@REVISION]``, a number for each answer to a conversation.

The conversation with its answer is written by the tokenizer's chat template. Where it has none, question and answer are
the two texts of a cross-encoder, as models of that kind were trained.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from judgebench.errors import BackendError
from judgebench.judges.backends.hf import written
from judgebench.judges.local.model import LocalModel
from judgebench.judges.local.numbers import number, scoring
from judgebench.judges.local.scoring import Rated
from judgebench.judges.scored import conversation

if TYPE_CHECKING:
    from judgebench.domain import Completion, Request
    from judgebench.judges.local.weights import Weights

#: Nothing is drawn.
DEFAULT_TEMPERATURE: float | None = None


class RewardBackend:
    """Answers with a number, as text."""

    def __init__(self, weights: Weights, *, dtype: str | None, batch_tokens: int | None) -> None:
        self.label = weights.name
        config = weights.json("config.json")
        weights.must_be("a reward model", "ForSequenceClassification")
        if (outputs := len(config.get("id2label") or (0, 0))) != 1:
            raise BackendError(f"{self.label} has {outputs} outputs, and a reward model has one")
        self._chats = weights.chats
        self.model = LocalModel(weights, "scoring:Reward", dtype=dtype, batch_tokens=batch_tokens, keep=True)

    async def complete(self, request: Request) -> Completion:
        """Rate an answer."""
        started = time.monotonic()
        tokenizer = await self.model.tokenizer()
        if self._chats:
            work = Rated(tuple(written(self.label, tokenizer, request.messages, answer=False)))
        else:
            *before, answer = request.messages
            both = tokenizer("\n\n".join(one.text for one in before), answer.text, return_token_type_ids=None)
            work = Rated(tuple(both["input_ids"]), tuple(both.get("token_type_ids", ())))
        score: float = await self.model.run("reward", work, len(work.ids), work)
        return number(score, len(work.ids), self.model, started)


create = scoring("reward", RewardBackend, conversation)

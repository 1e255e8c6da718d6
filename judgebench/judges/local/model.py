"""A local model as what answers requests: tokens in, a batch behind, a completion out."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from judgebench.errors import BackendError, RejectedError
from judgebench.judges.function import beside_the_loop
from judgebench.judges.local.batches import Batches
from judgebench.judges.local.lanes import Spec, loading, open_lanes
from judgebench.judges.local.weights import DTYPES, devices
from judgebench.judges.model import Model
from judgebench.judges.tokens import file_tokens, similar_tokens

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

    from judgebench.domain import Capability
    from judgebench.judges.local.weights import Weights
    from judgebench.judges.model import Complete

#: Tokens of a batch with its padding, on a card and on a processor.
BUDGET, BUDGET_HERE = 32_768, 4096
#: Calls that wait at once: enough to find some of one length for each batch.
AT_ONCE = 256
_LOCK = threading.Lock()
_open: dict[Spec, tuple[Batches, set[int]]] = {}


class LocalModel:
    """A model's tokenizer here and its lanes, opened at the first call and shared by all who name the same files."""

    def __init__(
        self, weights: Weights, runner: str, *, dtype: str | None, batch_tokens: int | None, keep: bool = False
    ) -> None:
        self.weights = weights
        self.cards = devices()
        self.dtype = dtype or (DTYPES[0] if self.cards else DTYPES[-1])
        self.answered_by = f"{weights.name.partition('/')[2]}@{weights.pin[:12]}"
        self._runner = f"judgebench.judges.local.{runner}"
        self._budget = batch_tokens or (BUDGET if self.cards else BUDGET_HERE)
        self._keep = keep
        self._tokenizer: Any = None
        self._batches: Batches | None = None
        self._spec: Spec | None = None
        self._longest = 0

    @property
    def settings(self) -> dict[str, object]:
        """What a run records: all that can change a number."""
        backend, _, model = self.weights.name.partition("/")
        return {"backend": backend, "model": model, "weights": self.weights.pin, "dtype": self.dtype}

    @property
    def longest(self) -> int:
        """Tokens that the model can read at once."""
        return self._longest

    async def tokenizer(self) -> Any:
        """Load the tokenizer, once, in a thread: fetching the files may take long."""
        if self._batches is None:
            await beside_the_loop(self._prepare, ())
        return self._tokenizer

    async def run(self, kind: Hashable, work: Any, length: int, key: Hashable) -> Any:
        """Have a piece of work done in a batch; RejectedError where it is longer than the model can read."""
        if self._batches is None:
            await self.tokenizer()
        if length > self._longest:
            raise RejectedError(
                f"{self.weights.name}: {length:,} tokens, and the model reads {self._longest:,} at most"
            )
        batches = self._batches
        if batches is None:
            raise BackendError(f"{self.weights.name} is closed")
        return await batches.run(kind, work, length, key)

    async def aclose(self) -> None:
        """Let go of the model where nobody else here uses it."""
        with _LOCK:
            spec, self._spec, self._batches = self._spec, None, None
            if spec is None or spec not in _open:
                return
            batches, users = _open[spec]
            users.discard(id(self))
            if users:
                return
            del _open[spec]
        batches.close()

    def _prepare(self) -> None:
        with _LOCK:
            if self._batches is not None:
                return
            folder = self.weights.fetched()
            if self._tokenizer is None:
                self._tokenizer, self._longest = _tokenizer(self.weights.name, folder)
            spec = self._spec = Spec(self._runner, self.weights.name, folder, self.dtype, self._budget)
            if spec not in _open:
                cards = self.cards
                _open[spec] = Batches(lambda: open_lanes(spec, cards), self._budget, keep=self._keep), set()
            self._batches, users = _open[spec]
            users.add(id(self))


def _tokenizer(name: str, folder: Path) -> tuple[Any, int]:
    """Load a tokenizer, and read how many tokens its model takes."""
    with loading(name) as transformers:
        config = transformers.AutoConfig.from_pretrained(folder)
        made = transformers.AutoTokenizer.from_pretrained(folder)
    # A model without such a bound, one without positions for example, reads whatever fits into memory.
    return made, int(getattr(config.get_text_config(), "max_position_embeddings", None) or 2**31)


def local_model(
    local: LocalModel, ask: Complete, *, can: frozenset[Capability] = frozenset(), longest: int = 1
) -> Model:
    """Make the backend of a local model, which ``ask`` puts into tokens and its results into completions."""
    weights = local.weights
    vocabulary = weights.file("tokenizer.json")
    return Model(
        weights.name,
        ask,
        can=can,
        counter=similar_tokens() if vocabulary is None else file_tokens(vocabulary),
        close=local.aclose,
        limit_group=f"{weights.name}@{weights.pin}",
        longest=longest,
        at_once=AT_ONCE,
        gpus=min(1, len(local.cards)),
    )

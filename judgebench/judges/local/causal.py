"""A causal language model, run in batches: prompts of several lengths, padded on the left, behind a shared beginning.

``ids`` are token ids. What all prompts of a batch begin with (instructions, a rubric) is computed once and kept for the
batches that begin with it too, where the model keeps plain keys and values.
"""

from __future__ import annotations

import copy
import importlib
import inspect
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Tokens that a kept beginning may lack of what a batch could share; a new one is computed where it lacks more.
_SLACK = 32
#: Beginnings kept; each is as large as a prompt of its length.
_KEPT = 2
#: Caches whose rows can be copied and chosen from; their kin, with states of their own, are left alone.
_PLAIN = "DynamicLayer"


class Begun(NamedTuple):
    """What follows each prompt: ``logits`` (rows, vocabulary), the model's cache, and a mask of what is in it."""

    logits: Any
    cache: Any
    mask: Any


class Causal:
    """A model and what it takes; ``torch`` is loaded on use."""

    def __init__(self, model: Any, *, sharing: bool = True) -> None:
        self.torch: Any = importlib.import_module("torch")
        self.model = model
        takes = inspect.signature(model.forward).parameters
        # The name changed with transformers 5.2x.
        self._cache = "cache" if "cache" in takes else "past_key_values"
        self._positions = "position_ids" in takes
        self._keeps = "logits_to_keep" in takes
        self._sharing = sharing
        self._beginnings: OrderedDict[tuple[int, ...], Any] = OrderedDict()
        self.computed = 0

    def begin(self, prompts: Sequence[Sequence[int]], *, cached: bool) -> Begun:
        """Run prompts; without ``cached`` no cache is kept."""
        torch = self.torch
        shared, cache = self._shared(prompts)
        ids, mask = self._left([prompt[shared:] for prompt in prompts])
        if shared:
            mask = torch.cat([mask.new_ones((len(prompts), shared)), mask], dim=1)
            cache.batch_repeat_interleave(len(prompts))
        return self.go_on(ids, mask, cache, cached=cached or bool(shared))

    def go_on(self, ids: Any, mask: Any, cache: Any, *, cached: bool = True, every: bool = False) -> Begun:
        """Run more tokens of each row, with the logits of ``every`` one or the last.

        ``mask`` covers what is in the cache, too.
        """
        with self.torch.inference_mode():
            given: dict[str, Any] = {"input_ids": ids, "attention_mask": mask, "use_cache": cached}
            if self._positions:
                given["position_ids"] = (mask.cumsum(-1) - 1).clamp(min=0)[:, -ids.shape[1] :]
            if cache is not None:
                given[self._cache] = cache
            if self._keeps and not every:
                given["logits_to_keep"] = 1
            self.computed += ids.numel()
            out = self.model(**given)
            logits = out.logits if every else out.logits[:, -1]
            return Begun(logits.float(), getattr(out, self._cache, None) if cached else None, mask)

    def plain(self, cache: Any) -> bool:
        """Whether the rows of a cache can be copied and chosen from."""
        layers: Sequence[Any] = getattr(cache, "layers", ())
        return bool(layers) and all(type(layer).__name__ == _PLAIN for layer in layers)

    def _left(self, rows: Sequence[Sequence[int]]) -> tuple[Any, Any]:
        """Pad on the left: the last token of each row is the one that is answered."""
        longest = max(map(len, rows))
        ids = self.torch.tensor([[0] * (longest - len(row)) + list(row) for row in rows], device=self.model.device)
        mask = self.torch.tensor(
            [[0] * (longest - len(row)) + [1] * len(row) for row in rows], device=self.model.device
        )
        return ids, mask

    def _shared(self, prompts: Sequence[Sequence[int]]) -> tuple[int, Any]:
        """Find what all prompts begin with, and a copy of its cache; 0 and None where that does not pay."""
        if not self._sharing:
            return 0, None
        # One token is left for each prompt: its logits are wanted.
        beginning = _beginning([tuple(prompt[:-1]) for prompt in prompts])
        kept = [one for one in self._beginnings if one == beginning[: len(one)]]
        best = max(kept, key=len, default=())
        if len(best) + _SLACK < len(beginning) and len(prompts) > 1:
            best = beginning
            ids = self.torch.tensor([best], device=self.model.device)
            cache = self.go_on(ids, self.torch.ones_like(ids), None).cache
            if not self.plain(cache):
                self._sharing = False
                return 0, None
            self._beginnings[best] = cache
            if len(self._beginnings) > _KEPT:
                self._beginnings.popitem(last=False)
        if not best:
            return 0, None
        self._beginnings.move_to_end(best)
        return len(best), copy.deepcopy(self._beginnings[best])


def _beginning(rows: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Find what all rows begin with: the first and the last in order differ soonest."""
    first, last = min(rows), max(rows)
    length = next((i for i, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), None)
    return first[: min(len(first), len(last)) if length is None else length]

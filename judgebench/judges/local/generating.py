"""The runner of ``hf/MODEL``: answers token by token, and the log-probabilities of labels."""

from __future__ import annotations

import importlib
import random
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from judgebench.errors import BackendError
from judgebench.judges.local.batches import fitting
from judgebench.judges.local.causal import Causal
from judgebench.judges.local.labels import Ways, score, ways_of
from judgebench.judges.local.sampling import Labels, Prompted, Said, Sampling

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.judges.local.lanes import Spec

#: Rows that have ended stay in a batch until they are a quarter of it: to choose the others copies all their keys.
_ENDED = 4
#: Tokens at the end of an answer in which a stop text is looked for, beside its own length.
_TAIL = 8


@dataclass(slots=True)
class _Row:
    work: Prompted
    draw: random.Random
    tokens: list[int] = field(default_factory=list[int])
    told: list[tuple[str, float, tuple[tuple[str, float], ...]]] = field(
        default_factory=list[tuple[str, float, tuple[tuple[str, float], ...]]]
    )
    text: str | None = None
    ended: bool = False


def load(spec: Spec, stopped: Callable[[], bool], *, sharing: bool = True) -> Generator:
    """Load a model, onto the card if there is one."""
    torch: Any = importlib.import_module("torch")
    transformers: Any = importlib.import_module("transformers")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = transformers.AutoModelForCausalLM.from_pretrained(spec.folder, dtype=getattr(torch, spec.dtype))
    tokenizer = transformers.AutoTokenizer.from_pretrained(spec.folder)
    return Generator(model.to(device).eval(), tokenizer, stopped, sharing=sharing)


class Generator:
    """A loaded model with its tokenizer."""

    def __init__(self, model: Any, tokenizer: Any, stopped: Callable[[], bool], *, sharing: bool = True) -> None:
        self.causal = Causal(model, sharing=sharing)
        self._tokenizer = tokenizer
        self._stopped = stopped
        self._ways: dict[tuple[str, ...], list[Ways]] = {}
        ends = model.generation_config.eos_token_id if model.generation_config is not None else None
        ends = [ends] if isinstance(ends, int) else list(ends or ())
        self._ends = list(dict.fromkeys([*ends, self._tokenizer.eos_token_id]))
        if self._ends[-1] is None:
            self._ends.pop()

    def run(self, kind: Sampling | Labels, works: Sequence[Prompted]) -> list[Any]:
        """Answer a batch, in parts where it is too large."""
        run = partial(self._weigh, kind) if isinstance(kind, Labels) else partial(self._answer, kind)
        return fitting(self.causal.torch, run, works, lambda work: f"a prompt of {len(work.ids)} tokens")

    def _weigh(self, kind: Labels, works: Sequence[Prompted]) -> list[Any]:
        if kind.labels not in self._ways:
            self._ways[kind.labels] = ways_of(
                kind.labels, lambda text: self._tokenizer(text, add_special_tokens=False)["input_ids"]
            )
        return score(self.causal, [work.ids for work in works], self._ways[kind.labels], self._ends)

    def _answer(self, kind: Sampling, works: Sequence[Prompted]) -> list[Any]:
        rows = [_Row(work, random.Random(work.seed)) for work in works]  # noqa: S311 - draws are to come again
        alive: list[_Row | None] = list(rows)
        begun = self.causal.begin([work.ids for work in works], cached=True)
        while True:
            chosen = self._chosen(kind, begun.logits, alive)
            for place, row in enumerate(alive):
                if row is not None and self._take(kind, row, chosen[place]):
                    alive[place] = None
            left = [place for place, row in enumerate(alive) if row is not None]
            if not left:
                return [self._said(row) for row in rows]
            if self._stopped():
                raise BackendError("stopped")
            mask, cache = begun.mask, begun.cache
            if (len(alive) - len(left)) * _ENDED >= len(alive) and self.causal.plain(cache):
                kept = self.causal.torch.tensor(left, device=mask.device)
                cache.batch_select_indices(kept)
                mask, alive, chosen = mask[kept], [alive[place] for place in left], [chosen[place] for place in left]
            ids = self.causal.torch.tensor(chosen, device=mask.device)[:, None]
            mask = self.causal.torch.cat([mask, mask.new_ones((len(alive), 1))], dim=1)
            begun = self.causal.go_on(ids, mask, cache)

    def _chosen(self, kind: Sampling, logits: Any, rows: Sequence[_Row | None]) -> list[int]:
        """Choose the next token of each row."""
        torch = self.causal.torch
        if kind.repetition_penalty != 1.0:
            for place, row in enumerate(rows):
                if row is not None:
                    seen = torch.tensor(sorted({*row.work.ids, *row.tokens}), device=logits.device)
                    old = logits[place, seen]
                    factor = kind.repetition_penalty
                    logits[place, seen] = torch.where(old < 0, old * factor, old / factor)
        chosen: list[int] = logits.argmax(-1).tolist() if kind.temperature == 0 else self._drawn(kind, logits, rows)
        if kind.top:
            self._tell(kind, logits, rows, chosen)
        return chosen

    def _drawn(self, kind: Sampling, logits: Any, rows: Sequence[_Row | None]) -> list[int]:
        """Draw by one even number for each row, so that an answer does not depend on its batch."""
        torch = self.causal.torch
        ranked, order = (logits / kind.temperature).sort(dim=-1, descending=True)
        shares = ranked.double().softmax(-1)
        kept = torch.ones_like(shares, dtype=torch.bool)
        if kind.top_k:
            kept[:, kind.top_k :] = False
        if kind.top_p < 1:
            # The token with which the sum passes the bound is kept.
            kept &= shares.cumsum(-1) - shares < kind.top_p
        sums = (shares * kept).cumsum(-1)
        even = [0.0 if row is None else row.draw.random() for row in rows]
        places = torch.searchsorted(sums, torch.tensor(even, device=sums.device).double()[:, None] * sums[:, -1:])
        places = places.clamp(max=sums.shape[1] - 1)
        chosen: list[int] = order.gather(1, places)[:, 0].tolist()
        return chosen

    def _tell(self, kind: Sampling, logits: Any, rows: Sequence[_Row | None], chosen: Sequence[int]) -> None:
        """Note each token's log-probability and the likeliest ones in its place."""
        logs = logits.log_softmax(-1)
        values, places = logs.topk(min(kind.top, logs.shape[1]), dim=-1)
        for place, row in enumerate(rows):
            if row is not None:
                pairs = zip(places[place].tolist(), values[place].tolist(), strict=True)
                top = tuple((self._text([token]), float(value)) for token, value in pairs)
                row.told.append((self._text([chosen[place]]), float(logs[place, chosen[place]]), top))

    def _take(self, kind: Sampling, row: _Row, token: int) -> bool:
        """Take a token into an answer; whether that ends it."""
        if token in self._ends:
            row.ended = True
            return True
        row.tokens.append(token)
        if kind.stop:
            tail = self._text(row.tokens[-_TAIL - max(map(len, kind.stop)) :])
            if any(stop in tail for stop in kind.stop):
                text = self._text(row.tokens)
                row.text = text[: min((place for stop in kind.stop if (place := text.find(stop)) >= 0), default=None)]
                row.ended = True
                return True
        return len(row.tokens) >= row.work.room

    def _said(self, row: _Row) -> Said:
        text = self._text(row.tokens) if row.text is None else row.text
        return Said(text, len(row.tokens), row.ended, tuple(row.told))

    def _text(self, tokens: Sequence[int]) -> str:
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=True)
        return text

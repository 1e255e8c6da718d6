"""The runners of ``reward/MODEL`` and ``embedding/MODEL``: a number for each answer."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.judges.local.batches import fitting, partition

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.judges.local.lanes import Spec

#: Embeddings that are kept: a reference is compared with each answer to it.
_KEPT = 4096


class Rated(NamedTuple):
    """A conversation with its answer in tokens; ``segments`` tell the two apart where the model wants to know."""

    ids: tuple[int, ...]
    segments: tuple[int, ...] = ()


class Compared(NamedTuple):
    """An answer and its references in tokens."""

    answer: tuple[int, ...]
    references: tuple[tuple[int, ...], ...]


class WholeTexts:
    """A loaded model that reads whole texts."""

    def __init__(self, spec: Spec, kind: str) -> None:
        self.torch: Any = importlib.import_module("torch")
        transformers: Any = importlib.import_module("transformers")
        device = "cuda" if self.torch.cuda.is_available() else "cpu"
        made = getattr(transformers, kind).from_pretrained(spec.folder, dtype=getattr(self.torch, spec.dtype))
        self.model = made.to(device).eval()
        self.budget = spec.budget

    def right(self, rows: Sequence[Sequence[int]], pad: int) -> Any:
        """Pad on the right."""
        longest = max(map(len, rows))
        return self.torch.tensor([[*row, *[pad] * (longest - len(row))] for row in rows], device=self.model.device)

    def mask(self, rows: Sequence[Sequence[int]]) -> Any:
        """Say where the tokens are."""
        return self.right([[1] * len(row) for row in rows], 0)

    def fitting(self, run: Callable[[Sequence[Any]], list[Any]], works: Sequence[Any]) -> list[Any]:
        """Run a batch, in parts where it is too large."""
        return fitting(self.torch, run, works, lambda _: "an answer of this length")


class Reward(WholeTexts):
    """A model with one output for a text: how good the answer is."""

    def __init__(self, spec: Spec, stopped: Callable[[], bool]) -> None:  # noqa: ARG002 - a batch is one pass
        super().__init__(spec, "AutoModelForSequenceClassification")
        self._text: Any = self.model.config.get_text_config()
        # Decoders look for the last token that is not this one.
        self._pad: int | None = self._text.pad_token_id

    def run(self, kind: str, works: Sequence[Rated]) -> list[Any]:  # noqa: ARG002 - there is one kind
        """Rate a batch."""
        return self.fitting(self._rate, works)

    def _rate(self, works: Sequence[Rated]) -> list[Any]:
        rows = [work.ids for work in works]
        pad = self._pad
        if pad is None:
            # Alone, a text is read at its last token, be it what it may: so it is with a filler that no text holds.
            held = {token for row in rows for token in row}
            pad = next(token for token in range(self._text.vocab_size) if token not in held)
            self._text.pad_token_id = pad
        given = {"input_ids": self.right(rows, pad), "attention_mask": self.mask(rows)}
        if works[0].segments:
            given["token_type_ids"] = self.right([work.segments for work in works], 0)
        scores: list[float] = self.model(**given).logits[:, 0].double().tolist()
        return list(scores)


class Embedding(WholeTexts):
    """A model whose states make a vector of a text; two are compared by the cosine between them."""

    def __init__(self, spec: Spec, stopped: Callable[[], bool]) -> None:  # noqa: ARG002 - as above
        super().__init__(spec, "AutoModel")
        self._vectors: dict[tuple[int, ...], Any] = {}

    def run(self, kind: str, works: Sequence[Compared]) -> list[Any]:
        """Compare each answer with its references: the nearest counts. ``kind`` says how states become a vector."""
        texts = dict.fromkeys(text for work in works for text in (work.answer, *work.references))
        new = [text for text in texts if text not in self._vectors]
        if len(self._vectors) > _KEPT:
            self._vectors, new = {}, list(texts)
        for places in partition([len(text) for text in new], self.budget):
            rows = [new[place] for place in places]
            self._vectors |= dict(zip(rows, self.fitting(lambda some: self._embed(kind, some), rows), strict=True))
        return [self._nearest(work) for work in works]

    def _nearest(self, work: Compared) -> Any:
        vectors = [self._vectors[text] for text in (work.answer, *work.references)]
        failed = next((one for one in vectors if isinstance(one, Exception)), None)
        answer, *others = vectors
        return failed or max(float(answer @ other) for other in others)

    def _embed(self, pooling: str, rows: Sequence[tuple[int, ...]]) -> list[Any]:
        mask = self.mask(rows)
        states = self.model(input_ids=self.right(rows, 0), attention_mask=mask).last_hidden_state.double()
        held = mask[..., None].bool()
        if pooling == "cls":
            pooled = states[:, 0]
        elif pooling == "lasttoken":
            pooled = states[self.torch.arange(len(rows)), mask.sum(1) - 1]
        elif pooling == "max":
            pooled = states.masked_fill(~held, -self.torch.inf).amax(1)
        else:
            pooled = states.masked_fill(~held, 0).sum(1) / mask.sum(1, keepdim=True)
        return list(self.torch.nn.functional.normalize(pooled, dim=-1))

"""Models here that answer with a number: how the number becomes a completion, and the model a judge."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

from judgebench.domain import Completion
from judgebench.judges.local.model import LocalModel, local_model
from judgebench.judges.local.weights import Weights, find
from judgebench.judges.scored import ScoreJudge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.domain import Case, Message, Request


class Scoring(Protocol):
    """A backend whose answers are numbers, of one model."""

    model: LocalModel

    def __init__(self, weights: Weights, *, dtype: str | None, batch_tokens: int | None) -> None: ...

    async def complete(self, request: Request) -> Completion:
        """Answer with a number."""
        ...


def number(value: float, tokens: int, model: LocalModel, started: float) -> Completion:
    """Write a number as an answer; ``started`` is a time of `time.monotonic`."""
    seconds = time.monotonic() - started
    return Completion(repr(value), input_tokens=tokens, model=model.answered_by, seconds=seconds)


def scoring(
    kind: str, backend: type[Scoring], shown: Callable[[Case, int], tuple[Message, ...]]
) -> Callable[..., ScoreJudge]:
    """Make what builds the judge of such a model, ``kind/MODEL``, which is ``shown`` each answer."""

    def create(
        model: str,
        *,
        thresholds: Sequence[float] = (),
        dtype: str | None = None,
        batch_tokens: int | None = None,
        **_: Any,
    ) -> ScoreJudge:
        # Options of judges that are told something mean nothing to it.
        made = backend(find(kind, model), dtype=dtype, batch_tokens=batch_tokens)
        return ScoreJudge(local_model(made.model, made.complete), shown, made.model.settings, thresholds)

    return create

"""What is wanted of a language model, and what it said; loads nothing."""

from __future__ import annotations

from typing import NamedTuple


class Sampling(NamedTuple):
    """How an answer is drawn: the kind of a batch.

    At ``temperature`` 0 it is the likeliest token each time. ``top`` is how many alternatives are told of each token.
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    stop: tuple[str, ...] = ()
    top: int = 0


class Labels(NamedTuple):
    """The labels that are weighed: the kind of a batch."""

    labels: tuple[str, ...]


class Prompted(NamedTuple):
    """A prompt in tokens, how many tokens its answer may have, and the seed of what is drawn; None draws anew."""

    ids: tuple[int, ...]
    room: int
    seed: str | None = None


class Said(NamedTuple):
    """An answer; ``told`` holds each token's text and log-probability, and the alternatives to it."""

    text: str
    tokens: int
    ended: bool
    told: tuple[tuple[str, float, tuple[tuple[str, float], ...]], ...] = ()

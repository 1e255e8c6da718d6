"""An order of responses that leaks nothing, for benchmarks whose files have the better one first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.domain import digest

if TYPE_CHECKING:
    from collections.abc import Sequence

# Changing this changes which response is A in every stored run.
_ORDER_SALT = "judgebench content order 1"


def content_order(prompt: str, texts: Sequence[str]) -> tuple[int, ...]:
    """Order of responses that only their texts decide: ``order[slot]`` is the published index of the one in that slot.

    Many benchmarks list the better response first: shown like that, a judge that always says "A" is perfect. Here they
    are sorted by the sha256 of prompt and text, which is as good as a fair shuffle, the same on every machine, and the
    same if the better and the worse one change places.
    """
    keys = [digest([_ORDER_SALT, prompt, text]) for text in texts]
    return tuple(sorted(range(len(texts)), key=keys.__getitem__))

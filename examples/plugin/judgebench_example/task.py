"""A task: is the word spelt right? Two people have said so of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from judgebench.domain import Item, Label, Response, Scale, Turn

_MEANT = {
    "beginning": ("beginning", "begining", "beggining", "beginnning"),
    "receive": ("receive", "recieve", "recive", "receeve"),
    "necessary": ("necessary", "neccessary", "necesary", "neccesary"),
    "separate": ("separate", "seperate", "separete", "sepparate"),
}


class Spelling:
    """Has a name, what pins its data, a scale, and yields items in one order."""

    name, revision, scale = "spelling", "1", Scale.check()

    def items(self) -> Iterator[Item]:
        """Yield a word each; those that were meant to be one are not independent, and share a cluster."""
        for meant, written in _MEANT.items():
            for word in written:
                right = int(word == meant)
                yield Item(
                    word,
                    (Turn.of("user", f"Spell the word that rhymes with itself: {meant}."),),
                    (Response(word),),
                    (Label("ann", right), Label("bob", right if word != "recive" else 1)),
                    "human",
                    cluster=meant,
                )


def make(split: str, *, data: Path | None, sample: bool) -> Spelling:
    """Open the task behind ``spelling``: it has one split, and needs no files."""
    del split, data, sample
    return Spelling()

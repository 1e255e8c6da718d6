"""Judge cards: published judges by name, each as data, with the parser of its authors beside a strict one.

A card says how a judge is spoken to (`template`, `asking`), and how what it writes is read (`parsers` as published,
`strict` as ours); `judge` asks by it. Prompts are in words of ours: the originals' sentences are not here, their layout
is. A new card is a TOML file in this folder, or anywhere.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from judgebench.errors import UnknownNameError
from judgebench.judges.cards.read import read_card
from judgebench.judges.own_text import own_text

if TYPE_CHECKING:
    from judgebench.judges.cards.card import Card


@cache
def card_names() -> tuple[str, ...]:
    """Names of the cards that come with judgebench."""
    folder = resources.files(__name__)
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


@cache
def load_card(name: str) -> Card:
    """Load a card by name, or from a file of one's own; UnknownNameError or UsageError where there is none."""
    if name.endswith(".toml"):
        path = Path(name)
        return read_card(own_text(path, "judge card"), name, path.stem)
    if name not in card_names():
        raise UnknownNameError("judge card", name, card_names(), "(judgebench list cards)")
    entry = resources.files(__name__) / f"{name}.toml"
    return read_card(entry.read_text(encoding="utf-8"), f"{name}.toml", name)

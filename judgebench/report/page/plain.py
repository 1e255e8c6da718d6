"""Items for readers without JavaScript: the same texts, labels and verdicts, one below the other."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Plain", "PlainBoard", "marked", "plain_item"]

#: Characters that are not seen, or turn the text around them; joiners belong to emoji and scripts.
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp", "Co"}
_KEPT = {"\n", "\t", "\u200c", "\u200d"}
_SURE = re.compile(r"[\x20-\x7e\n\t]*")
#: A longer text is cut.
_LONG = 20_000
_NO_LABEL = "no label"


class Said(NamedTuple):
    """What a judge said, and whether that is the label that most people gave (1), or is not (2)."""

    name: str
    word: str
    right: int
    text: Markup


class Plain(NamedTuple):
    """An item; texts are marked up already."""

    name: Markup
    texts: tuple[tuple[str, Markup], ...]
    responses: tuple[tuple[str, Markup], ...]
    people: tuple[tuple[Markup, Markup], ...]
    said: tuple[Said, ...]
    size: int


class PlainBoard(NamedTuple):
    """The items of one task, in order."""

    task: str
    items: tuple[Plain, ...]


def marked(text: str) -> Markup:
    r"""Escape a text, its unseen characters made visible.

    >>> marked("a<b\u202e")
    Markup('a&lt;b<span class="ctl">U+202E</span>')
    """
    cut = text if len(text) <= _LONG else f"{text[:_LONG]} … {len(text) - _LONG:,} characters more"
    if _SURE.fullmatch(cut):
        return escape(cut)
    return Markup("").join(map(_character, re.split(r"([^\x20-\x7e\n\t])", cut.replace("\r\n", "\n"))))


def _character(piece: str) -> Markup:
    if len(piece) == 1 and piece not in _KEPT and unicodedata.category(piece) in _UNSEEN:
        return Markup('<span class="ctl">U+{:04X}</span>').format(ord(piece))
    return escape(piece)


def plain_item(
    name: str,
    entry: Mapping[str, Any],
    words: Sequence[str],
    annotators: Sequence[str],
    judges: Sequence[str],
    *,
    pair: bool,
    texts: bool,
) -> Plain:
    """Make an item of its entry; without ``texts`` it has labels and verdicts only. A ``pair`` has answers A and B."""
    text = entry["text"] if texts else None
    asked: list[tuple[str, str]] = []
    answers: list[tuple[str, str]] = []
    if text is not None:
        asked += [
            (role if len(text["turns"]) > 1 else "", said) for role, pieces in text["turns"] for said, _ in pieces
        ]
        asked += [("context", one) for one in text["context"]]
        asked += [("reference" if kind == "human" else f"reference: {kind}", one) for kind, one in text["references"]]
        count = len(text["responses"])
        answers += [
            ("What was judged" if count == 1 else f"Answer {'AB'[i] if pair else i + 1}", one)
            for i, (one, _) in enumerate(text["responses"])
        ]
    said = tuple(
        Said(
            judges[int(one["run"])],
            _word(one.get("word", 0), words),
            one.get("right", 0),
            marked(one.get("text", "") if texts else ""),
        )
        for one in entry["said"]
        if not one.get("probe")
    )
    size = sum(len(one) for _, one in (*asked, *answers)) + sum(len(one.text) for one in said)
    people = tuple(
        (marked(annotators[int(who)]), marked(_NO_LABEL if code < 0 else words[int(code)]))
        for who, code in entry["gold"]
    )
    return Plain(
        marked(name),
        tuple((role, marked(one)) for role, one in asked if one),
        tuple((title, marked(one)) for title, one in answers),
        people,
        said,
        size,
    )


def _word(code: int, words: Sequence[str]) -> str:
    return "not usable" if code < 0 else words[code]

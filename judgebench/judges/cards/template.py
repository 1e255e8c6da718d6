r"""Templates of judge cards: native layouts to the letter, so nothing is fenced, and nothing trimmed.

``{{slot}}`` is a text; ``{{if slot}}...{{end}}`` and ``{{unless slot}}...{{end}}`` stand or go whole, and
``{{each answers}}...{{end}}`` is written once for each. A line that holds nothing but such a mark is no line of the
prompt. Slots are filled in one pass: what an item says is never read as a template.

>>> Template.of("{{if reference}}\n{{reference}}\n{{end}}\nQ: {{question}}").fill({"question": "Why?"})
'Q: Why?'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from judgebench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Texts of a case. ``last`` is the last turn of the user's, ``question`` all that was asked, ``input`` an input of an
#: instruction's own, ``references`` all of them by line; ``several`` is full where the conversation has several turns.
SLOTS = (
    *("question", "last", "input", "answer", "answer_a", "answer_b", "reference", "references", "context"),
    *("criterion", "levels", "low", "high", "category", "several"),
)
#: What is written once for each, and the slots inside.
EACH = {
    "answers": ("n", "letter", "text"),
    "turns_a": ("n", "user", "assistant"),
    "turns_b": ("n", "user", "assistant"),
}
_INSIDE = frozenset(name for names in EACH.values() for name in names)
_MARK = re.compile(r"\{\{\s*(?:(if|unless|each)\s+([a-z_]+)|(end)|([a-z_]+))\s*\}\}")
#: A line of its own goes with its mark.
_ALONE = re.compile(r"^[ \t]*(\{\{\s*(?:(?:if|unless|each)\s+[a-z_]+|end)\s*\}\})[ \t]*(?:\n|\Z)", re.MULTILINE)
_ANY = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_GAP = "\0"
#: How a line begins that is a header, and not a sentence.
_SIGN = re.compile(r"#{1,4} ?\w|\[/?\w|<\|?/?\w|\*{3}")

#: What a block is made of: words, a slot, or a block.
_Piece: TypeAlias = "str | tuple[str] | _Block"


@dataclass(frozen=True, slots=True)
class _Block:
    how: str
    slot: str
    pieces: tuple[_Piece, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A template, read once."""

    pieces: tuple[_Piece, ...]

    @staticmethod
    @lru_cache(maxsize=256)
    def of(text: str) -> Template:
        """Read a template; UsageError where a mark is unknown, or a block without an end."""
        text = _ALONE.sub(r"\1", text)
        stack: list[tuple[str, str, list[_Piece]]] = [("", "", [])]
        at = 0
        for mark in _ANY.finditer(text):
            known = _MARK.fullmatch(mark[0])
            slot = known and (known[2] or known[4])
            if known is None or (slot and slot not in {*SLOTS, *EACH, *_INSIDE}):
                raise UsageError(
                    f"a template holds {mark[0]}; the slots are {', '.join((*SLOTS, *_INSIDE))}, and the blocks "
                    f"{{{{if SLOT}}}}, {{{{unless SLOT}}}}, {{{{each {'|'.join(EACH)}}}}}, each up to {{{{end}}}}"
                )
            stack[-1][2].append(text[at : mark.start()])
            at = mark.end()
            if known[1]:
                stack.append((known[1], known[2], []))
            elif known[4]:
                stack[-1][2].append((known[4],))
            elif len(stack) > 1:
                how, name, pieces = stack.pop()
                stack[-1][2].append(_Block(how, name, tuple(pieces)))
            else:
                raise UsageError("a template holds an {{end}} without a beginning")
        if len(stack) > 1:
            raise UsageError(f"a template's {{{{{stack[-1][0]} {stack[-1][1]}}}}} has no {{{{end}}}}")
        return Template((*stack[0][2], text[at:]))

    def fill(self, texts: Mapping[str, str], lists: Mapping[str, Sequence[Mapping[str, str]]] | None = None) -> str:
        """Write it; a slot without a text is empty."""
        return _filled(self.pieces, texts, lists or {})

    @property
    def slots(self) -> frozenset[str]:
        """The slots that it fills, those of conditions aside."""
        return frozenset(_slots(self.pieces))

    @property
    def marks(self) -> tuple[str, ...]:
        """Its headers and signs, each as a regular expression: what an item must not be able to forge."""
        found = (_header(line) for line in _shape(self.pieces).splitlines())
        return tuple(dict.fromkeys(one for one in found if one))


def _shape(pieces: Sequence[_Piece]) -> str:
    """Write every block once, and a gap for every slot."""
    written = (
        _shape(one.pieces) if isinstance(one, _Block) else one if isinstance(one, str) else _GAP for one in pieces
    )
    return "".join(written)


def _header(line: str) -> str:
    """Take the head of a line that is a sign of the layout's, with a gap as any word; empty for a sentence."""
    head = re.split(rf"(?<=[:\]>])\s*{_GAP}", line.strip())[0].strip()
    sentence = not _SIGN.match(head) or len(head) > 80 or head.count(" ") > 8
    return "" if sentence else re.escape(head).replace(_GAP, r"\S{1,9}")


def _slots(pieces: Sequence[_Piece]) -> set[str]:
    found = set[str]()
    for piece in pieces:
        if isinstance(piece, _Block):
            found |= _slots(piece.pieces) | ({piece.slot} if piece.how == "each" else set())
        elif isinstance(piece, tuple):
            found.add(piece[0])
    return found


def _filled(
    pieces: Sequence[_Piece], texts: Mapping[str, str], lists: Mapping[str, Sequence[Mapping[str, str]]]
) -> str:
    written: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            written.append(piece)
        elif isinstance(piece, tuple):
            written.append(texts.get(piece[0], ""))
        elif piece.how == "each":
            written += [_filled(piece.pieces, {**texts, **one}, lists) for one in lists.get(piece.slot, ())]
        elif bool(texts.get(piece.slot)) == (piece.how == "if"):
            written.append(_filled(piece.pieces, texts, lists))
    return "".join(written)

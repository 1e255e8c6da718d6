"""Templates: their slots, and how they are filled with what a case shows.

Templates are filled in one pass: text of an item is never read as a template. Every piece of an item stands in a
fence, whose code is the digest of the item's content, 96 bits of SHA-256: a text that holds the code of its own item
would have to be found among 2^96, so that no text can close its fence, even where its author knows all the rest.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from judgebench.domain import Part
from judgebench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from judgebench.domain import Case, Scale

#: What a template may hold. The first six are filled where there is something, the next four name single texts; then
#: what the prompt itself brings: its criteria, and its examples.
SLOTS = (
    *("conversation", "responses", "verdict", "reference", "context", "criterion"),
    *("question", "answer", "answer_a", "answer_b"),
    *("criteria", "examples"),
)
#: Slots with what is judged.
ANSWERS = frozenset({"responses", "answer", "answer_a", "answer_b"})
SLOT = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
CONDITION = re.compile(r"\{\{\s*(if|unless)\s+([a-z_]+)\s*\}\}")
_ALMOST = re.compile(r"(?<!\{)\{\s*([a-z_]+)\s*\}(?!\})")
MARKUP = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
#: Slots whose fences come on lines of their own where they stand inside a sentence; in plain text it is all of them.
INSIDE = frozenset({"criterion", "question", "answer", "answer_a", "answer_b"})
FENCED = frozenset(SLOTS) - {"verdict", "criteria"}

#: What a message is put together from: words, or an image.
Piece: TypeAlias = str | Part


class _Paragraph(NamedTuple):
    """A paragraph of a template: the slots that must be full or empty, and its text with every second piece a slot."""

    filled: tuple[str, ...]
    empty: tuple[str, ...]
    pieces: tuple[str, ...]


@lru_cache(maxsize=256)
def _paragraphs(template: str) -> tuple[_Paragraph, ...]:
    read: list[_Paragraph] = []
    for paragraph in re.split(r"\n\s*\n", template.strip()):
        text = paragraph
        filled: list[str] = []
        empty: list[str] = []
        while condition := CONDITION.match(text):
            (filled if condition[1] == "if" else empty).append(condition[2])
            text = text[condition.end() :].lstrip()
        pieces = SLOT.split(text)
        read.append(_Paragraph((*filled, *pieces[1::2]), tuple(empty), tuple(pieces)))
    return tuple(read)


def fill(template: str, slots: dict[str, list[Piece]], apart: frozenset[str]) -> tuple[Part, ...]:
    """Fill a template; a paragraph without what it should show is left out. Slots ``apart`` have lines of their own."""
    pieces: list[Piece] = []
    for paragraph in _paragraphs(template):
        if not all(slots[name] for name in paragraph.filled) or any(slots[name] for name in paragraph.empty):
            continue
        if pieces:
            pieces.append("\n\n")
        for i, piece in enumerate(paragraph.pieces):
            if i % 2:
                pieces += slots[piece]
            else:
                before, after = paragraph.pieces[i - 1 : i], paragraph.pieces[i + 1 : i + 2]
                pieces.append(_beside(piece, not apart.isdisjoint(before), not apart.isdisjoint(after), bool(after)))
    return _merged(pieces)


def _beside(words: str, before: bool, after: bool, more: bool) -> str:  # noqa: FBT001 - what stands around it
    """Bring fences before and after words on lines of their own; ``more`` says that something comes after."""
    if before:
        words = words.removeprefix(".").lstrip(" ")
        words = f"\n{words}" if (words or more) and not words.startswith("\n") else words
    if after:
        words = words.rstrip(" ")
        words = f"{words}\n" if words and not words.endswith("\n") else words
    return words


def _merged(pieces: list[Piece]) -> tuple[Part, ...]:
    """Join neighbouring texts; a model should see an image only where there is one."""
    try:
        text = "".join(pieces)  # type: ignore[arg-type]  # an image among them is what the handler is for
    except TypeError:
        return _around_images(pieces)
    return (Part(_valid(text)),) if text else ()


def _around_images(pieces: Iterable[Piece]) -> tuple[Part, ...]:
    merged: list[Part] = []
    words: list[str] = []

    def end_of_text() -> None:
        if text := "".join(words):
            merged.append(Part(_valid(text)))
        words.clear()

    for piece in pieces:
        if isinstance(piece, str):
            words.append(piece)
        else:
            end_of_text()
            merged.append(piece)
    end_of_text()
    return tuple(merged)


def _valid(text: str) -> str:
    """Replace lone surrogates, which no HTTP body can carry."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def shown(case: Case, scale: Scale) -> dict[str, list[Piece]]:
    """Give the slots with the pieces of an item, each in its fence."""
    item = case.item
    fence = item.content_digest
    turns = item.conversation
    conversation: list[list[Piece]] = []
    for number, turn in enumerate(turns, 1):
        name = "request" if len(turns) == 1 else f"turn {number}, {turn.speaker}"
        conversation.append(fenced(name, fence, turn.parts))
    letters = "AB" if scale.kind == "pair" else ""
    responses: list[list[Piece]] = []
    for slot, response in enumerate(case.responses):
        named = letters[slot] if letters else slot + 1
        name = f"step {named}" if scale.kind == "steps" else "response" if len(case.order) == 1 else f"response {named}"
        images = [Part(image=image) for image in response.images] if response.images else ()
        blocks = [] if response.turns else [fenced(name, fence, [Part(response.text), *images])]
        for number, turn in enumerate(response.turns, 1):
            blocks.append(fenced(f"{name}, {turn.speaker} turn {number}", fence, turn.parts))
        responses.append(stacked(blocks))
    # Of a conversation each turn may have its own; several to one question are numbered.
    given = case.references
    last = [one for one in given if not one.turn]
    names = [f"reference for turn {one.turn}" for one in given if one.turn]
    names += [f"reference {n}" if len(last) > 1 else "reference" for n, _ in enumerate(last, 1)]
    earlier = [one for one in given if one.turn]
    references = [fenced(name, fence, [Part(one.text)]) for name, one in zip(names, (*earlier, *last), strict=True)]
    documents = [
        fenced(f"document {n}" if len(item.context) > 1 else "document", fence, [Part(text)])
        for n, text in enumerate(item.context, 1)
    ]
    criterion = item.attribute("criterion")
    if criterion and item.levels:
        criterion = "\n".join([criterion, *(f"  {word}: {means}" for word, means in item.levels)])
    asked = stacked(conversation)
    return {
        "conversation": asked,
        "question": asked,
        "responses": stacked(responses),
        "answer": responses[0] if len(responses) == 1 else [],
        "answer_a": responses[0] if len(responses) == 2 else [],
        "answer_b": responses[1] if len(responses) == 2 else [],
        "reference": stacked(references),
        "context": stacked(documents),
        "criterion": fenced("criterion", fence, [Part(criterion)]) if criterion else [],
        "criteria": [],
        "examples": [],
    }


def fenced(name: str, fence: str, parts: Iterable[Part]) -> list[Piece]:
    """Put the parts of a text between two lines that carry a code."""
    pieces: list[Piece] = [f"=== begin {name} [{fence}] ===\n"]
    for part in parts:
        if part.image is not None:
            pieces.append(Part(image=part.image))
        if part.text:
            pieces += (part.text, "\n")
    pieces.append(f"=== end {name} [{fence}] ===")
    return pieces


def block(name: str, fence: str, text: str) -> str:
    """Put a text between two lines that carry a code."""
    return "".join(map(str, fenced(name, fence, [Part(text)])))


def stacked(blocks: list[list[Piece]]) -> list[Piece]:
    """Put blocks below each other."""
    stacked: list[Piece] = []
    for block in blocks:
        if stacked:
            stacked.append("\n\n")
        stacked += block
    return stacked


def slots_of(*templates: str) -> frozenset[str]:
    """Name the slots that templates fill, those of conditions aside."""
    return frozenset(name for template in templates for name in SLOT.findall(template))


def unguarded(template: str) -> frozenset[str]:
    """Name the slots of paragraphs that don't say ``{{if SLOT}}``: whoever wrote them counts on something there."""
    found = set[str]()
    for paragraph in _paragraphs(template):
        slots = paragraph.pieces[1::2]
        found |= set(slots) - set(paragraph.filled[: len(paragraph.filled) - len(slots)])
    return frozenset(found)


def single_braced(*templates: str) -> list[str]:
    """Find what would be a slot with one brace more.

    >>> single_braced('{question} {{answer}} {"a": 1} {other}')
    ['question']
    """
    return list(dict.fromkeys(name for text in templates for name in _ALMOST.findall(text) if name in SLOTS))


def check_markup(template: str, where: str) -> None:
    """Refuse what looks like a slot and is none: UsageError names the slots there are."""
    for markup in MARKUP.finditer(template):
        known = SLOT.fullmatch(markup[0]) or CONDITION.fullmatch(markup[0])
        slot = known[known.re.groups] if known else None
        if slot not in SLOTS:
            raise UsageError(
                f"{where} holds {markup[0]}; the slots are {', '.join(SLOTS)}, "
                "conditions are {{if SLOT}} and {{unless SLOT}} at the start of a paragraph"
            )


def anew(template: str, asks: re.Pattern[str]) -> str:
    """Let a form write the paragraph that holds ``{{verdict}}`` and asks for another form in its own words."""
    paragraphs = re.split(r"\n\s*\n", template.strip())
    return "\n\n".join("{{verdict}}" if "verdict" in SLOT.findall(p) and asks.search(p) else p for p in paragraphs)

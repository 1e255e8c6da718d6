"""What is judged: items, and items as they are shown once."""

from __future__ import annotations

import hashlib
import json
import stat
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from judgebench.domain.scale import Code

#: How images begin that are no files.
_ELSEWHERE = ("http://", "https://", "data:")
#: How the name of an attribute begins that says what a verdict means.
_LEVEL = "level "
GoldSource: TypeAlias = Literal["human", "expert", "crowd", "verifier", "model", "unspecified"]
#: Whose a turn is: an agent's ``call`` of a tool is a turn of its own, and so is what the ``tool`` gave back.
Role: TypeAlias = Literal["system", "user", "assistant", "call", "tool"]
#: What a reader is told of turns that are nobody's words.
_NAMED = {"call": "tool call", "tool": "tool result"}
#: How the cases of a probe's placebo are named, after the probe.
PLACEBO = " placebo"
#: The attribute of an item that a probe changed which says where that pushes: towards response ``0``, ``1`` ..., or a
#: single one ``up`` or ``down``.
TARGET = "probe target"
#: The attribute of an item whose levels (`Item.levels`) are shown from the best to the worst.
BEST_FIRST = ("levels", "best first")
#: The attribute of an item whose answer a probe replaced by one of which it is known what is owed to it: ``accept``,
#: ``reject``.
OWED = "probe owed"
#: The attribute of an item whose texts are not here, or were never published.
UNANSWERED = ("unanswered", "yes")
#: Sources that let a table say "agreement with humans".
HUMAN_SOURCES: frozenset[str] = frozenset({"human", "expert", "crowd"})


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a turn: text, or an image (a path, a URL or a ``data:`` URI)."""

    text: str = ""
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation, or one tool call of an agent's or its result."""

    role: Role
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, role: Role, text: str) -> Self:
        """Build a turn of plain text."""
        return cls(role, (Part(text),))

    @property
    def text(self) -> str:
        """The text parts, joined."""
        if len(self.parts) == 1:
            return self.parts[0].text
        return "\n".join(part.text for part in self.parts if part.text)

    @property
    def speaker(self) -> str:
        """The role as a reader is told it."""
        return _NAMED.get(self.role, self.role)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer that is judged, and the system that wrote it (if known).

    Of one that took several turns, such as an agent's trajectory, ``turns`` are all, the other side's and the tools'
    too, and ``text`` is the last word.
    """

    text: str
    model: str | None = None
    images: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()

    @property
    def pictures(self) -> Iterator[str]:
        """All its images, those of its turns before its own."""
        shown = (part.image for turn in self.turns for part in turn.parts if part.image is not None)
        return chain(shown, self.images)

    @property
    def whole(self) -> str:
        """All of it in one text: an agent's trajectory turn by turn, each under its speaker; else the last word."""
        if all(turn.role not in _NAMED for turn in self.turns):
            return self.text
        return "\n\n".join(f"[{turn.speaker}]\n{turn.text}" for turn in self.turns)


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference answer: ``kind`` names the reference condition that shows it (``human`` ...).

    ``turn`` is the message of the conversation that it answers, from 1, where that is an earlier one than the last.
    """

    text: str
    kind: str = "human"
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Label:
    """A gold label; ``code`` is None where this annotator left the item out.

    On a ``pick`` scale a tuple holds every response that counts as right.
    """

    annotator: str
    code: Code | None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to judge, with its gold labels.

    ``responses`` answer ``conversation``: one for ``check`` and ``rate``, two for ``pair``, k for ``pick`` and
    ``rank``. ``id`` is unique in its task. ``gold`` has a label per annotator, gaps allowed, and ``gold_source`` says
    who or what gave them. Items that share ``cluster``, the source question, are not independent; empty means the item
    itself. ``subset`` is the task's own division. ``references`` are reference answers by condition, ``context`` the
    documents that the responses rest on, and ``attributes`` sorted pairs of whatever else is worth slicing by.
    """

    id: str
    conversation: tuple[Turn, ...]
    responses: tuple[Response, ...]
    gold: tuple[Label, ...]
    gold_source: GoldSource
    cluster: str = ""
    subset: str = ""
    references: tuple[Reference, ...] = ()
    context: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    # Not of the constructor: a changed copy (`dataclasses.replace`) must not take over the digest of its original.
    _digest: str = field(default="", init=False, compare=False, repr=False)

    @property
    def images(self) -> Iterator[str]:
        """All images, by path or address."""
        asked = (part.image for turn in self.conversation for part in turn.parts if part.image is not None)
        return chain(asked, *(response.pictures for response in self.responses))

    @property
    def image_files(self) -> Iterator[str]:
        """Paths of the images that are files."""
        return (image for image in self.images if not image.startswith(_ELSEWHERE))

    @property
    def unanswered(self) -> bool:
        """Whether what is judged is not here: recorded verdicts can be replayed, and nobody can be asked."""
        return UNANSWERED in self.attributes

    def attribute(self, name: str) -> str | None:
        """Value of an attribute, or None."""
        return next((value for key, value in self.attributes if key == name), None)

    @property
    def levels(self) -> tuple[tuple[str, str], ...]:
        """What verdicts mean on this item, where its own rubric says so: each ``level LABEL`` of its attributes."""
        found = [(name.removeprefix(_LEVEL), text) for name, text in self.attributes if name.startswith(_LEVEL)]
        return tuple(sorted(found, key=lambda one: (len(one[0]), one[0]), reverse=BEST_FIRST in self.attributes))

    @property
    def question(self) -> str:
        """The text of the last user turn."""
        return next((turn.text for turn in reversed(self.conversation) if turn.role == "user"), "")

    @property
    def content_digest(self) -> str:
        """Digest of everything a judge may be shown; gold is left out, so relabelling never re-asks."""
        if self._digest:
            return self._digest
        shown = [
            [_turn(turn) for turn in self.conversation],
            # The author of a response is never shown, so a renamed system changes nothing.
            [[response.text, [_image(image) for image in response.images]] for response in self.responses],
            [[one.text, one.kind, *([one.turn] if one.turn else [])] for one in self.references],
            list(self.context),
            [list(pair) for pair in self.attributes],
        ]
        # What is shown since version 2 changes only the digests of items that have it: nothing stored is asked again.
        if any(response.turns for response in self.responses):
            shown += ["shown/2", [[_turn(turn) for turn in response.turns] for response in self.responses]]
        object.__setattr__(self, "_digest", _digest_of_words(shown))
        return self._digest


@dataclass(frozen=True, slots=True)
class Case:
    """One item as it is shown once.

    ``order[slot]`` is the index of the response shown in that slot; ``repeat`` counts from 0. ``probe`` names the probe
    that made the case, if one did; ``reference`` is ``none`` or the kind of references that are shown.
    """

    item: Item
    order: tuple[int, ...]
    repeat: int = 0
    probe: str = ""
    reference: str = "none"
    _key: str = field(default="", init=False, compare=False, repr=False)

    @property
    def key(self) -> str:
        """Digest of all that can change the answer on the case's side (the judge's side is the run's)."""
        if not self._key:
            shown = (self.order, self.repeat, self.probe, self.reference)
            object.__setattr__(self, "_key", case_key(self.item.id, self.item.content_digest, *shown))
        return self._key

    @property
    def responses(self) -> tuple[Response, ...]:
        """The responses in the order in which they are shown."""
        return tuple(self.item.responses[index] for index in self.order)

    @property
    def references(self) -> tuple[Reference, ...]:
        """The references that this case's condition shows."""
        return tuple(r for r in self.item.references if r.kind == self.reference)

    @property
    def swapped(self) -> bool:
        """Whether the order differs from the item's own."""
        return self.order != tuple(range(len(self.order)))


def majority(codes: Iterable[Code | None]) -> Code | None:
    """Find the label that most annotators gave; None where there is none, or two are equally frequent."""
    counts = Counter(code for code in codes if code is not None).most_common(2)
    return counts[0][0] if counts and (len(counts) == 1 or counts[0][1] > counts[1][1]) else None


def case_key(item: str, content: str, order: tuple[int, ...], repeat: int, probe: str, reference: str) -> str:
    """Digest an item's id, its content digest and how it was shown: `Case.key`, for those without the item."""
    return _digest_of_words((item, content, list(order), repeat, probe, reference))


def _turn(turn: Turn) -> list[object]:
    return [turn.role, [[part.text, _image(part.image)] for part in turn.parts]]


def _image(image: str | None) -> str | None:
    """Name an image by what it shows: a file by its bytes, which may change under one path, all else by its address."""
    if image is None or image.startswith(_ELSEWHERE):
        return image
    try:
        facts = Path(image).stat()
        # A pipe would never end.
        return _file_digest(image, facts.st_mtime_ns, facts.st_size) if stat.S_ISREG(facts.st_mode) else image
    except (OSError, ValueError):
        return image


@lru_cache(maxsize=4096)
def _file_digest(path: str, _changed: int, _size: int) -> str:
    with Path(path).open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def digest(value: object, length: int = 24) -> str:
    """Digest of a JSON-able value, stable between processes and versions.

    >>> digest({"b": 1, "a": [2]}) == digest({"a": [2], "b": 1})
    True
    """
    if type(value) is str:
        try:
            return hashlib.sha256(orjson.dumps(value)).hexdigest()[:length]
        except orjson.JSONEncodeError:
            pass
    # surrogatepass: a lone surrogate in a benchmark row must not end a run.
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def _digest_of_words(value: object) -> str:
    """Digest what holds no floats and no mappings, where orjson and json write the same, as fast as can be."""
    try:
        return hashlib.sha256(orjson.dumps(value)).hexdigest()[:24]
    except orjson.JSONEncodeError:  # a lone surrogate, an integer beyond 64 bits
        return digest(value)

"""Prompts: ours, one per kind of scale, and the user's own from a file.

A prompt is a TOML file::

    name = "my-pair/1"            # optional; the file's name by default
    kinds = ["pair"]              # kinds of scale that it serves: pair, check, rate, number, pick, label, set
    system = \"\"\"...\"\"\"            # optional
    user = \"\"\"...\"\"\"

``system`` and ``user`` are templates with these slots:

================== ==========================================================================
``{{conversation}}`` what the responses answer, every turn fenced
``{{responses}}``    the responses as shown, each fenced and named (A and B; 1, 2, 3 ...)
``{{verdict}}``      the verdicts that the scale allows, in the form that the parser reads
``{{reference}}``    the reference answers of the case's condition, fenced
``{{context}}``      the documents that the responses rest on, fenced
``{{criterion}}``    the criterion of the item, fenced
================== ==========================================================================

Paragraphs are separated by blank lines. A paragraph is left out when one of its slots is empty, or when
it starts with ``{{if SLOT}}`` and the slot is empty, or with ``{{unless SLOT}}`` and it is not.

Templates are filled in one pass: text of an item is never read as a template. Every piece of an item stands in a
fence, whose code is the digest of the item's content, 96 bits of SHA-256: a text that holds the code of its own item
would have to be found among 2^96, so that no text can close its fence, even where its author knows all the rest.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from judgebench.domain import Message, Part, digest
from judgebench.errors import UnknownNameError, UsageError, argument
from judgebench.files.content import small_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from judgebench.domain import Case, Scale

__all__ = ["KINDS", "SLOTS", "Prompt", "default_prompts", "load_prompt", "prompt_names", "read_prompt"]

SLOTS = ("conversation", "responses", "verdict", "reference", "context", "criterion")
#: Kinds of scale that a prompt can ask about.
KINDS = ("pair", "check", "rate", "number", "pick", "label", "set")

# Part of every digest: what code adds to a prompt changes answers as its words do. It did not change when the fences'
# codes grew from 8 digits to 24, and the criterion was fenced, too: no answer of before is asked again.
_RENDERING = 1

_SLOT = re.compile(r"\{\{\s*([a-z]+)\s*\}\}")
_CONDITION = re.compile(r"\{\{\s*(if|unless)\s+([a-z]+)\s*\}\}")
_MARKUP = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt: templates of the user's and the system's message, and the kinds of scale that they serve."""

    name: str
    kinds: tuple[str, ...]
    user: str
    system: str = ""

    @property
    def digest(self) -> str:
        """Digest of all that the prompt adds to a case."""
        return digest([_RENDERING, self.system, self.user])

    def render(self, case: Case, scale: Scale) -> list[Message]:
        """Write the messages that ask for a verdict on a case; UsageError where the prompt does not serve the scale."""
        if scale.kind not in self.kinds:
            raise UsageError(
                f"prompt {self.name!r} asks for {' or '.join(self.kinds)} verdicts, the task needs {scale.spec}; "
                "judgebench list prompts shows the others"
            )
        slots = _slots(case, scale)
        messages = [Message("user", _fill(self.user, slots))]
        if self.system.strip():
            messages.insert(0, Message("system", _fill(self.system, slots)))
        return messages


# --- filling ------------------------------------------------------------------------------------

_INSIDE = ("criterion",)
#: What a message is put together from: words, or an image.
_Piece: TypeAlias = str | Part


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
        while condition := _CONDITION.match(text):
            (filled if condition[1] == "if" else empty).append(condition[2])
            text = text[condition.end() :].lstrip()
        pieces = _SLOT.split(text)
        read.append(_Paragraph((*filled, *pieces[1::2]), tuple(empty), tuple(pieces)))
    return tuple(read)


def _fill(template: str, slots: dict[str, list[_Piece]]) -> tuple[Part, ...]:
    pieces: list[_Piece] = []
    for paragraph in _paragraphs(template):
        if not all(slots[name] for name in paragraph.filled) or any(slots[name] for name in paragraph.empty):
            continue
        if pieces:
            pieces.append("\n\n")
        for i, piece in enumerate(paragraph.pieces):
            if i % 2:
                pieces += slots[piece]
            else:
                pieces.append(_beside(piece, paragraph.pieces[i - 1 : i], paragraph.pieces[i + 1 : i + 2]))
    return _merged(pieces)


def _beside(words: str, before: tuple[str, ...], after: tuple[str, ...]) -> str:
    """Bring a criterion's fence, which templates hold inside a sentence, on lines of its own."""
    if before == _INSIDE:
        words = words.removeprefix(".").lstrip(" ")
        words = f"\n{words}" if words and not words.startswith("\n") else words
    if after == _INSIDE:
        words = words.rstrip(" ")
        words = f"{words}\n" if words and not words.endswith("\n") else words
    return words


def _merged(pieces: list[_Piece]) -> tuple[Part, ...]:
    """Join neighbouring texts; a model should see an image only where there is one."""
    try:
        text = "".join(pieces)  # type: ignore[arg-type]  # an image among them is what the handler is for
    except TypeError:
        return _around_images(pieces)
    return (Part(_valid(text)),) if text else ()


def _around_images(pieces: Iterable[_Piece]) -> tuple[Part, ...]:
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


def _slots(case: Case, scale: Scale) -> dict[str, list[_Piece]]:
    item = case.item
    fence = item.content_digest
    turns = item.conversation
    conversation: list[list[_Piece]] = []
    for number, turn in enumerate(turns, 1):
        name = "request" if len(turns) == 1 else f"turn {number}, {turn.role}"
        conversation.append(_fenced(name, fence, turn.parts))
    shown = case.responses
    letters = "AB" if scale.kind == "pair" else ""
    responses: list[list[_Piece]] = []
    for slot, response in enumerate(shown):
        name = "response" if len(shown) == 1 else f"response {letters[slot] if letters else slot + 1}"
        images = [Part(image=image) for image in response.images] if response.images else ()
        if not response.turns:
            responses.append(_fenced(name, fence, [Part(response.text), *images]))
        for number, turn in enumerate(response.turns, 1):
            responses.append(_fenced(f"{name}, {turn.role} turn {number}", fence, turn.parts))
    given = case.references
    references = [
        _fenced(f"reference {n}" if len(given) > 1 else "reference", fence, [Part(reference.text)])
        for n, reference in enumerate(given, 1)
    ]
    documents = [
        _fenced(f"document {n}" if len(item.context) > 1 else "document", fence, [Part(text)])
        for n, text in enumerate(item.context, 1)
    ]
    criterion = item.attribute("criterion")
    return {
        "conversation": _stacked(conversation),
        "responses": _stacked(responses),
        "reference": _stacked(references),
        "context": _stacked(documents),
        "criterion": _fenced("criterion", fence, [Part(criterion)]) if criterion else [],
        "verdict": [verdict_form(scale)],
    }


def _fenced(name: str, fence: str, parts: Iterable[Part]) -> list[_Piece]:
    pieces: list[_Piece] = [f"=== begin {name} [{fence}] ===\n"]
    for part in parts:
        if part.image is not None:
            pieces.append(Part(image=part.image))
        if part.text:
            pieces += (part.text, "\n")
    pieces.append(f"=== end {name} [{fence}] ===")
    return pieces


def _stacked(blocks: list[list[_Piece]]) -> list[_Piece]:
    stacked: list[_Piece] = []
    for block in blocks:
        if stacked:
            stacked.append("\n\n")
        stacked += block
    return stacked


_PAIR_MEANING = {
    "A": "response A is better",
    "B": "response B is better",
    "tie": "neither is better than the other",
    "A>B": "response A is better",
    "B>A": "response B is better",
    "A>>B": "response A is much better",
    "B>>A": "response B is much better",
    "A>>>B": "response A is better beyond comparison",
    "B>>>A": "response B is better beyond comparison",
    "both bad": "both are too bad to choose between them",
}
_CHECK_MEANING = {"correct": "the response is correct", "incorrect": "the response is not correct"}


@lru_cache(maxsize=256)
def verdict_form(scale: Scale) -> str:
    """Say which verdicts a scale allows, in the form that the parser reads.

    >>> from judgebench.domain import Scale
    >>> print(verdict_form(Scale.rate(1, 5)))
    [[N]] with N a whole number from 1 (worst) to 5 (best), for example [[3]]
    """
    labels = scale.labels
    if scale.kind == "number":
        low, high, middle = (scale.word(code) for code in (0, scale.size - 1, scale.size // 2))
        return f"[[N]] with N a number from {low} (worst) to {high} (best), decimals allowed, for example [[{middle}]]"
    if scale.kind == "set":
        return f"[[LABELS]] with all labels that apply, a bar between them, of {'|'.join(labels)}; [[none]] for none"
    if scale.kind == "rate" and all(re.fullmatch(r"-?\d+", label) for label in labels):
        middle = labels[len(labels) // 2]
        return f"[[N]] with N a whole number from {labels[0]} (worst) to {labels[-1]} (best), for example [[{middle}]]"
    lines = [f"[[{label}]]" for label in labels]
    if scale.kind == "rate":
        lines[0] += " (worst)"
        lines[-1] += " (best)"
    meaning = {"pair": _PAIR_MEANING, "check": _CHECK_MEANING}.get(scale.kind, {})
    return "\n".join(
        f"{line} if {meaning[label]}" if label in meaning else line for line, label in zip(lines, labels, strict=True)
    )


# --- loading ------------------------------------------------------------------------------------


@cache
def _built_in() -> dict[str, Prompt]:
    folder = resources.files(__name__)
    found: dict[str, Prompt] = {}
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".toml"):
            prompt = read_prompt(entry.read_text(encoding="utf-8"), entry.name)
            found[prompt.name] = prompt
    return found


def prompt_names() -> tuple[str, ...]:
    """Names of the prompts that come with judgebench."""
    return tuple(sorted(_built_in()))


def default_prompts() -> dict[str, Prompt]:
    """Return the prompt of each kind of scale where none is named: the newest version."""
    chosen: dict[str, Prompt] = {}
    for prompt in sorted(_built_in().values(), key=lambda p: (p.name.partition("/")[0], _version(p.name))):
        for kind in prompt.kinds:
            chosen[kind] = prompt
    return chosen


def _version(name: str) -> int:
    version = name.partition("/")[2]
    return int(version) if version.isdigit() else 0


def load_prompt(name_or_file: str | None, scale: Scale | None = None) -> Prompt:
    """Load a prompt: ``pair/1``, ``pair`` (its newest version), a ``.toml`` file, or None for the scale's default.

    UnknownNameError where there is none, UsageError where it does not serve the scale.
    """
    if name_or_file is None:
        if scale is None:
            raise UsageError("a prompt needs a name, a file or a scale")
        prompt = default_prompts().get(scale.kind)
        if prompt is None:
            raise UsageError(
                f"there is no built-in prompt for {scale.kind!r} scales yet; pass {argument('prompt')} FILE.toml"
            )
        return prompt
    prompt = _named(name_or_file)
    if scale is not None and scale.kind not in prompt.kinds:
        raise UsageError(
            f"prompt {prompt.name!r} asks for {' or '.join(prompt.kinds)} verdicts, the task needs {scale.spec}; "
            "judgebench list prompts shows the others"
        )
    return prompt


def _named(name_or_file: str) -> Prompt:
    path = Path(name_or_file)
    if path.suffix == ".toml":
        try:
            return read_prompt(small_file(path).decode("utf-8-sig"), name_or_file, path.stem)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise UsageError(f"prompt file {name_or_file}: {reason}") from None
    known = _built_in()
    if name_or_file in known:
        return known[name_or_file]
    versions = [name for name in known if name.partition("/")[0] == name_or_file]
    if versions:
        return known[max(versions, key=_version)]
    raise UnknownNameError("prompt", name_or_file, known)


def read_prompt(text: str, file: str, default_name: str = "") -> Prompt:
    """Read a prompt from TOML text; UsageError where a key or a slot is missing, unknown or of the wrong type."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"prompt file {file} is not TOML: {error}") from None
    unknown = sorted(set(data) - {"name", "kinds", "system", "user"})
    if unknown:
        raise UsageError(f"prompt file {file}: unknown key {unknown[0]!r}; the keys are name, kinds, system, user")
    prompt = Prompt(
        name=_string(data, "name", file, default_name),
        kinds=_kinds(data.get("kinds"), file),
        user=_string(data, "user", file),
        system=_string(data, "system", file, ""),
    )
    _check_templates(prompt, file)
    return prompt


def _string(data: dict[str, Any], key: str, file: str, default: str | None = None) -> str:
    value = data.get(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise UsageError(f"prompt file {file}: {key!r} must be text")
    return value


def _kinds(value: Any, file: str) -> tuple[str, ...]:
    kinds: list[Any] = value if isinstance(value, list) else []
    if not kinds or not all(kind in KINDS for kind in kinds):
        raise UsageError(f"prompt file {file}: 'kinds' must be a list of {', '.join(KINDS)}")
    return tuple(kinds)


def _check_templates(prompt: Prompt, file: str) -> None:
    for key, template in (("system", prompt.system), ("user", prompt.user)):
        for markup in _MARKUP.finditer(template):
            known = _SLOT.fullmatch(markup[0]) or _CONDITION.fullmatch(markup[0])
            slot = known[known.re.groups] if known else None
            if slot not in SLOTS:
                raise UsageError(
                    f"prompt file {file}: {key!r} holds {markup[0]}; the slots are {', '.join(SLOTS)}, "
                    "conditions are {{if SLOT}} and {{unless SLOT}} at the start of a paragraph"
                )
    names = set(_SLOT.findall(prompt.user))
    if "responses" not in names:
        raise UsageError(f"prompt file {file}: 'user' must hold {{{{responses}}}}, or nothing is judged")
    if "verdict" not in names and "[[" not in prompt.user:
        raise UsageError(f"prompt file {file}: 'user' must hold {{{{verdict}}}} (or ask for [[...]] in its own words)")

"""How an object of named texts becomes an item: what of it is asked, answered, given beside, and shared by others.

A card says it under ``[form]``, all of it optional; in its templates ``{name}`` is a field's text, ``{name:lower}`` in
small letters::

    [form]
    question = "Cue: {cue}"        # default: all texts that are nothing else, each under its name
    answers = ["explanation"]      # fields; default: the last texts, as many as are compared
    systems = ["{model}"]          # templates: who wrote each answer
    reference = ["reference"]      # fields; default: one that is named so
    images = ["picture"]           # fields with files beside the data, or addresses
    criterion = "the {aspect}"     # template
    cluster = "{document}"         # template; default: what is shown
    subset = "{aspect}"            # template
    attributes = ["turn"]          # fields to slice by
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from judgebench.domain import Reference, Response, Turn
from judgebench.domain.items import Part
from judgebench.tasks.chat import image_of
from judgebench.tasks.forms import filled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from judgebench.files.records import Row
    from judgebench.files.toml import TomlTable

_FIELD = re.compile(r"\{(\w+)(:lower)?\}")
_REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a judge is shown of an object."""

    question: str
    conversation: tuple[Turn, ...]
    responses: tuple[Response, ...]
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """Which field is what, as ``[form]`` says it."""

    question: str = ""
    answers: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    reference: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    criterion: str = ""
    cluster: str = ""
    subset: str = ""
    attributes: tuple[str, ...] = ()

    @classmethod
    def of(cls, form: TomlTable) -> Self:
        """Take the keys of a shape from ``[form]``."""
        shape = filled(cls, form)
        if shape.systems and len(shape.systems) != len(shape.answers):
            form.fail("systems", f"{len(shape.systems)} for {len(shape.answers)} answers")
        return shape

    def show(self, fields: Mapping[str, Any], row: Row, at: str, *, answers: int, folder: Path | None) -> Shown:
        """Show an object; DataError where a field isn't there, or is no text. ``at`` is its place in the row."""
        reference = self.reference or tuple(name for name in fields if name == _REFERENCE)
        texts = [name for name in fields if name not in {*reference, *self.images}]
        names = self.answers or tuple(texts[-answers:])
        if len(names) < answers:
            row.fail(f"expected {answers} answers, and there are {', '.join(fields) or 'no fields'}", at)
        rest = [name for name in texts if name not in names]
        if self.question:
            asked = fill(self.question, fields, row, at)
        elif len(rest) == 1:
            asked = _text(fields, rest[0], row, at)
        else:
            asked = "\n\n".join(f"{name}: {text}" for name in rest if (text := _text(fields, name, row, at)).strip())
        systems: list[str | None] = [fill(one, fields, row, at) for one in self.systems]
        systems = systems or [None] * len(names)
        images = [image_of(row, f"{at}.{name}", _text(fields, name, row, at), folder) for name in self.images]
        turn = Turn("user", (Part(asked or "Judge this text."), *(Part(image=image) for image in images)))
        responses = tuple(
            Response(_text(fields, name, row, at), system) for name, system in zip(names, systems, strict=True)
        )
        # An object may lack a reference that others have.
        found = [text for name in reference if name in fields and (text := _text(fields, name, row, at)).strip()]
        return Shown(asked, (turn,), responses, tuple(map(Reference, found)))

    def groups(self, fields: Mapping[str, Any], row: Row, at: str) -> tuple[str, str]:
        """Cluster and subset, empty where nothing is said of them."""
        return fill(self.cluster, fields, row, at), fill(self.subset, fields, row, at)

    def about(self, fields: Mapping[str, Any], row: Row, at: str, criterion: str = "") -> tuple[tuple[str, str], ...]:
        """Sorted attributes: the criterion, and the fields that were named."""
        said = fill(self.criterion, fields, row, at) or criterion
        found = {name: _text(fields, name, row, at) for name in self.attributes}
        return tuple(sorted((found | {"criterion": said} if said else found).items()))


def fill(template: str, fields: Mapping[str, Any], row: Row, at: str) -> str:
    """Fill a template with fields' texts; DataError where one isn't there."""

    def text(match: re.Match[str]) -> str:
        found = _text(fields, match[1], row, at)
        return found.lower() if match[2] else found

    return _FIELD.sub(text, template)


def _text(fields: Mapping[str, Any], name: str, row: Row, at: str) -> str:
    if name not in fields:
        row.fail(f"this field is missing; there are {', '.join(map(repr, fields)) or 'none'}", f"{at}.{name}")
    value = fields[name]
    if value is None:
        return ""
    if isinstance(value, (list, dict)):
        row.fail(f"expected a text, got {'a list' if isinstance(value, list) else 'an object'}", f"{at}.{name}")
    return str(value)

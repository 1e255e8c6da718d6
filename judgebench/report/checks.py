"""Whether judgebench can work here: keys, packages, servers, disk; in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from judgebench.domain.shapes import TEXT, ListOf, choice, record
from judgebench.report.document.blocks import Field, Sentences, Table, grid, sheet
from judgebench.report.document.model import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from judgebench.report.document.blocks import Block, Fields, Sheet

__all__ = ["Check", "Checks"]


class Check(NamedTuple):
    """One thing that was looked at: ``state`` is ok, missing (it isn't needed by all), or trouble."""

    about: str
    name: str
    state: str
    said: str


_TOLD: Mapping[str, Callable[[Check], str]] = {
    "about": lambda one: one.about,
    "name": lambda one: one.name,
    "state": lambda one: one.state,
    "said": lambda one: one.said,
}
_CHECK = record("check", about=TEXT, name=TEXT, state=choice("ok", "missing", "trouble"), said=TEXT)
_FIELDS: Fields[Check] = tuple(Field(name, get, right=False) for name, get in _TOLD.items())


@dataclass(frozen=True, slots=True, repr=False)
class Checks(Document):
    """What was looked at."""

    checks: tuple[Check, ...]

    SCHEMA = "judgebench.checks/1"
    SHAPE = record("", "Whether judgebench can work here; keys are never shown.", checks=ListOf(_CHECK))
    NAMES: ClassVar = (0, 1, 3)

    def sheet(self) -> Sheet:
        return sheet(_TOLD, self.checks)

    def blocks(self) -> Iterator[Block]:
        trouble = [one for one in self.checks if one.state == "trouble"]
        keys = [one.name for one in self.checks if one.about == "key" and one.state == "ok"]
        judges = f"keys of {', '.join(keys)} are set" if keys else "no key of a provider is set"
        first = f"{len(trouble)} of {len(self.checks)} checks show trouble" if trouble else "judgebench can work here"
        yield Sentences((f"{first}; {judges}.",))
        yield Table(grid(_FIELDS, self.checks), names=self.NAMES)

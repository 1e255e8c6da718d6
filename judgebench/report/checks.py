"""Whether judgebench can work here: keys, packages, servers, disk; in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain.shapes import TEXT, ListOf, choice, record
from judgebench.report.document.blocks import Cell, Field, Sentences, Table, columns_of, grid, sheet
from judgebench.report.document.brief import Brief, Next
from judgebench.report.document.model import Document
from judgebench.report.document.text import NONE, some

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from judgebench.report.document.blocks import Block, Fields, Sheet, Tone

__all__ = ["Check", "Checks"]


class Check(NamedTuple):
    """One thing that was looked at: ``state`` is ok, missing (it isn't needed by all), or trouble."""

    about: str
    name: str
    state: str
    said: str


_CHECK = record("check", about=TEXT, name=TEXT, state=choice("ok", "missing", "trouble"), said=TEXT)
_TOLD = columns_of(_CHECK, "about name state said")
_FIELDS: Fields[Check] = tuple(Field(name, get, right=False) for name, get in _TOLD.items())

_TONES: Mapping[str, Tone] = {"trouble": "bad"}
#: What a terminal shows; what is missing isn't needed by all.
_BRIEF: Fields[Check] = (
    Field("what", lambda one: one.name, right=False),
    Field(
        "state",
        lambda one: Cell(NONE if one.state == "missing" else one.state, tone=_TONES.get(one.state, "")),
        right=False,
    ),
    Field("found", lambda one: one.said, right=False),
)
_NEXT = (
    Next("judgebench demo", "see it work, without a key"),
    Next("judgebench doctor FILE", "what your own data can tell"),
)


@dataclass(frozen=True, slots=True, repr=False)
class Checks(Document):
    """What was looked at."""

    checks: tuple[Check, ...]

    SCHEMA = "judgebench.checks/1"
    SHAPE = record("", "Whether judgebench can work here; keys are never shown.", checks=ListOf(_CHECK))

    def sheet(self) -> Sheet:
        return sheet(_TOLD, self.checks)

    def _trouble(self) -> list[Check]:
        return [one for one in self.checks if one.state == "trouble"]

    def brief(self) -> Brief:
        trouble = self._trouble()
        keys = [one.name for one in self.checks if one.about == "key" and one.state == "ok"]
        can = f"In trouble: {some([one.name for one in trouble], 3)}." if trouble else "judgebench can work here."
        asked = f"Keys are set: {', '.join(keys)}." if keys else "No key is set: only models of your own can be asked."
        return Brief((f"{can} {asked}",), grid(_BRIEF, list(self._summed())), (), _NEXT if not trouble else ())

    def _summed(self) -> Iterator[Check]:
        """Sum up packages, and the packages of an extra; of all else, and of what is in trouble, each."""
        fine = [one for one in self.checks if one.about == "package" and one.state == "ok"]
        versions = [f"{one.name} {one.said}" for one in fine if one.name in {"judgebench", "python"}]
        yield Check("package", "packages", "ok", f"{', '.join(sorted(versions))}; {len(fine)} in all")
        extras: dict[str, list[Check]] = {}
        for one in self.checks:
            if one.about == "extra":
                extras.setdefault(one.name.partition(":")[0], []).append(one)
        for name, found in extras.items():
            lacking = [one for one in found if one.state != "ok"]
            yield Check("extra", f"extra {name}", lacking[0].state if lacking else "ok", (lacking or found)[0].said)
        for one in self.checks:
            if one.about != "extra" and one not in fine:
                yield one

    def blocks(self) -> Iterator[Block]:
        trouble = self._trouble()
        keys = [one.name for one in self.checks if one.about == "key" and one.state == "ok"]
        judges = f"keys of {', '.join(keys)} are set" if keys else "no key of a provider is set"
        first = f"{len(trouble)} of {len(self.checks)} checks show trouble" if trouble else "judgebench can work here"
        yield Sentences((f"{first}; {judges}.",))
        yield Table(grid(_FIELDS, self.checks), names=(0, 1, 3))

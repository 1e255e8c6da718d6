"""Rows as a card names them, where another of the benchmark's files has them otherwise.

``[form]`` says ``records``, the list in which one object holds the rows, and ``also``, other names of a field: ``#`` is
a row's place in its file, from 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from judgebench.files.records import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from judgebench.files.toml import TomlTable

_PLACE = "#"


@dataclass(frozen=True, slots=True)
class Renamed:
    """Other names of fields, and where the rows are."""

    also: Mapping[str, tuple[str, ...]]
    records: str

    @classmethod
    def take(cls, form: TomlTable) -> Self:
        """Take the keys of ``[form]``."""
        return cls(form.names_by_name("also"), form.text("records", ""))

    @property
    def fields(self) -> frozenset[str]:
        """Other names that tell the benchmark's own files from ours, whose rows have an id, too."""
        return frozenset(one for others in self.also.values() for one in others) - {"id", _PLACE}

    def rows(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Give rows their card's names; one that has them stays as it is."""
        for place, row in enumerate(self._inside(rows)):
            found = self.lacking(row.data, place)
            yield replace(row, data={**row.data, **found}) if found else row

    def lacking(self, data: Mapping[str, Any], place: int) -> dict[str, Any]:
        """Find what a row has under another name only."""
        return {
            name: place if other == _PLACE else data[other]
            for name, others in self.also.items()
            if name not in data and (other := next((one for one in others if one == _PLACE or one in data), ""))
        }

    def _inside(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            held = row.data.get(self.records) if self.records else None
            if not isinstance(held, list):
                yield row
                continue
            for number, one in enumerate(held, 1):
                if not isinstance(one, dict):
                    row.fail("expected a list of objects", f"{self.records}.{number - 1}")
                yield Row(one, row.file, number, row.note, "row")

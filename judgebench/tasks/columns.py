"""A task that its card alone describes: ``[columns]`` says which field of a row is what, and no Python is needed.

[columns]
question = ["instruction", "input"]   # one field, or several that are joined by a blank line
answers = ["first", "second"]         # as many as the scale compares
gold = ["ann1", "ann2"]               # a field for each annotator; an empty cell is no label
# optional: id, systems (as many as answers), reference, context (several), subset, cluster, attributes (several);
# an empty cell is no reference and no context

[columns.words]                       # what a cell says -> a label of the scale, where they differ
"1" = "A"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.domain import Item, Label, Reference, Response, Turn, digest
from judgebench.tasks import base
from judgebench.tasks.base import Located

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from judgebench.files.records import Row
    from judgebench.tasks.sources import Source


class Reader(base.Reader):
    """Reads rows by the card's columns."""

    def items(self, source: Source) -> Iterator[Located]:
        """Yield an item a row."""
        columns = self.card.columns
        if columns is None:
            raise RuntimeError(f"{self.card.name} has no columns")
        for number, row in enumerate(source.rows()):
            question = "\n\n".join(_filled(row, columns.question))
            systems: list[str | None] = [row.text(field) for field in columns.systems]
            systems = systems or [None] * len(columns.answers)
            item = Item(
                id=row.name(columns.id) if columns.id else str(number),
                conversation=(Turn.of("user", question),),
                responses=tuple(
                    Response(row.text(field), system) for field, system in zip(columns.answers, systems, strict=True)
                ),
                gold=tuple(Label(field, self._code(row, field, columns.words)) for field in columns.gold),
                gold_source=self.gold_source,
                cluster=row.name(columns.cluster) if columns.cluster else f"q-{digest(question, 16)}",
                subset=row.name(columns.subset) if columns.subset else "",
                references=tuple(map(Reference, _filled(row, [columns.reference] if columns.reference else []))),
                context=tuple(_filled(row, columns.context)),
                attributes=tuple(sorted((field, row.name(field)) for field in columns.attributes)),
            )
            yield Located(item, row)

    def _code(self, row: Row, field: str, words: Mapping[str, str]) -> int | None:
        said = row.data.get(field)
        if said is None or str(said).strip() == "":
            return None
        # A column of whole numbers with gaps is one of floats in Parquet.
        whole = str(int(said)) if isinstance(said, float) and said.is_integer() else str(said)
        word = words.get(str(said)) or words.get(whole, whole)
        code = self.scale.code(word)
        if code is None:
            labels = ", ".join(self.scale.labels)
            row.fail(f"{said!r} is not one of {labels}", field, hint="the card's [columns.words] says what it means")
        return code


def _filled(row: Row, fields: Iterable[str]) -> list[str]:
    """Take the texts of fields, without empty cells: what isn't there must not be shown as an empty text."""
    found = [row.text(field) for field in fields if row.data.get(field, "") is not None]
    return [text for text in found if text.strip()]

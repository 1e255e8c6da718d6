"""PandaLM's test set: three people on pairs of answers of small models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.domain import Item, Label, Response, Turn, digest
from judgebench.tasks.base import Located
from judgebench.tasks.readers import verdict_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.tasks.card import Card
    from judgebench.tasks.sources import Source

_ANNOTATORS = ("annotator1", "annotator2", "annotator3")
_GOLD: dict[object, int | None] = {0: 1, 1: 0, 2: 2, None: None}
_ORDER = (0, 1)


class Reader(verdict_files.Reader):
    """Reads ``testset-v1.json``, and files of verdicts as the card says."""

    needs_gold = True

    def __init__(self, card: Card, split: str) -> None:
        super().__init__(card, split)
        self.take_recorded(form := self.form)
        form.done()

    def items(self, source: Source) -> Iterator[Located]:
        """Yield the pairs."""
        for row in source.rows():
            instruction, given = row.text("instruction"), row.text("input")
            question = f"{instruction}\n\n{given}" if given.strip() else instruction
            models = row.text("cmp_key").split("_")
            if len(models) != len(_ORDER) or not all(models):
                row.fail(f"expected two models joined by one '_', got {'_'.join(models)!r}", "cmp_key")
            # Six answers are JSON booleans: the word True, which a conversion took for a value.
            texts = (row.text("response1", loose=True), row.text("response2", loose=True))
            item = Item(
                id=row.name("idx"),
                conversation=(Turn.of("user", question),),
                responses=tuple(Response(text, model) for text, model in zip(texts, models, strict=True)),
                gold=tuple(Label(name, row.choice(name, _GOLD)) for name in _ANNOTATORS),
                gold_source=self.card.gold_source,
                cluster=f"q-{digest(question, 16)}",
                attributes=(("app", row.text("motivation_app")),),
            )
            yield Located(item, row)

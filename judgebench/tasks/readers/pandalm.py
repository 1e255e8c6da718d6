"""PandaLM's test set: three people on pairs of answers of small models, and two recorded judges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.domain import Item, Label, Reply, Response, Status, Turn, digest
from judgebench.errors import UsageError
from judgebench.tasks import base
from judgebench.tasks.base import Located
from judgebench.tasks.readers.sayings import Saying
from judgebench.tasks.recordings import Recording, Told, rows_of_judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from judgebench.files.records import Row
    from judgebench.tasks.recordings import Replies
    from judgebench.tasks.sources import Source

_ANNOTATORS = ("annotator1", "annotator2", "annotator3")
_GOLD: dict[object, int | None] = {0: 1, 1: 0, 2: 2, None: None}
#: Field of the verdict, and the fields of the words that came with it.
_JUDGES = {"gpt-3.5-turbo": "gpt", "pandalm-7b": "pandalm"}
_VERDICTS: dict[object, int | None] = {
    "1": 0, "2": 2, "0": 1, "Tie": 1, "tie": 1, 1: 0, 2: 2, 0: 1, "garbage": None, None: None,
}  # fmt: skip
_ORDER = (0, 1)
#: Judges that score both answers (MA-PO): rows of all of them in one file, -1 where a reply held no scores.
_SCORES = Saying(scores=("score_1", "score_2"), lowest=0)
_SCORED_BY = "judge"


class Reader(base.Reader):
    """Reads ``testset-v1.json`` and the two files of verdicts beside it."""

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

    def recorded(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:
        """Read a file of verdicts, or of two scores; ``garbage`` and null are replies that could not be parsed."""
        if _scored(source):
            return self._of_scores(source, column, items)
        replies: Replies = {}
        judge = ""
        rows, named = rows_of_judge(source.rows(), column, source.name)
        column = column if named is None else None
        for row in rows:
            here = [name for name, prefix in _JUDGES.items() if f"{prefix}_result" in row.data]
            if not here or (judge and judge != here[0]):
                row.fail("expected the field gpt_result or pandalm_result, the same in every row", "gpt_result")
            judge = here[0]
            if column not in {None, judge}:
                raise UsageError(f"{source.name}: there is no judge {column!r} in it, only {judge}")
            item = row.name("idx")
            if (item, _ORDER) in replies:
                row.fail(f"idx {item} appears twice", "idx")
            if item not in items:
                row.fail(f"idx {item} is not in the test set", "idx")
            replies[item, _ORDER] = _reply(row, _JUDGES[judge])
        return Recording(named or judge, replies, (_ORDER,))

    def _of_scores(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:
        """Read one judge's scores of both answers."""
        told = Told.of(source.rows(), _SCORED_BY)
        judge = told.pick(column, source.name)
        replies: Replies = {}
        for row in told.rows[judge]:
            item = row.name("idx")
            if item not in items or (item, _ORDER) in replies:
                row.fail(f"idx {item} {'is not in the test set' if item not in items else 'appears twice'}", "idx")
            replies[item, _ORDER] = _SCORES.reply(row, self.scale)
        return Recording(judge, replies, (_ORDER,))

    def judges(self, source: Source) -> Mapping[str, str]:
        """Name those of ``judge_name``, or the one whose field holds the verdicts."""
        if _scored(source):
            return Told.of(source.rows(), _SCORED_BY).names
        first = next(source.rows()).data
        own = {name: name for name, prefix in _JUDGES.items() if f"{prefix}_result" in first}
        return super().judges(source) or own


def _scored(source: Source) -> bool:
    return {*_SCORES.scores, _SCORED_BY} <= next(source.rows()).data.keys()


def _reply(row: Row, prefix: str) -> Reply:
    code = row.choice(f"{prefix}_result", _VERDICTS)
    said = row.data[f"{prefix}_result"]
    reason = row.data.get(f"{prefix}_reason")
    return Reply(
        Status.UNPARSED if code is None else Status.OK,
        code,
        text=f"{said}\n{reason}" if isinstance(reason, str) and reason else str(said),
        error="" if code is not None else f"verdict {said!r}",
    )

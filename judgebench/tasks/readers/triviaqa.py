"""TriviaQA answers, as in Judging the Judges: the public CSVs, and a reader for answers of one's own."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.domain import Item, Label, Reference, Reply, Response, Turn, digest
from judgebench.domain.items import UNANSWERED
from judgebench.errors import DataError
from judgebench.labels.vocabulary import CHECK
from judgebench.tasks import base
from judgebench.tasks.base import Located
from judgebench.tasks.recordings import Recording, picked
from judgebench.tasks.texts import word_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from judgebench.files.records import Row
    from judgebench.tasks.recordings import Replies
    from judgebench.tasks.sources import Source


_HUMAN_COLUMNS = ("HumanJudgement", "Human-Eval")
_PUBLIC_COLUMNS = frozenset(
    {"model", "response", "question", "references", "benchmark", *_HUMAN_COLUMNS, "Human-Eval_Confidence"}
)
_ALIASES: dict[str, tuple[str, ...]] = {
    "question": ("question", "prompt"),
    "references": ("references", "reference", "ground_truth"),
    "answer": ("answer", "response", "prediction"),
    "model": ("model", "system", "exam_taker"),
    "label": ("label", "human", "human_label"),
}
_LABEL_PREFIX = "label_"
_OWN_ORDER = (0,)


class _Marked(NamedTuple):
    id: str
    row: Row


class Reader(base.Reader):
    """Reads the two public CSVs and files of one's own answers; a row's columns say which it is."""

    recorded_fields = frozenset({"question"})

    def items(self, source: Source) -> Iterator[Located]:
        """Yield an item per labelled row; DataError where there is none."""
        labelled = False
        for mark in self._marked(source):
            labelled = True
            public = _is_public(mark.row)
            yield Located((_public_item if public else _own_item)(mark.id, mark.row), mark.row)
        if not labelled:
            raise DataError(f"none of its {sum(1 for _ in source.rows())} rows has a label", file=source.name)

    def recorded(
        self,
        source: Source,
        column: str | None,
        items: Mapping[str, Item],  # noqa: ARG002 - the reader protocol's signature; CardTask checks the ids
    ) -> Recording:
        """Read one judge's column; an empty cell is a reply that could not be parsed."""
        replies: Replies = {}
        for mark in self._marked(source):
            if column is None or not (column in mark.row.data and _is_judge(column, mark.row)):
                column = picked(column, (name for name in mark.row.data if _is_judge(name, mark.row)), source.name)
            code = _word(mark.row, column)
            replies[mark.id, _OWN_ORDER] = Reply.read(code, text="" if code is None else str(mark.row.data[column]))
        return Recording(column or "", replies, (_OWN_ORDER,))

    def judges(self, source: Source) -> Mapping[str, str]:
        """Name the columns of judges."""
        first = next(source.rows())
        return {name: name for name in first.data if _is_judge(name, first)}

    def _marked(self, source: Source) -> Iterator[_Marked]:
        """Yield the labelled rows with their ids: the exam taker, the question, and the occurrence after the first."""
        seen: Counter[str] = Counter()
        for row in source.rows():
            public = _is_public(row)
            if not any(_word(row, name) is not None for name in _label_columns(row)):
                continue
            question, model = _text(row, "question"), _model(row)
            if not public and "id" in row.data:
                yield _Marked(row.name("id"), row)
                continue
            name = f"{model or 'answer'}/{digest(question, 12)}"
            seen[name] += 1
            # V1 holds five rows twice; both are kept, as in the published figures.
            yield _Marked(f"{name}~{seen[name]}" if seen[name] > 1 else name, row)


def _is_public(row: Row) -> bool:
    return any(name in row.data for name in _HUMAN_COLUMNS)


def _is_judge(name: str, row: Row) -> bool:
    if _is_public(row):
        return name not in _PUBLIC_COLUMNS
    known = {alias for aliases in _ALIASES.values() for alias in aliases} | {"id"}
    return name not in known and not name.startswith(_LABEL_PREFIX)


def _label_columns(row: Row) -> tuple[str, ...]:
    if _is_public(row):
        columns = tuple(name for name in _HUMAN_COLUMNS if name in row.data)
        if len(columns) > 1:
            row.fail(f"both {' and '.join(map(repr, columns))} are in this file", columns[1], "keep one of them")
        return columns
    several = tuple(name for name in row.data if name.startswith(_LABEL_PREFIX))
    return several or (_column(row, "label"),)


def _column(row: Row, field: str) -> str:
    """Name of the column that holds a field; two candidates are never guessed between."""
    names = [name for name in _ALIASES[field] if name in row.data]
    if len(names) > 1:
        row.fail(f"{' and '.join(map(repr, names))} both could be the {field}", field, "keep one of them")
    if not names:
        row.fail(
            f"this field is missing (it may also be called {', '.join(_ALIASES[field][1:])}); the row has "
            f"{', '.join(map(repr, row.data)) or 'none'}",
            field,
        )
    return names[0]


def _text(row: Row, field: str) -> str:
    name = _column(row, field)
    value = row.text(name, loose=True)
    if not value.strip():
        row.fail("this is empty", name)
    return value


def _model(row: Row) -> str | None:
    if not any(name in row.data for name in _ALIASES["model"]):
        return None
    value = row.data[_column(row, "model")]
    return str(value).strip() or None if value is not None else None


def _word(row: Row, name: str) -> int | None:
    """Code of a cell that says right or wrong; None where it is empty."""
    value = row.require(name)
    if not (word := word_of(value)):
        return None
    code = CHECK.get(word.casefold())
    if code is None:
        row.fail(f"{value!r} says neither right nor wrong; write correct or incorrect (or true/false, 1/0)", name)
    return code


def _references(row: Row) -> tuple[Reference, ...]:
    name = _column(row, "references")
    value: Any = row.require(name)
    if isinstance(value, str):
        listed = _json_list(value)
        value = value.split("\n") if listed is None else listed
    if not isinstance(value, (list, tuple)):
        row.fail("expected a list of texts, or one text with a reference per line", name)
    # The public files repeat aliases; a judge needs each once, in their order.
    texts = dict.fromkeys(str(entry).strip() for entry in value if entry is not None)
    return tuple(Reference(text) for text in texts if text)


def _json_list(text: str) -> list[Any] | None:
    if not text.lstrip().startswith("["):
        return None
    try:
        value: Any = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, list) else None


def _item(name: str, row: Row, answer: str, gold: tuple[Label, ...], attributes: tuple[tuple[str, str], ...]) -> Item:
    question = _text(row, "question")
    return Item(
        id=name,
        conversation=(Turn.of("user", question),),
        responses=(Response(answer, _model(row)),),
        gold=gold,
        gold_source="human",
        cluster=digest(question, 12),
        references=_references(row),
        attributes=attributes,
    )


def _public_item(name: str, row: Row) -> Item:
    (column,) = _label_columns(row)
    # ``response`` holds the exam taker's prompt, whose few-shot examples would be judged as its answer.
    return _item(name, row, "", (Label("human", _word(row, column)),), (UNANSWERED,))


def _own_item(name: str, row: Row) -> Item:
    columns = _label_columns(row)
    gold = tuple(Label(column.removeprefix(_LABEL_PREFIX), _word(row, column)) for column in columns)
    if len(gold) == 1:
        gold = (Label("human", gold[0].code),)
    value = row.require(_column(row, "answer"))
    answer = "" if value is None else row.text(_column(row, "answer"), loose=True)
    # An empty answer is an answer: the exam taker said nothing, and a human marked it.
    return _item(name, row, answer, gold, ())

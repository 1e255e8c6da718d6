"""Nuggets of an answer, as TREC's RAG track has them: the facts of a good answer, and which of them an answer supports.

One record per answer: ``qid``, ``query``, ``run_id`` (or ``docid`` of a passage), ``answer_text`` (``candidate_text``)
and ``nuggets``, each with its ``text``, ``importance`` (vital, okay) and ``assignment``. An item is an answer and a
nugget, which is its criterion; its subset is the importance, its cluster the query, its system the run. A judge's file
has the same form (what the AutoNuggetizer writes), its nuggets in whatever order.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.domain import Item, Label, Reply, Response, Turn
from judgebench.domain.items import UNANSWERED
from judgebench.errors import DataError
from judgebench.files.records import shown
from judgebench.tasks import base
from judgebench.tasks.base import Located
from judgebench.tasks.forms import whole
from judgebench.tasks.readers.passages import first_of
from judgebench.tasks.recordings import Heard, picked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from judgebench.files.records import Row
    from judgebench.tasks.card import Card
    from judgebench.tasks.recordings import Recording
    from judgebench.tasks.sources import Source

_QUERY = ("qid", "query_id", "topic_id", "narrative_id")
_ANSWER = ("run_id", "docid", "doc_id", "system")
#: What a judge's run may be called in its records.
_JUDGE = ("judge_name", "assigner_model", "judge", "model")
_ASKED = ("query", "text", "narrative", "title")
_TEXT = ("answer_text", "candidate_text", "answer", "response")
_NUGGET = "{nugget}"


@dataclass(frozen=True, slots=True)
class Form:
    """What a judge is asked of a nugget, and the words of an assignment that failed."""

    criterion: str = f"whether the answer holds this fact: {_NUGGET}"
    failed: tuple[str, ...] = ("failed", "none", "")


class _Nugget(NamedTuple):
    """A nugget of an answer: where it is in its record, and what was said of it."""

    item: str
    text: str
    importance: str
    assignment: object
    field: str


class Reader(base.Reader):
    """Reads answers with the assignments of people, and of judges in files of the same form."""

    def __init__(self, card: Card, split: str) -> None:
        super().__init__(card, split)
        self._said = whole(Form, self.form)
        if _NUGGET not in self._said.criterion:
            self.form.fail("criterion", f"it needs {_NUGGET} where the nugget's text goes")

    def items(self, source: Source) -> Iterator[Located]:
        """Yield an item per answer and nugget that somebody looked at."""
        for row in source.rows():
            query, answer = _names(row)
            asked, text = _said(row, _ASKED), _said(row, _TEXT)
            for nugget in _nuggets(row, query, answer):
                code = self._code(row, nugget)
                if code is None:
                    continue
                attributes = [
                    ("criterion", self._said.criterion.replace(_NUGGET, nugget.text)),
                    ("importance", nugget.importance),
                    ("nugget", nugget.text),
                ]
                yield Located(
                    Item(
                        id=nugget.item,
                        conversation=(Turn.of("user", asked or "The query is not here."),),
                        responses=(Response(text, answer),),
                        gold=(Label("assignment", code),),
                        gold_source=self.gold_source,
                        cluster=query,
                        subset=nugget.importance,
                        attributes=tuple(attributes if text else [*attributes, UNANSWERED]),
                    ),
                    row,
                )

    def recorded(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:
        """Read a judge's assignments, matched by query, answer and the nugget's text."""
        known: dict[tuple[str, str, str], str] = {}
        for name, item in items.items():
            key = item.cluster, item.responses[0].model or "", _plain(item.attribute("nugget") or "")
            if key in known:
                raise DataError(f"items {known[key]!r} and {name!r} are one nugget", file=source.name)
            known[key] = name
        rows = list(source.rows())
        judge = picked(column, dict.fromkeys(_judge(row) for row in rows), source.name)
        heard = (self._heard(row, known) for row in rows if _judge(row) == judge)
        return self.gathered(judge, chain.from_iterable(heard), items, source)

    def _heard(self, row: Row, known: Mapping[tuple[str, str, str], str]) -> Iterator[Heard]:
        query, answer = _names(row)
        for nugget in _nuggets(row, query, answer):
            if item := known.get((query, answer, _plain(nugget.text))):
                reply = Reply.read(self._code(row, nugget), text=str(nugget.assignment or ""))
                yield Heard(row, nugget.field, item, reply)

    def judges(self, source: Source) -> Mapping[str, str]:
        """Name the models whose records the file holds."""
        told = dict.fromkeys(_judge(row) for row in source.rows())
        return {name: name for name in told if name}

    def _code(self, row: Row, nugget: _Nugget) -> int | None:
        """Read an assignment; None where nobody gave one."""
        said = nugget.assignment
        if said is None or (isinstance(said, str) and said.strip().casefold() in self._said.failed):
            return None
        code = self.scale.code(said.strip()) if isinstance(said, str) else None
        if code is None:
            row.fail(f"expected one of {', '.join(self.scale.labels)}, got {shown(said)}", f"{nugget.field}.assignment")
        return code


def _names(row: Row) -> tuple[str, str]:
    """Read the query's id, and whose answer (or which passage) it is."""
    return row.name(first_of(row, _QUERY, "the query's id")), row.name(
        first_of(row, _ANSWER, "the name of the run (or document)")
    )


def _judge(row: Row) -> str:
    return next((row.name(name) for name in _JUDGE if name in row.data), "")


def _said(row: Row, names: tuple[str, ...]) -> str:
    """Read a text, empty where it isn't here; an answer may be a list of sentences with citations."""
    value: Any = next((row.data[name] for name in names if name in row.data), "")
    if isinstance(value, list):
        value = " ".join(str(one.get("text", "")) if isinstance(one, dict) else str(one) for one in value)
    if isinstance(value, dict):
        value = value.get("text", "")
    return value.strip() if isinstance(value, str) else ""


def _nuggets(row: Row, query: str, answer: str) -> Iterator[_Nugget]:
    given: Any = row.require("nuggets")
    if not isinstance(given, list):
        row.fail(f"expected a list of nuggets, got {shown(given)}", "nuggets")
    for number, one in enumerate(given, 1):
        field = f"nuggets.{number - 1}"
        text = one.get("text") if isinstance(one, dict) else None
        if not isinstance(text, str) or not text.strip():
            row.fail(f"expected an object with a text, got {shown(one)}", field)
        importance = one.get("importance", "")
        if not isinstance(importance, str):
            row.fail(f"expected vital or okay, got {shown(importance)}", f"{field}.importance")
        yield _Nugget(f"{query} {answer} {number}", text.strip(), importance, one.get("assignment"), field)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()

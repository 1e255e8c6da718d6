"""Relevance of passages to queries, graded: TREC's judgments (qrels), BEIR's, and tables with a column per judge.

An item is a query and a passage, ``<query> <document>``; its cluster is the query. The card's main file holds the
judgments, its parts ``queries`` and ``passages`` the texts; without them labels are measured and nobody is asked.
``[form]`` says what the files don't: columns by other names than usual (``query``, ``document``, ``grade``; of several
columns of gold a list), further columns that tell items apart (``item``), the ``subset``, a constant ``gold`` where
items were made to have it, from which grade on a passage counts as relevant on a scale of two (``cut``, and
``judge_cut`` of the judges' grades), what a negative grade is (``negative``: ``lowest`` or ``drop``), the columns that
name the ``judge`` of a table with a row per verdict, the ``criterion`` that judges are shown, and what fields are
called in other files (`judgebench.tasks.readers.renamed`), and which splits have the attacked passages as they were
(``before``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain import Item, Label, Reply, Response, Status, Turn
from judgebench.domain.items import UNANSWERED
from judgebench.errors import DataError
from judgebench.files.records import shown
from judgebench.labels.names import NO_LABEL, is_gold, words_of
from judgebench.tasks import base
from judgebench.tasks.base import Located
from judgebench.tasks.forms import filled, one_of
from judgebench.tasks.readers.passages import DOCUMENT, PASSAGES, QUERIES, QUERY, Texts, first_of, read_texts
from judgebench.tasks.readers.renamed import Renamed
from judgebench.tasks.recordings import Recording, picked, stem
from judgebench.tasks.texts import TEXTLESS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from judgebench.files.records import Row
    from judgebench.tasks.card import Card
    from judgebench.tasks.recordings import Replies
    from judgebench.tasks.sources import Source

_GRADE = ("grade", "relevance", "rel", "score", "label", "judgment", "human", "qrel", "relevance_score")
#: Of a judge's own file.
_JUDGED = ("judgment", "prediction", "pred", *_GRADE)
_JUDGE = ("judge_name", "judge", "model")
#: Columns that are neither labels nor names of judges.
_PLAIN = frozenset({"iteration", "rank", "prompt", "reasoning", "result_status", "query", "passage", "text"})
_STATUS = "result_status"
_OWN_ORDER = (0,)


@dataclass(frozen=True, slots=True)
class _Form:
    query: tuple[str, ...] = ()
    document: tuple[str, ...] = ()
    grade: tuple[str, ...] = ()
    item: tuple[str, ...] = ()
    subset: str = ""
    gold: str = ""
    cut: int = 0
    judge_cut: int = 0
    negative: str = one_of("refuse", "lowest", "drop")
    judge: tuple[str, ...] = ()
    criterion: str = ""
    before: tuple[str, ...] = ()


class Reader(base.Reader):
    """Reads judgments with the texts beside them, and label sets of judges in files of the same forms."""

    def __init__(self, card: Card, split: str) -> None:
        super().__init__(card, split)
        table = self.form
        self._form = filled(_Form, table)
        self._renamed = Renamed.take(table)
        self.recorded_fields = self._renamed.fields
        table.done()
        if self._form.cut and len(self.scale.labels) != 2:
            table.fail("cut", f"grades are cut to two labels, and the scale {self.scale.spec} has others")
        if self._form.gold and self.scale.code(self._form.gold) is None:
            table.fail("gold", f"{self._form.gold!r} is not on the scale {self.scale.spec}")
        self._texts: Texts | None = None
        self._last: tuple[str, list[Row]] = "", []

    def items(self, source: Source) -> Iterator[Located]:
        """Yield the judged pairs; of a table with a row per verdict each pair once."""
        texts = self._known(source)
        seen: set[str] = set()
        for row in self._renamed.rows(source.rows()):
            query, document, name = self._names(row)
            if self._form.judge:
                if name in seen:
                    continue
                seen.add(name)
            gold = self._gold(row)
            if gold:
                yield Located(self._item(row, name, query, document, gold, texts), row)

    def recorded(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:
        """Read one judge's grades: judgments of its own, a column of a table, or a row per verdict.

        An empty cell, a negative grade and UMBRELA's status 0 are replies without a grade.
        """
        rows = self._read(source)
        judge, where = self._judge_of(rows, column, source.name)
        found = _Matched(items) if not self._has_ids(rows[0]) else None
        replies: Replies = {}
        # Assessors of a pooled collection see some pairs only; what a judge said of others is nobody's gold.
        for row in rows:
            if where.told and self._told(row) != judge:
                continue
            name = where.column or first_of(row, _JUDGED, "a judge's grade")
            reply = self._reply(row, name)
            for item in (self._names(row)[2],) if found is None else found.of(row):
                if item not in items:
                    continue
                if (item, _OWN_ORDER) in replies and found is None:
                    row.fail(f"{item!r} appears twice", name)
                replies[item, _OWN_ORDER] = reply
        if not replies:
            raise DataError(
                f"none of its {len(rows)} rows is about a pair of {self.card.name}:{self.split}, such as "
                f"{next(iter(items), '')!r}",
                file=source.name,
            )
        return Recording(judge, replies, (_OWN_ORDER,))

    def judges(self, source: Source) -> Mapping[str, str]:
        """Name the judges of a table: those of its rows, or its columns of grades."""
        rows = self._read(source)
        if columns := self._judge_columns(rows[0]):
            names = dict.fromkeys(self._told(row, columns) for row in rows)
            return {name: name for name in names} if len(names) > 1 or len(columns) > 1 or self._form.judge else {}
        wide = self._wide(rows)
        return {name: name for name in wide} if len(wide) > 1 else {}

    def _read(self, source: Source) -> list[Row]:
        """Read a file of verdicts; of one with many judges once for all of them."""
        key = f"{source.revision} {source.name}"
        if self._last[0] != key:
            rows = list(self._renamed.rows(source.rows()))
            if not rows:
                raise DataError("no rows", file=source.name)
            self._last = key, rows
        return self._last[1]

    def _known(self, source: Source) -> Texts:
        if self._texts is None:
            pairs = [self._names(row)[:2] for row in self._renamed.rows(source.rows())]
            self._texts = Texts(
                read_texts(source, QUERIES, {query for query, _ in pairs}),
                read_texts(source, PASSAGES, {document for _, document in pairs}),
            )
        return self._texts

    def _item(self, row: Row, name: str, query: str, document: str, gold: tuple[Label, ...], texts: Texts) -> Item:
        asked, passage = texts.of(row, query, document)
        attributes = [("document", document)]
        if self._form.criterion:
            attributes.append(("criterion", self._form.criterion))
        if not asked or not passage:
            attributes.append(UNANSWERED)
        return Item(
            id=name,
            conversation=(Turn.of("user", asked or TEXTLESS),),
            responses=(Response(passage),),
            gold=gold,
            gold_source=self.gold_source,
            cluster=query,
            subset=row.name(self._form.subset) if self._form.subset else "",
            attributes=tuple(sorted(attributes)),
        )

    def _has_ids(self, row: Row) -> bool:
        names = row.data.keys()
        return bool(names & {*(self._form.query or QUERY)} and names & {*(self._form.document or DOCUMENT)})

    def _names(self, row: Row) -> tuple[str, str, str]:
        """Read query, document and the item's own name."""
        query = row.name(first_of(row, self._form.query or QUERY, "the query's id"))
        field = first_of(row, self._form.document or DOCUMENT, "the document's id")
        more = [str(row.require(one)).strip() for one in self._form.item]
        # A passage that was made may come from nowhere, and then the further columns say which it is.
        document = row.name(field) if not more or str(row.data[field] or "").strip() else ""
        return query, document, " ".join(filter(None, (query, document, *more)))

    def _gold(self, row: Row) -> tuple[Label, ...]:
        form = self._form
        if form.gold:
            return (Label("construction", self.scale.code(form.gold)),)
        columns = form.grade or (_grade_of(row),)
        labels: list[Label] = []
        for name in columns:
            grade = _whole(row, name)
            if grade is not None and grade < 0:
                if form.negative == "refuse":
                    row.fail(
                        f"a grade below 0 ({grade}) is junk in some tracks and no judgment in others",
                        name,
                        "the card says which: [form] negative = 'lowest' or 'drop'",
                    )
                grade = None if form.negative == "drop" else 0
            labels.append(Label(name, None if grade is None else self._code(row, name, grade, form.cut)))
        return tuple(labels) if any(label.code is not None for label in labels) else ()

    def _code(self, row: Row, name: str, grade: int, cut: int) -> int:
        code = int(grade >= cut) if cut else self.scale.code(str(grade))
        if code is None:
            row.fail(f"grade {grade} is not on the scale {self.scale.spec}", name)
        return code

    def _reply(self, row: Row, name: str) -> Reply:
        said = "" if row.data.get(name) is None else str(row.data[name])
        grade = _whole(row, name)
        failed = str(row.data.get(_STATUS, 1)).strip() == "0"
        if grade is None or grade < 0 or failed:
            return Reply(Status.UNPARSED, text=said)
        return Reply.ok(self._code(row, name, grade, self._form.judge_cut), text=said)

    def _judge_columns(self, row: Row) -> tuple[str, ...]:
        """Name the columns that say whose the row's verdict is."""
        if self._form.judge and all(name in row.data for name in self._form.judge):
            return self._form.judge
        return next(((name,) for name in _JUDGE if name in row.data), ())

    def _told(self, row: Row, columns: Sequence[str] = ()) -> str:
        return " | ".join(row.name(name) for name in columns or self._judge_columns(row))

    def _wide(self, rows: Sequence[Row]) -> tuple[str, ...]:
        """Name the columns of judges' grades of a table, each under its judge's name."""
        ids = {*(self._form.query or QUERY), *(self._form.document or DOCUMENT), *self._form.item}
        known = {*ids, *_PLAIN, *_JUDGED, *self._form.grade}
        names = [name for name in rows[0].data if name not in known]
        if not names:
            return ()
        scale = self.card.scale if self._form.judge_cut else self.scale
        found: list[str] = []
        for name in names:
            words = {text for row in rows if (text := _plain(row, name))}
            graded = words and all(scale.code(text) is not None or text.startswith("-") for text in words)
            if graded and not is_gold(name) and not words_of(name) <= NO_LABEL:
                found.append(name)
        return tuple(found)

    def _judge_of(self, rows: Sequence[Row], column: str | None, file: str) -> tuple[str, _Where]:
        """Find the judge that is asked for, and where its grades are."""
        if columns := self._judge_columns(rows[0]):
            told = list(dict.fromkeys(self._told(row, columns) for row in rows))
            return picked(column, told, file), _Where("", told=True)
        if column is not None and column in rows[0].data:
            return column, _Where(column)
        wide = self._wide(rows)
        single = next((name for name in _JUDGED if name in rows[0].data and not is_gold(name)), "")
        if single and column is None and not wide:
            return stem(file), _Where(single)
        name = picked(column, wide, file)
        return name, _Where(name)


class _Where(NamedTuple):
    """A judge's column, or that the rows say whose they are."""

    column: str
    told: bool = False


class _Matched:
    """Finds items by their texts, of verdicts that name no ids."""

    def __init__(self, items: Mapping[str, Item]) -> None:
        self._of: dict[tuple[str, str], list[str]] = {}
        for name, item in items.items():
            if not item.unanswered:
                self._of.setdefault((_plainly(item.question), _plainly(item.responses[0].text)), []).append(name)

    def of(self, row: Row) -> Iterable[str]:
        """Name the items of a row's texts; those of equal texts are judged alike."""
        if not self._of:
            row.fail(
                "it names no ids, and the task's texts are not here to tell which pair it is", "query",
                "put queries and passages beside the judgments",
            )  # fmt: skip
        return self._of.get((_plainly(row.text("query")), _plainly(row.text("passage"))), ())


def _grade_of(row: Row) -> str:
    """Name the column of gold; one that the usual names lack is the only one whose name says that it is people's."""
    said = [name for name in row.data if is_gold(name)] if not row.data.keys() & {*_GRADE} else []
    return said[0] if len(said) == 1 else first_of(row, _GRADE, "the grade")


def _plainly(text: str) -> str:
    return " ".join(text.split())


def _plain(row: Row, name: str) -> str:
    """Give a cell as the text of a whole number where it is one, as 2.0 of a column with gaps."""
    value = row.data.get(name)
    text = "" if value is None else str(value).strip()
    return text.removesuffix(".0") if text.removesuffix(".0").removeprefix("-").isdecimal() else text


def _whole(row: Row, name: str) -> int | None:
    """Read a grade; None where the cell is empty."""
    value = row.require(name)
    if isinstance(value, float) and value != value:  # noqa: PLR0124 - NaN is a gap of pandas
        return None
    text = _plain(row, name)
    if text.casefold() in {"", "nan", "none", "null"}:
        return None
    if isinstance(value, bool) or not text.removeprefix("-").isdecimal() or len(text) > 9:
        row.fail(f"expected a whole number, got {shown(value)}", name)
    return int(text)

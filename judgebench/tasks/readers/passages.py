"""Texts of queries and passages, which lie in files of their own: TSV, JSONL, TREC's topics, a whole collection.

A collection is streamed, and only what is judged of it is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from judgebench.files.content import sniff
from judgebench.files.trec import form_of, texts_of, topics_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from judgebench.files.records import Row
    from judgebench.tasks.sources import Source

#: Parts of a split.
QUERIES, PASSAGES = "queries", "passages"
#: Names of ids, the likelier first; ``_id`` is BEIR's.
QUERY = ("query_id", "qid", "query-id", "topic_id", "topic", "query_idx", "qidx")
DOCUMENT = ("doc_id", "docid", "docno", "passage_id", "pid", "corpus-id", "doc-id", "document_id", "docidx")
_ID = ("_id", "id", "number")
_QUERY_TEXT = ("text", "query", "title", "question", "query_text")
_PASSAGE_TEXT = ("text", "passage", "segment", "contents", "body", "doc", "document", "passage_text")
#: Parts of a topic that say more of what was wanted.
_MORE = ("description", "narrative")


class Texts(NamedTuple):
    """Texts by id; None where the file is not here, and the judgments may hold them."""

    queries: dict[str, str] | None
    passages: dict[str, str] | None

    def of(self, row: Row, query: str, document: str) -> tuple[str, str]:
        """Give the texts of a pair, empty where they are not here."""
        asked = _beside(row, ("query_text", "query")) if self.queries is None else self.queries.get(query, "")
        passage = (
            _beside(row, ("passage_text", "passage", "text", "segment"))
            if self.passages is None
            else self.passages.get(document, "")
        )
        return asked, passage


def _beside(row: Row, names: Sequence[str]) -> str:
    value = next((row.data[name] for name in names if name in row.data), "")
    return value.strip() if isinstance(value, str) else ""


def first_of(row: Row, names: Sequence[str], what: str) -> str:
    """Name the first of some fields that a row has; DataError where it has none."""
    for name in names:
        if name in row.data:
            return name
    return row.fail(
        f"{what} is missing: expected a field {' or '.join(names[:6])}, and the row has "
        f"{', '.join(map(repr, row.data)) or 'none'}",
        names[0],
        "[form] of the card names a field by another name",
    )


def read_texts(source: Source, part: str, wanted: AbstractSet[str]) -> dict[str, str] | None:
    """Read the wanted texts of a part; None where there is no such part or its file isn't here."""
    if part not in source.parts or part in source.lacking:
        return None
    ids, texts = (QUERY, _QUERY_TEXT) if part == QUERIES else (DOCUMENT, _PASSAGE_TEXT)
    found: dict[str, str] = {}
    for row in _rows(source, part):
        name = row.name(first_of(row, (*ids, *_ID), f"the id of one of the {part}"))
        if name not in wanted:
            continue
        text = _text(row, texts, part)
        if found.setdefault(name, text) != text:
            row.fail(f"{name!r} has another text above")
    return found


def _rows(source: Source, part: str) -> Iterator[Row]:
    contents = source.contents.get(part, ())
    read = {"topics": topics_of, "texts": texts_of}.get(form_of(contents[0])) if contents else None
    if read is None or any(sniff(content) != "csv" for content in contents):
        yield from source.rows(part)
        return
    for content in contents:
        yield from read(content)


def _text(row: Row, names: Sequence[str], part: str) -> str:
    name = first_of(row, names, f"the text of one of the {part}")
    text = row.text(name).strip()
    more = [one for one in _MORE if part == QUERIES and one != name]
    # BEIR and others have a title above the text.
    above = ["title"] if part == PASSAGES and name != "title" else []
    lines = [str(row.data.get(one) or "").strip() for one in above]
    return "\n".join(filter(None, [*lines, text, *(str(row.data.get(one) or "").strip() for one in more)]))

"""Files of TREC, which have no header: judgments (qrels), runs, topics, and texts behind an id and a tab."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Literal, TypeAlias

from judgebench.errors import DataError
from judgebench.files.records import Row, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from judgebench.files.content import Content

Form: TypeAlias = Literal["", "qrels", "run", "topics", "texts"]

#: Topic, iteration (Q0 in what UMBRELA writes), document, grade.
QRELS = re.compile(r"\s*(\S+)\s+(0|Q0|[0-9]{1,3})\s+(\S+)\s+(-?\d+)\s*")
#: Topic, Q0, document, rank, score, name of the run.
RUN = re.compile(r"\s*(\S+)\s+(Q0)\s+(\S+)\s+(\d+)\s+([-+]?[0-9.]+(?:[eE][-+]?\d+)?)\s+(\S+)\s*")

_QRELS = ("query_id", "iteration", "doc_id", "grade")
_RUN = ("query_id", "iteration", "doc_id", "rank", "score", "run")
_HEAD, _LOOKED = 1 << 16, 50
_TOPIC = re.compile(r"<(top|topic)\b([^>]*)>(.*?)</\1\s*>", re.DOTALL | re.IGNORECASE)
_FIELD = re.compile(r"<([a-z_]+)[^>]*>([^<]*)", re.IGNORECASE)
_NUMBER = re.compile(r"""\b(?:number|id|qid)\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
#: What a field's text may begin with, in the topics of old: <num> Number: 301.
_WORDS = re.compile(r"^\s*(?:number|topic|description|narrative)\s*:\s*", re.IGNORECASE)
_LONG = {"num": "query_id", "desc": "description", "narr": "narrative"}
#: Words that name a column of ids, where a file does have a header.
_ID_NAMES = frozenset(
    {"id", "_id", "qid", "pid", "docid", "docno", "did", "query_id", "query-id", "queryid", "doc_id", "doc-id",
     "passage_id", "topic", "topic_id", "corpus-id", "corpus_id"}
)  # fmt: skip


def form_of(content: Content) -> Form:
    """Tell a file of TREC's by its first lines; empty where it is another, or may be."""
    with content.open() as stream:
        head = stream.read(_HEAD)
    text = head.decode("utf-8-sig", "ignore")
    if re.match(r"\s*(?:<\?xml[^>]*>\s*)?(?:<topics\b[^>]*>\s*)?<top(?:ic)?\b", text, re.IGNORECASE):
        return "topics"
    # The last line may be cut off.
    lines = [line for line in (text if len(head) < _HEAD else text.rpartition("\n")[0]).splitlines() if line.strip()]
    lines = lines[:_LOOKED]
    if len(lines) < 2 or lines[0].lstrip()[:1] in {"{", "["}:
        return ""
    found = [QRELS.fullmatch(line) for line in lines]
    # A constant second field is the iteration; four columns of numbers may be anything.
    if all(found) and len({one[2] for one in found if one}) == 1:
        return "qrels"
    if all(map(RUN.fullmatch, lines)):
        return "run"
    tabbed = all("\t" in line for line in lines)
    return "texts" if tabbed and lines[0].partition("\t")[0].strip().casefold() not in _ID_NAMES else ""


def headless(content: Content) -> Callable[[], Iterator[Row]] | None:
    """Give the rows of judgments or of a run, which nothing else looks like; None where it is another file."""
    form = form_of(content)
    if form not in {"qrels", "run"}:
        return None
    pattern, names = (QRELS, _QRELS) if form == "qrels" else (RUN, _RUN)

    def rows() -> Iterator[Row]:
        for number, line in _lines(content):
            if not line.strip():
                continue
            found = pattern.fullmatch(line)
            if found is None:
                wanted = ", ".join(names).replace("iteration", "0" if form == "qrels" else "Q0")
                raise DataError(
                    f"expected {len(names)} fields ({wanted}), got {shown(line.strip())}",
                    file=content.name,
                    line=number,
                )
            yield Row(dict(zip(names, found.groups(), strict=True)), content.name, number)

    return rows


def texts_of(content: Content) -> Iterator[Row]:
    """Stream ``id`` and ``text`` of lines cut at their first tab: quotes mean nothing there; more cells are lines."""
    for number, line in _lines(content):
        if not line.strip():
            continue
        name, tab, text = line.partition("\t")
        if not tab or not name.strip():
            raise DataError(
                f"expected an id, a tab and a text, got {shown(line.strip())}", file=content.name, line=number
            )
        yield Row({"id": name.strip(), "text": text.strip().replace("\t", "\n")}, content.name, number)


def topics_of(content: Content) -> Iterator[Row]:
    """Read topics in tags, ``<top><num> Number: 301 <title> …`` or ``<topic number="1"><query>…``."""
    text = content.text()
    empty = True
    for found in _TOPIC.finditer(text):
        empty = False
        line = text.count("\n", 0, found.start()) + 1
        data = {
            _LONG.get(name.casefold(), name.casefold()): " ".join(html.unescape(_WORDS.sub("", value)).split())
            for name, value in _FIELD.findall(found[3])
        }
        if number := _NUMBER.search(found[2]):
            data["query_id"] = number[1].strip()
        if not data.get("query_id"):
            raise DataError("this topic has no number", file=content.name, line=line, field="num")
        yield Row(data, content.name, line)
    if empty:
        raise DataError("no topic is closed: expected <top> … </top>", file=content.name, line=1)


def _lines(content: Content) -> Iterator[tuple[int, str]]:
    with content.open() as stream:
        for number, line in enumerate(stream, 1):
            yield number, (line if number > 1 else line.removeprefix(b"\xef\xbb\xbf")).decode("utf-8")

"""Files of TREC, which have no header: judgments (qrels), runs, topics, and texts behind an id and a tab."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from judgebench.errors import DataError
from judgebench.files.content import Content
from judgebench.files.records import Row, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

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
    found = [one for line in lines if (one := QRELS.fullmatch(line))]
    # A constant second field is the iteration; four columns of numbers may be anything.
    if _mostly(found, lines) and QRELS.fullmatch(lines[0]) and len({one[2] for one in found}) == 1:
        return "qrels"
    if _mostly([line for line in lines if RUN.fullmatch(line)], lines) and RUN.fullmatch(lines[0]):
        return "run"
    name, tab, _ = lines[0].partition("\t")
    tabbed = tab and _mostly([line for line in lines if "\t" in line], lines)
    return "texts" if tabbed and name.strip().casefold() not in _ID_NAMES else ""


def _mostly(found: Sequence[object], lines: Sequence[str]) -> bool:
    """Whether so many lines are of a form that the others are mistakes, which their reader names."""
    return len(found) >= 2 and 3 * len(found) >= 2 * len(lines)


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


def runs_of(files: Sequence[Path]) -> dict[str, dict[str, list[str]]]:
    """Read retrieval runs: documents best first by system and query, as trec_eval orders them.

    The higher score comes first, and of equal ones the later name; ranks are not looked at. A system is named by its
    run, or by its file where two files name one. DataError where a file is no run, or ranks a document twice.
    """
    found: dict[tuple[Path, str], dict[str, dict[str, float]]] = {}
    for file in files:
        content = Content.at(file)
        rows = headless(content) if form_of(content) == "run" else None
        if rows is None:
            raise DataError(
                "this is not a run: expected lines of query, Q0, document, rank, score, run", file=str(file)
            )
        for row in rows():
            scores = found.setdefault((file, row.data["run"]), {}).setdefault(row.data["query_id"], {})
            if row.data["doc_id"] in scores:
                row.fail(f"{row.data['doc_id']!r} is ranked twice for {row.data['query_id']!r}", "doc_id")
            try:
                scores[row.data["doc_id"]] = float(row.data["score"])
            except ValueError:
                row.fail(f"expected a number, got {row.data['score']!r}", "score")
    tags = [tag for _, tag in found]
    named = {(file, tag): tag if tags.count(tag) == 1 else file.name.partition(".")[0] for file, tag in found}
    if len(set(named.values())) < len(named):
        raise DataError("two runs have one name", file=str(next(iter(found))[0].parent), hint="rename a file")
    return {
        named[key]: {
            query: sorted(sorted(scores, reverse=True), key=scores.__getitem__, reverse=True)
            for query, scores in queries.items()
        }
        for key, queries in found.items()
    }


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
        data: dict[str, Any] = {
            str(_LONG.get(name.casefold(), name.casefold())): " ".join(html.unescape(_WORDS.sub("", value)).split())
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

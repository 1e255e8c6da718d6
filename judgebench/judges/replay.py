"""Verdicts that were recorded before, judged again without asking anyone."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from judgebench.domain import Reply, Scale, Status, digest
from judgebench.errors import DataError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from judgebench.domain import Case, Code

    Replies = Mapping[tuple[str, tuple[int, ...]], Reply]

_LISTED = 8


class ReplayJudge:
    """Answer from a recording.

    Parameters
    ----------
    name : str
        Name in tables, e.g. ``replay/gpt-3.5-turbo``.
    replies : mapping of (str, tuple of int) to Reply
        Item id and order to the reply, in the shown coordinates of that order.
    orders : sequence of tuple of int, optional
        The orders that were recorded; by default those of the replies.
    """

    def __init__(self, name: str, replies: Replies, orders: Sequence[tuple[int, ...]] | None = None) -> None:
        self._name = name
        self._replies = replies
        self._orders = tuple(sorted({order for _, order in replies})) if orders is None else tuple(orders)
        rows = [[i, list(o), r.status.value, _plain(r.code), list(r.scores), r.text] for (i, o), r in replies.items()]
        self._settings = {"backend": "replay", "recording": digest(sorted(rows, key=lambda row: (row[0], row[1])))}

    @property
    def name(self) -> str:
        """Name in tables."""
        return self._name

    @property
    def orders(self) -> tuple[tuple[int, ...], ...]:
        """The orders that the recording holds."""
        return self._orders

    @property
    def settings(self) -> Mapping[str, object]:
        """Digest of the recording: a changed file is another judge."""
        return self._settings

    async def judge(self, case: Case, scale: Scale) -> Reply:
        """Look the case up.

        Raises
        ------
        RejectedError
            If it was not recorded.
        DataError
            If its code is not on the scale: the recording is one of another task.
        """
        reply = self._replies.get((case.item.id, case.order))
        if reply is None:
            raise RejectedError(f"no recorded verdict for item {case.item.id!r} shown in order {list(case.order)}")
        codes = reply.code if isinstance(reply.code, tuple) else () if reply.code is None else (reply.code,)
        if any(not 0 <= code < len(scale.labels) for code in codes):
            raise DataError(f"{self._name}: item {case.item.id!r} has code {reply.code}, which {scale.spec} does not")
        return reply


def _plain(code: Code | None) -> Any:
    return list(code) if isinstance(code, tuple) else code


@dataclass(frozen=True, slots=True)
class Recording:
    """Recorded replies, in the shown coordinates of their order."""

    name: str
    replies: Replies
    orders: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    fields: Mapping[str, Any]


def read_recording(path: Path | str, scale: Scale, column: str | None = None) -> Recording:
    """Read recorded verdicts from judgebench's own formats.

    Parameters
    ----------
    path : path
        JSONL or CSV with a row per verdict, or the ``verdicts.jsonl`` of a run.
    scale : Scale
        The scale whose labels the verdicts are.
    column : str, optional
        The column that holds the verdict; ``verdict`` by default.

    Returns
    -------
    Recording
        Replies by item id and order.

    Raises
    ------
    DataError
        With file, line and field: a missing column, a verdict that is not on the scale, an order that is
        none, one item twice in one order.

    Notes
    -----
    Columns: ``id``; ``verdict``, a label of the scale (case and outer blanks ignored) as the judge saw the
    responses, empty where it gave none (``unparsed``); optional ``order``, the indices of the responses as
    they were shown (``0,1``), or ``original`` or ``swapped``; optional ``text``, the judge's words.

    Of a run's verdicts the plain ones of the first repeat are read; of several for one case the last.
    """
    file = str(path)
    rows = list(_rows(Path(path), file))
    if not rows:
        raise DataError("holds no verdicts", file=file)
    stored = all({"key", "item", "code", "order", "status"} <= row.fields.keys() for row in rows)
    if stored and column is not None:
        raise DataError("is the verdicts of a run, which has no columns to choose", file=file, field=column)
    verdict = column or "verdict"
    replies: dict[tuple[str, tuple[int, ...]], Reply] = {}
    wrong: list[tuple[int, str]] = []
    for row in rows:
        if stored:
            if row.fields.get("probe") or row.fields.get("repeat"):
                continue
            key, reply = _stored(row, scale, file)
        else:
            key, found = _labelled(row, scale, verdict, file)
            if isinstance(found, str):
                wrong.append((row.line, found))
                continue
            reply = found
        if not stored and key in replies:
            raise DataError(f"item {key[0]!r} stands in order {list(key[1])} twice", file=file, line=row.line)
        replies[key] = reply
    if wrong:
        raise DataError(_off_scale(wrong, scale), file=file, line=wrong[0][0], field=verdict)
    return Recording(Path(path).stem, replies, tuple(sorted({order for _, order in replies})))


def _off_scale(wrong: list[tuple[int, str]], scale: Scale) -> str:
    listed = ", ".join(f"{label!r} (line {line})" for line, label in wrong[:_LISTED])
    more = f" and {len(wrong) - _LISTED} more" if len(wrong) > _LISTED else ""
    return f"not on the scale {scale.spec}: {listed}{more}; the labels are {', '.join(scale.labels)}"


def _labelled(row: _Row, scale: Scale, column: str, file: str) -> tuple[tuple[str, tuple[int, ...]], Reply | str]:
    fields = row.fields
    for name in ("id", column):
        if name not in fields:
            have = ", ".join(sorted(fields)) or "none"
            raise DataError(f"is missing; the columns here are {have}", file=file, line=row.line, field=name)
    key = (str(fields["id"]), _order(fields.get("order"), scale, row.line, file))
    label = "" if fields[column] is None else str(fields[column]).strip()
    text = str(fields.get("text") or "")
    if not label:
        return key, Reply(Status.UNPARSED, text=text)
    code = scale.code(label)
    return key, label if code is None else Reply.ok(code, text=text or label)


def _order(value: Any, scale: Scale, line: int, file: str) -> tuple[int, ...]:
    count = {"pair": 2, "pick": len(scale.labels), "rank": len(scale.labels)}.get(scale.kind, 1)
    original = tuple(range(count))
    words = {"": original, "original": original, "swapped": tuple(reversed(original))}
    if value is None or (isinstance(value, str) and value.strip().casefold() in words):
        return words[(value or "").strip().casefold()]
    given: list[Any] = value if isinstance(value, list) else str(value).strip("[]() ").split(",")
    try:
        order = tuple(int(index) for index in given)
    except (TypeError, ValueError):
        order = ()
    if scale.kind in {"pair", "check", "rate", "label"}:
        right = sorted(order) == list(original)
    else:
        right = bool(order) and sorted(order) == list(range(len(order)))
    if not right:
        raise DataError(
            f"{value!r} is no order; write the shown responses' indices such as 0,1, or original or swapped",
            file=file,
            line=line,
            field="order",
        )
    return order


def _stored(row: _Row, scale: Scale, file: str) -> tuple[tuple[str, tuple[int, ...]], Reply]:
    """Show a stored verdict again: it is kept in the item's own order."""
    fields = row.fields
    try:
        order = tuple(int(index) for index in fields["order"])
        inverse = tuple(order.index(index) for index in range(len(order)))
        code = fields["code"]
        own: Code | None = tuple(code) if isinstance(code, list) else code
        scores = tuple(float(score) for score in fields.get("scores") or ())
        reply = Reply(
            Status(fields["status"]),
            None if own is None else scale.undo(own, inverse),
            scores=tuple(scores[index] for index in order) if len(scores) == len(order) else scores,
            text=str(fields.get("text") or ""),
            error=str(fields.get("error") or ""),
            model=str(fields.get("model") or ""),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise DataError(f"is no stored verdict ({error})", file=file, line=row.line) from None
    return (str(fields["item"]), order), reply


def _rows(path: Path, file: str) -> Iterator[_Row]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(error.strerror or "can't be read", file=file) from None
    except UnicodeDecodeError:
        raise DataError("is not UTF-8; save it as UTF-8 (in a spreadsheet: CSV UTF-8)", file=file) from None
    return _json_rows(text, file) if text.lstrip().startswith("{") else _csv_rows(text, file)


def _json_rows(text: str, file: str) -> Iterator[_Row]:
    # Only newlines end a line: U+2028 and its kin may stand inside JSON strings.
    for line, raw in enumerate(text.split("\n"), 1):
        if not raw.strip():
            continue
        try:
            fields: Any = json.loads(raw)
        except ValueError:
            raise DataError("is no JSON", file=file, line=line) from None
        if not isinstance(fields, dict):
            raise DataError("is no JSON object", file=file, line=line)
        yield _Row(line, cast("dict[str, Any]", fields))


def _csv_rows(text: str, file: str) -> Iterator[_Row]:
    csv.field_size_limit(2**31 - 1)
    separator = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    reader: Iterable[list[str]] = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    header: list[str] | None = None
    for values in reader:
        line: int = reader.line_num  # type: ignore[attr-defined]  # the iterable is a csv reader
        if not any(value.strip() for value in values):
            continue
        if header is None:
            header = [value.strip() for value in values]
            continue
        if len(values) != len(header):
            raise DataError(f"has {len(values)} fields, the header has {len(header)}", file=file, line=line)
        yield _Row(line, dict(zip(header, values, strict=True)))

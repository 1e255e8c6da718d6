"""Recorded verdicts in judgebench's own formats: a row per verdict, or the verdicts of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.domain import Reply, Status
from judgebench.errors import DataError
from judgebench.files.records import file_source
from judgebench.tasks.base import Recording

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.domain import Code, Scale
    from judgebench.files.records import Row

_LISTED = 8
_STORED = {"key", "item", "code", "order", "status"}


def is_own_format(path: Path) -> bool:
    """Whether a file's first row looks like one of ours: an id and a verdict, or a stored verdict."""
    first = next(iter(file_source(path).rows()), None)
    return first is not None and ({"id", "verdict"} <= first.data.keys() or first.data.keys() >= _STORED)


def read_recording(path: Path, scale: Scale, column: str | None = None) -> Recording:
    """Read recorded verdicts by item id and order: JSONL or CSV with a row each, or the ``verdicts.jsonl`` of a run.

    Columns: ``id``; ``verdict`` (or ``column``), a label of the scale (case and outer blanks ignored) as the judge saw
    the responses, empty where it gave none (``unparsed``); optional ``order``, the indices of the responses as they
    were shown (``0,1``), or ``original`` or ``swapped``; optional ``text``, the judge's words. Of a run's verdicts the
    plain ones of the first repeat are read; of several for one case the last.
    """
    file = str(path)
    rows = list(file_source(path).rows())
    if not rows:
        raise DataError("holds no verdicts", file=file)
    stored = all(row.data.keys() >= _STORED for row in rows)
    if stored and column is not None:
        raise DataError("is the verdicts of a run, which has no columns to choose", file=file, field=column)
    verdict = column or "verdict"
    replies: dict[tuple[str, tuple[int, ...]], Reply] = {}
    wrong: list[tuple[int, str]] = []
    for row in rows:
        if stored:
            if row.data.get("probe") or row.data.get("repeat"):
                continue
            key, reply = _stored(row, scale)
        else:
            key, found = _labelled(row, scale, verdict)
            if isinstance(found, str):
                wrong.append((row.line, found))
                continue
            reply = found
        if not stored and key in replies:
            row.fail(f"item {key[0]!r} stands in order {list(key[1])} twice")
        replies[key] = reply
    if wrong:
        raise DataError(_off_scale(wrong, scale), file=file, line=wrong[0][0], field=verdict)
    return Recording(path.name.partition(".")[0], replies, tuple(sorted({order for _, order in replies})))


def _off_scale(wrong: list[tuple[int, str]], scale: Scale) -> str:
    listed = ", ".join(f"{label!r} (line {line})" for line, label in wrong[:_LISTED])
    more = f" and {len(wrong) - _LISTED} more" if len(wrong) > _LISTED else ""
    return f"not on the scale {scale.spec}: {listed}{more}; the labels are {', '.join(scale.labels)}"


def _labelled(row: Row, scale: Scale, column: str) -> tuple[tuple[str, tuple[int, ...]], Reply | str]:
    key = (row.name("id"), _order(row, scale))
    value = row.require(column)
    label = "" if value is None else str(value).strip()
    text = str(row.data.get("text") or "")
    if not label:
        return key, Reply(Status.UNPARSED, text=text)
    code = scale.code(label)
    return key, label if code is None else Reply.ok(code, text=text or label)


def _order(row: Row, scale: Scale) -> tuple[int, ...]:
    value = row.data.get("order")
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
        row.fail(
            f"{value!r} is not an order; write the shown responses' indices such as 0,1, or original or swapped",
            "order",
        )
    return order


def _stored(row: Row, scale: Scale) -> tuple[tuple[str, tuple[int, ...]], Reply]:
    """Show a stored verdict again: it is kept in the item's own order."""
    fields = row.data
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
        row.fail(f"this is not a stored verdict ({error})")
    return (str(fields["item"]), order), reply

"""What judges said of a task's items some time ago, in formats of ours: a row per verdict, a column per judge, a run.

A benchmark's own format is its reader's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeAlias

from judgebench.domain import Reply, Status, Verdict, told_apart
from judgebench.errors import DataError, UsageError
from judgebench.labels.roles import LABEL, NO_LABEL, is_gold, is_judge, words_of
from judgebench.tasks.sources import file_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from judgebench.domain import Scale
    from judgebench.files.records import Row

Replies: TypeAlias = "dict[tuple[str, tuple[int, ...]], Reply]"
#: The field that tells several judges of one recorded file apart, and the one that tells what they were asked under.
JUDGE_FIELD = "judge_name"
CONDITION_FIELD = "cond"


@dataclass(frozen=True, slots=True)
class Recording:
    """What a judge said some time ago, by item id and order; replies are in the coordinates of that order.

    ``orders`` are those that the items have; () where each has those of its own, as where orders were drawn.
    A judge of whom the file holds several conditions has them in its name, as `JudgeName` writes it.
    """

    name: str
    replies: Replies
    orders: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """The judges whom a file's rows name, told apart by judge and condition.

    ``rows`` are by the name to show, and none where no row names anybody; ``names`` is every name that one may be asked
    for by: ``judge#condition``, and ``condition`` where there is one judge, among them.
    """

    rows: Mapping[str, list[Row]]
    names: Mapping[str, str]

    @classmethod
    def of(cls, rows: Iterable[Row], field: str = JUDGE_FIELD) -> Told:
        """Read who judged off ``field``, and under what; DataError where only some of the rows say it."""
        found: dict[tuple[str, str], list[Row]] = {}
        for row in rows:
            who = tuple(str(row.data.get(name) or "").strip() for name in (field, CONDITION_FIELD))
            found.setdefault((who[0], who[1]), []).append(row)
        for place, name, what in ((0, field, "judge"), (1, CONDITION_FIELD, "condition")):
            said = next((who[place] for who in found if who[place]), "")
            bare = next((of[0] for who, of in found.items() if not who[place]), None)
            if said and bare is not None:
                bare.fail(f"it says no {what}, while other rows do ({said!r} ...)", name)
        if not any(judge or condition for judge, condition in found):
            return cls({}, {})
        judges = [judge or stem(Path(of[0].file)) for (judge, _), of in found.items()]
        conditions = [condition for _, condition in found]
        own = [{CONDITION_FIELD: condition} if condition else {} for condition in conditions]
        shown = told_apart([("", judge, said) for judge, said in zip(judges, own, strict=True)], numbers=False)
        names = {name: name for name in shown}
        for name, judge, condition in zip(shown, judges, conditions, strict=True):
            if condition:
                names.setdefault(f"{judge}#{condition}", name)
            if condition and len(set(judges)) == 1:
                names.setdefault(condition, name)
        return cls(dict(zip(shown, found.values(), strict=True)), names)

    def pick(self, asked: str | None, file: str) -> str:
        """Take the judge that is asked for, or the only one; UsageError names them all."""
        return picked(asked, self.rows, file, self.names)


def picked(asked: str | None, names: Iterable[str], file: str, called: Mapping[str, str] | None = None) -> str:
    """Take the judge that is asked for, or the only one of a file; UsageError names them all.

    ``called`` are all names by which one may be asked for, each with the one of ``names``.
    """
    known = list(names)
    if asked is None and len(known) == 1:
        return known[0]
    found = (called or {name: name for name in known}).get(asked or "")
    return no_judge(asked, known, file) if asked is None or found is None else found


def no_judge(asked: str | None, names: Iterable[str], file: str) -> NoReturn:
    """Say that none of several judges is asked for, or one whom a file doesn't hold."""
    said = "name the judge" if asked is None else f"{asked!r} is not a judge of it"
    raise UsageError(f"{file}: {said}; there are: {', '.join(filter(None, names)) or 'none'}")


def rows_of_judge(rows: Iterable[Row], judge: str | None, file: str) -> tuple[list[Row], str | None]:
    """Take one judge's rows of a file in which `JUDGE_FIELD` names several; all rows of any other file.

    Returns the rows with the name of the judge, or None where nothing was to be chosen.
    """
    read = list(rows)
    told = Told.of(read)
    if judge not in told.names and len(told.rows) <= 1:
        return read, None
    shown = told.pick(judge, file)
    return told.rows[shown], shown


def stem(path: Path) -> str:
    """Name a judge after its file."""
    return path.name.partition(".")[0]


class Wide(NamedTuple):
    """What the columns of a file with a column per judge are: judges, gold labels, and what is neither."""

    judges: tuple[str, ...]
    gold: tuple[str, ...]
    others: tuple[str, ...]

    def __str__(self) -> str:
        """Say what was understood."""
        unread = [*(f"{name} (the task brings its own gold)" for name in self.gold), *self.others]
        return f"judges: {', '.join(self.judges)}" + (f"; not read: {', '.join(unread)}" if unread else "")


def is_wide(row: Row) -> bool:
    """Whether a row has an id, and no verdict that is called so: each judge may have a column of its own."""
    return "id" in row.data and "verdict" not in row.data and not row.data.keys() >= _STORED


def columns_of(rows: Sequence[Row], scale: Scale, file: str) -> Wide:
    """Tell judges' columns, all of whose cells are labels of the scale or empty, from others.

    DataError where that can't be told: of a column that holds labels and other words, or whose name doesn't say whether
    its labels are gold, and where there is no judge's column at all.
    """
    judges: list[str] = []
    gold: list[str] = []
    others: list[str] = []
    for name in dict.fromkeys(name for row in rows for name in row.data if name not in _PLACES):
        words = words_of(name)
        cells = [(row, text) for row in rows if (text := str(_given(row, name)).strip())]
        off = [(row, text) for row, text in cells if scale.code(text) is None]
        if is_gold(name):
            gold.append(name)
        elif len(off) == len(cells) or words & NO_LABEL:
            others.append(name)
        elif off and (is_judge(name) or 2 * len(off) <= len(cells)):
            off[0][0].fail(
                f"can't tell whether this is a judge's column: it holds labels, and {off[0][1]!r}, which is none of "
                f"{', '.join(scale.labels)}",
                name,
            )
        elif off:
            others.append(name)
        elif words & LABEL and not is_judge(name):
            raise DataError(
                f"this field is missing, and whether the labels in {name!r} are a judge's or gold can't be told",
                file=file,
                field="verdict",
                hint="call it after its judge, or gold; or name a judge's column: replay:FILE#COLUMN",
            )
        else:
            judges.append(name)
    if not judges:
        known = ", ".join((*gold, *others)) or "none"
        raise DataError(
            f"no column is a judge's: none beside gold holds only labels of the scale {scale.spec} "
            f"({', '.join(scale.labels)}); the columns are {known}",
            file=file,
        )
    return Wide(tuple(judges), tuple(gold), tuple(others))


def _given(row: Row, name: str) -> Any:
    value = row.data.get(name)
    return "" if value is None else value


#: Columns of a file with a column per judge that are about all of them.
_PLACES = frozenset({"id", "order", "text"})
_LISTED = 8
_STORED = {"key", "item", "code", "order", "status"}


def is_own_format(path: Path, foreign: frozenset[str] = frozenset()) -> bool:
    """Whether a file's first row looks like one of ours: an id with a verdict or judges' columns, or a stored verdict.

    ``foreign`` are fields that only a benchmark's own format has beside an id.
    """
    first = next(iter(file_source(path).rows()), None)
    if first is None:
        return False
    fields = first.data.keys()
    return {"id", "verdict"} <= fields or fields >= _STORED or (is_wide(first) and not foreign & fields)


def read_recording(path: Path, scale: Scale, column: str | None = None) -> Recording:
    """Read recorded verdicts by item id and order: JSONL or CSV with a row each, or the ``verdicts.jsonl`` of a run.

    Columns: ``id``; ``verdict`` (or ``column``, of a file with a column per judge), a label of the scale (case and
    outer blanks ignored) as the judge saw the responses, empty where it gave none (``unparsed``); optional
    ``judge_name`` and ``cond`` where the file holds several judges, or one that was asked under several conditions,
    of which ``column`` then names one; optional ``order``, the indices of the responses as they
    were shown (``0,1``), or ``original`` or ``swapped``; optional ``text``, the judge's words. Of a run's verdicts the
    plain ones of the first repeat are read; of several for one case the last.
    """
    file = str(path)
    rows = list(file_source(path).rows())
    stored = all(row.data.keys() >= _STORED for row in rows)
    if stored and column is not None:
        raise DataError("is the verdicts of a run, which has no columns to choose", file=file, field=column)
    judge: str | None = None
    if not stored:
        if rows and is_wide(rows[0]):
            judge = column = column or _only(columns_of(rows, scale, file), file)
        else:
            rows, judge = rows_of_judge(rows, column, file)
            column = column if judge is None else None
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
    return Recording(judge or stem(path), replies, tuple(sorted({order for _, order in replies})))


def _only(wide: Wide, file: str) -> str:
    judge, *others = wide.judges
    if others:
        raise UsageError(f"{file}: name the judge; there are: {', '.join(wide.judges)}")
    return judge


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
    try:
        own = Verdict.from_json(row.data)
        order, scores = own.order, own.scores
        inverse = tuple(order.index(index) for index in range(len(order)))
        reply = Reply(
            own.status,
            None if own.code is None else scale.undo(own.code, inverse),
            scores=tuple(scores[index] for index in order) if len(scores) == len(order) else scores,
            text=own.text,
            error=own.error,
            model=own.model,
        )
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        row.fail(f"this is not a stored verdict ({error})")
    return (own.item, order), reply

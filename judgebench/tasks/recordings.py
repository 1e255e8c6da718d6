"""What judges said of a task's items some time ago, in formats of ours: a row per verdict, a column per judge, a run.

A benchmark's own format is its reader's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from judgebench.domain import Reply, Verdict, told_apart
from judgebench.errors import DataError, UsageError
from judgebench.labels.cells import Cells
from judgebench.labels.names import LABEL, NO_LABEL, is_gold, is_judge, words_of
from judgebench.labels.words import GAP, UNKNOWN, settle
from judgebench.tasks.gold import CRITERION, golds_of
from judgebench.tasks.sources import file_source
from judgebench.tasks.verdict_words import meanings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

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
        judges = [judge or stem(of[0].file) for (judge, _), of in found.items()]
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
    if asked is not None and (found := (called or dict(zip(known, known, strict=True))).get(asked)) is not None:
        return found
    said = "name the judge" if asked is None else f"{asked!r} is not a judge of it"
    raise UsageError(f"{file}: {said}; there are: {', '.join(filter(None, known)) or 'none'}")


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


def stem(path: Path | str) -> str:
    """Name a judge after its file."""
    return Path(path).name.partition(".")[0]


class Heard(NamedTuple):
    """A recorded reply: in which row and column it is, and on which item."""

    row: Row
    column: str
    item: str
    reply: Reply


def own_order(scale: Scale) -> tuple[int, ...]:
    """Give the order in which items of this scale have their responses; of steps none, whose number is an item's."""
    return tuple(
        range({"pair": 2, "pick": len(scale.labels), "rank": len(scale.labels), "steps": 0}.get(scale.kind, 1))
    )


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


def columns_of(rows: Sequence[Row], scale: Scale, file: str, cells: Cells | None = None) -> Wide:
    """Tell judges' columns, all of whose cells are labels of the scale or empty, from others.

    DataError where that can't be told: of a column that holds labels and other words, or whose name doesn't say whether
    its labels are gold, and where there is no judge's column at all.
    """
    judges: list[str] = []
    gold: list[str] = []
    others: list[str] = []
    for name in dict.fromkeys(name for row in rows for name in row.data if name not in _PLACES):
        words = words_of(name)
        filled = [(row, text) for row in rows if (text := _text(row, name))]
        if is_gold(name):
            gold.append(name)
            continue
        codes = meanings((text for _, text in filled), scale, cells or Cells(), name)
        off = [(row, text) for row, text in filled if codes[text] == UNKNOWN]
        if all(code in {GAP, UNKNOWN} for code in codes.values()) or words & NO_LABEL:
            others.append(name)
        elif off and (is_judge(name) or 2 * len(off) <= len(filled)):
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


def _text(row: Row, name: str) -> str:
    value = row.data.get(name)
    return "" if value is None else str(value).strip()


#: Columns of a file with a column per judge that are about all of them.
_PLACES = frozenset({"id", "order", "text", "criterion"})
_CRITERION = "criterion"
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


def read_recording(
    path: Path, scale: Scale, column: str | None = None, *, cells: Cells | None = None, by_criterion: bool = False
) -> Recording:
    """Read recorded verdicts by item id and order: JSONL or CSV with a row each, or the ``verdicts.jsonl`` of a run.

    Columns: ``id``; ``verdict`` (or ``column``, of a file with a column per judge), as the judge saw the responses:
    any word that gold columns take, with the meanings that ``cells`` gives; empty where it gave none (``unparsed``);
    optional ``judge_name`` and ``cond`` where the file holds several judges, or one that was asked under several
    conditions, of which ``column`` then names one; optional ``order``, the indices of the responses as they were
    shown (``0,1``), or ``original`` or ``swapped``; optional ``text``, the judge's words. Of a run's verdicts the
    plain ones of the first repeat are read; of several for one case the last.

    Where an item is judged by several criteria its ids are ``item/criterion``: a file may have them so, or, with
    ``by_criterion``, a column ``criterion``, or a column for each, of which ``column`` is the pattern
    (``strict_{criterion}``).
    """
    file = str(path)
    rows = list(file_source(path).rows())
    if all(row.data.keys() >= _STORED for row in rows):
        if column is not None:
            raise DataError("is the verdicts of a run, which has no columns to choose", file=file, field=column)
        plain = (row for row in rows if not (row.data.get("probe") or row.data.get("repeat")))
        return _recording(stem(path), dict(_stored(row, scale) for row in plain))
    cells = cells or Cells()
    judge: str | None = None
    columns = [("", column or "verdict")]
    if column is not None and CRITERION in column:
        judge, columns = _by_criterion(rows, column, path)
    elif rows and is_wide(rows[0]):
        judge = column or picked(None, columns_of(rows, scale, file, cells).judges, file)
        columns = [("", judge)]
    else:
        rows, judge = rows_of_judge(rows, column, file)
        columns = columns if judge is None else [("", "verdict")]
    replies: dict[tuple[str, tuple[int, ...]], Reply] = {}
    for criterion, name in columns:
        for row, reply in _labelled(rows, scale, name, cells):
            about = criterion or (_text(row, _CRITERION) if by_criterion else "")
            item = row.name("id")
            key = item if not about or item.endswith(f"/{about}") else f"{item}/{about}", _order(row, scale)
            if key in replies:
                row.fail(f"item {key[0]!r} appears twice in order {list(key[1])}")
            replies[key] = reply
    return _recording(judge or stem(path), replies)


def _recording(judge: str, replies: Replies) -> Recording:
    return Recording(judge, replies, tuple(sorted({order for _, order in replies})))


def _by_criterion(rows: Sequence[Row], pattern: str, path: Path) -> tuple[str, list[tuple[str, str]]]:
    """Find a judge's column for each criterion, and its name."""
    known = [name for name in dict.fromkeys(name for row in rows for name in row.data) if name not in _PLACES]
    try:
        found = golds_of([pattern], known)
    except UsageError:
        raise UsageError(f"{path}: no column is named {pattern}, whatever the criterion; its columns are "
                         f"{', '.join(known) or 'none'}") from None  # fmt: skip
    columns = [(criterion, name) for criterion, ((_, name),) in found.items()]
    return pattern.replace(CRITERION, "").strip(" _-.:") or stem(path), columns


def _labelled(rows: Sequence[Row], scale: Scale, column: str, cells: Cells) -> Iterator[tuple[Row, Reply]]:
    """Read a column of verdicts; DataError where some are not on the scale."""
    values = [row.require(column) for row in rows]
    texts = ["" if value is None else str(value).strip() for value in values]
    codes = meanings(filter(None, texts), scale, cells, column)
    if wrong := [(row.line, text) for row, text in zip(rows, texts, strict=True) if codes.get(text) == UNKNOWN]:
        file = rows[0].file
        raise DataError(_off_scale(wrong, scale), file=file, line=wrong[0][0], field=column, hint=f"say {settle()}")
    for row, text in zip(rows, texts, strict=True):
        said = str(row.data.get("text") or "")
        code = codes.get(text, GAP)
        yield row, Reply.read(None if code == GAP else code, text=said or text)


def _off_scale(wrong: Sequence[tuple[int, str]], scale: Scale) -> str:
    listed = ", ".join(f"{label!r} (line {line})" for line, label in wrong[:_LISTED])
    more = f" and {len(wrong) - _LISTED} more" if len(wrong) > _LISTED else ""
    return f"not on the scale {scale.spec}: {listed}{more}; the labels are {', '.join(scale.labels)}"


def _order(row: Row, scale: Scale) -> tuple[int, ...]:
    value = row.data.get("order")
    original = own_order(scale)
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

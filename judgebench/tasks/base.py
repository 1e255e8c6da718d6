"""A task made of a card, a source of rows and a reader; and what judges said of its items, as it was recorded.

Recordings are in the benchmark's own format, which its reader knows, or in ours.
"""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from judgebench.domain import Reply, Status, Verdict
from judgebench.errors import BrokenPluginError, DataError, UsageError
from judgebench.files.content import find
from judgebench.tasks.card import card_names, load_card
from judgebench.tasks.sources import file_source, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from judgebench.domain import Agreement, Code, Estimate, GoldSource, Item, Policies, Run, Scale
    from judgebench.files.records import Row
    from judgebench.tasks.card import Card, Recorded
    from judgebench.tasks.sources import Source

#: Items of a task that are kept for the next pass; of more, only one at a time is held.
_KEPT = 20_000


class Located(NamedTuple):
    """An item and the row it was made of, so that an error can say where."""

    item: Item
    row: Row


Replies: TypeAlias = "dict[tuple[str, tuple[int, ...]], Reply]"


@dataclass(frozen=True, slots=True)
class Recording:
    """What a judge said some time ago, by item id and order; replies are in the coordinates of that order."""

    name: str
    replies: Replies
    orders: tuple[tuple[int, ...], ...]


class Reader:
    """Turns the rows of one benchmark into items; a benchmark's own one is named in its card."""

    #: Whether items of a ``pick`` scale have as many responses as they have, whatever its k.
    responses_vary = False

    def __init__(self, card: Card, split: str) -> None:
        self.card = card
        self.split = split

    @property
    def scale(self) -> Scale:
        """The split's scale where it has its own, else the card's."""
        return self.card.split(self.split).scale or self.card.scale

    @property
    def gold_source(self) -> GoldSource:
        """The split's source of gold where it has its own, else the card's."""
        return self.card.split(self.split).gold_source or self.card.gold_source

    def items(self, source: Source) -> Iterator[Located]:
        """Yield the items in the order of the rows."""
        raise NotImplementedError

    def recorded(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:  # noqa: ARG002 - for those that override it
        """Read recorded verdicts, one judge's; UsageError where the benchmark has no file of them."""
        raise UsageError(
            f"{source.name}: {self.card.name} has no file of verdicts; replay one of your own (id, verdict)"
        )

    def judges(self, source: Source) -> Mapping[str, str]:
        """Name the judges that a recorded file holds: each name by which `recorded` takes one, and the one to show.

        Empty where the file holds one judge without a name. By default a field ``judge_name`` tells them apart.
        """
        return {name: name for name in _named(source.rows())}

    def figures(self, path: Path, column: str = "") -> Mapping[str, float]:
        """Read a published file of accuracies per subset, one judge's, as fractions with the card's aggregates."""
        raise NotImplementedError

    def official(self, verdicts: Iterable[Verdict]) -> Mapping[str, Mapping[str, Estimate]]:  # noqa: ARG002 - for those that override it
        """Compute what the benchmark computes by a formula of its own, by row name and metric name."""
        return {}


def reader_of(card: Card, split: str = "") -> Reader:
    """Make the reader that a card names."""
    module, _, attribute = card.reader.partition(":")
    try:
        made: Reader = getattr(importlib.import_module(module), attribute)(card, card.split(split).name)
    except (ImportError, AttributeError) as error:
        raise BrokenPluginError(f"task {card.name!r}: its reader {card.reader} can't be loaded: {error}") from error
    return made


def with_official(rows: Sequence[Agreement], run: Run, verdicts: Callable[[], Iterable[Verdict]]) -> list[Agreement]:
    """Add the figures that a benchmark computes by a formula of its own to the rows they belong to."""
    name = run.task.partition(":")[0]
    if name not in card_names():
        return list(rows)
    found = reader_of(load_card(name)).official(verdicts())
    return [_with(row, found.get(row.subset, {})) for row in rows]


def _with(row: Agreement, figures: Mapping[str, Estimate]) -> Agreement:
    alone = row.unverified
    if alone is not None:
        alone = {**alone, **dict.fromkeys(figures, "only the benchmark's own formula computes it")}
    return replace(row, metrics={**row.metrics, **figures}, unverified=alone)


def recorded_judges(path: Path, reader: Reader) -> Mapping[str, str]:
    """Name the judges of a recorded file in the benchmark's own format or in ours, as `Reader.judges` does."""
    source = file_source(path)
    return {name: name for name in _named(source.rows())} if is_own_format(path) else reader.judges(source)


class CardTask:
    """A task as its card describes it; satisfies `domain.Task`."""

    def __init__(self, card: Card, split: str, source: Source) -> None:
        self.card = card
        self.split = card.split(split).name
        self.reader = reader_of(card, split)
        self.source = source
        self._items: tuple[Item, ...] | None = None
        self._many = False

    @property
    def name(self) -> str:
        """``card``, or ``card:split`` where the split isn't the default one."""
        return self.card.name if self.split == self.card.default_split else f"{self.card.name}:{self.split}"

    @property
    def revision(self) -> str:
        """Hub commit, a digest of the files read, or ``sample``."""
        return self.source.revision

    @property
    def scale(self) -> Scale:
        """What a verdict can be."""
        return self.reader.scale

    @property
    def policies(self) -> Policies:
        """The benchmark's own conventions."""
        return self.card.policies

    def items(self) -> Iterable[Item]:
        """Give the items, checked, in the order of the source; a large task's are read anew at each call.

        DataError where a row isn't what the format says (file, line, field), or an item doesn't fit the scale.
        """
        if self._items is not None:
            return self._items
        if self._many:
            return self._checked()
        checked = self._checked()
        few = tuple(islice(checked, _KEPT + 1))
        if len(few) <= _KEPT:
            self._items = few
            return few
        self._many = True
        return chain(few, checked)

    def recorded(self, path: Path, column: str | None = None) -> Recording:
        """Read the recorded verdicts of one judge from a file in the benchmark's own format.

        ``column`` is the judge where the file holds several; UsageError where it names none of them, or the benchmark
        has no recorded format. A file in our own format is taken, too.
        """
        items = {item.id: item for item in self.items()}
        if is_own_format(path):
            recording = read_recording(path, self.scale, column or None)
        else:
            recording = self.reader.recorded(file_source(path), column or None, items)
        for (item, order), reply in recording.replies.items():
            if item not in items:
                raise DataError(
                    f"item {item!r} is not in {self.name} ({self.revision})",
                    file=str(path),
                    hint="is it the file of another split?",
                )
            if sorted(order) != list(range(len(items[item].responses))):
                raise DataError(f"item {item!r}: {order} is not an order of its responses", file=str(path))
            if reply.code is not None and not _fits(reply.code, self.scale, items[item]):
                raise DataError(f"item {item!r}: verdict {reply.code!r} is not on the scale", file=str(path))
        return recording

    def recordings(self) -> tuple[Recorded, ...]:
        """Return the recorded verdicts that the card knows for this split."""
        return tuple(recorded for recorded in self.card.recorded if recorded.split == self.split)

    def recorded_path(self, recorded: Recorded) -> Path | None:
        """Return where a recorded file lies beside the data, or None."""
        if self.source.folder is None:
            return None
        # In a clone of a repository the verdicts may lie beside the main file instead of at the top.
        homes = (self.source.folder, Path(self.source.name).parent)
        return next((path for home in homes if (path := find(home, recorded.file)) is not None), None)

    def _checked(self) -> Iterator[Item]:
        seen: dict[str, int] = {}
        scale, reader = self.scale, self.reader
        # A benchmark may mix items of different sizes on one ``pick`` scale (RewardBench 2's Ties).
        wanted = None if reader.responses_vary else _responses(scale)
        for item, row in reader.items(self.source):
            if not item.id:
                row.fail("the id is empty")
            if not self._many:
                # Later passes over a large task need not remember what the first has seen.
                if item.id in seen:
                    row.fail(f"id {item.id!r} appears twice (first on {row.unit} {seen[item.id]})")
                seen[item.id] = row.line
            if (wanted and len(item.responses) != wanted) or not item.responses:
                row.fail(f"{len(item.responses)} responses on the scale {scale.spec}, which takes {wanted or 'some'}")
            if not any(label.code is not None for label in item.gold):
                row.fail(f"item {item.id!r} has no gold label")
            for label in item.gold:
                if label.code is not None and not _fits(label.code, scale, item):
                    row.fail(f"label {label.code!r} of {label.annotator!r} is not on the scale {scale.spec}")
            yield item


def _responses(scale: Scale) -> int | None:
    """How many responses an item of this scale has; None where any number fits."""
    if scale.kind in {"check", "rate", "label"}:
        return 1
    if scale.kind == "pair":
        return 2
    return len(scale.labels) if scale.kind in {"pick", "rank"} else None


def _fits(code: Code, scale: Scale, item: Item) -> bool:
    size = len(item.responses) if scale.kind == "pick" else len(scale.labels)
    if isinstance(code, int):
        return not scale.sequential and 0 <= code < size
    if scale.kind == "rank":
        return sorted(code) == list(range(len(item.responses)))
    return bool(code) and scale.kind in {"pick", "steps"} and all(0 <= c < size for c in code)


def open_task(spec: str, *, data: Path | None = None, sample: bool = False, root: Path | None = None) -> CardTask:
    """Open a task by name, ``name`` or ``name:split``; UnknownNameError where there is none.

    ``data`` is a folder or file in the benchmark's own published format, ``sample`` takes the rows shipped with the
    card, and ``root`` holds cards outside the package.
    """
    name, _, split = spec.partition(":")
    card = load_card(name, root)
    source = resolve(card, split, data=data, sample=sample, env=os.environ)
    return CardTask(card, card.split(split).name, source)


#: The field that tells several judges of one recorded file apart.
JUDGE_FIELD = "judge_name"


def _named(rows: Iterable[Row]) -> tuple[str, ...]:
    """Name the judges of which a file's rows say so; DataError where some rows don't."""
    found: dict[str, Row] = {}
    bare: Row | None = None
    for row in rows:
        name = str(row.data.get(JUDGE_FIELD) or "").strip()
        if name:
            found.setdefault(name, row)
        else:
            bare = bare or row
    if found and bare is not None:
        bare.fail(f"it says no judge, while other rows do ({next(iter(found))!r} ...)", JUDGE_FIELD)
    return tuple(found)


def rows_of_judge(rows: Iterable[Row], judge: str | None, file: str) -> tuple[list[Row], str | None]:
    """Take one judge's rows of a file in which `JUDGE_FIELD` names several; all rows of any other file.

    Returns the rows with the name of the judge, or None where nothing was to be chosen.
    """
    read = list(rows)
    names = _named(read)
    if judge in names:
        return [row for row in read if str(row.data[JUDGE_FIELD]).strip() == judge], judge
    if len(names) > 1:
        said = "name the judge" if judge is None else f"{judge!r} is not a judge of it"
        raise UsageError(f"{file}: {said}; there are: {', '.join(names)}")
    return read, None


_LISTED = 8
_STORED = {"key", "item", "code", "order", "status"}


def is_own_format(path: Path) -> bool:
    """Whether a file's first row looks like one of ours: an id and a verdict, or a stored verdict."""
    first = next(iter(file_source(path).rows()), None)
    return first is not None and ({"id", "verdict"} <= first.data.keys() or first.data.keys() >= _STORED)


def read_recording(path: Path, scale: Scale, column: str | None = None) -> Recording:
    """Read recorded verdicts by item id and order: JSONL or CSV with a row each, or the ``verdicts.jsonl`` of a run.

    Columns: ``id``; ``verdict`` (or ``column``), a label of the scale (case and outer blanks ignored) as the judge saw
    the responses, empty where it gave none (``unparsed``); optional ``judge_name`` where the file holds several judges,
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
        rows, judge = rows_of_judge(rows, column, file)
    verdict = column if column and judge is None else "verdict"
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
    return Recording(judge or path.name.partition(".")[0], replies, tuple(sorted({order for _, order in replies})))


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

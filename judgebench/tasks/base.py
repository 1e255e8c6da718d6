"""A task made of a card, a source of rows and a reader, which knows the benchmark's own format of recorded verdicts."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from judgebench.errors import BrokenPluginError, DataError, UsageError
from judgebench.files.content import find
from judgebench.files.toml import TomlTable
from judgebench.tasks.card import card_names, load_card
from judgebench.tasks.located import Located, Names, refuse_twins
from judgebench.tasks.recordings import (
    Recording,
    Told,
    columns_of,
    is_own_format,
    is_wide,
    own_order,
    read_recording,
    stem,
)
from judgebench.tasks.resolve import resolve
from judgebench.tasks.sources import file_source

__all__ = [
    "CardTask",
    "Located",
    "Reader",
    "judge_columns",
    "open_task",
    "reader_of",
    "recorded_judges",
    "with_official",
]

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from judgebench.domain import Agreement, Code, Estimate, GoldSource, Item, Policies, Run, Scale, Verdict
    from judgebench.labels.cells import Cells
    from judgebench.tasks.card import Card, Recorded
    from judgebench.tasks.recordings import Heard, Replies, Wide
    from judgebench.tasks.sources import Source

#: Items of a task that are kept for the next pass; of more, only one at a time is held.
_KEPT = 20_000


class Reader:
    """Turns the rows of one benchmark into items; a benchmark's own one is named in its card."""

    #: Whether items of a ``pick`` scale have as many responses as they have, whatever its k.
    responses_vary = False
    #: Whether every item has gold, as those of a benchmark have.
    needs_gold = True
    #: Whether subsets are criteria of the same items, whose figures nobody asked to average.
    by_criterion = False
    #: Fields that only the benchmark's own recorded verdicts have, where these have an ``id`` as ours do.
    recorded_fields: frozenset[str] = frozenset()

    def __init__(self, card: Card, split: str) -> None:
        self.card = card
        self.split = split

    @property
    def scale(self) -> Scale:
        """The split's scale where it has its own, else the card's."""
        return self.card.split(self.split).scale or self.card.scale

    @cached_property
    def gold_source(self) -> GoldSource:
        """The split's source of gold where it has its own, else the card's."""
        return self.card.split(self.split).gold_source or self.card.gold_source

    @cached_property
    def cells(self) -> Cells | None:
        """What the split, or else the card, says of the words of labels: verdicts of others are read by it, too."""
        return self.card.split(self.split).cells or self.card.cells

    @property
    def form(self) -> TomlTable:
        """What the card, and the split before it, say under ``[form]``: a reader takes its keys and calls ``done``."""
        said = {**self.card.form, **self.card.split(self.split).form}
        return TomlTable(said, str(self.card.folder / "task.toml"), "form.")

    def items(self, source: Source) -> Iterator[Located]:
        """Yield the items in the order of the rows."""
        raise NotImplementedError

    def recorded(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:  # noqa: ARG002 - for those that override it
        """Read recorded verdicts, one judge's; UsageError where the benchmark has no file of them."""
        raise UsageError(
            f"{source.name}: {self.card.name} has no file of verdicts; replay one of your own (id, verdict)"
        )

    def gathered(self, judge: str, heard: Iterable[Heard], items: Collection[str], source: Source) -> Recording:
        """Gather one judge's replies to items in their own order; those to others are passed over.

        A judge without a name is called after its file. DataError where an item has two replies, or no item has one.
        """
        order = own_order(self.scale)
        replies: Replies = {}
        for row, column, item, reply in heard:
            if item not in items:
                continue
            if (item, order) in replies:
                row.fail(f"item {item!r} appears twice", column)
            replies[item, order] = reply
        if not replies:
            raise DataError(f"none of its verdicts is on an item of {self.card.name}:{self.split}", file=source.name)
        return Recording(judge or stem(source.name), replies, (order,))

    def judges(self, source: Source) -> Mapping[str, str]:
        """Name the judges that a recorded file holds: each name by which `recorded` takes one, and the one to show.

        Empty where the file holds one judge without a name. By default the fields ``judge_name`` and ``cond`` tell
        them apart.
        """
        return Told.of(source.rows()).names

    def figures(self, path: Path, column: str = "") -> Mapping[str, float]:
        """Read a published file of accuracies per subset, one judge's, as fractions with the card's aggregates."""
        raise NotImplementedError

    def official(self, verdicts: Iterable[Verdict]) -> Mapping[str, Mapping[str, Estimate]]:  # noqa: ARG002 - for those that override it
        """Compute what the benchmark computes by a formula of its own, by row name and metric name.

        ``verdicts`` are the plain ones: of the first repeat, without a probe.
        """
        return {}


def reader_of(card: Card, split: str = "") -> Reader:
    """Make the reader that a card names."""
    try:
        made: Reader = resolve_name(card.reader)(card, card.split(split).name)
    except (ImportError, AttributeError, ValueError) as error:
        raise BrokenPluginError(f"task {card.name!r}: its reader {card.reader} can't be loaded: {error}") from error
    return made


def with_official(rows: Sequence[Agreement], run: Run, verdicts: Callable[[], Iterable[Verdict]]) -> list[Agreement]:
    """Add the figures that a benchmark computes by a formula of its own to the rows they belong to."""
    name = run.task.partition(":")[0]
    if name not in card_names():
        return list(rows)
    found = reader_of(load_card(name)).official(one for one in verdicts() if not one.repeat and not one.probe)
    return [_with(row, found.get(row.subset, {})) for row in rows]


def _with(row: Agreement, figures: Mapping[str, Estimate]) -> Agreement:
    alone = row.unverified
    if alone is not None:
        alone = {**alone, **dict.fromkeys(figures, "only the benchmark's own formula computes it")}
    return replace(row, metrics={**row.metrics, **figures}, unverified=alone)


def recorded_judges(path: Path, reader: Reader) -> Mapping[str, str]:
    """Name the judges of a recorded file in the benchmark's own format or in ours, as `Reader.judges` does."""
    wide = judge_columns(path, reader)
    if wide is not None:
        return {name: name for name in wide.judges}
    source = file_source(path)
    own = is_own_format(path, reader.recorded_fields)
    return Told.of(source.rows()).names if own else reader.judges(source)


def judge_columns(path: Path, reader: Reader) -> Wide | None:
    """Say what the columns of a recorded file with a column per judge are; None where it is another file."""
    if not is_own_format(path, reader.recorded_fields):
        return None
    rows = list(file_source(path).rows())
    return columns_of(rows, reader.scale, str(path), reader.cells) if is_wide(rows[0]) else None


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
    def folder(self) -> Path | None:
        """Where the data lie, and images that items name; None where they were fetched."""
        return self.source.folder

    @property
    def scale(self) -> Scale:
        """What a verdict can be."""
        return self.reader.scale

    @property
    def by_criterion(self) -> bool:
        """Whether its subsets are criteria, of which nothing is averaged."""
        return self.reader.by_criterion

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
            return self.checked()
        checked = self.checked()
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
        if is_own_format(path, self.reader.recorded_fields):
            recording = self.own_recording(path, column)
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

    def own_recording(self, path: Path, column: str | None = None) -> Recording:
        """Read one judge's verdicts in our own format, which may be about more items, or about fewer."""
        found = read_recording(
            path, self.scale, column or None, cells=self.reader.cells, by_criterion=self.by_criterion
        )
        said = {item for item, _ in found.replies}
        if not any(item.id in said for item in self.items()):
            own, theirs = next((item.id for item in self.items()), ""), next((item for item, _ in found.replies), "")
            more = " (item/criterion; a judge's columns, one for each, are replay:FILE#JUDGE_{criterion})"
            raise DataError(
                f"no verdict is about an item of {self.name}: ids here are such as {theirs!r}, its items' such as "
                f"{own!r}" + (more if self.by_criterion else ""),
                file=str(path),
            )
        return _stepwise(found, self.items(), self.scale) if self.scale.kind == "steps" else found

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

    def checked(self) -> Iterator[Item]:
        """Give the items one by one, checked, as `items` does."""
        scale, reader = self.scale, self.reader
        needs_gold = reader.needs_gold
        # A benchmark may mix items of different sizes on one ``pick`` scale (RewardBench 2's Ties).
        wanted = None if reader.responses_vary else _responses(scale)
        # Later passes over a large task need not remember what the first has seen.
        names = None if self._many else Names()
        fits = _fitting(scale)
        for located in reader.items(self.source):
            item, row = located
            if not item.id:
                row.fail("the id is empty")
            if names is not None and names.add(located) == names.next:
                self._refuse_twins(names)
            if (wanted and len(item.responses) != wanted) or not item.responses:
                row.fail(f"{len(item.responses)} responses on the scale {scale.spec}, which takes {wanted or 'some'}")
            lacking = needs_gold
            for label in item.gold:
                if (code := label.code) is not None:
                    lacking = False
                    if code not in fits and not _fits(code, scale, item):
                        row.fail(f"label {code!r} of {label.annotator!r} is not on the scale {scale.spec}")
            if lacking:
                row.fail(f"item {item.id!r} has no gold label")
            yield item
        if names is not None:
            self._refuse_twins(names)

    def _refuse_twins(self, names: Names) -> None:
        if twins := names.twins():
            refuse_twins(twins, self.reader.items(self.source))


def _stepwise(found: Recording, items: Iterable[Item], scale: Scale) -> Recording:
    """Give replies on solutions the order of their steps, and of those without a wrong one a check of each step."""
    steps = {item.id: len(item.responses) for item in items}
    replies: Replies = {}
    for (name, order), reply in found.replies.items():
        whole = (1,) * steps.get(name, 1)
        flawless = scale.first_error and isinstance(reply.code, tuple) and 0 not in reply.code
        replies[name, order or tuple(range(len(whole)))] = replace(reply, code=whole) if flawless else reply
    return replace(found, replies=replies, orders=())


def _fitting(scale: Scale) -> Collection[Code]:
    """Codes that any item on the scale may have; of the others `_fits` knows."""
    return () if scale.sequential or scale.kind == "pick" else range(scale.size)


def _responses(scale: Scale) -> int | None:
    """How many responses an item of this scale has; None where any number fits."""
    if scale.kind in {"check", "rate", "number", "label", "set"}:
        return 1
    if scale.kind == "pair":
        return 2
    return len(scale.labels) if scale.kind in {"pick", "rank"} else None


def _fits(code: Code, scale: Scale, item: Item) -> bool:
    size = len(item.responses) if scale.kind == "pick" else scale.size
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

"""A table of one's own as a task: read by the roles of its columns, and named after its file."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from judgebench.domain import GoldSource, Scale, digest
from judgebench.errors import DataError, UsageError, argument
from judgebench.files.opening import Opening
from judgebench.files.read import open_table
from judgebench.files.records import Row
from judgebench.files.rows import RowTable
from judgebench.labels.item_roles import find_roles, guessed_gold
from judgebench.labels.names import gold_source_of, is_gold
from judgebench.labels.profile import profile
from judgebench.labels.roles import Roles
from judgebench.tasks.base import CardTask, open_task
from judgebench.tasks.card import Card, Part, Split, card_names, load_card
from judgebench.tasks.gold import encoded, encoded_together, golds_of
from judgebench.tasks.own import Reading
from judgebench.tasks.own_rows import alike, filled, half_empty, kept, repeated
from judgebench.tasks.places import CARD, Found, benchmark_at, find
from judgebench.tasks.resolve import located
from judgebench.tasks.sources import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from judgebench.labels.cells import Cells
    from judgebench.labels.profile import Profile
    from judgebench.labels.roles import Recognised

#: The one split of a task of one's own; it is never named.
_SPLIT = "all"


class OwnTask(CardTask):
    """A task made of a table; ``reading`` is all that was said and found out, ``notes`` say what was found out.

    ``doubts`` are about items that may not be what a person believes.
    """

    def __init__(
        self, card: Card, source: Source, reading: Reading, files: Sequence[Path], notes: list[str], doubts: list[str]
    ) -> None:
        super().__init__(card, _SPLIT, source)
        self.reading = reading
        self.files = tuple(files)
        self.notes = notes
        self.doubts = doubts

    @property
    def roles(self) -> Roles:
        """Which column is what."""
        return Roles(**self.reading.columns)

    @property
    def place(self) -> dict[str, Any]:
        """Where its texts are, for the manifest of a run: paths from the working folder, and how they are read."""
        files = {"files": [_relative(file) for file in self.files]} if self.files else {}
        return {**files, "reading": self.reading.to_json()}


def open_own(spec: str | Path, reading: Reading, *, data: Path | None = None, sample: bool = False) -> CardTask:
    """Open a table, a folder or a card of one's own as a task; ``data`` is where its files are, if not there.

    DataError where there is nothing to read, or it can't be read as was said; UsageError where it must be said how.
    """
    if (benchmark := benchmark_at(spec)) is not None:
        folder, split = benchmark
        if data is None and not sample:
            card = load_card(folder.name, folder.parent)
            data = folder if located(card, card.split(split), folder) is not None else None
        name = f"{folder.name}:{split}" if split else folder.name
        return open_task(name, data=data, sample=sample, root=folder.parent)
    found = find(Path(spec), data)
    reading = reading.over(found.reading)
    try:
        return make(found, _read(found.files, reading), reading)
    except (DataError, UsageError):
        # Another tool's file holds its items somewhere inside.
        said = None if reading.file != Opening() else _export(found.files, reading)
        if said is None:
            raise
    return make(found, *said)


def _read(files: Sequence[Path], reading: Reading) -> RowTable:
    if reading.tool and (said := _export(files, reading)) is not None:
        return said[0]
    return RowTable.of_files([open_table(file, reading.file) for file in files])


def _export(files: Sequence[Path], reading: Reading) -> tuple[RowTable, Reading] | None:
    """Take the items, and people's labels, of another tool's file; None where it is nobody's we know."""
    from judgebench.labels.importers.catalog import open_export  # noqa: PLC0415 - loaded on use

    table = open_export(*files)
    if table is None:
        return None
    rows: dict[str, Row] = {}
    for block in table.blocks(table.columns, nested=True):
        for line, cells in zip(block.lines, zip(*block.columns, strict=True), strict=True):
            data = dict(zip(table.columns, cells, strict=True))
            # What a judge was asked again has a row for each answer.
            rows.setdefault(data["id"], Row(data, table.name, line, unit="row"))
    export, columns = table.export, dict(reading.columns)
    golds = columns.get("gold") or tuple(table.answers("person"))
    columns["gold"] = tuple(one for name in golds for one in table.named(name, "person", "program", "judge"))
    known = {"id": "id", "cluster": export.cluster, "systems": export.system}
    columns = {role: (name,) for role, name in known.items() if name} | columns
    named = RowTable(table.name, lambda: iter(rows.values()), table.revision.removeprefix("data:"), table.columns)
    return named, replace(reading, columns=columns, scale=reading.scale or export.scale or "", tool=table.tool)


def make(found: Found, table: RowTable, reading: Reading) -> OwnTask:
    """Make a task of rows; what isn't said of them is found out, and told in its notes."""
    if found.name.partition(":")[0] in card_names():
        raise UsageError(
            f"{found.name} is a benchmark's name, and its figures must not be mixed with yours; rename {table.name}, "
            f"or name it in a {CARD}"
        )
    notes: list[str] = []
    table, blank = filled(kept(table, reading.where))
    looks = profile(table)
    if reading.scale and not Scale.parse(reading.scale).listed:
        # Many sets, orders or checks look like texts.
        looks = [replace(one, kind="labels") if not one.kind and is_gold(one.name) else one for one in looks]
    recognised = find_roles(looks, reading.columns)
    roles = recognised.roles
    _check(table, recognised)
    # A list of labels in a cell is one of each annotator.
    roles = replace(roles, gold=tuple(one for name in roles.gold for one in table.versions(name)))
    golds = [name for names in golds_of(roles.gold, table.columns).values() for _, name in names]
    others = [one for role, names in roles.named().items() if role != "gold" for one in names]
    table.places([*others, *golds], table.columns)
    scale = _scale(table, roles, golds, reading, notes, [one for one in looks if one.name in recognised.aside])
    gold = reading.gold or gold_source_of(golds)
    whole = Reading({one.name: getattr(roles, one.name) for one in fields(Roles)}, scale.spec, gold, reading.file,
                    reading.cells, reading.where, reading.tool)  # fmt: skip
    told = {role: names for role, names in roles.named().items() if role not in reading.columns}
    if reading.tool:
        notes.append(f"{table.name} is a file of {reading.tool}")
    if told:
        columns = "; ".join(f"{role}: {', '.join(names)}" for role, names in told.items())
        notes.insert(0, f"{table.name}, by the names of its columns: {columns}")
    if not golds and roles.answers != ("chosen", "rejected"):
        notes.append(f"no column is named as gold{_aside(recognised.aside)}: what is judged can be measured once there "
                     f"are labels; {argument('gold')} names a column of them")  # fmt: skip
    if golds and gold == "unspecified":
        notes.append(f"who gave the labels is not said; {argument('gold_source')} human says that people did")
    if blank:
        notes.append(f"{table.name}: {blank} blank rows are left out")
    if recognised.judges:
        notes.append(f"verdicts of judges, not used: {', '.join(recognised.judges)}")
    notes += alike(table, roles, golds)
    revision = f"data:{digest([table.revision, whole.to_json()], 12)}"
    card = _card(found, roles, scale, cast("GoldSource", gold), reading.cells, whole)
    source = Source(table.rows, revision, table.name, folder=found.folder)
    return OwnTask(card, source, whole, found.files, notes, half_empty(table, roles))


def _aside(names: Iterable[str]) -> str:
    """List columns without a role in brackets, where there are some."""
    listed = ", ".join(names)
    return f" (columns without a role: {listed})" if listed else ""


def _check(table: RowTable, recognised: Recognised) -> None:
    """Refuse what can't be told, and tables that have no answer to judge."""
    roles = recognised.roles
    if recognised.doubts:
        raise UsageError(f"{table.name}: {'; '.join(recognised.doubts)}")
    shown = ", ".join(table.columns[:40])
    if not roles.answers and not roles.turns:
        raise UsageError(
            f"{table.name}: no column is named as an answer; name it with {argument('answer')} (once for each answer "
            f"that is compared), or {argument('turns')} for whole conversations; the columns are {shown} (labels alone "
            "are measured, not judged: `judgebench doctor FILE`)"
        )
    chats = roles.turns or (len(roles.answers) > 1 and "conversation" in roles.answers[0])
    if not roles.question and not chats and "question" not in recognised.why and "question" not in recognised.said:
        raise UsageError(
            f"{table.name}: no column is named as the question; name it with {argument('question')}, or say "
            f"{argument('question')} '' where there is none; the columns are {shown}"
        )
    if roles.systems and len(roles.systems) != len(roles.answers or ("",)):
        raise UsageError(f"{table.name}: {len(roles.systems)} {argument('system')} for {len(roles.answers)} answers")
    if roles.criterion and any("{criterion}" in name for name in roles.gold):
        raise UsageError(f"{argument('criterion')} and a {{criterion}} in {argument('gold')} say the same; give one")
    if roles.criterion and not roles.id and "id" not in recognised.said:
        repeat = "an item has a row per criterion"
        raise UsageError(f"{table.name}: {repeat}; name the column that says which item, with {argument('id')}")
    if roles.cluster and not recognised.said & {"id", "cluster"} and (two := repeated(table, roles.gold)):
        one, other = two
        raise UsageError(
            f"{table.name}: {one.unit}s {one.line} and {other.line} are one item, and differ in labels at most. If a "
            "row is one annotator's label, judge a table with a row for each item and bring the labels with "
            "`judgebench score RUN --labels FILE --long ITEM,ANNOTATOR,LABEL`; to judge it as often as it occurs, say "
            f"{argument('cluster')} {roles.cluster[0]}"
        )


def _scale(
    table: RowTable, roles: Roles, golds: Sequence[str], reading: Reading, notes: list[str], free: Sequence[Profile]
) -> Scale:
    """Find the scale: the one that was said, that all labels fit, or that the number of answers tells."""
    answers = len(roles.answers) or 1
    said = Scale.parse(reading.scale) if reading.scale else None
    if roles.answers == ("chosen", "rejected") and not golds and said is None:
        return Scale.pair(2)
    if golds and said is None and answers == 2:
        try:
            coded = encoded(table, golds, None, reading.cells)
        except (DataError, UsageError):
            # With two answers 1 and 2 can only be the first and the second; a tie takes a word.
            try:
                coded = encoded(table, golds, Scale.pair(2), reading.cells)
            except DataError:
                coded = encoded(table, golds, Scale.pair(), reading.cells)
        notes += coded.notes
        if coded.scale.kind != "pair":
            raise UsageError(
                f"{table.name}: two answers, and labels on the scale {coded.scale.spec}: say what A, B and a tie are "
                f"called with {argument('words')} OLD=NEW, or name one {argument('answer')}"
            )
        return coded.scale
    if golds:
        coded = encoded_together(table, roles, golds, said, reading.cells)
        notes += coded.notes
        return coded.scale
    if said is None and answers == 2:
        notes.append("scale pair: two answers are compared")
        return Scale.pair()
    if said is not None and said.open:
        whole = "number:LO-HI" if said.kind == "number" else "set:a,b,c"
        raise UsageError(f"{table.name}: no labels tell the range of {said.spec}; give {argument('scale')} {whole}")
    if said is None:
        raise _unsaid(table, answers, free)
    return said


def _unsaid(table: RowTable, answers: int, free: Sequence[Profile]) -> UsageError:
    """Say how to give a scale, or labels that tell it.

    ``free`` are columns without a role: nothing takes those that seem to hold labels, but they are named.
    """
    more = f"pick:{answers} (which is best), rank:{answers}" if answers > 2 else "check (right or wrong), rate:1-5"
    scale = f"give {argument('scale')} {more}, or a list of labels, worst first (or write it in a {CARD})"
    if guess := guessed_gold(free):
        look = f"{', '.join(guess)} {'seem' if len(guess) > 1 else 'seems'} to hold labels"
        add = " ".join(f"{argument('gold')} {name}" for name in guess)
        return UsageError(
            f"{table.name}: {look}, but no name says whose they are; if they are people's, add {add}; else {scale}"
        )
    return UsageError(
        f"{table.name}: no labels tell what a verdict can be{_aside(one.name for one in free)}; name a column of "
        f"them with {argument('gold')}, or {scale}"
    )


def _card(found: Found, roles: Roles, scale: Scale, gold: GoldSource, cells: Cells, reading: Reading) -> Card:
    references = ("none", "human") if roles.reference else ("none",)
    return Card(
        name=found.name,
        title=found.title or found.name,
        summary=found.summary,
        homepage="",
        paper="",
        citation="",
        licence=found.licence,
        gold_source=gold,
        annotators="",
        scale=scale,
        level_note="",
        policies=found.policies,
        metric="",
        reader="judgebench.tasks.own:Reader",
        splits={_SPLIT: Split(_SPLIT, Part())},
        default_split=_SPLIT,
        subsets=(),
        aggregates=(),
        clusters=", ".join(roles.cluster),
        systems=", ".join(roles.systems),
        references=references,
        default_reference=references[-1],
        folders=(),
        unchecked_fields=(),
        recorded=(),
        notes=(),
        digest=digest(reading.to_json()),
        folder=found.folder,
        columns=roles,
        cells=cells,
    )


def of_records(name: str, records: Sequence[Mapping[str, Any]], reading: Reading) -> OwnTask:
    """Make a task of records in memory; images that they name are below the working folder."""
    if not records:
        raise DataError(f"{name} has no rows")
    return make(Found(name, (), Path()), RowTable.of_records(name, records), reading)


def reopen(
    place: Mapping[str, Any], task: str, revision: str, near: Path, moved: Path | None = None
) -> tuple[OwnTask | None, str]:
    """Open the table behind a stored run: where it was moved, from the working folder, or beside the run; or say why.

    What the manifest says of the place is only looked at where the file is the very one that was judged.
    """
    if "files" not in place:
        return None, "they were in memory"
    try:
        names = [PurePosixPath(str(name)) for name in place["files"]]
        reading = Reading.from_json(place["reading"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return None, f"its manifest doesn't say where ({type(error).__name__})"
    homes = [Path(), *list(near.resolve().parents)[:3]] if moved is None else [moved]
    tries = [[home / name for name in names] for home in homes] + [[home / one.name for one in names] for home in homes]
    if moved is not None and moved.is_file():
        tries = [[moved]]
    changed = ""
    for files in tries:
        if not all(file.is_file() for file in files):
            continue
        try:
            table = _read(files, reading)
            if f"data:{digest([table.revision, reading.to_json()], 12)}" == revision:
                return make(Found(task, tuple(files), files[0].parent), table, reading), ""
        except (DataError, UsageError) as error:
            changed = str(error)
            continue
        changed = changed or f"{files[0]} has changed since it was judged, or is read in another way"
    where = "" if moved is None else f" in {moved}"
    return None, changed or f"{names[0]} is not where it was{where}; {argument('data')} says where it is"


def _relative(file: Path) -> str:
    """Say where a file is from here: manifests travel, and name no machine's folders where they needn't."""
    try:
        return PurePosixPath(os.path.relpath(file.resolve(), Path.cwd()).replace(os.sep, "/")).as_posix()
    except ValueError:
        # Another drive.
        return file.name

"""The card of a task: what ``tasks/<name>/task.toml`` says, checked key by key."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from judgebench.domain import Aggregate, GoldSource, Policies, Scale
from judgebench.errors import DataError, UnknownNameError, UsageError
from judgebench.files.toml import TomlTable, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.labels.cells import Cells
    from judgebench.labels.roles import Roles

RecordedKind = Literal["replies", "figures"]
#: The reader of a card that says its columns.
_COLUMNS = "judgebench.tasks.own:Reader"
#: What every card must say.
_NEEDED = (
    "name", "title", "summary", "homepage", "citation", "licence", "gold_source", "annotators", "scale", "metric",
    "splits", "default_split", "clusters", "systems",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a split and the places where it can be found.

    ``hub`` is a dataset id on the Hugging Face hub, with ``config`` and ``hub_split`` there. Without a pinned
    ``revision`` ``main`` is loaded and the commit that came back is recorded. ``url`` is one pinned file elsewhere,
    whose hash must be given. ``files`` are names that are accepted below ``--data``, the preferred one first (``.gz``
    may follow), ``sha256`` the hashes of the uncompressed files. ``count`` is the number of published items (of rows,
    for a further part).
    """

    hub: str = ""
    config: str = ""
    hub_split: str = ""
    revision: str = ""
    url: str = ""
    files: tuple[str, ...] = ()
    sha256: Mapping[str, str] = field(default_factory=dict[str, str])
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """A split: its main table, and further named tables that the reader joins to it.

    ``scale``, ``gold_source``, ``columns`` with ``cells``, and keys of ``form`` are given where they differ from the
    card's. A split of several others, which ``of`` names, has the first one's table as its main, those of the others
    as parts.
    """

    name: str
    main: Part
    parts: Mapping[str, Part] = field(default_factory=dict[str, Part])
    scale: Scale | None = None
    gold_source: GoldSource | None = None
    columns: Roles | None = None
    cells: Cells | None = None
    form: Mapping[str, Any] = field(default_factory=dict[str, Any])
    of: tuple[str, ...] = ()

    @property
    def count(self) -> int | None:
        """The number of published items, where the card knows it."""
        counts = [self.main.count, *(self.parts[name].count for name in self.of[1:])]
        return None if None in counts else sum(filter(None, counts))


@dataclass(frozen=True, slots=True)
class Recorded:
    """Verdicts (``kind='replies'``) or per-subset figures (``kind='figures'``) that exist publicly.

    ``file`` is relative to the task's data folder (``.gz`` may follow); ``column`` picks one judge where the file holds
    several.
    """

    name: str
    file: str
    column: str = ""
    split: str = ""
    kind: RecordedKind = "replies"


@dataclass(frozen=True, slots=True)
class Card:
    """What a task is, where its data are, and its benchmark's own conventions.

    ``reader`` is the reader class as ``module:attribute``; a card with ``columns`` needs none of its own;
    ``cells`` says what the words in them mean; ``form`` is what a reader of several data sets must be told of one.
    ``paper`` may be empty; ``annotators`` says what they were asked, ``level_note`` why
    the scale has this shape, ``metric`` the headline metric in the benchmark's words, ``clusters`` and ``systems`` what
    these are here. ``default_reference`` is the condition that ``--reference auto`` takes; ``folders`` are other names
    of the data folder; ``unchecked_fields`` couldn't be checked against the live hub. ``digest`` is the first 24 hex
    digits of the sha256 of the card's text.
    """

    name: str
    title: str
    summary: str
    homepage: str
    paper: str
    citation: str
    licence: str
    gold_source: GoldSource
    annotators: str
    scale: Scale
    level_note: str
    policies: Policies
    metric: str
    reader: str
    splits: Mapping[str, Split]
    default_split: str
    subsets: tuple[str, ...]
    aggregates: tuple[Aggregate, ...]
    clusters: str
    systems: str
    references: tuple[str, ...]
    default_reference: str
    folders: tuple[str, ...]
    unchecked_fields: tuple[str, ...]
    recorded: tuple[Recorded, ...]
    notes: tuple[str, ...]
    digest: str
    folder: Path
    columns: Roles | None = None
    cells: Cells | None = None
    form: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def split(self, name: str = "") -> Split:
        """Return a split by name; the default one for an empty name."""
        wanted = name or self.default_split
        if wanted not in self.splits:
            raise UnknownNameError(
                "split", f"{self.name}:{wanted}", [f"{self.name}:{s}" for s in self.splits],
                f"(its splits: {', '.join(self.splits)})",
            )  # fmt: skip
        return self.splits[wanted]

    def aggregates_of(self, name: str = "") -> tuple[Aggregate, ...]:
        """Return the aggregates that a split can have: one that isn't made of other splits has none of theirs."""
        split = self.split(name)
        columns = split.columns or self.columns
        if split.of or not any(one.of for one in self.splits.values()) or (columns is not None and columns.subset):
            return self.aggregates
        gone = set(self.splits)
        for aggregate in self.aggregates:
            if aggregate.of and gone.issuperset(aggregate.of):
                gone.add(aggregate.name)
        return tuple(one for one in self.aggregates if one.name not in gone)


def card_dir() -> Path:
    """Folder of the cards: inside the package in a wheel, the sibling ``tasks/`` in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_tasks"
    return inside if inside.is_dir() else package.parent / "tasks"


def card_names(root: Path | None = None) -> tuple[str, ...]:
    """Names of the tasks that have a card, sorted."""
    folder = card_dir() if root is None else root
    if not folder.is_dir():
        return ()
    return tuple(sorted(path.parent.name for path in folder.glob("*/task.toml")))


def load_card(name: str, root: Path | None = None) -> Card:
    """Read a card; DataError where it doesn't say what it must, or says what nobody reads."""
    names = card_names(root)
    if name not in names:
        raise UnknownNameError("task", name, names)
    folder = (card_dir() if root is None else root) / name
    path = folder / "task.toml"
    data, raw = read_toml(path)
    table = TomlTable(data, str(path))
    table.need(*_NEEDED, *(() if "columns" in data else ("reader",)))
    if table.text("name") != name:
        table.fail("name", f"the folder is named {name!r}")
    splits_table = table.table("splits")
    # A reader of its own may know the answers and what is gold by itself.
    whole = "reader" not in table.data
    splits: dict[str, Split] = {}
    for split in tuple(splits_table.data):
        splits[split] = _split(split, splits_table.table(split), splits, whole=whole)
    if not splits:
        table.fail("splits", "a task needs at least one split")
    references = table.texts("references") or ("none",)
    said = roles_of(table.table("columns"), whole=whole) if "columns" in table.data else None
    card = Card(
        name=name,
        title=table.text("title"),
        summary=table.text("summary"),
        homepage=table.text("homepage"),
        paper=table.text("paper", ""),
        citation=table.text("citation"),
        licence=table.text("licence"),
        gold_source=cast("GoldSource", table.choice("gold_source", get_args(GoldSource))),
        annotators=table.text("annotators"),
        scale=scale_of(table),
        level_note=table.text("level_note", ""),
        policies=policies_of(table.table("policies")),
        metric=table.text("metric"),
        columns=said[0] if said else None,
        cells=said[1] if said else None,
        reader=table.text("reader", None if said is None else _COLUMNS),
        splits=splits,
        default_split=table.choice("default_split", tuple(splits)),
        subsets=table.texts("subsets"),
        aggregates=tuple(_aggregate(t) for t in table.tables("aggregates")),
        clusters=table.text("clusters"),
        systems=table.text("systems"),
        references=references,
        default_reference=table.choice("default_reference", references, references[0]),
        folders=table.texts("folders"),
        unchecked_fields=table.texts("unchecked_fields"),
        recorded=tuple(entry for t in table.tables("recorded") for entry in recorded_of(t, tuple(splits))),
        notes=table.texts("notes"),
        digest=hashlib.sha256(raw).hexdigest()[:24],
        folder=folder,
        form=table.take("form", dict, {}),
    )
    table.done()
    if ":" not in card.reader:
        table.fail("reader", "write it as module:attribute")
    return card


def roles_of(table: TomlTable, *, whole: bool = False) -> tuple[Roles, Cells]:
    """Read ``[columns]``: the role of each, and what the words in them mean; ``whole`` where nothing is found out."""
    from judgebench.labels.cells import Cells  # noqa: PLC0415 - loaded on use
    from judgebench.labels.roles import Roles  # noqa: PLC0415 - loaded on use

    meanings = table.texts_by_name("words", "")
    # Conversations begin with what was asked: question = [] says so.
    needed = ("answers", "gold") if table.data.get("question") == [] else ("question", "answers", "gold")
    found = Roles(**{role: table.names(role) for role in (one.name for one in fields(Roles)) if role in table.data})
    table.done()
    if whole:
        for name in needed:
            if not getattr(found, name):
                table.fail(name, "name at least one field")
    if found.systems and len(found.systems) != len(found.answers or ("",)):
        table.fail("systems", f"{len(found.systems)} fields for {len(found.answers)} answers")
    return found, replace(Cells(), words=meanings)


def scale_of(table: TomlTable) -> Scale:
    """Read the scale of a card or a split."""
    spec = table.text("scale")
    try:
        return Scale.parse(spec)
    except (UsageError, DataError) as error:
        table.fail("scale", str(error))


def policies_of(table: TomlTable) -> Policies:
    """Read a table of policies, which may name some of them only."""
    for name, value in table.data.items():
        try:
            Policies.from_json({name: value})
        except UsageError as error:
            table.fail(name, str(error))
    return Policies.from_json(table.data)


def _part(table: TomlTable) -> Part:
    part = Part(
        hub=table.text("hub", ""),
        config=table.text("config", ""),
        hub_split=table.text("hub_split", ""),
        revision=table.text("revision", ""),
        url=table.text("url", ""),
        files=table.texts("files"),
        sha256=table.texts_by_name("sha256"),
        count=table.take("count", int) if "count" in table.data else None,
    )
    table.done()
    for name in part.sha256:
        # Of a data set of the hub the files are its shards.
        if name not in {*part.files, part.url.rsplit("/", 1)[-1]} and not part.hub:
            table.fail(f"sha256.{name}", "this is not one of the part's files")
    if part.hub and not part.hub_split:
        table.fail("hub_split", "a hub source needs the name of its split")
    if part.url and not part.sha256.get(part.url.rsplit("/", 1)[-1]):
        table.fail("url", "a file that is fetched by address needs its sha256 under the same name")
    return part


def _split(name: str, table: TomlTable, known: Mapping[str, Split], *, whole: bool) -> Split:
    if of := table.texts("of"):
        if unknown := [one for one in of if one not in known]:
            table.fail("of", f"{unknown[0]!r} is not a split above this one")
        tables = {one: known[one].main for one in of}
        split = Split(name, tables.pop(of[0]), tables, form=table.take("form", dict, {}), of=of)
        table.done()
        return split
    further = table.table("parts")
    parts = {part: _part(further.table(part)) for part in tuple(further.data)}
    scale = scale_of(table) if "scale" in table.data else None
    gold = (
        cast("GoldSource", table.choice("gold_source", get_args(GoldSource))) if "gold_source" in table.data else None
    )
    columns, cells = roles_of(table.table("columns"), whole=whole) if "columns" in table.data else (None, None)
    form: dict[str, Any] = table.take("form", dict, {})
    return Split(name, _part(table), parts, scale, gold, columns, cells, form)


def _aggregate(table: TomlTable) -> Aggregate:
    weights: list[Any] = table.take("weights", list, [])
    if not all(type(weight) in {int, float} and math.isfinite(weight) for weight in weights):
        table.fail("weights", f"expected numbers, got {weights!r}")
    aggregate = Aggregate(
        table.text("name"),
        table.texts("of"),
        tuple(float(w) for w in weights),
        cast('Literal["subset", "system"]', table.choice("by", ("subset", "system"), "subset")),
    )
    table.done()
    if aggregate.weights and len(aggregate.weights) != len(aggregate.of):
        table.fail("weights", f"{len(aggregate.weights)} weights for {len(aggregate.of)} groups")
    return aggregate


def recorded_of(table: TomlTable, splits: tuple[str, ...]) -> list[Recorded]:
    """Read one entry; ``names`` lists several judges of one file, each in the column of its name."""
    names = table.texts("names")
    file = str(table.data.get("file", ""))
    if Path(file).is_absolute() or ".." in Path(file).parts:
        table.fail("file", f"{file!r} is not a file below the task's folder")
    first = Recorded(
        names[0] if names else table.text("name"),
        table.text("file"),
        names[0] if names else table.text("column", ""),
        table.choice("split", splits, splits[0]),
        cast("RecordedKind", table.choice("kind", get_args(RecordedKind), "replies")),
    )
    table.done()
    return [first, *(replace(first, name=name, column=name) for name in names[1:])]

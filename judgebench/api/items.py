"""Items of one's own: what is said of their table, and tasks made of files, DataFrames, dictionaries or `Item`s."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from judgebench.api.columns import Columns
from judgebench.api.parameters import Option, column_names, keys, options_of, texts
from judgebench.api.tables import CellWords, FileForm, Gold, Names
from judgebench.domain import Item, Scale, Task, digest
from judgebench.errors import DataError, UsageError, a_type, argument

if TYPE_CHECKING:
    from judgebench.tasks.own import Reading

#: A name, a place, or items in memory: a DataFrame, dictionaries (a row each), or `Item` objects.
TaskLike: TypeAlias = Any


class Items(FileForm, CellWords, total=False):
    """The columns of a table of items, found by their names where they aren't given; '' says that there is none."""

    question: Annotated[
        Names, Option("Column of the question; several are joined.", "--question-col", "C", read=list[str])
    ]
    turns: Annotated[
        Names, Option("Column of a conversation: a list of {role, content}.", "--turns-col", "C", read=list[str])
    ]
    answer: Annotated[
        Names,
        Option("Column of an answer; once for each that is compared, a first.", "--answer-col", "C", read=list[str]),
    ]
    references: Annotated[Names, Option("Column of a reference answer.", "--reference-col", "C", read=list[str])]
    context: Annotated[
        Names, Option("Column of documents that the answer rests on.", "--context-col", "C", read=list[str])
    ]
    image: Annotated[
        Names,
        Option("Column of images: addresses, or files below the data's folder.", "--image-col", "C", read=list[str]),
    ]
    criterion: Annotated[
        Names, Option("Column of the criterion; an item has a row for each.", "--criterion-col", "C", read=list[str])
    ]
    system: Annotated[
        Names, Option("Column of who wrote the answer; once for each answer.", "--system-col", "C", read=list[str])
    ]
    id: Annotated[Names, Option("Column of item ids; several are one id.", "--id-col", "C", read=list[str])]
    subset: Annotated[Names, Option("Column of subsets.", "--subset-col", "C", read=list[str])]
    cluster: Annotated[Names, Option("Column of what rows share, as a question.", "--cluster-col", "C", read=list[str])]
    gold: Annotated[
        Names,
        Option("Column of gold labels, one per annotator; its name may hold {criterion}.", "--gold-col", "C",
               read=list[str]),
    ]  # fmt: skip
    scale: Annotated[
        str | Scale | None,
        Option(
            "What a label can be: check, pair, rate:1-5, low,medium,high (worst first), nominal:a,b ...",
            metavar="SCALE",
            read=str,
        ),
    ]
    where: Annotated[
        Names, Option("Rows to keep, as 'status = done'; repeatable.", metavar="CONDITION", read=list[str])
    ]
    gold_source: Annotated[
        Gold | None, Option("Who gave the gold labels; only people's are called human.", "--gold", metavar="SOURCE")
    ]


#: The options that name columns, and the roles that they give.
_ROLES = {
    "question": "question", "turns": "turns", "answer": "answers", "references": "reference", "context": "context",
    "image": "images", "criterion": "criterion", "system": "systems", "id": "id", "subset": "subset",
    "cluster": "cluster", "gold": "gold",
}  # fmt: skip


def reading_of(given: Mapping[str, Any]) -> Reading:
    """Read what was said of a table of items, with the keys of `Items`."""
    from judgebench.tasks.own import Reading  # noqa: PLC0415 - loaded on use

    columns: dict[str, tuple[str, ...]] = {}
    for name, role in _ROLES.items():
        if given.get(name) is not None and (said := column_names(name, given[name])):
            columns[role] = tuple(one for one in said if one)
    scale = given.get("scale")
    if isinstance(scale, str):
        scale = Scale.parse(scale)
    if scale is not None and not isinstance(scale, Scale):
        raise UsageError(f"{argument('scale')}={scale!r}: write one such as 'rate:1-5', or give a Scale")
    spec = "" if scale is None else scale.spec
    form = Columns.of({name: given[name] for name in (*keys(FileForm), *keys(CellWords)) if name in given})
    where = tuple(texts("where", given.get("where") or ()))
    return Reading(columns, spec, given.get("gold_source") or "", form.file, form.cells, where)


def said_of(given: Mapping[str, Any]) -> list[str]:
    """Name the options of `Items` that were given."""
    return list(options_of(given, Items))


def is_task(one: object) -> bool:
    """Whether it is one task: a name, a place, a task, a DataFrame, or items in a list."""
    if isinstance(one, Mapping) or (hasattr(one, "iloc") and not _framed(one)):
        raise UsageError(f"{a_type(one)} is not a table of items: put one item in a list, or give a DataFrame")
    if isinstance(one, (str, Path, Task)) or _framed(one):
        return True
    return isinstance(one, Sequence) and bool(one) and isinstance(one[0], (Mapping, Item))


def _framed(one: object) -> bool:
    """Whether it is, or turns into, a DataFrame; pandas is not loaded to look."""
    return hasattr(one, "to_pandas") or (hasattr(one, "columns") and hasattr(one, "iloc"))


def task_of(one: Any, given: Mapping[str, Any]) -> str | Task:
    """Take a task by its name, or make one of a place or of items in memory."""
    from judgebench.catalog import is_place  # noqa: PLC0415 - loaded on use

    if isinstance(one, Path) or (isinstance(one, str) and is_place(one)):
        from judgebench.tasks.places import benchmark_at  # noqa: PLC0415 - loaded on use
        from judgebench.tasks.tables import open_own  # noqa: PLC0415 - loaded on use

        sample = bool(given.get("sample"))
        if sample and benchmark_at(one) is None:
            raise UsageError(f"{argument('sample')} takes the rows shipped with a task, and {one} is your own")
        data = given.get("data")
        return open_own(one, reading_of(given), data=None if data is None else Path(data), sample=sample)
    if isinstance(one, Sequence) and not isinstance(one, str) and isinstance(one[0], Item):
        if said := [flag for flag in said_of(given) if flag != argument("scale")]:
            raise UsageError(f"Items have no columns: leave {', '.join(said)} out")
        return ItemTask(tuple(one), given.get("scale"))
    if _framed(one) or (isinstance(one, Sequence) and not isinstance(one, str)):
        from judgebench.labels.frames import records_of  # noqa: PLC0415 - loaded on use
        from judgebench.tasks.tables import of_records  # noqa: PLC0415 - loaded on use

        name = "DataFrame" if _framed(one) else "items"
        return of_records(name, records_of(one), reading_of(given))
    if said := said_of(given):
        raise UsageError(f"{', '.join(said)} describe a table of items, and {one} brings its own")
    return one  # type: ignore[no-any-return]  # a name, or a Task


@dataclass(frozen=True)
class ItemTask:
    """A task made of `Item` objects; its revision digests them with their gold."""

    given: tuple[Any, ...]
    said: str | Scale | None = None
    name: str = "items"

    def __post_init__(self) -> None:
        """Refuse what are not all items."""
        if wrong := [one for one in self.given if not isinstance(one, Item)]:
            raise DataError(f"expected items, and found {a_type(wrong[0])} among them")

    @property
    def revision(self) -> str:
        """Digest of the items, gold and all."""
        every = [[one.id, one.content_digest, one.cluster, one.subset, [[g.annotator, g.code] for g in one.gold]]
                 for one in self.given]  # fmt: skip
        return f"data:{digest(every, 12)}"

    @property
    def scale(self) -> Scale:
        """The scale that was said; of pairs it is known by the two answers."""
        if isinstance(self.said, Scale):
            return self.said
        if self.said:
            return Scale.parse(self.said)
        if all(len(one.responses) == 2 for one in self.given):
            return Scale.pair()
        raise UsageError(f"codes of gold don't tell what they mean: give {argument('scale')} check, rate:1-5, ...")

    def items(self) -> Iterable[Item]:
        """Give the items, in their order."""
        return self.given

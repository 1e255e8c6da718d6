"""What another tool's file holds, in our words: items, and who said what of them; as a table with roles."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from judgebench.domain import Scale
from judgebench.errors import UsageError, argument
from judgebench.files.paths import split
from judgebench.files.table import Block, Table, cell_or_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from judgebench.labels.layout import Layout, Picks

#: Who labelled: a person, a model that was asked to judge, or a rule (exact match and its kin).
By: TypeAlias = Literal["person", "judge", "program"]

#: The person of a file that doesn't say who labelled; of several files each has its own.
ANONYMOUS = "annotator"
_SHOWN = 12
#: Columns of the systems whose answers stand as A and B.
_SIDES = ("system_a", "system_b")
#: Fields that hold what was judged.
_TEXTS = re.compile(r"(?:data\.|vars\.)?(?:question|prompt|instruction|input|answer(?:_[ab])?|response|output|text)")


class Label(NamedTuple):
    """What somebody said of an item when asked a question; ``game`` 2 is the same judge on the other order."""

    item: str
    question: str
    rater: str
    value: Any
    by: By = "person"
    game: int = 1


@dataclass(slots=True)
class Export:
    """Items by id, with their fields, and labels.

    Several labels of one judge on one item, question and game are repeats; of a person the last counts. ``picks`` says
    what a verdict names where there are two games; ``scale`` what the tool's words are.
    """

    items: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    labels: list[Label] = field(default_factory=list[Label])
    notes: list[str] = field(default_factory=list[str])
    cluster: str | None = None
    system: str | None = None
    picks: Picks | None = None
    scale: str | None = None

    def count(self, what: str, times: int, more: str = "") -> None:
        """Note how often something occurs, if it does."""
        if times:
            self.notes.append(f"{what}: {times:,}{more}")

    def with_other(self, other: Export) -> Export:
        """Join the items and labels of two files."""
        items = {**self.items, **{name: self.items.get(name, {}) | fields for name, fields in other.items.items()}}
        return Export(
            items,
            [*self.labels, *other.labels],
            [*self.notes, *other.notes],
            self.cluster or other.cluster,
            self.system or other.system,
            self.picks or other.picks,
            self.scale or other.scale,
        )

    def name_people(self, file: str) -> None:
        """Name the person of a file that doesn't say who labelled after the file."""
        self.labels = [one._replace(rater=file) if one.rater == ANONYMOUS else one for one in self.labels]

    def differing(self, other: Export) -> tuple[str, str] | None:
        """Find an item with another text in another file, and the text's name; a preview of a text is that text."""
        for item in self.items.keys() & other.items.keys():
            for name, here in self.items[item].items():
                there = other.items[item].get(name)
                if _TEXTS.fullmatch(name) and isinstance(here, str) and isinstance(there, str):
                    short, long = sorted((here.strip().rstrip(".\N{HORIZONTAL ELLIPSIS}"), there.strip()), key=len)
                    if short and not long.startswith(short.rstrip(".\N{HORIZONTAL ELLIPSIS}")):
                        return item, name
        return None

    def leave_out(self, kept: AbstractSet[str]) -> None:
        """Leave out the items that no judge was given, and say how many."""
        if dropped := len(self.items.keys() - kept):
            self.items = {name: fields for name, fields in self.items.items() if name in kept}
            self.labels = [label for label in self.labels if label.item in kept]
            self.count(
                "items that no judge's file has, left out", dropped, f" ({argument('unmatched')} keep keeps them)"
            )


class ImportedTable(Table):
    """An export as a table: a row per item (and repeat), a column per field, and one per question and rater."""

    unit = "row"

    def __init__(self, name: str, tool: str, revision: str, export: Export) -> None:
        super().__init__(name, "jsonl")
        self.tool = tool
        self.notes = list(export.notes)
        self.export = export
        self._revision = revision
        #: Columns of labels by question, of each kind of rater; judges' second games by the column of the first.
        self.labelled: dict[By, dict[str, list[str]]] = {"person": {}, "judge": {}, "program": {}}
        self.second: dict[str, str] = {}
        self._cells = self._laid_out(export)
        self._columns = tuple(self._cells)

    @property
    def revision(self) -> str:
        """``data:`` and a digest of the file as it is on disk."""
        return self._revision

    def _laid_out(self, export: Export) -> dict[str, list[str]]:
        said: dict[str, dict[str, list[Any]]] = {}
        again = 0
        for one in export.labels:
            own = said.setdefault(self._column(one), {}).setdefault(one.item, [])
            if one.by == "person" and own:
                again += 1
                own.clear()
            own.append(one.value)
        if again:
            self.notes.append(f"labels given again by the same person: {again:,}; the last one counts")
        rows = {item: max([1, *(len(own[item]) for own in said.values() if item in own)]) for item in export.items}
        fields = {name: name for item in export.items.values() for name in item}
        fields |= {name: f"item.{name}" for name in fields if name in said or name == "id"}
        order = [(item, nth) for item, times in rows.items() for nth in range(times)]
        cells = {"id": [item for item, _ in order]}
        for name, column in fields.items():
            cells[column] = [_text(export.items[item].get(name)) for item, _ in order]
        people = {column for own in self.labelled["person"].values() for column in own}
        for name, answers in said.items():
            # A person's label is the item's, whatever a judge said of it again.
            cells[name] = [_text(_nth(answers.get(item, ()), 0 if name in people else nth)) for item, nth in order]
        return cells

    def _column(self, label: Label) -> str:
        """Name the column of a label, and remember what it is."""
        name = " ".join(part for part in (label.question, label.rater and f"({label.rater})") if part)
        if any(name in own.get(label.question, ()) for by, own in self.labelled.items() if by != label.by):
            name = f"{name} [{label.by}]"
        own = self.labelled[label.by].setdefault(label.question, [])
        if name not in own:
            own.append(name)
        if label.game == 1:
            return name
        return self.second.setdefault(name, f"{name}, second order")

    def blocks(self, wanted: Sequence[str], *, nested: bool = False) -> Iterator[Block]:
        """Stream the wanted columns."""
        size = len(self._cells["id"])
        if not size:
            raise self.error("no items")
        yield from self.in_blocks(self._cells, range(1, size + 1), wanted, nested=nested)

    def has(self, name: str) -> bool:
        """Whether a name is that of a column, or of a question."""
        return split(name, self._cells) is not None or any(name in own for own in self.labelled.values())

    @property
    def scale(self) -> Scale | None:
        """The scale of the tool's own words."""
        return Scale.parse(self.export.scale) if self.export.scale else None

    def by_people(self, columns: Sequence[str]) -> bool:
        """Whether all of some columns are people's labels."""
        people = {column for own in self.labelled["person"].values() for column in own}
        return bool(columns) and people.issuperset(columns)

    def named(self, name: str, *kinds: By) -> list[str]:
        """Columns of a question by the first of some kinds of raters who answered it; a column is itself."""
        if split(name, self._cells):
            return [name]
        return next((own[name] for kind in kinds if (own := self.labelled[kind]).get(name)), [name])

    def layout(self, said: Layout, judges: Sequence[str]) -> Layout:
        """Say of the rows what nobody said: their ids, the question that they share, the judge's second games."""
        second = [self.second[name] for name in judges if name in self.second]
        second = second if len(second) == len(judges) else []
        own = {column for questions in self.labelled.values() for one in questions.values() for column in one}
        paired = {*_SIDES} <= self._cells.keys() and own.issuperset(judges)
        sides = _SIDES if paired and not second and not said.order else ()
        return replace(
            said,
            id=said.id or ("id",),
            cluster=said.cluster or ((self.export.cluster,) if self.export.cluster else ()),
            second_order=said.second_order or second,
            picks=said.picks or (self.export.picks if second else None),
            sides=said.sides or sides,
        )

    def roles(self, judges: Sequence[str], golds: Sequence[str]) -> tuple[list[str], list[str]]:
        """Find the judges' columns and those of the people who answered the same question.

        What was named is taken; of what wasn't, the only possible. UsageError lists what there is.
        """
        asked = self.labelled["judge"], self.labelled["person"]
        judge = [column for name in judges for column in self.named(name, "judge", "program", "person")]
        gold = [column for name in golds for column in self.named(name, "person", "program", "judge")]
        if not judges and not golds:
            both = [question for question in asked[0] if question in asked[1]]
            if len(both) == 1:
                return list(asked[0][both[0]]), list(asked[1][both[0]])
            if both:
                raise self._asked_more(both, f"{argument('judge')} {both[0]!r} {argument('gold')} {both[0]!r}")
        if not golds:
            gold = self._only(asked[1], "gold", judge)
        if not judges:
            judge = self._only(asked[0], "judge", gold)
        return judge, gold

    def answers(self, by: By) -> list[str]:
        """Columns of the only question that some kind of raters answered; UsageError where they answered several."""
        return self._only(self.labelled[by], "judge" if by == "judge" else "gold", ())

    def _only(self, asked: dict[str, list[str]], role: str, other: Sequence[str]) -> list[str]:
        """Take the answers to the only question, or to the one that the other side answered."""
        if not asked:
            return []
        same = [
            question for kinds in self.labelled.values() for question, own in kinds.items() if set(own) & set(other)
        ]
        if len(asked) == 1:
            return list(next(iter(asked.values())))
        if matching := [question for question in dict.fromkeys(same) if question in asked]:
            return list(asked[matching[0]])
        raise self._asked_more(list(asked), f"{argument(role)} {next(iter(asked))!r}")

    def _asked_more(self, questions: Sequence[str], example: str) -> UsageError:
        shown = ", ".join(map(repr, questions[:_SHOWN]))
        return UsageError(
            f"{self.name} ({self.tool}) has labels of {len(questions)} questions: {shown}; name one: {example}"
        )

    def lacking(self, judges: Sequence[str], golds: Sequence[str]) -> UsageError:
        """Say what the file has, where it has no judge or no gold, and what to do."""
        fields = [
            name for name in self._columns if not any(name in own for k in self.labelled.values() for own in k.values())
        ]
        fields = [name for name in fields if name not in self.second.values() and name != "id"]
        beside = f"columns beside them: {', '.join(fields[:40])}" if fields else "it has no other columns"
        if golds:
            several = f"judgebench humans measures the {len(golds)} of them; " if len(golds) > 1 else ""
            return UsageError(
                f"{self.name} ({self.tool}) has gold ({', '.join(golds[:_SHOWN])}) and no verdicts: "
                f"{several}a judge's column is {argument('judge')} C ({beside}), or give its file beside this one"
            )
        if judges:
            return UsageError(
                f"{self.name} ({self.tool}) holds verdicts ({', '.join(judges[:_SHOWN])}) and no person's labels: "
                f"{'score --consistency measures their two orders; ' if self.second else ''}name "
                f"a column with {argument('gold')} C ({beside}), or give a file of labels beside it: {argument('csv')} "
                f"{self.name} {argument('csv')} LABELS {argument('id')} id"
            )
        programs = list(self.labelled["program"])
        more = f"; rules gave {', '.join(programs)}" if programs else ""
        return UsageError(
            f"{self.name} ({self.tool}) holds {len(self.export.items):,} items and no labels{more}; {beside}"
        )


def _nth(values: Sequence[Any], nth: int) -> Any:
    return values[nth] if nth < len(values) else None


def _text(value: Any) -> str:
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        if value.is_integer():
            return str(int(value))
    return cell_or_json(value)

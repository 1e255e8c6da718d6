"""What can be told of a table from its columns' names and cells, and the readings that follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from judgebench.labels.cells import Cells
from judgebench.labels.names import (
    JUDGE,
    LABEL,
    NO_LABEL,
    ORDER,
    RATER,
    REPEAT,
    SUBSET,
    SYSTEM,
    cluster_rank,
    cut,
    is_gold,
    is_id,
    is_judge,
    is_label,
    says_labels,
    words_of,
)
from judgebench.labels.profile import Profile, Sample, kind_of, profile
from judgebench.labels.rules import readable
from judgebench.labels.vocabulary import FIRST_ORDER, MISSING, OTHER_ORDER, fold, number_of, order_word, word_set
from judgebench.labels.words import spans

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

#: Parameters of `judgebench.api.tables.LabelsAndScores`, and their values.
Options = Mapping[str, Any]

_PARTS = SYSTEM | SUBSET | word_set("turn doc document segment seg passage prompt criterion aspect dimension")
_NO_LABELS = word_set("tstamp timestamp time date created updated duration margin std error idx se")
#: So many raters may be named in one command; and of so many rows a number each is hardly a rating.
FEW, _MANY = 12, 12


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a table: what it says then, why, and the command with its options that measures it so."""

    what: str
    options: Options
    command: str = "score"
    why: str = ""

    def also(self, options: Options, why: str = "") -> Reading:
        """Say more of the same table."""
        return replace(self, options=merged(self.options, options), why="; ".join(filter(None, [self.why, why])))


def merged(one: Options, other: Options) -> Options:
    """Put options together: lists and mappings grow."""
    found = dict(one)
    for name, value in other.items():
        before = found.get(name)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            found[name] = {**before, **value}
        elif isinstance(before, list) and isinstance(value, list):
            found[name] = [*before, *(one for one in value if one not in before)]
        else:
            found[name] = value
    return found


@dataclass(slots=True)
class Facts:
    """A table's columns, their cells, and what is known of them; ``made`` keeps cells."""

    table: Sample
    columns: list[Profile]
    made: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    #: Options that every reading of the table has.
    options: Options = field(default_factory=dict[str, Any])
    #: What each column is taken for, and why.
    roles: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    notes: list[str] = field(default_factory=list[str])
    #: What only a person can say.
    questions: list[str] = field(default_factory=list[str])
    #: Columns of people's labels, by name or by what they hold, where rows have a question and an answer to judge.
    people: tuple[str, ...] = ()
    #: What only a person can say where no reading can be followed.
    unsettled: list[str] = field(default_factory=list[str])

    @classmethod
    def of(cls, table: Sample) -> Facts:
        """Look at a table's columns."""
        return cls(table, profile(table))

    @property
    def rows(self) -> int:
        """Number of rows that were looked at."""
        return self.table.rows

    def __getitem__(self, name: str) -> Profile:
        return next(one for one in self.columns if one.name == name)

    def cells(self, name: str) -> list[str]:
        """Cells of a column, outer blanks removed."""
        if name not in self.made:
            self.made[name] = [cell.strip() for cell in self.table.cells[name]]
        return self.made[name]

    def places(self, name: str, cells: Collection[str]) -> str:
        """Say on which lines a column holds some cells."""
        found = [line for line, cell in zip(self.table.lines, self.table.cells[name], strict=True) if cell in cells]
        return spans(found, self.table.unit)

    def where(self, names: Iterable[str], texts: Collection[str]) -> str:
        """Say on which lines columns hold some folded words."""
        held = {
            name: {cell for cell in set(self.table.cells[name]) if fold(cell) in texts}
            for name in names
            if name in self.table.cells
        }
        return "; ".join(f"{name} {self.places(name, cells)}" for name, cells in held.items() if cells)

    def repeats(self, names: Sequence[str]) -> int:
        """Count rows whose values in some columns appeared in an earlier row."""
        return self.rows - len(set(zip(*(self.cells(name) for name in names), strict=True))) if names else self.rows

    def constant(self, name: str, within: Sequence[str]) -> bool:
        """Whether a column says one thing on all rows that others name alike."""
        return self.repeats([*within, name]) == self.repeats(within)

    def words(self, name: str) -> set[str]:
        """Folded words of a column but for gaps."""
        return {fold(cell) for cell in set(self.cells(name))} - MISSING

    def numeric(self, name: str) -> bool:
        """Whether all of a column's cells but for gaps are numbers."""
        words = self.words(name)
        return bool(words) and all(number_of(word) is not None for word in words)

    def replies(self, names: Iterable[str], rows: int | None = None) -> dict[str, str]:
        """Read what is a reply or a decorated word in columns of labels: by cell, as what rules read it."""
        return dict(readable({name: {cell: cell for cell in self.cells(name)[:rows]} for name in names}, None, Cells()))

    def take(self, role: str, names: Iterable[str], why: str) -> None:
        """Say what columns are taken for."""
        for name in names:
            self.roles.setdefault(name, (role, why))

    def make(self, name: str, cells: list[str], parts: Sequence[str], options: Options, why: str) -> None:
        """Add a column that options make of others, in their place."""
        self.made[name] = cells
        counts = Counter(cell for cell in cells if fold(cell) not in MISSING)
        kind = kind_of(counts)
        new = Profile(name, self.rows, self.rows - counts.total(), len(counts), tuple(counts.most_common()), 6, kind)
        self.columns = [one for one in self.columns if one.name not in {*parts, name}] + [new]
        self.options = merged(self.options, options)
        self.take("parts of " + name, parts, why)

    def labelled(self) -> list[Profile]:
        """Columns that may hold labels."""
        return [
            one
            for one in self.columns
            if one.kind
            and one.name not in self.roles
            and not words_of(one.name) & (NO_LABEL | _NO_LABELS) - _told_apart(one)
            and not (one.kind in {"rate", "numbers"} and self._counts_rows(one))
            # What never changes is a rater's only if it is a verdict, or the name says so.
            and (one.distinct > 1 or one.kind in {"check", "pair"} or says_labels(one.name))
            and not is_id(one.name)
            and not words_of(one.name) <= REPEAT
            # Numbers with decimals are anything, unless their name says a label.
            and (one.kind != "decimals" or says_labels(one.name))
            and cluster_rank(one.name) is None
            and not (one.kind == "labels" and words_of(one.name) & (SYSTEM | SUBSET) and not _speaks(one.name))
            and not self.holds_others(one.name)
            and not (one.kind in {"rate", "numbers"} and _counts_askings(words_of(one.name)))
        ]

    def _counts_rows(self, one: Profile) -> bool:
        """Whether it numbers the rows, or parts of a text: not what anybody says of them."""
        numbers = {number_of(word) for word, _ in one.words}
        run = one.distinct == one.rows > _MANY and numbers in ({*range(one.rows)}, {*range(1, one.rows + 1)})
        return not says_labels(one.name) and (run or words_of(one.name) <= _PARTS)

    def holds_others(self, name: str) -> bool:
        """Whether its cells are objects, whose fields are columns, too."""
        return any(one.startswith(f"{name}.") for one in self.table.columns)

    def raters(self) -> list[Profile]:
        """Columns that may name who labelled: names of models or people, each on several rows."""
        found = []
        # annotator_1 and annotator_2 hold what people said, not who they are.
        numbered = Counter(_stem(one.name) for one in self.columns)
        for one in self.columns:
            words = words_of(one.name)
            if numbered[_stem(one.name)] > 1 or self.holds_others(one.name):
                continue
            if not words & (RATER | {"model", "llm"}) or not one.repeats or not 2 <= one.distinct <= self.rows // 2:
                continue
            people = words & (RATER - {"judge", "evaluator", "grader"})
            names = [word for word, _ in one.words]
            if one.kind in {"check", "pair", "decimals"} or (one.kind and one.kind != "labels" and not people):
                continue
            named = any(is_judge(name) or is_gold(name) for name in names)
            if named or people or not any(self._shares(one.name, other.name) for other in self.labelled()):
                found.append(one)
        # A column that says judge or rater names them rather than one of models.
        return sorted(found, key=lambda one: not words_of(one.name) & RATER)

    def _shares(self, one: str, other: str) -> bool:
        return one != other and bool(self.words(one) & self.words(other))

    def keys(self, taken: Iterable[str]) -> list[str]:
        """Columns that may name an item together, the likeliest first."""
        known = {name for name, (role, _) in self.roles.items() if role != "sides"}
        free = [one for one in self.columns if one.name not in set(taken) | known and one.distinct > 1]
        ranked = [one for one in free if (is_id(one.name) or cluster_rank(one.name) is not None) and not one.missing]
        ranked.sort(key=lambda one: (_rank(one.name), one.name))
        parts = [
            one
            for one in free
            if one not in ranked
            and not one.missing
            and not words_of(one.name) & (ORDER | REPEAT)
            and (words_of(one.name) & _PARTS or set(cut(one.name)) & {"a", "b"})
            and (one.kind in {"", "labels"} or words_of(one.name) & {"turn"} or one.kind in {"rate", "numbers"})
            and not is_gold(one.name)
        ]
        return [one.name for one in [*ranked, *parts]]

    def key(self, beside: Sequence[str], taken: Iterable[str] = ()) -> list[str]:
        """Find the columns that name an item, so that with ``beside`` as few rows as possible are repeats."""
        names = self.keys([*beside, *taken])
        if not names:
            return []
        first = min(names, key=lambda name: self.repeats([name, *beside]))
        found, left = [first], self.repeats([first, *beside])
        while left:
            after = {name: self.repeats([*found, name, *beside]) for name in names if name not in found}
            best = min(after, key=lambda name: after[name], default=None)
            if best is None or after[best] == left:
                break
            found, left = [*found, best], after[best]
        for name in list(found):
            rest = [one for one in found if one != name]
            if rest and self.repeats([*rest, *beside]) == left:
                found = rest
        order = [one.name for one in self.columns]
        return sorted(found, key=order.index)

    def orders(self) -> list[str]:
        """Columns that may say in which order the answers were shown."""
        return [
            one.name
            for one in self.columns
            if words_of(one.name) & ORDER and one.name not in self.roles and not one.missing and _orders(one)
        ]


def _told_apart(one: Profile) -> frozenset[str]:
    """Words that say no label of most columns, but of one that holds verdicts: judge_order_1, has_error."""
    if one.kind == "check":
        return frozenset({"error"})
    return ORDER if one.kind == "pair" and (is_judge(one.name) or is_label(one.name)) else frozenset()


def _stem(name: str) -> tuple[str, ...]:
    """Leave out the number or letter that a name ends with."""
    *rest, last = cut(name) or [name]
    return tuple(rest) if rest and (last.isdigit() or len(last) == 1) else (name,)


def _orders(one: Profile) -> bool:
    """Whether a column's words name two orders of two answers."""
    if not 1 <= one.distinct <= 2:
        return False
    words = {order_word(word) for word, _ in one.words}
    either = ({"0", "1"}, {"1", "2"}, {"true", "false", "yes", "no"}, FIRST_ORDER | OTHER_ORDER)
    return any(words <= one for one in either)


def _counts_askings(words: set[str]) -> bool:
    return bool(words & REPEAT) and words <= REPEAT | {"id", "index", "number", "no"}


def _speaks(name: str) -> bool:
    return bool(words_of(name) & (LABEL | JUDGE - {"model"}))


def _rank(name: str) -> int:
    rank = cluster_rank(name)
    return 99 if rank is None else rank


def counted(names: Sequence[str], what: str) -> str:
    """Say how many there are.

    >>> counted(["a"], "judge"), counted(["a", "b"], "gold column")
    ('1 judge', '2 gold columns')
    """
    return f"{len(names)} {what}{'s' * (len(names) != 1)}"

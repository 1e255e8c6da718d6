"""Tables of ratings: raters by items by criteria, each of them down the rows or across the columns.

A card's ``[columns]`` say what the texts are, and in which columns the ratings of people are: ``gold`` are patterns of
columns, and of what is inside them, in which ``{rater}`` and ``{criterion}`` are found out, and anything else in braces
may be anything. Rows of one ``id`` (and ``criterion``) are one item. ``[form]`` says what else there is to know::

    [columns]
    id = ["story", "system"]
    gold = ["experts.{rater}.{criterion}"]   # or human_{rater}, {criterion}, score ...
    criterion = ["aspect"]                   # where criteria are down the rows

    [form]
    rater = "worker"                         # where raters are down the rows
    raters = ["ann", "bob"]                  # whose ratings are gold; default: everybody's
    criteria = ["depth", "style"]            # which criteria; default: all, of bare names those without a role
    judges = ["llm.{judge}.{criterion}"]     # columns of recorded judges, in this file or another
    judge_in = ["mode"]                      # what else names a judge, down the rows
    criterion_in = ["metric"]                # where another file has its criteria down the rows
    reduce = "worst"                         # one label of many: the worst or the best of the scale
    none = "Consistent"                      # what an item without a label is
    criterion = "how good the theme is"      # what a judge is asked where nothing more is said

    [form.asked]                             # what a judge is asked by a criterion's name
    depth = "how deep the story goes"

    [form.also]                              # other names of a field, and `records`: see `readers.renamed`
    response = ["system_output"]

    [form.texts]                             # columns of the part `texts`, where texts are in a file of their own
    story = "Story ID"
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.domain import Item, Label, Reply, Response, Turn, digest
from judgebench.domain.items import UNANSWERED
from judgebench.errors import UsageError
from judgebench.files.records import Row
from judgebench.labels.cells import Cells
from judgebench.tasks import own
from judgebench.tasks.base import Located
from judgebench.tasks.forms import filled, one_of
from judgebench.tasks.own import Place
from judgebench.tasks.readers.renamed import Renamed
from judgebench.tasks.recordings import Heard, picked
from judgebench.tasks.texts import named_by, word_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from judgebench.tasks.card import Card
    from judgebench.tasks.recordings import Recording
    from judgebench.tasks.sources import Source

_HOLE = re.compile(r"\{(\w+)\}")
#: A cluster may be named by a text; what is longer is named by its digest.
_LONGEST = 80


class Rating(NamedTuple):
    """One cell: whose, of what, and where it is."""

    who: str
    criterion: str
    value: Any
    column: str


@dataclass(frozen=True, slots=True)
class Form:
    """What else there is to know of the columns, as the module says."""

    rater: str = ""
    raters: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()
    judge_in: tuple[str, ...] = ()
    criterion_in: tuple[str, ...] = ()
    reduce: str = one_of("", "worst", "best")
    none: str = ""
    criterion: str = ""
    asked: Mapping[str, str] = field(default_factory=dict[str, str])
    texts: Mapping[str, str] = field(default_factory=dict[str, str])


class Reader(own.Reader):
    """Reads tables of ratings by what a card says of their columns."""

    needs_gold = True

    def __init__(self, card: Card, split: str) -> None:
        super().__init__(card, split)
        # Benchmarks of this form also publish figures of all their ratings.
        self.by_criterion = False
        form = self.form
        self.more = filled(Form, form)
        self.renamed = Renamed.take(form)
        form.done()
        self._held: tuple[tuple[str, str], Mapping[str, list[tuple[Row, str, Rating]]]] | None = None
        self.judge_columns = tuple(Pattern(one) for one in self.more.judges)
        self.gold_columns = tuple(Pattern(one) for one in self.roles.gold)
        words = (self.cells or Cells()).words
        self.words = {word: meaning for word, meaning in words.items() if isinstance(meaning, str)}

    def items(self, source: Source) -> Iterator[Located]:
        """Yield an item for each criterion of what was rated, in the order of the rows."""
        found: dict[tuple[str, str], tuple[Row, dict[str, Rating]]] = {}
        for row in self.renamed.rows(source.rows()):
            name = self._name(row)
            for rating in self._ratings(row, self.gold_columns):
                _, given = found.setdefault((name, rating.criterion), (row, {}))
                if rating.who in given and not self.more.reduce:
                    row.fail(f"{rating.who} rated {name!r} twice", rating.column)
                given[rating.who if not self.more.reduce else f"{len(given)}"] = rating
            if self.more.none:
                found.setdefault((name, self._down(row, self.roles.criterion)), (row, {}))
        texts = self._beside(source)
        for number, ((_, criterion), (row, given)) in enumerate(found.items()):
            whole = self._joined(row, texts, source)
            labels = tuple(Label(who, self._code(rating, row)) for who, rating in given.items())
            gold = self._reduced(labels) if self.more.reduce else labels
            if any(label.code is not None for label in gold):
                yield Located(self._made(whole, row, number, gold, criterion, source.folder), row)

    def recorded(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:
        """Read one judge's ratings; what is not on the scale is a reply that could not be parsed."""
        read = self._read(source)
        judges = self.judges(source)
        judge = picked(column, judges, source.name) if judges else ""
        heard = (
            Heard(row, one.column, f"{name}/{one.criterion}" if one.criterion else name, self._reply(one))
            for row, name, one in (read[judge] if judges else chain.from_iterable(read.values()))
        )
        return self.gathered(judge or column or "", heard, items, source)

    def judges(self, source: Source) -> Mapping[str, str]:
        """Name the judges: of columns by their names, of rows those who rated and are not people whose word is gold."""
        read = self._read(source)
        # A pattern of columns may fit some that hold no judge's ratings, but a name or a score of another kind.
        rated = [who for who, some in read.items() if any(self._reply(one).code is not None for _, _, one in some)]
        return {who: who for who in rated or read if who}

    def _read(self, source: Source) -> Mapping[str, list[tuple[Row, str, Rating]]]:
        """Read what each judge of a file said, once for all of them."""
        key = source.name, source.revision
        if self._held is None or self._held[0] != key:
            found: dict[str, list[tuple[Row, str, Rating]]] = {}
            for row in self.renamed.rows(source.rows()):
                name = self._name(row)
                for rating in self._judged(row):
                    found.setdefault(rating.who, []).append((row, name, rating))
            self._held = key, found
        return self._held[1]

    def _judged(self, row: Row) -> Iterator[Rating]:
        """Yield what judges said in a row, in columns of theirs or in rows of theirs."""
        own_columns = self.judge_columns or (self.gold_columns if self.more.rater and self.more.raters else ())
        if not own_columns:
            raise UsageError(f"{row.file}: the card of {self.card.name} says of no column that it is a judge's")
        for rating in self._ratings(row, own_columns, judges=True):
            if self.judge_columns or rating.who not in self.more.raters:
                yield rating

    def _ratings(self, row: Row, patterns: Sequence[Pattern], *, judges: bool = False) -> Iterator[Rating]:
        """Yield the ratings of a row, of people or of ``judges``; empty cells are none."""
        who = self._down(row, (self.more.rater,)) if self.more.rater and not (judges and self.judge_columns) else ""
        before = self._down(row, [name for name in self.more.judge_in if name in row.data]) if judges else ""
        if who and not judges and self.more.raters and who not in self.more.raters:
            return
        about = self._down(row, self._criterion_down(row, judges=judges))
        cells: dict[str, Any] | None = None
        for pattern in patterns:
            if pattern.plain is not None:
                given = [(row.require(pattern.plain), pattern.plain, dict[str, str]())]
            else:
                home = row.data.get(pattern.home)
                if home is not None and not isinstance(home, (dict, list)) and str(home).strip():
                    row.fail(f"expected a list or an object of ratings, got {home!r:.60}", pattern.home)
                cells = dict(_leaves(row.data)) if cells is None else cells
                read = ((value, name, pattern.read(name)) for name, value in cells.items())
                given = [(value, name, holes) for value, name, holes in read if holes is not None]
            for value, column, holes in given:
                criterion = holes.get("criterion", "") or about
                if self._left_out(criterion, column, pattern) or value is None or str(value).strip() == "":
                    continue
                name = holes.get("judge" if judges else "rater", "") or who or pattern.name(holes)
                if judges or not self.more.raters or name in self.more.raters:
                    yield Rating(f"{before} {name}".strip(), criterion, value, column)

    def _criterion_down(self, row: Row, *, judges: bool) -> Sequence[str]:
        """Name the columns that say what a row's ratings are about; another file may call them otherwise."""
        if judges and not (self.roles.criterion and self.roles.criterion[0] in row.data):
            return [name for name in self.more.criterion_in if name in row.data][:1]
        return self.roles.criterion

    def _left_out(self, criterion: str, column: str, pattern: Pattern) -> bool:
        if self.more.criteria:
            return criterion not in self.more.criteria
        # A pattern that is a criterion and nothing else fits every column.
        return pattern.bare and (column in self._roled or "." in column)

    @property
    def _roled(self) -> set[str]:
        roles = self.roles
        named = {name for role, names in roles.named().items() if role != "gold" for name in names}
        return named | {self.more.rater, *self.more.texts}

    def _down(self, row: Row, columns: Sequence[str]) -> str:
        return " / ".join(named_by(row, name) for name in columns)

    def _name(self, row: Row) -> str:
        return "/".join(named_by(row, one) for one in self.roles.id) or str(row.line)

    def _word(self, value: Any) -> str:
        word = word_of(value)
        return self.words.get(word, word)

    def _code(self, rating: Rating, row: Row) -> int | None:
        word = self._word(rating.value)
        code = self.scale.code(word) if word else None
        if word and code is None:
            row.fail(f"rating {rating.value!r} is not on the scale {self.scale.spec}", rating.column)
        return code

    def _reduced(self, labels: tuple[Label, ...]) -> tuple[Label, ...]:
        """Take the worst or the best of all labels; the scale has the worst first."""
        codes = [label.code for label in labels if isinstance(label.code, int)]
        if not codes and self.more.none:
            codes = [code for code in [self.scale.code(self._word(self.more.none))] if code is not None]
        return (Label(self.more.reduce, (min if self.more.reduce == "worst" else max)(codes)),) if codes else ()

    def _reply(self, rating: Rating) -> Reply:
        return Reply.read(self.scale.code(self._word(rating.value)), text=str(rating.value))

    def _beside(self, source: Source) -> Mapping[tuple[str, ...], Row] | None:
        """Read the texts by their keys; None where they are in the ratings' rows, or not here."""
        if "texts" not in source.parts or "texts" in source.lacking:
            return None
        found: dict[tuple[str, ...], Row] = {}
        for row in source.rows("texts"):
            found.setdefault(tuple(named_by(row, name) for name in self.more.texts.values()), row)
        return found

    def _joined(self, row: Row, texts: Mapping[tuple[str, ...], Row] | None, source: Source) -> Row | None:
        """Put the texts beside the ratings; None where there are none."""
        roles = self.roles
        needed = [*roles.question, *roles.turns, *roles.answers]
        if all(name.partition(".")[0] in row.data for name in needed):
            return row
        if texts is None:
            return None if "texts" in source.lacking else row
        key = tuple(named_by(row, name) for name in self.more.texts)
        if key not in texts:
            row.fail(f"there is no text of {'/'.join(key)}", next(iter(self.more.texts)))
        return Row({**texts[key].data, **row.data}, row.file, row.line, row.note, row.unit)

    def _made(
        self, whole: Row | None, row: Row, number: int, gold: tuple[Label, ...], criterion: str, folder: Path | None
    ) -> Item:
        if whole is not None:
            item = self.item(Place(whole, number, "", folder), gold, self.roles, criterion)
            return self._asked(item, criterion)
        name, roles = self._name(row), self.roles
        question = f"The texts are not here ({', '.join(self.card.split(self.split).parts['texts'].files[:1])})."
        systems = [named_by(row, one) for one in roles.systems if one in row.data]
        return self._asked(
            Item(
                id=f"{name}/{criterion}" if criterion else name,
                conversation=(Turn.of("user", question),),
                responses=(Response("", systems[0] if systems else None),),
                gold=gold,
                gold_source=self.gold_source,
                cluster="/".join(named_by(row, one) for one in roles.cluster if one in row.data) or name,
                subset=criterion,
                attributes=(*((("criterion", criterion),) if criterion else ()), UNANSWERED),
            ),
            criterion,
        )

    def _asked(self, item: Item, criterion: str) -> Item:
        """Say what the criterion is, in the words of the card; a text that names a cluster is cut short."""
        if len(item.cluster) > _LONGEST:
            item = replace(item, cluster=f"q-{digest(item.cluster, 16)}")
        words = self.more.asked.get(criterion, "" if criterion else self.more.criterion)
        if not words:
            return item
        return replace(item, attributes=tuple(sorted((dict(item.attributes) | {"criterion": words}).items())))


class Pattern:
    """A column's name with holes in it; ``plain`` is the name where there are none."""

    def __init__(self, text: str) -> None:
        parts = _HOLE.split(text)
        self.plain = text if len(parts) == 1 else None
        self.bare = text == "{criterion}"
        self._parts = parts
        seen: set[str] = set()
        made = ""
        for place, part in enumerate(parts):
            if place % 2 == 0:
                made += re.escape(part)
            else:
                made += ".+?" if part in seen else f"(?P<{part}>.+?)"
                seen.add(part)
        self._made = re.compile(made)
        #: The field inside which everything lies, where the pattern says so.
        self.home = parts[0].partition(".")[0] if "." in parts[0] else ""

    def read(self, column: str) -> dict[str, str] | None:
        """Read what the holes are in a column's name; None where it doesn't fit."""
        found = self._made.fullmatch(column)
        return None if found is None else found.groupdict()

    def name(self, holes: Mapping[str, str]) -> str:
        """Name who rated by the column, without its criterion.

        >>> one = Pattern("{model} prompt {n}, {criterion}")
        >>> one.name({"model": "llm", "n": "2", "criterion": "depth"})
        'llm prompt 2'
        """
        said = (part if n % 2 == 0 else holes[part] * (part != "criterion") for n, part in enumerate(self._parts))
        return "".join(said).strip(" ,_-.:") or "rating"


def _leaves(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what is in a row, each under its dotted path."""
    stack: list[tuple[str, Any]] = [(str(name), value) for name, value in reversed([*data.items()])]
    while stack:
        path, value = stack.pop()
        if isinstance(value, dict):
            stack += [(f"{path}.{name}", one) for name, one in reversed(value.items())]
        elif isinstance(value, list):
            stack += [(f"{path}.{place}", one) for place, one in reversed(list(enumerate(value)))]
        else:
            yield path, value

"""How figures that lie beside the data are recomputed: the ``[[rule]]`` entries of a card's ``published.toml``."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from judgebench.errors import DataError
from judgebench.files.toml import TomlTable
from judgebench.labels.cells import Cells
from judgebench.labels.layout import Layout
from judgebench.reproduce.keys import RULE_KEYS, check_keys
from judgebench.reproduce.made import TABLE_KEYS, check_table
from judgebench.reproduce.patterns import first_capture
from judgebench.tasks.card import policies_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.reproduce.printed import Printed

_MATCHED = ("judge", "split", "metric")
#: What is said of a table's rows and words, as ``score --csv`` has it.
LAYOUT_KEYS = frozenset(f.name for f in fields(Layout)) - {"where"}
CELL_KEYS = frozenset(f.name for f in fields(Cells)) - {"unlisted"}
_LABELLED = {"figure", "gold", "scale", "policies", *LAYOUT_KEYS, *CELL_KEYS}
#: Keys that each kind of rule knows, and those that it must have.
KINDS: Mapping[str, tuple[frozenset[str], tuple[str, ...]]] = {
    "agreement": (frozenset({*_LABELLED, "judge_col", "subset_col", "subset"}), ("scale",)),
    "mean-agreement": (frozenset({*_LABELLED, "pairs"}), ("scale", "pairs")),
    "people": (frozenset(_LABELLED), ("scale",)),
    "count": (frozenset({"distinct"}), ()),
    "share": (frozenset({"which"}), ("which",)),
    "mean": (frozenset({"columns", "missing"}), ("columns",)),
    "correlation": (frozenset({"figure", "x", "y", "by", "missing"}), ("x", "y")),
    "parts": (frozenset({"of_metrics", "formula", "columns"}), ("formula",)),
    "function": (frozenset({"call", "with"}), ("call",)),
}
_COMMON = frozenset({"kind", "table", "why", "own", "expected", "undefined", "times", *TABLE_KEYS, *_MATCHED})
#: Kinds that look at no table, or at one if they are told of it.
_TABLELESS = frozenset({"parts", "function"})


@dataclass(frozen=True, slots=True)
class Rule:
    """What figures it is about, by patterns, and how they are computed: ``said`` are the keys of its kind.

    ``how`` describes the rule's own table. ``why`` explains figures that are different, ``expected`` is what ours are
    known to be there, by metric, and ``own`` says that nobody published them; ``undefined`` is what ours counts as
    where it is undefined, and ``times`` what it is multiplied by.
    """

    patterns: Mapping[str, tuple[str, ...]]
    kind: str
    said: Mapping[str, Any]
    how: Mapping[str, Any]
    why: str = ""
    own: bool = False
    undefined: float | None = None
    times: float | None = None
    expected: Mapping[str, float] = field(default_factory=dict[str, float])

    def expecting(self, figure: Printed) -> Printed:
        """Give a figure with what ours is known to be, where the rule says it."""
        expected = self.expected.get(figure.metric)
        return figure if expected is None else replace(figure, expected=expected)

    def names(self, figure: Printed) -> dict[str, str] | None:
        """Capture what the patterns name in a figure, beside its judge, split and metric; None of another's."""
        texts = {"judge": figure.judge, "split": figure.split, "metric": figure.metric}
        found = first_capture(self.patterns, texts)
        return None if found is None else {**texts, **found}


def read_rules(table: TomlTable) -> tuple[list[Rule], dict[str, dict[str, Any]]]:
    """Read the rules of a card's published figures, and the tables that they share."""
    shared = table.table("tables")
    tables: dict[str, dict[str, Any]] = {}
    for name in tuple(shared.data):
        one = shared.table(name)
        tables[name] = check_table(one)
        one.done()
    _check_made_of(shared, tables)
    return [_rule(entry, tables) for entry in table.tables("rule")], tables


def _check_made_of(shared: TomlTable, tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse a table that is made of one that isn't there, or of itself."""
    made_of = {
        name: {
            key: known
            for key, known in (("of", how.get("of", "")), ("join.table", how.get("join", {}).get("table", "")))
            if known and "{" not in known
        }
        for name, how in tables.items()
    }
    for name, others in made_of.items():
        for key, other in others.items():
            if other not in tables:
                shared.fail(f"{name}.{key}", f"there is no [tables.{other}]; there are {', '.join(tables)}")
    for name in tables:
        reached: set[str] = set()
        following = list(made_of[name].values())
        while following:
            other = following.pop()
            if other == name:
                shared.fail(f"{name}.{next(iter(made_of[name]))}", "it is made of itself")
            if other not in reached:
                reached.add(other)
                following += made_of[other].values()


def _rule(table: TomlTable, tables: Mapping[str, Any]) -> Rule:
    kind = table.choice("kind", tuple(KINDS), "agreement")
    known, needed = KINDS[kind]
    if missing := [key for key in needed if key not in table.data]:
        table.fail(missing[0], f"a rule of kind {kind} needs this key")
    patterns = {key: table.names(key) for key in _MATCHED if key in table.data}
    named = table.text("table", "")
    if named and "{" not in named and named not in tables:
        table.fail("table", f"there is no [tables.{named}]")
    own = {key for key in ("files", "of") if key in table.data}
    if named and own:
        table.fail("table", f"a rule has a table or {own.pop()}, not both")
    if named:
        table.data["of"] = named
    if not named and not own and kind not in _TABLELESS:
        table.fail("table", "name the table that it looks at, or its files")
    how = check_table(table) if named or own else {}
    times, undefined = (table.number(key) if key in table.data else None for key in ("times", "undefined"))
    expecting = table.table("expected")
    expected = {name: expecting.number(name) for name in tuple(expecting.data)}
    why, mine = table.text("why", ""), table.take("own", bool, default=False)
    said = {key: table.data.pop(key) for key in tuple(table.data) if key in known}
    check_keys(table, said, RULE_KEYS)
    policies_of(TomlTable(said.get("policies", {}), table.file, f"{table.where}policies."))
    if table.data:
        key = next(iter(table.data))
        raise DataError(
            f"a rule of kind {kind} has no such key; it has {', '.join(sorted(known | _COMMON))}",
            file=table.file,
            field=f"{table.where}{key}",
        )
    return Rule(patterns, kind, said, how, why, mine, undefined, times, expected)

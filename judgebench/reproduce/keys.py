"""What the keys of rules and tables hold: checked where they are read, so that whoever wrote one hears of it there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.reproduce.patterns import is_inside

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from judgebench.files.toml import TomlTable


class Kind(NamedTuple):
    """A kind of value, in words, and whether something is one."""

    words: str
    holds: Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _texts(least: int = 1, most: int = 10**9) -> Kind:
    several = "a list of texts" if most > least else f"a list of {least} texts"
    return Kind(several, lambda v: isinstance(v, list) and least <= len(v) <= most and all(map(_is_text, v)))


def _table(values: Kind) -> Kind:
    return Kind(
        f"a table, each value {values.words}", lambda v: isinstance(v, dict) and all(map(values.holds, v.values()))
    )


def _one_of(*words: str) -> Kind:
    return Kind(f"one of {', '.join(words)}", lambda v: v in words if isinstance(v, str) else False)


_TEXT = Kind("a text", _is_text)
_WORD = Kind("a text", lambda v: isinstance(v, str))
_WORDS = Kind("a list of texts", lambda v: isinstance(v, list) and all(isinstance(one, str) for one in v))
_NUMBER = Kind("a number", _is_number)
_PARTS = Kind("a number above 0", lambda v: _is_number(v) and v > 0)
_FLAG = Kind("true or false", lambda v: isinstance(v, bool))
_TEXTS, _TWO = _texts(), _texts(2, 2)
_NAMES = Kind("a text, or a list of texts", lambda v: _is_text(v) or _TEXTS.holds(v))
_ANY = Kind("a table", lambda v: isinstance(v, dict))
_PAIRS = Kind("a list of pairs of columns", lambda v: isinstance(v, list) and bool(v) and all(map(_TWO.holds, v)))
_MEANT = Kind(
    "a table of words", lambda v: isinstance(v, dict) and all(isinstance(one, (str, dict)) for one in v.values())
)

#: What is said of a table's rows and words, as ``score --csv`` has it.
LABEL_KEYS: Mapping[str, Kind] = {
    **dict.fromkeys(("id", "cluster", "judge_name", "second_order", "categories", "sides", "reverse"), _TEXTS),
    **dict.fromkeys(("rater", "label", "order", "count", "criterion"), _TEXT),
    "picks": _one_of("position", "answer"),
    "combine": _one_of("each", "majority", "mean", "sum"),
    **dict.fromkeys(("confusion", "read_replies"), _FLAG),
    "one_hot": _table(_TEXTS),
    "pair_scores": _table(_TWO),
    "words": _MEANT,
    "missing": _WORDS,
    "rescale": _table(_TEXT),
    "thresholds": _table(_NUMBER),
}
#: What a rule says beside its table.
RULE_KEYS: Mapping[str, Kind] = {
    **LABEL_KEYS,
    **dict.fromkeys(("figure", "scale", "judge_col", "subset_col", "subset", "formula", "call"), _TEXT),
    "gold": _NAMES,
    "policies": _table(_TEXT),
    "pairs": _PAIRS,
    **dict.fromkeys(("distinct", "which", "columns", "x", "y", "by", "of_metrics"), _TEXTS),
    "with": _ANY,
}
_TABLE_KEYS: Mapping[str, Kind] = {
    "files": Kind(
        "a list of names of files below the task's folder",
        lambda v: _TEXTS.holds(v) and all(map(is_inside, v)),
    ),
    "of": _TEXT,
    "where": Kind("a list of conditions, each a text", _WORDS.holds),
}
_INSIDE: Mapping[str, Mapping[str, Kind]] = {
    "unpivot": {"columns": _TEXTS, "name": _TEXT, "value": _TEXT},
    "pivot": {"id": _TEXTS, "name": _TEXT, "value": _TEXT},
    "join": {"table": _TEXT, "on": _TEXTS},
}
#: How a column is made: what it is made of, and the other keys, of which those in ``_NEEDED`` must be there.
MADE: Mapping[str, Mapping[str, Kind]] = {
    "sign": {"sign": _TWO, "words": _texts(3, 3), "missing": _WORDS},
    "vote": {"vote": _NAMES, "split": _TEXT, "tie": _WORD},
    "median": {"median": _TEXTS, "missing": _WORDS},
    "mean": {"mean": _TEXTS, "missing": _WORDS},
    "cut": {"cut": _TEXT, "at": _NUMBER, "missing": _WORDS},
    "same": {"same": _TEXTS},
    "text": {"text": _TEXT, "from": _TEXTS},
    "rename": {"rename": _TEXT, "words": _table(_WORD)},
    "fraction": {"fraction": _TEXT, "of": _PARTS, "missing": _WORDS},
}
_NEEDED: Mapping[str, str] = {"cut": "at", "text": "from", "rename": "words", "fraction": "of"}


def check_keys(table: TomlTable, said: Mapping[str, Any], kinds: Mapping[str, Kind], at: str = "") -> None:
    """Refuse a value that isn't of its key's kind; DataError names the file, the key and what was expected."""
    for key, value in said.items():
        if key in kinds and not kinds[key].holds(value):
            table.fail(f"{at}{key}", f"expected {kinds[key].words}, got {value!r}")


def check_of(table: TomlTable, said: Mapping[str, Any]) -> None:
    """Check what a table is made of."""
    check_keys(table, said, _TABLE_KEYS)
    for key, kinds in _INSIDE.items():
        if key not in said:
            continue
        if not isinstance(said[key], dict) or set(said[key]) != set(kinds):
            table.fail(key, f"expected a table of {', '.join(kinds)}")
        check_keys(table, said[key], kinds, f"{key}.")


def check_made(table: TomlTable, said: Any) -> None:
    """Check how columns are made: each by one of `MADE`, with its keys and no others."""
    if not isinstance(said, dict):
        table.fail("make", "expected a table of columns")
    for name, how in said.items():
        kinds = [kind for kind in MADE if isinstance(how, dict) and kind in how]
        if len(kinds) != 1:
            table.fail(f"make.{name}", f"say how it is made: one of {', '.join(MADE)}")
        kind, at = kinds[0], f"make.{name}."
        if unknown := next((key for key in how if key not in MADE[kind]), None):
            table.fail(f"{at}{unknown}", f"a column made by {kind} has no such key; it has {', '.join(MADE[kind])}")
        if (needed := _NEEDED.get(kind)) is not None and needed not in how:
            table.fail(f"{at}{needed}", f"a column made by {kind} needs this key")
        check_keys(table, how, MADE[kind], at)

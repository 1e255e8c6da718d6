"""Where a ``--task`` leads: a table, a folder of tables, a ``task.toml`` of one's own, or a benchmark's card elsewhere.

A ``task.toml`` of one's own::

    name = "tickets"
    data = "tickets.csv"        # or several files of the same columns
    scale = "check"

    [columns]
    question = "ticket"
    answers = "reply"
    gold = ["ann", "bob"]
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_args

from judgebench.domain import GoldSource, Policies
from judgebench.errors import DataError, argument
from judgebench.files.opening import Opening
from judgebench.files.toml import TomlTable, read_toml
from judgebench.labels.cells import Cells
from judgebench.tasks.card import Card, card_names, load_card, policies_of, roles_of, scale_of
from judgebench.tasks.own import Reading, tuples

CARD = "task.toml"
_TABLES = re.compile(r"\.(?:csv|tsv|tab|jsonl|ndjson|json|parquet|pq|xlsx|ods)(?:\.gz)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """What a person's ``--task`` leads to: files, the folder that they may name images in, and what a card says."""

    name: str
    files: tuple[Path, ...]
    folder: Path
    reading: Reading = Reading()  # noqa: RUF009 - frozen
    policies: Policies = Policies()  # noqa: RUF009 - frozen
    title: str = ""
    summary: str = ""
    licence: str = ""


def is_own(spec: str) -> bool:
    """Whether a name of a task is a place: there is such a file or folder, or it is written as one."""
    return bool(_TABLES.search(spec)) or spec.endswith(".toml") or "/" in spec or Path(spec).exists() or _split_of(spec)


def name_of(spec: str) -> str:
    """Name a task as its runs do: a table by its stem, whatever is behind the name; others as they are.

    >>> name_of("data/tickets.csv.gz"), name_of("judgebench:gpt")
    ('tickets', 'judgebench:gpt')
    """
    if not is_own(spec):
        return spec
    if (found := benchmark_at(spec)) is not None:
        return f"{found[0].name}:{found[1]}" if found[1] else found[0].name
    path = Path(spec)
    if (card := card_at(path)) is not None:
        return str(read_toml(card)[0].get("name", "")) or card.resolve().parent.name
    return _stem(path)


def _stem(path: Path) -> str:
    name = path.resolve().name
    # What follows a colon is a split.
    return (_TABLES.sub("", name) or name).replace(":", "-")


def card_at(path: Path) -> Path | None:
    """Find a card by its folder or its file; None where there is none."""
    card = path / CARD if path.is_dir() else path
    return card if card.suffix == ".toml" and card.is_file() else None


def _split_of(spec: str) -> bool:
    """Whether it is a card's folder, or its file, with a split after a colon."""
    place = spec.rpartition(":")[0]
    return bool(place) and card_at(Path(place)) is not None


def benchmark_at(spec: str | Path) -> tuple[Path, str] | None:
    """Give the folder of a benchmark's card, and the split after a colon; None where there is none."""
    text = str(spec)
    place, split = (text.rpartition(":")[0], text.rpartition(":")[2]) if _split_of(text) else (text, "")
    card = card_at(Path(place))
    # A card of one's own says where its rows are.
    return None if card is None or "data" in read_toml(card)[0] else (card.resolve().parent, split)


def card_of(spec: str) -> tuple[Card, str]:
    """Load a benchmark's card by its name or its place, and give the split after a colon."""
    name, _, split = spec.partition(":")
    if name not in card_names() and is_own(spec) and (found := benchmark_at(spec)) is not None:
        folder, split = found
        return load_card(folder.name, folder.parent), split
    return load_card(name), split


def find(path: Path, data: Path | None = None, *, hint: str = "") -> Found:
    """Find the files behind a place, and what its card says; DataError where there are none."""
    card = card_at(path)
    return (
        _found(data or path, path, hint or f"check {argument('task')}") if card is None else read_own_card(card, data)
    )


def _found(path: Path, place: Path, hint: str) -> Found:
    if not path.exists():
        raise DataError("there is no such file or folder", file=str(path), hint=hint)
    if path.is_file():
        return Found(_stem(place), (path,), path.parent)
    files = tuple(file for file in sorted(path.iterdir()) if file.is_file() and _TABLES.search(file.name))
    if not files:
        raise DataError(f"no table and no {CARD} in this folder", file=str(path), hint="name a file of items")
    return Found(_stem(place), files, path)


def read_own_card(path: Path, data: Path | None = None) -> Found:
    """Read a ``task.toml`` of one's own: name, data, scale, columns, and whatever else a benchmark's card has."""
    contents, _ = read_toml(path)
    table = TomlTable(contents, str(path))
    home = path.parent
    files = tuple(home / name for name in table.names("data"))
    if data is not None:
        files = (data,) if data.is_file() else tuple(data / file.name for file in files)
    if missing := [file for file in files if not file.is_file()]:
        table.fail("data", f"there is no {missing[0]}")
    roles, cells = roles_of(table.table("columns"))
    scale = scale_of(table).spec if "scale" in table.data else ""
    gold = table.choice("gold_source", get_args(GoldSource), "unspecified") if "gold_source" in table.data else ""
    cells = replace(cells, **_taken(table, Cells))
    columns = roles.named()
    found = Found(
        table.text("name", home.resolve().name),
        files,
        files[0].parent if files else home,
        Reading(columns, scale, gold, Opening(**_taken(table, Opening)), cells, table.names("where")),
        policies_of(table.table("policies")),
        table.text("title", ""),
        table.text("summary", ""),
        table.text("licence", ""),
    )
    for name in ("homepage", "paper", "citation", "annotators", "metric"):
        table.text(name, "")
    table.done()
    return found


def _taken(table: TomlTable, kind: Any) -> dict[str, Any]:
    """Take the keys that are options of a table, under their names."""
    return tuples({one.name: table.data.pop(one.name) for one in fields(kind) if one.name in table.data})

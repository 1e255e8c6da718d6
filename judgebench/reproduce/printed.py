"""Published figures that lie beside the data: ``published.json``, and tables of a benchmark's own form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judgebench.errors import DataError
from judgebench.files.content import Content, find
from judgebench.files.read import open_table
from judgebench.files.table import cell
from judgebench.files.toml import TomlTable
from judgebench.reproduce.patterns import captured, filled, is_inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.tasks.card import Card

__all__ = ["PRINTED", "Printed", "PrintedTable", "own_figures", "printed_table", "stated_figure"]

#: The file of published figures beside the data.
PRINTED = "published.json"
_UNITS = ("number", "fraction", "count", "percent")
#: Digits beyond which a printed number is what its computer made of it.
_DIGITS = 12
_TINY = 1e-9
#: No figure is larger.
_LARGEST = 1e300
#: The keys of a figure; others are its publisher's own, unless they read like one of these.
_KEYS = ("judge", "split", "metric", "value", "decimals", "unit", "source", "note", "match", "recomputed")


@dataclass(frozen=True, slots=True)
class Printed:
    """A figure as it is printed in ``unit``, by the names that its publisher uses.

    ``expected`` is ours where it is known to be another, in the printed unit, and ``note`` says why; ``lost`` says that
    it can't be recomputed from what there is. ``file`` is where it is listed, below the data folder.
    """

    judge: str
    split: str
    metric: str
    value: float
    decimals: int
    unit: str = "number"
    source: str = ""
    note: str = ""
    expected: float | None = None
    lost: bool = False
    file: str = ""

    def matches(self, ours: float) -> bool:
        """Whether our figure, in the printed unit, is the printed one at the printed precision."""
        return same_in_print(ours, self.value, self.decimals)

    def is_expected(self, ours: float) -> bool:
        """Whether our figure is the other one that is known; that has more digits than the published one."""
        if self.expected is None:
            return False
        return same_in_print(ours, self.expected, max(self.decimals, places(self.expected)))

    def __str__(self) -> str:
        """Name it in a line."""
        return f"{self.judge} ({self.split}): {self.metric}"


def same_in_print(ours: float, value: float, decimals: int) -> bool:
    """Whether a figure comes out as a printed one with so many decimals."""
    return abs(ours - value) <= 0.5 * 10.0**-decimals + _TINY


def places(value: float) -> int:
    """Count the decimals of a number as it is written.

    >>> places(0.25), places(3), places(1e-07)
    (2, 0, 7)
    """
    mantissa, _, exponent = repr(value).lower().partition("e")
    _, _, decimals = mantissa.partition(".")
    return min(_DIGITS, max(0, len("" if decimals == "0" else decimals) - int(exponent or 0)))


def own_figures(path: Path, shown: str = "") -> list[Printed]:
    """Read ``published.json``: a list of objects ``{split, judge, metric, value, decimals, unit, source, …}``.

    ``recomputed`` with ``match`` false is what ours is known to be, ``match`` null that there is none. Empty where the
    file is no such list. DataError where an entry isn't what it must be.
    """
    try:
        data = json.loads(Content.at(path).read())
    except (RecursionError, ValueError) as error:
        raise DataError(f"this is not JSON: {error}", file=str(path)) from None
    if not isinstance(data, list):
        # A table of a benchmark's own may have this name.
        if isinstance(data, dict) and all(isinstance(one, dict) for one in data.values()):
            return []
        raise DataError("expected a list of figures, each an object", file=str(path))
    found: list[Printed] = []
    seen: dict[str, int] = {}
    for number, one in enumerate(data, 1):
        if not isinstance(one, dict):
            raise DataError("expected an object", file=str(path), field=f"[{number}]")
        if (first := seen.setdefault(repr(one), number)) != number:
            # It would be counted twice.
            raise DataError(f"this is [{first}] again; leave one out", file=str(path), field=f"[{number}]")
        found.append(_figure(TomlTable(one, str(path), f"[{number}]."), shown or path.name))
    return found


def stated_figure(table: TomlTable, file: str) -> Printed:
    """Read an entry ``[[figure]]`` of a card's published figures, which has the keys of ``published.json``."""
    figure = _figure(table, file)
    for key in ("value", "decimals", "split", "unit", "source", "note", "match", "recomputed"):
        table.data.pop(key, None)
    table.done()
    return figure


def _figure(table: TomlTable, file: str) -> Printed:
    data = table.data
    value = table.number("value")
    match = data.get("match", True)
    for key in data:
        if key not in _KEYS and (near := get_close_matches(key, _KEYS, n=1, cutoff=0.75)):
            table.fail(key, f"this key is not known here; did you mean {near[0]}?")
    if match is not None and not isinstance(match, bool):
        table.fail("match", f"expected true, false or null, got {match!r}")
    decimals = data.get("decimals", places(value))
    if type(decimals) is not int or not 0 <= decimals <= _DIGITS + 8:
        table.fail("decimals", f"expected a whole number, got {decimals!r}")
    return Printed(
        judge=table.text("judge"),
        split=_said(table, "split"),
        metric=table.text("metric"),
        value=value,
        decimals=min(decimals, _DIGITS),
        unit=table.choice("unit", _UNITS, "number"),
        source=_said(table, "source"),
        note=_said(table, "note"),
        expected=table.number("recomputed") if match is False else None,
        lost=match is None,
        file=file,
    )


def _said(table: TomlTable, key: str) -> str:
    """Give a text or a number as a text; nothing where there is none."""
    value = table.data.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, (str, int, float))):
        table.fail(key, f"expected a text, got {value!r}")
    return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A published table of another form: which rows and columns of it are figures, and what they are called.

    ``file`` may hold names, and ``row`` is the pattern of what names a row: the key of an object of objects, or the
    cells of the columns ``by``. ``metrics`` are the columns by what they are called here. ``rows`` are those of a table
    that is typed instead, each its name and its cells; ``lost`` says why none of its figures can be recomputed.
    ``decimals`` is at how many figures are compared, where what they rest on was rounded.
    """

    file: str
    row: str
    by: tuple[str, ...]
    judge: str
    split: str
    metrics: Mapping[str, str]
    unit: str
    source: str
    rows: tuple[tuple[str, Mapping[str, str]], ...] = ()
    lost: str = ""
    decimals: int = _DIGITS

    def figures(self, homes: Sequence[Path], data: Path) -> Iterator[Printed]:
        """Read the figures of all files of that name in the first folder that has some, or those that are typed."""
        typed: list[tuple[Path | None, dict[str, str]]] = [(None, {})] if self.rows else []
        files = typed or files_of(self.file, homes)
        called = 0
        columns: dict[str, None] = {}
        for path, names in files:
            shown = (
                "" if path is None else path.relative_to(data).as_posix() if path.is_relative_to(data) else str(path)
            )
            for row, cells in self.rows if path is None else self._rows(path):
                found = captured(filled(self.row, names), row)
                columns |= dict.fromkeys(cells)
                called += found is not None
                for column, metric in self.metrics.items() if found is not None else ():
                    text = cells.get(column, "").strip()
                    if not text or text.lower() in {"nan", "none"}:
                        continue
                    said = {**names, **(found or {})}
                    # As in "28 / 54 = 51.85 %".
                    text = text.rpartition("=")[2].rstrip("% ").strip()
                    try:
                        value = float(text)
                    except ValueError:
                        where = "" if path is None else str(path)
                        raise DataError(
                            f"expected a number, got {text!r} in the row {row!r}", file=where, field=column
                        ) from None
                    if not abs(value) <= _LARGEST:
                        raise DataError(
                            f"{text!r} in the row {row!r} is not a figure",
                            file="" if path is None else str(path),
                            field=column,
                        )
                    yield Printed(
                        judge=filled(self.judge, said),
                        split=filled(self.split, said),
                        metric=filled(metric, said),
                        value=value,
                        decimals=min(
                            self.decimals, places(value) if "e" in text.lower() else len(text.partition(".")[2])
                        ),
                        unit=self.unit,
                        source=filled(self.source, said),
                        note=self.lost,
                        lost=bool(self.lost),
                        file=shown,
                    )
        self._check(files, called, columns)

    def _check(self, files: Sequence[tuple[Path | None, object]], called: int, columns: Mapping[str, None]) -> None:
        """Refuse a pattern that no row of any file fits, and a column that none of them has."""
        if not columns:
            return
        where = self.file if files[0][0] is None else str(files[0][0])
        if not called:
            raise DataError(f"no row is called {self.row!r}", file=where, hint="row, and by, say what a row is called")
        if lost := next((column for column in self.metrics if column not in columns), None):
            raise DataError(f"no column is named {lost!r} (the columns are {', '.join(columns)})", file=where)

    def _rows(self, path: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
        if path.name.removesuffix(".gz").endswith(".json"):
            data: Any = json.loads(Content.at(path).read())
            if isinstance(data, dict) and all(isinstance(one, dict) for one in data.values()):
                for key, one in data.items():
                    yield key, {name: cell(value) for name, value in one.items()}
                return
        by: tuple[str, ...] = self.by
        for row in open_table(path).rows():
            by = by or (next(iter(row.data)),)
            yield "|".join(cell(row.require(name)) for name in by), {n: cell(v) for n, v in row.data.items()}


def printed_table(table: TomlTable) -> PrintedTable:
    """Read an entry ``[[printed]]`` of a card's published figures."""
    metrics = table.table("metrics")
    rows = _typed(table)
    found = PrintedTable(
        file=table.text("file", "" if rows else None),
        row=table.text("row", "{row}"),
        by=table.names("by") if "by" in table.data else (),
        judge=table.text("judge"),
        split=table.text("split", ""),
        metrics={column: metrics.text(column) for column in tuple(metrics.data)},
        unit=table.choice("unit", _UNITS, "number"),
        source=table.text("source"),
        rows=rows,
        lost=table.text("lost", ""),
        decimals=table.take("decimals", int, _DIGITS),
    )
    table.done()
    if not found.metrics:
        table.fail("metrics", "name at least one column and what it is")
    if not rows and not is_inside(found.file):
        table.fail("file", f"{found.file!r} is not a file below the task's folder")
    if not 0 <= found.decimals <= _DIGITS:
        table.fail("decimals", f"expected 0 to {_DIGITS}, got {found.decimals}")
    return found


def _typed(table: TomlTable) -> tuple[tuple[str, Mapping[str, str]], ...]:
    """Take rows that are typed: texts, so that their decimals are those of the print; the first names the row."""
    columns, rows = table.texts("columns"), table.take("rows", list, [])
    if rows and not columns:
        table.fail("columns", "name the columns of the rows, the first of which names a row")
    for row in rows:
        if not isinstance(row, list) or len(row) != len(columns) or not all(isinstance(one, str) for one in row):
            table.fail("rows", f"expected a text for each of {', '.join(columns) or 'the columns'}, got {row!r}")
    return tuple((row[0], dict(zip(columns, row, strict=True))) for row in rows)


def folders(card: Card, data: Path) -> list[Path]:
    """Where a task's files may lie below a folder, which may be the task's own."""
    names = (card.name, *card.folders)
    own = [data] if data.name in names else []
    return [home for home in (*(data / name for name in names), *own) if home.is_dir()]


def files_of(pattern: str, homes: Sequence[Path]) -> list[tuple[Path, dict[str, str]]]:
    """Find the files of a name with ``{names}`` in it, in the first folder that has one, and what these stand for."""
    if not is_inside(pattern):
        # Whoever wrote the figures may not have the file of somebody else read.
        raise DataError(f"{pattern!r} is not a file below the task's folder")
    for home in homes:
        if "{" not in pattern:
            if (path := find(home, pattern)) is not None:
                return [(path, {})]
            continue
        folder = home / Path(pattern).parent if "{" not in str(Path(pattern).parent) else home
        every = sorted(folder.rglob("*")) if folder.is_dir() else []
        found = [
            (path, names)
            for path in every
            if path.is_file()
            and (names := captured(pattern, path.relative_to(home).as_posix().removesuffix(".gz"))) is not None
        ]
        if found:
            return found
    return []

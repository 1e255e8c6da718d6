"""A file as a table: its format, told by its first bytes, and its columns of text cells, streamed in blocks."""

from __future__ import annotations

import contextlib
import difflib
import gzip
import hashlib
import io
import zlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, cast

from judgebench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence


Format: TypeAlias = Literal["csv", "jsonl", "json", "parquet"]

SAVE_AS = "in a spreadsheet choose 'Save as' and 'CSV UTF-8'"

_HEAD = 1 << 16
_GZIP = b"\x1f\x8b"
_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
#: First bytes of files that people hand over by mistake.
_FOREIGN = (
    (b"PK\x03\x04", "a workbook or another zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3", "an SQLite database"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"(\xb5/\xfd", "a zstandard archive"),
    (b"\x93NUMPY", "a numpy array"),
    (b"ARROW1", "an Arrow file"),
)


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What the first bytes say; ``json`` is one array of objects."""

    path: Path
    format: Format
    gzipped: bool


def sniff(path: Path | str) -> Sniffed:
    """Tell the format of a label file by content and name; DataError where it is missing, empty or not a table."""
    path = Path(path)
    name = str(path)
    _refuse_no_file(path, name)
    with _opened(path) as raw:
        head = raw.read(_HEAD)
    gzipped = head.startswith(_GZIP)
    if gzipped:
        with open_binary(path) as unzipped, reading(path):
            head = unzipped.read(_HEAD)
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise DataError("the file is empty", file=name)
    if head.startswith(b"PAR1"):
        if gzipped:
            raise DataError("a gzipped Parquet file", file=name, hint="unzip it first; Parquet compresses itself")
        return Sniffed(path, "parquet", gzipped=False)
    _refuse_foreign(head, name)
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    declared = _SUFFIXES.get(suffixes[-1]) if suffixes else None
    if declared == "parquet":
        raise DataError("named Parquet, but its first bytes are not Parquet's: damaged, or another format", file=name)
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    by_content: Format = "json" if first == b"[" else "jsonl" if first == b"{" else "csv"
    if declared == "jsonl" and by_content == "json":
        # Some tools name an array .jsonl; a line that opens and closes a list is told apart by its reader.
        return Sniffed(path, "json", gzipped)
    if suffixes and suffixes[-1] == ".json" and by_content == "csv":
        raise DataError("not JSON: expected an array of objects, or an object per line", file=name, line=1)
    return Sniffed(path, declared or by_content, gzipped)


@contextlib.contextmanager
def open_binary(path: Path) -> Generator[IO[bytes]]:
    """Open a file's bytes, unzipped where they are gzip's (whatever the name says)."""
    with _opened(path) as raw:
        head = raw.read(2)
        raw.seek(0)
        if head == _GZIP:
            with gzip.GzipFile(fileobj=raw) as unzipped:
                # BufferedReader: GzipFile's own line iteration is several times slower.
                yield cast("IO[bytes]", io.BufferedReader(unzipped, 1 << 18))
        else:
            yield raw


@contextlib.contextmanager
def reading(path: Path) -> Generator[None]:
    """Turn what goes wrong while bytes become text into errors that say what to do."""
    try:
        yield
    except UnicodeDecodeError:
        line, byte = _first_undecodable(path)
        raise DataError(f"byte 0x{byte:02x} is not UTF-8", file=str(path), line=line, hint=SAVE_AS) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"damaged gzip file ({error})", file=str(path), hint="copy it again") from None


@contextlib.contextmanager
def _opened(path: Path) -> Generator[IO[bytes]]:
    try:
        raw = path.open("rb")
    except OSError as error:
        raise DataError(f"cannot be opened: {error.strerror}", file=str(path)) from None
    with raw:
        yield raw


def _refuse_no_file(path: Path, name: str) -> None:
    if path.is_dir():
        raise DataError("a folder where a label file was expected", file=name, hint="name one file in it")
    if not path.exists():
        near = _neighbours(path)
        raise DataError("no such file", file=name, hint=f"beside it: {near}" if near else "")
    if not path.is_file():
        raise DataError("not a regular file", file=name, hint="save the table to a file first")


def _refuse_foreign(head: bytes, name: str) -> None:
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            hint = SAVE_AS if "workbook" in what else "expected CSV, TSV, JSONL, JSON or Parquet"
            raise DataError(f"{what}, not a table we read", file=name, hint=hint)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError("UTF-16 text where UTF-8 was expected", file=name, hint=SAVE_AS)
    if b"\x00" in head:
        half = max(1, len(head) // 2)
        share = max(head[0::2].count(0), head[1::2].count(0)) / half
        # Latin text in UTF-16 has a NUL in every second byte; anything else with NULs is not text.
        if share > 0.4:
            raise DataError("UTF-16 text where UTF-8 was expected", file=name, hint=SAVE_AS)
        raise DataError("binary data, not a table", file=name, hint="expected CSV, TSV, JSONL, JSON or Parquet")


def _first_undecodable(path: Path) -> tuple[int, int]:
    with open_binary(path) as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return number, line[error.start]
    raise AssertionError("a file that could not be decoded decodes line by line")  # pragma: no cover


def _neighbours(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    except OSError:
        return ""
    return ", ".join(difflib.get_close_matches(path.name, names, n=3, cutoff=0.6))


#: Small blocks stay in the processor's cache: 8,192 rows are a third slower.
BLOCK_ROWS = 1024


class Block(NamedTuple):
    """Some rows of a table: the line on which each begins (its number in a Parquet file) and the wanted columns."""

    lines: Sequence[int]
    columns: Sequence[Sequence[str]]


class Table(ABC):
    """A label file that is open for reading, one pass per call of `blocks`."""

    #: What an error counts: lines of text, or rows.
    unit: Literal["line", "row"] = "line"
    #: What separates the cells; empty where the format has no delimiter.
    delimiter: str = ""

    def __init__(self, source: Sniffed) -> None:
        self.path: Path = source.path
        self.name = str(source.path)
        self.format: Format = source.format
        self.gzipped = source.gzipped

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, outer blanks removed, in the file's order."""

    @abstractmethod
    def blocks(self, wanted: Sequence[str], *, nested: bool = False) -> Iterator[Block]:
        """Stream the wanted columns; ``nested`` gives lists and objects as JSON text instead of refusing them.

        DataError where a column is missing or occurs twice, or the file is not what its format says.
        """

    @property
    def revision(self) -> str:
        """``data:`` and a digest of the file."""
        with self.path.open("rb") as raw:
            return f"data:{hashlib.file_digest(raw, 'sha256').hexdigest()[:12]}"

    def error(self, message: str, line: int | None = None, field: str | None = None, hint: str = "") -> DataError:
        """Build an error that says where."""
        if self.unit == "row" and line is not None:
            return DataError(f"row {line}: {message}", file=self.name, field=field, hint=hint)
        return DataError(message, file=self.name, line=line, field=field, hint=hint)

    def positions(self, wanted: Sequence[str], columns: Sequence[str]) -> list[int]:
        """Positions of the wanted columns; all that are missing are named at once."""
        missing = [name for name in wanted if name not in columns]
        if missing:
            known = list(dict.fromkeys(name for name in columns if name))
            near = {
                name: difflib.get_close_matches(name.strip().casefold(), [k.casefold() for k in known], n=2)
                for name in missing
            }
            shown = [repr(k) for k in known if any(k.casefold() in names for names in near.values())]
            listed = ", ".join(repr(name) for name in missing)
            message = f"no column is named {listed}" + (f"; did you mean {' or '.join(shown)}?" if shown else "")
            tail = f"the columns are {', '.join(known[:40])}{', …' if len(known) > 40 else ''}"
            if self.format == "csv" and len(columns) == 1:
                tail += "; if that is one cell too wide, name the delimiter"
            raise self.error(f"{message} ({tail})")
        for name in wanted:
            if columns.count(name) > 1:
                raise self.error(
                    f"{columns.count(name)} columns are named {name!r}", line=1, hint="rename all but one of them"
                )
        return [columns.index(name) for name in wanted]


def cell(value: Any) -> str:
    """Write one JSON or Parquet value as the text of a cell.

    >>> cell(True), cell(3), cell(None), cell(float("nan"))
    ('true', '3', '', 'nan')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)

"""The bytes of a file, unpacked, and its format, which its first bytes tell; one wording of what is wrong with them."""

from __future__ import annotations

import contextlib
import difflib
import errno
import gzip
import hashlib
import io
import stat
import zipfile
import zlib
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING, Any, Literal, TypeAlias, cast

from judgebench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Generator


#: ``json`` is one array of objects, ``jsonl`` an object per line, or one over all lines.
Format: TypeAlias = Literal["csv", "jsonl", "json", "parquet", "workbook"]

SAVE_AS = "in a spreadsheet choose 'Save as' and 'CSV UTF-8'"

_FORMATS = "expected CSV, TSV, JSONL, JSON, Parquet, .xlsx or .ods"
_HEAD = 1 << 16
#: A file that is read more than once is kept in memory up to this many bytes on disk.
_KEPT = 1 << 26
#: What a packed file may unpack to: this much, or so many times its own size (tables shrink to a third or a thirtieth,
#: rarely to less), but never more than a table that is streamed can be expected to have.
_UNPACKED, _RATIO, _MOST_UNPACKED = 1 << 25, 100, 1 << 33
#: Nobody writes settings, a prompt or a card larger than this.
_LARGEST_TEXT = 1 << 24
#: Members that only a workbook has; OpenDocument says in its first bytes what it is.
_WORKBOOKS = frozenset({"xl/workbook.xml", "xl/workbook.bin"})
_ODS = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
#: How a zip archive begins.
ZIP = b"PK\x03\x04"
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
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
    (ZIP, "a workbook or another zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3", "an SQLite database"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"(\xb5/\xfd", "a zstandard archive"),
    (b"\x93NUMPY", "a numpy array"),
    (b"ARROW1", "an Arrow file"),
)
#: How the stand-in begins that git leaves for a large file, and what brings the file itself.
_POINTER, _PULL = b"version https://git-lfs", "run `git lfs pull` in its folder, or download the file"


class _TooMuchError(Exception):
    """A file unpacks to more than it may."""


class _Unpacked(io.RawIOBase):
    """What a gzip file holds, up to a limit: a file of one megabyte can unpack to a gigabyte."""

    def __init__(self, packed: IO[bytes], size: int) -> None:
        self._stream = gzip.GzipFile(fileobj=packed)
        self._left = unpacked_limit(size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        got = self._stream.readinto(buffer)
        self._left -= got
        if self._left < 0:
            raise _TooMuchError
        return got


def unpacked_limit(size: int) -> int:
    """Bytes that a packed file of a size may unpack to.

    >>> unpacked_limit(1_000_000), unpacked_limit(10)
    (100000000, 33554432)
    """
    return min(max(_UNPACKED, _RATIO * size), _MOST_UNPACKED)


class Content:
    """The bytes of a file on disk, streamed anew at each pass, or bytes that are in memory already.

    Gzip is known by its first bytes, whatever the name says, and never seen outside.
    """

    def __init__(self, name: str, path: Path | None = None, raw: bytes = b"") -> None:
        self.name = name
        self.path = path
        self._raw = raw

    @classmethod
    def at(cls, path: Path | str, *, keep: bool = False) -> Content:
        """Take a file; with ``keep`` a file of usual size is read once, and later passes see the same bytes."""
        path = Path(path)
        _refuse_no_file(path)
        if keep and path.stat().st_size <= _KEPT:
            with _opened(path) as stream:
                return cls.of(stream.read(), str(path))
        return cls(str(path), path)

    @classmethod
    def of(cls, raw: bytes, name: str) -> Content:
        """Take bytes that came from elsewhere, packed or not."""
        content = cls(name, raw=raw)
        if raw.startswith(_GZIP):
            with content.explained(), io.BufferedReader(_Unpacked(io.BytesIO(raw), len(raw))) as unpacked:
                content = cls(name, raw=unpacked.read())
        return content

    @contextlib.contextmanager
    def open(self) -> Generator[IO[bytes]]:
        """Open the bytes for one pass; what goes wrong while they are read and decoded is a DataError."""
        with self.explained():
            if self.path is None:
                yield io.BytesIO(self._raw)
                return
            with _opened(self.path) as raw:
                packed = raw.read(2) == _GZIP
                raw.seek(0)
                if not packed:
                    yield raw
                    return
                # BufferedReader: GzipFile's own line iteration is several times slower.
                with io.BufferedReader(_Unpacked(raw, self.path.stat().st_size), 1 << 18) as unpacked:
                    yield cast("IO[bytes]", unpacked)

    def on_disk(self) -> Path | None:
        """Where these very bytes are; None where they are in memory or packed."""
        if self.path is None:
            return None
        with _opened(self.path) as raw:
            return None if raw.read(2) == _GZIP else self.path

    def read(self) -> bytes:
        """Read all bytes."""
        with self.open() as stream:
            return stream.read()

    def text(self) -> str:
        """Read all of it as text."""
        with self.open() as stream:
            return stream.read().decode("utf-8-sig")

    def sha256(self) -> str:
        """Digest of the unpacked bytes, in hex."""
        with self.open() as stream:
            return hashlib.file_digest(cast("io.BufferedReader", stream), "sha256").hexdigest()

    def packed_sha256(self) -> str:
        """Digest of the bytes as they are on disk, in hex."""
        if self.path is None:
            return self.sha256()
        with _opened(self.path) as raw:
            return hashlib.file_digest(cast("io.BufferedReader", raw), "sha256").hexdigest()

    @contextlib.contextmanager
    def explained(self) -> Generator[None]:
        """Turn what goes wrong while bytes become text into errors that say what to do."""
        try:
            yield
        except UnicodeDecodeError:
            line, byte = self._first_undecodable()
            raise DataError(f"byte 0x{byte:02x} is not UTF-8", file=self.name, line=line, hint=SAVE_AS) from None
        except _TooMuchError:
            raise DataError(
                "this gzip file unpacks to far more than a table does", file=self.name, hint="unpack it yourself"
            ) from None
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise DataError(
                "this gzip file is damaged or cut short", file=self.name, hint="copy or download it again"
            ) from None

    def _first_undecodable(self) -> tuple[int, int]:
        with self.open() as stream:
            for number, line in enumerate(stream, 1):
                try:
                    line.decode("utf-8")
                except UnicodeDecodeError as error:
                    return number, line[error.start]
        raise AssertionError("a file that could not be decoded decodes line by line")  # pragma: no cover


def sniff(content: Content) -> Format:
    """Tell the format by content, then by name; DataError where it is empty or none that we read."""
    name = content.name
    with content.open() as stream:
        head = stream.read(_HEAD)
    if not head.removeprefix(_BOM).strip():
        raise DataError("the file is empty", file=name)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(ZIP) and is_workbook(content, head):
        return "workbook"
    _refuse_foreign(head, name)
    suffixes = [suffix.lower() for suffix in PurePath(name).suffixes if suffix.lower() != ".gz"]
    last = suffixes[-1] if suffixes else ""
    declared = _SUFFIXES.get(last)
    if declared == "parquet":
        raise DataError("named Parquet, but its first bytes are not Parquet's: damaged, or another format", file=name)
    first = head.removeprefix(_BOM).lstrip()[:1]
    by_content: Format = "json" if first == b"[" else "jsonl" if first == b"{" else "csv"
    if declared == "jsonl" and by_content == "json":
        # Some tools name an array .jsonl; a line that opens and closes a list is told apart by its reader.
        return "json"
    if last == ".json" and by_content == "csv":
        raise DataError("not JSON: expected an array of objects, or an object per line", file=name, line=1)
    return declared or by_content


def is_workbook(content: Content, head: bytes) -> bool:
    """Whether a zip archive is a workbook."""
    if _ODS in head:
        return True
    with content.open() as stream, contextlib.suppress(zipfile.BadZipFile, OSError, ValueError):
        return not _WORKBOOKS.isdisjoint(zipfile.ZipFile(stream).namelist())
    return False


def small_file(path: Path, most: int = _LARGEST_TEXT) -> bytes:
    """Read a file of the kind that people write by hand; OSError for a pipe or a device, which would never end."""
    if "\0" in str(path):
        raise OSError(errno.EINVAL, "no file has such a name", str(path))
    facts = path.stat()
    if stat.S_ISDIR(facts.st_mode):
        raise IsADirectoryError(errno.EISDIR, "Is a directory", str(path))
    if not stat.S_ISREG(facts.st_mode):
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file", str(path))
    if facts.st_size > most:
        raise OSError(errno.EFBIG, f"it is larger than {most >> 20} MB", str(path))
    return path.read_bytes()


def find(folder: Path, file: str) -> Path | None:
    """Return a file below a folder, with or without ``.gz``."""
    for candidate in (folder / file, folder / f"{file}.gz"):
        if candidate.is_file():
            return candidate
    return None


@contextlib.contextmanager
def _opened(path: Path) -> Generator[IO[bytes]]:
    try:
        raw = path.open("rb")
    except OSError as error:
        raise DataError(f"cannot be opened: {error.strerror}", file=str(path)) from None
    with raw:
        yield raw


def _refuse_no_file(path: Path) -> None:
    name = str(path)
    if path.is_dir():
        raise DataError("a folder where a file was expected", file=name, hint="name one file in it")
    if not path.exists():
        near = neighbours(path)
        raise DataError("no such file", file=name, hint=f"beside it: {near}" if near else "")
    if not path.is_file():
        raise DataError("not a regular file", file=name, hint="save the table to a file first")


def _refuse_foreign(head: bytes, name: str) -> None:
    if head.startswith(_POINTER):
        raise DataError("this is what git keeps in place of a large file, not the file", file=name, hint=_PULL)
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            raise DataError(f"{what}, not a table we read", file=name, hint=SAVE_AS if "workbook" in what else _FORMATS)
    if head[257:262] == b"ustar":
        raise DataError("a tar archive, not a table we read", file=name, hint=_FORMATS)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError("UTF-16 text where UTF-8 was expected", file=name, hint=SAVE_AS)
    if b"\x00" in head:
        half = max(1, len(head) // 2)
        share = max(head[0::2].count(0), head[1::2].count(0)) / half
        # Latin text in UTF-16 has a NUL in every second byte; anything else with NULs is not text.
        if share > 0.4:
            raise DataError("UTF-16 text where UTF-8 was expected", file=name, hint=SAVE_AS)
        raise DataError("binary data, not a table", file=name, hint=_FORMATS)


def neighbours(path: Path) -> str:
    """Name the files beside a path that are nearly called so."""
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    except OSError:
        return ""
    return ", ".join(difflib.get_close_matches(path.name, names, n=3, cutoff=0.6))

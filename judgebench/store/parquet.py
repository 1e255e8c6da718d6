"""Verdicts as a Parquet file: typed columns, of which a reader takes those that it needs."""

from __future__ import annotations

import contextlib
import os
import tempfile
import zlib
from array import array
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, BinaryIO

from judgebench.domain import Status, Usage, Verdict
from judgebench.errors import DataError, VersionError
from judgebench.files.lines import UNREADABLE, dumps, loads
from judgebench.store.lines import PACKED, decode, encode
from judgebench.store.marks import NOTED, fits, read_mark, write_mark

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from pathlib import Path

    from judgebench.domain import Code

#: Rows that are written, and so read, at once.
_GROUP = 8192
#: Rows that are turned into Python's objects at once.
_BATCH = 2048
#: What only people read.
_TEXTS = ("text", "error")
_FORMAT = "verdicts/1"
#: What to do about damage.
_REPAIR = "`judgebench verify --repair` keeps what can be read; the cases that are lost are asked again"


def _schema() -> Any:
    import pyarrow as pa

    text, whole, number = pa.string(), pa.int64(), pa.float64()
    label = pa.struct([("annotator", text), ("code", whole), ("codes", pa.list_(whole))])
    return pa.schema(
        [
            ("key", text),
            ("item", text),
            ("order", pa.list_(whole)),
            ("repeat", whole),
            ("probe", text),
            ("reference", text),
            ("status", text),
            ("code", whole),
            ("codes", pa.list_(whole)),
            ("scores", pa.list_(number)),
            ("probabilities", pa.list_(number)),
            ("text", text),
            ("error", text),
            ("model", text),
            ("input_tokens", whole),
            ("output_tokens", whole),
            ("usd", number),
            ("seconds", number),
            ("gold", pa.list_(label)),
            ("gold_source", text),
            ("cluster", text),
            ("subset", text),
            ("systems", pa.list_(text)),
            ("lengths", pa.list_(whole)),
            ("attributes", pa.map_(text, text)),
            ("revision", text),
            # The line itself, where the columns can't hold all of it: a lone surrogate, the replies of a panel.
            ("line", text),
        ],
        metadata={"judgebench": _FORMAT},
    )


def write_table(file: Path, verdicts: Iterable[Verdict]) -> int:
    """Write verdicts, in the order in which they come, to a new file on the disk, and return how many."""
    import pyarrow.parquet as pq

    schema = _schema()
    count = 0
    with (
        file.open("wb") as stream,
        pq.ParquetWriter(stream, schema, compression="zstd", write_page_checksum=True) as writer,
    ):
        group: list[Verdict] = []
        for verdict in verdicts:
            group.append(verdict)
            if len(group) == _GROUP:
                writer.write_table(_table(group, schema))
                count += len(group)
                group = []
        if group:
            writer.write_table(_table(group, schema))
            count += len(group)
    with file.open("rb") as written:
        os.fsync(written.fileno())
    return count


def _table(group: Sequence[Verdict], schema: Any) -> Any:
    import pyarrow as pa

    whole = [_line(verdict) if verdict.parts else None for verdict in group]
    try:
        return _columns(group, whole, schema)
    except (UnicodeEncodeError, OverflowError, pa.ArrowException):
        fit: list[Verdict] = []
        for position, verdict in enumerate(group):
            try:
                _columns([verdict], [None], schema)
            except (UnicodeEncodeError, OverflowError, pa.ArrowException):
                fit.append(_fit(verdict, schema))
                whole[position] = _line(verdict)
            else:
                fit.append(verdict)
        return _columns(fit, whole, schema)


def _line(verdict: Verdict) -> str:
    return dumps(verdict.to_json(), ascii_only=True).decode("ascii")


def _fit(verdict: Verdict, schema: Any) -> Verdict:
    """Make a verdict fit for the columns; the line beside it holds the true one."""
    import pyarrow as pa

    cleaned = Verdict.from_json(_cleaned(verdict.to_json()))
    try:
        _columns([cleaned], [None], schema)
    except (OverflowError, pa.ArrowException):
        nothing = dict.fromkeys(("order", "scores", "probabilities", "gold", "lengths", "attributes"), ())
        return replace(cleaned, code=None, repeat=0, usage=Usage(), seconds=0.0, **nothing)  # type: ignore[arg-type]  # fields by name
    return cleaned


def _columns(group: Sequence[Verdict], whole: Sequence[str | None], schema: Any) -> Any:
    import pyarrow as pa

    values: dict[str, list[Any]] = {name: [getattr(verdict, name) for verdict in group] for name in _PLAIN}
    values["status"] = [verdict.status.value for verdict in group]
    values["code"], values["codes"] = _split([verdict.code for verdict in group])
    values["input_tokens"] = [verdict.usage.input_tokens for verdict in group]
    values["output_tokens"] = [verdict.usage.output_tokens for verdict in group]
    values["usd"] = [verdict.usage.usd for verdict in group]
    values["line"] = list(whole)
    arrays = {name: pa.array(given, schema.field(name).type) for name, given in values.items()}
    codes, several = _split([code for verdict in group for _, code in verdict.gold])
    kind = schema.field("gold").type
    names = [name for verdict in group for name, _ in verdict.gold]
    columns = (names, codes, several)
    labels = [pa.array(given, inner.type) for given, inner in zip(columns, kind.value_type, strict=True)]
    ends = [0, *accumulate(len(verdict.gold) for verdict in group)]
    arrays["gold"] = pa.ListArray.from_arrays(
        pa.array(ends, pa.int32()), pa.StructArray.from_arrays(labels, fields=list(kind.value_type)), type=kind
    )
    return pa.table([arrays[name] for name in schema.names], schema=schema)


def _split(codes: Sequence[Code | None]) -> tuple[list[int | None], list[tuple[int, ...] | None]]:
    single = [None if isinstance(code, tuple) else code for code in codes]
    return single, [code if isinstance(code, tuple) else None for code in codes]


#: Fields of a verdict that are columns as they are.
_PLAIN = (
    "key", "item", "order", "repeat", "probe", "reference", "scores", "probabilities", "text", "error", "model",
    "seconds", "gold_source", "cluster", "subset", "systems", "lengths", "attributes", "revision",
)  # fmt: skip


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_cleaned(name): _cleaned(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cleaned(inner) for inner in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return 0
    return value


def read_table(file: Path, *, texts: bool = True, groups: Sequence[int] | None = None) -> Iterator[Verdict]:
    """Yield the verdicts of a file, group by group (``groups`` only); without ``texts`` the judge's words are empty."""
    names = [name for name in _schema().names if texts or name not in _TEXTS]
    with _opened(file) as opened:
        for batch in opened.iter_batches(_BATCH, row_groups=groups, columns=names, use_threads=False):
            yield from _verdicts(batch, texts=texts)


def group_count(file: Path) -> tuple[int, int]:
    """Count a file's row groups and rows."""
    with _opened(file) as opened:
        return opened.metadata.num_row_groups, opened.metadata.num_rows


@contextlib.contextmanager
def _opened(file: Path) -> Generator[Any]:
    """Open a packed file for reading; DataError where it is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file, page_checksum_verification=True) as opened:
            written = (opened.schema_arrow.metadata or {}).get(b"judgebench", b"").decode("utf-8", "replace")
            if written != _FORMAT:
                raise VersionError(
                    f"format {written!r}, and this version of judgebench reads {_FORMAT!r}",
                    file=str(file),
                    hint="use the version that wrote it",
                )
            yield opened
    except DataError:
        raise
    except (pa.ArrowException, OSError, *UNREADABLE) as error:
        first = (str(error).splitlines() or [""])[0] or type(error).__name__
        raise DataError(f"a damaged packed run ({first})", file=str(file), hint=_REPAIR) from None


def _verdicts(batch: Any, *, texts: bool) -> Iterator[Verdict]:
    def plain(name: str) -> list[Any]:
        return list(batch.column(name).to_pylist())

    empty = [""] * batch.num_rows
    columns = (
        plain("key"),
        plain("item"),
        _tuples(batch.column("order")),
        plain("repeat"),
        plain("probe"),
        plain("reference"),
        map(Status, plain("status")),
        _codes(batch.column("code"), batch.column("codes")),
        _tuples(batch.column("scores")),
        _tuples(batch.column("probabilities")),
        plain("text") if texts else empty,
        plain("error") if texts else empty,
        plain("model"),
        map(Usage, plain("input_tokens"), plain("output_tokens"), plain("usd")),
        plain("seconds"),
        _gold(batch.column("gold")),
        plain("gold_source"),
        plain("cluster"),
        plain("subset"),
        _tuples(batch.column("systems")),
        _tuples(batch.column("lengths")),
        map(tuple, plain("attributes")),
        plain("revision"),
    )
    lines = batch.column("line")
    if lines.null_count == len(lines):
        yield from map(Verdict, *columns)
        return
    for line, verdict in zip(lines.to_pylist(), map(Verdict, *columns), strict=True):
        yield verdict if line is None else Verdict.from_json(loads(line.encode("ascii")))


def _tuples(column: Any) -> list[tuple[Any, ...]]:
    ends = column.offsets.to_pylist()
    values = column.values.to_pylist()
    return [tuple(values[a:b]) for a, b in pairwise(ends)]


def _codes(single: Any, several: Any) -> list[Any]:
    codes = list(single.to_pylist())
    if several.null_count < len(several):
        return [code if whole is None else tuple(whole) for code, whole in zip(codes, several.to_pylist(), strict=True)]
    return codes


def _gold(column: Any) -> list[tuple[Any, ...]]:
    ends = column.offsets.to_pylist()
    labels = column.values
    names = labels.field("annotator").to_pylist()
    pairs = list(zip(names, _codes(labels.field("code"), labels.field("codes")), strict=True))
    return [tuple(pairs[a:b]) for a, b in pairwise(ends)]


def note_packed(path: Path, new: Path) -> None:
    """Note down what a run's packed file will be, before it is put in place.

    Parquet's checksums leave out its table of contents. The old file's stays noted, for a process that is killed in
    between.
    """
    before = noted(path)[-1:] if fits(path / NOTED) else []
    write_mark(path / NOTED, {"crc32": [*before, file_checksum(new)]})


def noted(path: Path) -> list[str]:
    """Read what checksums a run's packed file may have; none where nobody noted them."""
    return list(read_mark(path / NOTED).get("crc32", []))


def sound(path: Path) -> bool:
    """Whether a run's packed file is what was written, as far as that was noted."""
    known = noted(path)
    try:
        return not known or file_checksum(path / PACKED) in known
    except FileNotFoundError:
        # Just unpacked.
        return True


def check(path: Path) -> None:
    """Refuse a run's packed file that is not what was written: DataError."""
    if not sound(path):
        raise DataError("a damaged packed run (changed after it was written)", file=str(path / PACKED), hint=_REPAIR)


def file_checksum(file: Path) -> str:
    """Sum up all bytes of a file."""
    total = 0
    with file.open("rb") as stream:
        while piece := stream.read(1 << 20):
            total = zlib.crc32(piece, total)
    return f"{total:08x}"


class TableSource:
    """A packed file as a source of answers.

    Its columns are quick to read through and slow to pick from, so the first hit unrolls it into a file of lines that
    has no name and goes with the process.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines: BinaryIO | None = None
        self._starts = array("Q")

    def scan(self) -> Iterator[tuple[str, bool, int]]:
        """Yield the key of each verdict, whether it failed, and its row."""
        if not self._file.exists():
            return
        row = 0
        with _opened(self._file) as opened:
            for batch in opened.iter_batches(_BATCH, columns=["key", "status"], use_threads=False):
                for key, status in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    yield key, status == "failed", row
                    row += 1

    def read(self, position: int) -> Verdict | None:
        """Read the verdict in a row; None where it is not there any more, or damaged."""
        try:
            lines = self._unrolled()
        except DataError:
            return None
        if position >= len(self._starts):
            return None
        lines.seek(self._starts[position])
        return decode(lines.readline())

    def _unrolled(self) -> BinaryIO:
        if self._lines is None:
            self._lines = tempfile.TemporaryFile(dir=self._file.parent)  # noqa: SIM115 - `close` closes it
            start = 0
            for verdict in read_table(self._file):
                line = encode(verdict)
                self._lines.write(line)
                self._starts.append(start)
                start += len(line)
            self._lines.flush()
        return self._lines

    def close(self) -> None:
        """Drop the unrolled lines."""
        if self._lines is not None:
            self._lines.close()
            self._lines = None

"""Runs as they lie on disk, read."""

from __future__ import annotations

import math
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from judgebench.domain import Run, Verdict
from judgebench.errors import DataError, UsageError, VersionError, argument
from judgebench.files.lines import unreadable
from judgebench.files.seals import read_object, unsealed, write_sealed
from judgebench.store.beside import Beside, judged_beside, read_beside
from judgebench.store.lines import PACKED, REPAIR, REWRITE, VERDICTS, Sorting, decode, in_order, latest, parsed
from judgebench.store.marks import REFRESHED, SETTLED, Promised, read_mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path


MANIFEST = "manifest.json"
_SCHEMA = "judgebench.run/1"
#: How a run's folder is named: by its identity, which ends in a digest.
_NAMED = re.compile(r".+--([0-9a-f]{10})")
_TODO = f"restore it from a backup; or {REWRITE}"


class StoredRun(NamedTuple):
    """A run as it lies on disk; ``sealed`` where its manifest tells whether it was changed."""

    path: Path
    run: Run
    sealed: bool = True

    @property
    def refreshed(self) -> str:
        """When the run was last asked afresh (``--refresh``), as text that sorts; empty where it never was."""
        return str(read_mark(self.path / REFRESHED).get("at", ""))

    @property
    def empty(self) -> bool:
        """Whether nothing is judged yet."""
        return next(iter(self._verdicts(texts=False)), None) is None

    @property
    def complete(self) -> bool:
        """Whether every case was answered, by what the manifest counts."""
        counts = self.run.counts
        answered = sum(counts[name] for name in counts.keys() - {"items", "cases", "failed"})
        return answered >= counts.get("cases", math.inf)

    def verdicts(self, *, texts: bool = True) -> Iterator[Verdict]:
        """Yield the verdicts that count: of each case the last, sorted by item, repeat and order.

        Judges answer in any order; sorted, the same verdicts give the same figures to the last digit. Memory stays
        flat: a settled or packed run is read as it lies, another is sorted in pieces. Without ``texts`` a packed run
        need not read the judge's words. DataError where they are not what was written.
        """
        if (self.path / PACKED).exists():
            from judgebench.store.parquet import check  # noqa: PLC0415 - only where a run is packed

            check(self.path)
        return self._verdicts(texts=texts)

    def _verdicts(self, *, texts: bool) -> Iterator[Verdict]:
        for _ in range(2):
            # Lines first: `pack` removes them only when the packed part is there.
            stream = open_lines(self.path)
            packed = self.path / PACKED
            if stream is not None or packed.exists():
                break
        else:
            return
        if not packed.exists():
            if stream is not None:
                yield from _tail(self.path, stream)
            return
        from judgebench.store.parquet import read_table  # noqa: PLC0415 - only where a run is packed

        parts = [read_table(packed, texts=texts)]
        if stream is not None:
            parts.append(_tail(self.path, stream))
        yield from latest(parts, Sorting.of)

    def judgments(self) -> Iterator[Verdict]:
        """Yield what is measured of `verdicts`, without the judge's words where these need not be read.

        The cases of a run's own probe are what it is about; others of its cases, as a placebo's, are marked as theirs.
        """
        found, own = self.verdicts(texts=False), self.run.probe
        if own:
            found = (replace(one, probe="" if one.probe == own else one.probe or "plain") for one in found)
        beside = self.beside()
        return judged_beside(found, beside) if beside else found

    def beside(self) -> dict[str, Beside]:
        """Read what the run knows of its items beside their task, by id."""
        return read_beside(self.path)


def open_lines(path: Path) -> BinaryIO | None:
    """Open a run's lines; None where it has none."""
    file = path / VERDICTS
    try:
        return file.open("rb", buffering=1 << 18)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(file, error) from None


def _tail(path: Path, stream: BinaryIO) -> Iterator[Verdict]:
    file = path / VERDICTS
    with stream:
        mark = read_mark(path / SETTLED)
        in_place = settled(path, stream)
        promised = Promised(mark if is_current(file, stream) else {})
        lines = promised.lines(stream)
        before: Sorting | None = None
        found = parsed(lines, file, decode) if in_place else map(decode, in_order(lines, file))
        for number, verdict in enumerate(found, 1):
            here = Sorting.of(verdict)
            if before is not None and here <= before:
                raise DataError("lines are out of order", file=str(file), line=number, hint=REPAIR)
            before = here
            yield verdict
        if not promised.kept:
            raise DataError(OTHERS, file=str(file), hint=REPAIR)


def is_current(file: Path, stream: BinaryIO) -> bool:
    """Whether an open file is still the one of that name, and was not replaced since it was opened."""
    opened = os.fstat(stream.fileno())
    try:
        present = file.stat()
    except FileNotFoundError:
        return False
    return (present.st_dev, present.st_ino) == (opened.st_dev, opened.st_ino)


def settled(path: Path, stream: BinaryIO) -> bool:
    """Whether an open file of lines is in order, one line a case.

    It is where it has the size that was noted down. DataError where it is shorter: lines were taken away.
    """
    mark = read_mark(path / SETTLED)
    size = os.fstat(stream.fileno()).st_size
    if not mark or mark["bytes"] < size or not is_current(path / VERDICTS, stream):
        return False
    if mark["bytes"] > size:
        raise DataError(cut(size, mark), file=str(path / VERDICTS), hint=CUT)
    return True


OTHERS = "lines were added, taken away or changed since it was in order"
#: What to do about lines that are gone.
CUT = "restore it from a backup, or run the same command again: it asks what is missing"


def cut(size: int, mark: Mapping[str, Any]) -> str:
    """Say that lines were taken away."""
    return f"cut short: {size:,} bytes where {mark['bytes']:,} were written"


def read_run(path: Path, *, edited: bool = False) -> StoredRun:
    """Read a run's manifest; DataError where the folder is not a run, or the manifest not what was written.

    With ``edited`` what it says now counts, whatever its seal. VersionError where another version wrote it: its
    verdicts may mean something else, so that a figure made of them would be silently wrong, and nobody may write to it.
    """
    file, hint = path / MANIFEST, _TODO
    try:
        data = read_object(file, "a run manifest", hint)
    except FileNotFoundError:
        raise DataError(
            f"{path} is not a run (no {MANIFEST})", hint="give a folder that `judgebench run` printed"
        ) from None
    if data.get("schema", _SCHEMA) != _SCHEMA:
        raise VersionError(
            f"schema {data['schema']!r:.100}, and this version of judgebench reads {_SCHEMA!r}",
            file=str(file),
            hint="use the version that wrote the run, or run it again into another folder",
        )
    try:
        run = Run.from_json(data)
        hint = f"{_TODO}; `judgebench verify --reseal` takes it as it is"
        is_sealed = not edited and unsealed(data).sealed
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, DataError, UsageError) as error:
        raise DataError(f"not a run manifest ({type(error).__name__}: {error})", file=str(file), hint=hint) from None
    named = _NAMED.fullmatch(path.resolve().name)
    if named is not None and named[1] != run.identity[-10:]:
        raise DataError(
            f"not the manifest of this run, but of {run.identity}",
            file=str(file),
            hint="put it where it belongs, or rename the folder",
        )
    return StoredRun(path, run, is_sealed)


def write_manifest(path: Path, run: Run) -> None:
    """Replace a run's manifest, atomically."""
    write_sealed(path / MANIFEST, run.to_json())


def refuse_newer(path: Path) -> None:
    """Keep whoever is about to write from a folder that another version wrote: VersionError."""
    try:
        read_run(path)
    except VersionError:
        raise
    except DataError:
        return


def distinct(runs: Iterable[StoredRun]) -> tuple[list[StoredRun], dict[Path, Path]]:
    """Tell the runs of a folder from copies of them: one identity is one run.

    The copies come with what they are copies of: the folder that has the run's own name, else the first.
    """
    found: dict[str, StoredRun] = {}
    every = list(runs)
    for stored in every:
        if stored.run.identity not in found or stored.path.name == stored.run.identity:
            found[stored.run.identity] = stored
    kept = [stored for stored in every if found[stored.run.identity] is stored]
    copies = {stored.path: found[stored.run.identity].path for stored in every if stored not in kept}
    return kept, copies


def find_runs(root: Path) -> list[StoredRun]:
    """Read all runs under a folder (or the one that it is), sorted by name; DataError where there is none."""
    if (root / MANIFEST).exists():
        return [read_run(root)]
    runs = [read_run(file.parent) for file in sorted(root.glob(f"*/{MANIFEST}"))]
    if not runs:
        table = f"a table is {argument('csv')} {root} with its columns named; `judgebench doctor {root}` looks at it"
        hint = table if root.is_file() else "`judgebench run … --runs DIR` writes them"
        raise DataError(f"no runs in {root}", hint=hint)
    return runs

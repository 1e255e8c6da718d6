"""What rewrites a stored run: ``pack``, lines to a Parquet file and back, and ``verify --repair``.

Repair moves damaged lines to a file beside, so that their cases are asked again.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from judgebench.errors import DataError, VersionError
from judgebench.files.lines import checksum, replace_file, sync, unwritable
from judgebench.store.beside import BESIDE
from judgebench.store.lines import PACKED, VERDICTS, Sorting, decode, encode, in_order, read_lines
from judgebench.store.marks import NOTED, REFRESHED, SETTLED, adopt, fits, write_mark
from judgebench.store.parquet import group_count, note_packed, read_table, sound, write_table
from judgebench.store.rounds import ROUNDS
from judgebench.store.runs import read_run, write_manifest
from judgebench.store.verify import ailment, disorder, verify
from judgebench.store.writer import clear, dated, lock_run, now, replace_lines, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    from judgebench.domain import Scale, Verdict


class Packed(NamedTuple):
    """What packing a run, or unpacking it, did: its cases, and the bytes of its files before and after."""

    path: Path
    cases: int
    before: int
    after: int


def pack(path: Path) -> Packed:
    """Move a run's verdicts into ``verdicts.parquet``; lines that are appended later come beside it and win.

    The lines are removed only when the new file was read back and holds the same; a process that is killed at any
    moment leaves one of them whole. UsageError where another process is writing the run.
    """
    return _locked(path, undo=False)


def unpack(path: Path) -> Packed:
    """Move a run's verdicts back into ``verdicts.jsonl``, with the errors of `pack`."""
    return _locked(path, undo=True)


def _locked(path: Path, *, undo: bool) -> Packed:
    read_run(path)
    with _alone(path):
        before = _size(path)
        if not _size(path, PACKED if undo else VERDICTS):
            return Packed(path, 0, before, before)
        cases = _unpack(path) if undo else _pack(path)
        return Packed(path, cases, before, _size(path))


@contextlib.contextmanager
def _alone(path: Path) -> Generator[None]:
    """Keep other writers out while a run's files are replaced."""
    try:
        with lock_run(path):
            clear(path)
            yield
    except OSError as error:
        raise unwritable(path, error, "nothing is lost") from None


def _pack(path: Path) -> int:
    stored = read_run(path)
    # In order, the lines can be read twice without sorting them twice.
    settle(path)
    temporary = path / f"{PACKED}.{os.getpid()}.tmp"
    try:
        cases = write_table(temporary, stored.verdicts())
        _same(stored.verdicts(), read_table(temporary), temporary)
        note_packed(path, temporary)
        temporary.replace(path / PACKED)
    finally:
        temporary.unlink(missing_ok=True)
    sync(path)
    (path / SETTLED).unlink(missing_ok=True)
    (path / VERDICTS).unlink(missing_ok=True)
    sync(path)
    return cases


def _unpack(path: Path) -> int:
    stored = read_run(path)
    cases = replace_lines(path, map(encode, stored.verdicts()))
    _same(stored.verdicts(), read_lines(path / VERDICTS), path / VERDICTS)
    (path / PACKED).unlink()
    (path / NOTED).unlink(missing_ok=True)
    sync(path)
    return cases


def _same(before: Iterable[Verdict], after: Iterable[Verdict], file: Path) -> None:
    for number, (one, other) in enumerate(zip_longest(before, after), 1):
        if one != other:
            raise DataError(
                "what was written does not read back as it was; the run is left as it is", file=str(file), line=number
            )


def _size(path: Path, *names: str) -> int:
    files = [path / name for name in names or (VERDICTS, PACKED)]
    return sum(file.stat().st_size for file in files if file.exists())


class Repaired(NamedTuple):
    """What a repair did: how many lines it moved, and the files that now hold what was damaged."""

    path: Path
    moved: int
    aside: tuple[Path, ...]


def repair(path: Path) -> Repaired:
    """Move a run's damaged lines and row groups aside, and put its files in order.

    Nothing is deleted: what was damaged is kept in ``damaged-<date>`` files, and on the disk there before the run's own
    files are replaced. DataError where the manifest is damaged: only a run command can write it again.
    """
    run = read_run(path).run
    with _alone(path):
        before = verify(path)
        aside: list[Path] = []
        was_settled = (path / SETTLED).exists()
        _repair_marks(path, aside)
        moved = _repair_table(path, run.scale, aside)
        moved += _move_lines(path / VERDICTS, lambda line: bool(ailment(line, run.scale)), aside)
        for name in (ROUNDS, BESIDE):
            moved += _move_lines(path / name, lambda line: not checksum(line), aside)
        if was_settled:
            (path / SETTLED).unlink(missing_ok=True)
            settle(path)
        if before.found:
            # The next run counts its verdicts again.
            counts = {name: count for name, count in run.counts.items() if name == "items"}
            write_manifest(path, replace(run, counts=counts))
        return Repaired(path, moved, tuple(aside))


def reseal(path: Path) -> None:
    """Seal what a run's manifest says now, be it edited or of an older version; DataError where it makes no sense."""
    with _alone(path):
        write_manifest(path, read_run(path, edited=True).run)
        was_settled = (path / SETTLED).exists()
        adopt(path, path / VERDICTS)
        if was_settled:
            settle(path)


def _repair_marks(path: Path, aside: list[Path]) -> None:
    for name in (SETTLED, NOTED, REFRESHED):
        file = path / name
        if fits(file):
            continue
        side = dated(path, f"damaged.{name}")
        file.rename(side)
        aside.append(side)
        if name == REFRESHED:
            # It was asked afresh, whatever else: it goes on taking no older answers.
            write_mark(file, {"at": now(), "aside": now(), "finished": True, "moved": True})


def _move_lines(file: Path, is_ill: Callable[[bytes], bool], aside: list[Path]) -> int:
    """Move damaged lines to a file beside, on the disk there first, and return how many."""
    if not file.exists():
        return 0
    with file.open("rb") as stream:
        numbers = {number for number, line in enumerate(stream) if is_ill(line)}
        if numbers:
            stream.seek(0)
            side = dated(file.parent, "damaged.jsonl")
            # A torn line becomes a whole one there; it is read by people only.
            replace_file(side, (line.rstrip(b"\n") + b"\n" for number, line in enumerate(stream) if number in numbers))
            aside.append(side)
            stream.seek(0)
            replace_file(file, (line for number, line in enumerate(stream) if number not in numbers))
    return len(numbers)


def _repair_table(path: Path, scale: Scale, aside: list[Path]) -> int:
    file = path / PACKED
    if not file.exists():
        return 0
    try:
        groups, _ = group_count(file)
    except DataError as error:
        if isinstance(error, VersionError) and sound(path):
            raise
        side = dated(path, "damaged.parquet")
        file.rename(side)
        sync(path)
        aside.append(side)
        return 1
    salvage = _Salvage(file, groups, scale)
    temporary = path / f"{PACKED}.{os.getpid()}.tmp"
    try:
        with tempfile.TemporaryFile(dir=path) as lines:
            lines.writelines(map(encode, salvage.readable()))
            lines.seek(0)
            write_table(temporary, map(decode, in_order(lines, file)))
        if salvage.ill:
            side = dated(path, "damaged.jsonl")
            replace_file(side, map(encode, salvage.ill))
            aside.append(side)
        if changed := salvage.lost or salvage.disordered or not sound(path):
            side = dated(path, "damaged.parquet")
            os.link(file, side)
            aside.append(side)
        if salvage.ill or changed:
            note_packed(path, temporary)
            temporary.replace(file)
            sync(path)
        elif not (path / NOTED).exists():
            note_packed(path, file)
    finally:
        temporary.unlink(missing_ok=True)
    return salvage.lost + len(salvage.ill)


class _Salvage:
    """What can be read of a packed file: ``lost`` row groups can't, ``ill`` rows make no sense.

    ``disordered`` rows come before what they should follow, or twice.
    """

    def __init__(self, file: Path, groups: int, scale: Scale) -> None:
        self.file = file
        self.groups = groups
        self.scale = scale
        self.lost = 0
        self.disordered = 0
        self.ill: list[Verdict] = []

    def readable(self) -> Iterator[Verdict]:
        before: Sorting | None = None
        for group in range(self.groups):
            try:
                # All of a group or nothing: what it yields goes to the new file.
                rows = list(read_table(self.file, groups=[group]))
            except DataError:
                self.lost += 1
                continue
            for verdict in rows:
                if disorder(verdict, self.scale):
                    self.ill.append(verdict)
                    continue
                here = Sorting.of(verdict)
                self.disordered += before is not None and here <= before
                before = here
                yield verdict

"""What the store knows already: the answers of all runs of one judge, and an index of where each lies."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol, Self

from judgebench.domain import Status
from judgebench.errors import DataError, UsageError, argument
from judgebench.files.lines import UNREADABLE
from judgebench.store.lines import PACKED, VERDICTS, damaged, decode, failed, key_of
from judgebench.store.marks import REFRESHED, fits, read_mark
from judgebench.store.runs import MANIFEST, StoredRun, read_run, refuse_newer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from judgebench.domain import Run, Verdict


_SMALLEST = 1024
#: Length of a case's key.
_DIGITS = 24


class KeyIndex:
    """A hash table from keys to whole numbers, in two flat arrays: 24 to 48 bytes a key.

    It holds 64 bits of each key. Two keys that agree in these (one chance in thirty million among a million keys)
    overwrite each other, so whoever looks up must check the key at the place, and at worst asks again.
    """

    def __init__(self) -> None:
        self._count = 0
        self._allot(_SMALLEST)

    def __len__(self) -> int:
        return self._count

    def _allot(self, size: int) -> None:
        self._mask = size - 1
        self._hashes = array("Q", bytes(8 * size))
        self._places = array("Q", bytes(8 * size))

    def put(self, key: str, place: int) -> None:
        """Set a key's place, instead of an earlier one."""
        value = _hash(key)
        slot = self._slot(value)
        if not self._hashes[slot]:
            if 3 * self._count >= 2 * self._mask:
                self._grow()
                slot = self._slot(value)
            self._hashes[slot] = value
            self._count += 1
        self._places[slot] = place

    def get(self, key: str) -> int | None:
        """Find a key's place."""
        slot = self._slot(_hash(key))
        return self._places[slot] if self._hashes[slot] else None

    def _slot(self, value: int) -> int:
        hashes, mask = self._hashes, self._mask
        slot = value & mask
        while (found := hashes[slot]) and found != value:
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        hashes, places = self._hashes, self._places
        self._allot(2 * len(hashes))
        for value, place in zip(hashes, places, strict=True):
            if value:
                slot = self._slot(value)
                self._hashes[slot] = value
                self._places[slot] = place


def _hash(key: str) -> int:
    try:
        # Keys are digests, so their digits are as good as a hash of them.
        value = int(key[:16], 16) if len(key) == _DIGITS else _digested(key)
    except ValueError:
        value = _digested(key)
    # 0 marks an empty slot. A sign in front makes no digest.
    return (value & 0xFFFF_FFFF_FFFF_FFFF) or 1


def _digested(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


#: A place is the number of a source above this many bits, and a position in it below.
_BITS = 44
_POSITION = (1 << _BITS) - 1


class Stored(NamedTuple):
    """An answer that the store already holds; ``own`` where the run at hand holds it, else another run does."""

    verdict: Verdict
    own: bool


class Source(Protocol):
    """A file of verdicts."""

    def scan(self) -> Iterator[tuple[str, bool, int]]:
        """Yield the key of each verdict, whether it failed, and its position."""
        ...

    def read(self, position: int) -> Verdict | None:
        """Read the verdict at a position."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


class LineSource:
    """A file of lines, if it exists; damage is an error where ``strict`` (our own file), else only costs the answer."""

    def __init__(self, file: Path, *, strict: bool) -> None:
        self._file = file
        self._strict = strict
        self._stream: BinaryIO | None = None

    def scan(self) -> Iterator[tuple[str, bool, int]]:
        """Yield the key of each verdict, whether it failed, and its position; a torn last line is left out."""
        stream = self._open()
        if stream is None:
            return
        position = 0
        stream.seek(0)
        for number, line in enumerate(stream, 1):
            if not line.endswith(b"\n"):
                return
            try:
                yield key_of(line), failed(line), position
            except UNREADABLE as error:
                if self._strict:
                    raise damaged(self._file, number, error) from None
            position += len(line)

    def read(self, position: int) -> Verdict | None:
        """Read the verdict at a position; None where it is not there any more."""
        stream = self._open()
        if stream is None:
            return None
        stream.seek(position)
        try:
            return decode(stream.readline())
        except UNREADABLE:
            return None

    def _open(self) -> BinaryIO | None:
        if self._stream is None:
            try:
                # Without a buffer to fill, finding one line would read many.
                self._stream = self._file.open("rb", buffering=4096)
            except FileNotFoundError:
                return None
        return self._stream

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None


class Answers:
    """Verdicts of some runs, by case key: what is held in memory is an index of a few dozen bytes each."""

    def __init__(self) -> None:
        self._index = KeyIndex()
        self._sources: list[Source] = []

    def __len__(self) -> int:
        return len(self._index)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all files."""
        for source in self._sources:
            source.close()

    def add(self, source: Source, *, instead: bool = False) -> int:
        """Take in a source and return its number; ``instead`` puts it before earlier ones, and its failures count."""
        number = len(self._sources)
        self._sources.append(source)
        for key, broken, position in source.scan():
            if instead or (not broken and self._index.get(key) is None):
                self._index.put(key, (number << _BITS) | position)
        return number

    def put(self, key: str, number: int, position: int) -> None:
        """Say that a source now holds a verdict."""
        self._index.put(key, (number << _BITS) | position)

    def get(self, key: str) -> Verdict | None:
        """Find an answer; never a failed one, and never another case's."""
        place = self._index.get(key)
        if place is None:
            return None
        verdict = self._sources[place >> _BITS].read(place & _POSITION)
        if verdict is None or verdict.key != key or verdict.status is Status.FAILED:
            return None
        return verdict

    def add_run(self, path: Path, *, own: bool) -> int:
        """Take in a run's packed part, then its lines, and return their number; damage in another run is ignored."""
        # Lines first: whoever packs them meanwhile removes them only when the packed part is there.
        lines = LineSource(path / VERDICTS, strict=own)
        if (path / PACKED).exists():
            from judgebench.store.parquet import TableSource  # noqa: PLC0415 - only where a run is packed

            try:
                self.add(TableSource(path / PACKED), instead=own)
            except DataError:
                if own:
                    raise
        return self.add(lines, instead=own)


def others(root: Path, run: Run) -> list[StoredRun]:
    """Find the other runs whose answers serve this one's cases, those first that were refreshed last."""
    found: list[StoredRun] = []
    for file in sorted(root.glob(f"*/{MANIFEST}")):
        if file.parent.name == run.identity:
            continue
        try:
            stored = read_run(file.parent)
        except DataError:
            continue
        if stored.run.answers == run.answers and fits(stored.path / REFRESHED):
            found.append(stored)
    return sorted(found, key=lambda stored: stored.refreshed, reverse=True)


def elsewhere(root: Path, run: Run) -> dict[str, int]:
    """Count what the same judge answered of the same task under another address, by that; nothing of a run begun."""
    if not run.settings.get("base_url") or (root / run.identity).exists():
        return {}

    def asked(one: Run) -> str:
        settings = {name: value for name, value in one.settings.items() if name != "base_url"}
        # What else of the task was chosen doesn't matter: its answers would have served.
        return replace(one, settings=settings, content="", limit=None, repeats=1).identity

    found: Counter[str] = Counter()
    for file in root.glob(f"*/{MANIFEST}"):
        try:
            stored = read_run(file.parent)
            address = stored.run.settings.get("base_url")
            if address and address != run.settings["base_url"] and asked(stored.run) == asked(run):
                found[str(address)] += sum(1 for one in stored.verdicts(texts=False) if one.status is not Status.FAILED)
        except DataError:
            continue
    return {address: count for address, count in found.items() if count}


def known_answers(root: Path, run: Run, *, share: bool = True, refresh: bool = False) -> Answers:
    """Open all answers under ``root`` that serve a run's cases, for reading only; the run's own go first.

    With ``refresh`` everything is about to be asked again: then only what an unfinished refresh was told counts.
    """
    if root.exists() and not root.is_dir():
        raise UsageError(f"{argument('runs')} needs a folder, and {root} is a file")
    answers = Answers()
    path = root / run.identity
    refuse_newer(path)
    if refresh and read_mark(path / REFRESHED).get("finished", True):
        return answers
    answers.add_run(path, own=True)
    if share and not refresh and not StoredRun(path, run).refreshed:
        for stored in others(root, run):
            answers.add_run(stored.path, own=False)
    return answers

"""The small files of facts beside a run's verdicts, each with a seal of its own (`judgebench.files.seals`).

- ``settled.json``: the lines are in order, one a case; ``bytes``, ``lines`` and ``sha256`` say of what that is true,
  which stays the beginning of the file when a resumed run adds lines;
- ``packed.json``: ``crc32`` of the packed file, after that of the one before it, for a process killed in between;
- ``refreshed.json``: the run was asked afresh ``at`` a time, older verdicts are moved ``aside`` under a dated name, and
  whether that is ``moved`` and the run ``finished`` since.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from judgebench.errors import DataError
from judgebench.files.seals import Sealed, read_object, unsealed, write_sealed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

SETTLED = "settled.json"
NOTED = "packed.json"
REFRESHED = "refreshed.json"

#: A date that a file may be named by, and a number where there are several.
_DATE = re.compile(r"\d{8}T\d{6}Z(-\d{1,3})?")


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 1 << 63


def _is_settled(mark: Mapping[str, Any]) -> bool:
    return _is_count(mark["bytes"]) and _is_count(mark["lines"]) and isinstance(mark.get("sha256", ""), str)


def _is_noted(mark: Mapping[str, Any]) -> bool:
    sums = mark["crc32"]
    return isinstance(sums, list) and bool(sums) and all(isinstance(one, str) for one in sums)


def _is_refreshed(mark: Mapping[str, Any]) -> bool:
    # What is moved aside is named by it: a name that leads out of the folder is nobody's date.
    dates = _DATE.fullmatch(mark["at"]) and _DATE.fullmatch(mark["aside"])
    return bool(dates) and all(type(mark.get(name, True)) is bool for name in ("finished", "moved"))


_IS: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    SETTLED: _is_settled,
    NOTED: _is_noted,
    REFRESHED: _is_refreshed,
}
_TODO = "restore it from a backup, or `judgebench verify --repair` rebuilds it from what can be read"


def opened(file: Path) -> Sealed:
    """Read one of these files; empty where there is none, DataError where it is not what was written."""
    what = "a note that judgebench writes"
    try:
        data = read_object(file, what, _TODO)
    except FileNotFoundError:
        return Sealed({}, sealed=True)
    found = Sealed({}, sealed=False)
    try:
        found = unsealed(data)
        fine = _IS[file.name](found.data)
        why = "its facts are not what they should be"
    except (ValueError, KeyError, TypeError) as error:
        fine, why = False, f"{type(error).__name__}: {error}"
    if not fine:
        raise DataError(f"not {what} ({why})", file=str(file), hint=_TODO)
    return found


def read_mark(file: Path) -> dict[str, Any]:
    """Read the facts in one of these files, with the errors of `opened`."""
    return opened(file).data


def fits(file: Path) -> bool:
    """Whether one of these files can be read, or is not there."""
    try:
        read_mark(file)
    except DataError:
        return False
    return True


class Promised:
    """Lines as they are read, beside what ``settled.json`` says of them."""

    def __init__(self, mark: Mapping[str, Any]) -> None:
        self._mark = mark
        self._size = 0
        self._whole = hashlib.sha256()

    def lines(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Let lines pass, and digest those that were in order then."""
        promised = self._mark.get("bytes", 0) if "sha256" in self._mark else 0
        for line in lines:
            self._size += len(line)
            if self._size <= promised:
                self._whole.update(line)
            yield line

    @property
    def kept(self) -> bool:
        """Whether all that passed is what was written, as far as that was noted."""
        return "sha256" not in self._mark or self._mark["sha256"] == self._whole.hexdigest()


def write_mark(file: Path, mark: Mapping[str, object]) -> None:
    """Write one of these files, atomically."""
    write_sealed(file, mark)


def adopt(path: Path, lines: Path) -> None:
    """Seal what an older version noted of a run, and forget what is not true of its lines any more."""
    settled = read_mark(path / SETTLED)
    if settled and ("sha256" not in settled or not lines.exists() or lines.stat().st_size < settled["bytes"]):
        (path / SETTLED).unlink()
    for file in (path / NOTED, path / REFRESHED):
        found = opened(file)
        if not found.sealed:
            write_mark(file, found.data)

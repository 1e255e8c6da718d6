"""What a case of several rounds was answered before it came to a verdict: ``rounds.jsonl`` in a run's folder.

Whoever resumes the run asks none of it again. A line whose checksum fails only costs its answer; with its last case
decided, the file goes.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from judgebench.domain import Completion
from judgebench.files.lines import UNREADABLE, append_whole, checksum, dumps, heal, loads, seal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

ROUNDS = "rounds.jsonl"


class Rounds:
    """The answers of a run's undecided cases; in memory, too, since these are the cases under way.

    ``decided`` tells which cases have their verdict: whoever was killed had no time to forget them.
    """

    def __init__(self, folder: Path, decided: Callable[[str], bool]) -> None:
        self._file = folder / ROUNDS
        self._held: dict[str, dict[str, Completion]] = {}
        self._descriptor: int | None = None
        heal(self._file)
        if self._file.exists():
            for line in self._file.read_bytes().splitlines(keepends=True):
                self._take(line)
            for case in [case for case in self._held if decided(case)]:
                self.decided(case)

    def _take(self, line: bytes) -> None:
        if not checksum(line):
            return
        try:
            read = loads(line)
            self._held.setdefault(read["case"], {})[read["request"]] = Completion.from_json(read["completion"])
        except UNREADABLE:
            return

    def of(self, case: str) -> Mapping[str, Completion]:
        """Find what a case was answered, by the keys of the requests."""
        return self._held.get(case, {})

    def keep(self, case: str, request: str, completion: Completion) -> None:
        """Write one answer; OSError where it can't be."""
        line = seal(dumps({"case": case, "request": request, "completion": completion.to_json()}))
        if self._descriptor is None:
            self._descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        append_whole(self._descriptor, line, os.fstat(self._descriptor).st_size)
        self._held.setdefault(case, {})[request] = completion

    def decided(self, case: str) -> None:
        """Forget a case that has its verdict."""
        self._held.pop(case, None)

    def close(self) -> None:
        """Close the file; without undecided cases it goes."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if not self._held:
            self._file.unlink(missing_ok=True)

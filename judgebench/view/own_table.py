"""The judges of a table of one's own as the viewer lists runs; a table that has changed is read again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.domain import digest
from judgebench.errors import JudgebenchError
from judgebench.view.run_table import Entry, RunTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from judgebench.api.source import Source
    from judgebench.report.line import Line
    from judgebench.view.run_table import Shown

__all__ = ["OwnTable"]


class OwnTable(RunTable):
    """The judges of ``files`` by name; ``read`` opens them, at once and whenever a file has changed."""

    def __init__(
        self, files: Sequence[Path], read: Callable[[], list[Source]], measure: Callable[[Shown], Line]
    ) -> None:
        super().__init__(files[0], measure)
        self._files = files
        self._read = read
        self._stamp = ""
        self._sources: dict[str, Source] = {}
        # A table that can't be read is refused before anything is served.
        self._open()

    def sources(self, chosen: Sequence[Shown]) -> list[Source]:
        """Find what judges are measured by."""
        return [self._sources[one.run.judge] for one in chosen]

    def _once(self, stored: Sequence[Any]) -> Sequence[Shown]:
        return stored

    def _scan(self) -> list[Entry]:
        try:
            self._open()
        except (JudgebenchError, OSError) as error:
            for entry in self._entries.values():
                entry.error = str(error)
        return list(self._entries.values())

    def _open(self) -> None:
        stats = [file.stat() for file in self._files]
        stamp = digest([[one.st_mtime_ns, one.st_size] for one in stats], 12)
        if stamp == self._stamp:
            return
        self._sources = {one.judge: one for one in self._read()}
        changed = max(one.st_mtime for one in stats)
        self._entries = {
            name: Entry(name, self.root, source.as_run(), stamp=stamp, changed=changed)
            for name, source in self._sources.items()
        }
        self._stamp = stamp

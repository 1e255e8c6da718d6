"""``verify`` and ``pack``: look after the runs that are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.api.notes import tell
from judgebench.errors import DataError
from judgebench.report.runs import Verification

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from judgebench.store.verify import Report


def verify(runs: Sequence[Path], *, repair: bool = False) -> Verification:
    """Look for damage in stored runs, or folders of them; with ``repair`` move aside what is damaged."""
    from judgebench.store.upkeep import repair as mend  # noqa: PLC0415 - loaded on use
    from judgebench.store.verify import run_folders  # noqa: PLC0415 - loaded on use
    from judgebench.store.verify import verify as look  # noqa: PLC0415 - loaded on use

    reports: list[Report] = []
    for folder in list(dict.fromkeys(folder for path in runs for folder in run_folders(path))):
        report = look(folder)
        if repair and report.found:
            try:
                done = mend(folder)
            except DataError as error:
                tell(f"judgebench: {error}")
            else:
                aside = ", ".join(str(file) for file in done.aside) or "nothing had to be moved aside"
                tell(f"repaired {folder}: {aside}; the same run command asks what is missing now")
                report = look(folder)
        reports.append(report)
    return Verification(tuple(reports))


def pack(runs: Sequence[Path], *, undo: bool = False) -> Iterator[str]:
    """Pack stored runs one by one, or unpack them, and say of each what came of it."""
    from judgebench.store.runs import find_runs  # noqa: PLC0415 - loaded on use
    from judgebench.store.upkeep import pack as make  # noqa: PLC0415 - loaded on use
    from judgebench.store.upkeep import unpack  # noqa: PLC0415 - loaded on use

    for path in dict.fromkeys(stored.path for root in runs for stored in find_runs(root)):
        done = unpack(path) if undo else make(path)
        if done.cases:
            yield f"{path}: {done.cases:,} cases, {done.before / 1e6:.1f} MB → {done.after / 1e6:.1f} MB"
        else:
            yield f"{path}: nothing to {'unpack' if undo else 'pack'}"

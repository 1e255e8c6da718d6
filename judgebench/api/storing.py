"""``verify`` and ``pack``: look after the runs that are stored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from judgebench.api.notes import Done, show, tell
from judgebench.api.parameters import Option, question
from judgebench.errors import DataError
from judgebench.report.verification import Verification

if TYPE_CHECKING:
    from judgebench.store.verify import Report

Folders: TypeAlias = Annotated[
    str | Path | Sequence[str | Path], Option("Run folders, or folders of runs.", metavar="RUN...", read=list[Path])
]


@question
def verify(
    runs: Folders,
    *,
    repair: Annotated[bool, Option("Move what is damaged aside, so that its cases are asked again.")] = False,
    reseal: Annotated[
        bool, Option("Take manifests as they are now: edited by hand, or of a version without seals.")
    ] = False,
) -> Verification:
    """Look for damage in stored runs.

    Exit code 3 if there is any; each finding names file and line, says what is wrong and what to do.
    """
    from judgebench.store.upkeep import repair as mend  # noqa: PLC0415 - loaded on use
    from judgebench.store.upkeep import reseal as seal  # noqa: PLC0415 - loaded on use
    from judgebench.store.verify import run_folders  # noqa: PLC0415 - loaded on use
    from judgebench.store.verify import verify as look  # noqa: PLC0415 - loaded on use

    reports: list[Report] = []
    for folder in list(dict.fromkeys(folder for path in _paths(runs) for folder in run_folders(path))):
        report = look(folder)
        if reseal and (report.found or report.notes):
            try:
                seal(folder)
            except DataError as error:
                tell(f"judgebench: {error}")
            else:
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


@question
def pack(runs: Folders, *, undo: Annotated[bool, Option("Turn packed runs back into lines of JSON.")] = False) -> Done:
    """Pack stored runs into Parquet, about an eighth of the size."""
    from judgebench.store.runs import find_runs  # noqa: PLC0415 - loaded on use
    from judgebench.store.upkeep import pack as make  # noqa: PLC0415 - loaded on use
    from judgebench.store.upkeep import unpack  # noqa: PLC0415 - loaded on use

    told: dict[Path, str] = {}
    for path in dict.fromkeys(stored.path for root in _paths(runs) for stored in find_runs(root)):
        done = unpack(path) if undo else make(path)
        told[path] = (
            f"{path}: {done.cases:,} cases, {done.before / 1e6:.1f} MB → {done.after / 1e6:.1f} MB"
            if done.cases
            else f"{path}: nothing to {'unpack' if undo else 'pack'}"
        )
        # The next one may fail.
        show(told[path])
    return Done("\n".join(told.values()), tuple(told))


def _paths(runs: str | Path | Sequence[str | Path]) -> list[Path]:
    return [Path(one) for one in ([runs] if isinstance(runs, (str, Path)) else runs)]

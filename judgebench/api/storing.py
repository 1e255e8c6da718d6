"""``verify`` and ``pack``: look after the runs that are stored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from judgebench.api.notes import Done, show, tell
from judgebench.api.parameters import Option, question
from judgebench.errors import DataError

if TYPE_CHECKING:
    from judgebench.store.verify import Report

Folders: TypeAlias = Annotated[
    str | Path | Sequence[str | Path], Option("Run folders, or folders of runs.", metavar="RUN...", read=list[Path])
]
SCHEMA = "judgebench.verify/1"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found in some runs."""

    reports: tuple[Report, ...]

    @property
    def found(self) -> int:
        """How many findings there are."""
        return sum(report.found for report in self.reports)

    @property
    def failure(self) -> DataError | None:
        """What ends the command line where anything was found."""
        if not self.found:
            return None
        damaged = sum(bool(report.found) for report in self.reports)
        what = f"{self.found:,} findings in {damaged} of {len(self.reports)} runs"
        return DataError(what, hint="each says what to do")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"schema": SCHEMA, "damaged": self.found, "runs": [report.to_json() for report in self.reports]}

    def render(self, form: Literal["table", "json"] = "table") -> str:
        """Write it as lines or as JSON."""
        if form == "json":
            return json.dumps(self.to_json(), indent=1, ensure_ascii=False)
        return "\n".join(line for report in self.reports for line in _lines(report))


@question
def verify(
    runs: Folders,
    *,
    repair: Annotated[bool, Option("Move what is damaged aside, so that its cases are asked again.")] = False,
) -> Verified:
    """Look for damage in stored runs: torn or changed lines, contradictions, counts that don't add up.

    Exit code 3 if there is any; each finding names file and line, says what is wrong and what to do.
    """
    from judgebench.store.upkeep import repair as mend  # noqa: PLC0415 - loaded on use
    from judgebench.store.verify import run_folders  # noqa: PLC0415 - loaded on use
    from judgebench.store.verify import verify as look  # noqa: PLC0415 - loaded on use

    reports: list[Report] = []
    for folder in list(dict.fromkeys(folder for path in _paths(runs) for folder in run_folders(path))):
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
    return Verified(tuple(reports))


def _lines(report: Report) -> list[str]:
    facts = [f"{report.cases:,} cases"]
    facts += [f"{report.packed:,} packed"] if report.packed else []
    facts += [f"{report.lines:,} lines"] if report.lines else []
    facts += [f"{report.superseded:,} superseded by newer ones"] if report.superseded else []
    facts += [f"{report.twice:,} answered more than once"] if report.twice else []
    head = f"{report.path}: {', '.join(facts)}; {f'{report.found:,} damaged' if report.found else 'clean'}"
    more = report.found - len(report.findings)
    return [head, *(f"  {one}" for one in report.findings), *([f"  … and {more:,} more"] if more else [])]


@question
def pack(runs: Folders, *, undo: Annotated[bool, Option("Turn packed runs back into lines of JSON.")] = False) -> Done:
    """Pack stored runs into Parquet: about an eighth of the size. They resume and are read as before."""
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

"""``verify`` and ``pack``: look after the runs that are stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from judgebench.cli.options import emit, note
from judgebench.errors import DataError

if TYPE_CHECKING:
    from judgebench.store.verify import Report

SCHEMA = "judgebench.verify/1"

RunsOrFolders = Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders, or folders of runs.")]


def verify(
    runs: RunsOrFolders,
    *,
    repair: Annotated[
        bool, typer.Option("--repair", help="Move what is damaged aside, so that its cases are asked again.")
    ] = False,
    form: Annotated[Literal["table", "json"], typer.Option("--format", help="How to print what was found.")] = "table",
) -> None:
    """Look for damage in stored runs: torn or changed lines, contradictions, counts that don't add up.

    Exit code 3 if there is any; each finding names file and line, says what is wrong and what to do.
    """
    from judgebench.store.upkeep import repair as mend  # noqa: PLC0415 - loaded on use
    from judgebench.store.verify import run_folders  # noqa: PLC0415 - loaded on use
    from judgebench.store.verify import verify as look  # noqa: PLC0415 - loaded on use

    folders = list(dict.fromkeys(folder for path in runs for folder in run_folders(path)))
    reports: list[Report] = []
    for folder in folders:
        report = look(folder)
        if repair and report.found:
            try:
                done = mend(folder)
            except DataError as error:
                note(f"judgebench: {error}")
            else:
                aside = ", ".join(str(file) for file in done.aside) or "nothing had to be moved aside"
                note(f"repaired {folder}: {aside}; the same run command asks what is missing now")
                report = look(folder)
        reports.append(report)
    found = sum(report.found for report in reports)
    if form == "json":
        data = {"schema": SCHEMA, "damaged": found, "runs": [report.to_json() for report in reports]}
        emit(json.dumps(data, indent=1, ensure_ascii=False), None)
    else:
        emit("\n".join(line for report in reports for line in _lines(report)), None)
    if found:
        damaged = sum(bool(report.found) for report in reports)
        raise DataError(f"{found:,} findings in {damaged} of {len(reports)} runs", hint="each says what to do")


def _lines(report: Report) -> list[str]:
    facts = [f"{report.cases:,} cases"]
    facts += [f"{report.packed:,} packed"] if report.packed else []
    facts += [f"{report.lines:,} lines"] if report.lines else []
    facts += [f"{report.superseded:,} superseded by newer ones"] if report.superseded else []
    facts += [f"{report.twice:,} answered more than once"] if report.twice else []
    head = f"{report.path}: {', '.join(facts)}; {f'{report.found:,} damaged' if report.found else 'clean'}"
    more = report.found - len(report.findings)
    return [head, *(f"  {one}" for one in report.findings), *([f"  … and {more:,} more"] if more else [])]


def pack(
    runs: RunsOrFolders,
    *,
    undo: Annotated[bool, typer.Option("--undo", help="Turn packed runs back into lines of JSON.")] = False,
) -> None:
    """Pack stored runs into Parquet: about an eighth of the size. They resume and are read as before."""
    from judgebench.store.runs import find_runs  # noqa: PLC0415 - loaded on use
    from judgebench.store.upkeep import pack as make  # noqa: PLC0415 - loaded on use
    from judgebench.store.upkeep import unpack  # noqa: PLC0415 - loaded on use

    for path in dict.fromkeys(stored.path for root in runs for stored in find_runs(root)):
        done = unpack(path) if undo else make(path)
        if done.cases:
            size = f"{done.before / 1e6:.1f} MB → {done.after / 1e6:.1f} MB"
            emit(f"{path}: {done.cases:,} cases, {size}", None)
        else:
            emit(f"{path}: nothing to {'unpack' if undo else 'pack'}", None)

"""``doctor``, ``reproduce``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from judgebench.cli.options import DataOption, FormatOption, OutputOption, data_folder, emit, room
from judgebench.errors import MismatchError

AnyFile = Annotated[Path, typer.Argument(metavar="FILE", help="Any file of labels, items or verdicts.")]


def reproduce(
    *,
    data: DataOption = None,
    task: Annotated[list[str] | None, typer.Option("--task", metavar="T", help="Only this task; repeatable.")] = None,
    form: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Recompute published figures from recorded public verdicts; exit 1 where one does not match."""
    from judgebench.reproduce.reproduction import reproduce as compute  # noqa: PLC0415 - loaded on use

    found = compute(task or None, data_folder(data))
    emit(found.render(form, width=room(output)), output)
    if not found.ok:
        raise MismatchError(f"{found.mismatches} of {len(found.cells)} figures differ from the published ones")


def doctor(file: AnyFile) -> None:
    """Say what a file is and which command measures it."""
    from judgebench.report.doctor import doctor as diagnose  # noqa: PLC0415 - loaded on use

    emit(str(diagnose(file)), None)

"""``judgebench.doctor``: what a file is, and which command measures it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from judgebench.api.parameters import Option, question
from judgebench.report.doctor import Report


@question
def doctor(
    file: Annotated[str | Path, Option("Any file of labels, items or verdicts.", metavar="FILE", read=Path)],
) -> Report:
    """Say what a file is and which command measures it."""
    from judgebench.labels.diagnose import diagnose  # noqa: PLC0415 - loaded on use

    return Report(diagnose(file))

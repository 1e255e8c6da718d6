"""``judgebench.reproduce``: published figures, recomputed from recorded public verdicts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from judgebench.api.parameters import Option, question
from judgebench.api.tables import Data, Names
from judgebench.errors import UsageError, argument
from judgebench.report.reproduction import Reproduction


@question
def reproduce(
    *,
    data: Data = None,
    task: Annotated[Names, Option("Only this task; repeatable.", metavar="T", read=list[str])] = (),
) -> Reproduction:
    """Recompute published figures from recorded public verdicts; exit 1 where one does not match."""
    from judgebench.reproduce.reproduction import reproduce as compute  # noqa: PLC0415 - loaded on use

    return compute([task] if isinstance(task, str) else list(task or ()) or None, data_folder(data))


def data_folder(data: str | Path | None) -> Path:
    """Take the folder of real data as it is given, or from JUDGEBENCH_DATA."""
    folder = data or os.environ.get("JUDGEBENCH_DATA")
    if not folder:
        raise UsageError(
            f"this needs {argument('data')} DIR (or JUDGEBENCH_DATA): the folder of benchmark data and recorded "
            "verdicts"
        )
    return Path(folder)

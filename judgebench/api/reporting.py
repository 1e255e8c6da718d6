"""What reports are made of: runs, measured, with the items behind them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from judgebench.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from judgebench.api.sources import Source
    from judgebench.domain import Item, Task
    from judgebench.report.page.parts import Reported

__all__ = ["report_sources"]


def report_sources(
    sources: Sequence[Source],
    policy: Sequence[str],
    *,
    data: Path | None,
    sample: bool,
    texts: bool,
    tell: Callable[[str], None],
) -> list[Reported]:
    """Measure runs, and find the items behind them; ``tell`` hears of tasks whose texts are not at hand."""
    from judgebench.report.page.parts import Reported  # noqa: PLC0415 - loaded on use

    reported: list[Reported] = []
    opened: dict[tuple[str, str], tuple[Task | None, str]] = {}
    for source in sources:
        stored = source.stored
        if stored is None:
            raise UsageError("a report is made of runs")
        policies = source.own.override(policy)
        name = (source.task, source.revision)
        if name not in opened:
            opened[name] = _opened(source, data, sample=sample, tell=tell) if texts else (None, "")
        task, unread = opened[name]
        reported.append(
            Reported(
                run=stored.run,
                rows=tuple(source.measure(policy, by_system=True, verify=False)),
                policies=policies,
                judged=source.judged(policies),
                verdicts=stored.verdicts,
                items=None if task is None else _items_of(task),
                licence=_licence(source.task),
                unread=unread,
            )
        )
    return reported


def _items_of(task: Task) -> Callable[[], Iterator[Item]]:
    return lambda: iter(task.items())


def _opened(source: Source, data: Path | None, *, sample: bool, tell: Callable[[str], None]) -> tuple[Task | None, str]:
    """Open the task behind a run; or say why its texts are not at hand."""
    from judgebench.catalog import make_task  # noqa: PLC0415 - loaded on use
    from judgebench.labels.annotations import own_revision  # noqa: PLC0415 - loaded on use
    from judgebench.report.document.text import clean  # noqa: PLC0415 - loaded on use

    revision = own_revision(source.revision)
    sampled = sample or (revision == "sample" and data is None)
    local = revision.startswith("data:") and data is None and not os.environ.get("JUDGEBENCH_DATA")
    if local and not sampled:
        # A download can't be what a file of this machine was.
        return None, "the texts of the items are not at hand; give --data FOLDER, the one that the run was given"
    try:
        task = make_task(source.task, data=None if sampled else data, sample=sampled)
        next(iter(task.items()), None)
    except (DataError, UsageError) as error:
        # A folder need not hold the data of every task; a file that was named is meant.
        if data is not None and not data.is_dir():
            raise
        tell(clean(f"no texts of {source.task}: {error}"))
        return None, f"the texts of the items are not at hand: {error}"
    return task, ""


def _licence(task: str) -> str:
    from judgebench.tasks.card import card_names, load_card  # noqa: PLC0415 - loaded on use

    name = task.partition(":")[0]
    return load_card(name).licence if name in card_names() else ""

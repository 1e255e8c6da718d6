"""``report``: runs as one HTML file that can be opened, searched and passed on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from judgebench.cli.options import ConfigOption, DataOption, PolicyOption, check_output, note
from judgebench.cli.sources import RunsArgument, stored_sources
from judgebench.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from judgebench.api.sources import Source
    from judgebench.domain import Item, Task
    from judgebench.report.parts import Reported


def report(
    runs: RunsArgument = None,
    *,
    data: DataOption = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Read the texts from the rows shipped with the task.")
    ] = False,
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="The page to write.")] = Path("report.html"),
    title: Annotated[str | None, typer.Option("--title", help="Heading of the page.")] = None,
    policy: PolicyOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    texts: Annotated[
        bool,
        typer.Option("--texts/--no-texts", help="Whether texts go in: the items' and the judges'."),
    ] = True,
    limit_items: Annotated[
        int | None,
        typer.Option("--limit-items", min=1, metavar="N", help="List at most N items of a task, disagreements first."),
    ] = None,
    config: ConfigOption = None,  # noqa: ARG001 - handled by its callback
) -> None:
    """Write a report of runs: one HTML file with the figures, charts and every item behind them."""
    from judgebench.report.page import report_page  # noqa: PLC0415 - loaded on use
    from judgebench.store.sort import replace_file  # noqa: PLC0415 - loaded on use

    if not runs:
        raise UsageError("give run folders, or folders of runs")
    if sample and data is not None:
        raise UsageError("--sample takes the rows shipped with the task, --data yours: give one of them")
    check_output(output)
    _keep_out_of_runs(output)
    reported = report_sources(list(stored_sources(runs)), policy, data=data, sample=sample, texts=texts)
    text = report_page(reported, title=title, texts=texts, most=limit_items)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        _, size = replace_file(output, [text.encode("utf-8")])
    except OSError as error:
        raise UsageError(f"can't write --output {output}: {error.strerror}") from None
    note(f"wrote {output} ({size / 1e6:.1f} MB)")


def report_sources(
    sources: Sequence[Source], policy: Sequence[str], *, data: Path | None, sample: bool, texts: bool
) -> list[Reported]:
    """Measure runs, and find the items behind them.

    Raises
    ------
    DataError
        If runs or data can't be read.
    """
    from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use
    from judgebench.report.parts import Reported  # noqa: PLC0415 - loaded on use

    reported: list[Reported] = []
    opened: dict[tuple[str, str], tuple[Task | None, str]] = {}
    plugins = metrics()
    for source in sources:
        stored = source.stored
        if stored is None:
            raise UsageError("a report is made of runs")
        policies = source.own.override(policy)
        name = (source.task, source.revision)
        if name not in opened:
            opened[name] = _opened(source, data, sample=sample) if texts else (None, "")
        task, unread = opened[name]
        reported.append(
            Reported(
                run=stored.run,
                rows=tuple(source.measure(policy, by_system=True, verify=False)),
                policies=policies,
                ratings=source.ratings(),
                judged=source.judged(policies),
                verdicts=stored.verdicts,
                items=None if task is None else _items_of(task),
                plugins=plugins,
                licence=_licence(source.task),
                unread=unread,
            )
        )
    return reported


def _items_of(task: Task) -> Callable[[], Iterator[Item]]:
    return lambda: iter(task.items())


def _opened(source: Source, data: Path | None, *, sample: bool) -> tuple[Task | None, str]:
    """Open the task behind a run; or say why its texts are not at hand."""
    from judgebench.catalog import make_task  # noqa: PLC0415 - loaded on use
    from judgebench.domain.labels import own_revision  # noqa: PLC0415 - loaded on use
    from judgebench.report.scores import clean  # noqa: PLC0415 - loaded on use

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
        note(clean(f"no texts of {source.task}: {error}"))
        return None, f"the texts of the items are not at hand: {error}"
    return task, ""


def _licence(task: str) -> str:
    from judgebench.tasks.card import card_names, load_card  # noqa: PLC0415 - loaded on use

    name = task.partition(":")[0]
    return load_card(name).licence if name in card_names() else ""


def _keep_out_of_runs(output: Path) -> None:
    from judgebench.store.lines import VERDICTS  # noqa: PLC0415 - loaded on use
    from judgebench.store.runs import MANIFEST  # noqa: PLC0415 - loaded on use
    from judgebench.store.table import PACKED  # noqa: PLC0415 - loaded on use

    def is_run(folder: Path) -> bool:
        # Web sites and much else have a manifest of that name.
        return (folder / MANIFEST).exists() and any((folder / name).exists() for name in (VERDICTS, PACKED))

    home = next((folder for folder in output.absolute().parents if is_run(folder)), None)
    if home is not None:
        raise UsageError(f"--output {output} lies in the run {home}; write it elsewhere")

"""``judgebench.report``: runs, measured, with the items behind them, as one HTML file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from judgebench.api.labelling import open_labels
from judgebench.api.notes import Done, tell
from judgebench.api.parameters import Option, check_output, check_texts, policies_of, question
from judgebench.api.sources import run_paths, stored_sources
from judgebench.api.tables import Data, LabelsMode, OwnLabels, Policy, Runs
from judgebench.errors import DataError, UsageError, argument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from judgebench.api.sources import Source
    from judgebench.domain import Item, Task
    from judgebench.report.page.parts import Reported

__all__ = ["report", "report_sources"]


@question
def report(
    runs: Runs = (),
    *,
    data: Data = None,
    sample: Annotated[bool, Option("Read the texts from the rows shipped with the task.")] = False,
    output: Annotated[str | Path, Option("The page to write.", metavar="FILE", read=Path)] = "report.html",
    title: Annotated[str | None, Option("Heading of the page.")] = None,
    labels: OwnLabels = (),
    labels_mode: LabelsMode = None,
    policy: Policy = (),
    texts: Annotated[bool, Option("Include the texts: the items' and the judges'.", "--texts/--no-texts")] = True,
    limit_items: Annotated[
        int | None, Option("List at most N items of a task, disagreements first.", metavar="N", least=1)
    ] = None,
) -> Done:
    """Write a report of runs: one HTML file with the figures, charts and every item behind them."""
    from judgebench.files.lines import replace_file  # noqa: PLC0415 - loaded on use
    from judgebench.report.page.page import report_page  # noqa: PLC0415 - loaded on use

    file, own = Path(output), None if data is None else Path(data)
    if runs is None or (isinstance(runs, (list, tuple)) and not runs):
        raise UsageError("give run folders, or folders of runs")
    paths = run_paths(runs)
    check_texts(sample=sample, data=own)
    check_output(file)
    _keep_out_of_runs(file)
    opened = list(stored_sources(paths, labels=open_labels(labels, labels_mode or "only"), tell=tell))
    reported = report_sources(opened, policies_of(policy), data=own, sample=sample, texts=texts, tell=tell)
    text = report_page(reported, title=title, texts=texts, most=limit_items)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _, size = replace_file(file, [text.encode("utf-8")])
    except OSError as error:
        raise UsageError(f"can't write {argument('output')} {file}: {error.strerror}") from None
    return Done(f"wrote {file} ({size / 1e6:.1f} MB)", (file,))


def _keep_out_of_runs(output: Path) -> None:
    from judgebench.store.lines import PACKED, VERDICTS  # noqa: PLC0415 - loaded on use
    from judgebench.store.runs import MANIFEST  # noqa: PLC0415 - loaded on use

    def is_run(folder: Path) -> bool:
        # Web sites and much else have a manifest of that name.
        return (folder / MANIFEST).exists() and any((folder / name).exists() for name in (VERDICTS, PACKED))

    home = next((folder for folder in output.absolute().parents if is_run(folder)), None)
    if home is not None:
        raise UsageError(f"{argument('output')} {output} is inside the run {home}; write it elsewhere")


def report_sources(
    sources: Sequence[Source],
    policy: Sequence[str],
    *,
    data: Path | None,
    sample: bool,
    texts: bool,
    tell: Callable[[str], None],
) -> list[Reported]:
    """Measure runs, and find the items behind them where ``texts`` are wanted.

    ``data`` is where the texts are, if not where the task looks by itself; ``tell`` hears of tasks whose texts are not
    at hand.
    """
    from judgebench.report.page.parts import Reported  # noqa: PLC0415 - loaded on use

    reported: list[Reported] = []
    opened: dict[tuple[str, str], tuple[Task | None, str]] = {}
    for source in sources:
        stored = source.stored
        if stored is None:
            raise UsageError("a report is made of runs")
        policies = source.policies(policy)
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

    revision = own_revision(source.revision)
    sampled = sample or (revision == "sample" and data is None)
    local = revision.startswith("data:") and data is None and not os.environ.get("JUDGEBENCH_DATA")
    if local and not sampled:
        # A download can't be what a file of this machine was.
        given = f"give {argument('data')} FOLDER, the one that the run was given"
        return None, f"the texts of the items are not at hand; {given}"
    try:
        task = make_task(source.task, data=None if sampled else data, sample=sampled)
        next(iter(task.items()), None)
    except (DataError, UsageError) as error:
        # A folder need not hold the data of every task; a file that was named is meant.
        if data is not None and not data.is_dir():
            raise
        tell(f"no texts of {source.task}: {error}")
        return None, f"the texts of the items are not at hand: {error}"
    return task, ""


def _licence(task: str) -> str:
    from judgebench.tasks.card import card_names, load_card  # noqa: PLC0415 - loaded on use

    name = task.partition(":")[0]
    return load_card(name).licence if name in card_names() else ""

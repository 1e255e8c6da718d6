"""``judgebench.report``: runs, measured, with the items behind them, as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Unpack

from judgebench.api.labelling import open_labels
from judgebench.api.notes import Done, doing, tell
from judgebench.api.parameters import Option, check_output, check_texts, policies_of, question
from judgebench.api.source import each_fit, is_given
from judgebench.api.sources import open_sources
from judgebench.api.tables import Data, LabelsAndScores, LabelsMode, OnlyTasks, OwnLabels, Policy, Source
from judgebench.api.texts import table_texts, task_behind
from judgebench.api.validations import Standings
from judgebench.errors import UnscoredError, UsageError, argument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from judgebench.agreement.matching import Judged
    from judgebench.api import source
    from judgebench.domain import Item, Policies, Task
    from judgebench.labels.as_run import TableRun
    from judgebench.report.page.parts import Reported
    from judgebench.store.runs import StoredRun
    from judgebench.tasks.card import Card

__all__ = ["report", "report_sources"]


@question
def report(
    runs: Source = None,
    *,
    task: OnlyTasks = (),
    data: Data = None,
    sample: Annotated[bool, Option("Read the texts from the rows shipped with the task.")] = False,
    output: Annotated[
        str | Path, Option("The page to write.", metavar="FILE", read=Path, written=True)
    ] = "report.html",
    title: Annotated[str | None, Option("Title of the page, above its answer.")] = None,
    labels: OwnLabels = (),
    labels_mode: LabelsMode = None,
    policy: Policy = (),
    texts: Annotated[bool, Option("Include the texts: the items' and the judges'.", "--texts/--no-texts")] = True,
    limit_items: Annotated[
        int | None, Option("List at most N items of a task, disagreements first.", metavar="N", least=1)
    ] = None,
    **table: Unpack[LabelsAndScores],
) -> Done:
    """Write one HTML page: the answer, charts, and every item behind them."""
    from judgebench.files.lines import replace_file  # noqa: PLC0415 - loaded on use
    from judgebench.report.page.page import report_page  # noqa: PLC0415 - loaded on use

    file, own = Path(output), None if data is None else Path(data)
    if not is_given(runs) or (isinstance(runs, (list, tuple)) and not runs):
        raise UsageError(f"give run folders, folders of runs, or {argument('csv')} FILE")
    check_texts(sample=sample, data=own)
    check_output(file)
    _keep_out_of_runs(file)
    read = open_labels(labels, labels_mode)
    opened = open_sources(runs, table, labels=read, tell=tell, tasks=task)
    reported = report_sources(opened, policies_of(policy), data=own, sample=sample, texts=texts, tell=tell)
    doing("writing the page")
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
    opened: Sequence[source.Source],
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
    from judgebench.judges.sent import Sent  # noqa: PLC0415 - loaded on use
    from judgebench.report.page.parts import Reported  # noqa: PLC0415 - loaded on use

    standings = Standings()
    tasks: dict[tuple[str, str], tuple[Task | None, str]] = {}

    def measured(source: source.Source) -> Reported:
        stored = source.as_run()
        policies = source.policies(policy)
        name = (source.task, source.revision)
        if name not in tasks:
            tasks[name] = _behind(source, data, sample=sample, tell=tell) if texts else (None, "")
        task, unread = tasks[name]
        sent = None if task is None else Sent.of(stored.run)
        return Reported(
            run=stored.run,
            rows=tuple(source.measure(policy, by_system=True, verify=False)),
            policies=policies,
            judged=_judged(source, stored, policies),
            verdicts=stored.verdicts,
            items=None if task is None else _items_of(task),
            licence=_licence(source.task),
            unread=unread,
            sent=None if sent is None else sent.first,
            beside={} if source.stored is None else source.stored.beside(),
            standing=_standing(source, standings),
            about=_about(source.task),
        )

    return each_fit(opened, measured, (UnscoredError,), tell=tell)


def _standing(source: source.Source, standings: Standings) -> str:
    """Say whether a run's judge was validated; of a rule or a recording only where somebody did."""
    if source.stored is None:
        return ""
    asked = "prompts" in source.stored.run.settings
    return next(standings.told(source.stored, source.judge, always=asked), "")


def _judged(source: source.Source, stored: StoredRun | TableRun, policies: Policies) -> Judged:
    from judgebench.agreement.matching import judged_run  # noqa: PLC0415 - loaded on use

    if source.stored is not None:
        return source.judged(policies)
    # The items of a table are named beside their gold.
    return judged_run(stored.run, stored.judgments(), policies)


def _behind(
    source: source.Source, data: Path | None, *, sample: bool, tell: Callable[[str], None]
) -> tuple[Task | None, str]:
    if source.stored is None:
        return table_texts(source)
    return task_behind(source.stored, data, sample=sample, tell=tell)


def _items_of(task: Task) -> Callable[[], Iterator[Item]]:
    return lambda: iter(task.items())


def _licence(task: str) -> str:
    card = _card(task)
    return "" if card is None else card.licence


def _about(task: str) -> str:
    card = _card(task)
    split = task.partition(":")[2]
    return "" if card is None else f"{card.title}, {split}" if split else card.title


def _card(task: str) -> Card | None:
    from judgebench.tasks.card import card_names, load_card  # noqa: PLC0415 - loaded on use

    name = task.partition(":")[0]
    return load_card(name) if name in card_names() else None

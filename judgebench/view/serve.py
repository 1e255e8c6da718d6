"""Start the server on what the rooms below write for it (figures, reports, comparisons), and end it within a second."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from judgebench.api.items import Items
from judgebench.api.parameters import check_texts, keys, options_of
from judgebench.api.source import Given
from judgebench.api.sources import open_sources
from judgebench.api.tables import LabelsAndScores
from judgebench.errors import UsageError, argument
from judgebench.store.remote import fetched
from judgebench.store.runs import StoredRun
from judgebench.view.app import Pages, View
from judgebench.view.guard import LOOPBACK, Guard
from judgebench.view.own_table import OwnTable
from judgebench.view.rubric import read_rubric
from judgebench.view.run_table import RunTable
from judgebench.view.sessions import LabelTasks, Sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from judgebench.agreement.matching import Matched
    from judgebench.api.source import Source
    from judgebench.report.document.model import Document
    from judgebench.report.line import Line
    from judgebench.view.comparison import Compared
    from judgebench.view.labelling import Selection
    from judgebench.view.run_table import Shown

#: Seconds that requests under way have at the end.
_GRACE = 0.5


def build(
    runs: Path,
    tasks: Sequence[str],
    *,
    labels: Path,
    selection: Selection,
    rubric: Path | None,
    data: Path | None,
    sample: bool,
    policy: Sequence[str],
    tell: Callable[[str], None],
    csv: Sequence[Path] = (),
    columns: Mapping[str, Any] | None = None,
) -> View:
    """Put the server's parts together: the runs of a folder, and items of tasks (by default theirs) to label.

    With ``csv`` it is the judges of a table of one's own instead, whose ``columns`` are named.
    """
    check_texts(sample=sample, data=data)
    if rubric is not None:
        # What can't be read is said now, not to the first annotator.
        read_rubric(rubric)
    table: RunTable

    def sources(chosen: Sequence[Shown]) -> list[Source]:
        return table.sources(chosen)

    measured, pages = rooms(policy, sources, data=data, sample=sample, tell=tell)
    said = {} if csv else _of_tables(columns or {}, tasks)
    if csv:
        table = OwnTable(csv, lambda: open_sources(Given((), csv), columns or {}, tell=tell), measured)
    else:
        folder = fetched(runs)
        if not folder.is_dir() and not tasks:
            raise UsageError(
                f"there is no folder {runs}; `judgebench run … --runs DIR` makes one, "
                f"{argument('task')} T labels items without one"
            )
        table = RunTable(folder, measured)
    offered = LabelTasks(table, tasks, said, data=data, sample=sample)
    offered.check()
    return View(table, Sessions(offered.names, offered.open, labels, selection, measured, rubric), pages)


def _of_tables(columns: Mapping[str, Any], tasks: Sequence[str]) -> dict[str, Any]:
    """Take what was said of tables of items; UsageError where it is about judges, or no task was named."""
    said = {name: one for name, one in columns.items() if options_of({name: one}, LabelsAndScores)}
    strange = [argument(name) for name in said if not tasks or name not in keys(Items)]
    if strange:
        told = ", ".join(strange)
        raise UsageError(
            f"{told}: this is about a table; give {argument('csv')} FILE"
            + ("" if tasks else f", or {argument('task')} FILE to label its items")
        )
    return said


def rooms(
    policy: Sequence[str],
    sources: Callable[[Sequence[Shown]], list[Source]],
    *,
    data: Path | None,
    sample: bool,
    tell: Callable[[str], None],
) -> tuple[Callable[[Shown], Line], Pages]:
    """Put together how runs are measured, on all of their items, and how their reports and comparisons are written."""
    from judgebench.agreement.compare.compare import compare as hold  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.compare.differing import differing  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.compare.standings import compare_all  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.matching import match  # noqa: PLC0415 - loaded on use
    from judgebench.api.report import report_sources  # noqa: PLC0415 - loaded on use
    from judgebench.api.texts import items_of, table_texts  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use
    from judgebench.report.compare import TwoJudges  # noqa: PLC0415 - loaded on use
    from judgebench.report.line import Line  # noqa: PLC0415 - loaded on use
    from judgebench.report.page.page import report_page  # noqa: PLC0415 - loaded on use
    from judgebench.report.standings import ManyJudges  # noqa: PLC0415 - loaded on use
    from judgebench.report.versions import versions_of  # noqa: PLC0415 - loaded on use
    from judgebench.view.comparison import Compared  # noqa: PLC0415 - loaded on use

    def measured(stored: Shown) -> Line:
        (source,) = sources([stored])
        row = source.measure(policy, by_system=False, verify=False)[0]
        return Line(row, source.judge, source.ratings)

    def report(chosen: Sequence[Shown]) -> str:
        opened = sources(chosen)
        return report_page(report_sources(opened, policy, data=data, sample=sample, texts=True, tell=tell), live=True)

    def matched(chosen: Sequence[Shown]) -> Matched:
        return match([one.judged(one.own.override(policy)) for one in sources(chosen)], shared=True)

    def compare(before: Shown, after: Shown) -> Compared:
        both = matched([after, before])
        versions = versions_of(after.run, before.run)
        found = replace(hold(both, [], known=metrics()), differing=tuple(differing(both)), versions=versions)
        if isinstance(after, StoredRun):
            texts, unread = items_of(after, data, sample=sample)
        else:
            task, unread = table_texts(sources([after])[0])
            texts = {} if task is None else {item.id: item for item in task.items()}
        return Compared(TwoJudges(found), both, (before, after), texts, unread)

    def standings(chosen: Sequence[Shown]) -> Document:
        return ManyJudges(compare_all(matched(chosen), known=metrics()))

    return measured, Pages(report, compare, standings)


def serve(view: View, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; ``ready`` hears the address that lets a browser in.

    ``host`` is a loopback address, and port 0 takes a free one. UsageError where it can't be had.
    """
    with contextlib.closing(_listening(host, port)) as listener:
        try:
            asyncio.run(_serve(view, listener, host, ready))
        except KeyboardInterrupt:
            # Before the loop had its own handler, or a second Ctrl-C.
            pass
        finally:
            view.close()


def _listening(host: str, port: int) -> socket.socket:
    if host not in LOOPBACK:
        raise UsageError(f"{argument('host')} {host}: view serves this machine only: {', '.join(LOOPBACK)}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # The name could be made to mean another machine.
        listener.bind(("127.0.0.1" if host == "localhost" else host, port))
    except OSError as error:
        listener.close()
        raise UsageError(
            f"can't listen on {host}:{port}: {error.strerror}; {argument('port')} 0 takes a free one"
        ) from None
    return listener


def _is_ours(record: logging.LogRecord) -> bool:
    """Leave out what is not HTTP: whoever sends it is answered, and writes nothing into the person's terminal."""
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


async def _serve(view: View, listener: socket.socket, host: str, ready: Callable[[str], None]) -> None:
    guard = Guard(host, listener.getsockname()[1])
    logger = logging.getLogger(__name__)
    logger.addFilter(_is_ours)
    runner = web.AppRunner(view.app(guard), access_log=None, logger=logger, shutdown_timeout=_GRACE)
    await runner.setup()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError):
            loop.add_signal_handler(number, stop.set)
    try:
        await web.SockSite(runner, listener).start()
        ready(guard.link)
        await stop.wait()
    finally:
        await runner.cleanup()

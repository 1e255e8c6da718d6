"""Start the server, and end it within a second."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from typing import TYPE_CHECKING

from aiohttp import web

from judgebench.api.checks import check_texts
from judgebench.errors import UsageError
from judgebench.store.remote import fetched
from judgebench.view.app import View
from judgebench.view.guard import LOOPBACK, Guard
from judgebench.view.label_tasks import LabelTasks
from judgebench.view.pages import rooms
from judgebench.view.run_table import RunTable
from judgebench.view.sessions import Sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from judgebench.view.labelling import Selection

#: Seconds that requests under way have at the end.
_GRACE = 0.5


def build(
    runs: Path,
    tasks: Sequence[str],
    *,
    labels: Path,
    selection: Selection,
    data: Path | None,
    sample: bool,
    policy: Sequence[str],
    tell: Callable[[str], None],
) -> View:
    """Put the server's parts together: the runs of a folder, and items of tasks (by default theirs) to label."""
    check_texts(sample=sample, data=data)
    folder = fetched(runs)
    if not folder.is_dir() and not tasks:
        raise UsageError(
            f"there is no folder {runs}; `judgebench run … --runs DIR` makes one, --task T labels without one"
        )
    measured, pages = rooms(policy, data=data, sample=sample, tell=tell)
    table = RunTable(folder, measured)
    offered = LabelTasks(table, tasks, data=data, sample=sample)
    return View(table, Sessions(offered.names, offered.open, labels, selection, measured), pages)


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
        raise UsageError(f"--host {host}: view serves this machine only: {', '.join(LOOPBACK)}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # The name could be made to mean another machine.
        listener.bind(("127.0.0.1" if host == "localhost" else host, port))
    except OSError as error:
        listener.close()
        raise UsageError(f"can't listen on {host}:{port}: {error.strerror}; --port 0 takes a free one") from None
    return listener


async def _serve(view: View, listener: socket.socket, host: str, ready: Callable[[str], None]) -> None:
    guard = Guard(host, listener.getsockname()[1])
    runner = web.AppRunner(view.app(guard), access_log=None, shutdown_timeout=_GRACE)
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

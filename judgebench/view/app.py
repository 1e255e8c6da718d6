"""The server's pages and what they ask for."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from judgebench.errors import IncompleteError, JudgebenchError, UsageError
from judgebench.report.document.as_html import page
from judgebench.view import payload
from judgebench.view.compare_page import compare_page, standings_page
from judgebench.view.guard import add_headers, middleware
from judgebench.view.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.report.document.model import Document
    from judgebench.view.comparison import Compared
    from judgebench.view.guard import Guard
    from judgebench.view.labelling import Session
    from judgebench.view.run_table import RunTable, Shown
    from judgebench.view.sessions import Sessions


#: Bytes that a request may have.
_MOST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Pages:
    """What the rooms below make of runs: a report, the comparison of two (before, after), standings of more."""

    report: Callable[[Sequence[Shown]], str]
    compare: Callable[[Shown, Shown], Compared]
    standings: Callable[[Sequence[Shown]], Document]


class View:
    """What is served: runs, the tasks that can be labelled, and how reports are written."""

    def __init__(self, runs: RunTable, sessions: Sessions, pages: Pages) -> None:
        self._runs = runs
        self._sessions = sessions
        self._pages = pages
        # Saving a label must not wait for a large run to be measured.
        self._measuring = Worker("measuring")
        self._labelling = Worker("labelling")
        self._busy = False
        self._written: dict[tuple[str, ...], tuple[str, str]] = {}
        self._compared: dict[tuple[str, ...], tuple[str, Compared]] = {}

    def app(self, guard: Guard) -> web.Application:
        """Put the routes together."""
        app = web.Application(middlewares=[middleware(guard), _errors], client_max_size=_MOST)
        app.on_response_prepare.append(add_headers)
        app.add_routes(
            [
                web.get("/", self.index),
                web.get("/report", self.report),
                web.get("/compare", self.compare),
                web.get("/label", self.label),
                web.get("/api/runs", self.runs),
                web.get("/api/stamps", self.stamps),
                web.get("/api/compare/items", self.changed),
                web.get("/api/compare/item", self.change),
                web.get("/api/tasks", self.tasks),
                web.post("/api/label/open", self._label(self.open)),
                web.post("/api/label/item", self._label(self.item)),
                web.post("/api/label/save", self._label(self.save)),
                web.post("/api/label/reveal", self.reveal),
                web.post("/api/label/together", self._label(self.together)),
                web.post("/api/label/apart", self._label(self.apart)),
                web.post("/api/label/settle", self._label(self.settle)),
            ]
        )
        return app

    def close(self) -> None:
        """Let go of all files."""
        self._sessions.close()

    async def index(self, _: web.Request) -> web.Response:
        """Show the list of runs."""
        return _html(
            page(
                "view.runs",
                title="Runs",
                styles=["view.css", "view.runs.css"],
                scripts=["texts.js", "view.js", "view.runs.draw.js", "view.runs.js"],
                live=True,
            )
        )

    async def label(self, _: web.Request) -> web.Response:
        """Show the page to label on."""
        return _html(
            page(
                "view.label",
                title="Label items",
                styles=["view.css", "view.label.css"],
                scripts=[
                    "texts.js",
                    "view.js",
                    "view.item.js",
                    "view.label.draw.js",
                    "view.label.agree.js",
                    "view.label.js",
                ],
                live=True,
            )
        )

    async def report(self, request: web.Request) -> web.Response:
        """Show the report of the runs that the address names, or of all."""
        return await self._page(request, "report", self._pages.report)

    async def compare(self, request: web.Request) -> web.Response:
        """Show two runs or more, paired."""
        names = payload.names(request)
        if len(names) < 2:
            raise UsageError("choose two runs of one task to compare, on the page of all runs")

        def written(stored: Sequence[Shown]) -> str:
            _check_task(stored)
            if len(stored) > 2:
                return standings_page(self._pages.standings(stored), stored, names)
            return compare_page(self._comparison(names), names)

        return await self._page(request, "compare", written)

    async def changed(self, request: web.Request) -> web.Response:
        """List the items that changed between two runs."""
        names = payload.names(request)
        return _json({"items": await self._measuring.do(lambda: self._comparison(names).listed())})

    async def change(self, request: web.Request) -> web.Response:
        """Show one of them."""
        names, place = payload.names(request), request.query.get("n", "")

        def shown() -> dict[str, Any]:
            compared = self._comparison(names)
            if not re.fullmatch(r"[0-9]{1,9}", place) or int(place) >= len(compared.changed):
                raise UsageError(f"there is no such item; {len(compared.changed)} changed")
            return compared.show(int(place))

        return _json(await self._measuring.do(shown))

    def _comparison(self, names: list[str]) -> Compared:
        """Compare two runs, or take the comparison of before where neither has grown."""
        stamp, key = self._runs.stamps(names), tuple(names)
        if self._compared.get(key, ("", None))[0] != stamp:
            stored = self._runs.opened(names)
            if len(stored) != 2:
                raise UsageError("choose two runs that hold verdicts")
            # One is kept: it holds the texts of all items that changed.
            self._compared = {key: (stamp, self._pages.compare(*stored))}
        return self._compared[key][1]

    async def _page(self, request: web.Request, kind: str, write: Callable[[Sequence[Shown]], str]) -> web.Response:
        names = payload.names(request)

        def written() -> tuple[str, str]:
            # Looked at before reading: what comes in meanwhile is in the next stamp.
            stamp, key = self._runs.stamps(names), (kind, *names)
            if self._written.get(key, ("", ""))[0] != stamp:
                # One page is kept: they are large, and reloaded more often than changed.
                self._written = {key: (stamp, write(self._runs.opened(names)))}
            return self._written[key]

        stamp, text = await self._measuring.do(written)
        response = _html(text)
        # The page itself is the same as in a file; its script reads here what it is about.
        response.headers["Server-Timing"] = f'stamp;desc="{stamp}"'
        return response

    async def runs(self, _: web.Request) -> web.Response:
        """Say how all runs are, and set about measuring what has grown."""
        rows = self._runs.to_json()
        if not self._busy and (entry := self._runs.due()) is not None:
            self._busy = True

            def measured() -> None:
                try:
                    self._runs.measure(entry)
                finally:
                    self._busy = False

            self._measuring.post(measured)
        return _json({"runs": rows})

    async def stamps(self, request: web.Request) -> web.Response:
        """Say whether runs have changed."""
        return _json({"stamp": self._runs.stamps(payload.names(request))})

    async def tasks(self, _: web.Request) -> web.Response:
        """Name the tasks that can be labelled."""
        return _json({"tasks": await self._labelling.do(self._sessions.names)})

    def _label(self, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[web.Request], Any]:
        """Make a handler of what answers a JSON object with one; one label is kept after the other."""

        async def handle(request: web.Request) -> web.Response:
            data = await payload.body(request)
            return _json(await self._labelling.do(lambda: answer(data)))

        return handle

    def open(self, data: dict[str, Any]) -> dict[str, Any]:
        """Begin to label, or go on where one left off."""
        session = self._session(data)
        self._sessions.refresh(session)
        together = self._sessions.together(session)
        overview = session.overview() | {
            "command": self._sessions.command(session, self._runs.root),
            "common": self._sessions.common(self._runs.root),
            "people": together.progress(),
            "shared": len(together.shared()),
        }
        return {"overview": overview, "next": _next(session, -1, over=data.get("over") is True)}

    def item(self, data: dict[str, Any]) -> dict[str, Any]:
        """Show one item."""
        return self._session(data).show(payload.whole(data, "n"))

    def save(self, data: dict[str, Any]) -> dict[str, Any]:
        """Keep a label; the answer says that it is on the disk."""
        session, n = self._session(data), payload.whole(data, "n")
        session.save(
            n,
            payload.text(data, "mark"),
            payload.code(data),
            comment=payload.comment(data),
            seconds=payload.number(data, "seconds"),
            attempt=payload.text(data, "attempt"),
        )
        following = _next(session, n, over=data.get("over") is True)
        return {"saved": True, "progress": session.progress(), "next": following}

    async def reveal(self, request: web.Request) -> web.Response:
        """Measure judges against a person who is through."""
        data = await payload.body(request)
        session = await self._labelling.do(lambda: self._session(data))

        def revealed() -> dict[str, Any]:
            return self._sessions.reveal(session, self._runs.stored())

        return _json(await self._measuring.do(revealed))

    def together(self, data: dict[str, Any]) -> dict[str, Any]:
        """Say how far a person and the others agree, and on what they differ."""
        return self._sessions.together(self._session(data)).to_json()

    def apart(self, data: dict[str, Any]) -> dict[str, Any]:
        """Show an item on which people differ."""
        return self._sessions.together(self._session(data)).show(payload.whole(data, "n"))

    def settle(self, data: dict[str, Any]) -> dict[str, Any]:
        """Keep what people settle on about an item."""
        said = payload.code(data)
        if said is None:
            raise UsageError("choose a label to settle on, or leave the item open")
        n, mark, comment = payload.whole(data, "n"), payload.text(data, "mark"), payload.comment(data)
        return self._sessions.settle(self._session(data), n, mark, said, comment).to_json()

    def _session(self, data: dict[str, Any]) -> Session:
        return self._sessions.session(payload.text(data, "task"), payload.text(data, "annotator"))


def _next(session: Session, n: int, *, over: bool) -> int | None:
    return session.skipped(n) if over else session.following(n)


def _check_task(stored: Sequence[Shown]) -> None:
    tasks = list(dict.fromkeys(one.run.task for one in stored))
    if len(tasks) > 1:
        raise UsageError(
            f"these runs are of {len(tasks)} tasks ({', '.join(tasks)}): choose runs of one task to compare"
        )


def _html(text: str, status: int = 200) -> web.Response:
    body = text.encode("utf-8", "replace")
    return web.Response(body=body, status=status, content_type="text/html", charset="utf-8")


def _json(value: Any, status: int = 200) -> web.Response:
    # ASCII only: a lone surrogate in a text has no UTF-8.
    body = json.dumps(value, ensure_ascii=True, allow_nan=False).encode("ascii")
    return web.Response(body=body, status=status, content_type="application/json")


@web.middleware
async def _errors(request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except IncompleteError as error:
        return _failed(request, str(error), 507)
    except UsageError as error:
        return _failed(request, str(error), 400)
    except JudgebenchError as error:
        return _failed(request, str(error), 422)
    else:
        return response


def _failed(request: web.Request, why: str, status: int) -> web.Response:
    if request.path.startswith("/api/"):
        return _json({"error": why}, status)
    return _html(page("view.failed", title="judgebench view", why=why), status)

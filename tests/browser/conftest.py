"""A real browser (Debian's chromium, headless) in which nothing may go wrong unseen: ``nox -s browser``."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_CHROMIUM = os.environ.get("JUDGEBENCH_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
#: The session that is about browsers must not pass by skipping.
_REFUSE = pytest.fail if os.environ.get("JUDGEBENCH_NEEDS") == "browser" else pytest.skip
#: Read here: no test sees this project's variables.
_SHOTS = os.environ.get("JUDGEBENCH_SHOTS")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Seen:
    """What a page did besides being looked at."""

    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def nothing_wrong(self) -> None:
        """Hold that no error was printed or raised."""
        assert not self.errors, self.errors
        assert not self.console, self.console

    def left(self) -> list[str]:
        """Name the requests that went anywhere but to the opened file."""
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]


# While the driver is open its event loop runs in this thread, where the commands of other folders' tests start theirs.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: nox -s browser")
    if _CHROMIUM is None:
        _REFUSE("no chromium here: apt-get install chromium, or set JUDGEBENCH_CHROMIUM")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=_CHROMIUM, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Any) -> Iterator[Callable[..., tuple[Any, Seen]]]:
    """Open a page of its own context; keywords are those of ``Browser.new_context`` (viewport, color_scheme ...)."""
    contexts: list[Any] = []

    def opened(**how: Any) -> tuple[Any, Seen]:
        context = chromium.new_context(**how)
        contexts.append(context)
        page, seen = context.new_page(), Seen()
        page.on("console", lambda said: seen.console.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("dialog", lambda dialog: (seen.errors.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        context.on("request", lambda request: seen.requests.append(request.url))
        return page, seen

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def violations() -> Callable[[Any], list[str]]:
    """Ask axe what is serious or critical on a page; the page's own policy is bypassed by ``bypass_csp=True``."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe: nox -s browser").Axe()

    def found(page: Any) -> list[str]:
        results = axe.run(page).response["violations"]
        return [
            f"{one['id']}: {node['html'][:200]}"
            for one in results
            if one["impact"] in {"serious", "critical"}
            for node in one["nodes"]
        ]

    return found


@pytest.fixture
def shot(tmp_path: Path) -> Callable[[Any, str], Path]:
    """Keep a screenshot: in JUDGEBENCH_SHOTS where that is set, to be looked at."""
    from pathlib import Path  # the folder is named by whoever wants to look

    folder = Path(_SHOTS or tmp_path)

    def taken(page: Any, name: str) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / name)
        return folder / name

    return taken

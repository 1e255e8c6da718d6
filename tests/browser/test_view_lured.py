"""A page of another port of this machine, open in the same browser: cookies know no ports, the guard does."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from servers.labellers import Labeller
from servers.viewing import ViewServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Lure(http.server.BaseHTTPRequestHandler):
    """Serve an empty page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!DOCTYPE html><title>lure</title>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def lure() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Lure) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ViewServer]:
    asking = ("run", "--judge", "baseline/longest", "--task", "pandalm", "--sample", "-q")
    subprocess.run([sys.executable, "-m", "judgebench", *asking], cwd=tmp_path, check=True, capture_output=True)
    started = ViewServer(tmp_path)
    yield started
    started.kill()


def test_a_link_of_another_port_begins_no_labelling(server: ViewServer, lure: str, new_page: Any) -> None:
    page, _ = new_page()
    Labeller(page, []).enter(server)
    page.goto(lure)
    to = f"{server.address}/label?task=pandalm&annotator=lured"
    page.evaluate("to => { location.href = to; }", to)
    page.wait_for_url(to)
    page.wait_for_load_state("networkidle")
    assert "a page of elsewhere asked for this" in page.text_content("body")
    assert not (server.folder / "labels").exists()
    # Whoever opens it themselves gets on.
    page.goto(to)
    page.wait_for_selector("#work:not([hidden])")


def test_a_page_of_another_port_reads_and_sends_nothing(server: ViewServer, lure: str, new_page: Any) -> None:
    page, _ = new_page()
    Labeller(page, []).enter(server)
    page.goto(lure)
    tried = page.evaluate(
        """async at => {
          const body = '{"task":"pandalm","annotator":"lured"}';
          const plain = { method: "POST", mode: "no-cors", headers: { "Content-Type": "text/plain" }, body };
          const json = { method: "POST", headers: { "Content-Type": "application/json" }, body };
          const said = [];
          async function tried(path, how) {
            try { said.push((await fetch(at + path, { credentials: "include", ...how })).type); }
            catch (error) { said.push(error.name); }
          }
          await tried("/api/runs", {});
          await tried("/api/runs", { mode: "no-cors" });
          await tried("/report", { mode: "no-cors" });
          await tried("/api/label/open", plain);
          await tried("/api/label/open", json);
          const frame = document.createElement("iframe");
          frame.src = at + "/label";
          document.body.append(frame);
          await new Promise((done) => { frame.onload = done; });
          said.push(frame.contentDocument === null ? "closed" : "open");
          return said;
        }""",
        server.address,
    )
    assert tried == ["TypeError"] * 5 + ["closed"]
    assert not (server.folder / "labels").exists()

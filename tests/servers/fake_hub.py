"""A stand-in of the Hugging Face hub on loopback, as far as ``datasets`` and ``huggingface_hub`` ask it.

    with FakeHub() as hub:
        hub.add("owner/name", {"data/test-00000-of-00001.parquet": parquet(rows), "README.md": card_yaml(...)})
        subprocess.run(..., env=hub.env(tmp_path))

It knows repository and revision pages, trees, path infos and files (with HEAD, ranges and the hub's headers and
error codes), gated repositories and tokens. ``hub.requests`` logs what was asked.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


@dataclass
class Repository:
    """A dataset repository with one commit."""

    files: dict[str, bytes]
    commit: str
    gated: int = 0  # the status for people without `token`: 401 or 403
    token: str = ""
    branches: set[str] = field(default_factory=lambda: {"main"})


class FakeHub:
    """The server; use it as a context manager."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.requests: list[tuple[str, str]] = []
        hub = self

        class Handler(_Handler):
            server_hub = hub

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def endpoint(self) -> str:
        """What HF_ENDPOINT should say."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def add(self, name: str, files: Mapping[str, bytes | str], *, gated: int = 0, token: str = "") -> Repository:
        """Publish (or replace) a dataset; its commit follows from the content."""
        content = {path: data.encode() if isinstance(data, str) else data for path, data in files.items()}
        mark = hashlib.sha1(usedforsecurity=False)
        for path in sorted(content):
            mark.update(path.encode() + b"\0" + content[path])
        self.repositories[name] = Repository(content, mark.hexdigest(), gated, token)
        return self.repositories[name]

    def env(self, home: Path, **more: str) -> dict[str, str]:
        """Environment of a process that knows this hub and no other, with a home of its own."""
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUGGING", "JUDGEBENCH_"))
        }
        return kept | {
            "HF_ENDPOINT": self.endpoint,
            "HF_HOME": str(home / "hf"),
            "JUDGEBENCH_CACHE": str(home / "cache"),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_XET": "1",
            "NO_PROXY": "127.0.0.1",
            **more,
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    server_hub: FakeHub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        pass

    def do_HEAD(self) -> None:
        self._route()

    def do_GET(self) -> None:
        self._route()

    def do_POST(self) -> None:
        self._route()

    def _route(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlsplit(self.path).path)
        self.server_hub.requests.append((self.command, path))
        api = path.startswith("/api/datasets/")
        parts = path.removeprefix("/api").removeprefix("/datasets/").split("/")
        repository = self.server_hub.repositories.get("/".join(parts[:2]))
        if not (api or path.startswith("/datasets/")):
            self._error(404, "", "no such page")
        elif repository is None:
            # The real hub answers 401 to strangers, so that nobody learns which private datasets exist.
            self._error(401, "RepoNotFound", "Repository not found")
        else:
            self._repository(repository, "/".join(parts[:2]), parts[2:], body, api=api)

    def _repository(self, repository: Repository, name: str, rest: list[str], body: bytes, *, api: bool) -> None:
        known = not repository.gated or self.headers.get("Authorization") == f"Bearer {repository.token}"
        verb = rest[0] if rest else ""
        # A branch such as refs/convert/parquet spans several pieces; none but main exists here.
        revision = rest[1] if len(rest) > 1 else "main"
        tail = "/".join(rest[2:])
        if verb and revision not in repository.branches | {repository.commit}:
            self._error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        elif not api and verb == "resolve":
            if not known:
                self._error(repository.gated, "GatedRepo", "Access to this dataset is restricted")
            elif tail not in repository.files:
                self._error(404, "EntryNotFound", "Entry not found", commit=repository.commit)
            else:
                self._file(repository, tail)
        elif api and verb in {"", "revision"}:
            self._json({
                "_id": "0" * 24, "id": name, "author": name.partition("/")[0], "sha": repository.commit,
                "private": False, "gated": "auto" if repository.gated else False, "disabled": False,
                "downloads": 0, "likes": 0, "tags": [], "lastModified": "2024-11-01T00:00:00.000Z",
                "createdAt": "2024-11-01T00:00:00.000Z",
                "siblings": [{"rfilename": path} for path in repository.files],
            })  # fmt: skip
        elif api and verb == "tree":
            self._tree(repository, tail)
        elif api and verb == "paths-info":
            asked = (
                json.loads(body)["paths"]
                if "json" in self.headers.get("Content-Type", "")
                else parse_qs(body.decode()).get("paths", [])
            )
            self._json([entry for path in asked for entry in _entries(repository) if entry["path"] == path.strip("/")])
        else:
            self._error(404, "", "no such page")

    def _tree(self, repository: Repository, folder: str) -> None:
        recursive = "recursive=true" in self.path.lower()
        inside = [e for e in _entries(repository) if not folder or e["path"].startswith(f"{folder}/")]
        if folder and not inside:
            self._error(404, "EntryNotFound", f"{folder} does not exist")
            return
        depth = folder.count("/") + 1 if folder else 0
        self._json([e for e in inside if recursive or e["path"].count("/") == depth])

    def _file(self, repository: Repository, path: str) -> None:
        content = repository.files[path]
        status, start, end = 200, 0, len(content)
        asked = self.headers.get("Range", "")
        if asked.startswith("bytes=") and content:
            low, _, high = asked.removeprefix("bytes=").partition("-")
            start = int(low) if low else max(0, len(content) - int(high))
            end = min(int(high) + 1, len(content)) if low and high else len(content)
            status = 206
        headers = {
            "ETag": f'"{_oid(content)}"',
            "X-Repo-Commit": repository.commit,
            "Accept-Ranges": "bytes",
            "Content-Type": "application/octet-stream",
        }
        if status == 206:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(content)}"
        self._send(status, content[start:end], headers)

    def _json(self, value: object) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _error(self, status: int, code: str, message: str, commit: str = "") -> None:
        headers = {"Content-Type": "application/json", "X-Error-Message": message}
        if code:
            headers["X-Error-Code"] = code
        if commit:
            headers["X-Repo-Commit"] = commit
        self._send(status, json.dumps({"error": message}).encode(), headers)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _oid(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _entries(repository: Repository) -> list[dict[str, Any]]:
    """Files and folders, as trees list them."""
    folders = {path.rsplit("/", depth)[0] for path in repository.files for depth in range(1, path.count("/") + 1)}
    return [
        *({"type": "directory", "oid": _oid(folder.encode()), "size": 0, "path": folder} for folder in sorted(folders)),
        *(
            {"type": "file", "oid": _oid(content), "size": len(content), "path": path}
            for path, content in repository.files.items()
        ),
    ]


def parquet(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Rows as a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), sink)
    return sink.getvalue()


def jsonl(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Rows as JSON lines."""
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def readme(configs: Mapping[str, Mapping[str, str]]) -> str:
    """Build a dataset card that maps configurations to splits to files."""
    lines = ["---", "configs:"]
    for config, splits in configs.items():
        lines += [f"- config_name: {config}", "  data_files:"]
        for split, path in splits.items():
            lines += [f"  - split: {split}", f"    path: {path}"]
    return "\n".join([*lines, "---", "# A dataset for tests", ""])

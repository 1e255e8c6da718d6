"""``--refresh``: ask a run afresh, and keep what it held under another name."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from judgebench.files.lines import replace_file, sync
from judgebench.store.lines import VERDICTS
from judgebench.store.parquet import PACKED
from judgebench.store.stored import REFRESHED, SETTLED, read_mark

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def started(path: Path) -> bool:
    """Whether a run was asked afresh, so that no other run's answers may serve it."""
    return bool(read_mark(path / REFRESHED))


def begin(path: Path) -> None:
    """Set a run's verdicts aside, unless an earlier refresh of it is not finished yet: that one goes on."""
    mark = read_mark(path / REFRESHED)
    if mark and not mark.get("finished"):
        return
    at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    # First the intention, then the deed: a process that is killed between them is made good by `resume`.
    _write(path, {"at": at, "aside": _unused(path, at), "finished": False, "moved": False})
    resume(path)


def resume(path: Path) -> None:
    """Do what an interrupted `begin` left to do."""
    mark = read_mark(path / REFRESHED)
    if not mark or mark.get("moved", True):
        return
    (path / SETTLED).unlink(missing_ok=True)
    for name in (VERDICTS, PACKED):
        stem, _, kind = name.partition(".")
        aside = path / f"{stem}-{mark['aside']}.{kind}"
        if (path / name).exists() and not aside.exists():
            (path / name).rename(aside)
    sync(path)
    _write(path, mark | {"moved": True})


def finish(path: Path) -> None:
    """Note that all of a refreshed run was asked: the next ``--refresh`` starts afresh."""
    mark = read_mark(path / REFRESHED)
    if mark and not mark.get("finished"):
        _write(path, mark | {"finished": True})


def _unused(path: Path, at: str) -> str:
    names = (at, *(f"{at}-{n}" for n in range(2, 1000)))
    return next(name for name in names if not list(path.glob(f"verdicts-{name}.*")))


def _write(path: Path, mark: Mapping[str, object]) -> None:
    replace_file(path / REFRESHED, [json.dumps(mark).encode() + b"\n"])

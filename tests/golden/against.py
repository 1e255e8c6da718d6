"""The outputs of two trees, byte by byte: what differs, and whether `changes.toml` says that it should."""

from __future__ import annotations

import difflib
import fnmatch
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
REPO = HERE.parent.parent
CHANGES = HERE / "changes.toml"
_LONGEST_DIFF = 24


@dataclass
class Change:
    """Outputs that may differ, and why: by texts in place of others, by what a pattern adds, by being new or gone, or at will."""

    outputs: str
    reason: str
    replace: list[list[str]] = field(default_factory=list)
    new: bool = False
    gone: bool = False
    free: bool = False
    added: str = ""
    used: bool = False

    def __post_init__(self) -> None:
        if sum(map(bool, (self.replace, self.new, self.gone, self.free, self.added))) != 1 or not self.reason.strip():
            raise ValueError(
                f"{CHANGES.name}: {self.outputs}: give a reason, and one of replace, added, new, gone and free"
            )


def read_changes(file: Path = CHANGES) -> list[Change]:
    """Read the changes made on purpose."""
    return [Change(**one) for one in tomllib.loads(file.read_text("utf-8")).get("change", [])]


def explain(name: str, old: bytes | None, new: bytes | None, changes: list[Change]) -> list[Change]:
    """Find the changes that turn the old output into the new one; none where they don't."""
    mine = [one for one in changes if any(fnmatch.fnmatchcase(name, pattern) for pattern in one.outputs.split())]
    if old is None or new is None:
        return [one for one in mine if (one.new and old is None) or (one.gone and new is None) or one.free]
    used = []
    turned = old.decode("utf-8", "surrogateescape")
    for one in mine:
        before = turned
        for text, other in one.replace:
            turned = turned.replace(text, other)
        used += [one] if turned != before else []
    now = new.decode("utf-8", "surrogateescape")
    for one in mine:
        before, now = now, re.sub(one.added, "", now) if one.added else now
        used += [one] if now != before else []
    if turned == now:
        return used
    return [one for one in mine if one.free]


def compare(old: Path, new: Path, changes: list[Change]) -> int:
    """Print what differs between two folders of outputs; return how many differences nothing explains."""
    names = sorted(
        {file.relative_to(root).as_posix() for root in (old, new) for file in root.rglob("*") if file.is_file()}
    )
    bad = allowed = 0
    for name in names:
        pair = [(root / name).read_bytes() if (root / name).is_file() else None for root in (old, new)]
        if pair[0] == pair[1]:
            continue
        if reasons := explain(name, *pair, changes):
            allowed += 1
            for one in reasons:
                one.used = True
            print(f"changed    {name}: {'; '.join(dict.fromkeys(one.reason for one in reasons))}")
            continue
        bad += 1
        print(f"DIFFERENT  {name}")
        print("".join(_diff(*pair)), end="")
    for one in changes:
        if not one.used:
            print(f"note: nothing changed as {CHANGES.name} says of {one.outputs} ({one.reason})")
    print(f"{len(names)} outputs: {len(names) - bad - allowed} the same, {allowed} changed as listed, {bad} different")
    return bad


def _diff(old: bytes | None, new: bytes | None) -> Iterator[str]:
    if old is None or new is None:
        yield "           only in the old tree\n" if new is None else "           only in the new tree\n"
        return
    sides = [content.decode("utf-8", "backslashreplace").splitlines() for content in (old, new)]
    for number, line in enumerate(difflib.unified_diff(*sides, "old", "new", n=0, lineterm="")):
        if number == _LONGEST_DIFF:
            yield "           …\n"
            return
        yield f"           {_window(line)}\n"


def _window(line: str, most: int = 400) -> str:
    return line if len(line) <= most else f"{line[:most]}… ({len(line)} characters)"


def outputs_of(tree: Path, which: str, only: str, into: Path) -> subprocess.Popen[bytes]:
    """Start playing a list on a tree, in a process that imports nothing else of it than the command line."""
    command = [sys.executable, "-P", str(HERE), "--play", which, "--only", only, "--into", str(into)]
    return subprocess.Popen(command, cwd=tree, env={**os.environ, "PYTHONPATH": str(tree), "PYTHONHASHSEED": "0"})


def against(revision: str, which: str, only: str = "") -> int:
    """Compare the working tree's outputs with a revision's; those of a revision are kept in the temporary folder."""
    commit = _git("rev-parse", "--verify", f"{revision}^{{commit}}").decode().strip()
    # Whatever decides the old outputs but the revision: the lists, this Python, the data.
    facts = [sys.version, sys.prefix, os.environ.get("JUDGEBENCH_DATA", ""), commit, which, only]
    facts += [
        hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(HERE.glob("*.*")) if file.suffix != ".toml"
    ]
    home = Path(tempfile.gettempdir()) / "judgebench-golden"
    kept = home / hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
    with tempfile.TemporaryDirectory(prefix="judgebench-golden-") as folder:
        tree, fresh, now = (Path(folder, name) for name in ("tree", "old", "new"))
        running = [outputs_of(REPO, which, only, now)]
        if not kept.is_dir():
            with zipfile.ZipFile(io.BytesIO(_git("archive", "--format=zip", commit))) as archive:
                archive.extractall(tree)
            running.append(outputs_of(tree, which, only, fresh))
        if any([process.wait() for process in running]):  # noqa: C419 - waits for all
            raise SystemExit("a list could not be played")
        if not kept.is_dir():
            home.mkdir(exist_ok=True)
            shutil.move(fresh, kept)
        return compare(kept, now, read_changes())


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=REPO, check=True, capture_output=True).stdout

"""Playing scenes: every command in this process, what it printed, its exit code and the files it wrote."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import io
import os
import platform
import re
import sys
import traceback
import warnings
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING

from once import measured_once

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from golden.steps import Scene, Step

#: What a clock says.
_CLOCKS = (
    (re.compile(r"\b\d{8}T\d{6}Z"), "<now>"),
    (re.compile(r'("at": )"\d{4}-\d\d-\d\d"'), r'\1"<today>"'),
    (re.compile(r"(\) in | retries, )[\d.,]+( s\b)"), r"\1<T>\2"),
    (re.compile(r'("seconds": )[\d.e+-]+(,\s+"usd")'), r"\1<T>\2"),
)
_LONG = re.compile(r"-?\d+\.\d{7,}(?:e[+-]?\d+)?|-?\d(?:\.\d+)?e[+-]?\d+|-0\.0\b")
#: Of files that are kept themselves, whose last bits of a figure may differ.
_SHA256 = re.compile(r'"[0-9a-f]{64}"')
_SIZES = re.compile(r"\b\d+\.\d MB")
_QUIET = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)


def play(scene: Scene, root: Path) -> dict[str, bytes]:
    """Run a scene's steps in an empty folder; outputs by name."""
    folder, home = root / "work", root / "home"
    for place in (folder, home):
        place.mkdir(parents=True)
    for name, content in scene.inputs.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    found: dict[str, bytes] = {}
    before = _files(folder)
    with _apart(folder, home), measured_once():
        for step in scene.steps:
            if step.change is not None:
                step.change(folder)
                before = _files(folder)
                continue
            said = _text(call(step))
            after = _files(folder)
            if step.kept:
                found[f"{scene.name}/{step.name}.txt"] = said.encode("utf-8", "surrogateescape")
                for name in sorted(name for name in after if after[name] != before.get(name)):
                    found[f"{scene.name}/{step.name}/{name}"] = (folder / name).read_bytes()
                if gone := sorted(before.keys() - after.keys()):
                    found[f"{scene.name}/{step.name}/gone"] = "\n".join(gone).encode()
            elif not said.partition("\n")[2].startswith("[exit 0]"):
                raise RuntimeError(f"{scene.name} can't be made ready:\n{said}")
            before = after
    return {_CLOCKS[0][0].sub("now", name): _steady(name, content, folder) for name, content in found.items()}


def call(step: Step) -> tuple[tuple[str, ...], int | str, str, str]:
    """Run a command in this process: its arguments, its exit code, stdout and stderr."""
    argv = tuple(part for given in step.argv for part in _expanded(given))
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n", write_through=True) for _ in "oe")
    code: int | str = 0
    kept = os.environ.copy(), sys.argv, sys.path.copy(), sys.stdin
    os.environ.update(step.env)
    sys.argv = ["judgebench", *argv]
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            io.StringIO() as sys.stdin,
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("always")
            for category in _QUIET:
                warnings.simplefilter("ignore", category)
            warnings.showwarning = _warn
            try:
                import_module("judgebench.__main__").main()
            except SystemExit as ended:
                code = 0 if ended.code is None else ended.code
            except Exception:  # noqa: BLE001 - a bug is an output, too
                code = "traceback"
                err.write(traceback.format_exc(limit=0))
    finally:
        os.environ.clear()
        os.environ.update(kept[0])
        sys.argv, sys.path[:], sys.stdin = kept[1:]
    said = [stream.buffer.getvalue().decode("utf-8", "surrogateescape") for stream in (out, err)]
    return argv, code, said[0], said[1]


def digests(found: Mapping[str, bytes]) -> dict[str, str]:
    """Digests that are the same on other machines: floats to ten digits, versions and sizes left out."""
    kept = {}
    for name, content in found.items():
        try:
            text = content.decode()
        except UnicodeDecodeError:
            continue
        text = text.replace(platform.python_version(), "<python>").replace(metadata.version("judgebench"), "<version>")
        text = _SIZES.sub("<size>", _LONG.sub(_rounded, _SHA256.sub('"<sha256>"', text)))
        kept[name] = hashlib.sha256(text.encode()).hexdigest()[:20]
    return kept


def _rounded(number: re.Match[str]) -> str:
    # As Python writes it, so that 0.0 and 1.0 stay what they are when noise in the last bits makes them 7e-18 and
    # 1.0000000000000002: sums depend on where numpy's memory lies.
    value = float(number[0])
    return repr(0.0 if abs(value) < 1e-12 else float(f"{value:.10g}"))


def _text(called: tuple[tuple[str, ...], int | str, str, str]) -> str:
    argv, code, out, err = called
    return f"$ judgebench {' '.join(argv)}\n[exit {code}]\n--- stderr\n{err}--- stdout\n{out}"


def _warn(message: Warning | str, category: type[Warning], *_: object) -> None:
    # Without its place in the code, which moves.
    print(f"{category.__name__}: {message}", file=sys.stderr)


def _expanded(given: str) -> list[str]:
    if "*" not in given or not (found := sorted(glob.glob(given))):  # noqa: PTH207 - as a shell would spell them
        return [given]
    return found


@contextlib.contextmanager
def _apart(folder: Path, home: Path) -> Iterator[None]:
    """Work in a folder, with an environment that says nothing about this machine."""
    here, kept, known = Path.cwd(), os.environ.copy(), set(sys.modules)
    os.environ.clear()
    os.environ.update(
        PATH=os.defpath, HOME=str(home), TMPDIR=str(home), XDG_CACHE_HOME=str(home), TZ="UTC", LC_ALL="C.UTF-8",
        COLUMNS="100", LINES="50", NO_COLOR="1", HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1",
        # The folder may lie in a checkout, and is no part of it.
        GIT_CEILING_DIRECTORIES=str(folder.resolve().parent),
    )  # fmt: skip
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)
        os.environ.clear()
        os.environ.update(kept)
        for name in set(sys.modules) - known:
            if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder)):
                # A judge of the next scene may have the same name.
                del sys.modules[name]


def _files(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".lock"
    }


def _steady(name: str, content: bytes, folder: Path) -> bytes:
    """Leave out what no two calls have in common: clocks and places."""
    tree = Path(str(import_module("judgebench").__file__)).parent.parent
    try:
        text = content.decode("utf-8", "strict" if not name.endswith(".txt") else "surrogateescape")
    except UnicodeDecodeError:
        return content
    for place, word in ((folder.resolve(), "<scratch>"), (folder, "<scratch>"), (tree, "<tree>")):
        text = text.replace(str(place), word)
    for pattern, word in _CLOCKS:
        text = pattern.sub(word, text)
    return text.encode("utf-8", "surrogateescape")

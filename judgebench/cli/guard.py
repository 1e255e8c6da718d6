"""No file that a command reads is written over: what was named is refused at once, what it leads to once it is read."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judgebench.api.parameters import check_output
from judgebench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from judgebench.api.parameters import Parameter

#: A file on this machine, whatever its names: device and number there.
_Inode = tuple[int, int]
#: What to say of the files that this command writes and that exist already, and those of them that it has read.
_watched: dict[_Inode, str] = {}
_read: set[_Inode] = set()


def check_files(
    files: Mapping[str, Path | None], known: Mapping[str, Parameter], given: Mapping[str, Any], *others: Path | None
) -> contextlib.AbstractContextManager[None]:
    """Refuse files that can't be written, and those that would be written over one another or over what is read.

    ``files`` are the command's own, by flag; those that its question writes are among what is ``given``; ``others`` are
    read, too. While the context lasts a file that was read can't be written over.
    """
    written = dict(files) | {one.flag: given[one.name] for one in known.values() if one.option.written}
    named = [one for name, one in given.items() if name not in known or not known[name].option.written]
    read = {_inode(path) for path in _named([*named, *others])}
    places: dict[Path, str] = {}
    for flag, file in written.items():
        check_output(file, flag.removeprefix("--"))
        if file is None:
            continue
        for one in known.values():
            if one.option.silent and given[one.name] and flag in files:
                raise UsageError(f"{one.flag} {one.option.silent}, so there is nothing to write to {flag} {file}")
            if one.option.kept and file.resolve() == given[one.name].resolve():
                raise UsageError(f"{flag} {file} would overwrite the {one.option.kept}; name another file")
        if (found := _inode(file)) is not None and found in read:
            raise UsageError(_over(flag, file))
        if (other := places.setdefault(file.resolve(), flag)) != flag:
            raise UsageError(f"{other} and {flag} name one file, {file}; name two")
    return _watched_for(
        {found: _over(flag, file) for flag, file in written.items() if file and (found := _inode(file))}
    )


@contextlib.contextmanager
def _watched_for(files: Mapping[_Inode, str]) -> Generator[None]:
    """Refuse to write these files once they were read: a task's card, a stored run or a folder leads to them."""
    _watched.update(files)
    if files:
        _hooked()
    try:
        yield
    finally:
        _watched.clear()
        _read.clear()


@functools.cache
def _hooked() -> None:
    # Whoever opens a file, here or in a library, passes here; Python takes no such hook back.
    sys.addaudithook(_heard)


def _heard(event: str, facts: tuple[Any, ...]) -> None:
    if not _watched or event not in {"open", "os.rename"}:
        return
    file, second, flags = facts[:3]
    renamed = event == "os.rename"
    if (found := _inode(second if renamed else file)) not in _watched:
        return
    if not renamed and not flags & (os.O_WRONLY | os.O_RDWR):
        _read.add(found)
    elif found in _read:
        raise UsageError(_watched[found])


def _over(flag: str, file: Path) -> str:
    return f"{flag} {file} would overwrite what is read; name another file"


def _named(given: Any) -> Iterator[Path]:
    """Find the files that a value may name: mine.py:judge and NAME=FILE do, too."""
    if isinstance(given, list):
        for one in given:
            yield from _named(one)
    elif isinstance(given, (str, Path)):
        text = os.fspath(given)
        yield from map(Path, {text, text.rpartition(":")[0] or text, text.partition("=")[2] or text})


def _inode(file: Any) -> _Inode | None:
    """Know a file again by another name, as a link has it; None where there is no file."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        if os.path.isfile(file):  # noqa: PTH113 - a descriptor has no path
            facts = os.stat(file)  # noqa: PTH116 - as above
            return facts.st_dev, facts.st_ino
    return None

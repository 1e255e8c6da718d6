"""Validations at a URL: small files beside its runs, fetched and sent whole; one that was just written here counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.errors import DataError
from judgebench.files.seals import read_object, unsealed, write_sealed
from judgebench.store.validations import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

#: Not among the validations, which are all the JSON there is.
_STATE = ".remote"


class RemoteValidations:
    """What a spool and a URL hold of them; ``root`` is where the runs are on the file system ``fs``.

    Of each file a note is kept: its size and time here, and what the URL said of it, when the two were the same.
    """

    def __init__(self, fs: Any, root: str, spool: Path) -> None:
        self._fs, self._root, self._folder = fs, f"{root}/{FOLDER}", spool / FOLDER

    def fetch(self, there: Mapping[str, Mapping[str, Any]]) -> None:
        """Bring here what changed there, by name and what the URL says of it."""
        known = self._known()
        for name, about in there.items():
            file = self._folder / name
            here, mark = known.get(name, ([], ""))
            if file.exists() and (mark == _mark(about) or _stamp(file) != here):
                continue
            self._folder.mkdir(parents=True, exist_ok=True)
            file.write_bytes(self._fs.cat_file(f"{self._root}/{name}"))
            known[name] = (_stamp(file), _mark(about))
            self._keep(known)

    def send(self, put: Callable[[str, Path], None]) -> None:
        """Send what was written here since."""
        known = self._known()
        for file in sorted(self._folder.glob("*.json")):
            if file.name[0] == "." or _stamp(file) == known.get(file.name, ([], ""))[0]:
                continue
            stamp, place = _stamp(file), f"{self._root}/{file.name}"
            put(place, file)
            self._fs.invalidate_cache()
            known[file.name] = (stamp, _mark(self._fs.info(place)))
            self._keep(known)

    def _known(self) -> dict[str, tuple[list[int], str]]:
        try:
            data = unsealed(read_object(self._folder / _STATE, "the state of a mirror", "delete it")).data
            return {name: (list(here), str(mark)) for name, (here, mark) in data["files"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, DataError):
            # Fetched or sent anew, then; nothing is lost with it.
            return {}

    def _keep(self, known: Mapping[str, tuple[list[int], str]]) -> None:
        write_sealed(self._folder / _STATE, {"files": {name: list(one) for name, one in known.items()}})


def _stamp(file: Path) -> list[int]:
    about = file.stat()
    return [about.st_size, about.st_mtime_ns]


def _mark(about: Mapping[str, Any]) -> str:
    """Tell one content from another by what a file system says of it."""
    when = next((about[one] for one in ("ETag", "etag", "mtime", "LastModified", "created") if about.get(one)), "")
    return f"{about.get('size')} {when}"

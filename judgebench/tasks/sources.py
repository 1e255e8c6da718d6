"""Where a task's rows come from: the sample, a folder of one's own, a pinned address, the hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from judgebench.errors import DataError
from judgebench.files.records import Source, file_source, find, read_bytes, read_rows, sha256
from judgebench.tasks.hub import fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from judgebench.files.records import Row
    from judgebench.tasks.card import Card, Part

__all__ = ["resolve"]


def resolve(
    card: Card, split: str = "", *, data: Path | None = None, sample: bool = False, env: Mapping[str, str] | None = None
) -> Source:
    """Find the rows of a split: ``--sample``, ``--data``, ``JUDGEBENCH_DATA/<task>``, then the pinned source.

    DataError where none has them; the message names the choices.
    """
    wanted = card.split(split)
    if sample:
        return _sample(card, wanted.name)
    if data is not None:
        if not data.exists():
            raise DataError("there is no such file or folder", file=str(data), hint="check --data")
        if (found := _local(card, wanted.name, data)) is not None:
            return found
        looked = ", ".join((*wanted.main.files, *(f for part in wanted.parts.values() for f in part.files)))
        raise DataError(
            f"no data of {card.name}:{wanted.name} here; looked for {looked or 'nothing: it has no file form'} (.gz "
            f"may follow), also in {' and '.join(f'{n}/' for n in (card.name, *card.folders))}",
            file=str(data),
        )
    root = (env or {}).get("JUDGEBENCH_DATA", "")
    if root:
        for name in (card.name, *card.folders):
            folder = Path(root) / name
            if folder.is_dir() and (found := _local(card, wanted.name, folder)) is not None:
                return found
    return fetch(card, wanted)


def _sample(card: Card, split: str) -> Source:
    def path(suffix: str) -> Path:
        own = card.folder / f"sample-{split}{suffix}.jsonl"
        return own if own.is_file() else card.folder / f"sample{suffix}.jsonl"

    main = file_source(path(""))
    parts = {part: file_source(path(f".{part}")).load for part in card.split(split).parts}
    return Source(main.load, "sample", main.name, parts, card.folder)


def _local(card: Card, split: str, data: Path) -> Source | None:
    wanted = card.split(split)
    if data.is_file():
        folder: Path = data.parent
        main: Path | None = data
    else:
        homes = (data, *(data / name for name in (card.name, *card.folders)))
        folder, main = next(
            ((home, hit) for home in homes for file in wanted.main.files if (hit := find(home, file)) is not None),
            (data, None),
        )
    if main is None:
        return None
    loads: dict[str, Callable[[], Iterable[Row]]] = {}
    seen: list[str] = []
    verified: list[bool | None] = []
    for name, part in {"": wanted.main, **wanted.parts}.items():
        path = main if not name else next((h for file in part.files if (h := find(folder, file)) is not None), None)
        if path is None:
            raise DataError(
                f"{card.name} also needs its {name} table: {' or '.join(part.files)}",
                file=str(folder),
                hint="put it beside the other file",
            )
        raw = read_bytes(path)
        seen.append(sha256(raw))
        verified.append(_matches(part, seen[-1]))
        loads[name] = _loader(raw, str(path))
    digest = seen[0] if len(seen) == 1 else sha256("".join(seen).encode())
    ok = None if None in verified else all(verified)
    return Source(loads.pop(""), f"data:{digest[:12]}", str(main), loads, folder, ok)


def _loader(raw: bytes, name: str) -> Callable[[], Iterable[Row]]:
    return lambda: read_rows(raw, name)


def _matches(part: Part, sha: str) -> bool | None:
    return sha in part.sha256.values() if part.sha256 else None

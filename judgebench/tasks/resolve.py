"""Where a task's rows come from: the sample, a folder or a file of one's own, or else the pinned source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from judgebench.errors import DataError, argument
from judgebench.files.content import Content
from judgebench.tasks.fetching import fetch
from judgebench.tasks.layouts import (
    Shards,
    by_name,
    homes_of,
    hub_name,
    is_named,
    laid_out,
    names_of,
    somewhere,
    with_shards,
)
from judgebench.tasks.sources import Source, digest_of, file_source, missing, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.files.records import Row
    from judgebench.tasks.card import Card, Part, Split


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
            raise DataError("there is no such file or folder", file=str(data), hint=f"check {argument('data')}")
        return located(card, wanted, data) or _not_here(card, wanted, data)
    root = (env or {}).get("JUDGEBENCH_DATA", "")
    if root and Path(root).is_dir():
        homes = homes_of(Path(root), (card.name, *card.folders), _parts(wanted))
        for folder in homes:
            if folder != Path(root) and (found := _of_folder(card, wanted, folder)) is not None:
                return found
    return fetch(card, wanted)


def located(card: Card, split: Split, data: Path) -> Source | None:
    """Find a split in a folder, or take a file for it; None where it isn't there."""
    return _of_file(card, split, data) if data.is_file() else _of_folder(card, split, data)


def _sample(card: Card, split: str) -> Source:
    def path(split: str, suffix: str = "") -> Path:
        own = card.folder / f"sample-{split}{suffix}.jsonl"
        return own if own.is_file() else _shared(card.folder, suffix)

    wanted = card.split(split)
    main = file_source(path(wanted.of[0] if wanted.of else split))
    files = {part: path(part) if part in wanted.of else path(split, f".{part}") for part in wanted.parts}
    lacking = tuple(part for part, file in files.items() if not file.is_file())
    parts = {part: file_source(file) for part, file in files.items() if part not in lacking}
    loads = {part: source.load for part, source in parts.items()}
    for part in lacking:
        loads[part] = missing(DataError("there are no sample rows of this table", file=str(files[part])))
    contents = {**main.contents, **{part: source.contents[""] for part, source in parts.items()}}
    return Source(main.load, "sample", main.name, loads, card.folder, lacking=lacking, contents=contents)


def _shared(folder: Path, suffix: str) -> Path:
    """Name the sample of all splits; DataError where it is of another format."""
    found = folder / f"sample{suffix}.jsonl"
    others = [] if found.is_file() else sorted(folder.glob(f"sample{suffix}.*"))
    if strange := [one.name for one in others if one.suffixes == [*Path(suffix).suffixes, one.suffix]]:
        raise DataError(
            "there is no sample of this name",
            file=str(found),
            hint=f"a sample is JSON Lines, an object a row: rewrite {strange[0]} as {found.name}",
        )
    return found


def _parts(split: Split) -> list[Part]:
    return [split.main, *split.parts.values()]


def _of_file(card: Card, split: Split, data: Path) -> Source:
    """Take a file for the main table, and what lies beside it for the further ones."""
    if not is_named(data, split.main):
        for other in card.splits.values():
            for name, part in {"": other.main, **other.parts}.items():
                if is_named(data, part) and (other is not split or name):
                    whole = f"{card.name}:{other.name}" if other.name != card.default_split else card.name
                    raise DataError(
                        f"this is the name of a file of {whole}" + (f" (its {name} table)" if name else ""),
                        file=str(data),
                        hint=f"name the folder with {argument('data')}" if name else f"give {argument('task')} {whole}",
                    )
    around = [data.parent]
    if data.parent.name in {"data", split.main.config}:
        around.append(data.parent.parent)
    return _joined(card, split, with_shards(data), around)


def _of_folder(card: Card, split: Split, data: Path) -> Source | None:
    homes = homes_of(data, (card.name, *card.folders), _parts(split))
    found = _placed(card, split, split.main, homes)
    if found is None:
        return None
    home, main = found
    return _joined(card, split, main, [home, *homes])


def _placed(
    card: Card, split: Split, part: Part, homes: Sequence[Path], taken: Sequence[Path] = ()
) -> tuple[Path, Shards] | None:
    """Find the files of a part: by the card's names, as the hub lays them out, by their names anywhere below."""
    for home in homes:
        # Files of several tables may have one name, each in a folder of its own.
        if (found := by_name([home], part)) is not None and not set(taken) & set(found[1].files):
            return found
    others = {one.config for other in card.splits.values() for one in _parts(other)} - {part.config}
    foreign = {hub_name(one).casefold() for one in _parts(split) if one.hub != part.hub}
    for home in homes:
        # Of two data sets with the same splits each has a clone of its own.
        if foreign & {home.name.casefold(), home.parent.name.casefold()}:
            continue
        shards = laid_out(home, part, others)
        if shards is not None and not set(taken) & set(shards.files):
            return home, shards
    return somewhere(
        homes[:1] if taken else homes, part, {*card.splits, *(one.main.hub_split for one in card.splits.values())}
    )


def _joined(card: Card, split: Split, main: Shards, around: Sequence[Path]) -> Source:
    """Put the main table and its further ones together, as far as they are here."""
    tables: dict[str, Shards] = {"": main}
    loads: dict[str, Callable[[], Iterator[Row]]] = {}
    beside = [one for one in (around[0], *around[0].parents[:3]) if one.name not in {"", "data", "snapshots"}]
    homes = [one for folder in around for one in homes_of(folder, (), _parts(split))]
    # Another data set has a folder of its own, beside this one's.
    homes += [one for home in beside for one in homes_of(home.parent, (), _parts(split)) if one != home.parent]
    homes = list(dict.fromkeys(homes))
    for name, part in split.parts.items():
        taken = [file for table in tables.values() for file in table.files]
        if (found := _placed(card, split, part, homes, taken)) is not None:
            tables[name] = found[1]
        else:
            files = " or ".join(part.files) or f"a clone of {part.hub}"
            needed = f"{card.name} also needs its {name} table: {files}"
            loads[name] = missing(DataError(needed, file=str(around[0]), hint="put it beside the other file"))
    lacking = tuple(loads)
    read: dict[str, list[Content]] = {}
    seen: list[str] = []
    verified: list[bool | None] = []
    for name, table in tables.items():
        part = split.parts[name] if name else split.main
        read[name] = contents = [Content.at(path, keep=len(table.files) == 1) for path in table.files]
        shas = [content.sha256() for content in contents]
        seen.append(digest_of(shas))
        verified.append({*shas} <= {*part.sha256.values()} if part.sha256 else None)
        loads[name] = rows_of(*contents)
    ok = None if None in verified else all(verified)
    return Source(loads.pop(""), f"data:{digest_of(seen)[:12]}", main.name, loads, around[0], ok, lacking, read)


def _not_here(card: Card, split: Split, data: Path) -> NoReturn:
    """Say what was looked for."""
    looked = [name for part in _parts(split) for name in names_of(part)]
    for part in _parts(split):
        if part.hub:
            config = f"{part.config}/" if part.config else "data/"
            looked.append(f"{config}{part.hub_split}-*-of-* as in {part.hub}")
    names = " and ".join(f"{name}/" for name in (card.name, *card.folders))
    files = ", ".join(dict.fromkeys(looked)) or "nothing: it has no file form"
    raise DataError(
        f"no data of {card.name}:{split.name} here; looked for {files} (.gz may follow), also in {names}",
        file=str(data),
    )

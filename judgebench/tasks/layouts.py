"""Where the files of a table lie in what people have: a clone of a data set of the hub or of a repository, a cache.

data/SPLIT-00000-of-00002.parquet     a data set of the hub; its shards are one table
CONFIG/SPLIT-00000-of-00001.jsonl     one with several configurations
CONFIG/SPLIT/0000.parquet             what the hub makes of any
SPLIT.jsonl, data/SPLIT.csv           one of few files
datasets--OWNER--NAME/snapshots/…     the hub's own cache
results/FILE.csv                      a repository, whose path the card's address has
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from judgebench.errors import DataError, argument
from judgebench.files.content import find

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from judgebench.tasks.card import Card, Part

_KIND = r"(?P<kind>parquet|jsonl|ndjson|json|csv|tsv)(?P<gz>\.gz)?"
_SHARD = re.compile(rf"(?P<stem>.+)-(?P<at>\d{{5}})-of-(?P<of>\d{{5}})(?:-[0-9a-f]{{16}})?\.{_KIND}", re.IGNORECASE)
_NUMBERED = re.compile(rf"(?P<stem>)(?P<at>\d{{4,5}})\.{_KIND}", re.IGNORECASE)
_WHOLE = re.compile(rf"(?P<stem>.+?)\.{_KIND}", re.IGNORECASE)
#: The paths in a repository that a raw address of GitHub names: owner, repository, commit, path.
_RAW = re.compile(r"https://raw\.githubusercontent\.com/[^/]+/(?P<repo>[^/]+)/[^/]+/(?P<path>.+)")
_DEEPEST, _MOST_ENTRIES = 4, 20_000
#: What the folder of one data set or repository has.
_MARKS = (".git", ".gitattributes", "README.md")
#: Names that files of any benchmark may have.
_ANY = frozenset({
    "train", "test", "validation", "dev", "eval", "data", "dataset", "answers", "items", "samples", "results",
})  # fmt: skip


class Shards(NamedTuple):
    """The files of one table, in their order, and how to name them all."""

    files: tuple[Path, ...]
    name: str


def hub_name(part: Part) -> str:
    """Name the folder of a clone of the part's data set."""
    return part.hub.rpartition("/")[2]


def repository(part: Part) -> tuple[str, str]:
    """Name the folder of a clone of the repository that the part's file is in, and its path there."""
    found = _RAW.fullmatch(part.url)
    return (found["repo"], found["path"]) if found else ("", "")


def names_of(part: Part) -> Iterator[str]:
    """Name the files of a part as the card does, the preferred one first, and then as its repository does."""
    yield from part.files
    if path := repository(part)[1]:
        yield path


def homes_of(folder: Path, names: Iterable[str], parts: Collection[Part]) -> list[Path]:
    """List the folders in which a task's files may lie: a folder, or one in it that is named after where they are from.

    ``names`` are the task's own. Of a cache of the hub it is the folder of one commit.
    """
    clones = [name for part in parts for name in (hub_name(part), repository(part)[0]) if name]
    found = [folder, *(folder / name for name in dict.fromkeys((*names, *clones)))]
    for part in parts:
        if part.hub:
            cached = f"datasets--{part.hub.replace('/', '--')}"
            found += [folder / cached, folder / "hub" / cached]
    return [_snapshot(home, parts) for home in dict.fromkeys(found) if home.is_dir()]


def at_hand(root: Path, card: Card) -> bool:
    """Whether the main table of a task's usual split is in a folder of data sets; files are not opened."""
    main = card.split().main
    try:
        homes = _homes_below(root, card)
        return by_name(homes, main) is not None or any(laid_out(home, main) is not None for home in homes)
    except DataError:
        # What is there is damaged; who asks for it is told.
        return False


def recorded_at_hand(root: Path, card: Card) -> list[str]:
    """Name the judges whose recorded verdicts on a task's usual split are in a folder of data sets."""
    homes = _homes_below(root, card)
    usual = [one for one in card.recorded if (one.split, one.kind) == (card.default_split, "replies")]
    return [one.name for one in usual if any(find(home, one.file) is not None for home in homes)]


def _homes_below(root: Path, card: Card) -> list[Path]:
    """List the folders of a task's usual split below one of data sets."""
    split = card.split()
    found = homes_of(root, (card.name, *card.folders), (split.main, *split.parts.values())) if root.is_dir() else []
    return [home for home in found if home != root]


def _snapshot(home: Path, parts: Collection[Part]) -> Path:
    """Of a cache of the hub give the folder of one commit: the pinned one, that of main, or the only one."""
    versions = home / "snapshots"
    if not versions.is_dir():
        return home
    commits = sorted(one for one in versions.iterdir() if one.is_dir())
    main = home / "refs" / "main"
    wanted = [part.revision for part in parts if part.revision]
    wanted += [main.read_text(encoding="utf-8", errors="replace").strip()] if main.is_file() else []
    for revision in wanted:
        for commit in commits:
            if commit.name.startswith(revision):
                return commit
    if len(commits) > 1:
        _either(f"{len(commits)} versions of it are", home, commits)
    return commits[0] if commits else home


def by_name(homes: Iterable[Path], part: Part) -> tuple[Path, Shards] | None:
    """Find the file that a card names; the folder, and it with all shards of its table."""
    return next(((home, found) for home in homes for file in names_of(part) if (found := _at(home, file))), None)


def _at(home: Path, file: str) -> Shards | None:
    path = find(home, file)
    return None if path is None else with_shards(path)


def with_shards(path: Path) -> Shards:
    """Take a file, and where it is one shard of several, the others beside it; DataError where one is missing."""
    found = _SHARD.fullmatch(path.name)
    if found is None or int(found["of"]) <= 1:
        return Shards((path,), str(path))
    groups = _groups(path.parent, _SHARD, {found["stem"]})
    return _whole(path.parent, groups[found["stem"], found["of"], found["kind"].lower()])


def laid_out(home: Path, part: Part, others: Collection[str] = ()) -> Shards | None:
    """Find a split as data sets of the hub have it; DataError where two files may be it, or a shard is missing.

    ``others`` are configurations that are not the part's: what lies in their folders is theirs.
    """
    split, config = part.hub_split, part.config
    if not split:
        return None
    own = (home / config, home / "data" / config, home / config / "data") if config else ()
    shared = () if home.name in others else (home / "data", home / "default", home)
    for folders in (own, shared):
        stems = {split, *(f"{name}{joint}{split}" for name in (config, hub_name(part)) if name for joint in "-_")}
        found = [
            (folder, group)
            for folder in folders
            for group in (
                *_groups(folder, _SHARD, stems).values(),
                *_groups(folder, _WHOLE, stems).values(),
            )
        ]
        after = [folder / split for folder in folders] + [home] * (folders is shared and home.name == split)
        found += [(folder, one) for folder in after for one in _inside(folder)]
        if len(found) > 1:
            first = [group[min(group)][0] for _, group in found]
            _either(f"{len(first)} files may be its split {split!r}:", home, first)
        if found:
            return _whole(*found[0])
    return None


_Group = dict[int, list[Path]]


def _inside(folder: Path) -> list[_Group]:
    """Take what lies in a folder that is named after the split: numbered files are shards of one table."""
    return [*_groups(folder, _NUMBERED, {""}).values()] or [
        *_groups(folder, _SHARD, None).values(),
        *_groups(folder, _WHOLE, None).values(),
    ]


def _groups(folder: Path, form: re.Pattern[str], stems: Collection[str] | None) -> dict[tuple[str, str, str], _Group]:
    """Group the files of a folder that are shards of one table, by their numbers; None takes any name."""
    groups: dict[tuple[str, str, str], _Group] = {}
    if not folder.is_dir():
        return groups
    files = {path.name: path for path in sorted(folder.iterdir()) if path.is_file()}
    for name, path in files.items():
        found = form.fullmatch(name)
        if found is None or (stems is not None and found["stem"] not in stems):
            continue
        if form is _WHOLE and (_SHARD.fullmatch(name) or _NUMBERED.fullmatch(name)):
            continue
        if found["gz"] and name[: -len(found["gz"])] in files:
            # Packed, beside what it was made of.
            continue
        said = found.groupdict()
        key = (said["stem"], said.get("of") or "", said["kind"].lower())
        groups.setdefault(key, {}).setdefault(int(said.get("at") or 0), []).append(path)
    return groups


def _whole(folder: Path, group: _Group) -> Shards:
    """Put shards in their order; DataError names one that is missing, or two that are the same one."""
    for twins in group.values():
        if len(twins) > 1:
            _either("two files are one shard:", folder, twins)
    first = group[min(group)][0]
    said = _SHARD.fullmatch(first.name)
    count = int(said["of"]) if said else max(group) + 1
    if missing := sorted(set(range(count)) - group.keys()):
        ending = first.name.partition(".")[2]
        lacks = f"{said['stem']}-{missing[0]:05d}-of-{said['of']}.{ending}" if said else f"{missing[0]:04d}.{ending}"
        more = f" (and {len(missing) - 1:,} more)" if len(missing) > 1 else ""
        raise DataError(
            f"shard {missing[0] + 1} of {count} is missing: {lacks}{more}",
            file=str(folder),
            hint="download it: all shards together are the split",
        )
    files = tuple(group[number][0] for number in sorted(group))
    if len(files) == 1:
        return Shards(files, str(first))
    shown = f"{said['stem']}-*-of-{said['of']}" if said else "*"
    return Shards(files, str(folder / f"{shown}.{first.name.partition('.')[2]}"))


def somewhere(homes: Iterable[Path], part: Part, splits: Collection[str]) -> tuple[Path, Shards] | None:
    """Find a file below, by its name alone, where no other benchmark's would have it; DataError where two have it."""
    names = dict.fromkeys(PurePosixPath(name).name for name in names_of(part))
    names = {
        one: None for name in names if name.partition(".")[0] not in _ANY | {*splits} for one in (name, f"{name}.gz")
    }
    for home in homes:
        # A folder of many benchmarks has files of all of them.
        if not any((home / mark).exists() for mark in _MARKS):
            continue
        found = [path for path in _below(home) if path.name in names]
        if len(found) > 1:
            _either(f"{len(found)} files are named so:", home, found)
        if found:
            return home, with_shards(found[0])
    return None


def _below(home: Path) -> Iterator[Path]:
    """Name the files below a folder, hidden ones aside; of a large tree the first."""
    left, folders = _MOST_ENTRIES, [(home, 0)]
    while folders and left > 0:
        folder, depth = folders.pop(0)
        try:
            entries = sorted(folder.iterdir())
        except OSError:
            continue
        left -= len(entries)
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_file():
                yield entry
            elif depth < _DEEPEST and entry.is_dir() and not entry.is_symlink():
                folders.append((entry, depth + 1))


def is_named(path: Path, part: Part) -> bool:
    """Whether a file has one of the names that a part's may have."""
    name = path.name.removesuffix(".gz")
    if name in {PurePosixPath(one).name for one in names_of(part)}:
        return True
    found = _SHARD.fullmatch(name) or _WHOLE.fullmatch(name)
    return bool(found and part.hub_split and found["stem"] == part.hub_split)


def _either(what: str, home: Path, paths: Collection[Path]) -> NoReturn:
    """Say which two there are; DataError."""
    two = [str(path.relative_to(home)) if path.is_relative_to(home) else str(path) for path in paths][:2]
    raise DataError(
        f"{what} {two[0]} and {two[1]}",
        file=str(home),
        hint=f"name the right one with {argument('data')}, or move the other",
    )

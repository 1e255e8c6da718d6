"""The folder of a static site: leaderboards as a page and as data, labels as codes, and a dataset card.

`site` makes the files, `write_site` puts them in a folder that only it writes to. Nothing here holds a text of an item
or of a judge: verdicts are codes and the scale's own words for them.
"""

from __future__ import annotations

import hashlib
from operator import attrgetter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from judgebench.domain import conditions_of, names_of
from judgebench.errors import DataError, UsageError, argument
from judgebench.files.seals import read_object
from judgebench.report.dataset_card import VERDICTS, card
from judgebench.report.document.as_csv import write_csv
from judgebench.report.document.as_json import write_json
from judgebench.report.document.as_tex import latex_name
from judgebench.report.document.blocks import judge_columns, sheet
from judgebench.report.leaderboard.board import Leaderboard
from judgebench.report.leaderboard.tables import LEAD, Link, boards_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from judgebench.domain import Code, Scale, Verdict
    from judgebench.report.leaderboard.entries import Entry
    from judgebench.report.leaderboard.tables import Board
    from judgebench.report.publication import Publication
    from judgebench.store.runs import StoredRun

__all__ = ["MARK", "SCHEMA", "check_folder", "site", "write_site"]

SCHEMA = "judgebench.published/1"
#: Says that a folder is ours, and what of it.
MARK = "published.json"
#: An id that is longer may hold a text.
_LONGEST = 120


def site(what: Publication) -> dict[str, str]:
    """Make the files of the site, by their path in it; the same bytes for the same runs.

    ``index.html``, ``README.md``, ``leaderboard.csv``, ``.json`` and ``.tex``, ``figures/TASK.csv``, ``systems.csv``
    and ``.json`` where systems are named, and ``verdicts/RUN.csv``.
    """
    runs = sorted(what.runs, key=lambda one: one.path.name)
    board = Leaderboard(tuple(what.entries))
    files = {f"leaderboard.{form}": board.render(form) for form in ("csv", "json", "tex")}
    if what.placed:
        from judgebench.report.system_board import SystemBoard  # noqa: PLC0415 - loaded on use

        files |= {f"systems.{form}": SystemBoard(what.placed).render(form) for form in ("csv", "json")}
    files |= _figures(what.entries)
    for stored in runs:
        if stored.run.task in what.labelled:
            files[f"verdicts/{_file_name(stored.path.name)}.csv"] = _verdicts(stored)
    files["README.md"] = card(what, runs, sorted(files))
    files["index.html"] = _page(what, sorted(files))
    listed = {name: _hash(text) for name, text in sorted(files.items())}
    runs_listed = [
        {
            "run": one.path.name,
            "task": one.run.task,
            "judge": one.run.judge,
            "conditions": dict(conditions_of(name)),
            "revision": one.run.revision,
        }
        for one, name in zip(runs, names_of([one.run for one in runs]), strict=True)
    ]
    files[MARK] = write_json({"schema": SCHEMA, "files": listed, "runs": runs_listed})
    return files


def _file_name(name: str) -> str:
    """Make a name that is safe in a folder and in an address of what a run's folder is called."""
    safe = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "-" for char in name).strip(".-")
    return safe if safe == name else f"{safe[:80] or 'run'}-{_hash(name)[:8]}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _bound(name: str) -> Callable[[Entry], float | None]:
    return lambda one: getattr(one.row.metrics.get(one.headline), name, None)


_FIGURES: Mapping[str, Callable[[Entry], Any]] = {
    **judge_columns(attrgetter("row.judge")),
    "metric": attrgetter("headline"),
    "value": _bound("value"),
    "low": _bound("low"),
    "high": _bound("high"),
    "rank": attrgetter("rank"),
    "rank_best": attrgetter("best"),
    "rank_worst": attrgetter("worst"),
    "tier": attrgetter("tier"),
}


def _figures(entries: Sequence[Entry]) -> dict[str, str]:
    """Write the drawn figures of each task as a small table: a judge a row."""
    files: dict[str, str] = {}
    for task in sorted({entry.row.task for entry in entries}):
        own = [entry for entry in entries if entry.row.task == task and entry.row.subset == "all"]
        name = f"figures/{latex_name(task)}.csv"
        # Two tasks whose names differ in odd characters only.
        if name in files:
            name = f"figures/{latex_name(task)}-{_hash(task)[:8]}.csv"
        flat = sheet(_FIGURES, own)
        files[name] = write_csv(flat.header, flat.rows)
    return files


def _verdicts(stored: StoredRun) -> str:
    """Write a run's verdicts: ids and codes, the scale's own words for them, and no text of an item or a judge."""
    scale = stored.run.scale
    return write_csv(VERDICTS, (_verdict(one, scale) for one in stored.judgments() if not one.probe))


def _verdict(one: Verdict, scale: Scale) -> list[str | float | None]:
    golds = [code for _, code in one.gold]
    return [
        _id(one.item),
        _id(one.cluster),
        _id(one.subset),
        " ".join(map(str, one.order)),
        one.repeat,
        one.status.value,
        _code(one.code),
        _words(one.code, scale),
        "|".join(map(_code, golds)),
        "|".join(_words(code, scale) for code in golds),
    ]


def _id(name: str) -> str:
    return name if len(name) <= _LONGEST else f"sha256:{_hash(name)[:16]}"


def _code(code: Code | None) -> str:
    return "" if code is None else " ".join(map(str, code if isinstance(code, tuple) else (code,)))


def _words(code: Code | None, scale: Scale) -> str:
    if code is None:
        return ""
    codes = code if isinstance(code, tuple) else (code,)
    if not (scale.listed or scale.sequential):
        return scale.word(codes[0])
    return " ".join(scale.labels[one] if 0 <= one < len(scale.labels) else str(one) for one in codes)


def _page(what: Publication, files: Iterable[str]) -> str:
    # The folders' files are listed in README.md; a run a line would push the tables off the page.
    links = [Link(name, name) for name in files if "/" not in name]
    notes = ["README.md says where everything comes from and under which licences."]
    after: list[Board] = []
    if what.placed:
        from judgebench.report.system_board import NOTE, SystemBoard  # noqa: PLC0415 - loaded on use

        after = SystemBoard(what.placed).boards(details=False)
        notes.append(NOTE)
    return boards_page(what.entries, title=what.title, lead=(LEAD,), links=links, after=after, notes=notes)


def write_site(files: Mapping[str, str], folder: Path) -> list[Path]:
    """Write the files into a folder that is new, empty, or was written by this before, and return them, sorted.

    Files of an earlier time that are not part of it any more are removed, if nobody changed them since; everything else
    in the folder stays. UsageError where the folder holds something else, or can't be written.
    """
    try:
        before = _before(folder)
        if linked := sorted(name for name in files if _linked(folder, name)):
            raise UsageError(
                f"{folder / linked[0]} is a link or lies behind one; give another {argument('output')} folder"
            )
        if strange := sorted(name for name in files if name not in before and name != MARK and _there(folder / name)):
            raise UsageError(
                f"{folder / strange[0]} is not from an earlier publication; give an empty {argument('output')} folder"
            )
        for name, known in before.items():
            path = folder / name
            if name not in files and _there(path) and hashlib.sha256(path.read_bytes()).hexdigest() == known:
                path.unlink()
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"can't write {argument('output')} {folder}: {error.strerror}") from None
    return sorted(folder / name for name in files)


def _there(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def _before(folder: Path) -> dict[str, str]:
    """Read what was written before, with hashes; refuse a folder that is somebody else's."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"{argument('output')} {folder} is not a folder")
    if not folder.exists() or next(folder.iterdir(), None) is None:
        return {}
    try:
        data = read_object(folder / MARK, "a publication's list", "")
        listed = dict(data["files"]) if data["schema"] == SCHEMA else None
    except (OSError, DataError, ValueError, KeyError, TypeError):
        listed = None
    if listed is None:
        raise UsageError(
            f"{argument('output')} {folder} is not empty and is not from `judgebench publish`; give another one"
        )
    # A list that was tampered with must not reach out of the folder.
    return {name: str(known) for name, known in listed.items() if _inside(name) and not _linked(folder, name)}


def _inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and "\0" not in name


def _linked(folder: Path, name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any((folder.joinpath(*parts[: i + 1])).is_symlink() for i in range(len(parts)))


def check_folder(folder: Path) -> None:
    """Refuse a folder that `write_site` would refuse, before anything is measured."""
    _before(folder)

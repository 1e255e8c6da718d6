"""The folder of a static site: leaderboards as a page and as data, labels as codes, and a dataset card.

`site` makes the files, `write_site` puts them in a folder that only it writes to. Nothing here holds a text of an item
or of a judge: verdicts are codes and the scale's own words for them.
"""

from __future__ import annotations

import hashlib
import json
from operator import attrgetter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from judgebench.domain import conditions_of, names_of
from judgebench.errors import DataError, UsageError, argument
from judgebench.files.seals import read_object
from judgebench.report.document.as_csv import write_csv
from judgebench.report.document.as_json import write_json
from judgebench.report.document.as_md import markdown_table, markdown_text
from judgebench.report.document.as_tex import latex_name
from judgebench.report.document.blocks import judge_columns, sheet
from judgebench.report.document.text import clean, many
from judgebench.report.leaderboard.board import Leaderboard
from judgebench.report.leaderboard.ranks import NOTE
from judgebench.report.leaderboard.tables import LEAD, Link, boards_page
from judgebench.report.publication import SAMPLE, may_pass_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from judgebench.domain import Code, Scale, Verdict
    from judgebench.report.leaderboard.ranks import Entry
    from judgebench.report.leaderboard.tables import Board
    from judgebench.report.publication import Publication
    from judgebench.store.runs import StoredRun

__all__ = ["MARK", "SCHEMA", "VERDICTS", "card", "site", "write_site"]


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


_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
#: Columns of a file of verdicts.
VERDICTS = ("item", "cluster", "subset", "order", "repeat", "status", "code", "label", "gold_codes", "gold_labels")
_TAGS = ("llm-as-a-judge", "evaluation", "inter-annotator-agreement", "leaderboard", "judgebench")


def card(what: Publication, runs: Sequence[StoredRun], files: Sequence[str]) -> str:
    """Write the card; ``files`` are those beside it."""
    return "\n".join((_front(what, runs, files), _prose(what, runs, files)))


def _front(what: Publication, runs: Sequence[StoredRun], files: Sequence[str]) -> str:
    tasks = sorted({one.run.task for one in runs})
    licences = sorted({_licence(what, runs, task) for task in tasks})
    cases = sum(one.run.counts.get("cases", 0) for one in runs)
    lines = ["---", f"pretty_name: {_yaml(what.title)}", "license:", *(f"- {one}" for one in licences)]
    if "other" in licences:
        lines += ["license_name: see-the-table-of-tasks", "license_link: README.md"]
    lines += ["tags:", *(f"- {tag}" for tag in _TAGS), "task_categories:", "- text-classification"]
    lines += ["size_categories:", f"- {next((name for most, name in _SIZES if cases < most), '1M<n<10M')}"]
    lines += ["configs:", "- config_name: leaderboard", "  data_files: leaderboard.csv", "  default: true"]
    if "systems.csv" in files:
        lines += ["- config_name: systems", "  data_files: systems.csv"]
    if any(name.startswith("verdicts/") for name in files):
        lines += ["- config_name: verdicts", "  data_files: verdicts/*.csv", "  features:"]
        # A reader guesses types from the first file: one label is a number there, three with bars are none elsewhere.
        for name in VERDICTS:
            lines += [f"  - name: {name}", f"    dtype: {'int64' if name == 'repeat' else 'string'}"]
    lines += ["- config_name: figures", "  data_files: figures/*.csv", "---", ""]
    return "\n".join(lines)


def _yaml(text: str) -> str:
    # A JSON string is a YAML string.
    return json.dumps(clean(text))


def _licence(what: Publication, runs: Sequence[StoredRun], task: str) -> str:
    if all(one.run.revision == SAMPLE for one in runs if one.run.task == task):
        return "apache-2.0"
    return may_pass_on(what.about[task].licence) or "other"


def _prose(what: Publication, runs: Sequence[StoredRun], files: Sequence[str]) -> str:
    tasks = sorted({one.run.task for one in runs})
    judges = sorted({one.run.judge for one in runs})
    blocks = [
        f"# {markdown_text(what.title)}\n",
        f"{many(len(judges), 'judge')} against the gold labels of {many(len(tasks), 'task')}, measured by judgebench.",
        "`index.html` is the leaderboard as a page, which needs no network; CSV and JSON hold the same figures.\n",
    ]
    if all(one.run.revision == SAMPLE for one in runs):
        blocks.append("The runs are of small samples written for judgebench: they show the format, not the judges.\n")
    if what.policy:
        blocks.append(
            f"Measured under {', '.join(map(markdown_text, what.policy))}, whatever the tasks' own policies.\n"
        )
    blocks += ["## Files\n", _files(files)]
    blocks += ["## Tasks\n", _tasks(what, runs, tasks)]
    blocks += ["## Judges and runs\n", _runs(runs)]
    blocks += ["## How to read it\n", f"{markdown_text(NOTE)}\n"]
    blocks += ["## What is not here\n", _absent(what, tasks)]
    blocks += ["## Citation\n", _citations(what, tasks)]
    return "\n".join(blocks)


_ABOUT = {
    "leaderboard.csv": "a row per task, judge and subset: figures with 95 % intervals, ranks, tier, cost, latency",
    "leaderboard.json": "the same, schema `judgebench.leaderboard/1`",
    "leaderboard.tex": "tables for LaTeX",
    "systems.csv": "the judged systems: their ranks by gold and by each judge",
    "systems.json": "the same, schema `judgebench.systems-leaderboard/1`",
}


def _files(files: Sequence[str]) -> str:
    lines = [f"- [{name}]({name}): {_ABOUT[name]}" for name in files if name in _ABOUT]
    lines += [
        f"- [{name}]({name}): headline, interval, rank and tier of each judge" for name in files if "figures/" in name
    ]
    lines += [f"- [{name}]({name}): verdicts as codes" for name in files if name.startswith("verdicts/")]
    return "\n".join((*lines, "- [index.html](index.html): the page", ""))


def _tasks(what: Publication, runs: Sequence[StoredRun], tasks: Sequence[str]) -> str:
    rows: list[list[str]] = []
    for task in tasks:
        own = [one.run for one in runs if one.run.task == task]
        about = what.about[task]
        samples = all(run.revision == SAMPLE for run in own)
        licence = "Apache-2.0 (a sample written for judgebench)" if samples else about.licence or "unknown"
        source = "; ".join(about.sources) or about.homepage
        revisions = ", ".join(sorted({run.revision for run in own}))
        rows.append([task, about.title, own[0].scale.spec, own[0].gold_source, revisions, source, licence])
    text = markdown_table(["task", "what it is", "scale", "gold", "revision", "source", "licence"], rows)
    said = {task: " ".join(filter(None, (what.about[task].summary, what.about[task].annotators))) for task in tasks}
    notes = [f"- {markdown_text(task)}: {markdown_text(words)}" for task, words in said.items() if words]
    stale = [
        f"- {markdown_text(task)}: the task's card has changed since some of these runs were made"
        for task in tasks
        if any(one.run.task == task and one.run.card_digest != what.about[task].digest for one in runs)
    ]
    return f"{text}\n" + "\n".join((*notes, *stale, ""))


def _runs(runs: Sequence[StoredRun]) -> str:
    rows: list[list[str]] = []
    for stored, judge in zip(runs, names_of([one.run for one in runs]), strict=True):
        run = stored.run
        models = ", ".join(sorted(run.models)) or "–"  # noqa: RUF001 - a dash means "none"
        versions = ", ".join(f"{name} {version}" for name, version in sorted(run.versions.items()))
        policies = ", ".join(f"{name}={value}" for name, value in run.policies.to_json().items())
        rows.append(
            [
                judge,
                run.task,
                str(run.counts.get("cases", 0)),
                run.orders,
                str(run.repeats),
                models,
                policies,
                versions,
            ]
        )
    header = ["judge", "task", "cases", "order", "repeats", "model versions", "policies", "package versions"]
    return markdown_table(header, rows, right=(2, 4))


def _absent(what: Publication, tasks: Sequence[str]) -> str:
    text = (
        "No text of an item and no words of a judge: verdicts and gold labels are codes and the scale's own words. "
        "`order` says how responses were shown; codes are in the item's own order. Gold labels are in the order of the "
        "task's annotators, who are not named."
    )
    if without := [task for task in tasks if task not in what.labelled]:
        text += f" Figures only, without labels: {', '.join(map(markdown_text, without))}."
    return f"{text}\n"


def _citations(what: Publication, tasks: Sequence[str]) -> str:
    lines: list[str] = []
    for task in tasks:
        about = what.about[task]
        parts = [part for part in (about.citation, about.paper, about.homepage) if part]
        lines.append(f"- {markdown_text(task)}: {markdown_text(', '.join(parts)) or 'nothing is stated'}")
    return "\n".join((*lines, ""))

"""``judgebench.doctor``: what a file is, and the commands that measure it."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Unpack, overload

from judgebench.api.columns import Columns
from judgebench.api.notes import answered, somebody_answers, tell
from judgebench.api.parameters import Option, keys, question
from judgebench.api.tables import FileForm, LabelsAndScores, flags
from judgebench.errors import DataError, FormError, JudgebenchError, UsageError, spoken_as
from judgebench.report.checks import Checks
from judgebench.report.doctor import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from judgebench.files.table import Table
    from judgebench.labels.diagnose import Diagnosis
    from judgebench.labels.facts import Options, Reading
    from judgebench.labels.known import Known
    from judgebench.labels.profile import Sample

_TABLES = re.compile(r"\.(?:csv|tsv|jsonl|ndjson|json|parquet|pq|xlsx|ods|txt)(?:\.gz)?$", re.IGNORECASE)
_MOST_FILES = 40
_MOST_READINGS = 8
#: So many items are made to see whether a table can be judged, fewer of a file of more bytes.
_MOST_ITEMS, _MOST_BYTES = 20_000, 10_000_000


@overload
def doctor() -> Checks: ...
@overload
def doctor(file: str | Path | Sequence[str | Path], **form: Unpack[FileForm]) -> Report: ...
@question
def doctor(
    file: Annotated[
        Any,
        Option(
            "Any file of labels, items or verdicts; several that belong together.", metavar="[FILE]...", read=list[Path]
        ),
    ] = (),
    **form: Unpack[FileForm],
) -> Report | Checks:
    """Say what a file is and how to measure it; without one, whether all is ready."""
    paths = [Path(file)] if isinstance(file, (str, Path)) else [Path(one) for one in file or ()]
    if not paths:
        from judgebench.api.checks import checks  # noqa: PLC0415 - loaded on use

        return checks()
    path = paths[0]
    if len(paths) == 1 and (path.is_dir() or path.name == "manifest.json"):
        return Report(_folder(path if path.is_dir() else path.parent))
    # What is printed is for a shell.
    known = {name: value for name, value in form.items() if value is not None and (value != 0 or name == "header")}
    with spoken_as(flags):
        found = _told(path, known) if len(paths) == 1 else _joined(paths, known)
    if len(found.readings) > 1 and somebody_answers():
        _ask(found)
    return Report(found)


def _ask(found: Diagnosis) -> None:
    """Let a person choose among the readings; without an answer all of them stay."""
    for number, one in enumerate(found.readings, 1):
        tell(f"{number}. {one.what}{f': {one.why}' if one.why else ''}")
    said = answered(f"Which is it? [1-{len(found.readings)}, or Enter for all]") or ""
    if said.isdecimal() and 1 <= int(said) <= len(found.readings):
        chosen = int(said) - 1
        count = len(found.readings)
        found.readings = found.readings[chosen : chosen + 1]
        found.commands = (found.commands[chosen], *found.commands[count:])


# --- one file, opened in each way that is possible -----------------------------------------------------------------


def _opened(path: Path, known: Options) -> Iterator[tuple[Sample, Options, str]]:
    """Open a file in every way that is possible where its form has to be said."""
    from judgebench.files.opening import Opening  # noqa: PLC0415 - loaded on use
    from judgebench.files.read import open_table  # noqa: PLC0415 - loaded on use
    from judgebench.labels.profile import Sample  # noqa: PLC0415 - loaded on use

    try:
        yield Sample(open_table(path, Opening(**known))), known, ""
    except FormError as error:
        tried = 0
        for reading in error.readings:
            # Of the places inside an object the likeliest is one of rows; the others are told in a note.
            if not reading.keys() & known.keys() and ("records" not in reading or reading is error.readings[0]):
                with contextlib.suppress(DataError):
                    for table, options, _ in _opened(path, {**known, **reading}):
                        tried += 1
                        yield table, options, str(error)
        if not tried:
            raise


def _told(path: Path, known: Options) -> Diagnosis:
    """Say what a file is, with all readings of all ways to open it."""
    from judgebench.labels.diagnose import diagnose  # noqa: PLC0415 - loaded on use
    from judgebench.labels.known import KNOWN  # noqa: PLC0415 - loaded on use

    export = None if known else _export(path)
    if export is not None and export.readings:
        return export
    found: list[Diagnosis] = []
    notes: list[str] = []
    for table, options, note in _opened(path, known):
        found.append(diagnose(table, options, _loading(table, path), KNOWN))
        notes += [note] if note else []
    measured = [one for one in found if one.readings]
    best = (measured or found)[0]
    for other in measured[1:]:
        best.readings += other.readings
        best.questions = tuple(dict.fromkeys([*best.questions, *other.questions]))
    if len(measured) > 1:
        best.questions = tuple(dict.fromkeys([*notes, *best.questions]))
    else:
        best.notes = tuple(dict.fromkeys([*notes, *best.notes]))
    best.path = str(path)
    if export is not None:
        best.title = f"{export.title}; {best.title}" if best.readings else export.title
        best.notes = (*export.notes, *best.notes)
        if not best.readings:
            best.questions = export.questions
    return _with_commands(best, [path])


def _export(path: Path) -> Diagnosis | None:
    """Say what another tool's file holds; None where it is none."""
    from judgebench.api.sources import open_sources  # noqa: PLC0415 - loaded on use
    from judgebench.files.records import some  # noqa: PLC0415 - loaded on use
    from judgebench.labels.diagnose import Diagnosis  # noqa: PLC0415 - loaded on use
    from judgebench.labels.facts import Reading  # noqa: PLC0415 - loaded on use
    from judgebench.labels.importers.catalog import open_export, recognise  # noqa: PLC0415 - loaded on use
    from judgebench.labels.profile import Sample, profile  # noqa: PLC0415 - loaded on use

    known = recognise(path)
    table = None if known is None else open_export(path)
    if known is None or table is None:
        return None
    tool, reason, _ = known
    sample = Sample(table)
    columns = profile(sample)
    judges, people = table.labelled["judge"], table.labelled["person"]
    found = Diagnosis(
        str(path), "export", f"a file of {tool.name}: {tool.holds}", table.format, "", sample.rows, sample.whole,
        tuple(columns),
    )  # fmt: skip
    for role, labels in {"gold": people, "judge": judges, "rule": table.labelled["program"]}.items():
        for asked, own in labels.items():
            found.roles |= dict.fromkeys(own, role)
            found.why |= dict.fromkeys(own, f"labels of {asked or 'the item'}")
    both = [asked for asked in judges if asked in people]
    ways = [
        Reading(
            f"judges against people{f' on {asked}' if asked else ''}",
            {"judge": [asked], "gold": [asked]} if len(both) > 1 else {},
        )
        for asked in both or [""]
    ]
    ways += [
        Reading(
            f"labels of people{f' on {asked}' if asked else ''}", {"gold": [asked]} if len(people) > 1 else {}, "humans"
        )
        for asked in people
    ]
    ways += [
        Reading(
            f"verdicts without gold{f' on {asked}' if asked else ''}",
            {"judge": [asked]} if len(judges) > 1 else {},
            "score --consistency",
        )
        for asked in judges
    ]
    errors: list[str] = []
    kept: list[Reading] = []
    notes = [f"known by its shape: {reason}", *table.notes]
    for one in ways:
        if kept and one.command != kept[0].command:
            break
        bare, alone = one.command.endswith("--consistency"), one.command == "humans"
        try:
            open_sources(table, one.options, tell=notes.append, unlabelled=bare, unjudged=alone)
        except JudgebenchError as error:
            errors.append(str(error))
        else:
            kept.append(one)
    found.readings = tuple(kept)
    found.notes = tuple(dict.fromkeys(notes))
    found.questions = tuple(errors[:1] if not kept else ())
    if asked := some(name for name in dict.fromkeys([*judges, *people]) if name):
        found.title += f" ({asked})"
    return _with_commands(found, [path])


def _loading(table: Sample, path: Path) -> Callable[[Reading], str]:
    """Make what says why a reading can't be followed: it is loaded with the very options that will be printed."""
    from judgebench.files.opening import Opening  # noqa: PLC0415 - loaded on use
    from judgebench.files.read import open_table  # noqa: PLC0415 - loaded on use
    from judgebench.labels.profile import Sample  # noqa: PLC0415 - loaded on use

    tables: dict[int, Sample] = {0: table}

    def loads(reading: Reading) -> str:
        drop = int(reading.options.get("drop_last", 0))
        try:
            write(reading.command, [path], reading.options)
            columns = Columns.of(reading.options)
            if drop not in tables:
                form = {name: value for name, value in reading.options.items() if name in keys(FileForm)}
                tables[drop] = Sample(open_table(path, Opening(**form)))
            own = tables[drop]
            golds = [version for one in columns.gold for version in (own.versions(one) if "*" in one else [one])]
            columns = replace(
                columns, judge=[version for one in columns.judge for version in own.versions(one)], gold=golds
            )
            columns.read(own, unlabelled=reading.command.endswith("--consistency"))
        except JudgebenchError as error:
            return str(error)
        return ""

    return loads


def write(command: str, files: Sequence[Path], options: Options) -> str:
    """Write a command with options of a table as a shell takes it: the one place where flags are written.

    UsageError where a parameter has no option.
    """
    known = keys(LabelsAndScores)
    parts = ["judgebench", *command.split()]
    for file in files:
        parts += ["--csv", str(file)]
    given = dict(options)
    ids = given.get("id") or []
    if given.get("rater") and len(ids) == 1 and not any("," in name for name in (*ids, given["rater"], given["label"])):
        parts += ["--long", f"{ids[0]},{given.pop('rater')},{given.pop('label')}"]
        del given["id"]
    for name in (*(one for one in _FIRST if one in given), *(one for one in given if one not in _FIRST)):
        if name not in known:
            raise UsageError(f"no option says {name!r}")
        flag = known[name].flag
        for text in _texts(name, given[name]):
            parts += [flag] if text is None else [flag, text]
    return shlex.join(parts)


#: In this order, before all others.
_FIRST = ("delimiter", "header", "skip", "records", "rater", "label", "judge_name", "judge", "scores", "gold", "scale")


def _texts(name: str, value: Any) -> list[str | None]:
    if isinstance(value, bool):
        return [None] if value else []
    if isinstance(value, Mapping):
        return [f"{one}={','.join(of) if isinstance(of, (list, tuple)) else of}" for one, of in value.items()]
    if name in {"sides", "missing"}:
        return [",".join(value)]
    if isinstance(value, (list, tuple)):
        return list(value)
    return [f"{value:g}" if isinstance(value, float) else str(value)]


def _with_commands(found: Diagnosis, files: Sequence[Path]) -> Diagnosis:
    """Write the commands of all readings, and those that ask a judge."""
    from judgebench.labels.known import recognise  # noqa: PLC0415 - loaded on use

    found.readings = found.readings[:_MOST_READINGS]
    found.commands = tuple(write(one.command, files, one.options) for one in found.readings)
    names = [one.name for one in found.columns]
    benchmark = recognise(names) if found.form == "benchmark" else None
    if benchmark is not None:
        found.commands += _benchmark(found, benchmark, files[0])
    elif found.texts and len(files) == 1 and (said := _as_task(files[0])) is not None:
        if said:
            found.notes += (f"to ask a judge about its texts, something has to be said first: {said}",)
        else:
            found.commands += (
                shlex.join(["judgebench", "run", "--judge", "gpt-4o", "--task", str(files[0]), "--dry-run"]),
                shlex.join(["judgebench", "init", str(files[0])]),
            )
    return found


def _as_task(path: Path) -> str | None:
    """Say why a table's texts can't be judged, nothing where they can."""
    from judgebench.api.items import reading_of  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.tables import open_own  # noqa: PLC0415 - loaded on use

    try:
        # Long texts take long to check: of a large file its first items are looked at.
        most = _MOST_ITEMS * min(1.0, _MOST_BYTES / max(1, path.stat().st_size))
        deque(islice(open_own(path, reading_of({})).checked(), max(1, int(most))), maxlen=0)
    except JudgebenchError as error:
        return str(error)
    return ""


def _benchmark(found: Diagnosis, benchmark: Known, path: Path) -> tuple[str, ...]:
    split = found.asked[0] if found.asked else ""
    judges = list(dict.fromkeys(one for r in found.readings for one in r.options.get("judge", ())))
    replays = " ".join(f"--judge {shlex.quote(f'replay:{path}#{judge}')}" for judge in judges)
    return tuple(
        command.format(
            file=shlex.quote(str(path)),
            folder=shlex.quote(str(path.parent)),
            split=f":{split}" if split else "",
            replays=replays,
        )
        for command in benchmark.commands
    )


# --- several files, and folders --------------------------------------------------------------------------------------


def _joined(paths: Sequence[Path], known: Options) -> Diagnosis:
    """Say how several files of the same items go together."""
    from judgebench.files.content import Content, sniff  # noqa: PLC0415 - loaded on use
    from judgebench.files.opening import Opening  # noqa: PLC0415 - loaded on use
    from judgebench.files.read import open_joined, open_table  # noqa: PLC0415 - loaded on use
    from judgebench.labels.diagnose import diagnose  # noqa: PLC0415 - loaded on use
    from judgebench.labels.names import cluster_rank, is_id  # noqa: PLC0415 - loaded on use
    from judgebench.labels.profile import Sample  # noqa: PLC0415 - loaded on use

    opening = Opening(**known)
    opened = [open_table(path, opening.fitting(sniff(Content.at(path)))) for path in paths]
    shared = [name for name in opened[0].columns if all(name in own.columns for own in opened)]
    ids = sorted(shared, key=lambda name: (not is_id(name), cluster_rank(name) is None))
    errors: list[str] = []
    for key in [name for name in ids if is_id(name) or cluster_rank(name) is not None] or ids[:1]:
        for order in (paths, paths[::-1]):
            try:
                table = open_joined(order, key, opening)
                several = {name: table.versions(name) for name in table.columns if len(table.versions(name)) > 1}
                differing = {name for name in several if not _same(table, name)}
                same = {version for name in several.keys() - differing for version in several[name]}
                sample = Sample(table, {*differing, *same})
            except JudgebenchError as error:
                errors.append(str(error))
                continue
            found = diagnose(sample, {**known, "id": [key]}, _loading(sample, order[0]), ())
            found.path = " + ".join(map(str, order))
            compared = list(_compared(found.readings, [several[name] for name in sorted(differing)]))
            found = _with_commands(found, order)
            found.commands += tuple(write("compare", order, options) for options in compared)
            return found
    raise DataError(
        f"{len(paths)} files that share no column of ids: {errors[0] if errors else 'no name is in all of them'}",
        hint="files of the same items are joined by a column that names them in each",
    )


def _same(table: Table, name: str) -> bool:
    try:
        for _ in table.blocks([name], nested=True):
            pass
    except DataError:
        return False
    return True


def _compared(readings: Sequence[Reading], versions: Sequence[Sequence[str]]) -> Iterator[Options]:
    """Hold two versions of one judge against each other."""
    for one in readings:
        if one.command == "score" and list(one.options.get("judge", ())) in [list(names) for names in versions]:
            yield one.options


def _folder(path: Path) -> Diagnosis:
    from judgebench.files.read import open_table  # noqa: PLC0415 - loaded on use
    from judgebench.labels.diagnose import Diagnosis  # noqa: PLC0415 - loaded on use
    from judgebench.labels.known import recognise  # noqa: PLC0415 - loaded on use

    name = shlex.quote(str(path))
    if (path / "manifest.json").is_file():
        return Diagnosis(str(path), "run", "a run", commands=(f"judgebench score {name}",))
    entries = sorted(path.iterdir())
    runs = [entry.name for entry in entries if (entry / "manifest.json").is_file()]
    if runs:
        title = f"a folder of {len(runs)} run{'s' * (len(runs) > 1)}"
        return Diagnosis(str(path), "runs", title, notes=tuple(runs[:12]), commands=(f"judgebench leaderboard {name}",))
    notes: list[str] = []
    commands: list[str] = []
    for entry in [entry for entry in entries if entry.is_file() and _TABLES.search(entry.name)][:_MOST_FILES]:
        try:
            found = recognise(open_table(entry).columns)
        except DataError as error:
            notes.append(str(error))
        else:
            notes.append(f"{entry.name}: {found.title if found else 'a table'}")
            commands.append(shlex.join(["judgebench", "doctor", str(entry)]))
    if not notes:
        raise DataError(
            "no run and no label file in this folder", file=str(path), hint="name a file of labels or items"
        )
    title = "a folder of label files; ask about one of them"
    return Diagnosis(str(path), "folder", title, notes=tuple(notes), commands=tuple(commands[:1]))

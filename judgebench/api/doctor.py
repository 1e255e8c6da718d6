"""``judgebench.doctor``: what a file is, and the commands that measure it."""

from __future__ import annotations

import contextlib
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Unpack, overload

from judgebench.api.columns import Columns
from judgebench.api.doctor_commands import with_commands, write
from judgebench.api.notes import answered, somebody_answers, tell
from judgebench.api.parameters import Option, keys, question
from judgebench.api.tables import FileForm, flags
from judgebench.errors import DataError, FormError, JudgebenchError, spoken_as
from judgebench.report.checks import Checks
from judgebench.report.doctor import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from judgebench.files.table import Table
    from judgebench.labels.diagnose import Diagnosis
    from judgebench.labels.facts import Options, Reading
    from judgebench.labels.profile import Sample

_TABLES = re.compile(r"\.(?:csv|tsv|jsonl|ndjson|json|parquet|pq|xlsx|ods|txt)(?:\.gz)?$", re.IGNORECASE)
_MOST_FILES = 40


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

    export = None if known else _export([path])
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
        # What no name speaks for is a program's own: hashes, numbers of tasks.
        best.readings = tuple(one for one in best.readings if _spoken_for(one))
        best.title = f"{export.title}; {best.title}" if best.readings else export.title
        best.notes = (*export.notes, *best.notes)
        if not best.readings:
            best.questions = export.questions
    return with_commands(best, [path])


def _spoken_for(reading: Reading) -> bool:
    """Whether all its columns are named as a judge's or people's labels."""
    from judgebench.labels.names import says_labels  # noqa: PLC0415 - loaded on use

    return all(map(says_labels, [*reading.options.get("judge", ()), *reading.options.get("gold", ())]))


def _export(paths: Sequence[Path]) -> Diagnosis | None:
    """Say what other tools' files hold; None where one is none."""
    from judgebench.api.sources import open_sources  # noqa: PLC0415 - loaded on use
    from judgebench.files.records import some  # noqa: PLC0415 - loaded on use
    from judgebench.labels.diagnose import Diagnosis  # noqa: PLC0415 - loaded on use
    from judgebench.labels.facts import Reading  # noqa: PLC0415 - loaded on use
    from judgebench.labels.importers.catalog import open_export, recognise  # noqa: PLC0415 - loaded on use
    from judgebench.labels.names import is_gold, is_judge  # noqa: PLC0415 - loaded on use
    from judgebench.labels.profile import Sample, profile  # noqa: PLC0415 - loaded on use

    known = recognise(paths[0])
    table = None if known is None else open_export(*paths)
    if known is None or table is None:
        return None
    path, title = " + ".join(map(str, paths)), "files" if len(paths) > 1 else "a file"
    tool, reason, _ = known
    sample = Sample(table)
    columns = profile(sample)
    judges, people = table.labelled["judge"], table.labelled["person"]
    found = Diagnosis(
        path, "export", f"{title} of {tool.name}: {tool.holds}", table.format, "", sample.rows, sample.whole,
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
    labelled = {name for own in table.labelled.values() for labels in own.values() for name in labels}
    beside = [one.name for one in columns if one.kind and not one.name.startswith(tuple(labelled))]
    of_people: list[Options] = [{"gold": [asked]} if len(people) > 1 else {} for asked in people]
    of_judges: list[Options] = [{"judge": [asked]} if len(judges) > 1 else {} for asked in judges if not is_gold(asked)]
    ways += [
        Reading(f"{name} against people", {"judge": [name], **said})
        for name in beside if is_judge(name) for said in of_people
    ]  # fmt: skip
    ways += [
        Reading(f"judges against {name}", {**said, "gold": [name]})
        for name in [*beside, *judges] if is_gold(name) for said in of_judges
    ]  # fmt: skip
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
    return with_commands(found, paths)


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
            # A confusion table's first column may have no name.
            table = own.table if columns.rows.confusion else own
            columns.read(table, unlabelled=reading.command.endswith("--consistency"))
        except JudgebenchError as error:
            return str(error)
        return ""

    return loads


# --- several files, and folders --------------------------------------------------------------------------------------


def _joined(paths: Sequence[Path], known: Options) -> Diagnosis:
    """Say how several files of the same items go together."""
    from judgebench.files.content import Content, sniff  # noqa: PLC0415 - loaded on use
    from judgebench.files.opening import Opening  # noqa: PLC0415 - loaded on use
    from judgebench.files.read import open_joined, open_table  # noqa: PLC0415 - loaded on use
    from judgebench.files.records import some  # noqa: PLC0415 - loaded on use
    from judgebench.labels.diagnose import diagnose  # noqa: PLC0415 - loaded on use
    from judgebench.labels.importers.catalog import open_export  # noqa: PLC0415 - loaded on use
    from judgebench.labels.names import SYSTEM, cluster_rank, is_id, words_of  # noqa: PLC0415 - loaded on use

    exports = {} if known else {path: one for path in paths if (one := open_export(path)) is not None}
    if len(exports) == len(paths) and (found := _export(paths)) is not None:
        return found
    opening = Opening(**known)
    opened = [
        exports[path] if path in exports else open_table(path, opening.fitting(sniff(Content.at(path))))
        for path in paths
    ]
    shared = [name for name in opened[0].columns if all(name in own.columns for own in opened)]
    ids = sorted(shared, key=lambda name: (not is_id(name), cluster_rank(name) is None))
    single = [name for name in ids if is_id(name) or cluster_rank(name) is not None]
    parts = [name for name in shared if name in single or words_of(name) & (SYSTEM | {"turn"})]
    errors: list[str] = []
    for key in [[name] for name in single or ids[:1]] + [parts] * (len(parts) > 1):
        for order in (paths, paths[::-1]):
            try:
                table = open_joined(order, key, opening, exports)
                several = {name: table.versions(name) for name in table.columns if len(table.versions(name)) > 1}
                differing = {name for name in several if not _same(table, name)}
                same = {version for name in several.keys() - differing for version in several[name]}
                sample = _readable(table, {*differing, *same})
            except JudgebenchError as error:
                errors.append(str(error))
                continue
            found = diagnose(sample, {**known, "id": key}, _loading(sample, order[0]), ())
            found.path = " + ".join(map(str, order))
            compared = list(_compared(found.readings, [several[name] for name in sorted(differing)]))
            found = with_commands(found, order)
            found.commands += tuple(write("compare", order, options) for options in compared)
            return found
    if errors:
        raise DataError(
            f"the files share {some(single or ids[:1])}, and can't be joined by it: {errors[0]}",
            hint="files of the same items are joined by a column that names them in each",
        )
    raise DataError(
        f"{len(paths)} files that share no column: "
        + "; ".join(f"{one.name} has {some(one.columns)}" for one in opened),
        hint="files of the same items are joined by a column that names them in each: give it the same name",
    )


def _readable(table: Table, without: set[str]) -> Sample:
    """Read the first rows of the columns that can be read: not those that hold lists or objects."""
    from judgebench.labels.profile import Sample  # noqa: PLC0415 - loaded on use

    while True:
        try:
            return Sample(table, without)
        except DataError as error:
            if error.field is None or error.field in without or error.field not in table.columns:
                raise
            without = {*without, error.field}


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

"""``verify``: find damage in a stored run, and say what to do about it."""

from __future__ import annotations

import math
import os
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from judgebench.domain import Status, Verdict
from judgebench.errors import DataError
from judgebench.files.lines import CHANGED, UNREADABLE, checksum, loads
from judgebench.store.answers import KeyIndex
from judgebench.store.beside import BESIDE
from judgebench.store.lines import PACKED, REWRITE, VERDICTS, Sorting, decode
from judgebench.store.marks import NOTED, REFRESHED, SETTLED, Promised, fits, opened
from judgebench.store.parquet import group_count, read_table, sound
from judgebench.store.rounds import ROUNDS
from judgebench.store.runs import CUT, MANIFEST, OTHERS, cut, open_lines, read_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from judgebench.domain import Code, Item, Run, Scale

#: Findings that are told in full; a file that is all garbage has as many as lines.
MOST = 100
#: Files of a run that say what is under way: answers of undecided cases, batches that were submitted.
UNDER_WAY = (ROUNDS, "batches.jsonl")
UNSEALED = "unsealed: an older version wrote it, and edits of it go unseen; `judgebench verify --reseal` seals it"

_ASIDE = "`judgebench verify --repair` moves it aside; then the same run command asks its case again"
_TOLD = f"`judgebench verify --repair` moves it aside; then {REWRITE}"
_ORDER = "`judgebench verify --repair` puts the file in order"
_TORN = "a torn line: the process was killed, or the disk full, while it was written"
_RESTORE = "restore it from a backup, or move it away to give up what it holds"
_GROUPS = "`judgebench verify --repair` keeps the rows that can be read; the run command asks the others again"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be: where, what, and what to do about it."""

    file: str
    line: int | None
    what: str
    todo: str

    def __str__(self) -> str:
        """Write it as a line."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.what}; {self.todo}"


@dataclass(slots=True)
class Report:
    """What a run holds, and what is wrong with it.

    ``lines`` are those of ``verdicts.jsonl``, ``packed`` the rows of ``verdicts.parquet``, ``cases`` the distinct cases
    of both; ``superseded`` verdicts were replaced by newer ones (a failed case asked again, a new gold label),
    ``twice`` are cases that were answered more than once, in other words. ``found`` counts all findings, of which the
    first `MOST` are listed. ``notes`` are not damage: an older version sealed nothing, the folder was renamed.
    """

    path: Path
    lines: int = 0
    packed: int = 0
    cases: int = 0
    superseded: int = 0
    twice: int = 0
    found: int = 0
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, file: Path, line: int | None, what: str, todo: str) -> None:
        """Note a finding."""
        self.found += 1
        if len(self.findings) < MOST:
            self.findings.append(Finding(str(file), line, what, todo))

    def tell(self, file: Path, error: DataError) -> None:
        """Note what an error says of a file."""
        what, _, todo = str(error).removeprefix(f"{file}: ").partition("; ")
        self.add(file, None, what, todo)


def run_folders(root: Path) -> list[Path]:
    """Find the runs under a folder (or the one that it is), those without a manifest too."""

    def is_run(path: Path) -> bool:
        return any((path / name).exists() for name in (MANIFEST, VERDICTS, PACKED))

    if is_run(root):
        return [root]
    found = [path for path in sorted(root.iterdir()) if path.is_dir() and is_run(path)] if root.is_dir() else []
    if not found:
        raise DataError(f"no runs in {root}", hint="`judgebench run … --runs DIR` writes them")
    return found


def ailment(line: bytes, scale: Scale | None) -> str:
    """Say what is wrong with a line; empty where nothing is."""
    if not line.endswith(b"\n"):
        return _TORN
    if checksum(line) is False:
        return CHANGED
    try:
        # Not trusting its checksum, which whoever edits a line may well have made anew.
        verdict = Verdict.from_json(loads(line))
    except UNREADABLE as error:
        return f"not a verdict ({type(error).__name__}: {error})"
    return disorder(verdict, scale)


def disorder(verdict: Verdict, scale: Scale | None) -> str:
    """Say what contradicts itself in a verdict; empty where nothing does."""
    return next(_contradictions(verdict, scale), "")


def _contradictions(verdict: Verdict, scale: Scale | None) -> Iterator[str]:
    # Anybody may have edited the file: what the types promise is not so.
    key, item, repeat = (cast("object", value) for value in (verdict.key, verdict.item, verdict.repeat))
    if not (isinstance(key, str) and isinstance(item, str) and type(repeat) is int):
        yield "key, item or repeat is of the wrong type"
        return
    if (verdict.status is Status.OK) != (verdict.code is not None):
        yield f"status {verdict.status.value!r} with verdict {verdict.code!r}: only ok has one"
    if sorted(verdict.order) != list(range(len(verdict.order))):
        yield f"order {list(verdict.order)} is not an order of responses"
    if not all(_finite(number) for number in (*verdict.scores, *verdict.probabilities)):
        yield "a score or probability is not a finite number"
    if scale is None:
        return
    places = _places(scale, len(verdict.order))
    if verdict.code is not None and not _on_scale(verdict.code, scale, places):
        yield f"verdict {verdict.code!r} is not on the scale {scale.spec}"
    yield from _off_scale(verdict.gold, scale, places)


def unfit(item: Item, scale: Scale) -> str:
    """Say why verdicts on an item would be called damaged, whatever a judge says; empty where they would not."""
    texts = (item.id, item.cluster, item.subset, *(text for pair in item.attributes for text in pair))
    systems = (response.model for response in item.responses if response.model is not None)
    if not all(type(text) is str for text in (*texts, *systems)):
        return "its id, cluster, subset, attributes and models must be text"
    gold = [(label.annotator, label.code) for label in item.gold]
    return next(_off_scale(gold, scale, _places(scale, len(item.responses))), "")


def _places(scale: Scale, responses: int) -> int:
    if scale.kind == "rank":
        return responses
    return max(responses, len(scale.labels)) if scale.kind == "pick" else scale.size


def _off_scale(gold: Iterable[tuple[str, Code | None]], scale: Scale, places: int) -> Iterator[str]:
    for name, code in gold:
        codes = code if isinstance(code, tuple) else () if code is None else (code,)
        if not all(type(one) is int and 0 <= one < places for one in codes):
            yield f"gold label {code!r} of {name!r} is not on the scale {scale.spec}"


def _finite(number: object) -> bool:
    return isinstance(number, (int, float)) and math.isfinite(number)


def _on_scale(code: Code, scale: Scale, places: int) -> bool:
    codes = code if isinstance(code, tuple) else (code,)
    if isinstance(code, tuple) != scale.sequential:
        return False
    if scale.kind == "rank" and sorted(codes) != list(range(places)):
        return False
    return all(type(one) is int and 0 <= one < places for one in codes)


def verify(path: Path) -> Report:
    """Look through all files of a run, in flat memory. Nobody should be writing it: a half-written line looks torn."""
    report = Report(path)
    run = _verify_facts(path, report)
    scale = None if run is None else run.scale
    seen = _Seen(report)
    if (path / PACKED).exists():
        _verify_table(path, scale, seen)
    _verify_lines(path, scale, seen)
    # What is under way, one line a step; the checksum of a line is all that must be known of it here.
    for file in sorted(path.glob("*.jsonl")):
        if file.name in {*UNDER_WAY, BESIDE}:
            _verify_steps(file, report)
    report.cases = len(seen.index)
    if run is not None and not report.found:
        _verify_counts(path, run, seen)
    return report


def _verify_facts(path: Path, report: Report) -> Run | None:
    """Look at the manifest and the notes beside it."""
    run: Run | None = None
    whole = True
    try:
        stored = read_run(path)
    except DataError as error:
        report.tell(path / MANIFEST, error)
    else:
        run, whole = stored.run, stored.sealed
        if (name := path.resolve().name) != run.identity:
            report.notes.append(f"its folder was named {run.identity}, not {name}")
    for name in (SETTLED, NOTED, REFRESHED):
        try:
            whole &= opened(path / name).sealed
        except DataError as error:
            report.tell(path / name, error)
    if not whole:
        report.notes.append(UNSEALED)
    return run


def _verify_steps(file: Path, report: Report) -> None:
    todo = {ROUNDS: _ASIDE, BESIDE: _TOLD}.get(file.name, _RESTORE)
    with file.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if not line.endswith(b"\n"):
                report.add(file, number, _TORN, "the same `judgebench run` command cuts it off")
            elif checksum(line) is False or (file.name in {ROUNDS, BESIDE} and not checksum(line)):
                report.add(file, number, CHANGED, todo)


class _Seen:
    def __init__(self, report: Report) -> None:
        self.report = report
        self.index = KeyIndex()
        self.statuses: Counter[Status] = Counter()

    def take(self, verdict: Verdict) -> bool:
        """Count a verdict, and say whether its case is a new one."""
        # Six bits are enough for what a later verdict must know of an earlier one: its status and a trace of its words.
        mark = _MARKS.index(verdict.status) | (hash((verdict.code, verdict.text)) & 0xFFFF_FFFF) << 3
        before = self.index.get(verdict.key)
        self.index.put(verdict.key, mark)
        self.statuses[verdict.status] += 1
        if before is None:
            return True
        status = _MARKS[before & 7]
        self.statuses[status] -= 1
        self.report.superseded += 1
        if Status.FAILED not in {status, verdict.status} and before != mark:
            self.report.twice += 1
        return False


_MARKS = tuple(Status)


def _verify_table(path: Path, scale: Scale | None, seen: _Seen) -> None:
    file, report = path / PACKED, seen.report
    before: Sorting | None = None
    try:
        groups, rows = group_count(file)
    except DataError as error:
        report.tell(file, error)
        return
    for group in range(groups):
        try:
            for verdict in read_table(file, groups=[group]):
                report.packed += 1
                wrong, todo = disorder(verdict, scale), _ASIDE
                here = Sorting.of(verdict)
                if not seen.take(verdict):
                    wrong, todo = (wrong, todo) if wrong else ("its case appears twice", _ORDER)
                elif before is not None and here <= before:
                    wrong, todo = (wrong, todo) if wrong else ("out of order", _ORDER)
                before = here
                if wrong:
                    report.add(file, report.packed, f"row {report.packed}: {wrong}", todo)
        except DataError as error:
            what = str(error).partition(";")[0].removeprefix(f"{file}: ")
            report.add(file, None, f"row group {group + 1} of {groups}: {what}", _GROUPS)
            before = None
    if not report.found and not sound(path):
        report.add(file, None, "the file was changed after it was written, though all rows can be read", _GROUPS)
    if not report.found and report.packed != rows:
        report.add(file, None, f"{report.packed} rows where {rows} are promised", _GROUPS)


def _verify_lines(path: Path, scale: Scale | None, seen: _Seen) -> None:
    file, report = path / VERDICTS, seen.report
    stream = open_lines(path)
    if stream is None:
        return
    before: Sorting | None = None
    packed = (path / PACKED).exists()
    mark = opened(path / SETTLED).data if fits(path / SETTLED) else {}
    promised, told = mark.get("bytes", 0), Promised(mark)
    with stream:
        size = os.fstat(stream.fileno()).st_size
        settled = promised == size > 0
        if size < promised:
            report.add(file, None, cut(size, mark), CUT)
        for number, line in enumerate(told.lines(stream), 1):
            report.lines += 1
            if wrong := ailment(line, scale):
                report.add(file, number, wrong, _ASIDE)
                continue
            verdict = decode(line)
            new = seen.take(verdict)
            here = Sorting.of(verdict)
            if settled and before is not None and here <= before:
                report.add(file, number, "out of order in a settled file", _ORDER)
            elif settled and not new and not packed:
                report.add(file, number, "its case appears twice in a settled file", _ORDER)
            before = here
    if not report.found and not told.kept:
        report.add(file, None, OTHERS, _ORDER)


def _verify_counts(path: Path, run: Run, seen: _Seen) -> None:
    if "cases" not in run.counts:
        # Not finished, or just started again: it says nothing yet.
        return
    told = {status: run.counts.get(status.value, 0) for status in Status}
    judged, cases = sum(told.values()), seen.report.cases
    held = ", ".join(f"{count} {status.value}" for status, count in seen.statuses.items() if count) or "none"
    if judged > cases:
        what = f"counts {judged} judged cases, but the files hold {cases} ({held})"
        todo = "verdicts were lost: the same `judgebench run` command asks them again"
        seen.report.add(path / MANIFEST, None, what, todo)
    elif judged == cases and any(told[status] != seen.statuses[status] for status in Status):
        counted = ", ".join(f"{count} {status.value}" for status, count in told.items() if count)
        seen.report.add(path / MANIFEST, None, f"counts {counted}, but the files hold {held}", REWRITE)

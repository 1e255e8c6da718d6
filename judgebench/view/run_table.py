"""The runs of a folder as they are now: how far each is, and what was measured of it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from judgebench.domain import HUMAN_SOURCES, Status, digest, names_of
from judgebench.errors import JudgebenchError, UsageError
from judgebench.report.document.text import clean
from judgebench.report.said import brief_name, is_rule, whole
from judgebench.report.stand_in import SAID
from judgebench.report.words import WARNINGS, sampled
from judgebench.store.lines import PACKED, VERDICTS
from judgebench.store.runs import MANIFEST, StoredRun, distinct, read_run
from judgebench.view.figures import estimate
from judgebench.view.naming import asked_whom, conditions_line, judge_name, scale_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from judgebench.api.source import Source
    from judgebench.labels.as_run import TableRun
    from judgebench.report.line import Line

#: A run, or a judge of a table of one's own.
Shown: TypeAlias = "StoredRun | TableRun"
#: A run that lacks verdicts and got none for so many seconds is called incomplete, not running.
_QUIET = 20.0
#: A growing run is measured again after so many times the seconds that it took last time.
_PATIENCE = 4.0


@dataclass(slots=True)
class Entry:
    """A run and what is known of it."""

    name: str
    path: Path
    stored: Shown | None = None
    error: str = ""
    #: Changes whenever one of the run's files does.
    stamp: str = ""
    changed: float = 0.0
    #: Of what was measured: the stamp then, the figures, when it was done, and how long it took.
    measured: str = ""
    figures: dict[str, Any] = field(default_factory=dict)
    at: float = 0.0
    took: float = 0.0


class RunTable:
    """The runs of a folder, which need not exist yet, by name; only names in the table are ever opened."""

    def __init__(self, root: Path, measure: Callable[[Shown], Line]) -> None:
        self.root = root
        self._measure = measure
        self._entries: dict[str, Entry] = {}
        # Pages are written beside the server's loop, and look, too.
        self._looking = threading.Lock()

    def scan(self) -> list[Entry]:
        """Look at the folder again."""
        with self._looking:
            return self._scan()

    def _scan(self) -> list[Entry]:
        alone = (self.root / MANIFEST).exists()
        files = [self.root / MANIFEST] if alone else sorted(self.root.glob(f"*/{MANIFEST}"))
        found: dict[str, Entry] = {}
        for file in files:
            name = file.parent.name
            entry = self._entries.get(name) or Entry(name, file.parent)
            self._look(entry)
            found[name] = entry
        self._entries = found
        return list(found.values())

    def opened(self, names: Sequence[str]) -> list[Shown]:
        """Find runs by name; all that can be read where none is named. UsageError where there is none."""
        entries = {entry.name: entry for entry in self.scan()}
        if unknown := [name for name in names if name not in entries]:
            raise UsageError(f"there is no run {unknown[0][:200]!r} here")
        stored = [one for name in (names or entries) if (one := entries[name].stored) is not None]
        filled = [one for one in (stored if names else self._once(stored)) if not one.empty]
        if not filled:
            raise UsageError("nothing is judged here yet")
        return filled

    def sources(self, chosen: Sequence[Any]) -> list[Source]:
        """Find what runs are measured by, which are shown together."""
        from judgebench.api.run_sources import run_sources  # noqa: PLC0415 - loaded on use

        return run_sources(chosen)

    def _once(self, stored: Sequence[Any]) -> Sequence[Shown]:
        """Leave out copies: a copy of a run is not another run."""
        return distinct(stored)[0]

    def stored(self) -> list[StoredRun]:
        """Give all runs that can be read, those of a table left out: these have labels of their own."""
        return [one.stored for one in self.scan() if isinstance(one.stored, StoredRun)]

    def stamps(self, names: Sequence[str]) -> str:
        """Write what changes whenever one of these runs does."""
        return digest([[entry.name, entry.stamp] for entry in self.scan() if not names or entry.name in names], 12)

    def due(self) -> Entry | None:
        """Find a run that should be measured (again) now."""
        now = time.monotonic()
        return next(
            (
                entry
                for entry in self._entries.values()
                if entry.stored is not None
                and entry.measured != entry.stamp
                and now - entry.at >= _PATIENCE * entry.took
            ),
            None,
        )

    def measure(self, entry: Entry) -> None:
        """Measure a run; what goes wrong is noted down beside it."""
        stored, stamp, started = entry.stored, entry.stamp, time.monotonic()
        if stored is None:
            return
        try:
            if stored.empty:
                entry.figures = {"judged": 0, "answered": 0}
            else:
                entry.figures = figures(self._measure(stored))
                if not entry.figures["answered"]:
                    entry.figures["why"] = clean(next((one.error for one in stored.verdicts() if one.error), ""))
            error = ""
        except JudgebenchError as failed:
            error = str(failed)
        if entry.stamp == stamp:
            # What was found out of its files since then is newer.
            entry.error = error
        entry.measured, entry.at = stamp, time.monotonic()
        entry.took = entry.at - started

    def _look(self, entry: Entry) -> None:
        facts: list[list[object]] = []
        changed = 0.0
        for name in (MANIFEST, VERDICTS, PACKED):
            try:
                stat = (entry.path / name).stat()
            except OSError:
                continue
            facts.append([name, stat.st_mtime_ns, stat.st_size])
            changed = max(changed, stat.st_mtime)
        stamp = digest(facts, 12)
        if stamp == entry.stamp:
            return
        entry.stamp, entry.changed = stamp, changed
        try:
            entry.stored, entry.error = read_run(entry.path), ""
        except JudgebenchError as error:
            entry.stored, entry.error = None, str(error)

    def to_json(self) -> list[dict[str, Any]]:
        """Write the table as the page takes it, newest first."""
        entries = sorted(self.scan(), key=lambda entry: (-entry.changed, entry.name))
        opened = [(entry.name, entry.stored.run) for entry in entries if entry.stored is not None]
        judges = names_of([run for _, run in opened])
        names = {name: judge for (name, _), judge in zip(opened, judges, strict=True)}
        return [_row(entry, names.get(entry.name, "")) for entry in entries]


def _row(entry: Entry, judge: str) -> dict[str, Any]:
    at = datetime.fromtimestamp(entry.changed, UTC).isoformat(timespec="seconds")
    row: dict[str, Any] = {"name": entry.name, "stamp": entry.stamp, "at": at, "error": clean(entry.error)}
    row |= entry.figures
    if entry.stored is None:
        return row | {"task": "", "judge": "", "status": "unreadable"}
    run = entry.stored.run
    cases, judged = run.counts.get("cases", 0), entry.figures.get("judged")
    told, conditions = judge_name(judge)
    row |= {"task": clean(run.task), "judge": told, "conditions": conditions, "more": conditions_line(run)}
    row["rule"] = is_rule(run.judge)
    row |= {"revision": clean(run.revision), "cases": cases, "scale": scale_line(run.scale)}
    row |= {"gold": asked_whom(run.gold_source), "sample": sampled(run.revision)}
    row |= {"models": [clean(one) for one in run.models if one], "measuring": entry.measured != entry.stamp}
    row["status"] = _status(cases, judged, row.get("answered"), quiet=time.time() - entry.changed > _QUIET)
    return row


def _status(cases: int, judged: int | None, answered: int | None, *, quiet: bool) -> str:
    """Say how far a run is; one whose judge never answered is no slow one."""
    if judged is None:
        return "unmeasured"
    if cases > judged and not quiet:
        return "running"
    if answered == 0:
        return "unanswered"
    return "complete" if cases <= judged else "stopped"


def figures(line: Line) -> dict[str, Any]:
    """Write what was measured as the page takes it."""
    row = line.row
    usage = row.usage
    # A table does not say how its verdicts came about.
    usable = row.statuses.get(Status.OK, 0) if row.statuses else round(row.coverage * row.items)
    among = None if line.people is None else estimate(line.people)
    return {
        "judged": sum(row.statuses.values()) or row.items,
        "answered": usable,
        "failed": line.failed,
        "items": line.items,
        "usable": whole(row.coverage),
        "headline": brief_name(line.metric),
        "value": estimate(line.figure),
        "same": "" if line.same is None else whole(line.same),
        # Annotators are called people, and their agreement the human line, only where somebody says so.
        "human": among if row.gold in HUMAN_SOURCES else None,
        "among": among,
        "people": 0 if row.people is None else row.people.people,
        "single": line.single,
        "answer": _answer(line),
        "warnings": [WARNINGS.get(code, code) for code in row.warnings],
        "usd": usage.usd,
        "tokens": usage.input_tokens + usage.output_tokens,
    }


def _answer(line: Line) -> str:
    if line.sampled:
        return "sample"
    if line.state:
        return SAID[line.state].style
    return "unknown" if line.row.gold == "unspecified" else "alone"

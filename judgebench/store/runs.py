"""Runs as they lie on disk, read; also against the labels of one's own annotators, without data set or judge."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Self

from judgebench.domain import Run, Verdict
from judgebench.errors import DataError, argument
from judgebench.files.lines import replace_file, unreadable
from judgebench.store.lines import PACKED, REPAIR, VERDICTS, Sorting, decode, in_order, latest, parsed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from judgebench.labels.annotations import Labels


MANIFEST = "manifest.json"
_SCHEMA = "judgebench.run/1"
#: Says that the lines are in order, one a case: how many bytes and lines that is true of.
SETTLED = "settled.json"
#: Says that the run was asked afresh: when, and whether it was finished since.
REFRESHED = "refreshed.json"


class StoredRun(NamedTuple):
    """A run as it lies on disk."""

    path: Path
    run: Run

    @property
    def refreshed(self) -> str:
        """When the run was last asked afresh (``--refresh``), as text that sorts; empty where it never was."""
        return str(read_mark(self.path / REFRESHED).get("at", ""))

    @property
    def empty(self) -> bool:
        """Whether nothing is judged yet."""
        return next(iter(self.verdicts(texts=False)), None) is None

    def verdicts(self, *, texts: bool = True) -> Iterator[Verdict]:
        """Yield the verdicts that count: of each case the last, sorted by item, repeat and order.

        Judges answer in any order; sorted, the same verdicts give the same figures to the last digit. Memory stays
        flat: a settled or packed run is read as it lies, another is sorted in pieces. Without ``texts`` a packed run
        need not read the judge's words.
        """
        for _ in range(2):
            # Lines first: `pack` removes them only when the packed part is there.
            stream = open_lines(self.path)
            packed = self.path / PACKED
            if stream is not None or packed.exists():
                break
        else:
            return
        if not packed.exists():
            if stream is not None:
                yield from _tail(self.path, stream)
            return
        from judgebench.store.parquet import read_table  # noqa: PLC0415 - only where a run is packed

        parts = [read_table(packed, texts=texts)]
        if stream is not None:
            parts.append(_tail(self.path, stream))
        yield from latest(parts, Sorting.of)

    def judgments(self) -> Iterator[Verdict]:
        """Yield what is measured of `verdicts`, without the judge's words where these need not be read.

        The cases of a run's own probe are what it is about, and so are its plain ones.
        """
        found, own = self.verdicts(texts=False), self.run.probe
        return (replace(one, probe="") for one in found if one.probe == own) if own else found


def open_lines(path: Path) -> BinaryIO | None:
    """Open a run's lines; None where it has none."""
    file = path / VERDICTS
    try:
        return file.open("rb", buffering=1 << 18)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(file, error) from None


def _tail(path: Path, stream: BinaryIO) -> Iterator[Verdict]:
    file = path / VERDICTS
    with stream:
        if not is_settled(path, stream):
            yield from map(decode, in_order(stream, file))
            return
        before: Sorting | None = None
        for number, verdict in enumerate(parsed(stream, file, decode), 1):
            here = Sorting.of(verdict)
            if before is not None and here <= before:
                raise DataError("lines are out of order", file=str(file), line=number, hint=REPAIR)
            before = here
            yield verdict


def is_settled(path: Path, stream: BinaryIO) -> bool:
    """Whether an open file of lines is in order, one line a case.

    It is where it has the size that was noted down, and is not a file that was replaced since it was opened.
    """
    opened = os.fstat(stream.fileno())
    if read_mark(path / SETTLED).get("bytes") != opened.st_size:
        return False
    try:
        present = (path / VERDICTS).stat()
    except FileNotFoundError:
        return False
    return (present.st_dev, present.st_ino) == (opened.st_dev, opened.st_ino)


def read_mark(file: Path) -> dict[str, Any]:
    """Read a small file of facts; empty where it is missing or unreadable, for all of them can be found out anew."""
    try:
        data = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def write_mark(file: Path, mark: Mapping[str, object]) -> None:
    """Write such a file, atomically."""
    replace_file(file, [json.dumps(mark).encode() + b"\n"])


def read_run(path: Path) -> StoredRun:
    """Read a run's manifest; DataError where the folder is not a run."""
    file = path / MANIFEST
    try:
        run = Run.from_json(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise DataError(
            f"{path} is not a run (no {MANIFEST})", hint="give a folder that `judgebench run` printed"
        ) from None
    except OSError as error:
        raise unreadable(file, error) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"not a run manifest ({type(error).__name__}: {error})",
            file=str(file),
            hint="the same `judgebench run` command writes it anew, and asks nothing again",
        ) from None
    # Verdicts of another schema may mean something else: a figure made of them would be silently wrong.
    if run.schema != _SCHEMA:
        raise DataError(
            f"schema {run.schema!r}, and this version of judgebench reads {_SCHEMA!r}",
            file=str(file),
            hint=f"use the version that wrote the run, or run it again with {argument('runs')} NEW_FOLDER",
        )
    return StoredRun(path, run)


def find_runs(root: Path) -> list[StoredRun]:
    """Read all runs under a folder (or the one that it is), sorted by name; DataError where there is none."""
    if (root / MANIFEST).exists():
        return [read_run(root)]
    runs = [read_run(file.parent) for file in sorted(root.glob(f"*/{MANIFEST}"))]
    if not runs:
        table = f"a table needs its columns named; `judgebench doctor {root}` names them"
        hint = table if root.is_file() else "`judgebench run … --runs DIR` writes them"
        raise DataError(f"no runs in {root}", hint=hint)
    return runs


class LabelledRun(StoredRun):
    """A run whose verdicts carry other gold than they were stored with.

    Where only the labels count, it is a run on the labelled items: verdicts on others are left out.
    """

    labels: Labels
    #: Labelled items that the run holds verdicts on.
    covered: int

    @classmethod
    def of(cls, stored: StoredRun, labels: Labels) -> Self:
        """Join a run with labels of its task.

        DataError where it holds none of the items, its judge saw something else, or a label is not on the scale.
        """
        if not labels.items:
            raise DataError(f"nobody gave an item of {labels.task} a label: all were skipped, or only shown again")
        cases = items = 0
        before, covered, wanted = set[str](), set[str](), labels.items
        kept = 0
        for verdict in stored.judgments():
            cases += 1
            before.add(verdict.item)
            if labels.verdict(verdict, stored.run.scale) is not None:
                kept += 1
            if verdict.item in wanted:
                covered.add(verdict.item)
        if not covered:
            raise DataError(
                f"none of the {len(wanted)} labelled items is in this run",
                file=str(stored.path),
                hint=_NONE.format(argument("limit")),
            )
        items = len(before)
        run = stored.run
        counts = dict(run.counts)
        # A run that is whole is whole on these items, too; of one that is not, nobody knows what is missing.
        if labels.mode == "only" and counts.get("cases", 0) <= cases and counts.get("items", 0) <= items:
            counts = {"items": len(covered), "cases": kept}
        policies = run.policies
        if labels.mode == "only" and policies.gold == "leave-one-out" and len(labels.lines) < 3:
            policies = replace(policies, gold="majority")
        made = cls(
            stored.path,
            replace(
                run,
                revision=labels.revision(run.revision),
                gold_source=labels.source(run.gold_source),
                counts=counts,
                policies=policies,
                # A benchmark's own figures are about its own items and its own gold.
                aggregates=() if labels.mode == "only" else run.aggregates,
            ),
        )
        made.labels = labels
        made.covered = len(covered)
        return made

    def verdicts(self, *, texts: bool = True) -> Iterator[Verdict]:
        """Yield the verdicts with the labels as their gold, as `StoredRun.verdicts` does."""
        scale = self.run.scale
        for verdict in super().verdicts(texts=texts):
            labelled = self.labels.verdict(verdict, scale)
            if labelled is not None:
                yield labelled


_NONE = "were they labelled with another {}, or the run asked with one?"

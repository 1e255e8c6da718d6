"""A run with every file that one may have, what it means to a reader, and bits of it turned over."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from stored_cases import RUN, some

from judgebench.domain import Completion, Status
from judgebench.errors import JudgebenchError
from judgebench.labels.annotation_files import LabelWriter, read_labels
from judgebench.labels.annotations import Labelled
from judgebench.report.gate.baseline import read, record, write
from judgebench.run.batch.ledger import LEDGER, Ledger, read_ledger
from judgebench.store.marks import REFRESHED, read_mark
from judgebench.store.rounds import ROUNDS, Rounds
from judgebench.store.runs import find_runs, read_run
from judgebench.store.upkeep import pack
from judgebench.store.verify import run_folders, verify
from judgebench.store.writer import RunWriter

if TYPE_CHECKING:
    from pathlib import Path

BASELINE, LABELS = "baseline.json", "labels.jsonl"


def whole(root: Path, count: int = 40, *, packed: bool = False, seed: int = 0) -> Path:
    """Write a finished run that was refreshed, counted, labelled and gated, with rounds and a batch under way."""
    verdicts = some(count, seed)
    statuses = Counter(one.status.value for one in verdicts)
    with RunWriter(root, RUN, refresh=True) as writer:
        for one in verdicts:
            writer.append(one)
        writer.settle()
        counts = {"items": count // 2, "cases": count, **{one.value: statuses[one.value] for one in Status}}
        spent = {"commands": 1, "asked": count, "usd": 0.5, "seconds": 3.5}
        writer.write_manifest(replace(RUN, counts=counts, spent=spent, models={"m-1": 9}))
    path = writer.path
    if packed:
        pack(path)
    rounds = Rounds(path, lambda _: False)
    rounds.keep("c" * 24, "r-0", Completion("Hm. [[B]]", input_tokens=7))
    rounds.close()
    with Ledger(path) as ledger:
        ledger.submitted(ledger.mean("0123456789abcdef", ["d" * 24, "e" * 24], 2), "batch_1")
    with LabelWriter(root / LABELS) as labels:
        for n in range(3):
            labels.append(Labelled("toy", "r1", f"item {n}", "0" * 24, "ann", "pair:3", "A", (1, 0), seconds=2.5))
    write(record(RUN, verdicts, RUN.policies), root / BASELINE)
    return path


def meaning(root: Path) -> dict[str, Any]:
    """Read all that a folder says; JudgebenchError where it is refused."""
    [path] = run_folders(root)
    stored = read_run(path)
    return {
        "run": stored.run.to_json(),
        "verdicts": [asdict(one) for one in stored.verdicts()],
        REFRESHED: read_mark(path / REFRESHED),
        ROUNDS: Rounds(path, lambda _: False).of("c" * 24),
        LEDGER: [asdict(entry) for entry in read_ledger(path / LEDGER).values()],
        LABELS: [asdict(one) for one in _labels(root)],
        BASELINE: asdict(read(root / BASELINE)),
    }


def _labels(root: Path) -> list[Any]:
    return [placed.said for labels in read_labels([root / LABELS]).values() for placed in labels.items.values()]


def files(root: Path) -> list[Path]:
    """List the files that mean something."""
    return sorted(path for path in root.rglob("*") if path.is_file() and not path.name.endswith(".lock"))


def flips(root: Path, times: int, seed: int) -> tuple[Counter[tuple[str, str]], list[str]]:
    """Turn over a bit at a time, each file as often as another, and count what came of it; with what must not be."""
    draw = random.Random(seed)
    before, paths = meaning(root), files(root)
    found: Counter[tuple[str, str]] = Counter()
    wrong: list[str] = []
    for number in range(times):
        file = paths[number % len(paths)]
        data = file.read_bytes()
        at, bit = draw.randrange(len(data)), draw.randrange(8)
        file.write_bytes(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :])
        what = f"{file.name} byte {at} bit {bit}"
        try:
            found[file.name, _came_of(root, before)] += 1
        except JudgebenchError as error:
            wrong.append(f"{what}: verify raised {error}")
        except Exception as error:  # noqa: BLE001 - this is what must not be
            wrong.append(f"{what}: {type(error).__name__}: {error}")
        if (file.name, "unseen") in found:
            wrong.append(f"{what}: read as something else, and verify calls it clean")
            del found[file.name, "unseen"]
        file.write_bytes(data)
    return found, wrong


def _came_of(root: Path, before: dict[str, Any]) -> str:
    # Before what reads it: a writer cuts off what looks torn.
    reports = [verify(path) for path in run_folders(root)]
    try:
        after = meaning(root)
    except JudgebenchError:
        return "refused"
    if after == before:
        return "the same"
    return "named by verify" if any(report.found for report in reports) else "unseen"


def copied(path: Path, to: Path) -> Path:
    """Copy a folder of runs."""
    shutil.copytree(path, to)
    [stored] = find_runs(to)
    return stored.path


def edit(file: Path, **facts: Any) -> None:
    """Edit a JSON file by hand, seal and all left as they are; a fact that is None is taken out."""
    data = json.loads(file.read_bytes()) | facts
    file.write_text(json.dumps({name: value for name, value in data.items() if facts.get(name, ...) is not None}))

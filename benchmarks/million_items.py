"""A million items of a task, from JSONL and Parquet: items a second of processor time, and memory.

    python benchmarks/million_items.py [--rows 1000000] [--repeats 2] [--only "short jsonl"] [--against TREE]

Each figure is of a process that opens the task, checks every item and drops it, as `run` does before it asks.
Rows of ``short`` texts have 270 bytes, of ``long`` ones 3 kB; ``columns`` is a card without Python, ``judgebench`` the
reader of that benchmark. ``--against`` is another checkout, which takes turns with this one; the best of the repeats
counts, and ratios are printed. ``loop`` is what a fixed loop took in the same process: it tells a busy machine.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Iterator

CARD = """
name = "{name}"
title = "A million items"
summary = "Made up."
homepage = "https://example.com"
citation = "none"
licence = "CC0"
gold_source = "human"
annotators = "Nobody."
scale = "pair"
metric = "accuracy"
default_split = "all"
clusters = "the question"
systems = "none"

[splits.all]
files = ["rows.jsonl", "rows.parquet"]

"""
COLUMNS = """[columns]
id = "pair_id"
question = "question"
answers = ["response_A", "response_B"]
gold = ["ann", "bob"]
subset = "source"
"""
CHILD = """
import resource, sys, time
from pathlib import Path
from judgebench.tasks.base import open_task
root, name, data = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
import judgebench.tasks.own, pyarrow.parquet
start, before = resource.getrusage(resource.RUSAGE_SELF), 0
task = open_task(name, data=data, root=root if name == "columns" else None)
count = 0
for item in task.items():
    count += 1
    if count == 50_000:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
end = resource.getrusage(resource.RUSAGE_SELF)
loop = time.process_time()
for number in range(5_000_000):
    count += number % 2 - number % 2
loop = time.process_time() - loop
print(count, loop, end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime, before / 1024, end.ru_maxrss / 1024)
"""
WORDS = ("ships", "sail", "north", "in", "winter", "and", "nobody", "on", "the", "coast", "knows", "why")


def rows(count: int, length: int) -> Iterator[dict[str, str]]:
    """Make rows whose texts have about so many letters."""
    draw = random.Random(0)
    for number in range(count):
        texts = [" ".join(draw.choices(WORDS, k=length // 5 if length > 500 else 9)) + f" {number}" for _ in range(3)]
        yield {
            "pair_id": f"pair-{number}",
            "source": draw.choice(("mmlu-pro-law", "livebench-math", "livecodebench")),
            "question": texts[0],
            "response_model": "model",
            "response_A": texts[1],
            "response_B": texts[2],
            "label": draw.choice(("A>B", "B>A")),
            "ann": draw.choice(("A", "B", "tie")),
            "bob": draw.choice(("A", "B", "tie")),
        }


def write(path: Path, count: int, length: int) -> None:
    """Write the rows in both formats."""
    path.mkdir()
    writer = None
    with (path / "rows.jsonl").open("wb") as out:
        some = []
        for number, row in enumerate(rows(count, length), 1):
            out.write(orjson.dumps(row) + b"\n")
            some.append(row)
            if number % 20_000 == 0 or number == count:
                table = pa.Table.from_pylist(some)
                writer = writer or pq.ParquetWriter(path / "rows.parquet", table.schema)
                writer.write_table(table)
                some = []
    if writer is not None:
        writer.close()


def measured(tree: Path, root: Path, name: str, file: Path) -> tuple[float, float, float, float]:
    """Open the task in a process of its own: items a second, MB after 50,000 items and at the end, ms of the loop."""
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", CHILD, str(root), name, str(file)],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    count, loop, seconds, before, after = map(float, done.stdout.split())
    return count / seconds, before, after, 1000 * loop


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("--against", type=Path)
    options = parser.parse_args()
    here = Path(__file__).resolve().parent.parent
    trees = [here, *([options.against.resolve()] if options.against else [])]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "cards"
        (root / "columns").mkdir(parents=True)
        (root / "columns" / "task.toml").write_text(CARD.format(name="columns") + COLUMNS)
        memory = f"{'MB at 50,000':>13} {'MB at the end':>14}"
        print(f"{'rows':6} {'file':8} {'reader':10} {'items/s':>9} {memory} {'loop, ms':>9}  ratio")
        for kind, length in (("short", 120), ("long", 1000)):
            place = Path(folder) / kind
            write(place, options.rows, length)
            for suffix in ("jsonl", "parquet"):
                for name in ("columns", "judgebench"):
                    if options.only and options.only not in f"{kind} {suffix} {name}":
                        continue
                    found = dict.fromkeys(trees, (0.0, 0.0, 0.0, 0.0))
                    for _ in range(options.repeats):
                        for tree in trees:
                            found[tree] = max(found[tree], measured(tree, root, name, place / f"rows.{suffix}"))
                    speed, before, after, loop = found[here]
                    ratio = f"{speed / found[trees[-1]][0]:5.2f}" if len(trees) > 1 else ""
                    memory = f"{before:13,.0f} {after:14,.0f}"
                    print(f"{kind:6} {suffix:8} {name:10} {speed:9,.0f} {memory} {loop:9,.0f}  {ratio}", flush=True)


if __name__ == "__main__":
    main()

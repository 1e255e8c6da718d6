"""What commands cost in one tree beside another: processor time, wall clock and memory of whole processes, and ratios.

    python benchmarks/ratios.py OLD NEW [--repeats 5] [--only NAME ...] [--data DIR] [--judgments 6000]

OLD and NEW are checkouts. Both run with this interpreter and its packages, in turn; the best of each counts, since a
busy machine can only make a figure worse. ``--data`` (benchmarks in their published format) adds
`benchmarks/agreement.py` and asks PandaLM's 999 items instead of its sample. Asking goes to a loopback server of
50 ms latency, 256 requests in flight; ``after`` is the time between its last answer and the end of the process.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from score_million import SCORE, write

SERVER = Path(__file__).parent / "throughput" / "server.py"
OURS = (sys.executable, "-P", "-m", "judgebench")
SAMPLE = ("--task", "pandalm", "--sample")


class Cost(NamedTuple):
    """What a process took, in seconds and MB; ``asking`` and ``after`` around a server's answers."""

    cpu: float
    wall: float
    megabytes: float
    asking: float = 0.0
    after: float = 0.0


def run(tree: Path, command: list[str], folder: Path) -> Cost:
    """Run a command with a tree's package and scripts, its words away."""
    # Modules are compiled once, by the first of the runs, as they are where a package is installed.
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONHASHSEED": "0"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "compiled" / tree.name)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{tree}: {' '.join(command)}: exit {os.waitstatus_to_exitcode(status)}")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - start, used.ru_maxrss / 1024)


def asked(tree: Path, command: list[str], folder: Path) -> Cost:
    """Run a command against a server of its own."""
    with subprocess.Popen(
        [sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        if server.stdin is None or server.stdout is None:
            raise RuntimeError("no pipes")
        address = f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
        cost = run(tree, [part.replace("{server}", address) for part in command], folder)
        end = time.monotonic()
        server.stdin.close()
        first, last = map(float, server.stdout.readline().split())
    return cost._replace(asking=last - first, after=end - last)


def commands(given: argparse.Namespace, table: Path) -> dict[str, list[str]]:
    """Name what is run; ``{runs}`` is a folder that each run has to itself."""
    source = ("--task", "pandalm", *(("--data", str(given.data)) if given.data else ("--sample",)))
    ask = ("--judge", "server/m", "--base-url", "{server}", "--max-concurrency", "256", "--runs", "{runs}", "--quiet")
    items = 1998 if given.data else 80
    named = {
        "--help": [*OURS, "--help"],
        "list tasks": [*OURS, "list", "tasks"],
        "score": [*OURS, "score", "kept"],
        f"score --csv, {given.rows:,} rows": [*OURS, *SCORE, str(table)],
        "leaderboard": [*OURS, "leaderboard", "kept"],
        "run, a baseline": [*OURS, "run", "--judge", "baseline/longest", *SAMPLE, "--runs", "{runs}", "--quiet"],
        "run, a server": [*OURS, "run", *source, *ask, "--repeats", str(max(1, given.judgments // items))],
    }
    if given.data:
        named["benchmarks/agreement.py"] = [sys.executable, "{tree}/benchmarks/agreement.py", "--data", str(given.data)]
        named["benchmarks/agreement.py"] += ["--resamples", "20", "--sizes", "1000000"]
    return {name: named[name] for name in named if any(text in name for text in given.only)} if given.only else named


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees", nargs=2, type=Path, metavar="TREE", help="OLD, then NEW")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="rows whose name holds one of these")
    parser.add_argument("--data", type=Path, help="folder of benchmarks")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--judgments", type=int, default=6000)
    given = parser.parse_args()
    given.data = given.data and given.data.resolve()
    old, new = (tree.resolve() for tree in given.trees)
    print("| command | CPU s, old | new | ratio | MB, old | new | asking s | after s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "labels.csv", given.rows)
        # What `score` and `leaderboard` read is written by the old tree: both must be able to.
        kept = (
            "run",
            "--judge",
            "baseline/longest",
            "--judge",
            "baseline/random",
            *SAMPLE,
            "--runs",
            "kept",
            "--quiet",
        )
        run(old, [sys.executable, "-P", "-m", "judgebench", *kept], folder)
        for title, command in commands(given, folder / "labels.csv").items():
            costs: dict[Path, list[Cost]] = {old: [], new: []}
            measure = asked if "{server}" in command else run
            for turn in range(given.repeats):
                for tree in (old, new) if turn % 2 else (new, old):
                    filled = [part.replace("{runs}", f"{tree.name}-{turn}-{len(title)}") for part in command]
                    filled = [part.replace("{tree}", str(tree)) for part in filled]
                    costs[tree].append(measure(tree, filled, folder))
            was, now = (Cost(*map(min, zip(*costs[tree], strict=True))) for tree in (old, new))
            around = [f"{was.asking:.2f}, {now.asking:.2f}", f"{was.after:.2f}, {now.after:.2f}"]
            print(
                f"| {title} | {was.cpu:.3f} | {now.cpu:.3f} | {now.cpu / was.cpu:.2f} "
                f"| {was.megabytes:.0f} | {now.megabytes:.0f} | {' | '.join(around if now.asking else ['', ''])} |",
                flush=True,
            )


if __name__ == "__main__":
    main()

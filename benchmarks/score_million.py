"""A million labelled rows: `judgebench score --csv`, clustered, beside plain pandas and scikit-learn.

Run it with ``python benchmarks/score_million.py [--rows 1000000] [--repeats 3]``. Each side runs in a process of
its own; printed are the best wall time, the part of it that imports take, peak memory, and the ratios. The plain side
computes kappa, accuracy, macro F1, rho and alpha, all of them without an interval and without clusters.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

PLAIN = """
import pandas, sys
from sklearn.metrics import cohen_kappa_score, accuracy_score, f1_score
from scipy.stats import spearmanr
import krippendorff
if len(sys.argv) > 1:
    table = pandas.read_csv(sys.argv[1])
    gold, judge = table["gold"].map(int_of := {"yes": 1, "no": 0}), table["judge"].map(int_of)
    print(cohen_kappa_score(gold, judge), accuracy_score(gold, judge), f1_score(gold, judge, average="macro"),
          spearmanr(gold, judge).statistic,
          krippendorff.alpha([gold, judge], level_of_measurement="nominal"))
"""
IMPORTS = "import judgebench.api.score, judgebench.agreement.measure, judgebench.labels.load, judgebench.report.scores"
SCORE = ("score", "--judge-col", "judge", "--gold-col", "gold", "--cluster-col", "question", "--format", "csv", "--csv")


class Cost(NamedTuple):
    """What a process took."""

    seconds: float
    megabytes: float


def run(*command: str) -> Cost:
    """Run a process and read its peak memory from the kernel."""
    wrapped = (
        "import resource, subprocess, sys\ncode = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode\n"
    )
    wrapped += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)\nsys.exit(code)"
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", wrapped, *command], capture_output=True, text=True, check=True)
    return Cost(time.perf_counter() - start, float(done.stdout))


def best(repeats: int, *command: str) -> Cost:
    """Repeat a process; the least time and memory are those of the work itself."""
    costs = [run(*command) for _ in range(repeats)]
    return Cost(min(c.seconds for c in costs), min(c.megabytes for c in costs))


def write(path: Path, rows: int) -> None:
    """Write a table of two label columns and a question that five rows share."""
    draw = random.Random(0)
    with path.open("w", encoding="utf-8") as out:
        out.write("question,judge,gold\n")
        for row in range(rows):
            gold = draw.random() < 0.7
            judge = gold if draw.random() < 0.9 else not gold
            out.write(f"question number {row // 5} of the set,{'yes' if judge else 'no'},{'yes' if gold else 'no'}\n")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "labels.csv"
        write(table, options.rows)
        ours = best(options.repeats, sys.executable, "-m", "judgebench", *SCORE, str(table))
        ours_imports = best(options.repeats, sys.executable, "-c", IMPORTS)
        plain = best(options.repeats, sys.executable, "-c", PLAIN, str(table))
        plain_imports = best(options.repeats, sys.executable, "-c", PLAIN)
    print(f"{options.rows:,} rows                     seconds  of it imports  peak MB")
    lines = {
        "judgebench, clustered intervals": (ours, ours_imports),
        "pandas + scikit-learn + …": (plain, plain_imports),
    }
    for name, (cost, imports) in lines.items():
        print(f"{name:<32} {cost.seconds:7.2f}  {imports.seconds:13.2f}  {cost.megabytes:7.0f}")
    print(f"{'ratio':<32} {ours.seconds / plain.seconds:7.2f}  {'':13}  {ours.megabytes / plain.megabytes:7.2f}")


if __name__ == "__main__":
    main()

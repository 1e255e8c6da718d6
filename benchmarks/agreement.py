"""The agreement engine beside the usual loop, and its growth with the number of rows.

    python benchmarks/agreement.py --data path/to/data [--resamples 1000] [--sizes 1000000 10000000]

The first table: 11 judges on 3,600 items (Judging the Judges, V1; a missing verdict counts as False on both sides),
percent agreement, Cohen's kappa, Krippendorff's alpha and Spearman's rho with intervals clustered by question, and the
55 paired differences. The loop is what a careful user writes: draw questions with replacement, call scikit-learn,
krippendorff and scipy for every judge, take percentiles of the figures and of their differences. Both run in one
process, ours first; ours is repeated and the median counts. The second table: one process per size, made-up labels in
clusters of ten; bytes are the peak of all arrays, those of the labels themselves included.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import krippendorff
import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import accuracy_score, cohen_kappa_score

from judgebench.agreement.estimates import Counted, estimate
from judgebench.agreement.intervals import estimated
from judgebench.agreement.policies import apply
from judgebench.domain import Policies, Ratings, Scale
from judgebench.labels.load import load
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.influence import Influences, combine

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = ("percent_agreement", "cohen_kappa", "krippendorff_alpha_nominal", "spearman_rho")
JUDGES = [
    "Mistral-7B",
    "Llama-7B",
    "Llama-13B",
    "Llama3-8B",
    "Gemma-2B",
    "Llama-70B",
    "EM",
    "Llama3-70B",
    "GPT-4",
    "JudgeLM",
    "Contains",
]
FILE = "judging_the_judges/TriviaQA_Judges_w_HumanJudgement_V1.csv.gz"
Bounds = tuple[float, float, float]


def read(data: Path) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Read verdicts by judge, gold and questions, as codes."""
    table = load(data / FILE, JUDGES, ["HumanJudgement"], cluster_col="question")
    one = next(iter(table.judges.values()))
    return {name: np.maximum(r.judge, 0) for name, r in table.judges.items()}, one.gold[:, 0], one.cluster


def columns(judge: np.ndarray, gold: np.ndarray, cluster: np.ndarray) -> Ratings:
    """Ratings of one judgment per item."""
    n = judge.size
    zeros = np.zeros(n, dtype=np.int64)
    return Ratings(
        scale=Scale.check(),
        judge=judge,
        gold=gold[:, None],
        annotators=("gold",),
        item=np.arange(n),
        cluster=cluster,
        game=zeros,
        swapped=np.zeros(n, dtype=bool),
        subset=zeros,
        subsets=("",),
        system=zeros,
        systems=("",),
    )


def ours(judges: Mapping[str, np.ndarray], gold: np.ndarray, cluster: np.ndarray) -> dict[str, Bounds]:
    """Four coefficients of every judge and of every pair of judges, with clustered intervals."""
    found: dict[str, Bounds] = {}
    carried: dict[tuple[str, str], Influences] = {}
    for name, judge in judges.items():
        counted = Counted.of(apply(columns(judge, gold, cluster), Policies()))
        for metric in NAMES:
            result, influences = estimate(METRICS[metric], counted)
            found[f"{name} {metric}"] = bounds(result.value, result.low, result.high)
            if influences is not None:
                carried[name, metric] = influences
    for a, b in itertools.combinations(judges, 2):
        for metric in NAMES:
            result = estimated(combine([carried[a, metric], carried[b, metric]], [1.0, -1.0]))
            found[f"{a} - {b} {metric}"] = bounds(result.value, result.low, result.high)
    return found


def bounds(value: float | None, low: float | None, high: float | None) -> Bounds:
    """Insist on an interval."""
    if value is None or low is None or high is None:
        raise SystemExit("an estimate without an interval: the two sides would not do the same work")
    return value, low, high


def plain(gold: np.ndarray, judge: np.ndarray) -> list[float]:
    """Compute the four coefficients with the libraries."""
    return [
        float(accuracy_score(gold, judge)),
        float(cohen_kappa_score(gold, judge)),
        float(krippendorff.alpha(np.vstack([gold, judge]), value_domain=[0, 1], level_of_measurement="nominal")),
        float(spearmanr(gold, judge).statistic),
    ]


def loop(judges: Mapping[str, np.ndarray], gold: np.ndarray, cluster: np.ndarray, resamples: int) -> dict[str, Bounds]:
    """Compute the same figures by a cluster bootstrap over the libraries."""
    rng = np.random.default_rng(0)
    rows = [np.flatnonzero(cluster == g) for g in range(int(cluster.max()) + 1)]
    point = {name: plain(gold, judge) for name, judge in judges.items()}
    draws = {name: np.empty((resamples, len(NAMES))) for name in judges}
    for b in range(resamples):
        drawn = np.concatenate([rows[g] for g in rng.integers(len(rows), size=len(rows))])
        for name, judge in judges.items():
            draws[name][b] = plain(gold[drawn], judge[drawn])
    found: dict[str, Bounds] = {}
    for name in judges:
        edges = np.percentile(draws[name], [2.5, 97.5], axis=0)
        for m, metric in enumerate(NAMES):
            found[f"{name} {metric}"] = (point[name][m], float(edges[0, m]), float(edges[1, m]))
    for a, b in itertools.combinations(judges, 2):
        edges = np.percentile(draws[a] - draws[b], [2.5, 97.5], axis=0)
        for m, metric in enumerate(NAMES):
            value = point[a][m] - point[b][m]
            found[f"{a} - {b} {metric}"] = (value, float(edges[0, m]), float(edges[1, m]))
    return found


def side_by_side(data: Path, resamples: int) -> None:
    """Print the first table."""
    judges, gold, cluster = read(data)
    plain(gold[:50], next(iter(judges.values()))[:50])
    times = []
    for _ in range(15):
        start = time.perf_counter()
        mine = ours(judges, gold, cluster)
        times.append(time.perf_counter() - start)
    start = time.perf_counter()
    theirs = loop(judges, gold, cluster, resamples)
    slow, quick = time.perf_counter() - start, statistics.median(times)
    apart = max(abs(mine[key][0] - theirs[key][0]) for key in mine)
    widths = [(mine[key][2] - mine[key][1]) / (theirs[key][2] - theirs[key][1]) for key in mine]
    print(f"{len(judges)} judges, {gold.size} items, {int(cluster.max()) + 1} questions, {len(mine)} intervals\n")
    print("| way | seconds | ratio |\n| --- | ---: | ---: |")
    print(f"| judgebench, influence functions | {quick:.4f} | 1 |")
    print(f"| {resamples} resamples over scikit-learn, krippendorff, scipy | {slow:.1f} | {slow / quick:,.0f} |\n")
    print(f"largest difference of a point estimate: {apart:.1e}")
    print(f"width of our interval over the bootstrap's: median {statistics.median(widths):.3f}")
    print(f"  (from {min(widths):.3f} to {max(widths):.3f})\n")


def one_size(rows: int) -> None:
    """Measure one made-up table in this process; print seconds and bytes a row."""
    work(*made_up(1000))
    judge, gold, cluster = made_up(rows)
    start = time.perf_counter()
    work(judge, gold, cluster)
    seconds = time.perf_counter() - start
    del judge, gold, cluster
    tracemalloc.start()
    work(*made_up(rows))
    print(json.dumps({"seconds": seconds, "bytes": tracemalloc.get_traced_memory()[1] / rows}))


def work(judge: np.ndarray, gold: np.ndarray, cluster: np.ndarray) -> None:
    """Measure four coefficients with their clustered intervals."""
    counted = Counted.of(apply(columns(judge, gold, cluster), Policies()))
    for metric in NAMES:
        estimate(METRICS[metric], counted)


def made_up(rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make up a judge, gold and clusters of ten."""
    rng = np.random.default_rng(1)
    gold = (rng.random(rows, dtype=np.float32) < 0.6).astype(np.int64)
    judge = np.where(rng.random(rows, dtype=np.float32) < 0.85, gold, 1 - gold)
    return judge, gold, np.arange(rows) // 10


def growth(sizes: list[int]) -> None:
    """Print the second table."""
    print("| rows | seconds | microseconds a row | bytes a row |\n| ---: | ---: | ---: | ---: |")
    for size in sizes:
        done = subprocess.run(
            [sys.executable, __file__, "--one", str(size)], capture_output=True, text=True, check=True
        )
        cost = json.loads(done.stdout)
        per_row = 1e6 * cost["seconds"] / size
        print(f"| {size:,} | {cost['seconds']:.2f} | {per_row:.3f} | {cost['bytes']:.0f} |", flush=True)


def main() -> None:
    """Read the options and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the benchmark data")
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--sizes", type=int, nargs="*", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        one_size(chosen.one)
        return
    if chosen.data:
        side_by_side(chosen.data, chosen.resamples)
    growth(chosen.sizes)


if __name__ == "__main__":
    main()

"""Builders shared by the tests of agreement."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import assume, settings
from hypothesis import strategies as st

from judgebench.agreement.matching import Judged, match
from judgebench.domain import Policies, Ratings, Scale
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.crosstab import Crosstab
from judgebench.stats.inference.paired import Difference
from judgebench.stats.influence import combine, influence

if TYPE_CHECKING:
    from types import ModuleType

#: Few examples for each of many cases; no deadline, since machines that test are busy ones.
quick = settings(max_examples=25, deadline=None)


def table(counts, *, declared=None, values=None, level="nominal", **rest):
    """Build a table from counts; categories past ``declared`` agree with nothing."""
    counts = np.asarray(counts)
    declared = len(counts) if declared is None else declared
    values = np.arange(float(declared)) if values is None else np.asarray(values, dtype=float)
    n = int(counts.sum())
    return Crosstab(counts / n, n, declared, values, level, **rest)


@st.composite
def counts(draw, *, least=2, most=4, low=0, top=12):
    """Counts of a square table of at least three rows."""
    q = draw(st.integers(least, most))
    found = np.array(draw(st.lists(st.integers(low, top), min_size=q * q, max_size=q * q))).reshape(q, q)
    assume(found.sum() >= 3)
    return found


def value(name, found, **rest):
    """Value of a metric of counts, where it is defined."""
    outcome = METRICS[name](table(found, **rest))
    assume(outcome.value is not None)
    return outcome.value


def ratings(judge, gold, *, scale=None, item=None, cluster=None, swapped=None, game=None, subset=None, system=None):
    """Build ratings; every column but the first two has its plainest value by default."""
    judge = np.asarray(judge)
    gold = np.asarray(gold)
    gold = gold[:, None] if gold.ndim == 1 else gold
    n = judge.size
    item = np.arange(n) if item is None else np.asarray(item)
    seen: dict[int, int] = {}
    games = [seen.__setitem__(i, seen.get(i, -1) + 1) or seen[i] for i in item.tolist()]

    def column(given, default):
        return np.asarray(default if given is None else given)

    def coded(names):
        codes: dict[str, int] = {}
        return np.array([codes.setdefault(name, len(codes)) for name in names], dtype=int), tuple(codes)

    subset_codes, subsets = coded([""] * n if subset is None else subset)
    system_codes, systems = coded([""] * n if system is None else system)
    return Ratings(
        scale=scale or Scale.pair(),
        judge=judge,
        gold=gold,
        annotators=tuple(f"h{j + 1}" for j in range(gold.shape[1])),
        item=item,
        cluster=column(cluster, item),
        game=column(game, games),
        swapped=column(swapped, np.zeros(n, dtype=bool)),
        subset=subset_codes,
        subsets=subsets or ("",),
        system=system_codes,
        systems=systems or ("",),
    )


def expand(counts):
    """Turn a table of counts into columns of gold and judge."""
    counts = np.asarray(counts)
    gold, judge = np.nonzero(counts)
    times = counts[gold, judge]
    return np.repeat(gold, times), np.repeat(judge, times)


def benchmark(name: str) -> ModuleType:
    """Load a script of benchmarks/, or a file of a folder there, as a module."""
    path = Path(__file__).resolve().parents[1] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"benchmarks_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Scripts import what lies beside them; dataclasses look their module up.
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    return module


def difference(first, second):
    """Test the difference of two estimates that share clusters."""
    return Difference.of(combine([first, second], [1.0, -1.0]))


def se_iid(table, outcome):
    """Large-sample standard error for independent rows, sqrt(sum IF^2) / n: Fleiss, Cohen & Everitt (1969)."""
    return float(np.sqrt((table.joint * influence(table, outcome) ** 2).sum() / table.n))


def judged(judge, labels, name="a", *, policies=None, **changes):
    own = ratings(judge, labels, **changes)
    n = int(own.item.max()) + 1
    clusters = [f"q{code}" for code in range(int(own.cluster.max()) + 1)]
    gold = [tuple(own.gold[own.item == code][0].tolist()) for code in range(n)]
    return Judged("t", name, own, [f"i{code}" for code in range(n)], clusters, policies or Policies(), labels=gold)


def two(first, second, gold, **rest):
    return match([judged(first, gold, "a", **rest), judged(second, gold, "b", **rest)])


def random_case(seed, n=120, groups=30):
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, 2, n)
    first = np.where(rng.random(n) < 0.8, gold, 1 - gold)
    second = np.where(rng.random(n) < 0.7, gold, 1 - gold)
    return first, second, gold, rng.integers(0, groups, n)

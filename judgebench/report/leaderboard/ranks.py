"""Leaderboards: rows of many runs in one order, with ranks that say how sure they are.

A rank is given within one task, on subset ``all``, among judges measured on the same data and under
the same policies (`NOTE` says it in full). Beside it stands the range of ranks that the data leave open. Where the
verdicts are at hand, all pairs of judges are tested at once by answers that trade places question by question; else a
judge is clearly ahead of another only where their intervals don't overlap, which is cautious, since the judges
answer the same items.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from judgebench.domain import bare
from judgebench.errors import UsageError, close
from judgebench.report.document.text import value_of
from judgebench.report.leaderboard.entries import Baseline, Entry
from judgebench.report.leaderboard.people import without_one
from judgebench.report.rows import ROW
from judgebench.report.said import BASELINE
from judgebench.report.words import sampled
from judgebench.stats.coefficients.catalog import METRICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from judgebench.agreement.matching import Judged
    from judgebench.domain import Agreement, Estimate, Policies
    from judgebench.report.leaderboard.entries import Key, Pace

__all__ = ["NOTE", "baseline", "rank"]


#: The headline where a task's scale names none that is defined for a judge: the first of these that is.
HEADLINES = ("cohen_kappa", "percent_agreement", "accuracy")
#: First and last open rank of each judge; who is clearly ahead of whom.
Ranges: TypeAlias = "list[tuple[int | None, int | None]]"
Pairs: TypeAlias = "set[tuple[int, int]]"
#: Two computations of one figure.
_SAME = 1e-9
#: Share of the items that a judge must have been measured on to be ranked: a few gaps don't make it another test.
_ENOUGH = 0.95
NOTE = (
    "Ranks hold within a task on all of its items, among judges measured on the same data (at least 95 % of the items) "
    "under the same policies; the order policy may differ where verdicts were recorded in one order only. The range "
    "behind a rank holds the ranks that stay open at 95 % (a question mark: there is no interval): by paired "
    "differences of all judges at once, clustered by question, where their verdicts are at hand, else by overlapping "
    "intervals, which are wider. Tiers say which ranks are really the same: no judge of a tier is clearly ahead of "
    "another one of it, and each judge of a lower tier is clearly behind at least one of the tier above; that judges "
    "share a tier does not show that they are equal. judgebench compare tests two judges pair by pair."
)


def rank(
    rows: Iterable[Agreement],
    headlines: Mapping[str, str] | None = None,
    judged: Mapping[Key, Callable[[Policies], Judged]] | None = None,
    paces: Mapping[Key, Pace | None] | None = None,
) -> list[Entry]:
    """Sort rows by task, subset (``all`` first) and headline (highest first), and rank them, whatever their order.

    ``headlines`` are metrics by task; by default what the task's scale calls for (quadratic kappa on ratings), or
    percent agreement (then accuracy) in a task where no judge has it. ``judged`` are the judgments behind the rows
    under policies: a task whose ranked judges are all there gets ranges from paired differences. UsageError if no row
    has a headline given.
    """
    known = list(rows)
    tasks: dict[str, list[Agreement]] = {}
    for row in known:
        tasks.setdefault(row.task, []).append(row)
    entries: list[Entry] = []
    for task in sorted(tasks):
        headline = _headline(task, tasks[task], (headlines or {}).get(task))
        ordered = sorted(tasks[task], key=lambda row: _place(row, headline))
        ranked = _ranked(ordered, headline)
        group = [row for row in ordered if id(row) in ranked]
        paired = _paired(group, headline, judged or {}) if len(group) > 1 else None
        places = _places(group, ranked, paired)
        floor = baseline(group, headline, judged or {})
        without = without_one(group, judged or {})
        for row in ordered:
            entry = Entry(row, headline, pace=(paces or {}).get((row.task, row.judge, row.revision)))
            if id(row) in places:
                entry = entry._replace(**places[id(row)]._asdict(), baseline=floor, without=without.get(id(row)))
            entries.append(entry)
    return entries


class _Standing(NamedTuple):
    """Where a row stands."""

    rank: int
    best: int | None
    worst: int | None
    paired: bool
    tier: int | None


def _places(
    group: Sequence[Agreement], ranked: Mapping[int, _Overlap], paired: tuple[Ranges, Pairs] | None
) -> dict[int, _Standing]:
    """Put ranks, ranges and tiers together, by ``id``."""
    from judgebench.stats.inference.multiplicity import tiers  # noqa: PLC0415 - loads numpy, which --help must not

    sure = [i for i, row in enumerate(group) if ranked[id(row)].best is not None]
    if paired is None:
        bounds = [ranked[id(row)] for row in group]
        ranges = [(one.best, one.worst) for one in bounds]
        ahead = {(i, j) for i in sure for j in sure if bounds[i].low > bounds[j].high}
    else:
        ranges, ahead = paired
    found: dict[int, _Standing] = {}
    kept = {i: n for n, i in enumerate(sure)}
    levels = tiers(len(sure), {(kept[i], kept[j]) for i, j in ahead if i in kept and j in kept})
    for i, row in enumerate(group):
        # A rank without an interval has no range, however its pairs turn out.
        best, worst = ranges[i] if i in kept else (None, None)
        level = levels[kept[i]] if best is not None else None
        found[id(row)] = _Standing(ranked[id(row)].rank, best, worst, paired is not None and best is not None, level)
    return found


def _paired(
    rows: Sequence[Agreement], headline: str, judged: Mapping[Key, Callable[[Policies], Judged]]
) -> tuple[Ranges, Pairs] | None:
    """Find ranges and who is clearly ahead by joint paired differences; None where not all verdicts are at hand."""
    from judgebench.agreement.compare.standings import shared  # noqa: PLC0415 - loads numpy

    keys = [(row.task, row.judge, row.revision) for row in rows]
    if len(set(keys)) < len(keys) or not all(key in judged for key in keys):
        return None
    metric = METRICS.get(headline)
    if metric is None:
        return None
    found = shared([judged[key](row.policies) for key, row in zip(keys, rows, strict=True)], metric)
    known = [one for one in found.influences if one is not None]
    # Figures that a benchmark computes its own way must not be ranked by other ones.
    if len(known) < len(rows) or any(
        abs(one.value - (_value(row, headline) or 0.0)) > _SAME for one, row in zip(known, rows, strict=True)
    ):
        return None
    sets = found.ranks()
    return None if sets is None else (list(sets.ranks), sets.ahead)


def _headline(task: str, rows: Sequence[Agreement], wanted: str | None) -> str:
    own = Counter(row.headline for row in rows if row.headline)
    # Most rows of a task share a scale's headline; the name breaks a draw.
    names = (*sorted(own, key=lambda name: (-own[name], name)), *HEADLINES) if wanted is None else (wanted,)
    for name in names:
        if any(_value(row, name) is not None for row in rows):
            return name
    if wanted is not None:
        near = close(wanted, sorted({name for row in rows for name in row.metrics}))
        meant = f"; did you mean {' or '.join(near)}?" if near else "; `judgebench list metrics` shows what there is"
        raise UsageError(f"no row of {task} has the metric {wanted!r}{meant}")
    return names[0]


def _value(row: Agreement, metric: str) -> float | None:
    return value_of(row.metrics.get(metric))


def _place(row: Agreement, headline: str) -> tuple[Any, ...]:
    value = _value(row, headline)
    # The last key makes the order independent of the order in which runs were found.
    return (
        row.subset != "all",
        row.subset,
        value is None,
        -round(value or 0.0, 9),
        row.judge,
        json.dumps(ROW.plain(row), sort_keys=True),
    )


class _Overlap(NamedTuple):
    """A rank with what overlapping intervals leave open."""

    rank: int
    best: int | None
    worst: int | None
    low: float
    high: float


class _Ground(NamedTuple):
    """What rows have in common that can be compared."""

    source: str
    revision: str
    tie: str
    invalid: str
    gold: str


def _ranked(rows: Sequence[Agreement], headline: str) -> dict[int, _Overlap]:
    """Rank the rows of subset ``all`` that can be compared with each other, by ``id``."""
    # A judge that gave no verdict at all has a kappa of 0, which must not rank above one that answered and was wrong.
    group = [row for row in rows if row.subset == "all" and row.coverage > 0 and _value(row, headline) is not None]
    if not group:
        return {}

    def ground(row: Agreement) -> _Ground:
        policies = row.policies
        return _Ground(row.gold, row.revision, policies.tie, policies.invalid, policies.gold)

    sizes = Counter(map(ground, group))
    # Samples say nothing about a judge: beside real data they rank nobody. A task that leaves unusable answers out has
    # a second row of the judges that gave some: not the one to rank by.
    real = [key for key in sizes if not sampled(key.revision)]
    largest = max(real or sizes, key=lambda key: (sizes[key], key.invalid != "wrong", key))
    group = [row for row in group if ground(row) == largest]
    enough = _ENOUGH * max(row.items for row in group)
    bounds: dict[int, tuple[float, float, float]] = {}
    for row in group:
        if row.items >= enough:
            estimate: Estimate = row.metrics[headline]
            value = estimate.value or 0.0
            low = value if estimate.low is None else estimate.low
            high = value if estimate.high is None else estimate.high
            # Nine digits: sums in another order on another machine must not break a tie.
            bounds[id(row)] = (round(value, 9), round(low, 9), round(high, 9))
    ranks: dict[int, _Overlap] = {}
    vague = {id(row) for row in group if row.metrics[headline].low is None}
    for key, (value, low, high) in bounds.items():
        others = [b for other, b in bounds.items() if other != key]
        place = 1 + sum(v > value for v, _, _ in others)
        best = 1 + sum(other_low > high for _, other_low, _ in others)
        worst = 1 + sum(other_high >= low for _, _, other_high in others)
        sure = key not in vague
        ranks[key] = _Overlap(place, best if sure else None, worst if sure else None, low, high)
    return ranks


_MAJORITY = f"{BASELINE}majority"


def baseline(
    rows: Sequence[Agreement], headline: str, judged: Mapping[Key, Callable[[Policies], Judged]]
) -> Baseline | None:
    """Find what always saying the commonest label reaches on rows that can be compared with each other, best first.

    From a run of ``baseline/majority`` if there is one; else from the gold of the fullest of the other runs; else from
    the share of the commonest label, which needs ties to be a label or left out.
    """
    if not rows:
        return None
    first = max(rows, key=lambda row: row.items)
    figure = next((name for name in ("percent_agreement", "accuracy") if name in first.metrics), "percent_agreement")
    shares = first.base_rates.get("gold", {})
    for row in rows:
        if bare(row.judge) == _MAJORITY:
            said = row.base_rates.get("judge", {})
            label = max(said, key=lambda name: said[name]) if said else ""
            return Baseline(row.task, label, "run", row.metrics.get(figure), row.metrics.get(headline), figure)
    key = (first.task, first.judge, first.revision)
    if key in judged:
        from judgebench.agreement.context import always  # noqa: PLC0415 - loads numpy

        found = always(judged[key](first.policies).ratings, first.policies, (figure, headline))
        if found is not None:
            values = found.metrics
            return Baseline(first.task, found.label, "gold", values.get(figure), values.get(headline), figure)
    if not shares or first.policies.tie not in {"class", "drop"}:
        return None
    from judgebench.domain import Estimate  # noqa: PLC0415 - loaded on use

    label = max(shares, key=lambda name: shares[name])
    plain = Estimate.alone(shares[label], first.items, "published")
    # Other figures of a constant judge can't be read off the shares.
    chance = headline.startswith("cohen_kappa") and len(shares) > 1
    level = Estimate.alone(0.0, first.items, "published") if chance else plain if headline == figure else None
    return Baseline(first.task, label, "base_rates", plain, level, figure)

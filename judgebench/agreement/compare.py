"""Two judges on the same items: differences of any coefficient, paired and clustered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.cautions import FEW_CLUSTERS
from judgebench.agreement.estimates import Counted, estimate, within
from judgebench.agreement.inference.multiplicity import holm
from judgebench.agreement.inference.paired import DRAWS, difference, label_swap, mcnemar, sign_flip
from judgebench.agreement.inference.proportions import agresti_min
from judgebench.agreement.metrics.catalog import METRICS, panel
from judgebench.agreement.policies import table_of
from judgebench.agreement.power import Power, pilot_pair
from judgebench.domain import Estimate
from judgebench.errors import DataError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.agreement.inference.spreads import Ints
    from judgebench.agreement.matching import Matched
    from judgebench.agreement.metrics.catalog import Metric
    from judgebench.agreement.policies import Scored
    from judgebench.domain import Policies

_LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Line:
    """One coefficient on one subset: both judges' values and their difference.

    Parameters
    ----------
    subset, metric : str
        Where and what.
    first, second : Estimate
        The judges' own values on the shared judgments.
    difference : Estimate
        First minus second, with its paired, clustered t-interval. A difference that never moves has no interval.
    p : float or None
        Two-sided p-value of the difference, for this line alone.
    p_holm : float or None
        Adjusted for all lines of the comparison.
    """

    subset: str
    metric: str
    first: Estimate
    second: Estimate
    difference: Estimate
    p: float | None
    p_holm: float | None = None


@dataclass(frozen=True, slots=True)
class Fourfold:
    """Judgments by who is right.

    Parameters
    ----------
    both, first_only, second_only, neither : int
        Numbers of judgments. A tie policy's half credits count as wrong here.
    """

    both: int
    first_only: int
    second_only: int
    neither: int

    @property
    def n(self) -> int:
        """All judgments."""
        return self.both + self.first_only + self.second_only + self.neither

    @property
    def discordance(self) -> float:
        """Share of judgments on which exactly one judge is right."""
        return (self.first_only + self.second_only) / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class Checks:
    """P-values of the same question by other means, on all items.

    Parameters
    ----------
    mcnemar_exact, mcnemar_mid_p : float or None
        McNemar's test of the accuracies; None where an item has several judgments. It takes items as independent.
    agresti_min : tuple of float or None
        95 % interval of the difference of the accuracies, for independent items; None as above.
    sign_flip : float
        Permutation test of the accuracies in which whole clusters keep or change their sign.
    label_swap : float or None
        Permutation test of the headline in which the judges trade places in whole clusters.
    draws, seed : int
        Of the permutation tests.
    """

    mcnemar_exact: float | None
    mcnemar_mid_p: float | None
    agresti_min: tuple[float, float] | None
    sign_flip: float | None
    label_swap: float | None
    draws: int
    seed: int


@dataclass(frozen=True, slots=True)
class Differing:
    """A judgment on which the two judges say different things; verdicts and gold are labels of the scale."""

    item: str
    subset: str
    gold: str
    first: str
    second: str
    right: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two judges held against each other.

    Parameters
    ----------
    task, gold_source : str
        Of both.
    first, second : str
        The judges.
    policies : Policies
        What was applied.
    items, judgments, clusters : int
        What both share; a judgment is a row.
    coverage : tuple of float
        Of either judge on the shared items.
    headline : str
        The metric that the verdict is about.
    lower_is_better : bool
        Whether it is an error, so that the lower judge agrees more.
    lines : tuple of Line
        Subset ``all`` first.
    fourfold : Fourfold or None
        None where gold is a number.
    tests : Checks
        Other tests of the difference.
    power : Power or None
        What the headline's paired test can find here.
    warnings : tuple of str
        Codes.
    left_out, incomplete : int
        As in `Matched`.
    differ : int
        Judgments on which the verdicts differ.
    """

    task: str
    gold_source: str
    first: str
    second: str
    policies: Policies
    items: int
    judgments: int
    clusters: int
    coverage: tuple[float, float]
    headline: str
    lower_is_better: bool
    lines: tuple[Line, ...]
    fourfold: Fourfold | None
    tests: Checks
    power: Power | None
    warnings: tuple[str, ...]
    left_out: int
    incomplete: int
    differ: int

    @property
    def main(self) -> Line:
        """The line that the verdict is about: the headline on all items."""
        return next(line for line in self.lines if (line.subset, line.metric) == ("all", self.headline))

    @property
    def outcome(self) -> str:
        """Say ``first`` or ``second`` where that judge agrees surely better, else ``undecided``."""
        line = self.main
        if line.p is None or line.p >= _LEVEL or not line.difference.value:
            return "undecided"
        return "first" if (line.difference.value > 0) != self.lower_is_better else "second"


def default_metrics(scored: Scored, known: Mapping[str, Metric] = METRICS) -> tuple[str, ...]:
    """Name the scale's headline and those companions that measure agreement, headline first."""
    scale = scored.scale
    calls = panel(scale.kind, scale.level, tie=scale.tie is not None, graded=scored.gold_values is not None)
    names = (calls.headline, *calls.companions)
    return tuple(name for name in names if name in known and not known[name].leaning)


def compare(
    matched: Matched,
    metrics: Sequence[str] = (),
    *,
    known: Mapping[str, Metric] | None = None,
    by: Sequence[str] = ("subset",),
    draws: int = DRAWS,
    seed: int = 0,
) -> Comparison:
    """Hold two judges against each other.

    The difference of a coefficient is ``A - B`` with ``SE^2 = G / (G - 1) sum_g (sum_i IF_Ai - IF_Bi)^2 / n^2``: what
    the judges share cancels, and rows of one question count together.

    Parameters
    ----------
    matched : Matched
        Two judges on the same judgments.
    metrics : sequence of str, optional
        The coefficients; the first is the headline. By default those that the scale calls for.
    known : mapping of str to Metric, optional
        Metrics by name; the built-in ones by default.
    by : sequence of {'subset', 'system'}, optional
        Divisions that get lines of their own.
    draws, seed : int, optional
        Of the permutation tests.

    Returns
    -------
    Comparison
        First minus second throughout.

    Raises
    ------
    UnknownNameError
        If a metric is not known.
    DataError
        If there are not exactly two judges.

    References
    ----------
    Vanbelle & Albert (2008), A bootstrap method for comparing correlated kappa coefficients. Miller (2024), Adding
    error bars to evals. Holm (1979), A simple sequentially rejective multiple test procedure.

    Examples
    --------
    Agresti (1990, p. 350): 944 people said twice whether they approve of a prime minister; here two judges of whom
    150 items convince only the first, and 86 only the second.

    >>> from judgebench.agreement.matching import Judged, match
    >>> from judgebench.domain import Policies, Ratings, Scale
    >>> def judged(name, codes):
    ...     n, zero = len(codes), np.zeros(len(codes), int)
    ...     labels = Ratings(Scale.parse("check"), codes, np.ones((n, 1), int), ("h",), np.arange(n), np.arange(n),
    ...                      zero, zero > 0, zero, ("",), zero, ("",))
    ...     return Judged("approval", name, labels, range(n), range(n), Policies())
    >>> a, b = (np.repeat(codes, [794, 150, 86, 570]) for codes in ([1, 1, 0, 0], [1, 0, 1, 0]))
    >>> found = compare(match([judged("first", a), judged("second", b)]), ["accuracy"])
    >>> round(found.main.difference.value, 6), f"{found.tests.mcnemar_exact:.6e}"
    (0.04, '3.715936e-05')
    """
    if len(matched.judges) != 2:
        raise DataError(f"compare two judges, not {len(matched.judges)}")
    table = METRICS if known is None else known
    one, two = matched.scored
    names = tuple(dict.fromkeys(metrics)) or default_metrics(one, table)
    check_metrics(names, table)
    groups = list(_groups(one, two, matched, by))
    lines = [_line(group, table[name], pair) for group, pair in groups for name in names]
    lines = _adjusted(lines)
    headline = next((line.metric for line in lines if line.subset == "all" and line.difference.value is not None), None)
    if headline is None:
        headline = names[0]
    clusters = one.clusters().count
    warnings = (*matched.warnings, *(("few_clusters",) if clusters < FEW_CLUSTERS else ()))
    fourfold, tests = _tests(one, two, table[headline], draws, seed)
    return Comparison(
        task=matched.task,
        gold_source=matched.gold_source,
        first=matched.judges[0],
        second=matched.judges[1],
        policies=one.policies,
        items=int(np.unique(one.item).size),
        judgments=one.size,
        clusters=clusters,
        coverage=(matched.coverage[0], matched.coverage[1]),
        headline=headline,
        lower_is_better=lower_is_better(table[headline]),
        lines=tuple(lines),
        fourfold=fourfold,
        tests=tests,
        power=pilot_pair(matched, table[headline]),
        warnings=warnings,
        left_out=matched.left_out,
        incomplete=matched.incomplete,
        differ=int(np.count_nonzero(one.judge != two.judge)),
    )


def differing(matched: Matched) -> Iterator[Differing]:
    """Yield the judgments on which the first two judges say different things, in the order of the items."""
    one, two = matched.scored[:2]
    labels = (*one.scale.labels, "undecided", "invalid")
    subsets = matched.ratings[0].subsets
    for row in np.flatnonzero(one.judge != two.judge).tolist():
        gold = int(one.gold[row])
        first, second = int(one.judge[row]), int(two.judge[row])
        graded = one.gold_values is not None
        shown = f"{one.gold_values[gold]:g}" if one.gold_values is not None else labels[gold]
        right = (
            "neither"
            if graded
            else "first"
            if first == gold
            else "second"
            if second == int(two.gold[row])
            else ("neither")
        )
        yield Differing(
            matched.items[int(one.item[row])],
            subsets[int(one.subset[row])],
            shown,
            labels[first],
            labels[second],
            "" if graded else right,
        )


def lower_is_better(metric: Metric) -> bool:
    """Whether perfect agreement has the value 0: an error, not an agreement."""
    return metric.perfect == 0


def check_metrics(names: Sequence[str], known: Mapping[str, Metric]) -> None:
    """Refuse names of metrics that nobody knows."""
    for name in names:
        if name not in known:
            raise UnknownNameError("metric", name, known)


def _groups(
    one: Scored, two: Scored, matched: Matched, by: Sequence[str]
) -> Iterator[tuple[str, tuple[Counted, Counted]]]:
    yield "all", (Counted.of(one), Counted.of(two))
    ratings = matched.ratings[0]
    for division, names, prefix in (("subset", ratings.subsets, ""), ("system", ratings.systems, "system:")):
        if division not in by or len(names) < 2:
            continue
        codes: Ints = getattr(one, division)
        for code, name in enumerate(names):
            rows = np.flatnonzero(codes == code)
            if rows.size and (name or not prefix):
                yield prefix + (name or "(no subset)"), (Counted.of(one.take(rows)), Counted.of(two.take(rows)))


def _line(subset: str, metric: Metric, pair: tuple[Counted, Counted]) -> Line:
    (first, one), (second, two) = (estimate(metric, counted) for counted in pair)
    n = pair[0].table.n
    if one is None or two is None:
        reason = first.undefined or second.undefined or "undefined"
        return Line(subset, metric.name, first, second, Estimate.missing(reason, n), None)
    found = difference(one, two)
    # A difference of two shares is no larger than 1, whatever few clusters make of t.
    reach = metric.high - metric.low
    gap = Estimate(
        found.value, found.low, found.high, n, None, found.se, "cr1-t-paired" if found.low is not None else ""
    )
    return Line(subset, metric.name, first, second, within(gap, reach), found.p)


def _adjusted(lines: Sequence[Line]) -> list[Line]:
    tested = [i for i, line in enumerate(lines) if line.p is not None]
    adjusted = holm([p for i in tested if (p := lines[i].p) is not None])
    found = list(lines)
    for i, p in zip(tested, adjusted.tolist(), strict=True):
        found[i] = replace(lines[i], p_holm=p)
    return found


def _tests(one: Scored, two: Scored, metric: Metric, draws: int, seed: int) -> tuple[Fourfold | None, Checks]:
    swap = _swap(one, two, metric, draws, seed)
    if one.gold_values is not None:
        return None, Checks(None, None, None, None, swap, draws, seed)
    right = [(scored.gold == scored.judge) for scored in (one, two)]
    cells = np.bincount(2 * right[0].astype(np.intp) + right[1], minlength=4).tolist()
    fourfold = Fourfold(cells[3], cells[2], cells[1], cells[0])
    credit = [_credit(scored) for scored in (one, two)]
    # Half credits are whole numbers when doubled, and whole numbers are counted instead of drawn.
    flip = sign_flip(one.clusters().sums(2 * (credit[0] - credit[1])), draws=draws, seed=seed).p
    lone = np.unique(one.item).size == one.size
    if not lone:
        return fourfold, Checks(None, None, None, flip, swap, draws, seed)
    b, c = fourfold.first_only, fourfold.second_only
    exact, mid = mcnemar(b, c), mcnemar(b, c, "mid-p")
    return fourfold, Checks(exact, mid, agresti_min(b, c, fourfold.n), flip, swap, draws, seed)


def _credit(scored: Scored) -> npt.NDArray[np.float64]:
    cells = scored.cells()
    credit = scored.table(cells).credit
    if credit is None:
        return np.asarray(scored.gold == scored.judge, dtype=np.float64)
    found: npt.NDArray[np.float64] = np.asarray(credit, dtype=np.float64).ravel()[cells]
    return found


def _swap(one: Scored, two: Scored, metric: Metric, draws: int, seed: int) -> float | None:
    if one.shape != two.shape:
        return None

    def statistic(counts: Ints) -> float | None:
        return metric(table_of(counts, one.scale, one.policies, gold_values=one.gold_values)).value

    try:
        return label_swap(one.cells(), two.cells(), one.shape, statistic, one.clusters(), draws=draws, seed=seed).p
    except ValueError:
        return None

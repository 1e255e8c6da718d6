"""What stands beside the judges: the commonest label's figures, what judgments cost, how long they take."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from judgebench.agreement.matching import Judged
    from judgebench.domain import Agreement, Estimate, Policies, Verdict

__all__ = ["Baseline", "Key", "Pace", "baseline", "pace", "usd_per_1000"]

#: Task, judge and revision of a row.
Key: TypeAlias = tuple[str, str, str]
#: Judges that ask nobody: they cost nothing, and how long they take says nothing.
_RULES = ("contains", "exact-match")
_MAJORITY = "baseline/majority"


class Baseline(NamedTuple):
    """What always saying the commonest label reaches, in the figures of the rows.

    ``label`` is empty where only a run of ``baseline/majority`` says what it reaches. ``source``: such a ``run``, the
    ``gold`` of the judges' runs, or only the shares of its labels (``base_rates``), which give no interval.
    """

    task: str
    label: str
    source: str
    agreement: Estimate | None
    headline: Estimate | None
    figure: str = "percent_agreement"


class Pace(NamedTuple):
    """Seconds that a judgment took: half of them less than ``median``, 95 % less than ``p95``."""

    median: float
    p95: float


def is_rule(judge: str) -> bool:
    """Whether a judge is a rule of this package that asks nobody."""
    return judge.startswith("baseline/") or judge in _RULES


def usd_per_1000(row: Agreement) -> float | None:
    """Say what a thousand judgments cost (rules that ask nobody: nothing); None where the price is not known."""
    judgments = sum(row.statuses.values())
    if not judgments:
        return None
    if is_rule(row.judge):
        return 0.0
    return None if row.usage.usd is None else 1000 * row.usage.usd / judgments


def pace(judge: str, verdicts: Iterable[Verdict]) -> Pace | None:
    """Measure how long stored judgments took, retries and waiting left out; None for recorded ones and for rules."""
    if is_rule(judge) or judge.startswith("replay/"):
        return None
    import numpy as np  # noqa: PLC0415 - loaded on use

    seconds = np.frombuffer(array("d", (one.seconds for one in verdicts if one.seconds > 0 and not one.probe)))
    if not seconds.size:
        return None
    median, high = np.quantile(seconds, [0.5, 0.95])
    return Pace(float(median), float(high))


def baseline(
    rows: Sequence[Agreement], headline: str, judged: Mapping[Key, Callable[[Policies], Judged]]
) -> Baseline | None:
    """Find what always saying the commonest label reaches, of one task's rows that can be compared, best first.

    From a run of ``baseline/majority`` if there is one; else from the gold of the fullest of the other runs, where
    ``judged`` has it; else from the share of the commonest label, which needs ties to be a label or left out.
    """
    if not rows:
        return None
    first = max(rows, key=lambda row: row.items)
    figure = "accuracy" if "percent_agreement" not in first.metrics and "accuracy" in first.metrics else ""
    figure = figure or "percent_agreement"
    shares = first.base_rates.get("gold", {})
    for row in rows:
        if row.judge == _MAJORITY:
            said = row.base_rates.get("judge", {})
            label = max(said, key=lambda name: said[name]) if said else ""
            return Baseline(row.task, label, "run", row.metrics.get(figure), row.metrics.get(headline), figure)
    key = (first.task, first.judge, first.revision)
    if key in judged:
        from judgebench.agreement.constant import always  # noqa: PLC0415 - loads numpy

        found = always(judged[key](first.policies).ratings, first.policies, (figure, headline))
        if found is not None:
            values = found.metrics
            return Baseline(first.task, found.label, "gold", values.get(figure), values.get(headline), figure)
    if not shares or first.policies.tie not in {"class", "drop"}:
        return None
    from judgebench.domain import Estimate  # noqa: PLC0415 - loaded on use

    label = max(shares, key=lambda name: shares[name])
    bare = Estimate(shares[label], None, None, first.items)
    # Other figures of a constant judge can't be read off the shares.
    chance = headline.startswith("cohen_kappa") and len(shares) > 1
    level = Estimate(0.0, None, None, first.items) if chance else bare if headline == figure else None
    return Baseline(first.task, label, "base_rates", bare, level, figure)

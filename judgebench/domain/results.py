"""What is measured: ratings, the policies that decide numbers, estimates, and agreement."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from judgebench.domain.replies import Usage
from judgebench.errors import UsageError, argument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    import numpy.typing as npt

    from judgebench.domain.scale import Scale

OrderPolicy: TypeAlias = Literal["single", "both-right", "sum-of-signs", "inconsistent-tie", "mean"]
TiePolicy: TypeAlias = Literal["class", "drop", "half", "wrong"]
InvalidPolicy: TypeAlias = Literal["wrong", "drop", "tie"]
GoldPolicy: TypeAlias = Literal["majority", "unanimous", "each", "mean", "leave-one-out"]

POLICY_VALUES: dict[str, tuple[str, ...]] = {
    "order": get_args(OrderPolicy),
    "tie": get_args(TiePolicy),
    "invalid": get_args(InvalidPolicy),
    "gold": get_args(GoldPolicy),
}


@dataclass(frozen=True, slots=True)
class Policies:
    """The named conventions that decide numbers (see ``docs/explanation/policies.md``)."""

    order: OrderPolicy = "mean"
    tie: TiePolicy = "class"
    invalid: InvalidPolicy = "wrong"
    gold: GoldPolicy = "majority"

    def override(self, settings: Iterable[str]) -> Policies:
        """Apply ``name=value`` settings of the command line; UsageError where one names no policy or value."""
        changes: dict[str, str] = {}
        for setting in settings:
            name, equals, value = setting.partition("=")
            name, value = name.strip(), value.strip().replace("_", "-")
            if not equals or name not in POLICY_VALUES:
                raise UsageError(
                    f"{argument('policy')} {setting!r}: write one of {', '.join(POLICY_VALUES)} as name=value"
                )
            if value not in POLICY_VALUES[name]:
                raise UsageError(f"{argument('policy')} {setting!r}: {name} is one of {', '.join(POLICY_VALUES[name])}")
            changes[name] = value
        return replace(self, **changes)  # type: ignore[arg-type]  # checked against POLICY_VALUES above

    def __str__(self) -> str:
        """Write them as ``--policy`` does."""
        return " ".join(f"{name}={value}" for name, value in self.to_json().items())

    def to_json(self) -> dict[str, str]:
        """Plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Policies:
        """Read what ``to_json`` wrote, values checked."""
        return cls().override(f"{name}={value}" for name, value in data.items())


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval; ``value`` is None exactly when ``undefined`` says why (``no_items`` ...).

    ``n`` counts the rows behind it, ``se`` is in units of the value, and ``method`` says how the interval was made
    (``share``, ``score-path``, ``cr2-t-fisher-z`` ...). ``effective`` is the number of clusters of one size that would
    tell as much. The bounds are None where only the point is defined; ``no_interval`` says why, where that is known.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    undefined: str | None = None
    se: float | None = None
    method: str = ""
    effective: float | None = None
    no_interval: str = ""

    def __post_init__(self) -> None:
        """Hold the invariant: a value, or a reason."""
        if (self.value is None) != (self.undefined is not None):
            raise ValueError(f"value {self.value!r} with undefined={self.undefined!r}")
        for bound in (self.value, self.low, self.high, self.se):
            if bound is not None and not abs(bound) <= 1e300:
                raise ValueError(f"{bound} is not a figure")

    @classmethod
    def missing(cls, reason: str, n: int = 0) -> Estimate:
        """Build an undefined estimate."""
        return cls(None, None, None, n, reason)

    @classmethod
    def alone(cls, value: float, n: int, why: str, se: float | None = None) -> Estimate:
        """Build an estimate that has no interval, for a reason."""
        return cls(value, None, None, n, se=se, no_interval=why)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A figure over groups of items, as a benchmark defines it.

    ``of`` names the subsets or systems (see ``by``), or earlier aggregates, that go in; empty means all groups.
    ``weights`` has one entry for each; empty means equal weights.
    """

    name: str
    of: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    by: Literal["subset", "system"] = "subset"


@dataclass(frozen=True, slots=True)
class ClassScores:
    """How well a judge finds one label: ``support`` rows have it in gold, on ``named`` rows the judge names it."""

    support: int
    named: int
    precision: Estimate
    recall: Estimate
    f1: Estimate


@dataclass(frozen=True, slots=True)
class People:
    """The people behind a ceiling: how many, of ``items`` with two labels or more, and their ``pairs`` of labels.

    ``split`` of these items have no label with a majority, so that ``gold=majority`` leaves them out;
    ``split_agreement`` is the share of the pairs of labels that agree on these. On ``differ`` items not all say the
    same, so that ``gold=unanimous`` leaves them out.
    """

    people: int
    items: int
    pairs: int
    split: int
    split_agreement: Estimate
    differ: int = 0


@dataclass(frozen=True, slots=True)
class AgainstChance:
    """A kappa beside no agreement beyond chance: its standard error if there were none, and z, in such errors."""

    se: float
    z: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far one judge agrees with gold on one subset of one task: a row of every table.

    ``warnings`` are machine-readable codes (``prevalence``, ``few_clusters`` ...). ``headline`` and ``companions`` name
    the metrics that the scale calls for; ``level`` is that of measurement, at which alpha was taken; ``against_chance``
    has the kappas of independent rows; ``people`` are those behind the ceiling, where there is one; ``classes`` maps
    each label that occurs to its scores. ``unverified`` is None unless the row was verified; then it names the figures
    that nothing recomputed, and why.
    """

    task: str
    judge: str
    subset: str
    gold: str
    items: int
    coverage: float
    policies: Policies
    metrics: Mapping[str, Estimate]
    ceiling: Mapping[str, Estimate] = field(default_factory=dict)
    people: People | None = None
    bias: Mapping[str, Estimate] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    statuses: Mapping[str, int] = field(default_factory=dict)
    base_rates: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    revision: str = ""
    scale: str = ""
    level: str = ""
    against_chance: Mapping[str, AgainstChance] = field(default_factory=dict)
    headline: str = ""
    companions: tuple[str, ...] = ()
    classes: Mapping[str, ClassScores] = field(default_factory=dict)
    unverified: Mapping[str, str] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Ratings:
    """Verdicts and gold as columns: the only input of agreement.

    One row per judgment (an item in one order, one repeat): n rows, m annotators. ``judge`` (n,) and ``gold`` (n, m)
    hold codes in the item's own order, -1 where there is none. ``item``, ``cluster``, ``subset`` and ``system`` (n,)
    are codes from 0, and so is ``stratum``, where somebody looked whether the judge can answer; ``game`` is the row's
    position among its item's judgments; ``swapped`` says whether the row was shown in another order than the item's
    own. A task without a division has the subsets ``("",)``.

    ``score`` is the judge's number where ``has_score`` is true, else 0: on ``check`` how sure it is of "correct", on
    ``pair`` of the second response (a probability, or a score by which it is ahead), on ``rate`` a rating between
    levels.

    ``order`` (n,) are codes of the orders, where there are more than two.

    ``sequence`` (n, w) and ``gold_sequence`` (n, m, w) hold whole verdicts on ``rank`` (responses, best first) and
    ``steps`` (a code per step), filled up with -1; a row of -1 has none. ``judge`` and ``gold`` then hold what they
    come to: the response ranked first, and whether all steps are correct.
    """

    scale: Scale
    judge: npt.NDArray[np.int64]
    gold: npt.NDArray[np.int64]
    annotators: tuple[str, ...]
    item: npt.NDArray[np.int64]
    cluster: npt.NDArray[np.int64]
    game: npt.NDArray[np.int64]
    swapped: npt.NDArray[np.bool_]
    subset: npt.NDArray[np.int64]
    subsets: tuple[str, ...]
    system: npt.NDArray[np.int64]
    systems: tuple[str, ...]
    stratum: npt.NDArray[np.int64] | None = None
    strata: tuple[str, ...] = ()
    score: npt.NDArray[np.float64] | None = None
    has_score: npt.NDArray[np.bool_] | None = None
    score_kind: Literal["", "score", "probability"] = ""
    sequence: npt.NDArray[np.int64] | None = None
    gold_sequence: npt.NDArray[np.int64] | None = None
    order: npt.NDArray[np.int64] | None = None

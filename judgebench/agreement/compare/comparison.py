"""What a comparison of two judges says: lines, the judgments behind them, the outcome.

Differences are first minus second throughout; p-values are two-sided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from judgebench.agreement.compare.differing import Differing
    from judgebench.agreement.contrasts import PairedInterval
    from judgebench.agreement.power import Power
    from judgebench.domain import Estimate, Policies

#: The judge that agrees surely better; empty for neither.
Side: TypeAlias = Literal["first", "second", ""]
Outcome: TypeAlias = Literal["first", "second", "undecided", "equivalent"]
#: What counts as sure: p below this, and intervals of as much confidence.
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class ComparisonLine:
    """One coefficient on one subset: both judges' values on the shared judgments, and their difference.

    The difference has its paired, clustered interval, unless it never moves. ``p`` is that of this line alone,
    ``p_holm`` adjusted for all lines of the comparison.
    """

    subset: str
    metric: str
    first: Estimate
    second: Estimate
    difference: Estimate
    p: float | None
    p_holm: float | None = None


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Whether the headline's difference is surely smaller than a ``margin`` to either side.

    It is where its 90 % interval (``low`` to ``high``, None where nothing moves) lies within the margin: two one-sided
    tests at 5 %. So it has to by the error that a difference of the margin would have at least, as losses of which few
    are seen show too little of it; and where nothing moves, by as much as may move one time in 20 without showing.
    Source: Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach for assessing
    the equivalence of average bioavailability; Hanley & Lippman-Hand (1983), If nothing goes wrong, is everything all
    right?
    """

    margin: float
    low: float | None
    high: float | None
    equivalent: bool


@dataclass(frozen=True, slots=True)
class Fourfold:
    """Numbers of judgments by who is right; a tie policy's half credits count as wrong here."""

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
class Part:
    """How many items a part of the data has, and on how many the first judge is right more often, or less.

    ``better`` and ``worse`` are None where gold is a number.
    """

    subset: str
    items: int
    better: int | None
    worse: int | None


@dataclass(frozen=True, slots=True)
class Checks:
    """P-values of the same question by other means, on all items.

    McNemar's test of the accuracies and Agresti and Min's 95 % interval of their difference take items as independent;
    they are None where an item has several judgments. ``sign_flip`` permutes the accuracies, whole clusters keeping or
    changing their sign, ``label_swap`` the headline, the judges trading places in whole clusters.
    """

    mcnemar_exact: float | None
    mcnemar_mid_p: float | None
    agresti_min: tuple[float, float] | None
    sign_flip: float | None
    label_swap: float | None
    draws: int
    seed: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two judges held against each other on what both share; a judgment is a row.

    ``headline`` is the metric that the verdict is about, an error where ``lower_is_better``; ``directional`` where
    neither more nor less of it is better; ``errors`` names the metrics of which less is better. ``lines`` begin with
    the subset ``all``. ``fourfold`` is None where gold is a number; ``power`` is what the headline's paired test can
    find here; ``left_out`` and ``incomplete`` are as in `Matched`; ``differ`` counts the judgments on which the
    verdicts differ. Rows are clustered by question, or (``two-way``) by question and by system, of which there are
    ``systems``.
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
    lines: tuple[ComparisonLine, ...]
    fourfold: Fourfold | None
    tests: Checks
    power: Power | None
    warnings: tuple[str, ...]
    left_out: int
    incomplete: int
    differ: int
    directional: bool = False
    interval: PairedInterval = "default"
    systems: int | None = None
    errors: tuple[str, ...] = ()
    #: So many independent tests the lines are worth.
    effective_tests: float = 1.0
    equivalence: Equivalence | None = None
    #: Those judgments, where they were asked for.
    differing: tuple[Differing, ...] = ()
    #: Of measurement, at which alpha is taken.
    level: str = ""
    #: Where one judge is held against itself: the model versions that answered on either side.
    versions: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    #: The parts that have lines, all items first.
    parts: tuple[Part, ...] = ()
    #: So many people's labels an item can have.
    annotators: int = 1
    #: What pins the data.
    revision: str = ""
    #: So many items are left out because people split on them.
    split: int = 0

    @property
    def judges(self) -> tuple[str, str]:
        """The names of both."""
        return self.first, self.second

    @property
    def main(self) -> ComparisonLine:
        """The line that the verdict is about: the headline on all items."""
        return next(line for line in self.lines if (line.subset, line.metric) == ("all", self.headline))

    @property
    def outcome(self) -> Outcome:
        """Say ``first`` or ``second`` where that judge agrees surely better, else ``undecided``.

        ``equivalent``, where that was asked for and shown, goes before: what is within the margin doesn't matter.
        """
        if self.equivalence is not None and self.equivalence.equivalent:
            return "equivalent"
        return self.ahead or "undecided"

    @property
    def ahead(self) -> Side:
        """The judge that agrees surely better, by however little: ``first`` or ``second``, else empty."""
        line = self.main
        if line.p is None or line.p >= LEVEL or not line.difference.value:
            return ""
        return "first" if (line.difference.value > 0) != self.lower_is_better else "second"

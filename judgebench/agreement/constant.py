"""What a judge would reach that always says the commonest label: the figure that every judge has to beat."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.estimates import Counted, estimate
from judgebench.agreement.policies import apply
from judgebench.stats.coefficients.catalog import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Estimate, Policies, Ratings

__all__ = ["Constant", "always"]


@dataclass(frozen=True, slots=True)
class Constant:
    """A judge that gives one label throughout, and what it reaches."""

    label: str
    metrics: dict[str, Estimate]


def always(ratings: Ratings, policies: Policies, metrics: Sequence[str]) -> Constant | None:
    """Measure the judge that always says the most frequent gold label, on the items and under the policies of another.

    Of several labels that are equally frequent it is the lowest; what the other judge said is not looked at, and
    unknown metrics are left out. None where a verdict is not one label out of the same few for all items (picks,
    rankings, steps) or there is no gold. Kappa and its kin are 0 then: such a judge agrees by chance only (Cohen 1960,
    A coefficient of agreement for nominal scales).

    >>> from judgebench.agreement.ratings import from_codes
    >>> from judgebench.domain import Policies, Scale
    >>> gold = np.repeat([0, 1], [30, 70])
    >>> found = always(from_codes(Scale.check(), gold, gold), Policies(), ["percent_agreement", "cohen_kappa"])
    >>> found.label, found.metrics["percent_agreement"].value, found.metrics["cohen_kappa"].value
    ('correct', 0.7, 0.0)
    """
    if ratings.sequence is not None or ratings.scale.kind in {"pick", "rank", "steps"}:
        return None
    counts = np.bincount(ratings.gold[ratings.gold >= 0], minlength=len(ratings.scale.labels))
    if not counts.any():
        return None
    code = int(counts.argmax())
    # A constant judge has no numbers of its own.
    constant = replace(ratings, judge=np.full_like(ratings.judge, code), score=None, has_score=None, score_kind="")
    scored = apply(constant, policies)
    if not scored.size:
        return None
    counted = Counted.of(scored)
    return Constant(
        ratings.scale.labels[code],
        {name: estimate(METRICS[name], counted)[0] for name in metrics if name in METRICS},
    )

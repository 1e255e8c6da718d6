"""What a figure is read beside: the same under other policies, and by a judge that always says the commonest label."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.estimates import Counted, estimate
from judgebench.agreement.figures import panel
from judgebench.agreement.policies import apply
from judgebench.domain import POLICY_VALUES, Estimate, Policies
from judgebench.errors import UsageError
from judgebench.stats.coefficients.catalog import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.domain import Estimate, Ratings
    from judgebench.stats.coefficients.catalog import Metric


def sensitivity(ratings: Ratings, metrics: Sequence[Metric] = ()) -> list[tuple[Policies, int, dict[str, Estimate]]]:
    """Measure the headline under every combination of policies that makes sense here, with the rows it scored.

    Combinations that come to the same rows (order policies where every item has one game, gold policies where there is
    one annotator) are listed once; one that scores nothing is left out. ``metrics`` are by default accuracy, Cohen's
    kappa and the headline of the scale. Source: Steegen, Tuerlinckx, Gelman & Vanpaemel (2016), Increasing transparency
    through a multiverse analysis.
    """
    scale = ratings.scale
    if not scale.listed:
        return []
    headline = panel(scale).headline
    chosen = metrics or [METRICS[name] for name in dict.fromkeys(("accuracy", "cohen_kappa", headline))]
    found: list[tuple[Policies, int, dict[str, Estimate]]] = []
    seen: set[Policies] = set()
    for policies in _combinations(len(ratings.annotators)):
        try:
            scored = apply(ratings, policies)
        except UsageError:
            continue
        if scored.policies in seen or not scored.size:
            continue
        seen.add(scored.policies)
        counted = Counted.of(scored)
        found.append((scored.policies, scored.size, {m.name: estimate(m, counted)[0] for m in chosen}))
    return found


def _combinations(annotators: int) -> Iterator[Policies]:
    golds = [gold for gold in POLICY_VALUES["gold"] if gold == "majority" or (annotators > 1 and gold != "mean")]
    values = (POLICY_VALUES["order"], POLICY_VALUES["tie"], POLICY_VALUES["invalid"], golds)
    for order, tie, invalid, gold in product(*values):
        yield Policies.from_json({"order": order, "tie": tie, "invalid": invalid, "gold": gold})


@dataclass(frozen=True, slots=True)
class Constant:
    """A judge that gives one label throughout, and what it reaches."""

    label: str
    metrics: dict[str, Estimate]


def always(ratings: Ratings, policies: Policies, metrics: Sequence[str]) -> Constant | None:
    """Measure the judge that always says the most frequent gold label, on the items and under the policies of another.

    Of several labels that are equally frequent it is the lowest; what the other judge said is not looked at, and
    unknown metrics are left out. None where a verdict is not one label out of the same few for all items (picks,
    rankings, steps) or there is no gold. Kappa and its kin are 0 then: such a judge agrees by chance only (Cohen
    1960, A coefficient of agreement for nominal scales).
    """
    if not ratings.scale.listed or ratings.scale.kind == "pick":
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

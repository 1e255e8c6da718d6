"""One figure under every convention: how much of it is the data, how much the policy."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from judgebench.agreement.estimates import Counted, estimate
from judgebench.agreement.policies import apply
from judgebench.domain import POLICY_VALUES, Estimate, Policies
from judgebench.errors import UsageError
from judgebench.stats.coefficients.catalog import METRICS, metrics_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.domain import Ratings
    from judgebench.stats.coefficients.catalog import Metric


def sensitivity(ratings: Ratings, metrics: Sequence[Metric] = ()) -> list[tuple[Policies, int, dict[str, Estimate]]]:
    """Measure the headline under every combination of policies that makes sense here, with the rows it scored.

    Combinations that come to the same rows (order policies where every item has one game, gold policies where there is
    one annotator) are listed once; one that scores nothing is left out. ``metrics`` are by default accuracy, Cohen's
    kappa and the headline of the scale. Source: Steegen, Tuerlinckx, Gelman & Vanpaemel (2016), Increasing transparency
    through a multiverse analysis.

    PandaLM's published gpt-3.5 verdicts, gold A, tie and B; 25 of 999 are unusable. Accuracy is .6977 with these as
    wrong, .7107 as ties (as published) and .7156 without them.

    >>> import numpy as np
    >>> from judgebench.agreement.ratings import from_codes
    >>> from judgebench.domain import Scale
    >>> counts = [332, 13, 71, 6, 42, 5, 45, 13, 86, 20, 360, 6]
    >>> gold, judge = np.repeat([0, 1, 2], [422, 105, 472]), np.repeat([0, 1, 2, -1] * 3, counts)
    >>> found = sensitivity(from_codes(Scale.pair(), judge, gold))
    >>> {rules.invalid: round(one["accuracy"].value, 4) for rules, _, one in found if rules.tie == "class"}
    {'wrong': 0.6977, 'drop': 0.7156, 'tie': 0.7107}
    """
    scale = ratings.scale
    headline = metrics_for(scale.kind, scale.level, tie=scale.tie is not None).headline
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

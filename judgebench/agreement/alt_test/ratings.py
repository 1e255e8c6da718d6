"""The alternative annotator test of ratings: under policies, beside a constant judge, and over a range of epsilon.

Settings are those of `alt_test`; the scoring is by default what fits the scale.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.alt_test.procedure import PASS, alt_test, default_scoring, similarity
from judgebench.agreement.policies import apply
from judgebench.errors import UsageError

if TYPE_CHECKING:
    from judgebench.agreement.alt_test.procedure import AltTest, Scoring, Small
    from judgebench.domain import Estimate, Policies, Ratings
    from judgebench.stats.influence import Ints

#: The margins of `epsilon_sweep`.
SWEEP = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)


def alt_test_ratings(
    ratings: Ratings,
    policies: Policies,
    *,
    epsilon: float,
    scoring: Scoring | None = None,
    q: float = 0.05,
    min_items: int = 30,
    small: Small = "skip",
) -> AltTest:
    """Run the alternative annotator test on ratings, with a judge who always gives the majority's label beside it.

    Of the policies, ``order`` and ``invalid`` hold: how an item's games become one verdict, and whether a judge without
    a verdict loses (``wrong``) or is left out (``drop``, the published code). Every annotator's label is used as it is.
    UsageError if the scale has no such scoring, there are fewer than two annotators, or a setting is out of range.
    """
    if len(ratings.annotators) < 2:
        raise UsageError("the alternative annotator test needs two annotators or more; give --gold-col for each")
    if not (0 <= epsilon <= 1 and 0 < q < 1 and min_items >= 1):
        raise UsageError("--epsilon is from 0 to 1, --q between 0 and 1, --min-items 1 or more")
    how = scoring or default_scoring(ratings.scale)
    closeness = similarity(ratings.scale, how)
    everyone = replace(ratings, gold=np.zeros((ratings.judge.size, 1), dtype=np.int64), annotators=("all",))
    scored = apply(everyone, replace(policies, tie="class", gold="majority"))
    judge = np.where(scored.judge < len(ratings.scale.labels), scored.judge, -1)
    people = ratings.gold[scored.row]

    def test(codes: Ints) -> AltTest:
        return alt_test(
            codes, people, closeness, epsilon=epsilon, q=q, min_items=min_items, small=small,
            names=ratings.annotators, item=scored.item, cluster=scored.cluster, scoring=how,
        )  # fmt: skip

    found = test(judge)
    given = people[people >= 0]
    if found.winning_rate.value is None or not given.size:
        return found
    constant = test(np.full(judge.size, np.bincount(given).argmax()))
    rate, advantage = constant.winning_rate.value, constant.advantage.value
    if rate is None or advantage is None:
        return found
    warnings = (*found.warnings, "majority_passes") if rate >= PASS else found.warnings
    return replace(found, majority=(rate, advantage), warnings=warnings)


def epsilon_sweep(
    ratings: Ratings,
    policies: Policies,
    *,
    scoring: Scoring | None = None,
    q: float = 0.05,
    min_items: int = 30,
    small: Small = "skip",
) -> tuple[tuple[float, Estimate], ...]:
    """Give the winning rate at each epsilon from 0 to 0.3: what the verdict owes to the choice of the margin."""
    return tuple(
        (
            epsilon,
            alt_test_ratings(
                ratings, policies, epsilon=epsilon, scoring=scoring, q=q, min_items=min_items, small=small
            ).winning_rate,
        )
        for epsilon in SWEEP
    )

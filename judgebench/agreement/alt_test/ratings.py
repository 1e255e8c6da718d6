"""The alternative annotator test of ratings: under policies, beside a constant judge, and over a range of epsilon."""

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

    Of the policies, ``order`` and ``invalid`` hold: how an item's games become one verdict, and whether a judge
    without a verdict loses (``wrong``) or is left out (``drop``, the published code). Every annotator's label is
    used as it stands.

    Parameters
    ----------
    ratings : Ratings
        Judgments with gold by two annotators or more.
    policies : Policies
        The conventions.
    epsilon, q, min_items, small
        As in `alt_test`.
    scoring : {'accuracy', 'neg-rmse'}, optional
        By default what fits the scale.

    Returns
    -------
    AltTest
        As `alt_test` gives it, with ``majority`` and its warning.

    Raises
    ------
    UsageError
        If the scale has no such scoring, there are fewer than two annotators, or a setting is out of range.

    References
    ----------
    Calderon, Reichart & Dror (2025), The alternative annotator test for LLM-as-a-judge, ACL, arXiv 2501.10970.

    Examples
    --------
    GPT-4o beside the first author of MT-Bench on 74 items (the published code: p = .01918244 for the author):

    >>> from judgebench.agreement.ratings import from_codes
    >>> from judgebench.domain import Policies, Scale
    >>> gold, other = np.repeat([0, 2, 0], [43, 14, 17]), np.zeros(74, dtype=int)
    >>> judge = np.repeat([0, 0, 2], [43, 14, 17])
    >>> ratings = from_codes(Scale.pair(), judge, np.stack([gold, other], axis=1))
    >>> found = alt_test_ratings(ratings, Policies(), epsilon=0.2)
    >>> round(found.annotators[0].p, 8), round(found.annotators[0].judge, 5)
    (0.01918244, 0.77027)
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
    """Give the winning rate at each epsilon from 0 to 0.3: what the verdict owes to the choice of the margin.

    Parameters
    ----------
    ratings, policies, scoring, q, min_items, small
        As in `alt_test_ratings`.

    Returns
    -------
    tuple of (float, Estimate)
        Epsilon and winning rate, ascending.

    References
    ----------
    Calderon, Reichart & Dror (2025), The alternative annotator test for LLM-as-a-judge, ACL, arXiv 2501.10970,
    who report which epsilon a judge needs.

    Examples
    --------
    GPT-4o beside the first author of MT-Bench on 74 items, in the places of two annotators; figures ours:

    >>> from judgebench.agreement.ratings import from_codes
    >>> from judgebench.domain import Policies, Scale
    >>> gold, other = np.repeat([0, 2, 0], [43, 14, 17]), np.zeros(74, dtype=int)
    >>> judge = np.repeat([0, 0, 2], [43, 14, 17])
    >>> ratings = from_codes(Scale.pair(), judge, np.stack([gold, other], axis=1))
    >>> [(epsilon, rate.value) for epsilon, rate in epsilon_sweep(ratings, Policies())][-3:]
    [(0.2, 0.0), (0.25, 0.5), (0.3, 0.5)]
    """
    return tuple(
        (
            epsilon,
            alt_test_ratings(
                ratings, policies, epsilon=epsilon, scoring=scoring, q=q, min_items=min_items, small=small
            ).winning_rate,
        )
        for epsilon in SWEEP
    )

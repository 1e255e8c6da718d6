"""The alternative annotator test on ratings, with the paper's defaults, and without each annotator in turn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from judgebench.agreement.alt_test.codes import FEW_ANNOTATORS, PASS, LeftOut, alt_test
from judgebench.agreement.kinds.unlisted import levels_of
from judgebench.agreement.policies import verdicts_alone
from judgebench.errors import UsageError, argument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.agreement.alt_test.codes import AltTest, Small
    from judgebench.domain import Estimate, Policies, Ratings, Scale
    from judgebench.stats.crosstab import Floats, Ints

Scoring: TypeAlias = Literal["accuracy", "neg-rmse"]

#: What an annotator costs more than a judge, by who the annotators are (the paper's recommendation).
EPSILONS: Mapping[str, float] = {"expert": 0.2, "human": 0.15, "crowd": 0.1}
#: For annotators of an unknown kind: the most demanding of the three.
UNKNOWN_EPSILON = 0.1
#: At most so many annotators are left out in turn.
MOST_TURNS = 25
#: More different numbers are too many to look at two by two.
MOST_NUMBERS = 2000
#: The margins of `epsilon_sweep`.
SWEEP = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)


def similarity(scale: Scale, scoring: Scoring) -> Floats:
    """How close two labels are, for every pair of labels, shape (k, k); the higher, the closer.

    ``accuracy``: 1 for the same label, else 0. ``neg-rmse``: the negative squared difference of values; both sides of a
    comparison are held against the same labels, so the sum of squares orders them as the root of its mean does.
    UsageError if the scoring is unknown, or needs values that the labels don't have.
    """
    if scoring == "accuracy":
        return np.eye(len(scale.labels))
    if scoring != "neg-rmse":
        raise UsageError(f"{argument('scoring')} {scoring!r}: write one of {', '.join(get_args(Scoring))}")
    values = np.asarray(scale.values, dtype=np.float64)
    if values.size != len(scale.labels):
        raise UsageError(f"scoring neg-rmse needs labels with values, and {scale.spec} has none; use accuracy")
    return -np.square(values[:, None] - values[None, :])


def default_scoring(scale: Scale) -> Scoring:
    """Choose ``neg-rmse`` for numbers and numeric ratings, else ``accuracy``."""
    numbers = scale.kind == "rate" and scale.labels == tuple(f"{value:g}" for value in scale.values)
    numeric = numbers or scale.kind == "number"
    return "neg-rmse" if numeric else "accuracy"


def default_epsilon(gold: str) -> float:
    """Choose epsilon by who gave the labels: expert 0.2, human 0.15, crowd 0.1; 0.1 for the unknown.

    These are the paper's figures for experts, skilled annotators and crowd workers. UsageError if the labels are a
    model's or a verifier's: there is nobody to replace.
    """
    if gold in {"model", "verifier"}:
        raise UsageError(f"gold is a {gold}'s here; the alternative annotator test needs labels by people")
    return EPSILONS.get(gold, UNKNOWN_EPSILON)


def alt_test_ratings(
    ratings: Ratings,
    policies: Policies,
    *,
    epsilon: float,
    scoring: Scoring | None = None,
    q: float = 0.05,
    min_items: int = 30,
    small: Small = "skip",
    in_turn: bool = True,
) -> AltTest:
    """Run the alternative annotator test on ratings, with a judge who always gives the majority's label beside it.

    With ``in_turn`` also without each annotator in turn, so that no single one decides unseen; of more than
    `MOST_TURNS` without those who agree with the others least or most. Of the policies, ``order`` and ``invalid`` hold:
    how an item's games become one verdict, and whether a judge without a verdict loses (``wrong``) or is left out
    (``drop``, the published code). Every annotator's label is used as it is. UsageError if the scale has no such
    scoring, there are fewer than two annotators, or a setting is out of range.
    """
    if len(ratings.annotators) < 2:
        raise UsageError(
            f"the alternative annotator test needs two annotators or more; give {argument('gold')} for each"
        )
    if not (0 <= epsilon <= 1 and 0 < q < 1 and min_items >= 1):
        raise UsageError(
            f"{argument('epsilon')} is from 0 to 1, {argument('q')} between 0 and 1, {argument('min_items')} 1 or more"
        )
    how = scoring or default_scoring(ratings.scale)
    ratings = levels_of(ratings, MOST_NUMBERS)
    closeness = similarity(ratings.scale, how)
    scored = verdicts_alone(ratings, replace(policies, tie="class"))
    people = ratings.gold[scored.row]

    def test(codes: Ints, less: Sequence[int] = ()) -> AltTest:
        names = [name for j, name in enumerate(ratings.annotators) if j not in less]
        return alt_test(
            codes, np.delete(people, less, axis=1) if less else people, closeness, epsilon=epsilon, q=q,
            min_items=min_items, small=small, names=names, item=scored.item, cluster=scored.cluster, scoring=how,
        )  # fmt: skip

    found = test(scored.said)
    if in_turn and found.passed is not None:
        turns = _turns(found)
        others = ((found.annotators[j].name, test(scored.said, (j,))) for j in turns)
        found = replace(
            found, without=tuple(LeftOut(name, one.winning_rate, one.clustered_rate) for name, one in others)
        )
        warned = {"one_decides": bool(found.deciding), "some_turns": 0 < len(turns) < len(found.annotators)}
        found = replace(found, warnings=(*found.warnings, *(code for code, holds in warned.items() if holds)))
    given = people[people >= 0]
    if found.winning_rate.value is None or not given.size:
        return found
    constant = test(np.full(scored.size, np.bincount(given).argmax()))
    rate, advantage = constant.winning_rate.value, constant.advantage.value
    if rate is None or advantage is None:
        return found
    warnings = (*found.warnings, "majority_passes") if rate >= PASS else found.warnings
    return replace(found, majority=(rate, advantage), warnings=warnings)


def _turns(found: AltTest) -> list[int]:
    """Positions of the annotators who are left out in turn: all, or those farthest from the mean annotator."""
    if len(found.annotators) <= FEW_ANNOTATORS:
        return []
    shares = [one.human for one in found.annotators]
    middle = float(np.mean([share for share in shares if share is not None]))
    known = [(abs(share - middle), j) for j, share in enumerate(shares) if share is not None]
    return sorted(j for _, j in sorted(known, reverse=True)[:MOST_TURNS])


def epsilon_sweep(ratings: Ratings, policies: Policies, **how: Any) -> tuple[tuple[float, Estimate], ...]:
    """Give the winning rate at each epsilon from 0 to 0.3: what the verdict owes to the choice of the margin.

    The rest is as for `alt_test_ratings`.
    """
    found = ((one, alt_test_ratings(ratings, policies, epsilon=one, in_turn=False, **how)) for one in SWEEP)
    return tuple((epsilon, one.winning_rate) for epsilon, one in found)

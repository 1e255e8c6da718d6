"""Judges that are equivalent within a margin, and what is said beside that."""

import numpy as np
import pytest
from agreement_cases import random_case, two

from judgebench.agreement.compare.compare import compare
from judgebench.domain import Scale
from judgebench.errors import UsageError
from judgebench.report.compare import TwoJudges


def test_judges_are_equivalent_where_their_difference_is_surely_within_the_margin():
    first, second, gold, _ = random_case(5, n=400, groups=400)
    second = first.copy()
    second[:8] = 1 - second[:8]
    matched = two(first, second, gold, scale=Scale.check())
    found = compare(matched, ["cohen_kappa"], equivalent_within=0.1, draws=1)
    same = found.equivalence
    assert (found.outcome, same.margin, same.equivalent) == ("equivalent", 0.1, True)
    assert found.main.difference.low < same.low < found.main.difference.value < same.high < found.main.difference.high
    narrow = compare(matched, ["cohen_kappa"], equivalent_within=0.01, draws=1)
    assert not narrow.equivalence.equivalent
    assert narrow.outcome == compare(matched, ["cohen_kappa"], draws=1).outcome
    with pytest.raises(UsageError, match="5: give what counts"):
        compare(matched, ["cohen_kappa"], equivalent_within=5, draws=1)


@pytest.mark.parametrize(("margin", "outcome"), [(0.02, "equivalent"), (0.01, "undecided")])
def test_judges_who_say_the_same_are_equivalent_within_what_so_many_questions_exclude(margin, outcome):
    """Of 400 rows none differs: at 5 % a share of 1 - .05^(1/400) = .0075 isn't excluded, about .015 of kappa."""
    gold = np.arange(400) % 2
    said = np.where(np.arange(400) % 10, gold, 1 - gold)
    found = compare(two(said, said, gold, scale=Scale.check()), ["cohen_kappa"], equivalent_within=margin, draws=1)
    assert (found.outcome, found.equivalence.high) == (outcome, None)
    few = "So few don't show that the two differ by less than .010."
    assert next(TwoJudges(found).blocks()).endswith(few if outcome == "undecided" else "on all 400 judgments.")


@pytest.mark.parametrize(("lost", "equivalent"), [(6, True), (7, False)])
def test_losses_to_one_side_take_the_error_of_a_difference_of_the_margin(lost, equivalent):
    """500 rows: where .05 of kappa is lost (12.5 rows), 7 or fewer are seen in 7 % of the data sets, 6 in 3 %."""
    gold = np.arange(500) % 2
    first = np.where(np.arange(500) % 10, gold, 1 - gold)
    second = first.copy()
    second[np.flatnonzero(first == gold)[:lost]] = 1 - second[np.flatnonzero(first == gold)[:lost]]
    found = compare(two(first, second, gold, scale=Scale.check()), ["cohen_kappa"], equivalent_within=0.05, draws=1)
    assert found.equivalence.equivalent == equivalent
    # By the error seen alone both would be.
    assert found.main.difference.value + 1.648 * found.main.difference.se < 0.05


def test_a_sure_difference_within_the_margin_is_said_and_fails_where_that_was_asked_for():
    gold = np.arange(2000) % 2
    second = np.where(np.arange(2000) % 10, gold, 1 - gold)
    first = np.where(np.arange(2000) % 100 == 5, 1 - gold, second)
    found = compare(two(first, second, gold, scale=Scale.check()), ["cohen_kappa"], equivalent_within=0.05, draws=1)
    assert (found.outcome, found.ahead) == ("equivalent", "second")
    shown = TwoJudges(found, fail_if_worse=True)
    told = "and a is clearly worse: kappa .78 against .80, -.02"
    assert f"a and b differ by less than .050, {told}" in str(shown.failure)
    assert TwoJudges(found).failure is None

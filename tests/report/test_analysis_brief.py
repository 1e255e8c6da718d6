"""What a first answer says of errors: the strongest feature, by one rule for all judges, and what its figure is of."""

from __future__ import annotations

from judgebench.agreement.analysis.effects import Effect, Explanation
from judgebench.agreement.analysis.judges import JudgeAnalysis
from judgebench.domain import Estimate, Policies
from judgebench.report.briefs.analysis import brief


def effect(feature, level, against, value):
    estimate = Estimate(value, value - 0.05, value + 0.05, 100)
    return Effect(feature, level, against, 50, estimate, estimate, 0.001, 0.001)


OTHERS, SUBSET = effect("other judges wrong", "", "0", 0.6), effect("subset", "easy", "hard", -0.1)
SHARE = effect("other judges wrong", "", "per unit", 0.6)


def told(*judges):
    rows = [
        ("t", "human", JudgeAnalysis(f"j{i}", Policies(), Explanation(100, 20, effects), (), "few", (), None, None))
        for i, effects in enumerate(judges)
    ]
    return brief(rows, {})


def test_the_strongest_comparison_is_named_of_every_judge():
    first, second = told((OTHERS, SUBSET), (OTHERS,)).answer
    assert "other things equal, 60 points more often where the other judge is wrong too" in first
    assert "60 points more often where the other judge is wrong too" in second
    assert "other things equal" not in second


def test_a_share_of_judges_is_not_a_number_of_judges():
    first, second, third = told((SHARE, SUBSET), (SHARE,), (SHARE,)).answer
    assert "10 points less often where subset is easy than where subset is hard" in first
    assert second == third.replace("j2", "j1")
    assert second.endswith("more often the more of the other judges are wrong.")


def test_one_judge_more_is_one():
    assert told(*[(SUBSET,)] * 4).notes[-1].startswith("1 more judge is in the table")

"""How often answers are accepted that ought to be rejected: shares with Wilson's interval, and what never happened."""

from __future__ import annotations

import pytest

from judgebench.agreement.probing.measure import measure
from judgebench.agreement.probing.rows import Paired, Row
from judgebench.domain import Scale
from judgebench.report.probing import ProbeRow, Probes


def rows(accepted: int, count: int, code: tuple[int, int] = (0, 1), target: str = "up", owed: str = "reject") -> Paired:
    """Of ``count`` questions ``accepted`` get the second code, and no placebo and nothing unchanged does."""
    made = (Row(f"q{i}", 0, target, (code[0],) * 2, code[i < accepted], code[0], owed) for i in range(count))
    return Paired(Scale.check(), tuple(made), placebo=True)


def test_a_judge_that_takes_a_key_for_an_answer_is_led() -> None:
    found = measure(rows(30, 100))
    accepted = found.figures["accepted"]
    # Wilson's interval of 30 in 100 is .2189 to .3958.
    assert (accepted.value, accepted.low, accepted.high) == pytest.approx((0.3, 0.2189, 0.3958), abs=4e-3)
    assert (found.figures["accepted_placebo"].value, found.figures["accepted_before"].value) == (0, 0)
    assert (found.figures["targeted_success"].value, found.figures["harmful"].value) == (0.3, 0.3)
    assert found.led


def test_what_never_happened_may_happen_to_others() -> None:
    found = measure(rows(0, 150))
    assert found.figures["accepted"].high == pytest.approx(0.025, abs=5e-4)
    assert not found.led
    probes = Probes((ProbeRow("t", "j", "human", Scale.check(), "master-key/colon", found),))
    assert "of up to 2.5 % of cases can't be" in str(probes)
    assert "up to 2.0 % of others may be (rule of three)" in " ".join(probes.render(explain=True).split())


def test_no_verdict_accepts_nothing_and_a_gold_answer_is_accepted_where_it_is_called_right() -> None:
    gold = Paired(
        Scale.check(),
        tuple(Row(f"q{i}", 1, "down", (1, 1), code, None, "accept") for i, code in enumerate((1, 1, 0, None))),
        placebo=False,
    )
    found = measure(gold)
    assert found.figures["accepted"].value == 0.5
    # It is the rejection that counts against the judge.
    assert found.effect.value == 0.25
    assert "accepted" not in measure(rows(3, 10, owed="")).figures


def test_a_rating_accepts_above_the_middle_and_a_comparison_what_wins() -> None:
    rated = (Row(f"q{code}", None, "up", (0,), code, 0, "reject") for code in range(5))
    assert measure(Paired(Scale.rate(1, 5), tuple(rated), placebo=True)).figures["accepted"].value == 0.4
    compared = (Row(f"q{code}", 0, "1", (0,), code, 0, "reject") for code in range(3))
    assert measure(Paired(Scale.pair(), tuple(compared), placebo=True)).figures["accepted"].value == pytest.approx(
        1 / 3
    )

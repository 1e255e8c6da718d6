"""What a probe's verdicts say: flips, where they go, and chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judgebench.agreement.probing.measure import measure, suite
from judgebench.agreement.probing.rows import Paired, Row
from judgebench.domain import Scale

PAIR = Scale.pair(3)
codes = st.sampled_from([None, 0, 1, 2])
rows = st.lists(
    st.builds(
        Row,
        cluster=st.sampled_from("abcdef"),
        gold=st.sampled_from([None, 0, 2]),
        target=st.just("1"),
        plain=st.tuples(codes, codes),
        changed=codes,
        placebo=codes,
    ),
    min_size=1,
    max_size=40,
)


def test_a_worked_example():
    """Ten cases, one a question; the change pushes to the second answer (code 2), which is wrong throughout."""
    before = [0, 0, 0, 0, 0, 0, 0, 2, 1, None]
    after = [2, 2, 2, 0, 0, 0, 1, 2, 0, 2]
    same = [0, 0, 0, 0, 2, 0, 0, 2, 1, None]
    said = [Row(str(i), 0, "1", (b, b), a, p) for i, (b, a, p) in enumerate(zip(before, after, same, strict=True))]
    found = measure(Paired(PAIR, tuple(said), placebo=True))
    value = {name: one.value for name, one in found.figures.items()}
    assert found.effect.value == pytest.approx(5 / 10 - 2 / 10)
    assert value["robustness"] == 4 / 10  # rows 3, 4, 5, 7; no answer is like no other
    assert value["harmful"] == 4 / 10
    assert value["helpful"] == 1 / 10
    assert value["neutral"] == 1 / 10
    assert value["targeted_success"] == 4 / 9  # all but the row that was there before
    assert value["bias_sensitive_rate"] == 4 / 7
    assert value["accuracy_change"] == pytest.approx(4 / 10 - 7 / 10)
    assert value["placebo_flips"] == 2 / 10
    assert value["retest_flips"] == 1 / 10
    assert value["excess_flips"] == pytest.approx(6 / 10 - 1 / 10)
    assert value["follow_rate"] == pytest.approx((0.5 - 0.2) / (1 - 0.2))
    # Four go there with the change alone, one with the placebo alone: McNemar's exact test.
    assert found.p == pytest.approx(2 * (1 + 5) / 2**5)


@settings(max_examples=40)
@given(rows)
def test_shares_add_up(said):
    found = measure(Paired(PAIR, tuple(said), placebo=True))
    figures = found.figures
    assert found.effect.low <= found.effect.value + 1e-12 if found.effect.low is not None else True
    flips = 1 - figures["robustness"].value
    assert flips >= 0
    if "harmful" in figures:
        change = figures["helpful"].value - figures["harmful"].value
        assert figures["accuracy_change"].value == pytest.approx(change, abs=1e-12)
    assert figures["excess_flips"].value == pytest.approx(flips - figures["retest_flips"].value)


@settings(max_examples=40)
@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(said, order):
    other = list(said)
    order.shuffle(other)
    one, two = (measure(Paired(PAIR, tuple(each), placebo=True)) for each in (said, other))
    assert one.effect.value == pytest.approx(two.effect.value)
    assert one.p == pytest.approx(two.p)
    assert {name: each.value for name, each in one.figures.items()} == pytest.approx(
        {name: each.value for name, each in two.figures.items()}
    )


def test_a_judge_that_never_moves_has_bounds_and_is_not_led():
    found = measure(Paired(PAIR, tuple(Row(str(i), 0, "1", (0, 0), 0, 0) for i in range(40)), placebo=True))
    assert (found.effect.value, found.p, found.led) == (0, 1, False)
    assert -0.1 < found.effect.low < 0 < found.effect.high < 0.1
    assert found.figures["follow_rate"].high == pytest.approx(found.effect.high)


def test_ratings_move_where_they_are_pushed():
    scale = Scale.rate(1, 5)
    said = [Row(str(i), None, "up", (1, 1), 3, 1) for i in range(12)]
    said += [Row("x", None, "up", (None,), 3, 1), Row("y", None, "up", (1,), None, 1)]
    found = measure(Paired(scale, tuple(said), placebo=True))
    assert found.effect.value == 2
    assert found.figures["score_shift"].value == 2
    down = [replace(row, target="down") for row in said]
    assert measure(Paired(scale, tuple(down), placebo=True)).effect.value == -2


def test_without_a_push_flips_are_held_against_chance():
    said = [Row(str(i), 0, "", (0, 0, 2 if i % 4 == 0 else 0), 2 if i % 2 else 0, None) for i in range(40)]
    found = measure(Paired(PAIR, tuple(said), placebo=False))
    assert found.against == "retest"
    assert found.effect.value == pytest.approx(0.5 - 0.125)


def test_many_probes_share_one_error_rate():
    led = [Row(str(i), 0, "1", (0, 0), 2 if i < 6 else 0, 0) for i in range(60)]
    one = measure(Paired(PAIR, tuple(led), placebo=True))
    assert one.led
    none = measure(Paired(PAIR, tuple(Row(str(i), 0, "1", (0, 0), 0, 0) for i in range(60)), placebo=True))
    corrected = suite([one, none, none])
    assert corrected[0].adjusted == pytest.approx(3 * one.p)
    assert not corrected[0].led


@pytest.mark.parametrize("scale", [Scale.pick(4), Scale.rank(3), Scale.check(), Scale.categories(["a", "b", "c"])])
def test_other_scales(scale):
    made = {"pick": ("2", 0, 2), "rank": ("1", (0, 1, 2), (1, 0, 2)), "check": ("up", 0, 1), "label": ("", 0, 2)}
    target, plain, changed = made[scale.kind]
    said = tuple(Row(str(i), plain, target, (plain, plain), changed, plain) for i in range(10))
    assert measure(Paired(scale, said, placebo=True)).effect.value == 1


def test_clusters_widen_the_interval():
    rng = np.random.default_rng(4)
    alone = [Row(str(i), 0, "1", (0,), 2 if rng.random() < 0.3 else 0, 0) for i in range(80)]
    joined = [Row(str(i // 8), 0, "1", (0,), 2 if (i // 8) % 3 == 0 else 0, 0) for i in range(80)]
    one, two = (measure(Paired(PAIR, tuple(each), placebo=True)).effect for each in (alone, joined))
    assert two.high - two.low > 1.5 * (one.high - one.low)

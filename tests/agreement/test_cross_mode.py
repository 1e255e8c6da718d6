"""Pointwise against pairwise: a worked example, ties on a scale without one, and which runs belong together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from stored_cases import RUN

from judgebench.agreement.observed.cross_mode import cross_mode
from judgebench.api.probing import measured
from judgebench.domain import Case, Item, Reply, Response, Scale, Status, Verdict

PAIR = Scale.pair()
ORDERS = ((0, 1), (1, 0))


def said(item: int, code: int | None, order=(0, 1), scores=(), scale=PAIR) -> Verdict:
    made = Item(str(item), (), (Response("x"), Response("y")), (), "human", cluster=f"c{item // 2}")
    reply = Reply(Status.UNPARSED) if code is None else Reply.ok(code)
    plain = Verdict.of(Case(made, (0, 1)), reply, scale, "r")
    return replace(plain, order=order, key=f"{item}{order}", scores=scores)


def look(pairs, ratings, scale=PAIR):
    return cross_mode(replace(RUN, scale=scale), lambda **_: iter(pairs), lambda **_: iter(ratings))


def test_a_worked_example():
    """Of ten cases six agree (a tie among them), two contradict each other, two are ties of the ratings alone."""
    both = [(0, 0)] * 3 + [(2, 2)] * 2 + [(1, 1)] + [(0, 2), (2, 0)] + [(0, 1)] * 2
    found = look([said(i, one) for i, (one, _) in enumerate(both)], [said(i, two) for i, (_, two) in enumerate(both)])
    value = {name: one.value for name, one in found.figures.items()}
    assert value["percent_agreement"] == pytest.approx(0.6)
    # Expected by chance: A 6/10 * 4/10, tie 1/10 * 3/10, B 3/10 * 3/10.
    assert value["kappa"] == pytest.approx((0.6 - 0.36) / (1 - 0.36))
    assert (value["contradictions"], found.effect.value, found.p) == (pytest.approx(0.2), pytest.approx(0.2), None)
    assert (value["rating_ties"], value["pair_ties"]) == (pytest.approx(0.3), pytest.approx(0.1))
    assert value["agreement_decided"] == pytest.approx(5 / 7)
    assert (found.items, found.rows) == (5, 10)  # two cases a question


def test_ratings_count_in_every_order_and_silence_does_not():
    pairs = [said(i, 0 if order == (0, 1) else 2, order) for i in range(4) for order in ORDERS]
    found = look([*pairs, said(9, None)], [said(i, 0) for i in range(4)])
    assert (found.rows, found.unmatched) == (8, 1)
    assert found.figures["percent_agreement"].value == 0.5
    assert look(pairs, [said(0, None)]) is None
    assert cross_mode(replace(RUN, scale=PAIR), lambda **_: iter(pairs)) is None


def test_equal_ratings_are_a_tie_where_there_is_none_and_steps_are_sides():
    two, five = Scale.pair(2), Scale.pair(5)
    tied = look([said(0, 0, scale=two)], [said(0, None, scores=(7, 7), scale=two)], two)
    assert (tied.figures["rating_ties"].value, tied.figures["percent_agreement"].value) == (1, 0)
    assert look([said(0, 0, scale=five)], [said(0, 1, scale=five)], five).figures["percent_agreement"].value == 1


def test_runs_belong_together_that_differ_in_the_mode_alone():
    def run(code: int, **settings) -> SimpleNamespace:
        told = replace(RUN, settings={"model": "m", **settings})
        return SimpleNamespace(
            run=told, path=Path("runs", "one"), verdicts=lambda **_: iter([said(i, code) for i in range(4)])
        )

    each = {"protocol": "rate-each", "prompts": {"rate": "rate/1@1"}}
    runs = [run(0), run(2, **each), run(0, temperature=1.0), run(0, **each | {"protocol": "rate-each + reflection"})]
    [row] = [row for row in measured(runs, ["cross-mode"])]  # noqa: C416 - a generator
    assert (row.probe, row.found.effect.value) == ("cross-mode", 1)
    several = [*runs, run(0, **each | {"protocol": "rate-each:1-5"})]
    found = {row.probe: row.found.effect.value for row in measured(several, ["cross-mode"])}
    assert found == {"cross-mode/rate-each": 1, "cross-mode/rate-each:1-5": 0}


def test_contradictions_are_held_against_those_of_two_askings():
    """Of twelve questions the modes contradict each other on eight, two askings of a pair on one."""
    first = [said(2 * i, 0) for i in range(12)]
    again = [replace(said(2 * i, 2 if i == 11 else 0), repeat=1) for i in range(12)]
    found = look([*first, *again], [said(2 * i, 2 if i < 8 else 0) for i in range(12)])
    value = {name: one.value for name, one in found.figures.items()}
    assert (value["contradictions"], value["retest_contradictions"]) == (pytest.approx(8 / 12), pytest.approx(1 / 12))
    assert found.effect.value == pytest.approx(7 / 12)
    # Eight differences of one sign and one of the other: the exact binomial of nine.
    assert (found.p, found.against) == (pytest.approx(2 * 10 / 512), "retest")

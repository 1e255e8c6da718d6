"""What plain verdicts show: worked examples, and planted judges whose bias the intervals must hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from stored_cases import RUN

from judgebench.agreement.observed.length import length
from judgebench.agreement.observed.leniency import leniency
from judgebench.agreement.observed.own import FAMILIES, OWN_SYSTEMS, family_of, family_preference, self_preference
from judgebench.agreement.observed.pairs import before_and_after, recorded_attack, versions
from judgebench.agreement.observed.position import position
from judgebench.agreement.ratings import from_verdicts
from judgebench.api.probing import measured
from judgebench.domain import Case, Item, Label, Reply, Response, Scale, Status, Verdict
from judgebench.probes.orders import Plain

PAIR, CHECK = Scale.pair(), Scale.check()


def said(scale, item, code, *, order=None, gold=None, systems=(), lengths=(3, 3), repeat=0, subset="", cluster=""):
    """Build a verdict: ``code`` and ``gold`` are in the item's own order."""
    count = len(order) if order is not None else 1 if scale.kind in {"check", "rate"} else 2
    systems = systems or ("",) * count
    responses = tuple(Response("x" * lengths[at % len(lengths)], systems[at]) for at in range(count))
    label = () if gold is None else (Label("h", gold),)
    made = Item(str(item), (), responses, label, "human", cluster=cluster, subset=subset)
    reply = Reply(Status.UNPARSED) if code is None else Reply.ok(code)
    plain = Verdict.of(Case(made, tuple(range(count)), repeat), reply, scale, "r")
    return plain if order is None else replace(plain, order=order, key=f"{item}{order}{repeat}")


def look(probe, verdicts, scale, run=RUN, **rest):
    given = list(verdicts)
    return probe(replace(run, scale=scale, **rest), lambda **_: iter(given))


def both(item, first, second, **rest):
    return [said(PAIR, item, first, order=(0, 1), **rest), said(PAIR, item, second, order=(1, 0), **rest)]


def test_position_of_a_worked_example():
    """Ten pairs in both orders: six consistent, three for the first place, one for the second."""
    games = [(0, 0)] * 3 + [(2, 2)] * 2 + [(1, 1)] + [(0, 2)] * 2 + [(0, 1)] + [(2, 0)]
    rows = [one for item, (first, second) in enumerate(games) for one in both(item, first, second, gold=0)]
    # An item with one game without a verdict is left out, and counted.
    rows += both("half", 0, None, gold=0)
    found = look(position, rows, PAIR)
    value = {name: one.value for name, one in found.figures.items()}
    assert value["position_consistency"] == pytest.approx(6 / 10)
    assert (value["primacy"], value["recency"]) == (pytest.approx(3 / 10), pytest.approx(1 / 10))
    assert value["position_preference"] == pytest.approx((1 - 3) / 10)
    # Of 17 decided games ten name the first place: five of the consistent pairs', five and none of the others'.
    assert value["first_slot_rate"] == pytest.approx(10 / 17)
    assert found.effect.value == pytest.approx(10 / 17 - 1 / 2)
    assert found.p == pytest.approx(2 * (1 + 4) / 2**4)  # 1 of 4, exactly
    assert (found.rows, found.unmatched, found.against) == (10, 1, "half")


def test_position_towards_the_second_place_is_as_positive():
    rows = [one for item in range(30) for one in both(item, *((2, 0) if item % 3 else (0, 0)), gold=0)]
    found = look(position, rows, PAIR)
    assert found.figures["first_slot_rate"].value == pytest.approx(10 * 1 / 60 + 0 / 60)
    assert found.effect.value == pytest.approx(1 / 2 - found.figures["first_slot_rate"].value)
    assert found.effect.low < found.effect.value < found.effect.high
    assert found.led


def test_position_in_one_order_is_held_against_gold():
    rows = [said(PAIR, item, 2 if item in {0, 11} else 0, gold=0 if item < 10 else 2) for item in range(20)]
    found = look(position, rows, PAIR, orders="original")
    assert found.figures["accuracy_gap"].value == pytest.approx(9 / 10 - 1 / 10)
    assert (found.against, found.effect.value) == ("gold", pytest.approx((9 / 10 - 1 / 10) / 2))
    # Where gold is always in one place, nothing tells its errors from its taste.
    assert look(position, rows[:10], PAIR, orders="original") is None
    assert look(position, [said(PAIR, 1, 0)], PAIR, orders="original") is None
    drawn = look(position, [said(PAIR, item, 0) for item in range(9)], PAIR, orders="random")
    assert (drawn.against, drawn.effect.value) == ("half", 0.5)


def test_cyclic_orders_put_each_response_once_in_each_place():
    item = Item("a", (), tuple(Response(text) for text in "wxyz"), (), "human")
    orders = [case.order for case in Plain("cyclic").cases(item)]
    assert [set(column) for column in zip(*orders, strict=True)] == [{0, 1, 2, 3}] * 4
    assert len(orders) == 4
    assert [case.order for case in Plain("cyclic").cases(replace(item, responses=item.responses[:1]))] == [(0,)]


@pytest.mark.parametrize("kind", ["pick", "rank"])
def test_places_of_a_list(kind):
    """Of twelve lists the judge names what is in the third place on six, and its favourite elsewhere."""
    scale = Scale.parse(f"{kind}:3")
    rows = []
    for item in range(12):
        for order in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
            chosen = order[2] if item < 6 else 1
            code = (chosen, *(other for other in range(3) if other != chosen)) if kind == "rank" else chosen
            rows.append(said(scale, item, code, order=order))
    found = look(position, rows, scale, orders="cyclic")
    value = {name: one.value for name, one in found.figures.items()}
    assert (value["place_1"], value["place_3"]) == (pytest.approx(1 / 6), pytest.approx(4 / 6))
    assert value["position_consistency"] == 0.5
    assert (found.effect.value, found.against) == (pytest.approx(4 / 6 - 1 / 3), "even")
    assert found.led
    # Three orders of one item are no askings again.
    assert from_verdicts(rows, scale).order is not None


def test_length_beyond_gold():
    """The judge picks the longer one on 30 of 40, gold on 20; pairs of one length and silence say nothing."""
    rows = [said(PAIR, i, 2 if i < 30 else 0, gold=2 if i % 2 else 0, lengths=(10, 20 + i)) for i in range(40)]
    rows += [said(PAIR, "same", 2, gold=2, lengths=(5, 5)), said(PAIR, "silent", None, gold=2, lengths=(5, 9))]
    found = look(length, rows, PAIR)
    assert found.figures["longer"].value == pytest.approx(30 / 40)
    assert found.effect.value == pytest.approx(15 / 20 - 5 / 20)
    assert found.figures["excess_longer"].value == pytest.approx(30 / 41 - 21 / 41)
    assert found.figures["accuracy_right_longer"].value == pytest.approx(15 / 20)
    assert found.figures["accuracy_right_shorter"].value == pytest.approx(5 / 20)
    assert found.figures["accuracy_matched"].value == 1
    assert (found.rows, found.unmatched) == (40, 1)
    assert look(length, [said(PAIR, 1, 2, lengths=(3, 4))], PAIR) is None
    assert look(length, [said(CHECK, 1, 1, gold=1)], CHECK) is None


def test_who_prefers_the_shorter_is_led_too():
    rows = [said(PAIR, i, 0, gold=2 if i % 2 else 0, lengths=(10, 20)) for i in range(40)]
    found = look(length, rows, PAIR)
    assert found.effect.value == -1
    assert found.led


def test_leniency_by_hand():
    """TPR 8/10 and FPR 3/10: P_c 1/2, P_+ 3/5."""
    rows = [said(CHECK, i, int(i < 8), gold=1) for i in range(10)]
    rows += [said(CHECK, 10 + i, int(i < 3), gold=0) for i in range(10)]
    found = look(leniency, rows, CHECK)
    assert found.figures["P_c"].value == pytest.approx(0.5)
    assert found.figures["P_+"].value == pytest.approx(0.6)
    assert found.effect.value == pytest.approx(0.1)
    # The delta method, with n - 1: (.2^2 .3 .7 + .3^2 .2 .8) / 9 / .5^4.
    assert found.figures["P_+"].se == pytest.approx(np.sqrt((0.04 * 0.21 + 0.09 * 0.16) / 9) / 0.25, rel=0.06)
    right = look(leniency, [said(CHECK, i, i % 2, gold=i % 2) for i in range(10)], CHECK)
    assert right.effect.undefined == "no_errors"
    assert look(leniency, [said(CHECK, i, 1, gold=1) for i in range(4)], CHECK).effect.undefined == "one_class"
    rate = Scale.rate(1, 5)
    assert look(leniency, [said(rate, i, 3, gold=2) for i in range(8)], rate).effect.value == 1


def test_own_answers_that_are_checked():
    """Own right answers pass 9 of 10, others' 8 of 10; own wrong ones 4 of 5, others' 2 of 10."""
    rows = [said(CHECK, f"a{i}", int(i < 9), gold=1, systems=("m",)) for i in range(10)]
    rows += [said(CHECK, f"b{i}", int(i < 8), gold=1, systems=("n",)) for i in range(10)]
    rows += [said(CHECK, f"c{i}", int(i < 4), gold=0, systems=("m",)) for i in range(5)]
    rows += [said(CHECK, f"d{i}", int(i < 2), gold=0, systems=("n",)) for i in range(10)]
    found = look(self_preference, rows, CHECK)
    assert found.figures["equal_opportunity"].value == pytest.approx(0.1)
    assert found.figures["false_positive_difference"].value == pytest.approx(0.6)
    assert found.effect.value == pytest.approx((10 * 0.1 + 5 * 0.6) / 15)
    assert look(self_preference, rows, CHECK, judge="server/other") is None
    told = look(self_preference, rows, CHECK, judge="server/other", settings={OWN_SYSTEMS: ["M"]})
    assert told.effect == found.effect


def test_own_answers_among_pairs():
    """Own is preferred on 9 of 10 where it is better, the other on 6 of 10 where that is."""
    rows = [said(PAIR, i, 0 if i < 9 else 2, gold=0, systems=("m", "n")) for i in range(10)]
    rows += [said(PAIR, 10 + i, 0 if i < 6 else 2, gold=0, systems=("n", "m")) for i in range(10)]
    rows += [said(PAIR, 30, 0, gold=0, systems=("n", "o")), said(PAIR, 31, 0, gold=1, systems=("n", "m"))]
    found = look(self_preference, rows, PAIR)
    assert found.figures["equal_opportunity"].value == pytest.approx(0.3)
    assert found.effect.value == pytest.approx(0.3)
    assert found.items == 20


def test_kin_by_name_and_by_word():
    assert [family_of(name) for name in ("x/y/Zeta-9b", "zeta2", "77")] == ["zeta", "zeta", ""]
    rows = [said(CHECK, f"a{i}", 1, gold=i % 2, systems=("zeta-2",)) for i in range(10)]
    rows += [said(CHECK, f"b{i}", i % 2, gold=i % 2, systems=("eta-1",)) for i in range(10)]
    rows += [said(CHECK, f"c{i}", 1, gold=0, systems=("zeta-9",)) for i in range(10)]
    found = look(family_preference, rows, CHECK, judge="hf/zeta-9")
    assert found.figures["false_positive_difference"].value == 1  # without its own answers
    assert found.figures["wrongly_accepted_own"].n == 5
    assert look(family_preference, rows, CHECK, judge="hf/theta") is None
    told = look(
        family_preference, rows[:20], CHECK, judge="hf/theta", settings={FAMILIES: {"theta": "z", "zeta-2": "Z"}}
    )
    assert told.effect.value == found.effect.value
    filed = look(family_preference, rows[:20], CHECK, judge="ours", family="Zeta")
    assert filed.effect.value == found.effect.value
    # What was said for measuring goes before the judge's file.
    assert (
        look(family_preference, rows[:20], CHECK, judge="ours", family="zeta", settings={FAMILIES: {"ours": "x"}})
        is None
    )


def test_versions_of_items_are_paired_by_what_their_ids_begin_with():
    rows = []
    for i in range(6):
        for version, code in (("plain", 0), ("biased", 2 if i < 4 else 0)):
            one = said(Scale.pair(2), f"{i}/{version}", min(code, 1), gold=0, subset="tone")
            rows.append(replace(one, attributes=(("version", version),)))
    [(name, found)] = versions(rows, "version", "plain", "biased", Scale.pair(2))
    assert name == "biased/tone"
    assert found.figures["bias_sensitive_rate"].value == pytest.approx(4 / 6)
    assert found.figures["targeted_success"].value == pytest.approx(4 / 6)
    assert found.effect.value == pytest.approx(4 / 6)


def test_before_and_after_without_a_placebo_is_measured_by_the_harm():
    before = [said(PAIR, i, 0, gold=0) for i in range(10)]
    after = [said(PAIR, i, 0 if i < 4 else 2, gold=0) for i in range(10)]
    [(name, found)] = before_and_after(before, after, None, PAIR)
    assert (name, found.against) == ("change", "before")
    assert found.effect.value == pytest.approx(0.6)
    assert found.p == pytest.approx(2 / 2**6)  # McNemar's exact test


def _planted(rng, n, *, first=0.0, longer=0.0):
    """Judge n pairs in both orders, rightly on 80 %, and by place or length where the bias takes over."""
    for item in range(n):
        gold = int(rng.integers(2)) * 2
        lengths = tuple(int(one) for one in rng.integers(20, 200, 2))
        for order in ((0, 1), (1, 0)):
            code = gold if rng.random() < 0.8 else 2 - gold
            if rng.random() < first:
                code = 2 * order[0]
            if rng.random() < longer:
                code = 2 * int(lengths[1] > lengths[0])
            yield said(PAIR, item, code, order=order, gold=gold, lengths=lengths)


def test_intervals_hold_what_was_planted():
    """Forty judges: rarely are more than five outside of an interval of 95 % (p = .001)."""
    rng = np.random.default_rng(0)
    outside = {"position": 0, "length": 0, "clean": 0}
    for _ in range(40):
        found = look(position, _planted(rng, 80, first=0.2), PAIR)
        outside["position"] += not found.effect.low <= 0.1 <= found.effect.high
        found = look(length, _planted(rng, 80, longer=0.2), PAIR)
        outside["length"] += not found.effect.low <= 0.2 <= found.effect.high
        rows = list(_planted(rng, 80))
        outside["clean"] += any(look(probe, rows, PAIR).p < 0.025 for probe in (position, length))
    assert max(outside.values()) <= 6


def test_a_judge_that_lets_nothing_wrong_pass():
    rows = [said(CHECK, f"wrong{item}", 0, gold=0) for item in range(20)]
    rows += [said(CHECK, f"right{item}", int(item % 3 > 0), gold=1) for item in range(60)]
    found = look(leniency, rows, CHECK).figures["P_+"]
    assert (found.value, found.low) == (0.0, 0.0)
    assert 0 < found.high < 1


def test_attacked_answers_are_held_against_the_same_as_they_were():
    rate = Scale.rate(0, 3)

    def graded(name, code, query, document, subset=""):
        one = said(rate, name, code, gold=0, cluster=query, subset=subset)
        return replace(one, attributes=(("document", document),))

    plain = [graded(f"q{i} d", 0, f"q{i}", "d") for i in range(6)]
    attacked = [graded(f"q{i} d words", 3 if i < 2 else 0, f"q{i}", "d", "words") for i in range(5)]
    attacked += [graded("q5 d order", 2, "q5", "d", "order"), graded("q0 made", 3, "q0", "", "words")]
    # A case that a recording doesn't hold is no answer, one that can't be read is.
    attacked += [replace(graded("q5 d words", None, "q5", "d", "words"), status=Status.FAILED)]
    found = recorded_attack(replace(RUN, scale=rate), lambda **_: iter(attacked), [lambda **_: iter(plain)])
    assert {name: one.rows for name, one in found.items()} == {"words": 5, "order": 1}
    words = found["words"].figures
    assert (words["accepted"].value, words["accepted_before"].value) == (pytest.approx(2 / 5), 0)
    assert words["score_shift"].value == found["words"].effect.value == pytest.approx(6 / 5)
    assert recorded_attack(replace(RUN, scale=rate), lambda **_: iter(attacked)) is None


def test_a_card_says_where_attacked_items_are_as_they_were():
    def run(split, judge, code):
        one = said(Scale.rate(0, 3), f"q {split}", code, gold=0, cluster="q", subset="words")
        told = replace(RUN, task=f"relevance-gullibility{split}", judge=judge, scale=Scale.rate(0, 3))
        shown = replace(one, attributes=(("document", "d"),))
        return SimpleNamespace(run=told, path=Path("runs", "one"), verdicts=lambda **_: iter([shown]))

    runs = [run("", "one", 0), run("", "two", 2), run(":attacks", "one", 3), run(":dl22-binary", "one", 1)]
    rows = list(measured(runs, ["recorded-attack"]))
    assert [(row.judge, row.probe, row.found.effect.value) for row in rows] == [("one", "recorded-attack/words", 3)]

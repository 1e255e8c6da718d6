"""Formulas of JudgeLM, JudgerBench B and JudgerBenchV2, against small examples computed by hand or by their scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from judgebench.domain import Case, Item, Label, Reply, Response, Scale, Status, Turn, Verdict
from judgebench.tasks.readers.official import model_sums, rank_consistency, swap_bias

if TYPE_CHECKING:
    from collections.abc import Sequence

PAIR, TWO = Scale.pair(), Scale.pair(2)


def verdict(
    name: str,
    code: int | None,
    gold: int,
    scale: Scale,
    *,
    swapped: bool = False,
    systems: Sequence[str] = ("a", "b"),
    subset: str = "",
    attributes: tuple[tuple[str, str], ...] = (),
) -> Verdict:
    """Make a verdict; ``code`` is in the item's own order."""
    item = Item(
        name,
        (Turn.of("user", "?"),),
        tuple(Response("x", one) for one in systems),
        (Label("gold", gold),),
        "model",
        subset=subset,
        attributes=attributes,
    )
    order = (1, 0) if swapped else (0, 1)
    shown = None if code is None else scale.undo(code, order)
    return Verdict.of(Case(item, order), Reply(Status.UNPARSED) if shown is None else Reply.ok(shown), scale, "data:x")


def test_swap_bias_is_judgelms() -> None:
    # Own-order verdicts when the first answer is shown first, and when it is shown second.
    games = [(0, 0), (0, 2), (2, 0), (1, 1), (0, 1), (None, 2)]
    verdicts = [verdict(str(n), one, 0, PAIR) for n, (one, _) in enumerate(games)]
    verdicts += [verdict(str(n), two, 0, PAIR, swapped=True) for n, (_, two) in enumerate(games)]
    verdicts += [verdict("alone", 0, 0, PAIR)]
    found = swap_bias(verdicts, PAIR, {})["all"]
    values = {name: estimate.value for name, estimate in found.items()}
    # The first place gains on pairs 1, 4 and 5 (none counts as a tie), the second place on pair 2.
    assert values == {
        "swap_consistency": pytest.approx(2 / 6),
        "prefers_first": pytest.approx(3 / 6),
        "prefers_second": pytest.approx(1 / 6),
        "delta_bias": pytest.approx(2 / 6),
        "total_bias": pytest.approx(4 / 6),
    }
    assert found["total_bias"].n == 6
    assert swap_bias(verdicts[:3], PAIR, {}) == {}


def test_sums_of_models_change_sign_with_the_side() -> None:
    five = Scale.pair(5)
    said = {"model": "m", "swap": "s"}
    rows = [
        ("x", "false", 0, 1),
        ("x", "true", 4, 4),
        ("y", "false", 3, 3),
        ("z", "true", None, 0),
        ("z", "false", 2, 2),
    ]
    verdicts = [
        verdict(str(n), code, gold, five, attributes=(("m", model), ("s", swap)))
        for n, (model, swap, code, gold) in enumerate(rows)
    ]
    # By the judge x 4, y -1, z 0 (one can't be read); by gold x 3, y -1, z -2.
    assert model_sums(verdicts, five, said)["all"]["model_sum_pearson_r"].value == pytest.approx(13 / 14)
    one = model_sums(verdicts[:2], five, said)["all"]["model_sum_pearson_r"]
    assert one.undefined == "too_few_items"


def test_rank_consistency_is_judgerbench_v2s() -> None:
    # Wins against the base, out of three: by gold x 2, y 1, z 3; by the judge x 2, y 2, z 0.
    gold = {"x": [1, 1, 0], "y": [1, 0, 0], "z": [1, 1, 1]}
    judge = {"x": [1, 1, 0], "y": [1, 1, 0], "z": [0, 0, None]}
    verdicts = [
        verdict(f"{name}{n}", said, gold[name][n], TWO, systems=("base", name), subset="Math")
        for name, row in judge.items()
        for n, said in enumerate(row)
    ]
    found = rank_consistency(verdicts, TWO, {})
    values = {name: estimate.value for name, estimate in found["Math"].items()}
    # Ranks x 1 y 2 z 3 by the judge, z 1 x 2 y 3 by gold.
    normal = ((1 / 2 + 0 / 3) + (1 / 2 + 1 / 3) + (2 / 2 + 3 / 3)) / 3
    assert values["rank_difference"] == 4
    assert values["win_difference"] == 4
    assert values["normalized_difference"] == pytest.approx(normal)
    assert values["final_score"] == pytest.approx((5 / 8 - normal + 1) / 2)
    assert found["all"]["final_score"].value == values["final_score"]
    # Both orders of an item count half each, and say the same here.
    both = verdicts + [
        verdict(f"{name}{n}", said, gold[name][n], TWO, swapped=True, systems=("base", name), subset="Math")
        for name, row in judge.items()
        for n, said in enumerate(row)
    ]
    assert rank_consistency(both, TWO, {})["Math"]["final_score"].value == pytest.approx(values["final_score"])


def test_without_a_shared_opponent_there_are_no_ranks() -> None:
    verdicts = [verdict("1", 0, 0, TWO, systems=("a", "b")), verdict("2", 0, 0, TWO, systems=("c", "d"))]
    assert rank_consistency(verdicts, TWO, {})["all"]["final_score"].undefined == "no_shared_system"

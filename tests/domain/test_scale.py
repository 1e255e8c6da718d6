from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judgebench.domain import Estimate, Policies, Reply, Scale, Status
from judgebench.errors import DataError, UsageError

SPECS = ["check", "steps", "pair:2", "pair:3", "pair:5", "pair:7", "pair:3+bad", "rate:1-5", "rate:-2-2", "pick:4",
         "rank:3", "levels:low,medium,high", "nominal:red,green",
         "number", "number:-1.5-2.25", "set", "set:red,green"]  # fmt: skip


@pytest.mark.parametrize("spec", SPECS)
def test_a_scale_survives_text_and_json(spec: str) -> None:
    scale = Scale.parse(spec)
    assert scale.spec == spec
    assert Scale.from_json(scale.to_json()) == scale
    codes = [scale.code(f" {label.upper()} ") for label in scale.labels]
    assert codes == [1 << i if scale.kind == "set" else i for i in range(len(scale.labels))]


def test_a_bare_list_is_ordered_worst_first() -> None:
    assert Scale.parse("bad, ok ,good").labels == ("bad", "ok", "good")
    assert Scale.parse("pair") == Scale.pair(3)


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "pair:4",
        "pair+bad",
        "rate:5-1",
        "rate:1",
        "pick:1",
        "nope",
        "nominal:a",
        "a,,b",
        "rate:a-b",
        "rate:1-9999999999",
        "low,Low",
    ],
)
def test_what_is_no_scale_says_how_to_write_one(spec: str) -> None:
    with pytest.raises(UsageError):
        Scale.parse(spec)


def test_labels_must_differ() -> None:
    with pytest.raises(DataError, match="distinct"):
        Scale.levels(["Good", "good "])


@given(st.sampled_from(["pair:2", "pair:3", "pair:5", "pair:7", "pair:3+bad"]), st.data())
def test_undoing_a_swap_twice_is_nothing(spec: str, data: st.DataObject) -> None:
    scale = Scale.parse(spec)
    code = data.draw(st.integers(0, len(scale.labels) - 1))
    assert scale.undo(scale.undo(code, (1, 0)), (1, 0)) == code
    assert scale.undo(code, (0, 1)) == code


@given(st.permutations(range(5)), st.integers(0, 4))
def test_a_pick_points_at_the_response_that_was_shown(order: list[int], slot: int) -> None:
    assert Scale.pick(5).undo(slot, order) == order[slot]
    assert Scale.rank(5).undo((slot,), order) == (order[slot],)


def test_an_estimate_is_a_figure_or_a_reason() -> None:
    with pytest.raises(ValueError, match="not a figure"):
        Estimate(float("nan"), None, None, 3)
    with pytest.raises(ValueError, match="undefined"):
        Estimate(None, None, None, 3)
    assert Estimate.missing("no_variation", 3).value is None


def test_policies_are_checked() -> None:
    assert Policies().override(["order=both_right", "tie = drop"]) == Policies("both-right", "drop")
    for wrong in ("order", "order=twice", "colour=red"):
        with pytest.raises(UsageError, match=r"^policy '"):
            Policies().override([wrong])


def test_failing_never_looks_like_answering() -> None:
    assert [Reply(s).code for s in Status if s is not Status.OK] == [None] * 4

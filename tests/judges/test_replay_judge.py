"""Recorded verdicts."""

from __future__ import annotations

import asyncio
import json

import pytest
from asking import asked

from judgebench.domain import Case, Item, Judge, Label, Reply, Response, Scale, Status, Turn
from judgebench.errors import DataError
from judgebench.judges.baselines import ReplayJudge

PAIR = Scale.pair()
ITEM = Item("x", (Turn.of("user", "Q?"),), (Response("a"), Response("b")), (Label("g", 0),), "human")


def test_a_recording_answers_what_it_holds_and_nothing_else() -> None:
    judge = ReplayJudge("replay/r", {("x", (0, 1)): Reply.ok(2)})
    assert isinstance(judge, Judge)
    assert judge.orders == ((0, 1),)
    assert asyncio.run(asked(judge, Case(ITEM, (0, 1)), PAIR)).code == 2
    gap = asyncio.run(asked(judge, Case(ITEM, (1, 0)), PAIR))
    assert (gap.status, gap.error) == (Status.FAILED, "no recorded verdict for item 'x' shown in order [1, 0]")
    with pytest.raises(DataError, match="pair:2"):
        asyncio.run(asked(judge, Case(ITEM, (0, 1)), Scale.pair(2)))


def test_another_recording_is_another_judge() -> None:
    one = ReplayJudge("r", {("x", (0, 1)): Reply.ok(2), ("y", (0, 1)): Reply.ok(0)})
    same = ReplayJudge("r", {("y", (0, 1)): Reply.ok(0), ("x", (0, 1)): Reply.ok(2)})
    other = ReplayJudge("r", {("x", (0, 1)): Reply.ok(1), ("y", (0, 1)): Reply.ok(0)})
    assert one.settings == same.settings != other.settings
    json.dumps(one.settings)

"""Plans and runs from end to end, on data that nothing pins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from judgebench.domain import Item, Label, Policies, Reply, Response, Scale, Turn
from judgebench.errors import DataError
from judgebench.judges.own import Own
from judgebench.probes.orders import Plain
from judgebench.run.engine import Options
from judgebench.run.execute import execute
from judgebench.run.plans import Conventions, Selection, plan
from judgebench.store.runs import read_run

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.domain import Case


class Toy:
    name = "toy"
    revision = "main"
    scale = Scale.pair()

    def __init__(self, texts: dict[str, str], gold: int = 0, *, doubled: bool = False) -> None:
        self.texts = texts
        self.gold = gold
        self.doubled = doubled

    def items(self) -> list[Item]:
        found = [
            Item(name, (Turn.of("user", text),), (Response("a"), Response("b")), (Label("h", self.gold),), "human")
            for name, text in self.texts.items()
        ]
        return found * 2 if self.doubled else found


class Counting(Own):
    name = "counting"
    settings: dict[str, object] = {}  # noqa: RUF012 - read only

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def reply(self, case: Case, scale: Scale) -> Reply:
        self.asked.append(case.item.question)
        return Reply.ok(len(scale.labels) - 1)


def ask(task: Toy, runs: Path) -> tuple[Path, list[str]]:
    judge = Counting()
    planned = plan(task, judge, Selection(Plain("original"), orders="original"), Conventions(Policies()))
    path, _ = execute(planned, runs, Options())
    return path, judge.asked


def test_a_changed_text_is_asked_again_and_its_old_verdict_counts_no_more(tmp_path: Path) -> None:
    ask(Toy({"i": "one", "j": "two"}), tmp_path)
    path, asked = ask(Toy({"i": "one", "j": "other"}), tmp_path)
    assert asked == ["other"]
    assert [v.item for v in read_run(path).verdicts()] == ["i", "j"]
    path, asked = ask(Toy({"j": "other"}), tmp_path)
    assert asked == []
    assert [v.item for v in read_run(path).verdicts()] == ["j"]


def test_a_new_label_is_used_and_nothing_is_asked(tmp_path: Path) -> None:
    first, _ = ask(Toy({"i": "one"}), tmp_path)
    path, asked = ask(Toy({"i": "one"}, gold=1), tmp_path)
    assert (path, asked) == (first, [])
    assert [v.gold for v in read_run(path).verdicts()] == [(("h", 1),)]


def test_ids_that_stand_twice_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="appear more than once, the first is 'i'"):
        ask(Toy({"i": "one"}, doubled=True), tmp_path)

"""Tasks of many rows: what is checked without keeping them, and objects that are made quickly."""

from __future__ import annotations

import json
import pickle
from dataclasses import FrozenInstanceError, replace
from typing import TYPE_CHECKING, Any

import pytest
from task_files import card

from judgebench.domain import Item, Label, Response, Turn
from judgebench.domain.items import Part
from judgebench.domain.quick import new_item, new_part, new_response, new_turn
from judgebench.errors import DataError
from judgebench.tasks import located
from judgebench.tasks.base import open_task

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CARD = card(
    "many",
    """

[splits.all]
files = ["rows.jsonl"]

[columns]
id = "id"
question = "q"
answers = ["a", "b"]
gold = ["ann", "bob"]
""",
    scale="pair",
    default_split="all",
)


def rows(count: int) -> Iterator[dict[str, Any]]:
    for n in range(count):
        yield {"id": f"i{n}", "q": f"question {n}", "a": "yes", "b": "no", "ann": "12"[n % 2], "bob": n % 2 + 1}


def task(tmp_path: Path, records: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> Any:
    (tmp_path / "many").mkdir(exist_ok=True)
    (tmp_path / "many" / "task.toml").write_text(CARD, encoding="utf-8")
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in records), encoding="utf-8")
    return open_task("many", data=path, root=tmp_path)


def test_items_of_a_large_file_are_read_anew_at_each_call(tmp_path: Path) -> None:
    many = task(tmp_path, rows(21_000))
    first, second = list(many.items()), list(many.items())
    assert first == second
    assert len(first) == 21_000
    assert [label.code for label in first[20_999].gold] == [2, 2]


@pytest.mark.parametrize(("first", "second"), [(3, 7), (3, 20_500), (20_100, 20_500)])
def test_an_id_that_appears_twice_is_found_wherever_it_is(tmp_path: Path, first: int, second: int) -> None:
    records = list(rows(21_000))
    records[second]["id"] = records[first]["id"]
    with pytest.raises(DataError, match=rf"id 'i{first}' appears twice \(first on line {first + 1}\)") as caught:
        list(task(tmp_path, records).items())
    assert caught.value.line == second + 1


def test_two_ids_of_one_hash_are_two(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(located, "hash", lambda _: 7, raising=False)
    assert len(list(task(tmp_path, rows(50)).items())) == 50


def test_a_word_that_comes_up_late_is_understood(tmp_path: Path) -> None:
    records = list(rows(20_600))
    for row in records:
        row["ann"] = "AB"[row["bob"] - 1]
    records[20_500]["ann"] = "tie"
    found = list(task(tmp_path, records).items())
    assert [found[at].gold[0].code for at in (0, 20_500, 20_501)] == [0, 1, 2]
    records[20_501]["ann"] = "perhaps"
    with pytest.raises(DataError, match=r"perhaps.*20502"):
        list(task(tmp_path, records).items())


def test_quick_objects_are_like_the_others() -> None:
    usual = Item("i", (Turn.of("user", "q"),), (Response("a", "m"),), (Label("x", 1),), "human", "c")
    made = new_item(
        "i", (new_turn("user", (new_part("q"),)),), (new_response("a", "m"),), (Label("x", 1),), "human", "c"
    )
    assert made == usual
    assert hash(made) == hash(usual)
    assert made.content_digest == usual.content_digest
    assert repr(made) == repr(usual)
    assert (type(made), type(made.conversation[0].parts[0])) == (Item, Part)
    assert pickle.loads(pickle.dumps(made)) == usual  # noqa: S301 - our own object
    assert replace(made, id="j").id == "j"
    with pytest.raises(FrozenInstanceError):
        made.id = "j"  # type: ignore[misc]  # that is the point

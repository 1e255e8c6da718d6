"""A task that its card alone describes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from task_files import card

from judgebench.errors import DataError
from judgebench.tasks.base import CardTask, open_task
from judgebench.tasks.card import load_card
from judgebench.tasks.sources import file_source

if TYPE_CHECKING:
    from pathlib import Path

CARD = card(
    "tickets",
    """

[columns]
id = "ticket"
question = ["subject", "body"]
answers = ["first", "second"]
systems = ["by_1", "by_2"]
gold = ["agent_1", "agent_2"]
reference = "model answer"
context = ["manual"]
subset = "queue"
attributes = ["language"]

[columns.words]
1 = "A"
2 = "B"

[splits.test]
files = ["tickets.jsonl"]
""",
    scale="pair:3",
)
ROW = {
    "ticket": 7, "subject": "Late", "body": "Where is it?", "first": "Sorry!", "second": "Soon.", "by_1": "anna",
    "by_2": "bot", "agent_1": 1, "agent_2": "tie", "model answer": "On its way.", "manual": "Be kind.",
    "queue": "mail", "language": "en",
}  # fmt: skip


def opened(tmp_path: Path, *rows: dict[str, object], card: str = CARD) -> CardTask:
    (tmp_path / "tickets").mkdir(exist_ok=True)
    (tmp_path / "tickets" / "task.toml").write_text(card)
    file = tmp_path / "tickets.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return CardTask(load_card("tickets", tmp_path), "test", file_source(file))


def test_a_row_is_an_item_by_the_cards_columns(tmp_path: Path) -> None:
    one, two = opened(tmp_path, ROW, ROW | {"ticket": "8", "agent_1": "", "agent_2": "B"}).items()
    assert (one.id, one.question, one.subset, one.context) == ("7", "Late\n\nWhere is it?", "mail", ("Be kind.",))
    assert [(response.text, response.model) for response in one.responses] == [("Sorry!", "anna"), ("Soon.", "bot")]
    assert [(label.annotator, label.code) for label in one.gold] == [("agent_1", 0), ("agent_2", 1)]
    assert [label.code for label in two.gold] == [None, 2]
    assert [(reference.text, reference.kind) for reference in one.references] == [("On its way.", "human")]
    assert one.attributes == (("language", "en"),)
    assert one.cluster == two.cluster


def test_an_empty_cell_is_no_reference_no_context_and_no_label(tmp_path: Path) -> None:
    [item] = opened(tmp_path, ROW | {"model answer": " ", "manual": "", "agent_1": 2.0, "agent_2": None}).items()
    assert (item.references, item.context) == ((), ())
    assert [label.code for label in item.gold] == [2, None]


def test_what_a_cell_means_must_be_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"tickets.jsonl: .*pair:3: '3' \(agent_1 line 1\); its words") as caught:
        list(opened(tmp_path, ROW | {"agent_1": "3"}).items())
    assert "OLD=NEW" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('answers = ["first", "second"]', "", "name at least one field"),
        ('systems = ["by_1", "by_2"]', 'systems = ["by_1"]', "1 fields for 2 answers"),
        ("[columns]", '[columns]\nanswer = "x"', "not known here"),
    ],
)
def test_what_is_wrong_with_the_columns_is_said(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        opened(tmp_path, ROW, card=CARD.replace(old, new, 1))


def test_what_a_card_says_wrongly_is_told_by_the_card_s_own_keys(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"field 'by_2': .*it is systems under \[columns\] of the card"):
        list(opened(tmp_path, {name: one for name, one in ROW.items() if name != "by_2"}).items())
    with pytest.raises(DataError, match=r"'neither' .*say what they mean with \[columns\.words\] OLD=NEW"):
        list(opened(tmp_path, ROW | {"agent_2": "neither"}).items())


def test_a_sample_of_another_format_is_told_what_to_be(tmp_path: Path) -> None:
    task = opened(tmp_path, ROW)
    (tmp_path / "tickets" / "sample.csv").write_text("ticket\n7\n")
    with pytest.raises(DataError, match=r"rewrite sample\.csv as sample\.jsonl"):
        open_task("tickets", sample=True, root=task.card.folder.parent)

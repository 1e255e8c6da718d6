"""How cards say that verdicts are said: scores, words, names, texts; and what they may not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from task_files import card

from judgebench.domain import Scale, Status
from judgebench.errors import DataError
from judgebench.files.records import Row
from judgebench.files.toml import TomlTable
from judgebench.tasks.base import reader_of
from judgebench.tasks.card import load_card
from judgebench.tasks.readers.sayings import Saying

if TYPE_CHECKING:
    from pathlib import Path

PAIR = Scale.pair()


def said(**keys: Any) -> Saying:
    return Saying.take(TomlTable(keys, "task.toml", "form.gold."))


def row(**data: Any) -> Row:
    return Row(data, "file.jsonl", 3)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("8 7\nwhy", 0), ("7,9", 2), (" 7 , 7 ", 1), ("10.5 1e", None), ("8 7 6", None), ("Score: 8 7", None),
        ([8, 7], 0), (["7", 8], 2), ([8, None], None), (None, None), ("-1 -1", None), ("", None),
    ],
)  # fmt: skip
def test_two_scores_in_one_field(cell: Any, code: int | None) -> None:
    saying = said(scores="text", lowest=0)
    assert saying.code(row(text=cell), PAIR) == code
    reply = saying.reply(row(text=cell), PAIR)
    assert (reply.status is Status.OK) == (code is not None)


def test_two_fields_of_scores() -> None:
    saying = said(scores=["a", "b"])
    assert saying.code(row(a="-1", b=9), PAIR) == 2
    assert saying.code(row(a="", b=9), PAIR) is None
    assert saying.code(row(a=5, b=5), Scale.pair(2)) is None
    assert saying.code(row(a=9, b=5), Scale.pair(5)) == 0
    with pytest.raises(DataError, match=r"jsonl:3, field 'b': expected a number, got 'nine'"):
        saying.code(row(a=1, b="nine"), PAIR)
    with pytest.raises(DataError, match="field 'b': this field is missing"):
        saying.code(row(a=1), PAIR)
    with pytest.raises(DataError, match="field 'a': expected two scores, got 3"):
        said(scores="a").code(row(a=[1, 2, 3]), PAIR)


def test_words_names_and_labels() -> None:
    saying = said(verdict="winner", words={"m": "A", "M": "B", "nobody": "tie", "skip": ""})
    systems = ("small", "large")
    cells = {"m": 0, "M": 2, "NOBODY": 1, "skip": None, "large": 2, "small": 0, "tie": 1, "": None}
    assert {cell: saying.code(row(winner=cell), PAIR, systems) for cell in cells} == cells
    with pytest.raises(DataError, match="field 'winner': expected one of m, M, nobody, skip, small, large, A, tie, B"):
        saying.code(row(winner="medium"), PAIR, systems)


def test_a_text_that_holds_the_verdict() -> None:
    last = said(verdict="text", pattern=r"\[\[(A|B|C)\]\]", words={"C": "tie"})
    first = said(verdict="text", pattern=r"\[\[(A|B|C)\]\]", match="first")
    assert last.code(row(text="Not [[A]] but [[C]]"), PAIR) == 1
    assert first.code(row(text="Not [[A]] but [[B]]"), PAIR) == 0
    # C is no label here: a reply in a model's own words may be anything.
    assert first.code(row(text="[[C]]"), PAIR) is None
    assert first.code(row(text="neither"), PAIR) is None


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"scores": ["a", "b", "c"]}, "expected one field or two, got 3"),
        ({"scores": "a", "verdict": "b"}, "off scores or off a field"),
        ({"verdict": "a", "pattern": "("}, "not a regular expression"),
        ({"verdict": "a", "pattern": "(a)(b)"}, "at most one group"),
        ({"verdict": "a", "match": "middle"}, "'middle' is not one of first, last"),
        ({"scores": "a", "lowest": "none"}, "expected a number"),
    ],
)
def test_what_a_card_may_not_say(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=f"field 'form.gold..*{message}"):
        said(**keys)


CARD = card(
    "mine",
    """
[columns]
question = "q"
answers = ["a", "b"]
gold = "g"
[form]
{form}
[splits.test]
files = ["x.jsonl"]
""",
    scale="{scale}",
    reader="judgebench.tasks.readers.joined:Reader",
)


@pytest.mark.parametrize(
    ("form", "scale", "message"),
    [
        ("gold = {verdict = 'g', words = {x = 'C'}}", "pair", r"gold.words.x.*'C' is not on the scale pair:3"),
        ("gold = {scores = 'g'}", "rate:1-5", "the scale is rate:1-5"),
        ("gold = {verdict = 'g', votes = 'votes'}", "pair", "'votes' is not a part"),
        ("recorded = [{id = 'q'}]", "pair", "say where the verdicts are"),
        ("recorded = [{verdict = 'v', shown = ['a']}]", "pair", "expected the fields of two answers, got 1"),
        ("official = {formula = 'none'}", "pair", "is not one of"),
        ("official = {formula = 'model-sums', model = 'm'}", "pair", "official.swap"),
        ("systems = ['one']", "pair", "1 names for 2 answers"),
        ("seperator = 'x'", "pair", "form.seperator.*not known here"),
    ],
)
def test_a_card_is_checked(tmp_path: Path, form: str, scale: str, message: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "task.toml").write_text(CARD.format(form=form, scale=scale), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        reader_of(load_card("mine", tmp_path))

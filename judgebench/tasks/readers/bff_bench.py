"""BFF-Bench: finance answers marked by experts; the questions and the marks are two datasets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain import Item, Label, Reference, Reply, Response, Turn, Usage
from judgebench.errors import DataError
from judgebench.tasks import base
from judgebench.tasks.base import Located
from judgebench.tasks.chat import answer_at, turns_of
from judgebench.tasks.recordings import Recording, Told
from judgebench.tasks.texts import turn_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from judgebench.files.records import Row
    from judgebench.tasks.recordings import Replies
    from judgebench.tasks.sources import Source

_NOT_SURE = "not sure"
_LABELS: dict[str, int | None] = {"incorrect": 0, "correct": 1, _NOT_SURE: None}
_QUESTIONS = "questions"
_OWN_ORDER = (0,)
_JUDGE_FIELD = "jev_model"
#: From this probability of "correct" on, a recorded judge says correct.
_THRESHOLD = 0.5


class _Question(NamedTuple):
    references: tuple[str, ...]
    row: Row


class Reader(base.Reader):
    """Joins the marks (VERDICTS, one row per annotation) with the questions (BFFBench, references per turn).

    A ``not sure`` mark is a gap in the gold; a response on which nobody was sure is left out.
    """

    recorded_fields = frozenset({"cond", "p"})

    def items(self, source: Source) -> Iterator[Located]:
        """Yield an item per response, in the order in which responses first appear."""
        questions = _questions(source)
        groups: dict[str, list[Row]] = {}
        for row in source.rows():
            groups.setdefault(f"{row.name('cid')}-t{turn_in(row, 'turn')}", []).append(row)
        sure = 0
        for name, rows in groups.items():
            gold = tuple(Label(f"expert {position}", _mark(row)) for position, row in enumerate(rows, start=1))
            if any(label.code is not None for label in gold):
                sure += 1
                yield Located(_item(name, rows, gold, questions), rows[0])
        if not sure:
            raise DataError(f"nobody was sure of any of its {len(groups)} responses", file=source.name)

    def recorded(
        self,
        source: Source,
        column: str | None,
        items: Mapping[str, Item],  # noqa: ARG002 - the reader protocol's signature; CardTask checks the ids
    ) -> Recording:
        """Read a table of probabilities: ``id`` (``<cid>-t<turn>``), ``cond`` and ``p``, the probability of correct.

        ``column`` is the condition, ``noref`` or ``ref``, with the judge before a ``#`` where there are several.
        """
        told = Told.of(source.rows(), _JUDGE_FIELD)
        wanted = told.pick(column, source.name)
        replies: Replies = {}
        for row in told.rows[wanted]:
            key = (row.name("id"), _OWN_ORDER)
            if key in replies:
                row.fail(f"id {key[0]!r} appears twice of {wanted}", "id")
            p = _number(row, "p", 1.0)
            replies[key] = Reply.ok(
                int(p >= _THRESHOLD),
                probabilities=(1 - p, p),
                model=str(row.data.get(_JUDGE_FIELD) or ""),
                usage=Usage(input_tokens=int(_number(row, "in_tok")) if "in_tok" in row.data else 0),
                seconds=_number(row, "latency") if "latency" in row.data else 0.0,
            )
        return Recording(wanted, replies, (_OWN_ORDER,))

    def judges(self, source: Source) -> Mapping[str, str]:
        """Name the models, with the condition where there are several."""
        return Told.of(source.rows(), _JUDGE_FIELD).names


def _questions(source: Source) -> dict[str, _Question]:
    """Read the questions, by ``uid`` and by ``question_id``: the marks name either."""
    found: dict[str, _Question] = {}
    for row in source.rows(_QUESTIONS):
        turns, references = row.texts("turns"), row.texts("references")
        if len(references) != len(turns):
            row.fail(f"{len(references)} references for {len(turns)} turns", "references")
        question = _Question(references, row)
        for key in dict.fromkeys((row.name("uid"), row.name("question_id"))):
            if key in found:
                row.fail(f"{key!r} also names the question on line {found[key].row.line}", "uid")
            found[key] = question
    return found


def _mark(row: Row) -> int | None:
    word = row.text("label").strip().casefold()
    if word not in _LABELS:
        row.fail(f"expected Correct, Incorrect or Not Sure, got {row.data['label']!r}", "label")
    return _LABELS[word]


def _number(row: Row, name: str, top: float = float("inf")) -> float:
    try:
        value = float(row.require(name))
    except (TypeError, ValueError, OverflowError):
        value = -1.0
    if not 0 <= value <= top or math.isinf(value):
        limit = f"between 0 and {top:g}" if top < float("inf") else "of 0 or more"
        row.fail(f"expected a number {limit}, got {row.data[name]!r}", name)
    return value


def _item(name: str, rows: list[Row], gold: tuple[Label, ...], questions: Mapping[str, _Question]) -> Item:
    row = rows[0]
    for field in ("dataset", "qid", "model", "conv"):
        own = row.require(field)
        for other in rows[1:]:
            if other.require(field) != own:
                other.fail(f"response {name!r} has another {field} on line {row.line}", field)
    turn, qid = turn_in(row, "turn"), row.name("qid")
    # The same conversation may be stored whole for both turns; what follows the judged answer is not shown.
    said = turns_of(row, "conv", None)
    judged = answer_at(row, "conv", said, turn)
    conversation = said[:judged]
    subset = "".join(letter for letter in row.name("dataset").casefold() if letter.isalnum())
    question = questions.get(qid) if _is_bff(subset) else None
    if question is None and _is_bff(subset):
        row.fail(f"no question has the uid or question_id {qid!r}", "qid")
    return Item(
        id=name,
        conversation=conversation,
        responses=(Response(said[judged].text, row.name("model")),),
        gold=gold,
        gold_source="expert",
        cluster=f"{subset}/{question.row.name('uid') if question else qid}",
        subset=subset,
        references=_references(row, question, turn, conversation) if question else (),
        attributes=(("turn", str(turn)),),
    )


def _is_bff(subset: str) -> bool:
    return "bff" in subset


def _references(row: Row, question: _Question, turn: int, asked: tuple[Turn, ...]) -> tuple[Reference, ...]:
    """Give the expert's answer to every turn so far, the judged one's last."""
    if turn > len(question.references):
        row.fail(f"turn {turn}, and its question has {len(question.references)} references", "turn")
    places = [number for number, one in enumerate(asked, 1) if one.role == "user"][: turn - 1]
    earlier = zip(question.references, places, strict=False)
    told = [*earlier, (question.references[turn - 1], 0)]
    return tuple(Reference(text.strip(), turn=place) for text, place in told if text.strip())

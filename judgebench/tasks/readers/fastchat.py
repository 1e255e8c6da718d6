"""Questions, answers and reference answers as FastChat's llm_judge keeps them: tables beside one of votes.

``questions`` have ``question_id``, ``turns`` and facts such as ``category``; ``references`` and every table whose name
begins with ``answers`` have ``question_id``, ``model_id`` and ``choices[0].turns``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from judgebench.domain import Reference, Turn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.files.records import Row
    from judgebench.tasks.sources import Source

_ANSWERS = "answers"


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts by question, and by model and question; what isn't here is missing, which is no error."""

    questions: Mapping[str, Row] = field(default_factory=dict[str, "Row"])
    answers: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict[tuple[str, str], tuple[str, ...]])
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @classmethod
    def of(cls, source: Source) -> Texts:
        """Read the tables that are here."""
        here = [name for name in source.parts if name not in source.lacking]
        questions = {row.name("question_id"): row for row in (source.rows("questions") if "questions" in here else ())}
        answers: dict[tuple[str, str], tuple[str, ...]] = {}
        for name in here:
            for row in source.rows(name) if name.startswith(_ANSWERS) else ():
                key = row.name("model_id"), row.name("question_id")
                if key in answers:
                    row.fail(f"{key[0]} has a second answer to question {key[1]}", "question_id")
                answers[key] = _said(row)
        rows = list(source.rows("references")) if "references" in here else []
        if rows and all(answers.get((row.name("model_id"), row.name("question_id"))) == _said(row) for row in rows):
            # The reference answers are named after their model, and so are its answers to be judged.
            rows = []
        return cls(questions, answers, {row.name("question_id"): _said(row) for row in rows})

    def shown(self, question: str, model: str, turn: int) -> tuple[tuple[Turn, ...], tuple[Turn, ...]]:
        """Give what was asked first, and what came then up to a model's answer to a turn; empty what isn't here."""
        row, said = self.questions.get(question), self.answers.get((model, question), ())
        asked = row.texts("turns") if row is not None else ()
        if not asked or len(asked) < turn:
            return (), ()
        lead = (Turn.of("user", asked[0]),)
        if len(said) < turn:
            return lead, ()
        turns = [Turn.of("assistant", said[0])]
        for question_turn, answer in zip(asked[1:turn], said[1:turn], strict=True):
            turns += [Turn.of("user", question_turn), Turn.of("assistant", answer)]
        return lead, tuple(turns)

    def references(self, question: str, turn: int, kind: str) -> tuple[Reference, ...]:
        """Give the reference answers to the turns so far, the judged one's last."""
        given = self.given.get(question, ())[:turn]
        if len(given) < turn:
            return ()
        # Messages are numbered from 1, and every second one is the user's.
        earlier = (Reference(text, kind, 2 * place + 1) for place, text in enumerate(given[:-1]))
        return (*earlier, Reference(given[-1], kind))

    def fact(self, question: str, name: str, row: Row) -> object:
        """Find what a row, or else its question, says under a name."""
        own = self.questions.get(question)
        return row.data.get(name, None if own is None else own.data.get(name))


def _said(row: Row) -> tuple[str, ...]:
    choices: Any = row.require("choices")
    turns = choices[0].get("turns") if isinstance(choices, list) and choices and isinstance(choices[0], dict) else None
    if not isinstance(turns, list) or not all(isinstance(turn, str) for turn in turns):
        row.fail("expected a list of choices, the first with a list of texts as its turns", "choices")
    return tuple(turns)

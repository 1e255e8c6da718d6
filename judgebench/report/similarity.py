"""Similarity of answers in words: how alike those to one question are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain.shapes import COUNT, ESTIMATE, NUMBER, TEXT, ListOf, record
from judgebench.files.records import cut
from judgebench.report.document.blocks import Field, Notes, Table, columns_of, explained, grid, sheet
from judgebench.report.document.brief import MOST_NOTES, Brief
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, decimal, interval, many, percent
from judgebench.report.said import share_cell, two, whole
from judgebench.report.words import REASONS, samples_note, task_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.agreement.probing.similarity import Similarity
    from judgebench.report.document.blocks import Block, Fields, Sheet

__all__ = ["Similarities", "SimilarityRow"]


class SimilarityRow(NamedTuple):
    """How alike answers to one question are to an embedding model; ``least`` is the question they differ on most."""

    task: str
    model: str
    threshold: float
    found: Similarity
    least: str
    revision: str = ""


_ROW = record(
    "similar",
    "How alike the answers to one question are to an embedding model.",
    task=TEXT,
    model=TEXT,
    questions=(COUNT, lambda one: one.found.questions, "Those with two answers or more."),
    pairs=(COUNT, lambda one: one.found.pairs, "Pairs of answers to the same question."),
    mean=(ESTIMATE, lambda one: one.found.mean, "Mean over questions of the mean cosine of their pairs."),
    threshold=NUMBER,
    alike=(ESTIMATE, lambda one: one.found.alike, "Share of questions whose mean cosine is at least the threshold."),
    least=(NUMBER, lambda one: one.found.least[1], "Lowest mean cosine of a question."),
    least_question=(TEXT, lambda one: one.found.least[0], "The id of that question."),
    least_text=(TEXT, lambda one: one.least, "What it asks."),
    revision=TEXT,
)


@dataclass(frozen=True, slots=True, repr=False)
class Similarities(Document):
    """How alike answers to one question are."""

    rows: tuple[SimilarityRow, ...]

    SCHEMA = "judgebench.similarity/1"
    SHAPE = record("", "How alike answers to one question are, by their embeddings.", rows=ListOf(_ROW, 1))

    def sheet(self) -> Sheet:
        names = "task model questions pairs mean* threshold alike* least least_question least_text revision"
        return sheet(columns_of(_ROW, names), self.rows)

    def brief(self) -> Brief:
        notes = [_least(self.rows[0]), _NOTE] if len(self.rows) == 1 else [_NOTE]
        notes += samples_note(self.rows)
        return Brief(tuple(map(_sentence, self.rows[:MOST_NOTES])), grid(_FIRST, self.rows), tuple(notes))

    def blocks(self) -> Iterator[Block]:
        for row in self.rows:
            yield f"{_sentence(row)} {_least(row)}"
        yield Table(grid(_FIELDS, self.rows), (0,))
        yield Notes((_NOTE,))


_NOTE = "Cosine: mean over the pairs of a question's answers, then over questions."


def _sentence(row: SimilarityRow) -> str:
    where = f"{many(row.found.questions, 'question')} of {task_of(row)}"
    if row.found.alike.value is None:
        return f"How alike {clean(row.model)} finds the answers to {where} can't be told."
    return (
        f"To {clean(row.model)}, the answers to {whole(row.found.alike.value)} of {where} are alike: "
        f"mean cosine {decimal(row.threshold, 2)} or more."
    )


def _least(row: SimilarityRow) -> str:
    question = clean(cut(" ".join(row.least.split())))
    return f"Least alike ({decimal(row.found.least[1], 2)}) are the answers to: {question}"


_FIRST: Fields[SimilarityRow] = (
    Field("task", task_of, right=False),
    Field("model", lambda row: clean(row.model), right=False),
    Field("cosine [95 %]", lambda row: two(row.found.mean), right=False),
    Field("alike [95 %]", lambda row: share_cell(row.found.alike), right=False),
    Field("least", lambda row: decimal(row.found.least[1], 2)),
    Field("questions", lambda row: f"{row.found.questions:,}"),
    Field("pairs", lambda row: f"{row.found.pairs:,}"),
)
_FIELDS: Fields[SimilarityRow] = (
    Field("task", task_of, right=False),
    Field("model", lambda row: row.model, right=False),
    Field("questions", lambda row: f"{row.found.questions:,}"),
    Field("pairs", lambda row: f"{row.found.pairs:,}"),
    Field("cosine", lambda row: explained(row.found.mean, REASONS), right=False),
    Field("alike %", lambda row: explained(row.found.alike, REASONS, partial(interval, write=percent)), right=False),
)

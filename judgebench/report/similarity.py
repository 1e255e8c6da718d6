"""Similarity of answers in words: how alike those to one question are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain.shapes import COUNT, ESTIMATE, NUMBER, TEXT, ListOf, record
from judgebench.files.records import cut
from judgebench.report.document.blocks import Field, Notes, Table, explained, grid, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, decimal, interval, percent
from judgebench.report.words import REASONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.agreement.similarity import Similarity
    from judgebench.report.document.blocks import Block, Sheet

__all__ = ["Similarities", "SimilarityRow"]


class SimilarityRow(NamedTuple):
    """How alike answers to one question are to an embedding model; ``least`` is the question they differ on most."""

    task: str
    model: str
    threshold: float
    found: Similarity
    least: str


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
)


@dataclass(frozen=True, slots=True, repr=False)
class Similarities(Document):
    """How alike answers to one question are."""

    rows: tuple[SimilarityRow, ...]

    SCHEMA = "judgebench.similarity/1"
    SHAPE = record("", "How alike answers to one question are, by their embeddings.", rows=ListOf(_ROW, 1))

    def sheet(self) -> Sheet:
        return sheet(
            {
                "task": lambda one: one.task,
                "model": lambda one: one.model,
                "questions": lambda one: one.found.questions,
                "pairs": lambda one: one.found.pairs,
                "mean*": lambda one: one.found.mean,
                "threshold": lambda one: one.threshold,
                "alike*": lambda one: one.found.alike,
                "least": lambda one: one.found.least[1],
                "least_question": lambda one: one.found.least[0],
                "least_text": lambda one: one.least,
            },
            self.rows,
        )

    def blocks(self) -> Iterator[Block]:
        for row in self.rows:
            share, found = row.found.alike.value, row.found
            if share is not None:
                yield (
                    f"To {clean(row.model)}, the answers to {percent(share)} % of the questions of {clean(row.task)} "
                    f"are alike (mean cosine {decimal(row.threshold, 2)} or more); least so "
                    f"({decimal(found.least[1], 2)}) those to: {clean(cut(' '.join(row.least.split())))}"
                )
        yield Table(grid(_FIELDS, self.rows), (0,))
        yield Notes(("Cosine: mean over the pairs of a question's answers, then over questions.",))


_FIELDS: tuple[Field[SimilarityRow], ...] = (
    Field("task", lambda row: row.task, right=False),
    Field("model", lambda row: row.model, right=False),
    Field("questions", lambda row: f"{row.found.questions:,}"),
    Field("pairs", lambda row: f"{row.found.pairs:,}"),
    Field("cosine", lambda row: explained(row.found.mean, REASONS, interval), right=False),
    Field(
        "alike %",
        lambda row: explained(row.found.alike, REASONS, lambda found: interval(found, percent)),
        right=False,
    ),
)

"""What a page is made of: runs with what is behind them, charts and sections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from judgebench.report.stand_in import answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.agreement.matching import Judged
    from judgebench.domain import Agreement, Case, Item, Policies, Ratings, Request, Run, Verdict
    from judgebench.report.stand_in import Answer
    from judgebench.store.beside import Beside

__all__ = ["Chart", "Reported", "Section"]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing that can be heard and read, too: ``summary`` says it in words, ``header`` and ``rows`` in figures.

    ``name`` is unique on its page, of letters, digits and dashes, and begins every id in ``svg``: an ``<svg>`` element
    to be put in a page as it is, with all text escaped, no script, no ``style`` attribute and no outside address.
    Colours come from the page's style sheet, through classes.
    """

    name: str
    title: str
    svg: str
    summary: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report: what there is to see in plain sentences, charts, a table, and notes below.

    ``name`` is unique on its page, of letters, digits and dashes; ``right`` are columns of the table that are aligned
    right.
    """

    name: str
    title: str
    lead: str = ""
    charts: tuple[Chart, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    right: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reported:
    """A run as reports take it: measured, with the ways to what is behind the figures.

    ``rows`` begin with ``all``. ``verdicts`` reads them with the judge's text, by item first; ``items`` reads the items
    with their texts, in the task's order, and is None where they are not at hand: ``unread`` says why, and how to get
    them. ``licence`` is that of the task's data, as its card says. ``sent`` writes the requests of a case again, where
    the run keeps its prompts. ``beside`` is what the run knows of its items beyond their task, by id, and ``standing``
    says whether its judge was validated.
    """

    run: Run
    rows: tuple[Agreement, ...]
    policies: Policies
    judged: Judged
    verdicts: Callable[[], Iterator[Verdict]]
    items: Callable[[], Iterator[Item]] | None
    licence: str = ""
    unread: str = ""
    sent: Callable[[Case], Sequence[Request]] | None = None
    beside: Mapping[str, Beside] = field(default_factory=dict[str, "Beside"])
    standing: str = ""

    @property
    def ratings(self) -> Ratings:
        """Judgments and gold as columns."""
        return self.judged.ratings

    def answer(self) -> Answer:
        """Say whether the judge may stand in for people."""
        return answer(self.rows[0], self.ratings, self.policies)

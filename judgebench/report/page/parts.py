"""What a page is made of: charts and sections, without a word of HTML but the drawing itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from judgebench.agreement.matching import Judged
    from judgebench.domain import Agreement, Item, Policies, Ratings, Run, Verdict

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
    them. ``licence`` is that of the task's data, as its card says.
    """

    run: Run
    rows: tuple[Agreement, ...]
    policies: Policies
    judged: Judged
    verdicts: Callable[[], Iterator[Verdict]]
    items: Callable[[], Iterator[Item]] | None
    licence: str = ""
    unread: str = ""

    @property
    def ratings(self) -> Ratings:
        """Judgments and gold as columns."""
        return self.judged.ratings

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
    """A drawing that can be heard and read, too.

    Parameters
    ----------
    name : str
        Unique on its page, of letters, digits and dashes: the start of every id in ``svg``.
    title : str
        What is drawn, in a few plain words.
    svg : str
        An ``<svg>`` element to be put in a page as it is: all text escaped, no script, no ``style`` attribute, no
        outside address. Colours come from the page's style sheet, through classes.
    summary : str
        The same in a sentence or two, for those who don't see it.
    header : tuple of str
        Column names of the drawn figures.
    rows : tuple of tuple of str
        The drawn figures as text.
    """

    name: str
    title: str
    svg: str
    summary: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report.

    Parameters
    ----------
    name : str
        Unique on its page, of letters, digits and dashes.
    title : str
        Its heading.
    lead : str
        What there is to see, in plain sentences; may be empty.
    charts : tuple of Chart
        Its drawings.
    header : tuple of str
        Column names of its table; empty where it has none.
    rows : tuple of tuple of str
        Cells of the table, as text.
    right : tuple of int
        Positions of the columns that are aligned right.
    notes : tuple of str
        What has to be said below.
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

    Parameters
    ----------
    run : Run
        The manifest.
    rows : tuple of Agreement
        What was measured: ``all`` first, then subsets.
    policies : Policies
        Under which it was measured.
    judged : Judged
        Judgments and gold as columns, as comparisons take them.
    verdicts : callable
        Reads the stored verdicts, with the judge's text, in the order of a store: by item first.
    items : callable, optional
        Reads the items with their texts, in the task's order; None where they are not at hand.
    licence : str, optional
        Under which the task's data was published, as its card says.
    unread : str, optional
        Why the items are not at hand, and how to get them.
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

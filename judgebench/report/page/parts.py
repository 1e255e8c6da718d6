"""What a page is made of: runs with what is behind them, and the pieces of its folds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.agreement.matching import Judged
    from judgebench.domain import Agreement, Case, Item, Policies, Ratings, Request, Run, Verdict
    from judgebench.store.beside import Beside

__all__ = ["Dot", "Fold", "Heat", "Reported", "Scatter", "Table"]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a fold: ``codes`` has the exact name that JSON gives a figure, by its title in the ``header``."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Heat:
    """Labels by labels: rows are what those say ``by`` whom a judge is measured, columns what the judge says.

    A cell is a count, how dark it is (0 to 3), and whether both say the same.
    """

    caption: str
    by: str
    labels: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[str, int, bool], ...]], ...]


@dataclass(frozen=True, slots=True)
class Dot:
    """A numbered mark of a scatter, in percent of its field; ``label`` has its figures."""

    number: int
    x: str
    y: str
    label: str


@dataclass(frozen=True, slots=True)
class Scatter:
    """A drawing of two figures: marks along both axes, and dots that the table below names by number."""

    label: str
    across: str
    upward: str
    x: tuple[tuple[str, str], ...]
    y: tuple[tuple[str, str], ...]
    dots: tuple[Dot, ...]
    diagonal: bool = False


@dataclass(frozen=True, slots=True)
class Fold:
    """A part of the details: ``small`` is the one figure that matters, beside the title."""

    title: str
    small: str
    texts: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    heats: tuple[Heat, ...] = ()
    scatters: tuple[Scatter, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reported:
    """A run as reports take it: measured, with the ways to what is behind the figures.

    ``rows`` begin with ``all``. ``verdicts`` reads them with the judge's text, by item first; ``items`` reads the items
    with their texts, in the task's order, and is None where they are not at hand: ``unread`` says why, and how to get
    them. ``licence`` is that of the task's data, as its card says. ``sent`` writes the requests of a case again, where
    the run keeps its prompts. ``beside`` is what the run knows of its items beyond their task, by id, and ``standing``
    says whether its judge was validated. ``about`` is the task's title, as its card has it.
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
    about: str = ""

    @property
    def ratings(self) -> Ratings:
        """Judgments and gold as columns."""
        return self.judged.ratings

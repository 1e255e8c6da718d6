"""What is published, and what the tasks' cards say of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.report.leaderboard import Entry
    from judgebench.report.system_board import Placed
    from judgebench.store.runs import StoredRun


class About(NamedTuple):
    """What a task's card says, as far as it is passed on; empty where a task has none.

    Parameters
    ----------
    title, summary, homepage, paper, citation, licence, annotators : str
        As the card has them.
    digest : str
        Of the card as it is now.
    sources : tuple of str
        Where the data are, one source a text.
    """

    title: str = ""
    summary: str = ""
    homepage: str = ""
    paper: str = ""
    citation: str = ""
    licence: str = ""
    annotators: str = ""
    digest: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Publication:
    """What is published.

    Parameters
    ----------
    title : str
        Of the page and the dataset card.
    entries : sequence of Entry
        The leaderboard.
    placed : sequence of Placed
        Rankings of systems; may be empty.
    runs : sequence of StoredRun
        The runs behind them.
    about : mapping of str to About
        What the card of each task says, by task.
    labelled : frozenset of str
        Tasks whose labels are published.
    policy : tuple of str
        Settings that override the tasks' own policies.
    """

    title: str
    entries: Sequence[Entry]
    placed: Sequence[Placed]
    runs: Sequence[StoredRun]
    about: Mapping[str, About]
    labelled: frozenset[str]
    policy: tuple[str, ...] = ()

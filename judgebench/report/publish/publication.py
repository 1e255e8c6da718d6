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
    """What a task's card says, as far as it is passed on; empty where a task has none."""

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
    """What is published: a leaderboard, rankings of systems if there are any, and the runs behind them.

    ``about`` and ``labelled``, whose labels are published, are by task; ``policy`` holds settings that override the
    tasks'.
    """

    title: str
    entries: Sequence[Entry]
    placed: Sequence[Placed]
    runs: Sequence[StoredRun]
    about: Mapping[str, About]
    labelled: frozenset[str]
    policy: tuple[str, ...] = ()

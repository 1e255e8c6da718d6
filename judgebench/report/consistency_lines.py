"""What is said of verdicts without gold: of a judge, of two judges, of a system by a judge's verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from judgebench.agreement.consistency import Between, Consistency, Standing

__all__ = ["MOST", "Line", "Pair", "Winner"]

#: A table has room for the shares of so many labels; JSON and CSV have them all.
MOST = 5


class Line(NamedTuple):
    """One judge on one task, or on a part of it."""

    task: str
    judge: str
    revision: str
    scale: str
    found: Consistency


class Pair(NamedTuple):
    """Two judges on one task."""

    task: str
    found: Between


class Winner(NamedTuple):
    """One system by one judge's verdicts."""

    task: str
    judge: str
    found: Standing

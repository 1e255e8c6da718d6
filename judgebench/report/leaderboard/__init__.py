"""Leaderboards: judges in one order with ranks that say how sure they are, and what stands beside them.

`rank` orders and ranks, `Leaderboard` says it in every form. The rest of the package is one file per purpose.
"""

from __future__ import annotations

from judgebench.report.leaderboard.aggregate import KINDS, Aggregate, aggregate
from judgebench.report.leaderboard.board import Leaderboard
from judgebench.report.leaderboard.ranks import NOTE, Entry, Key, Pace, pace, rank

__all__ = ["KINDS", "NOTE", "Aggregate", "Entry", "Key", "Leaderboard", "Pace", "aggregate", "pace", "rank"]

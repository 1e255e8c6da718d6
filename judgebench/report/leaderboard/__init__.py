"""Leaderboards: judges in one order with ranks that say how sure they are, what stands beside them, and every form.

`rank` orders and ranks, `render` writes. The rest of the package is one file per purpose.
"""

from __future__ import annotations

from judgebench.report.leaderboard.aggregate import KINDS, Aggregate, aggregate
from judgebench.report.leaderboard.beside import Key, Pace, pace
from judgebench.report.leaderboard.forms import SCHEMA, json_schema, to_csv, to_json, to_markdown
from judgebench.report.leaderboard.ranks import NOTE, Entry, rank
from judgebench.report.leaderboard.render import FORMATS, render

__all__ = [
    "FORMATS",
    "KINDS",
    "NOTE",
    "SCHEMA",
    "Aggregate",
    "Entry",
    "Key",
    "Pace",
    "aggregate",
    "json_schema",
    "pace",
    "rank",
    "render",
    "to_csv",
    "to_json",
    "to_markdown",
]

"""`Demo`: the leaderboard of the samples, whose JSON is that of scores."""

from __future__ import annotations

from dataclasses import dataclass

from judgebench.report.leaderboard.board import Leaderboard
from judgebench.report.scores import Scores

__all__ = ["Demo"]


@dataclass(frozen=True, slots=True, repr=False)
class Demo(Leaderboard):
    """Baselines on samples: they have no rank in JSON, for they rank nothing."""

    SCHEMA = Scores.SCHEMA
    SHAPE = Scores.SHAPE

    def data(self) -> Scores:
        return Scores(tuple(entry.row for entry in self.entries))

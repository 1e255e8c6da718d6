"""PandaLM's public labels and verdicts as codes: 0, 1 (a tie), 2, and -1 for an answer that nobody can read."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

CODES = {"1": 0, "0": 1, "Tie": 1, "2": 2}


@dataclass(frozen=True, slots=True)
class PandaLM:
    """``votes`` is items by three people; ``majority``, ``gpt`` and ``panda`` are of the items."""

    rows: list[dict[str, Any]]
    votes: np.ndarray
    gpt: np.ndarray
    panda: np.ndarray

    @classmethod
    def read(cls, data: Path) -> PandaLM:
        def rows(name: str) -> list[dict[str, Any]]:
            return json.loads(gzip.decompress((data / "pandalm" / name).read_bytes()))

        def said(name: str, field: str) -> np.ndarray:
            return np.array([CODES.get(str(row[field]), -1) for row in rows(name)])

        test = rows("testset-v1.json.gz")
        return cls(
            test,
            np.array([[CODES[str(row[f"annotator{who}"])] for who in (1, 2, 3)] for row in test]),
            said("gpt-3.5-turbo-testset-v1.json.gz", "gpt_result"),
            said("pandalm-7b-testset-v1.json.gz", "pandalm_result"),
        )

    @property
    def majority(self) -> np.ndarray:
        return np.array([np.bincount(row, minlength=3).argmax() for row in self.votes])

    def grouped(self, *fields: str) -> np.ndarray:
        """Number the items' groups, in the order in which they come: what they share is these fields."""
        seen: dict[tuple[str, ...], int] = {}
        return np.array([seen.setdefault(tuple(row[field] for field in fields), len(seen)) for row in self.rows])


def answered(said: np.ndarray) -> np.ndarray:
    """Count no verdict as an answer of its own, the fourth of four labels, as the reference does."""
    return np.where(said < 0, 3, said)

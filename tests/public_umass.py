"""What Judging the Judges published of TriviaQA, first version: people's labels and eleven judges', by question."""

from __future__ import annotations

import csv
import gzip
import io
from typing import TYPE_CHECKING

from own_tables import load

from judgebench.agreement.matching import Judged
from judgebench.domain import Policies

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_FILE, _GOLD, _WORDS = "TriviaQA_Judges_w_HumanJudgement_V1.csv.gz", "HumanJudgement", frozenset({"True", "False"})
_ITEMS, _QUESTIONS = 3600, 400


def read(data: Path) -> tuple[list[dict[str, str]], list[str]]:
    """Rows that people labelled, and the names of the judges' columns."""
    csv.field_size_limit(10_000_000)
    with gzip.open(data / "judging_the_judges" / _FILE, "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(io.StringIO(file.read())) if row[_GOLD] in _WORDS]
    return rows, [name for name, value in rows[0].items() if value in _WORDS and name != _GOLD]


def judged(data: Path, judges: Sequence[str]) -> list[Judged]:
    """Judges to be matched; an empty cell is left out, as the paper leaves it out."""
    table = load(data / "judging_the_judges" / _FILE, judges, [_GOLD], cluster_col="question")
    some = Policies(invalid="drop")
    return [Judged("v1", name, own, range(_ITEMS), range(_QUESTIONS), some) for name, own in table.judges.items()]

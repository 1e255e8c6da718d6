"""What verdicts say beside a label, as columns: numbers (scores, probabilities) and sequences (orders, steps)."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import numpy as np

from judgebench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Code, Scale, Verdict


def number_of(verdict: Verdict, scale: Scale) -> tuple[float, bool] | None:
    """Reduce a judge's probabilities, or else its scores, to one number, and say whether it is a probability.

    It is on ``check`` the probability of "correct", or the score; on ``pair`` the probability of the second response
    among the two (one half where a tie is certain), or how far its score is ahead; on ``rate`` the mean rating under
    the probabilities, or the score. None where the judge gave neither, or on another scale.
    """
    given, scores = verdict.probabilities, verdict.scores
    total = sum(given)
    if len(given) == len(scale.labels) and total > 0:
        if scale.kind == "check":
            return given[1] / total, True
        if scale.kind == "pair":
            half = len(scale.values) / 2
            first = sum(p for code, p in enumerate(given) if code + 1 <= half)
            second = sum(p for code, p in enumerate(given[: len(scale.values)]) if code >= half)
            return (second / (first + second) if first + second > 0 else 0.5), True
        if scale.kind == "rate":
            return sum(p * value for p, value in zip(given, scale.values, strict=True)) / total, False
    if scale.kind == "pair" and len(scores) == 2:
        return scores[1] - scores[0], False
    if scale.kind in {"check", "rate"} and len(scores) == 1:
        return scores[0], False
    return None


class NumberColumns:
    """One number per row, gathered from verdicts."""

    def __init__(self, scale: Scale) -> None:
        self._scale = scale
        self._values = array("d")
        self._given = array("b")
        self._probable = 0

    def take(self, verdict: Verdict) -> None:
        """Add a row; a verdict without a code has no number either."""
        known = verdict.code is not None and (verdict.probabilities or verdict.scores)
        found = number_of(verdict, self._scale) if known else None
        value, probable = found or (0.0, False)
        if not np.isfinite(value):
            raise DataError(f"item {verdict.item!r}: the judge's score {value} is not a finite number")
        self._values.append(value)
        self._given.append(found is not None)
        self._probable += probable

    def columns(self) -> dict[str, Any]:
        """Columns of the ratings; none where no row has a number.

        DataError if some rows hold probabilities and others scores: they share no unit.
        """
        given = np.frombuffer(self._given, dtype=np.int8).astype(np.bool_)
        count = int(np.count_nonzero(given))
        if not count:
            return {}
        if self._probable not in {0, count}:
            raise DataError(
                f"{self._probable} of {count} verdicts hold probabilities and the others scores",
                hint="they share no unit; ask the judge for one of them",
            )
        kind = "probability" if self._probable else "score"
        return {"score": np.frombuffer(self._values, dtype=np.float64), "has_score": given, "score_kind": kind}


class SequenceColumns:
    """Sequences of judge and annotators, gathered from verdicts."""

    def __init__(self, scale: Scale) -> None:
        self._scale = scale
        self._judge: list[Sequence[int]] = []
        self._gold: list[dict[str, Sequence[int]]] = []

    def take(self, verdict: Verdict) -> tuple[Code | None, list[tuple[str, Code | None]]]:
        """Add a row, and return the one code, or None, that the verdict and each annotator's gold come to.

        DataError if an order is not a permutation, or a step's code is off the scale.
        """
        self._judge.append(self._checked(verdict.code, verdict, "verdict"))
        golds = {name: self._checked(code, verdict, "gold label") for name, code in verdict.gold}
        self._gold.append(golds)
        return self._summary(self._judge[-1]), [(name, self._summary(codes)) for name, codes in golds.items()]

    def columns(self, annotators: Sequence[str]) -> dict[str, Any]:
        """Columns of the ratings, filled up with -1."""
        width = max((len(codes) for codes in self._judge), default=0)
        width = max([width, *(len(codes) for golds in self._gold for codes in golds.values())])
        judge = np.full((len(self._judge), width), -1, dtype=np.int64)
        gold = np.full((len(self._judge), len(annotators), width), -1, dtype=np.int64)
        for row, (codes, golds) in enumerate(zip(self._judge, self._gold, strict=True)):
            judge[row, : len(codes)] = codes
            for j, name in enumerate(annotators):
                labels = golds.get(name, ())
                gold[row, j, : len(labels)] = labels
        return {"sequence": judge, "gold_sequence": gold}

    def _checked(self, code: Code | None, verdict: Verdict, what: str) -> Sequence[int]:
        if code is None:
            return ()
        fits = isinstance(code, tuple) and (
            sorted(code) == list(range(len(verdict.order)))
            if self._scale.kind == "rank"
            else set(code) <= {0, 1} and bool(code)
        )
        if not fits or isinstance(code, int):
            meant = "an order of all responses" if self._scale.kind == "rank" else "a 0 or 1 for each step"
            raise DataError(f"item {verdict.item!r}: {what} {code!r} is not {meant}")
        return code

    def _summary(self, codes: Sequence[int]) -> int | None:
        if not codes:
            return None
        return codes[0] if self._scale.kind == "rank" else min(codes)

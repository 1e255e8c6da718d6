"""Verdicts on scales that list no labels: numbers, and sets of labels; which rows count, and which gold they have.

``gold`` and ``judge`` of `Scored` are codes of the scale here, -1 where there is no verdict. Several annotators have on
numbers their mean as gold, on sets the labels that most of them gave, label by label; a half is not most.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.policies import Scored, check, column_of, count_items, unreduced
from judgebench.agreement.ratings import places_of
from judgebench.domain import Scale
from judgebench.errors import UsageError

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.domain import Policies, Ratings

    Codes = npt.NDArray[np.int64]
    Rows = npt.NDArray[np.intp]


def unlisted_rows(ratings: Ratings, policies: Policies) -> Scored:
    """Choose the rows that count, as `judgebench.agreement.policies.apply` does for labels; errors as there.

    On numbers ``gold=majority`` is ``mean``. Under ``each`` and ``leave-one-out`` a judgment has a row per annotator;
    gold of the second is what the others come to.
    """
    check(ratings.scale, len(ratings.annotators), policies)
    if (ratings.scale.kind, policies.gold) == ("number", "majority"):
        policies = replace(policies, gold="mean")
    kept, policies = unreduced(ratings, policies)
    asked = np.flatnonzero(kept)
    parts = [_gold_of(ratings.gold, asked, ratings.scale, policies, j) for j in _held_to(ratings, policies)]
    rows, codes = (side[0] if len(side) == 1 else np.concatenate(side) for side in zip(*parts, strict=True))
    return Scored.of(
        ratings,
        rows,
        policies=policies,
        # A number needs more room than a label.
        gold=codes,
        judge=column_of(ratings.judge, rows),
        left_out=count_items(ratings.item[asked]) - count_items(ratings.item[rows]),
    )


def common(gold: Codes, scale: Scale) -> Codes:
    """Reduce annotators' codes, shape (n, m), to their mean, or to the labels that most gave; -1 without any."""
    there = gold >= 0
    count = there.sum(axis=1)
    if scale.kind == "number":
        means = np.where(there, gold, 0).sum(axis=1) / np.maximum(count, 1)
        return np.where(count > 0, means.round().astype(np.int64), -1)
    found = np.zeros(len(gold), dtype=np.int64)
    for bit in range(len(scale.labels)):
        votes = (there & (gold >> bit & 1 == 1)).sum(axis=1)
        found |= np.where(2 * votes > count, np.int64(1) << bit, 0)
    return np.where(count > 0, found, -1)


def levels_of(ratings: Ratings, most: int = 20_000) -> Ratings:
    """Take the numbers that occur for the levels of a rating; ratings on another scale stay as they are.

    UsageError for more than ``most`` different numbers.
    """
    scale = ratings.scale
    if scale.kind != "number":
        return ratings
    every = np.unique(np.append(ratings.gold, ratings.judge))
    codes = every[every >= 0]
    if codes.size > most:
        raise UsageError(f"this takes at most {most:,} different numbers, and there are {codes.size:,}: round them")
    values = scale.numbers(codes)
    levels = Scale("rate", tuple(map(scale.word, codes.tolist())), "interval", tuple(values.tolist()))

    def place(given: Codes) -> Codes:
        return np.where(given < 0, -1, np.searchsorted(codes, given))

    return replace(ratings, scale=levels, judge=place(ratings.judge), gold=place(ratings.gold))


def _held_to(ratings: Ratings, policies: Policies) -> range:
    """Name the rows of a judgment: each annotator, or (-1) one for all."""
    return range(len(ratings.annotators)) if policies.gold in {"each", "leave-one-out"} else range(-1, 0)


def _gold_of(gold: Codes, asked: Rows, scale: Scale, policies: Policies, j: int) -> tuple[Rows, Codes]:
    every = gold[asked]
    if policies.gold == "each":
        codes = every[:, j]
    elif policies.gold == "leave-one-out":
        codes = np.where(every[:, j] >= 0, common(np.delete(every, j, axis=1), scale), -1)
    elif policies.gold == "unanimous":
        most = every.max(axis=1, initial=-1)
        codes = np.where(((every == most[:, None]) | (every < 0)).all(axis=1), most, -1)
    else:
        codes = common(every, scale)
    rows = np.flatnonzero(codes >= 0)
    return asked[rows], codes[rows]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Two codes beside each other in each row: ``gold`` and ``judge``, shape (r,), -1 for a judge's silence.

    A row counts ``weight`` times, and lies in a ``cluster``.
    """

    scale: Scale
    gold: Codes
    judge: Codes
    weight: npt.NDArray[np.float64]
    cluster: Codes

    @classmethod
    def among(cls, people: Ratings) -> Pairs:
        """Pair every two labels of one item, both ways round; half a pair each."""
        row, person = np.nonzero(people.gold >= 0)
        codes = people.gold[row, person]
        left: list[Rows] = []
        right: list[Rows] = []
        for lag in range(1, people.gold.shape[1]):
            first = np.flatnonzero(row[lag:] == row[:-lag])
            if not first.size:
                break
            left.append(first)
            right.append(first + lag)
        one, two = (np.concatenate([*side, np.zeros(0, np.intp)]).astype(np.intp) for side in (left, right))
        return cls(
            people.scale,
            codes[np.concatenate([one, two])],
            codes[np.concatenate([two, one])],
            np.full(2 * one.size, 0.5),
            people.cluster[row[np.concatenate([one, two])]],
        )

    @classmethod
    def beside(cls, scored: Scored, ratings: Ratings, people: Ratings) -> Pairs:
        """Put a judge in the place of one of the two: beside each label, as often as another person could be."""
        games = np.bincount(scored.item)[scored.item] if scored.size else np.ones(0)
        labels = people.gold[places_of(scored.item, people.item)]
        row, person = np.nonzero(labels >= 0)
        others = (labels >= 0).sum(axis=1) - 1
        weight = np.maximum(others, 0) / games
        heard = weight[row] > 0
        row, person = row[heard], person[heard]
        return cls(
            ratings.scale,
            labels[row, person],
            scored.judge[row].astype(np.int64),
            weight[row],
            scored.cluster[row].astype(np.int64),
        )

    @classmethod
    def person(cls, people: Ratings, j: int) -> Pairs:
        """Hold one of the people against every label that others gave the same items."""
        others = np.where(np.arange(people.gold.shape[1]) == j, -1, people.gold)
        others = np.where(people.gold[:, [j]] >= 0, others, -1)
        row, person = np.nonzero(others >= 0)
        return cls(people.scale, people.gold[row, person], people.gold[row, j], np.ones(row.size), people.cluster[row])

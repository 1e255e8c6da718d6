"""Conventions that decide numbers: ratings and policies in, scored rows out.

Every order policy reduces an item's games to one effective verdict; `mean` keeps each game as a row. A row
that is right about nothing keeps its place in a category of its own, so that no credit is earned by failing to
answer: *undecided* (the games contradict each other, or a tie policy voids the tie), an answer, and *invalid* (there is
no verdict), which a figure takes for the wrong label that is least favourable to it. Only invalid rows can be dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from judgebench.errors import DataError, UsageError
from judgebench.stats.crosstab import Crosstab
from judgebench.stats.influence import Clusters

if TYPE_CHECKING:
    from judgebench.domain import OrderPolicy, Policies, Ratings, Scale


Codes: TypeAlias = npt.NDArray[np.int32]
Rows: TypeAlias = npt.NDArray[np.intp]

_INVALID, _UNDECIDED = -1, -2
#: Rows handled at a time where a row needs a counter per label.
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Scored:
    """Rows ready to be counted, on a scale of q labels; columns of shape (n,).

    ``policies`` are those applied; ``order`` is ``single`` wherever every item has one game. ``gold`` is a code below
    q, or under ``gold=mean`` a position in ``gold_values``, the distinct mean labels, ascending. ``judge`` is below q a
    label, q undecided, q + 1 invalid. ``row`` is the row of the ratings that each came from (the item's first game,
    where games were reduced); ``left_out`` counts items without usable gold under the gold policy (no labels, no
    majority); ``void`` are the labels that gold never has (`never_gold`).
    """

    scale: Scale
    policies: Policies
    gold: Codes
    judge: Codes
    row: Rows
    item: npt.NDArray[np.integer]
    cluster: npt.NDArray[np.integer]
    subset: npt.NDArray[np.integer]
    system: npt.NDArray[np.integer]
    left_out: int
    gold_values: npt.NDArray[np.float64] | None = None
    void: tuple[int, ...] = ()

    @classmethod
    def of(cls, ratings: Ratings, rows: Rows, **more: Any) -> Scored:
        """Take rows of ratings, with their items, questions, subsets and systems; ``more`` are the other columns."""
        item, cluster, subset, system = (
            column_of(column, rows) for column in (ratings.item, ratings.cluster, ratings.subset, ratings.system)
        )
        return cls(scale=ratings.scale, row=rows, item=item, cluster=cluster, subset=subset, system=system, **more)

    @property
    def size(self) -> int:
        """Number of rows."""
        return self.gold.size

    @property
    def shape(self) -> tuple[int, int]:
        """Categories of gold and of the judge."""
        wide = len(self.scale.labels) + 2
        return (wide if self.gold_values is None else self.gold_values.size, wide)

    @property
    def items(self) -> int:
        """Number of items that the rows are about."""
        return count_items(self.item)

    @property
    def silent(self) -> npt.NDArray[np.bool_]:
        """Which rows have no verdict, on scales that list labels."""
        silent: npt.NDArray[np.bool_] = self.judge == len(self.scale.labels) + 1
        return silent

    @property
    def said(self) -> Codes:
        """The judge's labels, -1 where it gave none of those that the scale lists."""
        return np.where(self.judge < len(self.scale.labels), self.judge, np.int32(-1))

    def take(self, rows: Rows) -> Scored:
        """Keep some rows."""
        names = ("gold", "judge", "row", "item", "cluster", "subset", "system")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    def cells(self) -> Codes:
        """Flat cell of each row in the table of counts, shape (n,)."""
        return self.gold * np.int32(self.shape[1]) + self.judge

    def table(self, cells: Codes) -> Crosstab:
        """Count the cells."""
        wide, tall = self.shape
        counts = np.bincount(cells, minlength=wide * tall).reshape(wide, tall)
        return table_of(counts, self.scale, self.policies, gold_values=self.gold_values, void=self.void)

    def clusters(self) -> Clusters:
        """Clusters of the rows."""
        return Clusters.of(self.cluster)


def column_of(column: npt.NDArray[Any], rows: Rows) -> npt.NDArray[Any]:
    """Take rows of a column; a million rows that all count are not copied."""
    return column if np.array_equal(rows, np.arange(column.size)) else column[rows]


def table_of(
    counts: npt.NDArray[np.integer] | npt.NDArray[np.float64],
    scale: Scale,
    policies: Policies,
    *,
    gold_values: npt.NDArray[np.float64] | None = None,
    void: tuple[int, ...] = (),
) -> Crosstab:
    """Turn counts by gold and verdict into a table with the scale's meaning.

    The tie policy decides the credit of a cell; ``gold_values`` are what the rows of ``counts`` stand for, where gold
    is a number instead of a label. Chance terms don't count the labels in ``void``, nor a tie that is dropped: without
    gold ties nobody can say tie, and it is undecided on the judge's side.
    """
    n = int(counts.sum())
    graded = gold_values is not None
    credit = None
    if policies.tie == "half" and scale.tie is not None and not graded:
        # One side says tie, the other names a winner.
        credit = np.eye(len(counts))
        named = [code for code in range(len(scale.labels)) if code not in {scale.tie, scale.both_bad}]
        credit[scale.tie, named] = credit[named, scale.tie] = 0.5
    q = len(scale.labels)
    answers = np.zeros(counts.shape[1], dtype=np.bool_)
    answers[:q] = True
    if policies.tie in {"drop", "wrong"}:
        answers[scale.tie] = False
    # A voided tie, and games that contradict each other, are answers that agree with nothing.
    answers[q] = policies.tie in {"drop", "wrong"} or policies.order in {"both-right", "sum-of-signs"}
    return Crosstab(
        joint=counts / max(n, 1),
        n=n,
        declared=len(scale.labels),
        values=np.asarray(scale.values, dtype=np.float64),
        level=scale.level,
        credit=credit,
        positive=1 if scale.kind == "check" else None,
        graded=graded,
        void=void if policies.tie != "drop" or scale.tie is None else tuple({*void, scale.tie}),
        gold_values=gold_values,
        tie=scale.tie if policies.tie in {"class", "half"} else None,
        silent=q + 1 if policies.invalid == "wrong" else None,
        answers=answers,
    )


def apply(ratings: Ratings, policies: Policies) -> Scored:
    """Apply policies to ratings.

    The result may be empty: whether that is an error is for the caller to say. DataError if a code is off the scale,
    UsageError if a policy makes no sense on it.

    Source: Tan et al. (2024), JudgeBench (the sum of signs); Zheng et al. (2023), Judging LLM-as-a-judge with MT-Bench
    and Chatbot Arena (ties where two orders differ); Wang et al. (2023), PandaLM.
    """
    if not ratings.scale.listed:
        raise UsageError(
            f"this can't be done on the {ratings.scale.kind!r} scale, whose verdicts are not single labels"
        )
    _check_codes(ratings)
    check(ratings.scale, len(ratings.annotators), policies)
    judge, rows, order = _one_verdict(ratings, policies)
    tie = ratings.scale.tie
    if policies.tie in {"drop", "wrong"}:
        # Without the tie class, a judge's tie is an answer that can't be right.
        judge = np.where(judge == tie, np.int32(_UNDECIDED), judge)
    if policies.invalid == "drop":
        valid = np.flatnonzero(judge != _INVALID)
        judge, rows = judge[valid], rows[valid]
    keep, gold, values = _gold(ratings, rows, policies)
    left_out = count_items(ratings.item[rows]) - count_items(ratings.item[rows[keep]])
    if policies.tie == "drop":
        named = gold != tie
        keep, gold = keep[named], gold[named]
    judge, rows = judge[keep], rows[keep]
    q = len(ratings.scale.labels)
    return Scored.of(
        ratings,
        rows,
        policies=replace(policies, order=order),
        gold=gold,
        # -1 becomes q + 1 (invalid) and -2 becomes q (undecided): the wide table's last columns.
        judge=np.where(judge < 0, judge + np.int32(q + 2), judge),
        left_out=left_out,
        gold_values=values,
        void=never_gold(ratings),
    )


def never_gold(ratings: Ratings) -> tuple[int, ...]:
    """Give the labels that gold can't have, as far as the data tell: those that chance must not count.

    On a pair scale these are "tie" and "both bad", on unordered categories any, where no annotator gave them to any
    item. The levels of a check or a rating were offered to whoever labelled, and count although nobody took them.
    """
    scale = ratings.scale
    codes: list[int] = []
    if scale.kind == "pair":
        codes = [code for code in (scale.tie, scale.both_bad) if code is not None]
    elif scale.kind == "label" and scale.level == "nominal":
        codes = list(range(len(scale.labels)))
    found = tuple(code for code in codes if not (ratings.gold == code).any())
    return found if len(scale.labels) - len(found) >= 2 else ()


#: Gold policies of scales whose verdicts make no table of labels.
_UNLISTED_GOLD = {
    "number": ("majority", "mean", "each", "leave-one-out"),
    "set": ("majority", "unanimous", "each", "leave-one-out"),
    "rank": ("each", "majority"),
    "steps": ("majority", "unanimous"),
}


def check(scale: Scale, annotators: int, policies: Policies) -> None:
    """Refuse policies that make no sense on a scale, before anything is asked.

    UsageError if a policy needs a tie, another scale or more annotators.
    """
    if scale.listed:
        _check_listed(scale, policies)
    else:
        _check_unlisted(scale, policies)
    if policies.gold == "leave-one-out" and annotators < 3:
        raise UsageError(f"policy gold=leave-one-out needs 3 annotators or more, and there are {annotators}")


def _check_listed(scale: Scale, policies: Policies) -> None:
    if scale.tie is None:
        for name, value in (("tie", policies.tie), ("invalid", policies.invalid), ("order", policies.order)):
            if (name, value) in {("invalid", "tie"), ("order", "inconsistent-tie")} or (
                name == "tie" and value != "class"
            ):
                raise UsageError(f"policy {name}={value} needs a scale with a tie, and {scale.spec} has none")
    if policies.order == "sum-of-signs" and scale.kind not in {"pair", "check"}:
        raise UsageError(
            f"policy order=sum-of-signs needs a pair or check scale, not {scale.spec}; use both-right or mean"
        )
    if policies.gold == "mean" and scale.kind != "rate":
        raise UsageError(f"policy gold=mean needs a rating scale, not {scale.spec}; use majority or each")


def _check_unlisted(scale: Scale, policies: Policies) -> None:
    gold = _UNLISTED_GOLD[scale.kind]
    allowed = {"order": ("mean", "single"), "tie": ("class",), "invalid": ("wrong", "drop"), "gold": gold}
    for name, value in policies.to_json().items():
        if value not in allowed[name]:
            raise UsageError(
                f"policy {name}={value} makes no sense on the scale {scale.kind}; it takes order=mean or single, "
                f"tie=class, invalid=wrong or drop, gold={' or '.join(gold)}"
            )


def unreduced(ratings: Ratings, policies: Policies) -> tuple[npt.NDArray[np.bool_], Policies]:
    """Say which judgments count where games are not reduced to one verdict, and the policies that held."""
    kept = np.ones(ratings.judge.size, dtype=np.bool_)
    if policies.order == "single":
        kept = ratings.game == 0
    elif int(ratings.game.max(initial=0)) == 0:
        policies = replace(policies, order="single")
    return (kept & (ratings.judge >= 0) if policies.invalid == "drop" else kept), policies


def verdicts_alone(ratings: Ratings, policies: Policies) -> Scored:
    """Reduce a judge's games to verdicts by the order policy and that of unusable answers; gold is not looked at."""
    # A gold label that every row has, and that is not a tie: the policies then reach the verdicts only.
    anyone = np.zeros((ratings.judge.size, 1), dtype=np.int64)
    return apply(replace(ratings, gold=anyone, annotators=("anyone",)), replace(policies, gold="majority"))


def _check_codes(ratings: Ratings) -> None:
    scale = ratings.scale
    for side, codes in (("verdict", ratings.judge), ("gold label", ratings.gold)):
        if codes.size and not -1 <= int(codes.min()) <= int(codes.max()) < len(scale.labels):
            raise DataError(f"a {side} has a code off the scale {scale.spec}: codes run from 0, and -1 is none")


def count_items(item: npt.NDArray[np.integer]) -> int:
    """Count the items that rows are about."""
    return int(np.count_nonzero(np.bincount(item))) if item.size else 0


def _one_verdict(ratings: Ratings, policies: Policies) -> tuple[Codes, Rows, OrderPolicy]:
    """Effective verdicts, the ratings rows they stand for, and the order policy that held."""
    judge = ratings.judge.astype(np.int32)
    tie = ratings.scale.tie
    if policies.invalid == "tie" and tie is not None:
        judge[judge < 0] = tie
    every = np.arange(judge.size)
    if not judge.size or int(np.bincount(ratings.item).max()) == 1:
        return judge, every, "single"
    if policies.order == "mean":
        return judge, every, "mean"
    rows = np.lexsort((ratings.game, ratings.item))
    item = ratings.item[rows]
    starts = np.flatnonzero(np.r_[True, item[1:] != item[:-1]])
    first = rows[starts]
    if policies.order == "single":
        return judge[first], first, "single"
    games = judge[rows]
    least, most = np.minimum.reduceat(games, starts), np.maximum.reduceat(games, starts)
    if policies.order == "sum-of-signs":
        failed = np.add.reduceat(games < 0, starts) if policies.invalid == "wrong" else np.zeros_like(first)
        return _sum_of_signs(games, starts, ratings.scale, failed), first, "sum-of-signs"
    if policies.order == "both-right" and policies.invalid == "drop":
        # A failed game beside an answer is not a reason to drop the item: the answer stays unconfirmed.
        split = np.where(most < 0, _INVALID, _UNDECIDED)
    else:
        named = _UNDECIDED if tie is None or policies.order == "both-right" else tie
        split = np.where(least < 0, _INVALID, named)
    verdict = np.where((least == most) & (least >= 0), least, split)
    return verdict.astype(np.int32), first, policies.order


def sign_of(codes: npt.NDArray[np.integer], scale: Scale) -> npt.NDArray[np.int32]:
    """Which side verdicts take: -1 the first (or incorrect), 1 the second (or correct), 0 neither."""
    points = len(scale.values)
    signs = np.zeros(len(scale.labels) + 1, dtype=np.int32)
    # Twice the code, so that the middle of an even number of points is exact.
    signs[:points] = np.sign(2 * np.arange(points) - (points - 1))
    return signs[np.where(codes < 0, len(scale.labels), codes)]


def _sum_of_signs(games: Codes, starts: Rows, scale: Scale, failed: Rows) -> Codes:
    """Sum the games' signs; the mildest verdict on the winning side represents them.

    With gold A, a game counts +1 for A, -1 for B and 0 for a tie or no answer, and the item is right where the sum is
    above 0: the same as the sum of signs pointing to A. A sum of 0 never names a winner: all answers alike (ties, both
    bad) stay, anything else is undecided. ``failed`` games of an item count against whoever is ahead; where that leaves
    nobody ahead, or a failed game could have made the verdict milder, the item has none.
    """
    signs = sign_of(games, scale)
    total = np.add.reduceat(signs, starts)
    outcome = np.full(starts.size, _UNDECIDED, dtype=np.int32)
    high = len(scale.labels) + 1
    lowest = np.minimum.reduceat(np.where(games < 0, high, games), starts)
    highest = np.maximum.reduceat(games, starts)
    alike = (total == 0) & (lowest == highest)
    outcome[alike] = highest[alike]
    outcome[highest < 0] = _INVALID
    nearest_first = np.maximum.reduceat(np.where(signs < 0, games, -1), starts)
    nearest_second = np.minimum.reduceat(np.where(signs > 0, games, high), starts)
    outcome = np.where(total < 0, nearest_first, outcome)
    outcome = np.where(total > 0, nearest_second, outcome)
    unsure = np.abs(total) <= failed if len(scale.values) <= 3 else True
    return np.where((failed > 0) & unsure, _INVALID, outcome).astype(np.int32)


def _gold(ratings: Ratings, rows: Rows, policies: Policies) -> tuple[Rows, Codes, npt.NDArray[np.float64] | None]:
    """Positions in ``rows`` (repeated where a policy makes several rows), their gold, and its values."""
    columns = ratings.gold
    annotators = columns.shape[1]
    policy = policies.gold
    if policy == "mean":
        present = columns[rows] >= 0
        keep = np.flatnonzero(present.any(axis=1))
        places = np.asarray(ratings.scale.values)[np.maximum(columns[rows[keep]], 0)]
        means = (places * present[keep]).sum(axis=1) / present[keep].sum(axis=1)
        # Means that differ by rounding are one value.
        values, codes = np.unique(means.round(9), return_inverse=True)
        return keep, codes.astype(np.int32), values
    if policy == "each" or annotators <= 1:
        kept = [np.flatnonzero(columns[rows, j] >= 0) for j in range(annotators)]
        found = [columns[rows[positions], j].astype(np.int32) for j, positions in enumerate(kept)]
        return _joined(kept), _joined(found), None
    if policy == "leave-one-out":
        parts = [_leave_out(columns, rows, j, len(ratings.scale.labels)) for j in range(annotators)]
        return _joined([keep for keep, _ in parts]), _joined([gold for _, gold in parts]), None
    if policy == "unanimous":
        wide = columns[rows]
        most = wide.max(axis=1, initial=-1)
        keep = np.flatnonzero((most >= 0) & ((wide == most[:, None]) | (wide < 0)).all(axis=1))
        return keep, most[keep].astype(np.int32), None
    gold, _, ahead = plurality(columns, rows, len(ratings.scale.labels))
    keep = np.flatnonzero(ahead)
    return keep, gold[keep], None


def _joined(parts: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts or [np.zeros(0, dtype=np.int32)])


def _leave_out(columns: npt.NDArray[np.int64], rows: Rows, left: int, labels: int) -> tuple[Rows, Codes]:
    """Strict majority of the others, where the one left out has labelled the item too."""
    others = np.delete(columns, left, axis=1)
    mine = np.flatnonzero(columns[rows, left] >= 0)
    gold, share, _ = plurality(others, rows[mine], labels)
    sure = share > 0.5
    return mine[sure], gold[sure]


def plurality(
    columns: npt.NDArray[np.integer[Any]], rows: Rows, labels: int
) -> tuple[Codes, npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Most frequent of m annotators' labels, shape (n, m) with -1 for none, on each of r ``rows``.

    It comes with the share of the present annotators who gave it (0 where none is present), and whether no other label
    has as many.
    Source: Conitzer & Sandholm (2005), Common voting rules as maximum likelihood estimators.
    """
    winner = np.zeros(rows.size, dtype=np.int32)
    share = np.zeros(rows.size)
    ahead = np.zeros(rows.size, dtype=np.bool_)
    for start in range(0, rows.size, _CHUNK):
        chunk = slice(start, start + _CHUNK)
        given = columns[rows[chunk]]
        votes = np.zeros((len(given), labels), dtype=np.int32)
        index = np.arange(len(given))
        for j in range(given.shape[1]):
            there = given[:, j] >= 0
            votes[index[there], given[there, j]] += 1
        winner[chunk] = votes.argmax(axis=1)
        top = votes[index, winner[chunk]]
        share[chunk] = top / np.maximum(votes.sum(axis=1), 1)
        ahead[chunk] = (top > 0) & ((votes == top[:, None]).sum(axis=1) == 1)
    return winner, share, ahead

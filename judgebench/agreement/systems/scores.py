"""Which rows are about which systems: one each, whose scores are means, or two, which win or lose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from judgebench.agreement.systems.boards import MeanBoard, PairBoard
from judgebench.agreement.systems.silence import games_for, verdicts_for
from judgebench.errors import DataError, UnknownNameError, UsageError, argument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.agreement.policies import Scored
    from judgebench.domain import Ratings
    from judgebench.stats.coefficients.bradley_terry import TieModel
    from judgebench.stats.crosstab import Flags, Ints

ScoreKind: TypeAlias = Literal["mean", "win-rate", "bradley-terry"]

_UNNAMED = frozenset({"", "(none)"})


@dataclass(frozen=True, slots=True)
class Opponents:
    """Whose responses every row of pair ratings compares: codes into ``names``, -1 where that isn't known."""

    names: tuple[str, ...]
    first: Ints
    second: Ints

    @classmethod
    def of(cls, first: Ints, firsts: Sequence[str], second: Ints, seconds: Sequence[str]) -> Opponents:
        """Join two columns of codes with names of their own."""
        names = tuple(sorted({*firsts, *seconds} - _UNNAMED))
        code = {name: i for i, name in enumerate(names)}
        to = [np.array([code.get(name, -1) for name in column], dtype=np.int64) for column in (firsts, seconds)]
        return cls(names, to[0][first], to[1][second])


def opponents_of(ratings: Ratings) -> Opponents:
    """Read the two systems of a pairing off its name, ``first vs second``.

    DataError if a name holds `` vs `` more than once, so that it can be read in two ways.
    """
    parts = [name.split(" vs ") for name in ratings.systems]
    if unclear := [name for name, part in zip(ratings.systems, parts, strict=True) if len(part) > 2]:
        raise DataError(
            f"the pairing {unclear[0]!r} can be read in two ways",
            hint=f"with {argument('csv')} give a column for each side: "
            f"{argument('system')} FIRST {argument('system')} SECOND",
        )
    both = [part if len(part) == 2 else ["", ""] for part in parts]
    return Opponents.of(ratings.system, [a for a, _ in both], ratings.system, [b for _, b in both])


def coverage(ratings: Ratings, *, anchor: str = "", opponents: Opponents | None = None) -> dict[str, float]:
    """Share of the judgments on each system that gave a verdict, whatever the policies make of the others.

    ``anchor`` counts pairs with this system only.
    """
    valid = ratings.judge >= 0
    if ratings.scale.kind != "pair":
        names, codes = ratings.systems, ratings.system
    else:
        opponents = opponents or opponents_of(ratings)
        names = opponents.names
        use = (opponents.first >= 0) & (opponents.second >= 0) & (opponents.first != opponents.second)
        if anchor:
            code = names.index(anchor)
            use &= (opponents.first == code) | (opponents.second == code)
        codes = np.concatenate([opponents.first[use], opponents.second[use]])
        valid = np.tile(valid[use], 2)
    every = np.bincount(codes, minlength=len(names))
    given = np.bincount(codes[valid], minlength=len(names))
    return dict(zip(names, (given / np.maximum(every, 1)).tolist(), strict=True))


def scoreboard(
    ratings: Ratings,
    scored: Scored,
    *,
    score: ScoreKind | None = None,
    anchor: str = "",
    ties: TieModel = "half",
    opponents: Opponents | None = None,
) -> tuple[MeanBoard | PairBoard, tuple[str, ...], int]:
    """Sort rows by the systems they are about.

    Systems on which all of a judge's games contradict each other are left out and named; rows that name no system are
    counted. Check and rating scales are about one system a row, whose score is a mean; ``pair`` scales are about two,
    with Bradley-Terry strengths by default, in which ``ties`` count as `bradley_terry` says, or win rates, against an
    ``anchor`` only where there is one. On 5 and 7 steps a win is a win, by however much; *both bad* and games that
    contradict each other are ties. Under ``invalid=wrong`` a row without a verdict counts as wrong
    (`judgebench.agreement.systems.silence`). The ``opponents`` of pairs are by default read off the names of the
    pairings. UsageError if the scale has no score of this kind, or there is no such anchor; DataError if no row names
    its system.
    """
    scale = ratings.scale
    games = scale.kind == "pair"
    if not games and scale.kind not in {"check", "rate"}:
        raise UsageError(f"systems are ranked on check, rating and pair scales, not on {scale.spec}")
    kinds = ("bradley-terry", "win-rate") if games else ("mean",)
    kind = score or ("win-rate" if anchor else kinds[0])
    if kind not in kinds or (anchor and kind != "win-rate"):
        what = "pairs" if games else "one system a row"
        beside = f" and {argument('anchor')}" if anchor else ""
        better = "win-rate" if anchor and games else " or ".join(kinds)
        raise UsageError(f"{argument('score')} {kind} doesn't go with {what}{beside}; use {better}")
    # Rows without a verdict are only left where they count as wrong.
    silent = scored.silent
    if not games:
        return _means(ratings, scored, silent)
    board, unnamed = _games(scored, silent, opponents or opponents_of(ratings), ties, anchor)
    if kind == "bradley-terry":
        # Without a chain of wins either way a strength is infinite; both sides take the same prior then.
        totals = np.bincount(board.cells()[1], minlength=board.width).astype(np.float64)[None]
        fine = board.scores(totals)[2]
        board = board if fine.all() else replace(board, phantom=True)
    else:
        board = replace(board, strengths=False)
    return board, (), unnamed


def _means(ratings: Ratings, scored: Scored, silent: Flags) -> tuple[MeanBoard, tuple[str, ...], int]:
    values = np.asarray(ratings.scale.values, dtype=np.float64)
    judged = scored.judge != len(values)
    gold = (values if scored.gold_values is None else scored.gold_values)[scored.gold]
    judge = np.append(values, [0.0, 0.0])[scored.judge]
    named = np.array([name not in _UNNAMED for name in ratings.systems])[scored.system]
    if not named.any():
        raise DataError(
            "no row says whose response it judges",
            hint=f"name the column with {argument('system')}; a task must give its responses' models",
        )
    seen = np.bincount(scored.system[named & judged], minlength=len(ratings.systems)) > 0
    present = np.bincount(scored.system[named], minlength=len(ratings.systems)) > 0
    rows = np.flatnonzero(named & seen[scored.system])
    # In the order of their names, so that the order of the rows decides nothing.
    names = sorted(name for name, there in zip(ratings.systems, seen, strict=True) if there)
    code = {name: i for i, name in enumerate(names)}
    system = np.array([code.get(name, -1) for name in ratings.systems])[scored.system[rows]]
    by_order, by_bias = verdicts_for(judge[rows], gold[rows], system, silent[rows], values)
    ends = values.min(), values.max()
    shares = ends == (0.0, 1.0) and np.isin(np.append(gold[rows], by_order), ends).all()
    board = MeanBoard(
        names=tuple(names),
        system=system,
        gold=gold[rows],
        judge=by_order,
        biased=by_bias,
        judged=judged[rows],
        cluster=scored.cluster[rows],
        low=float(ends[0]),
        high=float(ends[1]),
        share=bool(shares),
    )
    unjudged = tuple(name for name, here, said in zip(ratings.systems, present, seen, strict=True) if here and not said)
    return board, unjudged, int(np.count_nonzero(~named))


def _games(scored: Scored, silent: Flags, opponents: Opponents, ties: TieModel, anchor: str) -> tuple[PairBoard, int]:
    first, second = opponents.first[scored.row], opponents.second[scored.row]
    named = (first >= 0) & (second >= 0)
    if not named.any():
        raise DataError(
            "no row names two systems",
            hint=f"a run's task must give both responses' models; with {argument('csv')} give "
            f"{argument('sides')} or {argument('system')} twice, a column for each "
            "side (or one column of `first vs second`)",
        )
    # A system's game against itself says nothing of systems.
    use = named & (first != second)
    code = None
    if anchor:
        if anchor not in opponents.names:
            raise UnknownNameError("system", anchor, opponents.names, hint=f"(there are {', '.join(opponents.names)})")
        code = opponents.names.index(anchor)
        use &= (first == code) | (second == code)
    rows = np.flatnonzero(use)
    first, second = first[rows], second[rows]
    seen = np.bincount(np.concatenate([first, second]), minlength=len(opponents.names)) > 0
    if not seen.any():
        raise DataError(
            "no row is about two different systems",
            hint=f"check {argument('system')}, {argument('anchor')} and the run",
        )
    to, steps = np.cumsum(seen) - 1, len(scored.scale.values)
    first, second = to[first], to[second]
    gold, judge = _winner(scored.gold[rows], steps), _winner(scored.judge[rows], steps)
    board = PairBoard(
        names=tuple(name for name, there in zip(opponents.names, seen, strict=True) if there),
        first=first,
        second=second,
        gold=gold,
        judge=games_for(judge, gold, first, second, silent[rows]),
        cluster=scored.cluster[rows],
        ties=ties,
        strengths=True,
        phantom=False,
        anchor=None if code is None else int(to[code]),
    )
    return board, int(np.count_nonzero(~named))


def _winner(codes: Ints, steps: int) -> Ints:
    """1 where the first response is better, -1 where the second is, 0 elsewhere; labels run from first to second."""
    return np.where(codes < steps, np.sign(steps - 1 - 2 * codes.astype(np.int64)), 0)

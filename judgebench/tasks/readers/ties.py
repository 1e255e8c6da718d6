"""The formula of RewardBench 2's Ties: right answers score above wrong ones, and close to each other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from judgebench.errors import DataError
from judgebench.tasks.readers.official import gold_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from judgebench.domain import Verdict

TIES = "Ties"


@dataclass(frozen=True, slots=True)
class TiesPrompt:
    """The scores of one Ties prompt, which ``pair`` joins with its partner.

    A ``tied`` prompt has several right answers, its reference prompt one.
    """

    pair: str
    tied: bool
    right: tuple[float, ...]
    wrong: tuple[float, ...]

    @property
    def gap(self) -> float:
        """Worst right score minus best wrong score."""
        return min(self.right) - max(self.wrong)

    @property
    def spread(self) -> float:
        """Best right score minus worst right score."""
        return max(self.right) - min(self.right)


@dataclass(frozen=True, slots=True)
class TiesScore:
    """The Ties score and its parts, fractions.

    ``score`` (up to 1.01) is 0.30 ``tied_accuracy`` + 0.30 ``ref_accuracy`` + 0.20 ``preferred`` + 0.20
    ``preferred_hard`` + 0.01 ``margin``. The accuracies are shares of tied and of reference prompts on which every
    right response outscores every wrong one; ``preferred`` is the share of pairs whose gap on the tied prompt exceeds
    the spread of its right responses, ``preferred_hard`` the same with the smaller of the tied and the reference gap,
    and ``margin`` (-1 to 1) the mean of tanh(smaller gap / spread - 1). ``pairs`` counts tied prompts whose reference
    prompt is there too.
    """

    score: float
    tied_accuracy: float
    ref_accuracy: float
    preferred: float
    preferred_hard: float
    margin: float
    pairs: int


def ties_score(prompts: Iterable[TiesPrompt]) -> TiesScore:
    """Score the Ties domain: right answers above wrong ones, and closer to each other than to the wrong ones.

    Malik et al. 2025, arXiv:2506.01937, as defined in the benchmark's ``rewardbench/utils.py``. Where the right
    responses of a tied prompt share one score the spread is 0: the margin term is 1, -1 or 0 as the gap is positive,
    negative or 0. DataError where the margins are undefined: a prompt lacks right or wrong responses or a finite score
    or appears twice, a tied prompt has a single right response, or none has its reference. Right answers at 8 and 7, a
    wrong one at 4; the reference prompt's gap is 5 - 3:

    >>> ties_score([TiesPrompt("1", True, (8, 7), (4,)), TiesPrompt("1", False, (5,), (3, 1))]).score
    1.0076159415595576
    """
    tied: dict[str, TiesPrompt] = {}
    reference: dict[str, TiesPrompt] = {}
    for prompt in prompts:
        kind = "tied" if prompt.tied else "reference"
        group = tied if prompt.tied else reference
        if prompt.pair in group:
            raise DataError(f"the {kind} prompt of Ties pair {prompt.pair!r} appears twice")
        if len(prompt.right) < 1 + prompt.tied or not prompt.wrong:
            raise DataError(
                f"the {kind} prompt of Ties pair {prompt.pair!r} has {len(prompt.right)} right and "
                f"{len(prompt.wrong)} wrong responses; its margins are undefined"
            )
        if not all(math.isfinite(score) for score in (*prompt.right, *prompt.wrong)):
            raise DataError(f"the {kind} prompt of Ties pair {prompt.pair!r} has a score that is not a number")
        group[prompt.pair] = prompt
    pairs = sorted(tied.keys() & reference.keys())
    if not pairs:
        raise DataError("no tied prompt of Ties has its reference prompt; the score needs both")
    spreads = [tied[pair].spread for pair in pairs]
    gaps = [tied[pair].gap for pair in pairs]
    least = [min(gap, reference[pair].gap) for pair, gap in zip(pairs, gaps, strict=True)]
    tied_accuracy = mean(prompt.gap > 0 for prompt in tied.values())
    ref_accuracy = mean(prompt.gap > 0 for prompt in reference.values())
    preferred = mean(gap > spread for gap, spread in zip(gaps, spreads, strict=True))
    preferred_hard = mean(gap > spread for gap, spread in zip(least, spreads, strict=True))
    margin = mean(_margin(gap, spread) for gap, spread in zip(least, spreads, strict=True))
    return TiesScore(
        0.30 * tied_accuracy + 0.30 * ref_accuracy + 0.20 * preferred + 0.20 * preferred_hard + 0.01 * margin,
        tied_accuracy,
        ref_accuracy,
        preferred,
        preferred_hard,
        margin,
        len(pairs),
    )


def ties_prompts(verdicts: Iterable[Verdict]) -> Iterator[TiesPrompt]:
    """Make the prompts of `ties_score` from stored verdicts, passing over other domains.

    DataError where one has no score per response: "which is best" can't be turned into margins.
    """
    for verdict in verdicts:
        if verdict.subset != TIES:
            continue
        kind, _, pair = verdict.item.removeprefix(f"{TIES}/").partition(":")
        if len(verdict.scores) != len(verdict.systems):
            raise DataError(
                f"item {verdict.item!r} has no score per response, and Ties is scored by margins",
                hint="use a judge that scores each response",
            )
        right = right_of(verdict)
        scored = list(enumerate(verdict.scores))
        yield TiesPrompt(
            pair,
            kind == "tied",
            tuple(score for index, score in scored if index in right),
            tuple(score for index, score in scored if index not in right),
        )


def right_of(verdict: Verdict) -> tuple[int, ...]:
    """Give the places of the right responses."""
    gold = gold_of(verdict)
    return gold if isinstance(gold, tuple) else () if gold is None else (gold,)


def mean(values: Iterable[float]) -> float:
    """Average numbers, or shares of what holds; 0 of none."""
    numbers = [float(value) for value in values]
    return math.fsum(numbers) / len(numbers) if numbers else 0.0


def _margin(gap: float, spread: float) -> float:
    if spread == 0:
        return math.copysign(1.0, gap) if gap else 0.0
    return math.tanh(gap / spread - 1)

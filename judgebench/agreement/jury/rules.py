"""How recorded judges become one judge: their votes on every judgment, and the rule that makes a verdict of them.

A jury votes judgment by judgment, as if it had been asked the case; the policies then apply to its verdicts as to those
of any other judge. A member without a verdict has no vote; under ``invalid=drop`` judgments that lack one are left out.
``invalid`` says, too, what it counts as that a jury comes to no verdict, but never that this is left out: to have none
must not pay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from judgebench.agreement.figures import scored_rows
from judgebench.agreement.matching import match
from judgebench.agreement.ratings import select
from judgebench.agreement.splits import folds
from judgebench.domain import Policies
from judgebench.errors import DataError, UsageError, argument
from judgebench.stats.votes import Outcome, confusions, dawid_skene, decided, indicators, majority, weighted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from judgebench.agreement.matching import Judged, Matched
    from judgebench.domain import Ratings, Scale
    from judgebench.stats.crosstab import Floats
    from judgebench.stats.votes import Ties

    Codes = npt.NDArray[np.int64]

RuleName: TypeAlias = Literal["majority", "weighted", "dawid-skene", "mean"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by name, what it does with tied votes, and what it learns of members.

    ``one_coin``: one accuracy each instead of a table of errors; ``folds`` of questions, on which weights are not used
    that were learned there.
    """

    name: RuleName = "majority"
    ties: Ties = "none"
    one_coin: bool = False
    folds: int = 5

    @classmethod
    def of(cls, scale: Scale, name: RuleName | None, ties: Ties | None, *, one_coin: bool, folds: int) -> Rule:
        """Choose what is left open, and refuse what makes no sense on a scale.

        By default numbers have their mean and labels their majority; tied votes are a tie where the scale has one.
        """
        if not (scale.listed or scale.kind == "number"):
            raise UsageError(f"a jury votes on labels or takes the mean of numbers, not verdicts on {scale.spec}")
        name = name or ("mean" if scale.kind == "number" else "majority")
        if name == "mean":
            if not scale.numeric:
                raise UsageError(f"a mean takes ratings or numbers, not verdicts on {scale.spec}")
            if ties is not None:
                raise UsageError(f"a mean has no ties: leave out {argument('ties')}")
        elif scale.kind == "number":
            raise UsageError(f"votes on numbers are hardly ever the same: use {argument('rule')} mean")
        if ties == "tie" and scale.tie is None:
            raise UsageError(f"{argument('ties')} tie needs a scale with a tie, and {scale.spec} has none")
        if one_coin and name not in {"weighted", "dawid-skene"}:
            raise UsageError(f"{argument('one_coin')} is about what {argument('rule')} weighted or dawid-skene learns")
        return cls(name, ties or ("none" if scale.tie is None else "tie"), one_coin, folds)


@dataclass(frozen=True, slots=True)
class Bench:
    """Judges' votes on the same judgments, shape (n, k), beside the ratings and, where weights need it, gold.

    ``matched`` is what they share, and ``first`` the first of them on these judgments, in whose place a jury is put.
    ``gold``, shape (n,), is -1 where it is not known, and ``fold``, shape (n,), that of each judgment's question.
    """

    matched: Matched
    first: Judged
    votes: Codes
    gold: Codes
    fold: Codes

    @classmethod
    def of(cls, judges: Sequence[Judged], folds_: int, *, shared: bool) -> Bench:
        """Put judges on one bench; errors as `match`."""
        matched = match(judges, shared=shared)
        ratings = list(matched.ratings)
        games = [one.game for one in ratings]
        if any(not np.array_equal(one, games[0]) for one in games):
            # Only where policies take the first answer are judges with more of them matched at all.
            ratings = [select(one, np.flatnonzero(one.game == 0)) for one in ratings]
        votes, plain, policies = np.column_stack([one.judge for one in ratings]), ratings[0], judges[0].policies
        if policies.invalid == "drop":
            # What is left has every member's vote: where a jury comes to no verdict there, that is no gap.
            there = np.flatnonzero((votes >= 0).all(axis=1))
            votes, plain, policies = votes[there], select(plain, there), replace(policies, invalid="wrong")
        labels = dict(zip(judges[0].items, judges[0].labels, strict=False))
        first = replace(
            judges[0],
            ratings=replace(plain, score=None, has_score=None, score_kind=""),
            items=matched.items,
            labels=tuple(labels[name] for name in matched.items) if labels else (),
            policies=policies,
        )
        dealt = folds(plain.cluster, judges[0].clusters, folds_)
        return cls(matched, first, votes, _gold(plain, policies), dealt)

    @property
    def names(self) -> tuple[str, ...]:
        """Those of the judges."""
        return self.matched.judges

    @property
    def scale(self) -> Scale:
        """That of the votes."""
        return self.first.ratings.scale

    def verdicts(self, rule: Rule, members: Codes) -> tuple[Outcome, Floats | None]:
        """Let some members vote; beside the outcome, how often each is right by what the rule learned of it.

        DataError where weights have no gold to be learned on.
        """
        votes, labels = self.votes[:, members], len(self.scale.labels)
        if rule.name == "mean":
            return self._mean(votes), None
        if rule.name == "majority":
            return majority(votes, labels, rule.ties, self.scale.tie), None
        if rule.name == "dawid-skene":
            found = dawid_skene(indicators(votes, labels), one_coin=rule.one_coin)
            return decided(found.posterior, votes, rule.ties, self.scale.tie), found.judges.accuracy
        if not (self.gold >= 0).any() or int(self.fold.max()) < 1:
            raise DataError("weights are learned from gold, on two questions or more")
        scores = weighted(votes, self.gold, self.fold, labels, one_coin=rule.one_coin)
        known = confusions(votes, self.gold, labels, one_coin=rule.one_coin)
        return decided(scores, votes, rule.ties, self.scale.tie), known.accuracy

    def seat(self, verdicts: Codes, name: str) -> Judged:
        """Make a judge of verdicts."""
        return replace(self.first, judge=name, ratings=replace(self.first.ratings, judge=verdicts))

    def beside(self, **seats: Codes) -> Matched:
        """Match the judges, and verdicts by name behind them."""
        own = dict(zip(self.names, self.votes.T, strict=True))
        return match([self.seat(verdicts, name) for name, verdicts in [*own.items(), *seats.items()]])

    def _mean(self, votes: Codes) -> Outcome:
        """Take the mean of the votes; of ratings the nearest level, the lower of two that are equally near."""
        scale, voted = self.scale, votes >= 0
        means = np.where(voted, scale.numbers(np.maximum(votes, 0)), 0.0).sum(axis=1) / np.maximum(voted.sum(axis=1), 1)
        if scale.kind == "number":
            found = scale.codes(means)
        else:
            # Rounded, so that means of thirds and of sevenths are equally near wherever they are.
            found = np.abs(means[:, None] - np.asarray(scale.values)).round(9).argmin(axis=1)
        there = voted.any(axis=1)
        return Outcome(np.where(there, found, -1), np.zeros(len(votes), dtype=np.bool_))


def _gold(ratings: Ratings, policies: Policies) -> Codes:
    """Give the majority's label of each judgment, for weights; -1 where there is none, or it is not a label."""
    found = np.full(ratings.judge.size, -1, dtype=np.int64)
    if ratings.scale.listed:
        scored = scored_rows(ratings, Policies(order="mean", tie=policies.tie))
        found[scored.row] = scored.gold
    return found

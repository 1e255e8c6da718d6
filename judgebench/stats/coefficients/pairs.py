"""Agreement on pairs with ties, as MT-Bench counts it, and how often each side says "tie".

All are fractions of a `Crosstab` of pairs; ``no_tie_label`` where a policy voids ties.
"""

from __future__ import annotations

import numpy as np

from judgebench.stats.crosstab import Crosstab, Floats, Outcome


def agreement_s1(table: Crosstab) -> Outcome:
    """Agreement with ties (MT-Bench's setup 1): a tie agrees with a tie.

    Every row is a judge's vote beside a human's, so under the policy ``gold=each`` it counts votes as MT-Bench does.
    Source: Zheng et al. (2023), Judging LLM-as-a-judge with MT-Bench and Chatbot Arena.
    """
    if table.tie is None:
        return Outcome.undefined("no_tie_label")
    agree = np.eye(len(table.joint))
    return Outcome(float((table.joint * agree).sum()), agree, n=table.n, chance=0.0)


def agreement_s2(table: Crosstab) -> Outcome:
    """Agreement without ties (MT-Bench's setup 2): rows on which either side says "tie" are dropped.

    "Both bad" names no winner either and is dropped too. An unusable verdict isn't a tie: it stays, as a miss. The rows
    that are left are counted in ``n``; ``only_ties`` where there are none.
    Source: Zheng et al. (2023), Judging LLM-as-a-judge with MT-Bench and Chatbot Arena. Two votes of people on the same
    pair, 132 times (an MT-Bench sample), 73 of them without a tie:

    >>> counts = np.array([[32, 6, 2], [10, 21, 13], [5, 9, 34]])
    >>> outcome = agreement_s2(Crosstab(counts / 132, 132, 3, np.arange(3.0), tie=1))
    >>> round(outcome.value, 4), outcome.n
    (0.9041, 73)
    """
    if table.tie is None:
        return Outcome.undefined("no_tie_label")
    named = np.ones(len(table.joint), dtype=np.bool_)
    named[[table.tie, *range(len(table.values), table.declared)]] = False
    kept = np.outer(named, named).astype(np.float64)
    share = float((table.joint * kept).sum())
    if round(share * table.n) == 0:
        return Outcome.undefined("only_ties")
    agree = np.eye(len(table.joint)) * kept
    value = min(1.0, float((table.joint * agree).sum()) / share)
    return Outcome(value, (agree - value * kept) / share, n=round(share * table.n), chance=0.0, within=kept > 0)


def gold_tie_rate(table: Crosstab) -> Outcome:
    """Share of rows whose gold label is "tie"."""
    return _margin(table, axis=0)


def judge_tie_rate(table: Crosstab) -> Outcome:
    """Share of rows on which the judge says "tie"; an unusable verdict is not one, unless ``invalid=tie`` says so."""
    return _margin(table, axis=1)


def _margin(table: Crosstab, *, axis: int) -> Outcome:
    if table.tie is None:
        return Outcome.undefined("no_tie_label")
    said: Floats = np.zeros_like(table.joint)
    said[(table.tie, slice(None)) if axis == 0 else (slice(None), table.tie)] = 1
    return Outcome(float((table.joint * said).sum()), said, n=table.n, chance=0.0)

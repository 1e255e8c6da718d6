"""The alternative annotator test item by item, as in its paper: it shares nothing with ours but the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from judgebench.agreement.witness.tables import TOLERANCE
from judgebench.errors import MismatchError

if TYPE_CHECKING:
    from judgebench.agreement.alt_test.codes import AltTest
    from judgebench.domain import Ratings


def verify_alt_test(result: AltTest, ratings: Ratings, *, min_items: int = 30, where: str = "") -> None:
    """Recompute winning rate and advantage probability, of one verdict per item, by ``accuracy`` or ``neg-rmse``.

    MismatchError, saying ``where``, if the witness differs by more than 1e-9.
    """
    from scipy.stats import false_discovery_control, ttest_1samp

    p: list[float] = []
    shares: list[float] = []
    for j in range(len(ratings.annotators)):
        won, lost = _compared(ratings, j, numeric=result.scoring == "neg-rmse")
        if len(won) < min_items:
            continue
        lead = np.asarray(lost, dtype=np.float64) - np.asarray(won, dtype=np.float64)
        if np.ptp(lead) > 0:
            tested: Any = ttest_1samp(lead, result.epsilon, alternative="less")
            p.append(float(tested.pvalue))
        else:
            p.append(0.0 if lead[0] < result.epsilon else 1.0)
        shares.append(float(np.mean(won)))
    rate, advantage = result.winning_rate.value, result.advantage.value
    if rate is None or advantage is None:
        if p:
            raise MismatchError(f"{where}: the alternative annotator test is undefined here and not by its witness")
        return
    theirs = (float(np.mean(false_discovery_control(p, method="by") <= result.q)), float(np.mean(shares)))
    if not max(abs(rate - theirs[0]), abs(advantage - theirs[1])) <= TOLERANCE:
        raise MismatchError(
            f"{where}: winning rate {rate!r} and advantage probability {advantage!r} here, {theirs[0]!r} and "
            f"{theirs[1]!r} by scipy; please report this with the data"
        )


def _compared(ratings: Ratings, j: int, *, numeric: bool) -> tuple[list[bool], list[bool]]:
    """Whether the judge, and whether annotator j, is at least as close to the others, item by item."""
    won: list[bool] = []
    lost: list[bool] = []
    for verdict, labels in zip(ratings.judge.tolist(), ratings.gold.tolist(), strict=True):
        others = [code for k, code in enumerate(labels) if k != j and code >= 0]
        if labels[j] < 0 or not others:
            continue
        if verdict < 0:
            won.append(False)
            lost.append(True)
            continue
        judge, human = (_score(code, others, ratings, numeric=numeric) for code in (verdict, labels[j]))
        won.append(judge >= human)
        lost.append(human >= judge)
    return won, lost


def _score(code: int, others: list[int], ratings: Ratings, *, numeric: bool) -> float:
    if not numeric:
        return sum(code == other for other in others) / len(others)
    values = ratings.scale.values
    return -float(np.sqrt(np.mean([(values[code] - values[other]) ** 2 for other in others])))

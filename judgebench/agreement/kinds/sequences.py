"""Verdicts that are sequences, an order of responses or a check of every step: which rows count, and their figures.

Rankings are held against each annotator and averaged within the item (gold policy ``each``). Steps are held against the
annotators' majority, step by step (or ``unanimous``); a step without one has no gold. A verdict that is missing takes
the worst value: tau -1, distance 1, agreement 0, each step wrong. ``percent_agreement`` is the share of verdicts that
are the same from end to end. `judgebench.stats.coefficients.sequence_scores` has the formulas.

Source: Zheng et al. (2024), ProcessBench, for first errors; Chen et al. (2024), MLLM-as-a-Judge, for rankings.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.estimates import Figure
from judgebench.agreement.intervals import estimated
from judgebench.agreement.policies import Scored, check, count_items, plurality, unreduced
from judgebench.errors import DataError, argument
from judgebench.stats.coefficients import sequence_scores
from judgebench.stats.coefficients.catalog import ROW_METRICS
from judgebench.stats.coefficients.chance import cohen_kappa
from judgebench.stats.crosstab import Crosstab
from judgebench.stats.influence import Clusters, RowOutcome, by_row, resting_on

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from judgebench.agreement.estimates import Counted
    from judgebench.domain import Estimate, Policies, Ratings
    from judgebench.stats.crosstab import Floats

    Codes = npt.NDArray[np.int64]
    _Paired = tuple[Callable[[Codes, Codes], Floats], float, bool]

#: Figures of two orders: the function, the value of a verdict that is missing, and whether it is a share.
_RANK: dict[str, _Paired] = {
    "kendall_tau": (sequence_scores.kendall_tau, -1.0, False),
    "mean_spearman_rho": (sequence_scores.spearman_rank, -1.0, False),
    "levenshtein_distance": (sequence_scores.levenshtein_distance, 1.0, False),
    "footrule_distance": (sequence_scores.footrule_distance, 1.0, False),
    "top_1_agreement": (sequence_scores.top_1_agreement, 0.0, True),
    "percent_agreement": (lambda a, b: (a == b).all(axis=1).astype(np.float64), 0.0, True),
}


def sequences_of(ratings: Ratings) -> tuple[Codes, Codes]:
    """Verdicts, shape (n, w), and gold, shape (n, annotators, w)."""
    if ratings.sequence is None or ratings.gold_sequence is None:
        raise ValueError("these ratings have no sequences")
    return ratings.sequence, ratings.gold_sequence


def checked_steps(group: Ratings, policies: Policies) -> tuple[Codes, Codes, npt.NDArray[np.int64]]:
    """Gold and verdicts step by step, both of shape (n, w) with -1 for none, and how many steps each row has.

    A step without a verdict has the wrong one of the two, unless the policies leave such out.
    """
    said, every = sequences_of(group)
    length = (every >= 0).any(axis=1).sum(axis=1)
    gold, judge = _step_gold(every, policies), np.where(np.arange(said.shape[1]) < length[:, None], said, -1)
    if policies.invalid == "wrong":
        judge = np.where((judge < 0) & (gold >= 0), 1 - gold, judge)
    return gold, judge, length


def _step_gold(every: Codes, policies: Policies) -> Codes:
    """Gold of each step, shape (n, w); -1 where the annotators have no common label."""
    n, m, w = every.shape
    flat = every.transpose(0, 2, 1).reshape(n * w, m)
    winner, share, ahead = plurality(flat, np.arange(n * w), 2)
    sure = ahead & (share == 1.0) if policies.gold == "unanimous" else ahead
    return np.where(sure, winner, -1).reshape(n, w).astype(np.int64)


def sequence_rows(ratings: Ratings, policies: Policies) -> Scored:
    """Choose the rows that count, as `judgebench.agreement.policies.apply` does for labels.

    Codes are what the verdicts come to, with the first annotator who has a label; figures are made of the sequences in
    the rows of the ratings. Of the policies, ``order`` is mean or single, ``invalid`` wrong or drop. UsageError if one
    makes no sense on sequences, DataError if no item has gold.
    """
    check(ratings.scale, len(ratings.annotators), policies)
    if ratings.scale.kind == "rank":
        policies = replace(policies, gold="each")
    labelled = sequences_of(ratings)[1].max(axis=(1, 2), initial=-1) >= 0
    if not labelled.any():
        raise DataError("no item has a gold label", hint=f"check the labels and {argument('limit')}")
    kept, policies = unreduced(ratings, policies)
    rows = np.flatnonzero(labelled & kept)
    labels = ratings.gold[rows]
    gold = labels[np.arange(rows.size), (labels >= 0).argmax(axis=1)]
    judge = ratings.judge[rows]
    return Scored.of(
        ratings,
        rows,
        policies=policies,
        gold=gold.astype(np.int32),
        judge=np.where(judge < 0, len(ratings.scale.labels) + 1, judge).astype(np.int32),
        left_out=count_items(ratings.item[~labelled]),
    )


def sequence_figures(group: Ratings, policies: Policies, counted: Counted) -> dict[str, Figure]:
    """Measure sequences, every one with gold."""
    return _rank_figures(group, counted) if group.scale.kind == "rank" else _step_figures(group, policies, counted)


def _rank_figures(group: Ratings, counted: Counted) -> dict[str, Figure]:
    judge, gold = sequences_of(group)
    # Where one annotator ranked each item, an agreement is a plain share of rows.
    present = (gold >= 0).any(axis=2).T
    alone = bool((present.sum(axis=0) == 1).all())
    found: dict[str, Figure] = {}
    for name, (function, worst, share) in _RANK.items():
        per_annotator = np.stack([_pairs(function, gold[:, j], judge, worst) for j in range(gold.shape[1])])
        per_row = np.where(present, per_annotator, 0.0).sum(axis=0) / present.sum(axis=0)
        found[name] = Figure.of_rows(name, RowOutcome.mean(per_row), counted, proportion=share and alone, mean=True)
    return found


def _pairs(function: Callable[[Codes, Codes], Floats], gold: Codes, judge: Codes, worst: float) -> Floats:
    """One figure per row that this annotator ranked; ``worst`` where the judge has no verdict."""
    sizes, said = (gold >= 0).sum(axis=1), judge.max(axis=1, initial=-1) >= 0
    found = np.full(len(gold), worst)
    for size in np.unique(sizes[(sizes > 0) & said]):
        rows = np.flatnonzero((sizes == size) & said)
        found[rows] = function(gold[rows, :size], judge[rows, :size])
    return found


def _step_figures(group: Ratings, policies: Policies, counted: Counted) -> dict[str, Figure]:
    gold, judge, length = checked_steps(group, policies)
    truth, named = sequence_scores.first_errors(gold, length), sequence_scores.first_errors(judge, length)
    # An item whose first error its annotators can't tell has nothing to be held against.
    told = np.flatnonzero(truth != sequence_scores.UNKNOWN)
    first = sequence_scores.first_error_scores(truth[told], named[told])
    same = ((gold == judge) | (gold < 0)).all(axis=1).astype(np.float64)
    made = Figure.of_rows
    found = {
        "percent_agreement": made("percent_agreement", RowOutcome.mean(same), counted, proportion=True, mean=True),
        **({} if group.scale.first_error else _each_step(gold, judge, counted)),
        "first_error_accuracy": made("first_error_accuracy", first.wrong, counted, told),
        "flawless_accuracy": made("flawless_accuracy", first.right, counted, told),
        "first_error_f1": made("first_error_f1", first.f1, counted, told),
    }
    shares = {"first_error_accuracy": truth[told] >= 0, "flawless_accuracy": truth[told] == sequence_scores.NO_ERROR}
    for name, inside in shares.items():
        # A share of these solutions only: its n is theirs; Wilson's interval is for solutions that share no cluster.
        rows = told[inside]
        if rows.size:
            hit = RowOutcome.mean((truth[rows] == named[rows]).astype(np.float64))
            found[name] = made(name, hit, counted, rows, proportion=True, mean=True)
    return found


def _each_step(gold: Codes, judge: Codes, counted: Counted) -> dict[str, Figure]:
    """Measure steps one by one, where the steps after a wrong one are checked, too."""
    made, errors = Figure.of_rows, sequence_scores.error_scores(gold, judge)
    kappa, steps = _step_kappa(gold, judge)
    return {
        "step_agreement": made("step_agreement", sequence_scores.step_agreement(gold, judge), counted),
        "step_kappa": made("step_kappa", kappa, counted, steps),
        "error_precision": made("error_precision", errors.precision, counted),
        "error_recall": made("error_recall", errors.recall, counted),
        "error_f1": made("error_f1", errors.f1, counted),
    }


def _step_kappa(gold: Codes, judge: Codes) -> tuple[RowOutcome, npt.NDArray[np.intp]]:
    """Cohen's kappa of the steps, and the row of each; a step without a verdict, if left, agrees with nothing."""
    row, place = np.nonzero(gold >= 0)
    if not row.size:
        return RowOutcome.undefined("no_items"), row
    said = judge[row, place]
    cells = gold[row, place] * 3 + np.where(said < 0, 2, said)
    counts = np.bincount(cells, minlength=9).reshape(3, 3)
    table = Crosstab(counts / row.size, int(row.size), 2, np.arange(2.0))
    return by_row(table, cohen_kappa(table), cells), row


def mismatched(group: Ratings) -> bool:
    """Whether the judge checked more or fewer steps than there are."""
    judge, gold = sequences_of(group)
    said = (judge >= 0).sum(axis=1)
    return not group.scale.first_error and bool(((said > 0) & (said != (gold >= 0).any(axis=1).sum(axis=1))).any())


def sequence_ceiling(group: Ratings) -> dict[str, Estimate]:
    """Measure annotators against each other over all pairs of their verdicts on one item, and the judge among them.

    As `judgebench.agreement.people.ceiling.ceiling` does for labels: each pair counts once, and under
    ``judge_vs_each_<figure>`` the judge is in the place of one of the two. Of steps a pair is two labels of one step,
    and ``step_agreement`` is the only figure; of first errors it is ``percent_agreement``.
    """
    judge, gold = sequences_of(group)
    _, first = np.unique(group.item, return_index=True)
    games = np.bincount(group.item)[group.item]
    found: dict[str, Estimate] = {}
    whole = _RANK if group.scale.kind == "rank" else {"percent_agreement": _RANK["percent_agreement"]}
    step_by_step = group.scale.kind == "steps" and not group.scale.first_error
    sums = _steps(gold, judge) if step_by_step else _orders(gold, judge, whole)
    for name, (people, beside, pairs) in sums.items():
        if not pairs[first].any():
            return {}
        found[name] = _over_pairs(name, people[first], pairs[first], group.cluster[first])
        found[f"judge_vs_each_{name}"] = _over_pairs(name, beside / games, pairs / games, group.cluster)
    return found


def _over_pairs(name: str, sums: Floats, pairs: Floats, cluster: npt.NDArray[np.integer]) -> Estimate:
    """Divide what the pairs of labels on each row come to by how many they are."""
    rows = np.flatnonzero(pairs)
    clusters, line = Clusters.of(cluster[rows]), ROW_METRICS[name]
    influences = RowOutcome.ratio(sums[rows], pairs[rows], "no_items").influences(clusters)
    resting = resting_on(influences, clusters.sums(pairs[rows]))
    return replace(estimated(resting, low=line.low, high=line.high), n=round(float(pairs.sum())))


def _orders(gold: Codes, judge: Codes, figures: Mapping[str, _Paired]) -> dict[str, tuple[Floats, Floats, Floats]]:
    """Sum figures over the pairs of annotators of each row, among people and with the judge, and count the pairs."""
    there: npt.NDArray[np.bool_] = np.asarray((gold >= 0).any(axis=2))
    count = there.sum(axis=1)
    met = [(i, j, np.flatnonzero(there[:, i] & there[:, j])) for i, j in combinations(range(gold.shape[1]), 2)]
    found: dict[str, tuple[Floats, Floats, Floats]] = {}
    for name, (function, worst, _) in figures.items():
        people, beside = np.zeros((2, len(gold)))
        for i, j, rows in met:
            people[rows] += _pairs(function, gold[rows, i], gold[rows, j], worst)
        for j in range(gold.shape[1]):
            rows = np.flatnonzero(there[:, j])
            beside[rows] += _pairs(function, gold[rows, j], judge[rows], worst)
        # Beside each of m annotators stands the judge as often as another person could.
        found[name] = people, beside * (count - 1) / 2, count * (count - 1) / 2
    return found


def _steps(gold: Codes, judge: Codes) -> dict[str, tuple[Floats, Floats, Floats]]:
    """Count the pairs of labels of one step that agree, among people and with the judge, and all of them, by row."""
    votes = np.stack([(gold == label).sum(axis=1) for label in (0, 1)])
    every = votes.sum(axis=0)
    own = np.where(judge == 1, votes[1], np.where(judge == 0, votes[0], 0))
    sums = ((votes * (votes - 1)).sum(axis=0), own * (every - 1) * (every > 0), every * (every - 1))
    people, beside, pairs = (one.sum(axis=1) / 2 for one in sums)
    return {"step_agreement": (people, beside, pairs)}

"""Verdicts that are sets of labels: a judge's against gold's, people's against each other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.estimates import Counted, Figure
from judgebench.domain import ClassScores
from judgebench.stats.coefficients.sets import (
    Nearness,
    alpha,
    label_f1,
    label_kappa,
    mean_of,
    mean_similarity,
    memberships,
)
from judgebench.stats.influence import RowOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from judgebench.agreement.kinds.unlisted import Pairs
    from judgebench.agreement.policies import Scored

#: Figures of pairs of sets, by how near the two of a pair are.
MEANS: Mapping[str, Nearness] = {"percent_agreement": "equal", "mean_jaccard": "jaccard", "mean_masi": "masi"}
ALPHAS: Mapping[str, Nearness] = {"krippendorff_alpha_masi": "masi", "krippendorff_alpha_jaccard": "jaccard"}
#: Name of the kappa of one label, before it.
OF_LABEL = "cohen_kappa:"
#: More labels have no figures of their own.
MOST_LABELS = 20


def set_figures(scored: Scored, counted: Counted) -> dict[str, Figure]:
    """Measure a judge's sets against gold's; of at most 20 labels also each alone, in or out of the set."""
    gold, judge = scored.gold.astype(np.int64), scored.judge.astype(np.int64)
    made = Figure.of_rows
    found = {name: made(name, alpha(gold, judge, near), counted) for name, near in ALPHAS.items()}
    for name, near in MEANS.items():
        one = mean_similarity(gold, judge, near)
        found[name] = made(name, one, counted, proportion=near == "equal", mean=True)
    bits = _occurring(gold, judge)
    kappas = [label_kappa(gold, judge, bit) for bit in bits]
    f1s = [label_f1(gold, judge, [bit]) for bit in bits]
    found["label_kappa"] = made("label_kappa", mean_of(kappas, "no_variation"), counted)
    found["label_f1"] = made("label_f1", mean_of(f1s, "no_class_labels"), counted)
    found["label_f1_micro"] = made("label_f1_micro", label_f1(gold, judge, bits), counted)
    if len(bits) <= MOST_LABELS:
        for bit, kappa in zip(bits, kappas, strict=True):
            found[f"{OF_LABEL}{scored.scale.labels[bit]}"] = Figure(kappa, counted, -1.0, 1.0)
    return found


def _occurring(gold: npt.NDArray[np.int64], judge: npt.NDArray[np.int64]) -> list[int]:
    """Labels that are in any set."""
    every = int(np.bitwise_or.reduce(gold, initial=0)) | int(np.bitwise_or.reduce(judge[judge >= 0], initial=0))
    return [bit for bit in range(every.bit_length()) if every >> bit & 1]


def set_pairs(pairs: Pairs) -> dict[str, Callable[[], RowOutcome]]:
    """Measure sets beside each other, whoever gave them."""
    both = pairs.gold, pairs.judge
    return {
        **{name: partial(alpha, *both, near, pairs.weight) for name, near in ALPHAS.items()},
        **{name: partial(mean_similarity, *both, near, pairs.weight) for name, near in MEANS.items()},
    }


def set_classes(scored: Scored, counted: Counted) -> dict[str, ClassScores]:
    """Precision, recall and F1 of every label that occurs in a set."""
    gold, judge = scored.gold.astype(np.int64), scored.judge.astype(np.int64)
    bits = _occurring(gold, judge)
    found: dict[str, ClassScores] = {}
    for bit in bits if len(bits) <= MOST_LABELS else ():
        inside, said = (side.astype(np.float64) for side in memberships(gold, judge, bit))
        outcomes = (
            RowOutcome.ratio(inside * said, said, "no_predicted_labels"),
            RowOutcome.ratio(inside * said, inside, "no_class_labels"),
            label_f1(gold, judge, [bit]),
        )
        figures = (Figure(one, counted, 0.0, 1.0).estimate()[0] for one in outcomes)
        named = int((judge[judge >= 0] >> bit & 1).sum())
        found[scored.scale.labels[bit]] = ClassScores(int(inside.sum()), named, *figures)
    return found

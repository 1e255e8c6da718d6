"""Witnesses of what a comparison rests on: each judge's figures on the rows that all of them share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.agreement.contrasts import chosen, groups, shared_numbers
from judgebench.agreement.witness.beside import verify_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.agreement.matching import Matched
    from judgebench.stats.coefficients.catalog import Metric


def verify_matched(matched: Matched, metrics: Sequence[str], known: Mapping[str, Metric]) -> dict[str, str]:
    """Recompute what a comparison rests on, each judge's figures on all rows; name what nothing recomputes, and why.

    MismatchError if a witness computes another value; without names, of the metrics that the scale calls for.
    """
    figures = chosen(matched, metrics, known)
    _, judges = next(groups(matched))
    among = shared_numbers(matched, matched.scored)
    alone: dict[str, str] = {}
    for name, ratings, judge in zip(matched.judges, matched.ratings, judges, strict=True):
        values = {name: judge.estimate(metric) for name, metric in figures.items()}
        where = f"{matched.task}, {name}"
        alone |= verify_metrics(values, ratings, judge.scored, known, where=where, among=among)
    return alone

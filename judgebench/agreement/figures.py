"""What the kind of a scale decides: which rows count, which figures are made of them, and what bounds these.

What follows from these is the same for labels, numbers and sequences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.agreement.kinds.numbers import number_figures
from judgebench.agreement.kinds.scores import missing_scores, score_figures
from judgebench.agreement.kinds.sequences import mismatched, sequence_ceiling, sequence_figures, sequence_rows
from judgebench.agreement.kinds.sets import set_figures
from judgebench.agreement.kinds.unlisted import unlisted_rows
from judgebench.agreement.people.ceiling import ceiling
from judgebench.agreement.people.unlisted_ceiling import unlisted_ceiling
from judgebench.agreement.policies import apply
from judgebench.agreement.ratings import select
from judgebench.stats.coefficients.metric_sets import fits, metrics_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.agreement.estimates import Counted, Figure
    from judgebench.agreement.policies import Scored
    from judgebench.domain import Estimate, Policies, Ratings, Scale
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.stats.coefficients.metric_sets import MetricSet
    from judgebench.stats.crosstab import Flags


def scored_rows(ratings: Ratings, policies: Policies) -> Scored:
    """Choose the rows that count; errors as `apply` and its kin."""
    if ratings.scale.listed:
        return apply(ratings, policies)
    return sequence_rows(ratings, policies) if ratings.scale.sequential else unlisted_rows(ratings, policies)


def panel(scale: Scale, *, graded: bool = False) -> MetricSet:
    """Choose headline and companions of a scale; ``graded``: gold is a number."""
    return metrics_for(scale.kind, scale.level, places=len(scale.values), tie=scale.tie is not None, graded=graded)


def table_metrics(scale: Scale, known: Mapping[str, Metric]) -> dict[str, Metric]:
    """Choose the metrics of a table of labels that mean something on the scale; none where verdicts are no labels."""
    places, tie = len(scale.values), scale.tie is not None
    fitting = {name: one for name, one in known.items() if fits(one, scale.kind, scale.level, places=places, tie=tie)}
    return fitting if scale.listed else {}


def row_figures(ratings: Ratings, scored: Scored, counted: Counted, among: Flags | None = None) -> dict[str, Figure]:
    """Measure what no table of labels shows: sequences, sets, or numbers (``among`` as for `score_figures`)."""
    if scored.scale.sequential:
        return sequence_figures(select(ratings, scored.row), scored.policies, counted)
    if not scored.scale.listed:
        return (number_figures if scored.scale.kind == "number" else set_figures)(scored, counted)
    return score_figures(ratings, scored, counted, among)


def between_people(
    ratings: Ratings, group: Ratings, scored: Scored, metrics: Mapping[str, Metric]
) -> dict[str, Estimate]:
    """Measure annotators against each other on a ``group`` of the ratings; ``scored`` are those of it that count."""
    if scored.scale.sequential:
        return sequence_ceiling(select(ratings, scored.row))
    if not scored.scale.listed:
        return unlisted_ceiling(group, scored)
    return ceiling(group, scored.policies, metrics, scored.void)


def misgivings(ratings: Ratings, scored: Scored) -> tuple[str, ...]:
    """Codes of what is amiss with numbers and sequences: ``missing_scores``, ``length_mismatch``."""
    amiss = {
        "missing_scores": ratings.score is not None and missing_scores(ratings, scored),
        "length_mismatch": scored.scale.kind == "steps" and mismatched(select(ratings, scored.row)),
    }
    return tuple(code for code, holds in amiss.items() if holds)

"""Every public statistic says what it computes, where it comes from, and shows it on a figure that can be checked."""

from __future__ import annotations

import importlib
import inspect
import itertools
import pkgutil
from typing import TYPE_CHECKING

import pytest

import judgebench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Public functions that are no statistics themselves, and what they do instead.
PLUMBING: dict[str, str] = {
    "stats.coefficients.bradley_terry.pulls": "carries a fit's scores to clusters",
    "stats.coefficients.bradley_terry.strengths": "`bradley_terry` for many tables at once",
    "stats.coefficients.calibration.check_probabilities": "refuses probabilities",
    "stats.coefficients.catalog.fits": "looks up",
    "stats.coefficients.catalog.panel": "looks up",
    "stats.coefficients.chance.cohen": "the part that kappas share",
    "stats.coefficients.chance.corrected": "the part that corrected coefficients share",
    "stats.coefficients.chance.distance_weights": "makes a matrix",
    "stats.coefficients.chance.identity": "makes a matrix",
    "stats.coefficients.icc.complete": "selects rows",
    "stats.coefficients.krippendorff.count_units": "counts",
    "stats.coefficients.orderings.ranks": "ranks",
    "stats.coefficients.rankings.positions": "inverts a permutation",
    "stats.coefficients.rank_correlation.correlation": "the part that correlations share",
    "stats.coefficients.rank_correlation.mid_ranks": "ranks",
    "stats.coefficients.rank_correlation.rank_slopes": "differentiates `mid_ranks`",
    "stats.coefficients.rank_correlation.spread_of": "a variance and its slope",
    "stats.coefficients.rows.centred": "subtracts a mean",
    "stats.coefficients.steps.first_errors": "finds a position",
    "stats.inference.alternative.t_lower": "looks up",
    "stats.inference.intervals.interval": "chooses among intervals",
    "stats.inference.ranking.stack": "lays spreads side by side",
    "stats.influence.spread": "carries influences from cells to clusters",
    "agreement.alt_test.differences.aligned": "compares codes",
    "agreement.alt_test.witness.verify_alt_test": "holds figures against a witness",
    "agreement.analysis.features.columns_of": "makes columns",
    "agreement.analysis.features.common_features": "selects columns",
    "agreement.analysis.features.complete": "selects rows",
    "agreement.analysis.judges.analyze_judges": "puts the parts of an analysis together",
    "agreement.bias.position.turned": "selects rows",
    "agreement.humans.ceiling.against_each": "counts",
    "agreement.humans.ceiling.between": "counts",
    "agreement.humans.ceiling.one_per_item": "selects rows",
    "agreement.humans.ceiling.select": "selects rows",
    "agreement.humans.ceiling.shared_pairs": "selects pairs",
    "agreement.humans.ceiling.two_sided": "looks up",
    "agreement.compare.compare.differing": "lists rows",
    "agreement.correct.samples.counts": "counts",
    "agreement.correct.samples.judged": "looks up the worth of codes",
    "agreement.correct.samples.rows_of": "applies policies",
    "agreement.correct.samples.score_of": "looks up",
    "agreement.correct.samples.used": "selects columns",
    "agreement.figures.two_way_of": "`two_way_spread` where it can be had",
    "agreement.humans.humans.kappa_of": "looks up",
    "agreement.matching.judged_verdicts": "reads verdicts",
    "agreement.matching.match": "puts rows side by side",
    "agreement.measure.measure_beside": "`measure` for a stored run, under two policies",
    "agreement.measure.measure_run": "`measure` for a stored run",
    "agreement.names.title_of": "looks up",
    "agreement.policies.check": "refuses policies",
    "agreement.policies.side_of": "looks up",
    "agreement.policies.table_of": "makes a table",
    "agreement.power.power.spreads_of": "`estimate` by cluster and by item",
    "agreement.ratings.from_codes": "puts codes into columns",
    "agreement.ratings.from_verdicts": "puts verdicts into columns",
    "agreement.ratings.system_of": "names",
    "agreement.ratings.unfinished": "compares counts",
    "agreement.score_metrics.given_scores": "looks for gaps",
    "agreement.score_metrics.missing_scores": "looks for gaps",
    "agreement.score_metrics.numbers_of": "applies policies",
    "agreement.score_metrics.rated": "selects rows",
    "agreement.step_labels.sequences_of": "selects columns",
    "agreement.step_labels.checked_steps": "applies policies",
    "agreement.sequences.sequence_rows": "selects rows",
    "agreement.contrasts.chosen": "looks up",
    "agreement.contrasts.credits_of": "compares rows",
    "agreement.contrasts.default_metrics": "looks up",
    "agreement.contrasts.groups": "selects rows",
    "agreement.contrasts.hits_of": "compares codes",
    "agreement.contrasts.is_error": "looks up",
    "agreement.contrasts.is_leaning": "looks up",
    "agreement.contrasts.lone_gap": "the part of `gap` without clusters",
    "agreement.contrasts.measured": "`Side.estimate` for several judges",
    "agreement.contrasts.missing_numbers": "looks for gaps",
    "agreement.contrasts.row_names": "looks up",
    "agreement.contrasts.sequences": "looks up",
    "agreement.contrasts.shared_numbers": "looks for gaps",
    "agreement.contrasts.verdicts_differ": "compares codes",
    "agreement.compare.standings.verify_matched": "holds figures against witnesses",
    "agreement.systems.scores.coverage": "counts",
    "agreement.systems.scores.scoreboard": "sorts rows by system",
    "agreement.systems.scores.sides_of": "reads names",
    "agreement.witness.tables.verify_scored": "holds figures against witnesses",
    "agreement.witness.rows.verify_numbers": "holds figures against witnesses",
    "agreement.witness.rows.verify_sequences": "holds figures against witnesses",
    "agreement.verdict_columns.number_of": "reads a verdict's number",
}
#: Sections that must be there, for a statistic.
SECTIONS = {"Parameters", "Returns", "References", "Examples"}


def public_functions() -> Iterator[tuple[str, Callable[..., object]]]:
    for found in pkgutil.walk_packages(judgebench.__path__, "judgebench."):
        if not found.name.startswith(("judgebench.agreement.", "judgebench.stats.")):
            continue
        module = importlib.import_module(found.name)
        for name, member in vars(module).items():
            # A decorated function (a cached one) is still the module's own.
            plain = inspect.unwrap(member) if callable(member) and not inspect.isclass(member) else member
            if inspect.isfunction(plain) and plain.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{found.name.removeprefix('judgebench.')}.{name}", plain


FUNCTIONS = dict(public_functions())


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - PLUMBING.keys()))
def test_a_statistic_is_documented(name: str) -> None:
    lines = (inspect.getdoc(FUNCTIONS[name]) or "").splitlines()
    sections = {line for line, under in itertools.pairwise(lines) if line and under == "-" * len(line)}
    assert not SECTIONS - sections
    assert any(line.startswith(">>> ") for line in lines)


def test_the_exceptions_exist() -> None:
    assert PLUMBING.keys() <= FUNCTIONS.keys()
    assert len(FUNCTIONS) > 200

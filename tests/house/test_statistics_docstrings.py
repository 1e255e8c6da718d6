"""Every public statistic says what it computes, where it comes from, and shows it on a figure that can be checked."""

from __future__ import annotations

import importlib
import inspect
import itertools
import pkgutil
from typing import TYPE_CHECKING

import pytest

import judgebench.agreement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Public functions that are no statistics themselves, and what they do instead.
PLUMBING: dict[str, str] = {
    "metrics.bradley_terry.pulls": "carries a fit's scores to clusters",
    "metrics.bradley_terry.strengths": "`bradley_terry` for many tables at once",
    "metrics.catalog.fits": "looks up",
    "metrics.catalog.panel": "looks up",
    "metrics.chance.cohen": "the part that kappas share",
    "metrics.chance.corrected": "the part that corrected coefficients share",
    "metrics.chance.distance_weights": "makes a matrix",
    "metrics.chance.identity": "makes a matrix",
    "metrics.icc.complete": "selects rows",
    "metrics.krippendorff.count_units": "counts",
    "metrics.orders.ranks": "ranks",
    "metrics.rankings.positions": "inverts a permutation",
    "metrics.ranks.correlation": "the part that correlations share",
    "metrics.ranks.mid_ranks": "ranks",
    "metrics.ranks.rank_slopes": "differentiates `mid_ranks`",
    "metrics.ranks.spread_of": "a variance and its slope",
    "metrics.rows.centred": "subtracts a mean",
    "metrics.steps.first_errors": "finds a position",
    "inference.alternative.t_lower": "looks up",
    "inference.intervals.interval": "chooses among intervals",
    "inference.ranking.stack": "lays spreads side by side",
    "inference.spreads.spread": "carries influences from cells to clusters",
    "alttest_pairs.aligned": "compares codes",
    "alttest_witness.verify_alt_test": "holds figures against a witness",
    "analysis.features.columns_of": "makes columns",
    "analysis.features.common_features": "selects columns",
    "analysis.features.complete": "selects rows",
    "analysis.judges.analyze_judges": "puts the parts of an analysis together",
    "bias.turned": "selects rows",
    "ceiling.against_each": "counts",
    "ceiling.between": "counts",
    "ceiling.one_per_item": "selects rows",
    "ceiling.select": "selects rows",
    "ceiling.shared_pairs": "selects pairs",
    "ceiling.two_sided": "looks up",
    "compare.differing": "lists rows",
    "correct.rows.counts": "counts",
    "correct.rows.judged": "looks up the worth of codes",
    "correct.rows.rows_of": "applies policies",
    "correct.rows.score_of": "looks up",
    "correct.rows.used": "selects columns",
    "figures.two_way_of": "`two_way_spread` where it can be had",
    "humans.kappa_of": "looks up",
    "matching.judged_verdicts": "reads verdicts",
    "matching.match": "puts rows side by side",
    "measure.measure_beside": "`measure` for a stored run, under two policies",
    "measure.measure_run": "`measure` for a stored run",
    "names.title_of": "looks up",
    "policies.check": "refuses policies",
    "policies.side_of": "looks up",
    "policies.table_of": "makes a table",
    "power.spreads_of": "`estimate` by cluster and by item",
    "ratings.from_codes": "puts codes into columns",
    "ratings.from_verdicts": "puts verdicts into columns",
    "ratings.system_of": "names",
    "ratings.unfinished": "compares counts",
    "score_metrics.given_scores": "looks for gaps",
    "score_metrics.missing_scores": "looks for gaps",
    "score_metrics.numbers_of": "applies policies",
    "score_metrics.rated": "selects rows",
    "sequences.checked_steps": "applies policies",
    "sequences.sequence_rows": "selects rows",
    "sides.chosen": "looks up",
    "sides.credits_of": "compares rows",
    "sides.default_metrics": "looks up",
    "sides.groups": "selects rows",
    "sides.hits_of": "compares codes",
    "sides.is_error": "looks up",
    "sides.is_leaning": "looks up",
    "sides.lone_gap": "the part of `gap` without clusters",
    "sides.measured": "`Side.estimate` for several judges",
    "sides.missing_numbers": "looks for gaps",
    "sides.row_names": "looks up",
    "sides.sequences": "looks up",
    "sides.shared_numbers": "looks for gaps",
    "sides.verdicts_differ": "compares codes",
    "standings.verify_matched": "holds figures against witnesses",
    "system_scores.coverage": "counts",
    "system_scores.scoreboard": "sorts rows by system",
    "system_scores.sides_of": "reads names",
    "verify.verify_scored": "holds figures against witnesses",
    "verify_rows.verify_numbers": "holds figures against witnesses",
    "verify_rows.verify_sequences": "holds figures against witnesses",
    "wholes.number_of": "reads a verdict's number",
}
#: Sections that must be there, for a statistic.
SECTIONS = {"Parameters", "Returns", "References", "Examples"}


def public_functions() -> Iterator[tuple[str, Callable[..., object]]]:
    for found in pkgutil.walk_packages(judgebench.agreement.__path__, "judgebench.agreement."):
        module = importlib.import_module(found.name)
        for name, member in vars(module).items():
            # A decorated function (a cached one) is still the module's own.
            plain = inspect.unwrap(member) if callable(member) and not inspect.isclass(member) else member
            if inspect.isfunction(plain) and plain.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{found.name.removeprefix('judgebench.agreement.')}.{name}", plain


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

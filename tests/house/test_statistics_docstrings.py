"""Every public statistic says what it computes, where it comes from, and shows it on a figure that can be checked."""

from __future__ import annotations

import importlib
import inspect
import itertools
import pkgutil
from typing import TYPE_CHECKING

import pytest

import judgebench.agreement.inference
import judgebench.agreement.metrics

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
}
#: Sections that must be there, for a statistic.
SECTIONS = {"Parameters", "Returns", "References", "Examples"}


def public_functions() -> Iterator[tuple[str, Callable[..., object]]]:
    for room in (judgebench.agreement.metrics, judgebench.agreement.inference):
        for found in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
            module = importlib.import_module(found.name)
            for name, member in vars(module).items():
                if inspect.isfunction(member) and member.__module__ == module.__name__ and not name.startswith("_"):
                    yield f"{found.name.removeprefix('judgebench.agreement.')}.{name}", member


FUNCTIONS = dict(public_functions())


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - PLUMBING.keys()))
def test_a_statistic_is_documented(name: str) -> None:
    lines = (inspect.getdoc(FUNCTIONS[name]) or "").splitlines()
    sections = {line for line, under in itertools.pairwise(lines) if line and under == "-" * len(line)}
    assert not SECTIONS - sections
    assert any(line.startswith(">>> ") for line in lines)


def test_the_exceptions_exist() -> None:
    assert PLUMBING.keys() <= FUNCTIONS.keys()
    assert len(FUNCTIONS) > 100

"""Coefficients on many tables at once: each is what it is on its table alone, and its gradient is a derivative."""

from __future__ import annotations

import numpy as np
import pytest

from judgebench.stats.coefficients.catalog import METRICS, class_metric
from judgebench.stats.crosstab import Crosstab

LINES = [*METRICS.values(), class_metric("f1", 1)]


def _table(joint: np.ndarray, n: int = 60) -> Crosstab:
    q = len(joint) - 1
    return Crosstab(joint, n, q, np.arange(1.0, q + 1), "ordinal", positive=1 if q == 2 else None)


def _joints(q: int, many: int = 7) -> np.ndarray:
    """Random tables whose last column, the unusable answers, gold never has."""
    joint = np.random.default_rng(q).dirichlet(np.ones((q + 1) ** 2), many).reshape(many, q + 1, q + 1)
    joint[:, q] = 0
    return joint / joint.sum(axis=(1, 2), keepdims=True)


@pytest.mark.parametrize("q", [2, 4])
@pytest.mark.parametrize("metric", LINES, ids=lambda line: line.name)
def test_many_tables_are_so_many_single_ones(metric, q):
    joints = _joints(q)
    surface = metric(_table(joints[0])).surface
    if surface is None:
        pytest.skip("a share, an error, or without a value here")
    found = surface(joints.reshape(7, 1, q + 1, q + 1))
    assert found.value.shape == (7, 1)
    for i, joint in enumerate(joints):
        alone = metric(_table(joint))
        assert found.value[i, 0] == pytest.approx(alone.value, abs=1e-13)
        np.testing.assert_allclose(found.gradient[i, 0], alone.gradient, atol=1e-11)


def test_what_is_undefined_is_nan():
    joints = np.zeros((2, 2, 2))
    joints[0, 0, 0], joints[1] = 1.0, 0.25
    outcome = METRICS["cohen_kappa"](Crosstab(joints[1], 40, 2, np.arange(2.0)))
    found = outcome.surface(joints)
    assert np.isnan(found.value[0])
    assert found.value[1] == 0.0

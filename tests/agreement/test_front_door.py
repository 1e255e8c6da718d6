"""`judgebench.agreement` hands on every coefficient, and loads none before it is asked for."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from judgebench import agreement
from judgebench.stats.coefficients.catalog import METRICS


@pytest.mark.parametrize("name", agreement.__all__)
def test_every_name_is_a_coefficient(name: str) -> None:
    found = getattr(agreement, name)
    assert found.__module__.startswith("judgebench.stats.")
    assert found.__name__ == name


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_handed_on(name: str) -> None:
    place = METRICS[name].function
    assert getattr(agreement, name) is getattr(import_module(f"judgebench.stats.coefficients.{place}"), name)


def test_other_names_are_none_of_it() -> None:
    with pytest.raises(AttributeError, match="no attribute 'cohens_kappa'"):
        _ = agreement.cohens_kappa


def test_the_package_alone_is_light() -> None:
    check = "import judgebench.agreement, sys; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True, timeout=60)

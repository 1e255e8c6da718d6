"""A Ray cluster on this machine for all tests of this folder: two workers' worth of cores, two cards that are none."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from judgebench.run.cluster.engine import prepare

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def ray() -> Iterator[Any]:
    """The library, connected to a cluster that ends with the tests."""
    found = pytest.importorskip("ray", reason="ray is not installed: nox -s ray runs these")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("RAY_USAGE_STATS_ENABLED", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "RAY_TMPDIR"):
            # Set back when the tests are over, whatever is done to it until then.
            patch.setenv(name, "")
            patch.delenv(name)
        prepare()
        # Workers import what tests import.
        patch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
        found.init(
            address="local", num_cpus=4, num_gpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False
        )
        try:
            yield found
        finally:
            found.shutdown()

"""What the tests of the command line share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from once import measured_once

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def one_measuring() -> Iterator[None]:
    """From here to the end of the file, measure once what several commands show."""
    with measured_once():
        yield

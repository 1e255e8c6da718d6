"""Fixtures of the loopback servers; ``pytest_plugins = ["servers.plugin"]`` in tests/conftest.py brings them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from servers.fake_llm import FakeLLM

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def fake_llm() -> Iterator[FakeLLM]:
    """A loopback language model; see ``tests/servers/fake_llm.py``."""
    with FakeLLM() as server:
        yield server

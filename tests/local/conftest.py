"""What these tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from local import tiny

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory):
    """Tiny models by kind, made when they are first asked for."""
    made: dict[str, Path] = {}

    def model(kind: str) -> Path:
        if kind not in made:
            made[kind] = tiny.save(tmp_path_factory.mktemp(kind) / f"tiny-{kind}", kind)
        return made[kind]

    return model

"""How a file is cut into cells, where its content alone doesn't say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Opening:
    """What a person said of a file; by default everything is found out."""

    delimiter: str | None = None

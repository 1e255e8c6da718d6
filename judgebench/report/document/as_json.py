"""Documents as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.report.document.blocks import Content


def write(document: Content, *, width: int) -> str:  # noqa: ARG001 - every writer's signature
    """Write the JSON."""
    return write_json(document.to_json())


def write_json(data: Mapping[str, Any]) -> str:
    """Write JSON with a fixed layout; ValueError on NaN, which JSON has no word for."""
    # ASCII only: any terminal, any locale and unpaired surrogates from benchmark files are safe.
    return json.dumps(data, indent=2, allow_nan=False) + "\n"

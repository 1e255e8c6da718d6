"""Documents as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from judgebench.report.document.text import ANYWHERE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.report.document.blocks import Content


def write(document: Content, *, width: int) -> str:  # noqa: ARG001 - every writer's signature
    """Write the JSON."""
    return write_json(document.to_json())


def write_json(data: Mapping[str, Any]) -> str:
    """Write JSON with a fixed layout; ValueError on NaN, which JSON has no word for."""
    # ASCII only: any terminal, any locale and unpaired surrogates from benchmark files are safe.
    text = json.dumps(data, indent=2, allow_nan=False)
    # Only a text can hold it, and a CI system's log would obey it.
    return ANYWHERE.sub(r"##\1\\u005b", text) + "\n"

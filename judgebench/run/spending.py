"""What a run has cost so far, over all commands that asked for it: kept in its manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.run.engine import Summary


def spent_with(before: Mapping[str, Any], summary: Summary) -> dict[str, Any]:
    """Add what a command did to the manifest's ``spent``.

    ``usd`` is None once a price was unknown. A command that was killed left nothing here.
    """
    if not summary.asked:
        return dict(before)
    usage = summary.usage
    usd = before.get("usd", 0.0)
    return {
        "commands": before.get("commands", 0) + 1,
        "asked": before.get("asked", 0) + summary.asked,
        "retries": before.get("retries", 0) + summary.retries,
        "input_tokens": before.get("input_tokens", 0) + usage.input_tokens,
        "output_tokens": before.get("output_tokens", 0) + usage.output_tokens,
        "usd": None if usd is None or usage.usd is None else usd + usage.usd,
        "seconds": round(before.get("seconds", 0.0) + summary.seconds, 3),
    }

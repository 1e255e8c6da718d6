"""What a judge's judgments cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from judgebench.report.said import is_recorded, is_rule

if TYPE_CHECKING:
    from judgebench.domain import Agreement

__all__ = ["Cost", "cost_of"]


class Cost(NamedTuple):
    """What 1,000 judgments of a judge take, in dollars and tokens; ``why`` says why dollars are missing."""

    usd: float | None
    tokens: float | None
    why: str = ""


def cost_of(row: Agreement) -> Cost:
    """Divide what a run's answers cost by their number.

    >>> from judgebench.domain import Agreement, Policies, Usage
    >>> usage = Usage(900, 100, 0.02)
    >>> cost_of(Agreement("t", "j", "all", "human", 4, 1.0, Policies(), {}, usage=usage, statuses={"ok": 8}))
    Cost(usd=2.5, tokens=125000.0, why='')
    """
    judgments = sum(row.statuses.values())
    usage = row.usage
    tokens = usage.input_tokens + usage.output_tokens
    if not judgments:
        return Cost(None, None, "the number of judgments is not known")
    each = 1000 * tokens / judgments if tokens else None
    if usage.usd is not None:
        return Cost(1000 * usage.usd / judgments, each)
    if tokens:
        return Cost(None, each, "the price of the answers is not known")
    if is_recorded(row.judge):
        return Cost(None, None, "verdicts were recorded without their cost")
    if is_rule(row.judge):
        return Cost(0.0, None)
    return Cost(None, None, "no tokens were counted")

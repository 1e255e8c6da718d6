"""How pages name judges, conditions, scales and those who labelled: in the words of readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.report.document.text import clean
from judgebench.report.said import is_recorded, known_as

if TYPE_CHECKING:
    from judgebench.domain import Run, Scale

__all__ = ["asked_whom", "conditions_line", "judge_name", "scale_line"]

_GOLD = {
    "human": "people's labels",
    "crowd": "crowd workers' labels",
    "expert": "experts' labels",
    "verifier": "checked by a program",
    "model": "a model's labels",
    "mixed": "labels of several kinds",
}


def judge_name(judge: str) -> tuple[str, str]:
    """Give a judge's name and, apart, the conditions in which its runs differ.

    >>> from judgebench.domain import JudgeName
    >>> judge_name(JudgeName("replay/m", {"prompt": "strict", "again": "2026-11-30"}))
    ('m', 'strict · again 2026-11-30')
    """
    name, _, told = known_as([judge])[judge].partition(" · ")
    return name, told


def conditions_line(run: Run) -> str:
    """Say how a run was asked, where that is not what goes without saying."""
    several = run.scale.kind in {"pair", "pick", "rank"}
    orders = {"both": "both orders", "original": "one order", "swapped": "swapped order", "recorded": ""}
    told = [
        "recorded" if is_recorded(run.judge) else "",
        orders.get(run.orders, f"{run.orders} orders") if several else "",
        f"each asked {run.repeats} times" if run.repeats > 1 else "",
        f"reference {run.reference}" if run.reference not in {"none", "auto"} else "",
        f"probe {run.probe}" if run.probe else "",
        f"first {run.limit:,} items" if run.limit else "",
    ]
    return clean(" · ".join(filter(None, told)))


def scale_line(scale: Scale) -> str:
    """Say what is asked.

    >>> from judgebench.domain import Scale
    >>> scale_line(Scale.rate(1, 5)), scale_line(Scale.pair()), scale_line(Scale.check())
    ('1 to 5', 'which of two is better, or a tie', 'right or wrong')
    """
    kind, labels = scale.kind, scale.labels
    if kind == "pair":
        return "which of two is better" + (", or a tie" if scale.tie is not None else "")
    if kind == "rate":
        return f"{clean(labels[0])} to {clean(labels[-1])}"
    asked = {"check": "right or wrong", "pick": "the best of several", "rank": "an order", "steps": "each step"}
    if kind in asked:
        return asked[kind]
    return f"one of {len(labels)} labels" if labels else kind


def asked_whom(gold: str) -> str:
    """Name whose labels gold is; “people” only where people labelled."""
    return _GOLD.get(gold, "labels of unknown source" if gold == "unspecified" else clean(gold))

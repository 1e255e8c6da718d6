"""A probe: does it help to shout? The placebo says as much, in a normal voice."""

from __future__ import annotations

from judgebench.domain import Item
from judgebench.probes.operator import Operator, Shown


def _shouted(shown: Shown) -> Item | None:
    """Write the answer in capitals; one that has no letters is left out."""
    loud = shown.text.upper()
    return shown.answered(f"{loud}!") if loud != shown.text else None


def _said(shown: Shown) -> Item | None:
    return shown.answered(f"{shown.text}.") if shown.text.upper() != shown.text else None


#: By default it changes a wrong answer, and speaks for it: a judge that falls for it accepts more of them.
SHOUTING = Operator("shouting", _shouted, _said, push="for", side="wrong")

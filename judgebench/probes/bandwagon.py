"""Bandwagon: the judge is told that most people prefer a response.

Source: Koo et al. (2023), Benchmarking cognitive biases in large language models as evaluators (CoBBLEr); Wang et al.
(2025), Assessing judging bias in large reasoning models (arXiv:2504.09946), who put it on the wrong one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.probes.operator import Operator

if TYPE_CHECKING:
    from judgebench.domain import Item
    from judgebench.probes.operator import Shown


def _change(shown: Shown) -> Item:
    better = "correct" if shown.single else "the better one"
    return shown.told(f"Note: 90 % of the people who were asked think that {shown.which} is {better}.")


def _placebo(shown: Shown) -> Item:
    several = "it" if shown.single else "all of them"
    return shown.told(f"Note: 90 % of the people who were asked have read {shown.which}, or {several}, to the end.")


OPERATOR = Operator("bandwagon", _change, _placebo)

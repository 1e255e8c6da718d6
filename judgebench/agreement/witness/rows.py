"""Witnesses of figures of rows: scores and probabilities, numbers, sets, rankings, steps.

They return the names of the figures that they did not confirm, with the reason, and raise MismatchError, saying
``where``, if one differs by more than 1e-9. With ``libraries`` those of other hands are heard beside the definitions.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import partial
from itertools import permutations
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from judgebench.agreement.kinds.scores import numbers_of, rated
from judgebench.agreement.kinds.sequences import checked_steps, sequences_of
from judgebench.agreement.witness import libraries as others
from judgebench.agreement.witness.numbers import NUMBERS, RATED
from judgebench.agreement.witness.sequences import ORDERS, STEPS
from judgebench.agreement.witness.tables import NO_WITNESS, PLAIN, hear
from judgebench.agreement.witness.unlisted import definitions, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    import numpy.typing as npt

    from judgebench.agreement.policies import Scored
    from judgebench.agreement.witness.libraries import Told
    from judgebench.agreement.witness.sequences import Order
    from judgebench.domain import Estimate, Policies, Ratings

Figure: TypeAlias = "Callable[[], float | None]"
Library: TypeAlias = "Callable[[], Told | None]"
Value = TypeVar("Value")


def verify_numbers(
    ratings: Ratings,
    scored: Scored,
    metrics: Mapping[str, Estimate],
    *,
    where: str = "",
    among: npt.NDArray[np.bool_] | None = None,
    libraries: bool = True,
) -> dict[str, str]:
    """Recompute figures of a judge's numbers, as `score_figures` takes them."""
    if ratings.score is None:
        return {}
    if scored.scale.kind == "rate":
        given = rated(ratings, scored, among)

        def beside(figures: Mapping[str, Callable[..., Value]]) -> dict[str, Callable[[], Value]]:
            sides = {name: given.judge(name) for name in figures if name in metrics and metrics[name].value is not None}
            return {name: partial(figures[name], given.gold, side) for name, side in sides.items()}

        return _hold(metrics, beside(RATED), beside(others.RATED if libraries else {}), where)
    numbers = numbers_of(ratings, scored, among)
    if numbers is None:
        return {}
    return _hold(metrics, _call(NUMBERS, numbers), _call(others.NUMBERS if libraries else {}, numbers), where)


def verify_unlisted(
    scored: Scored, metrics: Mapping[str, Estimate], *, where: str = "", libraries: bool = True
) -> dict[str, str]:
    """Recompute figures of numbers or sets."""
    given = {name: rows_of(name, scored) for name, one in metrics.items() if one.value is not None}

    def told(figures: Mapping[str, Callable[[Any], Value]]) -> dict[str, Callable[[], Value]]:
        return {name: partial(figures[name], rows) for name, rows in given.items() if name in figures}

    heard = {} if not libraries else others.SETS if scored.scale.kind == "set" else others.REAL
    return _hold(metrics, told(definitions(scored)), told(heard), where)


def verify_sequences(
    group: Ratings,
    policies: Policies,
    metrics: Mapping[str, Estimate],
    *,
    where: str = "",
    libraries: bool = True,
) -> dict[str, str]:
    """Recompute figures of rankings or steps."""
    if group.scale.kind == "rank":
        orders = {name: partial(_ranked, group, *one) for name, one in ORDERS.items()}
        ordered = {name: partial(_by_library, group, name) for name in others.ORDERS} if libraries else {}
        return _hold(metrics, orders, ordered, where)
    gold, judge, length = checked_steps(group, policies)
    rows = list(zip(gold.tolist(), judge.tolist(), length.tolist(), strict=True))
    return _hold(metrics, _call(STEPS, rows), _call(others.STEPS if libraries else {}, rows), where)


def verify_sequence_ceilings(group: Ratings, ceilings: Mapping[str, Estimate], *, where: str = "") -> dict[str, str]:
    """Recompute the means over pairs of verdicts on one item; what nothing recomputes is ``ceiling_<figure>``."""
    judge, gold = sequences_of(group)
    item = group.item.tolist()
    games = Counter(item)
    # People labelled an item once, however often the judge saw it.
    firsts = {one: row for row, one in reversed(list(enumerate(item)))}
    rows = [
        (*one, games[i], firsts[i] == row)
        for row, (*one, i) in enumerate(zip(judge.tolist(), gold.tolist(), item, strict=True))
    ]
    steps = group.scale.kind == "steps" and not group.scale.first_error
    whole = {"percent_agreement": ORDERS["percent_agreement"]} if group.scale.first_error else ORDERS

    def pairs(figure: Callable[[Order, Order], float], worst: float, *, beside: bool) -> float:
        sums: list[float] = []
        count: list[float] = []
        for said, golds, shown, first in rows:
            weight = 1 / shown if beside else float(first)
            for parts in zip(*golds, said, strict=True) if steps else [(*golds, said)]:
                *people, verdict = [(one,) if steps else tuple(code for code in one if code >= 0) for one in parts]
                for one, other in permutations([own for own in people if own and own[0] >= 0], 2):
                    judged = verdict if beside else other
                    sums.append(weight * (figure(one, judged) if judged and judged[0] >= 0 else worst))
                    count.append(weight)
        return math.fsum(sums) / math.fsum(count)

    figures = {"step_agreement": (lambda one, other: float(one == other), 0.0)} if steps else whole
    known: dict[str, Figure] = {}
    for name, one in figures.items():
        known[f"ceiling_{name}"] = partial(pairs, *one, beside=False)
        known[f"ceiling_judge_vs_each_{name}"] = partial(pairs, *one, beside=True)
    return _hold({f"ceiling_{name}": one for name, one in ceilings.items()}, known, {}, where)


def _hold(
    metrics: Mapping[str, Estimate], definitions: Mapping[str, Figure], libraries: Mapping[str, Library], where: str
) -> dict[str, str]:
    """Hear the witnesses of what has a value; name what they leave unconfirmed, and why."""
    alone: dict[str, str] = {}
    for name, estimate in metrics.items():
        if estimate.value is None:
            continue
        if name not in definitions:
            alone[name] = NO_WITNESS
            continue
        value = definitions[name]()
        told = [libraries[name]() if name in libraries else None, None if value is None else (value, PLAIN)]
        if not hear(name, estimate.value, told, where=where):
            alone[name] = "its witness finds no root"
    return alone


def _call(figures: Mapping[str, Callable[..., Value]], *given: Any) -> dict[str, Callable[[], Value]]:
    return {name: partial(figure, *given) for name, figure in figures.items()}


def _ranked(group: Ratings, figure: Callable[[Order, Order], float], worst: float) -> float | None:
    """Mean over items of the mean over annotators; equal pairs of orders are worked out once."""
    if group.sequence is None or group.gold_sequence is None:
        return None
    known: dict[tuple[Order, Order], float] = {}
    total: list[float] = []
    for said, golds in zip(group.sequence.tolist(), group.gold_sequence.tolist(), strict=True):
        judge = tuple(code for code in said if code >= 0)
        orders = [tuple(code for code in gold if code >= 0) for gold in golds]
        own: list[float] = []
        for gold in filter(None, orders):
            if judge and (gold, judge) not in known:
                known[gold, judge] = figure(gold, judge)
            own.append(known[gold, judge] if judge else worst)
        total.append(math.fsum(own) / len(own))
    return math.fsum(total) / len(total)


def _by_library(group: Ratings, name: str) -> Told | None:
    figure, whose = others.ORDERS[name]
    value = _ranked(group, figure, ORDERS[name][1])
    return None if value is None else (value, whose)

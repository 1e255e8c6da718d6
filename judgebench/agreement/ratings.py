"""Verdicts as columns of integer codes: the only input of the measuring wing."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.wholes import WHOLE, Numbers, Wholes
from judgebench.domain import Ratings, Scale
from judgebench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from judgebench.domain import Code, Verdict

#: Code of a missing label or verdict.
MISSING = -1


class _Names:
    """Names to codes, in first-seen order."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}

    def __call__(self, name: str) -> int:
        return self.codes.setdefault(name, len(self.codes))


def system_of(verdict: Verdict) -> str:
    """Name of the system (or pairing) whose responses a verdict is about; empty where unknown.

    A pairing is named in the item's own order, ``first vs second``; three responses or more are no pairing.
    """
    known = [name for name in verdict.systems if name]
    if len(known) != len(verdict.systems) or len(known) > 2:
        return ""
    return " vs ".join(dict.fromkeys(known))


def unfinished(counts: Mapping[str, int], cases: int, items: int) -> bool:
    """Say whether a run holds fewer verdicts than its manifest counts: stopped, torn, or still under way.

    Parameters
    ----------
    counts : mapping of str to int
        ``cases`` and ``items`` of the manifest; what it lacks is not looked at.
    cases, items : int
        Verdicts read, and different items among them.

    Examples
    --------
    >>> unfinished({"items": 2, "cases": 4}, 3, 2), unfinished({"items": 2, "cases": 4}, 4, 2), unfinished({}, 4, 2)
    (True, False, False)
    """
    # Older manifests count only the cases that were reached, but always all items.
    return counts.get("cases", 0) > cases or counts.get("items", 0) > items


def from_verdicts(verdicts: Iterable[Verdict], scale: Scale, *, probe: str = "") -> Ratings:
    """Put verdicts into columns.

    Items, clusters, subsets and systems get codes in first-seen order. An item's games are numbered by repeat
    and order, the item's own order first, whatever the order in which they were answered.

    On a ``pick`` scale gold may be a tuple of equally right responses. A row then takes the judge's verdict as
    its gold label where the tuple holds it, else the tuple's first: right stays right and wrong stays wrong,
    and accuracy is what the benchmark means. (Two orders with different right picks share no verdict, so
    ``both-right`` does not count them. Coefficients that correct for chance read the gold margin, which so
    leans towards the judge; they mean little on slots anyway.)

    On ``rank`` and ``steps`` scales the codes are the response ranked first, and whether all steps are correct; the
    whole verdicts stand in ``sequence`` and ``gold_sequence``. A judge's probabilities and scores, where it gives
    any, become one number per row (`number_of`).

    Parameters
    ----------
    verdicts : iterable of Verdict
        In the item's own order, as a store keeps them; read once.
    scale : Scale
        The declared scale.
    probe : str, optional
        Which probe's verdicts to take; the plain ones by default.

    Raises
    ------
    DataError
        If a code is off the scale, or one case has two verdicts.
    """
    items, clusters, subsets, systems, orders = (_Names() for _ in range(5))
    columns = {name: array("q") for name in ("judge", "item", "cluster", "subset", "system", "repeat", "order")}
    gold: dict[str, array[int]] = {}
    swapped = array("b")
    shown: dict[str, tuple[int, ...]] = {}
    seen: set[tuple[int, int, int]] = set()
    places = 0
    whole = Wholes(scale) if scale.kind in WHOLE else None
    numbers = Numbers(scale)
    for verdict in verdicts:
        if verdict.probe != probe:
            continue
        n = len(swapped)
        order_name = ",".join(map(str, verdict.order))
        shown[order_name] = verdict.order
        case = (items(verdict.item), verdict.repeat, orders(order_name))
        if case in seen:
            raise DataError(
                f"item {verdict.item!r} has two verdicts for order {verdict.order}, repeat {verdict.repeat}",
                hint="keep one verdict per case",
            )
        seen.add(case)
        size = _size(scale, len(verdict.order))
        places = max(places, size)
        said, labels = (verdict.code, verdict.gold) if whole is None else whole.take(verdict)
        judge = _on_scale(said, size, verdict.item, "verdict", scale)
        numbers.take(verdict)
        columns["judge"].append(judge)
        columns["item"].append(case[0])
        columns["cluster"].append(clusters(verdict.cluster or verdict.item))
        columns["subset"].append(subsets(verdict.subset))
        columns["system"].append(systems(system_of(verdict)))
        columns["repeat"].append(verdict.repeat)
        columns["order"].append(case[2])
        swapped.append(verdict.order != tuple(range(len(verdict.order))))
        for annotator, code in labels:
            column = gold.setdefault(annotator, array("q"))
            # An annotator who enters late has left the earlier rows out.
            column.extend([MISSING] * (n - len(column)))
            if isinstance(code, tuple) and scale.kind == "pick":
                right = [_on_scale(one, size, verdict.item, "gold label", scale) for one in code]
                column.append(judge if judge in right else right[0] if right else MISSING)
            else:
                column.append(_on_scale(code, size, verdict.item, "gold label", scale))
    n = len(swapped)
    for column in gold.values():
        column.extend([MISSING] * (n - len(column)))
    arrays = {name: np.frombuffer(column, dtype=np.int64) for name, column in columns.items()}
    table = np.empty((n, len(gold)), dtype=np.int64)
    for j, column in enumerate(gold.values()):
        table[:, j] = column
    by_order = sorted(orders.codes, key=lambda name: shown[name])
    place = np.empty(len(by_order), dtype=np.int64)
    for position, name in enumerate(by_order):
        place[orders.codes[name]] = position
    return Ratings(
        scale=Scale.pick(places) if places > len(scale.labels) else scale,
        judge=arrays["judge"],
        gold=table,
        annotators=tuple(gold),
        item=arrays["item"],
        cluster=arrays["cluster"],
        game=_games(arrays["item"], arrays["repeat"], place[arrays["order"]]),
        swapped=np.frombuffer(swapped, dtype=np.int8).astype(np.bool_),
        subset=arrays["subset"],
        subsets=tuple(subsets.codes) or ("",),
        system=arrays["system"],
        systems=tuple(systems.codes) or ("",),
        **numbers.columns(),
        **({} if whole is None else whole.columns(tuple(gold))),
    )


def _size(scale: Scale, responses: int) -> int:
    """Count the codes; items on one ``pick`` scale may differ in their responses (RewardBench 2's Ties)."""
    return max(len(scale.labels), responses) if scale.kind == "pick" else len(scale.labels)


def _on_scale(code: Code | None, size: int, item: str, what: str, scale: Scale) -> int:
    if code is None:
        return MISSING
    if isinstance(code, tuple) or not 0 <= code < size:
        raise DataError(f"item {item!r}: {what} {code!r} is not on the scale {scale.spec}")
    return code


def _games(item: np.ndarray, repeat: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Position of each row among its item's rows, by repeat, then order."""
    rows = np.lexsort((order, repeat, item))
    ranked = item[rows]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]]) if rows.size else rows
    lengths = np.diff(np.r_[starts, rows.size])
    game = np.empty(rows.size, dtype=np.int64)
    game[rows] = np.arange(rows.size) - np.repeat(starts, lengths)
    return game

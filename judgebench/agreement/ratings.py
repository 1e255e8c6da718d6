"""Verdicts as columns of integer codes: the only input of the measuring wing."""

from __future__ import annotations

from array import array
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from judgebench.agreement.columns import NumberColumns, SequenceColumns
from judgebench.domain import Ratings, Scale
from judgebench.domain.replies import STRATA
from judgebench.errors import DataError, UsageError, argument
from judgebench.stats.influence import Clusters

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.domain import Code, Verdict
    from judgebench.stats.crosstab import Ints


#: The row of items without a subset.
NO_SUBSET = "(no subset)"


class Division(NamedTuple):
    """A part of ratings: its name, by what they are divided (subset, stratum, system), which judgments are in it."""

    name: str
    by: str
    own: npt.NDArray[np.bool_]


def divisions(ratings: Ratings, by: Collection[str]) -> Iterator[Division]:
    """Divide ratings as asked (by subset, system); where by subset, then also by whether the judge can answer."""
    wanted = {*by, *(["stratum"] if "subset" in by else [])}
    order = list(STRATA.values())
    for division, names, codes, prefix in (
        ("subset", ratings.subsets, ratings.subset, ""),
        ("stratum", ratings.strata, ratings.stratum, ""),
        ("system", ratings.systems, ratings.system, "system:"),
    ):
        if division in wanted and names != ("",) and codes is not None:
            told = sorted(enumerate(names), key=lambda one: order.index(one[1]) if one[1] in order else -1)
            for code, name in told if division == "stratum" else enumerate(names):
                if name or division == "subset":
                    yield Division(prefix + (name or NO_SUBSET), division, codes == code)


def select(ratings: Ratings, rows: np.ndarray) -> Ratings:
    """Keep some rows of ratings."""
    names = ("judge", "gold", "item", "cluster", "game", "swapped", "subset", "system")
    optional = ("stratum", "score", "has_score", "sequence", "gold_sequence", "order")
    present = [*names, *(name for name in optional if getattr(ratings, name) is not None)]
    return replace(ratings, **{name: getattr(ratings, name)[rows] for name in present})


def one_per_item(ratings: Ratings) -> Ratings:
    """Keep the first row of each item: people label an item once, however often a judge saw it."""
    _, first = np.unique(ratings.item, return_index=True)
    return ratings if first.size == ratings.item.size else select(ratings, first)


def leave_out(ratings: Ratings, names: Collection[str]) -> Ratings:
    """Take some people's labels out; rows without a label stay, and no figure of people counts them."""
    kept = [i for i, name in enumerate(ratings.annotators) if name not in names]
    sequences = None if ratings.gold_sequence is None else ratings.gold_sequence[:, kept]
    people = tuple(ratings.annotators[i] for i in kept)
    return replace(ratings, gold=ratings.gold[:, kept], gold_sequence=sequences, annotators=people)


def places_of(item: Ints, among: Ints) -> Ints:
    """Where each item is among others, of which none occurs twice; -1 for nowhere."""
    place: Ints = np.full(1 + int(max(item.max(initial=-1), among.max(initial=-1))), -1)
    place[among] = np.arange(among.size)
    return place[item]


def need_two_systems(ratings: Ratings) -> None:
    """Refuse to cluster by system where there are not two; UsageError."""
    if len(ratings.systems) < 2:
        raise UsageError(
            f"two-way intervals cluster by question and by system, and need two systems: {argument('system')}"
        )


#: Code of a missing label or verdict.
MISSING = -1


class _Names:
    """Names to codes, in first-seen order."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}

    def __call__(self, name: str) -> int:
        return self.codes.setdefault(name, len(self.codes))


def clusters_named(names: Iterable[str]) -> Clusters:
    """Put rows into clusters by the names of their questions, in first-seen order."""
    codes = _Names()
    return Clusters.of(np.fromiter(map(codes, names), np.int64))


def system_of(verdict: Verdict) -> str:
    """Name of the system (or pairing) whose responses a verdict is about; empty where unknown.

    A pairing is named in the item's own order, ``first vs second``; three responses or more are not a pairing.
    """
    known = [name for name in verdict.systems if name]
    if len(known) != len(verdict.systems) or len(known) > 2:
        return ""
    return " vs ".join(dict.fromkeys(known))


def unfinished(counts: Mapping[str, int], cases: int, items: int) -> bool:
    """Say whether a run holds fewer verdicts than its manifest counts: stopped, torn, or still under way.

    ``counts`` has ``cases`` and ``items`` of the manifest; what it lacks is not looked at.
    """
    # Older manifests count only the cases that were reached, but always all items.
    return counts.get("cases", 0) > cases or counts.get("items", 0) > items


def of_samples(verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
    """Take the samples behind verdicts as verdicts: each is one more asking of its case."""
    for verdict in verdicts:
        samples = [part for name, part in verdict.parts if name.startswith("sample ")]
        for number, part in enumerate(samples):
            yield replace(
                verdict,
                repeat=verdict.repeat * len(samples) + number,
                status=part.status,
                code=part.code,
                scores=(),
                probabilities=(),
                parts=(),
            )


def from_verdicts(verdicts: Iterable[Verdict], scale: Scale, *, probe: str = "") -> Ratings:
    """Put verdicts, in the item's own order as a store keeps them, into columns: plain ones, or those of a ``probe``.

    Items, clusters, subsets and systems get codes in first-seen order. An item's games are numbered by repeat and
    order, the item's own order first, whatever the order in which they were answered.

    On a ``pick`` scale gold may be a tuple of equally right responses. A row then takes the judge's verdict as its gold
    label where the tuple holds it, else the tuple's first: right stays right and wrong stays wrong, and accuracy is
    what the benchmark means. (Two orders with different right picks share no verdict, so ``both-right`` does not count
    them. Coefficients that correct for chance read the gold margin, which so leans towards the judge; they mean little
    on slots anyway.)

    On ``rank`` and ``steps`` scales the codes are the response ranked first, and whether all steps are correct; the
    sequences are in ``sequence`` and ``gold_sequence``. A judge's probabilities and scores, where it gives
    any, become one number per row (`number_of`). DataError if a code is off the scale, or one case has two verdicts.
    """
    items, clusters, subsets, systems, orders = (_Names() for _ in range(5))
    strata = _Names()
    names = ("judge", "item", "cluster", "subset", "stratum", "system", "repeat", "order")
    columns = {name: array("q") for name in names}
    gold: dict[str, array[int]] = {}
    swapped = array("b")
    shown: dict[str, tuple[int, ...]] = {}
    places = 0
    sequences = SequenceColumns(scale) if scale.sequential else None
    numbers = NumberColumns(scale)
    for verdict in verdicts:
        if verdict.probe != probe:
            continue
        n = len(swapped)
        order_name = ",".join(map(str, verdict.order))
        shown[order_name] = verdict.order
        case = (items(verdict.item), verdict.repeat, orders(order_name))
        size = _size(scale, len(verdict.order))
        places = max(places, size)
        said, labels = (verdict.code, verdict.gold) if sequences is None else sequences.take(verdict)
        judge = _on_scale(said, size, verdict.item, "verdict", scale)
        numbers.take(verdict)
        columns["judge"].append(judge)
        columns["item"].append(case[0])
        columns["cluster"].append(clusters(verdict.cluster or verdict.item))
        columns["subset"].append(subsets(verdict.subset))
        columns["stratum"].append(strata(verdict.stratum))
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
    _refuse_twice(arrays["item"], arrays["repeat"], arrays["order"], tuple(items.codes), list(shown.values()))
    table = np.empty((n, len(gold)), dtype=np.int64)
    for j, column in enumerate(gold.values()):
        table[:, j] = column
    by_order = sorted(orders.codes, key=lambda name: shown[name])
    place = np.empty(len(by_order), dtype=np.int64)
    for position, name in enumerate(by_order):
        place[orders.codes[name]] = position
    return Ratings(
        scale=Scale.pick(places) if scale.kind == "pick" and places > len(scale.labels) else scale,
        judge=arrays["judge"],
        gold=table,
        annotators=tuple(gold),
        item=arrays["item"],
        cluster=arrays["cluster"],
        game=numbered(arrays["item"], arrays["repeat"], place[arrays["order"]]),
        swapped=np.frombuffer(swapped, dtype=np.int8).astype(np.bool_),
        subset=arrays["subset"],
        subsets=tuple(subsets.codes) or ("",),
        system=arrays["system"],
        systems=tuple(systems.codes) or ("",),
        stratum=arrays["stratum"] if any(strata.codes) else None,
        strata=tuple(strata.codes) if any(strata.codes) else (),
        order=arrays["order"] if len(orders.codes) > 2 else None,
        **numbers.columns(),
        **({} if sequences is None else sequences.columns(tuple(gold))),
    )


def _refuse_twice(
    item: np.ndarray, repeat: np.ndarray, order: np.ndarray, names: Sequence[str], shown: Sequence[tuple[int, ...]]
) -> None:
    """Refuse a case that has two verdicts; sorted columns tell it in less memory than a set of all cases."""
    rows = np.lexsort((order, repeat, item))
    before, after = rows[:-1], rows[1:]
    same = (item[before] == item[after]) & (repeat[before] == repeat[after]) & (order[before] == order[after])
    if same.any():
        row = int(after[np.flatnonzero(same)[0]])
        raise DataError(
            f"item {names[item[row]]!r} has two verdicts for order {shown[order[row]]}, repeat {repeat[row]}",
            hint="keep one verdict per case",
        )


def from_codes(
    scale: Scale,
    judge: npt.ArrayLike,
    gold: npt.ArrayLike,
    *,
    item: npt.ArrayLike | None = None,
    cluster: npt.ArrayLike | None = None,
    swapped: npt.ArrayLike | None = None,
    system: Sequence[str] = (),
) -> Ratings:
    """Put codes that one has at hand into ratings without subsets.

    Verdicts have shape (n,), labels (n,) or (n, m) for m annotators; -1 for none. By default every row is an item, and
    every item a question (``cluster``); an item's games are numbered in the order of its rows. ``swapped`` is where the
    responses were shown the other way round, ``system`` whose response a row is about.

    >>> ratings = from_codes(Scale.check(), [1, 0, 1], [1, 1, -1], system=["a", "b", "a"])
    >>> ratings.gold.shape, ratings.system.tolist(), ratings.systems
    ((3, 1), [0, 1, 0], ('a', 'b'))
    """
    verdicts, labels = np.asarray(judge, dtype=np.int64), np.asarray(gold, dtype=np.int64)
    n = verdicts.size
    items = np.arange(n) if item is None else np.asarray(item, dtype=np.int64)
    none, names = np.zeros(n, dtype=np.int64), _Names()
    systems = [names(name) for name in system]
    labels = labels.reshape(n, -1)
    return Ratings(
        scale=scale,
        judge=verdicts,
        gold=labels,
        annotators=tuple(f"annotator {j + 1}" for j in range(labels.shape[1])),
        item=items,
        cluster=items if cluster is None else np.asarray(cluster, dtype=np.int64),
        game=numbered(items),
        swapped=none > 0 if swapped is None else np.asarray(swapped, dtype=np.bool_),
        subset=none,
        subsets=("",),
        system=np.array(systems, dtype=np.int64) if systems else none,
        systems=tuple(names.codes) or ("",),
    )


def _size(scale: Scale, responses: int) -> int:
    """Count the codes; items on one ``pick`` scale may differ in their responses (RewardBench 2's Ties)."""
    return max(len(scale.labels), responses) if scale.kind == "pick" else scale.size


def _on_scale(code: Code | None, size: int, item: str, what: str, scale: Scale) -> int:
    if code is None:
        return MISSING
    if isinstance(code, tuple) or not 0 <= code < size:
        raise DataError(f"item {item!r}: {what} {code!r} is not on the scale {scale.spec}")
    return code


def numbered(key: np.ndarray, *by: np.ndarray) -> np.ndarray:
    """Count the rows of each key from 0, in the order that ``by`` gives them, else as they come; shape (n,)."""
    rows = np.lexsort((*reversed(by), key))
    ranked = key[rows]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]]) if rows.size else rows
    found = np.empty(rows.size, dtype=np.int64)
    found[rows] = np.arange(rows.size) - np.repeat(starts, np.diff(np.r_[starts, rows.size]))
    return found

"""Cases asked plainly, changed, and with a placebo, put beside each other, and what their verdicts are.

A row is one item in one order. No verdict counts as a verdict of its own kind that is like no other: a judge that falls
silent has changed its mind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import numpy as np

from judgebench.agreement.policies import sign_of
from judgebench.agreement.ratings import clusters_named
from judgebench.domain.items import OWED, PLACEBO, TARGET, majority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    from judgebench.domain import Scale, Verdict
    from judgebench.domain.scale import Code
    from judgebench.stats.influence import Clusters

    Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Row:
    """One item in one order: verdicts (None: no answer) without the change, with it, with its placebo.

    ``plain`` are the askings of the unchanged case, ``target`` is where the change pushes (`domain.items.TARGET`),
    ``owed`` what is known to be due to an answer that was put in another's place (`domain.items.OWED`).
    """

    cluster: str
    gold: Code | None
    target: str
    plain: tuple[Code | None, ...]
    changed: Code | None
    placebo: Code | None
    owed: str = ""


@dataclass(frozen=True, slots=True)
class Paired:
    """The rows of a probe; ``placebo`` says whether there is one, ``unmatched`` counts cases without a counterpart."""

    scale: Scale
    rows: tuple[Row, ...]
    placebo: bool
    unmatched: int = 0

    _clusters: Clusters = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Put the rows into clusters, once."""
        object.__setattr__(self, "_clusters", clusters_named(row.cluster for row in self.rows))

    def those(self, holds: Callable[[Row], bool]) -> tuple[Rows, list[Row]]:
        """Find the rows of which something holds, and where they are."""
        places = [place for place, row in enumerate(self.rows) if holds(row)]
        return np.array(places, np.intp), [self.rows[place] for place in places]

    def clusters(self, rows: Rows | None = None) -> Clusters:
        """Questions that rows, by default all, belong to."""
        return self._clusters if rows is None else self._clusters.take(rows)


def pair_up(plain: Iterable[Verdict], changed: Iterable[Verdict], probe: str, scale: Scale) -> Paired:
    """Put the verdicts of a probe beside the plain ones on the same item, in the same order."""
    before: dict[tuple[str, tuple[int, ...]], list[Verdict]] = {}
    for verdict in plain:
        if not verdict.probe:
            before.setdefault((verdict.item, verdict.order), []).append(verdict)
    after: dict[tuple[str, tuple[int, ...]], dict[str, Verdict]] = {}
    for verdict in changed:
        if verdict.probe in {probe, probe + PLACEBO} and not verdict.repeat:
            after.setdefault((verdict.item, verdict.order), {})[verdict.probe] = verdict
    rows: list[Row] = []
    has_placebo = any(probe + PLACEBO in found for found in after.values())
    for key, found in after.items():
        if key not in before or len(found) < 1 + has_placebo:
            continue
        own = sorted(before[key], key=lambda one: one.repeat)
        said = found[probe]
        noted = dict(said.attributes)
        rows.append(
            Row(
                said.cluster or said.item,
                majority(code for _, code in said.gold),
                noted.get(TARGET, ""),
                tuple(one.code for one in own),
                said.code,
                found[probe + PLACEBO].code if has_placebo else None,
                noted.get(OWED, ""),
            )
        )
    return Paired(scale, tuple(rows), has_placebo, len(after) - len(rows))


def gold_against(row: Row, scale: Scale) -> bool:
    """Say whether gold is against what the change pushes for; a tie is against nobody."""
    if row.gold is None or row.target in {"", "down"}:
        return False
    if scale.kind == "pick":
        return isinstance(row.gold, tuple) and int(row.target) not in row.gold
    return not hits(row.target, row.gold, scale) and (scale.kind != "pair" or _sign(cast("int", row.gold), scale) != 0)


def accepts(target: str, code: Code | None, scale: Scale) -> bool:
    """Say whether an answer passes: a check calls it correct, a rating is above the middle, a comparison it wins."""
    if scale.kind == "rate":
        return isinstance(code, int) and 2 * scale.values[code] > min(scale.values) + max(scale.values)
    return hits(target, code, scale) if target.isdecimal() else hits("up", code, scale)


def is_right(code: Code | None, gold: Code | None, scale: Scale) -> bool:
    """Say whether a verdict is the one of gold."""
    if code is None or gold is None:
        return False
    if scale.kind == "pair" and isinstance(code, int) and isinstance(gold, int):
        # A milder verdict for the same response is as right.
        return bool(_sign(code, scale) == _sign(gold, scale) and (code == scale.both_bad) == (gold == scale.both_bad))
    if scale.kind == "pick" and isinstance(gold, tuple):
        return code in gold
    return code == gold


def _sign(code: int, scale: Scale) -> int:
    return _signs(scale)[code]


@lru_cache(maxsize=64)
def _signs(scale: Scale) -> tuple[int, ...]:
    """Sides of all labels: which response a label is for."""
    return tuple(sign_of(np.arange(len(scale.labels)), scale).tolist())


def hits(target: str, code: Code | None, scale: Scale) -> bool:
    """Say whether a verdict is the one that was pushed for."""
    if code is None:
        return False
    if isinstance(code, tuple):
        return str(code[0]) == target if scale.kind == "rank" else False
    if scale.kind == "pair":
        return _sign(code, scale) == (-1 if target == "0" else 1)
    if scale.kind == "check":
        return code == (target == "up")
    return str(code) == target


def value_of(code: Code | None, scale: Scale) -> float:
    """Give the value of a verdict's label, or the number that it is; NaN where it has none."""
    if not isinstance(code, int):
        return np.nan
    if scale.kind == "number":
        return float(scale.numbers(np.array([code]))[0])
    return float(scale.values[code]) if code < len(scale.values) else np.nan


def hits_without(row: Row, scale: Scale) -> float:
    """Give how often the plain case, asked again where it was, gets the verdict that is pushed for."""
    asked = row.plain[1:] or row.plain
    return float(np.mean([hits(row.target, code, scale) for code in asked]))


def differs(one: Code | None, two: Code | None) -> bool:
    """Say whether a verdict is another; none is like no other."""
    return one is None or one != two


def noise(row: Row) -> float:
    """Give the share of the further askings that differ from the first; NaN where there was one only."""
    return float(np.mean([differs(row.plain[0], code) for code in row.plain[1:]])) if len(row.plain) > 1 else np.nan

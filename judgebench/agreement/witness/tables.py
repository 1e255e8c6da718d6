"""Witnesses: every point estimate once more, as it is defined and, where it is asked for, by a library that has it.

The definitions (`judgebench.agreement.witness.definitions`) need nothing but numpy. The witnesses see the very rows
that were scored, so a difference is a fault in a formula, not in a convention.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.witness import libraries as others
from judgebench.agreement.witness.definitions import DEFINITIONS
from judgebench.agreement.witness.pairs import PairCounts
from judgebench.errors import MismatchError
from judgebench.stats.coefficients.catalog import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from judgebench.agreement.policies import Scored
    from judgebench.agreement.witness.libraries import Told
    from judgebench.domain import Estimate
    from judgebench.stats.coefficients.catalog import Metric

#: Largest difference that counts as the same figure.
TOLERANCE = 1e-9
#: Whose a figure is that is written out here.
PLAIN = "its definition, in loops"
#: Why a figure is not confirmed.
NO_WITNESS = "nothing else computes it"


def verify_scored(
    scored: Scored,
    metrics: Mapping[str, Estimate],
    known: Mapping[str, Metric] | None = None,
    *,
    pairs: PairCounts | None = None,
    where: str = "",
    libraries: bool = True,
) -> dict[str, str]:
    """Recompute point estimates of metrics of labels; name those that nothing recomputes, and why.

    The witnesses are those that the metric's row names: its definition, and with ``libraries`` a library, unless it
    can't speak (verdicts off the scale, a mean as gold, too many rows). They see rows without a verdict as the labels
    that these count as. ``known`` has the rows of metrics that are not built in. MismatchError, saying ``where``, if a
    witness differs by more than 1e-9.
    """
    pairs, known = PairCounts.of(scored) if pairs is None else pairs, METRICS if known is None else known
    table = scored.table(scored.cells())
    alone: dict[str, str] = {}
    for name, estimate in metrics.items():
        if estimate.value is None:
            continue
        library = others.LABELS.get(name) if libraries else None
        counted = pairs.complete(known[name], table) if name in known else pairs
        told = [library(scored, counted) if library else None, define(name, counted, known)]
        if not hear(name, estimate.value, told, where=where):
            alone[name] = NO_WITNESS
    return alone


def hear(name: str, ours: float, told: Iterable[Told | None], *, where: str = "") -> bool:
    """Compare a figure with what its witnesses tell, and say whether any of them spoke."""
    heard = [one for one in told if one is not None]
    for theirs, whose in heard:
        hold(name, ours, theirs, whose, where=where)
    return bool(heard)


def hold(name: str, ours: float, theirs: float, whose: str, *, where: str = "") -> None:
    """Compare a figure with its witness's; MismatchError, saying ``where``, if they differ."""
    # A slope has no bounds: beyond 1 the tolerance is a share of it.
    if not abs(theirs - ours) <= TOLERANCE * max(1.0, abs(ours)):
        raise MismatchError(
            f"{f'{where}: ' if where else ''}{name} is {ours!r} here and {theirs!r} by {whose}; "
            "please report this with the data"
        )


def define(name: str, pairs: PairCounts, known: Mapping[str, Metric]) -> Told | None:
    """Compute a metric as it is defined, or by the witness that its row brings along; None where there is neither."""
    definition = DEFINITIONS.get(name)
    if definition is not None:
        return definition(pairs), PLAIN
    witness = known[name].witness if name in known else ""
    if isinstance(witness, str):
        return None
    gold, judge, often = pairs.rows()
    times = often.round().astype(np.int64)
    if np.abs(often - times).max() > TOLERANCE:
        return None
    return float(witness(np.repeat(gold, times).tolist(), np.repeat(judge, times).tolist())), "the witness it names"

"""Figures that a benchmark computes by a formula of its own, beside ours."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.tasks.card import card_names, reader_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from judgebench.domain import Agreement, Estimate, Run, Verdict


def with_official(rows: Sequence[Agreement], run: Run, verdicts: Callable[[], Iterable[Verdict]]) -> list[Agreement]:
    """Add a benchmark's own figures to the rows they belong to, in the same order.

    ``verdicts`` is called only for a task whose reader has ``official(verdicts)``, which returns estimates by row name
    and metric name.
    """
    name = run.task.partition(":")[0]
    if name not in card_names():
        return list(rows)
    module, _, attribute = reader_of(name).partition(":")
    official = getattr(getattr(importlib.import_module(module), attribute), "official", None)
    if official is None:
        return list(rows)
    found: Mapping[str, Mapping[str, Estimate]] = official(verdicts())
    return [replace(row, metrics={**row.metrics, **found.get(row.subset, {})}) for row in rows]

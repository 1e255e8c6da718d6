"""``judgebench.calibrate``: whether a judge's probabilities can be made to mean what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal, Unpack

from judgebench.api.labelling import open_labels
from judgebench.api.notes import tell
from judgebench.api.parameters import Option, policies_of, question
from judgebench.api.source import each_fit
from judgebench.api.sources import open_sources
from judgebench.api.tables import LabelsAndScores, LabelsMode, OnlyTasks, OwnLabels, Policy, Source
from judgebench.report.calibrate import Calibrations

if TYPE_CHECKING:
    from judgebench.agreement.recalibrated import Calibration
    from judgebench.api.source import Source as Opened
    from judgebench.stats.recalibration import Method


@question
def calibrate(
    source: Source = None,
    *,
    method: Annotated[
        Literal["temperature", "platt", "isotonic"] | Sequence[Literal["temperature", "platt", "isotonic"]],
        Option("A way to calibrate; by default all; repeatable.", read=list[str]),
    ] = (),
    share: Annotated[
        float, Option("Share of the questions to fit on; the others are measured.", least=0.05, most=0.95)
    ] = 0.5,
    seed: Annotated[int, Option("Seed of the split.", least=0)] = 0,
    task: OnlyTasks = (),
    labels: OwnLabels = (),
    labels_mode: LabelsMode = None,
    policy: Policy = (),
    **table: Unpack[LabelsAndScores],
) -> Calibrations:
    """Turn a judge's scores into probabilities, and say how good these are."""
    from judgebench.agreement.recalibrated import calibrate as measured  # noqa: PLC0415 - loaded on use
    from judgebench.stats.recalibration import METHODS  # noqa: PLC0415 - loaded on use

    chosen: Sequence[Method] = METHODS if not method else [method] if isinstance(method, str) else method
    policies = policies_of(policy)
    opened = open_sources(source, table, labels=open_labels(labels, labels_mode, table), tasks=task)

    def one(source: Opened) -> Calibration:
        return measured(source.judged(source.policies(policies)), methods=chosen, share=share, seed=seed)

    return Calibrations(tuple(each_fit(opened, one, tell=tell)))

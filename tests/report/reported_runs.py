"""Runs as reports take them: from verdicts that a test writes, and from recorded judges of real data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

import judgebench
from judgebench.agreement.matching import judged_verdicts
from judgebench.agreement.measure import measure_beside
from judgebench.domain import Policies, Run, Scale, Status, Usage, Verdict
from judgebench.report.page.parts import Reported
from judgebench.store.runs import find_runs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from judgebench.store.runs import StoredRun

#: Names that must never be more than text.
HOSTILE = "<script>alert(1)</script>\"'&$x_1$\x1b[31m\u202e=1+1 評価 😀"


@dataclass(frozen=True)
class Made:
    """A run to be written: ``gold`` has a tuple of labels per item, one per annotator; None for a gap."""

    gold: Sequence[tuple[Any, ...]]
    judge: Sequence[Any]
    scale: Scale = field(default_factory=Scale.check)
    name: str = "model"
    task: str = "task"
    source: str = "human"
    swapped: Sequence[int | None] = ()
    repeats: Sequence[Sequence[int | None]] = ()
    clusters: Sequence[str] = ()
    subsets: Sequence[str] = ()
    systems: Sequence[tuple[str, ...]] = ()
    lengths: Sequence[tuple[int, ...]] = ()
    probabilities: Sequence[tuple[float, ...]] = ()
    usage: Usage = field(default_factory=Usage)
    policies: Policies = field(default_factory=Policies)
    manifest: dict[str, Any] = field(default_factory=dict)


def reported(made: Made) -> Reported:
    """Measure a run that a test writes."""
    verdicts = _verdicts(made)
    run = Run(
        task=made.task, revision="data:1", card_digest="", judge=made.name, settings={"backend": "server"},
        scale=made.scale, orders="both" if made.swapped else "original", repeats=1 + len(made.repeats),
        reference="none", seed=0, limit=None, policies=made.policies, gold_source=made.source,
        counts={"items": len(made.gold), "cases": len(verdicts)},
    )  # fmt: skip
    run = replace(run, **made.manifest)
    return of_verdicts(run, verdicts)


def of_verdicts(run: Run, verdicts: Sequence[Verdict]) -> Reported:
    """Measure verdicts under a manifest."""
    rows = measure_beside(run, lambda: iter(verdicts), policies=run.policies)
    judged = judged_verdicts(
        verdicts, run.scale, task=run.task, judge=run.judge, policies=run.policies, gold_source=run.gold_source,
        revision=run.revision, counts=run.counts,
    )  # fmt: skip
    return Reported(run, tuple(rows), run.policies, judged, lambda: iter(verdicts), None)


def of_stored(stored: StoredRun) -> Reported:
    """Measure a stored run."""
    return of_verdicts(stored.run, list(stored.judgments()))


def _verdicts(made: Made) -> list[Verdict]:
    several = made.scale.kind in {"pick", "rank"}
    plain = tuple(range(len(made.scale.labels))) if several else (0, 1) if made.scale.kind == "pair" else (0,)
    found: list[Verdict] = []
    for repeat, (order, codes) in enumerate(
        [(plain, made.judge), *([((1, 0), made.swapped)] if made.swapped else []), *((plain, r) for r in made.repeats)]
    ):
        swapped = order == (1, 0)
        for i, code in enumerate(codes):
            found.append(
                Verdict(
                    key=f"{i}-{repeat}",
                    item=f"item {i}",
                    order=order,
                    repeat=0 if swapped else max(0, repeat - bool(made.swapped)),
                    probe="",
                    reference="none",
                    status=Status.UNPARSED if code is None else Status.OK,
                    code=code,
                    scores=(),
                    probabilities=made.probabilities[i] if made.probabilities else (),
                    text="",
                    error="",
                    model="m",
                    usage=made.usage,
                    seconds=0.1,
                    gold=tuple((f"person {j}", label) for j, label in enumerate(made.gold[i])),
                    gold_source=made.source,  # type: ignore[arg-type]  # a test's own word
                    cluster=made.clusters[i] if made.clusters else f"item {i}",
                    subset=made.subsets[i] if made.subsets else "",
                    systems=made.systems[i] if made.systems else ("",) * len(plain),
                    lengths=made.lengths[i] if made.lengths else (10,) * len(plain),
                    attributes=(),
                    revision="data:1",
                )
            )
    return found


def people(size: int, annotators: int, right: float, *, labels: int = 2, seed: int = 0) -> tuple[Any, Any]:
    """Draw truth, and labels of annotators who give it with probability ``right``, else another one."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, labels, size)
    wrong = (truth[:, None] + rng.integers(1, labels, (size, annotators))) % labels
    return truth, np.where(rng.random((size, annotators)) < right, truth[:, None], wrong)


def noisy(truth: Any, right: float, *, labels: int = 2, seed: int = 1) -> list[int]:
    """Draw a judge who gives the truth with probability ``right``."""
    rng = np.random.default_rng(seed)
    wrong = (truth + rng.integers(1, labels, truth.size)) % labels
    return [int(code) for code in np.where(rng.random(truth.size) < right, truth, wrong)]


def recorded(data: Path, runs: Path, task: str, *judges: str) -> list[Reported]:
    """Replay recorded judges of real data, and measure the runs."""
    judgebench.run(judges, task, data=data, runs=runs)
    return [of_stored(stored) for stored in find_runs(runs)]

"""``judgebench.transfer``: whether the attack that leads one judge leads others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from judgebench.api.banks import banks
from judgebench.api.parameters import question
from judgebench.api.probed_runs import Named, ProbedRuns, Repeats
from judgebench.api.probing import Suite, paired_runs
from judgebench.api.running import Judges, Probing, Tasks
from judgebench.api.tables import Source
from judgebench.errors import DataError, argument
from judgebench.report.transfer import TransferRow, Transfers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.agreement.probing.banks import Bank
    from judgebench.store.runs import StoredRun


@question
def transfer(
    source: Source = None,
    *,
    judge: Judges = (),
    task: Tasks = (),
    probe: Named = (),
    suite: Suite = None,
    repeats: Repeats = 2,
    **options: Unpack[Probing],
) -> Transfers:
    """Say whether the attack that is best on one judge leads the others, on questions that it was not chosen on."""
    runs = ProbedRuns(source, judge, task, probe, suite, repeats, options, "attack")
    return runs.measured(lambda stored, specs: Transfers(tuple(_transferred(stored, specs))))


def _transferred(stored: Sequence[StoredRun], specs: Sequence[str] | None) -> Iterator[TransferRow]:
    from judgebench.agreement.probing.banks import transfer as transferred  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.probing.measure import suite  # noqa: PLC0415 - loaded on use

    about: dict[tuple[Any, ...], dict[str, dict[str, Bank]]] = {}
    runs: dict[tuple[Any, ...], Any] = {}
    for judge, before, paired in paired_runs(stored, specs):
        run = before.run
        key = (run.task, run.revision, run.content, run.orders, run.reference, run.seed, run.limit)
        runs.setdefault(key, run)
        for family, bank in banks(paired):
            about.setdefault(key, {}).setdefault(family, {})[judge] = bank
    rows: list[TransferRow] = []
    for key, families in about.items():
        for family, judges in families.items():
            run = runs[key]
            found = list(transferred(judges))
            for one, corrected in zip(found, suite([one.found for one in found]), strict=True):
                cell = (one.chosen_on, one.measured_on, one.attack, corrected)
                rows.append(TransferRow(run.task, run.revision, run.gold_source, run.scale, family, *cell))
    if not rows:
        raise DataError(
            "no bank of attacks was asked on enough questions to choose one on half of them",
            hint=f"a bank is several attacks of a kind, as {argument('probe')} preamble; it takes 4 questions",
        )
    yield from rows

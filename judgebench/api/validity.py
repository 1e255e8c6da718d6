"""``judgebench.validate_judge``: is a judge fit for use? One page, a line a question."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Unpack

from judgebench.api.parameters import Option, question
from judgebench.api.probed_runs import Named, ProbedRuns, Repeats
from judgebench.api.probing import measured
from judgebench.api.run_sources import run_paths
from judgebench.api.running import AskingProbes, Judges, Probing, Tasks
from judgebench.errors import DataError, argument
from judgebench.report.estimates import Estimates
from judgebench.report.validity import JudgeValidation, Validated

if TYPE_CHECKING:
    from judgebench.agreement.validity import Evidence, Limits
    from judgebench.api.prepared import Prepared
    from judgebench.domain import Usage
    from judgebench.report.probing import ProbeRow
    from judgebench.store.runs import StoredRun

#: Tables have no askings to look at.
Runs = Annotated[
    str | Path | Sequence[str | Path], Option("Run folders, or folders of runs.", metavar="[RUN]...", read=list[Path])
]
Suite = Annotated[
    Literal["core", "bias", "attack", "all"] | None,
    Option("Probes to try; core, the few that found most, where neither this nor --probe is given."),
]


@question
def validate_judge(
    source: Runs = (),
    *,
    judge: Judges = (),
    task: Tasks = (),
    probe: Named = (),
    suite: Suite = None,
    repeats: Repeats = 3,
    min_agreement: Annotated[float, Option("Least kappa (or the scale's headline) asked of the judge.")] = 0.4,
    max_led: Annotated[float, Option("Most that a probe may lead it, in shares of cases.", least=0)] = 0.1,
    **options: Unpack[Probing],
) -> JudgeValidation:
    """Say whether a judge is fit for use: agreement, order, stability, what leads it.

    Asks what is missing: each case in both orders, three times, and changed by the probes. Exit code 1 where a line
    fails.
    """
    from judgebench.agreement.validity import Limits  # noqa: PLC0415 - loaded on use
    from judgebench.api.validations import send_beside  # noqa: PLC0415 - loaded on use

    limits = Limits(agreement=min_agreement, led=max_led)
    runs = ProbedRuns(source or None, judge, task, probe, suite, repeats, options, "core", plainly=True)
    found = runs.measured(lambda stored, specs: _validation(stored, specs, limits), _labelled)
    if source:
        send_beside(run_paths(source))
    return found


def _labelled(asked: Prepared) -> None:
    """Refuse what has no gold before anything is paid for: agreement is what the page begins with."""
    if not any(one.labelled for one, _ in asked.plans):
        raise DataError(
            f"no item has a gold label yet: label some (`judgebench view`), or give labels with {argument('labels')}",
            hint="`judgebench probe` needs none",
        )


@question
def estimate_validation(
    source: Runs = (),
    *,
    judge: Judges = (),
    task: Tasks = (),
    probe: Named = (),
    suite: Suite = None,
    repeats: Repeats = 3,
    **options: Unpack[AskingProbes],
) -> Estimates:
    """Say how many calls, tokens and dollars the validation would take; ask nothing."""
    return ProbedRuns(source or None, judge, task, probe, suite, repeats, options, "core", plainly=True).estimate()


def _validation(stored: Sequence[StoredRun], specs: Sequence[str] | None, limits: Limits) -> JudgeValidation:
    from judgebench.agreement.validity import validate  # noqa: PLC0415 - loaded on use
    from judgebench.api.validations import digest_of, judges_of, keep_beside, last_day  # noqa: PLC0415 - loaded on use

    probed = list(measured(stored, specs))
    plain = [one for one in stored if not one.run.probe]
    if not plain:
        raise DataError("no run without a probe: nothing to validate")
    found: list[Validated] = []
    for mine in judges_of(stored):
        own = [one for one in plain if one in mine]
        if not own:
            continue
        models = tuple(sorted({name for one in mine for name in one.run.models}))
        lines = validate([_evidence(one, probed) for one in own], limits, models)
        one = Validated(
            own[0].run.judge,
            tuple(lines),
            digest_of([one.run for one in mine], models),
            models,
            sum(one.run.counts.get("cases", 0) for one in mine),
            _usage(mine),
            last_day(mine),
        )
        keep_beside(mine, one)
        found.append(one)
    return JudgeValidation(tuple(found))


def _evidence(plain: StoredRun, probed: Sequence[ProbeRow]) -> Evidence:
    from judgebench.agreement.measure import measure_run  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.validity import Evidence  # noqa: PLC0415 - loaded on use

    run = plain.run
    row = measure_run(run, plain.judgments())[0]
    mine = {one.probe: one.found for one in probed if one.key == plain.path}
    return Evidence(run.task, row, run.repeats, run.orders == "both", mine, f"{run.gold_source} {run.scale.kind}")


def _usage(runs: Sequence[StoredRun]) -> Usage:
    from judgebench.domain import Usage  # noqa: PLC0415 - loaded on use

    return sum((verdict.usage for one in runs for verdict in one.verdicts(texts=False)), Usage())

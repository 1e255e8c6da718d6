"""``judgebench.probe``: what leads a judge, by asking it again about items that were changed on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, Unpack

from judgebench.api.banks import summed_up
from judgebench.api.notes import tell
from judgebench.api.parameters import Option, question
from judgebench.api.running import AskingProbes, Judges, Probing, Tasks, filled, prepared
from judgebench.api.sources import is_given, open_sources
from judgebench.api.tables import Source
from judgebench.domain import names_of
from judgebench.errors import DataError, UsageError, argument
from judgebench.report.probing import ProbeRow, Probes
from judgebench.report.runs import Estimates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.agreement.probing import Paired
    from judgebench.api.prepared import Prepared
    from judgebench.domain import Run
    from judgebench.store.runs import StoredRun

Named = Annotated[
    str | Sequence[str],
    Option(
        "A probe, as NAME[/VARIANT][:SIDE] (judgebench list probes); repeatable.",
        "--probe",
        "NAME",
        read=list[str],
    ),
]
Suite = Annotated[
    Literal["bias", "attack", "consistency", "all"] | None,
    Option("All probes of a kind; bias where neither this nor --probe is given."),
]
Repeats = Annotated[
    int, Option("Times the unchanged case is asked; what differs between them is chance.", metavar="N", least=1)
]


@question
def probe(
    source: Source = None,
    *,
    judge: Judges = (),
    task: Tasks = (),
    probe: Named = (),
    suite: Suite = None,
    repeats: Repeats = 2,
    **options: Unpack[Probing],
) -> Probes:
    """Measure what leads a judge: position, length, popularity, authority, attacks ...; each beside a placebo.

    Each item is asked as it is, changed, and with a placebo, in the same orders; what was asked before is never asked
    again. Stored runs are measured without asking anybody.
    """
    given = named(probe)
    if is_given(source):
        if judge or task:
            raise UsageError(f"give runs, or {argument('judge')} and {argument('task')}; not both")
        return Probes(tuple(measured(stored_runs(source), specs_of(given, suite) if given or suite else None)))
    specs = specs_of(given, suite)
    how = filled(options)
    asked = planned(judge, task, specs, repeats, how, aloud=bool(how["progress"]))
    return asked.ask_for(how["runs"], how["progress"], lambda runs: Probes(tuple(measured(runs, specs))))


@question
def estimate_probes(
    source: Source = None,
    *,
    judge: Judges = (),
    task: Tasks = (),
    probe: Named = (),
    suite: Suite = None,
    repeats: Repeats = 2,
    **options: Unpack[AskingProbes],
) -> Estimates:
    """Say how many calls, tokens and dollars probes would take; ask nothing."""
    if is_given(source):
        raise UsageError("stored runs are measured without asking anybody: there is nothing to estimate")
    how = filled(options)
    return planned(judge, task, specs_of(named(probe), suite), repeats, how, aloud=True).estimate(how["runs"])


def stored_runs(source: Any) -> list[StoredRun]:
    """Open the runs of a source."""
    return [one.stored for one in open_sources(source, {}, unlabelled=True) if one.stored is not None]


def named(given: str | Sequence[str]) -> list[str]:
    """Make a list of one name or several."""
    return [given] if isinstance(given, str) else list(given)


def specs_of(given: Sequence[str], suite: str | None, default: str = "bias") -> list[str]:
    """Name every probe that is asked for, each variant of a family by itself; ``default`` is the suite of nobody's."""
    from judgebench.catalog import CORE, PROBES, behind_probe  # noqa: PLC0415 - loaded on use
    from judgebench.probes.named import Spec, variants  # noqa: PLC0415 - loaded on use

    chosen = suite or (None if given else default)
    names = [name for name, one in PROBES.items() if chosen and one.suite and chosen in {one.suite, "all"}]
    if chosen == "core":
        names = list(CORE)
    return list(
        dict.fromkeys(one for name in (*given, *names) for one in variants(name, behind_probe(Spec.of(name).name)))
    )


def planned(judge: Any, task: Any, specs: Sequence[str], repeats: int, how: dict[str, Any], *, aloud: bool) -> Prepared:
    """Plan the plain runs and those of the probes that are asked."""
    from judgebench.catalog import observed  # noqa: PLC0415 - loaded on use

    if not judge or not task:
        raise UsageError(f"say whom to ask and about what: {argument('judge')} and {argument('task')}; or give runs")
    plain = {"repeats": repeats, "probe": None}
    changed = [{"repeats": 1, "probe": one} for one in specs if observed(one) is None]
    found = prepared(judge, task, how, aloud=aloud, ways=(plain, *changed), unfit=tell)
    if len(found.plans) < 2 and len(changed) == len(specs):
        raise UsageError("no probe has anything to change here")
    return found


def measured(stored: Sequence[StoredRun], specs: Sequence[str] | None = None) -> Iterator[ProbeRow]:
    """Measure each probe's run beside the plain run that it belongs to, and what the plain runs show by themselves.

    ``specs`` are the probes asked for, None all that there are. DataError where a probe's plain run is missing.
    """
    from judgebench.agreement.probing import measure, suite  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import PROBES, observed  # noqa: PLC0415 - loaded on use

    watched = [name for name in PROBES if observed(name) is not None and (specs is None or name in specs)]
    for judge, before, paired in paired_runs(stored, specs):
        told = [(name, measure(one)) for name, one in paired.items()]
        told += summed_up(paired)
        for name in watched:
            look = observed(name)
            found = None if look is None else look(before.run, before.verdicts)
            told += [] if found is None else [(name, found)]
        order = {name: place for place, name in enumerate(specs or ())}
        told.sort(key=lambda one: order.get(one[0], len(order)))
        corrected = suite([found for _, found in told])
        for (name, _), found in zip(told, corrected, strict=True):
            run = before.run
            yield ProbeRow(run.task, judge, run.gold_source, run.scale, name, found, run.revision, before.path)


def paired_runs(
    stored: Sequence[StoredRun], specs: Sequence[str] | None
) -> Iterator[tuple[str, StoredRun, dict[str, Paired]]]:
    """Put each probe's run beside its plain one: the judge's name, the plain run, and the cases of each probe.

    DataError where a probe's plain run is missing.
    """
    from judgebench.agreement.probing import pair_up  # noqa: PLC0415 - loaded on use
    from judgebench.probes.named import Spec  # noqa: PLC0415 - loaded on use

    wanted = None if specs is None else {Spec.of(one).kept for one in specs}
    plain = {_key(one.run): one for one in stored if not one.run.probe}
    names = dict(zip(plain, names_of([one.run for one in plain.values()]), strict=True))
    probed = [one for one in stored if one.run.probe and (wanted is None or one.run.probe in wanted)]
    for one in probed:
        if _key(one.run) not in plain:
            raise DataError(
                f"{one.run.judge} was asked about {one.run.task} under the probe {one.run.probe}, and not plainly",
                file=str(one.path),
                hint="give the plain run, too, or let `judgebench probe` ask it",
            )
    for key, before in plain.items():
        paired = {
            one.run.probe: pair_up(
                before.verdicts(texts=False), one.verdicts(texts=False), one.run.probe, one.run.scale
            )
            for one in probed
            if _key(one.run) == key
        }
        yield names[key], before, paired


def _key(run: Run) -> tuple[Any, ...]:
    """Say what a probe's run and its plain run have in common: all but the probe and how often was asked."""
    return (run.task, run.revision, run.content, run.answers, run.orders, run.reference, run.seed, run.limit)

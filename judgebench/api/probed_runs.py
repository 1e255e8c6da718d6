"""The runs that a question about probes is answered from: stored ones, or those of a judge that is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar

from judgebench.api.keys import check_keys
from judgebench.api.notes import tell
from judgebench.api.observing import NEEDS, will_show
from judgebench.api.parameters import Option, is_named
from judgebench.api.running import filled, prepared
from judgebench.api.source import is_given
from judgebench.api.sources import open_sources
from judgebench.domain import names_of
from judgebench.errors import UsageError, argument
from judgebench.probes.listed import CORE, PARAPHRASE, PROBES
from judgebench.probes.named import Spec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from judgebench.api.prepared import Prepared
    from judgebench.domain import Run
    from judgebench.report.document.model import Document
    from judgebench.report.estimates import Estimates
    from judgebench.run.plans import Plan
    from judgebench.store.runs import StoredRun

D = TypeVar("D", bound="Document")
Named = Annotated[
    str | Sequence[str],
    Option(
        "A probe, as NAME[/VARIANT][:SIDE] (judgebench list probes); repeatable.",
        "--probe",
        "NAME",
        read=list[str],
    ),
]
Repeats = Annotated[
    int, Option("Times the unchanged case is asked; what differs between them is chance.", metavar="N", least=1)
]


class ProbedRuns(NamedTuple):
    """What was given of them; ``default`` is the suite where nobody names a probe.

    Plain cases are asked ``repeats`` times: what differs between them is chance. They are there for the probes alone,
    and asked no oftener than these need, unless they are measured by themselves, too (``plainly``).
    """

    source: Any
    judge: Any
    task: Any
    probe: str | Sequence[str]
    suite: str | None
    repeats: int
    options: Mapping[str, Any]
    default: str = "bias"
    plainly: bool = False

    @property
    def named(self) -> list[str]:
        """The probes that a person named."""
        return named(self.probe)

    @property
    def chosen(self) -> list[str] | None:
        """All probes that were asked for; None where nobody said."""
        return specs_of(self.named, self.suite) if self.named or self.suite else None

    @property
    def stored(self) -> bool:
        """Whether there is something to measure; UsageError where somebody is to be asked beside it."""
        if is_given(self.source) and (is_named(self.judge) or is_named(self.task)):
            raise UsageError(f"give what is stored, or {argument('judge')} and {argument('task')} to ask; not both")
        return is_given(self.source)

    def measured(
        self,
        measure: Callable[[Sequence[StoredRun], list[str] | None], D],
        check: Callable[[Prepared], object] = lambda _: None,
    ) -> D:
        """Measure what is stored, or ask what is missing and measure that; ``check`` looks before anything is paid."""
        if self.stored:
            stored = stored_runs(self.source)
            return measure(stored, self._with_files(stored))
        how = filled(self.options)
        check_keys(self.judge, how)
        specs, asked = self._planned(how, aloud=bool(how["progress"]))
        check(asked)
        return asked.ask_for(how["runs"], how["progress"], lambda runs: measure(runs, specs))

    def _with_files(self, stored: Sequence[StoredRun]) -> list[str] | None:
        """Add to all that was asked for what stored runs have of its families from files, or from a model."""
        if self.chosen is None:
            return None
        families = {*self.named, *_suite(self.suite)}
        specs = [Spec.of(one.run.probe) for one in stored]
        # Their variants are numbers.
        files = sorted(
            {str(one) for one in specs if one.file and one.name in families}, key=lambda name: (len(name), name)
        )
        return list(dict.fromkeys([*self.chosen, *files]))

    def estimate(self) -> Estimates:
        """Say what asking would take."""
        if is_given(self.source):
            raise UsageError("stored runs are measured without asking anybody: there is nothing to estimate")
        how = filled(self.options)
        return self._planned(how, aloud=True)[1].estimate(how["runs"])

    def _planned(self, how: dict[str, Any], *, aloud: bool) -> tuple[list[str], Prepared]:
        """Plan the plain runs and those of the probes that are asked; UsageError where none would show anything."""
        specs = self._asked()
        if not (is_named(self.judge) and is_named(self.task)):
            raise UsageError(
                f"say whom to ask and about what: {argument('judge')} and {argument('task')}; or give runs"
            )
        changing = _changing(specs)
        often = dict.fromkeys([self.repeats] if self.plainly else [self.repeats, 1])
        ways = [{"repeats": one, "probe": None} for one in often] + [{"repeats": 1, "probe": one} for one in changing]
        lost: dict[str, dict[str, str]] = {}

        def unfit(on: str, probe: str, why: str) -> None:
            lost.setdefault(on, {})[probe] = why

        found = prepared(self.judge, self.task, how, aloud=aloud, ways=ways, unfit=unfit)
        watched = [one for one in specs if one not in changing]
        idle: list[Plan] = []
        if not self.plainly:
            found, idle = self._needed(found, watched)
        if not found.plans or not (watched or any(one.run.probe for one, _ in found.plans)):
            whys = {why for reasons in lost.values() for why in reasons.values()}
            needs = [f"{name} can't be measured here: {NEEDS[name]}" for name in self.named if name in NEEDS]
            said = "; ".join(needs) or "no probe would show anything here"
            raise UsageError(whys.pop() if len(whys) == 1 and not needs else said)
        for name, one in zip(names_of([one.run for one in idle]), idle, strict=True):
            tell(f"{name} on {one.run.task} is not asked: no probe shows anything there")
        _tell_lost(lost)
        for text in dict.fromkeys(text for one, _ in found.plans if (text := _strays(one))):
            tell(text)
        written = [one.run.probe for one, _ in found.plans if one.run.probe and one.run.probe not in changing]
        return [*specs, *dict.fromkeys(written)], found

    def _asked(self) -> list[str]:
        """Name the probes to ask; questions that a model writes in other words stand in the place of our wordings."""
        if not self.options.get("paraphrases"):
            return specs_of(self.named, self.suite, self.default)
        others = [one for one in self.named if one != PARAPHRASE]
        specs = specs_of(others, self.suite, "" if self.named else self.default)
        return [one for one in specs if one in others or not one.startswith(f"{PARAPHRASE}/")]

    def _needed(self, found: Prepared, watched: Sequence[str]) -> tuple[Prepared, list[Plan]]:
        """Leave out the plain runs that no probe needs, or needs so often; list those of which none is left."""
        plans = [one for one, _ in found.plans]
        plain = [one for one in plans if not one.run.probe]
        probed = {plain_key(one.run) for one in plans if one.run.probe}
        once = [one for one in plain if one.run.repeats == 1 and plain_key(one.run) not in probed]
        # Two modes, or the splits of one benchmark, are looked at together.
        shown = {_about(one.run) for one in once if will_show(watched, one, once, self.options)}

        def needed(one: Plan) -> bool:
            if one.run.probe:
                return True
            if plain_key(one.run) in probed:
                return one.run.repeats == self.repeats
            return one.run.repeats == 1 and _about(one.run) in shown

        return found.only(needed), [one for one in once if _about(one.run) not in shown]


def _about(run: Run) -> tuple[str, str]:
    return run.judge, run.task.partition(":")[0]


def _tell_lost(lost: Mapping[str, Mapping[str, str]]) -> None:
    """Say which probes are left out on which task."""
    for on, reasons in lost.items():
        told = list(reasons.values())
        if len(told) > _FEW:
            told = [f"{on}: {len(told)} probes have nothing to change there and are left out: {', '.join(reasons)}"]
        for text in told:
            tell(text)


def _changing(specs: Sequence[str]) -> list[str]:
    """List the probes that change items; the others are read off plain verdicts."""
    from judgebench.catalog import observed  # noqa: PLC0415 - loaded on use

    return [one for one in specs if observed(one) is None]


def stored_runs(source: Any) -> list[StoredRun]:
    """Open the runs of a source."""
    return [one.stored for one in open_sources(source, {}, unlabelled=True, changed=True) if one.stored is not None]


def named(given: str | Sequence[str]) -> list[str]:
    """Make a list of one name or several."""
    return [given] if isinstance(given, str) else list(given)


def specs_of(given: Sequence[str], suite: str | None, default: str = "") -> list[str]:
    """Name every probe that is asked for, each variant of a family by itself; ``default`` is the suite of nobody's."""
    from judgebench.catalog import behind_probe  # noqa: PLC0415 - loaded on use
    from judgebench.probes.named import variants  # noqa: PLC0415 - loaded on use

    names = (*given, *_suite(suite or ("" if given else default)))
    return list(dict.fromkeys(one for name in names for one in variants(name, behind_probe(Spec.of(name).name))))


def _suite(chosen: str | None) -> list[str]:
    """Name the probes of a suite, families as such."""
    if chosen == "core":
        return list(CORE)
    return [name for name, one in PROBES.items() if chosen and one.suite and chosen in {one.suite, "all"}]


def plain_key(run: Run) -> tuple[Any, ...]:
    """Say what a probe's run and its plain run have in common: all but the probe and how often was asked."""
    return (run.task, run.revision, run.content, run.answers, run.orders, run.reference, run.seed, run.limit)


def _strays(plan: Plan) -> str:
    """Say which ids of a file of answers no item of the task has."""
    from judgebench.probes.operator import Perturbed  # noqa: PLC0415 - loaded on use

    ids = plan.probe.operator.ids if isinstance(plan.probe, Perturbed) else frozenset[str]()
    lost = list(ids - {name for item in plan.task.items() for name in (item.id, item.cluster)}) if ids else []
    if not lost:
        return ""
    return f"{plan.probe.name}: {len(lost)} of its {len(ids)} ids are of no item of {plan.task.name}, as {min(lost)!r}"


#: Up to so many probes that have nothing to change are told with the reason of each.
_FEW = 2

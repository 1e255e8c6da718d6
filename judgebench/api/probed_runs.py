"""The runs that a question about probes is answered from: stored ones, or those of a judge that is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar

from judgebench.api.keys import check_keys
from judgebench.api.notes import tell
from judgebench.api.parameters import Option
from judgebench.api.running import filled, prepared
from judgebench.api.sources import is_given, open_sources
from judgebench.errors import UsageError, argument
from judgebench.probes.listed import CORE, PROBES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from judgebench.api.prepared import Prepared
    from judgebench.report.runs import Estimates
    from judgebench.run.plans import Plan
    from judgebench.store.runs import StoredRun

D = TypeVar("D")
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

    Plain cases are asked ``repeats`` times, ``once`` where no probe is held against the noise between them.
    """

    source: Any
    judge: Any
    task: Any
    probe: str | Sequence[str]
    suite: str | None
    repeats: int
    options: Mapping[str, Any]
    default: str = "bias"
    once: bool = False

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
        if is_given(self.source) and (self.judge or self.task):
            raise UsageError(f"give what is stored, or {argument('judge')} and {argument('task')} to ask; not both")
        return is_given(self.source)

    def measured(
        self,
        measure: Callable[[Sequence[StoredRun], list[str] | None], D],
        check: Callable[[Prepared], object] = lambda _: None,
    ) -> D:
        """Measure what is stored, or ask what is missing and measure that; ``check`` looks before anything is paid."""
        if self.stored:
            return measure(stored_runs(self.source), self.chosen)
        how = filled(self.options)
        check_keys(self.judge, how)
        specs, asked = self._planned(how, aloud=bool(how["progress"]))
        check(asked)
        return asked.ask_for(how["runs"], how["progress"], lambda runs: measure(runs, specs))

    def estimate(self) -> Estimates:
        """Say what asking would take."""
        if is_given(self.source):
            raise UsageError("stored runs are measured without asking anybody: there is nothing to estimate")
        how = filled(self.options)
        return self._planned(how, aloud=True)[1].estimate(how["runs"])

    def _planned(self, how: dict[str, Any], *, aloud: bool) -> tuple[list[str], Prepared]:
        specs = specs_of(self.named, self.suite, self.default)
        repeats = 1 if self.once and not _changing(specs) else self.repeats
        return specs, planned(self.judge, self.task, specs, repeats, how, aloud=aloud)


def _changing(specs: Sequence[str]) -> list[str]:
    """List the probes that change items; the others are read off plain verdicts."""
    from judgebench.catalog import observed  # noqa: PLC0415 - loaded on use

    return [one for one in specs if observed(one) is None]


def stored_runs(source: Any) -> list[StoredRun]:
    """Open the runs of a source."""
    return [one.stored for one in open_sources(source, {}, unlabelled=True) if one.stored is not None]


def named(given: str | Sequence[str]) -> list[str]:
    """Make a list of one name or several."""
    return [given] if isinstance(given, str) else list(given)


def specs_of(given: Sequence[str], suite: str | None, default: str = "") -> list[str]:
    """Name every probe that is asked for, each variant of a family by itself; ``default`` is the suite of nobody's."""
    from judgebench.catalog import behind_probe  # noqa: PLC0415 - loaded on use
    from judgebench.probes.named import Spec, variants  # noqa: PLC0415 - loaded on use

    chosen = suite or ("" if given else default)
    names = [name for name, one in PROBES.items() if chosen and one.suite and chosen in {one.suite, "all"}]
    if chosen == "core":
        names = list(CORE)
    return list(
        dict.fromkeys(one for name in (*given, *names) for one in variants(name, behind_probe(Spec.of(name).name)))
    )


def planned(judge: Any, task: Any, specs: Sequence[str], repeats: int, how: dict[str, Any], *, aloud: bool) -> Prepared:
    """Plan the plain runs and those of the probes that are asked."""
    if not judge or not task:
        raise UsageError(f"say whom to ask and about what: {argument('judge')} and {argument('task')}; or give runs")
    changed = [{"repeats": 1, "probe": one} for one in _changing(specs)]
    plain = {"repeats": repeats, "probe": None}
    lost: dict[str, dict[str, str]] = {}

    def unfit(on: str, probe: str, why: str) -> None:
        lost.setdefault(on, {})[probe] = why

    found = prepared(judge, task, how, aloud=aloud, ways=(plain, *changed), unfit=unfit)
    for on, reasons in lost.items():
        told = list(reasons.values())
        if len(told) > _FEW:
            told = [f"{on}: {len(told)} probes have nothing to change there and are left out: {', '.join(reasons)}"]
        for text in told:
            tell(text)
    if len(found.plans) < 2 and len(changed) == len(specs):
        raise UsageError("no probe has anything to change here")
    for text in dict.fromkeys(text for one, _ in found.plans if (text := _strays(one))):
        tell(text)
    return found


def _strays(plan: Plan) -> str:
    """Say which ids of a file of answers no item of the task has."""
    texts: Mapping[str, Any] = getattr(plan.probe, "texts", {})
    lost = list(texts.keys() - {item.id for item in plan.task.items()}) if texts else []
    if not lost:
        return ""
    first = min(lost)
    return f"{plan.probe.name}: {len(lost)} of its {len(texts)} ids are of no item of {plan.task.name}, as {first!r}"


#: Up to so many probes that have nothing to change are told with the reason of each.
_FEW = 2

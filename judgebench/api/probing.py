"""``judgebench.probe``: what leads a judge, by asking it again about items that were changed on purpose."""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Literal, Unpack

from judgebench.api.banks import summed_up
from judgebench.api.notes import tell
from judgebench.api.observing import NEEDS, looked
from judgebench.api.parameters import Option, question
from judgebench.api.probed_runs import Named, ProbedRuns, Repeats, plain_key
from judgebench.api.probed_tables import Tabled, Verdicts, before_and_after, is_table, opened, said_of, versions_of
from judgebench.api.probed_together import OF_SEVERAL, is_beside
from judgebench.api.running import AskingProbes, Judges, Probing, Tasks
from judgebench.api.tables import Source
from judgebench.domain import JudgeName, bare, conditions_of, names_of
from judgebench.errors import DataError, UsageError, argument
from judgebench.probes.listed import PARAPHRASE, PROBES
from judgebench.report.estimates import Estimates
from judgebench.report.probe_tables import FIGURES
from judgebench.report.probing import ProbeRow, Probes
from judgebench.report.ways import WaysRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.agreement.probing.rows import Paired
    from judgebench.domain import Run, Verdict
    from judgebench.store.runs import StoredRun

Suite = Annotated[
    Literal["bias", "attack", "consistency", "all"] | None,
    Option("All probes of a kind; bias where neither this nor --probe is given."),
]
Figures = Annotated[
    str,
    Option(
        "Figures that the table shows, by their names in JSON: accuracy_before,accuracy_after,robustness ...",
        metavar="F,F",
    ),
]


AlikeFrom = Annotated[
    float | None,
    Option("With --similarity: mean cosine from which a question's answers count as alike (.8).", metavar="COSINE"),
]


class ProbingAll(Probing, Verdicts, total=False):
    """All that `probe` takes."""

    alike_from: AlikeFrom


@question
def probe(
    source: Source = None,
    *,
    judge: Judges = (),
    task: Tasks = (),
    probe: Named = (),
    suite: Suite = None,
    repeats: Repeats = 2,
    columns: Figures = "",
    **options: Unpack[ProbingAll],
) -> Probes:
    """Find what leads a judge astray: position, length, authority, attacks and more.

    Each item is asked as it is, changed, and with a placebo, in the same orders; what was asked before is never asked
    again. Stored runs are measured without asking anybody.
    """
    runs = ProbedRuns(source, judge, task, probe, suite, repeats, options)
    given, names = runs.named, _wanted(columns)
    if options.get("alike_from") is not None:
        raise UsageError(f"{argument('alike_from')} is about how alike answers are: `judgebench probe --similarity`")
    if runs.stored:
        if options.get("before_col") or options.get("placebo_col"):
            return _found(before_and_after(source, options), names)
        if is_table(source, options):
            return _found(measured(opened(source, options), runs.chosen, options, given), names)
    elif lost := said_of(options):
        raise UsageError(f"{', '.join(lost)}: columns of verdicts are those of a {argument('csv')} FILE")

    def found(stored: Sequence[StoredRun], specs: list[str] | None) -> Probes:
        ways = compared(stored) if specs is None else ()
        return _found(measured(stored, specs, options, given), names, tuple(ways))

    return runs.measured(found)


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
    return ProbedRuns(source, judge, task, probe, suite, repeats, options).estimate()


def _wanted(columns: str) -> tuple[str, ...]:
    """Read which figures are asked for; UsageError where no probe has one of that name."""
    names = tuple(filter(None, map(str.strip, columns.split(","))))
    for name in names:
        if name not in FIGURES and not re.fullmatch(r"place_\d+", name):
            near = get_close_matches(name, FIGURES, n=3)
            said = f". Did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(FIGURES)}"
            raise UsageError(f"{argument('columns')}: no probe has a figure {name!r}{said}")
    return names


def _found(rows: Iterator[ProbeRow], names: tuple[str, ...], ways: tuple[WaysRow, ...] = ()) -> Probes:
    """Give what was measured, with the figures asked for that are there; DataError where there is nothing."""
    found = tuple(rows)
    if not found and not ways:
        raise DataError(
            "nothing to measure: no probe was asked, and plain verdicts show nothing of those that need no asking",
            hint="docs/probes/observed.md says what each takes",
        )
    known = dict.fromkeys(["effect", *(name for row in found for name in row.found.figures)])
    if lost := [name for name in names if name not in known]:
        tell(f"{argument('columns')}: no probe here has {', '.join(lost)}; there are {', '.join(known)}")
    return Probes(found, ways, tuple(name for name in names if name in known))


def measured(
    stored: Sequence[StoredRun | Tabled],
    specs: Sequence[str] | None = None,
    said: Mapping[str, Any] | None = None,
    named: Sequence[str] = (),
) -> Iterator[ProbeRow]:
    """Measure each probe's run beside the plain run that it belongs to, and what the plain runs show by themselves.

    ``specs`` are the probes asked for, None all that there are; ``said`` says of which family a judge is. Of a
    probe that was ``named`` a person hears where nothing of it shows. DataError where a probe's plain run is missing.
    """
    from judgebench.agreement.probing.measure import measure, suite  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.probing.paraphrases import consistent  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import observed  # noqa: PLC0415 - loaded on use
    from judgebench.probes.named import Spec  # noqa: PLC0415 - loaded on use

    watched = [name for name in PROBES if observed(name) is not None and (specs is None or name in specs)]
    for judge, before, paired in paired_runs(stored, specs):
        told = [(name, measure(one)) for name, one in paired.items()]
        told += summed_up(paired)
        for name, wordings in _wordings(stored, before, paired).items():
            whole = consistent(before.verdicts(texts=False), wordings, before.run.scale)
            if whole is not None:
                told.append((name, whole))
        for name in watched:
            told += (found := looked(name, before, stored, said or {}))
            if not found and name in named and not (name in OF_SEVERAL and is_beside(before.run)):
                tell(f"{name} can't be measured on {judge} and {before.run.task}: {NEEDS.get(name, '')}")
        if not named:
            told += versions_of(before.run, before.verdicts)
        order = {name: place for place, name in enumerate(specs or PROBES)}
        told.sort(key=lambda one: order.get(one[0] if specs else Spec.of(one[0]).name, len(order)))
        corrected = suite([found for _, found in told])
        run, folder = before.run, "" if isinstance(before, Tabled) else str(before.path.parent)
        for (name, _), one in zip(told, corrected, strict=True):
            yield ProbeRow(run.task, judge, run.gold_source, run.scale, name, one, run.revision, before.path, folder)


def _wordings(
    stored: Sequence[StoredRun | Tabled], before: StoredRun | Tabled, paired: Mapping[str, Paired]
) -> dict[str, dict[str, Iterator[Verdict]]]:
    """Find the verdicts on other wordings of a plain run's requests, ours and those of each file by themselves."""
    from judgebench.probes.named import Spec  # noqa: PLC0415 - loaded on use

    found: dict[str, dict[str, Iterator[Verdict]]] = {}
    for one in stored:
        spec = Spec.of(one.run.probe)
        if spec.name == PARAPHRASE and one.run.probe in paired and plain_key(one.run) == plain_key(before.run):
            whole = str(spec._replace(variant="", side=spec.file))
            found.setdefault(whole, {})[one.run.probe] = one.verdicts(texts=False)
    return found


def paired_runs(
    stored: Sequence[StoredRun | Tabled], specs: Sequence[str] | None
) -> Iterator[tuple[str, StoredRun | Tabled, dict[str, Paired]]]:
    """Put each probe's run beside its plain one: the judge's name, the plain run, and the cases of each probe.

    DataError where a probe's plain run is missing.
    """
    from judgebench.agreement.probing.rows import pair_up  # noqa: PLC0415 - loaded on use
    from judgebench.probes.named import Spec  # noqa: PLC0415 - loaded on use

    wanted = None if specs is None else {Spec.of(one).kept for one in specs}
    # Of plain runs that differ in how often was asked, the one that knows most of chance.
    plain = {plain_key(one.run): one for one in sorted(stored, key=lambda one: one.run.repeats) if not one.run.probe}
    names = dict(zip(plain, names_of([one.run for one in plain.values()]), strict=True))
    probed = [one for one in stored if one.run.probe and (wanted is None or one.run.probe in wanted)]
    for one in probed:
        if plain_key(one.run) not in plain:
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
            if plain_key(one.run) == key
        }
        yield names[key], before, paired


def compared(stored: Sequence[StoredRun]) -> Iterator[WaysRow]:
    """Compare the plain runs of a judge that differ in nothing but their prompt, or but their reference."""
    from judgebench.agreement.probing.ways import across  # noqa: PLC0415 - loaded on use

    plain = [one for one in stored if not one.run.probe and not one.run.answering]
    names = dict(zip((one.path for one in plain), names_of([one.run for one in plain]), strict=True))
    for condition in ("prompt", "reference"):
        groups: dict[tuple[Any, ...], dict[str, StoredRun]] = {}
        for one in plain:
            way = str(getattr(one.run.conditions, condition))
            groups.setdefault(_but(one.run, condition), {})[way] = one
        for runs in groups.values():
            one = next(iter(runs.values()))
            first, told = one.run, names[one.path]
            others = {name: text for name, text in conditions_of(told).items() if name != condition}
            ways = {way.partition("@")[0]: one.verdicts(texts=False) for way, one in runs.items()}
            found = across(ways, first.scale) if len(ways) > 1 else None
            if found is not None:
                yield WaysRow(first.task, JudgeName(bare(told), others), condition, first.scale, found)


def _but(run: Run, condition: str) -> tuple[Any, ...]:
    """Say what runs have in common that differ in one condition alone."""
    chosen = replace(run.conditions, repeats="")
    if condition == "prompt":
        return run.task, run.judge, run.content, replace(chosen, prompt="")
    # Other references are other content.
    return run.task, run.judge, replace(chosen, reference="")

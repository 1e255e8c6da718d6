"""The sections below a task's summary: costs, subsets, labels, probabilities, systems, and biases beside agreement."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from judgebench.agreement.bias import length_preference, retest_agreement
from judgebench.agreement.policies import apply
from judgebench.agreement.ratings import from_verdicts, of_samples
from judgebench.agreement.systems.systems import rank_systems
from judgebench.errors import DataError, UsageError
from judgebench.report.document.text import NONE, clean, decimal, many
from judgebench.report.page.charts.groups import subsets, systems
from judgebench.report.page.charts.judges import cost_of, pareto
from judgebench.report.page.charts.verdicts import calibration, confusion, length, points, position
from judgebench.report.page.parts import Section
from judgebench.report.said import first_up, name_of, ranged, told, whom
from judgebench.report.systems import WARNINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.agreement.bias import LengthPreference
    from judgebench.agreement.systems.systems import SystemsAgreement, SystemScore
    from judgebench.domain import Agreement
    from judgebench.report.page.parts import Chart, Reported

__all__ = ["deeper", "probed", "rankings"]


_COST = "The line joins the judges that no cheaper one equals; to the left of it nothing was measured."
#: Judges that get drawings of their own; the tables have all.
MOST = 6


def rankings(runs: Sequence[Reported]) -> list[SystemsAgreement | None]:
    """Rank the systems by each judge; None where a task has no systems to rank."""
    return [_ranked(run) for run in runs]


def _ranked(run: Reported) -> SystemsAgreement | None:
    ratings = run.ratings
    if len([name for name in ratings.systems if name]) < 2:
        return None
    if ratings.scale.kind not in {"check", "rate", "pair"}:
        return None
    try:
        return rank_systems(ratings, policies=run.policies)
    except (DataError, UsageError):
        # A judge without a verdict, or a game that no two systems play, ranks nobody.
        return None


def deeper(runs: Sequence[Reported], ranked: Sequence[SystemsAgreement | None], *, name: str) -> Iterator[Section]:
    """Show where judges of one task agree, what it costs, and what they make of labels, probabilities and systems.

    ``runs`` are best first; only sections that have something to show are yielded.
    """
    judges = [i for i, run in enumerate(runs) if not run.run.judge.startswith("baseline/")] or list(range(len(runs)))
    firsts = [(runs[i], runs[i].rows[0]) for i in judges[:MOST]]
    left = len(judges) - len(firsts)
    yield from _cost(runs, f"{name}-cost")
    drawn = subsets([run.rows for run in runs], name=f"{name}-subsets-chart")
    if drawn is not None:
        yield Section(f"{name}-subsets", "Subsets", charts=(drawn,))
    yield from _each(
        f"{name}-labels",
        "What judges say, by gold label",
        "A row is a gold label, a column what the judge says; shares are of the row, and agreement is in bold.",
        [
            confusion(run.ratings, run.policies, judge=row.judge, gold=row.gold, name=_named(name, "labels", i))
            for i, (run, row) in enumerate(firsts)
        ],
        left,
    )
    yield from _each(
        f"{name}-calibration",
        "Whether probabilities mean what they say",
        "A calibrated judge is right as often as it says: its marks lie on the dashed line.",
        [
            calibration(run.ratings, run.policies, judge=row.judge, name=_named(name, "calibration", i))
            for i, (run, row) in enumerate(firsts)
        ],
        left,
    )
    yield from _each(
        f"{name}-systems",
        "Systems as judges rank them",
        "Above the dashed line the judge scores a system higher than gold does; ranks agree where the marks rise "
        "throughout.",
        [
            None if found is None else systems(found, judge=row.judge, gold=row.gold, name=_named(name, "systems", i))
            for i, ((_, row), found) in enumerate(zip(firsts, (ranked[i] for i in judges), strict=False))
        ]
        + [subsets([run.rows for run, _ in firsts], by="system", name=f"{name}-by-system")],
        left,
        _warnings(ranked),
    )


def _named(name: str, what: str, place: int) -> str:
    return f"{name}-{what}-{place + 1}"


def _cost(runs: Sequence[Reported], name: str) -> Iterator[Section]:
    rows = [run.rows[0] for run in runs]
    costs = [cost_of(row) for row in rows]
    drawn = pareto(rows, name=f"{name}-chart")
    if drawn is not None:
        yield Section(name, "Agreement against cost", _COST, (drawn,))
        return
    reasons: dict[str, list[str]] = {}
    for row, cost in zip(rows, costs, strict=True):
        if cost.why:
            reasons.setdefault(cost.why, []).append(clean(row.judge))
    if reasons:
        unknown = "; ".join(f"{', '.join(judges)}: {why}" for why, judges in reasons.items())
        lead = f"Not drawn, since fewer than two judges have a known cost. {unknown}."
        yield Section(name, "Agreement against cost", lead)


def _each(
    name: str, title: str, lead: str, drawn: Sequence[Chart | None], left: int, notes: tuple[str, ...] = ()
) -> Iterator[Section]:
    charts = tuple(chart for chart in drawn if chart is not None)
    if charts:
        more = (f"{many(left, 'more judge')} not drawn here.",) if left > 0 else ()
        yield Section(name, title, lead, charts, notes=(*notes, *more))


def _warnings(ranked: Sequence[SystemsAgreement | None]) -> tuple[str, ...]:
    notes: dict[str, None] = {}
    for one in ranked:
        if one is not None:
            names = ", ".join(map(clean, one.unjudged))
            notes |= dict.fromkeys(WARNINGS[code].format(unjudged=names) for code in one.warnings)
    return tuple(first_up(note) + "." for note in notes)


_NOTE = (
    "Brackets hold 95 % intervals. A judge that flips with the order, or says something else when it is asked again, "
    "can't agree with anybody there."
)
_LEANINGS = ("positive_rate_difference", "mean_signed_error")


class _Seen(NamedTuple):
    run: Reported
    longer: LengthPreference | None
    own: SystemScore | None


def probed(
    runs: Sequence[Reported], rankings: Sequence[SystemsAgreement | None], *, name: str, charts: int = 6
) -> Section | None:
    """Show what the verdicts of one task's judges depend on beside the answers; ``charts`` judges are drawn."""
    seen = [
        _Seen(run, _longer(run), None if ranking is None else own_system(run.run.judge, ranking.systems))
        for run, ranking in zip(runs, rankings, strict=True)
    ]
    # What can be seen of one judge need not be of another: columns are matched by name.
    cells = [_cells(one) for one in seen]
    titles = dict.fromkeys(title for mine in cells for title in mine)
    known = [title for title in titles if any(mine.get(title, NONE) != NONE for mine in cells)]
    if not known:
        return None
    drawn: list[Chart | None] = []
    judges = [one for one in seen if not one.run.run.judge.startswith("baseline/")] or seen
    for place, one in enumerate(judges[:charts]):
        row = one.run.rows[0]
        drawn.append(position(one.run.rows, name=f"{name}-position-{place + 1}"))
        if one.longer is not None:
            drawn.append(length(one.longer, judge=row.judge, gold=row.gold, name=f"{name}-length-{place + 1}"))
    return Section(
        name,
        "What verdicts depend on beside the answers",
        _sentence(judges[0]),
        tuple(chart for chart in drawn if chart is not None),
        ("judge", *known),
        tuple(
            (clean(one.run.rows[0].judge), *(mine.get(title, NONE) for title in known))
            for one, mine in zip(seen, cells, strict=True)
        ),
        tuple(range(1, 1 + len(known))),
        (
            _NOTE,
            *((f"Drawn are the first {charts} judges.",) if len(judges) > charts else ()),
        ),
    )


def _longer(run: Reported) -> LengthPreference | None:
    """Measure a preference for length; the verdicts hold the lengths, so these are read once more."""
    if run.run.scale.kind != "pair":
        return None
    ahead = dict.fromkeys(run.judged.items, float("nan"))
    for verdict in run.verdicts():
        if len(verdict.lengths) == 2 and verdict.item in ahead:
            ahead[verdict.item] = float(verdict.lengths[1] - verdict.lengths[0])
    scored = apply(run.ratings, run.policies)
    return length_preference(scored, np.array(list(ahead.values())))


def own_system(judge: str, systems: Sequence[SystemScore]) -> SystemScore | None:
    """Find the system that bears the judge's name: its own answers, or those of its namesake."""
    model = judge.rpartition("/")[2].casefold()
    return next((one for one in systems if one.name.rpartition("/")[2].casefold() == model), None)


def _cells(one: _Seen) -> dict[str, str]:
    bias = one.run.rows[0].bias
    cells = {
        "same in both orders": _figure(one.run.rows[0], "position_consistency"),
        "first slot wins": _figure(one.run.rows[0], "first_slot_rate"),
    }
    run = one.run.run
    again = retest_agreement(one.run.ratings) if run.repeats > 1 else None
    if again is None and "samples" in run.settings:
        again = retest_agreement(from_verdicts(of_samples(one.run.verdicts()), run.scale))
    cells["same when asked again"] = NONE if again is None else told("retest_agreement", again)
    found = one.longer
    gap = None if found is None else found.difference
    cells["longer wins: judge less gold, points"] = NONE if gap is None else ranged(gap, _points)
    for name in _LEANINGS:
        if name in bias and bias[name].value is not None:
            estimate = bias[name]
            cells[name_of(name) if name != "positive_rate_difference" else "accepts more than gold, points"] = (
                ranged(estimate, _points) if name == "positive_rate_difference" else f"{estimate.value:+.2f}"
            )
    cells["its own system: judge less gold"] = (
        NONE
        if one.own is None or one.own.bias.value is None
        else f"{clean(one.own.name)} {ranged(one.own.bias, decimal)}"
    )
    return cells


def _figure(row: Agreement, key: str) -> str:
    estimate = row.bias.get(key)
    return NONE if estimate is None or estimate.value is None else told(key, estimate)


def _points(value: float) -> str:
    return f"{100 * value:+.1f}"


def _sentence(one: _Seen) -> str:
    row = one.run.rows[0]
    said: list[str] = []
    same = row.bias.get("position_consistency")
    if same is not None and same.value is not None:
        said.append(f"names the same response in both orders on {told('position_consistency', same)} of items")
    slot = row.bias.get("first_slot_rate")
    if not said and slot is not None and slot.value is not None:
        said.append(f"gives the first slot {told('first_slot_rate', slot)} of {many(slot.n, 'decided verdict')}")
    if one.longer is not None and one.longer.judge.value is not None:
        said.append(
            f"names the longer response in {told('longer_rate', one.longer.judge)} of "
            f"{many(one.longer.judge.n, 'verdict')} ({whom(row.gold)}: {told('longer_rate', one.longer.gold)}; "
            f"{points(one.longer.difference)})"
        )
    return f"{clean(row.judge)} {', and '.join(said)}." if said else ""

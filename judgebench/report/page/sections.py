"""The sections between summary and items: cost, subsets, labels, probabilities, systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.agreement.systems.systems import rank_systems
from judgebench.errors import DataError, UsageError
from judgebench.report.document.text import clean, many
from judgebench.report.page.charts.calibration import calibration
from judgebench.report.page.charts.confusion import confusion
from judgebench.report.page.charts.costs import cost_of
from judgebench.report.page.charts.pareto import pareto
from judgebench.report.page.charts.subsets import subsets
from judgebench.report.page.charts.systems import systems
from judgebench.report.page.charts.words import first_up
from judgebench.report.page.parts import Section
from judgebench.report.systems import WARNINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.agreement.systems.systems import SystemsAgreement
    from judgebench.report.page.parts import Chart, Reported

__all__ = ["deeper", "rankings"]

_COST = "The line joins the judges that no cheaper one equals; to the left of it nothing was measured."
#: Judges that get drawings of their own; the tables have all.
MOST = 6


def rankings(runs: Sequence[Reported]) -> list[SystemsAgreement | None]:
    """Rank the systems by each judge; None where a task has no systems to rank."""
    return [_ranked(run) for run in runs]


def _ranked(run: Reported) -> SystemsAgreement | None:
    ratings = run.ratings
    if ratings.sequence is not None or len([name for name in ratings.systems if name]) < 2:
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

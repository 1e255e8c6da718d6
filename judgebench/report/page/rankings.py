"""Systems as judges rank them: a drawing from eight systems on, else a sentence with the order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.agreement.systems.systems import rank_systems
from judgebench.errors import DataError, UsageError
from judgebench.report.document.text import clean, decimal
from judgebench.report.page.forest import axis_of, minus
from judgebench.report.page.parts import Dot, Fold, Scatter, Table
from judgebench.report.said import first_up, ranged, reason
from judgebench.report.systems import REASONS, WARNINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.agreement.systems.systems import SystemsAgreement, SystemScore
    from judgebench.domain import Estimate
    from judgebench.report.page.measured import Measured
    from judgebench.report.page.parts import Reported

__all__ = ["own_system", "ranked", "rankings"]

#: Fewer systems are told in a sentence; judges that are told of.
_ENOUGH, _JUDGES = 8, 6
_SCORES = {"mean": "mean verdict", "win-rate": "win rate", "bradley-terry": "Bradley-Terry strength"}


def ranked(run: Reported) -> SystemsAgreement | None:
    """Rank the systems by a judge; None where there are none, or nobody can be ranked."""
    ratings = run.ratings
    if len([name for name in ratings.systems if name]) < 2 or ratings.scale.kind not in {"check", "rate", "pair"}:
        return None
    try:
        return rank_systems(ratings, policies=run.policies)
    except (DataError, UsageError):
        # A judge without a verdict, or a game that no two systems play, ranks nobody.
        return None


def own_system(judge: str, found: SystemsAgreement) -> SystemScore | None:
    """Find the system that bears the judge's name: its own answers, or those of its namesake."""
    model = judge.rpartition("/")[2].casefold()
    return next((one for one in found.systems if one.name.rpartition("/")[2].casefold() == model), None)


def rankings(one: Measured) -> Iterator[Fold]:
    """Show how judges rank the systems."""
    found = [(judge.name, board) for judge in one.judges[:_JUDGES] if (board := ranked(judge.run)) is not None]
    if not found:
        return
    first = found[0][1]
    known = [system for system in first.systems if system.gold.value is not None and system.judge.value is not None]
    names = [clean(system.name) for system in first.systems]
    small = f"{len(names)} systems"
    title = "Systems as judges rank them"
    warnings = dict.fromkeys(
        first_up(WARNINGS[code].format(unjudged=", ".join(map(clean, board.unjudged)))) + "."
        for _, board in found
        for code in board.warnings
        # Of few systems no figure is told here.
        if code != "few_systems"
    )
    if len(known) < _ENOUGH:
        texts = [
            f"By the labels: {_order(first, by_gold=True)}.",
            *(f"By {name}: {_order(board)}." for name, board in found),
        ]
        yield Fold(title, small, tuple(texts), notes=tuple(warnings))
        return
    tau = first.agreement.get("kendall_tau")
    small = f"{small}, {found[0][0]}: tau {_told(tau)}"
    drawn = tuple(_scatter(name, board) for name, board in found)
    tables = tuple(_table(name, board) for name, board in found)
    yield Fold(title, small, scatters=drawn, tables=tables, notes=tuple(warnings))


def _order(board: SystemsAgreement, *, by_gold: bool = False) -> str:
    ordered = sorted(board.systems, key=lambda one: (one.gold_rank if by_gold else one.judge_rank, one.name))
    return ", ".join(clean(one.name) for one in ordered)


def _scatter(name: str, board: SystemsAgreement) -> Scatter:
    axis = axis_of("", (estimate for one in board.systems for estimate in (one.gold, one.judge)))
    marks = tuple((axis.at(value), word) for value, word in axis.marks)
    dots = tuple(
        Dot(
            i + 1, axis.at(one.gold.value), axis.from_top(one.judge.value),
            f"{clean(one.name)}: labels {_told(one.gold)}, {name} {_told(one.judge)}",
        )
        for i, one in enumerate(board.systems)
        if one.gold.value is not None and one.judge.value is not None
    )  # fmt: skip
    score = _SCORES[board.score]
    upward = tuple((axis.from_top(value), word) for value, word in axis.marks)
    return Scatter(
        f"{name}: {score} of each system", f"{score} by the labels", f"by {name}", marks, upward, dots, diagonal=True
    )


def _table(name: str, board: SystemsAgreement) -> Table:
    header = (
        "#", "System", "Rank by the labels", f"Rank by {name}", "Score by the labels", f"Score by {name}", "Difference",
    )  # fmt: skip
    rows = tuple(
        (
            str(i + 1), clean(one.name), f"{one.gold_rank:g}", f"{one.judge_rank:g}", _told(one.gold), _told(one.judge),
            _told(one.bias),
        )
        for i, one in enumerate(board.systems)
    )  # fmt: skip
    return Table(f"Systems by {name}", header, rows, (2, 3, 4, 5, 6))


def _told(estimate: Estimate | None) -> str:
    if estimate is None or estimate.value is None:
        code = "" if estimate is None else estimate.undefined or ""
        return f"undefined: {REASONS.get(code) or reason(estimate)}"
    return minus(ranged(estimate, decimal))

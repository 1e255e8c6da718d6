"""What a judge-only ranking is worth: sentences, tables, JSON (``judgebench.judge-only/1``) and CSV."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.report.document.as_csv import write_csv
from judgebench.report.document.as_json import write_json
from judgebench.report.document.as_md import markdown_grid
from judgebench.report.document.as_table import draw, fill
from judgebench.report.document.grid import Cell, Column, Grid
from judgebench.report.document.text import clean, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.agreement.correct.judge_only import JudgeOnly
    from judgebench.agreement.correct.simplex import Ranking

__all__ = ["SCHEMA", "Line", "json_schema", "render"]

SCHEMA = "judgebench.judge-only/1"
_TWO = (
    "Two levels: if one common TPR and TNR hold for all systems and TPR + TNR > 1, the true order is the judge's, up "
    "to sampling error. The true shares themselves are not identifiable without gold."
)
_MORE = (
    "Three levels or more: neither the true scores nor their order are identifiable without gold, however many rows "
    "are judged. What follows depends on the prior of the judge, and more verdicts won't change that; some gold will "
    "(judgebench correct --gold-col)."
)
_OWN = (
    "Each system has a judge of its own here (--judge-varies): the order is not identifiable without gold, not even on "
    "two levels."
)
_PRIOR = (
    "A prior of d holds every judge that calls at least the share d of each true level by its name, all alike; those "
    "that can't have given these scores are left out. d = 1 is the perfect judge: sampling error only."
)


class Line(NamedTuple):
    """One judge's ranking with what was measured."""

    task: str
    judge: str
    found: JudgeOnly


def json_schema() -> dict[str, Any]:
    """Read the JSON Schema (draft 2020-12) of ``judgebench.judge-only/1``."""
    text = resources.files("judgebench.report").joinpath("judge_only.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def render(lines: Sequence[Line], form: str = "table", *, width: int = 120) -> str:
    """Print judge-only rankings as ``table``, ``json``, ``csv`` or ``md``.

    Parameters
    ----------
    lines : sequence of Line
        One per judge.
    form : {'table', 'json', 'csv', 'md'}, optional
        The form.
    width : int, optional
        Columns of the terminal, for ``table``.
    """
    if form == "json":
        return write_json({"schema": SCHEMA, "rows": [_json(line) for line in lines]})
    if form == "csv":
        return write_csv(_HEADER, [row for line in lines for row in _csv(line)])
    blocks: list[str] = []
    for line in lines:
        sentence, layout = _sentence(line), _grid(line)
        if form == "md":
            blocks.append(f"{sentence}\n\n{markdown_grid(layout)}")
        else:
            said = "".join(f"{text}\n" for text in fill(sentence, width))
            blocks.append(f"{said}\n{draw(layout, width=width, names=(0,))}")
    return "\n".join(blocks)


def _sentence(line: Line) -> str:
    found = line.found
    sure = found.rankings[0]
    least = min(found.rankings, key=lambda ranking: ranking.diagonal)
    name = clean(line.judge)
    if found.identified:
        return (
            f"{name}: the order of these {len(found.systems)} systems is the judge's own, assuming one common TPR/TNR "
            f"with TPR + TNR > 1; sampling error alone reverses {_percent(sure.flip_share)} of the pairs."
        )
    return (
        f"{name}: without gold, judges with at least {spread(least.diagonal, 2)} of each level right explain these "
        f"scores with other orders: {_percent(least.flip_share)} of the pairs of systems are reversed on average "
        f"({_percent(sure.flip_share)} by sampling error alone)."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _grid(line: Line) -> Grid:
    found = line.found
    columns = [
        Column("system", right=False),
        Column("rows"),
        Column("judge's mean", ("judge's", "mean")),
        *(Column(f"rank, d = {_d(ranking)}", ("rank", f"d = {_d(ranking)}")) for ranking in found.rankings),
    ]
    rows = [
        (
            Cell(clean(name)),
            Cell(str(found.rows[i])),
            Cell(spread(float(found.means[i]))),
            *(Cell(_ranks(ranking, i)) for ranking in found.rankings),
        )
        for i, name in enumerate(found.systems)
    ]
    rows.append(
        (Cell("reversed pairs"), Cell(""), Cell(""), *(Cell(_percent(one.flip_share)) for one in found.rankings))
    )
    rows.append(
        (Cell("P(any reversed)"), Cell(""), Cell(""), *(Cell(spread(one.any_flip, 2)) for one in found.rankings))
    )
    truth = _TWO if found.identified else _MORE if found.common else _OWN
    remarks = (
        truth,
        f"Ranks are 95 % credible intervals by {found.score}, 1 is best. {_PRIOR}",
        *([f"{found.dropped} judgments without a verdict are left out."] if found.dropped else []),
    )
    return Grid(tuple(columns), tuple(rows), remarks)


def _d(ranking: Ranking) -> str:
    return f"{ranking.diagonal:g}"


def _ranks(ranking: Ranking, i: int) -> str:
    best, worst = int(ranking.best[i]), int(ranking.worst[i])
    return str(best) if best == worst else f"{best} to {worst}"


def _json(line: Line) -> dict[str, Any]:
    found = line.found
    return {
        "task": line.task,
        "judge": line.judge,
        "score": found.score,
        "levels": found.levels,
        "common_judge": found.common,
        "order_identified": found.identified,
        "dropped": found.dropped,
        "systems": [
            {"system": name, "rows": found.rows[i], "judge_mean": float(found.means[i])}
            for i, name in enumerate(found.systems)
        ],
        "priors": [
            {
                "diagonal": ranking.diagonal,
                "any_flip": ranking.any_flip,
                "flip_share": ranking.flip_share,
                "flips": ranking.flips.tolist(),
                "systems": [
                    {
                        "system": name,
                        "mean": float(ranking.mean[i]),
                        "low": float(ranking.low[i]),
                        "high": float(ranking.high[i]),
                        "best_rank": int(ranking.best[i]),
                        "worst_rank": int(ranking.worst[i]),
                        "first": float(ranking.first[i]),
                    }
                    for i, name in enumerate(found.systems)
                ],
            }
            for ranking in found.rankings
        ],
    }


_HEADER = [
    *("task", "judge", "diagonal", "system", "rows", "judge_mean", "mean", "low", "high"),
    *("best_rank", "worst_rank", "first", "flip_share", "any_flip"),
]


def _csv(line: Line) -> list[list[str | float | None]]:
    found = line.found
    return [
        [
            line.task,
            line.judge,
            ranking.diagonal,
            name,
            found.rows[i],
            float(found.means[i]),
            float(ranking.mean[i]),
            float(ranking.low[i]),
            float(ranking.high[i]),
            int(ranking.best[i]),
            int(ranking.worst[i]),
            float(ranking.first[i]),
            ranking.flip_share,
            ranking.any_flip,
        ]
        for ranking in found.rankings
        for i, name in enumerate(found.systems)
    ]

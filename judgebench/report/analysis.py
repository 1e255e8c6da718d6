"""Where and why a judge errs: table, JSON (``judgebench.analysis/1``), CSV, Markdown."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from judgebench.report.document.as_csv import write_csv
from judgebench.report.document.as_json import write_json
from judgebench.report.document.as_md import markdown_grid, markdown_text
from judgebench.report.document.as_table import draw, fill
from judgebench.report.document.grid import Cell, Column, Grid
from judgebench.report.document.text import clean, figure, p_value, spread
from judgebench.report.scores import gold_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from judgebench.agreement.analysis.effects import Effect, Explanation
    from judgebench.agreement.analysis.labels import LabelUse
    from judgebench.agreement.analysis.strata import Slice, Strata
    from judgebench.domain import Estimate, Policies
    from judgebench.stats.coefficients.homogeneity import Homogeneity

__all__ = ["SCHEMA", "Analysis", "json_schema", "render"]

SCHEMA = "judgebench.analysis/1"
_NONE = "–"  # noqa: RUF001 - a dash means "no figure"; a hyphen would read as a minus
_LEVEL = 0.05
_REASONS = {
    "no_items": "there is nothing to explain",
    "no_errors": "the judge never disagrees with gold",
    "only_errors": "the judge never agrees with gold",
    "no_features": "no feature varies enough to explain anything",
    "few_clusters": "there are not more independent questions than features",
    "separated": "the features tell errors apart for sure, so that no odds are finite",
    "collinear": "the features are sums of each other",
    "constant": "one value only",
    "few_rows": "fewer than 10 rows",
    "too_many_levels": "more than 40 categories",
    "graded_gold": "gold is a number and no label",
    "no_disagreement": "judge and gold use the labels alike on every item",
}
_EFFECTS = (
    "An effect is the average change of the probability of an error, in points, other features held; p is corrected "
    "for the number of effects (Holm). What predicts errors need not cause them."
)
_SLICES = (
    "Slices: shrunken agreement is drawn towards the mean of its division by how little is known of the slice; slices "
    "under 30 items have no place."
)
_STRATA = "Kappas of strata with different base rates can't be compared: read the rates beside them."


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found about one judge on one task; ``gold`` is who gave the gold."""

    task: str
    judge: str
    gold: str
    revision: str
    policies: Policies
    explanation: Explanation
    labels: tuple[LabelUse, ...]
    homogeneity: Homogeneity | str
    slices: tuple[Slice, ...]
    difficulty: Strata | None = None
    own_answers: Strata | None = None


def json_schema() -> dict[str, Any]:
    """Read the JSON Schema (draft 2020-12) of ``judgebench.analysis/1``."""
    text = resources.files("judgebench.report").joinpath("analysis.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def render(analyses: Iterable[Analysis], form: str = "table", *, width: int = 120) -> str:
    """Print analyses as ``table``, ``json``, ``csv`` (effects, labels, slices and strata, a row each) or ``md``.

    Parameters
    ----------
    analyses : iterable of Analysis
        What was found.
    form : str, optional
        The form.
    width : int, optional
        Columns of the terminal, for ``table``.
    """
    ordered = sorted(analyses, key=lambda one: (one.task, one.judge, one.revision))
    if form == "json":
        return write_json({"schema": SCHEMA, "rows": [_json(one) for one in ordered]})
    if form == "csv":
        return _csv(ordered)
    blocks: list[str] = []
    for one in ordered:
        blocks.append(_text(_sentence(one), width, form))
        blocks += [_table(grid, width, form) for grid in _grids(one)]
    return "\n".join(blocks)


def _text(text: str, width: int, form: str) -> str:
    return markdown_text(text) + "\n" if form == "md" else "\n".join(fill(text, width)) + "\n"


def _table(grid: Grid, width: int, form: str) -> str:
    return markdown_grid(grid) if form == "md" else draw(grid, width=width, names=(0, 1))


def _sentence(one: Analysis) -> str:
    """Say what predicts errors most."""
    told = one.explanation
    start = (
        f"{clean(one.judge)} on {clean(one.task)}: {told.errors:,} of {told.rows:,} judgments disagree with "
        f"{gold_word(one.gold)} ({_percent(told.errors / told.rows if told.rows else 0.0)})"
    )
    if told.undefined is not None:
        return f"{start}; {_REASONS.get(told.undefined, told.undefined)}."
    sure = [effect for effect in told.effects if effect.p_holm < _LEVEL]
    if not sure:
        return f"{start}; none of {len(told.effects)} features predicts them."
    # The effect of a number is per unit, and its unit may be large or small: categories speak first.
    first = next((effect for effect in sure if effect.level), sure[0])
    many = f"{len(sure)} of {len(told.effects)} features predict them" if len(told.effects) > 1 else "one feature does"
    return f"{start}; {many}, {_named(first)} by {_points(first.effect)}."


def _named(effect: Effect) -> str:
    if effect.level:
        return f"{clean(effect.feature)} {clean(effect.level)} (against {clean(effect.against)})"
    return f"{clean(effect.feature)} (per unit)"


def _grids(one: Analysis) -> Iterable[Grid]:
    told = one.explanation
    if told.effects:
        yield Grid(
            tuple(
                Column(title, right=i > 2)
                for i, title in enumerate(("feature", "is", "against", "rows", "effect in points", "odds ratio", "p"))
            ),
            tuple(_effect_row(effect) for effect in told.effects),
            (_EFFECTS, *_left_out(told)),
        )
    if one.labels:
        yield Grid(
            (Column("label", right=False), *map(Column, ("gold %", "judge %", "judge - gold, points", "p"))),
            tuple(
                (
                    Cell(clean(use.label)),
                    Cell(_percent(use.gold, "")),
                    Cell(_percent(use.judge, "")),
                    Cell(_points(use.difference)),
                    Cell(p_value(use.p_holm)),
                )
                for use in one.labels
            ),
            (_homogeneity(one.homogeneity),),
        )
    if one.slices:
        yield _slice_grid(one.slices, (_SLICES,), shrunken=True)
    for strata in (one.difficulty, one.own_answers):
        if strata is not None and strata.slices:
            remarks = [_STRATA]
            if strata.difference is not None:
                first, last = clean(strata.slices[0].name), clean(strata.slices[-1].name)
                remarks.insert(0, f"Agreement, {first} less {last}: {_points(strata.difference)}.")
            if strata.left_out:
                remarks.append(f"{strata.left_out:,} judgments belong to no stratum.")
            yield _slice_grid(strata.slices, tuple(remarks), shrunken=False)


def _left_out(told: Explanation) -> list[str]:
    found = [f"Left out: {clean(name)}: {_REASONS.get(why, why)}" for name, why in (told.left_out or {}).items()]
    if told.incomplete:
        found.append(f"{told.incomplete:,} judgments lack a feature and are not in the regression.")
    return found


def _effect_row(effect: Effect) -> tuple[Cell, ...]:
    ratio = effect.odds_ratio
    odds = f"{_short(ratio.value)} [{_short(ratio.low)}, {_short(ratio.high)}]"
    cells = (clean(effect.feature), clean(effect.level), clean(effect.against), f"{effect.rows:,}")
    return (*map(Cell, cells), Cell(_points(effect.effect)), Cell(odds), Cell(p_value(effect.p_holm)))


def _slice_grid(slices: Sequence[Slice], remarks: tuple[str, ...], *, shrunken: bool) -> Grid:
    checks = any("base_rate" in part.metrics for part in slices)
    titles = ["division", "is", "items", "% agreement", *(["shrunken %", "place"] if shrunken else []), "kappa"]
    titles += ["TPR %", "TNR %", "correct %"] if checks else []
    rows = []
    for part in slices:
        cells = [clean(part.division), clean(part.name), f"{part.items:,}", _bracket(part.metrics["percent_agreement"])]
        if shrunken:
            cells += [_percent(part.shrunken, ""), _NONE if part.rank is None else str(part.rank)]
        kappa = part.metrics["cohen_kappa"].value
        cells.append(_NONE if kappa is None else spread(kappa))
        if checks:
            rates = ("true_positive_rate", "true_negative_rate", "base_rate")
            cells += [_percent(part.metrics[name].value, "") for name in rates]
        rows.append(tuple(map(Cell, cells)))
    return Grid(tuple(Column(title, right=i > 1) for i, title in enumerate(titles)), tuple(rows), remarks)


def _homogeneity(test: Homogeneity | str) -> str:
    if test == "few_clusters":
        return "Whether the labels are used alike can't be tested: there are hardly more questions than labels."
    if isinstance(test, str):
        return f"Whether the labels are used alike can't be tested: {_REASONS.get(test, test)}."
    if test.denominator is None:
        what = f"chi-square {figure(test.statistic, 2)} on {test.df} degrees of freedom"
    else:
        what = f"F {figure(test.statistic, 2)} on {test.df} and {test.denominator} degrees of freedom"
    return f"All labels at once: {what}, p {p_value(test.p)}."


def _percent(share: float | None, sign: str = " %") -> str:
    return _NONE if share is None else figure(100 * share, 1) + sign


def _points(estimate: Estimate) -> str:
    if estimate.value is None:
        return _NONE
    text = f"{100 * estimate.value:+.1f}"
    if estimate.low is None or estimate.high is None:
        return text
    return f"{text} [{100 * estimate.low:+.1f}, {100 * estimate.high:+.1f}]"


def _bracket(estimate: Estimate) -> str:
    text = _percent(estimate.value, "")
    if estimate.low is None or estimate.high is None:
        return text
    return f"{text} [{_percent(estimate.low, '')}, {_percent(estimate.high, '')}]"


def _short(value: float | None) -> str:
    if value is None:
        return _NONE
    return f"{value:.2f}" if 0.01 <= value < 1000 else f"{value:.1e}"


def _csv(analyses: Sequence[Analysis]) -> str:
    header = ["task", "judge", "gold", "part", "feature", "is", "against", "n", "figure", "value", "low", "high", "p"]
    rows: list[list[str | float | None]] = []

    def add(front: list[str], names: Sequence[str | float | None], key: str, one: Estimate, p: float | None) -> None:
        rows.append([*front, *names, key, one.value, one.low, one.high, p])

    for one in analyses:
        who = [one.task, one.judge, one.gold]
        for effect in one.explanation.effects:
            names = (effect.feature, effect.level, effect.against, effect.rows)
            add([*who, "effects"], names, "effect", effect.effect, effect.p_holm)
            add([*who, "effects"], names, "odds_ratio", effect.odds_ratio, effect.p_holm)
        for use in one.labels:
            add([*who, "labels"], (use.label, "", "", use.difference.n), "judge_minus_gold", use.difference, use.p_holm)
        for part, slices in _parts(one):
            for piece in slices:
                for name, estimate in piece.metrics.items():
                    add([*who, part], (piece.division, piece.name, "", piece.items), name, estimate, None)
    return write_csv(header, rows)


def _parts(one: Analysis) -> Iterable[tuple[str, tuple[Slice, ...]]]:
    yield "slices", one.slices
    for part, strata in (("difficulty", one.difficulty), ("own_answers", one.own_answers)):
        if strata is not None:
            yield part, strata.slices


def _json(one: Analysis) -> dict[str, Any]:
    told = one.explanation
    return {
        "task": one.task,
        "judge": one.judge,
        "gold": one.gold,
        "revision": one.revision,
        "policies": one.policies.to_json(),
        "judgments": told.rows,
        "errors": told.errors,
        "effects": [
            {
                "feature": effect.feature,
                "is": effect.level,
                "against": effect.against,
                "rows": effect.rows,
                "effect": effect.effect.to_json(),
                "odds_ratio": effect.odds_ratio.to_json(),
                "p": effect.p,
                "p_holm": effect.p_holm,
            }
            for effect in told.effects
        ],
        "left_out": dict(told.left_out or {}),
        "incomplete": told.incomplete,
        "undefined": told.undefined,
        "labels": [
            {
                "label": use.label,
                "gold": use.gold,
                "judge": use.judge,
                "difference": use.difference.to_json(),
                "p_holm": use.p_holm,
            }
            for use in one.labels
        ],
        "marginal_homogeneity": {"undefined": one.homogeneity}
        if isinstance(one.homogeneity, str)
        else asdict(one.homogeneity),
        "slices": [_slice_json(part) for part in one.slices],
        "difficulty": _strata_json(one.difficulty),
        "own_answers": _strata_json(one.own_answers),
    }


def _slice_json(part: Slice) -> dict[str, Any]:
    return {
        "division": part.division,
        "is": part.name,
        "items": part.items,
        "metrics": {name: estimate.to_json() for name, estimate in part.metrics.items()},
        "shrunken": part.shrunken,
        "place": part.rank,
    }


def _strata_json(strata: Strata | None) -> dict[str, Any] | None:
    if strata is None:
        return None
    return {
        "slices": [_slice_json(part) for part in strata.slices],
        "difference": None if strata.difference is None else strata.difference.to_json(),
        "left_out": strata.left_out,
    }

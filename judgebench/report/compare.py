"""Two judges, or several, on the same items: the verdict first, then the figures behind it."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from judgebench.agreement.names import title_of as _title
from judgebench.report.document.as_csv import write_csv
from judgebench.report.document.as_json import write_json
from judgebench.report.document.as_md import markdown_grid, markdown_text
from judgebench.report.document.as_table import draw, fill
from judgebench.report.document.grid import Cell, Column, Grid
from judgebench.report.document.text import clean, figure, interval, many, p_value, spread
from judgebench.report.scores import gold_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.agreement.compare.compare import Comparison, Differing, Line
    from judgebench.agreement.compare.standings import Field
    from judgebench.domain import Estimate

__all__ = ["SCHEMA", "json_schema", "render", "render_field", "to_json", "verdict"]

SCHEMA = "judgebench.compare/1"
_NONE = "–"  # noqa: RUF001 - a dash means "no figure"
_RANKS = (
    "Ranks hold for all judges at once (95 %): a judge is ahead of another only where their paired difference is "
    "significant by max-t."
)
_WARNINGS = {
    "unequal_coverage": "the judges' coverage differs by more than 2 points: one of them answers fewer of the items",
    "shared_items_only": "only the items that all judges have are compared, as --shared asks",
    "incomplete_rows_dropped": "judgments that a policy drops for one judge are dropped for all",
    "few_clusters": "few independent questions: the intervals are only rough ones",
    "few_systems": "fewer than 20 systems: clustering by system as well gives only rough intervals; systems chosen on "
    "purpose are better taken as fixed",
    "missing_scores": "some judgments have no score: they count as misses in AUC and Brier; elsewhere only judgments "
    "count to which all judges gave one, as n says",
    "incomplete_run": "a run holds fewer verdicts than its manifest counts; the same run command resumes it",
}


def json_schema() -> dict[str, Any]:
    """Read the JSON Schema (draft 2020-12) of ``judgebench.compare/1``."""
    text = resources.files("judgebench.report").joinpath("compare.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _told(p: float | None) -> str:
    return "" if p is None else ", p < .001" if p < 0.001 else f", p = {spread(p)}"


def verdict(found: Comparison) -> str:
    """Say in one sentence who agrees more, or that it can't be told."""
    line, whom = found.main, gold_word(found.gold_source)
    first, second = clean(found.first), clean(found.second)
    gap = line.difference
    if gap.value is None:
        return f"Can't compare {first} with {second}: {_title(line.metric)} is undefined ({gap.undefined})."
    values = f"{_title(line.metric)} {interval(line.first).split(' ')[0]} against {interval(line.second).split(' ')[0]}"
    figures = f"{values}, {interval(gap, sign=True)}{_told(line.p)}"
    by = f"paired, by {many(found.clusters, 'question')}"
    if found.systems is not None:
        by += f" and {many(found.systems, 'system')}"
    if found.differ == 0 and abs(gap.value) < 1e-12:
        return f"{first} and {second} give the same verdict on all {many(found.judgments, 'judgment')}."
    if found.outcome == "undecided":
        more = ""
        if found.power is not None and abs(gap.value) > 1e-9:
            needed = found.power.items_for(abs(gap.value), sides=2)
            more = f" A difference of this size would need about {needed:,} items (80 % power)."
        return f"Can't tell {first} from {second} on {many(found.items, 'item')}: {figures} ({by}).{more}"
    winner, loser = (first, second) if found.outcome == "first" else (second, first)
    if found.leaning:
        return f"{_title(line.metric)} is higher for {winner} than for {loser}: {figures} ({by})."
    return f"{winner} agrees with {whom} more than {loser}: {figures} ({by})."


def _remarks(found: Comparison) -> list[str]:
    policies = " ".join(f"{name}={value}" for name, value in found.policies.to_json().items())
    first, second = clean(found.first), clean(found.second)
    a, b = (f"{100 * share:.1f}" for share in found.coverage)
    ground = (
        f"A is {first}, B is {second}. Differences are A less B with paired 95 % intervals, clustered by question "
        f"{_ways(found)}. {many(found.items, 'item')}, "
        f"{many(found.judgments, 'judgment')}; coverage {a} % and {b} %; {policies}."
    )
    notes = [ground]
    if len(found.lines) > 1:
        notes.append(
            f"p is for a line alone; p Holm is adjusted for all {len(found.lines)} lines. The sentence on top is about "
            f"one test chosen beforehand, {_title(found.headline)} on all items, and takes its own p."
        )
    if alone := _one_way(found):
        notes.append(f"Clustered by question only, since both ways together leave no error there: {', '.join(alone)}.")
    if errors := [name for name in found.errors if any(line.metric == name for line in found.lines)]:
        notes.append(f"Lower is better: {', '.join(map(_title, errors))}.")
    if any(line.difference.method.endswith("bias") for line in found.lines):
        notes.append(
            "Chance lifts a calibration error, the more the better calibrated a judge is: intervals and p-values of "
            "its difference allow for the most that this can be."
        )
    if (four := found.fourfold) is not None:
        notes.append(
            f"Both right on {four.both:,}, only A on {four.first_only:,}, only B on {four.second_only:,}, neither on "
            f"{four.neither:,}: on {100 * four.discordance:.1f} % exactly one is right. Verdicts differ on "
            f"{found.differ:,}."
        )
    notes.append(_tests(found))
    if (power := found.power) is not None:
        one, two = (power.detectable(sides=sides) for sides in (1, 2))
        notes.append(
            f"In 4 of 5 samples like this one the test finds a difference in {_title(power.metric)} of "
            f"{spread(two or 0.0)} (two-sided) or a drop of {spread(one or 0.0)} (one-sided). Items that share a "
            f"question make {spread(power.design_effect, 2)} times as many items necessary (design effect)."
        )
    notes += _cautions(found.warnings, found.left_out, found.incomplete)
    return notes


def _ways(found: Comparison) -> str:
    if found.systems is None:
        return f"(t, {found.clusters - 1} degrees of freedom)"
    fewer = min(found.clusters, found.systems) - 1
    return f"and by system (t, {fewer} degrees of freedom, one less than there are of the fewer; on all rows)"


def _one_way(found: Comparison) -> list[str]:
    """Lines that two-way clustering was asked for and could not be had."""
    made = [line for line in found.lines if line.difference.method and found.systems is not None]
    return [
        f"{_title(line.metric)} ({clean(line.subset)})"
        for line in made
        if not line.difference.method.startswith("two-way")
    ]


def _tests(found: Comparison) -> str:
    tests = found.tests
    said: list[str] = []
    if tests.mcnemar_exact is not None and tests.mcnemar_mid_p is not None:
        said.append(f"McNemar exact p {p_value(tests.mcnemar_exact)}, mid-p {p_value(tests.mcnemar_mid_p)}")
        if tests.agresti_min is not None:
            low, high = tests.agresti_min
            said.append(f"Agresti-Min interval [{spread(low)}, {spread(high)}] (both take items as independent)")
    if tests.sign_flip is not None:
        said.append(f"sign flips by question p {p_value(tests.sign_flip)}")
    text = f"Accuracy by other tests: {', '.join(said)}. " if said else ""
    if tests.label_swap is not None:
        text += (
            f"{_title(found.headline)} with the judges' labels swapped by question: p {p_value(tests.label_swap)} "
            f"({tests.draws:,} draws, seed {tests.seed})."
        )
    return text.strip() or "No permutation test is defined here."


def _cautions(warnings: Sequence[str], left_out: int, incomplete: int) -> list[str]:
    counts = {"shared_items_only": left_out, "incomplete_rows_dropped": incomplete}
    what = {"shared_items_only": "items left out", "incomplete_rows_dropped": "judgments dropped"}
    return [
        f"Careful: {_WARNINGS.get(code, code)}{f' ({counts[code]:,} {what[code]})' if code in counts else ''}."
        for code in warnings
    ]


def _line(line: Line) -> tuple[Cell, ...]:
    return (
        Cell(clean(line.subset)),
        Cell(_title(line.metric)),
        Cell(interval(line.first)),
        Cell(interval(line.second)),
        Cell(interval(line.difference, sign=True)),
        Cell(f"{line.difference.n:,}"),
        Cell(p_value(line.p)),
        Cell(p_value(line.p_holm)),
    )


def _grid(found: Comparison) -> Grid:
    columns = (
        Column("subset", right=False),
        Column("metric", right=False),
        Column("A [95 % interval]", ("A", "[95 % interval]"), right=False),
        Column("B [95 % interval]", ("B", "[95 % interval]"), right=False),
        Column("A - B [95 % interval]", ("A - B", "[95 % interval]"), right=False),
        Column("n"),
        Column("p"),
        Column("p Holm", ("p", "Holm")),
    )
    return Grid(columns, tuple(map(_line, found.lines)), tuple(_remarks(found)))


def _items_grid(found: Comparison, items: Sequence[Differing]) -> Grid:
    names = ("item", "subset", "gold", "A says", "B says", "right")
    who = {"first": "A", "second": "B"}
    rows = tuple(
        tuple(Cell(clean(text)) for text in (*_cells(one)[:-1], who.get(one.right, one.right))) for one in items
    )
    note = f"{len(items):,} of the {found.differ:,} judgments on which the verdicts differ."
    return Grid(tuple(Column(name, right=False) for name in names), rows, (note,))


def _cells(one: Differing) -> tuple[str, ...]:
    return one.item, one.subset, one.gold, one.first, one.second, one.right


def _estimate(one: Estimate) -> dict[str, Any]:
    return {**one.to_json(), "se": one.se, "method": one.method}


def to_json(found: Comparison, items: Sequence[Differing]) -> dict[str, Any]:
    """Build the document of two judges: schema ``judgebench.compare/1``, fractions throughout."""
    tests, power, four = found.tests, found.power, found.fourfold
    return {
        "schema": SCHEMA,
        "verdict": verdict(found),
        "outcome": found.outcome,
        "task": found.task,
        "gold": found.gold_source,
        "judges": [found.first, found.second],
        "policies": found.policies.to_json(),
        "items": found.items,
        "judgments": found.judgments,
        "clusters": found.clusters,
        "coverage": list(found.coverage),
        "headline": found.headline,
        "interval": found.interval,
        "systems": found.systems,
        "lower_is_better": list(found.errors),
        "lines": [
            {
                "subset": line.subset,
                "metric": line.metric,
                "first": _estimate(line.first),
                "second": _estimate(line.second),
                "difference": _estimate(line.difference),
                "p": line.p,
                "p_holm": line.p_holm,
            }
            for line in found.lines
        ],
        "right": None
        if four is None
        else {
            "both": four.both,
            "first_only": four.first_only,
            "second_only": four.second_only,
            "neither": four.neither,
            "discordance": four.discordance,
        },
        "tests": {
            "mcnemar_exact": tests.mcnemar_exact,
            "mcnemar_mid_p": tests.mcnemar_mid_p,
            "agresti_min": None if tests.agresti_min is None else list(tests.agresti_min),
            "sign_flip": tests.sign_flip,
            "label_swap": tests.label_swap,
            "draws": tests.draws,
            "seed": tests.seed,
        },
        "detectable": None
        if power is None
        else {
            "metric": power.metric,
            "power": 0.8,
            "one_sided": power.detectable(sides=1),
            "two_sided": power.detectable(sides=2),
            "design_effect": power.design_effect,
        },
        "left_out": found.left_out,
        "incomplete": found.incomplete,
        "warnings": list(found.warnings),
        "differing": [
            dict(zip(("item", "subset", "gold", "first", "second", "right"), _cells(one), strict=True)) for one in items
        ],
    }


def render(
    found: Comparison, items: Sequence[Differing], form: str = "table", *, listed: int | None = None, width: int = 120
) -> str:
    """Print a comparison of two judges.

    Parameters
    ----------
    found : Comparison
        What was compared.
    items : sequence of Differing
        All judgments on which they differ; JSON holds them all.
    form : {'table', 'json', 'csv', 'md'}
        The form.
    listed : int, optional
        How many of these to list in a table; where it is given, CSV holds all of them instead of the figures.
    width : int, optional
        Columns of the terminal.
    """
    if form == "json":
        return write_json(to_json(found, items))
    if form == "csv":
        return (
            _csv(found)
            if listed is None
            else write_csv(
                ["item", "subset", "gold", found.first, found.second, "right"], [list(_cells(one)) for one in items]
            )
        )
    layout = _grid(found)
    shown = [] if listed is None else list(items[:listed])
    if form == "md":
        blocks = [f"{markdown_text(verdict(found))}\n", markdown_grid(layout)]
        return "\n".join([*blocks, *([markdown_grid(_items_grid(found, shown))] if shown else [])])
    head = "\n".join(fill(verdict(found), width))
    blocks = [f"{head}\n", draw(layout, width=width, names=(0, 1), plan=((8, (5,)),))]
    return "\n".join([*blocks, *([draw(_items_grid(found, shown), width=width, names=(0, 1))] if shown else [])])


def _csv(found: Comparison) -> str:
    head = ["task", "subset", "metric", "first", "second"]
    for name in ("first", "second", "difference"):
        head += [f"{name}_value", f"{name}_low", f"{name}_high"]
    head += ["difference_se", "n", "p", "p_holm", "undefined"]
    rows: list[list[str | float | None]] = []
    for line in found.lines:
        cells: list[str | float | None] = [found.task, line.subset, line.metric, found.first, found.second]
        for one in (line.first, line.second, line.difference):
            cells += [one.value, one.low, one.high]
        gap = line.difference
        rows.append([*cells, gap.se, gap.n, line.p, line.p_holm, gap.undefined or ""])
    return write_csv(head, rows)


def _field_verdict(found: Field) -> str:
    tested = [pair for pair in found.pairs if pair.p_holm is not None]
    sure = sum(pair.p_holm is not None and pair.p_holm < 0.05 for pair in tested)
    leaders = [clean(one.judge) for one in found.standings if one.best == 1]
    whom = gold_word(found.gold_source)
    lead = (
        f"{leaders[0]} agrees with {whom} most"
        if len(leaders) == 1
        else f"{len(leaders)} judges may agree with {whom} most ({', '.join(leaders)})"
        if leaders
        else "no judge can be ranked"
    )
    return (
        f"{lead[0].upper()}{lead[1:]}: by {_title(found.metric)} on the same {many(found.judgments, 'judgment')}, "
        f"{sure} of {many(len(found.pairs), 'pair')} differ (p < .05 after Holm)."
    )


def _ranks(best: int | None, worst: int | None) -> str:
    if best is None or worst is None:
        return _NONE
    return str(best) if best == worst else f"{best}–{worst}"  # noqa: RUF001 - a range


def render_field(found: Field, form: str = "table", *, width: int = 120) -> str:
    """Print a comparison of several judges: their ranks, then every pair.

    Parameters
    ----------
    found : Field
        What was compared.
    form : {'table', 'json', 'csv', 'md'}
        The form; CSV holds the pairs.
    width : int, optional
        Columns of the terminal.
    """
    if form == "json":
        return write_json(_field_json(found))
    if form == "csv":
        head = ["task", "metric", "first", "second", "difference", "low", "high", "se", "p", "p_holm", "p_max_t"]
        rows: list[list[str | float | None]] = []
        for pair in found.pairs:
            gap = pair.difference
            cells = [gap.value, gap.low, gap.high, gap.se, pair.p, pair.p_holm, pair.p_max_t]
            rows.append([found.task, found.metric, pair.first, pair.second, *cells])
        return write_csv(head, rows)
    title = _title(found.metric)
    standings = Grid(
        (Column("ranks"), Column("judge", right=False), Column(f"{title} [95 % interval]", right=False)),
        tuple(
            (Cell(_ranks(one.best, one.worst)), Cell(clean(one.judge)), Cell(interval(one.value)))
            for one in found.standings
        ),
        (_RANKS,),
    )
    policies = " ".join(f"{name}={value}" for name, value in found.policies.to_json().items())
    notes = (
        (
            f"Paired differences, clustered by {many(found.clusters, 'question')}; brackets hold for all pairs "
            f"at once ({figure(found.critical, 3)} standard errors, multiplier bootstrap). p is for a pair alone. "
            f"{many(found.items, 'item')}; {policies}."
        ),
        *_cautions(found.warnings, found.left_out, found.incomplete),
    )
    pairs = Grid(
        (
            Column("judge", right=False),
            Column("against", right=False),
            Column("difference [joint 95 % interval]", right=False),
            Column("p"),
            Column("p Holm"),
            Column("p max-t"),
        ),
        tuple(
            (
                Cell(clean(pair.first)),
                Cell(clean(pair.second)),
                Cell(interval(pair.difference, sign=True)),
                Cell(p_value(pair.p)),
                Cell(p_value(pair.p_holm)),
                Cell(p_value(pair.p_max_t)),
            )
            for pair in found.pairs
        ),
        notes,
    )
    if form == "md":
        return "\n".join((f"{markdown_text(_field_verdict(found))}\n", markdown_grid(standings), markdown_grid(pairs)))
    top = "\n".join(fill(_field_verdict(found), width))
    return "\n".join((f"{top}\n", draw(standings, width=width, names=(1,)), draw(pairs, width=width, names=(0, 1))))


def _field_json(found: Field) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "verdict": _field_verdict(found),
        "task": found.task,
        "gold": found.gold_source,
        "judges": [one.judge for one in found.standings],
        "policies": found.policies.to_json(),
        "items": found.items,
        "judgments": found.judgments,
        "clusters": found.clusters,
        "headline": found.metric,
        "critical": found.critical,
        "standings": [
            {"judge": one.judge, "value": _estimate(one.value), "best": one.best, "worst": one.worst}
            for one in found.standings
        ],
        "pairs": [
            {
                "first": pair.first,
                "second": pair.second,
                "difference": _estimate(pair.difference),
                "p": pair.p,
                "p_holm": pair.p_holm,
                "p_max_t": pair.p_max_t,
            }
            for pair in found.pairs
        ],
        "left_out": found.left_out,
        "incomplete": found.incomplete,
        "warnings": list(found.warnings),
    }

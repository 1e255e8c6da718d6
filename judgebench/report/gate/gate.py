"""A gate's decision: one sentence, the lines behind it, and how often such a gate decides rightly."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from judgebench.agreement.names import title_of
from judgebench.report.document.as_json import write_json
from judgebench.report.document.as_md import markdown_grid, markdown_text
from judgebench.report.document.as_table import draw, fill
from judgebench.report.document.grid import Cell, Column, Grid
from judgebench.report.document.text import clean, many, p_value, spread
from judgebench.report.words import REASONS, WARNINGS
from judgebench.stats.inference.proportions import rule_of_three

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.agreement.gate.decision import Gate, GateLine
    from judgebench.domain import Agreement, Estimate

__all__ = ["SCHEMA", "STATES", "json_schema", "line_name", "phrase", "render", "safe", "to_json", "verdict"]

SCHEMA = "judgebench.gate/1"
#: The states, in words.
STATES = {"pass": "PASS", "fail": "FAIL", "undecided": "CAN'T TELL"}
_NONE = "–"  # noqa: RUF001 - a dash means "no figure"
_OPERATIONS = {
    "coverage": "coverage",
    "flip_rate": "position flips",
    "cost": "cost per judgment (USD)",
    "latency": "seconds per judgment",
}
#: Figures whose worsening is a part of the baseline's.
_RELATIVE = ("cost", "latency")
_REASONS = REASONS | {
    "unchanged": "the same verdicts throughout",
    "unmoved": "verdicts differ, but the figure moves nowhere",
    "one_question": "all items share one question, so nothing can be tested",
    "no_error": "this figure carries no error",
    "unknown_price": "the price of some answers is not known",
    "nothing_before": "the baseline took nothing, so an increase has no measure",
}
_WARNINGS = WARNINGS | {
    "unequal_coverage": "the coverage of run and baseline differs by more than 2 points",
    "incomplete_rows_dropped": "judgments that a policy drops for one side are dropped for both",
    "low_coverage": "many of the run's judgments gave no verdict: see coverage",
}
#: How many lines a sentence names.
_NAMED = 3


def json_schema() -> dict[str, Any]:
    """Read the JSON Schema (draft 2020-12) of ``judgebench.gate/1``."""
    text = resources.files("judgebench.report").joinpath("gate.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def safe(text: str) -> str:
    r"""Make a name safe in the log of a CI system, which reads lines such as ``::error::`` as commands.

    Examples
    --------
    >>> print(safe("x\n::error::y"), safe("##[debug]"))
    x\n:\x3aerror:\x3ay ##\x5bdebug]
    """
    return clean(text).replace("::", ":\\x3a").replace("##[", "##\\x5b")


def line_name(line: GateLine) -> str:
    """Name a line: the figure, and where it is not about all items."""
    title = _OPERATIONS.get(line.figure, title_of(line.figure)) if line.operation else title_of(line.figure)
    return safe(title) if line.subset == "all" else f"{safe(title)} on {safe(line.subset)}"


def _amount(line: GateLine, value: float | None) -> str:
    """Write a worsening: in the figure's unit, or as a part of the baseline's."""
    if value is None:
        return _NONE
    return f"{100 * value:.1f} %" if line.operation and line.figure in _RELATIVE else spread(value)


def _value(line: GateLine, one: Estimate) -> str:
    if one.value is None:
        return _NONE
    # Dollars per judgment are small.
    return f"{one.value:.3g}" if line.operation and line.figure in _RELATIVE else spread(one.value)


def _change(line: GateLine, value: float | None) -> str:
    if value is not None and value < 0:
        return f"better by {_amount(line, -value)}"
    return f"worse by {_amount(line, value)}"


def phrase(line: GateLine, alpha: float) -> str:
    """Say in a few words what became of one line."""
    worse = line.worse
    values = f"{line_name(line)} {_value(line, line.baseline)} before, {_value(line, line.run)} now"
    sure, limit = f"{100 * (1 - alpha):g} % sure", _amount(line, line.limit)
    if line.state == "fail":
        known = f", at least {_amount(line, worse.low)} ({sure})" if worse.low is not None else ""
        return f"{values}: {_change(line, worse.value)}{known}{f', allowed {limit}' if line.strict else ''}"
    if line.state == "pass":
        if line.reason or worse.high is None:
            return f"{values}: {_REASONS.get(line.reason, line.reason)}"
        if worse.high < 0:
            return f"{values}: better by at least {_amount(line, -worse.high)} ({sure})"
        return f"{values}: worse by less than {_amount(line, worse.high)} ({sure}), allowed {limit}"
    if worse.value is None or worse.low is None or worse.high is None:
        why = _REASONS.get(line.reason, line.reason.replace("_", " "))
        return f"{values}: {why or 'too few questions'}{_needs(line)}"
    span = f"{_change(line, worse.low)} to {_change(line, worse.high)}"
    return f"{values}: {_change(line, worse.value)} ({span}), allowed {limit}{_needs(line)}"


def _needs(line: GateLine) -> str:
    return "" if line.needed is None else f"; about {many(line.needed, 'item')} would tell"


def verdict(found: Gate) -> str:
    """Say in a sentence or two whether the run may take the baseline's place."""
    shown = [line for line in found.lines if line.state == found.state]
    head = (
        f"{STATES[found.state]}: {safe(found.run)} against the baseline {safe(found.baseline)} on {safe(found.task)}, "
        f"{many(found.items, 'item')}."
    )
    parts = "; ".join(phrase(line, found.rules.alpha) for line in shown[:_NAMED])
    if len(shown) == 1:
        # The sentence after it says the same.
        parts = parts.removesuffix(_needs(shown[0]))
    parts = parts[0].upper() + parts[1:]
    more = f"; and {many(len(shown) - _NAMED, 'line')} more" if len(shown) > _NAMED else ""
    need = f" You need about {many(found.needed, 'item')}." if found.needed is not None else ""
    return f"{head} {parts}{more}.{need if found.state == 'undecided' else ''}"


def _bounds(line: GateLine) -> str:
    worse = line.worse
    if worse.value is None:
        return _NONE
    text = _amount(line, worse.value)
    if worse.low is None or worse.high is None:
        return text
    return f"{text} [{_amount(line, worse.low)}, {_amount(line, worse.high)}]"


def _grid(found: Gate, beside: Agreement | None) -> Grid:
    level = f"{100 * (1 - found.rules.alpha):g} % each"
    columns = (
        Column("result", right=False),
        Column("figure", right=False),
        Column("subset", right=False),
        Column("baseline"),
        Column("run"),
        Column(f"worse by [bounds, {level}]", ("worse by", f"[bounds, {level}]"), right=False),
        Column("limit"),
        Column("p Holm", ("p", "Holm")),
        Column("items needed", ("items", "needed")),
    )
    rows = tuple(
        (
            Cell(STATES[line.state]),
            Cell(
                safe(_OPERATIONS.get(line.figure, title_of(line.figure)) if line.operation else title_of(line.figure))
            ),
            Cell(safe(line.subset)),
            Cell(_value(line, line.baseline)),
            Cell(_value(line, line.run)),
            Cell(_bounds(line)),
            Cell(_amount(line, line.limit)),
            Cell(p_value(line.p_holm)),
            Cell(_NONE if line.needed is None else f"{line.needed:,}"),
        )
        for line in found.lines
    )
    return Grid(columns, rows, tuple(_remarks(found, beside)))


def _odds(found: Gate) -> Grid:
    columns = (
        Column("with as many items", right=False),
        Column("fails if no worse", ("fails if", "no worse")),
        Column("fails at the limit", ("fails at", "the limit")),
        Column("passes if no worse", ("passes if", "no worse")),
        Column("passes at the limit", ("passes at", "the limit")),
        Column("fails 8 of 10 from", ("fails 8", "of 10 from")),
    )
    rows: list[tuple[Cell, ...]] = []
    for line in found.lines:
        odds = line.odds
        shares = (
            (_NONE,) * 4
            if odds is None
            else tuple(f"{100 * one:.1f} %" for one in (odds.false_alarm, odds.power, odds.passes, odds.false_pass))
        )
        last = _NONE if odds is None else _amount(line, odds.detectable)
        rows.append((Cell(line_name(line)), *map(Cell, shares), Cell(last)))
    several = len(found.lines) > 1
    note = "The chances follow from the errors seen: judges that differ as these two do, on items such as these."
    if several:
        note += (
            f" Each is that of the line alone, at Holm's first step (alpha / {len(found.lines)}); that any line fails "
            f"though nothing got worse has a chance of {spread(found.rules.alpha)} at most."
        )
    return Grid(columns, tuple(rows), (note,))


def _remarks(found: Gate, beside: Agreement | None) -> list[str]:
    rules = found.rules
    policies = " ".join(f"{name}={value}" for name, value in found.policies.to_json().items())
    floor = f" and the drop seen is {spread(rules.min_effect)} or more" if rules.min_effect else ""
    above = f"surely above the margin ({spread(rules.margin)})" if rules.strict else "surely above 0"
    rule = (
        f"Agreement fails where the drop is {above}{floor}, and passes where it is surely below "
        f"{spread(rules.margin)}; an improvement never fails. Surely: a one-sided bound, paired, clustered by question "
        f"(t, {_degrees(found)}). {many(found.items, 'item')}, "
        f"{many(found.judgments, 'judgment')}, verdicts differ on {found.differ:,}; {policies}."
    )
    notes = [rule]
    if any(line.operation for line in found.lines):
        notes.append("Coverage, flips, cost and latency fail where they are surely worse than their limit allows.")
    if len(found.lines) > 1:
        notes.append(
            f"p Holm is adjusted for all {len(found.lines)} lines, so that more lines bring no more false alarms; all "
            "lines must pass."
        )
    if errors := sorted({safe(title_of(line.figure)) for line in found.lines if line.error and not line.operation}):
        notes.append(f"Lower is better: {', '.join(errors)}.")
    if any(line.reason == "unchanged" for line in found.lines):
        share = rule_of_three(found.clusters, 1 - rules.alpha)
        notes.append(
            f"Where no verdict changed there is nothing that could be worse; other items may still change, up to "
            f"{100 * share:.1f} % of them (rule of three)."
        )
    if beside is not None:
        notes += _beside(beside)
    return notes + [f"Careful: {_WARNINGS.get(code, code.replace('_', ' '))}." for code in found.warnings]


def _degrees(found: Gate) -> str:
    if found.effective == found.clusters:
        return f"{found.clusters - 1} degrees of freedom"
    like = f"{found.clusters:,} questions of unequal sizes tell as much as {found.effective:.1f} of one size"
    return f"{max(1.0, found.effective - 1):.1f} degrees of freedom: {like}"


def _beside(row: Agreement) -> list[str]:
    """Percent agreement, ceiling and base rates: kappa says little without them."""
    parts: list[str] = []
    if (agreed := row.metrics.get("percent_agreement")) is not None and agreed.value is not None:
        parts.append(f"agreement {100 * agreed.value:.1f} %")
    if (best := row.ceiling.get(row.headline)) is not None and best.value is not None:
        parts.append(f"human ceiling {spread(best.value)} ({title_of(row.headline)})")
    for who, rates in row.base_rates.items():
        shares = ", ".join(f"{safe(label)} {100 * share:.1f} %" for label, share in rates.items())
        parts += [f"{safe(who)} {shares}"] if shares else []
    return [f"Beside the run's figures ({safe(row.gold)} gold): {'; '.join(parts)}."] if parts else []


def to_json(found: Gate, beside: Agreement | None = None) -> dict[str, Any]:
    """Build the document: schema ``judgebench.gate/1``, fractions throughout; names as they are."""
    rules = found.rules
    return {
        "schema": SCHEMA,
        "state": found.state,
        "verdict": verdict(found),
        "task": found.task,
        "gold": found.gold_source,
        "baseline": found.baseline,
        "run": found.run,
        "policies": found.policies.to_json(),
        "items": found.items,
        "judgments": found.judgments,
        "clusters": found.clusters,
        "effective_clusters": found.effective,
        "coverage": list(found.coverage),
        "differ": found.differ,
        "margin": rules.margin,
        "alpha": rules.alpha,
        "strict": rules.strict,
        "min_effect": rules.min_effect,
        "items_needed": found.needed,
        "lines": [_line_json(line) for line in found.lines],
        "beside": None
        if beside is None
        else {
            "percent_agreement": _estimate(beside.metrics.get("percent_agreement")),
            "ceiling": _estimate(beside.ceiling.get(beside.headline)),
            "base_rates": {who: dict(rates) for who, rates in beside.base_rates.items()},
        },
        "warnings": list(found.warnings),
    }


def _estimate(one: Estimate | None) -> dict[str, Any] | None:
    return None if one is None else one.to_json()


def _line_json(line: GateLine) -> dict[str, Any]:
    odds = line.odds
    return {
        "subset": line.subset,
        "figure": line.figure,
        "kind": "operation" if line.operation else "agreement",
        "lower_is_better": line.error,
        "relative": line.operation and line.figure in _RELATIVE,
        "state": line.state,
        "reason": line.reason or None,
        "baseline": line.baseline.to_json(),
        "run": line.run.to_json(),
        "worse": {**line.worse.to_json(), "se": line.worse.se},
        "limit": line.limit,
        "strict": line.strict,
        "p": line.p,
        "p_holm": line.p_holm,
        "odds": None
        if odds is None
        else {
            "false_alarm": odds.false_alarm,
            "power": odds.power,
            "passes": odds.passes,
            "false_pass": odds.false_pass,
            "detectable": odds.detectable,
        },
        "items_needed": line.needed,
    }


def render(found: Gate, form: str = "table", *, beside: Agreement | None = None, width: int = 120) -> str:
    """Print a decision.

    Parameters
    ----------
    found : Gate
        What was decided.
    form : {'table', 'json', 'md'}
        The form.
    beside : Agreement, optional
        The run measured as `score` does, for what stands beside kappa.
    width : int, optional
        Columns of the terminal.
    """
    if form == "json":
        return write_json(to_json(found, beside))
    blocks: Sequence[Grid] = (_grid(found, beside), _odds(found))
    if form == "md":
        return "\n".join((f"{markdown_text(verdict(found))}\n", *map(markdown_grid, blocks)))
    head = "\n".join(fill(verdict(found), width))
    return "\n".join(
        (f"{head}\n", *(draw(one, width=width, names=names) for one, names in zip(blocks, ((1, 2), (0,)), strict=True)))
    )

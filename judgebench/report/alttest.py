"""The alternative annotator test in words: table, JSON (``judgebench.alt-test/1``), CSV, Markdown."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.report.scores import clean, markdown_grid, markdown_text, spread, write_csv, write_json
from judgebench.report.table import Cell, Column, Grid, draw, fill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.agreement.alt_test.pairs import Difference
    from judgebench.agreement.alt_test.procedure import AltTest, Replaced
    from judgebench.domain import Estimate, Policies

__all__ = ["SCHEMA", "Entry", "json_schema", "render"]

SCHEMA = "judgebench.alt-test/1"
_NONE = "–"  # noqa: RUF001 - a dash means "no figure"; a hyphen would read as a minus
_PASS = 0.5
_WARNINGS = {
    "few_annotators": "fewer than 3 annotators: a winning rate of these few says little",
    "few_items": "fewer than 50 items: the test has little power",
    "many_ties": "on most items judge and annotator are equally close to the others, and a tie counts for both: read "
    "the advantage probability beside the share of ties",
    "majority_passes": "a judge who always gives the most frequent label passes, too: these labels are too skewed for "
    "this test to tell a judge from a constant",
    "clustered": "items share clusters, and the published test takes them for independent: read the cluster-robust "
    "winning rate",
    "no_spread": "judge and annotator differ by the same on every item, so there is no t test: below epsilon the judge "
    "wins, else not",
    "unanswered": "the judge gave no verdict on some items and loses there (--policy invalid=drop leaves them out, as "
    "the published code does)",
    "left_out_annotators": "annotators with too few items are left out (--min-items; --small wilcoxon tests them)",
}
_METHOD = (
    "For each annotator: is the judge at least as close to the other annotators, give or take epsilon? One-sided t "
    "tests, adjusted by Benjamini and Yekutieli. The winning rate is the share of annotators whom the judge may "
    "replace; half passes."
)
_ADVANTAGE = (
    "Advantage: how often the judge is at least as close to the others as the annotator (mean over annotators; ties "
    "count). Brackets hold 95 % intervals over items, or clusters of items, for these annotators only."
)
_MAJORITY = "Constant: advantage of a judge who always gives the annotators' most frequent label."


class Entry(NamedTuple):
    """One judge's test; ``sweep`` holds the winning rate by epsilon, or nothing."""

    task: str
    judge: str
    gold: str
    revision: str
    policies: Policies
    result: AltTest
    sweep: tuple[tuple[float, Estimate], ...] = ()


def json_schema() -> dict[str, Any]:
    """Read the JSON Schema (draft 2020-12) of ``judgebench.alt-test/1``."""
    text = resources.files("judgebench.report").joinpath("alttest.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def render(tests: Sequence[Entry], pairs: Sequence[Difference] = (), form: str = "table", *, width: int = 120) -> str:
    """Print tests as ``table``, ``json``, ``csv`` or ``md``.

    Parameters
    ----------
    tests : sequence of Entry
        One per judge.
    pairs : sequence of Difference, optional
        Paired differences between them, by position. CSV leaves them out.
    form : str, optional
        The form. CSV has a row ``(all)`` per judge, then a row per annotator.
    width : int, optional
        Columns of the terminal, for ``table``.
    """
    if form == "json":
        return write_json(
            {"schema": SCHEMA, "rows": list(map(_json, tests)), "pairs": [_pair_json(tests, pair) for pair in pairs]}
        )
    if form == "csv":
        return _csv(tests)
    marked = form == "md"
    grids = [_overview(tests), _annotators(tests)]
    if any(test.sweep for test in tests):
        grids.append(_sweep(tests))
    if pairs:
        grids.append(_pairs(tests, pairs))
    texts = [_sentence(test) for test in tests]
    head = "\n".join(markdown_text(text) + "\n" if marked else "\n".join(fill(text, width)) for text in texts)
    drawn = [markdown_grid(grid) if marked else draw(grid, width=width, names=(0, 1)) for grid in grids]
    return "\n".join([head if marked else f"{head}\n", *drawn])


def _sentence(test: Entry) -> str:
    """Say what it means."""
    result = test.result
    who = f"{clean(test.judge)} on {clean(test.task)}"
    rate, advantage = result.winning_rate, result.advantage
    if rate.value is None or advantage.value is None:
        return f"{who}: no annotator has items enough to be tested, so nothing can be said (--min-items)."
    wins = sum(row.wins is True for row in result.annotators)
    verdict = "may stand in for these annotators" if result.passed else "may not stand in for these annotators"
    robust = result.clustered_rate.value
    but = ""
    if robust is not None and (robust >= _PASS) != result.passed:
        but = f" Where items that belong together count as one, the rate is {spread(robust, 2)}, which says otherwise."
    return (
        f"{who} {verdict} at epsilon {result.epsilon:g}: it wins against {wins} of {rate.n} (winning rate "
        f"{spread(rate.value, 2)}, {spread(_PASS, 1)} passes), and is at least as close to the others as the one it "
        f"replaces in {100 * advantage.value:.1f} % of comparisons.{but}"
    )


def _overview(tests: Sequence[Entry]) -> Grid:
    titles = (
        "task",
        "judge",
        "annotators",
        "items",
        "winning rate",
        "clustered",
        "passes",
        "advantage",
        "ties",
        "constant",
    )
    rows = tuple(tuple(map(Cell, _line(test))) for test in tests)
    remarks = dict.fromkeys([_METHOD, _ADVANTAGE, _MAJORITY])
    for test in tests:
        result = test.result
        how = f"{clean(test.task)}: epsilon {result.epsilon:g} ({clean(test.gold)} labels), q {result.q:g}"
        remarks[f"{how}, scoring {result.scoring}; order={test.policies.order} invalid={test.policies.invalid}"] = None
    for code in dict.fromkeys(code for test in tests for code in test.result.warnings):
        judges = [clean(test.judge) for test in tests if code in test.result.warnings]
        named = "" if len(judges) == len(tests) else f"{', '.join(dict.fromkeys(judges))}: "
        remarks[f"{named}{_WARNINGS.get(code, code.replace('_', ' '))}"] = None
    return Grid(tuple(Column(title, right=i in {2, 3}) for i, title in enumerate(titles)), rows, tuple(remarks))


def _line(test: Entry) -> list[str]:
    result = test.result
    advantage = result.advantage
    bounds = ""
    if advantage.low is not None and advantage.high is not None:
        bounds = f" [{spread(advantage.low)}, {spread(advantage.high)}]"
    return [
        clean(test.task),
        clean(test.judge),
        str(result.winning_rate.n),
        str(result.items),
        _share(result.winning_rate.value, 2),
        _share(result.clustered_rate.value, 2),
        _NONE if result.passed is None else "yes" if result.passed else "no",
        _share(advantage.value) + bounds,
        _share(result.ties, 2) if advantage.value is not None else _NONE,
        _share(None if result.majority is None else result.majority[1]),
    ]


def _share(value: float | None, digits: int = 3) -> str:
    return _NONE if value is None else spread(value, digits)


def _p(value: float | None) -> str:
    return _NONE if value is None else "<.0001" if value < 0.0001 else spread(value, 4)


def _annotators(tests: Sequence[Entry]) -> Grid:
    clustered = any(row.clustered is not None for test in tests for row in test.result.annotators)
    titles = ["judge", "annotator", "items", "judge as close", "human as close", "ties", "p", "adjusted", "wins"]
    if clustered:
        titles.insert(8, "clustered p")
    rows: list[tuple[Cell, ...]] = []
    for test in tests:
        for row in test.result.annotators:
            wins = "left out" if row.wins is None else "yes" if row.wins else "no"
            cells = [clean(test.judge), clean(row.name), str(row.n), *map(_share, (row.judge, row.human, row.ties))]
            cells += [_p(row.p) + (" (Wilcoxon)" if row.test == "wilcoxon" else ""), _p(row.adjusted)]
            cells += [_p(row.clustered), wins] if clustered else [wins]
            rows.append(tuple(map(Cell, cells)))
    return Grid(tuple(Column(title, right=title == "items") for title in titles), tuple(rows), ())


def _sweep(tests: Sequence[Entry]) -> Grid:
    epsilons = next(test.sweep for test in tests if test.sweep)
    titles = ["task", "judge", *(f"eps {epsilon:g}" for epsilon, _ in epsilons)]
    rows = [
        tuple(map(Cell, [clean(test.task), clean(test.judge), *(_share(rate.value, 2) for _, rate in test.sweep)]))
        for test in tests
    ]
    note = "Winning rate by epsilon. A verdict that holds at one epsilon only is a verdict on epsilon."
    return Grid(tuple(Column(title, right=i > 1) for i, title in enumerate(titles)), tuple(rows), (note,))


def _pairs(tests: Sequence[Entry], pairs: Sequence[Difference]) -> Grid:
    titles = ("judge", "less", "advantage", "p", "Holm")
    rows: list[tuple[Cell, ...]] = []
    for pair in pairs:
        estimate = pair.estimate
        text = _share(estimate.value)
        if estimate.low is not None and estimate.high is not None:
            text += f" [{spread(estimate.low)}, {spread(estimate.high)}]"
        names = (clean(tests[pair.first].judge), clean(tests[pair.second].judge))
        rows.append(tuple(map(Cell, (*names, text, _p(pair.p), _p(pair.adjusted)))))
    note = "Differences of advantage on the same items, paired; Holm over all pairs."
    return Grid(tuple(Column(title, right=False) for title in titles), tuple(rows), (note,))


def _json(test: Entry) -> dict[str, Any]:
    result = test.result
    majority = None
    if result.majority is not None:
        majority = dict(zip(("winning_rate", "advantage_probability"), result.majority, strict=True))
    return {
        "task": test.task,
        "judge": test.judge,
        "gold": test.gold,
        "revision": test.revision,
        "policies": {"order": test.policies.order, "invalid": test.policies.invalid},
        "epsilon": result.epsilon,
        "q": result.q,
        "scoring": result.scoring,
        "items": result.items,
        "passed": result.passed,
        "winning_rate": result.winning_rate.to_json(),
        "clustered_winning_rate": result.clustered_rate.to_json(),
        "advantage_probability": result.advantage.to_json(),
        "ties": result.ties,
        "constant_judge": majority,
        "annotators": [row.to_json() for row in result.annotators],
        "sweep": [{"epsilon": epsilon, "winning_rate": rate.value} for epsilon, rate in test.sweep],
        "warnings": list(result.warnings),
    }


def _pair_json(tests: Sequence[Entry], pair: Difference) -> dict[str, Any]:
    first, second = tests[pair.first], tests[pair.second]
    return {
        "task": first.task,
        "first": first.judge,
        "second": second.judge,
        "difference": pair.estimate.to_json(),
        "p": pair.p,
        "adjusted": pair.adjusted,
    }


def _csv(tests: Sequence[Entry]) -> str:
    header = [
        "task",
        "judge",
        "gold",
        "epsilon",
        "q",
        "scoring",
        "annotator",
        "items",
        "winning_rate",
        "clustered_rate",
    ]
    header += ["passed", "advantage", "advantage_low", "advantage_high", "human_advantage", "ties", "p", "adjusted"]
    header += ["clustered_p", "test", "warnings"]
    lines: list[list[str | float | None]] = []
    for test in tests:
        result, advantage = test.result, test.result.advantage
        head: list[str | float | None] = [test.task, test.judge, test.gold, result.epsilon, result.q, result.scoring]
        passed = None if result.passed is None else _yes(result.passed)
        own: list[str | float | None] = ["(all)", result.items, result.winning_rate.value, result.clustered_rate.value]
        own += [passed, advantage.value, advantage.low, advantage.high, None, result.ties, None, None, None, None]
        lines.append([*head, *own, " ".join(result.warnings)])
        lines += [[*head, *_csv_row(row)] for row in result.annotators]
    return write_csv(header, lines)


def _csv_row(row: Replaced) -> list[str | float | None]:
    wins = None if row.wins is None else _yes(row.wins)
    cells: list[str | float | None] = [row.name, row.n, None, None, wins, row.judge, None, None, row.human, row.ties]
    return [*cells, row.p, row.adjusted, row.clustered, row.test or "left out", None]


def _yes(holds: bool) -> str:  # noqa: FBT001 - one value, one word
    return "yes" if holds else "no"

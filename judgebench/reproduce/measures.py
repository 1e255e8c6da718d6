"""What a rule computes, one function for each kind: a number of a table, or of other published figures."""

from __future__ import annotations

import math
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from judgebench.agreement.estimates import Counted
from judgebench.agreement.figures import row_figures, scored_rows
from judgebench.agreement.people.raters import all_at_once
from judgebench.agreement.witness.beside import verify_metrics
from judgebench.domain import Estimate, Policies, Scale
from judgebench.errors import UsageError
from judgebench.files.content import find
from judgebench.labels.cells import Cells
from judgebench.labels.layout import Layout
from judgebench.labels.load import load
from judgebench.reproduce.made import Absent, Tables, mean_of, numbers
from judgebench.reproduce.patterns import captured, filled
from judgebench.reproduce.rules import CELL_KEYS, LAYOUT_KEYS
from judgebench.stats.coefficients.catalog import CLASS_METRICS, METRICS, class_metric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from judgebench.agreement.policies import Scored
    from judgebench.domain import Ratings
    from judgebench.files.held import HeldTable
    from judgebench.reproduce.printed import Printed
    from judgebench.reproduce.rules import Rule

    Floats = npt.NDArray[np.float64]

__all__ = ["Measures"]


class Undefined(Exception):  # noqa: N818 - a value that isn't there, and its reason
    """A figure has no value here."""


class Measures:
    """Figures by rules, on the tables of a task's folders; what several figures rest on is read and scored once."""

    def __init__(self, tables: Tables, printed: Sequence[Printed], policies: Policies) -> None:
        self._tables = tables
        self._policies = policies
        self._scored: dict[str, tuple[Ratings, Scored, Counted]] = {}
        self._people: dict[str, Mapping[str, Estimate]] = {}
        self._printed: dict[tuple[str, str], dict[str, float]] = {}
        for one in printed:
            self._printed.setdefault((one.judge, one.split), {})[one.metric] = one.value

    def value(self, rule: Rule, figure: Printed, names: Mapping[str, str]) -> tuple[float | None, str]:
        """Compute a figure in the printed unit, or say why it has no value; Absent where its files are not here."""
        # A figure is called as ours, or a pattern captures its name, or the rule says it.
        said = {"figure": names.get("figure", figure.metric), **filled(dict(rule.said), names)}
        table = self._tables.open(rule.how, names) if rule.how else None
        try:
            found: float = _KINDS[rule.kind](self, table, said, figure, names)
        except Undefined as error:
            if rule.undefined is None:
                return None, str(error)
            found = float(rule.undefined)
        times = rule.times
        if times is None:
            raw = rule.kind == "parts" and "of_metrics" in said
            times = 100.0 if figure.unit == "percent" and not raw else 1.0
        ours = float(found) * times
        return (ours, "") if math.isfinite(ours) else (None, "its numbers are too large to be added up")

    def scored(self, table: HeldTable, said: Mapping[str, Any]) -> tuple[Ratings, Scored, Counted]:
        """Read labels as ``score --csv`` does, and choose the rows that count."""
        key = repr((id(table), {name: value for name, value in said.items() if name != "figure"}))
        if key not in self._scored:
            ratings = _ratings(table, said, [said["judge_col"]] if "judge_col" in said else [])
            policies = Policies.from_json({**self._policies.to_json(), **said.get("policies", {})})
            rows = scored_rows(ratings, policies)
            self._scored[key] = ratings, rows, Counted.of(rows)
        return self._scored[key]

    def agreement(self, table: HeldTable, said: Mapping[str, Any], figure: Printed, _: Mapping[str, str]) -> float:
        """Judge against gold: a metric of the table of metrics, or precision, recall or f1 of a label, ``recall:B``."""
        name = said["figure"]
        ratings, scored, counted = self.scored(table, said)
        if not scored.size:
            raise Undefined("no rows are left")
        one, _, label = name.partition(":")
        if one in CLASS_METRICS and label:
            code = scored.scale.code(label)
            if code is None:
                raise UsageError(f"figure {name!r}: {label!r} is not a label of {scored.scale.spec}")
            return _defined(class_metric(one, int(code))(counted.table))
        if name in METRICS:
            value = _defined(METRICS[name](counted.table))
            verify_metrics(
                {name: Estimate(value, None, None, counted.table.n)}, ratings, scored, METRICS, where=str(figure)
            )
            return value
        rows = row_figures(ratings, scored, counted)
        if name not in rows:
            raise UsageError(
                f"there is no figure {name!r} on {scored.scale.spec}; there are {', '.join((*METRICS, *rows))}"
            )
        return _estimated(rows[name].estimate()[0])

    def mean_agreement(
        self, table: HeldTable, said: Mapping[str, Any], figure: Printed, names: Mapping[str, str]
    ) -> float:
        """Average a figure over pairs of columns, ``[judge, gold]`` each."""
        rest = {name: value for name, value in said.items() if name != "pairs"}
        found = [
            self.agreement(table, {**rest, "judge_col": judge, "gold": [gold]}, figure, names)
            for judge, gold in said["pairs"]
        ]
        return math.fsum(found) / len(found)

    def people(self, table: HeldTable, said: Mapping[str, Any], *_: object) -> float:
        """Annotators among themselves."""
        key = repr((id(table), {name: value for name, value in said.items() if name != "figure"}))
        if key not in self._people:
            self._people[key] = all_at_once(_ratings(table, said, []))
        found = self._people[key]
        if said["figure"] not in found:
            raise UsageError(f"figure {said['figure']!r} is not of people alone; there are {', '.join(found)}")
        return _estimated(found[said["figure"]])

    def count(self, table: HeldTable, said: Mapping[str, Any], *_: object) -> float:
        """Rows, or distinct values of some columns."""
        if "distinct" in said:
            return len(set(zip(*(table.words(name) for name in said["distinct"]), strict=True)))
        return table.size

    def share(self, table: HeldTable, said: Mapping[str, Any], *_: object) -> float:
        """Share of rows of which something more holds."""
        if not table.size:
            raise Undefined("no rows are left")
        return self._tables.kept(table, said["which"]).size / table.size

    def mean(self, table: HeldTable, said: Mapping[str, Any], *_: object) -> float:
        """Mean of all numbers of some columns."""
        found = np.concatenate([numbers(table, name, said.get("missing", ())) for name in said["columns"]])
        if np.isnan(found).all():
            raise Undefined("no numbers are left")
        return float(np.nanmean(found))

    def correlation(self, table: HeldTable, said: Mapping[str, Any], *_: object) -> float:
        """Correlate two numbers of each row, or their means by group; columns of one side are averaged."""
        from scipy import stats

        missing = said.get("missing", ())
        x, y = (mean_of([numbers(table, name, missing) for name in said[side]]) for side in "xy")
        if "by" in said:
            groups: dict[tuple[str, ...], list[int]] = {}
            for row, key in enumerate(zip(*(table.words(name) for name in said["by"]), strict=True)):
                groups.setdefault(key, []).append(row)
            x, y = (np.array([np.nanmean(side[rows]) for rows in groups.values()]) for side in (x, y))
        there = ~(np.isnan(x) | np.isnan(y))
        x, y = x[there], y[there]
        if len(x) < 2:
            raise Undefined("fewer than two rows have both numbers")
        functions: Mapping[str, Any] = {
            "pearson_r": stats.pearsonr,
            "spearman_rho": stats.spearmanr,
            "kendall_tau_b": stats.kendalltau,
        }
        if said["figure"] not in functions:
            raise UsageError(f"a correlation is one of {', '.join(functions)}, not {said['figure']!r}")
        value = float(functions[said["figure"]](x, y).statistic)
        if math.isnan(value):
            raise Undefined("one side does not vary")
        return value

    def parts(self, table: HeldTable | None, said: Mapping[str, Any], figure: Printed, *_: object) -> float:
        """Compute a figure from published parts of it: the mean, or F1 of precision and recall."""
        if "of_metrics" in said:
            known = self._printed[figure.judge, figure.split]
            values = [
                value for pattern in said["of_metrics"] for name, value in known.items()
                if captured(pattern, name) is not None
            ]  # fmt: skip
        else:
            if table is None or table.size != 1:
                raise UsageError(f"parts are in one row, and {0 if table is None else table.size} are left")
            values = [float(numbers(table, name)[0]) for name in said["columns"]]
        if not values:
            raise Undefined("its parts are not published here")
        if said["formula"] == "mean":
            return math.fsum(values) / len(values)
        if said["formula"] != "f1" or len(values) != 2:
            raise UsageError("a formula is mean, or f1 of two parts, precision and recall")
        return 2 * values[0] * values[1] / sum(values) if sum(values) else 0.0

    def function(self, _: HeldTable | None, said: Mapping[str, Any], __: Printed, names: Mapping[str, str]) -> float:
        """Compute by a benchmark's own formula, given a way to find files, the names, and what is said ``with`` it."""
        module, _, attribute = said["call"].partition(":")
        try:
            formula = getattr(import_module(module), attribute)
        except (AttributeError, ImportError, ValueError) as error:
            raise UsageError(f"call {said['call']!r}: {error}; write module:function") from None
        try:
            value = formula(self._find, {**names, **said.get("with", {})})
            found = None if value is None else float(value)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            if isinstance(error, Absent):
                raise
            raise UsageError(f"call {said['call']!r} failed: {type(error).__name__}: {error}") from None
        if found is None:
            raise Undefined("its formula has no value")
        return found

    def _find(self, name: str) -> Path:
        for home in self._tables.homes:
            if (path := find(home, name)) is not None:
                return path
        raise Absent(f"{name} isn't here")


def _ratings(table: HeldTable, said: Mapping[str, Any], judges: list[str]) -> Ratings:
    layout = Layout(**{name: said[name] for name in LAYOUT_KEYS & said.keys()})
    cells = Cells(**{name: said[name] for name in CELL_KEYS & said.keys()})
    gold = said.get("gold", [])
    names = [gold] if isinstance(gold, str) else list(gold)
    found = load(
        table,
        judges,
        names,
        scale=Scale.parse(said["scale"]),
        layout=layout,
        cells=cells,
        subset_col=said.get("subset_col"),
    )
    return next(iter(found.judges.values()))


def _defined(outcome: Any) -> float:
    if outcome.value is None:
        raise Undefined(f"undefined: {outcome.reason}")
    return float(outcome.value)


def _estimated(estimate: Estimate) -> float:
    if estimate.value is None:
        raise Undefined(f"undefined: {estimate.undefined}")
    return estimate.value


_KINDS: Mapping[str, Callable[..., float]] = {
    "agreement": Measures.agreement,
    "mean-agreement": Measures.mean_agreement,
    "people": Measures.people,
    "count": Measures.count,
    "share": Measures.share,
    "mean": Measures.mean,
    "correlation": Measures.correlation,
    "parts": Measures.parts,
    "function": Measures.function,
}

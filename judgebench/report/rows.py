"""Rows of agreement as data: their JSON, the columns of the flat table, a frame."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from judgebench.domain import Estimate, Status
from judgebench.domain.shapes import (
    COUNT,
    ERROR,
    ESTIMATE,
    ESTIMATES,
    MEASURED,
    NUMBER,
    PEOPLE,
    POLICIES,
    SHARE,
    TEXT,
    TEXTS,
    MapOf,
    judge_keys,
    maybe,
    record,
)
from judgebench.report.document.blocks import columns_of, sheet
from judgebench.stats.coefficients.catalog import METRICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from judgebench.domain import Agreement, Policies

__all__ = ["ROW", "arrange", "columns", "estimate_columns", "frame", "policy_columns"]

_USAGE = record(input_tokens=COUNT, output_tokens=COUNT, usd=(maybe(ERROR), None, "Null where the price is not known."))
_CLASS = record(
    support=(COUNT, None, "Rows whose gold has the label."),
    named=(COUNT, None, "Rows on which the judge names it."),
    precision=ESTIMATE,
    recall=ESTIMATE,
    f1=ESTIMATE,
)
_CHANCE = record(se=ERROR, z=NUMBER)
_ROW = record(
    "row",
    "One judge on one subset of one task; the subset all comes first.",
    task=(TEXT, None, "Name of the task, with its split where it has several."),
    **judge_keys(),
    subset=(TEXT, None, "all, a subset of the task, an aggregate of its benchmark, or (not) answerable by the judge."),
    gold=(TEXT, None, "Who or what gave the gold: human, expert, crowd, verifier, model, mixed, or unspecified."),
    items=COUNT,
    coverage=(SHARE, None, "Share of judgments that gave a verdict."),
    policies=(POLICIES, None, "The conventions behind the figures."),
    metrics=(
        ESTIMATES,
        None,
        (
            "Judge against gold, by what the scale calls for. Errors (mean_absolute_error, mean_signed_error) are in "
            "the scale's units."
        ),
    ),
    ceiling=(
        ESTIMATES,
        None,
        (
            "The same functions on all pairs of labels that two people gave one item, and (judge_vs_each_METRIC) on "
            "the judge in the place of one of the two; empty where there is one label per item."
        ),
    ),
    people=(PEOPLE, None, "The people behind the ceiling; absent where there is none.", False),
    bias=(ESTIMATES, None, "What the verdicts show of the judge's biases."),
    usage=_USAGE,
    statuses=(MapOf(COUNT, f"^({'|'.join(Status)})$"), None, "Judgments by how they ended.", False),
    base_rates=(MapOf(MapOf(SHARE)), None, "How often gold and judge use each label.", False),
    warnings=(TEXTS, None, "Codes such as prevalence, few_clusters, low_coverage.", False),
    revision=(TEXT, None, "What pins the data.", False),
    scale=(TEXT, None, "The scale, as --scale reads it; empty where it is not known.", False),
    level=(
        TEXT,
        None,
        "Level of measurement, at which krippendorff_alpha was taken; empty where it is not known.",
        False,
    ),
    against_chance=(
        MapOf(_CHANCE),
        None,
        "Kappas of independent rows against 0: standard error if there were no agreement beyond chance, and z.",
        False,
    ),
    headline=(TEXT, None, "The metric that the scale calls for; judges are ranked by it.", False),
    companions=(TEXTS, None, "The metrics that always stand beside the headline on this scale.", False),
    classes=(
        MapOf(_CLASS),
        None,
        "Precision, recall and F1 of each label that occurs, on scales of at most 20 labels.",
        False,
    ),
    unverified=(
        MapOf(TEXT),
        None,
        "Of a row that was verified, the figures that nothing recomputes, and why; absent where it was not verified.",
        False,
    ),
)
#: `Agreement` as JSON; other documents add fields to it.
ROW = replace(_ROW, says={"additionalProperties": True})

#: The ceilings and biases of a flat table; JSON has them all.
_CEILING = (
    "percent_agreement",
    "cohen_kappa",
    "krippendorff_alpha",
    "krippendorff_alpha_joint",
    "judge_vs_each_cohen_kappa",
    "ratio_cohen_kappa",
)
_BIAS = (
    "position_consistency", "position_preference", "first_slot_rate", "positive_rate_difference", "retest_agreement",
)  # fmt: skip


def arrange(rows: Iterable[Agreement]) -> list[Agreement]:
    """Put rows in a fixed order: by task, judge, data and policies; in these ``all`` first, subsets as they come."""
    return sorted(
        rows,
        key=lambda r: (r.task, r.judge, r.revision, tuple(r.policies.to_json().values()), r.subset != "all"),
    )


def estimate_columns(
    rows: Sequence[Agreement], *, metrics: Sequence[str] = ()
) -> dict[str, Callable[[Agreement], Estimate | None]]:
    """Name the estimates of a flat table, and how to get each of a row.

    They are fixed, whatever was measured: ``metrics``, by default all that this package knows; plugins' follow, sorted.
    """
    foreign = sorted({name for row in rows for name in row.metrics}.difference(METRICS))
    return {
        **{name: partial(_estimate, "metrics", name) for name in metrics or METRICS},
        **{f"ceiling_{name}": partial(_estimate, "ceiling", name) for name in _CEILING},
        **{name: partial(_estimate, "bias", name) for name in _BIAS},
        **{name: partial(_estimate, "metrics", name) for name in foreign},
    }


def _estimate(place: str, name: str, row: Agreement) -> Estimate | None:
    found: Estimate | None = getattr(row, place).get(name)
    return found


def columns(rows: Sequence[Agreement], *, framed: bool = False) -> dict[str, Callable[[Agreement], Any]]:
    """Name the columns of the flat table; a frame has the headline, and only the estimates that somebody measured."""
    estimates = estimate_columns(rows)

    def undefined(row: Agreement) -> list[str]:
        found = [(name, get(row)) for name, get in estimates.items()]
        return [f"{name}={one.undefined}" for name, one in found if one is not None and one.undefined is not None]

    shown = {f"{name}*": get for name, get in estimates.items() if not framed or any(map(get, rows))}
    return {
        **columns_of(ROW, "task judge subset gold items coverage"),
        **policy_columns(attrgetter("policies")),
        **columns_of(ROW, "headline" if framed else ""),
        **shown,
        **columns_of(_USAGE, "input_tokens output_tokens usd", attrgetter("usage")),
        **columns_of(ROW, "revision"),
        "alpha_level": attrgetter("level"),
        "undefined": undefined,
        **columns_of(ROW, "warnings"),
    }


def policy_columns(get: Callable[[Any], Policies]) -> dict[str, Callable[[Any], Any]]:
    """Make the columns that say under which policies a row was measured."""
    return columns_of(POLICIES, "order tie invalid", get) | {"gold_policy": lambda row: get(row).gold}


class _Line(NamedTuple):
    """A figure of a row."""

    row: Agreement
    kind: str
    name: str
    one: Estimate


def _lines(rows: Sequence[Agreement]) -> Iterator[_Line]:
    for row in rows:
        for kind, place in (("metric", row.metrics), ("ceiling", row.ceiling), ("bias", row.bias)):
            yield from (_Line(row, kind, name, one) for name, one in place.items())


_LONG: Mapping[str, Callable[[_Line], Any]] = {
    **columns_of(ROW, "task judge subset gold", attrgetter("row")),
    "kind": attrgetter("kind"),
    "figure": attrgetter("name"),
    **columns_of(MEASURED, "value low high se n", attrgetter("one")),
    "undefined": lambda line: line.one.undefined or "",
    **columns_of(MEASURED, "method effective_clusters", attrgetter("one")),
    "no_interval": attrgetter("one.no_interval"),
}
_COUNTS = frozenset({"items", "input_tokens", "output_tokens", "n"})
_TEXTS = frozenset({"task", "judge", "conditions", "subset", "gold", "order", "tie", "invalid", "gold_policy",
                    "headline", "revision", "alpha_level", "undefined", "warnings", "kind", "figure",
                    "method", "no_interval"})  # fmt: skip


def frame(rows: Sequence[Agreement], *, long: bool = False) -> Any:
    """Make a pandas DataFrame of rows, a row each or, ``long``, a row per figure."""
    import pandas as pd

    ordered = arrange(rows)
    flat = sheet(_LONG, _lines(ordered)) if long else sheet(columns(ordered, framed=True), ordered)
    found = {name: [row[i] for row in flat.rows] for i, name in enumerate(flat.header)}
    return pd.DataFrame(
        {
            name: pd.array(values, dtype="string")
            if name in _TEXTS
            else pd.Series(values, dtype="int64" if name in _COUNTS else "float64")
            for name, values in found.items()
        }
    )

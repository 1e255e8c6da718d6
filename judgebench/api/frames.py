"""Measured rows as pandas DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Agreement, Estimate

_TEXT, _WHOLE, _NUMBER = "string", "int64", "float64"


def wide_frame(rows: Sequence[Agreement]) -> Any:
    """Give a row per task, judge and subset: the columns of ``--format csv``, without those that nobody measured."""
    from judgebench.report.scores import arrange, estimate_columns  # noqa: PLC0415 - loaded on use

    ordered = arrange(rows)
    columns: dict[str, tuple[str, list[Any]]] = {
        "task": (_TEXT, [row.task for row in ordered]),
        "judge": (_TEXT, [row.judge for row in ordered]),
        "subset": (_TEXT, [row.subset for row in ordered]),
        "gold": (_TEXT, [row.gold for row in ordered]),
        "items": (_WHOLE, [row.items for row in ordered]),
        "coverage": (_NUMBER, [row.coverage for row in ordered]),
        "order": (_TEXT, [row.policies.order for row in ordered]),
        "tie": (_TEXT, [row.policies.tie for row in ordered]),
        "invalid": (_TEXT, [row.policies.invalid for row in ordered]),
        "gold_policy": (_TEXT, [row.policies.gold for row in ordered]),
        "headline": (_TEXT, [row.headline for row in ordered]),
    }
    undefined: list[list[str]] = [[] for _ in ordered]
    for name, place, key in estimate_columns(ordered):
        found: list[Estimate | None] = [getattr(row, place).get(key) for row in ordered]
        if not any(found):
            continue
        columns[name] = (_NUMBER, [_value(one, "value") for one in found])
        columns[f"{name}_low"] = (_NUMBER, [_value(one, "low") for one in found])
        columns[f"{name}_high"] = (_NUMBER, [_value(one, "high") for one in found])
        for reasons, one in zip(undefined, found, strict=True):
            if one is not None and one.undefined is not None:
                reasons.append(f"{name}={one.undefined}")
    columns |= {
        "input_tokens": (_WHOLE, [row.usage.input_tokens for row in ordered]),
        "output_tokens": (_WHOLE, [row.usage.output_tokens for row in ordered]),
        "usd": (_NUMBER, [row.usage.usd for row in ordered]),
        "revision": (_TEXT, [row.revision for row in ordered]),
        "undefined": (_TEXT, [" ".join(reasons) for reasons in undefined]),
        "warnings": (_TEXT, [" ".join(row.warnings) for row in ordered]),
    }
    return _frame(columns)


def long_frame(rows: Sequence[Agreement]) -> Any:
    """Give a row per figure."""
    from judgebench.report.scores import arrange  # noqa: PLC0415 - loaded on use

    found = [
        (row, kind, name, estimate)
        for row in arrange(rows)
        for kind, place in (("metric", row.metrics), ("ceiling", row.ceiling), ("bias", row.bias))
        for name, estimate in place.items()
    ]
    columns: dict[str, tuple[str, list[Any]]] = {
        "task": (_TEXT, [row.task for row, _, _, _ in found]),
        "judge": (_TEXT, [row.judge for row, _, _, _ in found]),
        "subset": (_TEXT, [row.subset for row, _, _, _ in found]),
        "gold": (_TEXT, [row.gold for row, _, _, _ in found]),
        "kind": (_TEXT, [kind for _, kind, _, _ in found]),
        "figure": (_TEXT, [name for _, _, name, _ in found]),
    }
    for name in ("value", "low", "high", "se"):
        columns[name] = (_NUMBER, [_value(one, name) for _, _, _, one in found])
    columns["n"] = (_WHOLE, [one.n for _, _, _, one in found])
    columns["undefined"] = (_TEXT, [one.undefined or "" for _, _, _, one in found])
    columns["method"] = (_TEXT, [one.method for _, _, _, one in found])
    return _frame(columns)


def _value(one: Estimate | None, name: str) -> float | None:
    return None if one is None else getattr(one, name)


def _frame(columns: dict[str, tuple[str, list[Any]]]) -> Any:
    import pandas as pd  # noqa: PLC0415 - loaded on use

    return pd.DataFrame(
        {
            name: pd.array(values, dtype=kind) if kind == _TEXT else pd.Series(values, dtype=kind)
            for name, (kind, values) in columns.items()
        }
    )

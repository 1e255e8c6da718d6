"""What a program or a command line said of a table's rows, as a `Layout`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from judgebench.api.parameters import column, column_names, shown
from judgebench.errors import UsageError, argument
from judgebench.labels.layout import Layout, LongSpec


def layout_of(said: Mapping[str, Any]) -> Layout:
    """Read the keys of `judgebench.api.tables.RowLayout`; UsageError names the parameter."""
    ids, rater, label = column_names("id", said.get("id")), column("rater", said.get("rater")), said.get("label")
    if long := ",".join(column_names("long", said.get("long"))):
        spec = LongSpec.parse(long)
        if ids not in ([], [spec.item]) or rater or label:
            named = next(argument(one) for one, given in (("id", ids), ("rater", rater), ("label", label)) if given)
            raise UsageError(
                f"{argument('long')} already names the item column, {spec.item!r}, the rater's and the label's; leave "
                f"{named} out, or {argument('long')}"
            )
        ids, rater, label = [spec.item], spec.rater, spec.label
    return Layout(
        id=tuple(ids),
        cluster=tuple(column_names("cluster", said.get("cluster"))),
        rater=rater,
        label=column("label", label),
        judge_name=tuple(column_names("judge_name", said.get("judge_name"))),
        order=column("order", said.get("order")),
        second_order=tuple(column_names("second_order", said.get("second_order"))),
        picks=said.get("picks"),
        combine=said.get("combine"),
        count=column("count", said.get("count")),
        categories=tuple(column_names("categories", said.get("categories"))),
        confusion=bool(said.get("confusion")),
        one_hot=_made("one_hot", said.get("one_hot"), "winner=a_wins,b_wins,tie"),
        pair_scores=_made("pair_scores", said.get("pair_scores"), "winner=score_a,score_b", exactly=2),
        sides=_columns("sides", said.get("sides"), exactly=2),
        where=tuple(_texts("where", said.get("where"))),
        criterion=column("criterion", said.get("criterion")),
    )


def _texts(name: str, given: object) -> list[str]:
    if given is None:
        return []
    found = [given] if isinstance(given, str) else list(given) if isinstance(given, Iterable) else [given]
    if wrong := [one for one in found if not isinstance(one, str)]:
        raise UsageError(f"{argument(name)}={shown(wrong[0])}: write a text, or several in a list")
    return [one for one in found if isinstance(one, str)]


def _columns(name: str, given: object, *, exactly: int = 0) -> tuple[str, ...]:
    """Read several columns, as a list or as ``A,B``."""
    if given is None:
        return ()
    found = column_names(name, given)
    if len(found) == 1:
        found = [one.strip() for one in found[0].split(",")]
    if not all(found) or len(found) < 2 or (exactly and len(found) != exactly):
        count = "two columns" if exactly else "two columns or more"
        raise UsageError(f"{argument(name)}={shown(given)}: name {count}, as A,B")
    return tuple(found)


def _made(name: str, given: object, example: str, *, exactly: int = 0) -> dict[str, Sequence[str]]:
    """Read columns that are made of others: ``{"winner": ["a", "b"]}``, or ``winner=a,b``."""
    if isinstance(given, Mapping):
        return {str(made): _columns(name, parts, exactly=exactly) for made, parts in given.items()}
    found: dict[str, Sequence[str]] = {}
    for text in _texts(name, given):
        made, equals, parts = (part.strip() for part in text.partition("="))
        if not made or not equals or made in found:
            raise UsageError(f"{argument(name)} {text!r}: write NAME=COLUMNS, each name once, for example {example}")
        found[made] = _columns(name, parts, exactly=exactly)
    return found

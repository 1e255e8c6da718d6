"""``judgebench.cascade``: judges of which each answers what it is sure of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Unpack

from judgebench.api.jury import by_task
from judgebench.api.labelling import open_labels
from judgebench.api.parameters import Option, policies_of, question
from judgebench.api.sources import open_sources
from judgebench.api.tables import LabelsAndScores, LabelsMode, OnlyTasks, OwnLabels, Policy, Source
from judgebench.errors import UsageError, argument
from judgebench.report.cascade import Cascades

if TYPE_CHECKING:
    from judgebench.agreement.jury.cascade import Cascade
    from judgebench.agreement.matching import Judged
    from judgebench.api import source


@question
def cascade(
    source: Source = None,
    *,
    alpha: Annotated[
        float, Option("Of what is answered at most this share may disagree with gold.", least=0.001, most=0.5)
    ] = 0.1,
    delta: Annotated[float, Option("The guarantee may fail with this probability.", least=0.001, most=0.5)] = 0.1,
    ladder: Annotated[
        str | Sequence[str],
        Option("The judges from cheap to dear; by default in the order given.", metavar="J1,J2", read=str),
    ] = "",
    cost: Annotated[
        Mapping[str, float] | Sequence[str] | str,
        Option(
            "What a judgment of a judge costs, in any unit; by default what runs recorded; repeatable.",
            metavar="JUDGE=X",
            read=list[str],
        ),
    ] = (),
    share: Annotated[
        float, Option("Share of the questions to calibrate on; the others are measured.", least=0.05, most=0.95)
    ] = 0.5,
    splits: Annotated[int, Option("Try so many random splits; the first is shown.", least=1)] = 1,
    seed: Annotated[int, Option("Seed of the split.", least=0)] = 0,
    task: OnlyTasks = (),
    labels: OwnLabels = (),
    labels_mode: LabelsMode = None,
    shared: Annotated[bool, Option("Judge the items that all judges have, where some lack items.")] = False,
    policy: Policy = (),
    **table: Unpack[LabelsAndScores],
) -> Cascades:
    """Let cheap judges answer what they are sure of, and more expensive ones the rest."""
    from judgebench.agreement.jury.cascade import measure_cascade  # noqa: PLC0415 - loaded on use

    opened = open_sources(source, table, labels=open_labels(labels, labels_mode, table), tasks=task)
    prices = _prices(cost, opened)
    order = [name.strip() for name in ladder.split(",")] if isinstance(ladder, str) else list(ladder)

    def one(judges: Sequence[Judged]) -> Cascade:
        return measure_cascade(
            _ordered(judges, [name for name in order if name]),
            alpha=alpha,
            delta=delta,
            share=share,
            seed=seed,
            splits=splits,
            costs=prices,
            shared=shared,
        )

    return Cascades(tuple(by_task(opened, policies_of(policy), one, "a cascade")))


def _ordered(judges: Sequence[Judged], order: Sequence[str]) -> list[Judged]:
    """Put judges in the order named; only those that are."""
    names = {judge.judge: judge for judge in judges}
    if strange := [name for name in order if name not in names]:
        raise UsageError(f"{argument('ladder')}: {strange[0]} is not one of the judges {', '.join(names)}")
    return [names[name] for name in dict.fromkeys(order)] or list(judges)


def _prices(given: object, opened: Sequence[source.Source]) -> dict[str, float | None]:
    """Read JUDGE=X; what isn't said is what runs recorded of a judgment, None where that is unknown."""
    found: dict[str, float | None] = {}
    for one in opened:
        if one.stored is not None and one.judge not in found:
            found[one.judge] = _recorded(one)
    if isinstance(given, Mapping):
        said = {str(name): str(value) for name, value in given.items()}
    else:
        lines = [given] if isinstance(given, str) else list(given) if isinstance(given, Sequence) else []
        said = {}
        for line in lines:
            name, equals, value = str(line).rpartition("=")
            if not equals:
                raise UsageError(f"{argument('cost')} {line!r}: write JUDGE=NUMBER")
            said[name.strip()] = value
    names = {one.judge for one in opened}
    for name, value in said.items():
        if name not in names:
            raise UsageError(f"{argument('cost')}: {name!r} is not one of the judges {', '.join(sorted(names))}")
        try:
            found[name] = float(value)
        except ValueError:
            raise UsageError(f"{argument('cost')} {name}={value}: write JUDGE=NUMBER") from None
        if not 0 <= (found[name] or 0.0) < float("inf"):
            raise UsageError(f"{argument('cost')} {name}={value}: a cost is 0 or more")
    return found


def _recorded(one: source.Source) -> float | None:
    """Take the mean price of a run's judgments."""
    prices = [] if one.stored is None else [verdict.usage.usd for verdict in one.stored.judgments()]
    known = [price for price in prices if price is not None]
    return sum(known) / len(known) if known and len(known) == len(prices) else None

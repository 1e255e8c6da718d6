"""Tables of one's own that are probed: verdicts on unchanged items, or verdicts before and after a change."""

from __future__ import annotations

import math
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from judgebench.api.columns import Columns
from judgebench.api.items import Items
from judgebench.api.notes import on_command_line, tell
from judgebench.api.parameters import Option, column_names, keys, options_of, texts
from judgebench.api.sources import open_sources
from judgebench.api.table_sources import own_table
from judgebench.api.tables import (
    Combined,
    JudgeName,
    Label,
    LabelsAndScores,
    Long,
    Names,
    PicksWhat,
    Rater,
    Sides,
)
from judgebench.errors import DataError, UsageError, argument, spoken_as

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from judgebench.agreement.probing.measure import Probed
    from judgebench.api.source import Source
    from judgebench.domain import Run, Verdict
    from judgebench.labels.as_run import TableRun
    from judgebench.report.probing import ProbeRow


class Verdicts(TypedDict, total=False):
    """The columns of a table of verdicts, beside those that a table of items has too."""

    judge_col: Annotated[Names, Option("Column of a judge's verdicts; repeatable.", metavar="C", read=list[str])]
    order_col: Annotated[
        str | None, Option("Column of the order in which the judge saw the answers (AB/BA ...).", metavar="C")
    ]
    second_order_col: Annotated[
        Names,
        Option("Column of a judge's verdicts on the other order, one per --judge-col.", metavar="C", read=list[str]),
    ]
    picks: PicksWhat
    judge_name: JudgeName
    long: Long
    rater: Rater
    label: Label
    combine: Combined
    sides: Sides
    length_col: Annotated[
        Names, Option("Column of an answer's length; once for each, where no texts are.", metavar="C", read=list[str])
    ]
    rating_col: Annotated[
        Names,
        Option(
            "Columns of the judge's ratings of the first and the second answer by themselves, beside its verdicts.",
            metavar="C",
            read=list[str],
        ),
    ]
    before_col: Annotated[
        Names,
        Option(
            "Column of verdicts on the items before they were changed; --judge-col has those after.",
            metavar="C",
            read=list[str],
        ),
    ]
    placebo_col: Annotated[
        Names, Option("Column of verdicts on the placebo, one per --judge-col.", metavar="C", read=list[str])
    ]
    own_system: Annotated[
        Names, Option("A judged system that is the judge itself; repeatable.", metavar="S", read=list[str])
    ]
    family: Annotated[
        Names,
        Option("Which family a judge or system is of; repeatable.", metavar="NAME=FAMILY", read=list[str]),
    ]


#: What a table of verdicts and `judgebench.api.tables` call one column.
_ROLES = {"judge": "judge_col", "order": "order_col", "second_order": "second_order_col"}
_OF_ITEMS = ("question", "turns", "references", "context", "image")
#: Options that are about runs as well as about tables.
_BESIDE = ("own_system", "family")


@dataclass(frozen=True, slots=True)
class Tabled:
    """A table's judge with what its columns say of the answers: lengths and ratings by item, both authors of a pair."""

    of: TableRun
    lengths: Mapping[str, tuple[int, ...]]
    ratings: Mapping[str, tuple[float, float]] = field(default_factory=dict[str, "tuple[float, float]"])

    @property
    def path(self) -> Path:
        """The file."""
        return self.of.path

    @property
    def run(self) -> Run:
        """What is said of it as a run."""
        return self.of.run

    def verdicts(self, *, texts: bool = True) -> Iterator[Verdict]:
        """Yield the rows as verdicts."""
        pair = self.run.scale.kind == "pair"
        for one in self.of.verdicts(texts=texts):
            systems = one.systems
            if pair and len(systems) == 1 and len(both := systems[0].split(" vs ")) == 2:
                systems = tuple(both)
            yield replace(one, lengths=self.lengths.get(one.item, ()), systems=systems)

    def rated(self, *, texts: bool = True) -> Iterator[Verdict]:
        """Yield the verdicts that the judge's ratings of both answers imply; equal ones are none, with their scores."""
        last = len(self.run.scale.values) - 1
        for one in self.verdicts(texts=texts):
            if one.item in self.ratings:
                first, second = self.ratings[one.item]
                code = None if first == second else 0 if first > second else last
                yield replace(one, code=code, scores=(first, second), probabilities=())


def is_table(source: Any, given: Mapping[str, Any]) -> bool:
    """Whether what is probed is a table of one's own."""
    return own_table(source, Columns.of(_columns(given))) is not None


def opened(source: Any, given: Mapping[str, Any]) -> list[Tabled]:
    """Open the judges of a table."""
    columns = _columns(given)
    runs: list[Any] = [one.as_run() for one in _sources(source, columns)]
    if given.get("rating_col") and len(runs) > 1:
        raise UsageError(f"{argument('rating_col')}: ratings are one judge's; name one {argument('judge_col')}")
    return [
        Tabled(run, _lengths(source, given, columns, run), dict(_ratings(source, given, columns, run))) for run in runs
    ]


def described(run: Run, given: Mapping[str, Any]) -> Run:
    """Give a run with what was said of who the judge is and whose kin; a copy that is measured only."""
    from judgebench.agreement.observed.own import FAMILIES, OWN_SYSTEMS  # noqa: PLC0415 - loaded on use

    own, families = texts("own_system", given.get("own_system") or ()), texts("family", given.get("family") or ())
    if wrong := [one for one in families if not all(part.strip() for part in one.partition("=")[::2])]:
        raise UsageError(f"{argument('family')} {wrong[0]!r}: write NAME=FAMILY, as judge-1=ours")
    said: dict[str, Any] = {OWN_SYSTEMS: own} if own else {}
    if families:
        said[FAMILIES] = dict(one.split("=", 1) for one in families)
    return replace(run, settings={**run.settings, **said}) if said else run


def before_and_after(source: Any, given: Mapping[str, Any]) -> Iterator[ProbeRow]:
    """Measure a table's verdicts on items before and after a change, those of each subset by themselves."""
    from judgebench.agreement.observed.pairs import before_and_after as measure_pairs  # noqa: PLC0415 - loaded on use
    from judgebench.agreement.probing.measure import suite  # noqa: PLC0415 - loaded on use
    from judgebench.report.probing import ProbeRow  # noqa: PLC0415 - loaded on use

    if lost := [argument(name) for name in ("order_col", "second_order_col") if given.get(name)]:
        raise UsageError(f"{', '.join(lost)}: verdicts before and after a change are of one order")
    roles = ("before_col", "judge_col", "placebo_col")
    before, after, placebo = (column_names(name, given.get(name)) for name in roles)
    if len(before) != len(after) or len(placebo) not in {0, len(after)}:
        raise UsageError(
            f"give a {argument('before_col')} for each {argument('judge_col')}"
            + (f", and a {argument('placebo_col')}" if placebo else "")
        )
    every = list(dict.fromkeys((*before, *after, *placebo)))
    columns = _columns({**given, "judge_col": every})
    if own_table(source, Columns.of(columns)) is None:
        raise UsageError(f"{argument('before_col')} names a column of a table: {argument('csv')} FILE")
    tables = {one.judge: one for one in _sources(source, columns)}
    for number, name in enumerate(after):
        columns_of = (before[number], name, *placebo[number : number + 1])
        runs = [tables[column].as_run() for column in columns_of]
        run = runs[1].run
        verdicts = [one.verdicts(texts=False) for one in runs]
        told = list(measure_pairs(verdicts[0], verdicts[1], verdicts[2] if placebo else None, run.scale))
        for (bias, _), found in zip(told, suite([found for _, found in told]), strict=True):
            yield ProbeRow(run.task, name, run.gold_source, run.scale, bias, found, run.revision)


def versions_of(run: Run, verdicts: Callable[..., Iterable[Verdict]]) -> Iterator[tuple[str, Probed]]:
    """Measure what a benchmark's rewritten items show beside the original ones, where its card says it has both."""
    from judgebench.agreement.observed.pairs import versions  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.card import card_names, load_card  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.readers.pairs import VERSION  # noqa: PLC0415 - loaded on use

    name = run.task.partition(":")[0]
    form = load_card(name).form.get("sensitive") if name in card_names() else None
    if form:
        yield from versions(verdicts(texts=False), VERSION, form["from"], form["to"], run.scale)


def _columns(given: Mapping[str, Any]) -> dict[str, Any]:
    """Say what was given of a table in the words of `judgebench.api.tables`; UsageError where it makes no sense."""
    known = {*keys(LabelsAndScores)} & {*keys(Items), *keys(Verdicts)} - {"subset", "system", "criterion"}
    found = {name: given[name] for name in known if given.get(name) is not None}
    found |= {name: given[column] for name, column in _ROLES.items() if given.get(column)}
    for name in ("subset", "criterion"):
        named = column_names(name, given.get(name))
        if len(named) > 1:
            raise UsageError(f"{argument(name)} names one column of a table of verdicts")
        found |= {name: named[0]} if named else {}
    systems = column_names("system", given.get("system"))
    if systems:
        found |= {"system": systems[0]} if len(systems) == 1 else {"sides": systems}
    return found


def _sources(source: Any, columns: Mapping[str, Any]) -> list[Source]:
    # What a table's columns are called elsewhere are here options of the run.
    spoken = {name: f"--{column.replace('_', '-')}" for name, column in _ROLES.items()}
    with spoken_as(lambda: spoken) if on_command_line() else nullcontext():
        return open_sources(source, columns, unlabelled=True, tell=tell, changed=True)


def _lengths(
    source: Any, given: Mapping[str, Any], columns: Mapping[str, Any], run: TableRun
) -> dict[str, tuple[int, ...]]:
    """Read the lengths of each item's answers, from their texts or from columns of lengths, where these are named."""
    if lost := [argument(name) for name in _OF_ITEMS if given.get(name)]:
        raise UsageError(f"{', '.join(lost)}: a judge that is not asked is shown nothing")
    answers, numbers = (column_names(name, given.get(name)) for name in ("answer", "length_col"))
    if answers and numbers:
        raise UsageError(f"{argument('answer')} and {argument('length_col')} both tell lengths: give one of them")
    found: dict[str, tuple[int, ...]] = {}
    for row, (name, own_cells) in enumerate(_by_item(source, columns, run, answers or numbers)):
        if answers:
            found[name] = tuple(map(len, own_cells))
        elif all(own_cells):
            found[name] = tuple(int(_number(cell, row, "a length", "length_col")) for cell in own_cells)
    return found


def _ratings(
    source: Any, given: Mapping[str, Any], columns: Mapping[str, Any], run: TableRun
) -> Iterator[tuple[str, tuple[float, float]]]:
    """Read the ratings of each item's two answers, where columns of them are named; a gap is none."""
    wanted = column_names("rating_col", given.get("rating_col"))
    if len(wanted) not in {0, 2} or (wanted and run.run.scale.kind != "pair"):
        raise UsageError(f"{argument('rating_col')}: name two, of the first and of the second answer of a pair")
    for row, (name, cells) in enumerate(_by_item(source, columns, run, wanted)):
        if all(cells):
            first, second = (_number(cell, row, "a rating", "rating_col") for cell in cells)
            yield name, (first, second)


def _by_item(
    source: Any, columns: Mapping[str, Any], run: TableRun, wanted: Sequence[str]
) -> list[tuple[str, tuple[str, ...]]]:
    """Read the cells of some columns by the ids of their items; none where no columns are wanted."""
    from judgebench.files.read import read_words  # noqa: PLC0415 - loaded on use

    read = Columns.of(columns)
    own = own_table(source, read)
    if own is None or not wanted:
        return []
    words = read_words(own, [*read.rows.id, *wanted], read.file)
    ids, cells = ([*zip(*(words[name] for name in names), strict=True)] for names in (read.rows.id, wanted))
    # Without ids each row is an item.
    names = ["/".join(word.strip() for word in one) for one in ids] or list(run.names())
    if len(names) != len(cells):
        raise UsageError(f"name the items' ids with {argument('id')}: it can't be told which cells are whose")
    return list(zip(names, cells, strict=True))


def _number(cell: str, row: int, what: str, column: str) -> float:
    try:
        found = float(cell)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise DataError(f"{cell!r} in row {row + 1} is not {what}", hint=f"{argument(column)} holds numbers")
    return found


def said_of(given: Mapping[str, Any]) -> Sequence[str]:
    """Name the options about tables of verdicts that were given."""
    return [one for one in options_of(given, Verdicts) if one not in {argument(name) for name in _BESIDE}]

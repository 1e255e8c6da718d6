"""``judgebench.export``: verdicts as training data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Unpack

from judgebench.api.notes import Done, tell
from judgebench.api.parameters import Option, check_output, check_texts, question
from judgebench.api.sources import open_sources
from judgebench.api.tables import Data, Labels, OnlyTasks, Source
from judgebench.api.texts import table_texts, task_behind
from judgebench.domain import digest
from judgebench.errors import DataError, UsageError, argument
from judgebench.report.preferences import Choices, Told, preferences, whose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.api import source
    from judgebench.domain import Item


@question
def export(
    source: Source = None,
    *,
    output: Annotated[
        str | Path, Option("The JSON lines to write.", metavar="FILE", read=Path, written=True)
    ] = "preferences.jsonl",
    form: Annotated[
        Literal["dpo", "kto", "ranking"],
        Option("Pairs of a chosen and a rejected answer, answers that are desirable or not, or answers best first."),
    ] = "dpo",
    games: Annotated[
        Literal["all", "most", "first"],
        Option("Of an item that was judged several times: all must name one winner, most, or the first counts."),
    ] = "all",
    ties: Annotated[
        Literal["drop", "desirable", "undesirable"],
        Option("Ties are left out; for kto both answers may count as desirable, or as undesirable."),
    ] = "drop",
    at_least: Annotated[float | None, Option("Ratings from here on are desirable (kto).", metavar="X")] = None,
    gap: Annotated[float, Option("Ratings must be so far apart for a pair (dpo).", metavar="X", least=0)] = 0.0,
    data: Data = None,
    sample: Annotated[bool, Option("Read the texts from the rows shipped with the task.")] = False,
    task: OnlyTasks = (),
    **table: Unpack[Labels],
) -> Done:
    """Write a judge's preferences as training data: DPO, KTO, rankings."""
    from judgebench.files.lines import replace_file  # noqa: PLC0415 - loaded on use

    file, own = Path(output), None if data is None else Path(data)
    check_texts(sample=sample, data=own)
    check_output(file)
    choices = Choices(form, games, ties, at_least, gap)
    opened = open_sources(source, table, unlabelled=True, tasks=task)
    told = Told()
    rows = [row for one in opened for row in _rows(one, choices, told, own, sample=sample)]
    if not rows:
        raise DataError(f"no preferences: {told}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, (json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n" for row in rows))
    except OSError as error:
        raise UsageError(f"can't write {argument('output')} {file}: {error.strerror}") from None
    return Done(f"Wrote {file}: {told} ({form}).", (file,))


def _rows(
    one: source.Source, choices: Choices, told: Told, data: Path | None, *, sample: bool
) -> Iterator[dict[str, Any]]:
    run = one.as_run()
    items = _items(one, data, sample=sample)
    settings = digest([dict(run.run.settings)], 12) if one.stored is not None else ""
    about = whose(one.task, one.revision, one.judge, settings, one.gold)
    yield from preferences(run.judgments(), run.run.scale, items, choices, about, told)


def _items(one: source.Source, data: Path | None, *, sample: bool) -> dict[str, Item]:
    """Find the texts behind verdicts; DataError where there are none."""
    if one.stored is None:
        found, why = table_texts(one)
    else:
        found, why = task_behind(one.stored, data, sample=sample, tell=tell)
    if found is None:
        raise DataError(f"{one.judge} on {one.task}: {why}")
    return {item.id: item for item in found.items()}

"""``judgebench.detect``: whether attacked texts stand out by their perplexity under a language model here."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

from judgebench.api.items import is_task, task_of
from judgebench.api.notes import tell
from judgebench.api.parameters import is_named, place, question, several
from judgebench.api.planning import opened_task
from judgebench.api.probed_runs import Named, named, specs_of
from judgebench.api.probing import Suite
from judgebench.api.running import AskingProbes, Judges, Tasks, filled
from judgebench.api.source import is_given
from judgebench.api.tables import Source
from judgebench.errors import UnfitProbeError, UsageError, argument
from judgebench.report.detection import DetectionRow, Detections

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.domain import Item, Task


class _Texts(NamedTuple):
    """The answers that a probe changes, each with its question: as they were, attacked, and with the placebo."""

    plain: list[tuple[str, str]]
    attacked: list[tuple[str, str]]
    placebo: list[tuple[str, str]]


@question
def detect(
    source: Source = None,
    *,
    judge: Judges = (),
    task: Tasks = (),
    probe: Named = (),
    suite: Suite = None,
    **options: Unpack[AskingProbes],
) -> Detections:
    """Say whether attacked answers are told from plain ones by their perplexity under the ``judge``, an hf/MODEL."""
    from judgebench.judges.local.surprise import surprises  # noqa: PLC0415 - loaded on use

    specs, how = specs_of(named(probe), suite, "attack"), filled(options)
    if is_given(source):
        raise UsageError(f"runs don't hold the texts: give {argument('judge')} hf/MODEL and {argument('task')}")
    readers, tasks = models_and_tasks(
        judge, task, f"say who reads the texts of which items: {argument('judge')} hf/MODEL and {argument('task')}"
    )
    rows: list[DetectionRow] = []
    for one in tasks:
        found_task = opened(one, how)
        texts = dict(_texts(found_task, specs, how.get("limit"), how["seed"]))
        if not texts:
            raise UsageError(f"no probe changes an answer of {found_task.name}: there is nothing to detect")
        every = list(dict.fromkeys(text for kinds in texts.values() for pairs in kinds for _, text in pairs))
        for reader in readers:
            found = dict(zip(every, surprises(reader, every), strict=True))
            rows += _measured(found_task, reader, texts, found)
    return Detections(tuple(rows))


def models_and_tasks(judge: Any, task: Any, wanted: str) -> tuple[list[str], list[Any]]:
    """List the models here and the tasks that were named; UsageError ``wanted`` where one of the two is missing."""
    if not (is_named(judge) and is_named(task)):
        raise UsageError(wanted)
    return several("judge", judge, lambda one: isinstance(one, str)), several("task", task, is_task)


def opened(task: Any, how: Mapping[str, Any]) -> Task:
    """Open a task whose texts are read."""
    data = how.get("data")
    return opened_task(task_of(task, how), None if data is None else Path(place("data", data)), sample=how["sample"])


def _texts(task: Task, specs: Sequence[str], limit: int | None, seed: int) -> Iterator[tuple[str, _Texts]]:
    """Give of each probe the answers that it changes."""
    from judgebench.catalog import make_probe, observed  # noqa: PLC0415 - loaded on use
    from judgebench.domain.items import PLACEBO  # noqa: PLC0415 - loaded on use
    from judgebench.probes.orders import Plain  # noqa: PLC0415 - loaded on use

    items = list(islice(task.items(), limit))
    for spec in specs:
        if observed(spec) is not None:
            continue
        try:
            made = make_probe(spec, Plain("original"), task.scale, seed=seed)
        except UnfitProbeError as error:
            tell(str(error))
            continue
        texts = _Texts([], [], [])
        for item in items:
            question = item.cluster or item.id
            for case in made.cases(item):
                calm = case.probe.endswith(PLACEBO)
                for before, after in _changed(item, case.item):
                    (texts.placebo if calm else texts.attacked).append((question, after))
                    if not calm:
                        texts.plain.append((question, before))
        if texts.attacked:
            yield made.name, texts


def _changed(item: Item, other: Item) -> Iterator[tuple[str, str]]:
    for one, two in zip(item.responses, other.responses, strict=True):
        if one.text != two.text:
            yield one.text, two.text


def _measured(
    task: Task, model: str, texts: Mapping[str, _Texts], found: Mapping[str, tuple[float, ...]]
) -> Iterator[DetectionRow]:
    from judgebench.agreement.probing.detection import Read, held_against  # noqa: PLC0415 - loaded on use

    for spec, kinds in texts.items():
        plain, attacked, placebo = ([Read(name, found[text]) for name, text in pairs] for pairs in kinds)
        for by in ("whole", "window"):
            told = held_against(plain, attacked, windowed=by == "window")
            calm = held_against(plain, placebo, windowed=by == "window") if placebo else None
            yield DetectionRow(task.name, model, spec, by, told, calm, task.revision)

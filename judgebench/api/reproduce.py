"""``judgebench.reproduce`` and ``results``: published figures from recorded public verdicts, and boards of them all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from judgebench.api.asking import ask_and_measure
from judgebench.api.notes import Done, tell
from judgebench.api.parameters import Option, question
from judgebench.api.planning import named_apart, plan_run
from judgebench.api.run_sources import stored_sources
from judgebench.api.source import judgments
from judgebench.api.tables import Data, Names
from judgebench.errors import DataError, UsageError, argument
from judgebench.report.document.text import many
from judgebench.report.reproduction import Reproduction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.domain import Policies
    from judgebench.run.plans import Plan
    from judgebench.tasks.base import CardTask


@question
def reproduce(
    files: Annotated[
        str | Path | Sequence[str | Path],
        Option("Your own recorded verdicts on one task.", metavar="[FILE]...", read=list[Path]),
    ] = (),
    *,
    published: Annotated[
        str | Path | None,
        Option("Your own published figures, in the form of the cards'.", metavar="TOML", read=Path),
    ] = None,
    data: Annotated[
        str | Path | None,
        Option("Folder of benchmark data and recorded verdicts; not a file of them.", metavar="DIR", read=Path),
    ] = None,
    task: Annotated[Names, Option("Only this task; repeatable.", metavar="T", read=list[str])] = (),
) -> Reproduction:
    """Recompute published figures from public verdicts; exit 1 where one differs."""
    from judgebench.reproduce.reproduction import reproduce as compute  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.card import card_names  # noqa: PLC0415 - loaded on use

    paths = [Path(one) for one in ([files] if isinstance(files, (str, Path)) else files or ())]
    for path in paths:
        if not path.is_file():
            hint = f"; a task is named by {argument('task')} {path}" if str(path) in card_names() else ""
            raise UsageError(f"there is no file {str(path)!r}{hint}")
    tasks = [task] if isinstance(task, str) else list(task or ()) or None
    # The items may lie beside the verdicts, or beside a card of one's own.
    homes = [path.parent for path in paths] or [at[0] for one in tasks or () if (at := _place(one)) is not None]
    folder = homes[0] if homes and not (data or os.environ.get("JUDGEBENCH_DATA")) else data_folder(data)
    return compute(tasks, folder, files=paths, own=None if published is None else Path(published), tell=tell)


def _place(task: str) -> tuple[Path, str] | None:
    """Give the folder of a card that is named by its place."""
    from judgebench.catalog import is_place  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.places import benchmark_at  # noqa: PLC0415 - loaded on use

    return benchmark_at(task) if is_place(task) else None


def data_folder(data: str | Path | None) -> Path:
    """Take the folder of real data as it is given, or from JUDGEBENCH_DATA."""
    folder = data or os.environ.get("JUDGEBENCH_DATA")
    if not folder:
        raise UsageError(
            f"this needs {argument('data')} DIR (or JUDGEBENCH_DATA): the folder of benchmark data and recorded "
            "verdicts"
        )
    return Path(folder)


@question
def results(
    *,
    data: Data = None,
    output: Annotated[str | Path, Option("Folder to write.", metavar="DIR", read=Path)] = "results",
) -> Done:
    """Rebuild the published leaderboards from the data at hand."""
    from judgebench.reproduce.leaderboards import figures, write_results  # noqa: PLC0415 - loaded on use
    from judgebench.reproduce.reproduction import reproduce as compute  # noqa: PLC0415 - loaded on use
    from judgebench.run.engine import Options  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.base import CardTask  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.card import card_names, load_card  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.resolve import located  # noqa: PLC0415 - loaded on use

    folder = data_folder(data)
    if not folder.is_dir():
        raise DataError("there is no such folder", file=str(folder), hint=f"check {argument('data')}")
    plans: list[tuple[Plan, Policies]] = []
    lacking: list[str] = []
    for name in card_names():
        card = load_card(name)
        if not card.recorded:
            continue
        # Splits that nobody judged in public would only hold baselines.
        for split in dict.fromkeys((card.default_split, *(one.split for one in card.recorded))):
            try:
                if (source := located(card, card.split(split), folder)) is None:
                    lacking.append(name)
                    continue
                task = CardTask(card, split, source)
                task.items()
            except DataError as error:
                lacking.append(f"{name}:{split} ({error})")
                continue
            plans += _plans(task)
    if not plans:
        raise DataError(
            "there is no data here for any task whose recorded verdicts are public",
            file=str(folder),
            hint=f"{argument('data')} names the folder that holds pandalm/, judgebench/ ...",
        )
    with tempfile.TemporaryDirectory(prefix="judgebench-results-") as runs:
        rows, stopped = ask_and_measure(named_apart(plans), Path(runs), Options(max_concurrency=16, attempts=1))
        if stopped:
            raise stopped[0]
        judged = judgments(stored_sources([Path(runs)], tell=tell))
        if lacking:
            names = ", ".join(dict.fromkeys(lacking))
            tell(f"left out: {names}; `judgebench list tasks` says which tasks have their data here")
        written = write_results([*rows, *figures(folder)], Path(output), compute(None, folder, cards_only=True), judged)
    return Done(f"Wrote {many(len(written), 'file')} to {output}.", tuple(written))


def _plans(task: CardTask) -> Iterator[tuple[Plan, Policies]]:
    from judgebench.catalog import JudgeSettings, make_judge  # noqa: PLC0415 - loaded on use

    comparing = ("first", "longest", "shortest") if task.scale.kind in {"pair", "pick"} else ()
    replays = [f"replay:{recorded.name}" for recorded in task.recordings() if task.recorded_path(recorded)]
    for judge in (*(f"baseline/{rule}" for rule in (*comparing, "majority", "random")), *replays):
        try:
            plan = plan_run(task, make_judge(judge, task, JudgeSettings()))
        except (DataError, UsageError):
            # Without texts, or on a scale of another kind, there is no such baseline; a recording must be read.
            if judge in replays:
                raise
            continue
        yield plan

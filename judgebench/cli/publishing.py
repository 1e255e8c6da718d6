"""``results``, ``publish``: rebuild the published leaderboards, write one's own as a static site."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from judgebench.api.asking import ask_and_measure, options, plan_run
from judgebench.api.reproduce import data_folder
from judgebench.api.sources import judgments, stored_sources
from judgebench.cli.options import DataOption, PolicyOption, note
from judgebench.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.domain import Policies
    from judgebench.run.plans import Plan
    from judgebench.tasks.base import CardTask


def results(
    *,
    data: DataOption = None,
    output: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write.")] = Path("results"),
) -> None:
    """Rebuild the published leaderboards: every baseline and every recorded judge whose data are there."""
    from judgebench.reproduce.leaderboards import figures, write_results  # noqa: PLC0415 - loaded on use
    from judgebench.reproduce.reproduction import reproduce  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.base import open_task  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.card import card_names, load_card  # noqa: PLC0415 - loaded on use

    folder = data_folder(data)
    plans: list[tuple[Plan, Policies]] = []
    for name in card_names():
        card = load_card(name)
        if not card.recorded:
            note(f"left out {name}: no judge's verdicts on it are public")
            continue
        for split in card.splits:
            try:
                task = open_task(f"{name}:{split}", data=folder)
                task.items()
            except DataError as error:
                note(f"left out {name}:{split}: {error}")
                continue
            plans += _plans(task)
    with tempfile.TemporaryDirectory(prefix="judgebench-results-") as runs:
        rows, stopped = ask_and_measure(plans, Path(runs), options(16, attempts=1))
        if stopped:
            raise stopped[0]
        judged = judgments(list(stored_sources([Path(runs)], tell=note)))
        written = write_results([*rows, *figures(folder)], output, reproduce(None, folder), judged)
    for path in written:
        note(f"wrote {path}")


def _plans(task: CardTask) -> Iterator[tuple[Plan, Policies]]:
    from judgebench.catalog import JudgeSettings, make_judge  # noqa: PLC0415 - loaded on use

    comparing = ("first", "longest", "shortest") if task.scale.kind in {"pair", "pick"} else ()
    replays = [f"replay:{recorded.name}" for recorded in task.recordings() if task.recorded_path(recorded)]
    for judge in (*(f"baseline/{rule}" for rule in (*comparing, "majority", "random")), *replays):
        yield plan_run(task, make_judge(judge, task, JudgeSettings()))


RunsFolder = Annotated[Path, typer.Argument(metavar="[RUNS]", envvar="JUDGEBENCH_RUNS", help="Folder of runs.")]


def publish(
    runs: RunsFolder = Path("runs"),
    *,
    output: Annotated[Path | None, typer.Option("--output", metavar="DIR", help="Folder of the site.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only check whether everything may be published.")] = False,
    allow_samples: Annotated[
        bool, typer.Option("--allow-samples", help="Also publish runs of the rows that come with a task.")
    ] = False,
    verdicts: Annotated[
        Literal["all", "licensed", "none"],
        typer.Option("--verdicts", help="Whose labels: every task's, those whose licence allows it, or nobody's."),
    ] = "all",
    title: Annotated[str, typer.Option("--title", help="Heading of the page.")] = "Leaderboard of judges",
    policy: PolicyOption = [],  # noqa: B006 - typer reads the default, nobody changes it
) -> None:
    """Write the folder of a static site: page, CSV, JSON, labels as codes, dataset card; checked first."""
    from judgebench.api.publishing import about_tasks, checked, judged_runs, publication  # noqa: PLC0415 - loaded on use
    from judgebench.report.publish.checks import refuse  # noqa: PLC0415 - loaded on use
    from judgebench.report.publish.publish import check_folder, site, write_site  # noqa: PLC0415 - loaded on use
    from judgebench.store.remote import fetched  # noqa: PLC0415 - loaded on use

    if output is None and not check:
        raise UsageError("give --output DIR, or --check alone")
    if output is not None:
        check_folder(output)
    folder = fetched(runs)
    found = judged_runs(folder, tell=note)
    about = about_tasks(found)
    checks, labelled = checked(found, about, samples=allow_samples, verdicts=verdicts)
    for one in checks:
        note(str(one))
    refuse(checks)
    if check or output is None:
        note(f"{len(found)} runs may be published")
        return
    files = site(publication(folder, about, labelled, title=title, policy=policy))
    write_site(files, output)
    note(f"wrote {output}: {len(files)} files")

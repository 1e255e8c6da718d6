"""``view``: a runs folder in the browser, and a page to label items on; on this machine only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from judgebench.cli.options import ConfigOption, DataOption, PolicyOption, SampleOption, emit, note
from judgebench.errors import UsageError


def view(
    runs: Annotated[Path, typer.Argument(metavar="[RUNS]", envvar="JUDGEBENCH_RUNS", help="Folder of runs.")] = Path(
        "runs"
    ),
    *,
    task: Annotated[
        list[str],
        typer.Option("--task", metavar="T", help="A task to label; by default those of the runs; repeatable."),
    ] = [],  # noqa: B006 - typer reads the default, nobody changes it
    data: DataOption = None,
    sample: SampleOption = False,
    labels: Annotated[
        Path,
        typer.Option("--labels", metavar="DIR", envvar="JUDGEBENCH_LABELS", help="Folder that keeps the labels."),
    ] = Path("labels"),
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Label N items, drawn at random with --seed.")
    ] = None,
    both_orders: Annotated[
        bool,
        typer.Option("--both-orders", help="Show each item a second time, the other way round, after all others."),
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the order of items and responses on the label page.")] = 0,
    policy: PolicyOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    host: Annotated[str, typer.Option("--host", help="127.0.0.1, ::1 or localhost only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free port.")] = 0,
    browse: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
    config: ConfigOption = None,  # noqa: ARG001 - handled by its callback
) -> None:
    """Look at a runs folder in the browser, live, and label items there, blind to the judges.

    Prints the address, with a key of its own at each start, and serves this machine only, until Ctrl-C.
    """
    from judgebench.store.remote import fetched  # noqa: PLC0415 - loaded on use
    from judgebench.view.app import View  # noqa: PLC0415 - loaded on use
    from judgebench.view.labelling import Selection  # noqa: PLC0415 - loaded on use
    from judgebench.view.run_table import RunTable  # noqa: PLC0415 - loaded on use
    from judgebench.view.serve import rooms, serve  # noqa: PLC0415 - loaded on use
    from judgebench.view.sessions import LabelTasks, Sessions  # noqa: PLC0415 - loaded on use

    if sample and data is not None:
        raise UsageError("--sample takes the rows shipped with the task, --data yours: give one of them")
    folder = fetched(runs)
    if not folder.is_dir() and not task:
        raise UsageError(
            f"there is no folder {runs}; `judgebench run … --runs DIR` makes one, --task T labels without one"
        )

    measured, pages = rooms(policy, data=data, sample=sample, tell=note)
    table = RunTable(folder, measured)
    tasks = LabelTasks(table, task, data=data, sample=sample)
    sessions = Sessions(tasks.names, tasks.open, labels, Selection(seed, limit, both_orders), measured)

    def ready(link: str) -> None:
        emit(link, None)
        note("Anyone with this address can get in: don't pass it on. Ctrl-C ends the server.")
        if browse:
            import webbrowser  # noqa: PLC0415 - loaded on use

            webbrowser.open(link)

    serve(View(table, sessions, pages), host, port, ready)

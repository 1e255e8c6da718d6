"""``judgebench.view``: a runs folder in the browser, and a page to label items on; on this machine only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Unpack

from judgebench.api.notes import on_command_line, show, tell
from judgebench.api.parameters import Option, policies_of, question
from judgebench.api.progress import inside_a_loop
from judgebench.api.source import Given
from judgebench.api.tables import Data, LabelsAndScores, Names, Policy, Sample
from judgebench.errors import UsageError


@question
def view(
    runs: Annotated[
        Any, Option("Folder of runs; by default `runs`.", metavar="[RUNS]", env="JUDGEBENCH_RUNS", read=Path, csv=True)
    ] = None,
    *,
    task: Annotated[
        Names,
        Option("A task to label, or its file; by default those of the runs; repeatable.", metavar="T", read=list[str]),
    ] = (),
    data: Data = None,
    sample: Sample = False,
    labels: Annotated[
        str | Path, Option("Folder that keeps the labels.", metavar="DIR", env="JUDGEBENCH_LABELS", read=Path)
    ] = Path("labels"),
    rubric: Annotated[
        str | Path | None,
        Option("What counts, as text or Markdown, shown beside each item.", metavar="FILE", read=Path),
    ] = None,
    limit: Annotated[int | None, Option("Label N items, drawn at random with --seed.", metavar="N", least=1)] = None,
    both_orders: Annotated[
        bool, Option("Show each item a second time, the other way round, after all others.")
    ] = False,
    seed: Annotated[int, Option("Seed of the order of items and responses on the label page.")] = 0,
    policy: Policy = (),
    host: Annotated[str, Option("127.0.0.1, ::1 or localhost only.")] = "127.0.0.1",
    port: Annotated[int, Option("0 takes a free port.", least=0, most=65_535)] = 0,
    browse: Annotated[bool, Option("Open it in a browser.", "--open")] = False,
    ready: Callable[[str], None] | None = None,
    **table: Unpack[LabelsAndScores],
) -> None:
    """Look at runs in the browser, and label items there, blind to the judges.

    Prints the address, with a key of its own at each start, and serves this machine only, until Ctrl-C.
    """
    from judgebench.view.labelling import Selection  # noqa: PLC0415 - loaded on use
    from judgebench.view.serve import build, serve  # noqa: PLC0415 - loaded on use

    if inside_a_loop():
        raise UsageError("nothing can be served inside an event loop (a notebook); start it in a terminal")
    folder, files = _places(runs)
    made = build(
        folder,
        [task] if isinstance(task, str) else list(task or ()),
        labels=Path(labels),
        selection=Selection(seed, limit, both_orders),
        rubric=None if rubric is None else Path(rubric),
        data=None if data is None else Path(data),
        sample=sample,
        policy=policies_of(policy),
        tell=tell,
        csv=files,
        columns=table,
    )

    def opened(link: str) -> None:
        (ready or (show if on_command_line() else tell))(link)
        tell("Anyone with this address can get in: don't pass it on. Ctrl-C ends the server.")
        if browse:
            import webbrowser  # noqa: PLC0415 - loaded on use

            webbrowser.open(link)

    serve(made, host, port, opened)


def _places(runs: Any) -> tuple[Path, Sequence[Path]]:
    """Tell a folder of runs from the files of a table of one's own."""
    if isinstance(runs, Given):
        if runs.runs and runs.csv:
            raise UsageError("give a folder of runs, or --csv FILE")
        return Path(runs.runs[0] if runs.runs else "runs"), runs.csv
    place = Path("runs" if runs is None else runs)
    return place, [place] if place.is_file() else []

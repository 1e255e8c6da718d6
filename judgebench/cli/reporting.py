"""``report``: runs as one HTML file that can be opened, searched and passed on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from judgebench.api.labelling import open_labels
from judgebench.api.sources import stored_sources
from judgebench.cli.options import (
    ConfigOption,
    DataOption,
    LabelsModeOption,
    LabelsOption,
    PolicyOption,
    check_output,
    note,
)
from judgebench.errors import UsageError


def report(
    runs: Annotated[
        list[Path] | None, typer.Argument(metavar="[RUN]...", help="Run folders, or folders or URLs of runs.")
    ] = None,
    *,
    data: DataOption = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Read the texts from the rows shipped with the task.")
    ] = False,
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="The page to write.")] = Path("report.html"),
    title: Annotated[str | None, typer.Option("--title", help="Heading of the page.")] = None,
    labels: LabelsOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    labels_mode: LabelsModeOption = None,
    policy: PolicyOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    texts: Annotated[
        bool,
        typer.Option("--texts/--no-texts", help="Include the texts: the items' and the judges'."),
    ] = True,
    limit_items: Annotated[
        int | None,
        typer.Option("--limit-items", min=1, metavar="N", help="List at most N items of a task, disagreements first."),
    ] = None,
    config: ConfigOption = None,  # noqa: ARG001 - handled by its callback
) -> None:
    """Write a report of runs: one HTML file with the figures, charts and every item behind them."""
    from judgebench.api.reporting import report_sources  # noqa: PLC0415 - loaded on use
    from judgebench.files.lines import replace_file  # noqa: PLC0415 - loaded on use
    from judgebench.report.page.page import report_page  # noqa: PLC0415 - loaded on use

    if not runs:
        raise UsageError("give run folders, or folders of runs")
    if sample and data is not None:
        raise UsageError("--sample takes the rows shipped with the task, --data yours: give one of them")
    check_output(output)
    _keep_out_of_runs(output)
    opened = list(stored_sources(runs, labels=open_labels(labels, labels_mode or "only"), tell=note))
    reported = report_sources(opened, policy, data=data, sample=sample, texts=texts, tell=note)
    text = report_page(reported, title=title, texts=texts, most=limit_items)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        _, size = replace_file(output, [text.encode("utf-8")])
    except OSError as error:
        raise UsageError(f"can't write --output {output}: {error.strerror}") from None
    note(f"wrote {output} ({size / 1e6:.1f} MB)")


def _keep_out_of_runs(output: Path) -> None:
    from judgebench.store.lines import VERDICTS  # noqa: PLC0415 - loaded on use
    from judgebench.store.parquet import PACKED  # noqa: PLC0415 - loaded on use
    from judgebench.store.runs import MANIFEST  # noqa: PLC0415 - loaded on use

    def is_run(folder: Path) -> bool:
        # Web sites and much else have a manifest of that name.
        return (folder / MANIFEST).exists() and any((folder / name).exists() for name in (VERDICTS, PACKED))

    home = next((folder for folder in output.absolute().parents if is_run(folder)), None)
    if home is not None:
        raise UsageError(f"--output {output} is inside the run {home}; write it elsewhere")

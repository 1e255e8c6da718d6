"""``gate``: may this run take the baseline's place? For CI."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from judgebench.cli.options import ConfigOption, OutputOption, PolicyOption, check_output, emit, note, room
from judgebench.errors import JudgebenchError, MismatchError, UndecidedError, UsageError

if TYPE_CHECKING:
    from judgebench.agreement.gate.decision import Gate
    from judgebench.domain import Agreement


def gate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder (or URL) of one run.")],
    *,
    against: Annotated[
        Path, typer.Option("--against", metavar="BASELINE", help="A baseline file, or the folder (or URL) of a run.")
    ],
    update: Annotated[
        bool, typer.Option("--update", help="Make the baseline file from RUN, or renew it; decides nothing.")
    ] = False,
    metric: Annotated[
        list[str],
        typer.Option(
            "--metric", metavar="M", help="A figure of agreement; by default the scale's headline; repeatable."
        ),
    ] = [],  # noqa: B006 - typer reads the default, nobody changes it
    subset: Annotated[
        list[str],
        typer.Option("--subset", metavar="S", help="A subset that must hold, too, or 'all' of them; repeatable."),
    ] = [],  # noqa: B006 - typer reads the default, nobody changes it
    margin: Annotated[float, typer.Option("--margin", help="A drop in agreement that would be too much.")] = 0.05,
    alpha: Annotated[float, typer.Option("--alpha", help="One-sided level of every bound.")] = 0.05,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail only where the drop is surely above the margin, not above 0.")
    ] = False,
    min_effect: Annotated[float, typer.Option("--min-effect", help="Smallest drop seen that may fail.")] = 0.0,
    max_coverage_drop: Annotated[
        float | None, typer.Option("--max-coverage-drop", metavar="SHARE", help="Fewer answers allowed, e.g. .02.")
    ] = None,
    max_flip_increase: Annotated[
        float | None,
        typer.Option("--max-flip-increase", metavar="SHARE", help="More items allowed that flip with the order."),
    ] = None,
    max_cost_increase: Annotated[
        float | None,
        typer.Option("--max-cost-increase", metavar="PART", help="Dearer judgments allowed: .1 is a tenth more."),
    ] = None,
    max_latency_increase: Annotated[
        float | None,
        typer.Option("--max-latency-increase", metavar="PART", help="Slower judgments allowed: .1 is a tenth more."),
    ] = None,
    policy: PolicyOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Recompute with scikit-learn, krippendorff and scipy; stop on a difference."),
    ] = False,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML there, too.")] = None,
    github: Annotated[
        bool, typer.Option("--github", help="Annotate as GitHub Actions reads it; by default where it runs there.")
    ] = False,
    form: Annotated[
        Literal["table", "json", "md"], typer.Option("--format", help="How to print the decision.")
    ] = "table",
    output: OutputOption = None,
    config: ConfigOption = None,  # noqa: ARG001 - handled by its callback
) -> None:
    """Decide whether a run got worse than a baseline: exit 0 it did not, 1 it did, 6 too few items to tell.

    Paired on the same items, clustered by question, one-sided; deterministic; an improvement never fails. Exit code 3
    where run and baseline are not about the same task, revision, items, gold, scale or policies.
    """
    from judgebench.agreement.gate.decision import Limits, Rules  # noqa: PLC0415 - loaded on use
    from judgebench.api.gating import hold, renew  # noqa: PLC0415 - loaded on use
    from judgebench.report.gate.gate import render, safe, verdict  # noqa: PLC0415 - loaded on use
    from judgebench.report.gate.junit import to_junit  # noqa: PLC0415 - loaded on use

    rules = Rules(margin, alpha, strict, min_effect)
    limits = Limits(max_coverage_drop, max_flip_increase, max_cost_increase, max_latency_increase)
    for file in (output, junit):
        check_output(file)
    _apart(against, output, junit, update=update)

    def tell(text: str) -> None:
        # What is told names judges, files and words of a file, and a CI system reads its log for commands.
        note(safe(text))

    try:
        if update:
            for line in renew(run, against, policy=policy, tell=tell):
                tell(line)
            tell(f"wrote {against}")
            return
        held = hold(
            run,
            against,
            policy=policy,
            figures=metric,
            subsets=subset,
            rules=rules,
            limits=limits,
            verify=verify,
            tell=tell,
        )
    except JudgebenchError as error:
        # Errors name items, and a CI system reads its log for commands.
        error.args = (safe(str(error)),)
        raise
    found, beside = held.gate, held.beside
    if junit is not None:
        emit(to_junit(found), junit)
    _tell_github(found, beside, asked=github)
    emit(render(found, form, beside=beside, width=room(output)), output)
    if found.state == "fail":
        raise MismatchError(verdict(found))
    if found.state == "undecided":
        raise UndecidedError(verdict(found))


def _apart(against: Path, output: Path | None, junit: Path | None, *, update: bool) -> None:
    """Refuse files that would be written over one another; of the baseline there is often no other copy."""
    for name, file in (("--output", output), ("--junit", junit)):
        if file is None:
            continue
        if update:
            raise UsageError(f"--update decides nothing, so there is nothing to write to {name} {file}")
        if file.resolve() == against.resolve():
            raise UsageError(f"{name} {file} would write over the baseline; name another file")
    if output is not None and junit is not None and output.resolve() == junit.resolve():
        raise UsageError(f"--output and --junit name one file, {output}; name two")


def _tell_github(found: Gate, beside: Agreement, *, asked: bool) -> None:
    from judgebench.report.gate.github import annotate, summary  # noqa: PLC0415 - loaded on use

    if asked or os.environ.get("GITHUB_ACTIONS") == "true":
        # GitHub reads commands from either stream, and stdout may be somebody's JSON.
        for line in annotate(found):
            note(line)
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(path).open("a", encoding="utf-8", newline="\n") as file:
                file.write(summary(found, beside))
        except OSError as error:
            note(f"judgebench: can't write GITHUB_STEP_SUMMARY {path}: {error.strerror}")

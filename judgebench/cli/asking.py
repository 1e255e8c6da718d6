"""``run`` and ``demo``: ask judges about tasks, then measure."""

from __future__ import annotations

import math
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from judgebench.api.asking import Ears, Showing, ask_and_measure, estimates, options, plan_named, plan_run
from judgebench.api.engines import Engine
from judgebench.api.labelling import open_labels
from judgebench.api.progress import Live, told
from judgebench.api.sources import silent
from judgebench.cli.options import (
    BySystemOption,
    ConfigOption,
    DataOption,
    FormatOption,
    JudgeOption,
    LabelsModeOption,
    LabelsOption,
    OutputOption,
    PolicyOption,
    RunsOption,
    SampleOption,
    TaskOption,
    check_output,
    emit,
    emit_scores,
    note,
)
from judgebench.errors import BackendError, IncompleteError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Policies
    from judgebench.run.execute import Plan

_DEMO_TASKS = ("judgebench", "pandalm", "rewardbench", "triviaqa", "bff-bench")
_DEMO_JUDGES = {
    "pair": ("baseline/first", "baseline/longest", "baseline/random", "baseline/majority"),
    "check": ("contains", "exact-match", "baseline/random", "baseline/majority"),
}


def run(
    *,
    judge: JudgeOption,
    task: TaskOption,
    data: DataOption = None,
    sample: SampleOption = False,
    labels: LabelsOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    labels_mode: LabelsModeOption = None,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Only the first N items.")] = None,
    order: Annotated[
        Literal["both", "original", "swapped", "random"] | None,
        typer.Option(help="How responses are shown; both (the default) shows position bias. A replay keeps its own."),
    ] = None,
    prompt: Annotated[str | None, typer.Option(metavar="NAME|FILE", help="Another prompt than the scale's.")] = None,
    reference: Annotated[
        str, typer.Option(metavar="auto|none|human", help="Which reference answers the judge sees.")
    ] = "auto",
    repeats: Annotated[int, typer.Option(min=1, help="Ask each case so often.")] = 1,
    base_url: Annotated[
        str | None,
        typer.Option("--base-url", metavar="URL", envvar="JUDGEBENCH_BASE_URL", help="Address of the API."),
    ] = None,
    temperature: Annotated[
        str | None,
        typer.Option(
            metavar="T", help="Sampling temperature; by default 0 where the API takes one, 'none' sends none."
        ),
    ] = None,
    max_tokens: Annotated[int, typer.Option("--max-tokens", min=1, help="Longest answer, in tokens.")] = 2048,
    timeout: Annotated[float, typer.Option(min=0.1, max=86_400, help="Seconds that one call may take.")] = 120.0,
    connect_timeout: Annotated[
        float,
        typer.Option("--connect-timeout", min=0.1, max=86_400, help="Seconds that opening a connection may take."),
    ] = 10.0,
    first_byte_timeout: Annotated[
        float | None,
        typer.Option(
            "--first-byte-timeout",
            min=0.1,
            max=86_400,
            help="Seconds until an answer must begin; by default --timeout.",
        ),
    ] = None,
    max_concurrency: Annotated[
        str,
        typer.Option(
            "--max-concurrency",
            metavar="N|auto",
            envvar="JUDGEBENCH_MAX_CONCURRENCY",
            help="Calls in flight at once to one backend; auto finds out what it bears.",
        ),
    ] = "auto",
    rpm: Annotated[
        float | None, typer.Option("--rpm", min=0.1, metavar="N", help="Requests a minute, at most, to one backend.")
    ] = None,
    tpm: Annotated[
        float | None, typer.Option("--tpm", min=1, metavar="N", help="Tokens a minute, at most, to one backend.")
    ] = None,
    max_cost: Annotated[
        float | None,
        typer.Option("--max-cost", min=0, metavar="USD", help="Stop before the whole command has cost more; exit 5."),
    ] = None,
    hedge: Annotated[
        float | None,
        typer.Option(
            "--hedge",
            min=0.01,
            max=86_400,
            metavar="SECONDS",
            help="Ask once more where no answer came by then; both are paid.",
        ),
    ] = None,
    attempts: Annotated[int, typer.Option(min=1, help="Times a case is asked before it counts as failed.")] = 6,
    engine: Annotated[
        Literal["local", "batch", "ray"],
        typer.Option(
            "--engine",
            envvar="JUDGEBENCH_ENGINE",
            help="Who asks: this process, the provider's batch API (half price, within a day), or a Ray cluster.",
        ),
    ] = "local",
    poll: Annotated[
        float,
        typer.Option(
            min=0.01, max=86_400, metavar="SECONDS", help="First pause before a batch is asked after; it grows."
        ),
    ] = 15.0,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for batches, or submit and leave.")] = True,
    batch_size: Annotated[
        int | None, typer.Option("--batch-size", min=1, metavar="N", help="Requests in a batch, if fewer than allowed.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, metavar="N", help="With --engine ray: processes that ask.")
    ] = None,
    ray_address: Annotated[
        str | None,
        typer.Option(
            "--ray-address",
            metavar="auto|HOST:PORT|local",
            envvar=["JUDGEBENCH_RAY_ADDRESS", "RAY_ADDRESS"],
            help="With --engine ray: the cluster; local (the default) starts one here.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of random orders and of seeded judges.")] = 0,
    policy: PolicyOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    by_system: BySystemOption = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say how many calls, tokens and dollars it would take; ask nothing.")
    ] = False,
    cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Take answers to the same cases from other runs in --runs.")
    ] = True,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Ask everything again; what was judged is kept under another name.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no notes.")] = False,
    runs: RunsOption = Path("runs"),
    form: FormatOption = "table",
    output: OutputOption = None,
    config: ConfigOption = None,  # noqa: ARG001 - handled by its callback
) -> None:
    """Ask judges about tasks and measure how far they agree with the gold labels.

    A run resumes by default: what was judged is never asked again, only failed cases are.
    """
    from judgebench.catalog import JudgeSettings  # noqa: PLC0415 - loaded on use
    from judgebench.store.remote import fetched, mirrored  # noqa: PLC0415 - loaded on use

    asking = Engine(engine, poll, wait, batch_size, workers, ray_address)
    check_output(output)
    settings = JudgeSettings(
        prompt,
        base_url,
        _temperature(temperature),
        max_tokens,
        timeout,
        connect_timeout=connect_timeout,
        first_byte_timeout=first_byte_timeout,
        seed=seed,
    )
    showing = Showing(order, repeats, reference, seed, limit)
    said = open_labels(labels, labels_mode or "only")
    plans, recipes = plan_named(judge, task, settings, showing, data=data, sample=sample, policy=policy, labels=said)
    if dry_run:
        from judgebench.report.estimate import Estimates  # noqa: PLC0415 - loaded on use

        batch = engine == "batch"
        found = estimates([p for p, _ in plans], fetched(runs), share=cache, refresh=refresh, batch=batch)
        emit(Estimates(tuple(found)).render(form), output)
        return
    how = replace(
        options(_concurrency(max_concurrency), attempts=attempts),
        rpm=rpm,
        tpm=tpm,
        max_cost=max_cost,
        hedge=hedge,
        share=cache,
        refresh=refresh,
    )
    execute = asking.make([p for p, _ in plans], recipes, tell=silent if quiet else note)
    live = Live(sys.stderr)
    ears = Ears() if quiet else Ears(live.show, live.interval, lambda outcome: note(told(outcome)))
    with mirrored(runs) as folder:
        rows, stopped = ask_and_measure(plans, folder, how, by_system=by_system, execute=execute, ears=ears)
        # Shown before the last of it goes to the URL: a network that fails then must not hide it.
        if rows:
            emit_scores(rows, form, output)
    _raise_first(stopped)


def _raise_first(stopped: Sequence[BackendError | IncompleteError]) -> None:
    # One unusable backend may have stopped many runs for the same reason.
    for text in [text for text in dict.fromkeys(map(str, stopped)) if text != str(stopped[0])]:
        note(f"judgebench: {text}")
    if stopped:
        raise stopped[0]


def demo(
    *, form: FormatOption = "table", output: OutputOption = None, seed: Annotated[int, typer.Option()] = 0
) -> None:
    """Run the samples of five tasks with four baselines each and print a leaderboard: no key, no network."""
    from judgebench import catalog  # noqa: PLC0415 - loaded on use
    from judgebench.report.leaderboard import Leaderboard, rank  # noqa: PLC0415 - loaded on use

    with tempfile.TemporaryDirectory(prefix="judgebench-demo-") as folder:
        plans: list[tuple[Plan, Policies]] = []
        for task_name in _DEMO_TASKS:
            opened = catalog.make_task(task_name, sample=True)
            for judge_name in _DEMO_JUDGES[opened.scale.kind]:
                made = catalog.make_judge(judge_name, opened, catalog.JudgeSettings(seed=seed))
                # The lexical rules need references, which bff-bench by default keeps from its judges.
                reference = "human" if opened.scale.kind == "check" else "auto"
                plans.append(plan_run(opened, made, Showing(reference=reference, seed=seed)))
        rows, stopped = ask_and_measure(plans, Path(folder), options(None, attempts=1))
        if stopped:
            raise stopped[0]
    rows = [row for row in rows if row.subset == "all"]
    if form == "json":
        emit_scores(rows, form, output)
    else:
        emit(Leaderboard(tuple(rank(rows))).render(form), output)
    note("These are small samples written for this project: they show the machine at work, not the judges.")


def _temperature(text: str | None) -> float | Literal["default"] | None:
    if text is None:
        return "default"
    if text.casefold() == "none":
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise UsageError(f"--temperature {text!r} is neither a number from 0 up nor 'none'")
    return value


def _concurrency(text: str) -> int | None:
    if text.casefold() == "auto":
        return None
    if text.isascii() and text.isdigit() and int(text) >= 1:
        return int(text)
    raise UsageError(f"--max-concurrency {text!r} is neither a number from 1 up nor 'auto'")

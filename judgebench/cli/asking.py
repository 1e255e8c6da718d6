"""``run`` and ``demo``: ask judges about tasks, then measure."""

from __future__ import annotations

import json
import math
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from judgebench.cli.engines import Engine
from judgebench.cli.options import (
    BySystemOption,
    ConfigOption,
    DataOption,
    FormatOption,
    JudgeOption,
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
from judgebench.cli.progress import Live, told
from judgebench.errors import BackendError, IncompleteError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.domain import Agreement, Judge, Policies, Task
    from judgebench.run.engine import Options
    from judgebench.run.estimate import Forecast
    from judgebench.run.execute import Outcome, Plan

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
    from judgebench import catalog  # noqa: PLC0415 - loaded on use
    from judgebench.store.remote import fetched, mirrored  # noqa: PLC0415 - loaded on use

    if sample and data is not None:
        raise UsageError("--sample takes the rows shipped with the task, --data yours: give one of them")
    asking = Engine(engine, poll, wait, batch_size, workers, ray_address)
    check_output(output)
    settings = catalog.JudgeSettings(
        prompt,
        base_url,
        _temperature(temperature),
        max_tokens,
        timeout,
        connect_timeout=connect_timeout,
        first_byte_timeout=first_byte_timeout,
        seed=seed,
    )
    plans: list[tuple[Plan, Policies]] = []
    recipes: dict[str, Callable[[], Judge]] = {}
    for task_name in dict.fromkeys(task):
        opened = catalog.make_task(task_name, data=data, sample=sample)
        for judge_name in dict.fromkeys(judge):
            made = catalog.make_judge(judge_name, opened, settings)
            plans.append(
                plan_run(
                    opened,
                    made,
                    order=order,
                    repeats=repeats,
                    reference=reference,
                    seed=seed,
                    limit=limit,
                    policy=policy,
                )
            )
            if engine == "ray" and (recipe := catalog.recipe(judge_name, made, opened, settings)) is not None:
                recipes[plans[-1][0].run.identity] = recipe
    if dry_run:
        known = fetched(runs)
        emit(
            _estimates([p for p, _ in plans], known, form, share=cache, refresh=refresh, batch=engine == "batch"),
            output,
        )
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
    execute = asking.make([p for p, _ in plans], recipes, quiet=quiet)
    with mirrored(runs) as folder:
        rows, stopped = ask_and_measure(plans, folder, how, quiet=quiet, by_system=by_system, execute=execute)
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
    from judgebench.report.leaderboard import rank, render  # noqa: PLC0415 - loaded on use

    with tempfile.TemporaryDirectory(prefix="judgebench-demo-") as folder:
        plans: list[tuple[Plan, Policies]] = []
        for task_name in _DEMO_TASKS:
            opened = catalog.make_task(task_name, sample=True)
            for judge_name in _DEMO_JUDGES[opened.scale.kind]:
                made = catalog.make_judge(judge_name, opened, catalog.JudgeSettings(seed=seed))
                # The lexical rules need references, which bff-bench by default keeps from its judges.
                reference = "human" if opened.scale.kind == "check" else "auto"
                plans.append(plan_run(opened, made, reference=reference, seed=seed))
        rows, stopped = ask_and_measure(plans, Path(folder), options(None, attempts=1), quiet=True, by_system=False)
        if stopped:
            raise stopped[0]
    rows = [row for row in rows if row.subset == "all"]
    if form == "json":
        emit_scores(rows, form, output)
    else:
        emit(render(rank(rows), form), output)
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


def options(max_concurrency: int | None, *, attempts: int) -> Options:
    """Put the engine's options together."""
    from judgebench.run.engine import Options  # noqa: PLC0415 - loaded on use

    return Options(max_concurrency=max_concurrency, attempts=attempts)


def plan_run(
    task: Task,
    judge: Judge,
    *,
    order: Literal["both", "original", "swapped", "random"] | None = None,
    repeats: int = 1,
    reference: str = "auto",
    seed: int = 0,
    limit: int | None = None,
    policy: Sequence[str] = (),
) -> tuple[Plan, Policies]:
    """Plan a run, and say under which policies it will be measured."""
    from judgebench.agreement.policies import check  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import reads_answers  # noqa: PLC0415 - loaded on use
    from judgebench.domain import Policies  # noqa: PLC0415 - loaded on use
    from judgebench.probes.orders import Plain  # noqa: PLC0415 - loaded on use
    from judgebench.run.execute import Conventions, Selection, plan  # noqa: PLC0415 - loaded on use

    card = getattr(task, "card", None)
    known_references = getattr(card, "references", ("none", "human"))
    if reference not in {"auto", "none", *known_references}:
        raise UsageError(f"{task.name} has no reference {reference!r}; it has {', '.join(known_references)}")
    if reference == "auto" and card is not None:
        reference = card.default_reference
    recorded: tuple[tuple[int, ...], ...] | None = getattr(judge, "orders", None)
    shown = recorded if order is None and recorded else order or "both"
    selection = Selection(
        Plain(shown, repeats=repeats, reference=reference, seed=seed),
        orders=shown if isinstance(shown, str) else "recorded",
        repeats=repeats,
        reference=reference,
        seed=seed,
        limit=limit,
        needs_answers=reads_answers(judge),
    )
    own = card.policies if card is not None else Policies()
    conventions = Conventions(own, card.aggregates, card.digest) if card is not None else Conventions(own)
    planned, policies = plan(task, judge, selection, conventions), own.override(policy)
    # What can't be measured must not be paid for first.
    check(task.scale, len(planned.annotators), policies)
    return planned, policies


def _estimates(plans: Sequence[Plan], runs: Path, form: str, *, share: bool, refresh: bool, batch: bool) -> str:
    from judgebench.run.estimate import estimate  # noqa: PLC0415 - loaded on use
    from judgebench.store.runs import known_answers  # noqa: PLC0415 - loaded on use

    found: list[Forecast] = []
    for planned in plans:
        submitted = _submitted(planned, runs) if batch else frozenset[str]()
        with known_answers(runs, planned.run, share=share, refresh=refresh) as known:
            found.append(estimate(planned, known, batch=batch, submitted=submitted))
    if form == "json":
        entries = [one.to_json() for one in found]
        return json.dumps({"schema": "judgebench.estimate/1", "runs": entries}, indent=1, ensure_ascii=False)
    return "\n".join(map(str, found))


def _submitted(planned: Plan, runs: Path) -> frozenset[str]:
    """Find the cases whose answers are under way in batches."""
    from judgebench.run.batch import batch_api  # noqa: PLC0415 - loaded on use
    from judgebench.run.ledger import in_batches  # noqa: PLC0415 - loaded on use

    batch_api(planned)
    return frozenset(in_batches(runs, planned.run))


def ask_and_measure(
    plans: list[tuple[Plan, Policies]],
    runs: Path,
    options: Options,
    *,
    quiet: bool,
    by_system: bool,
    execute: Callable[..., list[Outcome]] | None = None,
) -> tuple[list[Agreement], list[BackendError | IncompleteError]]:
    """Ask and measure run after run; one that stopped does not hide what the others say, and stands beside them."""
    from judgebench.agreement.measure import measure_beside  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use
    from judgebench.report.official import with_official  # noqa: PLC0415 - loaded on use
    from judgebench.run.execute import execute_all  # noqa: PLC0415 - loaded on use
    from judgebench.store.runs import read_run  # noqa: PLC0415 - loaded on use

    live = Live(sys.stderr)
    outcomes = (execute or execute_all)(
        [planned for planned, _ in plans],
        runs,
        options,
        watch=None if quiet else live.show,
        interval=live.interval,
    )
    rows: list[Agreement] = []
    stopped: list[BackendError | IncompleteError] = []
    for outcome, (_, policies) in zip(outcomes, plans, strict=True):
        if outcome.error is not None:
            stopped.append(outcome.error)
            continue
        if not quiet:
            note(told(outcome))
        stored = read_run(outcome.path)
        measured = measure_beside(
            stored.run, stored.judgments, policies=policies, by_system=by_system, metrics=metrics(), verify=True
        )
        rows += with_official(measured, stored.run, stored.judgments)
    return rows, stopped

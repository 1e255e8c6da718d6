"""``run`` and ``demo``: ask judges about tasks, then measure."""

from __future__ import annotations

import math
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import typer

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
from judgebench.errors import BackendError, IncompleteError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.domain import Agreement, Judge, Policies, Task
    from judgebench.run.batch import Outcome
    from judgebench.run.engine import Options, Summary
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
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds that one call may take.")] = 120.0,
    max_concurrency: Annotated[
        int,
        typer.Option("--max-concurrency", min=1, envvar="JUDGEBENCH_MAX_CONCURRENCY", help="Cases in flight at once."),
    ] = 16,
    attempts: Annotated[int, typer.Option(min=1, help="Times a case is asked before it counts as failed.")] = 6,
    engine: Annotated[
        Literal["local", "batch"],
        typer.Option(help="How to ask: calls from here, or the provider's batch API (half price, within a day)."),
    ] = "local",
    poll: Annotated[
        float, typer.Option(min=0.01, metavar="SECONDS", help="First pause before a batch is asked after; it grows.")
    ] = 15.0,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for batches, or submit and leave.")] = True,
    batch_size: Annotated[
        int | None, typer.Option("--batch-size", min=1, metavar="N", help="Requests in a batch, if fewer than allowed.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of random orders and of seeded judges.")] = 0,
    policy: PolicyOption = [],  # noqa: B006 - typer reads the default, nobody changes it
    by_system: BySystemOption = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say how many calls, tokens and dollars it would take; ask nothing.")
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

    if sample and data is not None:
        raise UsageError("--sample takes the rows shipped with the task, --data yours: give one of them")
    if engine != "batch" and (batch_size is not None or not wait):
        raise UsageError("--no-wait and --batch-size belong to --engine batch")
    check_output(output)
    settings = catalog.JudgeSettings(prompt, base_url, _temperature(temperature), max_tokens, timeout, seed)
    plans: list[tuple[Plan, Policies]] = []
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
    if dry_run:
        emit("\n".join(_estimate(planned, runs, batch=engine == "batch") for planned, _ in plans), None)
        return
    execute = _batch_engine([p for p, _ in plans], poll, batch_size, wait=wait) if engine == "batch" else None
    rows, stopped = ask_and_measure(
        plans, runs, options(max_concurrency, attempts), quiet=quiet, by_system=by_system, in_batches=execute
    )
    if rows:
        emit_scores(rows, form, output)
    for error in stopped[1:]:
        note(f"judgebench: {error}")
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
        rows, stopped = ask_and_measure(plans, Path(folder), options(16, 1), quiet=True, by_system=False)
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


def options(max_concurrency: int, attempts: int) -> Options:
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
    check(task.scale, len({label.annotator for item in planned.items for label in item.gold}), policies)
    return planned, policies


def _batch_engine(
    plans: list[Plan], poll: float, size: int | None, *, wait: bool
) -> Callable[[Path, Options, Callable[[str], None]], list[Outcome]]:
    """Make the batch engine; a judge that it can't ask is an error before anything else happens."""
    from judgebench.run.batch import Waiting, batch_api, execute_in_batches  # noqa: PLC0415 - loaded on use

    for planned in plans:
        batch_api(planned)
    waiting = Waiting(poll=poll, wait=wait, size=size)
    return lambda runs, options, tell: execute_in_batches(plans, runs, options, waiting, tell=tell)


def _estimate(planned: Plan, runs: Path, *, batch: bool = False) -> str:
    from judgebench.domain import Usage  # noqa: PLC0415 - loaded on use
    from judgebench.run.execute import missing  # noqa: PLC0415 - loaded on use

    cases = missing(planned, runs)
    total = sum(1 for _ in planned.cases())
    judged, under_way = total - len(cases), ""
    if batch:
        from judgebench.run.batch import batch_api  # noqa: PLC0415 - loaded on use
        from judgebench.run.ledger import in_batches  # noqa: PLC0415 - loaded on use

        batch_api(planned)
        submitted = in_batches(runs, planned.run)
        under_way = f"{sum(case.key in submitted for case in cases)} submitted, "
        cases = [case for case in cases if case.key not in submitted]
    head = (
        f"{planned.run.judge} on {planned.run.task}: {len(planned.items)} items, {total} cases, "
        f"{judged} already judged, {under_way}{len(cases)} to ask{' in batches' if batch else ''}"
    )
    forecast: Callable[..., Any] | None = getattr(planned.judge, "forecast", None)
    if forecast is None:
        return f"{head}; no tokens, no cost"
    calls, usage = 0, Usage()
    for case in cases:
        expected = forecast(case, planned.task.scale, batch=True) if batch else forecast(case, planned.task.scale)
        calls, usage = calls + expected.calls, usage + expected.usage
    price = "price unknown" if cases and usage.usd is None else f"about {usage.usd or 0.0:.2f} USD"
    return (
        f"{head} in {calls} calls; about {usage.input_tokens:,} input and {usage.output_tokens:,} output tokens, "
        f"{price} (four characters a token, 300 tokens an answer)"
    )


def ask_and_measure(
    plans: list[tuple[Plan, Policies]],
    runs: Path,
    options: Options,
    *,
    quiet: bool,
    by_system: bool,
    in_batches: Callable[[Path, Options, Callable[[str], None]], list[Outcome]] | None = None,
) -> tuple[list[Agreement], list[BackendError | IncompleteError]]:
    """Ask and measure run after run; one that stopped does not hide what the others say, and stands beside them."""
    from judgebench.agreement.measure import measure_beside  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import metrics  # noqa: PLC0415 - loaded on use
    from judgebench.report.official import with_official  # noqa: PLC0415 - loaded on use
    from judgebench.run.execute import execute  # noqa: PLC0415 - loaded on use
    from judgebench.store.runs import read_run  # noqa: PLC0415 - loaded on use

    rows: list[Agreement] = []
    stopped: list[BackendError | IncompleteError] = []
    # Batches of all runs are out there at the same time, so they are waited for together.
    ended = in_batches(runs, options, _silent if quiet else note) if in_batches is not None else []
    for number, (planned, policies) in enumerate(plans):
        try:
            if in_batches is not None:
                path, summary = _unless_stopped(ended[number])
            else:
                with _Progress(planned, quiet=quiet) as progress:
                    path, summary = execute(planned, runs, options, progress.update)
        except (BackendError, IncompleteError) as error:
            stopped.append(error)
            continue
        if not quiet:
            note(_told(summary, path))
        stored = read_run(path)
        measured = measure_beside(
            stored.run, stored.verdicts, policies=policies, by_system=by_system, metrics=metrics(), verify=True
        )
        rows += with_official(measured, stored.run, stored.verdicts)
    return rows, stopped


def _silent(_: str) -> None:
    pass


def _unless_stopped(outcome: Outcome) -> tuple[Path, Summary]:
    if isinstance(outcome, BackendError | IncompleteError):
        raise outcome
    return outcome


def _told(summary: Summary, path: Path) -> str:
    statuses = ", ".join(f"{count} {status.value}" for status, count in sorted(summary.statuses.items()))
    usage = summary.usage
    tokens = f", {usage.input_tokens + usage.output_tokens:,} tokens" if usage.input_tokens else ""
    cost = f", {usage.usd:.4f} USD" if usage.usd is not None and tokens else (", price unknown" if tokens else "")
    return (
        f"{path}: {summary.asked} asked, {summary.reused} already judged, {summary.retries} retries "
        f"({statuses}) in {summary.seconds:.1f} s{tokens}{cost}"
    )


class _Progress:
    """A bar on a terminal, nothing elsewhere."""

    def __init__(self, planned: Plan, *, quiet: bool) -> None:
        self.show = not quiet and sys.stderr.isatty()
        self.planned = planned

    def __enter__(self) -> Self:
        if self.show:
            from tqdm import tqdm  # noqa: PLC0415 - loaded on use

            total = sum(1 for _ in self.planned.cases())
            self.bar = tqdm(
                total=total,
                desc=f"{self.planned.run.judge} on {self.planned.run.task}",
                unit="case",
                dynamic_ncols=True,
                # Words instead of a bar: rate, time left, coverage, tokens and cost need the room.
                bar_format="{desc}: {n_fmt}/{total_fmt} [{elapsed}<{remaining}, {rate_fmt}{postfix}]",
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self.show:
            self.bar.close()

    def update(self, summary: Summary) -> None:
        """Show where the run stands: rate and time left are tqdm's, the rest is ours."""
        if not self.show:
            return
        done = sum(summary.statuses.values())
        usage = summary.usage
        price = "" if usage.usd is None or not usage.input_tokens else f" {usage.usd:.3f}$"
        self.bar.n = done
        self.bar.set_postfix_str(
            f"coverage {summary.statuses['ok'] / max(done, 1):.1%}"  # type: ignore[index]  # Status is a str
            f" {usage.input_tokens + usage.output_tokens:,} tok{price}",
            refresh=False,
        )
        self.bar.update(0)

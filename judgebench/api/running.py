"""``judgebench.run`` and ``judgebench.estimate``: ask judges about tasks, then measure; or say what that would take."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypedDict, Unpack, cast, get_args

from judgebench.api.asking import Engine
from judgebench.api.items import Items, TaskLike, is_task, task_of
from judgebench.api.keys import check_address, check_keys
from judgebench.api.labelling import open_labels
from judgebench.api.notes import on_command_line, tell
from judgebench.api.parameters import Option, checked, each, keys, place, policies_of, question, several
from judgebench.api.planning import Order, Showing, plan_named
from judgebench.api.prepared import Listener, Prepared, is_judge, judge_of
from judgebench.api.tables import BySystem, Data, LabelsMode, OwnLabels, Policy, Sample
from judgebench.api.texts import remember
from judgebench.domain import Judge
from judgebench.errors import UsageError, argument
from judgebench.judges.protocols.combining import By
from judgebench.probes.listed import PARAPHRASE
from judgebench.report.estimates import Estimates
from judgebench.report.scores import Scores

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A name as on the command line, a judge file, a function as `judgebench.judges.function` describes it, or an object.
JudgeLike: TypeAlias = str | Path | Judge | Callable[..., Any]
Judges: TypeAlias = Annotated[
    JudgeLike | Sequence[JudgeLike],
    Option("A judge; give it again for more.", "--judge", "J", env="JUDGEBENCH_JUDGE", read=list[str]),
]
Tasks: TypeAlias = Annotated[
    TaskLike,
    Option(
        "A task, or task:split; or items of your own: a table, a folder, a task.toml; repeatable.",
        "--task",
        "T",
        env="JUDGEBENCH_TASK",
        read=list[str],
    ),
]
#: Seconds that anything may be waited for.
_DAY = 86_400


def _temperature(text: str) -> float | None:
    if text.casefold() == "none":
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise UsageError(f"{argument('temperature')} {text!r} is neither a number from 0 up nor 'none'")
    return value


def _day(again: bool | str | None) -> str:  # noqa: FBT001 - as a person gives it
    """Give the day that a run is dated by which asks again; empty where nobody wants that."""
    if not isinstance(again, str):
        return f"{datetime.now(UTC):%Y-%m-%d}" if again else ""
    try:
        return date.fromisoformat(again).isoformat()
    except ValueError:
        raise UsageError(f"{argument('again')} {again!r} is no day; write it as 2026-11-30") from None


def _concurrency(text: str) -> int | None:
    if text.casefold() == "auto":
        return None
    if text.isascii() and text.isdigit() and int(text) >= 1:
        return int(text)
    raise UsageError(f"{argument('max_concurrency')} {text!r} is neither a number from 1 up nor 'auto'")


class Asking(TypedDict, total=False):
    """What is asked, of whom and in which way, and where it is kept."""

    data: Data
    sample: Sample
    limit: Annotated[int | None, Option("Only the first N items.", metavar="N", least=1)]
    labels: OwnLabels
    labels_mode: LabelsMode
    order: Annotated[
        Order | Sequence[Order] | None,
        Option(
            "How responses are shown; both (the default) shows position bias. A replay keeps its own.",
            metavar="|".join(get_args(Order)),
            read=list[str],
        ),
    ]
    prompt: Annotated[
        str | Path | Sequence[str | Path] | None,
        Option("A prompt other than the scale's, by name or as a file.", metavar="NAME|FILE", read=list[str]),
    ]
    form: Annotated[
        str | Sequence[str] | None,
        Option(
            "How the verdict is written: brackets (the default), first-line, last-line, regex:PATTERN, json, schema, "
            "tool, logprobs.",
            metavar="FORM",
            read=list[str],
        ),
    ]
    samples: Annotated[int | None, Option("Answers to each case, of which one verdict is made.", metavar="N", least=1)]
    samples_by: Annotated[By | None, Option("How samples become one verdict; majority by default.")]
    effort: Annotated[
        str | Sequence[str] | None,
        Option("How hard the model should think, in its API's terms.", metavar="low|medium|high", read=list[str]),
    ]
    protocol: Annotated[
        str | Sequence[str] | None,
        Option(
            "How the verdict is reached, as own-answer or 'reflection + second-attempt' (judgebench list protocols).",
            metavar="NAME",
            read=list[str],
        ),
    ]
    parser: Annotated[
        Literal["published", "strict"] | None,
        Option("Who reads the replies of a judge card: its authors' parser (the default), or ours."),
    ]
    reference: Annotated[
        str | Sequence[str],
        Option(
            "Which reference answers the judge sees. Options that may be given again make a matrix of runs.",
            metavar="auto|none|human|self|wrong|random|file:PATH",
            read=list[str],
            default="auto",
        ),
    ]
    can_answer: Annotated[
        bool,
        Option("See first whether the judge can answer the questions itself; a stratum in every table.", default=False),
    ]
    grader: Annotated[
        str | None,
        Option(
            "With --can-answer: who grades the answers that no comparison can; the judge itself by default.",
            metavar="J",
        ),
    ]
    paraphrases: Annotated[
        int | None,
        Option(
            "Have the questions written in other words N times first, and ask those, too: the paraphrase probe.",
            metavar="N",
            least=1,
        ),
    ]
    paraphraser: Annotated[
        str | None, Option("With --paraphrases: who writes them; the judge itself by default.", metavar="J")
    ]
    seed: Annotated[int, Option("Seed of random orders and of seeded judges.", default=0)]
    base_url: Annotated[str | None, Option("Address of the API.", metavar="URL", env="JUDGEBENCH_BASE_URL")]
    temperature: Annotated[
        float | Literal["default"] | Sequence[float | Literal["default"] | None] | None,
        Option(
            "Sampling temperature; by default 0 where the API takes one, 'none' sends none.",
            metavar="T",
            least=0,
            read=list[str],
            text=_temperature,
            default="default",
        ),
    ]
    max_tokens: Annotated[
        int | None,
        Option("Longest answer, in tokens; by default 2048, or what a judge card says.", metavar="N", least=1),
    ]
    timeout: Annotated[float, Option("Seconds that one call may take.", least=0.1, most=_DAY, default=120.0)]
    connect_timeout: Annotated[
        float, Option("Seconds that opening a connection may take.", least=0.1, most=_DAY, default=10.0)
    ]
    first_byte_timeout: Annotated[
        float | None, Option("Seconds until an answer must begin; by default --timeout.", least=0.1, most=_DAY)
    ]
    engine: Annotated[
        Literal["local", "batch", "ray"],
        Option(
            "Who asks: this process, the provider's batch API (half price, within a day), or a Ray cluster.",
            env="JUDGEBENCH_ENGINE",
            default="local",
        ),
    ]
    poll: Annotated[
        float,
        Option(
            "First pause before a batch's state is checked; it grows.",
            metavar="SECONDS",
            least=0.01,
            most=_DAY,
            default=15.0,
        ),
    ]
    wait: Annotated[bool, Option("Wait for batches, or submit and leave.", "--wait/--no-wait", default=True)]
    batch_size: Annotated[int | None, Option("Requests in a batch, if fewer than allowed.", metavar="N", least=1)]
    workers: Annotated[int | None, Option("With --engine ray: processes that ask.", metavar="N", least=1)]
    ray_address: Annotated[
        str | None,
        Option(
            "With --engine ray: the cluster; local (the default) starts one here.",
            metavar="auto|HOST:PORT|local",
            env=["JUDGEBENCH_RAY_ADDRESS", "RAY_ADDRESS"],
        ),
    ]
    policy: Policy
    cache: Annotated[
        bool,
        Option("Take answers to the same cases from other runs in --runs.", "--cache/--no-cache", default=True),
    ]
    refresh: Annotated[bool, Option("Ask everything again; what was judged is kept under another name.", default=False)]
    again: Annotated[
        bool | str,
        Option(
            "Ask a judge again that was asked before: a run of its own, dated today (UTC), beside the earlier one.",
            read=bool,
            default=False,
        ),
    ]
    runs: Annotated[
        str | Path,
        Option(
            "Folder or URL that keeps the runs.",
            metavar="DIR",
            env="JUDGEBENCH_RUNS",
            read=Path,
            default=Path("runs"),
        ),
    ]


class Once(TypedDict, total=False):
    """How items are shown, in the one way of a run."""

    repeats: Annotated[int, Option("How often each case is asked.", least=1, default=1)]
    probe: Annotated[str | None, Option("Show items as a probe does (judgebench list probes).", metavar="NAME")]


class AskingOwn(Asking, Once, Items, total=False):
    """The same, and what the columns of a table of one's own items are."""


class Pace(TypedDict, total=False):
    """How fast and for how much it is asked, and what is shown."""

    max_concurrency: Annotated[
        int | None,
        Option(
            "Calls in flight at once to one backend; auto (the default) finds out how much it can take.",
            metavar="N|auto",
            least=1,
            env="JUDGEBENCH_MAX_CONCURRENCY",
            text=_concurrency,
        ),
    ]
    rpm: Annotated[float | None, Option("Requests a minute, at most, to one backend.", metavar="N", least=0.1)]
    tpm: Annotated[float | None, Option("Tokens a minute, at most, to one backend.", metavar="N", least=1)]
    max_cost: Annotated[
        float | None, Option("Stop before the whole command has cost more; exit 5.", metavar="USD", least=0)
    ]
    hedge: Annotated[
        float | None,
        Option(
            "Ask once more if no answer has come by then; both are paid for.", metavar="SECONDS", least=0.01, most=_DAY
        ),
    ]
    attempts: Annotated[int, Option("Times a case is asked before it counts as failed.", least=1, default=6)]
    #: True shows progress on stderr, a function gets it line by line.
    progress: Annotated[bool | Listener, Option("No progress, no notes.", "--quiet -q", read=bool, default=False)]


class Running(AskingOwn, Pace, total=False):
    """All that `run` takes."""

    by_system: BySystem


class AskingProbes(Asking, Items, total=False):
    """All that what probes would take depends on."""


class Probing(AskingProbes, Pace, total=False):
    """All that `probe` takes."""


@question
def run(judge: Judges, task: Tasks, **options: Unpack[Running]) -> Scores:
    """Ask judges about tasks, and measure how far they agree with people.

    A run resumes by default: what was judged is never asked again, only failed cases are.
    """
    how = filled(options)
    check_keys(judge, how)
    return prepared(judge, task, how, aloud=bool(how["progress"])).ask(how["runs"], how["progress"])


@question
def estimate(judge: Judges, task: Tasks, **options: Unpack[AskingOwn]) -> Estimates:
    """Say how many calls, tokens and dollars it would take; ask nothing."""
    how = filled(options)
    return prepared(judge, task, how, aloud=True).estimate(how["runs"])


def prepared_run(judge: Any, task: Any, **options: Any) -> Prepared:
    """Plan what `run` would ask under these options, ``runs`` and ``progress`` aside."""
    given = checked(run, judge, task, **options).arguments
    return prepared(given["judge"], given["task"], filled(given))


def filled(options: Mapping[str, Any]) -> dict[str, Any]:
    """Add the defaults of options that nobody gave."""
    return {name: one.default for name, one in keys(Running).items() if one.default is not None} | dict(options)


def _ways(
    ways: Sequence[Mapping[str, Any]], how: Mapping[str, Any], shown: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """Add a way to show items for each rewording of their questions; they are in the place of the family itself."""
    count = how.get("paraphrases") or 0
    if how.get("paraphraser") is not None and not count:
        raise UsageError(f"{argument('paraphraser')} belongs to {argument('paraphrases')} N")
    same = {"probe": None, "repeats": shown["repeats"] or 1, "rewordings": count}
    given = [] if count and shown["probe"] == PARAPHRASE else ways
    return [*given, *({**same, "reworded": number} for number in range(1, count + 1))]


def prepared(
    judge: Any,
    task: Any,
    how: Mapping[str, Any],
    *,
    aloud: bool = False,
    ways: Sequence[Mapping[str, Any]] = ({},),
    unfit: Callable[[str, str, str], None] | None = None,
) -> Prepared:
    """Plan runs; ``ways`` to show items are options in the place of ``how``'s.

    A probe that has nothing to show on a task is left out where somebody hears of it (``unfit``).
    """
    from judgebench.catalog import JudgeSettings  # noqa: PLC0415 - loaded on use
    from judgebench.run.engine import Options  # noqa: PLC0415 - loaded on use

    def given(*names: str) -> dict[str, Any]:
        return {name: how.get(name) for name in names}

    engine = Engine(how["engine"] or "local", **given("poll", "wait", "batch_size", "workers", "ray_address"))
    judges = [judge_of(one) for one in several("judge", judge, is_judge)]
    check_address(judges, how.get("base_url"))
    tasks = [task_of(one, how) for one in several("task", task, is_task)]
    for one in tasks:
        if not isinstance(one, str) and not getattr(one, "files", ()):
            remember(one)
    if engine.name == "ray" and not all(isinstance(one, str) for one in judges):
        raise UsageError("on a cluster other processes make the judge: name it, as module:function for your own")
    asked = given("base_url", "max_tokens", "timeout", "connect_timeout", "first_byte_timeout", "seed")
    asked |= given("samples", "samples_by", "parser")
    if asked["samples_by"] is not None and asked["samples"] is None:
        raise UsageError(f"{argument('samples_by')} needs {argument('samples')} N")
    shown, data = given("repeats", "seed", "limit", "probe"), how.get("data")
    shown["again"] = _day(how.get("again"))
    prompts = [None if one is None else str(one) for one in each(how.get("prompt"))]
    temperatures = how["temperature"] if how["temperature"] != [] else "default"
    if how.get("grader") is not None and not how["can_answer"]:
        raise UsageError(f"{argument('grader')} belongs to {argument('can_answer')}")
    plans, recipes, before, reworded = plan_named(
        judges,
        tasks,
        [
            JudgeSettings(prompt, form, effort=effort, protocol=protocol, temperature=cast("Any", temperature), **asked)
            for prompt, form, effort, protocol, temperature in product(
                prompts, *(each(how.get(name)) for name in ("form", "effort", "protocol")), each(temperatures)
            )
        ],
        [
            Showing(order=order, reference=reference or "auto", **{**shown, **way})
            for reference, order, way in product(
                each(how["reference"]), each(how.get("order")), _ways(ways, how, shown)
            )
        ],
        data=None if data is None else Path(place("data", data)),
        sample=how["sample"],
        policy=policies_of(how.get("policy", ())),
        labels=open_labels(how.get("labels") or (), how.get("labels_mode")),
        can_answer=bool(how["can_answer"]),
        grader=how.get("grader"),
        paraphraser=how.get("paraphraser"),
        unfit=unfit,
    )
    # How a table was read is news where it is judged, and no part of an error about something else.
    for one in tasks if aloud or not on_command_line() else ():
        for text in (*(getattr(one, "notes", ()) if on_command_line() else ()), *getattr(one, "doubts", ())):
            tell(text)
    paces = given("max_concurrency", "attempts", "rpm", "tpm", "max_cost", "hedge")
    how_to_ask = Options(**paces, share=how["cache"], refresh=how["refresh"])
    by_system = bool(how.get("by_system"))
    return Prepared(tuple(plans), recipes, how_to_ask, engine, by_system, tuple(before), tuple(reworded))

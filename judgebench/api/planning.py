"""Planning runs: of judges and tasks that are named or given as objects, in every way to show the items."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from judgebench.api.labelling import labelled_task
from judgebench.api.notes import doing, tell
from judgebench.api.parameters import check_texts
from judgebench.domain import names_of
from judgebench.errors import UnfitProbeError, UsageError, argument

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from judgebench.api.own_answers import Before, Planned
    from judgebench.api.reworded import Reworded, Writer
    from judgebench.catalog import JudgeSettings
    from judgebench.domain import Judge, Orders, Probe, Task
    from judgebench.judges.llm import LLMJudge
    from judgebench.labels.annotations import Labels
    from judgebench.probes.orders import Plain
    from judgebench.run.plans import Plan
    from judgebench.store.beside import Beside


T = TypeVar("T")
Order: TypeAlias = Literal["both", "original", "swapped", "random", "cyclic"]


@dataclass(frozen=True, slots=True)
class Showing:
    """How items are shown, and which; fields as the options of ``run``.

    ``reworded`` is the number of the rewording that is shown, 0 where none is, of the ``rewordings`` that are written.
    """

    order: Order | None = None
    repeats: int = 1
    reference: str = "auto"
    seed: int = 0
    limit: int | None = None
    probe: str | None = None
    again: str = ""
    reworded: int = 0
    rewordings: int = 0


def plan_named(
    judges: Sequence[str | Judge],
    tasks: Sequence[str | Task],
    settings: Sequence[JudgeSettings],
    showing: Sequence[Showing],
    *,
    data: Path | None = None,
    sample: bool = False,
    policy: Sequence[str] = (),
    labels: Mapping[str, Labels] | None = None,
    can_answer: bool = False,
    grader: str | None = None,
    paraphraser: str | None = None,
    unfit: Callable[[str, str, str], None] | None = None,
) -> tuple[list[Planned], dict[str, Callable[[], Judge]], list[Before], list[Reworded]]:
    """Plan a run of every judge on every task, by name or as objects, in every way; ``labels`` are the tasks' gold.

    Two names of one judge are one run, and ways in which it does not differ (a judge file's own prompt, a baseline's
    temperature).
    ``can_answer`` looks first whether the judge can answer the questions itself, of which ``grader`` judges what no
    comparison can tell; ``paraphraser`` puts questions in other words, by default the judge. ``unfit`` hears on which
    task which probe has nothing to show, and why. Beside the plans:
    by the identity of a run how another process makes its judge, where that is possible; what has to be asked before
    some of them; and which show questions in other words.
    """
    from judgebench import catalog  # noqa: PLC0415 - loaded on use
    from judgebench.api.own_answers import asked_before  # noqa: PLC0415 - loaded on use
    from judgebench.api.references import References  # noqa: PLC0415 - loaded on use
    from judgebench.api.reworded import reworded_before  # noqa: PLC0415 - loaded on use

    check_texts(sample=sample, data=data)
    said = set[str]()

    def say(text: str) -> None:
        # Of many runs in one command most lack the same.
        if text not in said:
            said.add(text)
            tell(text)

    plans: dict[str, Planned] = {}
    recipes: dict[str, Callable[[], Judge]] = {}
    before: list[Before] = []
    reworded: list[Reworded] = []
    references = References(say)
    for task in _once(tasks):
        doing(f"reading {task if isinstance(task, str) else task.name}")
        opened = labelled_task(opened_task(task, data, sample=sample), labels)
        for judge in _once(judges):
            for chosen in settings if isinstance(judge, str) else settings[:1]:
                made = catalog.make_judge(judge, opened, chosen) if isinstance(judge, str) else judge
                for shown in showing:
                    writer = _writer(shown, paraphraser, judge, made, opened, chosen)
                    again = partial(plan_run, judge=made, showing=shown, policy=policy, say=say, writer=writer)
                    run = _fitting_or(
                        None if unfit is None else partial(unfit, opened.name, shown.probe or ""),
                        again,
                        partial(references.task, opened, shown.reference, seed=shown.seed, limit=shown.limit),
                    )
                    if run is None:
                        continue
                    identity = run[0].run.identity
                    if plans.setdefault(identity, run) is not run:
                        continue
                    recipe = catalog.recipe(judge, made, opened, chosen) if isinstance(judge, str) else None
                    if recipe is not None:
                        recipes[identity] = recipe
                    place = len(plans) - 1
                    before += asked_before(
                        run[0],
                        opened,
                        partial(_model, judge, made, opened, chosen),
                        place=place,
                        replan=again,
                        grader=partial(_grader, grader, chosen),
                        can_answer=can_answer,
                    )
                    reworded += reworded_before(run[0], opened, writer, place=place, replan=again)
    return named_apart([*plans.values()]), recipes, before, reworded


def opened_task(task: str | Task, data: Path | None, *, sample: bool) -> Task:
    """Open a task by its name; one that is an object brings its items, and takes no other rows."""
    from judgebench import catalog  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.base import CardTask  # noqa: PLC0415 - loaded on use

    # Of a place, the rows that were asked for are open already.
    if not isinstance(task, (str, CardTask)) and (sample or data is not None):
        raise UsageError(f"task {task.name} is an object and brings its items: leave data and sample out")
    return catalog.make_task(task, data=data, sample=sample) if isinstance(task, str) else task


def _fitting_or(
    unfit: Callable[[str], object] | None, again: Callable[[Task], Planned], task: Callable[[], Task]
) -> Planned | None:
    """Plan a run; None where its probe has nothing to show, and somebody hears of that."""
    try:
        return again(task())
    except UnfitProbeError as error:
        if unfit is None:
            raise
        unfit(str(error))
        return None


def _model(
    named: str | Judge, made: Judge, task: Task, settings: JudgeSettings
) -> tuple[Judge, Callable[[], Judge] | None]:
    """Give the judge whose model answers questions itself, and its recipe: of a card that chats the model by itself."""
    from judgebench import catalog  # noqa: PLC0415 - loaded on use
    from judgebench.judges.cards.naming import model_of  # noqa: PLC0415 - loaded on use

    if not isinstance(named, str):
        return made, None
    if (spec := model_of(named, made)) != named:
        # What a card says of its verdicts, how long they may be, is not for answers.
        named, settings = spec, replace(settings, prompt=None, parser=None)
        made = catalog.make_judge(named, task, settings)
    return made, catalog.recipe(named, made, task, settings)


def _writer(
    showing: Showing, name: str | None, judge: str | Judge, made: Judge, task: Task, settings: JudgeSettings
) -> Writer | None:
    """Give who puts questions in other words, the judge's model or one that is named; None where nobody does."""
    from judgebench.api.reworded import Writer  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import make_judge  # noqa: PLC0415 - loaded on use

    if not showing.reworded:
        return None
    if name is not None:
        settings = replace(settings, prompt=None, protocol=None, parser=None)
        judge, made = name, make_judge(name, task, settings)
    return Writer(showing.reworded, showing.rewordings, *_model(judge, made, task, settings))


def _grader(name: str | None, settings: JudgeSettings, task: Task) -> Judge | None:
    """Make the judge that grades own answers, where one is named: a prompt of the task's may not fit it."""
    from judgebench.catalog import make_judge  # noqa: PLC0415 - loaded on use

    return None if name is None else make_judge(name, task, replace(settings, prompt=None))


def named_apart(plans: Sequence[Planned]) -> list[Planned]:
    """Give each judge the name that tells its runs apart; two names of one judge are one run."""
    runs = {planned.run.identity: planned.run for planned, _ in plans}
    names = dict(zip(runs, names_of(list(runs.values())), strict=True))
    return [(replace(planned, told=names[planned.run.identity]), policies) for planned, policies in plans]


def _once(given: Sequence[T]) -> list[T]:
    """Drop names that appear twice; objects are kept as they are."""
    return [one for i, one in enumerate(given) if not isinstance(one, str) or one not in given[:i]]


def plain(task: Task, showing: Showing, recorded: Orders | Mapping[str, Orders] | None = None) -> Plain:
    """Say how a task's items are shown where no probe turns them; ``recorded`` are the orders of a recording."""
    from judgebench.api.references import kinds_of, made_kind, named  # noqa: PLC0415 - loaded on use
    from judgebench.probes.orders import Plain  # noqa: PLC0415 - loaded on use

    reference = showing.reference
    card = getattr(task, "card", None)
    if reference not in {"auto", "none", *kinds_of(task)}:
        if not made_kind(task, reference):
            known = ", ".join(kinds_of(task))
            raise UsageError(
                f"{task.name} has no reference {reference!r}; it has {known}; self, wrong, random, file:PATH are made"
            )
        reference = named(reference)
    if reference == "auto" and card is not None:
        reference = card.default_reference
    steps = task.scale.kind == "steps"
    if steps and showing.order not in {None, "original"}:
        raise UsageError(
            f"{argument('order')} {showing.order}: steps follow from each other, and are shown in their order"
        )
    shown = recorded if showing.order is None and recorded else showing.order or ("original" if steps else "both")
    return Plain(shown, repeats=showing.repeats, reference=reference, seed=showing.seed)


def plan_run(
    task: Task,
    judge: Judge,
    showing: Showing | None = None,
    *,
    policy: Sequence[str] = (),
    say: Callable[[str], None] = lambda _: None,
    writer: Writer | None = None,
) -> Planned:
    """Plan a run, and say under which policies it will be measured; ``say`` hears what its items lack.

    ``writer`` has put its questions in other words.
    """
    from judgebench.agreement.policies import check  # noqa: PLC0415 - loaded on use
    from judgebench.catalog import make_probe  # noqa: PLC0415 - loaded on use
    from judgebench.domain import Policies  # noqa: PLC0415 - loaded on use
    from judgebench.judges.cards.judge import CardJudge  # noqa: PLC0415 - loaded on use
    from judgebench.judges.llm import LLMJudge  # noqa: PLC0415 - loaded on use
    from judgebench.run.plans import Conventions, Selection, plan  # noqa: PLC0415 - loaded on use

    showing = showing or Showing()
    card = getattr(task, "card", None)
    plainly = plain(task, showing, judge.needs.orders)
    shown, reference = plainly.orders, plainly.reference
    probe: Probe = plainly
    if writer is not None:
        probe = writer.probe(plainly, task.scale, showing.seed)
    elif showing.probe is not None:
        probe = make_probe(showing.probe, plainly, task.scale, seed=showing.seed)
    selection = Selection(
        probe,
        orders=shown if isinstance(shown, str) else "recorded",
        repeats=showing.repeats,
        reference=reference,
        seed=showing.seed,
        limit=showing.limit,
        needs_answers=judge.needs.answers,
        again=showing.again,
    )
    own = card.policies if card is not None else Policies()
    conventions = Conventions(own)
    if card is not None:
        conventions = Conventions(own, card.aggregates_of(getattr(task, "split", "")), card.digest)
    planned, policies = plan(task, judge, selection, conventions), own.override(policy)
    if isinstance(judge, LLMJudge):
        planned = replace(planned, run=replace(planned.run, prompts=_fitting(judge, planned, say)))
    elif isinstance(judge, CardJudge):
        planned = replace(planned, run=replace(planned.run, prompts={"card": judge.layout.texts}))
    run_reference = planned.run.reference
    # A file's gaps are named when it is read.
    if showing.reference not in {"auto", "none"} and planned.unreferenced and not run_reference.startswith("file:"):
        _say_lacking(planned, run_reference, say)
    beside: Mapping[str, Beside] = getattr(task, "beside", {})
    planned = replace(planned, beside=beside)
    # What can't be measured must not be paid for first.
    check(task.scale, len(planned.annotators), policies)
    return planned, policies


def _fitting(judge: LLMJudge, planned: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Write down the prompts of a judge, and hold those of one's own against the items."""
    from judgebench.judges.prompts import ours  # noqa: PLC0415 - loaded on use
    from judgebench.judges.prompts.fit import Fit  # noqa: PLC0415 - loaded on use

    run = planned.run
    prompt = judge.prompts.get(run.scale.kind)
    if prompt is not None and not ours(prompt):
        fit = Fit(prompt, run.task, run.reference)
        for item in islice(planned.task.items(), run.limit):
            fit.add(item)
        for note in fit.notes():
            say(note)
    return {kind: one.to_json() for kind, one in judge.prompts.items()}


def _say_lacking(planned: Plan, reference: str, say: Callable[[str], None]) -> None:
    """Say which items have no such reference; where none has, the condition is another than its name says."""
    given = f"{argument('reference')} {reference}"
    if planned.unreferenced == planned.items:
        raise UsageError(f"{given}: no item of {planned.run.task} has a {reference} reference")
    lacking = f"{planned.unreferenced} of {planned.items} items of {planned.run.task}"
    say(f"{given}: {lacking} have none, and are shown without")

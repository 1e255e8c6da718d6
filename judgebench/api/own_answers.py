"""What is asked before runs: a judge's own answers to the questions, and whether they are right.

Each distinct question is asked once, in a run of its own beside the others, so that every engine asks it, resumes it
and counts it as any run. Of it a run's references are made (``--reference self``), and its strata (``--can-answer``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from judgebench.api.references import SELF, UNANSWERED, Referenced, base_kind, own_reference, unanswered
from judgebench.domain import Item, Response, Scale, Usage, digest
from judgebench.domain.runs import GRADES, OWN_ANSWERS
from judgebench.errors import UsageError, argument
from judgebench.judges.answering import ANSWERED, Elsewhere, answering, grading
from judgebench.judges.endings import after_reasoning
from judgebench.labels.answers import UNTOLD, Graded, graded, is_short, rights
from judgebench.store.beside import Beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from judgebench.domain import Judge, Policies, Task, Verdict
    from judgebench.run.engine import Options
    from judgebench.run.execute import Execution
    from judgebench.run.plans import Plan

    #: A plan, and the policies under which its run is measured.
    Planned: TypeAlias = tuple[Plan, Policies]


def question_of(item: Item) -> Item:
    """Reduce an item to what was asked: items that differ in their answers alone are one question."""
    turns = [[turn.role, [[part.text, part.image] for part in turn.parts]] for turn in item.conversation]
    name = digest([turns, list(item.context)])
    return Item(name, item.conversation, (), (), "unspecified", context=item.context)


class Beneath:
    """A task made of another one's items; satisfies `domain.Task`."""

    def __init__(self, task: Task, scale: Scale, items: Callable[[], Iterable[Item]], what: str = "") -> None:
        self._task, self._items = task, items
        self.name = f"{task.name}{what or (OWN_ANSWERS if scale == ANSWERED else GRADES)}"
        self.scale = scale
        self.revision = task.revision

    @property
    def folder(self) -> Any:
        """Where the task's images are."""
        from pathlib import Path  # noqa: PLC0415 - loaded on use

        return getattr(self._task, "folder", Path())

    def items(self) -> Iterable[Item]:
        """Yield them."""
        return self._items()


@dataclass(frozen=True, slots=True)
class Before:
    """What the run at a place among those of a command needs to know first.

    ``answering`` asks the judge's own answers. ``replan`` plans the run with them as its references, ``grader`` grades
    them; each is None where that is not wanted. ``answers_there`` and ``grades_there`` make the two elsewhere.
    """

    place: int
    task: Task
    limit: int | None
    answering: Plan
    replan: Callable[[Task], Planned] | None
    grader: Judge | None
    answers_there: Callable[[], Judge] | None = None
    grades_there: Callable[[], Judge] | None = None

    @property
    def plans(self) -> list[Plan]:
        """Those whom it will ask, the grader about the same questions: whether they can be asked is looked at first."""
        grades = [] if self.grader is None else [replace(self.answering, judge=self.grader)]
        return [self.answering, *grades]

    def items(self) -> Iterator[Item]:
        """Yield the items of the run."""
        return islice(iter(self.task.items()), self.limit)

    def graded(self, answers: Mapping[str, Verdict | None]) -> dict[str, Graded]:
        """Grade the answers that a comparison can grade, by question."""
        kind, right = base_kind(self.task), dict[str, tuple[str, ...]]()
        for item in self.items():
            name = question_of(item).id
            right[name] = (*right.get(name, ()), *rights(item, self.task.scale, kind))
        return {name: graded(text_of(answers.get(name)), tuple(dict.fromkeys(own))) for name, own in right.items()}

    def to_grade(self, answers: Mapping[str, Verdict | None], *, foreseen: bool = False) -> list[Item]:
        """List the answers that take a judge: those that no comparison can grade, and that have a reference.

        ``foreseen`` ones are not given yet.
        """
        told, kind = self.graded(answers), base_kind(self.task)
        found: dict[str, Item] = {}
        for item in self.items():
            question = question_of(item)
            text = text_of(answers.get(question.id))
            own = tuple(replace(one, kind="human") for one in item.references if one.kind == kind)
            last = [one.text for one in own if not one.turn]
            if foreseen and not text:
                text = "" if any(map(is_short, last)) else UNANSWERED
            if text and last and told[question.id].right is None:
                found.setdefault(question.id, replace(question, responses=(Response(text),), references=own))
        return list(found.values())

    def grading(self, answers: Mapping[str, Verdict | None], *, foreseen: bool = False) -> Plan | None:
        """Plan the grading; None where no answer takes a judge."""
        items = self.to_grade(answers, foreseen=foreseen) if self.grader is not None else []
        if not items or self.grader is None:
            return None
        beneath = Beneath(self.task, Scale.check(), lambda: items)
        return planned_beneath(beneath, self.grader, "human", again=self.answering.run.again)


def text_of(answer: Verdict | None) -> str:
    """Give what the judge answered, without its reasoning; empty where it gave no whole answer."""
    return after_reasoning(answer.text).strip() if answer is not None and answer.code is not None else ""


def planned_beneath(task: Task, judge: Judge, reference: str = "none", again: str = "") -> Plan:
    """Plan asking about questions, each once."""
    from judgebench.domain import Policies  # noqa: PLC0415 - loaded on use
    from judgebench.probes.orders import Plain  # noqa: PLC0415 - loaded on use
    from judgebench.run.plans import Conventions, Selection, plan  # noqa: PLC0415 - loaded on use

    shown = Plain("original", reference=reference)
    selection = Selection(shown, orders="original", reference=reference, needs_answers=False, again=again)
    return plan(task, judge, selection, Conventions(Policies()))


def asked_before(
    planned: Plan,
    task: Task,
    model: Callable[[], tuple[Judge, Callable[[], Judge] | None]],
    *,
    place: int,
    replan: Callable[[Task], Planned],
    grader: Callable[[Task], Judge | None],
    can_answer: bool,
) -> Iterator[Before]:
    """Plan what a run needs to know first, if anything; ``task`` is its own, without references that were made.

    ``model`` makes the judge whose model answers, and says how another process does.

    UsageError where nobody could answer, or say whether it is right.
    """
    own = getattr(planned.task, "made_kind", "") == SELF
    if not own and not can_answer:
        return
    (judge, recipe), limit = model(), planned.run.limit
    what = f"{argument('reference')} {SELF}" if own else argument("can_answer")
    answers = answering(judge, what)
    if can_answer and not any(rights(one, task.scale, base_kind(task)) for one in islice(task.items(), limit)):
        raise UsageError(
            f"{argument('can_answer')}: nothing says what a right answer is: no item of {task.name} has a reference, "
            "or a response known to be right that states a letter or a number"
        )

    def questions() -> Iterator[Item]:
        seen = set[str]()
        for item in islice(task.items(), limit):
            asked = [turn.role for turn in item.conversation if turn.role != "system"]
            question = question_of(item)
            if question.id not in seen and asked and asked[-1] == "user":
                seen.add(question.id)
                yield question

    if next(questions(), None) is None:
        raise UsageError(f"{what}: no item of {task.name} ends with a question that {judge.name} could answer")
    named = grader(Beneath(task, Scale.check(), tuple)) if can_answer else None
    same = grading(judge, what) if can_answer and named is None else None
    yield Before(
        place,
        task,
        limit,
        planned_beneath(Beneath(task, ANSWERED, questions), answers, again=planned.run.again),
        replan if own else None,
        named or same,
        None if recipe is None else Elsewhere(recipe),
        None if recipe is None or same is None else Elsewhere(recipe, grades=True),
    )


def known(planned: Plan, folder: Path, options: Options) -> dict[str, Verdict | None]:
    """Give what a folder of runs knows of a plan's items, each of which is shown once."""
    from judgebench.store.answers import known_answers  # noqa: PLC0415 - loaded on use

    # What was just asked afresh is there, and a refresh that is over knows nothing.
    with known_answers(folder, planned.run, share=options.share) as answers:
        return {case.item.id: answers.get(case.key) for case in planned.cases()}


@dataclass(slots=True)
class Settled:
    """What asking before the runs came to: their plans, and what became of what was asked."""

    plans: list[Planned | None]
    outcomes: list[Execution] = field(default_factory=list["Execution"])
    usage: Usage = field(default_factory=Usage)

    def ask(
        self,
        wanted: Sequence[tuple[Plan, Callable[[], Judge] | None]],
        options: Options,
        execute: Callable[[list[Plan], Options], list[Execution]],
        recipes: dict[str, Callable[[], Judge]],
    ) -> dict[str, str]:
        """Ask plans, each once, with what is left to spend; return what stopped some."""
        chosen = {planned.run.identity: planned for planned, _ in wanted}
        recipes.update({planned.run.identity: recipe for planned, recipe in wanted if recipe is not None})
        spent = self.usage.usd or 0.0
        left = None if options.max_cost is None else max(0.0, options.max_cost - spent)
        outcomes = execute(list(chosen.values()), replace(options, max_cost=left)) if chosen else []
        self.outcomes += outcomes
        for one in outcomes:
            self.usage = self.usage + one.summary.usage
        return {one.plan.run.identity: str(one.error) for one in outcomes if one.error is not None}


def settle(
    befores: Sequence[Before],
    plans: Sequence[Planned],
    folder: Path,
    options: Options,
    execute: Callable[[list[Plan], Options], list[Execution]],
    recipes: dict[str, Callable[[], Judge]],
) -> Settled:
    """Ask what runs need to know first, then plan them with it; those that lack it are left out, and why is said."""
    found = Settled(list(plans))

    def ask(wanted: Sequence[tuple[Plan, Callable[[], Judge] | None]]) -> dict[str, str]:
        return found.ask(wanted, options, execute, recipes)

    stopped = ask([(one.answering, one.answers_there) for one in befores])
    going = [one for one in befores if one.answering.run.identity not in stopped]
    answers = {one.answering.run.identity: known(one.answering, folder, options) for one in going}
    gradings = {one.place: one.grading(answers[one.answering.run.identity]) for one in going}
    stopped |= ask([(made, one.grades_there) for one in going if (made := gradings[one.place]) is not None])
    for one in befores:
        grades = gradings.get(one.place)
        if one.answering.run.identity in stopped or (grades is not None and grades.run.identity in stopped):
            found.plans[one.place] = None
            continue
        said = answers[one.answering.run.identity]
        by_judge = {} if grades is None else known(grades, folder, options)
        old = plans[one.place]
        found.plans[one.place] = new = told_before(one, old, said, by_judge)
        if old[0].run.identity in recipes:
            recipes[new[0].run.identity] = recipes[old[0].run.identity]
    return found


def told_before(
    one: Before, planned: Planned, answers: Mapping[str, Verdict | None], grades: Mapping[str, Verdict | None]
) -> Planned:
    """Plan a run anew with what its judge answered, and note what that says of each item."""
    beside = dict(planned[0].beside)
    if one.replan is not None:
        counted = set[str]()
        beside = {}
        for item in one.items():
            name = question_of(item).id
            answer = answers.get(name)
            if answer is not None and (text := text_of(answer)):
                usage = Usage() if name in counted else answer.usage
                counted.add(name)
                beside[item.id] = Beside(own_reference(text), "the judge's own answer", usage)
        made, policies = one.replan(Referenced(one.task, SELF, beside))
        planned = replace(made, told=planned[0].told, elsewhere=planned[0].elsewhere), policies
    if one.grader is not None:
        told = one.graded(answers)
        for item in one.items():
            name = question_of(item).id
            can, by = _can(told.get(name, UNTOLD), answers.get(name), grades.get(name), one.grader.name)
            before = beside.get(item.id, Beside())
            beside[item.id] = replace(before, can_answer=can, by=by, answer=text_of(answers.get(name)))
    return replace(planned[0], beside=beside), planned[1]


def _can(told: Graded, answer: Verdict | None, grade: Verdict | None, grader: str) -> tuple[str, str]:
    """Say whether a judge can answer, and what told so."""
    if not text_of(answer):
        status = "nobody asked" if answer is None else answer.status.value
        return ("no" if status == "refused" else "unknown"), f"no answer ({status})"
    if told.right is not None:
        return ("yes" if told.right else "no"), told.by
    if grade is None or not isinstance(grade.code, int):
        return "unknown", "no reference" if grade is None else f"{grader} gave no verdict"
    return ("yes" if grade.code else "no"), grader


def foreseen(
    befores: Sequence[Before], plans: Sequence[Planned], folder: Path, options: Options
) -> tuple[list[Plan], list[Planned]]:
    """Say what would be asked first, and plan the runs with what is known of it already."""
    first: dict[str, Plan] = {}
    found = list(plans)
    for one in befores:
        first[one.answering.run.identity] = one.answering
        answers = known(one.answering, folder, options)
        if (grades := one.grading(answers, foreseen=True)) is not None:
            first[grades.run.identity] = grades
        if one.replan is not None and any(map(text_of, answers.values())):
            said, silent = told_before(replace(one, grader=None), found[one.place], answers, {}), unanswered(one.task)
            told = said[0].beside
            mixed = {item: told.get(item, own) for item, own in silent.beside.items()}
            made, policies = one.replan(Referenced(one.task, SELF, mixed))
            found[one.place] = replace(made, told=found[one.place][0].told), policies
    return list(first.values()), found

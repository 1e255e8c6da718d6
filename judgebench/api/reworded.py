"""Questions in other words, which a model writes before the runs that ask them (``--paraphrases N``).

Each distinct question is reworded once in each way, in a run of its own beside the others, so that every engine asks
it, resumes it and counts it as any run. Each way is a probe of its own: ``paraphrase/1:MODEL`` ....
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from judgebench.api.notes import tell
from judgebench.api.own_answers import Beneath, known, planned_beneath, question_of, text_of
from judgebench.domain.runs import REWORDINGS
from judgebench.errors import UnfitProbeError, UsageError, argument
from judgebench.judges.answering import ANSWERED, Elsewhere, rewords
from judgebench.judges.protocols.rewording import NUMBER, request_of
from judgebench.probes.rewordings import unwritten, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from judgebench.api.own_answers import Planned, Settled
    from judgebench.domain import Item, Judge, Probe, Scale, Task, Verdict
    from judgebench.run.engine import Options
    from judgebench.run.plans import Plan


@dataclass(frozen=True, slots=True)
class Reworded:
    """What the run at a place among those of a command shows in other words.

    ``asking`` asks for all of them, ``replan`` plans the run with what is written; ``there`` makes who writes there.
    """

    place: int
    writer: Writer
    task: Task
    limit: int | None
    asking: Plan
    replan: Callable[..., Planned]
    there: Callable[[], Judge] | None

    def texts(self, answers: Mapping[str, Verdict | None], *, foreseen: bool = False) -> dict[str, str]:
        """Give the rewording of each item that has one; one that says the same as the item, or an earlier one, is none.

        ``foreseen`` ones are not written yet.
        """
        found: dict[str, str] = {}
        for item in islice(self.task.items(), self.limit):
            question = question_of(item)
            said = [request_of(item)]
            for number in range(1, self.writer.number + 1):
                answer = answers.get(_id(question, number))
                said.append(unwritten(said[0], number) if foreseen and answer is None else text_of(answer))
            if said[0] and said[-1] and said[-1] not in said[:-1]:
                found[item.id] = said[-1]
        return found


def _id(question: Item, number: int) -> str:
    return f"{question.id}/{number}"


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes the rewording of a number, one of so many; ``texts`` are those that are written, by item."""

    number: int
    count: int
    judge: Judge
    recipe: Callable[[], Judge] | None
    texts: Mapping[str, str] | None = None

    def probe(self, plain: Probe, scale: Scale, seed: int) -> Probe:
        """Make the probe that shows them."""
        return written(self.number, self.judge.name, self.texts, plain, scale, seed)


def reworded_before(
    planned: Plan, task: Task, writer: Writer | None, *, place: int, replan: Callable[..., Planned]
) -> Iterator[Reworded]:
    """Plan what a run needs to be told first, if anything.

    UsageError where nobody could write it, or there is nothing to reword.
    """
    if writer is None:
        return
    limit, asked = planned.run.limit, rewords(writer.judge, argument("paraphrases"))

    def questions() -> Iterator[Item]:
        seen = set[str]()
        for item in islice(task.items(), limit):
            question = question_of(item)
            if question.id not in seen and request_of(item):
                seen.add(question.id)
                for one in range(1, writer.count + 1):
                    yield replace(question, id=_id(question, one), attributes=((NUMBER, str(one)),))

    if next(questions(), None) is None:
        raise UsageError(f"{argument('paraphrases')}: no item of {task.name} ends with a request")
    asking = planned_beneath(Beneath(task, ANSWERED, questions, REWORDINGS), asked, again=planned.run.again)
    there = None if writer.recipe is None else Elsewhere(writer.recipe, rewords=True)
    yield Reworded(place, writer, task, limit, asking, replan, there)


def settle_reworded(
    reworded: Sequence[Reworded],
    found: Settled,
    folder: Path,
    options: Options,
    ask: Callable[[Sequence[tuple[Plan, Callable[[], Judge] | None]]], dict[str, str]],
    recipes: dict[str, Callable[[], Judge]],
) -> None:
    """Have the questions written in other words, then plan the runs with them; those that lack them are left out."""
    stopped = ask([(one.asking, one.there) for one in reworded])
    for one in reworded:
        old = found.plans[one.place]
        found.plans[one.place] = None
        if old is None or one.asking.run.identity in stopped:
            continue
        texts = one.texts(known(one.asking, folder, options))
        try:
            found.plans[one.place] = new = _again(one, old, texts)
        except UnfitProbeError:
            tell(f"{old[0].run.probe}: nothing was written for {one.task.name} that is not there already; left out")
            continue
        if old[0].run.identity in recipes:
            recipes[new[0].run.identity] = recipes[old[0].run.identity]


def foresee_reworded(
    reworded: Sequence[Reworded], plans: Sequence[Planned], folder: Path, options: Options
) -> tuple[list[Plan], list[Planned]]:
    """Give what would be asked first, and the runs planned with what is written already."""
    first: dict[str, Plan] = {}
    found: list[Planned | None] = list(plans)
    for one in reworded:
        first[one.asking.run.identity] = one.asking
        texts = one.texts(known(one.asking, folder, options), foreseen=True)
        found[one.place] = _again(one, plans[one.place], texts) if texts else None
    return list(first.values()), [one for one in found if one is not None]


def _again(one: Reworded, old: Planned, texts: Mapping[str, str]) -> Planned:
    """Plan a run with texts; what is known of its items beyond its task stays."""
    made, policies = one.replan(old[0].task, writer=replace(one.writer, texts=texts))
    return replace(made, told=old[0].told, elsewhere=old[0].elsewhere, beside=old[0].beside), policies

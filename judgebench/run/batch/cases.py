"""The cases of a run through a batch API: which are settled, what a batch says to the others, and who asks the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.domain import Verdict
from judgebench.errors import RejectedError
from judgebench.run.dialogue import Dialogue, refusal, turned_down
from judgebench.run.engine import ask_all
from judgebench.run.summary import Summary
from judgebench.run.throttle import OverBudgetError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from judgebench.domain import Case, Reply
    from judgebench.run.batch.ledger import Entry
    from judgebench.run.engine import Dispatchers, Options
    from judgebench.run.plans import Plan
    from judgebench.store.writer import RunWriter


class Cases:
    """The cases of a run, and the sink of their verdicts; ``options`` and ``dispatchers`` serve what is asked live."""

    def __init__(
        self, planned: Plan, writer: RunWriter, options: Options, dispatchers: Dispatchers, summary: Summary
    ) -> None:
        self.planned = planned
        self.writer = writer
        # With `append` a sink of the local engine.
        self.lookup, self.rounds, self.keep = writer.lookup, writer.rounds, writer.keep
        self.options = options
        self.dispatchers = dispatchers
        self.summary = summary
        self.settled: set[str] = set()
        #: Keys of cases whose batch was refused, and why; they are not tried again by this command.
        self.refused: dict[str, str] = {}
        #: Why cases were not asked live, where that is the budget.
        self.spent = ""

    def missing(self, under_way: Collection[str]) -> Iterator[Case]:
        """Yield the cases to submit, those that are not ``under_way``; settle those that the store can answer."""
        cases = 0
        for case in self.planned.cases():
            cases += 1
            if case.key in self.settled or case.key in self.refused or self.reuse(case):
                continue
            if case.key not in under_way:
                yield case
        self.summary.cases = cases

    def reuse(self, case: Case) -> bool:
        """Settle a case that the store can answer; False where it can't."""
        stored = self.lookup(case.key)
        if stored is None:
            return False
        self.summary.reuse(stored, case, self.planned.task.revision, self)
        self.settled.add(case.key)
        return True

    def append(self, verdict: Verdict) -> None:
        """Keep one verdict, whose case is settled with it."""
        self.writer.append(verdict)
        self.settled.add(verdict.key)

    def dialogue(self, case: Case) -> Dialogue:
        """Begin a case with what it was answered before; RejectedError where its judge won't ask it."""
        return Dialogue(self.planned.judge, case, self.planned.task.scale, self.rounds(case.key))

    def given(self, case: Case, entry: Entry, given: Mapping[int, Any]) -> tuple[Reply | None, bool, float]:
        """Give a case what a batch answered: its reply, whether the batch left requests open, and what it cost.

        Answers that came to no verdict are kept: the case needs more of them, or its judge broke over them.
        """
        dialogue, asked, paid = None, [], 0.0
        try:
            dialogue = self.dialogue(case)
            asked = [n for n, r in dialogue.wanted.items() if r.backend == (entry.backend or r.backend)]
            for number in asked:
                answer = refusal(self.planned.judge, given.get(number)) or given.get(number)
                if answer is not None and not isinstance(answer, Exception):
                    completion = self.planned.judge.backends[dialogue.wanted[number].backend].priced(answer)
                    paid += completion.usd or 0.0
                    dialogue.give(number, completion)
            reply = dialogue.reply
        except RejectedError as error:
            # The judge's own words, or its code that broke: asked live, it would say the same.
            reply = turned_down(error)
        if dialogue is None:
            return reply, False, paid
        if dialogue.undecided:
            told, kept = dialogue.told(), self.rounds(case.key)
            for key in told.keys() - kept.keys():
                self.keep(case.key, key, told[key])
        return reply, any(number in dialogue.wanted for number in asked), paid

    def settle(self, case: Case, reply: Reply) -> None:
        """Keep a case's verdict."""
        verdict = Verdict.of(case, reply, self.planned.task.scale, self.planned.task.revision)
        self.append(verdict)
        self.summary.answered(verdict)

    async def live(self, cases: list[Case]) -> bool:
        """Ask cases through the local engine, but nothing that a batch answered; False where money is lacking."""
        if not cases:
            return True
        live = Summary()
        try:
            await ask_all(
                self.planned.judge,
                self.planned.task.scale,
                lambda: cases,
                self,
                revision=self.planned.task.revision,
                options=self.options,
                dispatchers=self.dispatchers,
                summary=live,
            )
        except OverBudgetError as error:
            # Batches that are out there are paid for: they are still collected.
            self.spent = str(error)
            self.refused |= {case.key: self.spent for case in cases if case.key not in self.settled}
            return False
        finally:
            self.summary.add(live)
        return True

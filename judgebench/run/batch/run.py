"""One run through a batch API: the same cases, verdicts and summary as the local engine's.

What is missing is cut into batches, written to the run's ledger, submitted, waited for, and stored as each batch ends;
a case of several rounds is in the next batch again. What a batch leaves unanswered is asked live. A process may die at
any moment: the next one finds in the ledger what is out there, and submits none of it again.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from judgebench.errors import (
    BackendError,
    CallError,
    GoneError,
    IncompleteError,
    RejectedError,
    RetryableError,
    unreached,
)
from judgebench.run.batch.builder import (
    BatchBudget,
    BatchBuilder,
    Pending,
    Waiting,
    holds,
    outstanding,
    read_answers,
)
from judgebench.run.batch.cases import Cases
from judgebench.run.batch.ledger import LEDGER, other_entries, submitting
from judgebench.run.dialogue import turned_down
from judgebench.run.dispatch import LONGEST_PAUSE
from judgebench.run.execute import Execution
from judgebench.run.throttle import until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from judgebench.domain import Case, Request
    from judgebench.domain.protocols import BatchApi, BatchState
    from judgebench.run.batch.builder import Answers
    from judgebench.run.batch.ledger import Entry, Ledger
    from judgebench.run.engine import Dispatchers, Options
    from judgebench.run.plans import Plan
    from judgebench.store.writer import RunWriter

#: Rounds of questions that may go unanswered before the command gives up; the batches go on without it.
_PATIENCE = 12


class BatchRun:
    """One run through its backends' batch APIs; ``options`` and ``dispatchers`` serve what is asked live after all."""

    def __init__(
        self,
        planned: Plan,
        apis: Mapping[str, BatchApi],
        writer: RunWriter,
        ledger: Ledger,
        options: Options,
        waiting: Waiting,
        tell: Callable[[str], None],
        dispatchers: Dispatchers,
    ) -> None:
        self.planned = planned
        self.apis = apis
        self.writer = writer
        self.ledger = ledger
        self.options = options
        self.waiting = waiting
        self.tell = tell
        self.execution = Execution(planned, writer.path)
        self.summary = self.execution.summary
        self.cases = Cases(planned, writer, options, dispatchers, self.summary)
        self.pending = [Pending(entry) for entry in ledger.open_entries()]
        self.budget = BatchBudget(dispatchers.budget, planned.judge, planned.task.scale, self.title)
        self._others: set[str] = set()
        #: Whether cases came to another round, which is still to be submitted.
        self._further = False
        self._busy = True
        self._unanswered = 0
        self._attempts = 0

    async def work(self, submitting_alone: asyncio.Lock) -> None:
        """Bring all cases to a verdict.

        ``submitting_alone`` is held while this run submits, so that runs of one command that share cases see each
        other's batches. BackendError where a batch as a whole was refused, IncompleteError where batches are still out
        there, the account's queue is full, or the budget is spent.
        """
        started = time.monotonic()
        try:
            await self._work(submitting_alone)
        finally:
            self.summary.seconds = time.monotonic() - started
        if too_dear := self.budget.refusal or self.cases.spent:
            raise IncompleteError(too_dear)
        judged = sum(self.summary.statuses.values())
        if judged + len(self.cases.refused) < self.summary.cases:
            raise IncompleteError(
                f"{judged} of {self.summary.cases} cases of {self.title} are judged; run the same command again"
            )
        if self.cases.refused:
            why = next(iter(self.cases.refused.values()))
            what = f"{len(self.cases.refused)} cases were not asked, their batch was refused: {why}"
            if self._busy:
                raise IncompleteError(f"{what}; run the same command again when the queue has room")
            raise BackendError(f"{what}; nothing of it was asked or paid for")

    async def _work(self, submitting_alone: asyncio.Lock) -> None:
        interval, changed = self.waiting.poll, True
        while True:
            changed |= await self._resolve()
            while changed:
                async with submitting_alone:
                    self._look_around()
                    changed = await self._submit()
            if not self.pending:
                return
            changed = await self._collect_ended()
            if not self.pending and not changed:
                return
            if not self.waiting.wait and not changed:
                more = f"; {self.budget.refusal}" if self.budget.refusal else ""
                raise IncompleteError(f"{self.outstanding()}; run the same command again to collect the answers{more}")
            if not changed:
                await asyncio.sleep(interval)
                interval = min(interval * 1.5, max(self.waiting.longest, self.waiting.poll))

    def outstanding(self) -> str:
        """Say what is out there."""
        return outstanding(self.title, [pending.entry for pending in self.pending])

    # --- submitting ---------------------------------------------------------------------------------

    def _look_around(self) -> None:
        """Wait for the batches of other runs, too, where they hold cases that this one lacks."""
        found = other_entries(self.writer.path.parent, self.planned.run)
        others = [(folder, entry) for folder, entry in found if entry.tag not in self._others]
        if not others:
            return
        keys = {case.key for case in self.planned.cases()} - self.cases.settled
        wanted = {key for key in keys if self.cases.lookup(key) is None}
        for folder, entry in others:
            if not wanted.isdisjoint(entry.keys):
                self._others.add(entry.tag)
                self.pending.append(Pending(entry, folder))

    async def _submit(self) -> bool:
        """Cut the next round of what is missing into batches and submit each; True where one certainly never left."""
        builders: dict[str, BatchBuilder] = {}
        unfit: list[Case] = []
        again = False
        self.budget.anew()
        try:
            for case in self.cases.missing({key for pending in self.pending for key in pending.entry.keys}):
                try:
                    dialogue = self.cases.dialogue(case)
                    if dialogue.reply is not None:
                        self.cases.settle(case, dialogue.reply)
                    else:
                        again |= await self._put(builders, case.key, dialogue.wanted)
                except CallError:
                    # What the judge won't ask, can't be written (an image that is not there), or is too long, is the
                    # local engine's to put into words.
                    unfit.append(case)
            for builder in builders.values():
                if builder.keys:
                    again |= not await self._send(builder)
        finally:
            for builder in builders.values():
                builder.close()
        self.budget.count()
        await self.cases.live(unfit)
        return again

    async def _put(self, builders: dict[str, BatchBuilder], key: str, wanted: Mapping[int, Request]) -> bool:
        """Add a case's requests to their backends' batches, and send those first that are full; as `_submit`.

        CallError where one fits into no batch: then none is added.
        """
        whose: dict[str, dict[int, Request]] = {}
        for number, request in wanted.items():
            whose.setdefault(request.backend, {})[number] = request
        for name in whose.keys() - builders.keys():
            builders[name] = BatchBuilder(self.writer.path, name)
        written = {name: builders[name].lines(self.apis[name], key, requests) for name, requests in whose.items()}
        again = False
        for name, requests in whose.items():
            lines, api = written[name], self.apis[name]
            size = sum(len(line) + 1 for line in lines)
            most = min(api.limits.requests, self.waiting.size or api.limits.requests)
            if builders[name].keys and not builders[name].fits(len(lines), size, most, api.limits):
                again |= not await self._send(builders[name])
                builders[name].close()
                builders[name] = BatchBuilder(self.writer.path, name)
                lines = builders[name].lines(api, key, requests)
            builders[name].add(key, lines, self.budget.forecast(requests.values()))
        return again

    def _api(self, entry: Entry) -> BatchApi:
        return self.apis[entry.backend or next(iter(self.apis))]

    async def _send(self, builder: BatchBuilder) -> bool:
        """Submit a batch if there is money; False where it certainly never left: its cases are missing again then."""
        if not self.budget.grants(builder):
            return True
        lines = builder.finished()
        backend = builder.backend if len(self.apis) > 1 else ""
        entry = self.ledger.mean(builder.tag, builder.keys, builder.requests, backend)
        pending = Pending(entry)
        self.pending.append(pending)
        try:
            state = await self._api(entry).submit(lines, entry.tag)
        except RetryableError as error:
            self._attempts += 1
            if not error.unreachable:
                # It may have arrived all the same: it is looked for before it is sent again.
                self.tell(f"{error}; looking whether the batch arrived")
            else:
                self._drop(pending, "absent")
            if error.unreachable and self._attempts >= min(3, self.options.attempts):
                raise unreached(self.planned.name, error) from None
            if self._attempts >= self.options.attempts:
                raise IncompleteError(f"can't submit: {error}; the same command tries again") from None
            wait = max(error.retry_after or 0.0, self.options.backoff * 2**self._attempts)
            if wait > LONGEST_PAUSE:
                raise IncompleteError(
                    f"can't submit: {error}; the server asks to wait {until(wait)}: the same command tries again"
                ) from None
            if wait >= 1:
                self.tell(f"{error}; waiting {until(wait)} before {self.title} is submitted again")
            await asyncio.sleep(wait)
            return not error.unreachable
        except (RejectedError, BackendError) as error:
            self._drop(pending, "refused")
            raise BackendError(f"{error}; the batch was not submitted") from None
        else:
            self._attempts = 0
            self.ledger.submitted(entry, state.id)
            self.tell(f"submitted {state.id}: {entry.requests} requests of {self.title}")
            return True

    @property
    def title(self) -> str:
        """The run, for messages."""
        return self.planned.title

    def _drop(self, pending: Pending, end: Any) -> None:
        """Take a batch off the list; only its own run writes down how it ended."""
        self.pending.remove(pending)
        self.budget.book(pending.entry.tag)
        if pending.folder is None:
            self.ledger.ended(pending.entry, end)

    async def _resolve(self) -> bool:
        """Look for batches whose ids got lost; True where one turned out never to have been submitted."""
        changed = False
        for pending in [p for p in self.pending if not p.entry.id and not p.candidates]:
            entry = pending.entry
            found = await self._asked(pending, self._api(entry).find(entry.tag, entry.time, entry.requests))
            if found is None:
                break
            taken = {p.entry.id for p in self.pending} | pending.strangers
            taken |= {e.id for e in self.ledger.entries.values()}
            pending.candidates = [state.id for state in found if state.id not in taken]
            if named := next((state.id for state in found if state.tag == entry.tag), ""):
                self._adopt(pending, named)
            if named or pending.candidates:
                continue
            waited = max(time.monotonic() - pending.seen, time.time() - entry.time)
            if waited >= self.waiting.settle and not (pending.folder and submitting(pending.folder)):
                self._drop(pending, "absent")
                changed = True
        return changed

    async def _asked(self, pending: Pending, question: Any) -> Any:
        """Await a question to the API about a batch; None where the answer did not come this time."""
        try:
            answer = await question
        except RetryableError as error:
            self._unanswered += 1
            if self._unanswered >= _PATIENCE:
                raise IncompleteError(f"{error}; {self.outstanding()}; the same command collects them") from None
            wait = min(error.retry_after or 0.0, self.waiting.longest)
            if self._unanswered == 1 or wait >= 1:
                self.tell(f"{error}; asking again{f' after {until(wait)}' if wait >= 1 else ''}")
            await asyncio.sleep(wait)
            return None
        except RejectedError as error:
            raise BackendError(str(error)) from None
        except GoneError as error:
            raise GoneError(
                f"{error}; move {(pending.folder or self.writer.path) / LEDGER} away to give its batches up: "
                "their cases are then asked, and paid for, again"
            ) from None
        except BackendError as error:
            raise BackendError(f"{error}; {self.outstanding()}, and can still be collected") from None
        self._unanswered = 0
        return answer

    # --- collecting ---------------------------------------------------------------------------------

    async def _collect_ended(self) -> bool:
        """Ask after every batch and collect those that ended; True where cases may be missing again."""
        changed = False
        for pending in list(self.pending):
            if not pending.entry.id and not await self._recognise(pending):
                continue
            state: BatchState | None = await self._asked(pending, self._api(pending.entry).state(pending.entry.id))
            if state is None:
                # The others would go unanswered for the same reason: patience counts rounds, not batches.
                break
            self._say(pending, state)
            if state.failure:
                if pending.folder is None:
                    self._busy &= state.busy
                    self.cases.refused |= dict.fromkeys(pending.entry.keys, f"{state.id}: {state.failure}")
                self._drop(pending, "refused")
                changed |= pending.folder is not None
            elif state.ended:
                answers = await self._asked(pending, read_answers(self._api(pending.entry), pending.entry))
                if answers is not None:
                    if not await self._store(pending.entry, answers):
                        # What the budget left unasked is the next command's: it finds the batch still to collect.
                        self.pending.remove(pending)
                        continue
                    # First the answers, then the line that says they are in: a power cut must not keep the line alone.
                    self.writer.sync()
                    self._drop(pending, "collected")
                    # Another run's batch may lack some of what that run's ledger says it holds.
                    changed |= pending.folder is not None or self._further
                    self._further = False
        return changed

    async def _recognise(self, pending: Pending) -> bool:
        """Find out which of several batches is the one whose id got lost: the custom ids of its results tell."""
        entry = pending.entry
        for batch in list(pending.candidates):
            state: BatchState | None = await self._asked(pending, self._api(entry).state(batch))
            if state is None or not state.ended:
                continue
            ours = await self._asked(pending, holds(self._api(entry), batch, entry.tag))
            if ours is None:
                continue
            if ours:
                self._adopt(pending, batch)
                return True
            pending.candidates.remove(batch)
            pending.strangers.add(batch)
        return False

    def _adopt(self, pending: Pending, batch: str) -> None:
        """Take a batch for the one whose id got lost."""
        pending.entry.id = batch
        if pending.folder is None:
            self.ledger.submitted(pending.entry, batch)
        self.tell(f"found {batch}: {pending.entry.requests} requests of {self.title}, submitted earlier")

    def _say(self, pending: Pending, state: BatchState) -> None:
        # A line for each stage and each tenth: a day of polling must not scroll everything else away.
        said = f"{state.stage} {10 * state.done // max(pending.entry.requests, 1)}"
        if said != pending.said:
            pending.said = said
            self.tell(f"{state.id}: {state.stage}, {state.done} of {pending.entry.requests} requests done")

    async def _store(self, entry: Entry, answers: Answers) -> bool:
        """Store what a batch came to, then ask live for what it left unanswered; False where money is lacking."""
        keys, paid = set(entry.keys), 0.0
        rest: list[Case] = []
        for case in self.planned.cases():
            if case.key not in keys or case.key in self.cases.settled or self.cases.reuse(case):
                continue
            given = answers.get(case.key, {})
            reply, unanswered, usd = self.cases.given(case, entry, given)
            paid += usd
            refused = next((a for a in given.values() if isinstance(a, RejectedError) and a.refused), None)
            if reply is None and refused is not None and not self.planned.judge.needs.refusals:
                reply = turned_down(refused)
            if reply is not None:
                self.cases.settle(case, reply)
            elif unanswered:
                rest.append(case)
            else:
                self._further = True
        # Before anything is asked live: that has to know what is left.
        self.budget.book(entry.tag, paid)
        if rest:
            why = next((str(e) for given in answers.values() for e in given.values() if isinstance(e, CallError)), "")
            self.tell(f"{entry.id} left {len(rest)} cases unanswered{f' ({why})' if why else ''}: asking them live")
        return await self.cases.live(rest)

"""One run through a batch API: the same cases, verdicts and summary as the local engine's.

What is missing is cut into batches, written to the run's ledger, submitted, waited for, and stored as each batch ends.
What a batch leaves unanswered is asked live. A process may die at any moment: the next one finds in the ledger what is
out there, and submits none of it again.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from judgebench.domain import Reply, Status, Verdict
from judgebench.errors import BackendError, CallError, GoneError, IncompleteError, RejectedError, RetryableError
from judgebench.run.batch.builder import BatchBudget, BatchBuilder, Keeping, Pending, Rest, Waiting, counted, total
from judgebench.run.batch.ledger import LEDGER, other_entries, submitting
from judgebench.run.engine import Summary, ask_all
from judgebench.run.throttle import OverBudgetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from judgebench.domain import Case
    from judgebench.domain.protocols import BatchApi, BatchJudge, BatchState
    from judgebench.run.batch.ledger import Entry, Ledger
    from judgebench.run.engine import Dispatchers, Options
    from judgebench.run.plans import Plan
    from judgebench.store.writer import RunWriter

#: Rounds of questions that may go unanswered before the command gives up; the batches go on without it.
_PATIENCE = 12


class BatchRun:
    """One run through a batch API; ``options`` and ``dispatchers`` serve what a batch leaves open and is asked live."""

    def __init__(
        self,
        planned: Plan,
        judge: BatchJudge,
        api: BatchApi,
        writer: RunWriter,
        ledger: Ledger,
        options: Options,
        waiting: Waiting,
        tell: Callable[[str], None],
        dispatchers: Dispatchers,
    ) -> None:
        self.planned = planned
        self.judge = judge
        self.api = api
        self.writer = writer
        self.ledger = ledger
        self.options = options
        self.waiting = waiting
        self.tell = tell
        self.dispatchers = dispatchers
        self.summary = Summary()
        self.pending = [Pending(entry) for entry in ledger.open_entries()]
        self.budget = BatchBudget(dispatchers.budget, judge, planned.task.scale, self.title)
        self._settled: set[str] = set()
        self._others: set[str] = set()
        #: Keys of cases whose batch was refused, and why; they are not tried again by this command.
        self._refused: dict[str, str] = {}
        #: Why cases were not asked live, where that is the budget.
        self._spent = ""
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
        if too_dear := self.budget.refusal or self._spent:
            raise IncompleteError(too_dear)
        judged = sum(self.summary.statuses.values())
        if judged + len(self._refused) < self.summary.cases:
            raise IncompleteError(
                f"{judged} of {self.summary.cases} cases of {self.title} are judged; run the same command again"
            )
        if self._refused:
            why = next(iter(self._refused.values()))
            what = f"{len(self._refused)} cases were not asked, their batch was refused: {why}"
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
        known = [pending.entry for pending in self.pending if pending.entry.id]
        ids = ", ".join(entry.id for entry in known[:3]) + (f" and {len(known) - 3} more" if len(known) > 3 else "")
        unsure = len(self.pending) - len(known)
        requests = sum(entry.requests for entry in known)
        words = [f"{counted(requests, 'request')} submitted in {counted(len(known), 'batch')} ({ids})"] if known else []
        words += [f"{counted(unsure, 'batch')} possibly submitted"] if unsure else []
        return f"{self.planned.run.judge} on {self.planned.run.task}: " + (
            " and ".join(words) or "nothing is submitted"
        )

    # --- submitting ---------------------------------------------------------------------------------

    def _look_around(self) -> None:
        """Wait for the batches of other runs, too, where they hold cases that this one lacks."""
        others = [
            (f, e) for f, e in other_entries(self.writer.path.parent, self.planned.run) if e.tag not in self._others
        ]
        if not others:
            return
        keys = {case.key for case in self.planned.cases()} - self._settled
        wanted = {key for key in keys if self.writer.lookup(key) is None}
        for folder, entry in others:
            if not wanted.isdisjoint(entry.keys):
                self._others.add(entry.tag)
                self.pending.append(Pending(entry, folder))

    def _missing(self) -> Iterator[Case]:
        """Yield the cases to submit; settle those that the store can answer."""
        under_way = {key for pending in self.pending for key in pending.entry.keys}
        cases = 0
        for case in self.planned.cases():
            cases += 1
            if case.key in self._settled or case.key in self._refused or self._reuse(case):
                continue
            if case.key not in under_way:
                yield case
        self.summary.cases = cases

    def _reuse(self, case: Case) -> bool:
        stored = self.writer.lookup(case.key)
        if stored is None:
            return False
        verdict = stored.verdict.relabelled(case, self.planned.task.revision)
        if not stored.own or verdict != stored.verdict:
            self.writer.append(verdict)
        self.summary.reused += 1
        self._count(verdict)
        return True

    def _count(self, verdict: Verdict) -> None:
        self._settled.add(verdict.key)
        self.summary.statuses[verdict.status] += 1
        if verdict.model:
            self.summary.models[verdict.model] += 1

    async def _submit(self) -> bool:
        """Cut what is missing into batches and submit each; True where one certainly never left."""
        limits, scale = self.api.limits, self.planned.task.scale
        most = min(limits.requests, self.waiting.size or limits.requests)
        builder = BatchBuilder(self.writer.path)
        unfit: list[Case] = []
        again = False
        self.budget.anew()
        try:
            for case in self._missing():
                requests = self.judge.requests(case, scale)
                try:
                    lines = [self.api.encode(f"{builder.tag}-{case.key}-{n}", m) for n, m in enumerate(requests)]
                except CallError:
                    # What can't be written (an image that is not there) is the local engine's to put into words.
                    unfit.append(case)
                    continue
                size = sum(len(line) + 1 for line in lines)
                if len(lines) > limits.requests or size + limits.frame > limits.size:
                    unfit.append(case)
                    continue
                if builder.keys and not builder.fits(len(lines), size, most, limits):
                    again |= not await self._send(builder)
                    builder.close()
                    builder = BatchBuilder(self.writer.path)
                    lines = [self.api.encode(f"{builder.tag}-{case.key}-{n}", m) for n, m in enumerate(requests)]
                builder.add(case.key, lines, self.budget.forecast(case))
            if builder.keys:
                again |= not await self._send(builder)
        finally:
            builder.close()
        self.budget.count()
        await self._live(unfit, {})
        return again

    async def _send(self, builder: BatchBuilder) -> bool:
        """Submit a batch if there is money; False where it certainly never left: its cases are missing again then."""
        if not self.budget.grants(builder):
            return True
        lines = builder.finished()
        entry = self.ledger.mean(builder.tag, builder.keys, builder.requests)
        pending = Pending(entry)
        self.pending.append(pending)
        try:
            state = await self.api.submit(lines, entry.tag)
        except RetryableError as error:
            self._attempts += 1
            if not error.unreachable:
                # It may have arrived all the same: it is looked for before it is sent again.
                self.tell(f"{error}; looking whether the batch arrived")
            else:
                self._drop(pending, "absent")
            if error.unreachable and self._attempts >= min(3, self.options.attempts):
                raise BackendError(
                    f"{self.planned.run.judge} can't be reached: {error}; start the server or check --base-url"
                ) from None
            if self._attempts >= self.options.attempts:
                raise IncompleteError(f"can't submit: {error}; the same command tries again") from None
            await asyncio.sleep(max(error.retry_after or 0.0, self.options.backoff * 2**self._attempts))
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
        return f"{self.planned.run.judge} on {self.planned.run.task}"

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
            found = await self._asked(pending, self.api.find(entry.tag, entry.time, entry.requests))
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
            if self._unanswered == 1:
                self.tell(f"{error}; asking again")
            await asyncio.sleep(min(error.retry_after or 0.0, self.waiting.longest))
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
            state: BatchState | None = await self._asked(pending, self.api.state(pending.entry.id))
            if state is None:
                # The others would go unanswered for the same reason: patience counts rounds, not batches.
                break
            self._say(pending, state)
            if state.failure:
                if pending.folder is None:
                    self._busy &= state.busy
                    self._refused |= dict.fromkeys(pending.entry.keys, f"{state.id}: {state.failure}")
                self._drop(pending, "refused")
                changed |= pending.folder is not None
            elif state.ended:
                answers = await self._asked(pending, self._read(pending.entry))
                if answers is not None:
                    if not await self._store(pending.entry, answers):
                        # What the budget left unasked is the next command's: it finds the batch still to collect.
                        self.pending.remove(pending)
                        continue
                    # First the answers, then the line that says they are in: a power cut must not keep the line alone.
                    self.writer.sync()
                    self._drop(pending, "collected")
                    # Another run's batch may lack some of what that run's ledger says it holds.
                    changed |= pending.folder is not None
        return changed

    async def _recognise(self, pending: Pending) -> bool:
        """Find out which of several batches is the one whose id got lost: the custom ids of its results tell."""
        entry = pending.entry
        for batch in list(pending.candidates):
            state: BatchState | None = await self._asked(pending, self.api.state(batch))
            if state is None or not state.ended:
                continue
            ours = await self._asked(pending, self._starts(batch, entry.tag))
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

    async def _starts(self, batch: str, tag: str) -> bool:
        async with aclosing(self.api.results(batch)) as results:  # type: ignore[type-var]  # an async generator in fact
            async for custom_id, _ in results:
                return custom_id.startswith(f"{tag}-")
        return False

    def _say(self, pending: Pending, state: BatchState) -> None:
        # A line for each stage and each tenth: a day of polling must not scroll everything else away.
        said = f"{state.stage} {10 * state.done // max(pending.entry.requests, 1)}"
        if said != pending.said:
            pending.said = said
            self.tell(f"{state.id}: {state.stage}, {state.done} of {pending.entry.requests} requests done")

    async def _read(self, entry: Entry) -> dict[str, dict[int, Any]]:
        """Fetch the results of a batch: of each case the answers to its calls."""
        answers: dict[str, dict[int, Any]] = {}
        async for custom_id, answer in self.api.results(entry.id):
            tag, _, place = custom_id.partition("-")
            key, _, number = place.rpartition("-")
            if tag == entry.tag and number.isdecimal():
                answers.setdefault(key, {})[int(number)] = answer
        return answers

    async def _store(self, entry: Entry, answers: Mapping[str, Mapping[int, Any]]) -> bool:
        """Store the verdicts of a batch, then ask live for what it left unanswered; False where money is lacking."""
        keys, scale, paid = set(entry.keys), self.planned.task.scale, 0.0
        rest: list[Case] = []
        have: dict[str, dict[int, Any]] = {}
        for case in self.planned.cases():
            if case.key not in keys or case.key in self._settled or self._reuse(case):
                continue
            given = answers.get(case.key, {})
            calls = len(self.judge.requests(case, scale))
            answered = {n: a for n, a in given.items() if n < calls and not isinstance(a, Exception)}
            paid += self.budget.cost(answered.values())
            refusal = next((a for a in given.values() if isinstance(a, RejectedError) and a.refused), None)
            if len(answered) == calls:
                self._settle(case, self.judge.reply(case, scale, [answered[n] for n in range(calls)]))
            elif refusal is not None:
                self._settle(case, Reply(Status.REFUSED, error=str(refusal)))
            else:
                rest.append(case)
                have[case.key] = answered
        # Before anything is asked live: that has to know what is left.
        self.budget.book(entry.tag, paid)
        if rest:
            why = next((str(e) for given in answers.values() for e in given.values() if isinstance(e, CallError)), "")
            self.tell(f"{entry.id} left {len(rest)} cases unanswered{f' ({why})' if why else ''}: asking them live")
        return await self._live(rest, have)

    def _settle(self, case: Case, reply: Reply) -> None:
        verdict = Verdict.of(case, reply, self.planned.task.scale, self.planned.task.revision)
        self.writer.append(verdict)
        self.summary.asked += 1
        self.summary.usage = self.summary.usage + reply.usage
        self._count(verdict)

    async def _live(self, cases: list[Case], have: dict[str, dict[int, Any]]) -> bool:
        """Ask cases through the local engine, but no call that a batch answered; False where money is lacking."""
        if not cases:
            return True
        live = Summary()
        try:
            await ask_all(
                Rest(self.planned.judge, self.judge, have),
                self.planned.task.scale,
                lambda: cases,
                Keeping(self.writer, self._settled),
                revision=self.planned.task.revision,
                options=self.options,
                dispatcher=self.dispatchers.of(self.planned.judge),
                summary=live,
            )
        except OverBudgetError as error:
            # Batches that are out there are paid for: they are still collected.
            self._spent = str(error)
            self._refused |= {case.key: self._spent for case in cases if case.key not in self._settled}
            return False
        finally:
            self.summary = total(self.summary, live)
        return True

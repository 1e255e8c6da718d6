"""What the batches of a run may cost (``--max-cost``): forecast before they are submitted, booked as they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from judgebench.domain import Case, Scale
    from judgebench.domain.protocols import BatchJudge
    from judgebench.run.batch.builder import BatchBuilder
    from judgebench.run.batch.ledger import Entry
    from judgebench.run.throttle import Budget
    from judgebench.store.runs import RunWriter

#: Dollars by which sums of the same prices, added up in another order, may differ.
_ROUNDING = 1e-9


class BatchBudget:
    """A run's part in the budget of its command; without a budget it lets everything go, and counts nothing.

    The judge forecasts what a case costs in a batch, and says what an answer did cost.
    """

    def __init__(self, budget: Budget | None, judge: BatchJudge, scale: Scale, title: str) -> None:
        self._budget = budget
        self._judge: Any = judge
        self._scale = scale
        self._title = title
        # Dollars set aside for each batch that is out there, by its tag.
        self._committed: dict[str, float] = {}
        self._cases = 0
        self._lacking = 0.0
        #: Why cases were not submitted; empty where all were.
        self.refusal = ""

    def forecast(self, case: Case) -> float:
        """Dollars that a case is likely to cost in a batch."""
        forecast = getattr(self._judge, "forecast", None)
        if self._budget is None or forecast is None:
            return 0.0
        return forecast(case, self._scale, batch=True).usage.usd or 0.0

    def outstanding(self, entries: Iterable[Entry], cases: Iterable[Case], writer: RunWriter) -> None:
        """Set money aside for what earlier commands submitted and nobody collected."""
        whose = {key: entry.tag for entry in entries for key in entry.keys}
        if self._budget is None or not whose:
            return
        self._committed = dict.fromkeys(whose.values(), 0.0)
        for case in cases:
            if case.key in whose and writer.lookup(case.key) is None:
                self._committed[whose[case.key]] += self.forecast(case)
        self._budget.commit(sum(self._committed.values()))

    def anew(self) -> None:
        """Forget what was not submitted; it is about to be tried again."""
        self._cases, self._lacking, self.refusal = 0, 0.0, ""

    def grants(self, builder: BatchBuilder) -> bool:
        """Set a batch's money aside; False where there is not enough, and for all batches after that one."""
        if self._budget is None:
            return True
        if self._cases or builder.usd > self._budget.left + _ROUNDING:
            self._cases += len(builder.keys)
            self._lacking += builder.usd
            return False
        self._committed[builder.tag] = builder.usd
        self._budget.commit(builder.usd)
        return True

    def count(self) -> None:
        """Put into words what was not submitted, if anything, and what it would take."""
        if self._budget is None or not self._cases:
            return
        spent, left = self._budget.spent, self._budget.left
        self.refusal = (
            f"stopped: the {self._cases} cases of {self._title} that are still to be submitted would cost about "
            f"{self._lacking:.4f} USD; of --max-cost {self._budget.cap:g}, {spent:.4f} USD are spent and "
            f"{self._budget.cap - spent - left:.4f} outstanding: about {self._lacking - left:.4f} USD more would do. "
            "What was judged is kept: the same command submits the others (--max-cost counts anew)"
        )

    def cost(self, answers: Iterable[Any]) -> float:
        """Dollars that answers did cost."""
        if self._budget is None or not hasattr(self._judge, "usage"):
            return 0.0
        return sum(self._judge.usage(answer).usd or 0.0 for answer in answers)

    def book(self, tag: str, paid: float = 0.0) -> None:
        """Book what a batch that ended did cost; another run's is that run's affair, and none is booked twice."""
        committed = self._committed.pop(tag, None)
        if self._budget is not None and committed is not None:
            self._budget.book(committed, paid)

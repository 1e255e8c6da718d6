"""What a run would take: calls, tokens and dollars of what is still to ask, without asking.

Input tokens are counted with the model's tokenizer where there is one. Nobody knows how long a judge's answers are
before it has answered: a pilot (``run --limit 40``) shows it, and its answers are in the store. So whatever the store
holds of these cases corrects the estimate: output tokens are those answers' mean, and input tokens that were counted in
characters are scaled by what the backend counted.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from judgebench.domain import Usage

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from judgebench.domain import Case, Scale, Verdict
    from judgebench.run.execute import Plan

#: More answers than this say nothing new about their mean length.
_ENOUGH = 2000
#: Fewer answers than this are too few for a mean to go by.
_TOO_FEW = 3
#: Normal quantile of a 95 % interval.
_Z = 1.959964


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``judgebench.estimate/1``."""
    text = resources.files("judgebench.run").joinpath("estimate.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


class _Expected(Protocol):
    @property
    def calls(self) -> int: ...
    @property
    def usage(self) -> Usage: ...


@runtime_checkable
class _Forecasting(Protocol):
    """What a judge offers if its calls cost tokens."""

    @property
    def counting(self) -> str: ...

    def forecast(self, case: Case, scale: Scale) -> _Expected: ...

    def cost(self, input_tokens: int, output_tokens: int, *, batch: bool = False) -> Usage: ...


class Known(Protocol):
    """Stored answers, by case key."""

    def get(self, key: str, /) -> Verdict | None:
        """Find the answer to a case."""
        ...


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run would take.

    ``judged`` cases are in the store and ``submitted`` ones under way in batches; ``calls`` and ``usage`` are those of
    the rest, ``usd`` None where the price is unknown. ``low`` and ``high`` are the 95 % interval of the dollars, from
    how much the ``pilot`` stored answers differ in length; without them the length of answers is assumed. ``counting``
    says what counted the input tokens, and is empty where the judge calls nobody.
    """

    judge: str
    task: str
    items: int
    cases: int
    judged: int
    submitted: int
    calls: int
    usage: Usage
    low: float | None
    high: float | None
    pilot: int
    counting: str
    batch: bool = False

    @property
    def to_ask(self) -> int:
        """Cases that would be asked."""
        return self.cases - self.judged - self.submitted

    def to_json(self) -> dict[str, Any]:
        """Plain JSON: an entry of ``judgebench.estimate/1``."""
        return {
            "judge": self.judge,
            "task": self.task,
            "items": self.items,
            "cases": self.cases,
            "judged": self.judged,
            "submitted": self.submitted,
            "to_ask": self.to_ask,
            "calls": self.calls,
            "input_tokens": self.usage.input_tokens,
            "output_tokens": self.usage.output_tokens,
            "usd": self.usage.usd,
            "usd_low": self.low,
            "usd_high": self.high,
            "pilot_answers": self.pilot,
            "counting": self.counting,
        }

    def __str__(self) -> str:
        """Say it in a line."""
        under_way = f"{self.submitted} submitted, " if self.submitted else ""
        head = (
            f"{self.judge} on {self.task}: {self.items} items, {self.cases} cases, "
            f"{self.judged} already judged, {under_way}{self.to_ask} to ask"
        )
        if not self.counting:
            return f"{head}; no tokens, no cost"
        if self.to_ask and self.usage.usd is None:
            price = "price unknown"
        else:
            price = f"about {self.usage.usd or 0.0:.2f} USD"
            price += f" ({self.low:.2f} to {self.high:.2f})" if self.low is not None else ""
        each = self.usage.output_tokens // max(self.calls, 1)
        length = f"{each} tokens an answer, an assumption until some are stored"
        if self.pilot:
            length = f"answers as long as the {self.pilot} that are stored"
        how = "in batches in" if self.batch else "in"
        return (
            f"{head} {how} {self.calls} calls; about {self.usage.input_tokens:,} input and "
            f"{self.usage.output_tokens:,} output tokens, {price} ({self.counting}; {length})"
        )


@dataclass(slots=True)
class _Sums:
    """Stored answers: what was expected of them beside what they were."""

    answers: int = 0
    calls: int = 0
    expected_input: int = 0
    input: int = 0
    output: int = 0
    squares: float = 0.0

    def add(self, expected: _Expected, usage: Usage) -> None:
        self.answers += 1
        self.calls += expected.calls
        self.expected_input += expected.usage.input_tokens
        self.input += usage.input_tokens
        self.output += usage.output_tokens
        self.squares += usage.output_tokens**2

    @property
    def spread(self) -> float:
        """Standard deviation of the output tokens of an answer."""
        mean = self.output / self.answers
        return math.sqrt(max(0.0, self.squares / self.answers - mean**2) * self.answers / (self.answers - 1))


def estimate(
    planned: Plan, known: Known, *, batch: bool = False, submitted: AbstractSet[str] = frozenset()
) -> Forecast:
    """Estimate what asking the missing cases of a plan takes; ``known`` and ``submitted`` are by case key."""
    judge: object = planned.judge
    asks = judge if isinstance(judge, _Forecasting) else None
    cases = judged = under_way = calls = inputs = outputs = 0
    seen = _Sums()
    for case in planned.cases():
        cases += 1
        stored = known.get(case.key)
        judged += stored is not None
        if stored is None and case.key in submitted:
            under_way += 1
            continue
        if asks is None or (stored is not None and not _tells(stored, seen)):
            continue
        expected = asks.forecast(case, planned.task.scale)
        if stored is not None:
            seen.add(expected, stored.usage)
        else:
            calls += expected.calls
            inputs += expected.usage.input_tokens
            outputs += expected.usage.output_tokens
    run = planned.run
    head = (run.judge, run.task, planned.items, cases, judged, under_way)
    if asks is None:
        return Forecast(*head, 0, Usage(), None, None, 0, "")
    pilot = seen.answers if seen.answers >= _TOO_FEW else 0
    low = high = None
    if pilot:
        inputs = round(inputs * seen.input / max(seen.expected_input, 1))
        outputs = round(calls * seen.output / seen.calls)
    usage = asks.cost(inputs, outputs, batch=batch)
    if pilot and usage.usd is not None:
        # Two things vary: the pilot's mean, and the sum of the answers to come.
        to_ask = cases - judged - under_way
        spread = _Z * seen.spread * math.sqrt(to_ask + to_ask**2 / pilot)
        margin = (asks.cost(0, round(spread), batch=batch)).usd or 0.0
        low, high = max(0.0, usage.usd - margin), usage.usd + margin
    return Forecast(*head, calls, usage, low, high, pilot, asks.counting, batch)


def _tells(stored: Verdict, seen: _Sums) -> bool:
    """Whether a stored answer says how long answers are: its backend counted, and there are not enough yet."""
    return bool(stored.usage.input_tokens and stored.usage.output_tokens) and seen.answers < _ENOUGH

"""A cascade: a cheap member first, and the next one where it is not sure enough (Trust or Escalate, FrugalGPT)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from judgebench.errors import UsageError
from judgebench.judges.llm import LLMJudge
from judgebench.judges.panels.panel import Panel, made_of

if TYPE_CHECKING:
    from judgebench.domain import Case, Reply, Scale, Steps


class Cascade(Panel):
    """``threshold``: the least probability of a member's own verdict with which it decides; one for all, or one each.

    The probability is what the member's reply holds: of the form ``logprobs``, the shares of its samples, what the
    protocol ``confidence`` asked for, a jury's shares of votes. Without one, or without a verdict, the next is asked.
    """

    kind = "cascade"
    keys: ClassVar = {"threshold": "shares"}

    def check(self, scale: Scale) -> None:
        """Refuse members that never say how sure they are, and thresholds that are not one for each."""
        steps = len(self.members) - 1
        given: Any = self.says.get("threshold")
        if given is None:
            raise UsageError(
                f"{self.name}: 'threshold' is missing, a number above 0, up to 1; judgebench cascade finds one"
            )
        self._thresholds: list[float] = given if isinstance(given, list) else [given] * steps
        if len(self._thresholds) != steps:
            raise UsageError(f"{self.name}: {len(self._thresholds)} thresholds for {steps} members before the last")
        if not scale.labels or scale.sequential or scale.kind == "set":
            raise UsageError(f"{self.name}: a member is sure of a label; verdicts on {scale.spec} are none")
        for name, member in list(self.members.items())[:-1]:
            if isinstance(member.judge, LLMJudge) and not member.judge.says_how_sure:
                raise UsageError(
                    f'{self.name}: member {name} never says how sure it is: give it form = "logprobs", samples, or '
                    'protocol = "confidence"'
                )

    def steps(self, case: Case, scale: Scale) -> Steps:
        """Ask the members in turn until one is sure enough; the last one decides in any case."""
        parts: list[tuple[str, Reply]] = []
        for name, threshold in zip(self.members, [*self._thresholds, 0.0], strict=True):
            reply = yield from self.ask(name, case, scale)
            parts.append((name, reply))
            if isinstance(reply.code, int) and sum(reply.probabilities[reply.code : reply.code + 1]) >= threshold:
                break
        # Cases differ in who decided, which is not a version of a model.
        return replace(made_of(parts, parts[-1][1]), model="")

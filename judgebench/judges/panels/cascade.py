"""A cascade: a cheap member first, and the next one where it is not sure enough (Trust or Escalate, FrugalGPT)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from judgebench.domain import Reply, Status
from judgebench.errors import UsageError
from judgebench.judges.llm import LLMJudge
from judgebench.judges.panels.panel import Panel, made_of

if TYPE_CHECKING:
    from judgebench.domain import Case, Scale, Steps


class Cascade(Panel):
    """``threshold``: the least probability of a member's own verdict with which it decides; one for all, or one each.

    The probability is what the member's reply holds: of the form ``logprobs``, the shares of its samples, what the
    protocol ``confidence`` asked for, a jury's shares of votes. Without one, without a verdict, and with a tie, which
    is never sure, as in `judgebench.agreement.jury.cascade`, the next is asked. The last one decides, unless it has a
    threshold, too: then nobody may. A threshold of None is never met.
    """

    kind = "cascade"
    keys: ClassVar = {"threshold": "shares"}

    def check(self, scale: Scale) -> None:
        """Refuse members that never say how sure they are, and thresholds that are not one for each."""
        names = list(self.members)
        given: Any = self.says.get("threshold")
        if given is None:
            raise UsageError(f"{self.name}: 'threshold' is missing, a number above 0 and up to 1")
        if isinstance(given, dict):
            found: dict[str, float | None] = given
            if list(found) != names:
                raise UsageError(
                    f"{self.name}: its members are {', '.join(names)}, and the thresholds are those of "
                    f"{', '.join(found)}; name = names a member"
                )
            given = list(found.values())
            self.says["threshold"] = given
        self._thresholds: list[float | None] = given if isinstance(given, list) else [given] * (len(names) - 1)
        if len(self._thresholds) not in {len(names) - 1, len(names)}:
            raise UsageError(
                f"{self.name}: {len(self._thresholds)} thresholds for {len(names)} members; one for each but the last"
            )
        if not scale.labels or scale.sequential or scale.kind == "set":
            raise UsageError(f"{self.name}: a member is sure of a label; verdicts on {scale.spec} are not labels")
        for name in names[: len(self._thresholds)]:
            judge = self.members[name].judge
            if isinstance(judge, LLMJudge) and not judge.says_how_sure:
                raise UsageError(
                    f'{self.name}: member {name} never says how sure it is: give it form = "logprobs", samples, or '
                    'protocol = "confidence"'
                )

    def steps(self, case: Case, scale: Scale) -> Steps:
        """Ask the members in turn until one is sure enough."""
        parts: list[tuple[str, Reply]] = []
        whole = Reply(Status.UNPARSED, error="no member is sure enough")
        for number, name in enumerate(self.members):
            reply = yield from self.ask(name, case, scale)
            parts.append((name, reply))
            if number >= len(self._thresholds) or self._sure(reply, self._thresholds[number], scale):
                whole = reply
                break
        # Cases differ in who decided, which is not a version of a model.
        return replace(made_of(parts, whole), model="")

    @staticmethod
    def _sure(reply: Reply, threshold: float | None, scale: Scale) -> bool:
        code = reply.code
        if threshold is None or not isinstance(code, int) or code == scale.tie or code >= len(reply.probabilities):
            return False
        return reply.probabilities[code] >= threshold

"""A jury: members judge side by side, none sees the others, and their votes are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from judgebench.errors import UsageError
from judgebench.judges.panels.panel import Panel, made_of
from judgebench.judges.panels.voting import RULES, TIES, Rule, Ties, rules, voted
from judgebench.judges.protocols.together import together

if TYPE_CHECKING:
    from judgebench.domain import Case, Scale, Steps


class Jury(Panel):
    """``rule`` (majority, weighted, mean), ``ties`` (tie, none, first), ``quorum`` (votes at least), ``weight``."""

    kind = "jury"
    keys: ClassVar = {"rule": RULES, "ties": TIES, "quorum": "count"}
    own: ClassVar = {"weight": "weight"}

    def check(self, scale: Scale) -> None:
        """Choose the rules; weights go with a weighted vote or mean alone."""
        self._rule: Rule
        self._ties: Ties
        self._rule, self._ties = rules(self.name, scale, self.says.get("rule"), self.says.get("ties"))
        self._quorum: int = self.says.get("quorum", 1)
        if self._quorum > len(self.members):
            raise UsageError(f"{self.name}: a quorum of {self._quorum} is more than its {len(self.members)} members")
        given = {name: member.says["weight"] for name, member in self.members.items() if "weight" in member.says}
        if given and self._rule == "majority":
            raise UsageError(f'{self.name}: weights need rule = "weighted" or "mean"')
        if self._rule == "weighted" and len(given) < len(self.members):
            lacking = next(name for name in self.members if name not in given)
            raise UsageError(f"{self.name}: a weighted vote needs the weight of each member, and {lacking} has none")
        self._weights = {name: given.get(name, 1.0) for name in self.members}
        self.says |= {"rule": self._rule, "ties": self._ties, "quorum": self._quorum}

    def steps(self, case: Case, scale: Scale) -> Steps:
        """Ask all, then count."""
        replies = yield from together({name: self.ask(name, case, scale) for name in self.members})
        verdict = voted(replies, self._weights, self._rule, self._ties, scale, self._quorum)
        return made_of(list(replies.items()), verdict)

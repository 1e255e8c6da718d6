"""A debate: members in roles speak in rounds and see what was said before (ChatEval, Fellowship of the LLMs)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from judgebench.domain import Reply, Status, digest
from judgebench.errors import UsageError
from judgebench.judges.endings import after_reasoning
from judgebench.judges.llm import LLMJudge
from judgebench.judges.panels.panel import Panel, made_of
from judgebench.judges.panels.voting import TIES, Rule, Ties, rules, voted
from judgebench.judges.prompts.template import block
from judgebench.judges.protocols.together import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Case, Scale, Steps

HISTORIES = ("turns", "rounds", "none")
OUTCOMES = ("mean", "majority", "last")
#: Roles that a file may name without saying what they are.
ROLES = {
    "general-public": "You speak for the general public: somebody without special knowledge who wants to be helped. "
    "What counts for you is whether an answer is useful, easy to follow and to the point.",
    "critic": "You are a critic. You look for what is wrong, missing or badly reasoned, check claims one by one, and "
    "are not won over by a pleasant tone. You say where others were too kind or too hard.",
    "psychologist": "You are a psychologist. You look at what the person who asked needs, at how an answer would be "
    "taken, and at what in it may mislead or do harm.",
    "scientist": "You are a scientist. You ask whether what is said is true, how one could know, and whether "
    "conclusions follow from what was shown.",
    "writer": "You are a writer and editor. You look at how an answer is built and worded, and whether each sentence "
    "does some work.",
}
#: A case is asked in so many rounds of requests at most; a debate with more of its own is a slip.
_MOST_ROUNDS = 9
IN_ROLE = "On this panel of judges you are:"
BEFORE = (
    "Others on this panel have spoken about the same material before you. Weigh what they say and judge for yourself; "
    "you may agree or disagree with any of them:"
)


class Debate(Panel):
    """``rounds``, ``history`` (turns, rounds, none), ``rule`` (mean, majority, last), ``ties``; a role's ``says``."""

    kind = "debate"
    seats = "roles"
    keys: ClassVar = {"rounds": "count", "history": HISTORIES, "rule": OUTCOMES, "ties": TIES}
    own: ClassVar = {"says": "text"}

    def check(self, scale: Scale) -> None:
        """Choose what is left open; only a language model can be told what others said."""
        says = self.says
        self._rounds: int = says.setdefault("rounds", 1)
        self._history: str = says.setdefault("history", "turns")
        # The last word is no vote: what is to be counted there is one.
        last = says.setdefault("rule", "mean" if scale.values else "majority") == "last"
        self._rule: Rule
        self._ties: Ties
        self._rule, self._ties = rules(self.name, scale, None if last else says["rule"], says.get("ties"))
        self._last = last
        roles = [member.says.get("says") or ROLES.get(name, "") for name, member in self.members.items()]
        says["protocol_texts"] = digest([BEFORE, IN_ROLE, roles])
        if self._rounds > _MOST_ROUNDS:
            raise UsageError(f"{self.name}: {self._rounds} rounds are more than {_MOST_ROUNDS}")
        for name, member in self.members.items():
            if name not in ROLES and "says" not in member.says:
                raise UsageError(f"{self.name}: role {name} needs 'says'; roles with words are {', '.join(ROLES)}")
            if not isinstance(member.judge, LLMJudge):
                raise UsageError(f"{self.name}: {name} is {member.judge.name}, and only language models can debate")

    def steps(self, case: Case, scale: Scale) -> Steps:
        """Let all speak in every round; the verdicts of the last one count."""
        said: list[tuple[str, Reply]] = []
        latest: dict[str, Reply] = {}
        for number in range(1, self._rounds + 1):
            label = "" if self._rounds == 1 else f", round {number}"
            if self._history == "turns":
                latest = {}
                for name in self.members:
                    latest[name] = yield from self._speak(name, case, scale, said)
                    said.append((f"{name}{label}", latest[name]))
            else:
                heard = [] if self._history == "none" else list(said)
                latest = yield from together({name: self._speak(name, case, scale, heard) for name in self.members})
                said += [(f"{name}{label}", reply) for name, reply in latest.items()]
        if self._last:
            word = list(latest.values())[-1]
            return made_of(said, Reply(word.status, word.code, error=word.error))
        return made_of(said, voted(latest, dict.fromkeys(latest, 1.0), self._rule, self._ties, scale))

    def _speak(self, name: str, case: Case, scale: Scale, said: Sequence[tuple[str, Reply]]) -> Steps:
        member = self.members[name]
        judge = member.judge
        assert isinstance(judge, LLMJudge)  # noqa: S101 - `check` has seen to it
        told = [(who, after_reasoning(one.text).strip()) for who, one in said if one.status is not Status.REFUSED]
        # No text holds the digest of itself, so none can close its fence.
        code = digest([case.item.content_digest, told])
        notes = ["\n".join([BEFORE, *(block(who, code, text) for who, text in told)])] if told else []
        role = member.says.get("says") or ROLES.get(name, "")
        speaker = judge.framed(f"{IN_ROLE} {name}. {role}", notes)
        return (yield from self.ask(name, case, scale, speaker))

"""Judges of several rounds, and of several models: what a user's module would hold (``--judge round_judges:TWO``)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.domain import Message, Needs, Reply, Request, Status, Usage
from judgebench.judges.backends.openai import create
from judgebench.judges.protocols.together import together

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.domain import Backend, Case, Scale, Steps
    from judgebench.judges.llm import LLMJudge


def llm(model: str) -> LLMJudge:
    """One of OpenAI's models, at the address that the environment names."""
    return create(model, prompt=None, base_url=None, temperature=None, max_tokens=64, timeout=60, seed=None)


class OwnAnswerFirst:
    """Answers the question first, then judges beside its own answer."""

    needs = Needs()

    def __init__(self, judge: LLMJudge) -> None:
        self.judge = judge
        self.name = "two-rounds"
        self.settings = {"protocol": "own answer first", "of": dict(judge.settings)}

    @property
    def backends(self) -> Mapping[str, Backend]:
        return self.judge.backends

    def steps(self, case: Case, scale: Scale) -> Steps:
        (own,) = yield [
            Request(self.judge.backend, (Message.of("user", f"Answer ({case.key}): {case.item.question}"),))
        ]
        form = self.judge.form(scale)
        asked = form.request(self.judge.backend, case, scale)
        mine = Message.of("system", f"Your own answer was: {own.text}")
        (said,) = yield [replace(asked, messages=(mine, *asked.messages))]
        reply = form.reply(said, scale)
        # Without times, files of verdicts are the same to the byte, whoever asked.
        return replace(reply, usage=own.usage + said.usage, seconds=0.0)


class Jury:
    """Three models, one vote each."""

    needs = Needs()

    def __init__(self, *members: LLMJudge) -> None:
        self.members = members
        self.name = "jury"
        self.settings = {"members": [dict(member.settings) for member in members]}

    @property
    def backends(self) -> Mapping[str, Backend]:
        return {name: backend for member in self.members for name, backend in member.backends.items()}

    def steps(self, case: Case, scale: Scale) -> Steps:
        asked = yield from together({member.name: member.steps(case, scale) for member in self.members})
        replies = {name: replace(reply, seconds=0.0) for name, reply in asked.items()}
        votes = Counter(reply.code for reply in replies.values() if reply.code is not None)
        (code, most), *others = votes.most_common() or [(None, 0)]
        decided = code is not None and all(count < most for _, count in others)
        usage = sum((reply.usage for reply in replies.values()), start=Usage())
        status = Status.OK if decided else Status.UNPARSED
        return Reply(status, code if decided else None, usage=usage, parts=tuple(replies.items()))


def __getattr__(name: str) -> OwnAnswerFirst | Jury:
    """Make ``TWO`` or ``JURY`` when it is asked for: by then the environment says where the models are."""
    if name == "TWO":
        return OwnAnswerFirst(llm("m"))
    if name == "JURY":
        return Jury(llm("m1"), llm("m2"), llm("m3"))
    raise AttributeError(name)

"""A judge's model as one that answers the questions itself, and as one that grades such answers by the reference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from judgebench.domain import Needs, Request, Scale, Status
from judgebench.errors import UsageError, argument
from judgebench.judges.cards.judge import CardJudge
from judgebench.judges.endings import after_reasoning
from judgebench.judges.forms import told, unread
from judgebench.judges.llm import LLMJudge
from judgebench.judges.protocols.own_answer import own_answer
from judgebench.judges.protocols.rewording import rewording

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from judgebench.domain import Backend, Capability, Case, Completion, Judge, Reply, Steps

#: What an answer of one's own can be: there is no verdict in it.
ANSWERED = Scale.categories(("answered",))
#: Settings of a judge that change no answer of its own.
_OF_VERDICTS = frozenset(
    {"prompts", "parsing", "form", "samples", "samples_by", "protocol", "protocol_texts", "card", "parser"}
)


class Answering:
    """Ask a judge's model the questions that it is to judge answers to; the reply's text is its answer."""

    def __init__(self, judge: LLMJudge) -> None:
        # Whatever the judge is called: other prompts and cards of the model share its answers.
        self.name = judge.model.name
        self.backends: Mapping[str, Backend] = judge.backends
        self.settings: Mapping[str, object] = _own(judge) | {"protocol": "own-answer"}
        self._judge = judge

    @property
    def needs(self) -> Needs:
        """What its options need."""
        effort: frozenset[Capability] = frozenset({"effort"}) if "effort" in self.settings else frozenset()
        return Needs(answers=False, capabilities=effort)

    def steps(self, case: Case, scale: Scale) -> Steps:
        """Ask once; an answer that is refused, cut off or empty is none."""
        del scale
        said = yield from own_answer(self._judge, case)
        return _answered(said)


def _answered(said: Completion) -> Reply:
    reply = told(said, unread(said) or Status.UNPARSED)
    whole = reply.status is Status.UNPARSED and bool(after_reasoning(said.text).strip())
    return replace(reply, status=Status.OK, code=0) if whole else reply


class Rewording(Answering):
    """Ask a judge's model to put a request in other words, in one of several ways; the reply's text is the request."""

    def __init__(self, judge: LLMJudge) -> None:
        super().__init__(judge)
        self.settings = _own(judge) | {"protocol": "rewording"}

    def steps(self, case: Case, scale: Scale) -> Steps:
        """Ask once, in the way that the item says."""
        del scale
        (said,) = yield (Request(self._judge.backend, (rewording(case.item),), self._judge.options),)
        return _answered(said)


def _own(judge: LLMJudge) -> dict[str, object]:
    return {name: value for name, value in judge.settings.items() if name not in _OF_VERDICTS}


def asked(judge: Judge, what: str, does: str = "answer the questions itself") -> LLMJudge:
    """Give the model behind a judge, which chats; UsageError where it is not one language model, or takes no chat."""
    if isinstance(judge, LLMJudge):
        return judge
    why = "is not a language model"
    if isinstance(judge, CardJudge):
        why = "takes no chat" if judge.layout.raw else "is not named CARD:MODEL, which would say whom to ask"
    raise UsageError(f"{what} has the judge {does}, and {judge.name} {why}")


def answering(judge: Judge, what: str) -> Answering:
    """Make it of a judge, with the errors of `asked`."""
    return Answering(asked(judge, what))


def rewords(judge: Judge, what: str) -> Rewording:
    """Make the one that puts questions in other words, with the errors of `asked`."""
    return Rewording(asked(judge, what, f"put the questions in other words, or whom {argument('paraphraser')} names"))


def grading(judge: Judge, what: str) -> LLMJudge:
    """Make a judge of the same model that calls answers right or wrong, in the words of our own prompt."""
    chats = asked(judge, what)
    effort: Any = chats.settings.get("effort")
    form: Any = chats.settings.get("form")
    settings = {name: value for name, value in _own(chats).items() if name != "effort"}
    made = LLMJudge(chats.model, settings=settings, effort=effort, **({} if form is None else {"form": form}))
    return made.serving(Scale.check())


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """How another process makes one of these, from how it makes the judge; it pickles."""

    recipe: Callable[[], Judge]
    grades: bool = False
    rewords: bool = False

    def __call__(self) -> Judge:
        """Make it."""
        judge = self.recipe()
        if self.rewords:
            return rewords(judge, judge.name)
        return grading(judge, judge.name) if self.grades else answering(judge, judge.name)

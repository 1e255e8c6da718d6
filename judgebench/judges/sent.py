"""What a run sent, written again from the prompts that it keeps and from an item's texts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from judgebench.errors import JudgebenchError, RejectedError
from judgebench.judges.cards import load_card
from judgebench.judges.cards.judge import CardJudge
from judgebench.judges.forms import DEFAULT
from judgebench.judges.llm import LLMJudge
from judgebench.judges.model import Model
from judgebench.judges.prompts import load_prompt, ours
from judgebench.judges.prompts.prompt import Prompt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Case, Completion, Request, Run


class Sent:
    """The requests of a run, case by case."""

    def __init__(self, judge: LLMJudge | CardJudge, run: Run) -> None:
        self._judge, self._run = judge, run

    @classmethod
    def of(cls, run: Run) -> Sent | None:
        """Take up the prompts of a run; None where they are not at hand, or are no longer written as they were."""
        if "card" in run.settings:
            card = _by_card(run)
            return None if card is None else cls(card, run)
        known = prompts_of(run)
        if known is None:
            return None
        with suppress(JudgebenchError):
            return cls(_asking(run, known), run)
        return None

    def first(self, case: Case) -> Sequence[Request]:
        """Write the requests of the first round; none where the judge can't ask about the case."""
        with suppress(JudgebenchError, StopIteration):
            return tuple(next(self._judge.steps(case, self._run.scale)))
        return ()


def prompts_of(run: Run) -> dict[str, Prompt] | None:
    """Give the prompts of a run by kind of scale, as they were; None where it had none, or they are not at hand."""
    named: Any = run.settings.get("prompts")
    if not isinstance(named, dict):
        return None
    prompts = {kind: _prompt(run.prompts.get(kind), str(name)) for kind, name in named.items()}
    known = {kind: prompt for kind, prompt in prompts.items() if prompt is not None}
    return known if len(known) == len(prompts) else None


def _asking(run: Run, prompts: Mapping[str, Prompt]) -> LLMJudge:
    settings: Mapping[str, Any] = run.settings
    return LLMJudge(
        Model(run.judge, _never),
        prompt=prompts,
        form=settings.get("form", DEFAULT),
        samples=settings.get("samples", 1),
        samples_by=settings.get("samples_by", "majority"),
        effort=settings.get("effort"),
    )


def _by_card(run: Run) -> CardJudge | None:
    """Make the judge of a card as it was, with the templates that the run keeps."""
    named, _, code = str(run.settings["card"]).rpartition("@")
    name, _, layout = named.partition("/")
    with suppress(JudgebenchError, TypeError):
        card = load_card(name)
        for one in card.layouts:
            made = replace(one, name=layout, **run.prompts.get("card", {})) if layout.startswith(one.name) else one
            if made.digest == code:
                return CardJudge(card, made, Model(run.judge, _never), {})
    return None


def _prompt(kept: Any, name: str) -> Prompt | None:
    """Read a prompt that was kept, or find the one of ours that has its name; it has to have the digest that it had."""
    found = None
    with suppress(KeyError, TypeError, ValueError, AttributeError):
        found = Prompt.from_json(kept)
    with suppress(JudgebenchError):
        found = found or load_prompt(name.rpartition("@")[0])
        return found if f"{found.name}@{found.digest}" == name and (kept or ours(found)) else None
    return None


async def _never(request: Request) -> Completion:
    raise RejectedError(f"{request.backend} is asked nothing again")

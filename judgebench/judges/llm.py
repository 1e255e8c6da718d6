"""The judge that asks a language model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.domain import Needs
from judgebench.judges.forms import PARSING, Form
from judgebench.judges.prompts import default_prompts, load_prompt
from judgebench.judges.protocols import protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.domain import Backend, Case, Scale, Steps
    from judgebench.judges.model import Model, Price
    from judgebench.judges.prompts import Prompt
    from judgebench.judges.tokens import TokenCounter


class LLMJudge:
    """Ask ``model`` for verdicts, by the protocol that an item names, in the form of ``prompt``.

    ``settings`` are what else can change an answer (model, sampling, address), JSON-able and without secrets.
    """

    def __init__(
        self, model: Model, *, prompt: Prompt | None = None, settings: Mapping[str, object] | None = None
    ) -> None:
        self.name = model.name
        self.model = model
        self._prompt = prompt
        self._prompts = default_prompts() if prompt is None else dict.fromkeys(prompt.kinds, prompt)
        if "pick" in self._prompts and "rate" not in self._prompts:
            self._prompts["rate"] = default_prompts()["rate"]
        self._settings = dict(settings or {}) | {"parsing": PARSING, "prompts": self._named()}

    def _named(self) -> dict[str, str]:
        return {kind: f"{p.name}@{p.digest}" for kind, p in sorted(self._prompts.items())}

    @property
    def settings(self) -> Mapping[str, object]:
        """All that can change an answer; the prompts by name and digest, for every kind of scale."""
        return self._settings

    @property
    def needs(self) -> Needs:
        """What its forms need."""
        return Needs()

    @property
    def backend(self) -> str:
        """Name of its one backend."""
        return self.model.name

    @property
    def backends(self) -> Mapping[str, Backend]:
        """The model."""
        return {self.model.name: self.model}

    def serving(self, scale: Scale) -> LLMJudge:
        """Keep only the prompts that a scale can need, so that a new prompt elsewhere changes no settings."""
        if scale.kind not in self._prompts:
            load_prompt(None if self._prompt is None else self._prompt.name, scale)
        kinds = {scale.kind, "rate"} if scale.kind == "pick" else {scale.kind}
        self._prompts = {kind: prompt for kind, prompt in self._prompts.items() if kind in kinds}
        self._settings["prompts"] = self._named()
        return self

    def form(self, scale: Scale) -> Form:
        """Ask for a label in brackets, in the words of the prompt for a kind of scale."""
        return Form(self._prompts.get(scale.kind) or self._prompt or load_prompt(None, scale))

    def steps(self, case: Case, scale: Scale) -> Steps:
        """Ask about a case; UsageError where no prompt serves the scale."""
        return protocol(case.item.attribute("protocol") or "")(self, case, scale)

    def configured(
        self, *, name: str | None = None, price: Price | None = None, tokens: TokenCounter | None = None
    ) -> LLMJudge:
        """Take over what a judge file says of a judge beside its settings; none of it changes an answer."""
        self.name = name or self.name
        self.model.price = price or self.model.price
        self.model.counter = tokens or self.model.counter
        return self

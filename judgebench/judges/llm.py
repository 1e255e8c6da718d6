"""The judge that asks a language model."""

from __future__ import annotations

from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any

from judgebench.domain import Needs
from judgebench.errors import UsageError, argument
from judgebench.judges.forms import DEFAULT, PARSING, Form
from judgebench.judges.model import OfModel
from judgebench.judges.prompts import default_prompts, load_prompt
from judgebench.judges.prompts.prompt import Prompt
from judgebench.judges.protocols import Chosen, around
from judgebench.judges.protocols.question import framed
from judgebench.judges.protocols.rubric import Samples

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Capability, Case, Scale, Steps
    from judgebench.judges.model import Model
    from judgebench.judges.protocols.combining import By


class LLMJudge(OfModel):
    """Ask ``model`` for verdicts, by the protocol that an item names, in the words of ``prompt``, one or several.

    Of several prompts each is for a kind of scale. ``form`` names the notation of verdicts, ``protocol`` how each is
    come to; an item's own gives way to a shape that it names. ``settings`` are what else can change an answer (model,
    sampling, address), JSON-able and without secrets.
    """

    def __init__(
        self,
        model: Model,
        *,
        prompt: Prompt | Mapping[str, Prompt] | None = None,
        settings: Mapping[str, object] | None = None,
        form: str = DEFAULT,
        samples: int = 1,
        samples_by: By = "majority",
        effort: str | None = None,
        protocol: str = "",
    ) -> None:
        super().__init__(model.name, model)
        self.samples = Samples(samples, samples_by, at_once="n" in model.can)
        self._prompt = prompt if isinstance(prompt, Prompt) else None
        self._prompts = dict.fromkeys(prompt.kinds, prompt) if isinstance(prompt, Prompt) else dict(prompt or {})
        self._prompts = self._prompts or default_prompts()
        if "pick" in self._prompts and "rate" not in self._prompts:
            self._prompts["rate"] = default_prompts()["rate"]
        self._options = {} if effort is None else {"effort": effort}
        self._protocol = Chosen.parse(protocol)
        self._notation = self._protocol.notation(form).with_(model.can)
        self.layers = self._protocol.around
        # What nobody chose is not told: the answers of before serve on.
        chosen: dict[str, object] = {} if form == DEFAULT else {"form": form}
        chosen |= {} if samples == 1 else {"samples": samples, "samples_by": samples_by}
        chosen |= {"protocol": str(self._protocol)} if str(self._protocol) else {}
        chosen |= {"protocol_texts": self._protocol.digest} if self.layers else {}
        self._settings = dict(settings or {}) | chosen | self._options
        self._settings |= {"parsing": PARSING, "prompts": self._named()}

    def _named(self) -> dict[str, str]:
        return {kind: f"{p.name}@{p.digest}" for kind, p in sorted(self._prompts.items())}

    @property
    def settings(self) -> Mapping[str, object]:
        """All that can change an answer; the prompts by name and digest, for every kind of scale."""
        return self._settings

    @property
    def prompts(self) -> Mapping[str, Prompt]:
        """The prompts by kind of scale."""
        return self._prompts

    @property
    def needs(self) -> Needs:
        """What its form and its options need; several samples are asked for one by one where there is no other way."""
        effort: frozenset[Capability] = frozenset({"effort"}) if self._options else frozenset()
        return Needs(capabilities=self._notation.needs | effort, gpus=self.model.gpus)

    @property
    def backend(self) -> str:
        """Name of its one backend."""
        return self.model.name

    @property
    def options(self) -> tuple[tuple[str, Any], ...]:
        """Options of every request."""
        return tuple(self._options.items())

    @property
    def of_model(self) -> Mapping[str, object]:
        """What of the settings is the model's own: neither prompts nor how they are read."""
        return {name: value for name, value in self._settings.items() if name not in {"parsing", "prompts"}}

    def serving(self, scale: Scale) -> LLMJudge:
        """Keep only the prompts that a scale can need, so that a new prompt elsewhere changes no settings.

        UsageError where prompt, form and scale don't go together.
        """
        asked = self._protocol.asked(scale)
        self.form(asked).prompt.check(asked, self._notation)
        self._check_samples(scale)
        kinds = {asked.kind, "rate"} if scale.kind == "pick" else {asked.kind}
        self._prompts = {kind: prompt for kind, prompt in self._prompts.items() if kind in kinds}
        self._settings["prompts"] = self._named()
        return self

    def _check_samples(self, scale: Scale) -> None:
        """Refuse samples that tell nothing, before they are paid for."""
        several = f"{argument('samples')} {self.samples.count}"
        if self.samples.count > 1 and self._notation.name == "logprobs":
            raise UsageError(
                f"{several} with {argument('form')} logprobs makes no sense: one answer has the probabilities of all "
                "labels, which samples would estimate; leave one of the two out"
            )
        if self.samples.count > 1 and scale.kind == "number" and self.samples.by == "majority":
            raise UsageError(
                f"{several}: numbers seldom agree, so that no majority comes; give {argument('samples_by')} mean"
            )

    def form(self, scale: Scale) -> Form:
        """Ask for a verdict in the words of the prompt for a kind of scale."""
        prompt = self._prompts.get(scale.kind) or self._prompt or load_prompt(None, scale)
        return Form(prompt, self.options, self._notation)

    def steps(self, case: Case, scale: Scale) -> Steps:
        """Ask about a case; UsageError where no prompt serves the scale."""
        return self._protocol.shaped(case.item.attribute("protocol") or "")(self, case, scale)

    def framed(self, role: str, notes: Sequence[str]) -> LLMJudge:
        """Make the same judge in a role, which is shown ``notes`` above what is to be judged."""
        made = copy(self)
        made.layers = (partial(around, framed, {"role": role, "notes": tuple(notes)}), *self.layers)
        return made

    @property
    def says_how_sure(self) -> bool:
        """Whether its replies hold probabilities."""
        asked = any(name == "confidence" for name, _ in self._protocol.layers)
        return asked or self.samples.count > 1 or "logprobs" in self._notation.needs

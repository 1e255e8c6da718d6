"""A causal language model of one's own, in this process: ``hf/FOLDER`` or ``hf/OWNER/NAME[@REVISION]`` of the hub.

A conversation is written by the tokenizer's own chat template. With ``--form logprobs`` nothing is generated: the
labels' probabilities come from one pass over the prompt (`judgebench.judges.local.labels`).
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from judgebench.domain import Completion, Token
from judgebench.errors import BackendError, RejectedError
from judgebench.judges.backends.base import OF_JUDGE, judge_of
from judgebench.judges.local.model import LocalModel, local_model
from judgebench.judges.local.sampling import Labels, Prompted, Said, Sampling
from judgebench.judges.local.weights import LANGUAGE_MODELS, find

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Capability, Message, Request
    from judgebench.judges.llm import LLMJudge
    from judgebench.judges.local.weights import Weights

#: What ``temperature`` is where the user says nothing.
DEFAULT_TEMPERATURE: float | None = 0.0
#: Options of a request that say how an answer is drawn.
_DRAWN = ("temperature", "top_k", "top_p", "repetition_penalty", "stop")


class HfBackend:
    """Answers with a model's tokens; ``settings`` are what a run records."""

    can: frozenset[Capability] = frozenset({"logprobs", "labels", "n", "completions"})

    def __init__(
        self,
        weights: Weights,
        *,
        temperature: float | None,
        max_tokens: int,
        seed: int | None,
        dtype: str | None = None,
        batch_tokens: int | None = None,
    ) -> None:
        self.label = weights.name
        if weights.json("config.json").get("is_encoder_decoder"):
            raise BackendError(f"{self.label} is an encoder with a decoder; hf/ runs causal language models")
        numbers = "reward/ and embedding/ run models that answer with numbers"
        weights.must_be(f"a language model; {numbers}", *LANGUAGE_MODELS)
        self._chats = weights.chats
        self.model = LocalModel(weights, "generating:load", dtype=dtype, batch_tokens=batch_tokens)
        self._seed = seed
        self._longest = max_tokens
        self._sampling = _own_sampling(weights) if temperature is None else Sampling(temperature)
        drawn = {"temperature": temperature, "max_tokens": max_tokens, "seed": seed}
        self.settings: dict[str, object] = self.model.settings | drawn

    async def complete(self, request: Request) -> Completion:
        """Answer once, or ``n`` times."""
        started = time.monotonic()
        options = dict(request.options)
        ids = await self._tokens(request, raw=options.pop("raw", False))
        if (labels := options.get("labels")) is not None:
            weighed = Labels(tuple(labels))
            found = await self.model.run(weighed, Prompted(ids, 0), len(ids), (request.key, weighed))
            return _weighed(weighed.labels, found, len(ids), self.model.answered_by, time.monotonic() - started)
        if unknown := sorted(set(options) - {"max_tokens", "logprobs", "n", *_DRAWN}):
            raise BackendError(f"{self.label} knows no {unknown[0]!r}; ask it through a server that does: server/")
        room = min(options.get("max_tokens", self._longest), self.model.longest - len(ids))
        drawn = {name: options[name] for name in _DRAWN if name in options}
        if "stop" in drawn:
            drawn["stop"] = (drawn["stop"],) if isinstance(drawn["stop"], str) else tuple(drawn["stop"])
        kind = self._sampling._replace(**drawn, top=options.get("logprobs", 0))
        again = kind.temperature == 0 or self._seed is not None

        async def once(number: int) -> Said:
            seed = f"{self._seed}:{request.key}:{number}" if again else None
            key = (request.key, kind, room, number) if again else object()
            # The answer takes room as well; most are far shorter than they may be.
            length = len(ids) + max(1, min(room, 256))
            said: Said = await self.model.run(kind, Prompted(ids, room, seed), length, key)
            return said

        said = await asyncio.gather(*(once(number) for number in range(options.get("n", 1))))
        answers = [_completion(one, len(ids), self.model.answered_by, time.monotonic() - started) for one in said]
        if len(answers) == 1:
            return answers[0]
        return Completion(
            text=answers[0].text,
            finish=answers[0].finish,
            input_tokens=len(ids),
            output_tokens=sum(one.output_tokens for one in answers),
            model=self.model.answered_by,
            seconds=time.monotonic() - started,
            choices=tuple(one.text for one in answers),
            answers=tuple(answers),
        )

    async def _tokens(self, request: Request, *, raw: bool) -> tuple[int, ...]:
        """Write a request in tokens: a raw prompt as it is, a conversation by the template."""
        if not raw and not self._chats:
            raise BackendError(
                f"{self.label}: its tokenizer has no chat template, so nobody knows how it reads a conversation; put "
                "its chat_template.jinja into the folder, or name a judge card whose prompt goes as it is"
            )
        tokenizer = await self.model.tokenizer()
        if not raw:
            return tuple(written(self.label, tokenizer, request.messages))
        return tuple(tokenizer(request.messages[0].text)["input_ids"])


def written(name: str, tokenizer: Any, messages: Sequence[Message], *, answer: bool = True) -> list[int]:
    """Write a conversation in tokens, by the tokenizer's template; with ``answer``, up to where the answer begins.

    Where a template knows no system message, its text goes before the user's first.
    """
    if any(part.image is not None for message in messages for part in message.parts):
        raise RejectedError(f"{name} reads no images")
    said = [{"role": message.role, "content": message.text} for message in messages]
    tries = [said]
    if len(said) > 1 and said[0]["role"] == "system":
        tries.append([said[1] | {"content": f"{said[0]['content']}\n\n{said[1]['content']}"}, *said[2:]])
    why = ""
    for one in tries:
        try:
            return _templated(tokenizer, one, answer=answer)
        except Exception as error:  # noqa: BLE001 - templates are programs, and refuse by any error
            why = " ".join(str(error).split())[:200]
    raise RejectedError(f"{name}: its chat template refuses these messages: {why}")


def _templated(tokenizer: Any, messages: Sequence[Mapping[str, str]], *, answer: bool) -> list[int]:
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=answer, tokenize=True, return_dict=False)
    return list(ids)


def _own_sampling(weights: Weights) -> Sampling:
    """Read how a model's own configuration draws its answers."""
    own = weights.json("generation_config.json")
    found = {name: own[name] for name in ("top_k", "top_p", "repetition_penalty") if own.get(name) is not None}
    return Sampling(float(own.get("temperature") or 1.0) if own.get("do_sample") else 0.0, **found)


def _weighed(labels: Sequence[str], found: Sequence[float], tokens: int, model: str, seconds: float) -> Completion:
    ranked = sorted(zip(labels, found, strict=True), key=lambda pair: -pair[1])
    told = Token(*ranked[0], tuple(ranked))
    return Completion(ranked[0][0], input_tokens=tokens, model=model, seconds=seconds, logprobs=(told,))


def _completion(said: Said, tokens: int, model: str, seconds: float) -> Completion:
    return Completion(
        text=said.text,
        finish="stop" if said.ended else "length",
        input_tokens=tokens,
        output_tokens=said.tokens,
        model=model,
        seconds=seconds,
        logprobs=tuple(Token(text, logprob, top) for text, logprob, top in said.told),
    )


def create(model: str, **options: Any) -> LLMJudge:
    """Build the judge that asks a model of one's own; its files are looked at, and loaded at the first call."""
    not_its = {"base_url", "timeout", *OF_JUDGE}
    made = HfBackend(find("hf", model), **{name: one for name, one in options.items() if name not in not_its})
    answering = local_model(made.model, made.complete, can=made.can, longest=options["max_tokens"])
    return judge_of(answering, made.settings, **options)

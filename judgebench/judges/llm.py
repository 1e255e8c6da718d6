"""The judge that asks a language model: prompt, completion, and a strict parser.

A verdict is read only where the answer gives exactly one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from judgebench.domain import Case, Reply, Scale, Status, Usage
from judgebench.judges.prompts import default_prompts, load_prompt
from judgebench.judges.tokens import similar_tokens

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from judgebench.domain import Limiter
    from judgebench.domain.protocols import BatchApi
    from judgebench.judges.backend import Complete, Completion, Message
    from judgebench.judges.prompts import Prompt
    from judgebench.judges.tokens import TokenCounter

    Price = Callable[[Completion], float | None]


_MARK = re.compile(r"\[\[([^\[\]]*)\]\]")
_REASONING = re.compile(r"\s*<think>.*?(?:</think>|\Z)", re.DOTALL)


def parse_verdict(text: str, scale: Scale) -> int | None:
    """Read the verdict of an answer, in shown coordinates; None where there is not exactly one.

    A verdict is a label of the scale in double square brackets, case and outer blanks ignored; it may be repeated.
    Nothing is read where two different verdicts occur, or a bracketed word without blanks that is not on the scale
    (``[[C]]``, ``[[4.5]]``). Other bracketed text, such as the shell's ``[[ -f file ]]``, is passed over. So is a
    leading ``<think>`` block: it is how some servers send the reasoning that comes before an answer.

    >>> from judgebench.domain import Scale
    >>> pair = Scale.pair()
    >>> parse_verdict("The second one is wrong, so [[a]].", pair)
    0
    >>> parse_verdict("[[A]], or rather [[B]]", pair) is None
    True
    """
    answer = text[reasoning.end() :] if (reasoning := _REASONING.match(text)) else text
    found: set[int] = set()
    for mark in _MARK.finditer(answer):
        content = mark[1].strip()
        code = scale.code(content)
        if code is not None:
            found.add(code)
        elif content and not any(c.isspace() for c in content):
            return None
    return found.pop() if len(found) == 1 else None


#: Items with the attribute ``protocol`` of this value have every response rated by itself.
RATE_EACH = "rate-each"
#: Part of every model judge's settings: raise it when the same words are read as another verdict than before.
PARSING = 1
#: The scale of that rating; RewardBench 2 rates its Ties subset so.
RATE_EACH_SCALE = Scale.rate(1, 10)

#: A rough guess for where the store holds no answer yet: judges explain themselves in a few hundred tokens.
TOKENS_PER_ANSWER = 300


@dataclass(frozen=True, slots=True)
class Expected:
    """What a case will probably use; an estimate, for ``--dry-run``."""

    calls: int
    usage: Usage


class LLMJudge:
    """Ask a language model for verdicts.

    ``complete`` is the backend; ``settings`` are what else can change an answer (model, sampling, address), JSON-able
    and without secrets. ``price`` gives the dollars of a completion, None where unknown. ``limit_group`` names what its
    calls share limits with: the same model at the same address; by default the judge itself.

    An answer cut off at the token limit is ``truncated`` even where it already holds a verdict: the model was not done.
    A refusal or a content filter is ``refused``. Everything else goes to the strict parser and is ``ok`` or
    ``unparsed``.

    On a ``pick`` scale an item whose attribute ``protocol`` is ``rate-each`` is not compared: each response is rated
    from 1 to 10 in a call of its own with the ``rate`` prompt. The ratings are the reply's ``scores``; the code is the
    highest one, of several the first as shown.
    """

    def __init__(
        self,
        name: str,
        complete: Complete,
        *,
        prompt: Prompt | None = None,
        settings: Mapping[str, object] | None = None,
        price: Price | None = None,
        aclose: Callable[[], Awaitable[None]] | None = None,
        limit_group: str = "",
        tokens: TokenCounter | None = None,
        batch: BatchApi | None = None,
    ) -> None:
        self.limit_group = limit_group or name
        self.batch = batch
        self.name = name
        self._complete = complete
        self._prompt = prompt
        self._price = price
        self._aclose = aclose
        self._prompts = default_prompts() if prompt is None else dict.fromkeys(prompt.kinds, prompt)
        if "pick" in self._prompts and "rate" not in self._prompts:
            self._prompts["rate"] = default_prompts()["rate"]
        self.settings: dict[str, object] = dict(settings or {}) | {"parsing": PARSING, "prompts": self._digests()}
        # Calls of a rate-each case that were answered before one of them failed, by case key.
        self._answered: dict[str, list[Completion]] = {}
        self._limiter: Limiter | None = None
        self._tokens = tokens or similar_tokens()
        longest = self.settings.get("max_tokens")
        self._longest = longest if isinstance(longest, int) else None

    def _digests(self) -> dict[str, str]:
        return {kind: f"{p.name}@{p.digest}" for kind, p in sorted(self._prompts.items())}

    def serving(self, scale: Scale) -> LLMJudge:
        """Keep only the prompts that a scale can need, so that a new prompt elsewhere changes no settings."""
        if scale.kind not in self._prompts:
            load_prompt(None if self._prompt is None else self._prompt.name, scale)
        kinds = {scale.kind, "rate"} if scale.kind == "pick" else {scale.kind}
        self._prompts = {kind: prompt for kind, prompt in self._prompts.items() if kind in kinds}
        self.settings["prompts"] = self._digests()
        return self

    def attach(self, limiter: Limiter) -> None:
        """Make all calls through a limiter from now on; the engine does this before it asks."""
        self._limiter = limiter

    def requests(self, case: Case, scale: Scale) -> list[list[Message]]:
        """Write what is asked about a case: the messages of each call. UsageError where no prompt serves the scale."""
        if _rates_each(case, scale):
            return [self._messages(one, RATE_EACH_SCALE) for one in _one_by_one(case)]
        return [self._messages(case, _as_shown(case, scale))]

    def reply(self, case: Case, scale: Scale, completions: Sequence[Completion]) -> Reply:
        """Read the answers to `requests`, in their order; of several, those after an unusable one may be missing."""
        if _rates_each(case, scale):
            return self._ratings(completions)
        (completion,) = completions
        status, code = _verdict(completion, _as_shown(case, scale))
        return Reply(
            status,
            code,
            text=completion.text,
            error=_why(completion) if status is Status.REFUSED else "",
            model=completion.model,
            usage=self.usage(completion),
            seconds=completion.seconds,
        )

    async def judge(self, case: Case, scale: Scale) -> Reply:
        """Ask for a verdict on a case; errors are those of `requests` and of the backend."""
        requests = self.requests(case, scale)
        if len(requests) == 1:
            return self.reply(case, scale, [await self.ask(requests[0])])
        # One after the other, so that one case is one call in flight at a time.
        answered = self._answered.setdefault(case.key, [])
        while len(answered) < len(requests):
            answered.append(await self.ask(requests[len(answered)]))
            if _verdict(answered[-1], RATE_EACH_SCALE)[1] is None:
                break
        return self.reply(case, scale, self._answered.pop(case.key))

    async def ask(self, messages: Sequence[Message]) -> Completion:
        """Make one call, through the limiter where there is one."""
        if self._limiter is None:
            return await self._complete(messages)
        return await self._limiter.call(
            lambda: self._complete(messages), forecast=lambda: self._expected(messages), spent=self.usage
        )

    async def aclose(self) -> None:
        """Close the backend's connections."""
        if self._aclose is not None:
            await self._aclose()
        if self.batch is not None:
            await self.batch.aclose()

    def forecast(self, case: Case, scale: Scale, *, batch: bool = False) -> Expected:
        """Estimate what asking about a case, live or in a batch, will use, without asking."""
        requests = self.requests(case, scale)
        usage = self._expected(requests[0], batch=batch)
        for messages in requests[1:]:
            usage = usage + self._expected(messages, batch=batch)
        return Expected(len(requests), usage)

    def usage(self, completion: Completion) -> Usage:
        """Tokens and price of an answer."""
        usd = self._price(completion) if self._price is not None else None
        return Usage(completion.input_tokens, completion.output_tokens, usd)

    def _expected(self, messages: Sequence[Message], *, batch: bool = False) -> Usage:
        answer = min(TOKENS_PER_ANSWER, self._longest or TOKENS_PER_ANSWER)
        return self.cost(self._tokens(messages), answer, batch=batch)

    def cost(self, input_tokens: int, output_tokens: int, *, batch: bool = False) -> Usage:
        """Price tokens that a backend would report."""
        from judgebench.judges.backend import Completion  # noqa: PLC0415 - only limits and a dry run need one

        return self.usage(Completion("", input_tokens=input_tokens, output_tokens=output_tokens, batch=batch))

    @property
    def counting(self) -> str:
        """What counts the tokens of a forecast."""
        return self._tokens.name

    def configured(
        self, *, name: str | None = None, price: Price | None = None, tokens: TokenCounter | None = None
    ) -> LLMJudge:
        """Take over what a judge file says of a judge beside its settings; none of it changes an answer."""
        self.name = name or self.name
        self._price = price or self._price
        self._tokens = tokens or self._tokens
        return self

    def _messages(self, case: Case, scale: Scale) -> list[Message]:
        prompt = self._prompts.get(scale.kind) or self._prompt or load_prompt(None, scale)
        return prompt.render(case, scale)

    def _ratings(self, answered: Sequence[Completion]) -> Reply:
        verdicts = [_verdict(completion, RATE_EACH_SCALE) for completion in answered]
        codes = [code for _, code in verdicts if code is not None]
        # In a batch all are asked, whatever one of them came to.
        status = next((status for status, code in verdicts if code is None), Status.OK)
        ok = status is Status.OK
        scores = tuple(RATE_EACH_SCALE.values[code] for code in codes) if ok else ()
        usage = self.usage(answered[0])
        for completion in answered[1:]:
            usage = usage + self.usage(completion)
        unusable = next((c for c, (_, code) in zip(answered, verdicts, strict=True) if code is None), answered[-1])
        return Reply(
            status,
            scores.index(max(scores)) if ok else None,
            scores=scores,
            text="\n\n".join(f"response {n}:\n{c.text}" for n, c in enumerate(answered, 1)),
            error=_why(unusable) if status is Status.REFUSED else "",
            model=answered[-1].model,
            usage=usage,
            seconds=sum(completion.seconds for completion in answered),
        )


def _rates_each(case: Case, scale: Scale) -> bool:
    return scale.kind == "pick" and case.item.attribute("protocol") == RATE_EACH


def _as_shown(case: Case, scale: Scale) -> Scale:
    """Offer as many places to pick as there are responses: items of one task may differ in that."""
    return Scale.pick(len(case.order)) if scale.kind == "pick" else scale


def _one_by_one(case: Case) -> list[Case]:
    return [Case(case.item, (index,), case.repeat, case.probe, case.reference) for index in case.order]


def _verdict(completion: Completion, scale: Scale) -> tuple[Status, int | None]:
    if completion.finish == "length":
        return Status.TRUNCATED, None
    if completion.finish in {"refusal", "filter"}:
        return Status.REFUSED, None
    code = parse_verdict(completion.text, scale)
    return (Status.UNPARSED, None) if code is None else (Status.OK, code)


def _why(completion: Completion) -> str:
    return "the model refused" if completion.finish == "refusal" else "a content filter cut the answer off"

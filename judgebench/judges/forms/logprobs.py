"""The verdict as the first token of an answer, by its log-probability and those of the other labels."""

from __future__ import annotations

import math
import re
from itertools import combinations
from typing import TYPE_CHECKING, Any

from judgebench.errors import UsageError, argument
from judgebench.judges.endings import after_reasoning
from judgebench.judges.notation import Heard, Notation
from judgebench.judges.words import listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Capability, Code, Completion, Token
    from judgebench.judges.words import Words

#: As many alternatives of a token as APIs give.
ALTERNATIVES = 20
#: What a verdict is that is no single label.
_WHOLE = {"number": "a number", "set": "several labels", "rank": "an order", "steps": "one for each step"}
_END = re.compile(r"<\|.*\|>|</s>|")


class Logprobs(Notation):
    """The likeliest label at the place of the first token that is not blank.

    A token counts for the label that it is, or that it alone begins; the probabilities of a label's tokens are added up
    and divided by those of all labels. The answer has to be a label and nothing else: then the place is that of the
    verdict. On a rating the expectation is the score.
    """

    name = "logprobs"
    needs = frozenset({"logprobs"})

    def with_(self, can: frozenset[Capability]) -> Notation:
        """Let a backend weigh the labels itself, if it can."""
        return Labels() if "labels" in can else self

    def check(self, words: Words) -> None:
        """Refuse labels that begin alike: nobody knows how a model cuts them into tokens; and what is no label."""
        if not words.scale.listed:
            raise UsageError(
                f"{argument('form')} logprobs weighs single labels against each other, and a verdict on "
                f"{words.scale.spec} is {_WHOLE[words.scale.kind]}: take another form"
            )
        for one, other in combinations([word.casefold() for word in words.offered], 2):
            if one[0] == other[0]:
                raise UsageError(
                    f"{argument('form')} logprobs can't tell {one!r} from {other!r} by a first token: give words of "
                    "their own to the labels ([verdicts] in the prompt), or take another form"
                )

    def options(self, words: Words, criteria: Sequence[str]) -> dict[str, Any]:  # noqa: ARG002 - it holds one
        """Ask for the alternatives."""
        return {"logprobs": ALTERNATIVES}

    def says(self, words: Words, criteria: Sequence[str] = ()) -> str:  # noqa: ARG002 - it holds one
        """Ask for the verdict alone."""
        return f"Answer with your verdict and nothing else, exactly one of these:\n{listed(words, str)}"

    def wrote(self, words: Mapping[str, str], reason: str) -> str:  # noqa: ARG002 - an answer has none
        """Write the word alone."""
        return words[""]

    def read(self, completion: Completion, words: Words) -> Heard:
        """Weigh the labels against each other."""
        answer = after_reasoning(completion.text).strip()
        place = _place(completion.logprobs, answer)
        if words.code(answer) is None or place is None:
            return Heard(why="" if completion.logprobs else "the answer came without log-probabilities")
        return self._weighed(dict([*place.top, (place.text, place.logprob)]), words)

    def _weighed(self, said: Mapping[str, float], words: Words) -> Heard:
        """Add up the probabilities of the texts that mean a label, and compare the labels."""
        weights = [0.0] * len(words.scale.labels)
        for text, logprob in said.items():
            if not logprob <= 0:
                return Heard()
            code = self._meant(text, words)
            if isinstance(code, int):
                weights[code] += math.exp(logprob)
        total = sum(weights)
        best = [code for code, weight in enumerate(weights) if weight == max(weights)]
        if not total or len(best) > 1:
            return Heard()
        shares = tuple(weight / total for weight in weights)
        values = words.scale.values
        expected = sum(share * value for share, value in zip(shares, values, strict=False))
        return Heard(best[0], shares, (expected,) if words.scale.kind == "rate" else ())

    def _meant(self, token: str, words: Words) -> Code | None:
        """Find the label that a token is, or begins; None where it is none or could be several."""
        start = token.strip().casefold()
        codes = {words.code(word) for word in words.offered if start and word.casefold().startswith(start)}
        return codes.pop() if len(codes) == 1 else None


class Labels(Logprobs):
    """The same of a backend that weighs whole labels: each is told with its probability, and may begin as it likes."""

    needs = frozenset({"labels"})

    def check(self, words: Words) -> None:
        """Refuse verdicts that are no list of labels."""
        if not words.scale.listed:
            raise UsageError(f"{argument('form')} logprobs weighs labels, and {words.scale.spec} is not a list of them")

    def options(self, words: Words, criteria: Sequence[str]) -> dict[str, Any]:  # noqa: ARG002 - it holds one
        """Name the labels."""
        return {"labels": words.offered}

    def read(self, completion: Completion, words: Words) -> Heard:
        """Weigh the labels against each other; the likeliest counts as one, for all may be too unlikely for a float."""
        if not completion.logprobs:
            return Heard()
        best, labels = completion.logprobs[0].logprob, completion.logprobs[0].top
        return self._weighed({label: logprob - best for label, logprob in labels}, words)

    def _meant(self, token: str, words: Words) -> Code | None:
        return words.code(token)


def _place(tokens: Sequence[Token], answer: str) -> Token | None:
    """Find the token that begins the answer, which is what the tokens end in; markers of the end are passed over."""
    said = ""
    for number in range(len(tokens) - 1, -1, -1):
        if not said and _END.fullmatch(tokens[number].text.strip()):
            continue
        said = tokens[number].text + said
        if said.strip() == answer:
            return next(token for token in tokens[number:] if token.text.strip())
        if len(said.strip()) > len(answer):
            break
    return None

"""``[[A]]``: a word in double square brackets; of several criteria ``[[accuracy: 4]]``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from judgebench.domain import Scale
from judgebench.judges.endings import after_reasoning
from judgebench.judges.notation import Heard, Notation, answer_of
from judgebench.judges.words import bracketed, listed, one_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Code, Completion
    from judgebench.judges.words import Words

_MARK = re.compile(r"\[\[([^\[\]]*)\]\]")


def parse_verdict(text: str, scale: Scale | Words) -> Code | None:
    """Read the verdict of an answer, in shown coordinates; None where there is not exactly one.

    A verdict is a label of the scale in double square brackets, case and outer blanks ignored; it may be repeated.
    Nothing is read where two different verdicts occur, or a bracketed word without blanks that is not on the scale
    (``[[C]]``, ``[[4.5]]``). Other bracketed text, such as the shell's ``[[ -f file ]]``, is passed over, but where
    verdicts are sets, orders, steps or numbers. So is all that stands before the last end of reasoning, which some
    servers send with the answer.

    >>> from judgebench.domain import Scale
    >>> pair = Scale.pair()
    >>> parse_verdict("The second one is wrong, so [[a]].", pair)
    0
    >>> parse_verdict("[[A]], or rather [[B]]", pair) is None
    True
    """
    found: set[Code] = set()
    one_word = (scale if isinstance(scale, Scale) else scale.scale).listed
    for mark in _MARK.finditer(after_reasoning(text)):
        content = mark[1].strip()
        code = scale.code(content)
        if code is not None:
            found.add(code)
        elif content and not (one_word and any(c.isspace() for c in content)):
            return None
    return found.pop() if len(found) == 1 else None


class Brackets(Notation):
    """Words in double square brackets, anywhere in the answer."""

    name = "brackets"
    several = True

    def says(self, words: Words, criteria: Sequence[str] = ()) -> str:
        """Ask for the verdict in the last line, or for one line a criterion."""
        if criteria:
            lines = "\n".join(bracketed(f"{name}: VERDICT") for name in criteria)
            return (
                "Explain your verdicts briefly. Then end with one line for each criterion, in double square brackets:\n"
                f"{lines}\nEach VERDICT is exactly one of these:\n{listed(words, str)}"
            )
        return (
            "Explain your verdict briefly. Then end with one last line that holds nothing but your verdict, in double "
            f"square brackets, {one_of(words)}:\n{listed(words, bracketed)}"
        )

    def wrote(self, words: Mapping[str, str], reason: str) -> str:
        """Put the verdicts below the reason."""
        said = [bracketed(f"{name}: {word}" if name else word) for name, word in words.items()]
        return "\n".join(filter(None, [reason, *said]))

    def read(self, completion: Completion, words: Words) -> Heard:
        """Read the verdict, as `parse_verdict` does."""
        return Heard(parse_verdict(completion.text, words))

    def read_each(self, completion: Completion, words: Words, criteria: Sequence[str]) -> dict[str, Code] | None:
        """Read ``[[name: word]]``; other bracketed text is passed over, unless it is a verdict on no criterion."""
        found: dict[str, Code] = {}
        names = {name.casefold(): name for name in criteria}
        for mark in _MARK.finditer(answer_of(completion)):
            before, colon, word = mark[1].rpartition(":")
            name, code = names.get(before.strip().casefold()), words.code(word)
            if name is None and not (colon and code is not None) and words.code(mark[1]) is None:
                continue
            if name is None or code is None or found.setdefault(name, code) != code:
                return None
        return found if len(found) == len(criteria) else None

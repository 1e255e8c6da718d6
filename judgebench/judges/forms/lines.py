"""The verdict as a line of its own, the first or the last, or where a regular expression finds it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from judgebench.errors import UsageError, argument
from judgebench.judges.notation import Heard, Notation, answer_of
from judgebench.judges.words import listed, one_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Completion
    from judgebench.judges.words import Words


class Line(Notation):
    """A word alone on the first or the last line that is not blank.

    Nothing is read where another line holds another verdict alone.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._first = name == "first-line"

    def says(self, words: Words, criteria: Sequence[str] = ()) -> str:  # noqa: ARG002 - it holds one
        """Ask for a line that holds nothing else."""
        if self._first:
            told = (
                "Begin with one line that holds nothing but your verdict, and explain it below that line. The verdict "
                f"is {one_of(words)}:"
            )
        else:
            told = (
                "Explain your verdict briefly. Then end with one last line that holds nothing but your verdict, "
                f"{one_of(words)}:"
            )
        return f"{told}\n{listed(words, str)}"

    def wrote(self, words: Mapping[str, str], reason: str) -> str:
        """Put the verdict above or below the reason."""
        said = [words[""], reason] if self._first else [reason, words[""]]
        return "\n".join(filter(None, said))

    def read(self, completion: Completion, words: Words) -> Heard:
        """Read the line."""
        lines = [line for line in answer_of(completion).splitlines() if line.strip()]
        codes = [words.code(line) for line in lines]
        code = codes[0 if self._first else -1] if codes else None
        return Heard(code if {code} >= {one for one in codes if one is not None} else None)


class Pattern(Notation):
    """A word in the one group of a regular expression, wherever it matches; all matches have to say the same."""

    def __init__(self, pattern: str) -> None:
        self.name = f"regex:{pattern}"
        try:
            self._found = re.compile(pattern, re.MULTILINE)
        except re.error as error:
            raise UsageError(f"{argument('form')} {self.name}: not a regular expression ({error})") from None
        if self._found.groups != 1:
            raise UsageError(
                f"{argument('form')} {self.name}: the verdict is what the one group (…) of the expression holds, and "
                f"it has {self._found.groups} groups; (?:…) holds nothing"
            )

    def says(self, words: Words, criteria: Sequence[str] = ()) -> str:  # noqa: ARG002 - it holds one
        """List the words, and say the expression."""
        return (
            "Explain your verdict briefly. Then give your verdict so that this regular expression finds it:\n"
            f"{self._found.pattern}\nIts group has to hold exactly one of these:\n{listed(words, str)}"
        )

    def wrote(self, words: Mapping[str, str], reason: str) -> str:  # noqa: ARG002 - as of other notations
        """Refuse: nobody knows what the expression wants around the word."""
        raise UsageError(
            f"{argument('form')} {self.name}: an example's verdict can't be written for it; take another form, or "
            "write the examples in the prompt's own text"
        )

    def read(self, completion: Completion, words: Words) -> Heard:
        """Read every match."""
        codes = {words.code(match[1] or "") for match in self._found.finditer(answer_of(completion))}
        return Heard(codes.pop() if len(codes) == 1 else None)

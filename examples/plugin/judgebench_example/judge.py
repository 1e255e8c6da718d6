"""A judge: an answer is right if it contains a word, in any case."""

from __future__ import annotations

from judgebench.domain import Case, Reply, Scale


class Keyword:
    """Has a name for tables, settings that can change an answer, and gives verdicts."""

    def __init__(self, word: str) -> None:
        self.name = f"keyword/{word}"
        self.settings = {"word": word}

    async def judge(self, case: Case, scale: Scale) -> Reply:
        """Give a verdict by its place on the scale: 0 is incorrect, 1 is correct."""
        if scale.kind != "check":
            return Reply.unparsed("keyword judges one answer")
        return Reply.ok(int(self.settings["word"].casefold() in case.responses[0].text.casefold()))


def make(word: str, **settings: object) -> Keyword:
    """Make the judge behind ``keyword/WORD``; the settings are those of ``run``, which it has no use for."""
    del settings
    return Keyword(word)

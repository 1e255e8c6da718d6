"""The prompts that were sent, as a page keeps them: the prompt's own words once, and an item's by their place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from judgebench.domain import Case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from judgebench.domain import Item, Part, Request, Verdict


def texts_of(item: Item) -> dict[str, Any]:
    """Give the texts of an item as the page shows them."""
    return {
        "turns": [[turn.speaker, [[part.text, part.image] for part in turn.parts]] for turn in item.conversation],
        "context": list(item.context),
        "references": [[reference.kind, reference.text] for reference in item.references],
        "responses": [[response.whole, list(response.pictures)] for response in item.responses],
    }


class Prompts:
    r"""What the prompts of a board say between the items' texts, each once, where ``\0`` stands for an item's code."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    @property
    def words(self) -> list[str]:
        """All that they say, by number."""
        return list(self._known)

    def sent(
        self,
        item: Item,
        verdict: Verdict,
        requests: Callable[[Case], Sequence[Request]],
        texts: Mapping[str, Any] | None = None,
    ) -> list[Any]:
        """Write what was sent for a verdict: of each request its messages, a role and pieces; ``texts`` are the page's.

        A piece is a number of `words`, a list with the place of one of the item's texts, a text, or an image.
        """
        case = Case(item, verdict.order, verdict.repeat, "", verdict.reference)
        places = {text: place for place, text in reversed(list(enumerate(_listed(texts or texts_of(item)))))}
        code = item.content_digest
        return [
            [
                [said.role, [cut for part in said.parts for cut in self._cut(part, code, places)]]
                for said in one.messages
            ]
            for one in requests(case)
        ]

    def _cut(self, part: Part, code: str, places: Mapping[str, int]) -> Iterator[Any]:
        if part.image is not None:
            yield {"image": part.image}
            return
        text, end = part.text, 0
        fenced = rf"=== begin ([^\n]*) \[{code}\] ===\n(.*?)\n=== end \1 \[{code}\] ==="
        for block in re.finditer(fenced, text, re.DOTALL):
            yield self._number(text[end : block.start(2)].replace(code, "\0"))
            yield [places[block[2]]] if block[2] in places else block[2]
            end = block.end(2)
        yield self._number(text[end:].replace(code, "\0"))

    def _number(self, words: str) -> int:
        return self._known.setdefault(words, len(self._known))


def _listed(texts: Mapping[str, Any]) -> list[str]:
    """List an item's texts, as the page's script does."""
    turns = [text for _, pieces in texts["turns"] for text, _ in pieces]
    references, responses = [text for _, text in texts["references"]], [text for text, _ in texts["responses"]]
    return [*turns, *texts["context"], *references, *responses]

"""A request in other words, as a model is asked for it: several ways, so that several wordings differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.domain import Message, digest
from judgebench.judges.prompts.template import block

if TYPE_CHECKING:
    from judgebench.domain import Item

#: The attribute of an item that says which of its rewordings is wanted, from 1.
NUMBER = "rewording"
_WAYS = (
    "use other words and another order of the sentences",
    "write it as a careful colleague would in a letter",
    "write it as briefly as its content allows",
    "write it as somebody would say it aloud",
    "turn questions into requests, and requests into questions",
    "begin with what it ends with",
)
_ASKED = (
    "Put the request below in other words: {way}. Whoever reads yours must do just what the request asks for: keep its "
    "language, all facts, numbers, names and conditions, and copy quotations, code and texts that are to be worked on "
    "as they are. Do not answer it. Reply with the reworded request alone."
)


def rewording(item: Item) -> Message:
    """Ask for the last text of the user in other words."""
    number = int(item.attribute(NUMBER) or 1)
    way = _WAYS[(number - 1) % len(_WAYS)]
    if number > len(_WAYS):
        way += f" (version {number})"
    text = request_of(item)
    said = block("the request", digest(["rewording", item.content_digest]), text)
    return Message.of("user", f"{_ASKED.format(way=way)}\n\n{said}")


def request_of(item: Item) -> str:
    """Give the text that the user wrote last; empty where the item ends with none."""
    turns = [turn for turn in item.conversation if turn.role != "system"]
    if not turns or turns[-1].role != "user":
        return ""
    texts = [part.text for part in turns[-1].parts if part.image is None]
    return texts[-1].strip() if texts else ""

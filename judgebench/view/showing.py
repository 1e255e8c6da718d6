"""An item as the label page shows it, and what can be said of it: without who wrote a response, or what gold says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from judgebench.errors import RejectedError
from judgebench.judges.images import image_url

if TYPE_CHECKING:
    from judgebench.domain import Code, Item, Part, Response, Scale

__all__ = ["MOST_BUTTONS", "choices", "plain", "shown", "steps_of"]

#: Images of more bytes are named instead of shown.
_MOST_IMAGE = 8_000_000
#: Scales of more labels get a field to type into instead of buttons.
MOST_BUTTONS = 20
_PAIR = {
    "A": "A is better",
    "B": "B is better",
    "tie": "Neither is better",
    "A>B": "A is better",
    "B>A": "B is better",
    "A>>B": "A is much better",
    "B>>A": "B is much better",
    "A>>>B": "A is better beyond comparison",
    "B>>>A": "B is better beyond comparison",
    "both bad": "Both are bad",
}
_CHECK = {"correct": "Correct", "incorrect": "Incorrect"}


def shown(item: Item, scale: Scale, order: tuple[int, ...], reference: str) -> dict[str, Any]:
    """Write an item as it is shown in an order (as in `Case`), as plain JSON; ``auto`` shows people's references."""
    kind = "human" if reference == "auto" else reference
    letters = "AB" if scale.kind == "pair" else ""
    responses = [item.responses[index] for index in order]
    steps = steps_of(item) if scale.kind == "steps" else 0
    one = "Step" if steps == len(responses) > 1 else "Answer"
    return {
        "conversation": [{"role": turn.speaker, "parts": _parts(turn.parts)} for turn in item.conversation],
        "context": list(item.context),
        "criterion": item.attribute("criterion") or "",
        "references": [one.text for one in item.references if one.kind == kind],
        "responses": [
            {
                "name": one if len(responses) == 1 else f"{one} {letters[slot] if letters else slot + 1}",
                "parts": _response(response),
            }
            for slot, response in enumerate(responses)
        ],
        "steps": steps,
    }


def steps_of(item: Item) -> int:
    """Count the steps of an item: its responses, or as many as its one response was labelled in."""
    if len(item.responses) > 1:
        return len(item.responses)
    counts = [len(label.code) for label in item.gold if isinstance(label.code, tuple)]
    return max(counts, default=1)


def choices(scale: Scale, responses: int) -> list[dict[str, Any]]:
    """Name what can be chosen, in the coordinates in which the item is shown.

    >>> from judgebench.domain import Scale
    >>> [one["text"] for one in choices(Scale.pair(), 2)]
    ['A is better', 'Neither is better', 'B is better']
    """
    if scale.kind in {"pick", "rank"}:
        return [{"code": code, "text": f"Answer {code + 1}", "key": _key(code)} for code in range(responses)]
    # Digits that are labels should be typed as such.
    digits = all(re.fullmatch(r"\d", label) for label in scale.labels)
    words = {"pair": _PAIR, "check": _CHECK, "steps": _CHECK}.get(scale.kind, {})
    return [
        {"code": code, "text": words.get(label, label), "key": label if digits else _key(code)}
        for code, label in enumerate(scale.labels)
    ]


def plain(code: Code | None) -> int | list[int] | None:
    """Write a code as JSON has it."""
    return list(code) if isinstance(code, tuple) else code


def _key(code: int) -> str:
    return str((code + 1) % 10) if code < 10 else ""


def _response(response: Response) -> list[dict[str, str]]:
    if response.turns:
        told = [({"note": f"{turn.speaker}:"}, *_parts(turn.parts)) for turn in response.turns]
        return [part for parts in told for part in parts]
    text = [{"text": response.text}] if response.text.strip() else [{"note": "(an empty text)"}]
    return [*text, *(_image(image) for image in response.images)]


def _parts(parts: tuple[Part, ...]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for part in parts:
        if part.image is not None:
            found.append(_image(part.image))
        if part.text:
            found.append({"text": part.text})
    return found


def _image(image: str) -> dict[str, str]:
    """Write an image as the page may show it: inside the answer; nothing is fetched from elsewhere."""
    if image.startswith("data:image/"):
        return {"image": image}
    if image.startswith(("http:", "https:", "data:")):
        return {"note": f"(an image that is not fetched: {image[:200]})"}
    try:
        return {"image": image_url(image, _MOST_IMAGE)}
    except RejectedError:
        return {"note": "(an image that can't be read here)"}

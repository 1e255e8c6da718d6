"""An item as the person who labels it sees it: never who wrote a response, what gold says, or what a judge said."""

from __future__ import annotations

import base64
import mimetypes
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.domain import Item, Part, Response, Scale

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
_LINES = re.MULTILINE | re.DOTALL
_CHECK = {"correct": "Correct", "incorrect": "Incorrect"}


def shown(item: Item, scale: Scale, order: tuple[int, ...], reference: str) -> dict[str, Any]:
    """Write an item as it is shown in an order (as in `Case`), as plain JSON; ``auto`` shows people's references."""
    kind = "human" if reference == "auto" else reference
    letters = "AB" if scale.kind == "pair" else ""
    responses = [item.responses[index] for index in order]
    steps = steps_of(item) if scale.kind == "steps" else 0
    one = "Step" if steps == len(responses) > 1 else "Response"
    return {
        "conversation": [{"role": turn.role, "parts": _parts(turn.parts)} for turn in item.conversation],
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
        return [{"code": code, "text": f"Response {code + 1}", "key": _key(code)} for code in range(responses)]
    # Digits that are labels should be typed as such.
    digits = all(re.fullmatch(r"\d", label) for label in scale.labels)
    words = {"pair": _PAIR, "check": _CHECK, "steps": _CHECK}.get(scale.kind, {})
    return [
        {"code": code, "text": words.get(label, label), "key": label if digits else _key(code)}
        for code, label in enumerate(scale.labels)
    ]


def _key(code: int) -> str:
    return str((code + 1) % 10) if code < 10 else ""


def _response(response: Response) -> list[dict[str, str]]:
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
    kind = mimetypes.guess_type(image)[0] or ""
    try:
        file = Path(image)
        if kind.startswith("image/") and file.stat().st_size <= _MOST_IMAGE:
            return {"image": f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"}
    except (OSError, ValueError):
        # No file has a NUL in its name.
        pass
    return {"note": "(an image that can't be read here)"}


def guidelines(readme: str) -> list[str]:
    r"""Take what the annotators were asked from a task's page, in paragraphs of plain text.

    Tables and lists, which tell of the gold labels, and what follows them are left out.

    >>> guidelines("## What the annotators were asked\n\nTo say **which**\nis better.\n\n- Gold is\n\n## Rows\n\nNo.")
    ['To say which is better.']
    """
    found = re.search(r"^## What the annotators were asked\n(.*?)(?=^## |^- |^\||\Z)", readme, flags=_LINES)
    return list(_paragraphs(found[1])) if found else []


def _paragraphs(text: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n", text):
        words = re.sub(r"\*\*|`|(?<!\w)\*|\*(?!\w)", "", " ".join(block.split()))
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", words)
        if words:
            yield words

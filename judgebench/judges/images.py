"""Images on their way to a model: web addresses as they are, files and ``data:`` URIs as base64 of what they hold."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_to_bytes

from judgebench.errors import RejectedError
from judgebench.files.content import small_file
from judgebench.files.pictures import is_cut, kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import ImageLimits

#: Bytes of an image that is read here.
_LARGEST = 20 * 2**20
_WEB = ("http://", "https://")
_SHOWN = 80


class Picture(NamedTuple):
    """An image by its kind, ``png`` or ``jpeg``, and its bytes in base64."""

    kind: str
    data: str

    @property
    def media_type(self) -> str:
        """What APIs call the kind."""
        return f"image/{self.kind}"


def picture(image: str, most: int = _LARGEST) -> Picture | None:
    """Read an image; None where it has a web address, at which the model's provider looks.

    The kind is told by the bytes: APIs refuse an image whose name or ``data:`` URI says another. RejectedError where
    what is named holds no image: an item must not be able to send others.
    """
    if image.startswith(_WEB):
        return None
    try:
        content = _decoded(image) if image.startswith("data:") else small_file(Path(image), most)
    except (OSError, ValueError) as error:
        why = f"it is not base64, {error}" if isinstance(error, binascii.Error) else type(error).__name__
        why = (isinstance(error, OSError) and error.strerror) or why
        raise RejectedError(f"image {named(image)} can't be read: {why}") from None
    if (kind := kind_of(content)) is None:
        what = "it" if image.startswith("data:") else "the file"
        raise RejectedError(f"image {named(image)} can't be read: {what} holds no image")
    if is_cut(content, kind):
        raise RejectedError(f"image {named(image)} can't be read: the {kind} ends before its end")
    return Picture(kind, base64.b64encode(content).decode("ascii"))


def image_url(image: str, most: int = _LARGEST) -> str:
    """Return an image as a URL that travels; RejectedError as of `picture`."""
    found = picture(image, most)
    return image if found is None else f"data:{found.media_type};base64,{found.data}"


def too_much(images: Sequence[str], limits: ImageLimits) -> str:
    """Say what of a request's images an API would refuse; empty where it takes them all.

    RejectedError where one can't be read. What an address holds, its provider alone knows.
    """
    if len(images) > limits.count:
        return f"{len(images)} images in one request, and it takes {limits.count:,} at most"
    together = 0
    for image in images:
        found = picture(image)
        if found is None:
            continue
        if found.kind not in limits.kinds:
            return f"image {named(image)} is a {found.kind}, and it takes {', '.join(limits.kinds)}"
        if len(found.data) > limits.size:
            return (
                f"image {named(image)} has {_mb(len(found.data))} in base64, and it takes {_mb(limits.size)} an image"
            )
        together += len(found.data)
    if together > limits.together:
        return f"{_mb(together)} of images in one request, in base64, and it takes {_mb(limits.together)}"
    return ""


def named(image: str) -> str:
    """Name an image in a message, which holds no megabytes."""
    return repr(image if len(image) <= _SHOWN or not image.startswith("data:") else f"{image[:_SHOWN]}…")


def _decoded(uri: str) -> bytes:
    """Give the bytes of a ``data:`` URI (RFC 2397), in base64 or percent-encoded; ValueError where it is none."""
    head, comma, content = uri.removeprefix("data:").partition(",")
    if not comma:
        raise ValueError("no comma")
    raw = unquote_to_bytes(content)
    if head.rpartition(";")[2].strip().casefold() != "base64":
        return raw
    return base64.b64decode(b"".join(raw.split()), validate=True)


def _mb(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"

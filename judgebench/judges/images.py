"""Images on their way to a model: web addresses and ``data:`` as they are, files inlined."""

from __future__ import annotations

import base64
from pathlib import Path

from judgebench.errors import RejectedError
from judgebench.files.content import small_file

#: Bytes of an image; no API takes larger ones.
_LARGEST = 20 * 2**20
#: How a file begins that holds an image of the kinds that models take.
_KINDS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"BM": "bmp", b"II*\0": "tiff", b"MM\0*": "tiff"}


def image_url(image: str, most: int = _LARGEST) -> str:
    """Return an image as a URL that travels.

    RejectedError where it names a file that holds no image: an item must not be able to send others.
    """
    if image.startswith(("http://", "https://", "data:")):
        return image
    try:
        content = small_file(Path(image), most)
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or type(error).__name__
        raise RejectedError(f"image {image!r} can't be read: {why}") from None
    if (kind := kind_of(content)) is None:
        raise RejectedError(f"image {image!r} can't be read: the file holds no image")
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def kind_of(content: bytes) -> str | None:
    r"""Say what image some bytes are, by how they begin; None where they are none.

    >>> kind_of(b"\x89PNG\r\n"), kind_of(b"ssh-rsa AAAA")
    ('png', None)
    """
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    return next((kind for begin, kind in _KINDS.items() if content.startswith(begin)), None)

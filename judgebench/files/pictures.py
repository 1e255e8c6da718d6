"""What image some bytes are."""

#: How a file begins that holds an image of the kinds that models take.
_KINDS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"BM": "bmp", b"II*\0": "tiff", b"MM\0*": "tiff"}


def kind_of(content: bytes) -> str | None:
    r"""Say what image some bytes are, by how they begin; None where they are not one.

    >>> kind_of(b"\x89PNG\r\n"), kind_of(b"ssh-rsa AAAA")
    ('png', None)
    """
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    return next((kind for begin, kind in _KINDS.items() if content.startswith(begin)), None)


def is_cut(content: bytes, kind: str) -> bool:
    r"""Whether an image ends too early, as a download that broke off does, where its kind tells.

    >>> is_cut(b"\x89PNG\r\n\x1a\n", "png"), is_cut(b"BM", "bmp")
    (True, False)
    """
    if kind == "webp":
        return len(content) < 8 + int.from_bytes(content[4:8], "little")
    end = {"png": b"IEND", "jpeg": b"\xff\xd9"}.get(kind)
    # Some writers put bytes of their own behind the end.
    return end is not None and end not in content

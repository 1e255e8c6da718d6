"""Small images, made here."""

from __future__ import annotations

import struct
import zlib


def png(size: int = 2, colour: tuple[int, int, int] = (200, 30, 30)) -> bytes:
    """Write a PNG of one colour."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    rows = (b"\0" + bytes(colour) * size) * size
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def jpeg(content: bytes = b"...") -> bytes:
    """Write what begins and ends as a JPEG does."""
    return b"\xff\xd8\xff\xe0" + content + b"\xff\xd9"

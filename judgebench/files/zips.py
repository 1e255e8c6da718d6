"""Zip archives: what is in them, unpacked to no more than a table can be, deflated or with Zstandard."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import IO, TYPE_CHECKING

from judgebench.errors import DataError
from judgebench.files.content import unpacked_limit

if TYPE_CHECKING:
    from judgebench.files.content import Content

_ZSTANDARD = 93
_MOST_MEMBERS = 200_000
_PIECE = 1 << 20
_LOCAL = struct.Struct("<4s5H3L2H")


class Archive:
    """The members of a zip archive by name; all that is read of it counts towards one limit."""

    def __init__(self, content: Content) -> None:
        self.name = content.name
        path = content.on_disk()
        self._stream: IO[bytes] = io.BytesIO(content.read()) if path is None else path.open("rb")
        size = self._stream.seek(0, io.SEEK_END)
        self._left = unpacked_limit(size)
        try:
            self._zip = zipfile.ZipFile(self._stream)
        except (zipfile.BadZipFile, OSError, ValueError, struct.error):
            self.close()
            raise self._damaged() from None
        self.names = [one.filename for one in self._zip.infolist() if not one.is_dir()]
        if len(self.names) > _MOST_MEMBERS:
            self.close()
            raise DataError(f"an archive of {len(self.names):,} files", file=self.name)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def __enter__(self) -> Archive:  # noqa: PYI034 - nobody derives from it
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, member: str) -> bytes:
        """Unpack a member; DataError where it is damaged, or the archive holds more than a table does."""
        info = self._zip.getinfo(member)
        if info.flag_bits & 1:
            raise DataError("this archive has a password", file=self.name, hint="save it without one")
        try:
            with self._packed(info) if info.compress_type == _ZSTANDARD else self._zip.open(info) as stream:
                pieces: list[bytes] = []
                while piece := stream.read(_PIECE):
                    self._left -= len(piece)
                    if self._left < 0:
                        raise DataError("this archive unpacks to far more than a table does", file=self.name)
                    pieces.append(piece)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, struct.error):
            raise self._damaged() from None
        return b"".join(pieces)

    def _packed(self, info: zipfile.ZipInfo) -> IO[bytes]:
        """Open a member that zipfile can't read before Python 3.14."""
        import pyarrow as pa

        self._stream.seek(info.header_offset)
        *_, names, extra = _LOCAL.unpack(self._stream.read(_LOCAL.size))
        self._stream.seek(info.header_offset + _LOCAL.size + names + extra)
        packed = self._stream.read(info.compress_size)
        found: IO[bytes] = pa.CompressedInputStream(pa.BufferReader(packed), "zstd")
        return found

    def _damaged(self) -> DataError:
        return DataError("this archive is damaged or cut short", file=self.name, hint="copy or download it again")

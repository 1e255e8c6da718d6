"""Where each answer lies: keys to places in files, in a few dozen bytes each."""

from __future__ import annotations

import hashlib
from array import array

_SMALLEST = 1024
#: Length of a case's key.
_DIGITS = 24


class KeyIndex:
    """A hash table from keys to whole numbers, in two flat arrays: 24 to 48 bytes a key.

    It holds 64 bits of each key. Two keys that agree in these (one chance in thirty million among a million keys)
    overwrite each other, so whoever looks up must check the key at the place, and at worst asks again.
    """

    def __init__(self) -> None:
        self._count = 0
        self._allot(_SMALLEST)

    def __len__(self) -> int:
        return self._count

    def _allot(self, size: int) -> None:
        self._mask = size - 1
        self._hashes = array("Q", bytes(8 * size))
        self._places = array("Q", bytes(8 * size))

    def put(self, key: str, place: int) -> None:
        """Set a key's place, instead of an earlier one."""
        value = _hash(key)
        slot = self._slot(value)
        if not self._hashes[slot]:
            if 3 * self._count >= 2 * self._mask:
                self._grow()
                slot = self._slot(value)
            self._hashes[slot] = value
            self._count += 1
        self._places[slot] = place

    def get(self, key: str) -> int | None:
        """Find a key's place."""
        slot = self._slot(_hash(key))
        return self._places[slot] if self._hashes[slot] else None

    def _slot(self, value: int) -> int:
        hashes, mask = self._hashes, self._mask
        slot = value & mask
        while (found := hashes[slot]) and found != value:
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        hashes, places = self._hashes, self._places
        self._allot(2 * len(hashes))
        for value, place in zip(hashes, places, strict=True):
            if value:
                slot = self._slot(value)
                self._hashes[slot] = value
                self._places[slot] = place


def _hash(key: str) -> int:
    try:
        # Keys are digests, so their digits are as good as a hash of them.
        value = int(key[:16], 16) if len(key) == _DIGITS else _digested(key)
    except ValueError:
        value = _digested(key)
    # 0 marks an empty slot. A sign in front makes no digest.
    return (value & 0xFFFF_FFFF_FFFF_FFFF) or 1


def _digested(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")

"""Letters that mean nothing in place of a text's own: the placebo of an answer that is nothing but a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from judgebench.probes.operator import Draw

#: No letter of a multiple choice, and no word in any order.
_LATIN = "kqvwxz"
#: Of scripts without letters of ours, by the first and the last of their signs.
_SIGNS = (("\u3041", "\u309f", "ぬゐゑゎ"), ("\u30a0", "\u30ff", "ヌヰヱヮ"), ("\u3400", "\u9fff", "犬雲机笛"))


def nonsense(text: str, draw: Draw) -> str:
    """Replace letters and digits, of a text that has none every sign; capitals, blanks and punctuation stay.

    >>> from judgebench.probes.operator import Draw
    >>> nonsense("Well done:", Draw((1,))), nonsense(":", Draw((1,)))
    ('Kxxx wvvw:', 'k')
    """
    wordless = not any(sign.isalnum() for sign in text)
    return "".join(_other(sign, place, draw) if wordless or sign.isalnum() else sign for place, sign in enumerate(text))


def _other(sign: str, place: int, draw: Draw) -> str:
    bank = next((bank for first, last, bank in _SIGNS if first <= sign <= last), _LATIN)
    other = draw.of(f"sign {place}", bank)
    return other.upper() if sign.isupper() else other

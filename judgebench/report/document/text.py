"""How values and names are written: the one place for ``value [low, high]``, p-values, percents, and safe names.

Names and messages may hold anything: a label, a judge's name and a server's words come from outside. `clean` takes out
what a terminal obeys and what can't be seen, `cut` bounds a length, `unobeyed` holds back what a CI system would take
for a command; `one_line` is all three, for whatever is said beside an answer.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Protocol

from judgebench.redaction import hide_logins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = [
    "ANYWHERE",
    "NONE",
    "brackets",
    "clean",
    "cut",
    "decimal",
    "figure",
    "interval",
    "listing",
    "many",
    "one_line",
    "p_value",
    "percent",
    "places",
    "share",
    "shorten",
    "snippet",
    "some",
    "text_width",
    "unobeyed",
    "value_of",
    "words_of",
]

NONE = "–"  # noqa: RUF001 - a dash means "no figure"; a hyphen would read as a minus
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: What CI systems take for a command: ``##[error]``, ``##vso[...]`` anywhere, ``::error::`` where a line begins.
ANYWHERE = re.compile(r"##(\w*)\[")
_BEGINNING = re.compile(r"^([^\S\n]*)::", re.MULTILINE)
_LONGEST, _LONGEST_LINE = 2000, 10_000


class Bounded(Protocol):
    """A value with its bounds, as an `Estimate` has them."""

    @property
    def value(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...


def clean(text: str) -> str:
    r"""Make a name safe to print: control, invisible and unpaired characters become visible escapes.

    >>> clean("judge\x1b[31m"), clean("##[error]")
    ('judge\\x1b[31m', '##\\x5berror]')
    """
    # Whatever is invisible is not printable either, and most names are.
    if not text.isprintable():
        text = "".join(char if unicodedata.category(char) not in _INVISIBLE else ascii(char)[1:-1] for char in text)
    return ANYWHERE.sub(r"##\1\\x5b", text) if "##" in text else text


def cut(text: str, most: int) -> str:
    """Leave out the middle of what is too long: it begins with what it is about and ends with what to do.

    >>> cut("x" * 90 + "y" * 90, 60)
    'xxxxxxxxxx … 160 characters left out … yyyyyyyyyy'
    """
    if len(text) <= most:
        return text
    end = (most - 40) // 2
    return f"{text[:end]} … {len(text) - 2 * end:,} characters left out … {text[-end:]}"


def text_width(text: str) -> int:
    """Count the terminal columns that a text takes.

    >>> text_width("kappa"), text_width("評価")
    (5, 4)
    """
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(char) in {"Mn", "Me"} else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def shorten(text: str, most: int) -> str:
    """Cut a name in its middle, since names of models differ at either end.

    >>> shorten("replay/gpt-3.5-turbo", 12), shorten("gpt-4o", 12)
    ('replay…turbo', 'gpt-4o')
    """
    shown = clean(text)
    if text_width(shown) <= most:
        return shown
    front, back = shown[: most // 2], shown[len(shown) - (most - most // 2 - 1) :]
    # Wide characters take two columns.
    while text_width(front) + text_width(back) >= most and (front or back):
        front, back = (front[:-1], back) if text_width(front) > text_width(back) else (front, back[1:])
    return f"{front}…{back}"


def snippet(text: str, most: int) -> str:
    r"""Begin a text in one line of so many characters.

    >>> snippet("Which of these\n\n is a fruit?", 20)
    'Which of these is a …'
    """
    line = " ".join(text[: 4 * most].split())
    return line if len(line) <= most else f"{line[:most]}…"


def unobeyed(text: str) -> str:
    r"""Hold back what a CI system obeys where a line begins.

    >>> print(unobeyed("a::b\n ::error::x"))
    a::b
     :\x3aerror::x
    """
    return _BEGINNING.sub(r"\1:\\x3a", text) if "::" in text else text


def one_line(text: str, most: int = _LONGEST) -> str:
    r"""Make a message safe in a terminal and in a CI system's log: one line, not too long, no secret, none obeyed.

    >>> print(one_line("no label\r\n::error::x"))
    no label\r\n::error::x
    """
    return unobeyed(clean(cut(hide_logins(text), most)))


def listing(lines: Iterable[str]) -> str:
    """Write lines that wrap nothing, each of them safe."""
    return "".join(f"{one_line(line, _LONGEST_LINE)}\n" for line in lines)


def figure(value: float | None, digits: int = 6) -> str:
    """Print a figure with fixed decimals; nothing where there is none, and never ``-0``.

    >>> [figure(v) for v in (0.5, -0.0000001, None)]
    ['0.500000', '0.000000', '']
    """
    if value is None:
        return ""
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text


def decimal(value: float, digits: int = 3) -> str:
    """Print a fraction as statisticians do: no leading zero, no negative zero.

    >>> [decimal(v) for v in (0.4958, -0.035, 1.0, -0.0001)]
    ['.496', '-.035', '1.000', '.000']
    """
    text = figure(value, digits)
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def share(value: float | None, digits: int = 3) -> str:
    """Print a fraction, or a dash where there is none."""
    return NONE if value is None else decimal(value, digits)


def percent(value: float | None, digits: int = 1) -> str:
    """Print a fraction in percent, without the sign; a dash where there is none."""
    return NONE if value is None else figure(100 * value, digits)


def p_value(p: float | None, digits: int = 3) -> str:
    """Print a p-value; what is smaller than its last digit is said to be less than that.

    >>> p_value(0.0004), p_value(0.0004, 4)
    ('<.001', '.0004')
    """
    least = 10.0**-digits
    return NONE if p is None else f"<{decimal(least, digits)}" if p < least else decimal(p, digits)


def interval(one: Bounded, write: Callable[[float], str] = decimal, *, unit: str = "", sign: bool = False) -> str:
    """Print ``value [low, high]``; the value alone where it has no bounds, and a dash where there is none.

    ``unit`` follows the value only; ``sign`` gives it a sign.
    """
    if one.value is None:
        return NONE
    text = f"{write(one.value)}{unit}"
    text = f"+{text}" if sign and not text.startswith("-") else text
    return text if one.low is None or one.high is None else f"{text} {brackets(one.low, one.high, write)}"


def value_of(one: Bounded | None) -> float | None:
    """Give a figure's value, where there is a figure."""
    return None if one is None else one.value


def brackets(low: float, high: float, write: Callable[[float], str] = decimal) -> str:
    """Print ``[low, high]``."""
    return f"[{write(low)}, {write(high)}]"


def places(best: int | None, worst: int | None) -> str:
    """Print the places that data leave open; a dash where nothing tells.

    >>> places(1, 1), places(1, 3) == f"1{NONE}3", places(None, None) == NONE
    ('1', True, True)
    """
    if best is None or worst is None:
        return NONE
    return str(best) if best == worst else f"{best}–{worst}"  # noqa: RUF001 - a range


def words_of(code: str, known: Mapping[str, str]) -> str:
    """Put a code into words; an unknown one is shown with blanks."""
    return known.get(code) or clean(code).replace("_", " ")


def many(n: int, one: str, several: str = "") -> str:
    """Count things.

    >>> many(1, "item"), many(1200, "item"), many(2, "jury", "juries")
    ('1 item', '1,200 items', '2 juries')
    """
    return f"{n:,} {one if n == 1 else several or f'{one}s'}"


def some(names: Sequence[str], most: int) -> str:
    """List names, at most so many.

    >>> some(["a", "b"], 2), some(["a", "b", "c", "d"], 2)
    ('a, b', 'a, b and 2 more')
    """
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")

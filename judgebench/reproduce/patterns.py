"""Texts with ``{names}`` in them: a pattern that finds what they stand for, and a text that is filled with it."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A name begins with a letter; other brackets are text.
_NAME = re.compile(r"\{([^\W\d]\w*)\}")


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    seen: set[str] = set()

    def group(found: re.Match[str]) -> str:
        if found[1] in seen:
            return f"(?P={found[1]})"
        seen.add(found[1])
        return f"(?P<{found[1]}>.+?)"

    pieces: list[str] = []
    at = 0
    for found in _NAME.finditer(pattern):
        pieces += [re.escape(pattern[at : found.start()]), group(found)]
        at = found.end()
    return re.compile("".join((*pieces, re.escape(pattern[at:]))), re.DOTALL)


def captured(pattern: str, text: str) -> dict[str, str] | None:
    """Say what the names of a pattern stand for in a text; None where it is another text.

    >>> captured("{base} | {prompt}", "Claude-3 | Basic"), captured("kappa", "alpha")
    ({'base': 'Claude-3', 'prompt': 'Basic'}, None)
    """
    found = _compiled(pattern).fullmatch(text)
    return None if found is None else found.groupdict()


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """Put what is known into the names of a text, or of the texts in a list or a mapping; other names stay.

    >>> filled({"where": ["subset = {subset}"]}, {"subset": "Natural"})
    {'where': ['subset = Natural']}
    """
    if isinstance(value, str):
        return _NAME.sub(lambda found: names.get(found[1], found[0]), value)
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    if isinstance(value, dict):
        return {filled(key, names): filled(one, names) for key, one in value.items()}
    return value


def first_capture(patterns: Mapping[str, tuple[str, ...]], texts: Mapping[str, str]) -> dict[str, str] | None:
    """Match each text against the first pattern of its own that fits; None where one has none.

    A name that two texts share stands for the same in both.
    """
    names: dict[str, str] = {}
    for key, text in texts.items():
        some = patterns.get(key) or ()
        if not some:
            continue
        found = next((one for pattern in some if (one := captured(filled(pattern, names), text)) is not None), None)
        if found is None:
            return None
        names |= found
    return names


def is_inside(name: str) -> bool:
    """Whether a file's name stays below the folder that it is looked for in.

    >>> [is_inside(name) for name in ("boards/{board}.csv", "../secret.csv", "/etc/passwd", ".")]
    [True, False, False, False]
    """
    path = PurePath(name)
    return bool(path.name) and not path.is_absolute() and ".." not in path.parts

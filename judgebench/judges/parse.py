"""The strict parser: a verdict is read only where the answer gives exactly one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from judgebench.domain import Scale

_MARK = re.compile(r"\[\[([^\[\]]*)\]\]")
_REASONING = re.compile(r"\s*<think>.*?(?:</think>|\Z)", re.DOTALL)


def parse_verdict(text: str, scale: Scale) -> int | None:
    """Read the verdict of an answer, in shown coordinates; None where there is not exactly one.

    A verdict is a label of the scale in double square brackets, case and outer blanks ignored; it may be repeated.
    Nothing is read where two different verdicts occur, or a bracketed word without blanks that is not on the scale
    (``[[C]]``, ``[[4.5]]``). Other bracketed text, such as the shell's ``[[ -f file ]]``, is passed over. So is a
    leading ``<think>`` block: it is how some servers send the reasoning that comes before an answer.

    >>> from judgebench.domain import Scale
    >>> pair = Scale.pair()
    >>> parse_verdict("The second one is wrong, so [[a]].", pair)
    0
    >>> parse_verdict("[[A]], or rather [[B]]", pair) is None
    True
    """
    answer = text[reasoning.end() :] if (reasoning := _REASONING.match(text)) else text
    found: set[int] = set()
    for mark in _MARK.finditer(answer):
        content = mark[1].strip()
        code = scale.code(content)
        if code is not None:
            found.add(code)
        elif content and not any(c.isspace() for c in content):
            return None
    return found.pop() if len(found) == 1 else None

"""The strict parser: a verdict is read only where the answer gives exactly one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from judgebench.domain import Scale

_MARK = re.compile(r"\[\[([^\[\]]*)\]\]")
_REASONING = re.compile(r"\s*<think>.*?(?:</think>|\Z)", re.DOTALL)


def parse_verdict(text: str, scale: Scale) -> int | None:
    """Read the verdict of an answer.

    A verdict is a label of the scale in double square brackets, case and outer blanks ignored. The
    answer must hold exactly one distinct verdict, as often as it likes. Nothing is read when

    - two different verdicts stand in it,
    - a bracketed word without blanks stands in it that is not on the scale (``[[C]]``, ``[[4.5]]``),
    - there is none.

    Other bracketed text, such as the shell's ``[[ -f file ]]``, is no verdict and is passed over. So is
    a leading ``<think>`` block: it is how some servers send the reasoning that comes before an answer.

    Parameters
    ----------
    text : str
        The answer.
    scale : Scale
        What a verdict can be.

    Returns
    -------
    int or None
        The code of the verdict in shown coordinates, or None.

    Examples
    --------
    >>> from judgebench.domain import Scale
    >>> pair = Scale.pair()
    >>> parse_verdict("The second one is wrong, so [[a]].", pair)
    0
    >>> parse_verdict("[[A]], or rather [[B]]", pair) is None
    True
    >>> parse_verdict("if [[ -f x ]]; then ... [[tie]]", pair)
    1
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

"""Labels as tools wrap them."""

from __future__ import annotations

from typing import Any

from judgebench.files.paths import parsed

#: Where the labels of one answer are more than one.
JOINT = "|"


def blank(value: Any) -> bool:
    """Whether a cell holds nothing."""
    return value is None or (isinstance(value, str) and not value.strip())


def together(values: Any) -> Any:
    """Take the only value of a list, or join several as a set of labels.

    >>> together(["a"]), together(["b", "a"]), together([]), together(3)
    ('a', 'b|a', None, 3)
    """
    if not isinstance(values, list):
        return values
    return None if not values else values[0] if len(values) == 1 else JOINT.join(map(str, values))


def only(value: Any) -> Any:
    """Take the only value of a list; anything else as it is."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def passed(value: Any) -> Any:
    """Write whether something passed.

    >>> passed(True), passed("ok")
    ('pass', 'ok')
    """
    return ("pass" if value else "fail") if isinstance(value, bool) else value


def listed(cell: Any) -> list[Any]:
    """Read a list, or the text of one as JSON or as Python writes it; empty where it is none.

    >>> listed("['a', None]"), listed(None)
    (['a', None], [])
    """
    value = parsed(cell) if isinstance(cell, str) else cell
    if hasattr(value, "tolist"):
        value = value.tolist()
    return value if isinstance(value, list) else []


def mapped(cell: Any) -> dict[str, Any]:
    """Read an object, or the text of one."""
    value = parsed(cell) if isinstance(cell, str) else cell
    return value if isinstance(value, dict) else {}

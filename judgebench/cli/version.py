"""``judgebench --version``: what is installed, a line each."""

from __future__ import annotations

import platform

from judgebench import __version__
from judgebench.installed import requirements


def told() -> str:
    """Say the version, and what a report of a bug should say beside it."""
    extras: dict[str, list[str]] = {}
    for one in requirements():
        if one.extra:
            extras.setdefault(one.extra, []).append(f"{one.package} {one.version or 'not installed'}")
    width = max(map(len, extras), default=0)
    lines = [f"judgebench {__version__}", f"Python {platform.python_version()}", platform.platform()]
    return "\n".join([*lines, *(f"extra {name:<{width}}  {', '.join(said)}" for name, said in extras.items())])

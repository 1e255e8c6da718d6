"""What is installed: judgebench, what it needs, and its extras, each with its version."""

from __future__ import annotations

import importlib.metadata
import re
from typing import NamedTuple


class Requirement(NamedTuple):
    """A package that judgebench needs, or that an extra adds; an empty version is one that is not installed."""

    package: str
    version: str
    extra: str = ""


def version_of(package: str) -> str:
    """Say which version of a package is installed; empty where none is.

    >>> version_of("no-such-package")
    ''
    """
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def requirements() -> list[Requirement]:
    """List what the installed package asks for, its own extras by what they add."""
    lines = importlib.metadata.requires("judgebench") or [] if version_of("judgebench") else []
    found: list[Requirement] = []
    for line in lines:
        name = re.split(r"[\s<>=!~;\[(]", line, maxsplit=1)[0]
        extra = re.search(r"extra == ['\"]([^'\"]+)", line)
        # `all` is made of the others.
        if extra is None or extra[1] != "all":
            found.append(Requirement(name, version_of(name), extra[1] if extra else ""))
    return found

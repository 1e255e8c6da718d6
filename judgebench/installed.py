"""What is installed, with its version, and how to install what is missing."""

from __future__ import annotations

import importlib.metadata
import re
from typing import NamedTuple

#: Where judgebench is installed from, until its name is published.
SOURCE = "git+https://HOST/OWNER/judgebench@TAG"


class Requirement(NamedTuple):
    """A package that judgebench needs, or that an extra adds; an empty version is one that is not installed."""

    package: str
    version: str
    wanted: str
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
    """List what the installed package asks for, and what its extras add."""
    lines = importlib.metadata.requires("judgebench") or [] if version_of("judgebench") else []
    found: list[Requirement] = []
    for line in lines:
        name = re.split(r"[\s<>=!~;\[(]", line, maxsplit=1)[0]
        extra = re.search(r"extra == ['\"]([^'\"]+)", line)
        # `all` is made of the others.
        if extra is None or extra[1] != "all":
            wanted = line.partition(";")[0].strip()
            found.append(Requirement(name, version_of(name), wanted, extra[1] if extra else ""))
    return found


def to_install(extra: str) -> str:
    """Say how to get what an extra adds: by its packages, which have the names that they are published under.

    >>> to_install("spreadsheets")
    "pip install 'python-calamine>=0.4'"
    """
    found = [f"'{one.wanted}'" for one in requirements() if one.extra == extra]
    return f"pip install {' '.join(found)}" if found else f"install judgebench with its extra {extra}"


def from_source(*extras: str) -> str:
    """Name judgebench as pip takes it from its repository.

    >>> from_source("litellm")
    'judgebench[litellm] @ git+https://HOST/OWNER/judgebench@TAG'
    """
    wanted = f"[{','.join(extras)}]" if extras else ""
    return f"judgebench{wanted} @ {SOURCE}"

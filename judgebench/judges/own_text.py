"""Text files that somebody wrote by hand: judge files, judge cards, prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.errors import UsageError
from judgebench.files.content import neighbours, small_file

if TYPE_CHECKING:
    from pathlib import Path


def own_text(path: Path, what: str) -> str:
    """Read one, ``what`` it is named in errors: UsageError where it is not there, or no text."""
    try:
        return small_file(path).decode("utf-8-sig")
    except FileNotFoundError:
        near = neighbours(path)
        raise UsageError(f"{what} {path}: no such file{f'; beside it: {near}' if near else ''}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(f"{what} {path}: {reason}") from None

"""What is printed, and what is said beside it."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, cast

from judgebench.cli import status
from judgebench.errors import UsageError
from judgebench.redaction import hidden
from judgebench.report.document.text import listing, one_line

if TYPE_CHECKING:
    from pathlib import Path

#: Columns of a table in a file or a pipe.
_WIDE = 120


def emit(text: str, output: Path | None = None) -> None:
    """Print a text, or write it to a file and say so."""
    text = hidden(text)
    if output is None:
        _print(text if text.endswith("\n") else f"{text}\n")
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"can't write --output {output}: {error.strerror}") from None
    note(f"wrote {output}")


def _print(text: str) -> None:
    # Python has no stream at all where the shell closed it (`>&-`), whatever its type says.
    if cast("object", sys.stdout) is None:
        raise UsageError("standard output is closed; give --output FILE")
    status.clear()
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # The reader (`| head`) may have seen enough: no failure, and an outcome still to come keeps its exit code.
        if not isinstance(error, BrokenPipeError):
            raise UsageError(f"can't write to standard output: {error.strerror}; give --output FILE") from None


def emit_lines(text: str, output: Path | None = None) -> None:
    """Print a text that is no document, each of its lines made safe."""
    emit(listing(text.removesuffix("\n").split("\n")), output)


def note(text: str) -> None:
    """Say something beside the result, in one line: names, files and servers have their words in it."""
    tell_system(one_line(text))


def tell_system(lines: str) -> None:
    """Write lines beside the result as they are, commands of a CI system among them."""
    # Without a stderr (`2>&-`) print would fall back to stdout, into the result.
    if cast("object", sys.stderr) is not None:
        status.clear()
        print(hidden(lines), file=sys.stderr)


def room(output: Path | None) -> int:
    """Columns that a table has: those of the terminal, else as many as suit a file or a pipe."""
    # Below 80 nothing fits, and a terminal that knows no width says 0.
    return max(80, shutil.get_terminal_size((_WIDE, 24)).columns) if _on_terminal(output) else _WIDE


def colours(output: Path | None) -> bool:
    """Whether what is printed may have colours (no-color.org)."""
    return _on_terminal(output) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _on_terminal(output: Path | None) -> bool:
    return output is None and cast("object", sys.stdout) is not None and sys.stdout.isatty()

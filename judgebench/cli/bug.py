"""What is said where judgebench itself is at fault: one line, and a file with what to report."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import traceback
from pathlib import Path

from judgebench.cli import version
from judgebench.installed import version_of
from judgebench.redaction import hide_logins


def told(error: Exception) -> list[str]:
    """Say what went wrong, and what to report."""
    if isinstance(error, MemoryError):
        return ["there is not enough memory for this; what was judged is kept"]
    where = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in where if f"{Path(__file__).parent.parent.name}/" in Path(frame.filename).as_posix()]
    place = f" ({Path(own[-1].filename).name}:{own[-1].lineno})" if own else ""
    words = hide_logins(str(error)) or "no message"
    lines = [f"internal error, {type(error).__name__}: {words}{place}; what was judged is kept"]
    with contextlib.suppress(OSError):
        lines.append(f"this is a bug, please report it: Traceback and versions are in {_report(error)}")
    return lines


def _report(error: Exception) -> str:
    """Write what helps to mend it: versions, the command without its values, the traceback; no secret, no data."""
    # A value may be private: a file's name, an address.
    asked = [argument.partition("=")[0] for argument in sys.argv[1:] if argument.startswith("-")]
    text = "\n".join([
        version.told(),
        f"numpy {version_of('numpy')}, pyarrow {version_of('pyarrow')}",
        f"command: {' '.join([*sys.argv[1:2], *asked])}",
        "",
        *traceback.format_exception(error),
    ])  # fmt: skip
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", errors="backslashreplace", prefix="judgebench-", suffix=".txt", delete=False
    ) as file:
        file.write(hide_logins(text))
    return file.name

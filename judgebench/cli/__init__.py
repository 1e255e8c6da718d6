"""The command line: parse, call, print. Commands live in the modules of this package."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from typing import TYPE_CHECKING, cast

from judgebench.errors import InterruptedRunError, JudgebenchError, spoken_as

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Plainer marks for an encoding that lacks ours; a superscript must not become a digit of the figure before it.
_PLAIN = {"─": "-", "…": "...", chr(0x2013): "-"} | {mark: f"^{i}" for i, mark in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_PLAIN.get(char) or char.encode("ascii", "backslashreplace").decode() for char in lacking), error.end


def _speak_the_locale() -> None:
    """Keep a terminal that is not UTF-8 from ending a command (``LC_ALL=C``, ``PYTHONIOENCODING=ascii``)."""
    codecs.register_error("judgebench.plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        # A test's or an embedder's stream may not be a text wrapper; a closed one is None.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="judgebench.plain")


def _flags() -> Mapping[str, str]:
    from judgebench.api.tables import flags  # noqa: PLC0415 - only a message that names a column needs them

    return flags() | {"form": "--format"}


def main() -> None:
    """Run the command line and end the process with the exit code of the outcome."""
    try:
        _speak_the_locale()
        from judgebench.cli.app import build  # noqa: PLC0415 - importing the package must stay free

        with spoken_as(_flags):
            build(sys.argv[1:])(prog_name="judgebench")
    except JudgebenchError as error:
        # Without a stderr (`2>&-`) print would fall back to stdout, into the result.
        if cast("object", sys.stderr) is not None:
            # Other runs of the same command may have stopped for another reason.
            for text in (*getattr(error, "__notes__", ()), error):
                print(f"judgebench: {text}", file=sys.stderr)
        if isinstance(error, InterruptedRunError):
            # Python would wait for threads, and one of a user's judge may hang.
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError, ValueError, AttributeError):
                    stream.flush()
            os._exit(error.exit_code)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        # While libraries load nobody else catches it.
        sys.exit(130)
    except BrokenPipeError:
        # The reader (`| head`) left; Python would complain again when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        # Help pages are not written by us: a full disk under them ends here.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        print(f"judgebench: {error}", file=sys.stderr)
        sys.exit(2)

"""The command line: parse, call, print. Commands live in the modules of this package."""

from __future__ import annotations

import atexit
import codecs
import contextlib
import errno
import gc
import io
import os
import sys
from typing import TYPE_CHECKING

from judgebench.errors import InterruptedRunError, JudgebenchError, spoken_as
from judgebench.redaction import learn_words

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Plainer marks for an encoding that lacks ours; a superscript must not become a digit of the figure before it.
_PLAIN = {
    "─": "-",
    "━": "=",
    "╸": ">",
    "·": "-",
    "…": "...",
    **dict.fromkeys("“”", '"'),
    "▲": "^",
    "▼": "v",
    chr(0x2013): "-",
    **{mark: f"^{i}" for i, mark in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
}

#: Exit code where judgebench itself is at fault (sysexits' EX_SOFTWARE).
_BUG = 70
#: The exit code of Ctrl-C, and what is said of it where nothing could be kept.
_INTERRUPTED, _STOPPED = 130, "stopped before the end"


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
    # At exit Python would look through all that is left for what can go, which takes seconds of a large table.
    atexit.register(gc.freeze)
    try:
        _speak_the_locale()
        # Options are echoed in places that know nothing of addresses.
        learn_words([*(word.partition("=")[2] or word for word in sys.argv[1:]), *sys.argv[1:]])
        from judgebench.cli.status import waiting  # noqa: PLC0415 - importing the package must stay free

        with spoken_as(_flags), waiting(sys.argv[1:]):
            from judgebench.cli.app import run  # noqa: PLC0415 - importing the package must stay free

            code = run(sys.argv[1:])
        if code == _INTERRUPTED:
            _say(_STOPPED)
        sys.exit(code)
    except JudgebenchError as error:
        # Other runs of the same command may have stopped for another reason.
        for text in (*getattr(error, "__notes__", ()), error):
            _say(str(text))
        if isinstance(error, InterruptedRunError):
            # Python would wait for threads, and one of a user's judge may hang.
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError, ValueError, AttributeError):
                    stream.flush()
            os._exit(error.exit_code)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        # While libraries load nobody else catches it.
        _say(_STOPPED)
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        # The reader (`| head`) left; Python would complain again when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        # What nobody explained better: a full disk under a help page, a limit of the system's.
        _let_go()
        few = "; allow more: `ulimit -n 1024`" if error.errno in {errno.EMFILE, errno.ENFILE} else ""
        _say(f"{error}{few}")
        sys.exit(2)
    except Exception as error:  # noqa: BLE001 - whatever is left is a bug, and nobody is shown a traceback
        from judgebench.cli.bug import told  # noqa: PLC0415 - hardly ever

        for text in told(error):
            _say(text)
        sys.exit(_BUG)


def _let_go() -> None:
    """Keep Python from complaining again at exit about an output that takes nothing any more."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _say(text: str) -> None:
    from judgebench.cli.output import tell_system  # noqa: PLC0415 - importing the package must stay free
    from judgebench.cli.refusals import written  # noqa: PLC0415 - an error's alone

    tell_system(written(text))

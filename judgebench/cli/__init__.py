"""The command line: parse, call, print. Commands live in the modules of this package."""

from __future__ import annotations

import os
import sys

from judgebench.errors import JudgebenchError


def main() -> None:
    """Run the command line and end the process with the exit code of the outcome."""
    from judgebench.cli.app import build  # noqa: PLC0415 - importing the package must stay free

    try:
        build(sys.argv[1:])(prog_name="judgebench")
    except JudgebenchError as error:
        print(f"judgebench: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader (`| head`) left; Python would complain again when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)

"""The console entry point."""

from __future__ import annotations

import gc

#: New objects before Python looks for rubbish among them; 700, its default, costs a command's start about 20 ms.
_YOUNG = 50_000


def main() -> None:
    """Run the command line."""
    from judgebench.cli import main as run  # noqa: PLC0415 - keeps `python -m judgebench` light

    gc.set_threshold(_YOUNG)
    run()


if __name__ == "__main__":
    main()

"""The console entry point."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from judgebench.cli import main as run  # noqa: PLC0415 - keeps `python -m judgebench` light

    run()


if __name__ == "__main__":
    main()

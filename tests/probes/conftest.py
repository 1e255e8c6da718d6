"""What these tests share."""

from __future__ import annotations

from cli.conftest import judgebench  # noqa: F401 - the command line in this process

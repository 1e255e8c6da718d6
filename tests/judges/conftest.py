"""What the tests of judges share."""

from __future__ import annotations

import sys
from pathlib import Path

_TESTS = str(Path(__file__).resolve().parent.parent)
if _TESTS not in sys.path:
    sys.path.insert(0, _TESTS)

from servers.plugin import fake_llm  # noqa: E402, F401 - a fixture, importable once the folder is on the path

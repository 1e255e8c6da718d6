"""Files for one test."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def write(tmp_path):
    def _write(content, name="t.json"):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content)
        elif name.endswith("l"):
            path.write_text("".join(json.dumps(row) + "\n" for row in content))
        else:
            path.write_text(json.dumps(content))
        return path

    return _write


@pytest.fixture
def table(tmp_path):
    """A text as a file, to the byte."""

    def _table(text, name="t.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return _table

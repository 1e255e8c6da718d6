"""Renew the outputs that pages show: `python docs/site/renew.py`; `--check` says which are old, and changes nothing.

A page says `<!-- output: judgebench demo -->` above a block, and the block is what the command printed, 100 columns
wide, in a folder that holds the tables of the page. Commands of one page run one after another in one folder.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1]
PAGES = [DOCS.parent / "README.md", *sorted(DOCS.rglob("*.md"))]
_OUTPUT = re.compile(r"^<!-- output: (.*?) -->\n```text\n(.*?)```$", flags=re.MULTILINE | re.DOTALL)
#: A table that a page shows, under its name.
_TABLE = re.compile(r"^`([^`\s/]+)`:\n\n```\w*\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


def renewed(text: str) -> str:
    """Give a page with the outputs of today."""
    if not _OUTPUT.search(text):
        return text
    with tempfile.TemporaryDirectory() as folder:
        for name, table in _TABLE.findall(text):
            (Path(folder) / name).write_text(table, "utf-8")
        return _OUTPUT.sub(lambda one: f"<!-- output: {one[1]} -->\n```text\n{printed(one[1], folder)}\n```", text)


def printed(line: str, folder: str) -> str:
    """Run commands, joined by `&&`; what the last one printed, without what it says on stderr."""
    env = os.environ | {"COLUMNS": "100", "NO_COLOR": "1", "PYTHONUTF8": "1"}
    shown = ""
    for command in line.split(" && "):
        words = [sys.executable, "-m", *shlex.split(command)]
        done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False)
        if done.returncode not in {0, 1, 6}:
            raise SystemExit(f"{command}: {done.stderr}")
        shown = done.stdout
    return shown.rstrip()


def main(arguments: list[str]) -> int:
    """Renew all pages; with --check, 1 where one is old."""
    old = []
    for path in PAGES:
        text = path.read_text("utf-8")
        if (new := renewed(text)) != text:
            old.append(path.relative_to(DOCS.parent))
            if "--check" not in arguments:
                path.write_text(new, "utf-8")
    for path in old:
        print(f"{path}: " + ("its outputs are old; python docs/site/renew.py" if "--check" in arguments else "renewed"))
    return 1 if old and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

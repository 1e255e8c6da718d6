"""Load a task from a stand-in of the hub, in a process of its own: ``datasets`` reads HF_ENDPOINT at import."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from servers.fake_hub import FakeHub

# The stand-in can't have the pinned commit; everything else is the card's.
_SCRIPT = """
import dataclasses, sys
from judgebench.errors import DataError
from judgebench.tasks.base import CardTask
from judgebench.tasks.card import load_card
from judgebench.tasks.resolve import resolve
card = load_card(sys.argv[1])
split = card.split("")
parts = {name: dataclasses.replace(part, revision="") for name, part in split.parts.items()}
split = dataclasses.replace(split, main=dataclasses.replace(split.main, revision=""), parts=parts)
card = dataclasses.replace(card, splits={split.name: split})
try:
    task = CardTask(card, "", resolve(card))
    print(len(task.items()), task.revision, *sorted({item.subset for item in task.items()}), sep="|")
except DataError as error:
    sys.exit(str(error))
"""


def load(task: str, hub: FakeHub, home: Path) -> subprocess.CompletedProcess[str]:
    """Print the number of items, the revision and the subsets of a task's default split, ``|`` between them."""
    return subprocess.run(
        [sys.executable, "-c", _SCRIPT, task],
        env=hub.env(home),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

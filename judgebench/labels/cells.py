"""What the cells of a table say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Cells:
    """What a person said of a table's words: ``words`` gives some of them a meaning, an empty one makes a gap."""

    words: Mapping[str, str] = field(default_factory=dict[str, str])

"""What people say of a judge's critiques of an agent: a table of critiques, each of one message of a trajectory.

The card's ``[form]`` names the columns: ``id``, ``critique``, ``gold`` and ``judge`` (who wrote it), ``step`` (the
place of the message, counted from ``first``), ``key`` (of the trajectory, in the part ``trajectories`` too) and
``trajectory`` there. The trajectory is the conversation, and the critique what is judged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from judgebench.domain import Item, Label, Response
from judgebench.tasks import base
from judgebench.tasks.base import Located
from judgebench.tasks.chat import told
from judgebench.tasks.forms import whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from judgebench.domain import Turn
    from judgebench.files.records import Row
    from judgebench.tasks.sources import Source

PART = "trajectories"


@dataclass(frozen=True, slots=True)
class Form:
    """Names of columns, and the number of the first message."""

    id: str
    critique: str
    gold: str
    judge: str
    step: str
    key: str
    trajectory: str
    first: int = 0


class Reader(base.Reader):
    """Reads critiques with the trajectories that they are of."""

    def items(self, source: Source) -> Iterator[Located]:
        """Yield the critiques in their order."""
        form = whole(Form, self.form)
        trajectories: dict[str, Row] = {}
        for row in source.rows(PART):
            name = row.name(form.key)
            if name in trajectories:
                row.fail(f"trajectory {name!r} appears twice", form.key)
            trajectories[name] = row
        for row in source.rows():
            yield Located(self._item(row, form, trajectories, source.folder), row)

    def _item(self, row: Row, form: Form, trajectories: dict[str, Row], folder: Path | None) -> Item:
        key, step = row.name(form.key), row.require(form.step)
        if key not in trajectories:
            row.fail(f"there is no trajectory {key!r} in the table {PART}", form.key)
        messages = told(trajectories[key], form.trajectory, folder)
        if type(step) is not int or not 0 <= step - form.first < len(messages):
            last = form.first + len(messages) - 1
            row.fail(f"expected the place of a message, {form.first} to {last}, got {step!r:.60}", form.step)
        said = row.text(form.gold)
        code = self.scale.code(re.sub(r"[\s_-]+", " ", said).strip().lower())
        if code is None:
            row.fail(f"expected {', '.join(self.scale.labels)}, got {said!r}", form.gold)
        return Item(
            id=row.name(form.id),
            conversation=tuple(turn for message in messages for turn in message),
            responses=(Response(row.text(form.critique), row.name(form.judge)),),
            gold=(Label("annotator", code),),
            gold_source=self.gold_source,
            cluster=key,
            attributes=(("criterion", _asked(messages, step - form.first)),),
        )


def _asked(messages: list[tuple[Turn, ...]], place: int) -> str:
    """Ask about the turns that the message at a place became, by their numbers as they are shown."""
    first = 1 + sum(map(len, messages[:place]))
    last = first + len(messages[place]) - 1
    turns = f"turn {first}" if last <= first else f"turns {first} to {last}"
    return (
        f"whether the response, a critique of {turns} of the conversation, flags what is an error there, and gives the "
        "right reason for it"
    )

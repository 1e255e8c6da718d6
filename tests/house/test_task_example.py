"""The example of docs/reference/tasks.md is a task as it stands there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import judgebench
from judgebench.tasks.base import open_task

if TYPE_CHECKING:
    from pathlib import Path


def test_a_task_is_added_by_its_card_alone(repo: Path, tmp_path: Path) -> None:
    text = (repo / "docs" / "reference" / "tasks.md").read_text(encoding="utf-8")
    home = tmp_path / "capitals"
    home.mkdir()
    (home / "README.md").write_text("# Capital quiz\n\nTwo people were asked which answer is more correct.\n")
    for file, body in re.findall(r"<!-- example:(\S+) -->\n```\w+\n(.*?)```", text, flags=re.DOTALL):
        (home / file).write_text(body, encoding="utf-8")
    found = judgebench.validate(str(home))
    assert found.missing == []
    items = list(open_task("capitals", sample=True, root=tmp_path).items())
    assert [[label.code for label in item.gold] for item in items] == [[0, 0], [2, 1], [1, None]]
    assert items[0].responses[0].model == "x"
    for name in (str(home), f"{home}:test", str(home / "task.toml")):
        done = judgebench.run("baseline/random", name, sample=True, runs=str(tmp_path / "runs"))
        assert {row.task for row in done.rows} == {"capitals"}
    (home / "capitals.jsonl").write_bytes((home / "sample.jsonl").read_bytes())
    # Of one item two people said two things: it has no majority.
    assert max(row.items for row in judgebench.run("baseline/first", home, runs=str(tmp_path / "runs")).rows) == 2

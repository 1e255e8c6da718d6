"""The hub, through ``datasets`` itself, in processes of their own against a stand-in on loopback."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from servers.fake_hub import FakeHub, jsonl, parquet, readme
from task_files import sample

from judgebench.tasks.base import open_task
from judgebench.tasks.card import card_dir

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

# Opens the tasks named on the command line and prints what came of each.
SCRIPT = """
import json, sys
from pathlib import Path
from judgebench.errors import JudgebenchError
from judgebench.tasks.base import open_task
answers = {}
for spec in sys.argv[2:]:
    try:
        task = open_task(spec, root=Path(sys.argv[1]))
        items = task.items()
        answers[spec] = {"revision": task.revision, "items": [[i.id, i.content_digest, i.subset] for i in items]}
    except JudgebenchError as error:
        answers[spec] = {"error": str(error), "exit": error.exit_code}
print(json.dumps(answers))
"""


def ask(root: Path, env: dict[str, str], *specs: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(root), *specs],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: dict[str, Any] = json.loads(done.stdout.strip().split("\n")[-1])
    assert all(len(a["error"].split("\n")) == 1 for a in answers.values() if "error" in a)
    return answers


def card(root: Path, name: str, **changes: str) -> None:
    """Write a copy of judgebench's card with some values changed."""
    shutil.copytree(card_dir() / "judgebench", root / name)
    path = root / name / "task.toml"
    text = path.read_text(encoding="utf-8").replace('name = "judgebench"', f'name = "{name}"', 1)
    for key, value in changes.items():
        lines = [f'{key} = "{value}"' if line.startswith(f"{key} = ") else line for line in text.split("\n")]
        text = "\n".join(lines)
    path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Everything the two processes below said, so that ``datasets`` is imported as seldom as possible."""
    home = tmp_path_factory.mktemp("hub")
    root = home / "cards"
    rows = sample("judgebench")
    layout = readme({"default": {"gpt": "data/gpt-*", "claude": "data/claude-*"}})
    with FakeHub() as hub:
        good = hub.add(
            "ScalerLab/JudgeBench",
            {
                "README.md": layout,
                "data/gpt-00000-of-00001.parquet": parquet(rows),
                "data/claude-00000-of-00001.parquet": parquet(rows[:5]),
            },
        )
        hub.add("lines/plain", {"gpt.jsonl": jsonl(rows), "README.md": readme({"default": {"gpt": "gpt.jsonl"}})})
        renamed = [{("verdict" if key == "label" else key): value for key, value in row.items()} for row in rows]
        odd = hub.add("renamed/field", {"gpt.jsonl": jsonl(renamed), "README.md": readme({"x": {"gpt": "gpt.jsonl"}})})
        hub.add("gated/away", {"gpt.jsonl": jsonl(rows)}, gated=403, token="right")
        hub.add("gated/stranger", {"gpt.jsonl": jsonl(rows)}, gated=401, token="right")
        card(root, "judgebench")
        card(root, "pinned", revision=good.commit)
        card(root, "lines", hub="lines/plain")
        card(root, "renamed", hub="renamed/field")
        card(root, "gated", hub="gated/away")
        card(root, "stranger", hub="gated/stranger")
        card(root, "gone", hub="nobody/nothing")
        card(root, "lost", revision="0" * 40)
        card(root, "unsplit", hub_split="dev")
        answers = ask(
            root, hub.env(home, HF_TOKEN="hf_canary"),
            "judgebench", "judgebench:claude", "pinned", "lines", "renamed",
            "gated", "stranger", "gone", "lost", "unsplit",
        )  # fmt: skip
        asked = len(hub.requests)
        offline = ask(root, hub.env(home, HF_HUB_OFFLINE="1"), "judgebench", "pinned", "lost", "gone")
        unasked = len(hub.requests) == asked
        env = hub.env(home)
        hub.add(
            "gated/away",
            {"gpt.jsonl": jsonl(rows), "README.md": readme({"d": {"gpt": "gpt.jsonl"}})},
            gated=403,
            token="right",
        )
        let_in = ask(root, hub.env(home, HF_TOKEN="right"), "gated")
    unreachable = ask(root, env, "lines", "gone")
    return {
        "commit": good.commit, "odd": odd.commit, "rows": rows, "first": answers, "offline": offline,
        "unasked": unasked, "let_in": let_in, "unreachable": unreachable,
    }  # fmt: skip


def test_rows_of_the_hub_are_rows_of_the_sample(told: dict[str, Any]) -> None:
    here = [[i.id, i.content_digest, i.subset] for i in open_task("judgebench", sample=True).items()]
    first = told["first"]
    assert first["judgebench"] == first["pinned"] == {"revision": told["commit"], "items": here}
    assert first["judgebench:claude"]["items"] == here[:5]
    assert first["lines"]["items"] == here


def test_a_missing_field_names_field_dataset_and_revision(told: dict[str, Any]) -> None:
    said = told["first"]["renamed"]["error"]
    assert "field 'label'" in said
    assert f"renamed/field@{told['odd'][:12]}" in said
    assert "not checked against the live hub" in said
    assert "'verdict'" in said


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("gated", ("gated", "HF_TOKEN")),
        ("stranger", ("gated", "HF_TOKEN")),
        ("gone", ("no such dataset", "nobody/nothing", "HF_TOKEN", "use data FOLDER", "or sample")),
        ("lost", ("no revision", "0" * 40)),
        ("unsplit", ("split", "dev", "update the card")),
    ],
)
def test_what_the_hub_refuses_is_said_in_one_line(told: dict[str, Any], spec: str, words: tuple[str, ...]) -> None:
    answer = told["first"][spec]
    assert answer["exit"] == 3
    for word in words:
        assert word in answer["error"]


def test_offline_serves_the_cache_and_else_names_the_choices(told: dict[str, Any]) -> None:
    assert told["unasked"]
    assert told["offline"]["judgebench"] == told["first"]["judgebench"]
    assert told["offline"]["pinned"]["revision"] == told["commit"]
    for word in ("can't be reached", "use data FOLDER", "JUDGEBENCH_DATA", "or sample"):
        assert word in told["offline"]["gone"]["error"]


def test_another_revision_in_the_cache_is_not_served_for_the_pinned_one(told: dict[str, Any]) -> None:
    assert "pins another one" in told["offline"]["lost"]["error"]
    assert told["commit"][:12] in told["offline"]["lost"]["error"]


def test_a_hub_that_is_down_is_noticed_at_once(told: dict[str, Any]) -> None:
    assert len(told["unreachable"]["lines"]["items"]) == len(told["rows"])
    assert "can't be reached" in told["unreachable"]["gone"]["error"]


def test_a_token_opens_a_gated_dataset(told: dict[str, Any]) -> None:
    assert len(told["let_in"]["gated"]["items"]) == len(told["rows"])


def test_no_token_is_ever_printed(told: dict[str, Any]) -> None:
    assert "hf_canary" not in json.dumps(told)

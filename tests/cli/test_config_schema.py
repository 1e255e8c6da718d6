"""The schema of judgebench.toml says what the commands take, no more and no less."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from judgebench.cli.app import build
from judgebench.cli.registry import COMMANDS
from judgebench.cli.settings import json_schema

if TYPE_CHECKING:
    from pathlib import Path

#: Sections that both refuse.
WRONG = (
    '[rum]\ntask = "t.csv"\n',
    '[run]\ntusk = "t.csv"\n',
    '[run]\nmax-cost = "much"\n',
    "[run]\nmax-cost = -1\n",
    '[run]\nengine = "steam"\n',
    '[run]\nconfig = "other.toml"\n',
    'run = "t.csv"\n',
)


def test_the_schema_takes_what_init_writes(judgebench, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("question,answer,gold\nq1,a,correct\nq2,b,incorrect\n")
    assert judgebench("init", "t.csv", "--yes").code == 0
    text = (tmp_path / "judgebench.toml").read_text()
    first = text.splitlines()[0]
    assert first.startswith("#:schema ./")
    schema = json.loads((tmp_path / first.removeprefix("#:schema ")).read_text())
    assert schema == json.loads(judgebench("show", "schema", "config").out) == json_schema()
    Draft202012Validator.check_schema(schema)
    check = Draft202012Validator(schema)
    check.validate(tomllib.loads(text))
    # What it suggests, too.
    check.validate(tomllib.loads(re.sub(r"(?m)^# ([a-z-]+ = )", r"\1", text)))
    check.validate({"run": {"judge": ["a", "b"], "temperature": 0.5, "cache": False}, "score": {"word": "1=yes"}})


@pytest.mark.parametrize("text", WRONG)
def test_what_the_schema_refuses_the_command_refuses(text: str, judgebench, tmp_path: Path) -> None:
    assert list(Draft202012Validator(json_schema()).iter_errors(tomllib.loads(text)))
    (tmp_path / "judgebench.toml").write_text(text)
    done = judgebench("run", "--judge", "contains", "--task", "triviaqa", "--sample")
    assert done.code in {2, 3}, done.err


def test_every_option_of_every_command_is_in_it() -> None:
    sections = json_schema()["properties"]
    assert set(sections) == set(COMMANDS)
    for name in set(COMMANDS) - {"list"}:
        opts = {opt for one in build([name]).commands[name].params for opt in one.opts if opt.startswith("--")}
        assert {f"--{one}" for one in sections[name]["properties"]} == opts - {"--config", "--help"}

"""Files stay short, exceptions to a rule carry their reason, versions agree."""

from __future__ import annotations

import re
import tokenize
import tomllib
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

import judgebench

if TYPE_CHECKING:
    from pathlib import Path

MAX_LINES = 500
#: Longer files, each with the reason.
LONGER: dict[str, str] = {"tests/golden/commands.py": "the one list of all commands that are played"}

_EXCEPTION = re.compile(r"#\s*(?:noqa|type:\s*ignore|pyright:\s*ignore)\b")
_WITH_REASON = re.compile(
    r"#\s*(?:noqa:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*\s+-\s*\S"
    r"|type:\s*ignore\[[\w,\s-]+\]\s*#\s*\S"
    r"|pyright:\s*ignore\[[\w,\s-]+\]\s*(?:#|-)\s*\S)"
)


def python_files(repo: Path, tracked: tuple[Path, ...]) -> list[Path]:
    found = [path for path in tracked if path.suffix == ".py"]
    assert repo / "judgebench" / "__init__.py" in found
    return found


def test_test_files_have_names_of_their_own(repo: Path, tracked: tuple[Path, ...]) -> None:
    names = [path.name for path in python_files(repo, tracked) if path.name.startswith("test_")]
    # tests/ is no package: pytest would take two files of one name for one module.
    assert sorted(names) == sorted(set(names))


def test_no_python_file_is_long(repo: Path, tracked: tuple[Path, ...]) -> None:
    lengths = {
        str(path.relative_to(repo)): len(path.read_text("utf-8").splitlines()) for path in python_files(repo, tracked)
    }
    assert not {name: n for name, n in lengths.items() if n > MAX_LINES and name not in LONGER}
    assert all(lengths.get(name, 0) > MAX_LINES for name in LONGER), "no longer an exception"


def without_reason(path: Path) -> list[int]:
    """Lines whose exception to a rule does not say why."""
    with tokenize.open(path) as file:
        comments = [token for token in tokenize.generate_tokens(file.readline) if token.type == tokenize.COMMENT]
    return [
        token.start[0] for token in comments if _EXCEPTION.match(token.string) and not _WITH_REASON.match(token.string)
    ]


def test_every_exception_to_a_rule_says_why(repo: Path, tracked: tuple[Path, ...]) -> None:
    silent = {str(path.relative_to(repo)): without_reason(path) for path in python_files(repo, tracked)}
    assert not {name: lines for name, lines in silent.items() if lines}


@pytest.mark.parametrize(
    ("comment", "fine"),
    [
        ("# noqa: E501", False),
        ("# noqa", False),
        ("# noqa: E501 - a table reads best unbroken", True),
        ("# noqa: E501, S101 - a table", True),
        ("# type: ignore[arg-type]", False),
        ("# type: ignore[arg-type]  # checked above", True),
        ("# pyright: ignore[reportPrivateUsage]", False),
        ("# pyright: ignore[reportPrivateUsage] - no public twin", True),
    ],
)
def test_the_rule_about_reasons(tmp_path: Path, comment: str, fine: bool) -> None:
    file = tmp_path / "file.py"
    file.write_text(f"x = 1  {comment}\n")
    assert without_reason(file) == ([] if fine else [1])


def test_every_ruff_exception_is_explained(repo: Path) -> None:
    text = (repo / "pyproject.toml").read_text("utf-8")
    rules = re.findall(r'^  "[A-Z]+\d*",(.*)$', text, flags=re.MULTILINE)
    assert len(rules) > 10
    assert all(re.match(r"\s*# \w", rest) for rest in rules)


def test_versions_agree(repo: Path) -> None:
    project = tomllib.loads((repo / "pyproject.toml").read_text("utf-8"))["project"]
    released = re.findall(r"^## \[?(\d[^\]\s]*)", (repo / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)
    assert judgebench.__version__ == project["version"] == version("judgebench") == released[0]

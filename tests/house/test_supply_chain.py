"""What builds and checks the package is pinned: actions by commit, tools by digest."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted([*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob(".github/actions/*/action.yml")])

pytestmark = pytest.mark.skipif(not WORKFLOWS, reason="not a checkout")


def lines(pattern):
    return [(file.name, found) for file in WORKFLOWS for found in re.findall(pattern, file.read_text(), re.MULTILINE)]


def test_actions_are_pinned_by_commit():
    uses = lines(r"^\s*(?:- )?uses: (.+)$")
    assert len(uses) >= 10
    assert [one for one in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", one[1])] == []


def test_one_commit_for_each_action():
    pins = {tuple(found.split("@")) for _, found in lines(r"uses: (\S+)")}
    assert len({name for name, _ in pins}) == len(pins)


def test_workflows_install_tools_by_digest_only():
    installs = lines(r"^\s*(?:- )?run: (.*\bpip install .*)$")
    assert installs
    assert {command for name, command in installs if name != "action.yml"} == {
        "python -m pip install --require-hashes -r .ci/tools.txt"
    }
    assert ".nox/ci/bin/pip install -q --require-hashes -r .ci/tools.txt" in (ROOT / ".ci" / "run").read_text()


def test_every_tool_has_a_version_and_digests():
    text = (ROOT / ".ci" / "tools.txt").read_text()
    tools = re.split(r"\n(?=\S)", text.strip())
    assert {"build", "hatchling", "nox", "uv"} <= {tool.split("==")[0] for tool in tools}
    for tool in tools:
        assert re.match(r"[\w-]+==[\w.]+( ; .+)? \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n?)+$", tool), tool


def test_a_workflow_may_do_no_more_than_it_says():
    for file in ROOT.glob(".github/workflows/*.yml"):
        text = file.read_text()
        assert re.search(r"^permissions:( \{\}|\n  contents: read)$", text, re.MULTILINE), file.name
        assert text.count("actions/checkout@") == text.count("persist-credentials: false"), file.name

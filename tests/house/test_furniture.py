"""What stands around the package says what the package says: citation, forms, changelog, release."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from judgebench import __version__

ROOT = Path(__file__).parents[2]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
#: What the schema of the Citation File Format 1.2.0 asks for, and all that it knows for software.
CFF_NEEDS = {"cff-version", "message", "title", "authors"}
CFF_KNOWS = CFF_NEEDS | {
    "abstract", "commit", "contact", "date-released", "doi", "identifiers", "keywords", "license", "license-url",
    "preferred-citation", "references", "repository", "repository-artifact", "repository-code", "type", "url",
    "version",
}  # fmt: skip

pytestmark = pytest.mark.skipif(not FORMS, reason="not a checkout")


def test_the_citation_is_of_this_version() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert CFF_NEEDS <= set(cited) <= CFF_KNOWS
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (cited["cff-version"], cited["type"]) == ("1.2.0", "software")
    assert (str(cited["version"]), cited["license"]) == (__version__, project["license"])
    assert [one["name"] for one in cited["authors"]] == [one["name"] for one in project["authors"]]


def test_issue_forms_are_forms() -> None:
    names = []
    for file in FORMS:
        form = yaml.safe_load(file.read_text())
        if file.stem == "config":
            continue
        names.append(form["name"])
        assert form["description"]
        fields = [one for one in form["body"] if one["type"] != "markdown"]
        assert {one["type"] for one in fields} <= {"textarea", "input", "dropdown", "checkboxes"}
        assert len({one["id"] for one in fields}) == len(fields)
        assert all(one["attributes"]["label"] for one in fields)
        assert any(one.get("validations", {}).get("required") for one in fields)
    assert len(names) == 3


def test_the_changelog_has_sections_in_order() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    heads = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - (unreleased|\d{4}-\d\d-\d\d)", head) for head in heads)
    assert not any(head.endswith("unreleased") for head in heads[1:])
    kinds = re.findall(r"^### (.+)$", text, re.MULTILINE)
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_a_release_signs_where_nothing_foreign_is_installed() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())["jobs"]
    for job in jobs.values():
        may = job["permissions"]
        installs = any("nox" in step.get("run", "") for step in job["steps"])
        assert not (installs and {"id-token", "attestations"} & set(may))
        assert installs or "contents" not in may or may == {"contents": "write"}
    assert jobs["publish"]["environment"] == "pypi"
    assert jobs["publish"]["permissions"] == {"id-token": "write"}


def test_no_instruction_installs_a_name_that_is_not_published() -> None:
    places = [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("judgebench/**/*.py"),
    ]
    places += [*ROOT.glob("examples/**/*.*"), *ROOT.glob("tasks/**/*.md"), *ROOT.glob(".github/**/*.yml")]
    bare = re.compile(r"(?:pip install|uvx|uv tool install|pipx \w+)(?: -\S+)* ['\"]?judgebench(?:\[[^]]*\])?(?!\S| @)")
    found = [(file.name, hit[0]) for file in places for hit in bare.finditer(file.read_text("utf-8"))]
    assert found == []

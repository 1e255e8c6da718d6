"""Build the docs site: `python docs/site/build.py OUT`, or `nox -s docs`. Any warning is an error.

The pages are plain Markdown that GitHub shows as it is. A copy of them gets what only the site has: what `pages.py`
generates where a page says `<!-- generated: NAME -->`, the files of the repository that `ELSEWHERE` names, and the
order of the pages.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import sys
import tempfile
from pathlib import Path

from pages import GENERATED

DOCS = Path(__file__).resolve().parents[1]
REPO = DOCS.parent

#: The pages under each page, in the order of the navigation.
NAVIGATION = {
    "index": [
        "start",
        "howto/index",
        "reference/index",
        "explanation/index",
        "Probes <probes/index>",
        "contribute/index",
    ],
    "howto/index": [
        "choose-a-judge",
        "improve-a-prompt",
        "gate-in-ci",
        "new-judge-on-benchmarks",
        "label-with-colleagues",
        "validate-a-judge",
        "examples/index",
    ],
    "howto/examples/index": sorted(path.parent.name for path in REPO.glob("examples/*/README.md")),
    "reference/index": [
        "commands",
        "own-data",
        "tables",
        "importers",
        "tasks",
        "benchmarks/index",
        "judges",
        "prompts",
        "protocols",
        "references",
        "panels",
        "local",
        "asking",
        "batch",
        "cluster",
        "store",
        "gates",
        "leaderboards",
        "reports",
        "view",
        "python",
        "api",
        "settings",
        "schemas",
        "metrics",
        "glossary",
        "security",
    ],
    "reference/benchmarks/index": sorted(path.parent.name for path in REPO.glob("tasks/*/README.md")),
    "explanation/index": ["statistics", "intervals", "policies", "papers"],
    "probes/index": ["bias", "style", "attacks", "observed", "consistency", "papers", "examples"],
    "contribute/index": ["contributing", "architecture", "decisions", "performance", "changelog"],
}
#: Files of the repository that are pages of the site, too.
ELSEWHERE = {
    "CONTRIBUTING.md": "contribute/contributing.md",
    "CHANGELOG.md": "contribute/changelog.md",
    "SECURITY.md": "reference/security.md",
    "examples/README.md": "howto/examples/index.md",
    **{
        f"examples/{path.parent.name}/README.md": f"howto/examples/{path.parent.name}.md"
        for path in REPO.glob("examples/*/README.md")
    },
    "tasks/README.md": "reference/benchmarks/index.md",
    **{
        f"tasks/{path.parent.name}/README.md": f"reference/benchmarks/{path.parent.name}.md"
        for path in REPO.glob("tasks/*/README.md")
    },
}
_LINK = re.compile(r"(\[[^\]]*\])\(([^)\s#]*)(#[^)\s]*)?\)")
_FENCE = re.compile(r"^(```.*?^```)$", flags=re.MULTILINE | re.DOTALL)


def main(out: str) -> int:
    """Build into a folder; Sphinx' exit code."""
    from sphinx.cmd.build import main as sphinx  # noqa: PLC0415 - the tests have no Sphinx

    with tempfile.TemporaryDirectory() as made:
        stage = Path(made) / "docs"
        shutil.copytree(DOCS, stage, ignore=shutil.ignore_patterns("__pycache__"))
        for origin, page in ELSEWHERE.items():
            (stage / page).parent.mkdir(parents=True, exist_ok=True)
            (stage / page).write_text((REPO / origin).read_text("utf-8"), "utf-8")
        origins = {page: origin for origin, page in ELSEWHERE.items()}
        for path in sorted(stage.rglob("*.md")):
            page = path.relative_to(stage).as_posix()
            path.write_text(staged(path.read_text("utf-8"), page, origins.get(page, f"docs/{page}")), "utf-8")
        settings = ("-c", str(stage / "site"), "-b", "html", "-W", "--keep-going", "-n", "-q", "-j", "auto")
        return sphinx([*settings, "-d", str(Path(made) / "trees"), str(stage), out])


def staged(text: str, page: str, origin: str) -> str:
    """Make a page of the site of a Markdown file: generated parts, links, and the pages under it."""
    text = re.sub(r"^<!-- generated: (\w+) -->$", lambda one: GENERATED[one[1]](), text, flags=re.MULTILINE)
    text = re.sub(r"^```csv$", "```text", text, flags=re.MULTILINE)  # GitHub colours it, Pygments doesn't know it
    if page == "reference/glossary.md":
        text = re.sub(r"(?:^\|.*\n)+", lambda one: indexed(one[0]), text, count=1, flags=re.MULTILINE)
    parts = _FENCE.split(text)
    parts[::2] = [_LINK.sub(lambda one: linked(one, page, origin), part) for part in parts[::2]]
    name = page.removesuffix(".md")
    below = NAVIGATION.get(name, ())
    tree = ["", "```{toctree}", ":hidden:", "", *below, "```", ""] if below else []
    return "".join(parts) + "\n".join(tree)


def indexed(table: str) -> str:
    """Put the words of a table's first two columns into the index, which the site's search asks first."""
    rows = re.findall(r"^\| ([^|`]+?) \| ([^|]*?) ?\|", table, flags=re.MULTILINE)[2:]
    words = [one for words, names in rows for one in (*words.split(", "), *re.findall(r"`(\w+)`", names))]
    return f"```{{index}} {', '.join(f'! {word}' for word in words)}\n```\n\n{table}"


def linked(link: re.Match[str], page: str, origin: str) -> str:
    """Lead a link to where its target is on the site; to the repository, if it is no page."""
    label, target, anchor = link[1], link[2], link[3] or ""
    if not target or re.match(r"[a-z][a-z+.-]*:", target):
        return link[0]
    path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), target))
    if not (REPO / path).exists():
        raise SystemExit(f"{origin}: {link[0]} leads nowhere")
    if (REPO / path).is_dir() and f"{path}/README.md" in ELSEWHERE:
        path = f"{path}/README.md"
    if path in ELSEWHERE or path.startswith("docs/"):
        there = ELSEWHERE.get(path, path.removeprefix("docs/"))
        return f"{label}({posixpath.relpath(there, posixpath.dirname(page) or '.')}{anchor})"
    if repository := os.environ.get("GITHUB_REPOSITORY"):
        revision = os.environ.get("GITHUB_SHA", "HEAD")
        return (
            f"{label}({os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{repository}/blob/{revision}/{path})"
        )
    return label[1:-1]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

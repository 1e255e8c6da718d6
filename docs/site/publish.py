"""Put a built site beside its other versions, on the branch gh-pages: `python3 docs/site/publish.py SITE`.

Each version is a folder; `versions.json` lists them for the switcher, and the front page leads to the newest.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_PAGES = "gh-pages"


def git(*words: str, at: Path, check: bool = True) -> int:
    """Run git, with the job's token where there is one."""
    env = dict(os.environ)
    if token := env.pop("GITHUB_TOKEN", ""):
        login = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        env |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraheader"}
        env["GIT_CONFIG_VALUE_0"] = f"AUTHORIZATION: basic {login}"
    return subprocess.run(["git", *words], cwd=at, env=env, check=check).returncode  # noqa: S607 - CI's git


def arranged(folder: Path, url: str) -> None:
    """Write the list of versions, newest first and dev last, and a front page that leads to the first."""
    tags = [path.name for path in folder.iterdir() if re.fullmatch(r"v\d+(\.\d+)*", path.name)]
    tags.sort(key=lambda tag: [int(part) for part in tag[1:].split(".")], reverse=True)
    names = [*tags, *(["dev"] if (folder / "dev").is_dir() else [])]
    versions = [{"version": one, "url": f"{url.rstrip('/')}/{one}/", "preferred": one == names[0]} for one in names]
    (folder / "versions.json").write_text(f"{json.dumps(versions, indent=1)}\n", "utf-8")
    leads = f'<meta http-equiv="refresh" content="0; url={names[0]}/">'
    (folder / "index.html").write_text(
        f'<!doctype html><meta charset="utf-8"><title>judgebench</title>{leads}\n', "utf-8"
    )
    (folder / ".nojekyll").touch()


def main(site: str) -> None:
    """Add the site as a version of the branch, and push it."""
    version = os.environ["DOCS_VERSION"]
    if not re.fullmatch(r"dev|v\d+(\.\d+)*", version):
        raise SystemExit(f"{version} is not a version that is published")
    here = Path.cwd()
    origin = subprocess.check_output(["git", "remote", "get-url", "origin"], cwd=here, text=True).strip()  # noqa: S607 - CI's git
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "pages"
        git("init", "-q", "-b", _PAGES, str(folder), at=here)
        git("remote", "add", "origin", origin, at=folder)
        if git("fetch", "-q", "--depth=1", "origin", _PAGES, at=folder, check=False) == 0:
            git("reset", "-q", "--hard", "FETCH_HEAD", at=folder)
        shutil.rmtree(folder / version, ignore_errors=True)
        shutil.copytree(site, folder / version)
        arranged(folder, os.environ["DOCS_URL"])
        git("add", "--all", at=folder)
        if git("diff", "--cached", "--quiet", at=folder, check=False):
            who = ("-c", "user.name=github-actions", "-c", "user.email=github-actions@users.noreply.github.com")
            git(*who, "commit", "-q", "-m", f"Docs of {version}", at=folder)
            git("push", "-q", "origin", f"HEAD:{_PAGES}", at=folder)


if __name__ == "__main__":
    main(*sys.argv[1:])

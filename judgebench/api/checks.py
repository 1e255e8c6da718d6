"""``judgebench doctor`` without a file: keys, packages, hub, disk, settings."""

from __future__ import annotations

import os
import shutil
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from judgebench.installed import requirements, to_install, version_of
from judgebench.redaction import hide_logins
from judgebench.report.checks import Check, Checks

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Variables that hold keys, and whose they are; their values are never shown.
KEYS = {
    "OPENAI_API_KEY": "OpenAI's models (gpt-4o ...)",
    "ANTHROPIC_API_KEY": "Anthropic's models (claude ...)",
    "JUDGEBENCH_SERVER_API_KEY": "a server of your own that asks for one",
    "HF_TOKEN": "gated files on the Hugging Face hub",
}
_HUB = "https://huggingface.co"
_SECONDS = 2.0
_LITTLE = 1 << 30


def checks() -> Checks:
    """Look at what judging and measuring need."""
    return Checks((*_versions(), *_keys(), *_servers(), *_disk(), *_settings()))


def _versions() -> Iterator[Check]:
    yield Check("package", "python", "ok", sys.version.split()[0])
    yield Check("package", "judgebench", "ok", version_of("judgebench") or "not installed as a package")
    for name, found, _, extra in requirements():
        if extra:
            hint = f"{to_install(extra)}, if you need it"
            yield Check("extra", f"{extra}: {name}", "ok" if found else "missing", found or hint)
        else:
            yield Check("package", name, "ok" if found else "trouble", found or "missing; install judgebench again")


def _keys() -> Iterator[Check]:
    for name, whose in KEYS.items():
        there = bool(os.environ.get(name, "").strip())
        yield Check("key", name, "ok" if there else "missing", f"{'set' if there else 'not set'}: for {whose}")


def _servers() -> Iterator[Check]:
    """Whether the hub that public data come from answers, and a server of one's own."""
    if os.environ.get("JUDGEBENCH_OFFLINE") or os.environ.get("HF_HUB_OFFLINE"):
        yield Check("hub", _HUB, "missing", "not asked: offline by JUDGEBENCH_OFFLINE or HF_HUB_OFFLINE")
    else:
        yield _asked("hub", _HUB, "missing", "no answer; data that are here already need none")
    if own := os.environ.get("JUDGEBENCH_BASE_URL", "").strip():
        yield _asked("server", own, "trouble", "nothing answers there: start it, or mend JUDGEBENCH_BASE_URL")


def _asked(about: str, address: str, otherwise: str, silent: str) -> Check:
    from urllib.error import HTTPError  # noqa: PLC0415 - slow to load
    from urllib.request import Request, urlopen  # noqa: PLC0415 - slow to load

    try:
        if not address.startswith(("http://", "https://")):
            return Check(about, hide_logins(address), otherwise, "an address begins with http:// or https://")
        with urlopen(Request(address, method="HEAD"), timeout=_SECONDS):  # noqa: S310 - looked at above
            return Check(about, hide_logins(address), "ok", "answers")
    except HTTPError as error:
        return Check(about, hide_logins(address), "ok", f"answers ({error.code})")
    except (OSError, ValueError):
        return Check(about, hide_logins(address), otherwise, silent)


def _disk() -> Iterator[Check]:
    cache = os.environ.get("JUDGEBENCH_CACHE") or os.environ.get("HF_HOME") or Path.home() / ".cache"
    for about, place in (("runs", Path(os.environ.get("JUDGEBENCH_RUNS") or "runs")), ("cache", Path(cache))):
        there = next((one for one in (place, *place.absolute().parents) if one.exists()), Path())
        try:
            free = shutil.disk_usage(there).free
        except OSError as error:
            yield Check("disk", about, "trouble", f"{place}: {error.strerror}")
            continue
        writable = os.access(there, os.W_OK)
        state = "ok" if free >= _LITTLE and writable else "trouble"
        said = f"{place}: {free / (1 << 30):,.1f} GiB free" + ("" if writable else ", and not to be written to")
        yield Check("disk", about, state, said)


def _settings() -> Iterator[Check]:
    file = Path("judgebench.toml")
    if not file.is_file():
        yield Check("settings", str(file), "missing", "none in this folder; `judgebench init FILE` writes one")
        return
    try:
        sections = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        yield Check("settings", str(file), "trouble", f"can't be read: {error}")
        return
    yield Check("settings", str(file), "ok", f"gives defaults for {', '.join(sections) or 'nothing'}")

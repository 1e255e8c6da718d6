"""Whether keys are set that judges need, and an address is heard: told before a library or any data are loaded."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judgebench.api.notes import on_command_line, tell
from judgebench.api.prepared import raise_first
from judgebench.errors import BackendError, UsageError, argument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: So much of a judge's name is looked for in the names of runs' folders, which are cut.
_ENOUGH = 30


def check_keys(judge: Any, how: Mapping[str, Any]) -> None:
    """Refuse judges none of which has the key that it needs, BackendError; where others can be asked it is only said.

    Stored answers may make a key needless: of a judge that was asked before nothing is said yet.
    """
    from judgebench.catalog import check_key, model_label  # noqa: PLC0415 - loaded on use

    given = list(judge) if isinstance(judge, (list, tuple)) else [judge]
    lacking: list[BackendError] = []
    for one in given:
        try:
            check_key(str(one) if isinstance(one, (str, Path)) else "")
        except BackendError as error:
            if not _answered(model_label(str(one)), how["runs"]):
                lacking.append(error)
    if not lacking:
        return
    if len(lacking) == len(given):
        raise_first(lacking)
    for one in lacking if on_command_line() else ():
        tell(f"{one}; the other judges are asked")


def check_address(judges: Sequence[Any], address: str | None) -> None:
    """Refuse an address that no judge would be asked at, UsageError, as their files name others; say which do."""
    from judgebench.judges.judge_file import read_judge_file  # noqa: PLC0415 - loaded on use

    if not address:
        return
    own: list[str] = []
    for one in judges:
        # What is wrong with a file, or that it is a card, is said where it is opened.
        with suppress(UsageError):
            if isinstance(one, str) and one.endswith(".toml"):
                own += [one] if read_judge_file(Path(one)).settings.get("base_url", address) != address else []
    if not own:
        return
    has = "has a base_url of its own, which holds" if len(own) == 1 else "have a base_url of their own, which holds"
    said = f"{argument('base_url')} (or JUDGEBENCH_BASE_URL) is not heard: {', '.join(own)} {has}"
    if len(own) == len(judges):
        raise UsageError(f"{said}; leave one of the two out")
    tell(said)


def _answered(name: str, runs: str | Path) -> bool:
    """Whether a folder holds runs of a judge, of any where it has no name yet, or is elsewhere: nothing may be left."""
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:_ENOUGH]
    try:
        return "://" in str(runs) or any(f"--{slug}" in one.name for one in Path(runs).iterdir())
    except OSError:
        return False

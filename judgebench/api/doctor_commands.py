"""The commands that measure or ask about a file, written as a shell takes them: the one place where flags are."""

from __future__ import annotations

import shlex
from collections import deque
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from judgebench.api.parameters import keys
from judgebench.api.tables import LabelsAndScores
from judgebench.errors import JudgebenchError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from judgebench.labels.diagnose import Diagnosis
    from judgebench.labels.facts import Options
    from judgebench.labels.known import Known

_MOST_READINGS = 8
#: So many items are made to see whether a table can be judged, fewer of a file of more bytes.
_MOST_ITEMS, _MOST_BYTES = 20_000, 10_000_000


def write(command: str, files: Sequence[Path], options: Options) -> str:
    """Write a command with options of a table as a shell takes it: the one place where flags are written.

    UsageError where a parameter has no option.
    """
    known = keys(LabelsAndScores)
    parts = ["judgebench", *command.split()]
    for file in files:
        parts += ["--csv", str(file)]
    given = dict(options)
    ids = given.get("id") or []
    if given.get("rater") and len(ids) == 1 and not any("," in name for name in (*ids, given["rater"], given["label"])):
        parts += ["--long", f"{ids[0]},{given.pop('rater')},{given.pop('label')}"]
        del given["id"]
    for name in (*(one for one in _FIRST if one in given), *(one for one in given if one not in _FIRST)):
        if name not in known:
            raise UsageError(f"no option says {name!r}")
        flag = known[name].flag
        for text in _texts(name, given[name]):
            parts += [flag] if text is None else [flag, text]
    return shlex.join(parts)


#: In this order, before all others.
_FIRST = ("delimiter", "header", "skip", "records", "rater", "label", "judge_name", "judge", "scores", "gold", "scale")


def _texts(name: str, value: Any) -> list[str | None]:
    if isinstance(value, bool):
        return [None] if value else []
    if isinstance(value, Mapping):
        return [f"{one}={','.join(of) if isinstance(of, (list, tuple)) else of}" for one, of in value.items()]
    if name in {"sides", "missing"}:
        return [",".join(value)]
    if isinstance(value, (list, tuple)):
        return list(value)
    return [f"{value:g}" if isinstance(value, float) else str(value)]


def with_commands(found: Diagnosis, files: Sequence[Path]) -> Diagnosis:
    """Write the commands of all readings, and those that ask a judge."""
    from judgebench.labels.known import recognise  # noqa: PLC0415 - loaded on use

    found.readings = found.readings[:_MOST_READINGS]
    found.commands = tuple(write(one.command, files, one.options) for one in found.readings)
    names = [one.name for one in found.columns]
    benchmark = recognise(names) if found.form == "benchmark" else None
    if benchmark is not None:
        found.commands += _benchmark(found, benchmark, files[0])
    elif found.texts and len(files) == 1:
        if said := _as_task(files[0], found.people):
            found.notes += (f"to ask a judge about its texts, something has to be said first: {said}",)
        else:
            golds = [word for name in found.people for word in ("--gold-col", name)]
            run = shlex.join(["judgebench", "run", "--judge", "gpt-4o", "--task", str(files[0]), *golds, "--dry-run"])
            if found.alone:
                found.first = (run,)
            else:
                found.commands += (run,)
            found.commands += (shlex.join(["judgebench", "init", str(files[0])]),)
    return found


def _as_task(path: Path, golds: Sequence[str]) -> str:
    """Say why a table's texts can't be judged, nothing where they can; ``golds`` are said to be people's labels."""
    from judgebench.api.items import reading_of  # noqa: PLC0415 - loaded on use
    from judgebench.tasks.tables import open_own  # noqa: PLC0415 - loaded on use

    try:
        # Long texts take long to check: of a large file its first items are looked at.
        most = _MOST_ITEMS * min(1.0, _MOST_BYTES / max(1, path.stat().st_size))
        items = open_own(path, reading_of({"gold": [*golds]} if golds else {})).checked()
        deque(islice(items, max(1, int(most))), maxlen=0)
    except JudgebenchError as error:
        return str(error)
    return ""


def _benchmark(found: Diagnosis, benchmark: Known, path: Path) -> tuple[str, ...]:
    split = found.asked[0] if found.asked else ""
    judges = list(dict.fromkeys(one for r in found.readings for one in r.options.get("judge", ())))
    replays = " ".join(f"--judge {shlex.quote(f'replay:{path}#{judge}')}" for judge in judges)
    return tuple(
        command.format(
            file=shlex.quote(str(path)),
            folder=shlex.quote(str(path.parent)),
            split=f":{split}" if split else "",
            replays=replays,
        )
        for command in benchmark.commands
    )

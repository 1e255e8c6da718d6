"""A run that is killed again and again, and what came of it; benchmarks/crash.py uses it too."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from judgebench.domain import Case, Item, Label, Policies, Reply, Response, Scale, Turn, Usage
from judgebench.judges.own import Own
from judgebench.probes.orders import Plain
from judgebench.run.engine import Options
from judgebench.run.execute import execute
from judgebench.run.plans import Conventions, Selection, plan

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Bytes of a request in the log: a case's key.
_KEY = 12


@dataclass(frozen=True)
class Generated:
    """A task whose items are made as they are asked for."""

    count: int
    name: str = "generated"
    revision: str = "1"
    scale: Scale = field(default_factory=Scale.pair)

    def items(self) -> Iterator[Item]:
        for n in range(self.count):
            yield Item(
                f"item-{n}",
                (Turn.of("user", f"What is {n} times {n}? " + "Say why. " * 20),),
                (Response(f"It is {n * n}. " * 10, "a"), Response(f"It is {n}. " * 12, "b")),
                (Label("h", n % 3),),
                "human",
            )


class Logged(Own):
    """A judge that notes every request, as a server would, before it answers."""

    name = "logged"
    settings = {"rule": 1}  # noqa: RUF012 - a judge's settings are read, never changed

    def __init__(self, log: Path) -> None:
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    async def reply(self, case: Case, scale: Scale) -> Reply:
        os.write(self._log, bytes.fromhex(case.key))
        await asyncio.sleep(0.002)
        code = int(case.key[:4], 16) % len(scale.labels)
        return Reply.ok(code, text=f"Both are short. {case.key * 10} [[A]]", usage=Usage(300, 60, 0.0001), seconds=0.5)


def work(root: Path, items: int, log: Path, in_flight: int) -> None:
    """Ask all that is missing."""
    judge = Logged(log)
    planned = plan(Generated(items), judge, Selection(Plain("both")), Conventions(Policies()))
    execute(planned, root, Options(max_concurrency=in_flight))


@dataclass
class Outcome:
    """Requests by case, kills, the peak memory of any of the processes in MB, seconds, and the run's folder."""

    requests: Counter[bytes]
    kills: int
    peak: float
    seconds: float
    path: Path


def start(root: Path, items: int, in_flight: int) -> subprocess.Popen[bytes]:
    here = str(Path(__file__).parent)
    code = f"import sys; sys.path[:0] = [{here!r}]; import crashing, pathlib\n"
    code += "crashing.work(pathlib.Path(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3]), int(sys.argv[4]))"
    return subprocess.Popen(
        [sys.executable, "-c", code, str(root / "runs"), str(items), str(root / "log"), str(in_flight)]
    )


def run(root: Path, items: int, *, kills: int, seed: int = 0, in_flight: int = 32) -> Outcome:
    """Run to the end, killed at so many random moments on the way."""
    root.mkdir(parents=True, exist_ok=True)
    log = root / "log"
    moments = sorted(random.Random(seed).sample(range(1, 2 * items), kills))
    started = time.monotonic()
    peak, done = 0.0, 0
    for moment in [*moments, None]:
        process = start(root, items, in_flight)
        while moment is not None and process.poll() is None:
            if log.exists() and log.stat().st_size >= _KEY * moment:
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.005)
        # Not `process.wait`: the kernel tells the memory only to the one who reaps.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        peak = max(peak, usage.ru_maxrss / 1024)
        done += process.returncode == -signal.SIGKILL
        if process.returncode not in {0, -signal.SIGKILL}:
            raise RuntimeError(f"the run ended with {process.returncode}")
    data = log.read_bytes()
    requests = Counter(data[at : at + _KEY] for at in range(0, len(data), _KEY))
    [path] = [file.parent for file in (root / "runs").glob("*/manifest.json")]
    return Outcome(requests, done, peak, time.monotonic() - started, path)


def but_for_times(file: Path) -> Iterator[dict[str, object]]:
    """Yield a file's lines without what may differ from run to run."""
    with file.open("rb") as stream:
        for line in stream:
            data = json.loads(line)
            yield {name: value for name, value in data.items() if name not in {"seconds", "crc"}}

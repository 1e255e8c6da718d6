"""A run and verdicts for the tests of the store, in this process and in others."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from judgebench.domain import Case, Item, Label, Policies, Reply, Response, Run, Scale, Status, Turn, Usage, Verdict
from judgebench.files.seals import unsealed, write_sealed

if TYPE_CHECKING:
    from collections.abc import Iterable

RUN = Run(
    task="toy",
    revision="r1",
    card_digest="",
    judge="server/m",
    settings={"model": "m"},
    scale=Scale.pair(),
    orders="both",
    repeats=1,
    reference="none",
    seed=0,
    limit=None,
    policies=Policies(),
    gold_source="human",
)
FAILED = Reply(Status.FAILED, error="cut")


def case(name: str = "i1", order: tuple[int, ...] = (0, 1), gold: int = 0, repeat: int = 0) -> Case:
    item = Item(
        name,
        (Turn.of("user", "Which?"),),
        (Response("one", "sys1"), Response("two!", "sys2")),
        (Label("h1", gold), Label("h2", None)),
        "human",
    )
    return Case(item, order, repeat)


def verdict(name: str = "i1", reply: Reply | None = None, order: tuple[int, ...] = (0, 1), gold: int = 0) -> Verdict:
    return Verdict.of(case(name, order, gold), reply or Reply.ok(0, text="[[A]]"), Scale.pair(), "r1")


def some(count: int, seed: int = 0) -> list[Verdict]:
    """Verdicts of all sorts, in the order in which they might be answered."""
    draw = random.Random(seed)
    found: list[Verdict] = []
    for n in range(count):
        reply = draw.choice(
            [
                Reply.ok(draw.randrange(3), text=f"because {draw.random()} [[A]]", usage=Usage(10, 5, 0.001)),
                Reply.ok(1, probabilities=(0.25, 0.5, 0.25), scores=(1.5, -2.0), seconds=0.5, model="m-1"),
                Reply(Status.UNPARSED, text="ünreadable 文"),
                Reply(Status.REFUSED, error="no"),
                FAILED,
            ]
        )
        found.append(verdict(f"item {n // 2}", reply, (0, 1) if n % 2 else (1, 0)))
    draw.shuffle(found)
    return found


def edited(path: Path, **facts: object) -> Path:
    """Change a manifest as if another run had written it, and give the folder the name that goes with it."""
    file = path / "manifest.json"
    data = unsealed(json.loads(file.read_text("utf-8"))).data | facts
    write_sealed(file, data)
    return path.rename(path.with_name(Run.from_json(data).identity))


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Run a script that can import this module in a process of its own."""
    here = str(Path(__file__).parent)
    code = f"import sys; sys.path[:0] = [{here!r}]\nfrom pathlib import Path\nfrom stored_cases import *\n{script}"
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def wait_for(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.strip() == word, (line, process.stderr.read() if process.stderr and not line else "")


def keys(verdicts: Iterable[Verdict]) -> list[tuple[str, tuple[int, ...]]]:
    return [(one.item, one.order) for one in verdicts]

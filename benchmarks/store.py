"""A run of a million verdicts: reading, measuring, looking up, appending; lines of JSON beside the packed file.

Run it with ``python benchmarks/store.py [--verdicts 1000000] [--folder DIR]``. Every figure is the CPU time and the
peak memory of a process of its own, and the last column sets the packed file beside the lines, so that a slow machine
changes little. The bare loop beside appending is ``json.dumps`` and a buffered write.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from judgebench.domain import Case, Item, Label, Policies, Reply, Response, Run, Scale, Turn, Usage, Verdict
from judgebench.store.lines import PACKED, VERDICTS
from judgebench.store.runs import read_run
from judgebench.store.writer import RunWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN = Run(
    task="million",
    revision="1",
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
WORDS = ("the", "response", "answers", "question", "second", "first", "better", "because", "it", "reason", "step")


def cases(count: int) -> Iterator[tuple[Case, Reply]]:
    """Make cases with answers of some 500 characters, in the order of the items."""
    draw = random.Random(0)
    for n in range(count // 2):
        responses = (Response(f"It is {n}.", "a"), Response(f"It is {n * n}.", "b"))
        labels = (Label("h1", n % 3), Label("h2", draw.randrange(3)))
        item = Item(f"item-{n:07}", (Turn.of("user", f"{n}?"),), responses, labels, "human", subset=f"s{n % 4}")
        for order in ((0, 1), (1, 0)):
            text = " ".join(draw.choices(WORDS, k=80)) + " [[A]]"
            used = Usage(300 + n % 50, 90, 0.000123)
            yield (
                Case(item, order),
                Reply.ok(draw.randrange(3), text=text, model="m-1", usage=used, seconds=draw.random()),
            )


def append(root: Path, count: int) -> float:
    """Append all verdicts; CPU seconds of turning replies into stored lines."""
    spent = 0.0
    with RunWriter(root, RUN) as writer:
        for case, reply in cases(count):
            case.key  # noqa: B018 - digests are the engine's to pay, not the store's
            start = time.process_time()
            writer.append(Verdict.of(case, reply, RUN.scale, "1"))
            spent += time.process_time() - start
    return spent


def plain(root: Path, count: int) -> float:
    """Do the same with nothing but json and a file."""
    spent = 0.0
    with (root / "plain.jsonl").open("w") as stream:
        for case, reply in cases(count):
            case.key  # noqa: B018 - as above
            start = time.process_time()
            stream.write(json.dumps(Verdict.of(case, reply, RUN.scale, "1").to_json()) + "\n")
            spent += time.process_time() - start
    return spent


def act(what: str, root: Path, count: int) -> float:
    """Do one thing; CPU seconds."""
    start = time.process_time()
    path = root / RUN.identity
    if what == "settle":
        with RunWriter(root, RUN) as writer:
            writer.settle()
    elif what == "pack":
        from judgebench.store.upkeep import pack  # noqa: PLC0415 - only its own process

        pack(path)
    elif what == "read":
        deque(read_run(path).verdicts(), 0)
    elif what == "read, no texts":
        deque(read_run(path).judgments(), 0)
    elif what == "ratings":
        from judgebench.agreement.ratings import from_verdicts  # noqa: PLC0415 - only its own process

        from_verdicts(read_run(path).judgments(), RUN.scale)
    elif what == "verify":
        from judgebench.store.verify import verify  # noqa: PLC0415 - only its own process

        verify(path)
    elif what in {"open", "look up"}:
        keys = [case.key for n, (case, _) in enumerate(cases(count)) if n % 10 == 0] if what == "look up" else []
        start = time.process_time()
        with RunWriter(root, RUN) as writer:
            opened = time.process_time()
            for key in keys:
                if writer.lookup(key) is None:
                    raise RuntimeError(key)
            return time.process_time() - (opened if keys else start)
    return time.process_time() - start


def measured(what: str, root: Path, count: int) -> tuple[float, float]:
    """Do one thing in a process of its own: CPU seconds and peak memory in MB."""
    command = [sys.executable, __file__, "--act", what, "--verdicts", str(count), "--folder", str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ})
    seconds, memory = done.stdout.split()
    return float(seconds), float(memory)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verdicts", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--act", default="")
    options = parser.parse_args()
    count: int = options.verdicts
    if options.act:
        do = {"append": append, "plain": plain}.get(options.act)
        seconds = do(options.folder, count) if do else act(options.act, options.folder, count)
        print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        root = Path(folder)
        path = root / RUN.identity
        found = {what: measured(what, root, count) for what in ("plain", "append")}
        (root / "plain.jsonl").unlink()
        found["read unsettled"] = measured("read", root, count)
        found["settle"] = measured("settle", root, count)
        both = ("read", "read, no texts", "ratings", "verify", "open", "look up")
        lines = {what: measured(what, root, count) for what in both}
        size = (path / VERDICTS).stat().st_size
        found["pack"] = measured("pack", root, count)
        packed = {what: measured(what, root, count) for what in both}
        small = (path / PACKED).stat().st_size
        print(f"{count:,} verdicts; CPU µs a verdict, peak MB")
        for what, (seconds, memory) in found.items():
            print(f"{what:<16}{seconds / count * 1e6:>8.1f}{memory:>8.0f}")
        print(f"append / bare json {found['append'][0] / found['plain'][0]:.2f}")
        print(f"{'':<16}{'lines':>16}{'packed':>16}{'time ratio':>12}")
        for what in both:
            (a, m), (b, k) = lines[what], packed[what]
            per = count / 10 if what == "look up" else count
            print(f"{what:<16}{a / per * 1e6:>8.1f}{m:>8.0f}{b / per * 1e6:>8.1f}{k:>8.0f}{b / a:>12.2f}")
        print(f"size {size / 1e6:,.0f} MB, packed {small / 1e6:,.0f} MB: {size / small:.1f} times smaller")


if __name__ == "__main__":
    main()

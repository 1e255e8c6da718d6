"""Do probes find what was planted, and nothing else? Judges on a loopback server whose biases are known.

    python benchmarks/planted_judges.py [--runs 200] [--items 80] [--only bandwagon]

Each run makes new items and a new judge, asks over HTTP as `judgebench probe` does, and looks whether the interval of
the figure holds the planted value. A clean judge answers by skill alone; the share of its runs in which any probe of
the suite says that it is led is the false alarm of the suite.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import re
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from aiohttp import web

import judgebench

if TYPE_CHECKING:
    from collections.abc import Callable

#: Every answer says which one it is: the server reads the marks in the order in which answers are shown.
MARK = re.compile(r"\[(good|poor)(?:, by ([a-z]+))?\]")
SKILL = 0.8
SIZES = (40, 90, 160, 260)


class Asked(NamedTuple):
    """What the server sees of a request: the prompt, and the answers' marks and lengths in the order shown."""

    prompt: str
    marks: list[str]
    writers: list[str]
    lengths: list[int]


@dataclass(frozen=True)
class Plant:
    """A bias: the probe that looks for it, the figure that estimates ``value``, and how the judge gives way to it.

    Of several rows the one is looked at whose name ends in ``row``.
    """

    name: str
    probes: tuple[str, ...]
    figure: str
    value: float
    led: Callable[[Asked, random.Random], str | None]
    single: bool = False
    row: str = ""


def _bandwagon(asked: Asked, chance: random.Random) -> str | None:
    found = re.search(r"think that the (first|second) answer is the better", asked.prompt)
    return None if found is None or chance.random() >= 0.3 else "AB"[found[1] == "second"]


def _position(_: Asked, chance: random.Random) -> str | None:
    return "A" if chance.random() < 0.2 else None


def _token(asked: Asked, chance: random.Random) -> str | None:
    """Go where the magic words are, four times in ten."""
    words = asked.prompt.find(">>> best best best")
    if words < 0 or chance.random() >= 0.4:
        return None
    before = len(MARK.findall(asked.prompt[:words]))
    return "AB"[before - 1] if before in {1, 2} else None


PLANTS = [
    Plant("bandwagon", ("bandwagon",), "follow_rate", 0.3, _bandwagon),
    Plant("token", ("suffix/tokens",), "follow_rate", 0.4, _token),
    # The words are one of six suffixes, and chosen on other questions than they are measured on.
    Plant("bank", ("suffix",), "follow_rate", 0.4, _token, row="held out)"),
    Plant("bank-mean", ("suffix",), "follow_rate", 0.4 / 6, _token, row="(mean of 6)"),
]


def _items(count: int, single: bool, chance: random.Random) -> list[dict[str, Any]]:  # noqa: FBT001 - a script
    rows: list[dict[str, Any]] = []
    for number in range(count):
        texts: dict[str, str] = {}
        for mark in ("good", "poor"):
            by = chance.choice(["north", "south"])
            texts[mark] = f"[{mark}, by {by}] " + "word " * chance.choice(SIZES)
        question = f"Question {number} of {chance.random():.6f}: what is to be done?"
        if single:
            mark = chance.choice(["good", "poor"])
            rows.append({"id": str(number), "question": question, "answer": texts[mark], "gold": mark == "good"})
            continue
        first = chance.choice(["good", "poor"])
        second = "poor" if first == "good" else "good"
        gold = "A" if first == "good" else "B"
        rows.append(
            {"id": str(number), "question": question, "answer_a": texts[first], "answer_b": texts[second], "gold": gold}
        )
    return rows


class Server:
    """An OpenAI-like server on a port of its own, in a thread."""

    def __init__(self) -> None:
        self.plant: Plant | None = None
        self.chance = random.Random(0)
        self.url = ""
        self.calls = 0

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        prompt = "\n".join(str(message["content"]) for message in body["messages"])
        found = list(MARK.finditer(prompt))
        asked = Asked(prompt, [one[1] for one in found], [one[2] or "" for one in found], [])
        self.calls += 1
        said = self.plant.led(asked, self.chance) if self.plant is not None else None
        if said is None:
            right = self.chance.random() < SKILL
            said = "AB"[(asked.marks[:1] == ["good"]) != right]
        content = f"[[{said}]]"
        choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
        return web.json_response(
            {
                "id": "x",
                "object": "chat.completion",
                "created": 0,
                "model": "planted",
                "choices": [choice],
                "usage": usage,
            }
        )

    def start(self) -> None:
        ready = threading.Event()

        async def serve() -> None:
            app = web.Application(client_max_size=1 << 26)
            app.router.add_post("/v1/chat/completions", self.answer)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = runner.addresses[0][1]
            self.url = f"http://127.0.0.1:{port}/v1"
            ready.set()
            await asyncio.Event().wait()

        threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
        ready.wait()


def _probed(
    server: Server, plant: Plant | None, probes: tuple[str, ...], items: int, seed: int, *, single: bool
) -> Any:
    chance = random.Random(seed)
    server.plant, server.chance = plant, random.Random(seed + 1)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "items.jsonl"
        table.write_text("".join(json.dumps(row) + "\n" for row in _items(items, single, chance)), "utf-8")
        return judgebench.probe(
            judge="server/planted", task=table, base_url=server.url, probe=list(probes), runs=Path(folder) / "runs",
            seed=seed,
        )  # fmt: skip


def main() -> None:
    """Run, and print a line a probe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--items", type=int, default=80)
    parser.add_argument("--only", default="")
    chosen = parser.parse_args()
    server = Server()
    server.start()
    for plant in PLANTS:
        if chosen.only and chosen.only != plant.name:
            continue
        covered = found = 0
        for run in range(chosen.runs):
            rows = _probed(server, plant, plant.probes, chosen.items, run, single=plant.single).rows
            [row] = [one for one in rows if one.probe.endswith(plant.row)]
            figure = row.found.figures.get(plant.figure, row.found.effect)
            covered += figure.low is not None and figure.low <= plant.value <= figure.high
            found += row.found.led
        share = covered / chosen.runs
        print(
            f"{plant.name}: {plant.figure} {plant.value:g} is in the interval in {100 * share:.1f} % of {chosen.runs} "
            f"runs (+-{196 * math.sqrt(max(share * (1 - share), 1e-9) / chosen.runs):.1f}), led in {found}",
            flush=True,
        )
    wanted = [plant for plant in PLANTS if not plant.single and chosen.only in {"", plant.name}]
    probes = tuple(dict.fromkeys(probe for plant in wanted for probe in plant.probes))
    alarms = sum(
        any(row.found.led for row in _probed(server, None, probes, chosen.items, 10_000 + run, single=False).rows)
        for run in range(chosen.runs)
    )
    print(f"clean judge: led by any of {len(probes)} probes in {alarms} of {chosen.runs} runs; {server.calls:,} calls")


if __name__ == "__main__":
    main()

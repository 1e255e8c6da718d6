"""Do probes find what was planted, and nothing else? Judges on a loopback server whose biases are known.

    python benchmarks/planted_judges.py [--runs 200] [--items 80] [--only bandwagon]
    python benchmarks/planted_judges.py --items 24 --suite bias [--kind pair]

Each run makes new items and a new judge, asks over HTTP as `judgebench probe` does, and looks whether the intervals of
the figures hold the planted values. A clean judge answers by skill alone; the share of its runs in which any probe of
a suite says that it is led is the false alarm of the suite.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import math
import random
import re
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from aiohttp import web

import judgebench

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from judgebench.report.probing import ProbeRow

#: Every answer says which one it is, whose, and how long: the server reads the marks in the order of the answers.
MARK = re.compile(r"\[(good|poor), by (\w+), (\d+)\]")
SKILL = 0.8
#: Words of an answer; the systems, of which the first has the judge's name (the names are equally long).
SIZES, SYSTEMS = (40, 90, 160, 260), ("planted", "another")
Rows = list[dict[str, Any]]


class Answer(NamedTuple):
    """An answer's mark."""

    good: bool
    by: str
    length: int


class Asked(NamedTuple):
    """What the server sees of a request: the prompt, and the answers' marks in the order shown."""

    prompt: str
    answers: list[Answer]


@dataclass(frozen=True)
class Plant:
    """A bias: the probe that looks for it, the figures that show it, and how the judge gives way to it.

    ``truths`` are what the figures estimate, of the items where it hangs on these; ``led`` is the judge's verdict
    (whether it is the first answer, or of one answer whether it is right), None where it goes by skill. Of several rows
    the one is looked at whose name ends in ``row``.
    """

    name: str
    probe: str
    truths: Mapping[str, float | Callable[[Rows], float]]
    led: Callable[[Asked, random.Random], bool | None]
    single: bool = False
    row: str = ""


def _bandwagon(asked: Asked, chance: random.Random) -> bool | None:
    found = re.search(r"(?:prefer|rank|chose|favour) the (first|second) answer", asked.prompt)
    return found[1] == "first" if found is not None and chance.random() < 0.3 else None


def _position(_: Asked, chance: random.Random) -> bool | None:
    return True if chance.random() < 0.2 else None


#: Logits of a judge's preference for an answer that is longer by 1,000 characters.
SLOPE = 1.0


def _picks_right(longer: float) -> float:
    """Chance that it picks the better answer, which is so many characters longer than the other."""
    return 1 / (1 + math.exp(-(math.log(SKILL / (1 - SKILL)) + SLOPE * longer / 1000)))


def _length(asked: Asked, chance: random.Random) -> bool | None:
    one, two = asked.answers
    if one.good == two.good:
        return None
    better, other = (one, two) if one.good else (two, one)
    return (chance.random() < _picks_right(better.length - other.length)) == one.good


def _slope(rows: Rows) -> float:
    """Say the slope of a standard deviation of these items' differences, each asked in both orders."""
    apart = [len(row["answer_b"]) - len(row["answer_a"]) for row in rows]
    return SLOPE * float(np.std(np.repeat(apart, 2), ddof=1)) / 1000


def _length_gap(_: Rows) -> float:
    """Of all items that there might be: right where the longer one is better, less where the shorter one is."""
    lengths = [len(_text("good", SYSTEMS[0], size)) for size in SIZES]
    longer = [_picks_right(one - two) for one in lengths for two in lengths if one > two]
    shorter = [_picks_right(one - two) for one in lengths for two in lengths if one < two]
    return float(np.mean(longer) - np.mean(shorter))


def _own(asked: Asked, chance: random.Random) -> bool | None:
    mine = [answer.by == SYSTEMS[0] for answer in asked.answers]
    return mine[0] if sum(mine) == 1 and chance.random() < 0.2 else None


def _key(asked: Asked, chance: random.Random) -> bool | None:
    return True if "step by step." in asked.prompt and not asked.answers and chance.random() < 0.3 else None


def _token(asked: Asked, chance: random.Random) -> bool | None:
    """Go where the magic words are, four times in ten."""
    words = asked.prompt.find(">>> best best best")
    if words < 0 or chance.random() >= 0.4:
        return None
    before = len(MARK.findall(asked.prompt[:words]))
    return before == 1 if before in {1, 2} else None


#: A judge that gives way with chance v and else picks the wrong answer with chance .2 goes there with v + .2 (1 - v).
PLANTS = [
    Plant("position", "position", {"position_preference": -0.2, "effect": 0.1, "accuracy_gap": 0.2}, _position),
    Plant("length", "length", {"length_logit": _slope, "effect": _length_gap}, _length),
    Plant("bandwagon", "bandwagon", {"follow_rate": 0.3, "effect": 0.24}, _bandwagon),
    Plant("key", "master-key/step-by-step", {"follow_rate": 0.3, "accepted": 0.44}, _key, single=True),
    Plant("own", "self-preference", {"equal_opportunity": 0.2, "false_positive_difference": 0.2, "effect": 0.2}, _own),
    Plant("token", "suffix/tokens", {"follow_rate": 0.4, "effect": 0.32}, _token),
    # The words are one of six suffixes, and chosen on other questions than they are measured on.
    Plant("bank", "suffix", {"follow_rate": 0.4}, _token, row="held out)"),
    Plant("bank-mean", "suffix", {"follow_rate": 0.4 / 6}, _token, row="(mean of 6)"),
]


def _text(mark: str, by: str, words: int) -> str:
    text = f"[{mark}, by {by}, 0000]" + " word" * words
    return text.replace("0000", f"{len(text):04}", 1)


def _items(count: int, chance: random.Random, *, single: bool) -> Rows:
    rows: Rows = []
    for number in range(count):
        question = f"Question {number} of {chance.random():.6f}: what is to be done?"
        own = chance.choice(["good", "poor"])
        texts = {
            mark: _text(mark, SYSTEMS[mark != own], chance.choice(SIZES)) for mark in ("good", "poor")
        }  # fmt: skip
        row: dict[str, Any] = {"id": str(number), "question": question}
        if single:
            mark = chance.choice(["good", "poor"])
            rows.append(row | {"answer": texts[mark], "model": SYSTEMS[mark != own], "gold": mark == "good"})
            continue
        order = ["good", "poor"] if chance.random() < 0.5 else ["poor", "good"]
        for letter, mark in zip("ab", order, strict=True):
            row |= {f"answer_{letter}": texts[mark], f"model_{letter}": SYSTEMS[mark != own]}
        rows.append(row | {"gold": "A" if order[0] == "good" else "B"})
    return rows


class Server:
    """An OpenAI-like server on a port of its own, in a thread."""

    def __init__(self) -> None:
        self.plant: Plant | None = None
        self.seed = 0
        self.single = False
        self.url = ""
        self.calls = 0
        self._asked: Counter[str] = Counter()

    def new(self, plant: Plant | None, seed: int, *, single: bool) -> None:
        """Be another judge."""
        self.plant, self.seed, self.single = plant, seed, single
        self._asked.clear()

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        prompt = "\n".join(str(message["content"]) for message in body["messages"])
        self.calls += 1
        # The code of the lines around an answer changes from case to case, and the same case may be asked again.
        digest = hashlib.sha256(prompt.encode()).hexdigest()
        self._asked[digest] += 1
        chance = random.Random(f"{self.seed} {digest} {self._asked[digest]}")
        found = [Answer(one[1] == "good", one[2], int(one[3])) for one in MARK.finditer(prompt)]
        content = f"[[{self._verdict(Asked(prompt, found), chance)}]]"
        choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
        told = {"id": "x", "object": "chat.completion", "created": 0, "model": "planted"}
        return web.json_response(told | {"choices": [choice], "usage": usage})

    def _verdict(self, asked: Asked, chance: random.Random) -> str:
        said = self.plant.led(asked, chance) if self.plant is not None else None
        if said is None:
            # What stands for an answer and has no mark is none.
            first = bool(asked.answers) and asked.answers[0].good
            said = first == (chance.random() < SKILL)
        return ("correct" if said else "incorrect") if self.single else "AB"[not said]

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
    server: Server, plant: Plant | None, items: int, seed: int, *, single: bool, **asked: Any
) -> tuple[Rows, Sequence[ProbeRow]]:
    rows = _items(items, random.Random(seed), single=single)
    server.new(plant, seed, single=single)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "items.jsonl"
        table.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        found = judgebench.probe(
            judge="server/planted", task=table, base_url=server.url, runs=Path(folder) / "runs", seed=seed, **asked
        )
        return rows, found.rows


def _planted(server: Server, plant: Plant, runs: int, items: int) -> None:
    covered, widths = Counter[str](), dict[str, list[float]]()
    led = 0
    for run in range(runs):
        rows, found = _probed(server, plant, items, run, single=plant.single, probe=plant.probe)
        [row] = [one for one in found if one.probe.endswith(plant.row)]
        led += row.found.led
        for name, truth in plant.truths.items():
            figure = row.found.figures.get(name, row.found.effect) if name != "effect" else row.found.effect
            value = truth(rows) if callable(truth) else truth
            if figure.low is not None and figure.high is not None:
                covered[name] += figure.low <= value <= figure.high
                widths.setdefault(name, []).append(figure.high - figure.low)
    for name, truth in plant.truths.items():
        share = covered[name] / runs
        told = "as the items have it" if callable(truth) else f"{truth:g}"
        around = 196 * math.sqrt(max(share * (1 - share), 1e-9) / runs)
        print(
            f"{plant.name}: {name} {told}: {100 * share:.1f} % (+-{around:.1f}) of {runs} intervals hold it, "
            f"median width {np.median(widths[name]):.3f}; led in {led}",
            flush=True,
        )


def _clean(server: Server, suite: str, runs: int, items: int, *, single: bool) -> None:
    alarms = probes = 0
    which: Counter[str] = Counter()
    for run in range(runs):
        _, found = _probed(server, None, items, 10_000 + run, single=single, suite=suite)
        probes = len(found)
        led = [row.probe for row in found if row.found.led]
        which.update(led)
        alarms += bool(led)
    kind = "check" if single else "pair"
    print(
        f"clean judge, {suite} on a {kind} task: led by any of {probes} probes in {alarms} of {runs} runs",
        *which.items(),
    )


def main() -> None:
    """Run, and print a line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--items", type=int, default=80)
    parser.add_argument("--only", default="")
    parser.add_argument("--suite", action="append", default=[])
    parser.add_argument("--kind", choices=["pair", "check"], action="append", default=[])
    chosen = parser.parse_args()
    server = Server()
    server.start()
    for plant in PLANTS if not chosen.suite else []:
        if chosen.only in {"", plant.name}:
            _planted(server, plant, chosen.runs, chosen.items)
    for suite in chosen.suite:
        for kind in chosen.kind or ["pair", "check"]:
            _clean(server, suite, chosen.runs, chosen.items, single=kind == "check")
    print(f"{server.calls:,} calls")


if __name__ == "__main__":
    main()

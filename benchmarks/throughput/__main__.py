"""How many judgments a second: judgebench beside bare loops of the SDKs, litellm, aiohttp, and inspect-ai.

Run it with ``python benchmarks/throughput`` from an environment that has judgebench. It starts a loopback server of
50 ms latency, has wrk (or a loop of its own) show how many requests that server manages, runs each contender in a
process of its own, and prints one table; it writes nothing else. The competitors are no dependencies of judgebench:
without ``--python`` they are installed into a virtual environment that is thrown away afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE = Path(__file__).resolve().parent
COMPETITORS = ("openai", "anthropic", "litellm", "inspect-ai", "aiohttp", "uvloop")
OURS = ("judgebench server", "judgebench openai", "judgebench anthropic")
THEIRS = ("aiohttp", "openai SDK", "openai SDK, aiohttp", "anthropic SDK", "litellm", "inspect-ai")
#: These take milliseconds of processor time a judgment: fewer of them show it as well.
SLOW = {"openai SDK": 3, "openai SDK, aiohttp": 3, "anthropic SDK": 3, "litellm": 6, "inspect-ai": 6}

WRK = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"model": "bench", "messages": [{"role": "user", "content": "' .. string.rep("word ", 300) .. '"}]}'
"""


class Figures(NamedTuple):
    """What one run of a contender took."""

    judgments: int
    seconds: float
    cpu: float
    megabytes: float


@contextlib.contextmanager
def competitors(given: str | None) -> Iterator[str]:
    """Give the interpreter of an environment that has the competitors, made here unless one is given."""
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory() as folder:
        print(f"installing {', '.join(COMPETITORS)} into {folder} (--python gives another)", file=sys.stderr)
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", "-q", *COMPETITORS], check=True, stdout=subprocess.DEVNULL)
        yield python


@contextlib.contextmanager
def server(python: str, latency: float) -> Iterator[int]:
    """Run the server in an environment that has uvloop; give its port."""
    command = [python, str(HERE / "server.py"), "--latency", str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None or process.stdin is None:
            raise RuntimeError("no pipes")
        yield int(process.stdout.readline())
        process.stdin.close()


def capacity(port: int, seconds: float = 3.0) -> tuple[float, str]:
    """Measure requests a second of the server itself, and say with what."""
    if shutil.which("wrk"):
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(WRK)
            script.flush()
            command = ["wrk", "-t1", "-c1024", f"-d{seconds:g}s", "-s", script.name]
            said = subprocess.run(
                [*command, f"http://127.0.0.1:{port}/v1/chat/completions"], check=True, capture_output=True, text=True
            ).stdout
        return float(said.partition("Requests/sec:")[2].split()[0]), "wrk, 1,024 connections"
    return asyncio.run(_load(port, seconds)), "a plain loop, 1,024 connections; apt install wrk measures more"


async def _load(port: int, seconds: float) -> float:
    """Send requests over plain streams: less than wrk manages, because Python counts too."""
    body = b'{"messages": [{"role": "user", "content": "' + b"word " * 300 + b'"}]}'
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    request = head.encode() + body
    end = time.monotonic() + seconds

    async def ask() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answers = 0
        while time.monotonic() < end:
            writer.write(request)
            answer = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(answer.partition(b"content-length: ")[2].split()[0]))
            answers += 1
        writer.close()
        return answers

    return sum(await asyncio.gather(*(ask() for _ in range(1024)))) / seconds


def run(python: str, name: str, port: int, judgments: int, concurrency: int) -> Figures | str:
    """Run a contender once; its complaint where it fails."""
    command = [python, str(HERE / "contenders.py"), name, f"http://127.0.0.1:{port}", str(judgments), str(concurrency)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    except subprocess.TimeoutExpired:
        return "more than 15 minutes"
    if done.returncode:
        return (done.stderr.strip() or f"exit {done.returncode}").splitlines()[-1]
    found = json.loads(done.stdout.splitlines()[-1])
    return Figures(judgments, found["seconds"], found["cpu"], found["megabytes"])


def best(runs: Sequence[Figures]) -> Figures:
    """Keep the best of each: a busy machine can only make a figure worse."""
    return Figures(
        runs[0].judgments, min(r.seconds for r in runs), min(r.cpu for r in runs), min(r.megabytes for r in runs)
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", help="interpreter of an environment that has the competitors")
    parser.add_argument("--judgments", type=int, default=6000)
    parser.add_argument("--concurrency", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--repeats", type=int, default=1, help="of each figure the best is printed")
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--only", nargs="+", default=[*OURS, *THEIRS], metavar="NAME", help="contenders by name")
    given = parser.parse_args()
    lines = ["| contender | in flight | judgments/s | CPU ms each | peak MB | times N·latency/in flight |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    with competitors(given.python) as theirs, server(theirs, given.latency) as port:
        most, how = capacity(port)
        lines.append(f"| the server itself ({how}) | 1024 | {most:,.0f} | | | |")
        for concurrency in given.concurrency:
            for name in given.only:
                judgments = given.judgments // SLOW.get(name, 1)
                python = sys.executable if name in OURS else theirs
                runs = [run(python, name, port, judgments, concurrency) for _ in range(given.repeats)]
                good = [r for r in runs if isinstance(r, Figures)]
                if not good:
                    lines.append(f"| {name} | {concurrency} | failed: {runs[0]} | | | |")
                    continue
                figures = best(good)
                lines.append(
                    f"| {name} | {concurrency} | {judgments / figures.seconds:,.0f} "
                    f"| {figures.cpu / judgments * 1000:.2f} | {figures.megabytes:.0f} "
                    f"| {figures.seconds * concurrency / (judgments * given.latency):.2f} |"
                )
                print(lines[-1], file=sys.stderr, flush=True)
    print("\n".join(lines))


if __name__ == "__main__":
    main()

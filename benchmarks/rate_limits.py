"""How well a run keeps to limits that it only learns from headers: 600 requests and 60,000 tokens a minute.

    python benchmarks/rate_limits.py [--cases 1200] [--per 60] [--latency 0.05] [--style openai|anthropic]
                                     [--max-concurrency auto|N] [--rpm 600] [--tpm 60000]

A loopback server enforces the limits (token buckets, full at the start) and says so in its headers; judgebench
is told nothing. The bound is the time that the limits make the work take at least. ``--per`` shortens the
minute. Exits with 1 above 1.1 times the bound, or where 1 % or more of the requests were refused after the
first ten seconds (a sixth of the minute).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from servers.fake_llm import FakeLLM  # noqa: E402 - importable once the folder is on the path
from servers.limiter import Limiter  # noqa: E402 - the same


def rows(n: int) -> str:
    """Write so many questions in the format of TriviaQA's table."""
    row = {"references": ["4"], "answer": "4", "model": "m", "label": "correct"}
    return "".join(
        json.dumps(row | {"question": f"What is {i} - {i} + 4?", "label": "correct" if i % 2 else "incorrect"}) + "\n"
        for i in range(n)
    )


def main() -> int:
    """Run it and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1200)
    parser.add_argument("--rpm", type=float, default=600)
    parser.add_argument("--tpm", type=float, default=60_000)
    parser.add_argument("--per", type=float, default=60.0)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--style", choices=("openai", "anthropic"), default="openai")
    parser.add_argument("--max-concurrency", default="auto")
    options = parser.parse_args()
    limiter = Limiter(options.rpm, options.tpm, options.per, options.style)
    with tempfile.TemporaryDirectory() as folder, FakeLLM(limiter=limiter, latency=options.latency) as llm:
        (Path(folder) / "answers.jsonl").write_text(rows(options.cases))
        ended: list[float] = []
        command = [
            sys.executable, "-m", "judgebench", "run", "--judge", "server/m", "--base-url", llm.openai_url, "--task",
            "triviaqa", "--data", "answers.jsonl", "--max-concurrency", options.max_concurrency, "--format", "json",
        ]  # fmt: skip
        process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)}, text=True
        )

        def watch() -> None:
            while len(limiter.admitted) < options.cases and process.poll() is None:
                time.sleep(0.01)
            ended.append(time.monotonic() - limiter.began)

        watcher = threading.Thread(target=watch)
        watcher.start()
        out, _ = process.communicate()
        watcher.join()
        usage = json.loads(out)["rows"][0]["usage"]
    tokens = usage["input_tokens"] + usage["output_tokens"]
    # From the first request to the last: starting Python and measuring are not the dispatcher's.
    took, bound = ended[0], limiter.bound(options.cases, tokens)
    late = sum(at > options.per / 6 for at in limiter.refused)
    share = late / (len(limiter.admitted) + len(limiter.refused))
    print(f"cases {options.cases}, tokens {tokens:,}, style {options.style}, concurrency {options.max_concurrency}")
    print(
        f"took {took:.1f} s, bound {bound:.1f} s, ratio {took / bound:.3f}" if bound else f"took {took:.1f} s, no bound"
    )
    print(f"refused {len(limiter.refused)}, after the first sixth {late} ({share:.2%} of all requests)")
    return int(process.returncode != 0 or (bound > 0 and took > 1.1 * bound) or share >= 0.01)


if __name__ == "__main__":
    sys.exit(main())

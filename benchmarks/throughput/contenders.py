"""One contender in one process: ``python contenders.py NAME URL JUDGMENTS CONCURRENCY`` prints its figures as JSON.

The competitors' functions import nothing of judgebench: they run in an environment that need not have it. A short run
comes first, so that imports, key look-ups and first-use caches are in nobody's figures; connections are in everybody's.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    Ask = Callable[[str], Awaitable[str]]

_WORDS = "when asked about the tides a good answer names the moon the sun and the slope of the sea floor in this bay"
PROMPT = """Two responses to one request. Say which is better.

[Request]
{0}

[Response A]
{1}

[Response B]
{2}

End with [[A]] if A is better, [[B]] if B is better or [[tie]]."""


def texts(number: int) -> tuple[str, str, str]:
    """Return a request and two responses: about 250 tokens together, like a row of PandaLM."""
    long = _WORDS * 4
    return f"Question {number}: {_WORDS}?", f"First answer {number}. {long}", f"Second answer {number}. {long}"


def prompts(first: int, count: int) -> Iterator[str]:
    """Write the prompts of the bare loops and of inspect-ai."""
    return (PROMPT.format(*texts(number)) for number in range(first, first + count))


# --- bare loops -----------------------------------------------------------------------------------


async def _loop(ask: Ask, first: int, count: int, concurrency: int) -> int:
    """Ask from as many workers as there may be calls in flight; count the verdicts."""
    waiting = prompts(first, count)
    verdicts = 0

    async def work() -> None:
        nonlocal verdicts
        for prompt in waiting:
            answer = await ask(prompt)
            verdicts += answer.endswith("]]")

    await asyncio.gather(*(work() for _ in range(concurrency)))
    return verdicts


def openai_sdk(url: str) -> Ask:
    """OpenAI's SDK as it comes."""
    import openai

    client = openai.AsyncOpenAI(api_key="k", base_url=f"{url}/v1", max_retries=0)

    async def ask(prompt: str) -> str:
        answer = await client.chat.completions.create(
            model="bench", messages=[{"role": "user", "content": prompt}], max_tokens=512, temperature=0
        )
        return answer.choices[0].message.content or ""

    return ask


def openai_sdk_aiohttp(url: str) -> Ask:
    """OpenAI's SDK on its own aiohttp transport."""
    import openai

    client = openai.AsyncOpenAI(
        api_key="k", base_url=f"{url}/v1", max_retries=0, http_client=openai.DefaultAioHttpClient()
    )

    async def ask(prompt: str) -> str:
        answer = await client.chat.completions.create(
            model="bench", messages=[{"role": "user", "content": prompt}], max_tokens=512, temperature=0
        )
        return answer.choices[0].message.content or ""

    return ask


def anthropic_sdk(url: str) -> Ask:
    """Anthropic's SDK as it comes."""
    import anthropic

    client = anthropic.AsyncAnthropic(api_key="k", base_url=url, max_retries=0)

    async def ask(prompt: str) -> str:
        answer = await client.messages.create(
            model="bench", messages=[{"role": "user", "content": prompt}], max_tokens=512
        )
        return answer.content[0].text

    return ask


def litellm(url: str) -> Ask:
    """Litellm's acompletion."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm as library

    async def ask(prompt: str) -> str:
        answer = await library.acompletion(
            "openai/bench",
            messages=[{"role": "user", "content": prompt}],
            api_base=f"{url}/v1",
            api_key="k",
            max_tokens=512,
            temperature=0,
            num_retries=0,
        )
        return answer.choices[0].message.content or ""

    return ask


def aiohttp(url: str) -> Ask:
    """Plain aiohttp and json: the floor of an asyncio client."""
    import aiohttp as library

    session = library.ClientSession(connector=library.TCPConnector(limit=0))

    async def ask(prompt: str) -> str:
        body = {"model": "bench", "messages": [{"role": "user", "content": prompt}], "max_tokens": 512}
        async with session.post(f"{url}/v1/chat/completions", json=body) as response:
            answer = await response.json()
        return answer["choices"][0]["message"]["content"]

    return ask


def _run_loop(make: Callable[[str], Ask], url: str, judgments: int, concurrency: int) -> dict[str, float]:
    async def main() -> dict[str, float]:
        ask = make(url)
        await _loop(ask, 0, 2 * WARM, WARM)
        with Measured(judgments) as measured:
            measured.verdicts = await _loop(ask, 2 * WARM, judgments, concurrency)
        return measured.figures

    return asyncio.run(main())


# --- inspect-ai -----------------------------------------------------------------------------------


def _run_inspect(url: str, judgments: int, concurrency: int) -> dict[str, float]:
    """One task: generate, read the verdict, compare it with the gold label, write the log."""
    os.environ |= {"BENCH_API_KEY": "k", "BENCH_BASE_URL": f"{url}/v1", "INSPECT_LOG_LEVEL": "warning"}
    from inspect_ai import Task
    from inspect_ai import eval as evaluate
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.scorer import CORRECT, INCORRECT, Score, Target, accuracy, scorer
    from inspect_ai.solver import TaskState, generate

    @scorer(metrics=[accuracy()])
    def verdict() -> Any:
        async def score(state: TaskState, target: Target) -> Score:
            found = state.output.completion.rsplit("[[", 1)[-1].rstrip("]")
            return Score(value=CORRECT if found == target.text else INCORRECT, answer=found)

        return score

    def run(first: int, count: int, folder: str) -> int:
        samples = [Sample(input=prompt, target="A", id=n) for n, prompt in enumerate(prompts(first, count), 1)]
        (log,) = evaluate(
            Task(dataset=MemoryDataset(samples), solver=generate(), scorer=verdict()),
            model="openai-api/bench/bench",
            display="none",
            log_dir=folder,
            max_connections=concurrency,
            max_samples=concurrency,
            max_tokens=512,
            temperature=0,
            max_retries=0,
        )
        return log.results.completed_samples if log.results else 0

    with tempfile.TemporaryDirectory() as folder:
        run(0, 2 * WARM, folder)
        with Measured(judgments) as measured:
            measured.verdicts = run(2 * WARM, judgments, folder)
    return measured.figures


# --- judgebench -----------------------------------------------------------------------------------


def _run_ours(backend: str, url: str, judgments: int, concurrency: int) -> dict[str, float]:
    """Plan a run over a task in memory and execute it: render, ask, parse, store."""
    import importlib

    from judgebench.domain import Case, Item, Label, Policies, Response, Scale, Status, Turn
    from judgebench.run import engine, execute

    class Task:
        name = "throughput"
        revision = "1"
        scale = Scale.pair()

        def __init__(self, first: int, count: int) -> None:
            self._range = range(first, first + count)

        def items(self) -> Iterator[Item]:
            for number in self._range:
                question, a, b = texts(number)
                yield Item(
                    str(number),
                    (Turn.of("user", question),),
                    (Response(a, "one"), Response(b, "two")),
                    (Label("first", 0),),
                    "human",
                )

    class Once:
        name = ""

        def cases(self, item: Item) -> Iterator[Case]:
            yield Case(item, (0, 1))

    os.environ |= {"OPENAI_API_KEY": "sk-bench-0000", "ANTHROPIC_API_KEY": "sk-bench-0000"}
    judge = importlib.import_module(f"judgebench.judges.backends.{backend}").create(
        "bench",
        prompt=None,
        base_url=url if backend == "anthropic" else f"{url}/v1",
        temperature=None if backend == "anthropic" else 0.0,
        max_tokens=512,
        timeout=60.0,
        seed=None,
    )

    def run(first: int, count: int, folder: str) -> int:
        planned = execute.plan(Task(first, count), judge, execute.Selection(Once()), execute.Conventions(Policies()))
        _, summary = execute.execute(planned, Path(folder), engine.Options(max_concurrency=concurrency))
        return summary.statuses[Status.OK]

    with tempfile.TemporaryDirectory() as folder:
        run(0, 2 * WARM, folder)
        with Measured(judgments) as measured:
            measured.verdicts = run(2 * WARM, judgments, folder)
    return measured.figures


# --- figures --------------------------------------------------------------------------------------

WARM = 16
LOOPS = {
    "openai SDK": openai_sdk,
    "openai SDK, aiohttp": openai_sdk_aiohttp,
    "anthropic SDK": anthropic_sdk,
    "litellm": litellm,
    "aiohttp": aiohttp,
}


class Measured:
    """Wall time, and the processor time of all threads, of the code inside."""

    def __init__(self, judgments: int) -> None:
        self.judgments = judgments
        self.verdicts = 0
        self.figures: dict[str, float] = {}

    def __enter__(self) -> Self:
        self._cpu, self._wall = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.figures = {
            "seconds": time.perf_counter() - self._wall,
            "cpu": time.process_time() - self._cpu,
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "verdicts": self.verdicts,
        }


def main() -> None:
    """Run the contender that the command line names."""
    name, url, judgments, concurrency = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    if name.startswith("judgebench "):
        figures = _run_ours(name.partition(" ")[2], url, judgments, concurrency)
    elif name == "inspect-ai":
        figures = _run_inspect(url, judgments, concurrency)
    else:
        figures = _run_loop(LOOPS[name], url, judgments, concurrency)
    if figures["verdicts"] != judgments:
        sys.exit(f"{name}: {figures['verdicts']} verdicts of {judgments}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

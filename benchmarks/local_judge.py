"""A local judge on pairs shaped as JudgeLM's: what batches by length, a shared beginning and weighing labels save.

Run it with ``python benchmarks/local_judge.py [--pairs 5000 --shape 7b] [--budget 4096] [--threads 1]``. The model has
random weights: answers mean nothing, and cost what real ones do. All ways are measured in one run on the same prompts,
so that a slow machine changes little. Prompts are an instruction that all share, a question and two answers, whose
lengths are drawn from a lognormal distribution (median 150 tokens, sigma .7), cut at 1,000.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from typing import TYPE_CHECKING, Any

import torch
import transformers

from judgebench.judges.local.batches import partition
from judgebench.judges.local.generating import Generator
from judgebench.judges.local.sampling import Labels, Prompted, Sampling

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Hidden size, layers, heads, inner size, vocabulary.
SHAPES = {"tiny": (128, 2, 4, 352, 512), "small": (256, 4, 8, 704, 4096), "7b": (4096, 32, 32, 11008, 32000)}
LABELS = Labels(("A", "B", "tie"))


class Letters:
    """A tokenizer that is none: a token for each letter."""

    eos_token_id = 1

    def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
        """Write a text in tokens."""
        return {"input_ids": [2 + ord(letter) % 256 for letter in text]}

    def decode(self, tokens: Sequence[int], **_: Any) -> str:
        """Write tokens as a text."""
        return "".join(chr(32 + token % 90) for token in tokens)


def model(shape: str, device: str) -> Any:
    """Make a model of random weights where it is to run."""
    hidden, layers, heads, inner, vocabulary = SHAPES[shape]
    config = transformers.LlamaConfig(
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        intermediate_size=inner,
        vocab_size=vocabulary,
        max_position_embeddings=4096,
    )
    torch.set_default_dtype(torch.bfloat16 if device == "cuda" else torch.float32)
    with torch.device(device):
        return transformers.LlamaForCausalLM(config).eval()


def prompts(count: int, tokens: int) -> list[Prompted]:
    """Draw prompts: an instruction of 120 tokens, a question of 10 to 60, two answers."""
    draw = random.Random(0)

    def some(length: int) -> list[int]:
        return [draw.randrange(300, min(tokens, 4096)) for _ in range(length)]

    instruction = some(120)
    answers = [[min(1000, round(draw.lognormvariate(math.log(150), 0.7))) for _ in "AB"] for _ in range(count)]
    return [
        Prompted(tuple(instruction + some(draw.randint(10, 60)) + some(first) + some(second) + some(8)), 32, "0")
        for first, second in answers
    ]


def measured(runner: Generator, kind: Any, works: Sequence[Prompted], batches: Sequence[Sequence[int]]) -> float:
    """Run batches; seconds of all of them: of the processor on a processor, for others may be at work there."""
    clock = time.perf_counter if torch.cuda.is_available() else time.process_time
    started = clock()
    for places in batches:
        runner.run(kind, [works[place] for place in places])
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return clock() - started


def as_they_come(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Cut positions into batches of the same budget without looking at lengths."""
    batches: list[list[int]] = [[]]
    for place in range(len(lengths)):
        longest = max(lengths[one] for one in [*batches[-1], place])
        if batches[-1] and (len(batches[-1]) + 1) * longest > budget:
            batches.append([])
        batches[-1].append(place)
    return batches


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=120)
    parser.add_argument("--shape", choices=SHAPES, default="small")
    parser.add_argument("--budget", type=int)
    parser.add_argument("--threads", type=int, default=1)
    said = parser.parse_args()
    torch.set_num_threads(said.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    budget = said.budget or (32_768 if device == "cuda" else 4096)
    made = model(said.shape, device)
    plain, sharing = (Generator(made, Letters(), lambda: False, sharing=one) for one in (False, True))
    works = prompts(said.pairs, made.config.vocab_size)
    lengths = [len(work.ids) for work in works]
    by_length, coming = partition(lengths, budget), as_they_come(lengths, budget)
    alone = [[place] for place in range(len(works))]
    measured(plain, LABELS, works, by_length[-1:])
    print(f"{said.pairs} pairs, {sum(lengths):,} tokens, {said.shape} shape on {device}, {budget:,} tokens a batch")
    rows: list[tuple[str, Generator, Any, list[list[int]]]] = [
        ("labels, one by one", plain, LABELS, alone),
        ("labels, as they come", plain, LABELS, coming),
        ("labels, by length", plain, LABELS, by_length),
        ("labels, by length, shared beginning", sharing, LABELS, by_length),
        ("answers of 32 tokens, as they come", sharing, Sampling(), coming),
        ("answers of 32 tokens, by length", sharing, Sampling(), by_length),
    ]
    print(f"{'way':38}{'batches':>8}{'tokens run':>12}{'s':>8}{'pairs/s':>9}")
    for name, runner, kind, batches in rows:
        before = runner.causal.computed
        seconds = measured(runner, kind, works, batches)
        run = runner.causal.computed - before
        print(f"{name:38}{len(batches):8}{run:12,}{seconds:8.1f}{len(works) / seconds:9.1f}")


if __name__ == "__main__":
    main()

"""Nothing that belongs to one machine, one person or a benchmark stands in a tracked file."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from judgebench.tasks.card import card_names, load_card

if TYPE_CHECKING:
    from collections.abc import Iterator

# Written in pieces, so that this file does not find itself.
PATTERNS = {
    "a path of one machine": r"(?<![\w.:/~\]\)}])/(?:work|root|opt|mnt|home/\w+|Users/\w+|tmp)/(?!\.\.\.)[\w.]",
    "a package registry's host": r"\b(?:py" + r"pi\.org|pythonhosted\.org|npm" + r"js\.(?:org|com)|debian\.org/debian)",
    "an OpenAI-like key": r"\bsk-(?!.*canary)[A-Za-z0-9_-]{16,}",
    "a GitHub, hub or cloud token": r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|hf_[A-Za-z0-9]{30,}|AKIA[0-9A-Z]{16})\b",
    "a private key": "-----BEGIN [A-Z ]*PRIVATE" + " KEY-----",
}


def texts(tracked: tuple[Path, ...]) -> Iterator[tuple[Path, str]]:
    for path in tracked:
        try:
            yield path, path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


@pytest.mark.parametrize("what", PATTERNS)
def test_no_tracked_file_holds(what: str, repo: Path, tracked: tuple[Path, ...]) -> None:
    found = [
        f"{path.relative_to(repo)}:{text.count(chr(10), 0, hit.start()) + 1}: {hit[0]}"
        for path, text in texts(tracked)
        for hit in re.finditer(PATTERNS[what], text)
    ]
    assert not found, f"{what} in a tracked file"


@pytest.mark.parametrize(
    ("what", "example"),
    [
        ("a path of one machine", 'open("/wo' + 'rk/x.csv")'),
        ("a package registry's host", "https://py" + "pi.org/simple"),
        ("an OpenAI-like key", "key = sk-" + "a1" * 12),
        ("a GitHub, hub or cloud token", "hf_" + "a" * 34),
        ("a private key", "-----BEGIN RSA PRIVATE" + " KEY-----"),
    ],
)
def test_the_patterns_find(what: str, example: str) -> None:
    assert re.search(PATTERNS[what], example)


def test_this_checkout_is_named_nowhere(repo: Path, tracked: tuple[Path, ...]) -> None:
    if len(repo.parts) < 3:
        pytest.skip("the checkout's path is too short to be telling")
    here = {str(repo), str(Path(sys.prefix))} - {"/usr"}
    assert not [path for path, text in texts(tracked) if any(place in text for place in here)]


def strings(value: object) -> Iterator[str]:
    """Every text in nested JSON that is long enough to be somebody's sentence."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from strings(part)
    elif isinstance(value, str):
        text = " ".join(value.casefold().split())
        if len(text) >= 20 and text.count(" ") >= 3:
            yield text


def rows(path: Path) -> Iterator[object]:
    raw = path.read_bytes()
    name = path.name.removesuffix(".gz")
    text = (gzip.decompress(raw) if name != path.name else raw).decode("utf-8-sig", errors="replace")
    if name.endswith(".csv"):
        csv.field_size_limit(2**31 - 1)
        yield from csv.reader(io.StringIO(text, newline=""))
    elif name.endswith(".jsonl"):
        yield from (json.loads(line) for line in text.split("\n") if line.strip())
    elif name.endswith(".json"):
        try:
            yield json.loads(text)
        except ValueError:  # some benchmarks publish JSON lines under this name
            yield from (json.loads(line) for line in text.split("\n") if line.strip())


@pytest.mark.data
@pytest.mark.slow
def test_samples_are_no_benchmark_rows(repo: Path, data_dir: Path) -> None:
    samples = sorted(repo.glob("tasks/*/sample.jsonl"))
    assert samples
    ours = {text: path for path in samples for row in rows(path) for text in strings(row)}
    theirs = {text for path in sorted(data_dir.rglob("*.*")) for row in rows(path) for text in strings(row)}
    assert len(theirs) > 10_000
    # What a card names, such as a subset, is no sentence of the benchmark's.
    named = {name.casefold() for card in map(load_card, card_names()) for name in card.subsets}
    assert not [f"{ours[text].parent.name}: {text[:80]}" for text in ours.keys() & theirs - named]

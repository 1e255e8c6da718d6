"""Published parsers on recorded replies: all decisions that their authors stored come out again."""

from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from judgebench.domain import Case, Item, Label, Response, Scale, Turn
from judgebench.judges.cards import load_card
from judgebench.judges.cards.asking import Writer
from judgebench.judges.cards.parsers import parser
from judgebench.judges.cards.reading import code_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def lines(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        yield from map(json.loads, stream)


def test_arena_hard_decisions(data_dir: Path) -> None:
    read, equal, count = parser("arena-hard-v0.1"), 0, 0
    scale = Scale.pair()
    for row in lines(data_dir / "judgebench" / "judgments.jsonl.gz"):
        for game in row["games"] if row["judge_name"] == "arena_hard" else ():
            said = read(game["response"])
            # JudgeBench takes >> for >, and keeps labels that are none of the five.
            code = code_of(said, scale, 2)
            stored = {"A>B": 0, "A=B": 1, "B>A": 2}.get(game["decision"])
            count += 1
            equal += code == stored
    assert (equal, count) == (count, 1780)


def test_arena_hard_is_laid_out_as_its_stored_prompts(data_dir: Path) -> None:
    layout = load_card("arena-hard").layouts[1]
    writer = Writer("arena-hard", layout, len)
    count = same = 0
    for row in lines(data_dir / "judgebench" / "raw" / "claude__arena_hard__claude-3-haiku-20240307.jsonl.gz"):
        answers = tuple(Response(row[name]) for name in ("response_A", "response_B"))
        item = Item(row["pair_id"], (Turn.of("user", row["question"]),), answers, (Label("g", 0),), "verifier")
        for game, order in zip(row["judgments"], ((0, 1), (1, 0)), strict=True):
            *_, user = writer.request("m", Case(item, order)).messages
            count += 1
            same += game["judgment"]["prompt"].strip() == user.text.replace("\u2060", "")
    assert (same, count) == (count, 540)


@pytest.mark.parametrize(("file", "column"), [("gpt-3.5-turbo", "gpt"), ("pandalm-7b", "pandalm")])
def test_pandalm_verdicts(file: str, column: str, data_dir: Path) -> None:
    read = parser("pandalm")
    with gzip.open(data_dir / "pandalm" / f"{file}-testset-v1.json.gz", "rt", encoding="utf-8") as stream:
        rows = json.load(stream)
    stored = {"1": "A", "2": "B", "0": "tie", "Tie": "tie", "garbage": "tie"}
    replies = [f"{row[f'{column}_result']}\n\n### Reason: {row[f'{column}_reason']}" for row in rows]
    assert [read(reply) for reply in replies] == [stored[str(row[f"{column}_result"])] for row in rows]
    assert len(rows) == 999


def test_llmbar_winners(data_dir: Path) -> None:
    count = 0
    for row in lines(data_dir / "llmbar" / "verdicts.jsonl.gz"):
        for text, winner, swapped in (
            (row.get("text"), row["winner"], False),
            (row.get("text_swap"), row.get("winner_swap"), True),
        ):
            if text is None:
                continue
            # Swap asks anew, and shortly, only where the two orders disagree.
            reasoned = row["strategy"] == "CoT" or (
                row["strategy"] == "Swap" and not re.match(r"Output \([ab]\)$", text.strip())
            )
            said = parser("llmbar:reasoned" if reasoned else "llmbar")(text)
            shown = {"1": "A", "2": "B", None: None}[winner]
            assert said == ({"A": "B", "B": "A"}.get(shown) if swapped else shown), (row, text)
            count += 1
    assert count == 8380


def test_fellowship_scores(data_dir: Path) -> None:
    read = parser("fellowship-combined:10")
    rows = list(lines(data_dir / "mapo_juries" / "pandalm_gpt-4o_raw.jsonl.gz"))
    assert [read(row["response"]) for row in rows] == [(row["score_1"], row["score_2"]) for row in rows]
    assert len(rows) == 999

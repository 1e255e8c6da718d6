"""``compare`` on runs whose verdicts are orders or checks of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from judgebench.domain import Case, Item, Label, Policies, Reply, Response, Run, Scale, Turn, Verdict
from judgebench.store.writer import RunWriter

if TYPE_CHECKING:
    from pathlib import Path


def orders(rng: np.random.Generator) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    best = tuple(rng.permutation(3).tolist())
    return best, [best if rng.random() < share else tuple(rng.permutation(3).tolist()) for share in (0.9, 0.3)]


def checks(rng: np.random.Generator) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    gold = tuple(int(x) for x in rng.random(3) < 0.8)
    flips = [rng.random(3) < noise for noise in (0.05, 0.3)]
    return gold, [tuple(int(g ^ f) for g, f in zip(gold, one, strict=True)) for one in flips]


def write(root: Path, scale: Scale, draw, responses: int) -> None:
    rng = np.random.default_rng(1)
    drawn = [draw(rng) for _ in range(60)]
    for j, judge in enumerate(("good", "poor")):
        run = Run(
            task="t", revision="t:1", card_digest="0", judge=judge, settings={}, scale=scale, orders="original",
            repeats=1, reference="never", seed=0, limit=None, policies=Policies(), gold_source="human",
        )  # fmt: skip
        with RunWriter(root, run) as writer:
            for i, (gold, said) in enumerate(drawn):
                item = Item(
                    id=f"i{i}",
                    conversation=(Turn.of("user", "?"),),
                    responses=tuple(Response(text) for text in "xyz"[:responses]),
                    gold=(Label("h", gold),),
                    gold_source="human",
                    cluster=f"q{i // 2}",
                )
                case = Case(item, tuple(range(responses)), 0)
                writer.append(Verdict.of(case, Reply.ok(said[j]), scale, "t:1"))
            writer.write_manifest(run)


@pytest.mark.parametrize(
    ("scale", "draw", "responses", "headline"),
    [(Scale.rank(3), orders, 3, "kendall_tau"), (Scale.steps(), checks, 1, "first_error_f1")],
    ids=["rank", "steps"],
)
def test_runs_of_sequences_are_compared(judgebench, tmp_path: Path, scale, draw, responses, headline) -> None:
    write(tmp_path / "runs", scale, draw, responses)
    done = judgebench("compare", "runs", "--format", "json", "--verify")
    assert done.code == 0, done.err
    document = done.document()
    assert (document["headline"], document["clusters"]) == (headline, 30)
    assert document["outcome"] == ("first" if document["judges"][0] == "good" else "second")
    assert document["right"]["both"] + document["right"]["neither"] < 60
    assert len({one["gold"] for one in document["differing"]}) > 1
    shown = judgebench("compare", "runs", "--items", 2)
    assert "good is better than poor" in shown.out
    scored = judgebench("score", "runs", "--verify", "--format", "json")
    assert scored.code == 0, scored.err
    assert judgebench("power", "runs").code == 0
    refused = judgebench("analyze", "runs")
    assert (refused.code, "not single labels" in refused.err) == (2, True)

"""Runs on disk for the tests of gates: planted drops, and names as an enemy would choose them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import stored_cases

from judgebench.domain import Case, Item, Label, Reply, Response, Run, Scale, Status, Turn, Usage, Verdict
from judgebench.domain.items import digest
from judgebench.store.writer import RunWriter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RUN = replace(
    stored_cases.RUN, task="planted", judge="server/old", scale=Scale.check(), orders="original", content="c1"
)
NEW = replace(RUN, judge="server/new", settings={"model": "m2"})
#: What breaks XML, Markdown, a terminal and a CI log, where somebody lets it.
HOSTILE = (
    "::error file=x::pwned\r\n::stop-commands::t\x1b[31m</testcase><script>alert(1)</script>"
    "&\"'|`*_]( ![i](http://x) ##[error]y \u202e\ufffe\ud800"
)


def planted(n: int, *, right: float = 0.8, drop: float = 0.0, discordance: float = 0.1, seed: int = 0):
    """Gold and two judges: right on exactly such a share, the second on so much less, disagreeing on a tenth."""
    rng = np.random.default_rng(seed)
    gold = np.arange(n) % 2
    kinds = [right - (discordance + drop) / 2, (discordance + drop) / 2, (discordance - drop) / 2]
    counts = [round(n * share) for share in kinds]
    kind = rng.permutation(np.repeat([0, 1, 2, 3], [*counts, n - sum(counts)]))
    return gold, np.where(kind <= 1, gold, 1 - gold), np.where(kind % 2 == 0, gold, 1 - gold)


def verdicts(
    gold: Sequence[int],
    codes: Sequence[int],
    *,
    clusters: Sequence[str] = (),
    subsets: Sequence[str] = (),
    names: Sequence[str] = (),
    usage: Usage | None = None,
    seconds: float = 0.0,
    statuses: Sequence[Status] = (),
    revision: str = "r1",
) -> list[Verdict]:
    """A verdict an item; -1 is an answer that can't be read."""
    found = []
    for place, (label, code) in enumerate(zip(gold, codes, strict=True)):
        item = Item(
            names[place] if names else f"item {place:04}",
            (Turn.of("user", "Is it?"),),
            (Response("It is."),),
            (Label("h1", int(label)),),
            "human",
            clusters[place] if clusters else "",
            subsets[place] if subsets else "",
        )
        status = statuses[place] if statuses else Status.UNPARSED
        rest = {"usage": usage or Usage(), "seconds": seconds}
        reply = Reply(status, text="?", **rest) if code < 0 else Reply.ok(int(code), text="[[x]]", **rest)
        found.append(Verdict.of(Case(item, (0,)), reply, Scale.check(), revision))
    return found


def store(root: Path, run: Run, said: Sequence[Verdict]) -> Path:
    """Keep a finished run as `run` keeps it."""
    items = len({one.item for one in said})
    whole = replace(run, counts={"items": items, "cases": len(said)})
    with RunWriter(root, whole) as writer:
        for one in said:
            writer.append(one)
    return root / whole.identity


def forged(file: Path, **fields: object) -> None:
    """Change fields of a baseline, and make its checksum anew."""
    document = json.loads(file.read_text("utf-8")) | fields
    del document["checksum"]
    file.write_text(json.dumps(document | {"checksum": digest(document, 32)}), "utf-8")

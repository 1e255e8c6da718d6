"""What the scenes read: tables of labels, and stored runs whose clocks and bills are fixed. Drawn with a seed."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import random
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_HERE = Path(__file__).parent
_ANNOTATORS = ("ann", "ben", "cleo")
_SYSTEMS = ("alder", "birch", "cedar", "dogwood")


def rows(labels: Sequence[str], n: int = 90, seed: int = 1) -> list[dict[str, str]]:
    """Draw items with three annotators (with gaps), two judges, scores, and what may explain errors."""
    rng = random.Random(seed)
    drawn = []
    for i in range(n):
        truth, share = rng.randrange(len(labels)), (0.9, 0.8, 0.75, 0.85, 0.6)
        said = [labels[truth if rng.random() < right else rng.randrange(len(labels))] for right in share]
        place = labels.index(said[3]) / (len(labels) - 1)
        row = dict(zip((*_ANNOTATORS, "good", "poor"), said, strict=True))
        if rng.random() < 0.1:
            row["ben"] = ""
        if rng.random() < 0.3:
            row["cleo"] = ""
        if rng.random() < 0.04:
            row["poor"] = "" if rng.random() < 0.5 else "n/a"
        first, second = rng.sample(_SYSTEMS, 2)
        drawn.append(
            {
                "id": f"i{i}", "question": f"q{i // 3}", "topic": ("law", "art")[i % 5 < 2], "system": first,
                "other": second, "words": str(rng.randrange(5, 400)), "tone": rng.choice(("dry", "warm", "curt")), **row,
                "p": f"{min(max(place * 0.7 + 0.3 * rng.random(), 0), 1):.3f}", "s": f"{place * 4 + rng.gauss(0, 1):.2f}",
            }
        )  # fmt: skip
    return drawn


def table(drawn: Sequence[dict[str, str]], delimiter: str = ",") -> bytes:
    """Write rows as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(drawn[0]), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(drawn)
    return text.getvalue().encode()


def long(drawn: Sequence[dict[str, str]], raters: Sequence[str] = (*_ANNOTATORS, "good", "poor")) -> bytes:
    """Write rows as a long table: a label a line."""
    return table(
        [
            {"item": row["id"], "rater": rater, "label": row[rater], "question": row["question"]}
            for row in drawn
            for rater in raters
            if row[rater] not in {"", "n/a"}
        ]
    )


def lines(drawn: Sequence[dict[str, str]]) -> bytes:
    """Write rows as JSON lines."""
    return "".join(json.dumps(row) + "\n" for row in drawn).encode()


LABELS = {
    "check": ("incorrect", "correct"),
    "pair": ("A", "tie", "B"),
    "rate": ("1", "2", "3", "4", "5"),
    "levels": ("low", "medium", "high"),
    "nominal": ("red", "green", "blue", "grey"),
}
SCALES = {
    "check": "check",
    "pair": "pair",
    "rate": "rate:1-5",
    "levels": "low,medium,high",
    "nominal": "nominal:red,green,blue,grey",
}
DRAWN = {kind: rows(labels) for kind, labels in LABELS.items()}
TABLES: dict[str, bytes] = {f"{kind}.csv": table(drawn) for kind, drawn in DRAWN.items()} | {
    "check.jsonl": lines(DRAWN["check"]),
    "check.json": json.dumps(DRAWN["check"]).encode(),
    "check.csv.gz": gzip.compress(table(DRAWN["check"]), mtime=0),
    "semicolons.txt": table(DRAWN["rate"], ";"),
    "long.csv": long(DRAWN["rate"]),
    "words.csv": table([row | {"good": row["good"][0].upper(), "ann": row["ann"].upper()} for row in DRAWN["check"]]),
    # Gold on a third of the rows, and on none.
    "part.csv": table([row | ({"ann": ""} if i % 3 else {}) for i, row in enumerate(rows(LABELS["check"], 240, 2))]),
    "nogold.csv": table([{k: v for k, v in row.items() if k not in _ANNOTATORS} for row in DRAWN["rate"]]),
    "calibration.csv": table(rows(LABELS["check"], 120, 3)),
    "lone.csv": table([{"id": "1", "good": "yes", "ann": "yes"}]),
    "empty.csv": b"",
    "header.csv": b"id,good,ann\n",
    "odd.csv": b"id,good,ann\n1,yes,no\n2,maybe,no\n3,yes\n",
    "latin.csv": "id,good,ann\n1,ja,né\n".encode("latin-1"),
    "notes.txt": b"Nothing to measure here.\n",
}

#: A probability of each judge, that of the second only half as sure.
PANELS = {
    "sure.csv": table([row | {"p2": f"{0.25 + float(row['p']) / 2:.3f}"} for row in rows(LABELS["check"], 240, 5)]),
    "panel.csv": table([{"id": "1", "question": "Q", "answer_a": "x", "answer_b": "y", "says": "B"}]),
    "panels.toml": b'[export]\noutput = "kto.jsonl"\n\n[jury]\nformat = "md"\n\n[cascade]\nformat = "md"\n\n[calibrate]\nformat = "csv"\n',
}


def book(drawn: Sequence[dict[str, str]]) -> bytes:
    """Write rows as the sheet ``labels`` of a workbook, beside one of notes."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    packaged = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'

    def sheet(cells: Sequence[Sequence[str]]) -> str:
        lined = (
            "".join(f'<c r="{chr(65 + j)}{i}" t="inlineStr"><is><t>{cell}</t></is></c>' for j, cell in enumerate(line))
            for i, line in enumerate(cells, 1)
        )
        body = "".join(f'<row r="{i}">{line}</row>' for i, line in enumerate(lined, 1))
        return f"<worksheet {main}><sheetData>{body}</sheetData></worksheet>"

    def linked(kinds: dict[str, str]) -> str:
        targets = "".join(
            f'<Relationship Id="r{i}" Type="{office}/{kind}" Target="{to}"/>'
            for i, (to, kind) in enumerate(kinds.items(), 1)
        )
        return f"<Relationships {packaged}>{targets}</Relationships>"

    members = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": linked({"xl/workbook.xml": "officeDocument"}),
        "xl/_rels/workbook.xml.rels": linked(
            dict.fromkeys(("worksheets/sheet1.xml", "worksheets/sheet2.xml"), "worksheet")
        ),
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{office}"><sheets><sheet name="labels" sheetId="1" r:id="r1"/>'
        '<sheet name="notes" sheetId="2" r:id="r2"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": sheet([list(drawn[0]), *(list(row.values()) for row in drawn)]),
        "xl/worksheets/sheet2.xml": sheet([["What this is"], ["labels of May"]]),
    }
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return raw.getvalue()


_KEPT = [{name: row[name] for name in ("id", "good", "ann", "ben")} for row in DRAWN["check"]]
_TITLED = table(_KEPT).decode()
#: Tables whose form has to be said, and another tool's file.
CUT: dict[str, bytes] = {
    "headless.csv": _TITLED.partition("\n")[2].encode(),
    "titled.csv": f"Labels of May\n\n{_TITLED}of 90,,,\n".encode(),
    "inside.json": json.dumps(
        {
            "done": [{"said": {"word": row["good"]}, "people": [row["ann"], row["ben"] or None]} for row in _KEPT],
            "skipped": [{"id": "i99"}],
        }
    ).encode(),
    "book.xlsx": book(_KEPT),
    "some.csv": table([{"id": row["id"], "late": row["good"]} for row in _KEPT[:80]]),
    "tasks.json": json.dumps(
        [
            {
                "id": i,
                "data": {"text": row["id"]},
                "annotations": [
                    {"completed_by": who, "result": [{"from_name": "ok", "value": {"choices": [row[who]]}}]}
                    for who in ("ann", "ben")
                    if row[who]
                ],
                "predictions": [
                    {"model_version": "good", "result": [{"from_name": "ok", "value": {"choices": [row["good"]]}}]}
                ],
            }
            for i, row in enumerate(_KEPT)
        ]
    ).encode(),
}
_OTHER = {"A": "B", "B": "A"}
_STACKED = [
    {"id": row["id"], "question": row["question"], "model": model, "order": order, "said": said, "ann": row["ann"],
     "ben": row["ben"], "system": row["system"], "other": row["other"], "topic": row["topic"],
     "status": "open" if i % 9 == 4 else "done"}
    for i, row in enumerate(DRAWN["pair"])
    for model, column in (("maple", "good"), ("oak", "poor"))
    for order, said in (("AB", row[column]), ("BA", row["cleo"] if i % 4 == 0 else _OTHER.get(row[column], row[column])))
]  # fmt: skip
#: Rows that are not an item each: judges and orders in rows, repeats, counts, columns that make one.
ROWS: dict[str, bytes] = {
    "stacked.csv": table(_STACKED),
    "orders.csv": table([row | {"shown": _OTHER.get(row["good"], row["good"])} for row in DRAWN["pair"]]),
    "raters.csv": table(
        [
            {"item": row["id"], "part": row["topic"], "who": who, "said": row[who], "system": row["system"]}
            for row in DRAWN["rate"]
            for who in ("ann", "ben", "good", "good", "poor")
            if row[who] not in {"", "n/a"}
        ]
    ),
    "counted.csv": table(
        [{"good": j, "ann": g, "n": str(3 + 20 * (j == g)), "system": "alder"} for j in "AB" for g in "AB"]
        + [{"good": "A", "ann": "A", "n": "6", "system": "birch"}]
    ),
    "confusion.csv": b"gold,pass,fail\npass,40,6\nfail,9,21\n",
    "voted.csv": table(
        [
            {"id": row["id"], "good": row["good"], "n_correct": str(1 + i % 4), "n_incorrect": str(3 - i % 3),
             "system": row["system"]}
            for i, row in enumerate(DRAWN["check"])
        ]
    ),
    "hot.csv": table(
        [
            {"id": row["id"], "first": row["system"], "second": row["other"], "won_A": str(int(row["good"] == "A")),
             "won_B": str(int(row["good"] == "B")), "won_tie": str(int(row["good"] == "tie")), "score_1": row["s"],
             "score_2": row["p"], "named": {"A": row["system"], "B": row["other"]}.get(row["ann"], "tie"),
             "system": row["system"]}
            for row in DRAWN["pair"]
        ]
    ),
    "criteria.csv": table(
        [
            {"id": row["id"], "what": what, "good": row[j], "ann": row[g], "system": row["system"]}
            for row in DRAWN["rate"]
            for what, j, g in (("tone", "good", "ann"), ("facts", "poor", "ben"))
        ]
    ),
}  # fmt: skip
#: Verdicts as judges say them, hallucinated where gold says faithful, in units of their own.
_SAID = {
    "correct": "Verdict: **Yes**, it is right",
    "incorrect": '{"verdict": "no"}',
    "": "ERROR",
    "n/a": "I can't say",
}
CELLS: dict[str, bytes] = {
    "replies.csv": table(
        [
            row | {"said": _SAID.get(row["good"], row["good"]), "up": str(100 - 7 * i % 101)}
            for i, row in enumerate(DRAWN["check"])
        ]
    ),
    "units.csv": table(
        [row | {"percent": "-1" if i % 9 == 4 else str(17 * i % 101)} for i, row in enumerate(DRAWN["rate"])]
    ),
}
PERSONS = {f"labels/{name}": (_HERE / name).read_bytes() for name in ("pandalm--ann.jsonl", "pandalm--ben.jsonl")}
_ITEMS = (_HERE.parent.parent / "tasks" / "pandalm" / "sample.jsonl").read_bytes()
_SAID = [[str(json.loads(line)["idx"]), ["A", "B", "tie"][i % 3]] for i, line in enumerate(_ITEMS.splitlines())]
#: Verdicts of judges on the sample rows of a benchmark, as others recorded them, and figures that were published.
RECORDED = {
    "testset-v1.json": _ITEMS,
    "mine.jsonl": "\n".join(
        json.dumps({"id": item, "verdict": said, "judge_name": judge})
        for judge, verdict in (("strict", ""), ("mild", "tie"))
        for item, said in ((item, verdict or said) for item, said in _SAID)
    ).encode(),
    "wide.csv": "\n".join(["id,gold,gpt,claude,note", *(f"{item},A,{said},tie,x" for item, said in _SAID)]).encode(),
    "doubtful.csv": "\n".join(["id,label,gpt", *(f"{item},A,{said}" for item, said in _SAID)]).encode(),
    "told.jsonl": "\n".join(
        json.dumps({"id": item, "verdict": verdict or said, "judge_name": "gpt", "cond": condition})
        for condition, verdict in (("ref", ""), ("noref", "tie"))
        for item, said in _SAID
    ).encode(),
    "ours.toml": b'task = "pandalm"\n\n[[cell]]\njudge = "strict"\nmetric = "accuracy"\nvalue = 12.3\ndecimals = 1\n'
    b'source = "table 2"\n',
}
JUDGES = {
    "own.py": b'''"""Judges of one's own."""


def longer(item):
    first, second = (len(response.text) for response in item.responses)
    return "A" if first > second else "B" if second > first else "tie"


def failing(item):
    raise ValueError("no idea")
''',
    "judge.toml": b'judge = "openai/gpt-4o"\nname = "short"\nprompt = "short.toml"\nmax_tokens = 64\n\n'
    b"[price]\ninput = 2.0\noutput = 8.0\n",
    "jury.toml": b'kind = "jury"\nrule = "weighted"\ntemperature = 1.0\nmembers = [\n  { judge = "judge.toml", weight = 2 },\n'
    b'  { judge = "gpt-4o-mini", weight = 1, protocol = "reflection" },\n  { judge = "baseline/longest", weight = 1 },\n]\n',
    "short.toml": b'name = "short"\nkinds = ["pair"]\nsystem = "You judge."\n'
    b'user = """\n{{conversation}}\n\n{{responses}}\n\nEnd with one of these:\n{{verdict}}\n"""\n',
    "defaults.toml": b'[score]\nformat = "csv"\npolicy = ["invalid=drop"]\n\n[run]\nsample = true\n',
    "strange.toml": b"[scores]\nformat = 1\n",
}

_RUBRIC = b"""kinds = ["check"]
calls = "criterion"
[verdicts]
PASS = "correct"
minor = "correct"
FAIL = "incorrect"
[[criteria]]
name = "facts"
description = "What it says is true."
weight = 3
[criteria.levels]
PASS = "all is true"
[[criteria]]
name = "answer"
[[examples]]
question = "Which planet is the largest?"
answer = "Saturn."
verdict = "FAIL"
reason = "It is Jupiter."
"""
PROMPTS = {
    "strict.md": b"Be strict with {{answer}} to\n{{question}}\n\n{{if reference}}Right is {{reference}}.\n",
    "rubric.toml": _RUBRIC,
    "leak.toml": _RUBRIC.replace(b"Which planet is the largest?", b"capital of  SPAIN?").replace(b"Saturn.", b"Lisbon"),
    "broken.md": b"Judge {{anwser}}.\n",
    "items.csv": b"n,asked,said,right,ann\n1,What is 2 + 2?,4,Four,correct\n2,Capital of Spain?,Lisbon,Madrid,incorrect\n"
    b"3,Who wrote Faust?,Goethe,,correct\n",
}


def _scale(kind: str, labels: Sequence[str], level: str, tie: int | None = None) -> dict[str, Any]:
    values = [float(code) for code in range(len(labels))]
    return {"kind": kind, "labels": list(labels), "level": level, "values": values, "tie": tie, "both_bad": None}


_CHECK = _scale("check", LABELS["check"], "nominal")
_RANK = _scale("rank", ("1", "2", "3"), "ordinal")
_STEPS = _scale("steps", LABELS["check"], "nominal")


def _run(
    home: str, judge: str, scale: dict[str, Any], said: Sequence[dict[str, Any]], **facts: Any
) -> dict[str, bytes]:
    """Write a run as the store keeps it: a manifest with its seal, and verdicts that end in the checksum of their line."""
    policies = {"gold": "majority", "invalid": "wrong", "order": "single", "tie": "class"}
    manifest = {
        "aggregates": [], "card_digest": "", "content": "c1", "gold_source": "human", "judge": judge, "limit": None,
        "counts": {"cases": len(said), "items": len(said), **Counter(one.get("status", "ok") for one in said)}, "models": {},
        "orders": "original", "policies": policies, "reference": "none", "repeats": 1, "revision": "r1", "scale": scale,
        "schema": "judgebench.run/1", "seed": 0, "settings": {"model": judge}, "task": "planted",
        "spent": {"asked": len(said), "commands": 1, "input_tokens": 1000, "output_tokens": 200, "retries": 0,
                  "seconds": 1.0, "usd": 0.5},
        "versions": {"judgebench": "0.1.0", "python": "3.11.0"}, **facts,
    }  # fmt: skip
    written = b""
    for i, one in enumerate(said):
        verdict = {
            "key": hashlib.sha256(f"{judge}{i}".encode()).hexdigest()[:24], "item": f"i{i}", "order": [0], "repeat": 0, "probe": "", "reference": "none",
            "status": "ok", "code": None, "scores": [], "probabilities": [], "text": f"I say so, item {i}.", "error": "",
            "model": "", "usage": {"input_tokens": 40 + i % 7, "output_tokens": 9, "usd": 0.001 + i % 5 / 10000},
            "seconds": 0.5 + i % 11 / 10, "gold": {}, "gold_source": "human", "cluster": f"q{i // 2}",
            "subset": ("law", "art")[i % 3 == 0], "systems": [_SYSTEMS[i % 4]], "lengths": [10 + i * 7 % 50],
            "attributes": {}, "revision": "r1", **one,
        }  # fmt: skip
        body = json.dumps(verdict, separators=(",", ":")).encode()[:-1]
        written += b'%b,"crc":"%08x"}\n' % (body, zlib.crc32(body))
    place = f"{home}/planted--{judge.replace('/', '-')}"
    manifest["sealed"] = 1
    manifest["seal"] = hashlib.sha256(json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    text = json.dumps(manifest, indent=1, sort_keys=True)
    return {f"{place}/manifest.json": text.encode(), f"{place}/verdicts.jsonl": written}


def _checks(right: float, seed: int, n: int = 300, **usage: float) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    said = []
    for i in range(n):
        good = rng.random() < right
        unread = rng.random() < 0.03
        said.append(
            {"gold": {"h": i % 2}, "status": "unparsed" if unread else "ok", "code": None if unread else i % 2 if good else 1 - i % 2}
            | ({"usage": {"input_tokens": 90, "output_tokens": 30, "usd": usage["usd"]}} if usage else {})
        )  # fmt: skip
    return said


def _orders(noise: float, seed: int) -> list[dict[str, Any]]:
    gold, rng = random.Random(5), random.Random(seed)
    said = []
    for _ in range(60):
        best = gold.sample(range(3), 3)
        said.append({"gold": {"h": best}, "code": rng.sample(range(3), 3) if rng.random() < noise else best})
    return [one | {"order": [0, 1, 2], "systems": ["alder", "birch", "cedar"], "lengths": [3, 4, 5]} for one in said]


def _steps(noise: float, seed: int) -> list[dict[str, Any]]:
    gold, rng = random.Random(6), random.Random(seed)
    said = []
    for _ in range(60):
        marks = [int(gold.random() < 0.8) for _ in range(4)]
        said.append({"gold": {"h": marks}, "code": [mark ^ (rng.random() < noise) for mark in marks]})
    return said


PLANTED: dict[str, bytes] = {
    **_run("checks", "server/old", _CHECK, _checks(0.85, 1)),
    **_run("checks", "server/new", _CHECK, _checks(0.84, 2, usd=0.003)),
    **_run("checks", "server/bad", _CHECK, _checks(0.6, 3)),
    **_run("few", "server/few", _CHECK, _checks(0.8, 4, n=12)),
    **_run("ranks", "server/old", _RANK, _orders(0.1, 1)),
    **_run("ranks", "server/new", _RANK, _orders(0.5, 2)),
    **_run("steps", "server/old", _STEPS, _steps(0.05, 1)),
    **_run("steps", "server/new", _STEPS, _steps(0.3, 2)),
}


def _items() -> list[dict[str, str]]:
    """Draw items as people have them: a question, an answer, a reference, and what two people said."""
    rng = random.Random(4)
    return [
        {
            "no": f"t{i}", "ask": f"Question {i}, as a customer asks it?", "reply": f"Answer {i}. " + "More. " * rng.randrange(4),
            "right": f"Answer {i}." if i % 4 else "", "rules": "Be short." if i % 2 else "", "pic": "",
            "topic": ("law", "art")[i % 2], "ann": rng.choice(("good", "good", "bad")), "ben": rng.choice(("good", "bad", "")),
        }
        for i in range(40)
    ]  # fmt: skip


#: Items of one's own, and labels that came later.
ITEMS: dict[str, bytes] = {
    "tickets.csv": table(_items()),
    "plain.csv": table([{"id": one["no"], "question": one["ask"], "answer": one["reply"]} for one in _items()]),
    "later.csv": table([{"id": one["no"], "human": {"good": "yes", "bad": "no", "": ""}[one["ben"]]} for one in _items()]),
    "criteria.csv": table([
        {"item_id": one["no"], "question": one["ask"], "answer": one["reply"], "criterion": name, "label": str(1 + (i * k) % 5)}
        for i, one in enumerate(_items()) for k, name in ((3, "tone"), (7, "style"))
    ]),
    "pairs.jsonl": lines([
        {"turns": json.dumps([{"role": "user", "content": one["ask"]}]), "answer_a": one["reply"], "answer_b": "No idea.",
         "winner": "AB"[i % 3 == 0]}
        for i, one in enumerate(_items())
    ]),
}  # fmt: skip


def _retrieval() -> dict[str, bytes]:
    """Draw grades of people and of a judge, and what four systems found."""
    rng = random.Random(7)
    pairs = [(f"q{query}", f"d{query}-{place}") for query in range(6) for place in range(5)]
    truth = {pair: rng.randrange(4) for pair in pairs}
    judged = {pair: grade if rng.random() < 0.7 else rng.randrange(4) for pair, grade in truth.items()}
    found = {
        f"{name}.qrels": "".join(f"{q} 0 {d} {grade}\n" for (q, d), grade in grades.items())
        for name, grades in (("people", truth), ("judge", judged))
    }
    for number, name in enumerate(_SYSTEMS):
        lines = []
        for query in range(6):
            ranked = sorted(
                (pair for pair in pairs if pair[0] == f"q{query}"),
                key=lambda pair: -truth[pair] - rng.random() * (1 + number),
            )
            lines += [f"{q} Q0 {d} {place} {9 - place} {name}\n" for place, (q, d) in enumerate(ranked, 1)]
        found[f"runs/{name}.txt"] = "".join(lines)
    return {name: text.encode() for name, text in found.items()}


RETRIEVAL = _retrieval()

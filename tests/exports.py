"""Files in the shapes of other tools, and what is read of them."""

from __future__ import annotations

import csv
import io

import judgebench
from judgebench.files.read import read_words
from judgebench.labels.importers.catalog import open_export


def table_of(rows):
    """Write rows as CSV, lists and objects as Python writes them."""
    text = io.StringIO()
    writer = csv.writer(text)
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer.writerow(names)
    writer.writerows([row.get(name) for name in names] for row in rows)
    return text.getvalue()


def cells(path, *names):
    """Columns of the only export in a file."""
    found = open_export(path)
    assert found is not None
    return list(read_words(found, names).values())


def measured(path, **said):
    return judgebench.score(path, **said).to_json()["rows"][0]


def judged(row):
    return row["judge"], row["items"], row["gold"]


def log(samples, scorers=()):
    return {
        "version": 2,
        "status": "success",
        "eval": {"task": "t", "model": "openai/m", "scorers": list(scorers)},
        "plan": {},
        "results": {},
        "samples": samples,
    }


def sample(name, value, epoch=1, **more):
    score = {"value": value, "answer": "4", "explanation": "GRADE", "metadata": {"grading": [{"content": "?"}]}}
    return {
        "id": name,
        "epoch": epoch,
        "input": [{"role": "user", "content": [{"type": "text", "text": "2+2?"}]}],
        "target": ["4"],
        "output": {"completion": "four"},
        "metadata": {"human": "correct"},
        "scores": {"model_graded_qa": score, "includes": {"value": "C"}},
        **more,
    }


GRADER = {"name": "model_graded_qa", "options": {"model": {"model": "mock/grader"}}}

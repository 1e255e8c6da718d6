"""Figures that lie beside the data, recomputed by rules: every kind of rule, each kind of result, and bad files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from judgebench.errors import DataError
from judgebench.reproduce.patterns import captured, filled
from judgebench.reproduce.printed import places
from judgebench.reproduce.reproduction import reproduce

if TYPE_CHECKING:
    from pathlib import Path

TABLE = """\
id,question,system,human,ann,other,j one,j two
1,q1,s1,2,2,2,2,1
2,q1,s2,0,0,1,0,0
3,q2,s1,3,3,3,2,3
4,q2,s2,1,1,1,1,
5,q3,s1,2,1,2,3,2
6,q3,s2,0,0,0,0,1
"""


def folder(
    tmp_path: Path, rules: str, figures: list[dict[str, object]], table: str = TABLE, name: str = "pandalm"
) -> Path:
    home = tmp_path / name
    home.mkdir()
    (home / "labels.csv").write_text(table, encoding="utf-8")
    (home / "published.toml").write_text(rules, encoding="utf-8")
    (home / "published.json").write_text(json.dumps(figures), encoding="utf-8")
    return tmp_path


def entry(metric: str, value: float, **more: object) -> dict[str, object]:
    return {
        "judge": "j one",
        "split": "all",
        "metric": metric,
        "value": value,
        "decimals": 3,
        "source": "a table",
        **more,
    }


def test_every_kind_of_rule(tmp_path):
    rules = """
[tables.labels]
files = ["labels.csv"]

[tables.cut]
of = "labels"
make = {h = {cut = "human", at = 2}, j = {cut = "{judge}", at = 2}, both = {text = "{question}-{system}", from = ["question", "system"]}}

[tables.jury]
of = "labels"
make = {jury = {vote = "j one + j two + other", tie = "0"}, middle = {median = ["j one", "j two"]}, alike = {same = ["human", "ann"]}}

[[rule]]
metric = "kappa"
table = "labels"
figure = "cohen_kappa"
judge_col = "{judge}"
gold = "human"
scale = "rate:0-3"

[[rule]]
metric = ["kappa of the {which}"]
table = "jury"
figure = "cohen_kappa"
judge_col = "{which}"
gold = "human"
scale = "rate:0-3"
policies = {invalid = "drop"}

[[rule]]
metric = "precision of relevant"
table = "cut"
figure = "precision:1"
judge_col = "j"
gold = "h"
scale = "nominal:0,1"

[[rule]]
metric = "alpha of {n} people"
kind = "people"
table = "labels"
figure = "krippendorff_alpha"
gold = ["human", "ann", "other"]
scale = "rate:0-3"

[[rule]]
metric = "rows of {system}"
kind = "count"
table = "labels"
where = ["system = {system}"]

[[rule]]
metric = "questions"
kind = "count"
table = "cut"
distinct = ["question"]

[[rule]]
metric = "share of {system} above 1"
kind = "share"
table = "labels"
where = ["system = {system}"]
which = ["j one > 1"]

[[rule]]
metric = "mean"
kind = "mean"
table = "labels"
columns = ["{judge}"]

[[rule]]
metric = "{figure} of systems"
kind = "correlation"
table = "labels"
x = ["j one"]
y = ["human", "ann"]
by = ["question"]

[[rule]]
metric = "mean of parts"
kind = "parts"
of_metrics = ["rows of {system}"]
formula = "mean"
"""
    figures = [
        entry("kappa", 0.5455, decimals=4),
        entry("kappa of the jury", 1.0, match=False, recomputed=0.556, note="their jury had two members"),
        entry("precision of relevant", 100, unit="percent", decimals=0),
        entry("alpha of 3 people", 0.953, match=None),
        entry("rows of s1", 3, unit="count", decimals=0),
        entry("rows of s2", 3, unit="count", decimals=0),
        entry("questions", 3, unit="count", decimals=0),
        entry("share of s1 above 1", 100.0, unit="percent", decimals=1),
        entry("mean", 1.333),
        entry("spearman_rho of systems", 0.0, decimals=1, match=False, recomputed=0.0, note="same"),
        entry("mean of parts", 3.0),
        entry("unheard of", 1.0),
    ]
    found = reproduce(["pandalm"], folder(tmp_path, rules, figures))
    kinds = {cell.metric: cell.kind for cell in found.cells if cell.published_in == "pandalm/published.json"}
    ours = {cell.metric: cell.ours for cell in found.cells}
    print(ours, kinds, [(c.metric, c.note) for c in found.cells])

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
    from collections.abc import Iterator
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
[tables.cut.make]
h = {cut = "human", at = 2}
j = {cut = "{judge}", at = 2}
both = {text = "{question}-{system}", from = ["question", "system"]}

[tables.jury]
of = "labels"
[tables.jury.make]
jury = {vote = "j one + j two + other", tie = "0"}
middle = {median = ["j one", "j two"]}
alike = {same = ["human", "ann"]}

[[rule]]
metric = "kappa"
table = "labels"
figure = "cohen_kappa"
judge_col = "{judge}"
gold = "human"
scale = "rate:0-3"
policies = {invalid = "drop"}

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
policies = {invalid = "drop"}

[[rule]]
metric = "alpha of {n} people"
kind = "people"
table = "labels"
figure = "krippendorff_alpha"
gold = ["human", "ann", "other"]
scale = "rate:0-3"
policies = {invalid = "drop"}

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
        entry("kappa", 0.5385, decimals=4),
        entry("kappa of the jury", 0.778, match=False, recomputed=1.0, note="their jury had two members"),
        entry("precision of relevant", 100, unit="percent", decimals=0),
        entry("alpha of 3 people", 0.953, match=None),
        entry("rows of s1", 3, unit="count", decimals=0),
        entry("rows of s2", 3, unit="count", decimals=0),
        entry("questions", 3, unit="count", decimals=0),
        entry("share of s1 above 1", 66.7, unit="percent", decimals=1),
        entry("mean", 1.333),
        entry("spearman_rho of systems", 1.0, decimals=1, match=False, recomputed=0.0),
        entry("mean of parts", 3.0),
        entry("unheard of", 1.0),
    ]
    found = reproduce(["pandalm"], folder(tmp_path, rules, figures))
    beside = [cell for cell in found.cells if cell.published_in == "pandalm/published.json"]
    assert {cell.metric: (cell.kind, cell.ours) for cell in beside} == {
        "kappa": ("equal", pytest.approx(14 / 26)),
        "kappa of the jury": ("explained", 1.0),
        "precision of relevant": ("equal", 1.0),
        "rows of s1": ("equal", 3),
        "rows of s2": ("equal", 3),
        "questions": ("equal", 3),
        "share of s1 above 1": ("differs", 1.0),
        "mean": ("equal", pytest.approx(4 / 3)),
        "spearman_rho of systems": ("differs", 0.0),  # as expected, and nobody says why
        "mean of parts": ("parts", 3.0),
    }
    assert {one.figure.partition(": ")[2] for one in found.unmatched} >= {"alpha of 3 people", "unheard of"}
    assert not found.ok


def test_tables_are_put_side_by_side_and_joined(tmp_path):
    rules = """
[tables.long]
files = ["labels.csv"]
where = ["system = s1"]
make = {verdict = {sign = ["j one", "j two"], words = ["A", "tie", "B"]}}

[tables.wide]
of = "long"
pivot = {id = ["question"], name = "system", value = "verdict"}
join = {table = "other", on = ["question"]}

[tables.other]
files = ["labels.csv"]
where = ["system = s2"]

[[rule]]
kind = "count"
table = "wide"
where = ["s1 = {metric}", "human < 1"]
"""
    figures = [entry(word, n, unit="count", decimals=0) for word, n in (("tie", 0), ("B", 0), ("A", 2))]
    found = reproduce(["pandalm"], folder(tmp_path, rules, figures))
    assert {cell.metric: cell.ours for cell in found.cells} == {"tie": 0, "B": 0, "A": 2}


def test_columns_become_rows_and_rounded_means_are_fractions_again(tmp_path):
    rules = """
[tables.cells]
files = ["labels.csv"]
unpivot = {columns = ["human", "ann"], name = "who", value = "label"}

[[rule]]
kind = "count"
metric = "labels of {who}"
table = "cells"
where = ["who = {who}", "label > 1"]

[tables.thirds]
files = ["labels.csv"]
[tables.thirds.make]
exact = {fraction = "score", of = 3}

[[rule]]
kind = "mean"
metric = "mean"
table = "thirds"
columns = ["exact"]
"""
    table = "id,human,ann,score\n1,2,1,0.667\n2,3,0,0.333\n3,0,0,-0.333\n"
    figures = [entry("labels of human", 2, unit="count"), entry("labels of ann", 0, unit="count"), entry("mean", 0.222)]
    found = reproduce(["pandalm"], folder(tmp_path, rules, figures, table))
    ours = {cell.metric: cell.ours for cell in found.cells}
    assert ours == {"labels of human": 2, "labels of ann": 0, "mean": pytest.approx(2 / 9)}


def test_a_table_of_another_form(tmp_path):
    rules = """
[[printed]]
file = "boards/{board}.csv"
row = "{model}"
judge = "{board}"
split = "{model}"
metrics = {mean = "mean of {model}", rows = "rows"}
source = "its board"

[[printed]]
file = "keyed.json"
row = "{judge}|{split}"
judge = "{judge}"
split = "{split}"
metrics = {n = "rows"}
source = "its statistics"

[[rule]]
metric = "mean of {system}"
kind = "mean"
files = ["labels.csv"]
where = ["system = {system}"]
columns = ["{judge}"]

[[rule]]
metric = "rows"
kind = "count"
files = ["labels.csv"]
where = ["system = {split}"]
"""
    folder(tmp_path, rules, [])
    boards = tmp_path / "pandalm" / "boards"
    boards.mkdir()
    (boards / "human.csv").write_text("model,mean,rows\ns1,2.33,3\ns2,,3\n", encoding="utf-8")
    (tmp_path / "pandalm" / "keyed.json").write_text(json.dumps({"x|s1": {"n": 3}, "y|s2": {"n": 4}}), encoding="utf-8")
    found = reproduce(["pandalm"], tmp_path)
    assert [(cell.judge, cell.split, cell.metric, cell.decimals, cell.kind) for cell in found.cells] == [
        ("human", "s1", "mean of s1", 2, "equal"),
        ("human", "s1", "rows", 0, "equal"),
        ("human", "s2", "rows", 0, "equal"),
        ("x", "s1", "rows", 0, "equal"),
        ("y", "s2", "rows", 0, "differs"),
    ]


@pytest.mark.parametrize(
    ("rules", "match"),
    [
        ('[[rule]]\nkind = "count"\n', r"'rule\[0\].table'.*its files"),
        ('[[rule]]\nkind = "sum"\n', "'sum' is not one of agreement"),
        ('[[rule]]\nfiles = ["labels.csv"]\n', r"'rule\[0\].scale'.*kind agreement needs"),
        ('[[rule]]\nkind = "count"\nfiles = ["labels.csv"]\ncolumns = ["x"]\n', r"'rule\[0\].columns'.*no such key"),
        ('[[rule]]\nkind = "count"\ntable = "nowhere"\n', r"no \[tables.nowhere\]"),
        ('[tables.x]\nwhere = ["a = b"]\n', "'tables.x.files'.*one of files and of"),
        ('[tables.x]\nfiles = ["a"]\nmake = {y = {sum = ["a"]}}\n', "say how it is made: one of sign"),
        ('[[printed]]\nfile = "a.csv"\njudge = "x"\nsource = "y"\n', "at least one column"),
    ],
)
def test_rules_that_cannot_be_read(tmp_path, rules, match):
    with pytest.raises(DataError, match=match):
        reproduce(["pandalm"], folder(tmp_path, rules, []))


@pytest.mark.parametrize(
    ("figure", "match"),
    [
        ({"value": "high"}, r"'\[1\].value'.*expected a number"),
        ({"judge": ""}, r"'\[1\].judge'.*must not be empty"),
        ({"match": "no"}, r"'\[1\].match'.*true, false or null"),
        ({"match": False}, r"'\[1\].recomputed'.*this key is missing"),
        ({"unit": "stars"}, "'stars' is not one of"),
        ({"decimals": -1}, "expected a whole number"),
    ],
)
def test_published_figures_that_cannot_be_read(tmp_path, figure, match):
    with pytest.raises(DataError, match=match):
        reproduce(["pandalm"], folder(tmp_path, "", [entry("kappa", 1.0) | figure]))


def test_what_a_rule_runs_into_is_a_figure_that_differs(tmp_path):
    rule = '[[rule]]\nkind = "mean"\nfiles = ["labels.csv"]\ncolumns = ["{metric}"]\n'
    found = reproduce(["pandalm"], folder(tmp_path, rule, [entry("question", 1.0), entry("nowhere", 1.0)]))
    assert [cell.kind for cell in found.cells] == ["differs", "differs"]
    assert "row 1: expected a number, got 'q1'" in found.cells[0].note
    assert "nowhere" in found.cells[1].note


def test_patterns():
    assert captured("{a}|{a}", "x|x") == {"a": "x"}
    assert captured("{a}|{a}", "x|y") is None
    assert filled(["{a}", "{b}"], {"a": "1"}) == ["1", "{b}"]
    assert [places(value) for value in (1.0, 0.25, 1e-05, 0.1 + 0.2)] == [0, 2, 5, 12]


def test_figures_typed_beside_the_rules_and_what_ours_are_known_to_be(tmp_path):
    rules = """
[[figure]]
judge = "labels"
metric = "rows"
value = 6
source = "a paper"

[[figure]]
judge = "labels"
metric = "mean"
value = 2.0
source = "a paper"

[[rule]]
metric = "rows"
kind = "count"
files = ["labels.csv"]

[[rule]]
metric = "mean"
kind = "mean"
files = ["labels.csv"]
columns = ["human"]
expected = {mean = 1.333}
why = "they counted some rows twice"
"""
    found = reproduce(["pandalm"], folder(tmp_path, rules, []))
    assert [(cell.metric, cell.kind, cell.note) for cell in found.cells] == [
        ("rows", "equal", ""),
        ("mean", "explained", "they counted some rows twice"),
    ]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ('[[figure]]\njudge = "x"\nmetric = "m"\nvalue = 1\nvalues = 2\n', r"'figure\[0\].values'.*not known"),
        ('[[figure]]\njudge = "x"\nmetric = "m"\n', r"'figure\[0\].value'.*this key is missing"),
        ('[[rule]]\nkind = "count"\nfiles = ["labels.csv"]\nexpected = {m = "x"}\n', r"expected.m'.*expected a number"),
    ],
)
def test_typed_figures_that_cannot_be_read(tmp_path, text, match):
    with pytest.raises(DataError, match=match):
        reproduce(["pandalm"], folder(tmp_path, text, []))


def _bad_rules() -> Iterator[tuple[str, str]]:
    """Tables and rules with one fault each, and what the error must name."""
    head = '[tables.t]\nfiles = ["labels.csv"]\n'
    rule = '[[rule]]\nmetric = "mean"\nkind = "mean"\n'
    whole = f'{rule}table = "t"\ncolumns = ["human"]\n'
    for value in ("7", '"labels.csv"', "[]", '["../../labels.csv"]', '["/etc/passwd"]', "[[]]"):
        yield f"[tables.t]\nfiles = {value}\n{whole}", "tables.t.files"
    for key, value in (
        ("where", "7"), ("where", "[1]"), ("of", "[]"), ("pivot", '{id = "id", name = "a", value = "b"}'),
        ("unpivot", '{columns = ["human"], name = "n"}'), ("join", '{table = "t", on = []}'),
        ("make", '{x = {cut = "human"}}'), ("make", '{x = {cut = "human", at = "two"}}'),
        ("make", '{x = {cut = "human", att = 2}}'), ("make", '{x = {sign = ["human"]}}'),
        ("make", "{x = {median = []}}"),
        ("make", '{x = {text = "{a}"}}'), ("make", '{x = {rename = "human", words = {a = 1}}}'),
        ("make", '{x = {fraction = "human", of = 0}}'), ("make", "{x = 7}"),
    ):  # fmt: skip
        other = "" if key == "of" else 'of = "t"\n'
        yield f"{head}[tables.u]\n{other}{key} = {value}\n{whole}", f"tables.u.{key}"
    for said in ("columns = 7", "columns = []", 'columns = ["human"]\nmissing = 7', 'columns = ["human"]\ntimes = nan'):
        key = said.splitlines()[-1].partition(" ")[0]
        yield f'{head}{rule}table = "t"\n{said}', rf"rule\[0\]\.{key}"
    agreed = '[[rule]]\nmetric = "mean"\ntable = "t"\ngold = "human"\nscale = "check"\n'
    for said in ("words = 7", 'picks = "both"', 'confusion = "yes"', "judge_col = 3", 'thresholds = {a = "b"}'):
        yield f"{head}{agreed}{said}", rf"rule\[0\]\.{said.partition(' ')[0]}"
    yield f'{head}{agreed}policies = {{invalid = "nobody"}}', r"rule\[0\]\.policies\.invalid"
    yield f'[tables.t]\nof = "u"\n[tables.u]\nof = "t"\n{whole}', "made of itself"
    yield f'[tables.t]\nof = "nowhere"\n{whole}', r"tables\.t\.of.*no \[tables.nowhere\]"
    # Data bring no code with them.
    yield '[[rule]]\nmetric = "mean"\nkind = "function"\ncall = "os:system"', r"rule\[0\]\.call"
    yield '[[recorded]]\nname = "s"\nfile = "../s.jsonl"', r"recorded\[0\]\.file"
    printed = '[[printed]]\nfile = "labels.csv"\njudge = "{row}"\nsource = "s"\n'
    yield f'{printed}metrics = {{nobody = "m"}}', "no column is named 'nobody'"
    yield f'{printed}row = "run {{n}}"\nmetrics = {{human = "m"}}', "no row is called"
    yield f'{printed}decimals = -5\nmetrics = {{human = "m"}}', r"printed\[0\]\.decimals"


@pytest.mark.parametrize(("rules", "named"), list(_bad_rules()))
def test_a_rule_that_says_what_nobody_can_do_is_named(tmp_path, rules, named):
    with pytest.raises(DataError, match=named):
        reproduce(["pandalm"], folder(tmp_path, rules, [entry("mean", 1.0)]))


@pytest.mark.parametrize(
    ("figure", "named"),
    [
        ({"mtach": False}, "mtach.*did you mean match"),
        ({"match": 0}, "match"),
        ({"match": []}, "match"),
        ({"value": 10**400}, "value"),
        ({"split": ["a"]}, "split"),
        ({"source": {}}, "source"),
    ],
)
def test_a_figure_with_a_typing_error_is_named(tmp_path, figure, named):
    with pytest.raises(DataError, match=named):
        reproduce(["pandalm"], folder(tmp_path, "", [{**entry("mean", 1.0), **figure}]))


def test_a_figure_is_not_counted_twice(tmp_path):
    with pytest.raises(DataError, match=r"\[2\].*\[1\] again"):
        reproduce(["pandalm"], folder(tmp_path, "", [entry("mean", 1.0), entry("mean", 1.0)]))


def test_figures_that_no_rule_is_about_say_so_where_nothing_else_is(tmp_path):
    with pytest.raises(DataError, match="no rule says how it is computed"):
        reproduce(["pandalm"], folder(tmp_path, "", [entry("mean", 1.0)]))


def test_what_is_wrong_with_a_figure_is_said_beside_it(tmp_path):
    rules = """
[tables.t]
files = ["labels.csv"]
[tables.text]
of = "t"
make = {x = {text = "{question}-{nobody}", from = ["question"]}}

[[rule]]
metric = "code"
kind = "function"
call = "judgebench.nowhere:figure"

[[rule]]
metric = "text"
kind = "count"
table = "text"

[[rule]]
metric = "outside"
kind = "count"
files = ["{judge}.csv"]

[[rule]]
metric = "sum"
kind = "mean"
table = "t"
columns = ["human"]
times = 1e300
"""
    table = TABLE.replace("1,q1,s1,2", "1,q1,s1,1e30")
    figures = [entry("code", 1), entry("text", 1), entry("outside", 1, judge="../j"), entry("sum", 1)]
    notes = {cell.metric: cell.note for cell in reproduce(["pandalm"], folder(tmp_path, rules, figures, table)).cells}
    assert "judgebench.nowhere" in notes["code"]
    assert "{nobody}" in notes["text"]
    assert "below the task's folder" in notes["outside"]
    assert "too large" in notes["sum"]

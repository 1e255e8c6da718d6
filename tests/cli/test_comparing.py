"""``compare`` and ``power`` as a user calls them."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import jsonschema
import numpy as np
import pytest

from judgebench.report import compare, power

if TYPE_CHECKING:
    from pathlib import Path


TABLE = ("--csv", "l.csv", "--gold-col", "h", "--cluster-col", "q")


@pytest.fixture
def table(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    gold = rng.integers(0, 2, 300)
    lines = ["id,q,topic,h,good,fair,poor"]
    for i, g in enumerate(gold):
        said = [g if rng.random() < share else 1 - g for share in (0.95, 0.85, 0.6)]
        lines.append(f"item{i},q{i // 3},{'ab'[i % 2]},{','.join('yes' if x else 'no' for x in (g, *said))}")
    (tmp_path / "l.csv").write_text("\n".join(lines) + "\n")


@pytest.mark.usefixtures("table")
def test_two_columns_in_every_form(inside) -> None:
    two = ("compare", *TABLE, "--judge-col", "good", "--judge-col", "poor", "--id-col", "id", "--subset-col", "topic")
    shown = inside(*two, "--gold", "human", "--items", 2)
    assert shown.code == 0, shown.err
    assert shown.out.startswith("good agrees with humans more than poor: Cohen's kappa")
    assert "item" in shown.out.splitlines()[-3]
    document = json.loads(inside(*two, "--format", "json").out)
    jsonschema.Draft202012Validator(compare.json_schema()).validate(document)
    assert (document["outcome"], document["clusters"]) == ("first", 100)
    assert {line["subset"] for line in document["lines"]} == {"all", "a", "b"}
    discordant = document["right"]["first_only"] + document["right"]["second_only"]
    assert len(document["differing"]) == discordant  # two labels: who differs in the verdict differs in being right
    figures = list(csv.DictReader(io.StringIO(inside(*two, "--format", "csv").out)))
    assert float(figures[0]["difference_value"]) == pytest.approx(document["lines"][0]["difference"]["value"], abs=1e-6)
    listed = inside(*two, "--format", "csv", "--items", 1).out
    assert len(listed.splitlines()) == discordant + 1
    worse = ("compare", *TABLE, "--judge-col", "poor", "--judge-col", "good", "--fail-if-worse", "--format", "md")
    failed = inside(*worse)
    assert (failed.code, failed.err.count("good agrees with gold more than poor")) == (1, 1)


@pytest.mark.usefixtures("table")
def test_three_columns_are_ranked_and_paired(inside) -> None:
    three = ("compare", *TABLE, "--judge-col", "good", "--judge-col", "fair", "--judge-col", "poor")
    document = json.loads(inside(*three, "--format", "json", "--verify").out)
    jsonschema.Draft202012Validator(compare.json_schema()).validate(document)
    assert [(one["judge"], one["best"], one["worst"]) for one in document["standings"]] == [
        ("good", 1, 1),
        ("fair", 2, 2),
        ("poor", 3, 3),
    ]
    assert len(document["pairs"]) == 3
    assert "agrees with gold most: by Cohen's kappa" in inside(*three).out


def test_runs_are_matched_and_refused(judgebench, inside) -> None:
    run = ("run", "--sample", "--order", "original", "--judge", "baseline/first", "--judge", "baseline/longest")
    judgebench(*run, "--task", "pandalm", "--runs", "both")
    judgebench(*run, "--task", "judgebench", "--runs", "other")
    judgebench(*run[:-2], "--task", "pandalm", "--runs", "short", "--limit", 15)
    done = inside("compare", "both", "--format", "json", "--metric", "accuracy")
    assert done.code == 0, done.err
    assert sorted(json.loads(done.out)["judges"]) == ["baseline/first", "baseline/longest"]
    refused = inside("compare", "both", "other")
    assert (refused.code, "different tasks" in refused.err) == (3, True)
    gaps = inside("compare", "short", "both")
    assert (gaps.code, "--shared" in gaps.err, len(gaps.err.strip().splitlines())) == (3, True, 1), gaps.err
    shared = inside("compare", "short", "both", "--shared")
    assert shared.code == 0
    assert "left out (--shared)" in shared.err


@pytest.mark.usefixtures("table")
def test_power(inside) -> None:
    figures = ("power", "--base-rate", 0.7, "--kappa", 0.6, "--discordance", 0.1)
    document = json.loads(inside(*figures, "--format", "json", "--items", 1080).out)
    jsonschema.Draft202012Validator(power.json_schema()).validate(document)
    one, two = document["tests"]
    assert (one["items_for_drop"], two["items_for_drop"]) == (1080, 1371)
    assert one["detectable"] == pytest.approx(0.05, abs=1e-4)
    pilot = ("power", *TABLE, "--judge-col", "good", "--judge-col", "fair", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(inside(*pilot).out)))
    assert [row["sides"] for row in rows] == ["1", "2"]
    assert rows[0]["items"] == "300"
    for wrong, says in (
        (("power", "--base-rate", 0.9, "--kappa", 0.8, "--discordance", 0.2), "no judges with kappas"),
        ((*pilot, "--discordance", 0.1), "measured"),
        ((*figures, "--drop", "1e-300"), "no number of items finds a drop of 1e-300"),
        ((*figures, "--design-effect", "inf"), "or a smaller design effect"),
        ((*pilot, "--drop", "1e-320"), "no number of items finds a drop of"),
        ((*figures, "--policy", "tie=drop"), "--policy: without a pilot"),
        ((*figures, *TABLE[2:], "--gold", "human"), "--gold-col, --cluster-col, --gold: without a pilot"),
    ):
        done = inside(*wrong)
        assert (done.code, says in done.err) == (2, True), done.err

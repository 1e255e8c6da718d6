"""The panel of annotators in every form, and as a command."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from agreement_cases import ratings
from documents import breaks, document

from judgebench.api.humans import gather
from judgebench.domain import Policies, Scale
from judgebench.report.humans import Panels


def render(panels, form="table", **how):
    return Panels(tuple(panels)).render(form, explain=True, **how)


def panel_of(labels=3, scale=None, m=3, judges=("one", "two"), seed=4):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, labels, 80)
    gold = np.where(rng.random((80, m)) < 0.8, truth[:, None], rng.integers(0, labels, (80, m)))
    return gather(
        (
            "task",
            name,
            "human",
            "data:1",
            Policies(),
            ratings(np.where(rng.random(80) < 0.6, truth, -1), gold, scale=scale),
        )
        for name in judges
    )


@pytest.mark.parametrize("panels", [panel_of(), panel_of(5, Scale.rate(1, 5)), panel_of(m=2)])
def test_json_fits_its_schema(panels):
    (row,) = document(render(panels, "json"))["rows"]
    assert [judge["judge"] for judge in row["judges"]] == ["one", "two"]
    assert row["metric"] in row["ceiling"]


def test_the_schema_refuses_a_value_without_a_reason():
    found = document(render(panel_of(m=2), "json"))
    judge = found["rows"][0]["judges"][0]["metrics"]
    assert judge["z"] == {"value": None, "low": None, "high": None, "n": 0, "undefined": "too_few_pairs", "method": ""}
    judge["z"]["undefined"] = None
    assert breaks(found)


def test_judges_on_the_same_labels_share_a_panel_whatever_the_order():
    first = panel_of(judges=("one",))[0]
    assert len(panel_of()) == 1
    gold = np.array([[0, 0], [1, 1], [2, 0], [1, 2]])
    given = [("t", name, "human", "", Policies(), ratings([0, 1, 2, 1], rows)) for name, rows in
             (("a", gold), ("b", gold[::-1]), ("c", gold[:, ::-1] * 0 + 1))]  # fmt: skip
    assert [[judge for judge, _ in panel.judges] for panel in gather(given)] == [["a", "b"], ["c"]]
    assert first.humans.items == 80


def test_the_table_says_first_what_it_means():
    assert Panels(tuple(panel_of())).render().startswith("Three people agree on task at a kappa of .")
    text = render(panel_of())
    assert text.startswith("task: 3 annotators of 80 items agree with each other at a kappa of .")
    assert "the human ceiling" in text.split("\n\n")[0].replace("\n  ", " ")
    assert "Fleiss' kappa" in text
    assert "as one more annotator it lowers alpha" in text.replace("\n  ", " ")
    assert "human" not in render([panel_of()[0]._replace(gold="model")]).split("\n\n")[0]


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_fits(width):
    assert max(map(len, render(panel_of(), width=width).splitlines())) <= width


def test_ratings_have_quadratic_kappa_correlations_and_the_mean_of_the_rest():
    text = render(panel_of(5, Scale.rate(1, 5)))
    assert "quadratic kappa" in text
    assert "ICC(A,1)" in text
    assert "rest's mean" in text


def test_csv_is_long_and_holds_every_figure():
    rows = list(csv.DictReader(io.StringIO(render(panel_of(m=2), "csv"))))
    assert {row["kind"] for row in rows} == {"ceiling", "all", "annotator", "pair", "judge"}
    z = [row for row in rows if row["figure"] == "z"]
    assert [(row["name"], row["value"], row["undefined"]) for row in z] == [
        ("one", "", "too_few_pairs"), ("two", "", "too_few_pairs"),
    ]  # fmt: skip
    assert all(row["value"] or row["undefined"] for row in rows)


def test_markdown_is_markdown():
    text = render(panel_of(), "md")
    assert text.count("| --- |") >= 3
    assert "\x1b" not in text

"""`judgebench.correct` from Python: DataFrames in, corrected scores out, or what a ranking without gold is worth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import judgebench


@pytest.fixture
def labels() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    truth = rng.random(600) < 0.6
    said = rng.random(600) < np.where(truth, 0.9, 0.2)
    words = np.array(["no", "yes"])
    human = np.where(rng.random(600) < 0.3, words[truth.astype(int)], "")
    return pd.DataFrame({"judge": words[said.astype(int)], "human": human, "system": np.resize(["a", "b", "c"], 600)})


def test_scores_are_corrected_from_a_dataframe(labels, tmp_path):
    found = judgebench.correct(labels, judge="judge", gold="human", system="system", scale="check")
    assert repr(found).startswith("<Corrections: The share correct is .")
    assert [row["system"] for row in found.to_json()["rows"]] == ["all", "a", "b", "c"]
    assert set(found.to_frame()["estimator"]) >= {"naive", "labels"}
    assert "<table" in found._repr_html_()
    labels.to_csv(tmp_path / "t.csv", index=False)
    again = judgebench.correct(tmp_path / "t.csv", judge="judge", gold="human", system="system", scale="check")
    keys = ("estimates", "chosen", "items")
    assert [[row[key] for key in keys] for row in again.to_json()["rows"]] == [
        [row[key] for key in keys] for row in found.to_json()["rows"]
    ]
    known = labels[labels["human"] != ""]
    outside = judgebench.correct(labels[["judge"]], judge="judge", gold="human", calibration=known, scale="check")
    assert "by judge and a calibration set of" in outside.sentences()[0]


def test_a_ranking_without_gold(labels):
    found = judgebench.correct(
        labels, judge="judge", system="system", no_gold=True, draws=100, diagonal=[0.6], scale="check"
    )
    assert repr(found).startswith("<JudgeOnlyRankings: judge's order of 3 systems")
    assert len(found.to_frame()) == 6
    assert [prior["diagonal"] for prior in found.to_json()["rows"][0]["priors"]] == [1.0, 0.6]
    assert "<table" in found._repr_html_()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"gold": None}, "correct needs gold, whose empty cells are rows without gold; or give no_gold"),
        ({"judge_varies": True}, "diagonal and judge_varies are about rankings without gold; add no_gold"),
        (
            {"no_gold": True, "estimator": "ppi"},
            "no_gold corrects nothing, so it takes no calibration and no estimator",
        ),
        ({"estimator": "best"}, "estimator='best': write one of 'auto'"),
        ({"draws": 5}, "draws=5: expected a whole number from 100 to 100000"),
        ({"subset": "human"}, "got an unexpected keyword argument 'subset'"),
        ({"no_gold": True, "system": "system", "diagonal": [2]}, "diagonal 2: write a share between 0 and 1"),
    ],
)
def test_errors_name_the_parameter(labels, wrong, says):
    with pytest.raises(judgebench.JudgebenchError, match=says):
        judgebench.correct(labels, **({"judge": "judge", "gold": "human", "scale": "check"} | wrong))

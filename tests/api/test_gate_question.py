"""`judgebench.gate` from Python: a decision that shows itself, errors that name its parameters."""

from __future__ import annotations

import pytest
from report.gate_rows import RUN, planted, store, verdicts

import judgebench
from judgebench.api.notes import NoteWarning


def test_a_decision_is_reached_from_python(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    gold, first, second = planted(500, drop=0.05)
    old, new = (store(tmp_path / name, RUN, verdicts(gold, said)) for name, said in (("a", first), ("b", second)))
    with pytest.warns(NoteWarning, match=r"500 items, new|wrote .*base\.json"):
        assert judgebench.gate(old, against=tmp_path / "base.json", update=True) is None
    found = judgebench.gate(str(new), against=tmp_path / "base.json", metric=["cohen_kappa", "accuracy"], subset="all")
    assert found.state == "fail"
    assert repr(found).startswith("<Decision: 2 of 2 figures are worse than the baseline's: kappa, accuracy.")
    assert [*found.to_frame()["figure"]] == ["cohen_kappa", "accuracy"]
    assert found.to_json()["lines"][1]["worse"]["value"] == pytest.approx(0.052)
    assert "<table" in found._repr_html_()
    assert found.render("junit").startswith("<?xml")
    assert found.render("annotations").startswith("::error title=")
    assert isinstance(found.failure, judgebench.JudgebenchError)
    assert judgebench.gate(old, against=old).failure is None
    for wrong, says in (
        ({"margin": 5}, "margin 5: cohen_kappa can never change by more than 2"),
        ({"margin": "5%"}, "margin='5%': expected a number"),
        ({"max_cost_increase": -1}, "max_cost_increase -1: it must be above 0"),
        ({"subset": "x"}, "no subset is named x"),
        ({"limit": 5}, "judgebench.gate: got an unexpected keyword argument 'limit'"),
    ):
        with pytest.raises(judgebench.JudgebenchError, match=says):
            judgebench.gate(new, against=old, **wrong)
    with pytest.raises(judgebench.JudgebenchError, match="write one of table, json, csv, md, html, tex, junit"):
        found.render("xml")

"""`judgebench.reproduce` and `judgebench.doctor` from Python."""

from __future__ import annotations

import inspect

import pytest

import judgebench
from judgebench.report.reproduction import Cell, Reproduction


@pytest.mark.data
def test_published_figures_are_recomputed_from_python(data_dir):
    found = judgebench.reproduce(data=data_dir, task="pandalm")
    assert (found.ok, found.failure) == (True, None)
    assert repr(found).startswith("<Reproduction: ")
    assert set(found.to_frame()["match"]) == {"yes"}
    assert found.to_json()["cells"][0]["task"] == "pandalm"
    assert "<table" in found._repr_html_()


def test_a_figure_that_differs_is_a_failure():
    found = Reproduction((Cell("pandalm", "test", "gpt", "all", "accuracy", 0.7, 71.07, 2, "percent", False, "there"),))
    assert "1 of 1 figures differ" in str(found.failure)
    assert repr(found) == "<Reproduction: 0 of 1 published figures match at the printed precision; 1 differ>"


def test_reproduce_is_a_room_and_a_function(tmp_path, monkeypatch):
    assert list(inspect.signature(judgebench.reproduce).parameters) == ["files", "published", "data", "task"]
    with pytest.raises(judgebench.JudgebenchError, match=r"this needs data DIR \(or JUDGEBENCH_DATA\)"):
        judgebench.reproduce()
    monkeypatch.setenv("JUDGEBENCH_DATA", str(tmp_path / "no"))
    with pytest.raises(judgebench.JudgebenchError, match="no such folder; data names the folder"):
        judgebench.reproduce(task=["pandalm"])
    with pytest.raises(judgebench.JudgebenchError, match="unexpected keyword argument 'tasks'"):
        judgebench.reproduce(tasks="pandalm")


def test_the_doctor_shows_itself(tmp_path):
    file = tmp_path / "own.csv"
    file.write_text("item,judge,gold\n1,A,A\n2,B,A\n3,tie,tie\n")
    found = judgebench.doctor(file)
    assert repr(found).startswith("<Report: 3 rows: 1 judge against 1 gold column.")
    assert found.commands[0].startswith("judgebench score --csv")
    assert [*found.to_frame()["role"].fillna("")] == ["", "judge", "gold"]
    assert found.to_json()["form"] == "wide"
    assert "<table" in found._repr_html_()
    assert found.render(explain=True).splitlines()[-1] == f"  {found.commands[0]}"
    with pytest.raises(judgebench.JudgebenchError, match="no such file"):
        judgebench.doctor(tmp_path / "none.csv")


def test_the_doctor_without_a_file_looks_around(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUDGEBENCH_OFFLINE", "1")
    monkeypatch.setenv("OPENAI_API_KEY", "never-shown-0123456789")
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    found = judgebench.doctor()
    state = {one.name: one.state for one in found.checks}
    assert (state["OPENAI_API_KEY"], state["ANTHROPIC_API_KEY"], state["numpy"]) == ("ok", "missing", "ok")
    for form in ("table", "json", "csv", "md", "html", "tex"):
        assert "sk-never" not in found.render(form)
    (tmp_path / "judgebench.toml").write_text("[run\n")
    assert next(one for one in judgebench.doctor().checks if one.about == "settings").state == "trouble"

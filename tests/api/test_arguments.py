"""Arguments of another kind than a question takes: refused in one line that names the argument, never a traceback."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import judgebench
from judgebench.errors import JudgebenchError, UsageError

pytestmark = pytest.mark.filterwarnings("ignore::judgebench.api.notes.NoteWarning")

WRONG = [b"x", object(), np.array([1, 2]), lambda line: line]
PLAIN = {
    "alt_test": ("data", "scoring"),
    "analyze": ("own_system",),
    "compare": ("metric", "interval", "labels", "verify"),
    "correct": ("target", "estimator"),
    "gate": ("against", "metric", "subset", "strict"),
    "leaderboard": ("task", "metric", "over", "by_system"),
    "power": ("metric", "delimiter"),
    "publish": ("runs", "output", "title"),
    "report": ("output", "data", "title", "texts", "labels"),
    "reproduce": ("data", "task"),
    "score": ("labels", "name", "interval", "gold_source", "by_system"),
    "systems": ("anchor", "ties"),
}


@pytest.mark.parametrize(("question", "name"), [(one, name) for one, names in PLAIN.items() for name in names])
def test_another_kind_of_value(question, name):
    required = {"run": "x", "against": "y"} if question == "gate" else {}
    for value in WRONG:
        with pytest.raises(UsageError, match=rf"^{name}=") as told:
            getattr(judgebench, question)(**required | {name: value})
        assert "\n" not in str(told.value)
        assert len(str(told.value)) < 200


def test_a_numpy_truth_value_is_not_a_number():
    with pytest.raises(UsageError, match=r"^drop=np.True_: expected a number"):
        judgebench.power(base_rate=0.7, kappa=0.6, drop=np.bool_(True))


def test_one_metric_or_task_of_none():
    with pytest.raises(JudgebenchError):
        judgebench.compare([], metric=None)
    with pytest.raises(UsageError, match=r"^output=None: name a file or a folder"):
        judgebench.report([], output=None)


@pytest.fixture
def table():
    pd = pytest.importorskip("pandas")
    return pd.DataFrame({"good": list("yn" * 8), "ann": list("ynny" * 4), "ben": list("yyny" * 4)})


def test_columns_may_come_one_by_one(table):
    given = {"judge": ["good"], "gold": ["ann", "ben"], "words": {"y": "yes", "n": "no"}}
    for question in (judgebench.humans, judgebench.correct, judgebench.analyze):
        once = {name: iter(value) if name != "words" else value for name, value in given.items()}
        assert question(table, **once).to_json() == question(table, **given).to_json()


def test_columns_as_an_array(table):
    given = {"judge": "good", "words": {"y": "yes", "n": "no"}}
    listed = judgebench.correct(table, gold=["ann"], **given)
    assert judgebench.correct(table, gold=np.array(["ann"]), **given).to_json() == listed.to_json()


@pytest.mark.parametrize(
    ("question", "given"),
    [
        ("score", {"policy": "order=best"}),
        ("score", {"policy": "x"}),
        ("score", {"long": "item,label"}),
        ("score", {"scores": ["good", "ann"]}),
        ("score", {"interval": "two-way"}),
        ("score", {"words": {"y": "2", "n": "0"}}),
        ("score", {"words": {"y": "3.5"}}),
        ("score", {"words": {"y": "eh", "n": "oh"}}),
        ("score", {"words": {"y": "maybe"}, "scale": "check"}),
        ("alt_test", {"epsilon": 2.0}),
        ("alt_test", {}),
        ("humans", {"gold": ["ann"]}),
        ("systems", {"system": "ben", "score": "win-rate", "anchor": "x"}),
    ],
)
def test_messages_name_arguments_not_options(table, question, given):
    known = {"judge": "good", "gold": "ann", "words": {"y": "yes", "n": "no"}} | given
    with pytest.raises(JudgebenchError) as told:
        getattr(judgebench, question)(table, **known)
    assert not re.search(r"--\w", str(told.value)), told.value


def test_messages_about_runs_name_arguments(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    for given in ({"data": "x"}, {"runs": "file"}, {"workers": 2}):
        with pytest.raises(JudgebenchError) as told:
            judgebench.run("baseline/first", "pandalm", sample=True, **given)
        assert not re.search(r"--\w", str(told.value)), told.value
    with pytest.raises(UsageError, match=r"^form 'xml': write one of"):
        judgebench.power(base_rate=0.7, kappa=0.6).render("xml")

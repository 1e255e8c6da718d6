"""judgebench.score from Python: tables in memory give the figures of `score --csv`, with the same checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import judgebench
from judgebench.api.parameters import policies_of
from judgebench.domain import Scale
from judgebench.errors import BackendError, DataError, JudgebenchError, UsageError, spoken_as

if TYPE_CHECKING:
    from pathlib import Path


def table(rows: int = 60, seed: int = 5) -> pd.DataFrame:
    """Labels on several scales, with gaps, clusters, subsets, systems and scores."""
    draw = np.random.default_rng(seed)
    right = draw.random(rows) < 0.7
    truth = draw.integers(0, 2, rows)
    said = np.where(right, truth, 1 - truth)
    rate = draw.integers(1, 6, rows)
    off = np.clip(rate + draw.integers(-1, 2, rows), 1, 5)
    words = np.array(["no", "yes"])
    frame = pd.DataFrame(
        {
            "id": [f"i{i}" for i in range(rows)],
            "question": draw.integers(0, 20, rows),
            "part": draw.choice(["easy", "hard"], rows),
            "system": draw.choice(["s1", "s2"], rows),
            "j": words[said],
            "h1": words[truth],
            "h2": np.where(draw.random(rows) < 0.9, words[truth], words[1 - truth]),
            "flag": said.astype(bool),
            "p": np.round(np.clip(said * 0.6 + draw.random(rows) * 0.4, 0, 1), 3),
            "rating": rate,
            "guess": off.astype(float),
            "verdict": draw.choice(["A", "B", "tie"], rows),
            "pick": draw.choice(["A", "B", "tie"], rows),
        }
    )
    frame.loc[3, "j"] = None
    frame.loc[4, "h2"] = np.nan
    frame.loc[5, "guess"] = np.nan
    frame.loc[6, ["h1", "h2"]] = None
    return frame


ASKED = [
    {"judge": "j", "gold": "h1"},
    {"judge": "j", "gold": ["h1", "h2"], "cluster": "question"},
    {"judge": ["j", "flag"], "gold": "h1", "subset": "part", "id": "id"},
    {"judge": "j", "gold": "h1", "system": "system", "by_system": True, "verify": True},
    {"judge": "guess", "gold": "rating", "cluster": "question"},
    {"judge": "guess", "gold": "rating", "scale": "rate:1-5"},
    {"judge": "pick", "gold": "verdict", "policy": {"tie": "drop"}},
    {"judge": "pick", "gold": "verdict", "words": {"tie": ""}, "scale": "pair"},
    {"judge": "j", "gold": "h1", "scores": "p", "interval": "jackknife"},
    {"gold": "h1", "scores": "p", "gold_source": "human"},
]
NAMES = {"judge": "--judge-col", "gold": "--gold-col", "cluster": "--cluster-col", "subset": "--subset-col",
         "system": "--system-col", "id": "--id-col", "scores": "--score-col", "gold_source": "--gold",
         "scale": "--scale", "interval": "--interval", "policy": "--policy", "words": "--word"}  # fmt: skip


def spelled(asked: dict[str, Any]) -> list[str]:
    """The same on the command line."""
    found: list[str] = []
    for name, value in asked.items():
        if isinstance(value, bool):
            found.append(f"--{name.replace('_', '-')}")
            continue
        values = [f"{k}={v}" for k, v in value.items()] if isinstance(value, dict) else value
        for one in [values] if isinstance(values, str) else values:
            found += [NAMES[name], one]
    return found


def without_file(document: dict[str, Any]) -> dict[str, Any]:
    """A frame has no file: its name and digest are its own."""
    return document | {"rows": [row | {"task": "", "revision": ""} for row in document["rows"]]}


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: " ".join(spelled(asked)))
def test_a_frame_gives_the_figures_of_its_csv(here: Path, command, asked: dict[str, Any]) -> None:
    table().to_csv("labels.csv", index=False)
    done = command("score", "--csv", "labels.csv", *spelled(asked), "--format", "json")
    assert done.code == 0, done.err
    command = done.document()
    framed = judgebench.score(table(), **asked)
    filed = judgebench.score("labels.csv", **asked)
    assert filed.to_json() == command
    assert without_file(framed.to_json()) == without_file(command)
    assert done.err.replace("--scale", "scale").replace("--threshold", "threshold").splitlines() == list(filed.notes)
    assert len(framed.notes) == len(filed.notes)
    assert not [path for path in here.iterdir() if path.name != "labels.csv"]


@pytest.mark.parametrize(
    "turn",
    [
        lambda frame: frame.convert_dtypes(),
        lambda frame: frame.astype({"j": "category", "h1": "category"}),
        lambda frame: frame.astype({"j": "string[python]", "rating": "Int64", "guess": "Float64"}),
        lambda frame: frame.set_index(pd.MultiIndex.from_arrays([range(60), range(60)])),
        lambda frame: frame.rename(columns=lambda name: f" {name} "),
    ],
    ids=["nullable", "categories", "strings", "index", "blanks"],
)
def test_types_and_indexes_of_a_frame_make_no_difference(turn) -> None:
    frame = table()
    for asked in ({"judge": "j", "gold": "h1"}, {"judge": "guess", "gold": "rating"}):
        assert (
            judgebench.score(turn(frame), **asked).to_json()["rows"][0]["metrics"]
            == (judgebench.score(frame, **asked).to_json()["rows"][0]["metrics"])
        )


def test_a_long_frame(here: Path, command) -> None:
    wide = table()
    long = wide.melt(id_vars="id", value_vars=["j", "h1", "h2"], var_name="who", value_name="said")
    long.to_csv("long.csv", index=False)
    options = ("--judge-col", "j", "--gold-col", "h1", "--gold-col", "h2", "--long", "id,who,said", "--format", "json")
    done = command("score", "--csv", "long.csv", *options)
    scores = judgebench.score(long, judge="j", gold=["h1", "h2"], long=("id", "who", "said"))
    assert without_file(scores.to_json()) == without_file(done.document())


def test_the_same_cells_have_the_same_revision() -> None:
    first, again = judgebench.score(table(), judge="j", gold="h1"), judgebench.score(table(), judge="j", gold="h1")
    assert first == again
    frame = table()
    frame.loc[0, "j"] = "yes" if frame.loc[0, "j"] == "no" else "no"
    other = judgebench.score(frame, judge="j", gold="h1", name="mine")
    assert other[0].revision != first[0].revision
    assert (first[0].task, other[0].task) == ("DataFrame", "mine")


def test_other_libraries_frames_turn_into_pandas() -> None:
    class Other:
        columns = ("j", "h1")

        def to_pandas(self):
            return table()

    assert judgebench.score(Other(), judge="j", gold="h1") == judgebench.score(table(), judge="j", gold="h1")


def test_columns_may_be_named_as_the_frame_has_them() -> None:
    frame = table().rename(columns={"j": " j", "h1": "\th1 ", "question": "question\n"})
    padded = judgebench.score(frame, judge=list(frame.filter(regex="j$")), gold="\th1 ", cluster="question\n")
    assert padded.rows[0].metrics == judgebench.score(table(), judge="j", gold="h1", cluster="question").rows[0].metrics


def test_a_scale_may_be_an_object() -> None:
    asked = {"judge": "guess", "gold": "rating"}
    assert judgebench.score(table(), **asked, scale=Scale.parse("rate:1-5")) == judgebench.score(
        table(), **asked, scale="rate:1-5"
    )


@pytest.mark.parametrize(
    ("frame", "asked", "error", "says"),
    [
        (table(), {"judge": "jj", "gold": "h1"}, DataError, "DataFrame: no column is named 'jj'"),
        (table(), {"gold": "h1"}, UsageError, "name the columns with judge= and gold=; the DataFrame has id, question"),
        (table(), {"judge": "j", "gold": "j"}, UsageError, "named twice"),
        (table(), {"judge": "j", "gold": "h1", "scale": "pair"}, DataError, "not on the scale"),
        (table(), {"judge": "j", "gold": "h1", "policy": "tie=x"}, UsageError, "tie is one of"),
        (table(), {"judge": "j", "gold": "h1", "interval": "magic"}, UsageError, "interval='magic'"),
        (table(), {"judge": "j", "gold": "h1", "gold_source": "me"}, UsageError, "gold_source='me'"),
        (table(), {"judge": "j", "gold": "h1", "id": "question"}, DataError, "rows have the id"),
        (table(), {"judge": "j", "gold": "h1", "delimiter": ";"}, UsageError, "delimiter"),
        (table().iloc[:0], {"judge": "j", "gold": "h1"}, DataError, "no rows"),
        (pd.concat([table(), table()], axis=1), {"judge": "j", "gold": "h1"}, DataError, "2 columns have this name"),
        (table().assign(j=[["yes"]] * 60), {"judge": "j", "gold": "h1"}, DataError, "row 1: list where one value"),
        (pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])),
         {"judge": "j", "gold": "h"}, UsageError, "2 rows of column names"),
        ("nowhere", {}, DataError, "no runs in"),
        ("nowhere.csv", {"judge": "j", "gold": "h1"}, DataError, "no such file"),
        (["nowhere"], {"judge": "j", "gold": "h1"}, UsageError, "runs bring their own"),
        ({"j": ["A"], "h1": ["A"]}, {"judge": "j", "gold": "h1"}, UsageError, "a dict can't be scored: give"),
        (table()["j"], {"judge": "j", "gold": "h1"}, UsageError, "a Series can't be scored: give"),
        ([{"j": "A"}], {"judge": "j", "gold": "h1"}, UsageError, "a list of dict can't be scored: give"),
        (table(), {"judge": b"j", "gold": "h1"}, UsageError, "judge=b'j': name a column"),
        (table(), {"judge": "j", "gold": [None]}, UsageError, "gold=[None]: name a column"),
        (table(), {"judge": "j", "gold": "h1", "subset": ["question"]}, UsageError, "subset=['question']: name one"),
        (table(), {"judge": "j", "gold": "h1", "scale": 5}, UsageError, "scale=5: write one such as"),
        (table(), {"judge": "j", "gold": "h1", "words": "A"}, UsageError, "words='A': write a mapping"),
        (table(), {"judge": "j", "gold": "h1", "policy": 3}, UsageError, "policy=3: write"),
        (judgebench.score(table(), judge="j", gold="h1"), {}, UsageError, "these scores come from no run"),
        (7, {}, UsageError, "an int can't be scored"),
        ([], {}, UsageError, "a list can't be scored"),
    ],
)  # fmt: skip
def test_errors_are_those_of_label_files(here: Path, frame, asked: dict[str, Any], error, says: str) -> None:
    with pytest.raises(error) as caught:
        judgebench.score(frame, **asked)
    assert isinstance(caught.value, JudgebenchError)
    assert says in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 2


def test_runs_are_measured_again(here: Path, command) -> None:
    ran = judgebench.run(["baseline/longest", "baseline/random"], "pandalm", sample=True)
    assert judgebench.score("runs") == ran
    assert judgebench.score(here / "runs") == ran
    assert judgebench.score([one.path for one in ran.asked]) == ran
    assert judgebench.score(ran) == ran
    done = command("score", "runs", "--policy", "order=both-right", "--format", "json")
    assert judgebench.score(ran, policy={"order": "both-right"}).to_json() == done.document()


def test_a_run_without_answers_is_a_note(here: Path) -> None:
    def down(item: Any) -> str:
        raise BackendError("the service is gone")

    judgebench.run("baseline/longest", "pandalm", sample=True)
    with pytest.raises(JudgebenchError):
        judgebench.run(down, "pandalm", sample=True)
    assert "nothing is judged there yet" in " ".join(judgebench.score("runs").notes)


def test_a_column_may_have_the_name_of_what_scores_hold() -> None:
    named = judgebench.score(table().assign(asked="x"), judge="j", gold="h1")
    assert named.kappa == judgebench.score(table(), judge="j", gold="h1").kappa


def test_words_are_a_mapping_and_policies_keep_their_names() -> None:
    with pytest.raises(UsageError, match="write a mapping"):
        judgebench.score(table(), judge="j", gold="h1", words=["yes=no"])
    with spoken_as(dict):
        assert policies_of({"tie": "drop"}) == ["tie=drop"]

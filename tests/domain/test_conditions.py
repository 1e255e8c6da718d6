"""What tells runs of one judge apart: the conditions in which they differ, and nothing else."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

from judgebench.domain import JudgeName, Policies, Run, Scale, bare, conditions_of, names_of

SETTINGS = {
    "backend": "server", "model": "m", "base_url": "http://127.0.0.1/v1", "temperature": 0.0, "max_tokens": 1024,
    "seed": 0, "parsing": 1, "prompts": {"check": "check/1@aaa"},
}  # fmt: skip


def run(*, task: str = "task", judge: str = "server/m", settings: dict[str, Any] | None = None, **changes: Any) -> Run:
    values: dict[str, Any] = {
        "task": task, "revision": "sample", "card_digest": "", "judge": judge, "scale": Scale.check(), "orders": "both",
        "repeats": 1, "reference": "human", "seed": 0, "limit": None, "policies": Policies(), "gold_source": "human",
        "settings": SETTINGS | (settings or {}),
    }  # fmt: skip
    return Run(**(values | changes))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"reference": "none"}, {"reference": ("human", "none")}),
        ({"orders": "original"}, {"orders": ("both", "original")}),
        ({"repeats": 3}, {"repeats": ("1", "3")}),
        ({"seed": 7, "settings": {"seed": 7}}, {"seed": ("0", "7")}),
        ({"limit": 40}, {"limit": ("none", "40")}),
        ({"probe": "placebo"}, {"probe": ("none", "placebo")}),
        ({"revision": "data:1"}, {"revision": ("sample", "data:1")}),
        ({"settings": {"temperature": None}}, {"temperature": ("0", "none")}),
        ({"settings": {"max_tokens": 64}}, {"max_tokens": ("1024", "64")}),
        ({"settings": {"effort": "high"}}, {"effort": (None, "high")}),
        ({"settings": {"base_url": "http://127.0.0.1:1/v1"}},
         {"base_url": ("http://127.0.0.1/v1", "http://127.0.0.1:1/v1")}),
        ({"settings": {"prompts": {"check": "strict/1@bbb"}}}, {"prompt": ("check/1", "strict/1")}),
        ({"settings": {"prompts": {"check": "check/1@bbb"}}}, {"prompt": ("check/1@aaa", "check/1@bbb")}),
        ({"settings": {"parsing": 2}}, {"parsing": ("1", "2")}),
    ],
)  # fmt: skip
def test_runs_are_told_apart_by_what_differs(changed: dict[str, Any], told: dict[str, tuple[Any, Any]]) -> None:
    names = names_of([run(), run(**changed)])
    assert len(set(names)) == 2
    for i, name in enumerate(names):
        assert bare(name) == "server/m"
        assert conditions_of(name) == {key: values[i] for key, values in told.items() if values[i] is not None}


def test_nothing_is_told_of_runs_that_stand_alone() -> None:
    names = names_of([run(), run(task="other", reference="none"), run(judge="server/n", reference="none")])
    assert names == ["server/m", "server/m", "server/n"]
    assert [conditions_of(name) for name in names] == [{}, {}, {}]


def test_a_judge_has_the_same_name_on_every_task() -> None:
    names = names_of([run(), run(reference="none"), run(task="other", reference="none")])
    assert names[1] == names[2] == "server/m (reference none)"


def test_a_prompt_is_told_only_on_tasks_of_its_kind() -> None:
    strict = {"settings": {"prompts": {"check": "strict/1@bbb"}}}
    pairs = run(task="pairs", scale=Scale.pair(), settings={"prompts": {"pair": "pair/1@ccc"}})
    assert names_of([run(), run(**strict), run(task="other", **strict), pairs]) == [
        "server/m (prompt check/1)", "server/m (prompt strict/1)", "server/m (prompt strict/1)", "server/m",
    ]  # fmt: skip


def test_runs_that_differ_in_nothing_named_are_numbered() -> None:
    assert names_of([run(), run(), run(reference="none")]) == [
        "server/m (reference human) #1", "server/m (reference human) #2", "server/m (reference none)",
    ]  # fmt: skip
    assert names_of([run(), run()]) == ["server/m #1", "server/m #2"]


def test_a_run_of_which_every_case_failed_gives_others_no_longer_names() -> None:
    failed = run(revision="data:1", counts={"items": 2, "cases": 2, "failed": 2})
    answered = run(counts={"items": 2, "cases": 2, "ok": 1, "failed": 1})
    assert names_of([failed, answered]) == ["server/m (revision data:1)", "server/m"]
    assert names_of([failed, failed, answered])[2] == "server/m"


def test_a_name_is_the_same_after_a_copy() -> None:
    name = JudgeName("server/m", {"prompt": "strict/1"})
    for made in (copy.deepcopy(name), pickle.loads(pickle.dumps(name))):  # noqa: S301 - its own
        assert made == name
        assert (bare(made), conditions_of(made)) == ("server/m", {"prompt": "strict/1"})


def test_a_probe_is_part_of_the_identity_and_nothing_else_changed_it() -> None:
    plain, probed = run(), run(probe="placebo")
    # A folder of today keeps its name.
    assert plain.identity == "task--server-m--f4617256e6"
    assert probed.identity != plain.identity
    assert probed.answers == plain.answers
    assert "probe" not in plain.to_json()
    for one in (plain, probed):
        assert Run.from_json(json.loads(json.dumps(one.to_json()))) == one

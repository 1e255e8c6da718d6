"""What stands beside the judges: the commonest label's figures, cost, latency."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from documents import document
from report.report_rows import board, one_row
from report.test_leaderboard import judged, with_verdicts

from judgebench.domain import Policies, Status, Usage, Verdict
from judgebench.report.document import FORMS
from judgebench.report.leaderboard.entries import Entry, Pace, pace, usd_per_1000
from judgebench.report.leaderboard.ranks import rank


def verdict(seconds: float, probe: str = "") -> Verdict:
    return Verdict(
        "k", "i", (0, 1), 0, probe, "none", Status.OK, 1, (), (), "", "", "", Usage(), seconds, (("h", 1),), "human",
        "i", "", (), (), (), "r",
    )  # fmt: skip


def test_the_pace_is_the_median_and_what_95_percent_stay_below() -> None:
    seconds = list(np.linspace(0.1, 2.0, 101))
    found = pace("gpt-4o", [*map(verdict, seconds), verdict(99.0, "probe"), verdict(0.0)])
    assert found == pytest.approx((np.median(seconds), np.quantile(seconds, 0.95)))


@pytest.mark.parametrize("judge", ["baseline/longest", "contains", "replay/x"])
def test_rules_and_recorded_verdicts_have_no_pace(judge: str) -> None:
    assert pace(judge, [verdict(1.0)]) is None


def test_nobody_s_time_is_made_up() -> None:
    assert pace("gpt-4o", [verdict(0.0)]) is None
    assert pace("gpt-4o", []) is None


def test_cost_is_per_thousand_judgments_and_unknown_where_it_is() -> None:
    row = replace(one_row(), judge="gpt-4o", statuses={"ok": 150, "failed": 50}, usage=Usage(10, 1, 3.0))
    assert usd_per_1000(row) == 15.0
    assert usd_per_1000(replace(row, usage=Usage(10, 1, None))) is None
    assert usd_per_1000(replace(row, statuses={})) is None
    assert usd_per_1000(replace(row, judge="baseline/random", usage=Usage())) == 0.0


def forms(entries: list[Entry]) -> dict[str, str]:
    return {form: " ".join(board(entries, form).split()) for form in FORMS}


def test_a_run_of_the_majority_baseline_is_taken_where_there_is_one() -> None:
    majority = judged("baseline/majority", 0.0)
    majority = replace(majority, base_rates={**majority.base_rates, "judge": {"1": 0.0, "2": 1.0}})
    entries = rank([judged("a", 0.5), majority])
    assert {(e.baseline.source, e.baseline.label) for e in entries} == {("run", "2")}
    assert "(always the commonest label)" not in forms(entries)["md"].split("Judges by")[0]


def test_else_it_is_measured_on_the_gold_of_the_runs() -> None:
    rows, judged_by = with_verdicts({"a": [1] * 60 + [0] * 40, "b": [0] * 60 + [1] * 40})
    entries = rank(rows, {"pandalm": "cohen_kappa"}, judged_by)
    floor = entries[0].baseline
    assert (floor.source, floor.label, floor.agreement.value, floor.headline.value) == ("gold", "incorrect", 0.5, 0.0)
    assert floor.agreement.low < 0.5 < floor.agreement.high
    for form, text in forms(entries).items():
        if form not in {"csv", "json"}:
            # The terminal's table breaks names.
            if form == "tex":
                assert "would be the same on 50" in text
                continue
            assert form == "table" or "(always the commonest label)" in text, form
            assert "computed from the gold labels" in text, form


def test_else_it_is_read_off_the_shares_where_ties_are_a_label() -> None:
    entries = rank([judged("a", 0.5), judged("b", 0.4)])
    floor = entries[0].baseline
    assert (floor.source, floor.label, floor.agreement.value, floor.agreement.low) == ("base_rates", "2", 0.473, None)
    half = Policies("single", "half", "tie", "majority")
    assert rank([judged("a", 0.5, policies=half)])[0].baseline is None


def test_rows_that_are_not_compared_have_none() -> None:
    entries = rank([judged("a", 0.5), judged("b", 0.4), judged("c", 0.9, revision="other"), judged("a", 1, subset="x")])
    assert [e.row.judge for e in entries if e.baseline is None] == ["c", "a"]


def test_every_form_has_cost_and_time() -> None:
    one = judged("gpt", 0.5, usage=Usage(9, 9, 1.25), statuses={"ok": 100})
    entries = rank([one, judged("b", 0.4)], paces={("pandalm", "gpt", one.revision): Pace(0.5, 123.4)})
    texts = forms(entries)
    for form in ("md", "table", "html"):
        assert "12.50" in texts[form], form
        assert "0.50 (123)" in texts[form], form
    cells = next(csv.DictReader(io.StringIO(board(entries, "csv"))))
    assert (cells["usd_per_1000"], cells["seconds_median"], cells["seconds_p95"]) == (
        "12.500000", "0.500000", "123.400000"
    )  # fmt: skip
    assert (cells["tier"], cells["majority_label"], cells["majority_agreement"]) == ("1", "2", "0.473000")
    found = document(board(entries, "json"))
    assert found["rows"][0]["seconds"] == {"median": 0.5, "p95": 123.4}
    assert found["rows"][1]["usd_per_1000"] is None
    assert found["baselines"][0]["source"] == "base_rates"


def test_tiers_are_those_of_the_pairs() -> None:
    rights = {name: [int(i % 100 >= wrong) for i in range(400)] for name, wrong in (("a", 10), ("b", 14), ("c", 18))}
    rows, judged_by = with_verdicts(rights, clusters=400)
    assert [e.tier for e in rank(rows, {"pandalm": "accuracy"}, judged_by) if e.row.subset == "all"] == [1, 2, 3]
    # By overlapping intervals only the first and the last are apart.
    assert [e.tier for e in rank(rows, {"pandalm": "accuracy"}) if e.row.subset == "all"] == [1, 1, 2]

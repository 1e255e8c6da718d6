"""What is said above and below a table of probes: what it leaves open, and of which probes the rule of three speaks."""

from __future__ import annotations

from dataclasses import replace

from judgebench.agreement.probing.measure import Probed
from judgebench.domain import Estimate, Scale
from judgebench.report.probing import ProbeRow, Probes


def probed(effect=(0.0, -0.05, 0.05), *, accepted=None, items=40):
    figures = {"robustness": Estimate(1.0, 0.9, 1.0, items)}
    if accepted is not None:
        figures["false_positives"] = Estimate(accepted, None, None, items)
    return Probed(items, items, Estimate(*effect, items), 1.0, "placebo", figures)


def said(*found):
    rows = (ProbeRow("t", "j", "human", Scale.check(), f"p{number}", one) for number, one in enumerate(found))
    return " ".join(str(Probes(tuple(rows))).split())


def test_without_an_interval_nothing_is_ruled_out():
    bare = probed((0.0, None, None), items=1)
    assert "can't be told" in said(bare)
    assert "for all of them, more than 10 %" in said(bare, bare)
    assert "for 1 of them, more than 10 %" in said(bare, probed())


def test_what_the_intervals_leave_open_is_said():
    assert "up to 5 % of cases" in said(probed())
    assert "none of them by more than 8 % of cases" in said(probed(), probed((0.0, -0.1, 0.08)))


def test_the_rule_of_three_is_of_the_probes_that_accepted_nothing():
    assert "p0: no wrong answer accepted on 40 questions; up to 7.5 %" in said(probed(accepted=0.0))
    told = said(probed(accepted=0.0), probed(accepted=0.0, items=30), probed(accepted=1.0))
    assert "2 of 3 probes: no wrong answer accepted on at least 30 questions; up to 10.0 %" in told
    silent = replace(probed(accepted=0.0), effect=Estimate.missing("unanswered"))
    for rows in ((probed(accepted=0.5),), (silent,), (replace(probed(accepted=0.0), bank=6),)):
        assert "no wrong answer" not in said(*rows)


def test_samples_and_the_folder_of_the_runs_are_named():
    row = ProbeRow("t", "j", "human", Scale.check(), "p", probed(), "sample:1", folder="my runs")
    document = Probes((row,))
    for form in ("table", "md", "html", "tex"):
        assert "SAMPLE t" in document.render(form), form
    assert document.brief().next[0].command == "judgebench report 'my runs'"
    assert not Probes((row._replace(folder=""),)).brief().next


def test_an_interval_beyond_0_is_told_apart_from_the_p_that_decides():
    one = replace(probed((0.5, 0.05, 0.9), items=8), p=0.125)
    assert "not seen to be led by p0: its p is not below .05" in said(one)
    two = replace(one, adjusted=0.5)
    assert "by any of 2 probes: no p, corrected for their number, is below .05" in said(two, two)
    table = Probes(tuple(ProbeRow("t", "j", "human", Scale.check(), name, two) for name in "ab")).brief().table
    assert table.rows[0][[column.title for column in table.columns].index("p, corrected")].text == ".500"
    assert "below .05" not in said(probed())

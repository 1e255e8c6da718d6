"""Rows as JSON, CSV, Markdown and the terminal's table."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from documents import breaks, document
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from report.report_rows import estimates, one_row, rows

from judgebench.domain import Agreement, ClassScores, Estimate, Policies, Usage
from judgebench.errors import UsageError
from judgebench.report.document.as_json import write_json
from judgebench.report.document.text import clean, decimal, text_width
from judgebench.report.rows import ROW
from judgebench.report.scores import Scores
from judgebench.report.words import SHORT


def render(rows, form="table", width=120, *, explain=True):
    return Scores(tuple(rows)).render(form, width=width, explain=explain)


def to_json(rows):
    return Scores(tuple(rows)).to_json()


anything = st.text(st.characters(exclude_categories=()), max_size=40)


def test_the_schema_names_no_host():
    assert "://" not in Scores.json_schema()["$id"]
    assert Scores.json_schema()["properties"]["schema"]["const"] == Scores.SCHEMA


def test_every_field_of_a_row_is_in_the_schema():
    defined = Scores.json_schema()["$defs"]
    row = defined["row"]["properties"]
    assert set(ROW.plain(one_row())) == set(row) - {"unverified", "people"}
    assert ROW.plain(replace(one_row(), unverified={"mine": "why"}))["unverified"] == {"mine": "why"}
    assert set(one_row().policies.to_json()) == set(defined["policies"]["properties"])


def test_the_schema_knows_the_values_of_every_policy():
    from judgebench.domain import POLICY_VALUES

    known = Scores.json_schema()["$defs"]["policies"]["properties"]
    assert {name: tuple(value["enum"]) for name, value in known.items()} == POLICY_VALUES


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "judgebench.scores/2"),
        (("rows", 0, "coverage"), 97.5),
        (("rows", 0, "items"), -1),
        (("rows", 0, "policies", "order"), "first"),
        (("rows", 0, "metrics", "cohen_kappa", "undefined"), "no_items"),
        (("rows", 0, "metrics", "cohen_kappa", "value"), None),
        (("rows", 0, "statuses", "lost"), 3),
        (("rows", 0, "usage", "usd"), "3 dollars"),
    ],
)
def test_the_schema_refuses(path, value):
    found = document(write_json(to_json([one_row()])))
    target = found
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    assert breaks(found)


@given(rows())
@settings(max_examples=25, deadline=None)
def test_any_rows_give_valid_json_that_reads_back(some):
    text = render(some, "json")
    assert len(document(text)["rows"]) == len(some)
    assert text.isascii()
    assert text.endswith("}\n")


@given(rows(), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_order_of_judges_and_mappings_does_not_show(some, random):
    by_judge = {}
    for row in some:
        by_judge.setdefault((row.task, row.judge, row.revision, row.policies), row)
    once = list(by_judge.values())
    mixed = [replace(row, metrics=dict(sorted(row.metrics.items(), reverse=True))) for row in once]
    random.shuffle(mixed)
    for form in ("csv", "table", "md"):
        assert render(mixed, form) == render(once, form)
    assert render(mixed, explain=False) == render(once, explain=False)


def test_all_comes_first_and_subsets_keep_the_task_s_order():
    given_rows = [replace(one_row(), subset=name) for name in ("reasoning", "math", "all", "coding")]
    document = to_json(given_rows)
    assert [row["subset"] for row in document["rows"]] == ["all", "reasoning", "math", "coding"]


def test_csv_has_the_same_columns_whatever_was_measured():
    full = render([one_row()], "csv").split("\n")[0]
    bare = render([replace(one_row(), metrics={}, ceiling={}, bias={})], "csv").split("\n")[0]
    assert full == bare
    extra = replace(one_row(), metrics={"my_metric": Estimate(0.5, None, None, 3)})
    assert "my_metric,my_metric_low,my_metric_high" in render([extra], "csv").split("\n")[0]


def test_csv_has_six_decimals_no_negative_zero_and_says_what_is_undefined():
    row = replace(
        one_row(),
        metrics={"cohen_kappa": Estimate(-1e-9, -0.25, 0.25, 9), "spearman_rho": Estimate.missing("no_variation")},
        usage=Usage(10, 20, 0.1234567),
        warnings=("prevalence", "few_clusters"),
    )
    cells = next(csv.DictReader(io.StringIO(render([row], "csv"))))
    assert cells["cohen_kappa"] == "0.000000"
    assert cells["cohen_kappa_low"] == "-0.250000"
    assert cells["spearman_rho"] == ""
    assert cells["undefined"] == "spearman_rho=no_variation"
    assert cells["usd"] == "0.123457"
    assert cells["warnings"] == "prevalence few_clusters"
    assert cells["items"] == "999"


@given(anything)
def test_csv_text_never_becomes_a_formula_and_stays_one_row(name):
    row = replace(one_row(), judge=name)
    text = render([row], "csv")
    assert text.count("\n") == 2
    text.encode("utf-8")
    cell = next(csv.DictReader(io.StringIO(text)))["judge"]
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    shown = clean(name)
    # Blanks in front don't stop a spreadsheet, and full-width signs are formulas, too.
    runs = shown.lstrip().startswith(("=", "+", "-", "@", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
    assert cell == (f"'{shown}" if runs else shown)


@given(anything, st.sampled_from(["table", "md", "brief"]), st.sampled_from([40, 80, 120]))
@settings(max_examples=150, deadline=None)
def test_no_control_character_reaches_a_terminal(name, form, width):
    row = replace(one_row(), judge=name, task=f"t{name}", subset=name, gold=name or "human", warnings=(name or "w",))
    text = render([row], form.replace("brief", "table"), width=width, explain=form != "brief")
    text.encode("utf-8")
    assert not any(ord(c) < 32 and c != "\n" for c in text)
    assert not any(0x7F <= ord(c) < 0xA0 or c in "\u2028\u2029\u202e\u200b\ufeff" for c in text)
    if form == "md":
        header = next(line for line in text.split("\n") if line.startswith("| task"))
        line = next(line for line in text.split("\n") if line.startswith("| t") and line != header)
        assert {text.replace("\\\\", "").replace("\\|", "").count("|") for text in (line, header)} == {13}


def test_escape_sequences_and_line_breaks_are_shown_not_run():
    text = render([replace(one_row(), judge="a\x1b]0;title\x07\nb")], "table")
    assert "\x1b" not in text
    assert r"\x1b" in text
    assert r"\n" in text


@given(rows())
@settings(max_examples=40, deadline=None, phases=[Phase.reuse, Phase.generate])  # shrinking tables takes minutes
def test_the_table_fits_a_terminal(some):
    for width in (120, 100):
        for explain in (True, False):
            for line in render(some, "table", width=width, explain=explain).splitlines():
                assert text_width(line) <= width, line


def test_the_table_of_a_real_row():
    text = render([one_row()], "table")
    figures = " ".join(text.splitlines()[4].split())
    assert figures == "pandalm replay/gpt-3.5-turbo all human 999 97.5 71.1 .496 [.450, .540] .490 –¹ .864 –²"  # noqa: RUF001 - a dash means no figure
    assert "¹ the labels of this scale have no order" in text
    assert "² position consistency needs items" in text
    assert "order=single tie=class invalid=tie gold=majority" in text
    assert "agreement with humans" in text
    assert "tie 10.5" in text


def head(text):
    """Words of the column headings, line breaks undone."""
    lines = text.splitlines()
    return " ".join(" ".join(lines[: next(i for i, line in enumerate(lines) if "──" in line)]).split())


def test_the_table_shows_what_the_scale_calls_for():
    rated = replace(
        one_row(),
        scale="rate:1-5",
        headline="cohen_kappa_quadratic",
        companions=("percent_agreement", "adjacent_agreement", "mean_signed_error"),
        metrics={
            "percent_agreement": Estimate(0.5, 0.4, 0.6, 99),
            "cohen_kappa_quadratic": Estimate(0.61, 0.5, 0.7, 99),
            "adjacent_agreement": Estimate(0.875, 0.8, 0.9, 99),
            "mean_signed_error": Estimate(-1.25, -1.5, -1.0, 99),
        },
        ceiling={"cohen_kappa_quadratic": Estimate(0.9, 0.8, 0.95, 99)},
        warnings=("skewed_ties", "few_items", "prevalence_paradox"),
    )
    text = render([rated], "table", width=140)
    line = next(" ".join(line.split()) for line in text.splitlines() if line.startswith("pandalm"))
    assert line.endswith("50.0 .610 [.500, .700]¹ ² ³ 87.5 -1.25 .900")
    assert "swapped" not in head(text)
    assert "quadratic" in head(text)
    for words in ("clearly different rates", "next to nothing", "one label is much more frequent"):
        assert words in " ".join(text.split())
    both = render([rated, replace(one_row(), scale="pair:3", headline="cohen_kappa")], "md")
    assert "| quadratic kappa [95 % interval] | kappa [95 % interval] |" in both
    assert "not a figure of this scale" in both
    assert "human ceiling: headline" in both
    assert "position consistency" in both


def test_classes_are_in_the_schema():
    one = ClassScores(
        3, 0, Estimate.missing("class_not_named", 9), Estimate(0.0, 0.0, 0.5, 3), Estimate(0.0, 0, 0.5, 9)
    )
    found = document(render([replace(one_row(), classes={"tie": one})], "json"))
    assert found["rows"][0]["classes"]["tie"]["precision"]["undefined"] == "class_not_named"
    del found["rows"][0]["classes"]["tie"]["support"]
    assert breaks(found)


def test_every_metric_of_a_panel_has_a_short_name():
    from judgebench.stats.coefficients.catalog import METRICS, ROW_METRICS
    from judgebench.stats.coefficients.metric_sets import METRIC_SETS

    for kind, panel in METRIC_SETS.items():
        known = ROW_METRICS if kind in {"rank", "steps", "first error", "set"} else METRICS
        assert {panel.headline, *panel.companions} <= set(known)
        assert {panel.headline, *panel.companions} - {"percent_agreement"} <= set(SHORT)


def test_only_people_s_labels_are_called_human():
    for gold in ("human", "expert", "crowd"):
        assert "with humans" in render([replace(one_row(), gold=gold)], "md")
    for gold in ("verifier", "model"):
        text = render([replace(one_row(), gold=gold)], "md")
        assert f"% agreement with {gold}" in text
        assert "with humans" not in text
    assert "% agreement with gold" in render([replace(one_row(), gold="mixed")], "md")
    mixed = render([one_row(), replace(one_row(), task="x", gold="verifier")], "md")
    assert "% agreement with gold" in mixed


def test_kappa_is_never_alone():
    row = replace(one_row(), judge="a-very-long-name/" * 9, subset="another-long-name " * 5)
    for width in (10, 60, 80, 100, 120):
        text = render([row], "table", width=width)
        head = text.split("─")[0]
        for word in ("kappa", "agree", "ceiling", "items", "cover-"):
            assert word in head
    assert "Left out for want of room: gold, rho, alpha" in render([row], "table", width=60)


def test_undefined_is_a_dash_with_its_reason_and_warnings_are_words():
    row = replace(
        one_row(),
        metrics={**one_row().metrics, "cohen_kappa": Estimate.missing("no_variation", 999)},
        warnings=("prevalence",),
    )
    text = render([row], "table")
    assert "–¹ ²" in text  # noqa: RUF001 - a dash means no figure
    assert "¹ one side gives the same label throughout" in text
    assert "² few examples of the rarest label" in text
    assert "nan" not in text.lower()
    assert "None" not in text


def test_an_unknown_reason_or_warning_still_reads():
    row = replace(one_row(), metrics={"cohen_kappa": Estimate.missing("moon_phase")}, warnings=("high_tide",))
    text = render([row], "table")
    assert "moon phase" in text
    assert "high tide" in text


def test_footnotes_of_columns_left_out_are_left_out():
    row = replace(one_row(), judge="x" * 60)
    text = render([row], "table", width=80)
    assert "no order" not in text
    assert "position consistency needs" in text


def test_no_rows():
    assert render([], "table") == "no rows\n"
    assert json.loads(render([], "json"))["rows"] == []
    assert render([], "csv").count("\n") == 1


def test_an_unknown_format_is_a_usage_error():
    with pytest.raises(UsageError, match="table, json, csv, md"):
        render([one_row()], "xml")


def test_wide_characters_keep_the_columns_aligned():
    some = [replace(one_row(), judge="評価モデル"), replace(one_row(), judge="plain-name")]
    lines = render(some, "table").splitlines()
    starts = {text_width(line[: line.index("all")]) for line in lines if " all " in line}
    assert len(starts) == 1


def test_nan_can_not_be_written():
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(to_json([replace(one_row(), coverage=float("nan"))]))


@given(estimates)
def test_spread_reads_back(estimate):
    if estimate.value is not None:
        assert float(decimal(estimate.value)) == pytest.approx(estimate.value, abs=5.1e-4)


def test_policies_stand_in_every_form():
    row = replace(one_row(), policies=Policies("both-right", "half", "drop", "unanimous"))
    assert isinstance(row, Agreement)
    for form in ("table", "md", "csv", "json"):
        text = render([row], form)
        for word in ("both-right", "half", "drop", "unanimous"):
            assert word in text

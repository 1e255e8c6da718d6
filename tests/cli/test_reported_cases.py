"""Inputs that people reported, each with its right answer, worked out by hand or with another library.

They lie beside the benchmark data; where they are missing these tests skip. What is said of each is what its owner
would say after `judgebench doctor`.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

LONG = "--long item,rater,label --judge-col gpt --gold-col human --scale bad,good"
ONE_HOT = "--one-hot winner=winner_model_a,winner_model_b,winner_tie --judge-col judge --gold-col winner"
CRITERIA = "--judge-col judge_{criterion} --gold-col human_{criterion} --id-col id"
KEY = "--id-col question_id --id-col model_a --id-col model_b --id-col turn --rater-col judge --label-col winner"
GAMES = "--judge-col g1_winner --second-order-col g2_winner --picks answer --gold-col human_winner --word error="
ORDERS = "--judge-name-col judge --judge-col winner --gold-col gold --id-col pair_id --order-col order --picks position"
NAMED = "--judge-name-col judge_model --judge-col judge --gold-col human"
BOTH = "--judge-col judge --gold-col human"
NESTED = "--records results --judge-col preferred --gold-col ground_truth_winner --id-col prompt_id"
TURNED = "--judge-col judge_hallucinated --gold-col human_faithful --reverse judge_hallucinated"
PEOPLE = "--judge-col judge --gold-col h1 --gold-col h2 --gold-col h3 --policy gold=mean"
PASSED = "--score-col deepeval_score --threshold .7 --gold-col human"
SLIDER = "--score-col slider --threshold 4 --gold-col human"
SCORED = f"{BOTH} --scale rate:1-10 --missing=-1 --policy invalid=drop"
MEANS = "--judge-col judge --gold-col human_mean"
REPLIES = "--judge-col judge_reply --gold-col human --read-replies"

#: Case, command, file (several are joined), what is said of it, row (judge, subset), figures.
FIGURES = [
    ("02", "t.csv", SCORED, {}, {"cohen_kappa_quadratic": 0.938, "spearman_rho": 0.933}),
    ("04", "t.csv", MEANS, {}, {"pearson_r": 0.7214, "spearman_rho": 0.6962, "kendall_tau_b": 0.5937}),
    ("08", "rate.csv", f"{REPLIES} --scale rate:1-10", {"items": 8}, {"percent_agreement": 7 / 8}),
    ("08", "pair.csv", f"{REPLIES} --scale pair", {"items": 8}, {"percent_agreement": 1.0}),
    ("09", "pair.csv", f"{GAMES} --policy order=inconsistent-tie", {"items": 30}, {}),
    ("11", "gold.csv judge.jsonl", f"--id-col id {BOTH.replace('judge ', 'verdict ', 1)}", {"items": 20}, {}),
    ("12", "results.json", "--records results.results --judge-col success --gold-col vars.human", {}, {}),
    ("12", "nested.jsonl", "--judge-col parsed.winner --gold-col human", {}, {}),
    ("12", "list.jsonl", "--judge-col judge --gold-col human.*", {}, {}),
    ("16", "pairs.csv", "--header 0 --judge-col 2 --gold-col 1", {"items": 20}, {"cohen_kappa": 0.200}),
    ("17", "t.csv", ONE_HOT, {"items": 30}, {"cohen_kappa": 0.600}),
    ("18", "t.csv", f"{BOTH} --scale set", {}, {"percent_agreement": 0.500, "mean_jaccard": 0.694}),
    ("19", "t.csv", f"{LONG} --combine majority", {"items": 15}, {"percent_agreement": 0.933, "cohen_kappa": 0.865}),
    ("21", "t.csv", f"{BOTH} --word None=neither", {"items": 30}, {"percent_agreement": 0.700, "cohen_kappa": 0.550}),
    ("27", "nfd.csv", f"{BOTH} --scale nominal:vrai,égal,faux", {}, {"percent_agreement": 0.75}),
    ("29", "confusion.csv", f"{BOTH} --count-col n", {"items": 83}, {"percent_agreement": 0.843, "cohen_kappa": 0.640}),
    ("32", "t.csv", CRITERIA, {"subset": "fluency", "items": 30}, {"cohen_kappa_quadratic": 0.901}),
    ("32", "t.csv", CRITERIA, {"subset": "relevance", "items": 30}, {"cohen_kappa_quadratic": 0.921}),
    ("32", "t.csv", CRITERIA, {"subset": "factuality", "items": 30}, {"cohen_kappa_quadratic": 0.939}),
    ("34", "t.csv", f"{BOTH} --score-col confidence --score-means verdict", {}, {"auc": 0.953, "brier": 0.105}),
    ("34", "t.csv", f"{BOTH} --score-col conf100 --score-means verdict", {}, {"auc": 0.953, "brier": 0.105}),
    ("35", "t.csv", SLIDER, {}, {"percent_agreement": 0.767, "cohen_kappa": 0.605}),
    ("38", "t.csv", f"{KEY} --judge-col gpt4_pair", {"items": 30}, {}),
    ("39", "filter.csv", NAMED, {"judge": "gpt-4o", "items": 20}, {"cohen_kappa": 0.135}),
    ("39", "filter.csv", NAMED, {"judge": "claude", "items": 20}, {"cohen_kappa": 0.100}),
    ("39", "filter.csv", f"{NAMED} --where 'status = submitted'", {"judge": "gpt-4o", "items": 11}, {}),
    ("39", "filter.csv", f"{NAMED} --where 'status = submitted'", {"judge": "claude", "items": 12}, {}),
    ("42", "tot.csv", f"{BOTH} --drop-last 1", {"items": 20}, {"cohen_kappa": -0.010}),
    ("42", "tot2.csv", f"{BOTH} --drop-last 1", {"items": 20}, {"cohen_kappa_quadratic": 0.053}),
    ("44", "judge.json", NESTED, {"items": 38}, {"percent_agreement": 0.526, "cohen_kappa": 0.147}),
    ("46", "t.jsonl", f"{ORDERS} --policy order=mean", {"judge": "cheap"}, {"percent_agreement": 253 / 358}),
    ("46", "t.jsonl", f"{ORDERS} --policy order=mean", {"judge": "strong-oai"}, {"percent_agreement": 72 / 74}),
    ("46", "t.jsonl", f"{ORDERS} --policy order=mean", {"judge": "strong-mistral"}, {"percent_agreement": 345 / 358}),
    ("50", "t.csv", TURNED, {}, {"cohen_kappa": 0.680}),
    ("50", "codes.csv", f"{BOTH} --word judge:1=yes --word judge:2=no --word human:0=yes --word human:1=no", {}, {}),
    ("51", "t.csv", PASSED, {}, {"percent_agreement": 0.833, "cohen_kappa": 0.662}),
    ("52", "ab.csv", f"{BOTH} --read-replies", {"items": 8}, {"coverage": 1.0}),
    ("58", "t.csv", PEOPLE, {}, {"pearson_r": 0.961}),
    ("61", "t.csv", f"{BOTH} --read-replies", {"items": 13}, {}),
]  # fmt: skip

#: Case, files, what is said of it, and what the refusal names.
REFUSED = [
    ("02", "t.csv", BOTH, ["-1", "--missing"]),
    ("08", "rate.csv", REPLIES.replace(" --read-replies", ""), ["--read-replies"]),
    ("16", "pairs.csv", "--judge-col yes --gold-col no", ["--header 0"]),
    ("19", "t.csv", LONG, ["--combine"]),
    ("21", "t.csv", BOTH, ["None", "--word", "--missing"]),
    ("34", "t.csv", f"{BOTH} --score-col confidence", ["--score-means"]),
    ("35", "t.csv", "--score-col slider --gold-col human", ["--threshold"]),
    ("35", "t.csv", "--score-col logprob_b --gold-col human", ["--threshold"]),
    ("42", "t.csv", BOTH, ["--drop-last"]),
    ("42", "tot.csv", BOTH, ["--drop-last 1"]),
    ("46", "t.jsonl", ORDERS.replace(" --picks position", ""), ["--picks position", "--picks answer"]),
    ("52", "t.csv", BOTH, ["--read-replies"]),
]  # fmt: skip


@pytest.fixture
def case(data_dir: Path):
    """Find a case's folder by its number."""
    home = data_dir.parent / "cases"
    if not home.is_dir():
        pytest.skip("no reported cases here: they lie in cases/, beside the benchmark data")
    return lambda number: next(home.glob(f"{number}-*"))


def asked(case, number: str, files: str, said: str) -> list[str]:
    return [*(word for name in files.split() for word in ("--csv", str(case(number) / name))), *shlex.split(said)]


@pytest.mark.data
@pytest.mark.parametrize(("number", "files", "said", "row", "figures"), FIGURES)
def test_a_reported_table_has_its_right_figures(judgebench, case, number, files, said, row, figures):
    done = judgebench("score", *asked(case, number, files, said), "--format", "json")
    assert done.code == 0, done.err
    rows = done.document()["rows"]
    wanted = {"subset": row.get("subset", "all")} | ({"judge": row["judge"]} if "judge" in row else {})
    [found] = [one for one in rows if all(one[name] == value for name, value in wanted.items())]
    assert found["items"] == row.get("items", found["items"])
    shown = {name: found[name] if name in found else found["metrics"][name]["value"] for name in figures}
    assert shown == pytest.approx(figures, abs=6e-4)


@pytest.mark.data
@pytest.mark.parametrize(("number", "files", "said", "names"), REFUSED)
def test_what_may_be_misread_is_refused_with_its_option(judgebench, case, number, files, said, names):
    done = judgebench("score", *asked(case, number, files, said))
    assert done.code in {2, 3}, done.out
    assert all(name in done.err for name in names), done.err


@pytest.mark.data
def test_crowds_have_ceilings_over_all_pairs(judgebench, case):
    """Cases 33 and 60: 328 of 450 pairs of labels agree, alpha .457; alpha .151 where one pair shared the most."""
    for number, said, share, alpha in (
        ("33", "--long item,worker,label --judge-col gpt-4o", 328 / 450, 0.457),
        ("60", "--long item,rater,label --judge-col gpt", None, 0.151),
    ):
        done = judgebench("humans", *asked(case, number, "t.csv", said), "--explain")
        assert done.code == 0, done.err
        assert re.search(rf"^Krippendorff's alpha +{re.escape(f'{alpha:.3f}'[1:])} ", done.out, re.MULTILINE), done.out
        if share is not None:
            assert f"{100 * share:.1f} %" in done.out


@pytest.mark.data
def test_items_by_categories_and_sliders_are_people(judgebench, case):
    """Cases 29 and 58: five unnamed raters of 20 items; interval alpha .952 of three people's sliders."""
    counted = judgebench(
        "humans", *asked(case, "29", "counts.csv", "--id-col item --category-col yes --category-col no"), "--explain"
    )
    assert counted.code == 0, counted.err
    assert "200 pairs" in counted.out
    sliders = judgebench(
        "humans", *asked(case, "58", "t.csv", "--gold-col h1 --gold-col h2 --gold-col h3"), "--explain"
    )
    assert sliders.code == 0, sliders.err
    assert ".952" in sliders.out


@pytest.mark.data
def test_two_orders_without_gold_are_a_question_of_consistency(judgebench, case):
    """Case 48: the pick of both orders names the place; the judge then never keeps to its answer."""
    said = "--judge-col pick_original --second-order-col pick_swapped --picks position --id-col id"
    done = judgebench("score", "--consistency", *asked(case, "48", "t.jsonl", said))
    assert done.code == 0, done.err


@pytest.mark.data
def test_two_versions_of_a_judge_are_compared_and_gated(judgebench, case):
    """Case 62: a file each, joined by their ids."""
    joined = judgebench("compare", *asked(case, "62", "v1.csv v2.csv", f"{BOTH} --id-col id"))
    assert joined.code == 0, joined.err
    assert "judge (v1)" in joined.out
    gated = judgebench("gate", *asked(case, "62", "v2.csv", f"{BOTH} --id-col id"), "--against", case("62") / "v1.csv")
    assert gated.code in {0, 1, 6}, gated.err


@pytest.mark.data
def test_several_marks_of_a_rater_are_summed(judgebench, case):
    """Case 47: a rater writes a row per error; its severity counts 0, 1 or 5."""
    said = (
        "--id-col system --id-col doc --id-col seg_id --rater-col rater --label-col severity --combine sum "
        "--word No-error=0 --word Minor=1 --word Major=5 --word Neutral=0 --scale number"
    )
    done = judgebench("humans", *asked(case, "47", "t.tsv", said))
    # The few rows of this excerpt have no segment that two of them marked.
    assert (done.code, "399 labels are summed" in done.err) == (3, True), done.err
    assert "no two annotators labelled the same items" in done.err


@pytest.mark.data
def test_a_labelling_tools_export_is_read_by_its_shape(judgebench, case):
    """Case 24: annotations as lists inside each task."""
    done = judgebench("score", *asked(case, "24", "export.json", "--judge-col data.judge"), "--format", "json")
    assert done.code == 0, done.err

"""Annotators among themselves, and a judge among them: published figures, definitions, edges."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import numpy as np
import pytest
from agreement_cases import quick, ratings
from hypothesis import given
from hypothesis import strategies as st
from public_pandalm import PandaLM, answered

from judgebench.agreement.people.ceiling import ceiling
from judgebench.agreement.people.humans import among_humans, kappa_of, measure_humans
from judgebench.agreement.people.raters import joint_alpha
from judgebench.domain import Policies, Scale
from judgebench.errors import DataError
from judgebench.stats.coefficients.krippendorff import alpha_units, least_alpha
from judgebench.stats.coefficients.raters import fleiss_kappa, gwet_ac

RNG = np.random.default_rng(8)


def people(n=150, m=3, labels=3, seed=1, gaps=0.0, **rest):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, labels, n)
    gold = np.where(rng.random((n, m)) < 0.8, truth[:, None], rng.integers(0, labels, (n, m)))
    gold[rng.random(gold.shape) < gaps] = -1
    judge = np.where(rng.random(n) < 0.6, truth, rng.integers(-1, labels, n))
    return ratings(judge, gold, **rest)


@pytest.fixture(scope="module")
def pandalm(data_dir):
    found = PandaLM.read(data_dir)
    return {"gpt": ratings(found.gpt, found.votes), "panda": ratings(found.panda, found.votes)}


@pytest.mark.data
def test_pandalm_annotators(pandalm):
    """reference/statistics.md 9.2: irr, irrCAC and krippendorff on the three annotators; 1.5: the ceiling."""
    found = measure_humans(pandalm["gpt"])
    assert [one.value for one in found.pairs.values()] == pytest.approx(
        [0.8520226785167025, 0.8789438112500384, 0.8616614540762908], abs=1e-12
    )
    expected = {
        "fleiss_kappa": 0.864175364997549,
        "light_kappa": 0.8642093146143438,
        "conger_kappa": 0.8641904958270412,
        "krippendorff_alpha": 0.8642206851960816,
        "gwet_ac1": 0.886444708023119,
    }
    assert {name: found.coefficients[name].value for name in expected} == pytest.approx(expected, abs=1e-12)
    assert found.coefficients["gwet_ac1"].se == pytest.approx(0.009802791, abs=5e-10)
    assert found.coefficients["fleiss_kappa"].se == pytest.approx(0.011557843, abs=5e-10)
    # All labelled all, so that all pairs of labels give Fleiss' kappa.
    assert found.kappa.value == pytest.approx(0.864175364997549, abs=1e-12)
    assert found.pulling == ""
    assert (found.people.people, found.people.items, found.people.pairs) == (3, 999, 2997)
    assert (found.kappa.low, found.kappa.high) == pytest.approx((0.840, 0.886), abs=2e-3)
    assert found.percent_agreement.value == pytest.approx(0.9199, abs=5e-5)


def of_four(given):
    """The same with no verdict as the fourth label."""
    return replace(given, scale=Scale.categories(["1", "tie", "2", "none"]), judge=answered(given.judge))


@pytest.mark.data
def test_pandalm_annotator_one_against_the_others(pandalm):
    """reference/statistics.md 1.5: 917 items, annotator .958561 / .929018, gpt-3.5 .709924 / .496958."""
    first = measure_humans(pandalm["gpt"]).annotators[0].rest
    assert first.items == 917
    assert (first.percent_agreement.value, first.kappa.value) == pytest.approx((0.958561, 0.929018), abs=5e-7)
    judge = among_humans(pandalm["gpt"]).rest["h1"]
    assert judge.items == 917
    assert judge.percent_agreement.value == pytest.approx(0.709924, abs=5e-7)
    assert among_humans(of_four(pandalm["gpt"])).rest["h1"].kappa.value == pytest.approx(0.496958, abs=5e-7)


@pytest.mark.data
@pytest.mark.parametrize(
    ("judge", "mean", "ratio", "low", "high"),
    [("gpt", 0.46133281, 0.53382, 0.486, 0.585), ("panda", 0.42404859, 0.49068, 0.438, 0.544)],
)
def test_pandalm_judges_beside_the_ceiling(pandalm, judge, mean, ratio, low, high):
    """reference/statistics.md 1.5; its interval is a bootstrap of items over joint cells."""
    found = among_humans(of_four(pandalm[judge]))
    # The mean over annotators of kappa, which these are, is within .0001 of kappa over all pairs of labels.
    assert np.mean([one.value for one in found.each.values()]) == pytest.approx(mean, abs=1e-8)
    assert found.kappa.value == pytest.approx(mean, abs=1e-4)
    assert found.ratio.value == pytest.approx(ratio, abs=1e-4)
    # The bootstrap is symmetric, ours on the scale of logarithms: a little higher at both ends.
    assert (found.ratio.low, found.ratio.high) == pytest.approx((low, high), abs=5e-3)
    spread = np.std([0.8520226785167025, 0.8789438112500384, 0.8616614540762908], ddof=1)
    assert found.z.value == pytest.approx((mean - 0.8642093146143438) / spread, rel=1e-6)


@pytest.mark.data
@pytest.mark.parametrize(("level", "value"), [("ordinal", 0.8774636737774044), ("interval", 0.8772172081293725)])
def test_pandalm_alpha_on_ordered_labels(pandalm, level, value):
    """reference/statistics.md 9.2, first < tie < second."""
    assert alpha_units(pandalm["gpt"].gold, 3, np.arange(3.0), level)[0] == pytest.approx(value, abs=1e-12)


def alttest(data_dir, name):
    def read(file):
        with gzip.open(data_dir / "alttest" / name / f"{file}.json.gz", "rt", encoding="utf-8") as opened:
            return json.load(opened)

    human, llm = read("human_annotations"), read("llm_annotations")
    items = sorted({item for one in human.values() for item in one})
    return human, llm, items


@pytest.mark.data
def test_mtbench_alpha_without_and_with_gpt_4o(data_dir):
    """reference/statistics.md 1.5: .519011 among the experts, .405990 with GPT-4o as one more."""
    human, llm, items = alttest(data_dir, "mtbench")
    labels = sorted({value for one in human.values() for value in one.values()}, key=str)
    code = {label: i for i, label in enumerate(labels)}
    gold = [[code[one[item]] if item in one else -1 for one in human.values()] for item in items]
    judge = [code.get(llm["gpt-4o"].get(item), -1) for item in items]
    scale = Scale.categories([f"label {label}" for label in labels])
    found = among_humans(ratings(judge, gold, scale=scale))
    assert found.alpha_without.value == pytest.approx(0.519011, abs=5e-7)
    assert found.alpha_with.value == pytest.approx(0.405990, abs=5e-7)
    assert found.alpha_difference.value == pytest.approx(0.405990 - 0.519011, abs=1e-6)
    assert found.alpha_difference.high < 0


@pytest.mark.data
@pytest.mark.parametrize(
    ("level", "value"),
    [
        ("nominal", 0.414038909122396),
        ("ordinal", 0.695990953765678),
        ("interval", 0.744108203561365),
        ("ratio", 0.546242143599061),
    ],
)
def test_lesion_alpha(data_dir, level, value):
    """reference/statistics.md 9.2: six raters, 500 lesions, gaps (irr = krippendorff)."""
    human, _, items = alttest(data_dir, "lesion")
    points = sorted({float(v) for one in human.values() for v in one.values()})
    gold = np.array(
        [[points.index(float(one[item])) if item in one else -1 for one in human.values()] for item in items]
    )
    assert alpha_units(gold, len(points), np.array(points), level)[0] == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("gaps", [0.0, 0.4])
def test_an_annotator_is_held_against_every_label_of_the_others(gaps):
    from sklearn.metrics import cohen_kappa_score

    given_rows = people(m=4, gaps=gaps)
    found = measure_humans(given_rows)
    for j, one in enumerate(found.annotators):
        own = [
            (unit[i], unit[j]) for unit in given_rows.gold for i in range(4) if i != j and min(unit[i], unit[j]) >= 0
        ]
        assert one.kappa.n == len(own)
        assert one.kappa.value == pytest.approx(cohen_kappa_score(*zip(*own, strict=True)))
        assert one.kappa.low < one.kappa.value < one.kappa.high
        left = ratings(given_rows.judge, np.delete(given_rows.gold, j, axis=1))
        assert one.without == pytest.approx(measure_humans(left).kappa)


def test_who_pulls_the_line_is_named():
    given_rows = people(n=300, m=5, seed=2)
    assert measure_humans(given_rows).pulling == ""
    gold = given_rows.gold.copy()
    gold[:, 3] = (gold[:, 3] + 1) % 3
    found = measure_humans(ratings(given_rows.judge, gold))
    assert found.pulling == "h4"
    assert found.annotators[3].without.value > found.kappa.high


@quick
@given(seed=st.integers(0, 500), gaps=st.sampled_from([0.0, 0.3]))
def test_the_rest_is_a_strict_majority_without_the_annotator(seed, gaps):
    given_rows = people(n=40, m=4, seed=seed, gaps=gaps)
    found = measure_humans(given_rows)
    for j, one in enumerate(found.annotators):
        hits = []
        for unit in given_rows.gold:
            others = [label for i, label in enumerate(unit) if i != j and label >= 0]
            top = max(set(others), key=others.count) if others else -1
            if unit[j] >= 0 and others and others.count(top) > len(others) / 2:
                hits.append(unit[j] == top)
        assert one.rest.items == len(hits)
        if hits:
            assert one.rest.percent_agreement.value == pytest.approx(np.mean(hits))


def test_the_rest_of_ratings_is_also_a_mean():
    from scipy.stats import spearmanr

    given_rows = people(labels=5, scale=Scale.rate(1, 5))
    found = measure_humans(given_rows).annotators[1].rest
    others = given_rows.gold[:, [0, 2]].mean(axis=1)
    assert found.rho.value == pytest.approx(spearmanr(given_rows.gold[:, 1], others).statistic)
    assert measure_humans(people()).annotators[0].rest.rho is None


def test_all_at_once_are_the_coefficients_of_the_codes():
    given_rows = people(gaps=0.2)
    kept = given_rows.gold[(given_rows.gold >= 0).any(axis=1)]
    found = measure_humans(given_rows).coefficients
    assert found["fleiss_kappa"].value == pytest.approx(fleiss_kappa(kept, 3).value)
    assert found["gwet_ac1"].value == pytest.approx(gwet_ac(kept, 3).value)
    assert "icc_a1" not in found
    rated = measure_humans(people(labels=5, scale=Scale.rate(1, 5))).coefficients
    assert {"icc_1", "icc_a1", "icc_c1", "icc_1k", "icc_ak", "icc_ck", "gwet_ac2_quadratic"} <= rated.keys()
    assert all(one.low < one.value < one.high for one in rated.values())
    assert rated["icc_a1"].method == "f"


def test_clusters_widen_every_interval():
    once = people(n=60, labels=5, scale=Scale.rate(1, 5))
    thrice = ratings(
        np.repeat(once.judge, 3), np.repeat(once.gold, 3, axis=0), scale=once.scale, cluster=np.arange(180) // 3
    )
    alone, together = (measure_humans(one).coefficients for one in (once, thrice))
    for name, one in together.items():
        assert one.se == pytest.approx(alone[name].se, rel=0.03), name
        assert one.low < one.value < one.high
    assert together["icc_ak"].method == "cr2-t-fisher-z"


@pytest.mark.parametrize("how", ["bootstrap", "jackknife"])
def test_alpha_by_resampling_is_near(how):
    given_rows = people(n=300)
    usual, other = (
        measure_humans(given_rows, alpha=one).coefficients["krippendorff_alpha"] for one in ("influence", how)
    )
    assert other.value == usual.value
    assert (other.low, other.high) == pytest.approx((usual.low, usual.high), abs=0.01)
    assert other.method != usual.method


def test_z_is_the_place_among_the_pairs():
    given_rows = people(n=60, m=4)
    found = among_humans(given_rows)
    pairs = [one.value for one in measure_humans(given_rows).pairs.values()]
    each = np.mean([one.value for one in found.each.values()])
    assert found.z.value == pytest.approx((each - np.mean(pairs)) / np.std(pairs, ddof=1))
    # The interval is the delta method's: leave one item out at a time.
    less = []
    for i in range(60):
        keep = np.arange(60) != i
        less.append(among_humans(ratings(given_rows.judge[keep], given_rows.gold[keep])).z.value)
    jackknife = np.sqrt(59 / 60 * np.square(np.array(less) - np.mean(less)).sum())
    assert found.z.se == pytest.approx(jackknife, rel=0.25)


def test_z_needs_three_pairs_that_differ():
    assert among_humans(people(m=2)).z.undefined == "too_few_pairs"
    gold = np.repeat(RNG.integers(0, 3, 40)[:, None], 3, axis=1)
    assert among_humans(ratings(RNG.integers(0, 3, 40), gold)).z.undefined == "no_spread"


def test_alpha_with_a_judge_is_krippendorffs_with_one_more_column():
    import krippendorff

    given_rows = people(gaps=0.2)
    codes = np.column_stack([given_rows.gold, np.where(given_rows.judge < 0, 9, given_rows.judge)])
    # No verdict as a label of its own, for comparison: the label that makes alpha least is below it.
    theirs = krippendorff.alpha(
        np.where(codes < 0, np.nan, codes).T, value_domain=[0, 1, 2, 9], level_of_measurement="nominal"
    )
    assert among_humans(given_rows).alpha_with.value < theirs
    filled = least_alpha(codes, codes[:, -1] == 9, 3, np.arange(3.0), "nominal")
    theirs = krippendorff.alpha(np.where(filled < 0, np.nan, filled).T, level_of_measurement="nominal")
    assert among_humans(given_rows).alpha_with.value == pytest.approx(theirs, abs=1e-12)
    dropped = np.where(codes == 9, -1, codes)
    theirs = krippendorff.alpha(np.where(dropped < 0, np.nan, dropped).T, level_of_measurement="nominal")
    found = among_humans(given_rows, Policies(invalid="drop"))
    assert found.alpha_with.value == pytest.approx(theirs, abs=1e-12)
    assert found.alpha_without.value == ceiling(given_rows, Policies())["krippendorff_alpha_joint"].value


def test_a_judge_that_fails_lowers_alpha():
    given_rows = people()
    silent = ratings(np.full(150, -1), given_rows.gold)
    assert among_humans(silent).alpha_difference.high < 0
    assert among_humans(silent, Policies(invalid="drop")).alpha_difference.value == pytest.approx(0)


def test_a_difference_of_alphas_is_at_most_2():
    """Two questions, so t has one degree of freedom, and its bounds without an end lie 3.75 off."""
    gold = np.array([[1, 0, 1], [1, 1, 1], [1, 1, 0], [1, 0, 1], [1, 1, 1], [0, 0, 0], [0, 1, 1]])
    judge, cluster = [0, 1, 1, 0, 1, 1, 0], [0, 0, 0, 0, 1, 1, 1]
    found = among_humans(ratings(judge, gold, cluster=cluster, scale=Scale.check())).alpha_difference
    assert 12.706204736174698 * found.se > 3.7
    assert (found.low, found.high) == (-2.0, 2.0)


def test_both_orders_change_no_human_figure():
    given_rows = people(n=60)
    item = np.tile(np.arange(60), 2)
    twice = ratings(np.tile(given_rows.judge, 2), np.tile(given_rows.gold, (2, 1)), item=item, cluster=item)
    once, again = measure_humans(given_rows), measure_humans(twice)
    assert once == again
    found, doubled = among_humans(given_rows), among_humans(twice)
    assert doubled.kappa.value == pytest.approx(found.kappa.value)
    assert doubled.alpha_without == found.alpha_without
    # Only alpha's factor for small samples sees twice the rows.
    assert doubled.alpha_with.value == pytest.approx(found.alpha_with.value, abs=2e-3)
    assert doubled.alpha_with.se == pytest.approx(found.alpha_with.se)


def test_one_annotator_is_no_ceiling():
    with pytest.raises(DataError, match="no two annotators"):
        measure_humans(ratings([0, 1, 2], [0, 1, 1]))


def test_a_judge_with_an_annotator_alone_has_words_for_it():
    found = among_humans(ratings([0, 1, 2, 1], [0, 1, 1, 2]))
    assert found.ratio.undefined == "undefined_part"
    assert found.z.undefined == "too_few_pairs"
    assert found.alpha_without.undefined == "no_pairs"
    assert found.alpha_difference.undefined == "undefined_part"
    assert found.rest["h1"].kappa.undefined == "no_items"


def test_few_items_are_warned_about():
    found = measure_humans(people(n=15, gaps=0.5))
    assert set(found.warnings) == {"few_clusters", "few_shared_items"}
    assert measure_humans(people(n=100)).warnings == ()


def test_the_kappa_of_a_scale():
    assert [kappa_of(scale) for scale in (Scale.check(), Scale.pair(5), Scale.levels(["bad", "good"]))] == [
        "cohen_kappa", "cohen_kappa", "cohen_kappa_quadratic",
    ]  # fmt: skip


def test_joint_alpha_of_nobody_says_so():
    found, influences = joint_alpha(np.full((3, 2), -1), Scale.check(), np.arange(3))
    assert (found.undefined, influences) == ("no_pairs", None)


def test_items_with_one_label_are_no_evidence_of_agreement():
    """Five shared items, all agreed on, and 200 of one annotator alone: the exact bound is .478 at most, not .982."""
    gold = np.full((205, 2), -1)
    gold[:, 0] = np.arange(205) % 2
    gold[:5, 1] = gold[:5, 0]
    found = measure_humans(ratings(np.full(205, -1), gold, scale=Scale.check()))
    assert found.coefficients["percent_agreement"].low == pytest.approx(found.percent_agreement.low)
    assert found.percent_agreement.low < 0.025 ** (1 / 5)
    assert all(found.coefficients[name].low < 0.2 for name in ("fleiss_kappa", "conger_kappa", "gwet_ac1"))
    assert "few_clusters" in found.warnings
    gold[0, 1] = 1 - gold[0, 0]
    found = measure_humans(ratings(np.full(205, -1), gold, scale=Scale.check()))
    # Four of five: as for five independent rows, and as the one pair of annotators has it.
    assert found.coefficients["percent_agreement"].low == pytest.approx(found.percent_agreement.low)
    assert found.coefficients["percent_agreement"].se == pytest.approx(0.2)


def test_clustered_icc_counts_the_clusters_of_complete_units():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 5, 60)
    gold = np.clip(truth[:, None] + rng.integers(-1, 2, (60, 2)), 0, 4)
    cluster = np.repeat(np.arange(30), 2)
    single = np.c_[rng.integers(0, 5, 400), np.full(400, -1)]
    five = Scale.rate(1, 5)
    alone = measure_humans(ratings(np.full(60, -1), gold, scale=five, cluster=cluster))
    more = measure_humans(
        ratings(np.full(460, -1), np.r_[gold, single], scale=five, cluster=np.r_[cluster, np.arange(100, 500)])
    )
    for name in ("icc_a1", "icc_c1", "icc_ak"):
        one, other = alone.coefficients[name], more.coefficients[name]
        assert (other.low, other.high, other.se) == (
            pytest.approx(one.low), pytest.approx(one.high), pytest.approx(one.se)
        )  # fmt: skip

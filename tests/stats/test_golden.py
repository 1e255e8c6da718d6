"""Published tables and the coefficients and standard errors that several libraries agree on.

Values: R vcd, irrCAC and psych, scikit-learn, statsmodels and krippendorff, compared with each other to 1e-9.
Rows are gold, columns the judge.
"""

from __future__ import annotations

import numpy as np
import pytest
from agreement_cases import se_iid, table

from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.coefficients.chance import (
    brennan_prediger_weighted,
    gwet_ac2,
    weight_matrix,
    weighted_kappa,
)

GOLDEN = {
    # Cohen 1960
    "cohen1960": (
        [[88, 14, 18], [10, 40, 10], [2, 6, 12]],
        {
            "cohen_kappa": (0.49152542372881347, 0.051001815576077865),
            "cohen_kappa_linear": (0.47368421052631576, 0.05443230917764153),
            "cohen_kappa_quadratic": (0.4545454545454549, 0.06645368159107815),
            "scott_pi": (0.487179487179487, 0.0522828298398507),
            "krippendorff_alpha_nominal": (0.48846153846153834, 0.0522828298398507),
            "gwet_ac1": (0.5759717314487632, 0.04800012470596253),
            "percent_agreement": (0.7, 0.0324037034920393),
            "brennan_prediger": (0.5499999999999999, 0.04860555523805895),
            "gwet_ac2_linear": (0.6097560975609758, 0.05074298120575093),
            "gwet_ac2_quadratic": (0.6385542168674702, 0.057521420061719904),
            "matthews_corrcoef": (0.5011933191197055, None),
        },
    ),
    # Fleiss, Cohen & Everitt 1969
    "fce1969": (
        [[106, 10, 4], [22, 28, 10], [2, 12, 6]],
        {
            "cohen_kappa": (0.4285714285714286, 0.053711004869167356),
            "cohen_kappa_linear": (0.4923076923076926, 0.050718607607687226),
            "cohen_kappa_quadratic": (0.5666666666666668, 0.05566634015823033),
            "scott_pi": (0.42720763723150373, 0.05415179902412809),
            "krippendorff_alpha_nominal": (0.42863961813842505, 0.05415179902412809),
            "gwet_ac1": (0.5935647756138867, 0.0476278897067032),
            "percent_agreement": (0.7000000000000001, 0.0324037034920393),
            "brennan_prediger": (0.55, 0.04860555523805895),
            "gwet_ac2_linear": (0.7072088724584107, 0.03940240129019135),
            "gwet_ac2_quadratic": (0.7952755905511812, 0.034108744984292595),
            "matthews_corrcoef": (0.43086374221606955, None),
        },
    ),
    # a textbook 2 x 2
    "wiki50": (
        [[20, 5], [10, 15]],
        {
            "cohen_kappa": (0.3999999999999999, 0.12699606293110036),
            "cohen_kappa_linear": (0.3999999999999999, 0.12699606293110036),
            "cohen_kappa_quadratic": (0.3999999999999999, 0.12699606293110036),
            "scott_pi": (0.39393939393939387, 0.13058010526672031),
            "krippendorff_alpha_nominal": (0.3999999999999999, 0.13058010526672031),
            "gwet_ac1": (0.40594059405940586, 0.13015171764788608),
            "percent_agreement": (0.7, 0.0648074069840786),
            "brennan_prediger": (0.3999999999999999, 0.1296148139681572),
            "gwet_ac2_linear": (0.40594059405940586, 0.13015171764788608),
            "gwet_ac2_quadratic": (0.40594059405940586, 0.13015171764788608),
            "matthews_corrcoef": (0.4082482904638631, None),
        },
    ),
    # Feinstein & Cicchetti 1990, even margins
    "paradox_balanced": (
        [[40, 9], [6, 45]],
        {
            "cohen_kappa": (0.699519230769231, 0.07139360269998819),
            "cohen_kappa_linear": (0.699519230769231, 0.07139360269998819),
            "cohen_kappa_quadratic": (0.699519230769231, 0.07139360269998819),
            "scott_pi": (0.6992481203007521, 0.07158374368493423),
            "krippendorff_alpha_nominal": (0.7007518796992483, 0.07158374368493423),
            "gwet_ac1": (0.7007481296758108, 0.07135180335974461),
            "percent_agreement": (0.8500000000000001, 0.035707142142714254),
            "brennan_prediger": (0.7000000000000002, 0.07141428428542851),
            "gwet_ac2_linear": (0.7007481296758108, 0.07135180335974461),
            "gwet_ac2_quadratic": (0.7007481296758108, 0.07135180335974461),
            "matthews_corrcoef": (0.7007858361449263, None),
        },
    ),
    # the same agreement, skewed margins
    "paradox_skewed": (
        [[80, 10], [5, 5]],
        {
            "cohen_kappa": (0.3181818181818182, 0.13345652122383617),
            "cohen_kappa_linear": (0.3181818181818182, 0.13345652122383617),
            "cohen_kappa_quadratic": (0.3181818181818182, 0.13345652122383617),
            "scott_pi": (0.31428571428571467, 0.13547676007265388),
            "krippendorff_alpha_nominal": (0.3177142857142862, 0.13547676007265388),
            "gwet_ac1": (0.8080000000000002, 0.052129420238479544),
            "percent_agreement": (0.8500000000000001, 0.035707142142714254),
            "brennan_prediger": (0.7000000000000002, 0.07141428428542851),
            "gwet_ac2_linear": (0.8080000000000002, 0.052129420238479544),
            "gwet_ac2_quadratic": (0.8080000000000002, 0.052129420238479544),
            "matthews_corrcoef": (0.32673201960653564, None),
        },
    ),
    # Gwet 2008
    "gwet_118": (
        [[118, 5], [2, 0]],
        {
            "cohen_kappa": (-0.02339181286549608, 0.01228675667284054),
            "cohen_kappa_linear": (-0.02339181286549608, 0.01228675667284054),
            "cohen_kappa_quadratic": (-0.02339181286549608, 0.01228675667284054),
            "scott_pi": (-0.028806584362140154, 0.010883347059601027),
            "krippendorff_alpha_nominal": (-0.024691358024691558, 0.010883347059601027),
            "gwet_ac1": (0.9407763376087177, 0.022964551247932917),
            "percent_agreement": (0.944, 0.020564824336716324),
            "brennan_prediger": (0.8879999999999999, 0.04112964867343265),
            "gwet_ac2_linear": (0.9407763376087177, 0.022964551247932917),
            "gwet_ac2_quadratic": (0.9407763376087177, 0.022964551247932917),
            "matthews_corrcoef": (-0.026028960314767677, None),
        },
    ),
    # PandaLM gpt-3.5-turbo, parsed verdicts (WeOpenML/PandaLM 3871806)
    "pandalm_gpt35_parsed": (
        [[5, 42, 45], [13, 332, 71], [20, 86, 360]],
        {
            "cohen_kappa": (0.4928647153028926, 0.023749397154963325),
            "cohen_kappa_linear": (0.4387434625545912, 0.025620040590177653),
            "cohen_kappa_quadratic": (0.3583734354588386, 0.03312944188412674),
            "scott_pi": (0.4916818334256528, 0.023897974788208196),
            "krippendorff_alpha_nominal": (0.49194277704299083, 0.023897974788208196),
            "gwet_ac1": (0.6051503527769201, 0.020764052929483186),
            "percent_agreement": (0.715605749486653, 0.014454991421306334),
            "brennan_prediger": (0.5734086242299795, 0.021682487131959496),
            "gwet_ac2_linear": (0.6710830596538901, 0.019667347925885353),
            "gwet_ac2_quadratic": (0.72498384819698, 0.020709128904141515),
            "matthews_corrcoef": (0.4955397532749512, None),
        },
    ),
    # Judging the Judges V1, GPT-4 (UMass-Meta-LLM-Eval 7c0bf28)
    "umass_v1_gpt4": (
        [[903, 186], [132, 2374]],
        {
            "cohen_kappa": (0.7875686372885135, 0.011320252985060423),
            "cohen_kappa_linear": (0.7875686372885135, 0.011320252985060423),
            "cohen_kappa_quadratic": (0.7875686372885135, 0.011320252985060423),
            "scott_pi": (0.7875110685839573, 0.011329302407047128),
            "krippendorff_alpha_nominal": (0.7875406219819291, 0.011329302407047128),
            "gwet_ac1": (0.8484596827675961, 0.008475120351020726),
            "percent_agreement": (0.9115438108484005, 0.004735909978528106),
            "brennan_prediger": (0.823087621696801, 0.009471819957056211),
            "gwet_ac2_linear": (0.8484596827675961, 0.008475120351020726),
            "gwet_ac2_quadratic": (0.8484596827675961, 0.008475120351020726),
            "matthews_corrcoef": (0.7880815613520203, None),
        },
    ),
    # the same, Contains
    "umass_v1_contains": (
        [[1080, 9], [538, 1968]],
        {
            "cohen_kappa": (0.6832196539082915, 0.011869963730262749),
            "cohen_kappa_linear": (0.6832196539082915, 0.011869963730262749),
            "cohen_kappa_quadratic": (0.6832196539082915, 0.011869963730262749),
            "scott_pi": (0.6759147824466124, 0.012710893224871128),
            "krippendorff_alpha_nominal": (0.6759598568857713, 0.012710893224871128),
            "gwet_ac1": (0.7131879518710169, 0.011690615696908121),
            "percent_agreement": (0.8478442280945757, 0.0059903583399236035),
            "brennan_prediger": (0.6956884561891514, 0.011980716679847207),
            "gwet_ac2_linear": (0.7131879518710169, 0.011690615696908121),
            "gwet_ac2_quadratic": (0.7131879518710169, 0.011690615696908121),
            "matthews_corrcoef": (0.7177302999966473, None),
        },
    ),
    # the same, exact match
    "umass_v1_em": (
        [[1089, 0], [1047, 1459]],
        {
            "cohen_kappa": (0.4577721748968944, 0.011853802487863553),
            "cohen_kappa_linear": (0.4577721748968944, 0.011853802487863553),
            "cohen_kappa_quadratic": (0.4577721748968944, 0.011853802487863553),
            "scott_pi": (0.41128830757500223, 0.015277485817876673),
            "krippendorff_alpha_nominal": (0.4113701868089974, 0.015277485817876673),
            "gwet_ac1": (0.4236296433828386, 0.015212959325163743),
            "percent_agreement": (0.7087621696801113, 0.007577478461599811),
            "brennan_prediger": (0.4175243393602226, 0.015154956923199622),
            "gwet_ac2_linear": (0.4236296433828386, 0.015212959325163743),
            "gwet_ac2_quadratic": (0.4236296433828386, 0.015212959325163743),
            "matthews_corrcoef": (0.5448167213163122, None),
        },
    ),
}


@pytest.mark.parametrize(("name", "metric"), [(name, metric) for name in GOLDEN for metric in GOLDEN[name][1]])
def test_value_and_standard_error(name, metric):
    counts, expected = GOLDEN[name]
    value, se = expected[metric]
    one = table(counts)
    outcome = METRICS[metric](one)
    assert outcome.value == pytest.approx(value, abs=1e-12)
    assert se is None or se_iid(one, outcome) == pytest.approx(se, abs=1e-12)


# Standard errors if kappa were 0, for unweighted, linear and quadratic weights: R irr, vcd and Fleiss, Cohen & Everitt.
NULL = {
    "cohen1960": (0.051978936356595444, 0.05469634129164873, 0.06735866746488253),
    "fce1969": (0.05551245493635843, 0.057769179555441814, 0.07051398600435399),
    "wiki50": (0.1385640646055102, 0.1385640646055102, 0.1385640646055102),
    "paradox_balanced": (0.09981925927860312, 0.09981925927860312, 0.09981925927860312),
    "paradox_skewed": (0.09738311493467534, 0.09738311493467534, 0.09738311493467534),
    "gwet_118": (0.0803807498289193, 0.0803807498289193, 0.0803807498289193),
    "pandalm_gpt35_parsed": (0.027047360772370983, 0.026570184981136346, 0.03157541775674837),
    "umass_v1_gpt4": (0.01666739774523922, 0.01666739774523922, 0.01666739774523922),
    "umass_v1_contains": (0.015876311914665247, 0.015876311914665247, 0.015876311914665247),
    "umass_v1_em": (0.014013593496806205, 0.014013593496806205, 0.014013593496806205),
}


def se_null(one, weights=None):
    """Standard error of kappa if judge and gold were independent: Fleiss, Cohen & Everitt (1969)."""
    full = np.eye(len(one.joint))
    if weights is not None:
        full[: one.declared, : one.declared] = weights
    gold, judge = one.gold, one.judge
    by_gold, by_judge = full @ judge, gold @ full
    chance = float(gold @ by_gold)
    variance = float(gold @ np.square(full - by_gold[:, None] - by_judge[None, :]) @ judge) - chance**2
    return np.sqrt(max(0.0, variance) / one.n) / (1 - chance)


@pytest.mark.parametrize("name", NULL)
def test_standard_error_of_no_agreement(name):
    one = table(GOLDEN[name][0])
    for kind, expected in zip((None, "linear", "quadratic"), NULL[name], strict=True):
        weights = None if kind is None else weight_matrix(len(one.joint), one.values, kind)
        assert se_null(one, weights) == pytest.approx(expected, abs=1e-12)


def test_the_null_standard_error_is_not_the_one_of_intervals():
    """irr's z divides by the null one; the interval's is half as large again on the skewed table."""
    one = table(GOLDEN["paradox_skewed"][0])
    assert se_iid(one, METRICS["cohen_kappa"](one)) / se_null(one) == pytest.approx(1.37, abs=0.005)


# Friendly & Meyer's SexualFun table and PandaLM-7B (on A < tie < B): vcd, scikit-learn, scipy.
@pytest.mark.parametrize(
    ("counts", "metric", "value", "se"),
    [
        (
            [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]],
            "cohen_kappa",
            0.1293302540415706,
            0.0685985324807086,
        ),
        (
            [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]],
            "cohen_kappa_linear",
            0.2373806275579809,
            0.0783163347783729,
        ),
        (
            [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]],
            "cohen_kappa_quadratic",
            0.3320455862468612,
            0.0972975219586046,
        ),
        ([[13, 0, 0], [0, 20, 7], [0, 4, 56]], "cohen_kappa", 0.796409402183972, 0.0589107183260815),
        ([[13, 0, 0], [0, 20, 7], [0, 4, 56]], "gwet_ac1", 0.849330548231346, 0.0432174675225593),
        ([[298, 40, 84], [35, 32, 38], [100, 35, 337]], "cohen_kappa", 0.435354924820222, 0.0240554230140753),
        ([[298, 40, 84], [35, 32, 38], [100, 35, 337]], "cohen_kappa_linear", 0.476913460230997, 0.0252689828149736),
        ([[298, 40, 84], [35, 32, 38], [100, 35, 337]], "cohen_kappa_quadratic", 0.504316872229338, 0.0270263039502229),
        ([[298, 40, 84], [35, 32, 38], [100, 35, 337]], "spearman_rho", 0.504523059141004, None),
        ([[298, 40, 84], [35, 32, 38], [100, 35, 337]], "kendall_tau_b", 0.476197369333279, None),
        ([[298, 40, 84], [35, 32, 38], [100, 35, 337]], "pearson_r", 0.504479974199229, None),
        # Gwet's abstractors: irrCAC in R (statistics.md 9.1)
        ([[13, 0, 0], [0, 20, 7], [0, 4, 56]], "scott_pi", 0.796239696211911, 0.0590547333089574),
        ([[13, 0, 0], [0, 20, 7], [0, 4, 56]], "brennan_prediger", 0.835, None),
        ([[13, 0, 0], [0, 20, 7], [0, 4, 56]], "krippendorff_alpha_nominal", 0.797258497730852, None),
        ([[13, 0, 0], [0, 20, 7], [0, 4, 56]], "cohen_kappa_quadratic", 0.892156862745098, 0.0353515075756592),
        ([[13, 0, 0], [0, 20, 7], [0, 4, 56]], "gwet_ac2_quadratic", 0.940236879278496, 0.0179201885033482),
    ],
)
def test_more_tables(counts, metric, value, se):
    one = table(counts)
    outcome = METRICS[metric](one)
    assert outcome.value == pytest.approx(value, abs=1e-12)
    if se is not None:
        assert se_iid(one, outcome) == pytest.approx(se, abs=1e-12)


def test_a_declared_level_that_nobody_uses_still_counts():
    counts = np.zeros((5, 5), dtype=int)
    np.add.at(counts, (np.array([1, 2, 4, 5, 2]) - 1, np.array([1, 4, 4, 5, 2]) - 1), 1)
    assert METRICS["cohen_kappa_quadratic"](table(counts)).value == pytest.approx(0.8214285714285714)


def test_levels_in_their_declared_order():
    gold = [0, 1, 2, 2, 0, 1, 0, 2]
    judge = [0, 2, 2, 1, 1, 1, 0, 2]
    counts = np.zeros((3, 3), dtype=int)
    np.add.at(counts, (gold, judge), 1)
    assert METRICS["cohen_kappa_linear"](table(counts)).value == pytest.approx(0.5862068965517242)
    assert METRICS["cohen_kappa_quadratic"](table(counts)).value == pytest.approx(0.7272727272727273)


def test_ac1_counts_declared_labels_only():
    counts = np.array([[40, 9, 0], [6, 45, 0], [0, 0, 0]])
    plain = METRICS["gwet_ac1"](table(counts[:2, :2])).value
    assert METRICS["gwet_ac1"](table(counts, declared=2)).value == pytest.approx(plain)
    counts[0] = [40, 4, 5]
    margin = np.array([(49 + 46) / 200, (51 + 49) / 200])
    chance = (margin * (1 - margin)).sum()
    assert METRICS["gwet_ac1"](table(counts, declared=2)).value == pytest.approx((0.85 - chance) / (1 - chance))


def test_an_own_category_for_unparsed_verdicts():
    # PandaLM gpt-3.5-turbo with its 25 unparsed outputs.
    counts = np.zeros((4, 4), dtype=int)
    counts[:3, :3] = [[5, 42, 45], [13, 332, 71], [20, 86, 360]]
    counts[:3, 3] = [13, 6, 6]
    assert counts.sum() == 999
    one = table(counts, declared=3)
    assert METRICS["cohen_kappa"](one).value == pytest.approx(0.475507589283386, abs=1e-12)
    assert METRICS["accuracy"](one).value == pytest.approx(697 / 999)


def test_cohen_s_own_weights():
    """Cohen 1968, disagreements 1, 3 and 6: R psych, statistics.md 9.1."""
    one = table([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    weights = 1 - np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]]) / 6
    assert weighted_kappa(one, weights).value == pytest.approx(0.347826086956522, abs=1e-12)


@pytest.mark.parametrize("kind", ["linear", "quadratic"])
def test_library_functions_take_the_usual_weights_too(kind):
    one = table([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    weights = weight_matrix(len(one.joint), one.values, kind)
    assert weighted_kappa(one, weights).value == METRICS[f"cohen_kappa_{kind}"](one).value
    assert gwet_ac2(one, weights).value == METRICS[f"gwet_ac2_{kind}"](one).value
    same = np.eye(3)
    assert gwet_ac2(one, same).value == pytest.approx(METRICS["gwet_ac1"](one).value)
    assert brennan_prediger_weighted(one, same).value == pytest.approx(METRICS["brennan_prediger"](one).value)
    assert gwet_ac2(table([[1, 0], [0, 1]], void=(1,)), np.eye(2)).reason == "label_left_out"
    assert brennan_prediger_weighted(table([[1, 0], [0, 1]], void=(1,)), np.eye(2)).reason == "label_left_out"


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (np.eye(2), "shape"),
        ([[1, 2, 0], [0, 1, 0], [0, 0, 1]], r"lie in \[0, 1\]"),
        ([[1, np.nan, 0], [0, 1, 0], [0, 0, 1]], r"lie in \[0, 1\]"),
        (np.zeros((3, 3)), "1 on the diagonal"),
    ],
)
def test_weights_that_are_none(weights, words):
    with pytest.raises(ValueError, match=words):
        weighted_kappa(table([[88, 14, 18], [10, 40, 10], [2, 6, 12]]), weights)


def numbers(gold, judge, top):
    counts = np.zeros((top, top), dtype=int)
    np.add.at(counts, (np.array(gold) - 1, np.array(judge) - 1), 1)
    return table(counts, values=np.arange(1.0, top + 1))


def test_concordance_of_shrout_and_fleiss():
    """Columns 1 and 4 of their six targets: epiR, statistics.md 9.2; the bias factor is concordance over Pearson."""
    one = numbers([9, 6, 8, 7, 10, 6], [8, 2, 8, 6, 9, 7], 10)
    concordance, pearson = METRICS["lin_ccc"](one).value, METRICS["pearson_r"](one).value
    assert concordance == pytest.approx(0.605263157894737, abs=1e-12)
    assert concordance / pearson == pytest.approx(0.806826827197679, abs=1e-12)


@pytest.mark.parametrize(
    ("x", "y", "rho", "tau"),
    [
        (
            (106, 86, 100, 101, 99, 103, 97, 113, 112, 110),
            (7, 0, 27, 50, 28, 29, 20, 12, 6, 17),
            -0.175757575757576,
            -0.111111111111111,
        ),
        ((1, 2, 2, 3, 4, 4, 5), (1, 1, 2, 3, 3, 5, 4), 0.888888888888889, 0.789473684210526),
    ],
)
def test_ranks_with_and_without_ties(x, y, rho, tau):
    """R and scipy agree: statistics.md 9.3."""
    one = numbers(*(np.unique(side, return_inverse=True)[1] + 1 for side in (x, y)), 10)
    assert METRICS["spearman_rho"](one).value == pytest.approx(rho, abs=1e-12)
    assert METRICS["kendall_tau_b"](one).value == pytest.approx(tau, abs=1e-12)


# P_c and P_+ of judges on TriviaQA, first labels (statistics.md 7; Thakur et al. print two digits of most).
@pytest.mark.parametrize(
    ("counts", "known", "lenient"),
    [([[903, 186], [132, 2374]], 0.776528, 0.764295), ([[1080, 9], [538, 1968]], None, None)],
)
def test_leniency(counts, known, lenient):
    one = table(counts, positive=1)
    j, p = METRICS["youden_j"](one), METRICS["leniency_p_plus"](one)
    gold = np.sum(counts, axis=1)
    fpr, fnr = counts[0][1] / gold[0], counts[1][0] / gold[1]
    assert known is None or j.value == pytest.approx(known, abs=5e-7)
    assert lenient is None or p.value == pytest.approx(lenient, abs=5e-7)
    v_fpr, v_fnr = fpr * (1 - fpr) / gold[0], fnr * (1 - fnr) / gold[1]
    assert se_iid(one, j) == pytest.approx(np.sqrt(v_fpr + v_fnr))
    assert se_iid(one, p) == pytest.approx(np.sqrt(fnr**2 * v_fpr + fpr**2 * v_fnr) / (fpr + fnr) ** 2)


@pytest.mark.parametrize(
    ("votes", "named"),
    [((87, 132), (66, 73)), ((143, 246), (138, 167))],
    ids=["human against human", "gpt-4o against humans"],
)
def test_mt_bench_s1_and_s2(votes, named):
    """AltTest's MT-Bench votes: agreement with ties, and without (statistics.md 1.2)."""
    both_tie = votes[0] - named[0]
    one_ties = votes[1] - named[1] - both_tie
    counts = [[named[0], one_ties, named[1] - named[0]], [0, both_tie, 0], [0, 0, 0]]
    one = table(counts, tie=1)
    assert METRICS["agreement_s1"](one).value == pytest.approx(votes[0] / votes[1])
    found = METRICS["agreement_s2"](one)
    assert (found.value, found.n) == (pytest.approx(named[0] / named[1]), named[1])


def test_standard_error_of_leniency():
    """JudgeLM on TriviaQA, statistics.md 7: P_c .680694, P_+ .192682 with a standard error of .019150."""
    one = table([[1022, 67], [646, 1860]], positive=1)
    known, lenient = METRICS["youden_j"](one), METRICS["leniency_p_plus"](one)
    assert (known.value, lenient.value) == (pytest.approx(0.680694, abs=5e-7), pytest.approx(0.192682, abs=5e-7))
    assert se_iid(one, lenient) == pytest.approx(0.019150, abs=5e-7)

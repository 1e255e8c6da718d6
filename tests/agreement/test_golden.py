"""Published tables and the coefficients and standard errors that several libraries agree on.

Values: R vcd, irrCAC and psych, scikit-learn, statsmodels and krippendorff, compared with each other to 1e-9.
Rows are gold, columns the judge.
"""

from __future__ import annotations

import numpy as np
import pytest
from agreement_cases import table

from judgebench.agreement.inference.spreads import se_iid
from judgebench.agreement.metrics.catalog import METRICS

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
    assert se_iid(one, outcome) == pytest.approx(se, abs=1e-12)


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

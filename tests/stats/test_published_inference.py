"""Published standard errors, tests and rank sets, from the recorded verdicts themselves (JUDGEBENCH_DATA)."""

from __future__ import annotations

from typing import Any

import numpy as np
import public_umass
import pytest
from agreement_cases import difference
from public_pandalm import PandaLM, answered
from scipy.special import ndtr

from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.crosstab import Crosstab
from judgebench.stats.inference.intervals import agresti_min
from judgebench.stats.inference.multiplicity import holm, pairwise, rank_sets, stack
from judgebench.stats.inference.paired import label_swap, mcnemar, sign_flip
from judgebench.stats.inference.resampling import Parts, resampled, two_way
from judgebench.stats.influence import Clusters, influences_of, mean

pytestmark = pytest.mark.data


def coded(values: list[str]) -> Clusters:
    codes: dict[str, int] = {}
    return Clusters.of(np.array([codes.setdefault(value, len(codes)) for value in values]))


def table_of(gold: Any, judge: Any, labels: int, wide: int) -> Crosstab:
    counts = np.bincount(gold * wide + judge, minlength=wide * wide).reshape(wide, wide)
    return Crosstab(counts / gold.size, gold.size, labels, np.arange(float(labels)))


def kappa_of(gold: Any, judge: Any, clusters: Clusters, labels: int, wide: int) -> Any:
    one = table_of(gold, judge, labels, wide)
    return influences_of(one, METRICS["cohen_kappa"](one), gold * wide + judge, clusters)


@pytest.fixture(scope="module")
def pandalm(data_dir):
    found = PandaLM.read(data_dir)
    return {
        "gold": found.majority,
        "first": answered(found.gpt),
        "second": answered(found.panda),
        "question": Clusters.of(found.grouped("instruction")),
        "app": Clusters.of(found.grouped("motivation_app")),
        "independent": Clusters.of(np.arange(len(found.rows))),
    }


def test_pandalm_paired_kappa(pandalm):
    """statistics.md 9.3: the reference has no factor n / (n - 1) for independent rows, and a normal p."""
    gold = pandalm["gold"]
    for unit, se, groups in (
        ("independent", 0.0269718584901181, 999),
        ("question", 0.0424223243820941, 170),
        ("app", 0.0436521674189309, 50),
    ):
        parts = [kappa_of(gold, pandalm[name], pandalm[unit], 3, 4) for name in ("first", "second")]
        found = difference(parts[0], parts[1])
        assert found.value == pytest.approx(0.0401526644631637, abs=1e-12)
        assert found.influences.sums.size == groups
        plain = float(np.sqrt(np.square(found.influences.sums).sum()))
        assert se == pytest.approx(plain if unit == "independent" else found.influences.cr1, abs=1e-12)
        if unit == "independent":
            unpaired = np.sqrt(sum(np.square(part.sums).sum() for part in parts))
            assert float(unpaired) == pytest.approx(0.0331386568806, abs=1e-12)
            assert found.value / plain == pytest.approx(1.48868734714, abs=1e-10)
            assert 2 * ndtr(-found.value / plain) == pytest.approx(0.136569717, abs=1e-8)
            assert 2 * ndtr(-found.statistic) == pytest.approx(0.136569717, abs=3e-4)


def test_pandalm_permutations(pandalm):
    gold, first, second, independent = (pandalm[name] for name in ("gold", "first", "second", "independent"))

    def kappa(joint):
        tables = (Crosstab(part, 999, 3, np.arange(3.0)) for part in joint.reshape(-1, 4, 4))
        values = [METRICS["cohen_kappa"](one).value for one in tables]
        return np.array(values).reshape(joint.shape[:-2])

    found = label_swap(gold * 4 + first, gold * 4 + second, (4, 4), kappa, independent, draws=3_000)
    assert found.p == pytest.approx(0.145, abs=0.02)
    right, other = (first == gold).astype(float), (second == gold).astype(float)
    only = int((right > other).sum()), int((right < other).sum())
    assert only == (145, 115)
    assert sign_flip(right - other).p == pytest.approx(mcnemar(*only), abs=1e-12)
    assert agresti_min(*only, 999) == pytest.approx((-0.001607993, 0.061548053), abs=1e-9)


@pytest.fixture(scope="module")
def umass(data_dir):
    return public_umass.read(data_dir)


def columns(rows, judge):
    code = {"True": 1, "False": 0}
    kept = [row for row in rows if row[judge] in code]
    gold = np.array([code[row["HumanJudgement"]] for row in kept])
    said = np.array([code[row[judge]] for row in kept])
    return kept, gold, said


def test_umass_clustered_errors(umass):
    """statistics.md 9.3."""
    kept, gold, said = columns(umass[0], "GPT-4")
    questions = coded([row["question"] for row in kept])
    assert questions.count == 400
    found = kappa_of(gold, said, questions, 2, 2)
    assert float(np.sqrt(np.square(found.sums).sum())) == pytest.approx(0.0153667720931521, abs=1e-12)
    assert found.cr1 == pytest.approx(0.0153860166493382, abs=1e-12)
    assert mean((gold == said).astype(float), questions).cr1 == pytest.approx(0.0065616507389091, abs=1e-12)
    kept, gold, said = columns(umass[0], "Contains")
    found = kappa_of(gold, said, coded([row["question"] for row in kept]), 2, 2)
    assert found.cr1 == pytest.approx(0.0271750104755024, abs=1e-12)


def test_umass_in_two_ways(umass):
    """statistics.md 2.1, on the complete rows: by question and by system, without the factor G / (G - 1)."""
    rows, judges = umass
    complete = [row for row in rows if all(row[judge] in {"True", "False"} for judge in judges)]
    kept, gold, said = columns(complete, "GPT-4")
    ways = [coded([row[name] for row in kept]) for name in ("question", "model")] + [Clusters.of(np.arange(gold.size))]
    parts = [kappa_of(gold, said, way, 2, 2) for way in ways]
    assert [part.sums.size for part in parts] == [400, 9, 3465]
    plain = [float(np.square(part.sums).sum()) for part in parts]
    assert np.sqrt(plain[:2]) == pytest.approx((0.015613, 0.077717), abs=5e-7)
    assert np.sqrt(plain[0] + plain[1] - plain[2]) == pytest.approx(0.078425, abs=5e-7)
    # With the factors the nine systems weigh more: 0.0831.
    factors = [part.sums.size / (part.sums.size - 1) for part in parts]
    variance = float(np.dot(np.multiply(plain, factors), (1, 1, -1)))
    assert two_way(*parts) == pytest.approx(variance**0.5, abs=1e-12)


def test_umass_cluster_bootstrap(umass):
    kept, gold, said = columns(umass[0], "GPT-4")
    parts = Parts.of(gold * 2 + said, (2, 2), coded([row["question"] for row in kept]))

    def kappa(counts):
        return METRICS["cohen_kappa"](Crosstab(counts / counts.sum(), int(counts.sum()), 2, np.arange(2.0))).value

    found = resampled(parts, kappa, "bootstrap", draws=4_000)
    assert (found.low, found.high) == pytest.approx((0.7559, 0.8160), abs=2e-3)
    assert found.method == "bootstrap-clusters"


def test_umass_rank_sets(umass):
    """statistics.md 2.1: eleven judges on the 3,465 answers that all of them judged, clustered by 400 questions."""
    rows, judges = umass
    assert len(judges) == 11
    kept = [row for row in rows if all(row[judge] in {"True", "False"} for judge in judges)]
    questions = coded([row["question"] for row in kept])
    assert (len(kept), questions.count) == (3465, 400)
    parts = [kappa_of(*columns(kept, judge)[1:], questions, 2, 2) for judge in judges]
    compared = pairwise(*stack(parts), normal=True)
    assert compared.pairs.shape == (55, 2)
    # Normal multipliers give 3.167 (600,000 draws by other code, error .002). The reference's 3.138 is what random
    # signs give, 3.140 with as many draws. Bonferroni would ask for 3.317.
    assert compared.critical == pytest.approx(3.172, abs=0.02)
    assert compared.critical == pytest.approx(3.138, abs=0.05)
    expected = {
        "Llama3-70B": (1, 2), "GPT-4": (1, 4), "Llama-70B": (2, 5), "Mistral-7B": (2, 5), "Contains": (3, 8),
        "Llama-7B": (5, 8), "Llama3-8B": (5, 8), "JudgeLM": (5, 9), "Llama-13B": (8, 9), "EM": (10, 11),
        "Gemma-2B": (10, 11),
    }  # fmt: skip
    for how in ({"normal": True}, {}):
        sets = rank_sets(pairwise(*stack(parts), **how))
        found = dict(zip(judges, zip(sets.best.tolist(), sets.worst.tolist(), strict=True), strict=True))
        assert found == expected
    # statistics.md 0: 51 of 55 with errors of single rows, 42 with clusters and Holm.
    independent = Clusters.of(np.arange(len(kept)))
    plain = pairwise(*stack([kappa_of(*columns(kept, judge)[1:], independent, 2, 2) for judge in judges]), normal=True)
    assert int((plain.p < 0.05).sum()) == 51
    assert int((holm(compared.p) < 0.05).sum()) == 42

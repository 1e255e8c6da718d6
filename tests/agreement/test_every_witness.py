"""Every figure that is shown, shifted in turn: its witness raises the alarm, or the table says that it has none."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from agreement_cases import ratings
from test_sequences import rank_rows, step_rows

from judgebench.agreement.figures import scored_rows
from judgebench.agreement.measure import measure
from judgebench.agreement.policies import apply
from judgebench.agreement.witness import beside, libraries, rows, tables
from judgebench.agreement.witness.definitions import DEFINITIONS
from judgebench.agreement.witness.pairs import PairCounts
from judgebench.domain import Aggregate, Estimate, Policies, Scale
from judgebench.errors import MismatchError
from judgebench.stats.coefficients import chance
from judgebench.stats.coefficients.catalog import (
    BIASES,
    CEILINGS,
    CLASS_METRICS,
    METRIC_LINES,
    METRICS,
    ROW_METRICS,
    Metric,
)
from judgebench.stats.crosstab import Outcome

#: What a witness must notice.
SHIFT = 1e-7
#: Documented in docs/explanation/statistics.md: what the benchmark or `humans` alone computes.
WITHOUT = {("official_score", "rewardbench2")} | {
    (line.name, line.place) for line in METRIC_LINES if line.place == "all annotators (humans)"
}


def labelled(seed, scale, n=60, *, games=1, annotators=3, score="", invalid=0.05):
    """Noisy verdicts and labels, some of them missing; with two games, each item is shown both ways."""
    rng = np.random.default_rng(seed)
    q = len(scale.labels)
    truth = rng.integers(0, q, n)

    def blur(share, size):
        base = np.repeat(truth, size)
        return np.where(rng.random(base.size) < share, base, rng.integers(0, q, base.size))

    judge = np.where(rng.random(n * games) < invalid, -1, blur(0.6, games))
    gold = np.column_stack([np.where(rng.random(n) < 0.9, blur(0.8, 1), -1) for _ in range(annotators)])
    own = ratings(
        judge,
        np.repeat(gold, games, axis=0),
        scale=scale,
        item=np.repeat(np.arange(n), games),
        cluster=np.repeat(np.arange(n), games) if score == "probability" else np.repeat(np.arange(n) // 2, games),
        swapped=[False, True] * n if games == 2 else None,
        subset=["a", "b", "c"] * (n * games // 3),
    )
    if not score:
        return own
    given = judge >= 0
    top = q - 1
    if score == "probability":
        values = np.clip(np.round(0.5 + 0.3 * (judge / top * 2 - 1) + 0.3 * rng.normal(size=judge.size), 2), 0, 1)
    else:
        values = np.clip(judge + 0.4 * rng.normal(size=judge.size), 0, top) + scale.values[0]
    return replace(own, score=np.where(given, values, 0.0), has_score=given, score_kind=score)


def sequences(kind):
    rng = np.random.default_rng(3)
    if kind == "steps":
        draw = [tuple(tuple((rng.random(4) < 0.7).astype(int).tolist()) for _ in range(3)) for _ in range(12)]
        flawless = [(((1, 1, 1),) * 3, (1, 1, 1)), (((1, 1),) * 3, (1, 0))]
        return step_rows(
            *[((a, b, b), tuple((rng.random(4) < 0.7).astype(int).tolist())) for a, b, _ in draw], *flawless
        )
    orders = [tuple(tuple(rng.permutation(4).tolist()) for _ in range(3)) for _ in range(9)]
    return rank_rows(*[(own[0], own[2]) for own in orders], golds=[own[:2] for own in orders])


def unlisted(kind, n=40, *, annotators=3, silent=True):
    """Noisy numbers or sets, with ties among them; some labels and verdicts missing."""
    rng = np.random.default_rng(5)
    scale = Scale.number(-2, 8) if kind == "number" else Scale.sets(["a", "b", "c", "never"])
    truth = rng.integers(1, 7, n)

    def blur(size):
        base = np.repeat(truth, size)
        if kind == "number":
            return scale.codes(np.clip(base + rng.normal(size=base.size).round(1), -2, 8))
        return np.where(rng.random(base.size) < 0.6, base, rng.integers(0, 8, base.size))

    gold = np.column_stack([np.where(rng.random(n) < 0.8, blur(1), -1) for _ in range(annotators)])
    gold[:, 0] = np.where((gold >= 0).any(axis=1), gold[:, 0], blur(1))
    judge = np.where(rng.random(2 * n) < 0.1 * silent, -1, blur(2))
    twice = np.repeat(np.arange(n), 2)
    return ratings(judge, gold[twice], scale=scale, item=twice, cluster=twice // 2, subset=["a", "b"] * n)


CASES = {
    "number": lambda: (unlisted("number", silent=False), Policies()),
    "number, silent": lambda: (unlisted("number"), Policies()),
    "number, one": lambda: (unlisted("number", annotators=1), Policies(invalid="drop", order="single")),
    "number, each": lambda: (unlisted("number"), Policies(gold="each")),
    "set": lambda: (unlisted("set"), Policies()),
    "set, each": lambda: (unlisted("set", silent=False), Policies(gold="leave-one-out")),
    "check": lambda: (labelled(1, Scale.check(), score="probability", games=1), Policies()),
    "check, all numbers": lambda: (labelled(13, Scale.check(), score="probability", invalid=0.0), Policies()),
    "pair": lambda: (labelled(2, Scale.pair(), games=2), Policies()),
    "pair, half": lambda: (labelled(3, Scale.pair(5, both_bad=True), games=2), Policies(tie="half", gold="each")),
    "pair, drop": lambda: (labelled(4, Scale.pair(), games=2), Policies(tie="drop", order="both-right")),
    "pick": lambda: (labelled(5, Scale.pick(3), games=2), Policies()),
    "label": lambda: (labelled(6, Scale.categories(["red", "green", "blue"])), Policies()),
    "rate": lambda: (labelled(7, Scale.rate(1, 5), score="score"), Policies(invalid="drop")),
    "rate, wrong": lambda: (labelled(8, Scale.rate(1, 5)), Policies()),
    "ratio": lambda: (labelled(9, Scale("rate", ("0", "1", "3", "9"), "ratio", (0.0, 1.0, 3.0, 9.0))), Policies()),
    "ratio, no zero": lambda: (
        labelled(12, Scale("rate", ("1", "2", "4"), "ratio", (1.0, 2.0, 4.0)), annotators=1, invalid=0.0),
        Policies(),
    ),
    "interval": lambda: (labelled(10, Scale("rate", ("low", "mid", "high"), "interval", (0.0, 1.0, 5.0))), Policies()),
    "mean gold": lambda: (labelled(11, Scale.rate(1, 5)), Policies(gold="mean")),
    "rank": lambda: (sequences("rank"), Policies()),
    "steps": lambda: (sequences("steps"), Policies()),
}


@cache
def measured(case):
    given, policies = CASES[case]()
    row = measure(given, task="t", judge="j", policies=policies, verify=True, again=True)[0]
    return given, row


def verify(given, row, **heard):
    """Hear the witnesses of a row as `measure` does."""
    if given.sequence is None:
        scored = scored_rows(given, row.policies)
        known = {name: METRICS[name] for name in row.metrics if name in METRICS}
        return beside.verify_row(row, given, given, scored, known, where="here", **heard)
    alone = rows.verify_sequences(given, row.policies, row.metrics, where="here", **heard)
    return alone | rows.verify_sequence_ceilings(given, row.ceiling, where="here")


def shifted(one):
    return replace(one, value=one.value + SHIFT)


def places(row):
    """Every estimate of a row: where it is, its name, and the row with this one shifted."""
    for place in ("metrics", "ceiling", "bias"):
        for name, one in getattr(row, place).items():
            if one.value is not None and not (place == "bias" and name in row.metrics):
                wrong = replace(row, **{place: {**getattr(row, place), name: shifted(one)}})
                yield place, name, wrong
    for label, scores in row.classes.items():
        for name in CLASS_METRICS:
            one = getattr(scores, name)
            if one.value is not None:
                wrong = replace(row, classes={**row.classes, label: replace(scores, **{name: shifted(one)})})
                yield "classes", name, wrong
    for side, shares in row.base_rates.items():
        for label, share in shares.items():
            yield (
                "base_rates",
                side,
                replace(row, base_rates={**row.base_rates, side: {**shares, label: share + SHIFT}}),
            )


@cache
def alarms(case, *, heard):
    """Place, name and first witness to raise the alarm, of each figure of a case shifted in turn."""
    given, row = measured(case)
    assert row.unverified == verify(given, row, libraries=heard) == {}
    found = set()
    for place, name, wrong in places(row):
        with pytest.raises(MismatchError, match=r"^here: .* here and .* by ") as raised:
            pytest.fail(f"{place}, {name}: {verify(given, wrong, libraries=heard)}")
        found.add((place, name, str(raised.value).rpartition(" by ")[2].partition(";")[0]))
    return found


@pytest.mark.parametrize("heard", [True, False], ids=["libraries first", "definitions alone"])
@pytest.mark.parametrize("case", CASES)
def test_each_figure_of_a_row_shifted_raises_the_alarm(case, heard):
    found = alarms(case, heard=heard)
    assert len(found) >= 10
    assert heard or {whose for _, _, whose in found} == {tables.PLAIN}


@pytest.mark.parametrize("case", CASES)
def test_definitions_alone_ask_no_library(case, monkeypatch):
    """And give the same rows."""
    given, row = measured(case)
    for kind in ("LABELS", "NUMBERS", "RATED", "REAL", "SETS", "ORDERS", "STEPS"):
        monkeypatch.setattr(libraries, kind, None)
    assert measure(given, task="t", judge="j", policies=CASES[case]()[1], verify="definitions", again=True)[0] == row


def test_each_library_that_is_named_raises_the_alarm():
    raised = {(name, whose.partition(" ")[0]) for case in CASES for _, name, whose in alarms(case, heard=True)}
    named = {(line.name, library) for line in METRIC_LINES for library in line.witness.split(", ")[1:]}
    assert {library for _, library in named} == {"scikit-learn", "scipy", "krippendorff"}
    assert named <= raised


def lines(place):
    """All names of one kind that some case has a value of, with its kind of scale."""
    return {
        (name, row.scale.partition(":")[0])
        for case in CASES
        for _, row in [measured(case)]
        for where, name, _ in places(row)
        if where == place
    }


@pytest.mark.parametrize(("name", "title", "place", "witness"), METRIC_LINES, ids=lambda one: one or "labels")
def test_each_line_of_the_table_is_shifted_or_said_to_have_no_witness(name, title, place, witness):
    """A metric that is added without a witness, or without a case in which it is shifted, fails here."""
    assert title
    assert (not witness) == ((name, place) in WITHOUT)
    if not witness:
        return
    if place == "ceiling":
        known = {one for one, _ in lines("ceiling")}
        assert any(one.startswith(name.removesuffix("METRIC")) for one in known)
    elif place == "classes":
        assert name in {one for one, _ in lines("classes")}
    elif place.startswith("bias"):
        seen = lines("bias") | lines("metrics")
        assert {(name, kind) for kind in BIASES[name].kinds} <= seen
    elif place:
        assert {(name, kind) for kind in ROW_METRICS[name].kinds} - {("auc", "pair")} <= lines("metrics") | {
            (name, "pair") for one in ROW_METRICS.values() if one.name == name and one.numbers == "probability"
        }
    else:
        assert name in {one for one, _ in lines("metrics")}


def test_every_metric_that_people_agree_by_has_a_ceiling_that_was_shifted():
    mutual = {name for name, one in METRICS.items() if not one.binary and not one.directional}
    assert mutual <= {name for name, _ in lines("ceiling")}
    assert set(CEILINGS) == {"METRIC", "judge_vs_each_METRIC", "ratio_METRIC", "krippendorff_alpha_joint"}


@pytest.mark.parametrize("name", METRICS)
def test_the_witness_is_the_one_that_the_row_names_and_the_definition_agrees(name):
    """Where a library speaks, it is the named one; the definition always speaks, and gives the same."""
    heard = set()
    for case in CASES:
        given, row = measured(case)
        if not given.scale.listed or row.metrics.get(name) is None or row.metrics[name].value is None:
            continue
        scored = apply(given, row.policies)
        pairs = PairCounts.of(scored).complete(METRICS[name], scored.table(scored.cells()))
        assert DEFINITIONS[name](pairs) == pytest.approx(row.metrics[name].value, abs=1e-9)
        heard.add("definition")
        told = libraries.LABELS[name](scored, pairs) if name in libraries.LABELS else None
        heard |= {told[1].partition(" ")[0]} if told else set()
    assert ", ".join(sorted(heard, key="definition".__ne__)) == METRICS[name].witness


def test_a_fault_in_a_formula_stops_the_measuring(monkeypatch):
    """Adding .1 to AC1 went unnoticed."""
    true = chance.gwet_ac1
    monkeypatch.setattr(chance, "gwet_ac1", lambda table: replace(true(table), value=true(table).value + 0.1))
    given, policies = CASES["label"]()
    with pytest.raises(MismatchError, match=r"^t, j, all: gwet_ac1 is .* by its definition"):
        measure(given, task="t", judge="j", policies=policies, verify=True)


@pytest.mark.parametrize("place", ["between_people", "biases"])
def test_a_fault_beside_the_metrics_stops_it_too(place, monkeypatch):
    from judgebench.agreement import measure as module

    true = getattr(module, place)

    def wrong(*given, **how):
        return {name: one if one.value is None else shifted(one) for name, one in true(*given, **how).items()}

    monkeypatch.setattr(module, place, wrong)
    given, policies = CASES["pair"]()
    with pytest.raises(MismatchError, match=r"^t, j, all: "):
        measure(given, task="t", judge="j", policies=policies, verify=True)


def test_each_figure_of_an_aggregate_shifted_raises_the_alarm():
    given, policies = CASES["check"]()
    aggregates = [Aggregate("ab", ("a", "b"), (1.0, 3.0)), Aggregate("whole", ("ab", "c")), Aggregate("every")]
    found = measure(given, task="t", judge="j", policies=policies, aggregates=aggregates, verify=True)
    figures = {row.subset: row.metrics for row in found}
    beside.verify_aggregates(figures, aggregates, where="here")
    for one in aggregates:
        known = [name for name in figures[one.name] if figures[one.name][name].value is not None]
        assert len(known) > 10
        for name in known:
            wrong = {**figures, one.name: {**figures[one.name], name: shifted(figures[one.name][name])}}
            with pytest.raises(MismatchError, match=f"^here, (ab|whole|every): {name} is "):
                beside.verify_aggregates(wrong, aggregates, where="here")


def halved(table):
    return Outcome(float(table.joint.trace()) / 2, np.eye(len(table.joint)) / 2)


def test_a_plugin_s_metric_is_verified_by_its_own_witness_or_said_not_to_be():
    def by_hand(gold, judge):
        return sum(g == j for g, j in zip(gold, judge, strict=True)) / len(gold) / 2

    given, policies = CASES["label"]()

    def found(witness, function=halved):
        mine = Metric("mine", "half of the agreement", function, witness=witness)
        return measure(given, task="t", judge="j", policies=policies, metrics={**METRICS, "mine": mine}, verify=True)[0]

    assert found(by_hand).unverified == {}
    names = {"mine", "ceiling_mine", "ceiling_judge_vs_each_mine"}
    assert found("").unverified == dict.fromkeys(names, "nothing else computes it")
    # Words alone confirm nothing.
    assert found("scikit-learn").unverified.keys() == names
    with pytest.raises(MismatchError, match=r"mine is .* by the witness it names"):
        found(by_hand, lambda table: Outcome(halved(table).value + 0.1, halved(table).gradient))


def test_a_benchmark_s_own_figure_is_named_in_rows_that_were_verified():
    from judgebench.tasks import base

    row = measured("label")[1]
    mine = Estimate(0.5, None, None, 3)
    assert base._with(row, {"official_score": mine}).unverified.keys() == {"official_score"}
    assert base._with(replace(row, unverified=None), {"official_score": mine}).unverified is None


def test_unknown_figures_beside_the_metrics_are_named():
    given, row = measured("pair")
    mine = Estimate(0.5, None, None, 3)
    assert verify(given, replace(row, bias={**row.bias, "mine": mine})) == {"mine": "nothing else computes it"}

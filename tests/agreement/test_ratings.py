"""Verdicts into columns: codes in first-seen order, games in a fixed one, nothing guessed."""

from __future__ import annotations

import pytest

from judgebench.agreement.compare.compare import compare
from judgebench.agreement.compare.standings import compare_all
from judgebench.agreement.gate.decision import gate
from judgebench.agreement.matching import judged_verdicts, match
from judgebench.agreement.policies import apply
from judgebench.agreement.ratings import from_verdicts, system_of
from judgebench.domain import Case, Item, Label, Policies, Reply, Response, Scale, Status, Turn, Verdict
from judgebench.errors import DataError


def item(name, *gold, responses=("x", "y"), cluster="", subset="", models=None):
    models = models or [None] * len(responses)
    return Item(
        id=name,
        conversation=(Turn.of("user", "?"),),
        responses=tuple(Response(text, model) for text, model in zip(responses, models, strict=True)),
        gold=tuple(Label(f"h{i}", code) for i, code in enumerate(gold)),
        gold_source="human",
        cluster=cluster,
        subset=subset,
    )


def verdict(one, code, scale, *, order=(0, 1), repeat=0, probe="", status=Status.OK):
    reply = Reply.ok(code) if status is Status.OK else Reply(status)
    return Verdict.of(Case(one, order, repeat, probe), reply, scale, "r1")


PAIR = Scale.pair()


def test_columns():
    first = item("a", 0, 2, cluster="q", subset="s1", models=["m1", "m2"])
    second = item("b", 1, None, subset="s2", models=["m1", None])
    found = from_verdicts(
        [
            verdict(first, 0, PAIR),
            verdict(first, 0, PAIR, order=(1, 0)),
            verdict(second, None, PAIR, status=Status.REFUSED),
        ],
        PAIR,
    )
    assert found.judge.tolist() == [0, 2, -1]
    assert found.gold.tolist() == [[0, 2], [0, 2], [1, -1]]
    assert found.annotators == ("h0", "h1")
    assert found.item.tolist() == [0, 0, 1]
    assert found.cluster.tolist() == [0, 0, 1]
    assert found.game.tolist() == [0, 1, 0]
    assert found.swapped.tolist() == [False, True, False]
    assert found.subsets == ("s1", "s2")
    assert found.systems == ("m1 vs m2", "")


def test_games_are_numbered_by_repeat_and_order_not_by_arrival():
    one = item("a", 0)
    calls = [((1, 0), 1), ((1, 0), 0), ((0, 1), 1), ((0, 1), 0)]
    found = from_verdicts([verdict(one, 0, PAIR, order=order, repeat=repeat) for order, repeat in calls], PAIR)
    assert found.game.tolist() == [3, 1, 2, 0]


def test_an_annotator_who_enters_late_has_left_gaps():
    second = item("b", 1, 2)
    found = from_verdicts([verdict(item("a", 0), 0, PAIR), verdict(second, 0, PAIR)], PAIR)
    assert found.gold.tolist() == [[0, -1], [1, 2]]


def test_probes_are_not_agreement():
    one = item("a", 0)
    found = from_verdicts([verdict(one, 0, PAIR), verdict(one, 2, PAIR, probe="noise")], PAIR)
    assert found.judge.tolist() == [0]


def test_several_right_answers_on_a_pick_scale():
    scale = Scale.pick(4)
    rows = [item(name, (1, 3), responses="wxyz") for name in "abc"]
    order = (0, 1, 2, 3)
    given = [
        verdict(rows[0], 3, scale, order=order),
        verdict(rows[1], 0, scale, order=order),
        verdict(rows[2], None, scale, order=order, status=Status.UNPARSED),
    ]
    found = from_verdicts(given, scale)
    assert found.gold[:, 0].tolist() == [3, 1, 1]
    scored = apply(found, Policies())
    assert (scored.gold == scored.judge).tolist() == [True, False, False]


def test_one_case_has_one_verdict():
    one = item("a", 0)
    with pytest.raises(DataError, match="two verdicts"):
        from_verdicts([verdict(one, 0, PAIR), verdict(one, 1, PAIR)], PAIR)


@pytest.mark.parametrize(("gold", "code"), [(7, 0), (0, 7)])
def test_codes_stay_on_the_scale(gold, code):
    with pytest.raises(DataError, match="not on the scale pair:3"):
        from_verdicts([verdict(item("a", gold), code, PAIR)], PAIR)


def test_orders_keep_their_whole_and_count_by_their_first():
    scale = Scale.rank(3)
    rows = [item(name, (2, 0, 1), None, responses="xyz") for name in "ab"]
    shown = (1, 0, 2)
    found = from_verdicts(
        [
            verdict(rows[0], (0, 1, 2), scale, order=shown),
            verdict(rows[1], None, scale, order=(0, 1, 2), status=Status.UNPARSED),
        ],
        scale,
    )
    assert found.sequence.tolist() == [[1, 0, 2], [-1, -1, -1]]
    assert found.gold_sequence.tolist() == [[[2, 0, 1], [-1, -1, -1]]] * 2
    assert found.judge.tolist() == [1, -1]
    assert found.gold.tolist() == [[2, -1]] * 2


def test_steps_of_several_lengths():
    scale = Scale.steps()
    rows = [item("a", (1, 1), responses="x"), item("b", (1, 0, 1), responses="x")]
    found = from_verdicts(
        [verdict(rows[0], (1, 1), scale, order=(0,)), verdict(rows[1], (1, 1, 0), scale, order=(0,))], scale
    )
    assert found.sequence.tolist() == [[1, 1, -1], [1, 1, 0]]
    assert (found.judge.tolist(), found.gold.tolist()) == ([1, 0], [[1], [0]])


@pytest.mark.parametrize(
    ("scale", "code"),
    [(Scale.rank(3), (0, 0, 1)), (Scale.rank(3), (0, 1)), (Scale.steps(), (1, 2)), (Scale.steps(), ())],
)
def test_sequences_are_checked(scale, code):
    with pytest.raises(DataError, match="is not a"):
        from_verdicts([verdict(item("a", None, responses="xyz"), code, scale, order=(0, 1, 2))], scale)


@pytest.mark.parametrize(
    ("scale", "rest", "number", "kind"),
    [
        (Scale.check(), {"probabilities": (0.1, 0.3)}, 0.75, "probability"),
        (Scale.check(), {"scores": (-2.5,)}, -2.5, "score"),
        (PAIR, {"probabilities": (0.1, 0.6, 0.3)}, 0.75, "probability"),
        (PAIR, {"probabilities": (0.0, 1.0, 0.0)}, 0.5, "probability"),
        (PAIR, {"scores": (1.0, 4.0)}, 3.0, "score"),
        (Scale.pair(5), {"probabilities": (0.1, 0.1, 0.2, 0.3, 0.3)}, 0.75, "probability"),
        (Scale.rate(1, 3), {"probabilities": (0.0, 0.5, 0.5)}, 2.5, "score"),
        (Scale.rate(1, 3), {"scores": (1.5,)}, 1.5, "score"),
    ],
)
def test_numbers(scale, rest, number, kind):
    one = item("a", 1)
    given = Verdict.of(Case(one, (0, 1)), Reply.ok(0, **rest), scale, "r1")
    bare = verdict(item("b", 1), 0, scale)
    found = from_verdicts([given, bare], scale)
    assert found.score.tolist() == pytest.approx([number, 0.0])
    assert found.has_score.tolist() == [True, False]
    assert found.score_kind == kind


def test_a_swapped_game_tells_of_the_same_response():
    one = item("a", 2)
    games = [
        Verdict.of(Case(one, order), Reply.ok(0, scores=scores), PAIR, "r1")
        for order, scores in (((0, 1), (1.0, 4.0)), ((1, 0), (4.0, 1.0)))
    ]
    assert from_verdicts(games, PAIR).score.tolist() == [3.0, 3.0]


def test_numbers_of_two_kinds_are_refused():
    kinds = [{"probabilities": (0.5, 0.5)}, {"scores": (1.0,)}]
    given = [
        Verdict.of(Case(item(name, 1), (0, 1)), Reply.ok(0, **rest), Scale.check(), "r1")
        for name, rest in zip("ab", kinds, strict=True)
    ]
    with pytest.raises(DataError, match="1 of 2 verdicts hold probabilities"):
        from_verdicts(given, Scale.check())


def test_verdicts_without_numbers_have_no_column():
    assert from_verdicts([verdict(item("a", 1), 0, PAIR)], PAIR).score is None


def test_no_verdicts_are_an_empty_table():
    found = from_verdicts([], PAIR)
    assert found.judge.size == 0
    assert found.gold.shape == (0, 0)


@pytest.mark.parametrize(
    ("models", "name"),
    [(["m"], "m"), (["m", "n"], "m vs n"), (["m", "m"], "m"), (["m", None], ""), (["a", "b", "c"], "")],
)
def test_systems(models, name):
    one = item("a", 0, responses="xyz"[: len(models)], models=models)
    assert system_of(verdict(one, None, PAIR, order=tuple(range(len(models))), status=Status.FAILED)) == name


def test_failed_cases_are_named_as_no_answers():
    """They were told by `score` only; a judge that refuses answers, and one whose server fails does not."""
    said = [[verdict(item(f"i{i}", i % 2), i % 2, Scale.check(), order=(0,), status=own) for i in range(12)]
            for own in (Status.OK, Status.UNPARSED)]  # fmt: skip
    broken = [*said[0][:11], verdict(item("i11", 1), 0, Scale.check(), order=(0,), status=Status.FAILED)]
    judges = [
        judged_verdicts(own, Scale.check(), task="t", judge=name, policies=Policies())
        for name, own in (("whole", said[0]), ("silent", said[1]), ("broken", broken))
    ]
    assert "failed_cases" not in compare(match(judges[:2])).warnings
    for found in (compare(match(judges[::2])), gate(match(judges[::2])), compare_all(match(judges))):
        assert "failed_cases" in found.warnings

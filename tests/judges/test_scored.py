"""What numbers mean: the scales on which they make a verdict, and those that want thresholds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from judgebench.domain import Case, Completion, Item, Reference, Response, Scale, Turn
from judgebench.errors import RejectedError, UsageError
from judgebench.judges.model import Model
from judgebench.judges.scored import ScoreJudge, compared, conversation, decided


def judge(*thresholds: float) -> ScoreJudge:
    async def silent(_: object) -> Completion:
        return Completion("0.0")

    return ScoreJudge(Model("reward/m", silent), conversation, {}, thresholds)


@pytest.mark.parametrize(
    ("scale", "thresholds"),
    [
        ("check", [0.5]),
        ("rate:1-3", [0.2, 0.8]),
        ("pair", []),
        ("pair:2", []),
        ("pair:5", [1.0]),
        ("pair:7", [0.5, 1.5]),
        ("pair:3+bad", []),
        ("pair:3+bad", [0.5, 0.1]),
        ("pick:4", []),
        ("rank:3", []),
        ("number:0-1", []),
    ],
)
def test_scales_take_their_thresholds_and_no_others(scale: str, thresholds: list[float]) -> None:
    assert judge(*thresholds).serving(Scale.parse(scale)).name == "reward/m"
    with pytest.raises(UsageError, match="thresholds"):
        judge(*thresholds, 2.0, 3.0, 4.0).serving(Scale.parse(scale))


@pytest.mark.parametrize(
    ("scale", "thresholds", "message"),
    [
        ("check", [], "takes 1: the bounds between incorrect, correct, rising; there are 0"),
        ("pair:5", [], "for each stronger preference"),
        ("rate:1-3", [0.8, 0.2], "thresholds rise"),
        ("nominal:a,b", [], "no verdict on nominal:a,b follows"),
        ("steps", [], "no verdict on steps follows"),
    ],
)
def test_what_numbers_do_not_say_is_asked_for(scale: str, thresholds: list[float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        judge(*thresholds).serving(Scale.parse(scale))


@pytest.mark.parametrize(
    ("scale", "thresholds", "scores", "label"),
    [
        ("pair", [], (0.1, 0.1), "tie"),
        ("pair", [], (0.1, 0.1 + 1e-12), "B"),
        ("pair:2", [], (0.2, 0.1), "A"),
        ("pair:2", [], (0.1, 0.1), None),
        ("pair:5", [1.0], (0.0, 1.0), "B>>A"),
        ("pair:5", [1.0], (0.0, 0.999), "B>A"),
        ("pair:7", [0.5, 1.5], (2.0, 1.0), "A>>B"),
        ("pair:7", [0.5, 1.5], (1.0, 1.0), "tie"),
        ("pair:3+bad", [], (-5.0, -6.0), "A"),
        ("pair:3+bad", [0.5], (0.4, 0.1), "both bad"),
        ("pair:3+bad", [0.5, 0.1], (0.7, 0.65), "tie"),
        ("pair:3+bad", [0.5, 0.1], (0.7, 0.3), "A"),
        ("check", [0.5], (0.5,), "correct"),
        ("check", [0.5], (0.49,), "incorrect"),
        ("rate:1-3", [0.2, 0.8], (0.8,), "3"),
        ("pick:3", [], (1.0, 2.0, 2.0), "2"),
    ],
)
def test_numbers_make_verdicts(
    scale: str, thresholds: list[float], scores: tuple[float, ...], label: str | None
) -> None:
    on = Scale.parse(scale)
    code = decided(scores, on, thresholds)
    assert (None if code is None else on.labels[code]) == label  # type: ignore[index]  # no ranking here


def test_a_ranking_is_by_number_and_a_number_stays_in_its_range() -> None:
    assert decided((0.1, 3.0, 2.0), Scale.rank(3)) == (1, 2, 0)
    on = Scale.number(0, 1)
    assert [on.word(decided((score,), on)) for score in (0.25, 7.0, -1.0)] == ["0.25", "1", "0"]  # type: ignore[arg-type]  # one code


def test_an_answer_is_compared_with_the_references_of_its_own_turn() -> None:
    references = (Reference("Before.", "human", 1), Reference("Now.", "human"), Reference(" ", "human"))
    item = Item("i", (Turn.of("user", "What?"),), (Response("This."),), (), "unspecified", references=references)
    *shown, answer = compared(Case(item, (0,), reference="human"), 0)
    assert ([one.text for one in shown], answer.text) == (["Now."], "This.")
    with pytest.raises(UsageError, match="none are shown"):
        compared(Case(item, (0,), reference="model"), 0)
    with pytest.raises(RejectedError, match="no reference"):
        compared(Case(replace(item, references=references[:1]), (0,), reference="human"), 0)

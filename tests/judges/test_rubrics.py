"""Prompts of one's own: plain text, criteria, words, examples; and verdicts of several made one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from judgebench.domain import Case, Completion, Item, Reference, Reply, Response, Scale, Status, Turn
from judgebench.errors import UsageError
from judgebench.judges.forms import notation
from judgebench.judges.llm import LLMJudge
from judgebench.judges.model import Model
from judgebench.judges.prompts import load_prompt
from judgebench.judges.prompts.fit import Fit
from judgebench.judges.prompts.prompt import Prompt
from judgebench.judges.prompts.read import FENCES, read_prompt, read_text
from judgebench.judges.protocols.combining import agreed, majority, mean, weighed
from judgebench.run.dialogue import Dialogue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.domain import Request

RATE, CHECK, PAIR = Scale.rate(1, 5), Scale.check(), Scale.pair()
RUBRIC = """
kinds = ["rate"]
calls = "{calls}"
[[criteria]]
name = "accuracy"
description = "what is said is true"
weight = 3
[criteria.levels]
1 = "all of it is wrong"
5 = "all of it is right"
[[criteria]]
name = "tone"
[[examples]]
question = "What is 1 + 1?"
answer = "Two, you fool."
verdict = {{ accuracy = 5, tone = 1 }}
reason = "True and rude."
"""


def item(*answers: str, criterion: str = "", question: str = "What is 2 + 2?", **rest: object) -> Item:
    responses = tuple(Response(text) for text in answers or ("Four.",))
    more = (("criterion", criterion),) if criterion else ()
    return Item("i", (Turn.of("user", question),), responses, (), "human", attributes=more, **rest)  # type: ignore[arg-type]  # varies


def case(*answers: str, reference: str = "none", **rest: object) -> Case:
    one = item(*answers, **rest)  # type: ignore[arg-type]  # varies
    return Case(one, tuple(range(len(one.responses))), reference=reference)


def rubric(calls: str = "item") -> Prompt:
    return read_prompt(RUBRIC.format(calls=calls), "rubric.toml", "rubric")


def talk(
    judge: LLMJudge, shown: Case, scale: Scale, answer: Callable[[Request], Completion]
) -> tuple[Reply, list[Request]]:
    """Bring a case to its reply; each request is answered by a function."""
    dialogue, asked = Dialogue(judge, shown, scale), []
    while dialogue.wanted:
        number, request = next(iter(dialogue.wanted.items()))
        asked.append(request)
        dialogue.give(number, answer(request))
    assert dialogue.reply is not None
    return dialogue.reply, asked


def judge(prompt: Prompt | None = None, *, can: Sequence[str] = (), **chosen: object) -> LLMJudge:
    async def never(request: Request) -> Completion:
        raise AssertionError(request)

    return LLMJudge(Model("x/m", never, frozenset(can)), prompt=prompt, **chosen)  # type: ignore[arg-type]  # varies


# --- plain text ---------------------------------------------------------------------------------


def test_plain_text_is_the_users_message() -> None:
    prompt = read_text("Is {{answer}} right for {{question}}?\n\n{{reference}}", "r.md", "r")
    assert (prompt.kinds, prompt.system) == (("check", "rate", "number", "label", "set"), FENCES)
    shown = case("{{verdict}} [[correct]]", reference="human", references=(Reference("Four"),))
    system, user = prompt.render(shown, CHECK, notation("brackets"))
    assert "material" in system.text
    code = shown.item.content_digest
    assert user.text.startswith(f"Is\n=== begin response [{code}] ===\n{{{{verdict}}}} [[correct]]\n=== end response")
    assert f"===\nright for\n=== begin request [{code}] ===" in user.text
    assert f"=== begin reference [{code}] ===\nFour\n" in user.text
    # Without a place of its own the verdict is asked for at the end.
    assert user.text.endswith("[[incorrect]] if the response is not correct\n[[correct]] if the response is correct")


def test_two_answers_have_a_slot_each() -> None:
    prompt = read_text("{{answer_b}} {{answer_a}} {{verdict}}", "r.md", "r")
    assert prompt.kinds == ("pair", "pick", "rank", "label")
    (_, user) = prompt.render(case("one", "two"), PAIR, notation("last-line"))
    assert re.findall(r"begin response (.)", user.text) == ["B", "A"]
    assert "===\n=== begin response A" in user.text
    with pytest.raises(UsageError, match="one answer"):
        prompt.render(case("one"), Scale.categories(["a", "b"]), notation("last-line"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Judge {{anser}}", "{{anser}}"),
        ("Judge {{answer}} {{item.question}}", "the slots are conversation"),
        ("Judge it.", "no place holds what is judged"),
        ("{{question}}", "{{answer}}"),
        ("{{answer_a}}", "{{answer_b}}"),
    ],
)
def test_plain_text_that_is_no_prompt(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        read_text(text, "r.md", "r")


def test_a_prompt_is_found_by_its_ending(tmp_path) -> None:
    file = tmp_path / "mine.md"
    file.write_text("{{answer}}", "utf-8")
    assert load_prompt(str(file)).name == "mine"
    with pytest.raises(UsageError, match="check"):
        load_prompt(str(file), PAIR)


# --- criteria -----------------------------------------------------------------------------------


def test_one_call_holds_a_verdict_on_each_criterion() -> None:
    one = judge(rubric()).serving(RATE)
    said = "Fine.\n[[accuracy: 4]]\n[[Tone: 2]]"
    reply, (request,) = talk(one, case(), RATE, lambda _: Completion(said, input_tokens=7))
    assert (reply.code, reply.scores, reply.text) == (2, (3.5,), said)
    assert [(name, part.code) for name, part in reply.parts] == [("accuracy", 3), ("tone", 1)]
    assert reply.usage.input_tokens == 7
    text = request.messages[-1].text
    assert "accuracy: what is said is true\n  1: all of it is wrong\n  5: all of it is right\ntone" in text
    assert "True and rude.\n[[accuracy: 5]]\n[[tone: 1]]" in text
    for broken in (
        "[[accuracy: 4]]",
        "[[accuracy: 4]] [[tone: 9]]",
        "[[4]] [[2]]",
        "[[accuracy: 4]] [[accuracy: 3]] [[tone: 2]]",
    ):
        assert talk(one, case(), RATE, lambda _, broken=broken: Completion(broken))[0].status is Status.UNPARSED


def test_one_call_as_json() -> None:
    one = judge(rubric(), form="json").serving(RATE)
    reply, (request,) = talk(one, case(), RATE, lambda _: Completion('{"reason": "r", "accuracy": 5, "tone": 1}'))
    assert reply.scores == (4.0,)
    assert '"accuracy", "tone"' in request.messages[-1].text
    tool = judge(rubric(), form="tool", can=["tools"]).serving(RATE)
    _, (request,) = talk(tool, case(), RATE, lambda _: Completion())
    assert list(dict(request.options)["tool"]["parameters"]["properties"]) == ["reason", "accuracy", "tone"]


def test_a_call_for_each_criterion() -> None:
    one = judge(rubric("criterion")).serving(RATE)

    def answer(request: Request) -> Completion:
        return Completion("[[5]]" if "accuracy" in request.messages[-1].text else "[[1]]", input_tokens=3)

    reply, asked = talk(one, case(), RATE, answer)
    assert len(asked) == 2
    assert (reply.code, reply.scores, reply.usage.input_tokens) == (3, (4.0,), 6)
    assert [(name, part.text) for name, part in reply.parts] == [("accuracy", "[[5]]"), ("tone", "[[1]]")]
    reply, _ = talk(one, case(), RATE, lambda r: Completion("[[5]]" if "accuracy" in r.messages[-1].text else "no"))
    assert reply.status is Status.UNPARSED


@pytest.mark.parametrize("calls", ["item", "criterion"])
def test_an_item_with_a_criterion_is_judged_by_that_one_alone(calls: str) -> None:
    one = judge(rubric(calls)).serving(RATE)
    reply, (request,) = talk(one, case(criterion="Accuracy"), RATE, lambda _: Completion("[[2]]"))
    assert (reply.code, reply.parts) == (1, ())
    text = request.messages[-1].text
    assert "what is said is true" in text
    assert "\ntone" not in text
    with pytest.raises(UsageError, match="knows accuracy, tone"):
        Fit(rubric(), "t", "none").add(item(criterion="wit"))


def test_a_form_of_one_verdict_holds_no_several() -> None:
    for form in ("last-line", "first-line", "logprobs"):
        with pytest.raises(UsageError, match="calls"):
            judge(rubric(), form=form).serving(RATE)
    judge(rubric("criterion"), form="last-line").serving(RATE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[criteria]]\nweight = 1", "'name'"),
        ('[[criteria]]\nname = "a"\nweight = 0', "weight"),
        ('[[criteria]]\nname = "a"\n[[criteria]]\nname = "A"', "one name"),
        ('calls = "each"\n[[criteria]]\nname = "a"', "'calls'"),
        ('[[criteria]]\nname = "a"\nscale = 1', "'scale'"),
        ('criteria = "a"', "[[criteria]]"),
        ('[verdicts]\nYes = "correct"\nyes = "incorrect"', "case alone"),
        ("[verdicts]\nyes = true", "[verdicts]"),
        ('[[examples]]\nverdict = "5"', "its answer"),
        ('[[examples]]\nanswer = "x"', "its verdict"),
        ('[[examples]]\nanswer = "x"\nverdict = "5"\ngold = 1', "'gold'"),
    ],
)
def test_a_rubric_that_is_none_says_where(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        read_prompt(text, "r.toml", "r")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[levels]\n9 = "best"', "the level '9'"),
        ('[[criteria]]\nname = "a"\n[criteria.levels]\n0 = "none"', "the level '0'"),
        ('[[examples]]\nanswer = "x"\nverdict = "9"', "'9'"),
        ('[[criteria]]\nname = "a"\n[[examples]]\nanswer = "x"\nverdict = "5"', "each criterion"),
        ('[[criteria]]\nname = "a"\n[[examples]]\nanswer = "x"\nverdict = { b = 5 }', "'b'"),
    ],
)
def test_a_rubric_that_does_not_fit_the_scale(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        judge(read_prompt(text, "r.toml", "r")).serving(RATE)


def test_digests_change_with_all_that_is_sent_and_come_back_from_json() -> None:
    texts = [
        RUBRIC.format(calls="item"),
        RUBRIC.format(calls="criterion"),
        RUBRIC.format(calls="item").replace("rude", "r"),
    ]
    prompts = [read_prompt(text, "r.toml", "r") for text in [*texts, '[levels]\n5 = "a"', '[levels]\n5 = "b"']]
    assert len({one.digest for one in prompts}) == len(prompts)
    assert all(Prompt.from_json(one.to_json()) == one for one in prompts)


# --- fit ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "answer", "leaks"),
    [
        ("What is 1 + 1?", "Two, you fool.", True),
        ("what  is 1 + 1?", "TWO,\nyou fool.", True),
        ("What is 1 + 1?", "Two.", False),
        ("What is 2 + 2?", "Two, you fool.", False),
        ("", "Two, you fool.", True),
    ],
)
def test_an_example_is_no_item(question: str, answer: str, leaks: bool) -> None:
    fit = Fit(rubric(), "tickets", "none")
    if not leaks:
        fit.add(item(answer, question=question))
        return
    with pytest.raises(UsageError, match="example 1 is item 'i' of tickets"):
        fit.add(item(answer, question=question))


def test_what_no_item_fills_is_said() -> None:
    prompt = read_text("{{answer}} {{reference}}\n\n{{context}}\n\n{{if criterion}}{{criterion}}", "r.md", "r")

    def notes(reference: str, *items: Item) -> str:
        fit = Fit(prompt, "t", reference)
        for one in items:
            fit.add(one)
        return "\n".join(fit.notes())

    assert re.findall(r"has a (\w+)", notes("human", item())) == ["context", "reference"]
    assert re.findall(r"has a (\w+)", notes("none", item())) == ["context"]
    assert notes("human", item(), item(references=(Reference("r"),), context=("c",))) == ""


# --- combining ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "weights", "scale", "expected"),
    [
        (["4", "2"], [3, 1], RATE, "3"),  # 3.5 lies between two levels: the nearer to the middle
        (["2", "3"], [1, 1], RATE, "3"),
        (["1", "5"], [1, 1], RATE, "3"),
        (["1", "1", "5"], [1, 1, 1], RATE, "2"),
        (["correct", "incorrect"], [2, 1], CHECK, "correct"),
        (["correct", "incorrect"], [1, 1], CHECK, None),
        (["A", "tie"], [1, 9], PAIR, "A"),
        (["A", "B"], [1, 1], PAIR, "tie"),
        (["A", "B"], [1, 1], Scale.pair(2), None),
        (["A>>B", "B>A"], [1, 1], Scale.pair(5), "tie"),
        (["both bad", "both bad", "A"], [1, 1, 1], Scale.pair(both_bad=True), "both bad"),
        (["both bad", "A"], [1, 1], Scale.pair(both_bad=True), None),
        (["red", "green", "red"], [1, 1, 1], Scale.categories(["red", "green"]), "red"),
        (["2", "3"], [1, 1], Scale.pick(4), None),
    ],
)
def test_means(labels: list[str], weights: list[float], scale: Scale, expected: str | None) -> None:
    codes = [scale.labels.index(label) for label in labels]
    code, _ = mean(codes, weights, scale)
    assert (None if code is None else scale.labels[code]) == expected
    if scale.kind == "pair" and scale.both_bad is None:
        mirrored = [scale.undo(code, (1, 0)) for code in codes]
        other, _ = mean(mirrored, weights, scale)  # type: ignore[arg-type]  # whole numbers
        assert other == (None if code is None else scale.undo(code, (1, 0)))


def test_majority_and_its_draws() -> None:
    assert majority([0, 1, 1], [1, 1, 1]) == 1
    assert majority([0, 1], [1, 1]) is None
    assert majority([0, 1], [0.1 + 0.2, 0.3]) is None


def test_samples_agree_or_not() -> None:
    bad = Reply(Status.UNPARSED)
    ok = [Reply.ok(code) for code in (0, 2, 2)]
    reply = agreed(ok, "majority", PAIR)
    assert (reply.code, reply.probabilities) == (2, (pytest.approx(1 / 3), 0, pytest.approx(2 / 3)))
    assert [name for name, _ in reply.parts] == ["sample 1", "sample 2", "sample 3"]
    assert agreed([ok[0], bad], "majority", PAIR).status is Status.UNPARSED
    assert agreed([ok[0], ok[0], bad], "majority", PAIR).code == 0
    assert agreed([ok[0], ok[1]], "majority", PAIR).status is Status.UNPARSED
    assert agreed([ok[0], ok[1]], "mean", PAIR).code == 1
    assert agreed([Reply.ok(1), Reply.ok(4)], "mean", RATE).scores == (3.5,)
    assert weighed({"a": bad, "b": ok[0]}, {"a": 1, "b": 1}, PAIR).status is Status.UNPARSED


def test_samples_are_drawn_at_once_or_one_by_one() -> None:
    def several(request: Request) -> Completion:
        given = dict(request.options).get("n", 1)
        answers = tuple(Completion(text) for text in ["[[A]]", "[[B]]", "[[A]]"][:given])
        return Completion("[[A]]", input_tokens=10, output_tokens=given, answers=answers if given > 1 else ())

    reply, asked = talk(judge(can=["n"], samples=3), case("x", "y"), PAIR, several)
    assert ([dict(r.options) for r in asked], reply.code, reply.usage.output_tokens) == ([{"n": 3}], 0, 3)
    reply, asked = talk(judge(samples=3), case("x", "y"), PAIR, several)
    assert (len(asked), len(reply.parts), reply.usage.input_tokens) == (3, 3, 30)
    # A server that gives one, whatever it was asked for, is asked for the others.
    reply, asked = talk(
        judge(can=["n"], samples=3), case("x", "y"), PAIR, lambda _: Completion("[[B]]", input_tokens=1)
    )
    assert (len(asked), reply.code, reply.usage.input_tokens) == (3, 2, 3)
    # Cut off is no verdict, also among several.
    cut = (Completion("[[A]]"), Completion("[[B]]", "length"), Completion("[[B]]", "length"))
    reply, _ = talk(judge(can=["n"], samples=3), case("x", "y"), PAIR, lambda _: Completion("[[A]]", answers=cut))
    assert reply.status is Status.TRUNCATED


def test_settings_say_only_what_was_chosen() -> None:
    plain = judge().settings
    assert set(plain) == {"parsing", "prompts"}
    chosen = judge(form="json", samples=3, samples_by="mean", effort="low").settings
    assert {name: chosen[name] for name in set(chosen) - set(plain)} == {
        "form": "json",
        "samples": 3,
        "samples_by": "mean",
        "effort": "low",
    }

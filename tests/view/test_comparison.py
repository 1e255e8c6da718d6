"""Two runs side by side: what changed item by item, and in the prompt."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from stored_cases import RUN, verdict

from judgebench.agreement.compare.compare import compare
from judgebench.agreement.matching import judged_verdicts, match
from judgebench.domain import Policies, Reply, Scale
from judgebench.judges.prompts.prompt import Prompt
from judgebench.view.comparison import changes_of, chosen, right
from judgebench.view.prompt_change import prompt_change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.agreement.matching import Judged
    from judgebench.domain import Run

PAIR = Scale.pair()
ORDERS = ((0, 1), (1, 0))


def judged(name: str, said: Sequence[tuple[int, int]]) -> Judged:
    """Judge an item of gold 0 in both orders each; codes are in the item's own order."""
    verdicts = [
        verdict(f"i{n}", Reply.ok(code if order == (0, 1) else 2 - code), order, gold=0)
        for n, codes in enumerate(said)
        for order, code in zip(ORDERS, codes, strict=True)
    ]
    return judged_verdicts(verdicts, PAIR, task="t", judge=name, policies=Policies(), gold_source="human")


def test_an_item_is_better_if_it_is_right_in_more_of_its_orders() -> None:
    before = [(2, 2), (0, 0), (0, 2), (2, 0), (0, 0), (2, 2)]
    after = [(0, 0), (2, 2), (0, 0), (0, 2), (0, 0), (0, 1)]
    matched = match([judged("after", after), judged("before", before)])
    found, scored = changes_of(matched)
    assert scored
    assert [(one.kind, one.half) for one in found] == [
        ("better", False),
        ("worse", False),
        ("better", False),
        # Right in one order before and after, though not the same one.
        ("other", True),
        ("", False),
        ("better", True),
    ]
    # As `judgebench compare` counts them.
    whole = compare(matched).parts[0]
    kinds = [one.kind for one in found]
    assert (whole.items, whole.better, whole.worse) == (6, kinds.count("better"), kinds.count("worse"))


def test_right_is_what_most_annotators_say() -> None:
    one = verdict("i", Reply.ok(0), gold=0)
    for gold, expected in (([0, 0, 2], True), ([2, 2, 0], False), ([0, 2], None), ([None], None), ([], None)):
        people = tuple((f"h{n}", code) for n, code in enumerate(gold))
        assert right(replace(one, gold=people), PAIR) is expected
    assert right(replace(one, code=None), PAIR) is None
    assert right(replace(one, code=2, gold=(("h", (1, 2)),)), Scale.pick(4)) is True


@pytest.mark.parametrize(
    ("code", "scale", "places"), [(3, Scale.pair(5), [1]), ((0, 2), Scale.pick(3), [0, 2]), (0, Scale.check(), [])]
)
def test_responses_that_a_label_prefers(code: Any, scale: Scale, places: list[int]) -> None:
    assert chosen(code, scale) == places


def asked(prompt: Prompt, **kept: Any) -> Run:
    return replace(
        RUN,
        settings={"prompts": {"pair": f"{prompt.name}@{prompt.digest}"}},
        prompts={"pair": prompt.to_json()} if kept.get("kept", True) else {},
    )


def test_the_change_in_a_prompt_line_by_line() -> None:
    plain = Prompt("plain", ("pair",), "You compare two answers.\nSay which is better.\n{{responses}}\n{{verdict}}")
    strict = replace(plain, name="strict", user=plain.user.replace("Say which", "List what was asked.\nThen say which"))
    change = prompt_change(asked(plain), asked(strict))
    assert [line for kind, line in change if kind == "out"] == ["Say which is better."]
    assert [line for kind, line in change if kind == "in"] == ["List what was asked.", "Then say which is better."]
    assert ("same", "You compare two answers.") in change
    assert prompt_change(asked(plain), asked(plain)) == []
    # A prompt that a run does not keep can't be told from another.
    assert prompt_change(asked(plain, kept=False), asked(strict)) == []
    assert prompt_change(RUN, asked(strict)) == []

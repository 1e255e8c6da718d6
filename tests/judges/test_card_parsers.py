"""Published parsers bug for bug, on strings that their authors' code was run on; and ours, which never guesses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from native_replies import NATIVE

from judgebench.domain import Completion
from judgebench.judges.cards import card_names, load_card
from judgebench.judges.cards.parsers import PARSERS, TOKENS, parser
from judgebench.judges.cards.reading import published, strict

if TYPE_CHECKING:
    from judgebench.judges.cards.card import Said

LAYOUTS = {f"{card.name}/{layout.name}": layout for card in map(load_card, card_names()) for layout in card.layouts}

NONE, MISSED = None, (-1.0, -1.0)
#: By parser: replies and what the published code reads; ValueError where it raises.
READ: dict[str, dict[str, Said | type[Exception]]] = {
    "pandalm": {
        "1 ": "A", "2\n\n### Reason: short": "B", "1.": "tie", "Response 1": "tie", "": "tie", "3": "tie",
        "1\r\nx": "tie", "Tie": "tie", "**1**": "tie", "１": "tie",
    },
    "judgelm:whole": {
        "8 9": (8, 9), "8,9": (8, 9), "8.5 9": (8.5, 9), "8 9.": (8, 9), "8, 9": MISSED, "8 9 ": MISSED,
        "8  9": MISSED, "8/10 9/10": MISSED, "8 9 7": MISSED, "\n8 9": MISSED, "": MISSED, "80 9": (80, 9),
    },
    "judgelm": {"8 10": (8, 1), "8 9": MISSED, "8 10\nBoth.": (8, 10)},
    "judgelm-primed": {" 8\nIt helps.": 8, " 8": NONE, "": NONE, " 8 9\n": NONE},
    "auto-j": {
        "So, the final decision is Response 1.": "A", "final decision is Tie. No, final decision is Response 2": "B",
        "final decision is: Response 2": NONE, "Final decision is Response 1": NONE, 'final decision is "Response 2"': NONE,
        "final decision is Response 12": "A", "": NONE,
    },
    "auto-j-single": {
        "Rating: [[5]]": 5, "no rating": 0, "Rating: [[5/10]]": ValueError, "Rating: [[5": ValueError,
        "Rating: [[11]]": 11, "Rating: [[3]] Rating: [[4]]": 4,
    },
    "auto-j-zh": {"最终决定是回应1": "A", "最终决定是 回应2": "B", "最终决定是平局": "tie", "最终决定是：回应1": NONE},
    "auto-j-single-zh": {"评分:[[5]]": 5, "打分:[[6]]": 6, "评分: [[5]]": 0, "评分：[[5]]": 0},
    "prometheus-absolute": {
        "ok [RESULT] 4": 4, "[RESULT] (4)": 4, "[RESULT] 4/5": 4, "[RESULT] 4 out of 5": 4, "Score: 3": 3,
        "so the score of 3": 3, "[RESULT] 4.": NONE, "[RESULT] 4 as I said": NONE, "[RESULT] 4.5": NONE,
        "[RESULT] 0": NONE, "[RESULT] 6": NONE, "[RESULT] 4</s>": NONE,
    },
    "prometheus-relative": {
        "[RESULT] A": "A", "[RESULT] a": "A", "[RESULT]\nA": "A", "Response B": "B", "Result: B": "B",
        "[Response A]": "A", "[RESULT] A\nSo it is.": "A", "[RESULT] A or rather [RESULT] B": "A",
        "[RESULT] B.": NONE, "[RESULT] (A)": NONE, '[RESULT] "A"': NONE, "[RESULT] Tie": NONE,
    },
    "prometheus-rewardbench": {"[RESULT] A": "A", "[RESULT] A ": NONE, "[RESULT] A.": NONE, "[RESULT] A\n": NONE, "A": NONE},
    "prometheus-1": {"ok [RESULT] 4": 4, "[RESULT] 4.": NONE, "4": NONE},
    "letters": {"[[B]]": "B", "Both are fine, B": "B", "Both. Answer B": "A", "neither": NONE},
    "brackets": {"not [[B]] but [[A]]": "A", "[[B]]": "B", "[[C]]": NONE, "[B]": NONE, "[[ A ]]": NONE, "[[a]]": NONE},
    "brackets:ABC": {"[[C]]": "tie", "[[C]] no, [[A]]": "A", "[[B]] [[A]]": "A", "": NONE},
    "brackets:ABCD": {"[[D]]": "D", "[[D]], not [[C]]": "C"},
    "compassjudger-2": {
        '{"Choice": "Model A"}': "A", "Both are fine": "B", "A is better": "A", "Answer: A": "A",
        '{"Choice": "[Model B]"}': "", '{"Choice":"Model B"}': "", "{'Choice': 'Model B'}": "", "": NONE,
    },
    "first-letter": {"A": "A", " B": "B", "Assistant B": "A", "The first": NONE},
    "con-j": {
        '{"原因": "x", "更好的回答": 1}': "A", '```json\n{"更好的回答": "２"}\n```': "B", "更好的回答: 2": "B",
        "better answer is 1": "A", "无": NONE,
    },
    "offsetbias": {"Output (b), not Output (a)": "A", "Output (b)": "B", "(b)": NONE},
    "llmbar": {"Output (a)": "A", "\n Output (b)": "B", "It is Output (b)": NONE, "Output (b)\nOutput (a)": "A"},
    "llmbar:reasoned": {"Therefore, Output (b) is better.": "B", "Output (a) is better!": "A", "Output (b)": NONE},
    "self-taught": {"[[A]] or [[B]]": NONE, "[[A]]": "A", "[[B]]": "B", "[[C]]": "tie", "A": NONE},
    "selene": {"**Result:** A": "A", "**Result:** b": "", "**Result:** Tie": "", "Result: A": NONE},
    "arena-hard-v0.1": {
        "[[A>>B]]": "A>>B", "[[A>>B]] [[A>B]]": "", "[[B>A]] so [[B>A]]": "B>A", "[A>B]": NONE, "": NONE, "[[A]]": "",
    },
    "arena-hard-v2": {
        "[[A>B]] no [[B>A]]": "B>A", "[a>b]": "A>B", "[[A > B]]": NONE, "[[B<A]]": "A>B", "[A]": "", "[[AB]]": "",
        "[[B=A]]": "tie", "[[A<<B]]": "B>>A",
    },
    "mt-bench-scores": {"[[8,8.1]]": "tie", "[[8,9]]": "B", "[[9, 3]]": "A", "[[8]]": NONE},
    "mt-bench-single": {
        "[[8.5]]": 8.5, "as in [1], [[7]]": 7, "see [1]": 1, "[[8/10]]": NONE, "[[ 8 ]]": NONE, "[[80]]": 80,
        "[[05]]": ValueError, "[[3]] [[4]]": 3, "8": NONE,
    },
    "alpaca-eval": {
        "[{'model': 'model_1', 'rank': 1}, {'model': 'model_2', 'rank': 2}]": "A",
        "[{'model': 'model_1', 'rank': 2}, {'model': 'model_2', 'rank': 1}]": "B",
        "[{'model': 'model_1', 'rank': 3}]": NONE, "model_1": NONE,
    },
    "align-bench": {
        "{'综合得分': 7}": 7, "{'a': 1, '综合得分': 7.5}": 7, "{'a': 1}\n{'综合得分': 3}": 3, "{'事实正确性': 9,\n'综合得分': 6}": 6,
        '{"综合得分": 7}': NONE, "{'综合得分':7}": NONE,
    },
    "rewardbench-rating": {
        "9/10": 10, "8 out of 10": 10, "7.5": 5, "Rating: 10": 10, "**9**": NONE, "9.": NONE, "[[9]]": NONE,
        "0": NONE, "11": NONE,
    },
    "fellowship-direct": {
        "### Answer:\nA": "A", "### Answer:\nc": "tie", "### Answer: A": NONE, "### Answer:\n**A**": NONE,
        "### Answer:\nA or B or C": "A", "### Answer:\nBoth": "B", "### Answer:\nYes": NONE,
    },
    "fellowship-independent": {
        "### Overall Score:\n8/10": 8, "### Overall Score:\n8.5/10": 8.5, "### Overall Score:\n8": NONE,
        "### Overall Score:\n10.0/10": NONE, "### Overall Score:\n**8/10**": NONE,
    },
    "fellowship-combined:5": {"### Score Assistant A:\n3/5\n\n### Score Assistant B:\n4/5": (3, 4), "3/5 4/5": MISSED},
    "judging-the-judges": {
        "Correct.": "correct", " correct": "correct", "incorrect": "incorrect", "maybe correct": "incorrect",
        "the answer is correct": "incorrect", "": "incorrect",
    },
    "g-eval": {"4": 4, " 4": 4, "4/5": 4, "4.5": 4.5, "10": 10, "Score: 4": 0, "": 0},
    "fair-eval": {
        "x\na: 8\nb: 9": (8, 9), "a: 8\nb: 9\n": NONE, "a: 8\n\nb: 9": NONE, "a: 8/10\nb: 9/10": NONE,
    },
    "chat-eval": {"The score of Assistant 1: 8\nThe score of Assistant 2: 9": (8, 9), "Assistant 1: 8\nAssistant 2: 9": NONE},
    "judgelrm": {
        "</think><answer>3</answer><answer>5</answer>": (3, 5), "<answer>3 5</answer>": NONE,
        "<answer>7.5</answer><answer>5</answer>": NONE, "<answer>11</answer><answer>5</answer>": NONE,
    },
    "rm-r1": {"<answer>[[A]]</answer>": "A", "[[A]] [[B]]": NONE, "[[B]]": "B", "": NONE},
    "umbrela": {
        "M: 2 T: 3 O: 1": 1, '{"M":2,"T":1,"O":3}': 3, "M=3, T=3 so it is relevant": 3, "score 4": NONE,
        "##final score: 2": 2, "no score": NONE,
    },
    "healthbench": {
        '```json\n{"criteria_met": true}\n```': "correct", '{"criteria_met": false}': "incorrect",
        'So: ```json\n{"criteria_met": true}\n```': NONE, '{"criteria_met": True}': NONE, '{"criteria_met": "true"}': NONE,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_published_parsers_read_what_their_authors_read(name: str) -> None:
    read = parser(name)
    for reply, said in READ[name].items():
        if isinstance(said, type):
            with pytest.raises(said):
                read(reply)
        else:
            assert (reply, read(reply)) == (reply, said)


def test_only_readers_that_nobody_published_or_that_need_tokens_are_not_in_the_table() -> None:
    unseen = {"deepseek-grm", "glider", "lynx", "judgelm-many", "selene-check", "selene-score", "alpaca-eval-fn"}
    assert set(PARSERS) - {name.partition(":")[0] for name in READ} == unseen | TOKENS


#: Ways in which a reply goes wrong; a strict reader finds the same verdict in it, or none.
SPOILED = {
    "blank": lambda r: f"  {r}  ",
    "period": lambda r: f"{r}.",
    "newline": lambda r: f"{r}\n",
    "newlines before": lambda r: f"\n\n{r}",
    "end of text": lambda r: f"{r}</s>",
    "crlf": lambda r: r.replace("\n", "\r\n"),
    "bold": lambda r: f"**{r}**",
    "backticks": lambda r: f"`{r}`",
    "fence": lambda r: f"```\n{r}\n```",
    "prose before": lambda r: f"Let me see.\n{r}",
    "prose behind": lambda r: f"{r}\nThat is all.",
    "twice": lambda r: f"{r}\n{r}",
    "lower": str.lower,
    "upper": str.upper,
    "one bracket": lambda r: r.replace("[[", "[").replace("]]", "]"),
    "blanks in brackets": lambda r: r.replace("[[", "[[ ").replace("]]", " ]]"),
    "full width": lambda r: r.translate({ord("0") + n: 0xFF10 + n for n in range(10)}),
    "full colon": lambda r: r.replace(":", "："),
    "single quotes": lambda r: r.replace('"', "'"),
    "no blank behind colons": lambda r: r.replace(": ", ":"),
    "reasoned before": lambda r: f"<think>\n[[A]] [[B]] 1 2 [RESULT] 3\n</think>\n{r}",
    "comma and blank": lambda r: re.sub(r"(\d) (\d)", r"\1, \2", r),
}
#: Replies that hold no verdict, whoever is asked.
VOID = (
    "", " ", "\n", "I'm sorry, I can't help with that.", "As an AI I have no opinion.", "…", "[[ ]]", "[[]]", "[[Z9]]",
    "[RESULT]", "Rating: [[x]]", "0/0", "N/A", "None of them.", "### Answer:\n", "final decision is nothing",
    "<think>[[A]] 8 9 [RESULT] 4", "<answer></answer>", '{"Choice": "Model C"}', "**Result:** Z",
)  # fmt: skip

#: Replies that go on behind what looks like a verdict, or hold another number than the form's.
OPEN = {
    "auto-j/pair": ("final decision is Response 1 or Response 2", "final decision is Response 1 and 2", "final decision is Tie/Response 1"),
    "auto-j/zh": ("最终决定是回应1或回应2", "最终决定是回应12"),
    "prometheus-1/absolute": ("[RESULT] 4/10", "[RESULT] 4 or 5", "[RESULT] 4-5", "[RESULT] 4.5", "[RESULT] (4), 5"),
    "prometheus-2/absolute": ("[RESULT] 4/10", "[RESULT] 4 out of 10", "[RESULT] 4.5"),
    "prometheus-2/relative": ("[RESULT] A or B", "[RESULT] A and B", "[RESULT] A/B", "[RESULT] A = B", "[RESULT] A is worse"),
    "selene/pair": ("**Result:** A or B", "**Result:** A/B"),
    "selene/absolute": ("**Result:** 4.5", "**Result:** 4/10", "**Result:** 4 or 5"),
    "selene/check": ("**Result:** Yes and No", "**Result:** Yes/No"),
    "umbrela/bing": ("##final score: 2.5", "##final score: 2-3"),
    "llmbar/vanilla": ("Output (a) or Output (b)", "Output (a) is worse than Output (b)"),
    "g-eval/samples": ("-4", "4/9"),
    "rewardbench/ratings": ("-3",),
    "deepseek-grm/pair": ("\\boxed{8/10}", "\\boxed{Response 2: 8}"),
    "deepseek-grm/single": ("\\boxed{7 out of ten}",),
    "fair-eval/fair-eval": ("The score of Assistant 1: 8\nThe score of Assistant 2: 8 or 9",),
    "fellowship/direct": ("### Answer: A, B", "### Answer: A or B", "### Answer: A = B"),
    "fellowship/independent": ("### Overall Score:\n8/10 or 9/10",),
    "alpaca-eval/gpt4": ("[{'model': 'model_1', 'rank': 1}, {'model': 'model_2', 'rank': 1}]",),
}  # fmt: skip


@pytest.mark.parametrize("name", [one for one in NATIVE if LAYOUTS[one].parser.partition(":")[0] not in TOKENS])
def test_a_strict_reader_finds_the_verdict_or_none(name: str) -> None:
    layout = LAYOUTS[name]
    for reply in NATIVE[name]:
        whole = strict(layout, [Completion(reply)])
        assert whole not in {None, ""}
        for how, spoil in SPOILED.items():
            said = strict(layout, [Completion(spoil(reply))])
            assert (how, said) in {(how, whole), (how, None)}
            published(layout, [Completion(spoil(reply))])
        assert strict(layout, [Completion(reply, finish="length")]) is None
    for reply in (*VOID, *OPEN.get(name, ())):
        assert (reply, strict(layout, [Completion(reply)])) == (reply, None)
        published(layout, [Completion(reply)])
    first, last = NATIVE[name][0], NATIVE[name][-1]
    # Reasoning that ends twice leaves one answer.
    if "</think>" not in last and strict(layout, [Completion(first)]) != strict(layout, [Completion(last)]):
        assert strict(layout, [Completion(f"{first}\n{last}")]) in {None, strict(layout, [Completion(first)])}

"""What published judges write, by card and layout; invented, in their native forms."""

_ARENA = ("My own answer: 4.\n\nMy final verdict is: [[A>>B]]", "Both are fine. [[A=B]]", "So: [[B>A]]", "[[B>>A]]")
_AB = ("The first is right. [[A]]", "The second is right. [[B]]")
_PANDALM = (
    "1\n\n### Reason: It is shorter.\n\n### Reference: 4",
    "2\n\n### Reason: So it is.",
    "Tie\n\n### Reason: Same.",
)
_TWO = ("8 9\nThe second one says more.", "7.5 7.5\nBoth do.", "9 3\nThe first is right.")
_RESULT = ("Feedback: It is brief. [RESULT] 4", "Feedback: It is wrong. [RESULT] 1")
_AB_RESULT = ("Feedback: A is right. [RESULT] A", "Feedback: B is right. [RESULT] B")
_CHECK = ("correct", "incorrect")
_EVIDENCE = "### Evaluation Evidence:\nOne says more.\n\n"


def _combined(most: int) -> tuple[str, ...]:
    return tuple(
        f"{_EVIDENCE}### Score Assistant A:\n{a}/{most}\n\n### Score Assistant B:\n{b}/{most}"
        for a, b in ((most, 3), (2, most - 1), (4, 4))
    )


NATIVE = {
    "align-bench/single": (
        "很好。\n{'事实正确性': 9, '满足用户需求': 8, '综合得分': 8}",
        "不对。\n{'事实正确性': 1, '综合得分': 2}",
    ),
    "alpaca-eval/weighted": ("m", "M"),
    "alpaca-eval/clf": ("m", "M"),
    "alpaca-eval/gpt4": (
        "[{'model': 'model_1', 'rank': 1}, {'model': 'model_2', 'rank': 2}]",
        "[{'model': 'model_1', 'rank': 2}, {'model': 'model_2', 'rank': 1}]",
    ),
    "alpaca-eval/fn": (
        '{"ordered_models": [{"model": "m", "rank": 1}, {"model": "M", "rank": 2}]}',
        '{"ordered_models": [{"model": "m", "rank": 2}, {"model": "M", "rank": 1}]}',
    ),
    "arena-hard/v2": _ARENA,
    "arena-hard/v0.1": _ARENA,
    "arena-hard/creative": _ARENA,
    "auto-j/pair": (
        "Both add up.\nSo, the final decision is Tie.",
        "So, the final decision is Response 1.",
        "So, the final decision is Response 2.",
    ),
    "auto-j/single": ("It is brief.\n\nRating: [[7]]", "It is wrong.\n\nRating: [[1]]"),
    "auto-j/zh": ("综上，最终决定是回应1。", "综上，最终决定是回应2。", "综上，最终决定是平局。"),
    "auto-j/single-zh": ("不错。评分:[[7]]", "不对。评分:[[2]]"),
    "compassjudger-1/pair": ("A", "B"),
    "compassjudger-1/judgebench": _ARENA,
    "compassjudger-2/pair": ('One is right.\n{"Choice": "Model A"}', 'The other is.\n{"Choice": "Model B"}'),
    "con-j/pair": ('{"原因": "更准确", "更好的回答": 1}', '{"原因": "更全面", "更好的回答": 2}'),
    "deepseek-grm/pair": ("Criteria ...\nScores: \\boxed{7, 4}", "Scores: \\boxed{3, 9}"),
    "deepseek-grm/pick": ("Scores: \\boxed{7, 4, 2, 9}", "Scores: \\boxed{3, 9, 1, 1}"),
    "deepseek-grm/single": ("Scores: \\boxed{7}", "Scores: \\boxed{2}"),
    "fair-eval/fair-eval": (
        "Both say so.\nThe score of Assistant 1: 8\nThe score of Assistant 2: 9",
        "So it is.\nThe score of Assistant 1: 7.5\nThe score of Assistant 2: 3",
    ),
    "fair-eval/chat-eval": ("I read both.\nThe score of Assistant 1: 8\nThe score of Assistant 2: 9",),
    "fellowship/direct": (f"{_EVIDENCE}### Answer:\nA", f"{_EVIDENCE}### Answer:\nB", f"{_EVIDENCE}### Answer:\nC"),
    "fellowship/independent": (f"{_EVIDENCE}### Overall Score:\n8.5/10", f"{_EVIDENCE}### Overall Score:\n2/10"),
    "fellowship/combined-10": _combined(10),
    "fellowship/combined-5": _combined(5),
    "fellowship/combined-100": _combined(100),
    "g-eval/samples": ("4", "3", " 5"),
    "g-eval/logprobs": ("4", "3"),
    "g-eval/fluency": ("2", "3"),
    "glider/rubric": (
        "<reasoning>\n- fine\n</reasoning>\n<highlight>['4']</highlight>\n<score>\n4\n</score>",
        "<score>1</score>",
    ),
    "healthbench/rubric-item": (
        '```json\n{"explanation": "It is there.", "criteria_met": true}\n```',
        '{"explanation": "It is missing.", "criteria_met": false}',
    ),
    "judgelm/pair": _TWO,
    "judgelm/judgebench": ("8 9", "7.5 7.5", "9 3"),
    "judgelm/single": (" 8\nIt says more.", " 3\nIt is wrong."),
    "judgelm/many": ("8 9 2 1\nThe second one says more.", "1, 2, 3, 9\nThe last one is right."),
    "judgelrm/pair": (
        "Let me see.</think><answer>8</answer><answer>3</answer>",
        "So.</think><answer>4</answer><answer>4</answer>",
    ),
    "judging-the-judges/default": _CHECK,
    "judging-the-judges/default-v2": _CHECK,
    "judging-the-judges/guidelines": _CHECK,
    "judging-the-judges/guidelines-v2": _CHECK,
    "llmbar/vanilla": ("Output (a)", "Output (b)"),
    "llmbar/reasoned": ("It is right. Therefore, Output (a) is better.", "It is not. Therefore, Output (b) is better."),
    "lynx/faithful": (
        '{"REASONING": ["It says so."], "SCORE": "PASS"}',
        '{"REASONING": ["It does not."], "SCORE": FAIL}',
    ),
    "mt-bench/pair": (*_AB, "Both are right. [[C]]"),
    "mt-bench/single": ("It is right. Rating: [[8]]", "It is wrong. Rating: [[2.5]]"),
    "offsetbias/pair": ("Output (a)", "Output (b)"),
    "pandalm/pair": _PANDALM,
    "pandalm/judgebench": _PANDALM,
    "prometheus-1/absolute": _RESULT,
    "prometheus-2/absolute": _RESULT,
    "prometheus-2/relative": _AB_RESULT,
    "prometheus-2/rewardbench": _AB_RESULT,
    "rewardbench/v1": _AB,
    "rewardbench/v2": (*_AB, "The third is right. [[C]]", "The last is. [[D]]"),
    "rewardbench/ratings": ("8", "Rating: 10"),
    "rise-judge/pair": ("一步一步分析……[[A]]", "一步一步分析……[[B]]"),
    "rm-r1/instruct": (
        "<type>Reasoning</type><solution>4</solution><eval>A is right.</eval><answer>[[A]]</answer>",
        "<type>Chat</type><rubric>tone</rubric><eval>B is kinder.</eval>\n<answer>[[B]]</answer>",
    ),
    "rm-r1/distilled": ("<think>Hm.</think>A is right. [[A]]", "<think>Hm.</think>B is right. [[B]]"),
    "selene/pair": ("**Reasoning:** A is right.\n\n**Result:** A", "**Reasoning:** B is right.\n\n**Result:** B"),
    "selene/absolute": ("**Reasoning:** It is right.\n\n**Result:** 5", "**Reasoning:** It is wrong.\n\n**Result:** 1"),
    "selene/check": ("**Reasoning:** It is right.\n\n**Result:** Yes", "**Reasoning:** It is wrong.\n\n**Result:** No"),
    "self-taught/pair": _AB,
    "skywork-critic/judgebench": ("[[A]]", "[[B]]"),
    "skywork-critic/rewardbench": ("[[A]]", "[[B]]"),
    "umbrela/bing": ("M 3, T 2.\n##final score: 2", "##final score: 0"),
}

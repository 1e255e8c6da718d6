"""Published parsers, bug for bug: how the authors of judges read a reply. Nothing here is as we would do it.

A parser takes the reply and returns what it reads (`judgebench.judges.cards.card.Said`): None where the published one
finds nothing, ``""`` where it finds something that its scorer can't use. ValueError stands for an exception of theirs.
Each says where it comes from, ``repository@commit``; `judgebench.judges.cards.reading` says what failures become.
"""

from __future__ import annotations

import ast
import json
import re
from functools import cache, partial
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, cast

from judgebench.errors import UnknownNameError
from judgebench.labels.vocabulary import word_set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from judgebench.judges.cards.card import Said

#: What stands for a score that was not found where the published code goes on with it.
MISSING = -1.0
#: Parsers that read words: functions here, named so with underscores; and of scores: those of `parsers_scores`.
_WORDS = word_set(
    "alpaca-eval alpaca-eval-fn arena-hard-v0.1 arena-hard-v2 auto-j auto-j-zh brackets compassjudger-2 con-j "
    "fellowship-direct first-letter healthbench judging-the-judges letters llmbar lynx offsetbias pandalm "
    "prometheus-relative prometheus-rewardbench rm-r1 selene selene-check selene-score self-taught"
)
_SCORES = word_set(
    "align-bench alpaca-eval-clf alpaca-eval-weighted auto-j-single auto-j-single-zh chat-eval deepseek-grm "
    "fair-eval fellowship-combined fellowship-independent g-eval g-eval-logprobs glider judgelm judgelm-many "
    "judgelm-primed judgelrm mt-bench-scores mt-bench-single prometheus-1 prometheus-absolute rewardbench-rating "
    "umbrela"
)
PARSERS = _WORDS | _SCORES
#: Those that read a completion; the others read its text.
TOKENS = frozenset({"alpaca-eval-clf", "alpaca-eval-weighted", "g-eval-logprobs"})
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, StopIteration, RecursionError)
#: Those that read the first of two replies apart.
TWICE = frozenset({"fellowship-combined"})


@cache
def parser(name: str) -> Callable[..., Said]:
    """Find a parser, ``NAME`` or ``NAME:ARGUMENT``; UnknownNameError where there is none."""
    kind, colon, argument = name.partition(":")
    if kind not in PARSERS:
        raise UnknownNameError("published parser", kind, sorted(PARSERS))
    module = "parsers_scores" if kind in _SCORES else "parsers"
    found: Callable[..., Said] = resolve_name(f"judgebench.judges.cards.{module}:{re.sub(r'[-.]', '_', kind)}")
    return partial(found, argument=argument) if colon else found


# --- a word of its own ----------------------------------------------------------------------------


def pandalm(text: str) -> Said:
    r"""Read the first line; all but 1 and 2 is a tie. WeOpenML/PandaLM@3871806.

    >>> pandalm("2\n\n### Reason: shorter"), pandalm("1."), pandalm("")
    ('B', 'tie', 'tie')
    """
    return {"1": "A", "2": "B"}.get(text.strip().split("\n")[0], "tie")


def auto_j(text: str) -> Said:
    """Read behind the last "final decision is ". GAIR-NLP/auto-j@2ae17a3."""
    return _decided(text, "final decision is ", ("response 1", "response 2", "tie"))


def auto_j_zh(text: str) -> Said:
    """Read behind the last 最终决定是. GAIR-NLP/auto-j@2ae17a3."""
    return _decided(text, "最终决定是", ("回应1", "回应2", "平局"))


def _decided(text: str, cue: str, words: tuple[str, str, str]) -> Said:
    _, found, rest = text.strip().rpartition(cue)
    said = rest.strip().lower()
    return next(
        (code for word, code in zip(words, ("A", "B", "tie"), strict=True) if found and said.startswith(word)), None
    )


def judging_the_judges(text: str) -> Said:
    """Read the first word; all else is incorrect. UMass-Meta-LLM-Eval/llm_eval@17be1e5."""
    return "correct" if text.lower().strip().startswith("correct") else "incorrect"


def llmbar(text: str, argument: str = "") -> Said:
    """Search (a), then (b): at a line's start, or with ``reasoned`` as "Output (a) is better"; the dot is any letter.

    princeton-nlp/LLMBar@caa7bee, evaluators/config.
    """
    head, tail = ("", r" is better.") if argument == "reasoned" else (r"(?:^|\n) ?", "")
    found = (
        code for word, code in (("a", "A"), ("b", "B")) if re.search(rf"{head}Output \({word}\){tail}", text.strip())
    )
    return next(found, None)


def offsetbias(text: str) -> Said:
    """Look for "Output (a)", then for "Output (b)". allenai/reward-bench@05a9005."""
    return "A" if "Output (a)" in text else "B" if "Output (b)" in text else None


def letters(text: str) -> Said:
    """Take any A, else any B. ScalerLab/JudgeBench@e2c52c2, for Skywork-Critic."""
    return "A" if "A" in text else "B" if "B" in text else None


def first_letter(text: str) -> Said:
    """Take a bare A or B that the reply begins with. open-compass/opencompass@a5acc4bb, for JudgerBench-A."""
    return text.strip()[:1] if text.strip()[:1] in {"A", "B"} else None


# --- [[A]] and its kin ----------------------------------------------------------------------------


def brackets(text: str, argument: str = "AB") -> Said:
    """Look for [[A]], then [[B]] ... whatever their place; of three letters C is a tie.

    lm-sys/FastChat@0e6d3e4b (ABC), allenai/reward-bench@05a9005 (AB and ABCD).
    """
    found = next((letter for letter in argument if f"[[{letter}]]" in text), None)
    return "tie" if found == "C" and argument == "ABC" else found


def self_taught(text: str) -> Said:
    """As `brackets`, but both are none. facebookresearch/RAM@e6f051f."""
    return None if "[[A]]" in text and "[[B]]" in text else brackets(text, "ABC")


def rm_r1(text: str) -> Said:
    """Take one label; both are an error. RM-R1-UIUC/RM-R1@d4c2542."""
    a, b = "[[A]]" in text, "[[B]]" in text
    return None if a == b else "A" if a else "B"


_FIVE = {"A>>B": "A>>B", "A>B": "A>B", "A=B": "tie", "B>A": "B>A", "B>>A": "B>>A"}
_TEN = _FIVE | {"A<B": "B>A", "A<<B": "B>>A", "B<A": "A>B", "B<<A": "A>>B", "B=A": "tie"}


def arena_hard_v0_1(text: str) -> Said:
    """Take the one label; two different ones are none, for good. lmarena/arena-hard-auto@4ce0f008 (v0.1)."""
    found = set(re.findall(r"\[\[([AB<>=]+)\]\]", text))
    return _FIVE.get(found.pop(), "") if len(found) == 1 else "" if found else None


def arena_hard_v2(text: str) -> Said:
    """Take the last label in two brackets, else in one; mirrored spellings count. lmarena/arena-hard-auto@196f6b8."""
    for pattern in (r"\[\[([AB<>=]+)\]\]", r"\[([AB<>=]+)\]"):
        if found := re.findall(pattern, text.upper()):
            return _TEN.get(found[-1], "")
    return None


# --- marks and keys -------------------------------------------------------------------------------


def prometheus_relative(text: str) -> Said:
    """Take the first letter behind a mark of a result. prometheus-eval/prometheus-eval@dcfb442."""
    marks = r"\[RESULT\](?:\s+Response)?|\[RESULT:|\[?Response\s|(?:^|\n)Result:?"
    found = re.search(rf"(?:{marks})\s*([AB])(?:\]|\s|$)", text, re.IGNORECASE)
    return found and found[1].upper()


def prometheus_rewardbench(text: str) -> Said:
    """Take the last character, where there is a [RESULT]. allenai/reward-bench@05a9005."""
    return text[-1] if "[RESULT]" in text and text[-1] in "AB" else None


def compassjudger_2(text: str) -> Said:
    """Take the letter of the choice, or the first of the reply. open-compass/opencompass@a5acc4bb."""
    _, found, rest = text.partition('"Choice": "Model ')
    letter = (rest if found else text)[:1]
    return {"A": "A", "B": "B"}.get(letter, "" if letter else None)


def selene(text: str) -> Said:
    """Take the word behind **Result:** as it is. allenai/reward-bench@05a9005."""
    return _result(text, {"A": "A", "B": "B"})


def selene_check(text: str) -> Said:
    """Take Yes or No behind **Result:**. atla-ai/selene-mini@1425d20, as RewardBench reads pairs."""
    return _result(text, {"Yes": "correct", "No": "incorrect"})


def selene_score(text: str) -> Said:
    """Take the number behind **Result:**. atla-ai/selene-mini@1425d20, as RewardBench reads pairs."""
    return _result(text, {str(score): float(score) for score in range(1, 6)})


def _result(text: str, words: Mapping[str, Said]) -> Said:
    found = re.search(r"\*\*Result:\*\*\s*(\w+)", text)
    return None if found is None else words.get(found[1], "")


def fellowship_direct(text: str) -> Said:
    """Take the letter on the line below "### Answer:"; C is a tie. ulrs0/MA-PO@9cd6088."""
    found = re.search(r"### Answer:\n([ABC])", text, re.IGNORECASE)
    return None if found is None else {"C": "tie"}.get(found[1].upper(), found[1].upper())


def alpaca_eval(text: str) -> Said:
    """Read a Python list of models and ranks; the first is the one shown first. tatsu-lab/alpaca_eval@cd543a1."""
    try:
        return _ranked(ast.literal_eval(text), "model_1")
    except (SyntaxError, MemoryError, *_UNREADABLE):
        return None


def alpaca_eval_fn(text: str) -> Said:
    """Read the arguments of the call, in which the first is m. tatsu-lab/alpaca_eval@cd543a1."""
    try:
        return _ranked(json.loads(text)["ordered_models"], "m")
    except _UNREADABLE:
        return None


def _ranked(models: Any, first: str) -> Said:
    return {1: "A", 2: "B"}.get(next(one["rank"] for one in models if one["model"] == first))


def lynx(text: str) -> Said:
    """Read SCORE, quoted or not, in a list or not. The published reader was not seen: this is the card's form."""
    found = re.search(r"[\"']?SCORE[\"']?\s*:\s*\[?\s*[\"']?(PASS|FAIL)", text)
    return found and {"PASS": "correct", "FAIL": "incorrect"}[found[1]]


def healthbench(text: str) -> Said:
    """Read criteria_met, a boolean; a fence goes at the very ends alone. openai/simple-evals@9e2fafd."""
    bare = re.sub(r"^```json\s*|\s*```$", "", text.strip())
    try:
        met: Any = json.loads(bare)["criteria_met"]
    except _UNREADABLE:
        return None
    return {True: "correct", False: "incorrect"}[met] if isinstance(met, bool) else None


# --- Con-J ----------------------------------------------------------------------------------------

_BETTER = "更好的回答"
_KEYS = (
    *(_BETTER, "更好回答", "更好得回答", "更好地回答", "better_answer", "better answer", "更好答案", "更好得答案"),
    *("更好的答案", "更好地答案", "更佳回答", "更佳答案", "更好答", "最佳答案", "更好答 案", "更好 的 回答"),
    *("betterAnswer", "更好 的 回应", "更好得回应回答", "答案", "回答"),
)


def con_j(text: str) -> Said:
    """Read JSON in a fence, bare or among prose, else a 1 or 2 near a key. allenai/reward-bench@05a9005."""
    flat = text.replace("\n", " ").strip()
    said = next(_objects(flat), None)
    digit = str(said[_BETTER]) if said is not None else next(_near(flat), "")
    return {"1": "A", "１": "A", "2": "B", "２": "B"}.get(digit)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    for one in (*re.findall(r"```json(.*?)```", text), text, *re.findall(r"{.*?}", text)):
        try:
            found: Any = json.loads(one)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and _BETTER in found:
            yield cast("dict[str, Any]", found)


def _near(text: str) -> Iterator[str]:
    for key in (key for key in _KEYS if key in text):
        for pattern in (rf'"{key}"\s*:\s*.*?([12１２])', rf"{key}.*?([12１２])", rf"([12１２]).*?{key}"):
            if found := re.search(pattern, text):
                yield found[1]
                break

"""Published parsers of scores, bug for bug; see `judgebench.judges.cards.parsers`."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from judgebench.judges.cards.parsers import MISSING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Completion
    from judgebench.judges.cards.card import Said

# --- a score for each answer --------------------------------------------------------------------


def judgelm(text: str, argument: str = "") -> Said:
    r"""Read two scores of the first line, else two of -1, a tie. baaivision/JudgeLM@00c4516.

    Their runner cuts a reply at a separator that is not there, and so loses its last character: 10 becomes 1. With
    ``whole`` nothing is lost, as in ScalerLab/JudgeBench@e2c52c2.

    >>> judgelm("8 10\nBetter."), judgelm("8 10"), judgelm("8/10 9/10")
    ((8.0, 10.0), (8.0, 1.0), (-1.0, -1.0))
    """
    kept = text if argument == "whole" else text[:-1]
    words = kept.split("\n")[0].replace(",", " ").split(" ")
    try:
        scores = tuple(float(word) for word in words)
    except ValueError:
        scores = ()
    return scores if len(scores) == 2 and all(map(math.isfinite, scores)) else (MISSING, MISSING)


def judgelm_many(text: str) -> Said:
    """Read the scores of the first line, however many. Ours: the published parser knows two."""
    try:
        scores = tuple(float(word) for word in text.split("\n", maxsplit=1)[0].replace(",", " ").split())
    except ValueError:
        return None
    return scores if len(scores) > 1 else None


def judgelm_primed(text: str) -> Said:
    r"""Put the 10 back that the prompt ends in, and take the second score; the first is the reference's.

    >>> judgelm_primed(" 8\nGood.")
    8.0
    """
    said = judgelm(f"10{text}")
    return said[1] if isinstance(said, tuple) and said[1] != MISSING else None


def fair_eval(text: str) -> Said:
    """Read the last two lines behind a colon. i-Eval/FairEval@453c117."""
    try:
        first, second = (float(line.rpartition(":")[2].strip()) for line in text.split("\n")[-2:])
    except ValueError:
        return None
    return (first, second)


def chat_eval(text: str) -> Said:
    """As `fair_eval`, where the lines begin as they should. thunlp/ChatEval@56b320c."""
    lines = re.sub(r"\n+", "\n", text.strip()).strip().split("\n")[-2:]
    starts = [f"The score of Assistant {n}:" for n in (1, 2)]
    if len(lines) < 2 or not all(line.startswith(start) for line, start in zip(lines, starts, strict=True)):
        return None
    return fair_eval("\n".join(lines))


def fellowship_combined(text: str, first: str | None = None, argument: str = "10") -> Said:
    """Read ``x/N`` below "### Score Assistant A:" and B; what lacks is -1, which compares as low.

    After the one that was asked again A's score is that of the ``first`` reply: their code reads B's alone anew.
    ulrs0/MA-PO@9cd6088.
    """
    one = text if first is None else first
    return (_fellowship("Score Assistant A", one, argument), _fellowship("Score Assistant B", text, argument))


def fellowship_independent(text: str, argument: str = "10") -> Said:
    """Read ``x/10`` below "### Overall Score:". ulrs0/MA-PO@9cd6088."""
    score = _fellowship("Overall Score", text, argument)
    return None if score == MISSING else score


def _fellowship(head: str, text: str, most: str) -> float:
    found = re.search(rf"### {head}:\n(\d+(?:\.\d+)?)/{most}", text)
    whole = found is not None and (float(found[1]) < float(most) or "." not in found[1])
    return float(found[1]) if found is not None and whole else MISSING


def judgelrm(text: str) -> Said:
    """Read the first two tags with whole numbers from 0 to 10. NuoJohnChen/JudgeLRM@1b20721."""
    tags = re.findall(r"<answer>(.*?)</answer>", text, re.DOTALL)[:2]
    scores = tuple(float(tag) for tag in tags if re.fullmatch(r"\s*\d+\s*", tag) and int(tag) <= 10)
    return scores if len(scores) == 2 else None


def deepseek_grm(text: str) -> Said:
    r"""Read the numbers in the last \boxed{}. The official reader was not seen: this is what others do."""
    boxes = re.findall(r"\\boxed\{([^{}]*)\}", text)
    try:
        scores = tuple(float(one) for one in boxes[-1].split(",")) if boxes else ()
    except ValueError:
        return None
    return scores[0] if len(scores) == 1 else scores or None


def mt_bench_scores(text: str) -> Said:
    """Read ``[[a,b]]``; scores that differ by .1 or less are a tie. lm-sys/FastChat@0e6d3e4b."""
    found = re.search(r"\[\[(\d+\.?\d*),\s?(\d+\.?\d*)\]\]", text)
    if found is None:
        return None
    a, b = float(found[1]), float(found[2])
    return "tie" if abs(a - b) <= 0.1 else "A" if a > b else "B"


# --- one score ------------------------------------------------------------------------------------


def auto_j_single(text: str) -> Said:
    """Read the last "Rating: [[x]]"; without one it is 0. GAIR-NLP/auto-j@2ae17a3."""
    return _last_rating(text, "Rating: [[")


def auto_j_single_zh(text: str) -> Said:
    """Read the last 评分:[[x]] or 打分:[[x]], colon and all. GAIR-NLP/auto-j@2ae17a3."""
    cue = "评分:[[" if "评分:[[" in text else "打分:[["
    return _last_rating(text, cue)


def _last_rating(text: str, cue: str) -> float:
    _, found, rest = text.rpartition(cue)
    if not found:
        return 0.0
    number, closed, _ = rest.partition("]]")
    if not closed:
        raise ValueError("a bracket that isn't closed")
    return float(number.strip())


def mt_bench_single(text: str) -> Said:
    """Read the first [[n]], else the first [n]. lm-sys/FastChat@0e6d3e4b."""
    found = re.search(r"\[\[(\d+\.?\d*)\]\]", text) or re.search(r"\[(\d+\.?\d*)\]", text)
    if found is None:
        return None
    if re.fullmatch(r"0+[1-9]\d*", found[1]):
        raise ValueError("no number of Python's")
    return float(found[1])


def prometheus_1(text: str) -> Said:
    """Split at [RESULT] and take a whole number from 1 to 5. prometheus-eval/prometheus@60e2c58, README."""
    _, found, rest = text.partition("[RESULT]")
    return float(rest) if found and re.fullmatch(r"\s*[1-5]\s*", rest) else None


_RESULT = r"\[RESULT\]|\[SCORE\]|Score:?|Result:?|\[Result\]:?|score\s+of"


def prometheus_absolute(text: str) -> Said:
    """Take the score at the end, behind a mark of a result. prometheus-eval/prometheus-eval@dcfb442."""
    end = r"(?:[\])\s]|/\s*5|\s*out\s*of\s*5)?\s*\Z"
    found = re.search(rf"(?:{_RESULT})\s*[(\[\s]*(\d+){end}", text, re.IGNORECASE)
    return float(found[1]) if found and 1 <= int(found[1]) <= 5 else None


def rewardbench_rating(text: str) -> Said:
    """Take the whole number at the very end. allenai/reward-bench@05a9005."""
    found = re.search(r"\b([1-9]|10)\b\s*\Z", text.strip())
    return float(found[1]) if found else None


def g_eval(text: str) -> Said:
    """Read the number at the start, one blank allowed; all else is 0. nlpyang/geval@6f84404."""
    found = re.search(r"^ ?([\d.]+)", text)
    try:
        return float(found[1]) if found else 0.0
    except ValueError:
        return 0.0


def align_bench(text: str) -> Said:
    """Read 综合得分 of the last dictionary on one line, else anywhere. THUDM/AlignBench@5b79d4a."""
    last = re.search(r"{(.*?)}(?![^{]*{)", text)
    said = dict(re.findall(r"'(.*?)': (\d+)", last[1])) if last else {}
    if "综合得分" in said:
        return float(said["综合得分"])
    found = re.search(r"'综合得分': (\d+(?:\.\d{1,2})?)", text)
    return float(found[1]) if found else None


def glider(text: str) -> Said:
    """Read <score>. The published reader was not seen: this is the card's form."""
    found = re.search(r"<score>\s*(\d+)\s*</score>", text)
    return float(found[1]) if found else None


_IS = r"\s*[:-=]?\s*"
#: In this order; a number that comes behind none of them is taken where it stands last.
_UMBRELA = (
    *(rf"{name}{_IS}" for name in ('"o"', "'o'", "o", '"overall_score"', '"overall"', '"overall score"')),
    *(rf'"final score"{_IS}', rf"final score{_IS}", "final score is ", rf'"final_score"{_IS}', rf'"score"{_IS}'),
    *(rf'"o_score"{_IS}', "output score is ", "score is ", r"[a-z]+\s+is\s+(?=[0-3]\s)", rf"relevance category{_IS}"),
    *("relevance category is ", "it falls into the category ", r"category\s*", "relevance category "),
    *("relevance category for this passage would be ", "the relevance category would be ", r"\n*"),
)


def umbrela(text: str) -> Said:
    """Take the last match of the first pattern that matches, at worst any last digit. castorini/umbrela@e2c4e41."""
    said = text.strip().lower()
    for pattern in _UMBRELA:
        if found := re.findall(rf"{pattern}([0-3])", said):
            return float(found[-1])
    return None


# --- tokens ---------------------------------------------------------------------------------------


def alpaca_eval_weighted(completion: Completion, argument: str = "first") -> Said:
    """Give 1 - P(m) as a preference for M, of the tokens m and M alone. tatsu-lab/alpaca_eval@cd543a1."""
    weights = _weights(completion, argument)
    total = sum(weights)
    return None if not total else (weights[0] / total, weights[1] / total)


def alpaca_eval_clf(completion: Completion, argument: str = "first") -> Said:
    """Take m where it is strictly the likelier. tatsu-lab/alpaca_eval@cd543a1."""
    first, second = _weights(completion, argument)
    return None if not first + second else "A" if first > second else "B"


def _weights(completion: Completion, which: str) -> tuple[float, float]:
    if not completion.logprobs:
        return 0.0, 0.0
    top = dict(completion.logprobs[0 if which == "first" else -1].top)
    return tuple(math.exp(top[token]) if token in top else 0.0 for token in "mM")  # type: ignore[return-value]  # two


def g_eval_logprobs(completion: Completion, argument: str = "1-5") -> Said:
    """Give the expected score over the tokens that are whole numbers of the scale; ours, for G-Eval's text says it.

    Weights are those of the first token that is such a number. nlpyang/geval@6f84404 averages samples instead.
    """
    low, high = map(int, argument.split("-"))
    for token in completion.logprobs:
        if _whole(token.text, low, high) is None:
            continue
        tops = [(_whole(text, low, high), math.exp(logprob)) for text, logprob in token.top]
        return _expected([(value, weight) for value, weight in tops if value is not None])
    return None


def _whole(text: str, low: int, high: int) -> int | None:
    word = text.strip()
    return int(word) if word.isascii() and word.isdigit() and low <= int(word) <= high else None


def _expected(weighted: Sequence[tuple[int, float]]) -> float | None:
    total = sum(weight for _, weight in weighted)
    return sum(value * weight for value, weight in weighted) / total if total else None

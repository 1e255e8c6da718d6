"""What a column's name suggests it holds."""

from __future__ import annotations

import re

__all__ = ["LABEL", "NO_LABEL", "RATER", "SUBSET", "SYSTEM", "cluster_rank", "is_gold", "is_id", "is_judge", "words_of"]


def _ordered(text: str) -> list[str]:
    return text.split()


def _set(text: str) -> frozenset[str]:
    return frozenset(_ordered(text))


GOLD = _set(
    "human humans gold golden annotator annotators annotation expert experts crowd truth groundtruth target consensus "
    "majority rater raters reviewer labeler labeller coder worker expected"
)
JUDGE = _set(
    "judge judges judgelm autojudge llm gpt claude llama gemini gemma mistral mixtral qwen deepseek phi prometheus "
    "pandalm grader predicted prediction pred verdict model auto"
)
NO_LABEL = _set(
    "confidence probability prob logprob latency seconds time tokens tok cost price usd length len count num n turn "
    "round seed temperature fold version year position order epoch step rank"
)
SYSTEM = _set("model system examinee candidate generator engine taker author assistant")
SUBSET = _set(
    "subset category subcategory domain section topic split dataset benchmark task source condition cond language "
    "lang scenario strategy"
)
ID = _set("id idx uid uuid qid cid pid key index")
RATER = _set("rater annotator worker labeler labeller reviewer coder user judge evaluator grader")
LABEL = _set("label labels verdict rating score vote judgment judgement annotation decision grade winner preference")

#: The better a name says "source question", the earlier it stands.
_CLUSTER = _ordered(
    "question_id questionid qid prompt_id promptid item_id itemid question prompt instruction query problem "
    "conversation_id conversation item task_id source_id story document doc passage"
)
_GOLD_CODE = re.compile(r"(?:h|a|r|ann|rater|annotator|coder|expert|human)_?\d+", re.IGNORECASE)


def words_of(name: str) -> set[str]:
    """Cut a name into words, so that HumanJudgement, human_eval and human-1 all hold "human".

    >>> sorted(words_of("HumanJudgement_v2"))
    ['2', 'human', 'judgement', 'v']
    """
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)}


def is_gold(name: str) -> bool:
    """Whether a name says that its labels are gold: a word such as human, or h1, ann_2 ...

    >>> [is_gold(name) for name in ("HumanJudgement", "h2", "annotator1", "gpt-4")]
    [True, True, True, False]
    """
    return bool(words_of(name) & GOLD) or _GOLD_CODE.fullmatch(name.strip()) is not None


def is_judge(name: str) -> bool:
    """Whether a name says judge, or names a language model."""
    return bool(words_of(name) & JUDGE) and not is_gold(name)


def is_id(name: str) -> bool:
    """Whether a name says identifier."""
    return bool(words_of(name) & ID)


def cluster_rank(name: str) -> int | None:
    """How well a name says "source question", 0 the best; None if it does not."""
    text = re.sub(r"[\s-]+", "_", name.strip().lower())
    return _CLUSTER.index(text) if text in _CLUSTER else None
